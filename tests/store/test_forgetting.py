"""A destroyed key is destroyed for every process and for ever; the master key is changed safely."""

import os
import secrets
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Event

import psycopg
import pytest

from conftest import Server
from desk import books
from desk.desk import Desk
from domain.errors import Unavailable
from domain.loans.commands import ReceiveCapital
from domain.values import Purpose, Sealed
from store.database import Database
from store.erasures import ErasureList
from store.keys import LOOK_SECONDS, KeyRing, MasterKey, WrongMasterKey
from store.log import EventLog, uuid7
from store.rewrapping import finder, rewrap
from village import DAY, SYSTEM, Village

WHY = {"ground": "consent_withdrawn"}


@pytest.fixture
def ring(database: Database, master: MasterKey) -> KeyRing:
    return KeyRing(database, master)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "master.key"
    MasterKey.make_file(path)
    return path


def opened(database: Database, file: Path) -> KeyRing:
    """As a process that starts now has it."""
    return KeyRing(database, MasterKey.from_file(file), finder(file))


# --- destroying ----------------------------------------------------------------------------------


def test_what_a_destroyed_key_sealed_is_gone_and_nothing_else(ring: KeyRing) -> None:
    person, other = uuid7(), uuid7()
    sealed = ring.seal_many(
        [(who, why, "x") for who in (person, other) for why in (Purpose.CONTACT, Purpose.HEALTH)]
    )
    ring.destroy(ring.keys_of([person], ["contact"]), WHY)
    assert ring.open_many(sealed) == [None, "x", "x", "x"]
    assert [key.purpose for key in ring.keys_of([person], list(Purpose))] == ["health"]


def test_another_process_that_remembers_the_key_forgets_it_within_a_moment(
    ring: KeyRing, database: Database, master: MasterKey
) -> None:
    person = uuid7()
    sealed = ring.seal(person, Purpose.HEALTH, "tăng huyết áp")
    other = KeyRing(database, master)
    assert other.open(sealed) == "tăng huyết áp"
    ring.destroy(ring.keys_of([person], ["health"]), WHY)
    time.sleep(LOOK_SECONDS + 0.05)
    assert other.open(sealed) is None


def test_a_new_key_of_the_same_person_brings_nothing_back_and_breaks_nothing(
    ring: KeyRing, database: Database, master: MasterKey
) -> None:
    """Consent was given again: the old texts stay gone, and a page that lists both is shown."""
    person = uuid7()
    other = KeyRing(database, master)
    old = ring.seal(person, Purpose.CONTACT, "old")
    assert other.open(old) == "old"
    ring.destroy(ring.keys_of([person], ["contact"]), WHY)
    new = ring.seal(person, Purpose.CONTACT, "new")
    for reader in (ring, other, KeyRing(database, master)):
        time.sleep(LOOK_SECONDS + 0.05)
        assert reader.open_many([old, new]) == [None, "new"]


def test_a_photo_goes_with_its_key_too(ring: KeyRing) -> None:
    person = uuid7()
    old = ring.seal_file(person, Purpose.HEALTH, b"a photo")
    ring.destroy(ring.keys_of([person], ["health"]), WHY)
    assert ring.open_file(person, Purpose.HEALTH, old) is None
    new = ring.seal_file(person, Purpose.HEALTH, b"another")
    assert ring.open_file(person, Purpose.HEALTH, old) is None
    assert ring.open_file(person, Purpose.HEALTH, new) == b"another"


def test_destroyed_again_it_leaves_the_newer_key_alone(ring: KeyRing) -> None:
    person = uuid7()
    ring.seal(person, Purpose.CONTACT, "old")
    old = ring.keys_of([person], ["contact"])
    ring.destroy(old, WHY)
    new = ring.seal(person, Purpose.CONTACT, "new")
    ring.destroy(old, WHY)
    assert ring.open(new) == "new"


def test_the_application_destroys_by_the_function_alone(ring: KeyRing, database: Database) -> None:
    ring.seal(uuid7(), Purpose.CONTACT, "x")
    for statement in (
        "DELETE FROM keys.data_keys",
        "DELETE FROM keys.destroyed",
        "UPDATE keys.destroyed SET subject = gen_random_uuid()",
        "INSERT INTO keys.epochs VALUES (2, '')",
        "UPDATE keys.epochs SET commitment = ''",
    ):
        with (
            database.connection() as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


def test_the_list_outside_the_database_survives_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "evidence" / "erasures.jsonl"
    kept = ErasureList(path)
    assert kept.read() == []
    kept.add({"event_id": "1"})
    kept.add({"event_id": "1"})
    with path.open("a", encoding="utf-8") as torn:
        torn.write('{"event_id": "to')
    kept.add({"event_id": "2"})
    assert kept.read() == [{"event_id": "1"}, {"event_id": "2"}]
    assert path.stat().st_mode & 0o777 == 0o600


# --- a database of their own --------------------------------------------------------------


def test_keys_in_another_database_are_committed_before_the_event_that_needs_them(
    log: EventLog, other_database: Database, master: MasterKey
) -> None:
    desk = Desk(log, KeyRing(other_database, master))
    village = Village(desk, capital=1_000)
    with log.database.connection() as connection:
        beside = connection.execute("SELECT count(*) FROM keys.data_keys").fetchone()
    assert beside == (0,)

    head = log.head()
    other_database.close()  # as if its server were away
    for _ in range(2):
        with pytest.raises(Unavailable):
            village.member("Hoàng Thị Phượng")
        with pytest.raises(Unavailable):
            desk.memo(uuid7(), "x")
    assert log.head() == head
    # What needs no key goes on.
    command = ReceiveCapital.model_validate(
        {"occurred_on": DAY, "amount": 5_000, "source": "members"}
    )
    books.record(desk, SYSTEM, village.club_id, command)


# --- the master key's epochs ------------------------------------------------------------------


def test_after_a_rewrapping_everything_opens_and_the_old_master_key_opens_nothing(
    database: Database, file: Path
) -> None:
    ring = opened(database, file)
    old = ring.master
    sealed = ring.seal_many([(uuid7(), why, "x") for why in Purpose for _ in range(20)])
    known = ring.fingerprint(b"asked")
    wrapped = rows(database)
    rewrap([database], file)

    assert MasterKey.from_file(file).secret != old.secret
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.stat().st_mode & 0o777 == 0o600
    assert not wrapped & rows(database)
    for reader in (opened(database, file), ring):  # one that starts now, one that was running
        assert set(reader.open_many(sealed)) == {"x"}
        assert reader.fingerprint(b"asked") == known
    with pytest.raises(WrongMasterKey):
        KeyRing(database, old).open(sealed[0])
    with pytest.raises(WrongMasterKey):
        KeyRing(database, old).seal(uuid7(), Purpose.IDENTITY, "x")


def test_a_process_that_was_running_never_seals_for_an_epoch_that_is_over(
    database: Database, file: Path
) -> None:
    ring = opened(database, file)
    ring.seal(uuid7(), Purpose.IDENTITY, "before")
    rewrap([database], file)
    sealed = ring.seal(uuid7(), Purpose.IDENTITY, "after")
    assert opened(database, file).open(sealed) == "after"


def test_rewrapping_while_others_seal_loses_no_text(database: Database, file: Path) -> None:
    stop = Event()

    def sealing(_: int) -> list[Sealed]:
        ring, made = opened(database, file), []
        while not stop.is_set():
            made.append(ring.seal(uuid7(), Purpose.IDENTITY, "x"))
        return made

    with ThreadPoolExecutor(4) as threads:
        made = [threads.submit(sealing, n) for n in range(4)]
        for _ in range(5):
            time.sleep(0.1)
            rewrap([database], file)
        stop.set()
        sealed = [one for each in made for one in each.result()]
    assert len(sealed) > 40
    assert set(opened(database, file).open_many(sealed)) == {"x"}


def test_a_crash_before_or_after_the_commit_is_no_loss_and_is_finished_by_the_next(
    database: Database, file: Path, tmp_path: Path
) -> None:
    sealed = opened(database, file).seal(uuid7(), Purpose.IDENTITY, "x")
    MasterKey.make_file(file.with_name("master.key.next"))  # so far it came, and no further
    assert opened(database, file).open(sealed) == "x"

    before = tmp_path / "before"
    shutil.copytree(file.parent, before)
    rewrap([database], file)
    new = MasterKey.from_file(file).secret
    shutil.rmtree(file.parent)
    shutil.copytree(before, file.parent)  # the database has committed, the files have not moved
    ring = opened(database, file)
    assert ring.open(sealed) == "x"
    ring.seal(uuid7(), Purpose.IDENTITY, "y")
    rewrap([database], file)
    assert MasterKey.from_file(file).secret == new
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert opened(database, file).open(sealed) == "x"


def test_all_databases_of_a_master_key_are_wrapped_before_it_is_destroyed(
    database: Database, other_database: Database, file: Path
) -> None:
    both = (database, other_database)
    sealed = [opened(one, file).seal(uuid7(), Purpose.IDENTITY, "x") for one in both]
    old = MasterKey.from_file(file).secret
    away = Database("postgresql://nobody@127.0.0.1:1/none", size=1)
    with pytest.raises(Unavailable):
        rewrap([database, away], file)
    assert MasterKey.from_file(file).secret == old
    for _ in range(2):
        for one, text in zip(both, sealed, strict=True):
            assert opened(one, file).open(text) == "x"
        rewrap(both, file)


def test_killed_at_any_moment_a_rewrapping_leaves_every_text_readable(
    database: Database, file: Path
) -> None:
    ring = opened(database, file)
    sealed = ring.seal_many([(uuid7(), Purpose.IDENTITY, "x") for _ in range(1_500)])
    random, ended = Random(7), 0
    for _ in range(15):
        child = os.fork()
        if not child:
            try:
                rewrap([Database(database.url, size=1)], file)
            finally:
                os._exit(0)
        time.sleep(random.uniform(0.01, 0.15))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        ended += os.WIFEXITED(status)
        assert set(opened(database, file).open_many(sealed)) == {"x"}
    print(f"{15 - ended} of 15 killed half-way")
    assert ended < 15
    rewrap([database], file)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert set(ring.open_many(sealed)) == {"x"}


def test_a_key_from_before_the_epochs_is_wrapped_anew_too(
    database: Database, file: Path, server: Server, database_name: str
) -> None:
    """A database that was made by a version without epochs: wrapped keys, and no epoch yet."""
    ring = opened(database, file)
    sealed = ring.seal(uuid7(), Purpose.IDENTITY, "x")
    with psycopg.connect(server.owner(database_name)) as owner:
        owner.execute("DELETE FROM keys.epochs")
    with pytest.raises(WrongMasterKey):
        KeyRing(database, MasterKey(secrets.token_bytes(32))).seal(
            uuid7(), Purpose.IDENTITY, "somebody else's first"
        )
    opened(database, file).seal(uuid7(), Purpose.IDENTITY, "y")
    rewrap([database], file)
    assert opened(database, file).open(sealed) == "x"


def rows(database: Database) -> set[bytes]:
    with database.connection() as connection:
        found = connection.execute("SELECT wrapped FROM keys.data_keys").fetchall()
    return {bytes(row[0]) for row in found}
