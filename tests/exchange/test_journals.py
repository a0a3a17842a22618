"""Journals, read by programs that are not ours: they accept ours, and refuse one altered đồng.

hledger and Beancount are run, never imported (GPL): `make journal-programs` fetches them. Where
one is missing its tests are skipped and say so.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from audit.checks import run as check
from desk.desk import KINDS, Desk
from exchange.importing import import_book
from exchange.journals import beancount, chart, hledger
from journal_readers import EACH, Reader, ours, taken
from projections import club_work, clubs, ledger
from projections.follower import Follower
from projections.journal import Journal, Place
from scene_of_care import CareVillage
from store.database import Database
from tests.audit.wholebook import WholeBook
from village import DAY, Village

BOOKS = ("club-book", "club-book-rough")


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)


@pytest.fixture(params=BOOKS)
def imported(
    request: pytest.FixtureRequest, shared_data: Path, desk: Desk, follower: Follower
) -> UUID:
    report = import_book(desk, follower, shared_data / f"{request.param}.xlsx")
    assert report.club_id is not None, report.rejected
    return report.club_id


def altered(text: str, pattern: str) -> Iterator[str]:
    """The text with one amount a đồng higher: the first, one in the middle, the last."""
    found = list(re.finditer(pattern, text, re.MULTILINE))
    assert len(found) > 2
    for match in (found[0], found[len(found) // 2], found[-1]):
        start, end = match.span(1)
        yield f"{text[:start]}{int(match[1]) + 1}{text[end:]}"


@EACH
def test_accepted_agrees_to_the_dong_and_one_altered_dong_is_refused(
    database: Database, imported: UUID, reader: Reader, tmp_path: Path
) -> None:
    made = taken(database, imported)
    text = reader.write(made, "CLB")
    file = tmp_path / "club.journal"
    file.write_text(text, encoding="utf-8")
    done = reader.accepts(file)
    assert (done.returncode, done.stderr) == (0, "")
    assert reader.balances(file) == ours(database, imported)
    is_hledger = reader.kind == "hledger"
    of_month_end = r" = (-?\d+) VND$" if is_hledger else r"^\S+ balance \S+ (-?\d+) VND$"
    of_a_leg = r"^    \S+  (-?[1-9]\d*) VND$" if is_hledger else r"^  \S+  (-?\d+) VND$"
    for wrong in (*altered(text, of_a_leg), *altered(text, of_month_end)):
        file.write_text(wrong, encoding="utf-8")
        assert reader.accepts(file).returncode != 0
    undeclared = re.sub(r"(?m)^(account|\S+ open) \S*111-\S*QuỹHoạtĐộng.*\n", "", text)
    assert undeclared != text
    file.write_text(undeclared, encoding="utf-8")
    assert reader.accepts(file).returncode != 0


def test_every_month_end_holds_every_account_and_every_event_is_named(
    database: Database, imported: UUID
) -> None:
    """Held against a plain sum over the ledger's lines, which the journal does not read."""
    made = taken(database, imported)
    with database.connection() as connection:
        lines = list(ledger.lines(connection, imported))
    ends = sorted({held.on for held in made.holdings})
    months = (ends[-1].year - ends[0].year) * 12 + ends[-1].month - ends[0].month + 1
    assert len(ends) == months > 80
    for end in ends:
        sums: dict[Place, int] = defaultdict(int)
        for line in lines:
            if line.occurred_on <= end:
                loan = line.loan_id if line.account == "1283" else None
                sums[Place(line.account, line.fund, loan)] += line.amount
        told = {held.place: held.amount for held in made.holdings if held.on == end}
        assert {k: v for k, v in told.items() if v} == {k: v for k, v in sums.items() if v}
    assert [one.event_id for one in made.transactions] == list(
        dict.fromkeys(line.event_id for line in lines)
    )
    text = hledger.write(made, "CLB")
    assert all(f"({one.event_id})" in text for one in made.transactions)


@EACH
@pytest.mark.parametrize(("since", "until"), [("2020-01-15", "2021-03-20"), ("2019-06-01", None)])
def test_a_period_begins_with_what_stood_before(
    database: Database,
    imported: UUID,
    reader: Reader,
    since: str,
    until: str | None,
    tmp_path: Path,
) -> None:
    last = date.fromisoformat(until) if until else None
    made = taken(database, imported, date.fromisoformat(since), last)
    file = tmp_path / "club.journal"
    file.write_text(reader.write(made, "CLB"), encoding="utf-8")
    done = reader.accepts(file)
    assert (done.returncode, done.stderr) == (0, "")
    with database.connection() as connection:
        held = ledger.balances(connection, imported, as_of=last)
    cash = sum(one.amount for one in held if one.account == "111")
    told = reader.balances(file)
    assert sum(amount for account, amount in told.items() if ":111-" in account) == cash


@EACH
def test_a_book_with_every_kind_of_entry(
    database: Database, desk: Desk, follower: Follower, reader: Reader, tmp_path: Path
) -> None:
    club = WholeBook(desk)
    follower.catch_up()
    assert check(database, KINDS).clean
    with database.connection() as connection:
        row = clubs.one_club(connection, club.club_id)
    assert row is not None
    file = tmp_path / "club.journal"
    file.write_text(reader.write(taken(database, club.club_id), row.name), encoding="utf-8")
    done = reader.accepts(file)
    assert (done.returncode, done.stderr) == (0, "")
    assert reader.balances(file) == ours(database, club.club_id)


def work_of(database: Database, club_id: UUID, until: date) -> dict[str, Decimal]:
    """Work-days by activity as the list of volunteer days has them, row by row."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    with database.connection() as connection:
        for row in club_work.volunteer_days(connection, club_id, until=until):
            sums[chart.labour_name(row.activity)] += row.work_days
    sums[chart.GIVEN] = -sum(sums.values(), Decimal(0))
    return {account: amount for account, amount in sums.items() if amount}


@EACH
def test_work_days_are_a_commodity_of_their_own_held_at_each_months_end(
    database: Database, imported: UUID, reader: Reader, tmp_path: Path
) -> None:
    last = date(2021, 3, 20)
    for since in (None, date(2020, 1, 15)):
        made = taken(database, imported, since, last)
        text = reader.write(made, "CLB")
        file = tmp_path / "club.journal"
        file.write_text(text, encoding="utf-8")
        done = reader.accepts(file)
        assert (done.returncode, done.stderr) == (0, "")
        expected = work_of(database, imported, last)
        assert len(expected) > 2
        assert reader.work_days(file) == expected
        assert reader.balances(file).keys().isdisjoint(expected)
    is_hledger = reader.kind == "hledger"
    of_month_end = (
        r" = (-?\d+)\.\d+ CONG$" if is_hledger else r"^\S+ balance \S+ (-?\d+)\.\d+ ~ 0 CONG$"
    )
    of_a_leg = r"^ +\S+  (-?\d+)\.\d+ CONG$"
    for wrong in (*altered(text, of_a_leg), *altered(text, of_month_end)):
        file.write_text(wrong, encoding="utf-8")
        assert reader.accepts(file).returncode != 0
    held = r"(?m)(balance \S+|=) (\d+\.\d{3})0( ~ 0)? CONG$"
    smallest = re.sub(held, r"\1 \g<2>1\3 CONG", text, count=1)
    assert smallest != text
    file.write_text(smallest, encoding="utf-8")
    assert reader.accepts(file).returncode != 0, "a ten-thousandth of a day is refused too"


@EACH
def test_work_that_was_taken_back_is_in_no_journal(
    database: Database, desk: Desk, follower: Follower, reader: Reader, tmp_path: Path
) -> None:
    village = CareVillage(desk)
    shift = village.shift(DAY, 240)
    wrong = village.care(shift)
    village.care(village.shift(DAY, 100, activity="public_works"))
    village.withdrawn(wrong, shift)
    follower.catch_up()
    text = reader.write(taken(database, village.club_id), "CLB")
    assert "GiúpHộ" not in text
    assert "Bế" not in text, "whoever worked is not named"
    file = tmp_path / "club.journal"
    file.write_text(text, encoding="utf-8")
    assert reader.accepts(file).returncode == 0
    assert reader.work_days(file) == work_of(database, village.club_id, DAY)
    assert Decimal("0.2083") in reader.work_days(file).values()


@EACH
def test_a_club_without_an_entry_has_an_empty_journal(
    database: Database, desk: Desk, follower: Follower, reader: Reader, tmp_path: Path
) -> None:
    club_id = Village(desk).club_id
    follower.catch_up()
    file = tmp_path / "club.journal"
    file.write_text(reader.write(taken(database, club_id), "CLB"), encoding="utf-8")
    assert reader.accepts(file).returncode == 0
    assert reader.balances(file) == {}


def test_no_name_of_a_person_and_no_memo_is_in_it(
    database: Database, desk: Desk, follower: Follower
) -> None:
    village = Village(desk, capital=10_000_000)
    village.lent(village.member("Hoàng Thị Dung"), 5_000_000)
    follower.catch_up()
    made = taken(database, village.club_id)
    for write in (hledger.write, beancount.write):
        text = write(made, "CLB thôn Nà Thử")
        assert "Hoàng" not in text
        assert "PC-2026-0001" in text
        assert text == write(taken(database, village.club_id), "CLB thôn Nà Thử")


@EACH
def test_a_paper_books_own_voucher_label_breaks_nothing(
    database: Database, desk: Desk, follower: Follower, reader: Reader, tmp_path: Path
) -> None:
    village = Village(desk, capital=1_000)
    follower.catch_up()
    made = taken(database, village.club_id)
    (one,) = made.transactions
    odd = one._replace(vouchers=('07; "A" | B\\',))
    file = tmp_path / "club.journal"
    text = reader.write(
        Journal(made.seen, made.since, made.opening, (odd,), made.holdings), 'CLB "A"\n; B'
    )
    file.write_text(text, encoding="utf-8")
    done = reader.accepts(file)
    assert (done.returncode, done.stderr) == (0, "")
    assert "07 A B" in text
