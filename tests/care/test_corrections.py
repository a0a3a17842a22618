"""A correction: proposed, shown, approved by a second person; judged again on the book as it is."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from care_examples import (
    BINH,
    CUC,
    DAY,
    GIA,
    NOW,
    OTHER_SHIFT,
    OTHER_VISIT,
    SHIFT,
    care,
    caring,
    enrolled,
    health,
    plan,
    planned,
    somebody,
    visit,
    visited,
    work,
    worked,
)
from domain import correcting
from domain.care import clients, shifts
from domain.care.commands import CancelShift, DischargeClient, DoGroupWork, OpenReferral
from domain.care.corrections import CARE_CORRECTIONS, asked_of, people_in, replaced
from domain.care.events import ClientEnrolled, EntryWithdrawn, VisitMade
from domain.correcting import Propose, Told, changes, found
from domain.events import Event
from examples import ACCOUNTANT, CHAIR, sealed
from specification import Specification

NEXT = DAY + timedelta(days=1)


def id_of(place: int) -> UUID:
    return UUID(int=1000 + place)


def story(given: Specification) -> list[Told]:
    return [Told(id_of(place), event) for place, event in enumerate(given.past)]


def last(given: Specification, kind: type[Event]) -> UUID:
    return next(told.id for told in reversed(story(given)) if isinstance(told.event, kind))


def stand_in(given: Specification, target_id: UUID, asked: Any) -> Any:
    target = found(story(given), target_id)
    named = (*people_in(target.event), *getattr(asked, "volunteer_ids", ()))
    people = {who: somebody(who) for who in named}
    return replaced(given.state, target, asked, people, NOW)


def proposing(
    given: Specification, target_id: UUID, asked: Any = None, report: str | None = None
) -> Any:
    command = Propose(
        occurred_on=DAY, event_id=target_id, proposed_by=ACCOUNTANT, reason=sealed(), report=report
    )

    def decide(_: Any) -> list[Event]:
        new = stand_in(given, target_id, asked) if asked else None
        return correcting.propose(CARE_CORRECTIONS, story(given), command, new, NOW.today)

    return given.when(decide)


def proposed(given: Specification, target_id: UUID, asked: Any = None) -> Specification:
    return given.given(*proposing(given, target_id, asked).decided())


def approving(given: Specification, target_id: UUID, by: UUID = CHAIR, **more: Any) -> Any:
    """As the desk does: what was proposed is judged again on the book as it is now."""
    usual: dict[str, Any] = {"on": NEXT, "accepted": None} | more

    def decide(_: Any) -> list[Event]:
        CARE_CORRECTIONS.refuse(story(given), found(story(given), target_id))
        waiting = correcting.proposal_of(story(given), target_id).replacement
        new = stand_in(given, target_id, asked_of(waiting)) if waiting else None
        return correcting.approve(
            CARE_CORRECTIONS,
            story(given),
            target_id,
            new,
            by,
            usual["on"],
            NOW.today,
            usual["accepted"],
        )

    return given.when(decide)


def corrected(given: Specification, target_id: UUID, asked: Any = None) -> Specification:
    waiting = proposed(given, target_id, asked)
    return waiting.given(*approving(waiting, target_id).decided())


def figures(given: Specification, target_id: UUID, asked: Any = None) -> dict[Any, Any]:
    new = stand_in(given, target_id, asked) if asked else None
    told = changes(CARE_CORRECTIONS, story(given), target_id, new)
    return {(f.figure, f.person_id): (f.before, f.after) for f in told.figures}


# --- what it will change ------------------------------------------------------------------------


def test_the_report_tells_the_months_figures_of_client_and_volunteers() -> None:
    given = visited(caring(), visit("08:00", "09:00"))
    given = visited(given, visit("10:00", "11:00", visit_id=OTHER_VISIT))
    target = last(given, VisitMade)
    assert figures(given, target) == {
        ("visits", GIA): (2, 1),
        ("visit_minutes", GIA): (120, 60),
        ("visits_made", BINH): (2, 1),
        ("volunteer_minutes", BINH): (120, 60),
        ("volunteer_work_days", BINH): (Decimal("0.25"), Decimal("0.125")),
    }
    longer = visit("10:00", "12:00", visit_id=OTHER_VISIT)
    assert figures(given, target, longer)["visit_minutes", GIA] == (120, 180)


def test_another_day_or_volunteer_moves_the_figures() -> None:
    given = visited(caring(), visit("08:00", "09:00"))
    target = last(given, VisitMade)
    april = figures(given, target, visit("08:00", "09:00", on=DAY + timedelta(days=30)))
    assert set(april) >= {("visits", GIA), ("volunteer_minutes", BINH)}
    by_cuc = figures(given, target, visit("08:00", "09:00", volunteer_ids=(CUC,)))
    assert by_cuc["volunteer_minutes", CUC] == (0, 60)
    assert by_cuc["volunteer_minutes", BINH] == (60, 0)
    assert ("visits", GIA) not in by_cuc


def test_an_hour_within_a_shift_is_the_shifts() -> None:
    given = worked(caring(), work("07:00", "11:00"))
    given = visited(given, visit("08:00", "09:00", shift_id=SHIFT, volunteer_ids=(BINH, CUC)))
    told = figures(given, last(given, VisitMade))
    assert ("volunteer_minutes", BINH) not in told
    assert told["volunteer_minutes", CUC] == (60, 0)
    assert told["visit_minutes", GIA] == (60, 0)


def test_the_report_tells_each_field_but_no_personal_text() -> None:
    given = visited(caring(), visit("08:00", "09:00", note=health()))
    target = last(given, VisitMade)
    new = stand_in(given, target, visit("08:00", "10:00", urgent=True, vitals=health()))
    told = changes(CARE_CORRECTIONS, story(given), target, new)
    by_name = {one.field: (one.was, one.becomes) for one in told.fields}
    assert set(by_name) == {"time", "urgent", "note", "vitals"}
    assert (by_name["urgent"], by_name["note"]) == ((False, True), ("sealed", None))
    assert by_name["vitals"] == (None, "sealed")
    assert (by_name["time"][0]["end"], by_name["time"][1]["end"]) == ("09:00", "10:00")
    assert health().ciphertext not in told.model_dump_json()


# --- two people ---------------------------------------------------------------------------------


def test_the_replacement_stands_right_behind_what_it_replaces() -> None:
    given = visited(caring(), visit("08:00", "09:00"))
    target = last(given, VisitMade)
    waiting = proposed(given, target, visit("08:00", "10:00"))
    assert waiting.state.proposals == {target}
    assert waiting.state.busy == given.state.busy  # nothing has changed yet
    withdrawal, new = approving(waiting, target).decided()
    assert isinstance(withdrawal, EntryWithdrawn)
    assert (withdrawal.withdraws, withdrawal.proposed_by, withdrawal.approved_by) == (
        target,
        ACCOUNTANT,
        CHAIR,
    )
    assert isinstance(new, VisitMade)
    assert (new.replaces, new.time.minutes, new.visit_id) == (target, 120, visit().visit_id)
    after = waiting.given(withdrawal, new).state
    assert (after.proposals, after.withdrawn) == (frozenset(), {target})
    assert [(b.until - b.since) for b in after.busy[BINH]] == [120]


def test_the_second_person_is_another_and_not_whom_it_is_about() -> None:
    given = visited(caring(), visit(volunteer_ids=(BINH, CUC)))
    target = last(given, VisitMade)
    waiting = proposed(given, target, visit())
    for who in (ACCOUNTANT, GIA, BINH, CUC):
        approving(waiting, target, who).then_refused("same-person")
    assert approving(waiting, target, CHAIR).decided()


def test_nothing_is_approved_that_nobody_proposed() -> None:
    given = visited(caring(), visit())
    target = last(given, VisitMade)
    approving(given, target).then_refused("not-proposed")
    gone = corrected(given, target)
    approving(gone, target).then_refused("already-reversed")
    proposing(gone, target).then_refused("already-reversed")


def test_a_correction_is_no_older_than_what_it_corrects() -> None:
    given = visited(caring(), visit())
    target = last(given, VisitMade)
    waiting = proposed(given, target)
    early, late = DAY - timedelta(days=1), NOW.today + timedelta(days=1)
    approving(waiting, target, on=early).then_refused("date-order")
    approving(waiting, target, on=late).then_refused("future-date")


def test_who_approves_has_seen_what_it_changes_now() -> None:
    given = visited(caring(), visit("08:00", "09:00"))
    target = last(given, VisitMade)
    waiting = proposed(given, target)
    # Another visit of the same month moves the figures; one of another month does not.
    later = visited(waiting, visit("08:00", "09:00", on=DAY + timedelta(days=40)))
    assert approving(later, target).decided()
    moved = visited(waiting, visit("10:00", "11:00", visit_id=OTHER_VISIT))
    approving(moved, target).then_refused("report-changed")
    now = changes(CARE_CORRECTIONS, story(moved), target, None).digest
    assert approving(moved, target, accepted=now).decided()
    approving(moved, target, accepted="00").then_refused("report-changed")
    proposing(moved, target, report="00").then_refused("report-changed")
    assert proposing(moved, target, report=now).decided()


def test_a_replacement_is_judged_again_on_the_book_as_it_is() -> None:
    given = visited(caring(), visit("08:00", "09:00"))
    target = last(given, VisitMade)
    waiting = proposed(given, target, visit("08:00", "11:00"))
    busy = visited(waiting, visit("10:00", "11:00", visit_id=OTHER_VISIT))
    approving(busy, target).then_refused("overlapping-shift", minutes=60)


def test_a_replacement_is_judged_by_the_rules_of_the_first() -> None:
    given = visited(caring(), visit("08:00", "09:00"))
    target = last(given, VisitMade)
    proposing(given, target, visit(volunteer_ids=(GIA,))).then_refused("same-person")
    proposing(given, target, visit("08:00", "07:00")).then_refused("time-order")
    proposing(given, target, visit(on=NOW.today + timedelta(days=1))).then_refused("future-date")
    # Its own hour is free again for it.
    assert proposing(given, target, visit("08:30", "09:30")).decided()
    # Another kind of event is no replacement.
    proposing(given, target, work()).then_refused("malformed")


@pytest.mark.parametrize(
    "asked",
    [
        visit("08:00", "09:00", next_on=NEXT),
        visit(minutes=50),
        visit(half_day=True),
        visit("22:00", "02:00", end_on=NEXT, shift_id=None),
    ],
)
def test_what_was_proposed_is_what_is_judged_again(asked: Any) -> None:
    given = visited(caring(), visit("06:00", "07:00"))
    target = last(given, VisitMade)
    new = stand_in(given, target, asked)
    assert stand_in(given, target, asked_of(new)) == new


@pytest.mark.parametrize("said", [{}, {"half_day": True}, {"work_days": "7.5"}, {"minutes": 50}])
def test_group_work_is_judged_again_as_it_was_said(said: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"occurred_on": DAY, "work_id": OTHER_VISIT, "activity": "other"}
    first = DoGroupWork(**usual, people=20)
    given = care.after(shifts.do_group_work, first, NOW)
    new = stand_in(given, id_of(0), DoGroupWork(**usual, people=19, **said))
    assert stand_in(given, id_of(0), asked_of(new)) == new


# --- what stands on what ------------------------------------------------------------------------


def test_an_enrolment_with_visits_on_it_stands() -> None:
    given = visited(caring(), visit())
    client, volunteer = last(given, ClientEnrolled), id_of(0)
    proposing(given, client).then_refused("built-on", first=[str(last(given, VisitMade))])
    proposing(given, volunteer).then_refused("built-on")
    gone = corrected(given, last(given, VisitMade))
    without_client = corrected(gone, client)
    assert GIA not in without_client.state.cases
    assert BINH not in corrected(without_client, volunteer).state.volunteers


def test_a_second_enrolment_taken_back_leaves_the_first_as_it_ended() -> None:
    left = DischargeClient(occurred_on=DAY, cause="recovered")
    given = caring().after(clients.discharge_client, somebody(), left, NOW)
    again = enrolled(given, on=NEXT)
    back = corrected(again, last(again, ClientEnrolled)).state.cases[GIA]
    before = given.state.cases[GIA]
    assert (back.enrolled_on, back.discharged_on) == (before.enrolled_on, DAY)


def test_a_discharge_taken_back_opens_the_case_again() -> None:
    left = DischargeClient(occurred_on=DAY, cause="recovered")
    given = caring().after(clients.discharge_client, somebody(), left, NOW)
    discharge = id_of(len(given.past) - 1)
    assert corrected(given, discharge).state.cases[GIA].is_open
    again = enrolled(given, on=NEXT)
    proposing(again, discharge).then_refused("built-on")


def test_a_shift_with_visits_in_it_stands() -> None:
    given = worked(caring(), work("07:00", "11:00"))
    shift = id_of(len(given.past) - 1)
    inside = visited(given, visit("08:00", "09:00", shift_id=SHIFT))
    proposing(inside, shift).then_refused("built-on", first=[str(last(inside, VisitMade))])
    assert SHIFT not in corrected(given, shift).state.shifts
    shorter = corrected(given, shift, work("07:00", "10:00"))
    assert shorter.state.shifts[SHIFT].minutes == 180


def test_a_planned_shift_whose_work_is_taken_back_waits_again() -> None:
    waiting = planned(caring(), plan("07:00", "11:00"))
    asked = work("07:00", "12:00")
    done = waiting.after(shifts.work_planned_shift, somebody(BINH), asked, NOW)
    target = id_of(len(done.past) - 1)
    back = corrected(done, target)
    assert back.state.shifts[SHIFT].step == "scheduled"
    assert back.when(shifts.work_planned_shift, somebody(BINH), asked, NOW).decided()
    # A replacement of work that was planned is work on the same plan.
    fixed = corrected(done, target, work("07:00", "11:00"))
    assert (fixed.state.shifts[SHIFT].minutes, fixed.state.shifts[SHIFT].scheduled) == (240, True)


def test_what_has_an_opposite_of_its_own_is_not_taken_back() -> None:
    waiting = planned(caring(), plan("07:00", "11:00"))
    cancelled = waiting.after(shifts.cancel_shift, BINH, SHIFT, CancelShift(occurred_on=DAY), NOW)
    asked = OpenReferral(occurred_on=DAY, referral_id=OTHER_SHIFT, to="hospital")  # type: ignore[arg-type]
    given = cancelled.after(clients.open_referral, somebody(), asked, NOW)
    for place in range(len(caring().past), len(given.past)):
        proposing(given, id_of(place)).then_refused("not-reversible")


def test_a_withdrawal_is_not_withdrawn() -> None:
    given = visited(caring(), visit())
    gone = corrected(given, last(given, VisitMade))
    for place in (len(gone.past) - 1, len(gone.past) - 2):
        proposing(gone, id_of(place)).then_refused("not-reversible")
    proposing(gone, id_of(len(gone.past))).then_refused("not-found")
