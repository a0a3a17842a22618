"""The log itself: what was removed, moved or defaced is found and named."""

import pytest

from audit.checks import run
from desk.desk import KINDS
from store.database import Database
from tests.audit.tampering import Busy, Intruder, codes, named


def test_a_removed_event_leaves_a_hole(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    position, history = (
        intruder.one(f"SELECT {column} FROM log.events WHERE event_id = %s", village.dues)
        for column in ("notification_id", "originator_id")
    )
    intruder.sql("DELETE FROM log.events WHERE event_id = %s", village.dues)
    report = run(database, KINDS)
    hole = named(report, "log-hole")
    assert (hole.facts["first_missing"], hole.position) == (position, position + 1)
    assert named(report, "log-version").history == str(history)
    assert named(report, "postings-stray").position == position
    assert {"voucher-gap", "balances-differ", "vouchers-stray"} <= codes(report)


def test_a_removed_last_event_is_missed_by_what_knew_it(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    key = village.desk.new_id()
    head = village.desk.log.head()
    last = intruder.one("SELECT event_id FROM log.events WHERE notification_id = %s", head)
    intruder.sql(
        "INSERT INTO log.commands VALUES ('system', %s, 'body', '{}', %s, 1)", str(key), last
    )
    assert run(database, KINDS).clean
    intruder.sql("DELETE FROM log.events WHERE notification_id = %s", head)
    report = run(database, KINDS)
    assert named(report, "model-ahead").position == head
    assert named(report, "log-command").event_id == str(last)


def test_swapped_versions_are_named(database: Database, village: Busy, intruder: Intruder) -> None:
    first, second = village.dues, village.expense
    versions = {
        event_id: intruder.one(
            "SELECT originator_version FROM log.events WHERE event_id = %s", event_id
        )
        for event_id in (first, second)
    }
    for event_id, version in (
        (first, 10_000),
        (second, versions[first]),
        (first, versions[second]),
    ):
        intruder.sql(
            "UPDATE log.events SET originator_version = %s WHERE event_id = %s", version, event_id
        )
    report = run(database)
    named_events = {f.event_id for f in report.findings if f.code == "log-version"}
    assert named_events == {str(first), str(second)}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("log-clock", "recorded_at = recorded_at - interval '1 day'"),
        ("log-topic", "topic = 'loans.MoneyVanished'"),
        ("log-json", "state = 'not json'"),
        ("log-json", "state = '[1]'"),
        ("log-shape", """state = convert_to(replace(convert_from(state, 'UTF8'), '"v":1', '"v":9'),
                      'UTF8')"""),
        ("log-actor", "actor = ' '"),
        ("log-club", "club_id = NULL"),
        ("log-fields", """state = convert_to(replace(convert_from(state, 'UTF8'), '"lines"', '"l"'),
                       'UTF8')"""),
    ],
)  # fmt: skip
def test_a_row_of_the_log_is_what_it_should_be(
    database: Database, village: Busy, intruder: Intruder, code: str, change: str
) -> None:
    intruder.sql(f"UPDATE log.events SET {change} WHERE event_id = %s", village.expense)
    report = run(database)
    assert named(report, code).event_id == str(village.expense)


def test_one_id_at_two_positions(database: Database, village: Busy, intruder: Intruder) -> None:
    intruder.sql("ALTER TABLE log.events DROP CONSTRAINT events_one_id")
    intruder.sql(
        "UPDATE log.events SET event_id = %s WHERE event_id = %s", village.dues, village.expense
    )
    assert named(run(database), "log-event-id").event_id == str(village.dues)
