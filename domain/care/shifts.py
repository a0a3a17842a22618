"""Work: a shift planned, worked or cancelled, by anybody; and many together, counted."""

from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from domain.care.book import BusyPeople, CareBook, Shift, Step
from domain.care.commands import (
    CancelShift,
    DoGroupWork,
    Moment,
    ScheduleShift,
    Subject,
    WorkShift,
)
from domain.care.events import (
    CareBookEvent,
    GroupWorkDone,
    ShiftCancelled,
    ShiftScheduled,
    ShiftWorked,
    Work,
)
from domain.care.presence import NOBODY, busy_planned, refuse_elsewhere, refuse_unfinished
from domain.care.subjects import odd_people, refuse_lifeless
from domain.care.times import (
    OVERLAP_TOLERATED_MINUTES,
    Interval,
    TimeSaid,
    TimeSpent,
    overlap_minutes,
    spent,
)
from domain.dates import not_in_the_future
from domain.errors import Malformed, NotFound, Refusal
from domain.events import Concern, Role, person
from domain.values import Code

WORK_DAYS_MAX = Decimal(100_000)


def schedule_shift(
    book: CareBook | None,
    volunteer: Subject,
    command: ScheduleShift,
    moment: Moment,
    elsewhere: BusyPeople = NOBODY,
) -> list[CareBookEvent]:
    """Hard: agreed before it takes place, and at no time that is taken already."""
    book, on = book or CareBook(), command.planned_on
    not_in_the_future(command.occurred_on, moment.today)
    if on < command.occurred_on:
        raise Refusal("date-order", "Ca phải được hẹn trước hoặc trong ngày làm.", since=str(on))
    refuse_lifeless(on, volunteer)
    warnings = odd_people(book, on, volunteers=(volunteer,))
    interval = None
    if command.start is not None:
        said = TimeSaid(start=command.start, end=command.end)
        interval = spent(said, on, moment.rules.work_day_minutes).interval(on)
    warnings += _refuse_planned(book, volunteer, interval)
    warnings += refuse_elsewhere(book, on, interval, (volunteer,), elsewhere=elsewhere)
    return [
        ShiftScheduled(
            occurred_on=command.occurred_on,
            shift_id=command.shift_id,
            person_id=volunteer.person_id,
            planned_on=on,
            start=command.start,
            end=command.end,
            activity=command.activity,
            helped=command.helped,
            note=command.note,
            concerns=_naming(volunteer.person_id, command.helped),
            warnings=tuple(dict.fromkeys(warnings)),
        )
    ]


def work_shift(
    book: CareBook | None,
    worker: Subject,
    command: WorkShift,
    moment: Moment,
    elsewhere: BusyPeople = NOBODY,
) -> list[CareBookEvent]:
    """Work that nobody had planned. Hard: over, within 24 hours, and nowhere else meanwhile."""
    if command.activity is None:
        raise Malformed("malformed", "Hãy ghi activity: làm việc gì.")
    return [_worked(book or CareBook(), worker, command, command.activity, moment, elsewhere)]


def work_planned_shift(
    book: CareBook | None,
    worker: Subject,
    command: WorkShift,
    moment: Moment,
    elsewhere: BusyPeople = NOBODY,
) -> list[CareBookEvent]:
    """Hard: a shift of the same person that is still to be worked."""
    planned = _planned(book, worker.person_id, command.shift_id)
    activity = command.activity or planned.activity
    return [_worked(book or CareBook(), worker, command, activity, moment, elsewhere)]


def cancel_shift(
    book: CareBook | None,
    volunteer_id: UUID,
    shift_id: UUID,
    command: CancelShift,
    moment: Moment,
) -> list[CareBookEvent]:
    not_in_the_future(command.occurred_on, moment.today)
    _planned(book, volunteer_id, shift_id)
    return [
        ShiftCancelled(
            occurred_on=command.occurred_on,
            shift_id=shift_id,
            person_id=volunteer_id,
            reason=command.reason,
            concerns=_naming(volunteer_id, ()),
        )
    ]


def do_group_work(
    book: CareBook | None, command: DoGroupWork, moment: Moment
) -> list[CareBookEvent]:
    """Nobody is named, so nobody is elsewhere; where no time was said, each gave a day."""
    on = command.occurred_on
    time, work_days = _together(command, moment.rules.work_day_minutes)
    refuse_unfinished(on, time, moment)
    if work_days > WORK_DAYS_MAX:
        raise Refusal("time-too-long", "Số ngày công này quá lớn.", most=str(WORK_DAYS_MAX))
    return [
        GroupWorkDone(
            occurred_on=on,
            work_id=command.work_id,
            activity=command.activity,
            people=command.people,
            time=time,
            work_days=work_days,
            helped=command.helped,
            households=command.households,
            note=command.note,
            concerns=_helped(command.helped),
        )
    ]


def _worked(
    book: CareBook,
    worker: Subject,
    command: WorkShift,
    activity: Work,
    moment: Moment,
    elsewhere: BusyPeople,
) -> ShiftWorked:
    on = command.occurred_on
    time = spent(command, on, moment.rules.work_day_minutes)
    refuse_unfinished(on, time, moment)
    refuse_lifeless(on, worker)
    # Anybody works: only care at home is a volunteer's.
    volunteers = (worker,) if activity is Work.HOME_CARE else ()
    warnings = (
        *odd_people(book, on, volunteers=volunteers, others=(worker,)),
        *refuse_elsewhere(book, on, time.interval(on), (worker,), elsewhere=elsewhere),
    )
    return ShiftWorked(
        occurred_on=on,
        shift_id=command.shift_id,
        person_id=worker.person_id,
        activity=activity,
        time=time,
        helped=command.helped,
        households=command.households,
        note=command.note,
        concerns=_naming(worker.person_id, command.helped),
        warnings=warnings,
    )


def _planned(book: CareBook | None, person_id: UUID, shift_id: UUID) -> Shift:
    shift = book.shifts.get(shift_id) if book else None
    if shift is None or shift.person_id != person_id:
        raise NotFound("Người này không có ca nào như vậy.")
    if shift.step is Step.WORKED:
        raise Refusal("already-worked", "Ca này đã ghi là đã làm.")
    if shift.step is Step.CANCELLED:
        raise Refusal("shift-cancelled", "Ca này đã hủy.")
    return shift


def _refuse_planned(
    book: CareBook, somebody: Subject, interval: Interval | None
) -> tuple[Code, ...]:
    """Hard: two shifts of one person are not planned for the same time."""
    if interval is None:
        return ()
    planned = busy_planned(book, somebody)[somebody.person_id]
    minutes = overlap_minutes(interval, [(shift.since, shift.until) for shift in planned])
    if minutes > OVERLAP_TOLERATED_MINUTES:
        raise Refusal(
            "overlapping-shift",
            "Cùng giờ ấy người này đã hẹn một ca khác.",
            person_id=str(somebody.person_id),
            minutes=minutes,
        )
    return ("overlap-tolerated",) if minutes > 0 else ()


def _together(command: DoGroupWork, work_day_minutes: int) -> tuple[TimeSpent | None, Decimal]:
    """One person's time, where it is known, and the work-days of all."""
    if command.work_days is not None:
        return None, command.work_days
    if not command.ways:
        return None, Decimal(command.people)
    each = spent(command, command.occurred_on, work_day_minutes)
    days = Decimal(each.minutes * command.people) / work_day_minutes
    return each, days.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _naming(person_id: UUID, helped: tuple[UUID, ...]) -> tuple[Concern, ...]:
    return (person(person_id, Role.VOLUNTEER), *_helped(helped))


def _helped(helped: tuple[UUID, ...]) -> tuple[Concern, ...]:
    return tuple(person(who, Role.HELPED) for who in helped)
