"""How a row of the care sheets is read: visits, work-days, meetings, volunteers."""

import re
from decimal import Decimal

from domain.values import Code
from exchange.workbook import care_words, cells, dates, people, times, vitals
from exchange.workbook.cells import Cell, CellError
from exchange.workbook.people import HOUSEHOLDS_MAX, Who
from exchange.workbook.reader import RowReader
from exchange.workbook.rows import MeetingRow, VisitRow, VolunteerRow, WorkRow
from exchange.workbook.text import fold, plain
from exchange.workbook.times import DAY_MINUTES, Said

_CODE = re.compile(r"[A-Za-z0-9Đđ][A-Za-z0-9Đđ ./_-]{0,39}")
_HOUSEHOLDS = re.compile(r"(\d{1,3}) *(?:hộ|nhà|gia đình|người)?", re.IGNORECASE | re.ASCII)
_NOBODY = frozenset({"", "-", "–", "không", "0"})


def visit(row: RowReader) -> VisitRow | None:
    on = row.need("date", dates.day)
    client = row.need("client", people.who)
    volunteers = row.need("volunteer", people.several)
    said = _time(row)
    if said is None and not row.failed:
        row.fault(_time_column(row), "time-missing", "Thiếu giờ bắt đầu, kết thúc hoặc số phút.")
    tasks, unknown = row.maybe("tasks", care_words.tasks) or ((), ())
    pressure = row.maybe("pressure", vitals.pressure)
    pulse = row.maybe("pulse", vitals.pulse)
    weight_grams = row.maybe("weight", vitals.weight_grams)
    note = row.maybe("note", cells.text)
    neighbour = row.maybe("neighbour", people.neighbour) or False
    urgent = row.maybe("urgent", cells.mark) or None
    next_on = row.maybe("next", dates.day)
    if row.failed or on is None or client is None or not volunteers or said is None:
        return None
    if unknown:
        words = ", ".join(unknown)
        row.warn("tasks", "task-unknown", f"Không rõ việc “{words}”: giữ trong ghi chú.")
    return VisitRow(
        sheet=row.sheet,
        row=row.number,
        on=on,
        client=Who(client.name, neighbour=client.neighbour or neighbour),
        volunteers=volunteers,
        start=said.start,
        end=said.end,
        minutes=said.minutes,
        work_days=said.work_days,
        tasks=tasks,
        systolic=pressure[0] if pressure else None,
        diastolic=pressure[1] if pressure else None,
        pulse=pulse,
        weight_grams=weight_grams,
        note="; ".join(filter(None, (note, *unknown))) or None,
        urgent=urgent,
        next_on=next_on,
    )


def work(row: RowReader) -> WorkRow | None:
    """With a number in the place of a name, or more people than names, people are only counted."""
    on = row.need("date", dates.day)
    counted = row.maybe("people", lambda cell: people.head_count(cell, people.GROUP_MAX))
    workers = _workers(row)
    if isinstance(workers, int):
        counted, workers = counted or workers, ()
    if not row.failed and not workers and not counted:
        key = "person" if "person" in row.columns else "people"
        row.fault(key, "value-missing", f"Thiếu «{row.columns[key].title}».")
    meant = row.maybe("activity", care_words.activity) or care_words.NO_ACTIVITY
    helped, households = row.maybe("helped", _helped) or ((), None)
    more = row.maybe("households", lambda cell: people.head_count(cell, HOUSEHOLDS_MAX))
    days = row.maybe("days", times.work_days)
    said = _time(row)
    texts = (meant.about, row.maybe("note", cells.text))
    note: str | None = "; ".join(filter(None, texts)) or None
    is_group = counted is not None and counted > len(workers)
    if not row.failed and days is None and said is None and not is_group:
        at = "days" if "days" in row.columns else _time_column(row)
        row.fault(at, "value-missing", "Thiếu số công, hoặc giờ làm, hoặc số phút.")
    if row.failed or on is None:
        return None
    if is_group:
        note = "; ".join(filter(None, (note, *(worker.name for worker in workers)))) or None
        workers = ()
    elif len(workers) > 1:
        row.warn("person", "work-shared", "Nhiều người một dòng: mỗi người được ghi đủ số công.")
    if days is not None and said is not None and not is_group:
        row.warn("days", "work-days-and-time", "Có cả giờ và số công: lấy số công.")
        said = None
    if days is None and said is not None and said.work_days is not None and not is_group:
        days, said = said.work_days, None
    said = said or Said()
    return WorkRow(
        sheet=row.sheet,
        row=row.number,
        on=on,
        workers=workers,
        people=counted if is_group else None,
        activity=meant.activity,
        label=meant.label,
        helped=helped,
        households=more if more is not None else households,
        work_days=days,
        start=said.start,
        end=said.end,
        minutes=said.minutes or _minutes_of(said),
        note=note,
    )


def meeting(row: RowReader) -> MeetingRow | None:
    """Who came, by number or by name; a cell of names under the number's title is taken too."""
    on = row.need("date", dates.day)
    attended = row.maybe("attended", people.several) or ()
    head_count: int | None = None
    if row.has("attendance") and _names(row.cell("attendance")) and not attended:
        attended = row.maybe("attendance", people.several) or ()
    elif "attendance" in row.columns and not attended:
        head_count = row.need("attendance", people.head_count)
    else:
        head_count = row.maybe("attendance", people.head_count)
    if not row.failed and head_count is None and not attended:
        row.fault("attended", "value-missing", "Thiếu số người dự hoặc tên người dự.")
    written = row.maybe("minutes", cells.text)
    note = row.maybe("note", cells.text)
    if row.failed or on is None:
        return None
    minutes = written if written and _CODE.fullmatch(written) else None
    if written and minutes is None:
        row.warn("minutes", "minutes-odd", "Số biên bản không đúng dạng: giữ trong ghi chú.")
        note = "; ".join(filter(None, (written, note)))
    return MeetingRow(
        sheet=row.sheet,
        row=row.number,
        on=on,
        head_count=max(head_count or 0, len(attended)),
        minutes=minutes,
        attended=attended,
        note=note,
    )


def volunteer(row: RowReader) -> VolunteerRow | None:
    who = row.need("name", people.who)
    on = row.maybe("date", dates.day)
    trained_on = row.maybe("trained_on", dates.day)
    course = row.maybe("course", _course)
    minutes = row.maybe("hours", lambda cell: cells.whole(_bare_hours(cell), least=1, most=1_000))
    neighbour = row.maybe("neighbour", people.neighbour) or False
    if row.failed or who is None:
        return None
    if course is None and trained_on is not None:
        course = "tap huan"
    return VolunteerRow(
        sheet=row.sheet,
        row=row.number,
        who=Who(who.name, neighbour=who.neighbour or neighbour),
        on=on,
        course=course,
        trained_on=trained_on,
        hours=minutes,
    )


def _time(row: RowReader) -> Said | None:
    """How long it took, however it is said; None where nothing is, or a fault was reported."""
    start, end = row.maybe("start", times.clock), row.maybe("end", times.clock)
    minutes = row.maybe("minutes", times.minutes) or row.maybe("hours", times.hours)
    said = row.maybe("length", times.length)
    if row.failed:
        return None
    if start is None and end is None:
        if said is not None and said.start is not None and said.end is not None:
            return _by_clock(row, said.start, said.end, "length", minutes)
        return Said(minutes=minutes) if minutes is not None else said
    if minutes is None and said is not None:
        minutes = said.minutes
    if start is not None and end is None and minutes is not None:
        ends = _at(start) + minutes
        end = f"{ends // 60:02d}:{ends % 60:02d}" if ends < DAY_MINUTES else None
        return Said(start=start, end=end) if end else Said(minutes=minutes)
    if start is None or end is None:
        if minutes is not None:
            return Said(minutes=minutes)
        key = "end" if start is not None and "end" in row.columns else "start"
        key = key if key in row.columns else "end"
        row.fault(key, "value-missing", f"Thiếu «{row.columns[key].title}».")
        return None
    return _by_clock(row, start, end, "end", minutes)


def _by_clock(row: RowReader, start: str, end: str, key: str, minutes: int | None) -> Said | None:
    length = _at(end) - _at(start)
    if length <= 0:
        row.fault(key, "time-order", "Giờ kết thúc phải sau giờ bắt đầu.")
        return None
    if minutes is not None and minutes != length:
        row.warn(key, "time-differs", f"Số phút ghi khác với giờ bắt đầu, kết thúc ({length}).")
    return Said(start=start, end=end)


def _at(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _minutes_of(said: Said) -> int | None:
    """Half a day said of a group: its hours by the usual day."""
    return None if said.work_days is None else int(said.work_days * 480)


def _time_column(row: RowReader) -> str | None:
    return next((k for k in ("start", "minutes", "hours", "length") if k in row.columns), None)


def _workers(row: RowReader) -> tuple[Who, ...] | int:
    if not row.has("person"):
        return ()
    counted = row.maybe("person", people.group)
    if counted is not None or row.failed:
        return counted or ()
    return row.maybe("person", people.several) or ()


def _helped(cell: Cell) -> tuple[tuple[Who, ...], int | None]:
    """Names, or how many households: `Lăng Văn Vượng`, `3 hộ`."""
    written = str(cell.value).strip()
    if fold(written) in _NOBODY:
        return (), None
    if isinstance(cell.value, int | float | Decimal) or _HOUSEHOLDS.fullmatch(written):
        found = _HOUSEHOLDS.fullmatch(written)
        return (), cells.whole(Cell(int(found[1]) if found else cell.value), most=1_000)
    return people.several(cell), None


def _names(cell: Cell) -> bool:
    """Whether names stand where a number is usual: words, and no digit."""
    text = str(cell.value) if isinstance(cell.value, str) else ""
    return any(map(str.isalpha, text)) and not any(map(str.isdigit, text))


def _course(cell: Cell) -> Code | None:
    """The course as a bare label without tones; a mere tick says that there was one."""
    if isinstance(cell.value, bool) or plain(str(cell.value)) in ("x", "co", "yes", "v"):
        return "tap huan" if cells.mark(cell) else None
    if fold(str(cell.value)) in _NOBODY or plain(str(cell.value)) == "chua":
        return None
    label = plain(cells.text(cell))[:40].strip()
    if not label:
        raise CellError("text-invalid", "Tên lớp tập huấn phải ghi bằng chữ.")
    return label


def _bare_hours(cell: Cell) -> Cell:
    if isinstance(cell.value, str):
        return Cell(re.sub(r" *(?:giờ|tiếng|h)$", "", cell.value.strip(), flags=re.IGNORECASE))
    return cell
