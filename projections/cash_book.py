"""The cash book (sổ quỹ, columns of form S07-DN): every receipt and payment of the box in order.

Within a day receipts come before payments (domain.md section 3), then as recorded.
"""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from domain.loans.accounts import Fund
from domain.values import Sealed
from projections.people import names_of
from projections.times import Seen
from projections.views import DayText, IdText, InstantText, instant
from store.keys import KeyRing


class CashMove(NamedTuple):
    """One line of account 111; `amount` is signed, receipts positive."""

    position: int
    event_id: UUID
    topic: str
    occurred_on: date
    recorded_at: datetime
    voucher: str | None
    fund: str
    amount: int
    balance: int
    """Of the funds the book is of, after this line."""


class CashBook(NamedTuple):
    """In đồng: `opening` + `receipts` - `payments` = `closing`."""

    opening: int
    receipts: int
    payments: int
    closing: int
    moves: Sequence[CashMove]


class CashBookRow(TypedDict):
    """`memo` and `member_name` are None when there is none or its key is gone."""

    event_id: IdText
    position: int
    recorded_at: InstantText
    occurred_on: DayText
    receipt_voucher: str | None
    payment_voucher: str | None
    topic: str
    memo: str | None
    member_id: IdText | None
    member_name: str | None
    fund: str
    receipt: int
    payment: int
    balance: int


_IN_THE_BOX = """
    p.club_id = %(club)s AND p.account = '111' AND p.position <= %(upto)s
    AND p.occurred_on <= %(as_of)s AND (%(fund)s::text IS NULL OR p.fund = %(fund)s)"""


def cash_book(
    connection: psycopg.Connection[Any],
    seen: Seen,
    *,
    since: date | None = None,
    fund: Fund | None = None,
) -> CashBook:
    """From `since`, or from the first entry, to `seen.as_of`: one fund's cash or the whole box."""
    asked = {
        "club": seen.club_id,
        "upto": seen.upto,
        "as_of": seen.as_of,
        "fund": fund,
        "since": since or date.min,
    }
    row = connection.execute(
        f"""SELECT coalesce(sum(p.amount), 0)::bigint FROM read.postings p
            WHERE {_IN_THE_BOX} AND p.occurred_on < %(since)s""",
        asked,
    ).fetchone()
    opening = int(row[0]) if row else 0
    lines = connection.execute(
        f"""SELECT p.position, p.event_id, e.topic, p.occurred_on, p.recorded_at, p.voucher,
                   p.fund, p.amount
            FROM read.postings p JOIN log.events e ON e.notification_id = p.position
            WHERE {_IN_THE_BOX} AND p.occurred_on >= %(since)s
            ORDER BY p.occurred_on, p.amount < 0, p.position, p.line""",
        asked,
    ).fetchall()
    amounts = [line[-1] for line in lines]
    running = list(accumulate(amounts, initial=opening))
    return CashBook(
        opening=opening,
        receipts=sum(amount for amount in amounts if amount > 0),
        payments=-sum(amount for amount in amounts if amount < 0),
        closing=running[-1],
        moves=[
            CashMove._make((*line, left)) for line, left in zip(lines, running[1:], strict=True)
        ],
    )


def cash_book_rows(
    connection: psycopg.Connection[Any], moves: Sequence[CashMove], keys: KeyRing
) -> list[CashBookRow]:
    """Moves as they are shown: memos unsealed, and whose money it was."""
    at = [move.position for move in moves]
    memos: dict[int, dict[str, Any]] = dict(
        connection.execute(
            """SELECT notification_id, convert_from(state, 'UTF8')::jsonb -> 'memo'
               FROM log.events WHERE notification_id = ANY (%b)
                 AND convert_from(state, 'UTF8')::jsonb ? 'memo'""",
            (at,),
        ).fetchall()
    )
    members: dict[int, UUID] = dict(
        connection.execute(
            """SELECT DISTINCT ON (position) position, member_id FROM read.postings
               WHERE position = ANY (%b) AND member_id IS NOT NULL ORDER BY position, line""",
            (at,),
        ).fetchall()
    )
    opened = keys.open_many([Sealed.model_validate(memo) for memo in memos.values()])
    texts = dict(zip(memos, opened, strict=True))
    names = names_of(connection, list(set(members.values())))
    return [
        _row(move, texts.get(move.position), members.get(move.position), names) for move in moves
    ]


def _row(
    move: CashMove, memo: str | None, member_id: UUID | None, names: dict[UUID, str]
) -> CashBookRow:
    is_receipt = move.amount > 0
    return {
        "event_id": str(move.event_id),
        "position": move.position,
        "recorded_at": instant(move.recorded_at),
        "occurred_on": move.occurred_on.isoformat(),
        "receipt_voucher": move.voucher if is_receipt else None,
        "payment_voucher": None if is_receipt else move.voucher,
        "topic": move.topic,
        "memo": memo,
        "member_id": str(member_id) if member_id else None,
        "member_name": names.get(member_id) if member_id else None,
        "fund": move.fund,
        "receipt": max(move.amount, 0),
        "payment": max(-move.amount, 0),
        "balance": move.balance,
    }
