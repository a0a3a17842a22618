"""People and clubs through the years over HTTP: moving, dying, consenting, found twice, merged."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from audit.checks import run
from desk.desk import KINDS, Desk
from projections.follower import Follower
from store.database import Database
from tests.api.hands import Hands
from tests.api.problems import refused
from village import DAY, FOUNDED, Village

Shown = Callable[..., Any]


@pytest.fixture
def clerk(client: TestClient, village: Village) -> Hands:
    return Hands(client, village.secretary)


@pytest.fixture
def shown(client: TestClient, follower: Follower) -> Shown:
    def get(address: str, **params: Any) -> Any:
        follower.catch_up()
        answer = client.get(f"/v1{address}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


@pytest.fixture(autouse=True)
def _everything_checks(
    database: Database, desk: Desk, follower: Follower, client: TestClient
) -> Any:
    """Whatever a test here did, every read model equals what the log says."""
    yield
    follower.catch_up()
    report = run(database, KINDS)
    assert report.clean, report.findings


def test_a_class_recorded_late_holds_from_its_day_and_was_not_known_before(
    clerk: Hands, village: Village, shown: Shown
) -> None:
    lan = village.member("Hoàng Thị Lan")
    address = f"/members/{lan}"
    before = shown(address)["known_at"]
    poor = {"household_class": "poor", "valid_from": "2026-01-01", "year": 2026}
    clerk.done(f"{address}/household", poor)
    near = {"household_class": "near_poor", "valid_from": "2025-01-01", "year": 2025}
    clerk.done(f"{address}/household", near)
    now = shown(address)["known_at"]
    cases = [
        ("2024-12-31", now, None, None),
        ("2025-01-01", now, "near_poor", 2025),
        ("2025-12-31", now, "near_poor", 2025),
        ("2026-01-01", now, "poor", 2026),
        ("2026-01-01", before, None, None),
    ]
    for day, known_at, expected, year in cases:
        page = shown(address, as_of=day, known_at=known_at)
        assert (page["household_class"], page["class_year"]) == (expected, year), (day, known_at)


def test_who_moves_leaves_one_club_and_joins_the_other_at_once(
    clerk: Hands, village: Village, shown: Shown
) -> None:
    other = clerk.done("/clubs", {"name": "CLB thôn Bản Mới", "founded_on": "2024-01-10"})["id"]
    lan = village.member("Hoàng Thị Lan")
    moving = {"club_id": str(village.club_id), "left_on": "2026-03-10", "cause": "moved"}
    same = clerk.post(f"/members/{lan}/departure", moving | {"to_club_id": str(village.club_id)})
    refused(same, 409, "same-club")
    clerk.done(f"/members/{lan}/departure", moving | {"to_club_id": other})

    def clubs_on(day: str) -> list[tuple[str, str | None]]:
        page = shown(f"/members/{lan}", as_of=day)
        return [(m["club_id"], m["left_on"]) for m in page["memberships"]]

    assert clubs_on("2026-03-09") == [(str(village.club_id), None)]
    assert clubs_on("2026-03-10") == [(str(village.club_id), "2026-03-10"), (other, None)]
    clerk.done(f"/clubs/{other}/suspension", {"occurred_on": "2026-03-11"})
    hoa = village.member("Vi Thị Hoa")
    late = {**moving, "left_on": "2026-03-12", "to_club_id": other}
    refused(clerk.post(f"/members/{hoa}/departure", late), 409, "club-suspended")
    assert [m["left_on"] for m in shown(f"/members/{hoa}")["memberships"]] == [None]


def test_who_died_leaves_every_club_on_that_day(
    clerk: Hands, village: Village, shown: Shown
) -> None:
    other = clerk.done("/clubs", {"name": "CLB thôn Bản Mới", "founded_on": "2024-01-10"})["id"]
    lan = village.member("Hoàng Thị Lan")
    joining = {"person_id": str(lan), "joined_on": "2025-01-10"}
    # Nothing has been folded since: whoever joined a moment ago is not forgotten.
    shown(f"/members/{lan}")
    clerk.done(f"/clubs/{other}/members", joining)
    clerk.done(f"/members/{lan}/death", {"died_on": "2026-03-10"})
    page = shown(f"/members/{lan}")
    assert page["died_on"] == "2026-03-10"
    assert {(m["left_on"], m["cause"]) for m in page["memberships"]} == {("2026-03-10", "died")}
    assert shown(f"/members/{lan}", as_of="2026-03-09")["died_on"] is None
    again = clerk.post(f"/members/{lan}/death", {"died_on": "2026-03-11"})
    refused(again, 409, "person-died")
    refused(clerk.post(f"/clubs/{other}/members", {**joining, "joined_on": "2026-03-10"}), 409,
            "person-died")  # fmt: skip


def test_a_death_recorded_by_mistake_is_taken_back_by_a_second_person(
    clerk: Hands, village: Village, shown: Shown, follower: Follower, desk: Desk
) -> None:
    """The memberships it ended go on as if they had never ended; whoever left before stays out."""
    names = ("CLB thôn Bản Mới", "CLB thôn Bản Cũ")
    mine, left = (
        clerk.done("/clubs", {"name": name, "founded_on": "2024-01-10"})["id"] for name in names
    )
    lan = village.member("Hoàng Thị Lan")
    for club_id in (mine, left):
        clerk.done(f"/clubs/{club_id}/members", {"person_id": str(lan), "joined_on": "2025-01-10"})
    clerk.done(f"/members/{lan}/departure", {"left_on": "2026-03-10", "club_id": left})
    shown(f"/members/{lan}")
    died = clerk.done(f"/members/{lan}/death", {"died_on": "2026-03-10"})
    before = shown(f"/members/{lan}")
    assert before["died_on"] == "2026-03-10"
    reversal = f"/events/{died['event_id']}/reversal"
    changes = clerk.client.get(f"/v1{reversal}").json()["figures"]
    assert [(f["figure"], f["before"], f["after"]) for f in changes] == [("deaths", 1, 0)]
    clerk.done(reversal, {"reason": "Nghe nhầm: người mất là chị của bà"})
    refused(clerk.post(f"{reversal}/approval", {}), 409, "same-person")
    refused(clerk.post(f"{reversal}/approval", {}, by=lan), 409, "same-person")
    clerk.done(f"{reversal}/approval", {}, by=village.chair)

    page = shown(f"/members/{lan}")
    assert page["died_on"] is None
    ends = {m["club_id"]: (m["left_on"], m["cause"]) for m in page["memberships"]}
    assert ends == {str(village.club_id): (None, None), mine: (None, None),
                    left: ("2026-03-10", "left")}  # fmt: skip
    assert shown(f"/members/{lan}", known_at=before["known_at"])["died_on"] == DAY.isoformat()
    told = shown(f"/members/{lan}/history")["items"]
    (gone,) = (line for line in told if line["event_id"] == died["event_id"])
    assert not gone["counts"]
    assert "không còn tính" in gone["sentence"]
    # She lives, so she is helped, measured, and may die another day.
    visit = {"occurred_on": "2026-03-12", "volunteer_ids": [str(village.chair)], "minutes": 30}
    clerk.done("/care-cases", {"club_id": mine, "client_id": str(lan), "occurred_on": "2026-03-11"})
    clerk.done(f"/care-cases/{lan}/visits", visit | {"club_id": mine})
    refused(clerk.post(reversal, {"reason": "Lần nữa"}), 409, "already-reversed")
    clerk.done(f"/members/{lan}/death", {"died_on": "2026-03-13"})
    page = shown(f"/members/{lan}")
    assert (page["died_on"], len(page["memberships"])) == ("2026-03-13", 3)
    for made in follower.rebuild(("members", "histories"), comparing=True).values():
        assert made.compared == (desk.log.head(), 0, ())


def test_a_mistyped_day_of_death_is_stopped(clerk: Hands, village: Village, shown: Shown) -> None:
    lan = village.member("Hoàng Thị Lan")
    meeting = {"occurred_on": "2026-03-10", "attended": [str(lan)], "head_count": 40}
    met = clerk.done(f"/clubs/{village.club_id}/meetings", meeting)
    shown(f"/members/{lan}/history")
    early = clerk.post(f"/members/{lan}/death", {"died_on": "2025-03-09"})
    assert refused(early, 409, "date-order")["facts"]["since"] == "2026-03-10"
    # Where the meeting was wrong, it is taken back first.
    clerk.done(f"/events/{met['event_id']}/reversal", {"reason": "Ghi nhầm tên"})
    clerk.done(f"/events/{met['event_id']}/reversal/approval", {}, by=village.chair)
    shown(f"/members/{lan}/history")
    clerk.done(f"/members/{lan}/death", {"died_on": "2025-03-09"})


def test_contact_is_seen_until_it_is_withdrawn_and_the_name_always(
    clerk: Hands, village: Village, shown: Shown
) -> None:
    somebody = {
        "name": "Nguyễn Thị Lan",
        "joined_on": "2024-05-10",
        "sex": "female",
        "birth": {"year": 1958},
        "phone": "0912 345 678",
        "address": "Thôn Nà Thử",
        "ethnicity": "Nùng",
        "citizen_number": "020158000123",
    }
    lan = clerk.done(f"/clubs/{village.club_id}/members", somebody)["id"]
    address = f"/members/{lan}"
    page = shown(address)
    assert (page["phone"], page["address"]) == ("0912 345 678", "Thôn Nà Thử")
    assert (page["ethnicity"], page["citizen_number"]) == ("Nùng", "020158000123")
    never = {"occurred_on": "2026-03-10", "purpose": "contact"}
    refused(clerk.post(f"{address}/consent-withdrawals", never), 409, "no-consent")
    for purpose in ("contact", "identity"):
        given = {"occurred_on": "2026-03-01", "purpose": purpose, "evidence": "written"}
        clerk.done(f"{address}/consents", given)
        clerk.done(f"{address}/consent-withdrawals", {**never, "purpose": purpose})
    page = shown(address)
    assert page["name"] == "Nguyễn Thị Lan"
    assert page["phone"] is page["address"] is page["ethnicity"] is page["citizen_number"] is None
    assert page["hidden"] == ["identity", "contact", "health"]
    assert shown(address, as_of="2026-03-09")["phone"] == "0912 345 678"


def test_a_correction_changes_only_what_it_names(
    clerk: Hands, village: Village, shown: Shown
) -> None:
    lan = village.member("Hoàng Thị Lan")
    address = f"/members/{lan}"
    before = shown(address)["known_at"]
    mended = {"name": "Hoàng Thị Lán", "phone": "0912 345 678", "birth": {"year": 1958}}
    clerk.done(f"{address}/corrections", mended)
    told = clerk.done(f"{address}/corrections", {"sex": "male", "citizen_number": "020158000123"})
    assert told["warnings"] == ["citizen-number-sex"]
    page = shown(address)
    assert (page["name"], page["sex"], page["birth_year"]) == ("Hoàng Thị Lán", "male", 1958)
    assert page["phone"] == "0912 345 678"
    assert shown(address, known_at=before)["name"] == "Hoàng Thị Lan"
    refused(clerk.post(f"{address}/corrections", {"reason": "Không rõ"}), 422, "malformed")


def test_a_double_is_warned_of_listed_and_merged_by_two_people(
    client: TestClient, clerk: Hands, village: Village, shown: Shown
) -> None:
    club = f"/clubs/{village.club_id}"
    first = {"name": "Nguyễn Thị Phượng", "joined_on": "2024-05-10", "birth": {"year": 1956}}
    one = clerk.done(f"{club}/members", first)["id"]
    shown(f"/members/{one}")
    typo = {**first, "name": "Nguyễn Thị Phương", "birth": {"year": 1957}}
    told = clerk.done(f"{club}/members", typo)
    two = told["id"]
    assert (told["warnings"], told["duplicates"]) == (["possible-duplicate"], [one])
    other = {**first, "name": "Nguyễn Văn Phượng", "birth": {"year": 1990}}
    assert "duplicates" not in clerk.done(f"{club}/members", other)
    assert [row["id"] for row in shown(f"/members/{two}/duplicates")["items"]] == [one]
    pairs = shown(f"{club}/duplicates")["items"]
    assert [{pair["id"], pair["duplicate_id"]} for pair in pairs] == [{one, two}]
    assert pairs[0]["score"] > 90

    loans = [village.lent(UUID(who), 2_000_000) for who in (one, two)]
    told = shown(f"/members/{one}/merge", duplicate_id=two)
    refused(client.get(f"/v1/members/{one}/merge", params={"duplicate_id": one}), 409,
            "same-person")  # fmt: skip
    body = {"duplicate_id": two, "reason": "Ghi hai lần"}
    proposal = clerk.post(f"/members/{one}/merge", body)
    assert proposal.status_code == 202
    changes = proposal.json()["changes"]
    assert changes == told == shown(f"/members/{one}/merge", duplicate_id=two)
    assert [loan["loan_id"] for loan in changes["loans"]] == [str(loan) for loan in loans]
    assert changes["leaves_clubs"] == [str(village.club_id)]
    assert changes["one_household"] == sorted([one, two])
    approval = {"duplicate_id": two}
    refused(clerk.post(f"/members/{one}/merge/approval", approval), 409, "same-person")
    clerk.done(f"/members/{one}/merge/approval", approval, by=village.chair)

    # Both histories stay readable; only one id is named from now on.
    page = shown(f"/members/{two}")
    assert page["merged_into"] == one
    assert [m["cause"] for m in page["memberships"]] == ["merged"]
    assert shown(f"/members/{one}")["also_known_by"] == [two]
    assert shown(f"{club}/duplicates")["items"] == []
    for answer in (
        clerk.post(f"/members/{two}/corrections", {"name": "Khác"}),
        clerk.post(f"{club}/meetings", {"occurred_on": "2026-03-10", "attended": [two]}),
        clerk.post(f"{club}/meetings", {"occurred_on": "2026-03-10", "head_count": 1},
                   by=UUID(two)),
    ):  # fmt: skip
        found = refused(answer, 409, "merged-person")
        assert found["facts"]["into"] == one
    # Loans lent under either id are still repaid.
    for loan in loans:
        village.repaid(loan, 200_000, DAY)
    asked = {"member_id": two, "occurred_on": "2026-03-10", "amount": 1_000_000,
             "terms": {"instalments": 10, "method": "interest_free"}}  # fmt: skip
    refused(clerk.post(f"{club}/loans", asked), 409, "merged-person")
    refused(clerk.post(f"{club}/loans", {**asked, "member_id": one}), 409, "loan-limit")


def test_a_neighbour_who_may_be_a_member_is_warned_of(
    clerk: Hands, village: Village, shown: Shown
) -> None:
    born = {"birth": {"year": 1956}}
    member = {"name": "Nguyễn Thị Phượng", "joined_on": "2024-05-10"} | born
    one = clerk.done(f"/clubs/{village.club_id}/members", member)["id"]
    shown(f"/members/{one}")
    case = {
        "club_id": str(village.club_id),
        "occurred_on": "2024-05-10",
        "name": "nguyễn thị phương",
    }
    told = clerk.done("/care-cases", case | born)
    assert (told["warnings"], told["duplicates"]) == (["possible-duplicate"], [one])
    other = clerk.done("/care-cases", case | {"name": "Lộc Văn Sáu"})
    assert not other.keys() & {"warnings", "duplicates"}


def test_four_eyes_hold_across_the_two_ids_of_one_person(clerk: Hands, village: Village) -> None:
    club, on = f"/clubs/{village.club_id}", "2026-03-10"
    one, two, third = (village.member(f"Vi Thị {name}") for name in ("Đôi", "Đội", "Đồi"))
    told = [
        clerk.done(f"{club}/dues", {"occurred_on": on, "amount": 20_000}),
        clerk.done(f"{club}/meetings", {"occurred_on": on, "head_count": 40}),
        clerk.done(
            f"{club}/group-work", {"occurred_on": on, "activity": "public_works", "people": 9}
        ),
    ]
    asked = [f"/events/{event['event_id']}/reversal" for event in told]
    for address in asked:
        clerk.done(address, {"reason": "Ghi nhầm"}, by=two)
    third_merge = {"duplicate_id": str(third), "reason": "Ghi hai lần"}
    clerk.done(f"/members/{village.treasurer}/merge", third_merge, by=two)
    clerk.done(f"/members/{one}/merge", {"duplicate_id": str(two), "reason": "Ghi hai lần"})
    clerk.done(f"/members/{one}/merge/approval", {"duplicate_id": str(two)}, by=village.chair)
    asked.append(f"/members/{village.treasurer}/merge")
    for address in asked:
        body = {"duplicate_id": str(third)} if "members" in address else {}
        refused(clerk.post(f"{address}/approval", body, by=one), 409, "same-person")
        clerk.done(f"{address}/approval", body, by=village.chair)


def test_an_old_report_shows_the_old_commune(clerk: Hands, shown: Shown) -> None:
    founded = {
        "name": "CLB thôn Nà Pàn",
        "founded_on": "2021-03-15",
        "commune": "Xã Quan Sơn Cũ",
        "district": "Chi Lăng",
        "province": "Lạng Sơn",
    }
    told = clerk.done("/clubs", founded)
    assert told["warnings"] == ["unit-unknown"]
    moved = {"occurred_on": "2025-07-01", "commune": "Quan Sơn", "province": "Tỉnh Lạng Sơn"}
    assert "warnings" not in clerk.done(f"/clubs/{told['id']}/commune", moved)
    address = f"/clubs/{told['id']}"
    old, new = (shown(address, as_of=day) for day in ("2025-06-30", "2025-07-01"))
    assert (old["commune"], old["commune_code"], old["district"]) == (
        "Xã Quan Sơn Cũ", None, "Chi Lăng",
    )  # fmt: skip
    code = shown("/units", q="quan son", province="lang son")["items"][0]["code"]
    assert (new["commune"], new["commune_code"], new["district"]) == ("Quan Sơn", code, None)
    assert new["id"] == old["id"]


def test_a_club_that_pauses_lends_nothing_and_takes_what_is_owed(
    clerk: Hands, village: Village, shown: Shown
) -> None:
    club = f"/clubs/{village.club_id}"
    loan = village.lent(village.member("Hoàng Thị Lan", joined_on=FOUNDED), 2_000_000)
    end = {"occurred_on": "2026-03-10", "decision": "30/QĐ-UBND"}
    refused(clerk.post(f"{club}/dissolution", end), 409, "principal-outstanding")
    clerk.done(f"{club}/suspension", {"occurred_on": "2026-03-10"})
    assert shown(club, as_of="2026-03-10")["status"] == "suspended"
    assert shown(club, as_of="2026-03-09")["status"] == "running"
    village.repaid(loan, 2_014_000, DAY)
    refused(clerk.post(f"{club}/dissolution", end), 409, "money-left")
    joining = {"name": "Vi Thị Mới", "joined_on": "2026-03-10"}
    refused(clerk.post(f"{club}/members", joining), 409, "club-suspended")


def test_what_a_club_did_is_listed_and_printed(
    client: TestClient, clerk: Hands, village: Village, shown: Shown
) -> None:
    club = f"/clubs/{village.club_id}"
    told = clerk.done(
        f"{club}/meetings",
        {"occurred_on": "2026-03-10", "attended": [str(village.chair)], "head_count": 41,
         "note": "Đủ người"},
    )  # fmt: skip
    refused(clerk.post(f"{club}/meetings", {"occurred_on": "2026-03-10", "head_count": 1}), 409,
            "meeting-exists")  # fmt: skip
    clerk.done(f"{club}/meetings", {"occurred_on": "2026-02-10", "head_count": 38})
    meetings = shown(f"{club}/meetings")["items"]
    assert [row["occurred_on"] for row in meetings] == ["2026-02-10", "2026-03-10"]
    assert meetings[1] == {
        "id": told["id"],
        "event_id": told["event_id"],
        "occurred_on": "2026-03-10",
        "planned_on": None,
        "minutes": None,
        "head_count": 41,
        "attended": [str(village.chair)],
        "warnings": [],
        "note": "Đủ người",
    }
    assert len(shown(f"{club}/meetings", **{"from": "2026-03-01"})["items"]) == 1
    first = shown(f"{club}/meetings", limit=1)
    rest = shown(f"{club}/meetings", limit=1, after=first["next"])
    assert first["items"] + rest["items"] == meetings
    clerk.done(f"{club}/activities", {"occurred_on": "2026-03-08", "area": "culture",
                                      "kind": "sport", "title": "Bóng chuyền hơi"})  # fmt: skip
    assert shown(f"{club}/activities")["items"][0]["title"] == "Bóng chuyền hơi"
    paper = client.get(f"/v1{club}/meetings.csv")
    assert "Số người dự" in paper.text
    assert paper.text.count("\n") == 3


def test_a_meeting_put_off_and_help_given_are_listed_and_a_mistake_leaves_the_list(
    client: TestClient, clerk: Hands, village: Village, shown: Shown
) -> None:
    club, lan = f"/clubs/{village.club_id}", str(village.member("Hoàng Thị Lan"))
    clerk.done(f"{club}/meeting-postponements",
               {"occurred_on": "2026-03-09", "planned_on": "2026-03-10", "to_on": "2026-03-15",
                "reason": "Mưa lũ"})  # fmt: skip
    (put_off,) = shown(f"{club}/meeting-postponements")["items"]
    assert put_off == {
        "id": put_off["event_id"],
        "event_id": put_off["event_id"],
        "occurred_on": "2026-03-09",
        "planned_on": "2026-03-10",
        "to_on": "2026-03-15",
        "reason": "Mưa lũ",
    }
    paper = client.get(f"/v1{club}/meeting-postponements.csv")
    assert "2026-03-15" in paper.text
    assert "Mưa lũ" in paper.text
    given = {"occurred_on": "2026-03-10", "person_id": lan, "kind": "sick_visit",
             "value": 200_000, "given_by": [str(village.chair)], "note": "Sau mổ"}  # fmt: skip
    told = clerk.done(f"{club}/supports", given)
    (support,) = shown(f"{club}/supports")["items"]
    assert support == given | {"id": told["id"], "event_id": told["event_id"]}
    refused(clerk.post(f"{club}/supports", given | {"given_by": [lan]}), 409, "same-person")
    wrong = f"/events/{told['event_id']}/reversal"
    clerk.done(wrong, {"occurred_on": "2026-03-10", "reason": "Ghi nhầm người"})
    assert len(shown(f"{club}/supports")["items"]) == 1
    clerk.done(f"{wrong}/approval", {"occurred_on": "2026-03-10"}, by=village.treasurer)
    assert shown(f"{club}/supports")["items"] == []
    assert client.get(f"/v1/clubs/{lan}/meeting-postponements").status_code == 404


def test_what_an_association_did_is_listed_and_printed(
    client: TestClient, clerk: Hands, village: Village, shown: Shown
) -> None:
    named = {"name": "Hội NCT tỉnh Lạng Sơn", "level": "province", "province": "Lạng Sơn"}
    id = clerk.done("/associations", named)["id"]
    address = f"/associations/{id}"
    assert shown(address) == {**named, "id": id, "commune": None}
    assert [row["id"] for row in shown("/associations")["items"]] == [id]
    for late, early, of, titles in (
        ({"title": "Quản lý quỹ", "days": 2, "delegates": 120},
         {"title": "Sổ sách", "delegates": 30}, "trainings", ["Sổ sách", "Quản lý quỹ"]),
        ({"kind": "news", "outlet": "Báo Lạng Sơn", "title": "Giúp nhau"},
         {"kind": "broadcast", "outlet": "Đài tỉnh", "title": "Thoát nghèo"},
         "media-items", ["Thoát nghèo", "Giúp nhau"]),
    ):  # fmt: skip
        clerk.done(f"{address}/{of}", {**late, "occurred_on": "2026-03-10"})
        clerk.done(f"{address}/{of}", {**early, "occurred_on": "2026-02-10"})
        assert [row["title"] for row in shown(f"{address}/{of}")["items"]] == titles
        assert titles[0] in client.get(f"/v1{address}/{of}.csv").text
    plan = {"occurred_on": "2026-01-15", "year": 2026, "decision": "05/KH", "targets": {"clubs": 6}}
    clerk.done(f"{address}/plans", plan)
    (listed,) = shown(f"{address}/plans")["items"]
    assert (listed["year"], listed["decision"], listed["targets"]) == (2026, "05/KH", {"clubs": 6})
    assert client.get(f"/v1/associations/{village.club_id}/plans").status_code == 404
