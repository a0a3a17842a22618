"""How a club's past meetings enter, as its book has them (domain.md section 5)."""

from collections.abc import Sequence
from datetime import date

from domain.clubs.decisions import Club
from domain.clubs.events import ClubEntryWithdrawn, ClubEvent, MeetingHeld
from domain.dates import not_in_the_future
from domain.events import BookOrigin, Concern, Role, person
from domain.values import Code, Day, Id, Immutable, Sealed


class PastMeeting(Immutable):
    """Who came, by name where the book has names; `head_count` is everybody there."""

    on: Day
    origin: BookOrigin
    meeting_id: Id
    head_count: int
    minutes: Code | None = None
    attended: tuple[Id, ...] = ()
    note: Sealed | None = None
    same_day: bool = False
    """Whether the book has another meeting of that day."""


def meeting(club: Club, met: PastMeeting, today: date) -> list[ClubEvent]:
    not_in_the_future(met.on, today)
    return [
        MeetingHeld(
            club_id=club.id,
            occurred_on=met.on,
            meeting_id=met.meeting_id,
            minutes=met.minutes,
            attended=met.attended,
            head_count=max(met.head_count, len(met.attended)),
            note=met.note,
            warnings=("meeting-doubled",) if met.same_day else (),
            origin=met.origin,
            concerns=(
                Concern(kind="club", id=club.id, role=Role.SUBJECT),
                *(person(id, Role.PARTICIPANT) for id in met.attended),
            ),
        )
    ]


def undo_meetings(
    club: Club, story: Sequence[tuple[Id, ClubEvent]], import_id: Id
) -> list[ClubEvent]:
    """Takes back every meeting of an import, latest first, each on its own business date."""
    return [
        ClubEntryWithdrawn(
            club_id=club.id,
            occurred_on=event.occurred_on,
            withdraws=id,
            withdrawn_topic=event.TOPIC,
            import_id=import_id,
            concerns=event.concerns,
        )
        for id, event in reversed(story)
        if isinstance(event, MeetingHeld)
        and event.origin is not None
        and event.origin.import_id == import_id
    ]
