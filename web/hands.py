"""One form that several people sign on one device: whoever is logged in there by that, everybody
else by their own PIN.

All of them prove who they are before anything is recorded. What each then does is their own act: it
is asked of their roles, it stands in the log under their name, and nobody has to confirm it later.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NamedTuple
from uuid import UUID

from api.callers import Caller
from api.errors import status_of
from desk import signing_in
from desk.accounts import account_now
from desk.desk import Desk
from desk.signing_in import Door
from domain.accounts.permissions import Action, Place, Subject
from domain.accounts.permissions import may as allows
from domain.accounts.who import Who
from domain.errors import NotLoggedIn, Refusal, TooManyTries
from domain.histories import account_of
from store.log import Work
from web.entering import Refused
from web.entry import Entry
from web.page import Page
from web.translations import marked

_WRONG = marked("Mã PIN không đúng, hoặc người này chưa đặt mã PIN. Chưa ghi gì vào sổ.")


Seat = tuple[str, UUID, str | None]
"""Office, person, name."""


class Hand(NamedTuple):
    """Somebody who signs. `place` is the field of the form in which the PIN is typed."""

    place: str
    person_id: UUID
    pin: str


def second_hands(page: Page | Entry, club_id: UUID, board: Iterable[Seat]) -> list[Seat]:
    """Of the board, whom a form offers as the other hand: not the reader, nobody with whose code
    one of the two could have come in as the other, and nobody whose agreement would count for
    nothing (`stand-beside`)."""
    desk, me = page.parts.desk, page.caller.known().person_id
    mine = desk.every_id(Work(desk.log, actor="reader"), me)
    here = Subject((Place(club_id),))
    return [
        seat
        for seat in board
        if seat[1] not in mine
        and _counts(desk, seat[1], here)
        and not desk.are_one_log_in(mine, (seat[1],))
    ]


def _counts(desk: Desk, person_id: UUID, here: Subject) -> bool:
    account = account_now(desk, person_id)
    grants = account.grants_on(desk.today) if account else ()
    who = Who(person_id, account_of(person_id), grants)
    return allows(who, Action.STAND_BESIDE, here).allowed


class Hands(NamedTuple):
    """Who has proved who they are, by person; `refused` is the first who has not."""

    callers: Mapping[UUID, Caller]
    refused: Mapping[str, Refused]


@contextmanager
def proved(page: Entry, door: Door, hands: Iterable[Hand]) -> Iterator[Hands]:
    """Their turns on this device end with the form, whatever comes of it."""
    callers = {page.me: page.caller}
    with ExitStack() as turns:
        for hand in hands:
            if hand.person_id in callers:
                continue
            try:
                begun = _turn(page, door, hand)
            except (NotLoggedIn, TooManyTries, Refusal) as error:
                yield Hands(callers, {hand.place: _refused(page, error)})
                return
            turns.callback(page.parts.desk.access.end_by_token, begun.token)
            who = signing_in.of_turn(page.parts.desk, begun.token)
            callers[hand.person_id] = Caller(who, None, page.caller.request_id)
        yield Hands(callers, {})


def _turn(page: Entry, door: Door, hand: Hand) -> signing_in.Begun:
    """Counted and throttled as every other try of a PIN; of somebody without an account too."""
    desk = page.parts.desk
    user = _user_name(desk, hand.person_id) or str(hand.person_id)
    return signing_in.take_turn(desk, page.caller.known(), user, hand.pin, door)


def _user_name(desk: Desk, person_id: UUID) -> str | None:
    account = account_now(desk, person_id)
    return desk.keys.open(account.user_name) if account else None


def _refused(page: Entry, error: NotLoggedIn | TooManyTries | Refusal) -> Refused:
    if isinstance(error, NotLoggedIn):
        return Refused(page.says(_WRONG), 422)
    return Refused(page.refusal(error), status_of(error))
