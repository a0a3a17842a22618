"""A club's book, read whole: `read_workbook` is all that the other half of the import needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from domain.errors import Malformed
from exchange.workbook.club import take_club
from exchange.workbook.columns import CLUB, GUIDES
from exchange.workbook.faults import Fault, Report
from exchange.workbook.rows import (
    CapitalRow,
    ClubInfo,
    CountRow,
    Digests,
    LoanRow,
    MeetingRow,
    MemberRow,
    OperatingRow,
    RepaymentRow,
    Row,
    VisitRow,
    VolunteerRow,
    WorkRow,
)
from exchange.workbook.safe import read_safely
from exchange.workbook.sandbox import Sheet, read_sheets
from exchange.workbook.sheets import recognise
from exchange.workbook.taking import take_rows
from exchange.workbook.text import plain
from exchange.workbook.vouchers import jumps

Some = TypeVar("Some", bound=Row)


@dataclass(frozen=True, kw_only=True)
class Workbook:
    """Typed rows in the book's order. With any fault the book is refused as a whole."""

    club: ClubInfo | None
    members: tuple[MemberRow, ...]
    capital: tuple[CapitalRow, ...]
    loans: tuple[LoanRow, ...]
    repayments: tuple[RepaymentRow, ...]
    operating: tuple[OperatingRow, ...]
    counts: tuple[CountRow, ...]
    visits: tuple[VisitRow, ...]
    work: tuple[WorkRow, ...]
    meetings: tuple[MeetingRow, ...]
    volunteers: tuple[VolunteerRow, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    faults_left_out: int = 0
    """How many more there are than listed."""
    warnings_left_out: int = 0


def read_workbook(path: Path) -> Workbook:
    """Reads an .xlsx of one club.

    Raises `domain.errors.Malformed` where the file as a whole is refused: `workbook-too-large`,
    `workbook-macros`, `workbook-entities`, `workbook-external-links`, `workbook-unreadable`.
    """
    reading = _Reading()
    for sheet in read_sheets(read_safely(path)):
        reading.take(sheet)
    return reading.workbook()


@dataclass
class _Reading:
    report: Report = field(default_factory=Report)
    digests: Digests = field(default_factory=Digests)
    rows: list[Row] = field(default_factory=list)
    clubs: list[ClubInfo] = field(default_factory=list)
    recognised: int = 0

    def take(self, sheet: Sheet) -> None:
        if not sheet.rows or plain(sheet.name) in GUIDES:
            return
        table = recognise(sheet)
        if table is None:
            self.report.warn(
                sheet.name, None, None, "sheet-unknown", "Trang này không được lấy vào sổ."
            )
            return
        self.recognised += 1
        if sheet.hidden:
            self.report.warn(
                sheet.name, None, None, "sheet-hidden", "Trang này bị ẩn nhưng vẫn được lấy."
            )
        if table.kind is CLUB:
            self._take_club(sheet, take_club(table, self.report, self.digests))
        else:
            self.rows += take_rows(table, self.report, self.digests)

    def _take_club(self, sheet: Sheet, club: ClubInfo | None) -> None:
        if club is not None:
            self.clubs.append(club)
        if len(self.clubs) > 1:
            self.report.fault(
                sheet.name, None, None, "club-doubled", "Sổ có hai trang thông tin câu lạc bộ."
            )

    def workbook(self) -> Workbook:
        if not self.recognised:
            raise Malformed("workbook-unreadable", "Không có trang nào của sổ câu lạc bộ.")
        faults, warnings = self.report.faults, self.report.warnings
        if not faults.listed:  # else a number may be missing for its row could not be read
            for jump in jumps(self.rows):
                warnings.add(jump)
        return Workbook(
            club=self.clubs[0] if self.clubs else None,
            members=_of(MemberRow, self.rows),
            capital=_of(CapitalRow, self.rows),
            loans=_of(LoanRow, self.rows),
            repayments=_of(RepaymentRow, self.rows),
            operating=_of(OperatingRow, self.rows),
            counts=_of(CountRow, self.rows),
            visits=_of(VisitRow, self.rows),
            work=_of(WorkRow, self.rows),
            meetings=_of(MeetingRow, self.rows),
            volunteers=_of(VolunteerRow, self.rows),
            faults=tuple(faults.listed),
            warnings=tuple(warnings.listed),
            faults_left_out=faults.left_out,
            warnings_left_out=warnings.left_out,
        )


def _of(kind: type[Some], rows: Sequence[Row]) -> tuple[Some, ...]:
    return tuple(row for row in rows if isinstance(row, kind))
