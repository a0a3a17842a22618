"""Rebuild beside and compare: equal while writers go on, and a wrong row is named."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from audit.checks import run as check
from desk.desk import KINDS, Desk
from projections.comparison import LISTED
from projections.follower import PROJECTIONS, Follower
from store.database import Database
from store.keys import KeyRing, MasterKey
from tests.audit.tampering import Busy
from village import DAY, FOUNDED, Village

EVERYTHING = {*(projection.name for projection in PROJECTIONS), "people"}


@pytest.fixture
def administrator(server: Any, database_name: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(server.admin(database_name), autocommit=True) as connection:
        yield connection


def test_what_was_folded_live_is_what_a_rebuild_makes(
    database: Database, desk: Desk, follower: Follower
) -> None:
    Busy(desk)
    follower.catch_up()
    head = desk.log.head()
    made = follower.rebuild(comparing=True)
    assert set(made) == EVERYTHING
    assert {name: one.compared for name, one in made.items()} == dict.fromkeys(
        EVERYTHING, (head, 0, ())
    )
    assert check(database, KINDS).clean


def test_nobody_asked_nothing_compared(desk: Desk, follower: Follower) -> None:
    Village(desk)
    assert follower.rebuild(["ledger"])["ledger"] == (desk.log.head(), None)


def test_a_follower_that_is_behind_is_no_difference(desk: Desk, follower: Follower) -> None:
    village = Village(desk, capital=1_000_000)
    follower.catch_up()
    village.capital(500_000)
    made = follower.rebuild(["ledger", "vouchers"], comparing=True)
    assert {one.compared for one in made.values()} == {(desk.log.head(), 0, ())}


def test_a_tampered_row_is_named_and_gone_after(
    desk: Desk, follower: Follower, administrator: psycopg.Connection[Any]
) -> None:
    village = Village(desk, capital=1_000_000)
    follower.catch_up()
    club = str(village.club_id)
    administrator.execute("UPDATE read.balances SET amount = 1000001 WHERE account = '111'")
    compared = follower.rebuild(["ledger"], comparing=True)["ledger"].compared
    assert compared is not None
    assert compared.rows == 2
    assert [(one.table, one.made_anew, one.row) for one in compared.differences] == [
        ("balances", anew, {"club_id": club, "fund": "loan", "account": "111", "amount": amount})
        for anew, amount in ((False, 1_000_001), (True, 1_000_000))
    ]
    again = follower.rebuild(["ledger"], comparing=True)["ledger"].compared
    assert again == (desk.log.head(), 0, ())


@pytest.mark.parametrize(
    ("name", "table", "change", "anew"),
    [
        ("ledger", "postings", "DELETE FROM read.postings WHERE account = '4111'", True),
        ("vouchers", "vouchers", "DELETE FROM read.vouchers", True),
        ("loans", "loan_steps", "INSERT INTO read.loan_steps SELECT * FROM read.loan_steps", False),
        ("clubs", "clubs", "DELETE FROM read.clubs", True),
        ("members", "memberships", "DELETE FROM read.memberships WHERE volunteer = false", True),
        ("people", "people", "DELETE FROM keys.people WHERE name = 'Mã Thị Vay'", True),
        ("people", "people", "INSERT INTO keys.people SELECT gen_random_uuid(), '', '', ''", False),
    ],
)  # fmt: skip
def test_missing_stray_and_doubled_rows(
    desk: Desk,
    follower: Follower,
    administrator: psycopg.Connection[Any],
    name: str,
    table: str,
    change: str,
    anew: bool,
) -> None:
    Busy(desk)
    follower.catch_up()
    administrator.execute(change)
    compared = follower.rebuild([name], comparing=True)[name].compared
    assert compared is not None
    assert {(one.table, one.made_anew) for one in compared.differences} == {(table, anew)}
    assert "Mã Thị Vay" not in str(compared.differences)
    again = follower.rebuild([name], comparing=True)[name].compared
    assert again is not None
    assert again.rows == 0


def test_all_differences_are_counted_and_some_named(
    desk: Desk, follower: Follower, administrator: psycopg.Connection[Any]
) -> None:
    village = Village(desk)
    for number in range(LISTED):
        village.capital(1_000 + number, FOUNDED + timedelta(days=number))
    follower.catch_up()
    administrator.execute("UPDATE read.postings SET payment = 1")
    compared = follower.rebuild(["ledger"], comparing=True)["ledger"].compared
    assert compared is not None
    assert (compared.rows, len(compared.differences)) == (4 * LISTED, LISTED)


def test_under_live_writers_nothing_differs_and_nothing_is_missed(
    database: Database, desk: Desk, follower: Follower, server: Any, database_name: str,
    master: MasterKey,
) -> None:  # fmt: skip
    village = Village(desk, capital=10_000_000)
    loan = village.lent(village.member("Hoàng Thị Dung"), 5_000_000)
    follower.catch_up()
    own = Database(server.app(database_name), size=4)
    following = Follower(own, KeyRing(own, master))
    stop, written = Event(), [0]

    def write() -> None:
        while not stop.is_set():
            village.capital(1_000)
            village.repaid(loan, 1_000, DAY)
            village.member(f"Người Thứ {written[0]}")
            written[0] += 1

    threads = [
        Thread(target=write),
        Thread(target=following.follow, args=(stop.is_set,)),
    ]
    for thread in threads:
        thread.start()
    try:
        heads = []
        for _ in range(4):
            made = follower.rebuild(comparing=True)
            heads.append(min(one.events for one in made.values()))
            for name, one in made.items():
                assert one.compared is not None
                assert one.compared.differences == (), name
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        own.close()
    assert heads == sorted(set(heads)), "the writer was at work all along"
    follower.catch_up(30)
    with database.connection() as connection:
        row = connection.execute(
            """SELECT count(*) FILTER (WHERE account = '4111') - 1, sum(payment) FROM read.postings
               WHERE club_id = %s""",
            (village.club_id,),
        ).fetchone()
    assert row == (written[0], written[0])
    assert check(database, KINDS).clean
