"""The integrator: every event once and in order, one log, and nothing signed that forks it."""

import json
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.evidence.checkpoint import open_checkpoint
from audit.evidence.envelope import Stored, entry, envelope
from audit.evidence.jcs import canonical_plain
from audit.evidence.kept import WouldFork
from audit.evidence.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from audit.evidence.proof import parse_proof
from audit.evidence.shelf import Shelf, at_size, latest, receipt
from audit.evidence.tiles import places, unpack
from domain.errors import NotFound, Unavailable
from store.database import Database
from store.log import EventLog, uuid7
from tests.audit.logbook import LogBook, another
from tests.audit.tampering import Busy
from village import DAY


def entries_by_hand(log: EventLog) -> list[bytes]:
    """What the leaves must be, from the library's own rows and the canonical encoder."""
    made = []
    for row in log.log_recorder.select_rows(after=0, limit=10_000):
        assert row.recorded_at is not None
        fields: dict[str, Any] = {
            "actor": row.actor,
            "at": row.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "event": str(row.event_id),
            "nid": row.position,
            "payload": sha256(row.state).hexdigest(),
            "stream": str(row.originator_id),
            "type": row.topic,
            "v": 1,
            "version": row.originator_version,
        }
        if row.club_id:
            fields["club"] = str(row.club_id)
        made.append(canonical_plain(fields))
    return made


def test_every_event_is_a_leaf_and_the_head_is_signed(
    village: Busy, log: EventLog, database: Database, book: LogBook
) -> None:
    signed = book.sign()
    wanted = entries_by_hand(log)
    head = open_checkpoint(signed.note.encode(), [book.keys.key])
    assert (head.size, head.root) == (log.head(), root_of(wanted))
    assert book.kept.read([book.keys.key]) == head
    with database.connection() as connection:
        shelf = Shelf(connection)
        assert [shelf.entry(index) for index in range(head.size)] == wanted


@pytest.mark.parametrize("batch", [1, 7, 256])
def test_batches_of_any_size_lead_to_the_same_tiles(
    village: Busy, log: EventLog, database: Database, book: LogBook, batch: int
) -> None:
    size = log.head()
    signed = book.sign(batch)
    wanted = entries_by_hand(log)
    assert signed.head.root == root_of(wanted)
    with database.connection() as connection:
        heads = connection.execute("SELECT size FROM evidence.checkpoints ORDER BY size").fetchall()
        assert [at for (at,) in heads] == [*range(batch, size, batch), size]
        for (at,) in heads:
            found = at_size(connection, at)
            assert found is not None
            assert found.head.root == root_of(wanted[:at])
            verify_consistency(
                at, size, found.head.root, signed.head.root, Shelf(connection).consistency(at, size)
            )
        rows = connection.execute("SELECT level, number, width FROM evidence.tiles").fetchall()
        hashes = sorted(row for row in rows if row[0] >= 0)
        assert hashes == sorted((p.level, p.number, p.width) for p in places(size))
        bundles = connection.execute(
            "SELECT content FROM evidence.tiles WHERE level = -1 ORDER BY number"
        ).fetchall()
    assert [one for (content,) in bundles for one in unpack(content)] == wanted


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(actor=TEXT, topic=TEXT, nid=st.integers(1, 2**53 - 1), version=st.integers(1, 2**53 - 1))
def test_an_envelope_is_canonical_whoever_acts(
    actor: str, topic: str, nid: int, version: int
) -> None:
    at, id, payload = "2026-11-28T09:00:00.000001Z", str(uuid7()), sha256(b"x").hexdigest()
    stored = Stored(actor, at, None, id, nid, payload, id, topic, version)
    fields = {
        "actor": actor, "at": at, "event": id, "nid": nid, "payload": payload, "stream": id,
        "type": topic, "v": 1, "version": version,
    }  # fmt: skip
    assert envelope(stored) == canonical_plain(fields)
    assert envelope(stored._replace(club=id)) == canonical_plain(fields | {"club": id})


def test_of_a_care_history_a_leaf_shows_neither_kind_nor_person() -> None:
    at, id = "2026-11-28T09:00:00.000001Z", str(uuid7())
    stored = Stored("nurse", at, id, id, 7, "0" * 64, id, "care.VisitRecorded", 3)
    shown = json.loads(entry(stored))
    assert shown == {
        "v": 1, "nid": 7, "at": at, "inner": sha256(envelope(stored)).hexdigest(),
    }  # fmt: skip
    assert entry(stored) == canonical_plain(shown)
    assert entry(stored._replace(topic="loans.DuesReceived")).startswith(b'{"actor":"nurse"')


def test_a_receipt_shows_its_event_in_the_newest_head(
    village: Busy, log: EventLog, database: Database, book: LogBook
) -> None:
    signed = book.sign()
    row = log.log_recorder.select_rows(after=0, limit=1, topics=("loans.LoanDisbursed",))[0]
    with database.connection() as connection:
        proof = parse_proof(receipt(connection, row.event_id).text())
    assert proof.extra is not None
    assert json.loads(proof.extra)["payload"] == sha256(row.state).hexdigest()
    head = open_checkpoint(proof.checkpoint.encode(), [book.keys.key])
    assert head == signed.head
    verify_inclusion(proof.index, head.size, leaf_hash(proof.extra), proof.hashes, head.root)


def test_a_receipt_of_what_is_not_signed_yet_is_asked_for_later(
    village: Busy, database: Database, book: LogBook
) -> None:
    with database.connection() as connection:
        with pytest.raises(Unavailable):
            receipt(connection, village.dues)
        book.sign()
        assert receipt(connection, village.dues).index >= 0
        with pytest.raises(NotFound):
            receipt(connection, uuid7())


def test_an_empty_log_has_no_head(database: Database, book: LogBook) -> None:
    assert book.integrator().catch_up() is None
    with database.connection() as connection:
        assert latest(connection) is None


# --- rights ------------------------------------------------------------------------------------


REFUSED = (
    "UPDATE log.events SET actor = 'x'",
    "DELETE FROM log.events",
    "SELECT log.append(NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,"
    "NULL,NULL,NULL,NULL,NULL,NULL)",
    "SELECT * FROM keys.data_keys",
    "SELECT * FROM keys.people",
    "SELECT * FROM log.commands",
    "DELETE FROM evidence.tiles",
    "TRUNCATE evidence.tiles",
    "UPDATE evidence.checkpoints SET note = ''",
    "DELETE FROM evidence.checkpoints",
    "UPDATE evidence.tiles SET content = decode(repeat('00', 9000), 'hex'), width = width + 1",
    "UPDATE evidence.tiles SET width = width - 1",
    "UPDATE evidence.tiles SET number = number + 1, width = width + 1",
    "CREATE TABLE evidence.more ()",
)


@pytest.mark.parametrize("statement", REFUSED)
def test_the_integrators_role_may_only_add(village: Busy, book: LogBook, statement: str) -> None:
    book.sign()
    with (
        psycopg.connect(book.url, options="-c role=sochung_integrator") as connection,
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation)),
    ):
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO evidence.checkpoints VALUES (1, '')", "DELETE FROM evidence.tiles",
     "INSERT INTO evidence.tiles VALUES (0, 9, 1, '')"],
)  # fmt: skip
def test_the_applications_role_only_reads_evidence(database: Database, statement: str) -> None:
    with (
        database.connection() as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


# --- never a fork -------------------------------------------------------------------------------


def cut_back(book: LogBook, size: int, *, events: bool) -> None:
    """A database as an older backup has it: evidence to `size`, and the events too."""
    with book.superuser() as connection:
        connection.execute("DELETE FROM evidence.checkpoints WHERE size > %s", (size,))
        connection.execute("DELETE FROM evidence.tiles")
        if events:
            connection.execute("DELETE FROM log.events WHERE notification_id > %s", (size,))
        connection.execute("DELETE FROM evidence.checkpoints")


def test_cut_off_between_file_and_commit_it_comes_to_the_same_head_again(
    village: Busy, log: EventLog, book: LogBook
) -> None:
    """Also when the log went on meanwhile: first exactly up to what was signed."""
    signed = book.sign()
    cut_back(book, 0, events=False)
    village.repaid(village.loan, 10_000, DAY)
    book.integrator().catch_up()
    with psycopg.connect(book.admin) as connection:
        notes = connection.execute("SELECT note FROM evidence.checkpoints ORDER BY size").fetchall()
    assert notes[0][0] == signed.note
    assert len(notes) == 2


def test_an_older_database_signs_nothing(village: Busy, log: EventLog, book: LogBook) -> None:
    size = book.sign().head.size
    note = book.kept.path.read_bytes()
    cut_back(book, size - 3, events=True)
    with pytest.raises(WouldFork, match="older than its own evidence"):
        book.integrator().catch_up()
    assert book.kept.path.read_bytes() == note
    with psycopg.connect(book.admin) as connection:
        assert latest(connection) is None


def test_an_older_database_that_went_on_otherwise_signs_nothing(
    village: Busy, log: EventLog, book: LogBook
) -> None:
    size = book.sign().head.size
    with book.superuser() as connection:
        connection.execute("DELETE FROM evidence.checkpoints")
        connection.execute("DELETE FROM evidence.tiles")
        connection.execute(
            "UPDATE log.events SET actor = 'somebody else' WHERE notification_id = %s", (size - 1,)
        )
    with pytest.raises(WouldFork, match="not those that were signed"):
        book.integrator().catch_up()


def test_heads_in_the_database_without_one_kept_are_not_continued(
    village: Busy, book: LogBook, tmp_path: Path
) -> None:
    book.sign()
    village.repaid(village.loan, 10_000, DAY)
    with pytest.raises(WouldFork, match="none is kept"):
        another(book, tmp_path, book.url, book.admin).integrator().catch_up()


def test_a_changed_tile_or_head_in_the_database_is_not_continued(
    village: Busy, book: LogBook
) -> None:
    book.sign()
    village.repaid(village.loan, 10_000, DAY)
    with book.superuser() as connection:
        connection.execute(
            "UPDATE evidence.tiles SET content = set_byte(content, 5, 1 # get_byte(content, 5))"
            " WHERE level = 0"
        )
    with pytest.raises(WouldFork, match="do not lead"):
        book.integrator().catch_up()


def test_a_forged_longer_log_is_not_continued(village: Busy, book: LogBook) -> None:
    """Somebody without the key can write tiles, but no head that our key has signed."""
    signed = book.sign()
    size = signed.head.size
    forged = signed.note.replace(f"\n{size}\n", f"\n{size + 1}\n")
    with book.superuser() as connection:
        connection.execute("INSERT INTO evidence.checkpoints VALUES (%s, %s)", (size + 1, forged))
    with pytest.raises(WouldFork, match="wrong"):
        book.integrator().catch_up()


def test_a_kept_head_of_another_key_is_refused(village: Busy, book: LogBook) -> None:
    book.kept.write(
        "sochung/other\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— a AAAAAAAA\n"
    )
    with pytest.raises(WouldFork, match="not signed by our key"):
        book.integrator().catch_up()


def test_a_hole_in_the_log_is_not_stepped_over(village: Busy, book: LogBook) -> None:
    with book.superuser() as connection:
        connection.execute("DELETE FROM log.events WHERE notification_id = 5")
    with pytest.raises(WouldFork, match="no event at position 5"):
        book.integrator().catch_up()


# --- two at once ----------------------------------------------------------------------------------


def within(seconds: float, true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_of_two_integrators_one_works_and_the_other_goes_on_after_it(
    village: Busy, log: EventLog, database: Database, book: LogBook
) -> None:
    def signed_size() -> int:
        with database.connection() as connection:
            found = latest(connection)
        return found.head.size if found else 0

    def holders() -> int:
        with database.connection() as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                " WHERE locktype = 'advisory' AND objid = 5059576 AND granted"
                " AND datname = current_database()"
            ).fetchone()
        return int(row[0]) if row else 0

    stops = [threading.Event(), threading.Event()]
    threads = [
        threading.Thread(target=book.integrator().run, args=(stop.is_set,)) for stop in stops
    ]
    for thread in threads:
        thread.start()
    try:
        assert within(10, lambda: signed_size() == log.head())
        assert holders() == 1
        for _ in range(3):
            village.repaid(village.loan, 1_000, DAY)
            assert within(10, lambda: signed_size() == log.head())
        for turn in (0, 1):  # whichever worked is among them
            stops[turn].set()
            threads[turn].join(10)
            if turn == 0:
                village.repaid(village.loan, 1_000, DAY)
                assert within(10, lambda: signed_size() == log.head())
    finally:
        for stop, thread in zip(stops, threads, strict=True):
            stop.set()
            thread.join(10)
    assert within(10, lambda: holders() == 0)
