"""Tampering by somebody with the server in hand who also recomputes everything in the database.

The auditor holds one signed head and the key on paper; the verifier names the first bad place.
Heads were signed one event after another here, so a place is a position.
"""

import json
import shutil
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit.evidence.checkpoint import Head
from audit.evidence.envelope import COLUMNS, Stored, entry
from audit.evidence.merkle import leaf_hash
from audit.evidence.shelf import Signed
from audit.evidence.tiles import ENTRIES, WIDTH, Edge, pack
from audit.evidence.verifier import Key, Refused, Report, Verifier, parse_paper
from projections.follower import Follower
from store.database import Database
from store.provision import ensure_read_models
from tests.audit.logbook import LogBook
from tests.audit.tampering import Busy

Connection = psycopg.Connection[Any]
FAR = 10**9


def recompute(connection: Connection) -> Head:
    """Everything the integrator made, made again from the events as they are now."""
    rows = connection.execute(f"SELECT {COLUMNS} FROM log.events ORDER BY notification_id")
    entries = [entry(Stored._make(row)) for row in rows.fetchall()]
    connection.execute("DELETE FROM evidence.tiles")
    grown = Edge(0).grow([leaf_hash(one) for one in entries])
    tiles = [(p.level, p.number, p.width, tile) for p, tile in grown.tiles]
    for n in range(0, len(entries), WIDTH):
        some = entries[n : n + WIDTH]
        tiles.append((ENTRIES, n // WIDTH, len(some), pack(some)))
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO evidence.tiles VALUES (%s, %s, %s, %s)", tiles)
    return Head("", grown.size, grown.root)


def rebuild_read_models(book: LogBook, database: Database, follower: Follower) -> None:
    with psycopg.connect(book.admin, autocommit=True) as connection:
        connection.execute("DROP SCHEMA read CASCADE")
        ensure_read_models(connection)
    follower._made = False
    follower.catch_up(30)


def position_of(connection: Connection, topic: str, nth: int = 1) -> int:
    row = connection.execute(
        """SELECT notification_id FROM log.events WHERE topic = %s
           ORDER BY notification_id OFFSET %s LIMIT 1""",
        (topic, nth - 1),
    ).fetchone()
    assert row is not None
    return int(row[0])


def moved(connection: Connection, first: int, by: int) -> None:
    """Every event from a position on, so many places up or down."""
    for change in (FAR, by - FAR):
        connection.execute(
            "UPDATE log.events SET notification_id = notification_id + %s"
            " WHERE notification_id >= %s",
            (change, first),
        )


def rewritten(
    connection: Connection, position: int, change: Callable[[dict[str, Any]], None]
) -> None:
    row = connection.execute(
        "SELECT state FROM log.events WHERE notification_id = %s", (position,)
    ).fetchone()
    assert row is not None
    body = json.loads(bytes(row[0]))
    change(body)
    connection.execute(
        "UPDATE log.events SET state = %s WHERE notification_id = %s",
        (json.dumps(body, separators=(",", ":")).encode(), position),
    )


def more_money(body: dict[str, Any]) -> None:
    """A larger amount, with lines that still balance: nothing inside gives it away."""
    body["amount"] += 1_000
    for line in body["lines"]:
        line["amount"] += 1_000 if line["amount"] > 0 else -1_000


def amount_changed(connection: Connection) -> int:
    position = position_of(connection, "loans.DuesReceived")
    rewritten(connection, position, more_money)
    return position


def event_removed(connection: Connection) -> int:
    """The last of a history, and all behind it moved up: no gap is left anywhere."""
    position = position_of(connection, "clubs.MemberLeft")
    connection.execute("DELETE FROM log.events WHERE notification_id = %s", (position,))
    moved(connection, position + 1, -1)
    return position


def two_swapped(connection: Connection) -> int:
    """Two neighbours of different histories change places, their clocks too."""
    position = position_of(connection, "clubs.PersonRegistered", 3)
    for old, new in ((position, FAR), (position + 1, position), (FAR, position + 1)):
        connection.execute(
            "UPDATE log.events SET notification_id = %s WHERE notification_id = %s", (new, old)
        )
    return position


def actor_changed(connection: Connection) -> int:
    position = position_of(connection, "loans.LoanApproved")
    connection.execute(
        "UPDATE log.events SET actor = 'somebody' WHERE notification_id = %s", (position,)
    )
    return position


def event_inserted(connection: Connection) -> int:
    """A person more, in a history of its own, in the middle; everything behind moves down."""
    position = position_of(connection, "loans.LoanDisbursed")
    moved(connection, position, 1)
    connection.execute(
        """INSERT INTO log.events
           SELECT gen_random_uuid(), 1, %s, gen_random_uuid(), NULL, recorded_at, topic, actor,
                  state
           FROM log.events WHERE topic = 'clubs.PersonRegistered'
           ORDER BY notification_id LIMIT 1""",
        (position,),
    )
    return position


FORGERIES = (amount_changed, event_removed, two_swapped, actor_changed, event_inserted)


def forged_and_verified(
    forge: Callable[[Connection], int], book: LogBook, database: Database, follower: Follower,
    *, with_key: bool,
) -> tuple[int, Report]:  # fmt: skip
    """`with_key`: the signing key was stolen too, and the new head is signed with it."""
    signed = book.sign(batch=1)
    held = book.folder / "held-by-the-auditor"
    held.write_bytes(signed.note.encode())
    with book.superuser() as connection, connection.transaction():
        position = forge(connection)
        found = recompute(connection)
        head = Head(signed.head.origin, found.size, found.root)
        note = head.signed(*book.keys.signers) if with_key else signed.note
        if with_key:
            connection.execute("DELETE FROM evidence.checkpoints WHERE size >= %s", (found.size,))
            connection.execute(
                "INSERT INTO evidence.checkpoints (size, note) VALUES (%s, %s)", (found.size, note)
            )
    rebuild_read_models(book, database, follower)
    shown = Signed(head, note) if with_key else None
    if not with_key and found.size < signed.head.size:
        # Shorter than what was signed: the bundle can only be made over an earlier head.
        with psycopg.connect(book.admin) as connection:
            row = connection.execute(
                "SELECT note FROM evidence.checkpoints WHERE size = %s", (found.size,)
            ).fetchone()
        assert row is not None
        shown = Signed(head, row[0])
    out = book.bundle(database, follower, signed=shown)
    return position, book.verified(out, held)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_without_the_key_the_signed_root_gives_it_away(
    forge: Callable[[Connection], int],
    village: Busy,
    database: Database,
    follower: Follower,
    book: LogBook,
) -> None:
    position, report = forged_and_verified(forge, book, database, follower, with_key=False)
    assert not report.good
    assert report.claims["entries"] == "fail"
    (said,) = [finding for finding in report.findings if finding.code == "root"]
    assert (said.facts["first"], said.facts["last"]) == (position, position)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_with_the_key_stolen_the_head_the_auditor_holds_gives_it_away(
    forge: Callable[[Connection], int],
    village: Busy,
    database: Database,
    follower: Follower,
    book: LogBook,
) -> None:
    position, report = forged_and_verified(forge, book, database, follower, with_key=True)
    assert not report.good
    assert report.claims["signature"] == report.claims["entries"] == "pass"
    assert report.claims["previous"] == "fail"
    codes = {finding.code: finding for finding in report.findings}
    if "previous-shorter" in codes:
        assert forge is event_removed
    else:
        said = codes["previous-differs"]
        assert (said.facts["first"], said.facts["last"]) == (position, position)


def test_with_a_bundle_kept_from_before_the_event_itself_is_named(
    village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    """Also where no heads in between are left: leaf by leaf against the older bundle."""
    book.sign()
    kept = book.bundle(database, follower, name="kept.zip")
    with book.superuser() as connection, connection.transaction():
        position = amount_changed(connection)
        found = recompute(connection)
        head = Head(book.keys.key.name, found.size, found.root)
        connection.execute("DELETE FROM evidence.checkpoints")
        note = head.signed(*book.keys.signers)
        connection.execute("INSERT INTO evidence.checkpoints VALUES (%s, %s)", (head.size, note))
    rebuild_read_models(book, database, follower)
    report = book.verified(book.bundle(database, follower), kept)
    named = [finding for finding in report.findings if finding.code == "leaf-changed"]
    assert [(finding.position, finding.event) for finding in named] == [
        (position, str(village.dues))
    ]
    assert named[0].history is not None


def test_a_printed_fingerprint_alone_gives_it_away(
    village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    """The key stolen, every earlier head gone: somebody still has a voucher in a drawer."""
    printed = book.sign().head
    paper = parse_paper(f"{printed.size} {printed.fingerprint.lower()}")
    assert paper == (printed.size, printed.fingerprint)
    assert parse_paper(f"1.234.567 {printed.fingerprint}") == (1_234_567, printed.fingerprint)
    village.member("Lý Thị Mới")
    book.sign()
    honest = book.bundle(database, follower, name="honest.zip")
    later = (printed.size + 999, printed.fingerprint)
    key = [Key.parse(book.vkey)]
    report = Verifier(str(honest), key, papers=[paper]).run()
    assert report.good, [finding.say(1) for finding in report.findings]
    assert report.claims["previous"] == "pass"
    shorter = Verifier(str(honest), key, papers=[paper, later]).run()
    assert [finding.code for finding in shorter.findings] == ["previous-shorter"]
    with book.superuser() as connection, connection.transaction():
        amount_changed(connection)
        found = recompute(connection)
        head = Head(book.keys.key.name, found.size, found.root)
        connection.execute("DELETE FROM evidence.checkpoints")
        note = head.signed(*book.keys.signers)
        connection.execute("INSERT INTO evidence.checkpoints VALUES (%s, %s)", (head.size, note))
    rebuild_read_models(book, database, follower)
    forged = book.bundle(database, follower)
    assert Verifier(str(forged), key).run().good, "nothing inside gives it away"
    report = Verifier(str(forged), key, papers=[paper]).run()
    (said,) = report.findings
    assert (said.code, said.facts["printed"]) == ("paper-differs", printed.fingerprint)
    assert not report.good


@pytest.mark.parametrize(
    "text", ["", "12", "0 AAAA-AAAA-AAAA-AAAA", "x AAAA", "5 AAAA-AAAA-AAAA-AAA1"]
)
def test_what_no_paper_prints_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_paper(text)


def test_everything_below_the_held_head_removed(
    village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    signed = book.sign(batch=1)
    held = book.folder / "held"
    held.write_bytes(signed.note.encode())
    size = signed.head.size - 5
    with book.superuser() as connection:
        connection.execute("DELETE FROM log.events WHERE notification_id > %s", (size,))
        connection.execute("DELETE FROM evidence.checkpoints WHERE size > %s", (size,))
        recompute(connection)
    rebuild_read_models(book, database, follower)
    report = book.verified(book.bundle(database, follower), held)
    assert not report.good
    (said,) = report.findings
    assert (said.code, said.facts) == (
        "previous-shorter",
        {"first": size + 1, "last": signed.head.size},
    )
    assert report.as_dict(0)["first_bad_position"] == size + 1


def test_what_was_changed_without_recomputing_is_named_with_event_and_history(
    village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    book.sign()
    with book.superuser() as connection:
        position = amount_changed(connection)
    report = book.verified(book.bundle(database, follower))
    (said,) = [finding for finding in report.findings if finding.code == "payload-hash"]
    assert (said.position, said.event) == (position, str(village.dues))
    assert said.history is not None
    assert str(village.dues) in said.say(0)


# --- the bundle itself, changed on its way ------------------------------------------------------


def changed(bundle: Path, name: str, change: Callable[[bytes], bytes | None]) -> Path:
    """A copy with one member changed, or left out."""
    out = bundle.with_name("changed.zip")
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.namelist():
            content = old.read(one)
            if one == name:
                now = change(content)
                assert now != content, "the tampering hit nothing"
                if now is None:
                    continue
                content = now
            new.writestr(one, content)
    return out


@pytest.fixture
def bundle(village: Busy, database: Database, follower: Follower, book: LogBook) -> Path:
    book.sign()
    return book.bundle(database, follower)


def test_an_altered_export_is_found_by_its_line(village: Busy, bundle: Path, book: LogBook) -> None:
    name = f"exports/{village.club_id}/ledger.csv"
    with zipfile.ZipFile(bundle) as archive:
        rows = archive.read(name).decode().splitlines()
    row = next(n for n, line in enumerate(rows) if ",900000," in line)
    report = book.verified(
        changed(bundle, name, lambda csv: csv.replace(b",900000,", b",800000,", 1))
    )
    (said,) = report.findings
    assert (said.claim, said.code, said.facts["line"]) == ("exports", "export-line", row + 1)
    assert said.position == int(rows[row].split(",")[0])


@pytest.mark.parametrize(
    "change",
    [lambda csv: csv + b"9,9,2026-01-01,111,loan,5,,,\n",
     lambda csv: b"".join(csv.splitlines(keepends=True)[:-1]),
     lambda csv: b"".join(csv.splitlines(keepends=True)[:1]),
     lambda csv: csv.replace(b"2024-", b"2023-", 1)],
    ids=["longer", "shorter", "empty", "another day"],
)  # fmt: skip
def test_an_export_of_another_length_or_day(
    change: Callable[[bytes], bytes], village: Busy, bundle: Path, book: LogBook
) -> None:
    report = book.verified(changed(bundle, f"exports/{village.club_id}/ledger.csv", change))
    assert report.claims["exports"] == "fail"
    assert {finding.claim for finding in report.findings} == {"exports"}


def test_an_altered_balance(village: Busy, bundle: Path, book: LogBook) -> None:
    name = f"exports/{village.club_id}/balances.csv"
    report = book.verified(changed(bundle, name, lambda csv: csv.replace(b"4111,-2", b"4111,-3")))
    (said,) = report.findings
    assert (said.code, said.facts["at"]) == ("export-balance", "loan 4111")


def member(bundle: Path, start: str) -> str:
    with zipfile.ZipFile(bundle) as archive:
        return next(name for name in archive.namelist() if name.startswith(start))


@pytest.mark.parametrize("start", ["tile/entries/", "payloads/", "tile/0/", "checkpoint"])
@pytest.mark.parametrize("how", ["left out", "a bit", "cut"])
def test_any_part_changed_or_left_out(start: str, how: str, bundle: Path, book: LogBook) -> None:
    name = "checkpoint" if start == "checkpoint" else member(bundle, start)
    changes: dict[str, Callable[[bytes], bytes | None]] = {
        "left out": lambda content: None,
        "a bit": lambda content: content[:60] + bytes([content[60] ^ 1]) + content[61:],
        "cut": lambda content: content[:-7],
    }
    bent = changed(bundle, name, changes[how])
    assert not is_good(book, bent)


def is_good(book: LogBook, bundle: Path) -> bool:
    """A file that cannot be read is no good one either, and nothing else may happen."""
    try:
        return book.verified(bundle).good
    except (Refused, ValueError):
        return False


def test_a_payload_changed_on_its_way_is_named(bundle: Path, village: Busy, book: LogBook) -> None:
    name = member(bundle, "payloads/")
    with zipfile.ZipFile(bundle) as archive:
        assert archive.read(name).count(b'"amount":900000') >= 1
    bent = changed(bundle, name, lambda c: c.replace(b'"amount":900000', b'"amount":700000'))
    report = book.verified(bent)
    said = [finding for finding in report.findings if finding.code == "payload-hash"]
    assert [finding.event for finding in said] == [str(village.dues)]


def test_a_bundle_over_a_shorter_head_of_the_same_log_is_still_the_same_log(
    bundle: Path, village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    """The control: growing is no finding."""
    held = book.folder / "held"
    shutil.copy(book.kept.path, held)
    village.repaid(village.loan, 1_000, village.desk.today)
    book.sign()
    report = book.verified(book.bundle(database, follower, name="later.zip"), held)
    assert report.good
    assert sha256(held.read_bytes()) != sha256(book.kept.path.read_bytes())
