"""A club's visits, work and meetings in the sheets of the template, beside its money.

A reading or a note is copied only while the client's health consent lives; what the sheets have no
place for is left out and said. What was withdrawn is left out with its withdrawal.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from desk.desk import Desk
from domain.care.events import (
    CarePlanMade,
    CheckUpRecorded,
    ClientDischarged,
    GroupWorkDone,
    InsuranceRecorded,
    NeedsAssessed,
    ReferralOpened,
    ShiftWorked,
    VisitMade,
    VisitMissed,
    VitalsMeasured,
    VolunteerLeft,
    VolunteerTrained,
)
from domain.care.vitals import Vitals
from domain.clubs.events import MeetingHeld
from domain.histories import care_book_of
from domain.values import Sealed
from exchange.template import Row
from exchange.vocabulary import WORK
from projections.care_view import may_read
from projections.people import names_of

_UNSAID = {
    VisitMissed.TOPIC: "lượt thăm không thành",
    CarePlanMade.TOPIC: "kế hoạch chăm sóc",
    NeedsAssessed.TOPIC: "đánh giá nhu cầu",
    ReferralOpened.TOPIC: "chuyển tuyến",
    ClientDischarged.TOPIC: "thôi chăm sóc",
    VitalsMeasured.TOPIC: "lần đo sức khỏe ngoài lượt thăm",
    CheckUpRecorded.TOPIC: "khám sức khỏe",
    InsuranceRecorded.TOPIC: "thẻ bảo hiểm y tế",
    VolunteerTrained.TOPIC: "tập huấn tình nguyện viên",
    VolunteerLeft.TOPIC: "thôi làm tình nguyện viên",
}
"""Of health and of volunteers: that there is such a thing is said, never whose."""


class CareFilling:
    """`members` are all who ever were one: whoever else is named is a neighbour."""

    def __init__(
        self, desk: Desk, club_id: UUID, members: frozenset[UUID], left_out: Counter[str]
    ) -> None:
        self.desk, self.club_id = desk, club_id
        self.members, self.left_out = members, left_out
        self.names: dict[UUID, str] = {}

    def rows(self, *, with_health: bool) -> dict[str, list[Row]]:
        care = list(self._standing(care_book_of(self.club_id)))
        if not with_health:
            visits = sum(isinstance(event, VisitMade) for event in care)
            if visits:
                self.left_out["lượt thăm tại nhà, chỉ người phụ trách chăm sóc xem được"] = visits
            care = [event for event in care if isinstance(event, ShiftWorked | GroupWorkDone)]
        meetings = [e for e in self._standing(self.club_id) if isinstance(e, MeetingHeld)]
        self.names = self._names([*care, *meetings])
        rows = {
            "home_care": self._visits([e for e in care if isinstance(e, VisitMade)]),
            "work_days": self._work(
                [e for e in care if isinstance(e, ShiftWorked | GroupWorkDone)]
            ),
            "meetings": self._meetings(meetings),
        }
        for event in care:
            # That there is a confidential referral is told to its coordinator alone.
            if event.TOPIC in _UNSAID and not getattr(event, "confidential", False):
                self.left_out[_UNSAID[event.TOPIC]] += 1
        return rows

    def _visits(self, visits: Sequence[VisitMade]) -> list[Row]:
        with self.desk.log.database.connection() as connection:
            clients = {visit.client_id for visit in visits}
            readable = {id for id in clients if may_read(connection, id)}
        notes = self._opened(
            {n: v.note for n, v in enumerate(visits) if v.client_id in readable},
        )
        readings = self._opened(
            {n: v.vitals for n, v in enumerate(visits) if v.client_id in readable},
        )
        rows: list[Row] = []
        for n, visit in enumerate(visits):
            if visit.client_id not in readable and (visit.note or visit.vitals):
                self.left_out["ghi chú, số đo của lượt thăm chưa có đồng ý"] += 1
            row = {
                "date": visit.occurred_on,
                "client": self._who((visit.client_id,)),
                "volunteer": self._who(visit.volunteer_ids),
                **_time(visit),
                "tasks": ", ".join(visit.tasks),
                **_reading(readings.get(n)),
                "note": notes.get(n),
                "urgent": "x" if visit.urgent else None,
                "next": visit.next_on,
            }
            self._keep(rows, row, "client", "volunteer")
        return rows

    def _work(self, work: Sequence[ShiftWorked | GroupWorkDone]) -> list[Row]:
        """Whoever stood on one line of the paper book stands on one line again."""
        notes = self._opened({n: event.note for n, event in enumerate(work)})
        rows: list[Row] = []
        at = 0
        while at < len(work):
            event, first = work[at], at
            at += 1
            people: dict[str, Any] = {}
            if isinstance(event, GroupWorkDone):
                people["people"] = event.people
                days: Decimal | None = event.work_days
            else:
                together = [event.person_id]
                while at < len(work) and _same_line(event, work[at]):
                    together.append(work[at].person_id)  # type: ignore[union-attr]
                    at += 1
                people["person"] = self._who(together)
                days = None if event.time.start else event.time.work_days
            row = {
                "date": event.occurred_on,
                **people,
                "activity": event.label or _activity(event.activity),
                "helped": self._who(event.helped),
                "households": event.households or None,
                "days": days,
                **(_clock(event) if days is None else {}),
                "note": notes[first],
            }
            self._keep(rows, row, *(["person"] if "person" in people else []))
        return rows

    def _meetings(self, meetings: Sequence[MeetingHeld]) -> list[Row]:
        notes = self._opened({n: event.note for n, event in enumerate(meetings)})
        return [
            {
                "date": event.occurred_on,
                "minutes": event.minutes,
                "attendance": event.head_count,
                "attended": self._who(event.attended),
                "note": notes[n],
            }
            for n, event in enumerate(meetings)
        ]

    def _keep(self, rows: list[Row], row: Row, *needed: str) -> None:
        """A row that the import would refuse, since nobody is named any more, is left out."""
        if all(row[key] for key in needed):
            rows.append(row)
        else:
            self.left_out["việc của người đã xóa tên"] += 1

    def _who(self, people: Sequence[UUID]) -> str | None:
        """Names with a comma between; None where one of them is gone."""
        told = []
        for id in people:
            if id not in self.names:
                return None
            told.append(self.names[id] + ("" if id in self.members else " (hàng xóm)"))
        return ", ".join(told) or None

    def _standing(self, history: UUID) -> Iterator[Any]:
        story = list(self.desk.log.story(history))
        gone = {getattr(recorded.event, "withdraws", None) for recorded in story}
        for recorded in story:
            if recorded.event_id not in gone:
                yield recorded.event

    def _names(self, events: Sequence[Any]) -> dict[UUID, str]:
        people = {one.id for event in events for one in event.concerns if one.kind == "person"}
        with self.desk.log.database.connection() as connection:
            return names_of(connection, sorted(people))

    def _opened(self, sealed: dict[int, Sealed | None]) -> dict[int, str | None]:
        there = {key: value for key, value in sealed.items() if value is not None}
        texts = self.desk.keys.open_many(list(there.values()))
        return dict.fromkeys(sealed) | dict(zip(there, texts, strict=True))


def _same_line(one: ShiftWorked, other: ShiftWorked | GroupWorkDone) -> bool:
    return (
        isinstance(other, ShiftWorked)
        and one.origin is not None
        and other.origin is not None
        and (one.origin.import_id, one.origin.digest)
        == (other.origin.import_id, other.origin.digest)
    )


def _activity(activity: str) -> str | None:
    """In words that are read back as the same; work of no kind has none."""
    return None if activity == "other" else WORK[activity]


def _clock(event: ShiftWorked | GroupWorkDone) -> Row:
    time = event.time
    return {} if time is None else {"start": time.start, "end": time.end}


def _time(visit: VisitMade) -> Row:
    time = visit.time
    if time.start is not None and time.end_on is None:
        return {"start": time.start, "end": time.end}
    return {"minutes": time.minutes}


def _reading(text: str | None) -> Row:
    if text is None:
        return {}
    read = Vitals.model_validate_json(text)
    return {
        "pressure": f"{read.systolic}/{read.diastolic}" if read.systolic else None,
        "pulse": read.pulse,
        "weight": None if read.weight_grams is None else Decimal(read.weight_grams) / 1000,
    }
