"""Two entries that are one person: what merging them changes, and both steps of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from desk.desk import Call, Desk, Receipt, Said, acted, said
from domain.clubs import membership, merging, people
from domain.clubs.club import CLUB
from domain.clubs.merging import ApproveMerge, ProposeMerge
from domain.clubs.people import PERSON
from domain.histories import book_of
from domain.loans.book import BOOK
from domain.values import Immutable
from store.log import Work


class Known(Immutable):
    """What the read models know of the two: looked up before the desk is asked."""

    club_ids: tuple[UUID, ...] = ()
    """Clubs that one of them belongs to."""
    household: tuple[UUID, ...] = ()
    """Who shares the double's household: all of them live with one person then."""


def propose_merge(
    desk: Desk, call: Call, person_id: UUID, command: ProposeMerge, known: Known
) -> Receipt:
    """Waits for a second person; the answer tells what it will change."""

    def work(unit: Work) -> Said:
        person = unit.load(PERSON, person_id)
        desk.refuse_stale(call, unit, person_id)
        duplicate = unit.load(PERSON, command.duplicate_id)
        desk.known_people(unit, command.proposed_by)
        events = acted(call, merging.propose_merge(person, duplicate, command, desk.today))
        changes = _changes(unit, person_id, command.duplicate_id, known)
        made = unit.say(PERSON, person_id, events)
        return replace(said(person_id, made, events, unit.version(person_id)), changes=changes)

    return desk.take(call, work)


def approve_merge(
    desk: Desk, call: Call, person_id: UUID, command: ApproveMerge, known: Known
) -> Receipt:
    """One transaction: both histories say so, households join, the double's memberships go on."""
    fresh = desk.new_id()

    def work(unit: Work) -> Said:
        person = unit.load(PERSON, person_id)
        desk.refuse_stale(call, unit, person_id)
        duplicate = unit.load(PERSON, command.duplicate_id)
        desk.known_people(unit, command.approved_by)
        also = desk.every_id(unit, command.approved_by)
        goes_on, ends = merging.approve_merge(person, duplicate, command, fresh, desk.today, also)
        changes = _changes(unit, person_id, command.duplicate_id, known)
        events = acted(call, goes_on)
        made = unit.say(PERSON, person_id, events)
        unit.say(PERSON, command.duplicate_id, acted(call, ends))
        shared = people.known(unit.load(PERSON, person_id)).household_id
        assert shared is not None, "who is merged has a household"
        for mate_id in known.household:
            mate = unit.load(PERSON, mate_id)
            if mate is not None and not mate.withdrawn and mate.household_id != shared:
                unit.say(PERSON, mate_id, acted(call, people.rehouse(mate, shared)))
        for club_id in known.club_ids:
            club = unit.load(CLUB, club_id)
            moved = membership.hand_on(club, command.duplicate_id, person_id, desk.today)
            unit.say(CLUB, club_id, acted(call, moved), club_id=club_id)
        # The answer names the merge itself, whatever household it took before.
        at = next(n for n, event in enumerate(events) if event.TOPIC == "clubs.PersonsMerged")
        told = said(person_id, made[at:], events, unit.version(person_id))
        return replace(told, changes=changes)

    return desk.take(call, work)


def report(desk: Desk, person_id: UUID, duplicate_id: UUID, known: Known) -> dict[str, Any]:
    """What merging the two would change, whoever proposed it or not; nothing is recorded."""
    unit = Work(desk.log, actor="system")
    merging.two_entries(unit.load(PERSON, person_id), unit.load(PERSON, duplicate_id))
    return _changes(unit, person_id, duplicate_id, known)


def _changes(unit: Work, person_id: UUID, duplicate_id: UUID, known: Known) -> dict[str, Any]:
    """Before anybody approves: clubs, loans that stay where they are, and who becomes a household.

    Ids only: the answer is kept beside the key that asked for it.
    """
    leaves: list[str] = []
    joins: list[str] = []
    loans: list[dict[str, Any]] = []
    for club_id in known.club_ids:
        club = unit.load(CLUB, club_id)
        if club is None:
            continue
        for event in membership.hand_on(club, duplicate_id, person_id, club.founded_on):
            (leaves if event.TOPIC == "clubs.MemberLeft" else joins).append(str(club_id))
        book = unit.load(BOOK, book_of(club_id))
        loans += (
            {"loan_id": str(loan.id), "member_id": str(owner), "outstanding": loan.outstanding}
            for owner in (person_id, duplicate_id)
            for loan in (book.live_loans_of(owner) if book else ())
        )
    return {
        "into": str(person_id),
        "duplicate_id": str(duplicate_id),
        "leaves_clubs": leaves,
        "joins_clubs": joins,
        "loans": loans,
        "one_household": _ids({person_id, duplicate_id, *known.household}),
    }


def _ids(people: Sequence[UUID] | set[UUID]) -> list[str]:
    return sorted(str(one) for one in people)
