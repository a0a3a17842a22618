"""Charts as SVG, made here: the same figures give the same bytes, on paper and on a page.

Colours differ in lightness too, so that a black-and-white printer tells the series apart; every
chart says its figures in words for whoever cannot see it.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 8, 44, 26
_COLOURS = ("#1d4e89", "#f2a541", "#7a9e7e")
_FONT = "font-family=\"'Libertinus Serif','Be Vietnam Pro',serif\""
_LABELS_MAX = 14
_LETTER_WIDE = 7
_MILLION = 1_000_000


def columns(
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[int]],
    *,
    unit: str | None = "triệu đồng",
) -> str:
    """Columns beside each other for each label; amounts in đồng, the axis in millions, which `unit`
    names.

    Where it is no money (None), the axis has plain numbers.
    """
    assert all(len(values) == len(labels) for values in series.values())
    top = _round_up(max((max(values, default=0) for values in series.values()), default=0))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" {_FONT} font-size="11">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(_said(labels, series))}</desc>",
        _text(0, 15, f"{title} ({unit})" if unit else title, "start", bold=True),
        *_legend(series),
        *_axis(top, _millions if unit else _number),
        *_bars(series, len(labels), top),
        *_names(labels),
        "</svg>",
    ]
    return "".join(parts)


def _bars(series: Mapping[str, Sequence[int]], steps: int, top: int) -> list[str]:
    wide = (WIDTH - _LEFT - _RIGHT) / max(steps, 1)
    each = wide * 0.8 / max(len(series), 1)
    bars = []
    for place, (values, colour) in enumerate(zip(series.values(), _COLOURS, strict=False)):
        for step, value in enumerate(values):
            high = max(value, 0) * _plot_height() / top
            if high:
                left = _LEFT + step * wide + wide * 0.1 + place * each
                bars.append(
                    f'<rect x="{left:.1f}" y="{HEIGHT - _BOTTOM - high:.1f}" '
                    f'width="{each:.1f}" height="{high:.1f}" fill="{colour}"/>'
                )
    return bars


def _axis(top: int, said: Callable[[int], str]) -> list[str]:
    lines = []
    for quarter in range(5):
        y = HEIGHT - _BOTTOM - _plot_height() * quarter / 4
        lines.append(
            f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="#999" stroke-width="{1 if quarter == 0 else 0.4}"/>'
        )
        lines.append(_text(_LEFT - 5, y + 4, said(top * quarter // 4), "end"))
    return lines


def _names(labels: Sequence[str]) -> list[str]:
    """As many as there is room for, evenly; a longer one ends in "…" before its neighbour."""
    every = -(-len(labels) // _LABELS_MAX) if labels else 1
    wide = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    most = max(int(wide * every / _LETTER_WIDE), 2)
    return [
        _text(
            _LEFT + (at + 0.5) * wide,
            HEIGHT - 9,
            label if len(label) <= most else label[: most - 1].rstrip() + "…",
            "middle",
        )
        for at, label in enumerate(labels)
        if at % every == 0
    ]


def _legend(series: Mapping[str, Sequence[int]]) -> list[str]:
    parts, left = [], _LEFT
    for name, colour in zip(series, _COLOURS, strict=False):
        parts.append(f'<rect x="{left}" y="22" width="11" height="11" fill="{colour}"/>')
        parts.append(_text(left + 16, 32, name, "start"))
        left += 36 + 7 * len(name)
    return parts


def _text(x: float, y: float, text: str, anchor: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold" font-size="13"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _plot_height() -> int:
    return HEIGHT - _TOP - _BOTTOM


def _round_up(amount: int) -> int:
    """The next amount whose quarters are round: 40, 60, 80, 100, 120, 160, 200, 240, 320, 400."""
    if amount <= 32:
        return -(-max(amount, 1) // 4) * 4
    step = 1
    while True:
        for quarter in (10, 15, 20, 25, 30, 40, 50, 60, 80):
            if amount <= quarter * step * 4:
                return quarter * step * 4
        step *= 10


def _millions(amount: int) -> str:
    """Millions with as many decimals as it takes: `0,25`, `12`."""
    whole, rest = divmod(amount, _MILLION)
    decimals = f"{rest:06}".rstrip("0")
    shown = f"{whole:,}".replace(",", ".")
    return f"{shown},{decimals}" if decimals else shown


def _number(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def _said(labels: Sequence[str], series: Mapping[str, Sequence[int]]) -> str:
    return "; ".join(
        f"{name}: "
        + ", ".join(f"{label} {value}" for label, value in zip(labels, values, strict=True))
        for name, values in series.items()
    )
