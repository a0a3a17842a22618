"""Clubs and members, as the secretary looks them up."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from desk import people
from desk.desk import Desk
from domain.clubs.decisions import ElectBoard, FoundClub
from projections.follower import Follower
from tests.api.hands import Hands
from tests.api.problems import pointers, refused
from village import FOUNDED, SYSTEM, Village

NAMES = ["Vi Thị Ánh", "Lý Văn Bảo", "Hoàng Thị Đào", "Hoàng Thị Dung", "Nguyễn Thị Phượng"]


@pytest.fixture
def village(desk: Desk, follower: Follower) -> Village:
    village = Village(desk)
    for name in NAMES:
        village.member(name)
    people.elect_board(
        desk,
        SYSTEM,
        village.club_id,
        ElectBoard.model_validate(
            {
                "elected_on": FOUNDED,
                "holders": (
                    {"office": "chair", "person_id": village.chair},
                    {"office": "treasurer", "person_id": village.treasurer},
                ),
            }
        ),
    )
    follower.catch_up()
    return village


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


def test_a_club_is_shown_with_its_board(client: TestClient, village: Village, desk: Desk) -> None:
    answer = client.get(f"/v1/clubs/{village.club_id}")
    assert answer.json() == {
        "id": str(village.club_id),
        "name": "CLB thôn Nà Thử",
        "village": None,
        "commune": None,
        "province": None,
        "decision": None,
        "founded_on": "2024-01-10",
        "meeting_day": None,
        "status": "running",
        "commune_code": None,
        "district": None,
        "stand_ins": [],
        "as_of": desk.today.isoformat(),
        "board": [
            {"office": "chair", "person_id": str(village.chair), "name": "Nông Thị Chủ"},
            {"office": "treasurer", "person_id": str(village.treasurer), "name": "Lộc Văn Quỹ"},
        ],
    }


def test_personal_answers_are_not_kept_by_anybody_between(
    client: TestClient, village: Village
) -> None:
    headers = client.get(f"/v1/clubs/{village.club_id}/members").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_members_stand_by_given_name_the_vietnamese_way(
    client: TestClient, village: Village
) -> None:
    assert names(client.get(f"/v1/clubs/{village.club_id}/members")) == [
        "Vi Thị Ánh",
        "Lý Văn Bảo",
        "Nông Thị Chủ",
        "Hoàng Thị Dung",
        "Hoàng Thị Đào",
        "Nguyễn Thị Phượng",
        "Lộc Văn Quỹ",
        "Vi Thị Thư",
    ]


@pytest.mark.parametrize(
    "q", ["phuong", "PHƯỢNG", "thi phuong", "Phu\u031bo\u031b\u0323ng", " Phượng "]
)
def test_a_name_is_found_without_tones_and_in_any_form(
    client: TestClient, village: Village, q: str
) -> None:
    found = names(client.get(f"/v1/clubs/{village.club_id}/members", params={"q": q}))
    assert found == ["Nguyễn Thị Phượng"]


def test_d_and_dd_fold_together_and_nothing_is_a_wildcard(
    client: TestClient, village: Village
) -> None:
    address = f"/v1/clubs/{village.club_id}/members"
    assert names(client.get(address, params={"q": "dao"})) == ["Hoàng Thị Đào"]
    assert names(client.get(address, params={"q": "%"})) == []
    assert names(client.get(address, params={"q": "_"})) == []
    assert names(client.get(address, params={"q": "' OR 1=1 --"})) == []
    assert len(names(client.get(address, params={"q": ""}))) == 8


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 200])
def test_the_pages_of_members_hold_everybody_once(
    client: TestClient, village: Village, limit: int
) -> None:
    address = f"/v1/clubs/{village.club_id}/members"
    whole = [item["id"] for item in client.get(address).json()["items"]]
    assert walked(client, f"{address}?limit={limit}", limit) == whole


def test_namesakes_are_all_found_across_pages(
    client: TestClient, village: Village, follower: Follower
) -> None:
    twins = {str(village.member("Hoàng Thị Dung")) for _ in range(5)}
    follower.catch_up()
    address = f"/v1/clubs/{village.club_id}/members?limit=2&q=Dung"
    ids = walked(client, address, 2)
    assert len(ids) == len(set(ids)) == 6
    assert twins < set(ids)


def test_the_pages_of_clubs_hold_every_club_once(
    client: TestClient, village: Village, desk: Desk, follower: Follower
) -> None:
    made = [str(village.club_id)]
    for n in range(6):
        club_id = desk.new_id()
        command = FoundClub(club_id=club_id, name=f"CLB {n}", founded_on=FOUNDED)
        people.found_club(desk, SYSTEM, command)
        made.append(str(club_id))
    follower.catch_up()
    assert walked(client, "/v1/clubs?limit=3", 3) == sorted(made)


def test_a_member_is_shown(client: TestClient, village: Village, desk: Desk) -> None:
    page = client.get(f"/v1/members/{village.chair}").json()
    assert page.pop("known_at").endswith("Z")
    nothing = (
        "sex birth_year birth_date died_on phone address ethnicity citizen_number household_class "
        "class_from class_year merged_into"
    )
    assert page == dict.fromkeys(nothing.split()) | {
        "id": str(village.chair),
        "name": "Nông Thị Chủ",
        "memberships": [
            {
                "club_id": str(village.club_id),
                "club_name": "CLB thôn Nà Thử",
                "joined_on": "2024-01-10",
                "left_on": None,
                "cause": None,
                "volunteer": False,
            }
        ],
        "consents": [],
        "hidden": ["health"],
        "also_known_by": [],
        "erased": [],
        "as_of": desk.today.isoformat(),
    }


def test_what_does_not_exist_is_not_found(client: TestClient, village: Village) -> None:
    nobody = "0199c1c0-0000-7000-8000-000000000000"
    for address in (
        f"/v1/clubs/{nobody}",
        f"/v1/clubs/{nobody}/members",
        f"/v1/clubs/{nobody}/loans",
        f"/v1/clubs/{nobody}/ledger",
        f"/v1/clubs/{nobody}/balances",
        f"/v1/clubs/{nobody}/vouchers",
        f"/v1/members/{nobody}",
        f"/v1/loans/{nobody}",
        f"/v1/members/{village.club_id}",
        "/v1/nothing",
        "/v1/clubs/",
        "/docs/other.js",
        "/redoc",
    ):
        refused(client.get(address), 404, "not-found")


def test_a_cursor_nobody_was_given_is_refused(client: TestClient, village: Village) -> None:
    address = f"/v1/clubs/{village.club_id}/members"
    club_cursor = "WyIwMTk5YzFjMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDAiXQ"
    for forged in ("", "x", "====", "W10", "bnVsbA", club_cursor, "A" * 3999, "ờ", "WyJ6eiIsIDFd"):
        found = refused(client.get(address, params={"after": forged}), 422, "malformed")
        assert pointers(found) == {("query", "/after", "cursor-invalid")}


def walked(client: TestClient, address: str, limit: int) -> list[str]:
    """The ids of every page, from link to link."""
    ids: list[str] = []
    while True:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        ids += [item["id"] for item in page["items"]]
        if page["next"] is None:
            assert "link" not in answer.headers
            return ids
        assert len(page["items"]) == limit
        link = answer.headers["link"]
        assert link.startswith("</v1/")
        assert link.endswith('>; rel="next"')
        address = link[1:].partition(">")[0]
        assert f"after={page['next']}" in address


def test_a_correction_of_nothing_is_refused(client: TestClient, village: Village) -> None:
    hands = Hands(client, village.secretary)
    for body in ({}, {"birth": None}, {"address": None, "reason": "Ghi nhầm"}):
        answer = hands.post(f"/members/{village.chair}/corrections", body)
        refused(answer, 422, "malformed")
