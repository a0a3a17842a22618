"""A club's workbook into its books: all or nothing, again and again, and undone while it can be.

A row's identity is its club, sheet kind and content: importing again adds only new rows, skips
known ones and reports changed ones. One import is one transaction of the log, and only one runs
at a time: two of one new club would found it twice.
"""

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import MINYEAR, date
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from desk import people as desk_people
from desk.clubs import located
from desk.desk import Desk
from desk.people import NewPerson
from domain.care.book import CARE
from domain.care.events import CareBookEvent
from domain.clubs import decisions as clubs
from domain.clubs.decisions import CLUB, Club, ElectBoard, FoundClub, JoinClub
from domain.clubs.events import (
    HouseholdClass,
    MeetingHeld,
    MemberJoined,
    Office,
    OfficeHolder,
    Sex,
)
from domain.clubs.people import PERSON
from domain.errors import Malformed, Refusal, Unavailable
from domain.events import BookOrigin
from domain.histories import book_of, care_book_of
from domain.loans import past
from domain.loans.book import BOOK
from domain.values import Birth
from exchange.caring import Caring, first_day
from exchange.entering import Entering, Known, People, in_day_order
from exchange.naming import Naming
from exchange.previewing import Line, lines
from exchange.totals import per_loan, totals
from exchange.workbook.faults import Fault, Report
from exchange.workbook.read import Workbook, read_workbook
from exchange.workbook.rows import ClubInfo, MemberRow
from exchange.workbook.text import fold
from projections.follower import Follower
from store.database import Database
from store.keys import RehearsalRing
from store.log import Work

OFFICES = (Office.CHAIR, Office.ACCOUNTANT, Office.TREASURER, Office.SECRETARY)
CATCH_UP_SECONDS = 120.0
# Session-level, beside those of the log, the migrations and the follower.
LOCK = 5059575
LOCK_SECONDS = 300.0


@dataclass
class ImportReport:
    """What an import did, or would do; with a rejected row nothing is stored."""

    club_id: UUID | None = None
    founds: bool = False
    """The club is not here yet: it comes with this book."""
    import_id: UUID | None = None
    accepted: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    rejected: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    left_out: int = 0
    totals: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    """Every row of the book and what became of it, in the book's order."""

    @property
    def stored(self) -> bool:
        return self.import_id is not None

    @property
    def brings_money(self) -> bool:
        return any(self.accepted.get(kind) for kind in past.MONEY)


@dataclass(frozen=True)
class LetStand:
    """Improbable rows that two people let stand: `rows` are (sheet, row), by name."""

    rows: frozenset[tuple[str, int]] = frozenset()
    by: str | None = None
    and_by: str | None = None


class _Refused(Exception):
    """Leaves the work without appending; the report says why."""


class _Rehearsed(Exception):
    """Leaves the work of a dry run without appending."""


def import_book(
    desk: Desk,
    follower: Follower,
    path: Path,
    *,
    dry_run: bool = False,
    let_stand: LetStand | None = None,
    may: Callable[[UUID | None, ClubInfo], None] | None = None,
    by: UUID | None = None,
    second: UUID | None = None,
) -> ImportReport:
    """Imports a club's book.

    `may` is asked once it is known whose book it is, with the club's id, or None for a club that
    is not here yet; what it raises is raised, and nothing is told of the club or stored. `by` is
    who brought it, `second` who else has shown that they agree: see `past.imported` for what that
    raises.

    Raises `Malformed` for a file that is refused as a whole or for rows let stand without two
    names, `Refusal` where those names are not two members (`unknown-person`, `person-ambiguous`,
    `same-person`), `Unavailable` when the database is away. Everything else is in the report.
    """
    workbook = read_workbook(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    report = ImportReport(
        rejected=list(workbook.faults),
        warnings=list(workbook.warnings),
        left_out=workbook.faults_left_out,
    )
    if workbook.club is None and not report.rejected:
        missing = "Sổ không có trang thông tin câu lạc bộ."
        report.rejected.append(Fault("Thông tin CLB", None, None, "club-missing", missing))
    if workbook.club is None or report.rejected:
        _tell_lines(report, workbook, None)
        return report
    if dry_run:
        desk = Desk(desk.log, RehearsalRing(desk.keys.database, desk.keys.master), desk.clock)
    importing = _Importing(
        desk,
        follower,
        workbook,
        workbook.club,
        sha256,
        let_stand or LetStand(),
        dry_run,
        may,
        by,
        second,
    )
    try:
        with nullcontext() if dry_run else _one_at_a_time(desk.log.database):
            desk.log.carry_out(importing.work, actor=f"import:{by}" if by else "import")
    except (_Refused, _Rehearsed) as left:
        importing.tell(report)
        _tell_lines(report, workbook, importing.earlier)
        if isinstance(left, _Rehearsed):
            report.club_id = importing.club_id
        return report
    importing.tell(report)
    _tell_lines(report, workbook, importing.earlier)
    report.club_id, report.import_id = importing.club_id, importing.import_id
    follower.catch_up(CATCH_UP_SECONDS)
    with desk.log.database.connection() as connection:
        report.totals = totals(connection, importing.club_id)
        report.totals["per_loan"] = per_loan(connection, importing.club_id)
    return report


def _tell_lines(report: ImportReport, workbook: Workbook, known: frozenset[str] | None) -> None:
    whole = not report.left_out
    report.lines = lines(workbook, known, report.rejected, report.warnings, whole=whole)


@contextmanager
def _one_at_a_time(database: Database) -> Iterator[None]:
    """Whoever waits holds no connection meanwhile: the one at work needs them."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        with database.connection() as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
            if row and row[0]:
                try:
                    yield
                finally:
                    connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
                return
        if time.monotonic() > deadline:
            raise Unavailable("Một lần nhập khác đang chạy quá lâu; hãy thử lại sau.")
        time.sleep(0.1)


class _Importing:
    """One try at an import: done again from the start when the book moved on meanwhile."""

    def __init__(
        self,
        desk: Desk,
        follower: Follower,
        workbook: Workbook,
        info: ClubInfo,
        sha256: str,
        let_stand: LetStand,
        dry_run: bool,
        may: Callable[[UUID | None, ClubInfo], None] | None,
        by: UUID | None,
        second: UUID | None,
    ) -> None:
        self.desk, self.follower, self.workbook, self.info = desk, follower, workbook, info
        self.sha256, self.let_stand, self.dry_run = sha256, let_stand, dry_run
        self.may, self.by, self.second = may, by, second
        self.club_id, self.founds = desk.new_id(), False
        self.import_id: UUID | None = None
        """None when the workbook brought nothing new."""
        self.earlier: frozenset[str] | None = None
        """Digests of the rows that earlier imports brought."""
        self.report = Report()
        self.accepted: dict[str, int] = {}
        self.skipped: dict[str, int] = {}
        self._care_story: list[CareBookEvent] = []
        """What stands in the care book, withdrawn events left out."""

    def tell(self, report: ImportReport) -> None:
        report.rejected += self.report.faults.listed
        report.warnings += self.report.warnings.listed
        report.left_out += self.report.faults.left_out
        report.accepted, report.known = self.accepted, self.skipped
        report.founds = self.founds

    def work(self, unit: Work) -> str | None:
        self.report, import_id = Report(), self.desk.new_id()
        self.accepted, self.skipped, self.import_id = {}, {}, None
        self.follower.catch_up(CATCH_UP_SECONDS)
        self.club_id, self.founds = self._which_club()
        if self.may:
            self.may(None if self.founds else self.club_id, self.info)
        if self.founds:
            unit.begin(CLUB, self.club_id)
            unit.begin(BOOK, book_of(self.club_id))
            unit.begin(CARE, care_book_of(self.club_id))
            self._found(unit, import_id)
        club = clubs.known(unit.load(CLUB, self.club_id))
        unit.load(BOOK, book_of(self.club_id))
        unit.load(CARE, care_book_of(self.club_id))
        known, people = self._earlier(club)
        self.earlier = frozenset(known.digests)
        self._say_changed_club(known)
        members = self._members(unit, import_id, people, known)
        if self.founds:
            self._elect(unit, import_id, people)
        entering = Entering(
            desk=self.desk,
            unit=unit,
            club=clubs.known(unit.load(CLUB, self.club_id)),
            import_id=import_id,
            people=people,
            known=known,
            today=self.desk.today,
            founded_on=self.info.founded_on,
            let_stand=frozenset((fold(sheet), row) for sheet, row in self.let_stand.rows),
            witnesses=self._witnesses(people),
            report=self.report,
        )
        entering.enter(self.workbook)
        caring = self._care(unit, import_id, people, known)
        self.accepted = {"members": members, **entering.accepted, **caring.accepted}
        known_members = len(self.workbook.members) - members
        self.skipped = {"members": known_members, **entering.skipped, **caring.skipped}
        if self.report.faults.listed:
            raise _Refused
        if self.dry_run:
            raise _Rehearsed
        if not unit.news:
            return None
        self.import_id = import_id
        self.desk.refuse_one_log_in((self.by,), (self.second,))
        imported = past.imported(
            import_id,
            self.sha256,
            {kind: number for kind, number in self.accepted.items() if number},
            self.desk.today,
            by=self.by,
            second=self.second,
            also=self.desk.every_id(unit, self.second) if self.second else frozenset(),
        )
        unit.say(BOOK, book_of(self.club_id), [imported], club_id=self.club_id)
        return json.dumps({"import_id": str(import_id)})

    # --- the club and its people ------------------------------------------------------------

    def _which_club(self) -> tuple[UUID, bool]:
        """The club of that name and place, or a new id.

        Names of hamlets repeat. A club of the same name elsewhere is this one only when it knows
        half of the book's members: communes are merged and renamed.
        """
        info = self.info
        with self.desk.log.database.connection() as connection:
            rows = connection.execute(
                "SELECT club_id, name, village, commune FROM read.clubs"
            ).fetchall()
        named = [row for row in rows if fold(row[1]) == fold(info.name)]
        here = [
            club_id
            for club_id, _, village, commune in named
            if _same(village, info.hamlet) and _same(commune, info.commune)
        ]
        if not here:
            here = [row[0] for row in named if self._is_of(row[0])]
        if len(here) > 1:
            message = "Có hai câu lạc bộ cùng tên; hãy ghi rõ thôn và xã."
            self.report.fault(info.sheet, info.row, None, "club-ambiguous", message)
            raise _Refused
        return (here[0], False) if here else (self.desk.new_id(), True)

    def _is_of(self, club_id: UUID) -> bool:
        story = self.desk.log.story(club_id)
        known = {recorded.event.origin.digest for recorded in story if recorded.event.origin}
        members = [row.digest in known for row in self.workbook.members]
        return 2 * sum(members) >= len(members) > 0

    def _found(self, unit: Work, import_id: UUID) -> None:
        info = self.info
        try:
            command = FoundClub(
                club_id=self.club_id,
                name=info.name,
                founded_on=info.founded_on or self._first_day(),
                village=info.hamlet,
                commune=info.commune,
                province=info.province,
                decision=info.decision,
                meeting_day=info.meeting_day,
            )
            events = clubs.found(None, located(command), self.desk.today)
        except (Refusal, ValidationError) as refused:
            code, message = _said(refused)
            self.report.fault(info.sheet, info.row, None, code, message)
            raise _Refused from refused
        if info.founded_on is None:
            self.report.warn(
                info.sheet, None, None, "founding-date-missing", "Lấy ngày sớm nhất trong sổ."
            )
        events = [_from(import_id, event, info) for event in events]
        unit.say(CLUB, self.club_id, events, club_id=self.club_id)

    def _first_day(self) -> date:
        book = self.workbook
        days = [row.joined_on for row in book.members]
        days += [row.on for row in in_day_order(book)[:1]] + first_day(book)
        return min(days, default=self.desk.today)

    def _earlier(self, club: Club) -> tuple[Known, People]:
        """What the club's and the book's histories already hold of earlier imports."""
        known, people = Known(), People()
        log = self.desk.log
        book = log.load(BOOK, book_of(club.id)).state
        undone = book.undone if book else frozenset()
        reversed_by_hand = book.reversed if book else frozenset()
        for recorded in (*log.story(book_of(club.id)), *log.story(club.id)):
            event: Any = recorded.event
            if event.origin is None or event.origin.import_id in undone:
                continue
            if isinstance(event, MeetingHeld):
                is_withdrawn = recorded.event_id in club.corrected
                known.add_care(event, event.origin, is_withdrawn=is_withdrawn)
                continue
            is_reversed = recorded.event_id in reversed_by_hand
            known.add(event, event.origin.digest, is_reversed=is_reversed)
            if isinstance(event, MemberJoined):
                known.members[event.origin.digest] = event.person_id
        care = log.load(CARE, care_book_of(club.id)).state
        withdrawn = care.withdrawn if care else frozenset()
        self._care_story = []
        for recorded in log.story(care_book_of(club.id)):
            told: Any = recorded.event
            if recorded.event_id not in withdrawn:
                self._care_story.append(told)
            if told.origin is not None and told.origin.import_id not in undone:
                is_withdrawn = recorded.event_id in withdrawn
                known.add_care(told, told.origin, is_withdrawn=is_withdrawn)
        # Once more, now that the club is loaded: nobody may be its member without a name here.
        self.follower.catch_up(CATCH_UP_SECONDS)
        with log.database.connection() as connection:
            rows = connection.execute(
                "SELECT person_id, name FROM keys.people WHERE person_id = ANY (%b)",
                (list(club.members),),
            )
            for person_id, name in rows:
                people.add(name, person_id, club.members[person_id].joined_on)
        return known, people

    def _say_changed_club(self, known: Known) -> None:
        if known.digests and self.info.digest not in known.digests:
            message = "Trang này khác với lần nhập trước; sổ giữ như đã nhập."
            self.report.warn(self.info.sheet, self.info.row, None, "row-changed", message)

    def _members(self, unit: Work, import_id: UUID, people: People, known: Known) -> int:
        """Registers and joins the members that are new; returns how many."""
        fresh = self._new_members(people, known)
        texts: list[tuple[UUID, NewPerson]] = []
        events: list[list[Any]] = []
        for row in fresh:
            person_id = self.desk.new_id()
            people.add(row.name, person_id, row.joined_on)
            known.members[row.digest] = person_id
            command = JoinClub(
                person_id=person_id, joined_on=row.joined_on, volunteer=row.volunteer
            )
            try:
                _refuse_unborn(row, self.desk.today)
                texts.append((person_id, _person(row)))
                joined = clubs.join(unit.load(CLUB, self.club_id), command, self.desk.today)
            except (Refusal, ValidationError) as refused:
                code, message = _said(refused)
                self.report.fault(row.sheet, row.row, None, code, message)
                continue
            events.append([_from(import_id, event, row) for event in joined])
        if self.report.faults.listed:
            return len(fresh)
        sealed = desk_people.sealed_people(self.desk, texts)
        for (person_id, _), registration, joined in zip(texts, sealed, events, strict=True):
            unit.begin(PERSON, person_id)
            desk_people.say_person(unit, person_id, registration, self.desk.today, self.club_id)
            unit.say(CLUB, self.club_id, joined, club_id=self.club_id)
        return len(fresh)

    def _new_members(self, people: People, known: Known) -> list[MemberRow]:
        """As many rows of one name as the club has people of it are these people."""
        unknown = []
        taken: Counter[str] = Counter()
        for row in self.workbook.members:
            name = fold(row.name)
            if row.digest not in known.digests:
                unknown.append(row)
                continue
            taken[name] += 1
            person_id = known.members.get(row.digest)
            if person_id is not None and person_id in people.joined_on:
                people.also(row.name, person_id)  # the name may have been mended since
        fresh = []
        for row in unknown:
            name = fold(row.name)
            taken[name] += 1
            if taken[name] <= len(people.by_name.get(name, ())):
                code = "row-changed" if known.digests else "member-known"
                message = "Đã có thành viên cùng tên này; sổ giữ người đã có."
                self.report.warn(row.sheet, row.row, None, code, message)
                continue
            if taken[name] > 1:
                message = "Hai thành viên cùng tên trong sổ."
                self.report.warn(row.sheet, row.row, None, "name-doubled", message)
            fresh.append(row)
        return fresh

    def _care(self, unit: Work, import_id: UUID, people: People, known: Known) -> Caring:
        """Volunteers, visits, work and meetings: after the money, which needs none of them."""
        caring = Caring(
            desk=self.desk,
            unit=unit,
            club=clubs.known(unit.load(CLUB, self.club_id)),
            import_id=import_id,
            naming=self._naming(people),
            known=known,
            today=self.desk.today,
            founded_on=self.info.founded_on,
            report=self.report,
            story=self._care_story,
        )
        caring.enter(self.workbook, self._marked(people, known))
        return caring

    def _naming(self, people: People) -> Naming:
        """The club's members, and who else stands in its care book."""
        naming = Naming(people)
        others = {
            concern.id
            for event in self._care_story
            for concern in event.concerns
            if concern.kind == "person" and concern.id not in people.joined_on
        }
        with self.desk.log.database.connection() as connection:
            rows = connection.execute(
                "SELECT person_id, name FROM keys.people WHERE person_id = ANY (%b)",
                (list(others),),
            )
            for person_id, name in rows:
                naming.know(name, person_id)
        return naming

    def _marked(self, people: People, known: Known) -> list[tuple[MemberRow, UUID]]:
        """Whom the members' sheet calls volunteers; of two of one name nobody is guessed."""
        marked = []
        for row in self.workbook.members:
            if not row.volunteer:
                continue
            person_id = known.members.get(row.digest)
            if person_id is None and len(people.by_name.get(fold(row.name), ())) == 1:
                person_id = people.named(row.name)
            if person_id is not None and person_id in people.joined_on:
                marked.append((row, person_id))
        return marked

    def _elect(self, unit: Work, import_id: UUID, people: People) -> None:
        info, holders = self.info, []
        for office in OFFICES:
            name = getattr(info, office.value)
            if name is None:
                continue
            try:
                holders.append(OfficeHolder(office=office, person_id=people.named(name)))
            except Refusal as refusal:
                self.report.warn(info.sheet, info.row, None, "board-unknown", refusal.message)
        if not holders:
            return
        command = ElectBoard(
            elected_on=info.founded_on or self._first_day(), holders=tuple(holders)
        )
        try:
            elected = clubs.elect_board(unit.load(CLUB, self.club_id), command, self.desk.today)
        except Refusal as refusal:
            self.report.fault(info.sheet, info.row, None, refusal.code, refusal.message)
            return
        events = [_from(import_id, event, info) for event in elected]
        unit.say(CLUB, self.club_id, events, club_id=self.club_id)

    def _witnesses(self, people: People) -> tuple[UUID, ...]:
        stand = self.let_stand
        if not stand.rows:
            return ()
        if not stand.by or not stand.and_by:
            raise Malformed("malformed", "--as-in-book cần hai người: --by và --and.")
        rows = {(fold(row.sheet), row.row) for row in in_day_order(self.workbook)}
        for sheet, number in stand.rows:
            if (fold(sheet), number) not in rows:
                raise Malformed("malformed", f"Không có dòng thu chi nào ở “{sheet}:{number}”.")
        one, other = _witness(people, stand.by), _witness(people, stand.and_by)
        if one == other:
            raise Refusal("same-person", "Hai người xác nhận phải khác nhau.")
        return one, other


def _witness(people: People, name: str) -> UUID:
    try:
        return people.named(name)
    except Refusal as refusal:
        ambiguous = refusal.code == "borrower-ambiguous"
        code = "person-ambiguous" if ambiguous else "unknown-person"
        raise Refusal(code, refusal.message) from None


def _same(one: str | None, other: str | None) -> bool:
    """Whether two places may be one: a place that is not said is any."""
    return one is None or other is None or fold(one) == fold(other)


def _said(refused: Refusal | ValidationError) -> tuple[str, str]:
    if isinstance(refused, Refusal):
        return refused.code, refused.message
    return "text-too-long", "Một ô của dòng này dài quá 200 chữ."


def _refuse_unborn(row: MemberRow, today: date) -> None:
    if (row.born_on or date(row.birth_year or MINYEAR, 1, 1)) > today:
        raise Refusal("future-date", "Ngày sinh không được ở tương lai.")


def _from(import_id: UUID, event: Any, row: ClubInfo | MemberRow) -> Any:
    origin = BookOrigin(import_id=import_id, sheet=row.sheet, row=row.row, digest=row.digest)
    return event.model_copy(update={"origin": origin})


def _person(row: MemberRow) -> NewPerson:
    birth = Birth(year=row.birth_year, on=row.born_on) if row.birth_year else None
    household = HouseholdClass(row.household) if row.household else None
    return NewPerson(
        name=row.name,
        sex=Sex(row.sex) if row.sex else None,
        birth=birth,
        ethnicity=row.ethnicity,
        phone=row.phone,
        citizen_number=row.citizen_number,
        note=row.note,
        household_class=household,
    )


def sheets_and_rows(text: str) -> frozenset[tuple[str, int]]:
    """Reads `Cho vay:12,Trả nợ:33`; raises `Malformed` where it is not written so."""
    parts = list(re.finditer(r"(?:^|,)([^:]+):[ ]*([0-9]{1,7})[ ]*(?=,|$)", text))
    if not parts or "".join(part[0] for part in parts) != text:
        raise Malformed("malformed", "Viết dòng như sau: “Cho vay:12,Trả nợ:33”.")
    return frozenset((part[1].strip(), int(part[2])) for part in parts)
