"""Where a command meets the log. Nothing here knows a rule: it fetches, asks, and appends."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from domain.accounts.account import ACCOUNT
from domain.care.book import CARE
from domain.clubs.association import ASSOCIATION
from domain.clubs.decisions import CLUB, Club
from domain.clubs.decisions import known as known_club
from domain.clubs.people import PERSON, registered
from domain.clubs.people import known as known_person
from domain.errors import NotFound, Refusal, StaleVersion
from domain.events import Event, Role, person
from domain.evidence.decisions import EVIDENCE
from domain.histories import book_of
from domain.loans.book import BOOK, Book
from domain.loans.commands import Moment, Standing
from domain.loans.events import BookEvent, LoanDisbursed, MoneyEvent
from domain.loans.standing_by import confirmed_at_once
from domain.values import Purpose, Sealed, business_date, utc_now
from store.access import Access
from store.keys import KeyRing
from store.log import Done, EventLog, Work, uuid7
from store.recorder import Key

KINDS = (PERSON, CLUB, ASSOCIATION, BOOK, CARE, EVIDENCE, ACCOUNT)


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, and under which key: `body` is a digest of what was asked, in the clear.

    `seen` are the versions the caller would have the history at (If-Match), any when None.
    `acting` is who acts where somebody else may type: every event of the command names them.
    """

    actor: str
    key: str | None = None
    body: bytes = b""
    seen: frozenset[int] | None = None
    acting: UUID | None = None
    recorded_by: UUID | None = None
    """Who types for those who act; they confirm it later. None: those who act type themselves."""
    second: UUID | None = None
    """The other hand of a command of two, whom whoever acts only names; None: there is none, or
    nobody asks (a past book, the machine itself)."""
    beside: UUID | None = None
    """Who has shown, besides whoever calls, that they are there themselves."""

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
    warnings: tuple[str, ...] = ()
    """Codes of what its events warn of; nothing was refused for them."""
    changes: dict[str, Any] | None = None
    """What a proposal would change, as its difference report tells it."""
    duplicates: tuple[UUID, ...] = ()
    """Who may be the same person as somebody who was just registered."""
    code: str | None = None
    """A code for somebody to choose a new password with: told once, kept nowhere."""


class Desk:
    def __init__(
        self, log: EventLog, keys: KeyRing, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.log = log
        self.keys = keys
        self.clock = clock
        self.access = Access(log.database, keys)

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

        last: Said | None = None

        def told(unit: Work) -> str:
            nonlocal last
            last = work(unit)
            # Last, for whatever else stands in its way is said without a second person.
            if call.second not in (None, call.beside):
                raise second_hand_needed()
            self._refuse_codes(call, unit)
            return last.as_json()

        done = self.log.carry_out(told, actor=call.actor, key=call.as_key(), by_heart=True)
        if done.replayed or last is None:
            return receipt(done)
        return last.at(done.last_position)

    def in_book(
        self,
        call: Call,
        club_id: UUID,
        decide: Callable[[Book | None, Work, Club], Iterable[BookEvent]],
        *,
        thing: UUID | None = None,
        new_entity: bool = False,
        changes: Callable[[], dict[str, Any]] | None = None,
    ) -> Receipt:
        """A command to a club's book. `thing` is what the answer names; else it is the event.

        `changes` is asked after the decision, for what the answer tells besides.
        """

        def work(unit: Work) -> Said:
            club = known_club(unit.load(CLUB, club_id))
            book_id = book_of(club_id)
            book = unit.load(BOOK, book_id)
            self.refuse_stale(call, unit, book_id, None if new_entity else thing)
            events = self.typed(call, unit, acted(call, decide(book, unit, club)))
            made = unit.say(BOOK, book_id, events, club_id=club_id)
            if thing is not None and new_entity:
                unit.note_entity(thing, book_id)
            told = said(thing or made[0], made, events, unit.version(book_id))
            if call.second is not None and call.second == call.beside:
                there = confirmed_at_once(made[0], call.second, self.today)
                unit.say(BOOK, book_id, [there], club_id=club_id)
                if thing is None:  # a loan's version stays that of its own last event
                    told = replace(told, version=unit.version(book_id))
            return replace(told, changes=changes()) if changes else told

        return self.take(call, work)

    def in_club(
        self,
        call: Call,
        club_id: UUID,
        decide: Callable[[Club | None, Work], Iterable[Event]],
        *,
        thing: UUID | None = None,
    ) -> Receipt:
        """A command to a club's own history. `thing` is what the answer names; else the club."""

        def work(unit: Work) -> Said:
            club = unit.load(CLUB, club_id)
            self.refuse_stale(call, unit, club_id)
            events = acted(call, decide(club, unit))
            made = unit.say(CLUB, club_id, events, club_id=club_id)
            return said(thing or club_id, made, events, unit.version(club_id))

        return self.take(call, work)

    def typed(self, call: Call, unit: Work, events: "list[D]") -> "list[D]":
        """The events, each naming who typed it, where that is somebody else."""
        if call.recorded_by is None:
            return events
        self.known_people(unit, call.recorded_by)
        clerk = self.every_id(unit, call.recorded_by)
        for event in events:
            refuse_own_clerk(event, clerk)
        typed = {"recorded_by": call.recorded_by}
        return [event.model_copy(update=typed) for event in events]

    def every_hand(self, unit: Work, call: Call, person_id: UUID) -> frozenset[UUID]:
        """Who approves and who types it for them, under every id: neither of them has proposed."""
        hands = {person_id, call.recorded_by or person_id}
        return frozenset(id for hand in hands for id in self.every_id(unit, hand))

    def refuse_clerk(self, unit: Work, clerk: UUID | None, *others: UUID | None) -> None:
        """Hard: of what takes several hands, whoever types for one of them is no other of them."""
        if clerk is not None and self.every_id(unit, clerk).intersection(others):
            raise own_clerk()

    def are_one_log_in(self, hand: Iterable[UUID | None], other: Iterable[UUID | None]) -> bool:
        """Whether somebody of the one gave somebody of the other the code they come in by."""
        some = {one for one in hand if one is not None}
        others = {one for one in other if one is not None}
        return bool(some and others) and self.access.one_log_in(some, others)

    def refuse_one_log_in(self, hand: Iterable[UUID | None], other: Iterable[UUID | None]) -> None:
        """Hard: of something that takes two hands nobody behind one, be it as their clerk, gave
        anybody behind the other the code by which that one comes in, until somebody else gives
        them one: they could be both."""
        if self.are_one_log_in(hand, other):
            raise Refusal(
                "one-log-in",
                "Một người vào bằng mã do người kia cấp: hai người này không cùng ký một việc. "
                "Hãy nhờ người khác, hoặc nhờ cán bộ khác cấp mã mới.",
            )

    def _refuse_codes(self, call: Call, unit: Work) -> None:
        """Of a command's own hands, and of those that each event names."""
        here = {call.acting, call.recorded_by}
        self.refuse_one_log_in(here, {call.second})
        for news in unit.news:
            hands = hands_of(news.event)
            if len(hands) > 1:
                one = here & hands or {getattr(news.event, "approved_by", None)}
                self.refuse_one_log_in(one | here, hands - one)

    def refuse_stale(
        self,
        call: Call,
        unit: Work,
        history_id: UUID,
        loan_id: UUID | None = None,
        *,
        version: int | None = None,
    ) -> None:
        """Raises `StaleVersion` when the history is not as the caller saw it.

        A loan's version is its own last event's: what happens to other loans of the same book
        does not count. The append checks that the history stands still from here on. `version`
        is that of another thing in the history (a care case), where it has its own.
        """
        if call.seen is None:
            return
        version = unit.seen[history_id] if version is None else version
        if call.seen and loan_id and self.log.home_of(loan_id) == history_id:
            book = unit.load(BOOK, history_id)
            loan = book.loans.get(loan_id) if book else None
            version = loan.version if loan else self._last_of(history_id, loan_id, version, call)
        if version not in call.seen:
            raise StaleVersion("Sổ đã có thay đổi khác; hãy xem lại rồi làm lại.", version=version)

    def _last_of(self, book_id: UUID, loan_id: UUID, until: int, call: Call) -> int:
        """The version of the last event of a loan that the book keeps no state of any more."""
        # What lies before the oldest version named makes no difference to the answer.
        since = max(min(call.seen or (1,)), 1)
        for recorded in reversed(self.log.story(book_id, since=since, until=until)):
            if touches(recorded.event, loan_id):
                return recorded.originator_version
        return 0

    def club_of_loan(self, loan_id: UUID) -> UUID:
        home = self.log.home_of(loan_id)
        club_id = self.log.club_of(home) if home else None
        if club_id is None:
            raise NotFound("Không có khoản vay này.")
        return club_id

    # --- what decisions are told ----------------------------------------------------------

    def moment(
        self, club: Club, on: date, unit: Work | None = None, *people: UUID | None
    ) -> Moment:
        """Hard: `people`, whom the command names, are registered under the id they go by."""
        doubles = {}
        if unit is not None:
            self.known_people(unit, *people)
            every = {one: self.every_id(unit, one) for one in people if one is not None}
            doubles = {one: ids - {one} for one, ids in every.items() if len(ids) > 1}
        return Moment(
            today=self.today,
            regulation=club.regulation_on(on),
            closed=club.closed_on(on),
            doubles=doubles,
        )

    def standing(self, unit: Work, club: Club, person_id: UUID, on: date) -> Standing:
        """What the club's and the person's own history say of somebody on a day.

        Under whatever id a loan was begun: a double is a member as the person is whom it was.
        """
        somebody = registered(unit.load(PERSON, person_id))
        goes_by = somebody.merged_into or person_id
        doubles = registered(unit.load(PERSON, goes_by)).doubles
        membership = club.members.get(goes_by)
        return Standing(
            person_id=person_id,
            is_member=club.is_member(goes_by, on),
            joined_on=membership.joined_on if membership else None,
            household_id=somebody.household_id,
            also=frozenset({goes_by, *doubles}) - {person_id},
        )

    def every_id(self, unit: Work, person_id: UUID) -> frozenset[UUID]:
        """All ids of one human being, by the merges so far; four eyes are per person."""
        found: set[UUID] = set()
        left = [person_id]
        while left:
            somebody = registered(unit.load(PERSON, left.pop()))
            found.add(somebody.id)
            into = {somebody.merged_into} if somebody.merged_into else set()
            left += (into | somebody.doubles) - found
        return frozenset(found)

    def known_people(self, unit: Work, *people: UUID | None) -> None:
        """Hard: whoever an event names is a registered person."""
        for person_id in people:
            if person_id is not None:
                known_person(unit.load(PERSON, person_id))


def second_hand_needed() -> Refusal:
    return Refusal(
        "second-hand-needed",
        "Người thứ hai phải tự xác nhận bằng mã PIN hoặc tài khoản của chính mình, và phải là "
        "người có quyền cùng quyết việc này ở câu lạc bộ.",
    )


_HANDS = ("approved_by", "proposed_by", "closed_by", "settled_by")

E = TypeVar("E", bound=Event)
D = TypeVar("D", bound=Event)


def acted(call: Call, events: Iterable[E]) -> list[E]:
    """The events, each naming who acted, also where its own fields do not (domain.md 4)."""
    if call.acting is None:
        return list(events)
    actor = person(call.acting, Role.ACTOR)
    return [
        event
        if any(one.id == call.acting for one in event.concerns)
        else event.model_copy(update={"concerns": (*event.concerns, actor)})
        for event in events
    ]


def hands_of(event: Event) -> set[UUID]:
    """Those whom an event names as its two hands."""
    named = (getattr(event, name, None) for name in _HANDS)
    return {one for one in named if one is not None}


def refuse_own_clerk(event: Event, clerk: frozenset[UUID]) -> None:
    """Of what takes two hands, whoever types for one is not the other, under whatever id, nor whom
    the money goes to; the database refuses it too (`log.refuse_one_hand`)."""
    hands: set[UUID | None] = {*hands_of(event)}
    if len(hands) > 1 or isinstance(event, LoanDisbursed):
        hands.add(getattr(event, "borrower_id", None))
        if hands & clerk:
            raise own_clerk()


def own_clerk() -> Refusal:
    return Refusal("same-person", "Người gõ hộ không phải là người kia của việc này.")


def touches(event: Any, loan_id: UUID) -> bool:
    """Whether an event says anything of a loan, as its read model would see it."""
    return (
        getattr(event, "loan_id", None) == loan_id
        or any(concern.id == loan_id for concern in event.concerns)
        or any(line.loan_id == loan_id for line in getattr(event, "lines", ()))
        or loan_id in getattr(event, "withdraws_loans", ())
        or getattr(getattr(event, "loan", None), "id", None) == loan_id
        or any(getattr(loan, "id", None) == loan_id for loan in getattr(event, "loans", ()))
    )


@dataclass(frozen=True, slots=True)
class Said:
    id: UUID
    event_id: UUID
    vouchers: tuple[str, ...]
    version: int
    changes: dict[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    duplicates: tuple[UUID, ...] = ()

    def as_json(self) -> str:
        """What is kept beside the command's key; `receipt` reads it again."""
        return json.dumps(
            {
                "id": str(self.id),
                "event_id": str(self.event_id),
                "vouchers": list(self.vouchers),
                "version": self.version,
            }
            | ({"warnings": list(self.warnings)} if self.warnings else {})
            | ({"changes": self.changes} if self.changes is not None else {})
            | ({"duplicates": [str(id) for id in self.duplicates]} if self.duplicates else {})
        )

    def at(self, position: int) -> Receipt:
        return Receipt(
            id=self.id,
            event_id=self.event_id,
            position=position,
            vouchers=self.vouchers,
            version=self.version,
            warnings=self.warnings,
            changes=self.changes,
            duplicates=self.duplicates,
        )


def said(id: UUID, made: list[UUID], events: list[Any], version: int) -> Said:
    vouchers = tuple(
        voucher for event in events if isinstance(event, MoneyEvent) for voucher in event.vouchers
    )
    warnings = dict.fromkeys(code for event in events for code in getattr(event, "warnings", ()))
    return Said(id, made[0], vouchers, version, warnings=tuple(warnings))


def receipt(done: Done) -> Receipt:
    reply = json.loads(done.reply or "{}")
    return Receipt(
        id=UUID(reply["id"]),
        event_id=UUID(reply["event_id"]),
        position=done.last_position,
        vouchers=tuple(reply["vouchers"]),
        version=reply["version"],
        replayed=done.replayed,
        warnings=tuple(reply.get("warnings", ())),
        changes=reply.get("changes"),
        duplicates=tuple(UUID(id) for id in reply.get("duplicates", ())),
    )
