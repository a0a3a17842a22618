"""Where a command meets the log. Nothing here knows a rule: it fetches, asks, and appends."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.clubs.decisions import CLUB, Club
from domain.clubs.decisions import known as known_club
from domain.clubs.people import PERSON
from domain.clubs.people import known as known_person
from domain.errors import NotFound
from domain.events import Event
from domain.histories import book_of
from domain.loans.book import BOOK, Book
from domain.loans.commands import Moment, Standing
from domain.loans.events import BookEvent, MoneyEvent
from domain.values import Purpose, Sealed, business_date, utc_now
from store.keys import KeyRing
from store.log import Done, EventLog, Work, uuid7
from store.recorder import Key

KINDS = (PERSON, CLUB, BOOK)


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, and under which key: `body` is the SHA-256 of what was asked, in the clear."""

    actor: str
    key: str | None = None
    body: bytes = b""
    recorded_by: UUID | None = None
    """Who types for those who act; they confirm it later. None: those who act type themselves."""

    def as_key(self) -> Key | None:
        return Key(self.actor, self.key, self.body, "{}") if self.key else None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command is answered: the thing, the event, its place in the log, its voucher."""

    id: UUID
    event_id: UUID
    position: int
    vouchers: tuple[str, ...] = ()
    version: int = 0
    replayed: bool = False


class Desk:
    def __init__(
        self, log: EventLog, keys: KeyRing, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.log = log
        self.keys = keys
        self.clock = clock

    @property
    def today(self) -> date:
        return business_date(self.clock())

    def new_id(self) -> UUID:
        return uuid7()

    def seal(self, subject: UUID, purpose: Purpose, text: str | None) -> Sealed | None:
        """None stays None; the key is committed before anything needs it."""
        return None if text is None else self.keys.seal(subject, purpose, text)

    def memo(self, club_id: UUID, text: str | None) -> Sealed | None:
        """Memos and reasons are text about somebody too: sealed under the club's own key."""
        return self.seal(club_id, Purpose.MEMO, text)

    # --- taking commands -----------------------------------------------------------------

    def take(self, call: Call, work: Callable[[Work], "Said"]) -> Receipt:
        """Carries out one command, exactly once per key; see `EventLog.carry_out` for errors."""

        def told(unit: Work) -> str:
            said = work(unit)
            return json.dumps(
                {
                    "id": str(said.id),
                    "event_id": str(said.event_id),
                    "vouchers": list(said.vouchers),
                    "version": said.version,
                }
            )

        return receipt(self.log.carry_out(told, actor=call.actor, key=call.as_key()))

    def in_book(
        self,
        call: Call,
        club_id: UUID,
        decide: Callable[[Book | None, Work, Club], Iterable[BookEvent]],
        *,
        thing: UUID | None = None,
        new_entity: bool = False,
    ) -> Receipt:
        """A command to a club's book. `thing` is what the answer names: the loan, else the book."""

        def work(unit: Work) -> Said:
            club = known_club(unit.load(CLUB, club_id))
            book_id = book_of(club_id)
            events = list(decide(unit.load(BOOK, book_id), unit, club))
            if call.recorded_by is not None:
                self.known_people(unit, call.recorded_by)
                typed = {"recorded_by": call.recorded_by}
                events = [event.model_copy(update=typed) for event in events]
            made = unit.say(BOOK, book_id, events, club_id=club_id)
            if thing is not None and new_entity:
                unit.note_entity(thing, book_id)
            return said(thing or book_id, made, events, unit.version(book_id))

        return self.take(call, work)

    def in_club(
        self, call: Call, club_id: UUID, decide: Callable[[Club | None, Work], Iterable[Event]]
    ) -> Receipt:
        def work(unit: Work) -> Said:
            events = list(decide(unit.load(CLUB, club_id), unit))
            made = unit.say(CLUB, club_id, events, club_id=club_id)
            return said(club_id, made, events, unit.version(club_id))

        return self.take(call, work)

    def club_of_loan(self, loan_id: UUID) -> UUID:
        home = self.log.home_of(loan_id)
        club_id = self.log.club_of(home) if home else None
        if club_id is None:
            raise NotFound("Không có khoản vay này.")
        return club_id

    # --- what decisions are told ----------------------------------------------------------

    def moment(self, club: Club, on: date) -> Moment:
        return Moment(today=self.today, regulation=club.regulation_on(on))

    def standing(self, unit: Work, club: Club, person_id: UUID, on: date) -> Standing:
        """What the club's and the person's own history say of somebody on a day."""
        person = known_person(unit.load(PERSON, person_id))
        membership = club.members.get(person_id)
        return Standing(
            person_id=person_id,
            is_member=club.is_member(person_id, on),
            joined_on=membership.joined_on if membership else None,
            household_id=person.household_id,
        )

    def known_people(self, unit: Work, *people: UUID | None) -> None:
        """Hard: whoever an event names is a registered person."""
        for person_id in people:
            if person_id is not None:
                known_person(unit.load(PERSON, person_id))


@dataclass(frozen=True, slots=True)
class Said:
    id: UUID
    event_id: UUID
    vouchers: tuple[str, ...]
    version: int


def said(id: UUID, made: list[UUID], events: list[Any], version: int) -> Said:
    vouchers = tuple(
        voucher for event in events if isinstance(event, MoneyEvent) for voucher in event.vouchers
    )
    return Said(id, made[0], vouchers, version)


def receipt(done: Done) -> Receipt:
    reply = json.loads(done.reply or "{}")
    return Receipt(
        id=UUID(reply["id"]),
        event_id=UUID(reply["event_id"]),
        position=done.last_position,
        vouchers=tuple(reply["vouchers"]),
        version=reply["version"],
        replayed=done.replayed,
    )
