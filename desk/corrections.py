"""Corrections, wherever the event stands: in the money's book, a care book, a club's history."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from desk import books
from desk.care import care_moment, subject
from desk.desk import Call, Desk, Receipt, Said, acted, said
from desk.presence import times_besides
from domain import correcting
from domain.care import corrections as care
from domain.care.book import CARE, BusyPeople
from domain.care.presence import NOBODY, less
from domain.clubs import corrections as clubs
from domain.clubs.association import ASSOCIATION
from domain.clubs.decisions import CLUB
from domain.clubs.decisions import known as known_club
from domain.clubs.events import PersonEntryWithdrawn
from domain.clubs.people import PERSON
from domain.correcting import Changes, Correctable, Propose, Told, changes, found, proposal_of
from domain.errors import Malformed, NotFound
from domain.events import Event
from domain.histories import Kind, book_of, care_book_of
from domain.loans.book import BOOK
from domain.loans.commands import ProposeReversal
from domain.loans.corrections import refuse_irreversible as refuse_irreversible_entry
from domain.loans.events import EntryReversed
from domain.loans.recorded import Recorded
from store.log import EventLog, Work


class Home(NamedTuple):
    """The history an event stands in; `kind` is None for the money's book."""

    history_id: UUID
    club_id: UUID | None
    kind: Kind[Any] | None
    correctable: Correctable | None

    @property
    def subject_id(self) -> UUID:
        """Whose memo key seals the reasons: the club's, the association's or the person's."""
        return self.club_id or self.history_id


def home_of(desk: Desk, event_id: UUID) -> Home:
    """Raises `NotFound` for events that are nobody's to correct."""
    home = desk.log.home_of_event(event_id)
    if home is None:
        raise NotFound("Không có bút toán này.")
    history_id, club_id = home
    if club_id is not None and history_id == book_of(club_id):
        return Home(history_id, club_id, None, None)
    if club_id is not None and history_id == care_book_of(club_id):
        return Home(history_id, club_id, CARE, care.CARE_CORRECTIONS)
    if history_id == club_id:
        return Home(history_id, club_id, CLUB, clubs.CLUB_CORRECTIONS)
    if club_id is None and desk.log.load(ASSOCIATION, history_id).state is not None:
        return Home(history_id, None, ASSOCIATION, clubs.ASSOCIATION_CORRECTIONS)
    if desk.log.load(PERSON, history_id).state is not None:
        return Home(history_id, None, PERSON, clubs.PERSON_CORRECTIONS)
    raise NotFound("Không có bút toán này.")


Asked = care.Asked | clubs.Asked
"""What is to stand in for an event, as the command that would tell of it."""


def propose(
    desk: Desk, call: Call, home: Home, command: Propose, asked: Asked | None = None
) -> Receipt:
    """An event shall no longer count; with `asked`, another stand in for it."""
    if home.kind is None or home.correctable is None:
        return books.propose_reversal(desk, call, ProposeReversal(**command.model_dump()))
    kind, correctable, target_id = home.kind, home.correctable, command.event_id

    def work(unit: Work) -> Said:
        state = unit.load(kind, home.history_id)
        desk.refuse_stale(call, unit, home.history_id)
        desk.known_people(unit, command.proposed_by)
        story = _story(unit, home)
        target = found(story, target_id)
        correctable.refuse(story, target)
        stand_in = asked and _replaced(desk, unit, home, state, target, asked)
        shown = changes(correctable, story, target_id, stand_in or None)
        events = correcting.propose(correctable, story, command, stand_in or None, desk.today)
        told = _recorded(desk, call, unit, home, target_id, events)
        return replace(told, changes=shown.told())

    return desk.take(call, work)


def approve(
    desk: Desk,
    call: Call,
    home: Home,
    target_id: UUID,
    approved_by: UUID,
    on: date,
    accepted: str | None = None,
    *,
    replacing: bool = False,
    club_ids: Sequence[UUID] = (),
) -> Receipt:
    """The second person lets the proposal that waits stand: judged again on the book as it is.

    `club_ids` are those whose membership ended with a death that is taken back: it goes on.
    """
    if home.kind is None or home.correctable is None:
        return books.approve_reversal(desk, call, target_id, approved_by, on, accepted)
    kind, correctable = home.kind, home.correctable

    def work(unit: Work) -> Said:
        state = unit.load(kind, home.history_id)
        desk.refuse_stale(call, unit, home.history_id)
        desk.known_people(unit, approved_by)
        also = desk.every_hand(unit, call, approved_by)
        story = _story(unit, home)
        target = found(story, target_id)
        correctable.refuse(story, target)
        proposal = proposal_of(story, target_id, replacing=replacing)
        desk.refuse_one_log_in((approved_by, call.recorded_by), (proposal.recorded_by,))
        proposed = proposal.replacement
        stand_in = proposed and _again(desk, unit, home, state, target, proposed)
        events = correcting.approve(
            correctable, story, target_id, stand_in, approved_by, on, desk.today, accepted, also
        )
        for club_id in club_ids:
            _goes_on(desk, call, unit, club_id, target, events)
        return _recorded(desk, call, unit, home, target_id, events)

    return desk.take(call, work)


def _goes_on(
    desk: Desk, call: Call, unit: Work, club_id: UUID, death: Told, events: list[Event]
) -> None:
    """In the same transaction as the withdrawal that the second person let stand."""
    club = unit.load(CLUB, club_id)
    (withdrawal,) = events
    assert isinstance(withdrawal, PersonEntryWithdrawn), "only a death ends memberships with it"
    if club is not None:
        story = [Told(r.event_id, r.event) for r in unit.story(club_id)]
        goes_on = clubs.membership_goes_on(club, story, death, withdrawal)
        unit.say(CLUB, club_id, desk.typed(call, unit, acted(call, goes_on)), club_id=club_id)


def report(desk: Desk, home: Home, target_id: UUID, on: date, *, replacing: bool) -> dict[str, Any]:
    """What withdrawing an event would change; `replacing`, what the correction that waits would."""
    if home.kind is None or home.correctable is None:
        if replacing:
            raise correcting.not_proposed()
        return books.reversal_report(desk, target_id, on).told()
    story = _story(desk.log, home)
    home.correctable.refuse(story, found(story, target_id))
    proposed = proposal_of(story, target_id, replacing=True).replacement if replacing else None
    shown: Changes = changes(home.correctable, story, target_id, proposed)
    return shown.told()


def preview(desk: Desk, home: Home, target_id: UUID, asked: Asked) -> dict[str, Any]:
    """What telling an event anew would change; raises what `propose` would, and records nothing."""
    if home.kind is None or home.correctable is None:
        raise Malformed("malformed", "Tiền thì đảo bút toán, rồi ghi lại cho đúng.")
    unit = Work(desk.log, actor="reader")
    state = unit.load(home.kind, home.history_id)
    story = _story(unit, home)
    target = found(story, target_id)
    home.correctable.refuse(story, target)
    stand_in = _replaced(desk, unit, home, state, target, asked)
    return changes(home.correctable, story, target_id, stand_in).told()


def asked_of(event: Any) -> Asked:
    """The command that would tell of an event that another may stand in for."""
    return care.asked_of(event) if event.TOPIC.startswith("care.") else clubs.asked_of(event)


def proposed(desk: Desk, home: Home, target_id: UUID) -> Any:
    """The proposal that waits for a second person, as it was recorded; None where none does."""
    for told in reversed(desk.log.story(home.history_id)):
        event: Any = told.event
        done = event.reverses if isinstance(event, EntryReversed) else None
        if target_id in (done, getattr(event, "withdraws", None)):
            return None
        if target_id in (getattr(event, "reverses", None), getattr(event, "corrects", None)):
            return event
    return None


def refuse_irreversible(desk: Desk, home: Home, target_id: UUID) -> None:
    """Raises where the event itself cannot be taken back, whatever a report may say of the rest."""
    story = _story(desk.log, home)
    if home.kind is None or home.correctable is None:
        book = desk.log.recall(BOOK, home.history_id).state
        refuse_irreversible_entry(book, Recorded(*found(story, target_id)))
    else:
        home.correctable.refuse(story, found(story, target_id))


def correctable_event(desk: Desk, home: Home, target_id: UUID) -> Any:
    """The event itself, for whoever words what is to stand in for it."""
    return found(_story(desk.log, home), target_id).event


def _recorded(
    desk: Desk, call: Call, unit: Work, home: Home, target_id: UUID, events: list[Event]
) -> Said:
    assert home.kind is not None, "the money's book records its own"
    events = desk.typed(call, unit, acted(call, events))
    made = unit.say(home.kind, home.history_id, events, club_id=home.club_id)
    return said(target_id, made, events, unit.version(home.history_id))


def _story(log: EventLog | Work, home: Home) -> list[Told]:
    return [Told(r.event_id, r.event) for r in log.story(home.history_id)]


def _again(
    desk: Desk,
    unit: Work,
    home: Home,
    state: Any,
    target: Told,
    proposed: Any,
) -> Event:
    return _replaced(desk, unit, home, state, target, asked_of(proposed))


def _replaced(
    desk: Desk,
    unit: Work,
    home: Home,
    state: Any,
    target: Told,
    asked: Any,
) -> Event:
    """Judged as the original would be, on the history without it."""
    desk.known_people(unit, *_named(asked))
    for club_id in getattr(asked, "club_ids", ()):
        known_club(unit.load(CLUB, club_id))
    if home.kind is not CARE:
        return clubs.replaced(state, target, asked, desk.today)
    assert home.club_id is not None, "a care book is a club's"
    club, on = known_club(unit.load(CLUB, home.club_id)), asked.occurred_on
    named = (*care.people_in(target.event), *getattr(asked, "volunteer_ids", ()))
    people = {who: subject(desk, unit, club, who) for who in named}
    besides: BusyPeople = NOBODY
    if getattr(asked, "start", None) is not None:
        told = times_besides(unit, home.club_id, state, list(people.values()), on)
        besides = less(told, care.thing_of(target.event))
    return care.replaced(state, target, asked, people, care_moment(desk, club, on), besides)


def _named(asked: Any) -> list[UUID]:
    """Whom what is told names, besides those of whom more is asked."""
    many = ("helped", "attended", "participants", "given_by")
    named = [who for name in many for who in getattr(asked, name, ())]
    return [*named, *(who for who in (getattr(asked, "person_id", None),) if who)]
