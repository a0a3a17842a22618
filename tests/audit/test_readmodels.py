"""Read models, the index of names and snapshots: every wrong row is found."""

from uuid import UUID

import psycopg
import pytest

from audit.checks import run
from conftest import Server
from desk.desk import KINDS, Desk
from projections.follower import Follower
from store.database import Database
from store.log import SNAPSHOT_EVERY
from tests.audit.tampering import Busy, Intruder, codes, named
from village import Village


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("postings-differ", "UPDATE read.postings SET amount = amount + 1 WHERE {position}"),
        ("postings-differ", "UPDATE read.postings SET member_id = club_id WHERE {position}"),
        ("postings-differ", "UPDATE read.postings SET recorded_at = now() WHERE {position}"),
        ("postings-differ", "DELETE FROM read.postings WHERE {position} AND line = 1"),
        ("postings-differ", "DELETE FROM read.postings WHERE {position}"),
        ("vouchers-differ", "UPDATE read.vouchers SET label = 'PT-2026-0099' WHERE {position}"),
        ("vouchers-reversed", "UPDATE read.vouchers SET reversed_at = 1 WHERE {position}"),
        ("balances-differ", "UPDATE read.balances SET amount = amount + 1 WHERE account = '112'"),
        ("balances-missing", "DELETE FROM read.balances WHERE account = '112'"),
        ("loan-balances-differ", "UPDATE read.loan_balances SET outstanding = 1 WHERE {loan}"),
        ("loan-balances-missing", "DELETE FROM read.loan_balances WHERE {loan}"),
        ("loans-differ", "UPDATE read.loans SET amount = amount + 1 WHERE {loan}"),
        ("loans-differ", "UPDATE read.loans SET step = 'approved' WHERE {loan}"),
        ("loans-differ", """UPDATE read.loans SET terms = terms || '{{"instalments": 3}}'
                            WHERE {loan}"""),
        ("loans-missing", "DELETE FROM read.loans WHERE {loan}"),
        ("instalments-differ", "DELETE FROM read.instalments WHERE {loan} AND number = 2"),
        ("instalments-missing", "UPDATE read.loans SET schedule = NULL WHERE {loan}"),
        ("instalments-differ", "UPDATE read.instalments SET interest = 1 WHERE {loan}"),
        ("counts-differ", "UPDATE read.counts SET counted = 1"),
        ("clubs-differ", "UPDATE read.clubs SET name = 'CLB khác'"),
        ("clubs-missing", "DELETE FROM read.clubs"),
        ("board-differ", "DELETE FROM read.board WHERE office = 'chair'"),
        ("persons-differ", "UPDATE read.persons SET birth_year = 1900 WHERE sex = 'female'"),
        ("memberships-differ", "UPDATE read.memberships SET left_on = NULL, cause = NULL"),
        ("memberships-missing", "DELETE FROM read.memberships WHERE left_on IS NOT NULL"),
        ("person-not-indexed", "DELETE FROM keys.people WHERE name = 'Mã Thị Vay'"),
        ("person-index-stray", "INSERT INTO keys.people SELECT gen_random_uuid(), '', '', ''"),
        ("entity-home", "DELETE FROM log.entities WHERE entity_id = '{loan_id}'"),
        ("entity-unknown", "INSERT INTO log.entities SELECT gen_random_uuid(), gen_random_uuid()"),
    ],
)  # fmt: skip
def test_a_wrong_row_of_a_read_model(
    database: Database, village: Busy, intruder: Intruder, code: str, change: str
) -> None:
    at = intruder.one("SELECT notification_id FROM log.events WHERE event_id = %s", village.expense)
    where = {
        "position": f"position = {at}",
        "loan": f"loan_id = '{village.loan}'",
        "loan_id": village.loan,
    }
    intruder.sql(change.format_map(where))
    report = run(database)
    assert codes(report) == {code}
    found = named(report, code)
    if "{position}" in change:
        assert found.position == at
    if code.startswith(("postings", "vouchers-differ")):
        assert found.event_id == str(village.expense)
    if "{loan}" in change:
        assert found.history == str(intruder.one("SELECT originator_id FROM log.entities LIMIT 1"))
        assert found.event_id is not None
    if code.startswith(("clubs", "board", "balances", "memberships")):
        assert found.club_id == str(village.club_id)


def test_an_event_that_names_a_stranger(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    stranger = str(UUID(int=7))
    concern = {"kind": "person", "id": stranger, "role": "payer"}
    intruder.rewrite(village.expense, lambda body: body.update(concerns=[concern]))
    unknown = named(run(database), "person-unknown")
    assert (unknown.event_id, unknown.facts["person_id"]) == (str(village.expense), stranger)


def test_who_was_erased_needs_no_name_and_who_was_not_does(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    village.erased(village.left, "identity", "contact")
    Follower(database, village.desk.keys).catch_up(60)
    assert run(database).clean
    intruder.sql("DELETE FROM keys.people WHERE person_id = %s", village.borrower)
    assert codes(run(database)) == {"person-not-indexed"}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("snapshot-differs", """state = convert_to(replace(convert_from(state, 'UTF8'),
            '"members":{', '"members":{"00000000-0000-7000-8000-000000000007":
             {"joined_on":"2024-01-01","left_on":null},'), 'UTF8')"""),
        ("snapshot-differs", "state = 'not json'"),
        ("snapshot-ahead", "originator_version = 7777"),
    ],
)  # fmt: skip
def test_a_changed_snapshot_is_found(
    database: Database, server: Server, database_name: str, desk: Desk, code: str, change: str
) -> None:
    village = Village(desk)
    for number in range(SNAPSHOT_EVERY):
        village.member(f"Người Thứ {number}")
    assert run(database, KINDS).checked["snapshots"] == 1
    assert run(database, KINDS).clean
    with psycopg.connect(server.admin(database_name), autocommit=True) as connection:
        Intruder(connection).sql(f"UPDATE log.snapshots SET {change}")
    found = named(run(database, KINDS, snapshots=None), code)
    assert found.history == str(village.club_id)
