"""Where else somebody is: what the care books of all clubs say of one human being's hours.

Beside the log stands a note for each person and care book that ever gave them clock times, numbered
1, 2, …; it goes in with the first of these. Who decides reads all of a person's notes and those
books. The append checks that the books have not moved and that no further note has come, so two
clubs never give away the same hour, not even at the same instant.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid5

from domain.care.book import CARE, BusyPeople, CareBook
from domain.care.commands import Subject
from domain.care.presence import busy_about, busy_planned, together
from domain.histories import care_book_of
from store.log import Work

NOTES_AT_ONCE = 3
"""So many notes of a person are asked for together: hardly anybody helps in more clubs."""


def times_besides(
    unit: Work,
    club_id: UUID,
    book: CareBook | None,
    people: Sequence[Subject],
    on: date,
    *,
    planned: bool = False,
) -> BusyPeople:
    """What a club's book does not know by heart of where people are about a day.

    Of its own older days, and of these people in other clubs' books, which are read for it; with
    `planned`, also what they have agreed to there. From now on this book tells of them too.
    """
    told = [_about(unit, care_book_of(club_id), on)] if book and not book.knows(on) else []
    for somebody in people:
        for book_id in {other for id in somebody.ids for other in enter(unit, club_id, id)}:
            other = unit.load(CARE, book_id) or CareBook()
            told.append(other.busy if other.knows(on) else _about(unit, book_id, on))
            told += [busy_planned(other, somebody)] if planned else []
    return together(told)


def enter(unit: Work, club_id: UUID, person_id: UUID) -> list[UUID]:
    """The other care books that give somebody clock times; this club's is noted as one of them."""
    books = _noted(unit, person_id)
    ours = care_book_of(club_id)
    if ours not in books:
        unit.note_entity(_note(person_id, len(books) + 1), ours)
    return [book_id for book_id in books if book_id != ours]


def _noted(unit: Work, person_id: UUID) -> list[UUID]:
    books: list[UUID] = []
    while len(books) % NOTES_AT_ONCE == 0:
        numbers = range(len(books) + 1, len(books) + 1 + NOTES_AT_ONCE)
        found = unit.noted([_note(person_id, number) for number in numbers])
        books += found.values()
        if not found:
            break
    return books


def _note(person_id: UUID, number: int) -> UUID:
    return uuid5(person_id, f"times/{number}")


def _about(unit: Work, book_id: UUID, on: date) -> BusyPeople:
    return busy_about(unit.story(book_id), on)  # type: ignore[arg-type]
