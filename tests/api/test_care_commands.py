"""Care over HTTP, as a coordinator and a volunteer meet it."""

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest
from starlette.testclient import TestClient

from desk.desk import Desk
from domain.care.book import CARE
from domain.care.events import VisitMade
from domain.histories import care_book_of
from store.database import Database
from tests.api.hands import Hands
from tests.api.problems import pointers, refused
from village import DAY, FOUNDED, Village

ON, SINCE = str(DAY), str(FOUNDED)
HIGH = {"systolic": 185, "diastolic": 95}


@pytest.fixture
def clerk(client: TestClient, village: Village) -> Hands:
    return Hands(client, village.secretary)


@pytest.fixture
def case(clerk: Hands, village: Village) -> str:
    """A neighbour looked after since the founding, who consented; the treasurer volunteers."""
    neighbour = {"club_id": str(village.club_id), "name": "Lương Thị Già", "occurred_on": SINCE}
    client_id = clerk.done("/care-cases", neighbour | {"birth": {"year": 1938}})["id"]
    consent = {"occurred_on": SINCE, "purpose": "health", "evidence": "written"}
    clerk.done(f"/members/{client_id}/consents", consent)
    volunteer = {"club_id": str(village.club_id), "person_id": str(village.treasurer)}
    clerk.done("/volunteers", volunteer | {"occurred_on": SINCE})
    return f"/care-cases/{client_id}"


def visit(village: Village, **more: Any) -> dict[str, Any]:
    usual = {"occurred_on": ON, "volunteer_ids": [str(village.treasurer)]}
    return {**usual, "start": "08:00", "end": "09:30", **more}


# --- a visit --------------------------------------------------------------------------------------


def test_a_high_reading_is_flagged_in_the_answer_and_kept_sealed(
    clerk: Hands, village: Village, case: str, desk: Desk, database: Database
) -> None:
    headers = clerk.headers()
    body = visit(village, vitals=HIGH, note="Bà kêu chóng mặt")
    first, again = (
        clerk.client.post(f"/v1{case}/visits", json=body, headers=headers) for _ in range(2)
    )
    assert first.status_code == 201, first.text
    assert first.json()["flags"] == ["same_day"]
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    with psycopg.connect(database.url) as connection:
        kept = connection.execute("SELECT reply FROM log.commands").fetchall()
        states = connection.execute("SELECT convert_from(state, 'UTF8') FROM log.events").fetchall()
    for text in (*kept, *states):
        assert "same_day" not in str(text)
        assert "chóng mặt" not in str(text)
        assert "systolic" not in str(text)
    event = desk.log.story(care_book_of(village.club_id))[-1].event
    assert isinstance(event, VisitMade)
    assert event.vitals
    assert event.note
    assert json.loads(desk.keys.open(event.vitals) or "") == HIGH
    assert desk.keys.open(event.note) == "Bà kêu chóng mặt"
    assert str(event.vitals.subject) in case
    assert event.vitals.purpose == event.note.purpose == "health"


def test_an_ordinary_reading_is_not_flagged(clerk: Hands, village: Village, case: str) -> None:
    told = clerk.done(f"{case}/visits", visit(village, vitals={"systolic": 139, "diastolic": 89}))
    assert "flags" not in told
    person = clerk.done(
        f"/members/{case.rpartition('/')[2]}/vitals",
        {"occurred_on": ON, "vitals": {"systolic": 140, "diastolic": 80}},
    )
    assert person["flags"] == ["refer"]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"vitals": {"systolic": 59, "diastolic": 40}}, "/vitals/systolic"),
        ({"vitals": {"systolic": 120}}, "/vitals"),
        ({"volunteer_ids": []}, "/volunteer_ids"),
        ({"tasks": ["XYZ"]}, "/tasks/0"),
        ({"minutes": 60}, ""),
        ({"end": "9:30"}, "/end"),
        ({"half_day": False}, "/half_day"),
        ({"visit_id": "x"}, "/visit_id"),
    ],
)
def test_what_is_wrong_with_a_visit_is_named(
    clerk: Hands, village: Village, case: str, more: dict[str, Any], pointer: str
) -> None:
    found = refused(clerk.post(f"{case}/visits", visit(village, **more)), 422, "malformed")
    assert pointer in {where for _, where, _ in pointers(found)}


def test_the_rules_of_care_answer_by_their_codes(clerk: Hands, village: Village, case: str) -> None:
    clerk.done(f"{case}/visits", visit(village))
    busy = refused(clerk.post(f"{case}/visits", visit(village)), 409, "overlapping-shift")
    assert busy["facts"] == {"person_id": str(village.treasurer), "minutes": 90}
    near = clerk.done(f"{case}/visits", visit(village, start="09:15", end="10:00"))
    assert near["warnings"] == ["overlap-tolerated"]
    self_help = visit(village, volunteer_ids=[case.rpartition("/")[2]])
    refused(clerk.post(f"{case}/visits", self_help), 409, "same-person")
    stranger = f"/care-cases/{village.chair}/visits"
    refused(
        clerk.post(stranger, visit(village, minutes=5, start=None, end=None)), 409, "not-a-client"
    )
    early = visit(village, occurred_on="1937-12-31")
    refused(clerk.post(f"{case}/visits", early), 409, "before-birth")
    nobody = {"occurred_on": ON, "vitals": HIGH}
    refused(clerk.post(f"/members/{village.chair}/vitals", nobody), 409, "no-consent")


def test_a_case_is_kept_from_enrolment_to_discharge(
    clerk: Hands, village: Village, case: str, desk: Desk
) -> None:
    items = {"telephone": 1, "shopping": 0, "food_preparation": 1, "housekeeping": 0, "laundry": 1}
    items |= {"transport": 0, "medication": 1, "finances": 1}
    needs = {"occurred_on": ON, "instrument": "lawton", "instrument_version": "1969"}
    refused(
        clerk.post(f"{case}/assessments", needs | {"items": {"telephone": 1}}), 422, "malformed"
    )
    clerk.done(f"{case}/assessments", needs | {"items": items})
    plan = {"occurred_on": ON, "volunteer_ids": [str(village.treasurer)], "interval_days": 7}
    clerk.done(f"{case}/plans", plan | {"goals": "Đi lại được trong nhà"})
    clerk.done(f"{case}/missed-visits", {"occurred_on": ON, "cause": "weather"})
    hidden = {"occurred_on": ON, "to": "health_station", "reason": "Vết bầm", "confidential": True}
    referral = clerk.done(f"{case}/referrals", hidden)["id"]
    clerk.done(f"{case}/referrals/{referral}/closing", {"occurred_on": ON, "outcome": "Đã khám"})
    closing = clerk.post(f"{case}/referrals/{referral}/closing", {"occurred_on": ON})
    refused(closing, 404, "not-found")
    clerk.done(f"{case}/discharge", {"occurred_on": ON, "cause": "recovered"})
    refused(
        clerk.post(f"{case}/discharge", {"occurred_on": ON, "cause": "died"}), 409, "not-a-client"
    )
    book = desk.log.load(CARE, care_book_of(village.club_id)).state
    assert book
    (kept,) = book.cases.values()
    assert (kept.interval_days, kept.referrals, kept.is_open) == (7, {}, False)


def test_a_case_that_moved_on_is_looked_at_again(clerk: Hands, village: Village, case: str) -> None:
    """If-Match names the case: what happens to others in the book does not count."""
    seen = clerk.post(f"{case}/visits", visit(village)).headers["etag"]
    clerk.done(
        "/care-cases",
        {"club_id": str(village.club_id), "client_id": str(village.chair), "occurred_on": ON},
    )
    moved = clerk.post(f"{case}/visits", visit(village, start="10:00", end="11:00"), If_Match=seen)
    assert moved.status_code == 201
    stale = clerk.post(f"{case}/visits", visit(village, start="12:00", end="13:00"), If_Match=seen)
    refused(stale, 412, "stale-version")


# --- work -----------------------------------------------------------------------------------------


def test_a_shift_is_planned_worked_or_cancelled(clerk: Hands, village: Village, case: str) -> None:
    volunteer = f"/volunteers/{village.treasurer}"
    plan = {"occurred_on": ON, "planned_on": "2999-12-01", "activity": "home_care"}
    first = clerk.done(f"{volunteer}/shifts", plan | {"start": "07:00", "end": "11:00"})["id"]
    clash = clerk.post(f"{volunteer}/shifts", plan | {"start": "08:00", "end": "12:00"})
    refused(clash, 409, "overlapping-shift")
    worked = {"occurred_on": ON, "start": "07:00", "end": "11:30"}
    told = clerk.done(f"{volunteer}/shifts/{first}/work", worked)
    assert told["id"] == first
    refused(clerk.post(f"{volunteer}/shifts/{first}/work", worked), 409, "already-worked")
    inside = clerk.done(f"{case}/visits", visit(village, shift_id=first))
    assert "warnings" not in inside
    outside = visit(village, shift_id=first, start="11:00", end="11:31")
    refused(clerk.post(f"{case}/visits", outside), 409, "outside-shift")
    other = clerk.done(f"{volunteer}/shifts", plan)["id"]
    clerk.done(f"{volunteer}/shifts/{other}/cancellation", {"occurred_on": ON, "reason": "Mưa"})
    refused(
        clerk.post(f"{volunteer}/shifts/{other}/work", {"occurred_on": ON, "minutes": 5}),
        409,
        "shift-cancelled",
    )
    by_chair = clerk.post(f"/volunteers/{village.chair}/shifts/{first}/work", worked)
    refused(by_chair, 404, "not-found")


def test_whose_book_it_is_the_body_may_say(clerk: Hands, village: Village, desk: Desk) -> None:
    other = Village(desk)
    work = {"occurred_on": ON, "activity": "public_works", "minutes": 60}
    clerk.done(f"/volunteers/{village.chair}/work", work | {"club_id": str(other.club_id)})
    clerk.done(f"/volunteers/{village.chair}/work", work)
    for club in (other, village):
        assert len(desk.log.story(care_book_of(club.club_id))) == 1
    # Whoever is enrolled elsewhere later is meant there from then on.
    for club in (other, village, other):
        body = {"club_id": str(club.club_id), "person_id": str(village.chair), "occurred_on": ON}
        if len(desk.log.story(care_book_of(club.club_id))) == 1:
            clerk.done("/volunteers", body)
    clerk.done(f"/volunteers/{village.chair}/trainings", {"occurred_on": ON, "course": "A"})
    assert len(desk.log.story(care_book_of(village.club_id))) == 3


# --- corrections ----------------------------------------------------------------------------------


def test_a_visit_is_corrected_by_two_people_who_saw_what_it_changes(
    clerk: Hands, village: Village, case: str, desk: Desk
) -> None:
    made = clerk.done(f"{case}/visits", visit(village, note="Bà khỏe"))
    correction = f"/events/{made['event_id']}/correction"
    refused(clerk.client.get(f"/v1{correction}"), 409, "not-proposed")
    longer = visit(village, end="10:30")
    proposal = {"occurred_on": ON, "reason": "Ghi nhầm giờ về", "visit": longer}
    told = clerk.post(correction, proposal)
    assert told.status_code == 202, told.text
    shown = clerk.client.get(f"/v1{correction}").json()
    assert shown == told.json()["changes"]
    by_name = {one["field"]: (one["was"], one["becomes"]) for one in shown["fields"]}
    assert by_name["note"] == ("sealed", None)
    assert [part["end"] for part in by_name["time"]] == ["09:30", "10:30"]
    figures = {(f["figure"], f["person_id"]): (f["before"], f["after"]) for f in shown["figures"]}
    assert figures["volunteer_minutes", str(village.treasurer)] == (90, 150)
    assert figures["volunteer_work_days", str(village.treasurer)] == ("0.1875", "0.3125")

    approval = f"{correction}/approval"
    refused(clerk.post(approval, {}), 409, "same-person")
    refused(clerk.post(approval, {}, by=village.treasurer), 409, "same-person")
    # A reversal of the same event is another proposal.
    refused(
        clerk.post(f"/events/{made['event_id']}/reversal/approval", {}, by=village.chair),
        409,
        "not-proposed",
    )
    # The month moved on meanwhile: who approves says that they saw the new figures.
    clerk.done(f"{case}/visits", visit(village, start="13:00", end="14:00"))
    changed = refused(clerk.post(approval, {}, by=village.chair), 409, "report-changed")
    now = clerk.client.get(f"/v1{correction}").json()["digest"]
    assert changed["facts"]["report"] == now
    clerk.done(approval, {"accepted": now}, by=village.chair)
    withdrawn, stands = desk.log.story(care_book_of(village.club_id))[-2:]
    assert str(withdrawn.event.withdraws) == made["event_id"]  # type: ignore[attr-defined]
    assert str(stands.event.replaces) == made["event_id"]  # type: ignore[attr-defined]
    assert str(stands.event.visit_id) == made["id"]  # type: ignore[attr-defined]
    refused(clerk.post(approval, {}, by=village.chair), 409, "already-reversed")
    refused(clerk.client.get(f"/v1{correction}"), 409, "already-reversed")


def test_a_visit_that_was_none_is_withdrawn(clerk: Hands, village: Village, case: str) -> None:
    made = clerk.done(f"{case}/visits", visit(village))
    reversal = f"/events/{made['event_id']}/reversal"
    shown = clerk.client.get(f"/v1{reversal}").json()
    assert (shown["withdrawn"], shown["fields"]) == (True, [])
    stale = {"reason": "Không có buổi này", "report": "00"}
    refused(clerk.post(reversal, stale), 409, "report-changed")
    told = clerk.done(reversal, stale | {"report": shown["digest"]})
    assert told["changes"] == shown
    clerk.done(f"{reversal}/approval", {}, by=village.chair)
    # Its hour is free again.
    clerk.done(f"{case}/visits", visit(village))


def test_a_replacement_is_of_the_same_kind_and_only_one(
    clerk: Hands, village: Village, case: str
) -> None:
    made = clerk.done(f"{case}/visits", visit(village))
    correction = f"/events/{made['event_id']}/correction"
    why = {"occurred_on": ON, "reason": "Nhầm"}
    shift = {"occurred_on": ON, "activity": "other", "minutes": 5}
    for body in (why, why | {"shift": shift}, why | {"shift": shift, "visit": visit(village)}):
        refused(clerk.post(correction, body), 422, "malformed")
    refused(clerk.post(correction, why | {"visit": visit(village, end="07:00")}), 409, "time-order")
    enrolment = clerk.post(f"/events/{made['event_id']}/correction", why | {"visit": {}})
    refused(enrolment, 422, "malformed")


def test_registrations_foundings_and_what_is_not_there_are_not_corrected(
    clerk: Hands, village: Village, desk: Desk, case: str
) -> None:
    registered, founded = (
        desk.log.story(id)[0].event_id for id in (village.chair, village.club_id)
    )
    for event_id, status, code in (
        (desk.new_id(), 404, "not-found"),
        (registered, 409, "not-reversible"),
        (founded, 409, "not-reversible"),
    ):
        for path in ("reversal", "correction"):
            refused(clerk.client.get(f"/v1/events/{event_id}/{path}"), status, code)
        refused(clerk.post(f"/events/{event_id}/reversal", {"reason": "Nhầm"}), status, code)


def test_a_meeting_is_corrected_on_its_own_day(clerk: Hands, village: Village, desk: Desk) -> None:
    held = {"occurred_on": ON, "head_count": 41}
    made = clerk.done(f"/clubs/{village.club_id}/meetings", held)
    correction = f"/events/{made['event_id']}/correction"
    proposal = {"reason": "Đếm sót", "meeting": held | {"head_count": 43}}
    changes = clerk.done(correction, proposal)["changes"]
    assert [(f["figure"], f["before"], f["after"]) for f in changes["figures"]] == [
        ("attendance", 41, 43)
    ]
    refused(clerk.post(f"{correction}/approval", {}), 409, "same-person")
    clerk.done(f"{correction}/approval", {}, by=village.chair)
    stands = desk.log.story(village.club_id)[-1].event
    assert (stands.head_count, str(stands.meeting_id)) == (43, made["id"])  # type: ignore[attr-defined]
    refused(clerk.post(f"/clubs/{village.club_id}/meetings", held), 409, "meeting-exists")


def test_what_an_association_did_is_corrected_likewise(
    clerk: Hands, village: Village, desk: Desk
) -> None:
    hội = {"name": "Hội NCT tỉnh Lạng Sơn", "level": "province", "province": "Lạng Sơn"}
    association = clerk.done("/associations", hội)["id"]
    item = {"occurred_on": ON, "kind": "news", "outlet": "Báo Lạng Sơn", "title": "CLB mới"}
    made = clerk.done(f"/associations/{association}/media-items", item)
    correction = f"/events/{made['event_id']}/correction"
    changed = {"reason": "Là phóng sự", "media_item": item | {"kind": "broadcast"}}
    told = clerk.done(correction, changed)["changes"]
    assert {f["figure"] for f in told["figures"]} == {"media_news", "media_broadcast"}
    clerk.done(f"{correction}/approval", {}, by=village.chair)
    last = desk.log.story(UUID(association))[-1].event
    assert (last.kind, str(last.replaces)) == ("broadcast", made["event_id"])  # type: ignore[attr-defined]
    reversal = f"/events/{desk.log.story(UUID(association))[-1].event_id}/reversal"
    clerk.done(reversal, {"reason": "Không có"})
    clerk.done(f"{reversal}/approval", {}, by=village.chair)
