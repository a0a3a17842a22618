"""What a bundle shows of care, and how it tells of what was erased."""

import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from audit.entries import snapshot
from audit.evidence.bundle import Scope, write
from audit.evidence.envelope import COLUMNS, Stored, envelope
from audit.evidence.shelf import latest
from domain.clubs.events import PersonalDataErased
from store.database import Database
from tests.audit.logbook import LogBook
from tests.audit.tampering import Busy

VISIT = b'{"v":1,"case":"x","vitals":{"ciphertext":"AAAA"}}'


def told(connection: psycopg.Connection[Any], topic: str, history: UUID, body: bytes) -> UUID:
    """An event of a kind this branch need not know, as the log would have it."""
    event_id = uuid4()
    connection.execute(
        """INSERT INTO log.events
           SELECT %(history)s, 1 + coalesce((SELECT max(originator_version) FROM log.events
                                             WHERE originator_id = %(history)s), 0),
                  max(notification_id) + 1, %(event)s, NULL, max(recorded_at), %(topic)s, 'nurse',
                  %(body)s FROM log.events""",
        {"history": history, "event": event_id, "topic": topic, "body": body},
    )
    return event_id


@pytest.fixture
def case(village: Busy, book: LogBook) -> UUID:
    """A care history, and two care events in the story of a person who is a member too."""
    case = uuid4()
    with psycopg.connect(book.admin, autocommit=True) as connection:
        for topic in ("care.CaseOpened", "care.VisitRecorded"):
            told(connection, topic, case, VISIT)
        told(connection, "care.ConsentGiven", village.borrower, VISIT)
        told(connection, "clubs.HouseholdJoined", village.borrower, b'{"v":1}')
    book.sign()
    return case


def bundled(database: Database, book: LogBook, **scope: Any) -> Path:
    out = book.folder / "care.zip"
    with snapshot(database) as connection:
        signed = latest(connection)
        assert signed is not None
        write(out, connection, signed, [book.vkey], Scope(**scope))
    return out


def everything(bundle: Path) -> bytes:
    with zipfile.ZipFile(bundle) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_of_care_an_outsider_gets_hashes_and_the_root_is_rebuilt_all_the_same(
    case: UUID, database: Database, book: LogBook
) -> None:
    out = bundled(database, book)
    report = book.verified(out, book.kept.path)
    assert report.good, [finding.say(1) for finding in report.findings]
    assert report.facts["counts"]["private"] == 3
    assert report.facts["counts"]["entries"] == report.facts["size"]
    shown = everything(out)
    for hidden in (b"care.", str(case).encode(), VISIT, sha256(VISIT).hexdigest().encode()):
        assert hidden not in shown


def test_with_permission_the_same_leaves_open(
    case: UUID, database: Database, book: LogBook
) -> None:
    out = bundled(database, book, with_care=True)
    report = book.verified(out)
    assert report.good, [finding.say(1) for finding in report.findings]
    assert report.facts["counts"]["private"] == 0
    assert VISIT in everything(out)
    assert str(case).encode() in everything(out)


def test_an_envelope_that_was_not_hashed_opens_no_leaf(
    case: UUID, database: Database, book: LogBook
) -> None:
    out = bundled(database, book, with_care=True)
    bent = out.with_name("bent.zip")
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(bent, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("inner/"):
                content = content.replace(b"care.VisitRecorded", b"care.VisitInvented")
                content = content.replace(b'"actor":"nurse"', b'"actor":"other"', 1)
            new.writestr(name, content)
    report = book.verified(bent)
    assert {finding.code for finding in report.findings} >= {"inner-hash"}
    assert not report.good


def test_only_as_many_versions_may_be_missing_as_hidden_entries_lie_between(
    case: UUID, village: Busy, database: Database, book: LogBook
) -> None:
    with book.superuser() as connection:
        connection.execute(
            """UPDATE log.events SET originator_version = originator_version + 7
               WHERE originator_id = %s AND topic = 'clubs.HouseholdJoined'
                 AND originator_version > 2""",
            (village.borrower,),
        )
        connection.execute("DELETE FROM evidence.tiles")
        connection.execute("DELETE FROM evidence.checkpoints")
    book.kept.path.unlink()
    book.sign()
    report = book.verified(bundled(database, book))
    (said,) = report.findings
    assert (said.claim, said.code, said.history) == ("order", "version", str(village.borrower))


def test_what_was_erased_is_listed_and_everything_else_still_verifies(
    village: Busy, database: Database, book: LogBook
) -> None:
    village.erased(village.left, "identity", "contact")
    (event,) = (
        recorded.event_id
        for recorded in village.desk.log.story(village.left)
        if isinstance(recorded.event, PersonalDataErased)
    )
    book.sign()
    report = book.verified(bundled(database, book))
    assert report.good
    assert [one["event"] for one in report.erased] == [str(event)]


def test_the_envelope_of_a_hidden_leaf_is_what_permission_shows(
    case: UUID, database: Database, book: LogBook
) -> None:
    with snapshot(database) as connection:
        row = connection.execute(
            f"SELECT {COLUMNS} FROM log.events WHERE topic = 'care.VisitRecorded'"
        ).fetchone()
        tile = connection.execute("SELECT content FROM evidence.tiles WHERE level = -1").fetchone()
    assert row is not None
    assert tile is not None
    inner = sha256(envelope(Stored._make(row))).hexdigest().encode()
    assert b'"inner":"' + inner in bytes(tile[0])
