"""`check` holds the events against what was hashed and signed."""

from audit.checks import run
from desk.desk import KINDS
from store.database import Database
from tests.audit.logbook import LogBook
from tests.audit.tampering import Busy, codes, named
from tests.audit.test_forgery import actor_changed, recompute


def test_a_signed_log_is_clean_and_its_leaves_are_counted(
    village: Busy, database: Database, book: LogBook
) -> None:
    assert run(database, KINDS).checked["evidence"] == 0
    size = book.sign(batch=10).head.size
    report = run(database, KINDS)
    assert report.clean, report.findings
    assert report.checked["evidence"] == size


def test_a_changed_actor_is_named_with_its_event(
    village: Busy, database: Database, book: LogBook
) -> None:
    """Nothing but the envelope knows who it was."""
    book.sign()
    with book.superuser() as connection:
        position = actor_changed(connection)
    found = named(run(database, KINDS), "evidence-event")
    assert found.position == position
    assert found.event_id is not None
    assert found.history is not None


def test_where_tiles_were_recomputed_too_the_signed_heads_say_between_which(
    village: Busy, database: Database, book: LogBook
) -> None:
    book.sign(batch=10)
    with book.superuser() as connection, connection.transaction():
        position = actor_changed(connection)
        recompute(connection)
    found = named(run(database, KINDS), "evidence-root")
    assert found.position is not None
    assert found.position <= position <= found.facts["last"] == found.position + 9


def test_signed_events_that_are_gone(village: Busy, database: Database, book: LogBook) -> None:
    size = book.sign().head.size
    with book.superuser() as connection:
        connection.execute("DELETE FROM log.events WHERE notification_id > %s", (size - 2,))
    report = run(database, KINDS)
    assert named(report, "evidence-missing").position == size - 1
    assert "log-command" not in codes(report, "info")
