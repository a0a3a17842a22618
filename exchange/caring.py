"""Rows of the care sheets into events: volunteers first, then day by day visits, work, meetings.

Readings and notes are sealed under the client's health key without any consent: imported, they
wait unread until one is recorded (domain.md section 2). Nothing is recorded here: the caller
appends all or nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from desk.care import CLIENT, VOLUNTEER, note_home, subject
from desk.desk import Desk
from desk.presence import enter
from domain.care import past
from domain.care.book import CARE, CareBook
from domain.care.commands import Subject
from domain.care.events import (
    CareBookEvent,
    ClientEnrolled,
    ShiftWorked,
    Task,
    VisitMade,
    VolunteerEnrolled,
)
from domain.care.events import Work as Activity
from domain.care.past import Entry, PastVisit, PastWork
from domain.care.times import Interval, TimeSaid
from domain.care.vitals import Vitals
from domain.clubs import past as past_meetings
from domain.clubs.decisions import CLUB, Club
from domain.clubs.events import ClubEvent, MeetingHeld
from domain.clubs.past import PastMeeting
from domain.clubs.people import PERSON
from domain.correcting import Told, standing
from domain.errors import Refusal
from domain.histories import care_book_of
from domain.values import Purpose, Sealed
from exchange.entering import Known, Place, say_missing
from exchange.naming import Naming, origin_of, register
from exchange.workbook.faults import Report
from exchange.workbook.people import Who
from exchange.workbook.read import Workbook
from exchange.workbook.rows import MeetingRow, MemberRow, VisitRow, VolunteerRow, WorkRow
from store.log import Work

CareRow = VisitRow | WorkRow | MeetingRow | VolunteerRow
DatedRow = VisitRow | WorkRow | MeetingRow

# Within a day: what is counted twice shows at the later of the two.
_ORDER: tuple[type[DatedRow], ...] = (VisitRow, WorkRow, MeetingRow)

# Where the reader should look, by the code of a refusal.
_COLUMN = {
    "same-person": "Tình nguyện viên",
    "future-date": "Ngày",
    "before-birth": "Ngày",
    "time-too-long": "Số công",
}

# What an event warns of, said to whoever keeps the book.
_WARNINGS = {
    "before-joining": ("Ngày", "Trước ngày vào câu lạc bộ của người được ghi."),
    "after-death": ("Ngày", "Sau ngày mất của người được ghi."),
    "before-enrolment": ("Ngày", "Trước ngày bắt đầu chăm sóc người này."),
    "after-discharge": ("Ngày", "Sau ngày thôi chăm sóc người này."),
    "overlap": ("Bắt đầu", "Cùng một người ở hai nơi trong cùng giờ."),
    "volunteer-left": ("Tình nguyện viên", "Người này đã thôi làm tình nguyện viên."),
    "not-a-volunteer": (
        "Tình nguyện viên",
        "Chưa ghi là tình nguyện viên; tính từ lượt thăm này.",
    ),
    "meeting-doubled": ("Ngày", "Sổ đã có một buổi sinh hoạt ngày này."),
}


@dataclass
class Caring:
    """The care half of one import under way."""

    desk: Desk
    unit: Work
    club: Club
    import_id: UUID
    naming: Naming
    known: Known
    today: date
    founded_on: date | None
    report: Report
    story: Sequence[CareBookEvent] = ()
    """What stands in the care book already, withdrawn events left out."""
    accepted: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    _busy: dict[tuple[UUID, date], list[Interval]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _entered: set[UUID] = field(default_factory=set)
    """Who is known to have clock times in this book."""
    _read: set[UUID] = field(default_factory=set)
    """Other clubs' care books that were read for somebody's times."""
    _visiting: set[tuple[UUID, date]] = field(default_factory=set)
    """Who was on a visit on which day."""
    _present: set[str] = field(default_factory=set)
    _sealed: dict[tuple[str, str], Sealed] = field(default_factory=dict)
    """By a visit's digest and what it is: `vitals`, `note`."""

    def enter(self, workbook: Workbook, marked: Sequence[tuple[MemberRow, UUID]]) -> None:
        """Puts every new row to the domain; messages gather in `report`.

        `marked` are the members whom the members' sheet calls volunteers.
        """
        rows: list[CareRow] = [*workbook.volunteers, *_in_day_order(workbook)]
        self._present = {row.digest for row in (*rows, *workbook.members)}
        say_missing(
            self.known.care, self._present, {r.sheet for r in rows}, self.report, "lập đính chính"
        )
        for event in self.story:
            self._see(event)
        self._register_neighbours(rows)
        self._seal([row for row in workbook.visits if row.digest not in self.known.digests])
        for volunteer in workbook.volunteers:
            self._take(volunteer)
        for member, person_id in marked:
            self._take_mark(member, person_id)
        for row in rows:
            if not isinstance(row, VolunteerRow):
                self._take(row)

    # --- what every row goes through -------------------------------------------------------

    def _take(self, row: CareRow) -> None:
        if row.digest in self.known.digests:
            self.skipped[_kind(row)] += _count(row)
            return
        try:
            place = self._place(row)
            if self.known.standing(row.digest, place, self._present) == "changed":
                self.report.warn(
                    row.sheet, row.row, None, "row-changed",
                    "Dòng này khác với lần nhập trước; sổ giữ như đã nhập. "
                    "Muốn sửa, lập đính chính.",
                )  # fmt: skip
                self.skipped[_kind(row)] += _count(row)
                return
            events = self._decided(row)
        except Refusal as refused:
            column = refused.facts.get("column") or _COLUMN.get(refused.code)
            self.report.fault(row.sheet, row.row, column, refused.code, refused.message)
            return
        self._say_odd(row, events)
        if isinstance(row, VolunteerRow) and not events:
            self._say_otherwise_enrolled(row)
        self._say(events)
        self.accepted[_kind(row)] += _count(row) if events else 0
        self.skipped[_kind(row)] += 0 if events else _count(row)

    def _say(self, events: Sequence[CareBookEvent | ClubEvent]) -> None:
        for event in events:
            if isinstance(event, MeetingHeld):
                self.unit.say(CLUB, self.club.id, [event], club_id=self.club.id)
            else:
                self.unit.say(CARE, self.care_id, [event], club_id=self.club.id)
                self._note_home(event)
                self._see(event)

    def _say_odd(self, row: CareRow, events: Sequence[CareBookEvent | ClubEvent]) -> None:
        """What a past book may do but a reader should see; never refused (domain.md section 5)."""
        if not isinstance(row, VolunteerRow) and self.founded_on and row.on < self.founded_on:
            message = "Ngày trước khi câu lạc bộ thành lập."
            self.report.warn(row.sheet, row.row, "Ngày", "before-founding", message)
        for code in dict.fromkeys(code for e in events for code in getattr(e, "warnings", ())):
            column, message = _WARNINGS[code]
            self.report.warn(row.sheet, row.row, column, code, message)
        if isinstance(row, WorkRow) and any(self._twice(event) for event in events):
            message = "Ngày này người làm đã có lượt thăm trong sổ: giờ có thể tính hai lần."
            self.report.warn(row.sheet, row.row, "Hoạt động", "hours-twice", message)

    def _say_otherwise_enrolled(self, row: VolunteerRow) -> None:
        stint = (self.book or CareBook()).volunteers.get(self._who(row.who, "Họ và tên"))
        if stint is not None and row.on not in (None, stint.since):
            message = "Người này đã được ghi là tình nguyện viên từ ngày khác; sổ giữ như đã ghi."
            self.report.warn(row.sheet, row.row, "Ngày tham gia", "row-changed", message)

    def _twice(self, event: CareBookEvent | ClubEvent) -> bool:
        return (
            isinstance(event, ShiftWorked)
            and event.activity is Activity.HOME_CARE
            and (event.person_id, event.occurred_on) in self._visiting
        )

    def _see(self, event: CareBookEvent | ClubEvent) -> None:
        """Remembers where people were."""
        if isinstance(event, VisitMade):
            people: tuple[UUID, ...] = event.volunteer_ids
            self._visiting.update((person_id, event.occurred_on) for person_id in people)
        elif isinstance(event, ShiftWorked):
            people = (event.person_id,)
        else:
            return
        interval = event.time.interval(event.occurred_on)
        if interval is not None:
            for person_id in people:
                self._busy[person_id, event.occurred_on].append(interval)

    def _place(self, row: CareRow) -> Place:
        match row:
            case VisitRow():
                return "visits", row.on, self._who(row.client, "Người được chăm sóc")
            case WorkRow(workers=()):
                return "group_works", row.on, row.label
            case WorkRow():
                return "shifts", row.on, self._who(row.workers[0], "Người làm")
            case MeetingRow():
                return "meetings", row.on
            case VolunteerRow():
                return "trained", row.trained_on or row.on, self._who(row.who, "Họ và tên")

    # --- people ----------------------------------------------------------------------------

    def _register_neighbours(self, rows: Sequence[CareRow]) -> None:
        new = [row for row in rows if row.digest not in self.known.digests]
        strangers = self.naming.strangers((row, who) for row in new for who in _people(row))
        made = register(self.desk, self.unit, self.club.id, self.import_id, strangers)
        for (row, name), person_id in zip(strangers, made, strict=True):
            if self.naming.members.also_bears(name):
                message = f"“{name}” cũng là tên một thành viên; ghi là hàng xóm, một người khác."
                self.report.warn(row.sheet, row.row, None, "name-doubled", message)
            self.naming.know(name, person_id)
            self.accepted["neighbours"] += 1

    def _who(self, who: Who, column: str) -> UUID:
        try:
            return self.naming.named(who)
        except Refusal as refused:
            raise Refusal(refused.code, refused.message, column=column) from None

    def _subject(self, person_id: UUID) -> Subject:
        """What is known of somebody; of a member whose own row was refused, nothing."""
        if self.unit.load(PERSON, person_id) is None:
            return Subject(person_id=person_id)
        return subject(self.desk, self.unit, self.club, person_id)

    def _note_home(self, event: CareBookEvent | ClubEvent) -> None:
        """Later commands name the person and find this club's care book."""
        if isinstance(event, ClientEnrolled):
            note_home(self.desk, self.unit, event.client_id, CLIENT, self.club.id)
        elif isinstance(event, VolunteerEnrolled):
            note_home(self.desk, self.unit, event.person_id, VOLUNTEER, self.club.id)

    def _enter(self, *people: UUID) -> None:
        """Whoever has clock times here may have some in another club's book: that is read too."""
        for person_id in set(people) - self._entered:
            self._entered.add(person_id)
            for book_id in set(enter(self.unit, self.club.id, person_id)) - self._read:
                self._read.add(book_id)
                self.unit.load(CARE, book_id)
                story = [Told(r.event_id, r.event) for r in self.unit.story(book_id)]
                for told in standing(story):
                    self._see(told.event)

    def _elsewhere(self, people: Iterable[UUID], on: date) -> dict[UUID, list[Interval]]:
        about = (on - timedelta(days=1), on, on + timedelta(days=1))
        return {
            person_id: [i for day in about for i in self._busy.get((person_id, day), ())]
            for person_id in people
        }

    # --- decisions ---------------------------------------------------------------------------

    @property
    def care_id(self) -> UUID:
        return care_book_of(self.club.id)

    @property
    def book(self) -> CareBook | None:
        return self.unit.load(CARE, self.care_id)

    def _entry(self, row: CareRow, on: date, note: Sealed | None = None) -> Entry:
        return Entry(on=on, origin=origin_of(row, self.import_id), note=note)

    def _work_day_minutes(self, on: date) -> int:
        return self.club.regulation_on(on).rules.work_day_minutes

    def _take_mark(self, row: MemberRow, person_id: UUID) -> None:
        """A cross in the members' sheet: a volunteer since joining, if the book knows no better."""
        book = self.book
        if row.digest in self.known.volunteers or (book and person_id in book.volunteers):
            self.skipped["volunteers"] += 1
            return
        entry = Entry(on=row.joined_on, origin=origin_of(row, self.import_id))
        try:
            enrolled = past.volunteer(book, entry, Subject(person_id=person_id), self.today)
        except Refusal:
            return  # the day of joining is refused, and was said of the member
        self._say(enrolled)
        self.accepted["volunteers"] += 1

    def _volunteer(self, row: VolunteerRow) -> list[CareBookEvent]:
        person_id = self._who(row.who, "Họ và tên")
        on = row.on or row.trained_on or self.naming.members.joined_on.get(person_id)
        if on is None:
            raise Refusal("value-missing", "Thiếu ngày tham gia.", column="Ngày tham gia")
        return past.volunteer(
            self.book,
            self._entry(row, on),
            self._subject(person_id),
            self.today,
            course=row.course,
            trained_on=row.trained_on,
            hours=row.hours,
        )

    def _decided(self, row: CareRow) -> Sequence[CareBookEvent | ClubEvent]:
        match row:
            case VolunteerRow():
                return self._volunteer(row)
            case VisitRow():
                return self._visit(row)
            case WorkRow():
                return self._work(row)
            case MeetingRow():
                return self._meeting(row)

    def _visit(self, row: VisitRow) -> list[CareBookEvent]:
        client = self._who(row.client, "Người được chăm sóc")
        volunteers = [self._who(who, "Tình nguyện viên") for who in row.volunteers]
        if row.start is not None:
            self._enter(client, *volunteers)
        made = PastVisit(
            visit_id=self.desk.new_id(),
            time=_said(row),
            tasks=tuple(Task(code) for code in row.tasks),
            vitals=self._sealed.get((row.digest, "vitals")),
            urgent=bool(row.urgent),
            next_on=row.next_on,
        )
        return past.visit(
            self.book,
            self._entry(row, row.on, self._sealed.get((row.digest, "note"))),
            made,
            self._subject(client),
            [self._subject(one) for one in dict.fromkeys(volunteers)],
            self._work_day_minutes(row.on),
            self.today,
            self._elsewhere(volunteers, row.on),
        )

    def _work(self, row: WorkRow) -> list[CareBookEvent]:
        helped, unnamed = self._helped(row)
        note = "; ".join(filter(None, (row.note, *unnamed))) or None
        entry = self._entry(row, row.on, self.desk.memo(self.club.id, note))
        timed = row.start is not None or row.minutes is not None
        minutes = self._work_day_minutes(row.on)

        def done(time: TimeSaid | None) -> PastWork:
            return PastWork(
                work_id=self.desk.new_id(),
                activity=Activity(row.activity),
                label=row.label,
                time=time,
                helped=helped,
                households=(row.households or 0) + len(unnamed),
                people=row.people,
                work_days=row.work_days if row.people else None,
            )

        if row.people:
            together = done(_said(row, by_days=False) if timed else None)
            return past.group_work(entry, together, minutes, self.today)
        workers = [self._who(who, "Người làm") for who in row.workers]
        if row.start is not None:
            self._enter(*workers)
        return [
            event
            for one in dict.fromkeys(workers)
            for event in past.work(
                entry,
                done(_said(row)),
                self._subject(one),
                minutes,
                self.today,
                self._elsewhere((one,), row.on),
            )
        ]

    def _helped(self, row: WorkRow) -> tuple[tuple[UUID, ...], list[str]]:
        """Who was helped; a household nobody knows is counted, its name kept in the sealed note."""
        found: dict[UUID, None] = {}
        unnamed = []
        for who in row.helped:
            try:
                found[self.naming.named(who)] = None
            except Refusal:
                unnamed.append(who.name)
                message = f"“{who.name}” không có trong sổ: tính là một hộ được giúp."
                self.report.warn(row.sheet, row.row, "Hộ được giúp", "helped-unknown", message)
        return tuple(found), unnamed

    def _meeting(self, row: MeetingRow) -> list[ClubEvent]:
        attended = []
        for who in row.attended:
            try:
                attended.append(self.naming.named(who))
            except Refusal as refused:
                message = f"{refused.message} Vẫn tính là một người dự."
                self.report.warn(row.sheet, row.row, "Người dự", refused.code, message)
        club = self.unit.load(CLUB, self.club.id) or self.club
        met = PastMeeting(
            on=row.on,
            origin=origin_of(row, self.import_id),
            meeting_id=self.desk.new_id(),
            head_count=row.head_count,
            minutes=row.minutes,
            attended=tuple(dict.fromkeys(attended)),
            note=self.desk.memo(self.club.id, row.note),
            same_day=row.on in self.known.meetings,
        )
        self.known.meetings.add(row.on)
        return past_meetings.meeting(club, met, self.today)

    def _seal(self, rows: Sequence[VisitRow]) -> None:
        """Readings and notes of all new visits under their clients' keys: one round trip."""
        texts = []
        for row in rows:
            try:
                client = self.naming.named(row.client)
            except Refusal:
                continue  # said when the row's turn comes
            texts += [((row.digest, what), client, text) for what, text in _health_texts(row)]
        sealed = self.desk.keys.seal_many(
            [(client, Purpose.HEALTH, text) for _, client, text in texts]
        )
        self._sealed = {at: one for (at, _, _), one in zip(texts, sealed, strict=True)}


def _in_day_order(workbook: Workbook) -> list[DatedRow]:
    rows: list[DatedRow] = [*workbook.visits, *workbook.work, *workbook.meetings]
    return sorted(rows, key=lambda row: (row.on, _ORDER.index(type(row))))


def first_day(workbook: Workbook) -> list[date]:
    """The earliest day of the care sheets, where there is any."""
    return [row.on for row in _in_day_order(workbook)[:1]]


def _people(row: CareRow) -> Iterator[Who]:
    match row:
        case VisitRow():
            yield from (row.client, *row.volunteers)
        case WorkRow():
            yield from (*row.workers, *row.helped)
        case MeetingRow():
            yield from row.attended
        case VolunteerRow():
            yield row.who


def _kind(row: CareRow) -> str:
    match row:
        case VisitRow():
            return "visits"
        case WorkRow():
            return "shifts" if row.workers else "group_works"
        case MeetingRow():
            return "meetings"
        case VolunteerRow():
            return "volunteers"


def _count(row: CareRow) -> int:
    """How many of its kind a row is: several people on one line worked a shift each."""
    return len(row.workers) if isinstance(row, WorkRow) and row.workers else 1


def _said(row: VisitRow | WorkRow, *, by_days: bool = True) -> TimeSaid:
    return TimeSaid(
        start=row.start,
        end=row.end,
        minutes=row.minutes,
        work_days=row.work_days if by_days else None,
    )


def _health_texts(row: VisitRow) -> Iterator[tuple[str, str]]:
    if row.note is not None:
        yield "note", row.note
    readings = (row.systolic, row.diastolic, row.pulse, row.weight_grams)
    if any(reading is not None for reading in readings):
        vitals = Vitals(
            systolic=row.systolic,
            diastolic=row.diastolic,
            pulse=row.pulse,
            weight_grams=row.weight_grams,
        )
        yield "vitals", vitals.model_dump_json(exclude_none=True)
