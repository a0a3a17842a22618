"""Charts: well-formed SVG, columns as high as their figures, the same bytes again."""

import re
from xml.etree import ElementTree

import pytest

from exchange.charts import columns

SVG = "{http://www.w3.org/2000/svg}"


def bars(drawn: str) -> list[float]:
    root = ElementTree.fromstring(drawn)
    found = [rect for rect in root.iter(f"{SVG}rect") if rect.get("y") != "22"]
    return [float(rect.get("height", "0")) for rect in found]


def test_columns_are_in_proportion_and_nothing_is_drawn_for_nothing() -> None:
    labels, owed = ["01/26", "02/26", "03/26"], {"Gốc": [1_000_000, 0, 4_000_000]}
    drawn = columns("Dư nợ", labels, owed)
    low, high = bars(drawn)
    assert high == pytest.approx(4 * low, abs=0.2)
    assert drawn == columns(
        "Dư nợ", ["01/26", "02/26", "03/26"], {"Gốc": [1_000_000, 0, 4_000_000]}
    )


@pytest.mark.parametrize("amount", [0, 1, 999_999, 93_000_000, 94_361_172, 10**13])
def test_every_column_fits_and_the_axis_is_round(amount: int) -> None:
    drawn = columns("Dư nợ", ["01/26"], {"Gốc": [amount], "Lãi": [0]})
    assert all(0 < height <= 170 for height in bars(drawn))
    assert len(bars(drawn)) == (amount > 0)
    texts = [node.text or "" for node in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
    axis = [text for text in texts if re.fullmatch(r"[\d.]+(,\d+)?", text)]
    assert axis[0] == "0"
    assert len(axis) == 5


def test_without_a_month_it_is_an_empty_chart() -> None:
    assert bars(columns("Dư nợ", [], {"Gốc": []})) == []


def test_it_says_its_figures_and_quotes_what_it_is_told() -> None:
    drawn = columns("A < B & C", ["<1>"], {"x & y": [5_000_000]})
    root = ElementTree.fromstring(drawn)
    assert [node.text for node in root.iter(f"{SVG}title")] == ["A < B & C"]
    assert [node.text for node in root.iter(f"{SVG}desc")] == ["x & y: <1> 5000000"]


def test_labels_never_run_into_each_other() -> None:
    labels = [f"{month:02}/26" for month in range(1, 25)]
    drawn = columns("Dư nợ", labels, {"Gốc": list(range(24))})
    shown = [n.text for n in ElementTree.fromstring(drawn).iter(f"{SVG}text") if n.text in labels]
    assert shown == labels[::2]


def test_a_long_label_ends_before_its_neighbour() -> None:
    labels = [f"Thành phố {letter}" for letter in "ABCDEFGHIJKL"]
    drawn = columns("Vốn", labels, {"Gốc": list(range(12))})
    texts = [n.text or "" for n in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
    assert texts.count("Thành…") == len(labels)
    assert all(label in (ElementTree.fromstring(drawn)[1].text or "") for label in labels)
