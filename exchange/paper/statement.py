"""What a member owes and has paid, as sentences somebody reads aloud at the meeting.

Short sentences, each amount in figures and the larger ones in words too: many members do not
read, and all of them hear.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.errors import NotFound
from exchange.in_words import in_words
from exchange.paper import press
from exchange.paper.anchor import anchor
from exchange.paper.words import head, told_from
from exchange.tables import shown
from projections import clubs, story
from projections.clubs import MemberRow
from projections.heads import head_over
from projections.portfolio import LoanAt, Moved, portfolio
from projections.story_views import StoryTotals, story_totals
from projections.times import Seen

ELDER_FROM = 55
"""Years from which one is addressed as ông or bà, and not as anh or chị."""


class Account(NamedTuple):
    """A member with their loans as of the statement's day."""

    member: MemberRow
    loans: Sequence[LoanAt]


def statements_pdf(
    connection: psycopg.Connection[Any], seen: Seen, member_id: UUID | None = None
) -> bytes:
    """One page for each: a member, or all who owe something on the day.

    Raises `NotFound` for somebody who never was a member of the club, or when nobody owes.
    """
    club = clubs.one_club(connection, seen.club_id)
    assert club is not None, "the caller knows the club"
    loans: dict[UUID, list[LoanAt]] = defaultdict(list)
    for loan in portfolio(connection, seen):
        loans[loan.row.borrower_id].append(loan)
    accounts = [
        Account(member, loans[member.person_id])
        for _, member in clubs.members(connection, seen.club_id)
        if (
            member.person_id == member_id
            if member_id
            else any(map(_is_open, loans[member.person_id]))
        )
    ]
    if not accounts:
        raise NotFound("Không có thành viên này." if member_id else "Không ai còn nợ.")
    return press.pdf(
        "statement",
        {
            "title": f"Sao kê {seen.as_of.isoformat()}",
            "club": head(club),
            "day": f"ngày {shown(seen.as_of)}",
            "members": [
                _page(account, seen.as_of, _totals(connection, seen, account.member.person_id))
                for account in accounts
            ],
            "evidence": told_from(seen),
            "anchor": anchor(head_over(connection, seen.upto)),
        },
    )


def _totals(connection: psycopg.Connection[Any], seen: Seen, person_id: UUID) -> StoryTotals:
    told = story.told(connection, person_id, seen.as_of, upto=seen.upto)
    return story_totals(story.sums(connection, told))


def _page(account: Account, on: date, totals: StoryTotals) -> dict[str, Any]:
    who = address(account.member, on)
    return {
        "title": f"{who.capitalize()} {account.member.name or '(đã xóa)'}",
        "sentences": standing(account, on),
        "loans": [
            {"heading": _heading(loan), "sentences": sentences(loan, who)}
            for loan in account.loans
            if _is_open(loan)
        ],
        "shared": shared(totals, who),
    }


def address(member: MemberRow, on: date) -> str:
    """`bà`, `ông`, `chị`, `anh`; `ông/bà` where sex is not known."""
    if member.sex is None:
        return "ông/bà"
    is_elder = member.birth_year is None or on.year - member.birth_year >= ELDER_FROM
    words = ("bà", "ông") if is_elder else ("chị", "anh")
    return words[member.sex == "male"]


def standing(account: Account, on: date) -> list[str]:
    """What all loans together come to."""
    who = address(account.member, on).capitalize()
    said = [f"{who} là thành viên từ ngày {shown(account.member.joined_on)}."]
    lent = [loan for loan in account.loans if loan.was_lent]
    still = [loan for loan in lent if _is_open(loan)]
    settled = [loan for loan in lent if loan.row.step == "settled"]
    if not lent:
        return [*said, f"{who} chưa vay lần nào."]
    sums = sum(loan.row.amount for loan in lent)
    said.append(f"{who} đã vay {len(lent)} lần, cộng {_money(sums)}.")
    if settled:
        said.append(f"Đã trả xong {len(settled)} lần.")
    if not still:
        said.append(f"Đến nay {who.lower()} không còn nợ.")
    elif len(still) > 1:
        owed = sum(loan.outstanding for loan in still)
        said.append(f"Đến nay {who.lower()} còn nợ gốc tất cả {_in_words(owed)}.")
    return said


def sentences(loan: LoanAt, who: str) -> list[str]:
    """One open loan: what was paid, what is left, what is late, what comes next."""
    who = who.capitalize()
    principal = -sum(m.principal for m in loan.of(Moved.PAID))
    interest = sum(m.interest + m.late for m in loan.of(Moved.PAID))
    said = [f"{who} đã trả {_money(principal)} gốc và {_money(interest)} lãi."]
    said.append(f"{who} còn nợ gốc {_in_words(loan.outstanding)}.")
    now = loan.owed
    if now is None:
        return said
    due = now.interest_due + now.principal_due + now.late_interest
    if loan.days_late:
        overdue = now.principal_overdue + due
        said.append(f"Đang quá hạn {loan.days_late} ngày: cần trả ngay {_in_words(overdue)}.")
    elif due + now.principal_overdue:
        said.append(f"Đến hạn phải trả: {_in_words(due + now.principal_overdue)}.")
    if loan.next_due is not None and (then := loan.owed_on(loan.next_due)) is not None:
        asked = then.interest_due + then.principal_due + then.principal_overdue
        more = asked - now.interest_due - now.principal_due - now.principal_overdue
        if more > 0:
            said.append(f"Kỳ tới, ngày {shown(loan.next_due)}, trả thêm {_in_words(more)}.")
    return said


def shared(totals: StoryTotals, who: str) -> list[str]:
    """What came to the member and what they gave, in all clubs they were in.

    It is read aloud: that somebody is visited at home or ill is not said, only help with work.
    """
    received = [
        (totals["received"], f"{_money(totals['received'])} tiền vay"),
        (totals["work_days_received"], f"{_days(totals['work_days_received'])} bà con giúp"),
        (totals["help_value"], f"quà, hỗ trợ trị giá {_money(totals['help_value'])}"),
    ]
    given = [
        (totals["repaid"], f"trả {_money(totals['repaid'])} gốc và lãi"),
        (totals["dues"], f"đóng {_money(totals['dues'])} hội phí"),
        (totals["work_days_given"], _days(totals["work_days_given"])),
        (totals["visits_made"], f"{totals['visits_made']} lượt đi thăm, chăm sóc"),
        (totals["meetings"], f"dự {totals['meetings']} buổi sinh hoạt"),
    ]
    said = []
    for verb, parts in (("đã nhận", received), ("đã góp", given)):
        told = [text for amount, text in parts if amount not in (0, "0")]
        if told:
            said.append(f"{who.capitalize()} {verb}: {'; '.join(told)}.")
    return said


def _days(days: str) -> str:
    return f"{days.replace('.', ',')} ngày công"


def _heading(loan: LoanAt) -> str:
    paid_out = shown(loan.row.disbursed_on)
    slip = f", phiếu {loan.row.voucher}" if loan.row.voucher else ""
    return f"Vay {_money(loan.row.amount)} ngày {paid_out}{slip}"


def _is_open(loan: LoanAt) -> bool:
    return loan.row.step == "disbursed" and loan.was_lent


def _money(amount: int) -> str:
    return f"{shown(amount)} đồng"


def _in_words(amount: int) -> str:
    return f"{_money(amount)} ({in_words(amount)} đồng)"
