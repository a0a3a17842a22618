"""Clients and volunteers: in once at a time, planned for, referred, out; health with consent."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from care_examples import (
    BINH,
    CUC,
    DAY,
    GIA,
    NEO,
    NOW,
    SINCE,
    care,
    caring,
    enrolled,
    health,
    moment,
    somebody,
    visit,
    visited,
    volunteering,
    warned,
)
from domain.care import clients, volunteers
from domain.care import health as readings
from domain.care.commands import (
    AssessNeeds,
    CloseReferral,
    DischargeClient,
    EnrolClient,
    EnrolVolunteer,
    LeaveVolunteering,
    MakeCarePlan,
    MeasureVitals,
    OpenReferral,
    RecordCheckUp,
    RecordInsurance,
    TrainVolunteer,
)
from domain.care.scales import Instrument, Scores, items_of
from domain.care.vitals import Flag, Vitals, flag
from domain.values import Purpose
from examples import sealed
from specification import Specification

BEFORE, NEXT = DAY - timedelta(days=1), DAY + timedelta(days=1)
REFERRAL = UUID(int=81)


def enrolling(given: Specification, on: Any = DAY, about: Any = None, **more: Any) -> Any:
    asked = EnrolClient(occurred_on=on, **more)
    return given.when(clients.enrol_client, about or somebody(), asked, NOW)


def discharging(given: Specification, on: Any = DAY, **more: Any) -> Any:
    asked = DischargeClient(**{"occurred_on": on, "cause": "recovered", **more})
    return given.when(clients.discharge_client, somebody(), asked, NOW)


# --- in and out ---------------------------------------------------------------------------------


def test_a_neighbour_is_looked_after_as_a_member_is() -> None:
    enrolling(care, coordinator_id=CUC).then_told(client_id=GIA, coordinator_id=CUC, warnings=())
    member = somebody(joined_on=DAY)
    assert warned(enrolling(care, about=member)) == ()
    assert warned(enrolling(care, BEFORE, about=member)) == ("before-joining",)


def test_a_client_is_enrolled_once_at_a_time() -> None:
    enrolling(caring()).then_refused("already-a-client")
    gone = caring().given(*discharging(caring()).decided())
    enrolling(gone, BEFORE).then_refused("date-order", since=str(DAY))
    assert enrolling(gone, DAY).decided()


def test_who_is_dead_or_to_be_born_is_not_enrolled() -> None:
    assert enrolling(care, about=somebody(died_on=DAY)).decided()
    enrolling(care, about=somebody(died_on=BEFORE)).then_refused("after-death")
    enrolling(care, about=somebody(birth_year=2027)).then_refused("before-birth")
    enrolling(care, NOW.today + timedelta(days=1)).then_refused("future-date")


def test_nobody_coordinates_their_own_care() -> None:
    enrolling(care, coordinator_id=GIA).then_refused("same-person")


def test_reasons_are_health_data() -> None:
    nobody = somebody(health_consent=False)
    enrolling(care, about=nobody, reasons=health()).then_refused("no-consent", purpose="health")
    assert enrolling(care, about=nobody).decided()


def test_a_client_is_discharged_once_and_not_before_the_last_visit() -> None:
    seen = visited(caring(), visit(on=DAY))
    discharging(seen, BEFORE).then_refused("date-order", since=str(DAY))
    gone = seen.given(*discharging(seen).decided())
    discharging(gone).then_refused("not-a-client")
    discharging(care).then_refused("not-a-client")
    # A death is told of after it: the day may lie behind it.
    dead = somebody(died_on=BEFORE)
    asked = DischargeClient(occurred_on=DAY, cause="died")
    assert caring().when(clients.discharge_client, dead, asked, NOW).decided()


# --- assessed and planned for ---------------------------------------------------------------------


def assessing(given: Specification, on: Any = DAY, about: Any = None) -> Any:
    asked = AssessNeeds(
        occurred_on=on,
        instrument=Instrument.KATZ,
        instrument_version="1963",
        items=health(),
        assessed_by=CUC,
    )
    return given.when(clients.assess_needs, about or somebody(), asked, NOW)


def test_needs_of_a_client_are_assessed_with_consent() -> None:
    assessing(caring()).then_told(client_id=GIA, instrument=Instrument.KATZ, assessed_by=CUC)
    assessing(caring(), about=somebody(health_consent=False)).then_refused("no-consent")
    assessing(caring(), SINCE - timedelta(days=1)).then_refused("not-a-client")


def scores(instrument: Instrument, **changed: int) -> Scores:
    items = {item: allowed[-1] for item, allowed in items_of(instrument).items()}
    return Scores(instrument=instrument, items=items | changed)


@pytest.mark.parametrize(("instrument", "most"), [("katz", 6), ("barthel", 100), ("lawton", 8)])
def test_a_total_is_worked_out_from_every_item(instrument: str, most: int) -> None:
    kind = Instrument(instrument)
    assert scores(kind).total == most
    first = next(iter(items_of(kind)))
    for items in (
        {k: v for k, v in scores(kind).items.items() if k != first},
        scores(kind).items | {"singing": 1},
        scores(kind).items | {first: 3},
        scores(kind).items | {first: True},
    ):
        with pytest.raises(ValidationError):
            Scores(instrument=kind, items=items)


def planning(given: Specification, who: Any = (BINH,), client: Any = GIA, **more: Any) -> Any:
    now = more.pop("now", NOW)
    asked = MakeCarePlan(**{"occurred_on": DAY, "volunteer_ids": who, **more})
    helpers = [somebody(person_id) for person_id in who]
    return given.when(clients.make_care_plan, somebody(client), helpers, asked, now)


def test_a_plan_names_volunteers_and_an_interval() -> None:
    planning(caring()).then_told(volunteer_ids=(BINH,), interval_days=14, warnings=())
    planning(caring(), now=moment(care_interval_days=30)).then_told(interval_days=30)
    planning(caring(), interval_days=7).then_told(interval_days=7)


def test_a_plan_is_kept_by_volunteers_of_the_club() -> None:
    planning(enrolled(care)).then_refused("not-a-volunteer", person_id=str(BINH))
    leave = LeaveVolunteering(occurred_on=DAY)
    left = caring().after(volunteers.leave_volunteering, BINH, leave, NOW)
    planning(left).then_refused("not-a-volunteer")
    planning(caring(), (GIA,)).then_refused("same-person")
    planning(caring(), review_on=BEFORE).then_refused("date-order")
    planning(caring(), goals=health()).then_told(warnings=())


def test_more_clients_than_a_volunteer_should_have_is_a_warning() -> None:
    given = caring()
    for number in range(3):
        client = UUID(int=900 + number)
        given = enrolled(given, client)
        asking = planning(given, client=client)
        assert warned(asking) == ()
        given = given.given(*asking.decided())
    assert warned(planning(given)) == ("volunteer-overloaded",)
    assert warned(planning(given, now=moment(clients_per_volunteer=4))) == ()
    # The fourth counts even so, and a new plan for the third is no fourth.
    assert warned(planning(given, client=UUID(int=902))) == ()


# --- referred ------------------------------------------------------------------------------------


def referring(given: Specification, about: Any = None, **more: Any) -> Any:
    usual: dict[str, Any] = {"occurred_on": DAY, "referral_id": REFERRAL, "to": "health_station"}
    return given.when(
        clients.open_referral, about or somebody(), OpenReferral(**{**usual, **more}), NOW
    )


def closing(
    given: Specification,
    client: UUID = GIA,
    referral: UUID = REFERRAL,
    about: Any = None,
    **more: Any,
) -> Any:
    asked = CloseReferral(occurred_on=DAY, **more)
    return given.when(clients.close_referral, about or somebody(client), referral, asked, NOW)


def test_a_referral_is_opened_and_closed_once() -> None:
    opened = caring().given(*referring(caring(), confidential=True).decided())
    closing(opened).then_told(referral_id=REFERRAL, confidential=True)
    closing(opened, NEO).then_refused("not-found")
    closing(opened, referral=NEO).then_refused("not-found")
    closed = opened.given(*closing(opened).decided())
    closing(closed).then_refused("not-found")
    # What came of it is heard after the client is gone, too.
    gone = opened.given(*discharging(opened).decided())
    assert closing(gone).decided()


def test_what_came_of_a_referral_is_health_data() -> None:
    nobody = somebody(health_consent=False)
    opened = caring().given(*referring(caring()).decided())
    closing(opened, about=nobody, outcome=health()).then_refused("no-consent", purpose="health")
    assert closing(opened, about=nobody).decided()
    hidden = caring().given(*referring(caring(), confidential=True).decided())
    assert closing(hidden, about=nobody, outcome=health()).decided()


def test_a_call_for_help_does_not_wait_for_a_paper() -> None:
    nobody = somebody(health_consent=False)
    referring(caring(), nobody, reason=health()).then_refused("no-consent")
    assert referring(caring(), nobody).decided()
    assert referring(caring(), nobody, reason=health(), urgent=True).decided()
    assert referring(caring(), nobody, reason=health(), confidential=True).decided()


# --- volunteers -----------------------------------------------------------------------------


def enrolling_volunteer(given: Specification, on: Any = DAY, about: Any = None) -> Any:
    asked = EnrolVolunteer(occurred_on=on)
    return given.when(volunteers.enrol_volunteer, about or somebody(BINH), asked, NOW)


def test_a_volunteer_is_enrolled_once_at_a_time() -> None:
    given = volunteering(care, BINH)
    enrolling_volunteer(given).then_refused("already-a-volunteer")
    leave = LeaveVolunteering(occurred_on=DAY)
    left = given.after(volunteers.leave_volunteering, BINH, leave, NOW)
    left.when(volunteers.leave_volunteering, BINH, leave, NOW).then_refused("not-a-volunteer")
    enrolling_volunteer(left, BEFORE).then_refused("date-order")
    again = left.given(*enrolling_volunteer(left).decided())
    assert again.state.volunteered_on(BINH, SINCE)
    assert not again.state.volunteered_on(BINH, SINCE - timedelta(days=1))
    enrolling_volunteer(care, about=somebody(BINH, died_on=BEFORE)).then_refused("after-death")


def test_nobody_leaves_before_they_came() -> None:
    early = LeaveVolunteering(occurred_on=SINCE - timedelta(days=1))
    given = volunteering(care, BINH)
    given.when(volunteers.leave_volunteering, BINH, early, NOW).then_refused("date-order")


def test_a_training_of_somebody_who_is_no_volunteer_is_a_warning() -> None:
    asked = TrainVolunteer(occurred_on=DAY, course="CSTN-01", hours=16)
    asking = care.when(volunteers.train_volunteer, somebody(BINH), asked, NOW)
    assert warned(asking) == ("not-a-volunteer",)
    given = volunteering(care, BINH)
    given.when(volunteers.train_volunteer, somebody(BINH), asked, NOW).then_told(
        course="CSTN-01", hours=16, warnings=()
    )


# --- anybody's health -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("systolic", "diastolic", "found"),
    [
        (139, 89, None),
        (140, 89, Flag.REFER),
        (139, 90, Flag.REFER),
        (179, 109, Flag.REFER),
        (180, 60, Flag.SAME_DAY),
        (150, 110, Flag.SAME_DAY),
    ],
)
def test_a_reading_is_flagged_from_its_boundary_on(
    systolic: int, diastolic: int, found: Flag | None
) -> None:
    assert flag(Vitals(systolic=systolic, diastolic=diastolic)) == found


@pytest.mark.parametrize(
    "reading",
    [
        {},
        {"systolic": 120},
        {"systolic": 59, "diastolic": 30},
        {"systolic": 281, "diastolic": 80},
        {"systolic": 90, "diastolic": 29},
        {"systolic": 280, "diastolic": 161},
        {"systolic": 80, "diastolic": 80},
        {"weight_grams": 19_999},
        {"weight_grams": 200_001},
        {"weight_grams": 50_000.0},
        {"pulse": 29},
        {"pulse": 221},
    ],
)
def test_what_no_living_person_has_is_no_reading(reading: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Vitals.model_validate(reading)


def test_readings_at_their_boundaries_are_taken() -> None:
    for reading in (
        {"systolic": 60, "diastolic": 30},
        {"systolic": 280, "diastolic": 160},
        {"weight_grams": 20_000},
        {"weight_grams": 200_000, "pulse": 220},
    ):
        assert Vitals.model_validate(reading)


def test_health_is_written_down_with_consent_in_somebodys_lifetime() -> None:
    vitals = MeasureVitals(occurred_on=DAY, vitals=health())
    check_up = RecordCheckUp(occurred_on=DAY, result=health())
    nobody = somebody(health_consent=False)
    for decide, asked in (
        (readings.measure_vitals, vitals),
        (readings.record_check_up, check_up),
    ):
        care.when(decide, nobody, asked, NOW).then_refused("no-consent")
        care.when(decide, somebody(), asked, NOW).then_told(person_id=GIA, warnings=())
        dead = somebody(died_on=BEFORE)
        care.when(decide, dead, asked, NOW).then_refused("after-death")
        care.when(decide, somebody(), asked, moment(BEFORE)).then_refused("future-date")
        assert warned(care.when(decide, somebody(joined_on=NEXT), asked, NOW)) == (
            "before-joining",
        )


def test_insurance_is_no_health_data_and_holds_into_the_future() -> None:
    card = sealed(GIA, Purpose.IDENTITY)
    asked = RecordInsurance(occurred_on=DAY, valid_until=DAY + timedelta(days=400), card=card)
    nobody = somebody(health_consent=False)
    assert care.when(readings.record_insurance, nobody, asked, NOW).decided()
    with pytest.raises(ValidationError):
        RecordInsurance(occurred_on=DAY, valid_from=DAY, valid_until=BEFORE)
