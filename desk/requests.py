"""What people ask about the data kept of them: taken down, decided, carried out."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from uuid import UUID

from desk.desk import Call, Desk, Receipt
from desk.people import of_person
from domain.clubs import people, requests
from domain.clubs.club import CLUB
from domain.clubs.events import ErasedKey, PersonalDataErased, PersonEvent
from domain.clubs.people import PERSON, Person
from domain.clubs.requests import CompleteRequest, DecideRequest, Held, RequestData
from domain.histories import book_of
from domain.loans.book import BOOK
from domain.values import Purpose
from store.forgetting import forget
from store.log import Work

_ERASABLE = (Purpose.IDENTITY, Purpose.CONTACT, Purpose.HEALTH, Purpose.HOUSEHOLD)

Clubs = Callable[[Collection[UUID]], Sequence[UUID]]
"""The clubs that these people ever joined."""
LastMoney = Callable[[Collection[UUID]], date | None]
"""The last business date of money that names one of them."""


def request_data(desk: Desk, call: Call, person_id: UUID, command: RequestData) -> Receipt:
    def decide(person: Person | None, unit: Work) -> list[PersonEvent]:
        desk.known_people(unit, command.asked_by, command.entered_by)
        return requests.request_data(person, command, desk.today)

    return of_person(desk, call, person_id, decide)


def decide_request(
    desk: Desk,
    call: Call,
    person_id: UUID,
    command: DecideRequest,
    clubs: Clubs,
    last_money: LastMoney,
) -> Receipt:
    """An erasure is carried out before it is answered, and again by whoever finds it undone."""

    def decide(person: Person | None, unit: Work) -> list[PersonEvent]:
        ids = desk.every_id(unit, people.known(person).id)
        held = Held(
            keys=_keys(desk, ids),
            in_use=any(_is_in_use(unit, club_id, ids) for club_id in clubs(ids)),
            last_money_on=last_money(ids),
        )
        also = desk.every_id(unit, command.decided_by)
        told = requests.decide_request(person, command, held, desk.today, also)
        asked = people.known(person).requests[command.request_id]
        desk.refuse_one_log_in((command.decided_by,), asked.hands)
        return told

    receipt = of_person(desk, call, person_id, decide)
    for recorded in desk.log.story(person_id):
        if isinstance(recorded.event, PersonalDataErased):
            forget(desk.keys, recorded.event_id, recorded.event)
    return receipt


def complete_request(desk: Desk, call: Call, person_id: UUID, command: CompleteRequest) -> Receipt:
    return of_person(
        desk,
        call,
        person_id,
        lambda person, unit: requests.complete_request(person, command, desk.today),
    )


def erase_again(desk: Desk, erasures: Iterable[tuple[UUID, PersonalDataErased]]) -> int:
    """What the list outside the database says was erased, in a log restored from before: each is
    said again where the log does not know it, and its keys are destroyed. Returns how many were.
    """
    before = desk.log.head()
    for event_id, event in erasures:
        destroyed = {key.commitment for key in event.keys}

        def work(
            unit: Work, event: PersonalDataErased = event, destroyed: set[str] = destroyed
        ) -> None:
            person = unit.load(PERSON, event.person_id)
            if person is not None and not destroyed <= person.destroyed:
                unit.say(PERSON, person.id, [event])

        desk.log.carry_out(work, actor="restore")
        forget(desk.keys, event_id, event)
    return desk.log.head() - before


def _keys(desk: Desk, ids: frozenset[UUID]) -> tuple[ErasedKey, ...]:
    return tuple(
        ErasedKey.model_validate(
            {
                "subject": key.subject,
                "purpose": key.purpose,
                "commitment": key.commitment.hex(),
            }
        )
        for key in desk.keys.keys_of(sorted(ids), _ERASABLE)
    )


def _is_in_use(unit: Work, club_id: UUID, ids: frozenset[UUID]) -> bool:
    club = unit.load(CLUB, club_id)
    stints = [club.members[id] for id in ids if id in club.members] if club else []
    if any(stint.left_on is None for stint in stints):
        return True
    book = unit.load(BOOK, book_of(club_id))
    return any(book.live_loans_of(id) for id in ids) if book else False
