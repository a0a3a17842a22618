"""A week of home care: what was agreed, what was done, and whom nobody has visited."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from api.reading import Connection
from domain.care.book import CareBook, Step
from projections.care_view import CaseRow


class Entry(NamedTuple):
    """One thing of one day: `kind` is `visit`, `missed`, `due` or a shift's step."""

    kind: str
    on: date
    people: tuple[UUID, ...]
    """Who went, or is to go; nobody where it is still open."""
    client_id: UUID | None
    what: tuple[str, ...]
    shift_id: UUID | None = None
    minutes: int | None = None


class Week(NamedTuple):
    days: tuple[date, ...]
    entries: tuple[Entry, ...]

    def of(self, person_id: UUID | None, on: date) -> list[Entry]:
        """A volunteer's entries of a day; with None those nobody has taken."""
        return [
            one
            for one in self.entries
            if one.on == on and (person_id in one.people if person_id else not one.people)
        ]

    def on(self, day: date) -> list[Entry]:
        return [one for one in self.entries if one.on == day]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def week(
    connection: Connection, club_id: UUID, start: date, cases: Iterable[CaseRow], book: CareBook
) -> Week:
    """Visits as they are recorded, shifts as the care book has them, next visits as was agreed."""
    days = tuple(start + timedelta(days=n) for n in range(7))
    entries = [*_visits(connection, club_id, days), *_shifts(book, days)]
    made = {(one.client_id, one.on) for one in entries}
    for case in cases:
        on = case.next_visit_on
        if on in days and case.discharged_on is None and (case.client_id, on) not in made:
            people = tuple(case.volunteer_ids)
            entries.append(Entry("due", on, people, case.client_id, tuple(case.tasks)))
    return Week(days, tuple(entries))


def _visits(connection: Connection, club_id: UUID, days: tuple[date, ...]) -> Iterable[Entry]:
    rows = connection.execute(
        """SELECT made, occurred_on, volunteer_ids, client_id, tasks, cause, minutes
           FROM read.visits WHERE club_id = %s AND occurred_on BETWEEN %s AND %s
             AND withdrawn_at IS NULL ORDER BY occurred_on, position""",
        (club_id, days[0], days[-1]),
    )
    for made, on, people, client_id, tasks, cause, minutes in rows:
        what = tuple(tasks) if made else (cause,)
        kind = "visit" if made else "missed"
        yield Entry(kind, on, tuple(people), client_id, what, minutes=minutes)


def _shifts(book: CareBook, days: tuple[date, ...]) -> Iterable[Entry]:
    for shift_id, shift in book.shifts.items():
        if days[0] <= shift.on <= days[-1] and shift.step is not Step.CANCELLED:
            yield Entry(
                shift.step,
                shift.on,
                (shift.person_id,),
                None,
                (shift.activity,),
                shift_id,
                shift.minutes,
            )
