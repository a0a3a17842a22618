"""Bảng kiểm kê quỹ, form 08a-TT."""

from typing import Any
from uuid import UUID

import psycopg

from domain.errors import NotFound
from domain.loans.accounts import DENOMINATIONS
from exchange.in_words import dong_in_words
from exchange.paper import press
from exchange.paper.forms import CASH_COUNT, form
from exchange.paper.words import day_in_words, head, moment, shortened
from exchange.tables import shown
from exchange.vocabulary import FUNDS
from projections import clubs
from projections.counted import Count, count_of
from store.keys import KeyRing


def count_pdf(connection: psycopg.Connection[Any], event_id: UUID, keys: KeyRing) -> bytes:
    """Raises `NotFound` where the event is no count."""
    count = count_of(connection, event_id, keys)
    club = clubs.one_club(connection, count.club_id) if count else None
    if count is None or club is None:
        raise NotFound("Không có lần kiểm kê quỹ này.")
    at = f"{count.at[:2]} giờ {count.at[3:]}, " if count.at else ""
    return press.pdf(
        "count",
        {
            "title": f"Kiểm kê quỹ {count.on.isoformat()}",
            "club": head(club),
            "form": form(CASH_COUNT),
            "moment": f"{at}{day_in_words(count.on).lower()}",
            "funds": ", ".join(said for fund, said in FUNDS.items() if fund in count.funds),
            "people": shortened(", ".join(count.people), 300),
            "lines": _lines(count),
            "counted_in_words": dong_in_words(count.counted),
            "reason": shortened(count.reason or "", 400),
            "evidence": (
                f"Sự kiện {count.event_id} · vị trí {count.position} trong nhật ký · ghi lúc "
                f"{moment(count.recorded_at)}"
            ),
        },
    )


def _lines(count: Count) -> list[dict[str, Any]]:
    """A past count knows its sum alone: its denominations are left to be written in."""

    def line(number: str, text: str, amount: int | None, sheets: int | None = None) -> Any:
        return {
            "number": number,
            "text": text,
            "sheets": shown(sheets),
            "amount": shown(amount),
            "strong": number in ("I", "II", "III"),
        }

    notes = [
        line(
            str(n),
            f"Loại {shown(note)} đồng",
            count.sheets.get(note, 0) * note if count.sheets else None,
            count.sheets.get(note, 0) if count.sheets else None,
        )
        for n, note in enumerate(DENOMINATIONS, start=1)
    ]
    said = "thiếu" if count.difference > 0 else "thừa" if count.difference < 0 else ""
    return [
        line("I", "Số dư theo sổ quỹ", count.expected),
        line("II", "Số kiểm kê thực tế", count.counted),
        *notes,
        line("III", f"Chênh lệch (III = I − II){f': {said}' if said else ''}", count.difference),
    ]
