"""Phiếu thu and phiếu chi, forms 01-TT and 02-TT, with the amount in words and a QR code."""

from typing import Any
from uuid import UUID

import psycopg

from domain.errors import NotFound
from exchange.in_words import dong_in_words
from exchange.paper import press
from exchange.paper.forms import PAYMENT, RECEIPT, form
from exchange.paper.words import day_in_words, head, moment, shortened
from exchange.tables import dong, shown
from exchange.vocabulary import ENTRIES, FUNDS
from projections import clubs
from projections.heads import HeadView, head_over
from projections.slips import Slip, slips_of
from store.keys import KeyRing

# Two lines of A5 each: with more, the signatures would go to a second page.
PERSON_LETTERS, REASON_LETTERS = 110, 200

_PARTS = {
    "principal": "gốc",
    "interest": "lãi",
    "late_interest": "lãi chậm trả",
    "excess": "trả thừa",
}


def voucher_pdf(connection: psycopg.Connection[Any], event_id: UUID, keys: KeyRing) -> bytes:
    """One page of A5 for each slip of the event. Raises `NotFound` where it has none."""
    slips = slips_of(connection, event_id, keys)
    club = clubs.one_club(connection, slips[0].club_id) if slips else None
    if club is None:
        raise NotFound("Không có phiếu thu hay phiếu chi nào của bút toán này.")
    title = ", ".join(slip.label for slip in slips)
    signed = head_over(connection, slips[0].position)
    texts = {"title": title, "club": head(club), "slips": [_slip(slip, signed) for slip in slips]}
    return press.pdf("voucher", texts)


def _slip(slip: Slip, signed: HeadView | None) -> dict[str, Any]:
    taken = slip.is_receipt
    giver = "Người nộp tiền" if taken else "Người nhận tiền"
    return {
        "form": form(RECEIPT if taken else PAYMENT),
        "name": "PHIẾU THU" if taken else "PHIẾU CHI",
        "number": slip.label,
        "day_in_words": day_in_words(slip.occurred_on),
        "stamp": "ĐÃ ĐẢO" if slip.reversed else None,
        "debit": ", ".join(slip.debits),
        "credit": ", ".join(slip.credits),
        "person_label": "Họ và tên người nộp tiền" if taken else "Họ và tên người nhận tiền",
        "person": shortened(slip.person_name or "", PERSON_LETTERS),
        "address": None,
        "reason_label": "Lý do nộp" if taken else "Lý do chi",
        "reason": shortened(reason(slip), REASON_LETTERS),
        "amount": dong(slip.amount),
        "amount_in_words": dong_in_words(slip.amount),
        "fund": FUNDS[slip.fund],
        "signatures": ["Chủ nhiệm", "Kế toán", giver, "Người lập phiếu", "Thủ quỹ"],
        "qr": press.qr(code(slip)),
        "fingerprint": signed["fingerprint"] if signed else None,
        "size": f"{shown(signed['size'])} sự kiện" if signed else None,
        "evidence": (
            f"Bút toán {slip.event_id} · vị trí {slip.position} trong nhật ký · ghi lúc "
            f"{moment(slip.recorded_at)} · SHA-256 {slip.digest[:16]}…"
        ),
    }


def reason(slip: Slip) -> str:
    """What the entry was, how a repayment was split, and the memo that was written."""
    said = ENTRIES[slip.topic]
    if slip.reverses is not None:
        said = f"{said}: {ENTRIES[slip.reverses].lower()}"
    parts = [f"{_PARTS[name]} {dong(amount)}" for name, amount in slip.parts.items()]
    if parts:
        said = f"{said}: {', '.join(parts)}"
    return f"{said}. {slip.memo}" if slip.memo else said


def code(slip: Slip) -> str:
    """What the QR code says: number, day, amount, event and the hash of what is stored."""
    day = slip.occurred_on.isoformat()
    return f"{slip.label} {day} {slip.amount} {slip.event_id} {slip.digest}"
