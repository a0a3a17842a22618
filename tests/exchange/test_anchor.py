"""The signed head on papers: the code the auditors' own tool shows, and the same when reprinted."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from desk.desk import Desk
from exchange.paper.anchor import code
from exchange.paper.report import report_pdf
from exchange.paper.statement import statements_pdf
from projections.club_report import club_report
from projections.figures import Period
from projections.follower import Follower
from projections.heads import head_over
from store.database import Database
from tests.audit.logbook import LogBook
from tests.exchange.test_printing import HARD, MAY, Club, Paper

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
Printing = Callable[[], dict[str, bytes]]


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)


@pytest.fixture
def club(desk: Desk, follower: Follower) -> Club:
    return Club(desk, follower)


@pytest.fixture
def book(server: Any, database_name: str, tmp_path: Path) -> LogBook:
    return LogBook(server.integrator(database_name), server.admin(database_name), tmp_path)


@pytest.fixture
def printed(club: Club) -> Printing:
    """The papers of one moment, as often as they are asked for."""
    at, event_id = club.seen(YEAR.last), club.event_of("PC-2026-0001")

    def once() -> dict[str, bytes]:
        with club.desk.log.database.connection() as connection:
            report = club_report(connection, at, YEAR, club.desk.keys)
            return {
                "report": report_pdf(report, {}),
                "statement": statements_pdf(connection, at),
                "voucher": club.voucher_of(event_id),
            }

    return once


def test_before_a_head_is_signed_papers_name_none(club: Club, printed: Printing) -> None:
    with club.desk.log.database.connection() as connection:
        assert club_report(connection, club.seen(MAY), YEAR, club.desk.keys)["log"] is None
    for paper in printed().values():
        assert paper.startswith(b"%PDF-")


def test_papers_carry_the_fingerprint_an_auditor_sees_and_keep_it(
    club: Club, book: LogBook, printed: Printing, follower: Follower, tmp_path: Path
) -> None:
    bare = printed()
    signed = book.sign()
    first = printed()
    shown = book.verified(book.bundle(club.desk.log.database, follower)).facts["fingerprint"]
    assert shown == signed.head.fingerprint
    for name, content in first.items():
        assert "Vân tay" not in Paper(bare[name], tmp_path).text, name
        text = Paper(content, tmp_path).text
        assert shown in text, name
        assert "Vân tay nhật ký" in text, name
    # The log goes on and is signed again: what was printed is printed the same.
    club.member("Lý Thị Mới")
    assert book.sign().head.fingerprint != shown
    assert printed() == first


def test_a_report_names_its_head_and_the_code_says_no_more(club: Club, book: LogBook) -> None:
    signed = book.sign()
    with club.desk.log.database.connection() as connection:
        told = club_report(connection, club.seen(MAY), YEAR, club.desk.keys)["log"]
    assert told is not None
    assert (told["size"], told["fingerprint"]) == (signed.head.size, signed.head.fingerprint)
    assert told["signed_at"].endswith("Z")
    assert code(told) == f"{signed.head.size} {signed.head.fingerprint}"


def test_the_head_named_is_the_first_that_holds_the_position(club: Club, book: LogBook) -> None:
    early = book.sign().head.size
    club.member("Lý Thị Mới")
    late = book.sign().head.size
    wanted = {1: early, early: early, early + 1: late, late: late, late + 1: late}
    with club.desk.log.database.connection() as connection:
        found = {position: head_over(connection, position) for position in wanted}
    assert {at: head["size"] for at, head in found.items() if head} == wanted


def test_with_a_head_a_long_voucher_still_fits_its_page(
    club: Club, book: LogBook, follower: Follower, tmp_path: Path
) -> None:
    long = club.member("Công Tằng Tôn Nữ " + HARD + " " + "Ẫ" * 140)
    club.lent(long, 2_345_678, MAY)
    follower.catch_up()
    fingerprint = book.sign().head.fingerprint
    paper = Paper(club.voucher("PC-2026-0002"), tmp_path)
    assert paper.pages == 1
    assert fingerprint in paper.text
    assert "Thủ quỹ" in paper.text
