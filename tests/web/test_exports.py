"""Files that pages hand out: each leaves its line in the access log, or does not leave at all."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from conftest import Server
from domain.accounts.roles import Role, Scope
from logins import granted
from store.database import Database
from tests.audit.logbook import LogBook
from tests.web.hamlet import Hamlet, hamlet

Browser = Callable[..., TestClient]


@pytest.fixture
def here(desk: Any, server: Server, database_name: str, tmp_path: Path) -> Hamlet:
    made = hamlet(desk)
    LogBook(server.integrator(database_name), server.admin(database_name), tmp_path).sign()
    return made


def files(here: Hamlet) -> dict[str, str]:
    return {
        "take_bundle": f"/audit{here.club}/bundle.zip",
        "show_journal": f"{here.club}/ledger.hledger",
        "own_book": f"{here.club}/book.xlsx",
    }


def test_every_file_of_a_page_leaves_a_line(
    browser: Browser, here: Hamlet, database: Database
) -> None:
    reader = browser(here.village.chair)
    for what, address in files(here).items():
        answer = reader.get(address)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-disposition"].startswith("attachment"), address
        with database.connection() as connection:
            rows = connection.execute(
                "SELECT kind, person_id FROM access.log WHERE what = %s", (what,)
            ).fetchall()
        assert ("export", here.village.chair) in rows, address


def test_without_the_log_no_file_leaves(
    browser: Browser, here: Hamlet, server: Server, database_name: str
) -> None:
    reader = browser(here.village.chair)
    with psycopg.connect(server.admin(database_name), autocommit=True) as administrator:
        administrator.execute("DROP TABLE access.log")
    for address in files(here).values():
        answer = reader.get(address)
        assert answer.status_code == 503, address
        assert "content-disposition" not in answer.headers


def test_a_journal_is_of_the_days_that_an_auditor_may_see(browser: Browser, here: Hamlet) -> None:
    club = Scope(kind="club", id=str(here.village.club_id))
    first, last = date(2026, 4, 1), date(2026, 4, 30)
    auditor = granted(Role.AUDITOR, club, books_from=first, books_to=last)
    address = files(here)["show_journal"]
    whole = browser(here.village.chair).get(address).text
    assert "2026-03-10" in whole, "the control: the loans were paid then"
    theirs = browser(here.village.secretary, grants=[auditor])
    told = theirs.get(address)
    assert told.status_code == 200
    assert "2026-04-10" in told.text
    assert "2026-03-10" not in told.text
    assert theirs.get(f"{address}?from=2026-03-01").status_code == 404
