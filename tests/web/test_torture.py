"""Every page and every form against what no browser of ours would send: a clear answer, no error
of ours, and nothing recorded."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from desk.desk import Desk
from tests.web.hamlet import Hamlet, hamlet
from web.app import _PAGES

NOWHERE = "0199c1c0-0000-7000-8000-000000000000"
TORTURE = (
    "",
    "\x00",
    "ẩ" * 5_000,
    "-1",
    "9" * 40,
    "1e3",
    "NaN",
    "../..",
    "<script>",
    "'; --",
    "[]",
    "10/3/2026",
)
FIELDS = """
    activity amount appraisal approved_by as_of at_least body client_id closed_by club_id code count
    decision end event_id from guarantor_id id instalments key kind language loan_id member_id memo
    method minutes next note on paid_by part password period planned_on proposed_by purpose q rate
    reason result sample_id seed settled_by since size start tasks to token until user volunteer_id
    iss state pin
""".split()
OUTSIDE = {"log_out", "log_in", "choose_language"}
"""They record nothing and end or begin what the others need."""


def routes(method: str) -> list[APIRoute]:
    every = [route for family in _PAGES for route in family.router.routes]
    return [r for r in every if isinstance(r, APIRoute) and method in r.methods]


@pytest.fixture
def here(desk: Desk) -> Hamlet:
    return hamlet(desk)


@pytest.fixture
def chair(browser: Any, here: Hamlet) -> Iterator[Any]:
    with browser(here.village.chair) as client:
        yield client


def addresses(route: APIRoute, here: Hamlet) -> list[str]:
    """Of things that are there, of a club's id in the place of every other, and of nothing."""
    known = {"club_id": here.village.club_id, "loan_id": here.loan, "member_id": here.borrower}
    names = re.findall(r"{(\w+)", route.path)

    def filled(ids: dict[str, Any]) -> str:
        return re.sub(r"{(\w+)(:\w+)?}", lambda found: str(ids[found[1]]), route.path)

    every = [
        {name: known.get(name, NOWHERE) for name in names},
        dict.fromkeys(names, here.village.club_id),
        dict.fromkeys(names, NOWHERE),
        dict.fromkeys(names, "x"),
    ]
    return list(dict.fromkeys(filled(ids) for ids in every))


def broke(answer: Any) -> bool:
    return answer.status_code >= 500 and answer.status_code != 503


def test_no_page_breaks_whatever_stands_in_its_address(chair: Any, here: Hamlet) -> None:
    broken: list[object] = []

    def held(answer: Any, what: object) -> None:
        broken.extend([what] if broke(answer) else [])

    for route in routes("GET"):
        for address in addresses(route, here):
            held(chair.get(address), address)
        for torture in TORTURE:
            asked = dict.fromkeys(FIELDS, torture[:100])
            held(chair.get(addresses(route, here)[0], params=asked), (route.path, torture[:20]))
    assert not broken


def test_no_form_breaks_and_none_is_taken(
    chair: Any, here: Hamlet, desk: Desk, app: FastAPI
) -> None:
    broken: list[object] = []

    def held(answer: Any, what: object) -> None:
        broken.extend([what] if broke(answer) else [])

    head = desk.log.head()
    for route in routes("POST"):
        if route.name in OUTSIDE:
            continue
        for address in addresses(route, here):
            held(chair.post(address, data={}), address)
            held(
                chair.post(address, content=b"\xff\x00", headers={"Content-Type": "text/x"}),
                address,
            )
        for torture in TORTURE:
            sent = dict.fromkeys(FIELDS, torture)
            held(chair.post(addresses(route, here)[0], data=sent), (route.path, torture[:20]))
        files = {name: ("x.xlsx", b"PK\x03\x04") for name in ("amount", "key")}
        held(chair.post(addresses(route, here)[0], files=files), route.path)
    assert not broken
    assert desk.log.head() == head


def test_nobody_comes_to_another_clubs_import(
    browser: Any, here: Hamlet, desk: Desk, shared_data: Any
) -> None:
    """With rights of their own: the number of somebody else's import in an address of theirs."""
    from domain.accounts.roles import Role, Scope
    from exchange.importing import import_book
    from logins import granted

    follower = browser(here.village.chair).app.state.parts.follower
    theirs = import_book(desk, follower, shared_data / "club-book.xlsx")
    assert theirs.import_id is not None
    own = Scope(kind="club", id=str(here.village.club_id))
    roles = [granted(role, own) for role in (Role.ACCOUNTANT, Role.CHAIR, Role.TREASURER)]
    stranger, head = browser(here.village.secretary, grants=roles), desk.log.head()
    address = f"/clubs/{here.village.club_id}/imports/{theirs.import_id}/undo"
    assert stranger.post(address).status_code == 404
    book = {"book": ("so.xlsx", (shared_data / "club-book.xlsx").read_bytes())}
    answer = stranger.post("/imports", files=book)
    assert answer.status_code == 422
    assert "ngoài phạm vi" in answer.text
    assert desk.log.head() == head
    assert UUID(str(theirs.club_id))
