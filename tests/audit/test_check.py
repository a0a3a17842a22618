"""`sochung check`: a true book is clean, as far as each read model has come."""

from pathlib import Path

import pytest

from audit.checks import run
from desk import books
from desk.desk import KINDS, Desk
from domain.loans.commands import DisburseLoan, ProposeReversal
from domain.values import Purpose
from exchange.importing import import_book
from exchange.undoing import undo_import
from projections import loans
from projections.follower import Follower
from store.database import Database
from tests.audit.tampering import LATER, Busy, Intruder, codes
from village import DAY, SYSTEM, Village

# No history here is long enough for a snapshot, nobody is cared for, and nobody integrates.
UNASKED = ("snapshots", "care", "evidence", "attachments", "access-log")


def test_a_true_book_is_clean(database: Database, village: Busy) -> None:
    report = run(database, KINDS)
    assert report.findings == ()
    assert report.clean
    assert report.head == village.desk.log.head()
    assert report.checked["log"] > report.head, "events and commands alike"
    assert min(count for name, count in report.checked.items() if name not in UNASKED) > 0


def test_an_empty_log_is_clean(database: Database) -> None:
    report = run(database, KINDS)
    assert report.clean
    assert report.head == 0


def test_models_that_are_behind_are_compared_where_they_stand(
    database: Database, village: Busy
) -> None:
    village.repaid(village.loan, 10_000, LATER)
    report = run(database, KINDS)
    assert report.clean
    assert codes(report, "info") == {"model-behind"}


def test_progress_is_told_on_the_way(database: Database, village: Busy) -> None:
    seen: list[tuple[int, int]] = []
    run(database, progress=lambda position, head: seen.append((position, head)))
    head = village.desk.log.head()
    assert seen[-1] == (head, head)


def test_the_rest_of_many_findings_is_counted(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    intruder.sql("UPDATE read.postings SET amount = amount + 1")
    report = run(database, limit=3)
    of_postings = [finding for finding in report.findings if finding.check == "postings"]
    assert [finding.code for finding in of_postings] == ["postings-differ"] * 3 + ["more"]
    assert of_postings[-1].facts["more"] > 3
    assert not report.clean


@pytest.mark.parametrize("book", ["club-book.xlsx", "club-book-rough.xlsx"])
def test_a_past_book_is_clean_and_so_it_is_undone(
    database: Database, desk: Desk, shared_data: Path, book: str
) -> None:
    follower = Follower(database, desk.keys)
    imported = import_book(desk, follower, shared_data / book)
    assert imported.import_id is not None
    assert run(database, KINDS, snapshots=None).findings == ()
    undo_import(desk, follower, imported.import_id)
    report = run(database, KINDS, snapshots=None)
    assert report.findings == ()
    assert report.checked["reversals"] > 1_000


def test_a_payout_below_the_approval_taken_back_leaves_the_books_clean(
    desk: Desk, database: Database
) -> None:
    village = Village(desk, capital=10_000_000)
    lan = village.member("Nguyễn Thị Lan")
    loan_id = village.approved(lan, 2_000_000)
    paid = books.disburse_loan(
        desk,
        SYSTEM,
        loan_id,
        DisburseLoan(occurred_on=DAY, amount=1_500_000, paid_by=village.treasurer),
    )
    reason = desk.keys.seal(village.club_id, Purpose.MEMO, "Trả lại ngay tại buổi họp")
    proposal = ProposeReversal(
        occurred_on=DAY, event_id=paid.event_id, proposed_by=village.treasurer, reason=reason
    )
    books.propose_reversal(desk, SYSTEM, proposal)
    books.approve_reversal(desk, SYSTEM, paid.event_id, village.chair, DAY)
    Follower(database, desk.keys).catch_up(30)
    with database.connection() as connection:
        row = loans.one(connection, loan_id)
    assert row is not None
    assert (row.step, row.amount, row.outstanding) == ("approved", 2_000_000, 0)
    assert run(database, KINDS).clean
