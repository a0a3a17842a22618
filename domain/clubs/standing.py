"""Where a club stands: suspended, resumed, dissolved (domain.md section 1)."""

from datetime import date

from domain.clubs.club import Club, about, known, refuse_closed
from domain.clubs.events import ClubDissolved, ClubEvent, ClubResumed, ClubSuspended
from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.values import Day, Dong, Immutable, Name, Sealed


class SuspendClub(Immutable):
    occurred_on: Day
    decision: Name | None = None
    reason: Sealed | None = None


class ResumeClub(Immutable):
    occurred_on: Day
    decision: Name | None = None


class DissolveClub(Immutable):
    """Only with no principal outstanding and no money left, or after both went elsewhere."""

    occurred_on: Day
    decision: Name
    reason: Sealed | None = None


class Holdings(Immutable):
    """What the club's book still holds, over all funds: đồng."""

    principal: Dong = 0
    cash: Dong = 0
    bank: Dong = 0


def suspend(club: Club | None, command: SuspendClub, today: date) -> list[ClubEvent]:
    club = _running(club, command.occurred_on, today)
    if club.suspended_on is not None:
        raise Refusal("club-suspended", "Câu lạc bộ đang tạm ngừng hoạt động.")
    return [
        ClubSuspended(
            club_id=club.id,
            occurred_on=command.occurred_on,
            decision=command.decision,
            reason=command.reason,
            concerns=(about(club.id),),
        )
    ]


def resume(club: Club | None, command: ResumeClub, today: date) -> list[ClubEvent]:
    club = _running(club, command.occurred_on, today)
    if club.suspended_on is None:
        raise Refusal("not-suspended", "Câu lạc bộ không tạm ngừng hoạt động.")
    if command.occurred_on < club.suspended_on:
        raise Refusal("date-order", "Ngày hoạt động lại không thể trước ngày tạm ngừng.")
    return [
        ClubResumed(
            club_id=club.id,
            occurred_on=command.occurred_on,
            decision=command.decision,
            concerns=(about(club.id),),
        )
    ]


def dissolve(
    club: Club | None, command: DissolveClub, holdings: Holdings, today: date
) -> list[ClubEvent]:
    """Hard: no principal is outstanding and no cash or bank money left."""
    club = _running(club, command.occurred_on, today)
    if holdings.principal:
        raise Refusal(
            "principal-outstanding", "Còn dư nợ gốc chưa thu.", outstanding=holdings.principal
        )
    if holdings.cash or holdings.bank:
        raise Refusal(
            "money-left", "Quỹ còn tiền chưa chuyển đi.", cash=holdings.cash, bank=holdings.bank
        )
    return [
        ClubDissolved(
            club_id=club.id,
            occurred_on=command.occurred_on,
            decision=command.decision,
            reason=command.reason,
            concerns=(about(club.id),),
        )
    ]


def _running(club: Club | None, on: date, today: date) -> Club:
    """A club that is not dissolved, on a day that it had been founded."""
    club = known(club)
    not_in_the_future(on, today)
    if club.dissolved_on is not None:
        refuse_closed(club, date.max)
    if on < club.founded_on:
        raise Refusal("date-order", "Ngày này trước ngày thành lập câu lạc bộ.")
    return club
