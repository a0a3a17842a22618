"""Personal text is readable with the master key and the database together, never with one alone.

And when the database is away, everything says so, soon, and nothing is half done.
"""

import base64
import secrets
import stat
import time
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from conftest import Server
from desk import books
from desk.desk import KINDS, Call, Desk
from domain.errors import Unavailable
from domain.histories import book_of
from domain.loans.book import BOOK
from domain.loans.commands import ReceiveCapital
from domain.values import Purpose, Sealed
from planted import dump, written_ways
from soak.house import make_database, private_server
from store.database import Database
from store.embedded import EmbeddedServer
from store.keys import BrokenSeal, KeyRing, MasterKey, WrongMasterKey
from store.log import EventLog, uuid7
from village import DAY, SYSTEM, Village

NAMES = [
    "Nguyễn Thị Lan",
    unicodedata.normalize("NFD", "Đặng Phượng Ỷ"),
    "x",
    "",
    "👵🏽 bà cụ",
    "a" * 2000 + "ẫ",
]


@pytest.fixture(params=["database", "other_database"], ids=["beside the log", "apart"])
def key_database(request: pytest.FixtureRequest) -> Any:
    """Everything here holds wherever the keys lie."""
    return request.getfixturevalue(request.param)


def name_of(database: Database) -> str:
    return str(conninfo_to_dict(database.url)["dbname"])


@pytest.fixture
def ring(key_database: Database, master: MasterKey) -> KeyRing:
    return KeyRing(key_database, master)


def again(database: Database, master: MasterKey) -> KeyRing:
    """As another process has it: no data key is remembered."""
    return KeyRing(database, master)


# --- seal and open -----------------------------------------------------------------------


def test_what_was_sealed_opens_letter_by_letter(
    ring: KeyRing, key_database: Database, master: MasterKey
) -> None:
    texts = [(uuid7(), purpose, text) for purpose in Purpose for text in NAMES]
    sealed = ring.seal_many(texts)
    assert ring.open_many(sealed) == [text for _, _, text in texts]
    assert again(key_database, master).open_many(sealed) == [text for _, _, text in texts]
    assert ring.open(Sealed.model_validate_json(sealed[0].model_dump_json())) == NAMES[0]


def test_the_same_text_is_never_sealed_to_the_same_bytes(ring: KeyRing) -> None:
    person = uuid7()
    sealed = [ring.seal(person, Purpose.IDENTITY, NAMES[0]) for _ in range(50)]
    assert len({one.nonce for one in sealed}) == 50
    assert len({one.ciphertext for one in sealed}) == 50
    assert len({one.commitment for one in sealed}) == 1


def test_each_person_and_purpose_has_a_key_of_its_own(ring: KeyRing) -> None:
    people = [uuid7() for _ in range(3)]
    sealed = ring.seal_many([(who, why, "x") for who in people for why in Purpose])
    assert len({one.commitment for one in sealed}) == len(people) * len(Purpose)


def test_another_master_key_opens_and_seals_nothing(ring: KeyRing, key_database: Database) -> None:
    person = uuid7()
    sealed = ring.seal(person, Purpose.IDENTITY, NAMES[0])
    other = KeyRing(key_database, MasterKey(secrets.token_bytes(32)))
    with pytest.raises(WrongMasterKey):
        other.open(sealed)
    with pytest.raises(WrongMasterKey):
        other.seal(person, Purpose.IDENTITY, NAMES[0])


def test_a_sealed_text_moved_or_changed_is_not_opened(
    ring: KeyRing, key_database: Database, master: MasterKey
) -> None:
    person, other = uuid7(), uuid7()
    sealed, theirs = ring.seal_many(
        [(person, Purpose.IDENTITY, NAMES[0]), (other, Purpose.IDENTITY, NAMES[1])]
    )
    ring.seal(person, Purpose.HEALTH, "x")
    ciphertext = bytearray(base64.b64decode(sealed.ciphertext))
    changed: list[dict[str, object]] = [
        {"subject": other},
        {"purpose": Purpose.HEALTH},
        {"subject": other, "commitment": theirs.commitment},
        {"commitment": theirs.commitment},
        {"commitment": "00" * 32},
        {"commitment": sealed.commitment[:-2]},
        {"commitment": sealed.commitment[:-1]},
        {"nonce": theirs.nonce},
        {"nonce": "00"},
        {"ciphertext": theirs.ciphertext},
        {"ciphertext": sealed.ciphertext[:-4]},
        {"ciphertext": ""},
    ]
    for at in (0, 1, len(ciphertext) // 2, len(ciphertext) - 1):
        flipped = bytearray(ciphertext)
        flipped[at] ^= 1
        changed.append({"ciphertext": base64.b64encode(flipped).decode()})
    for change in changed:
        for reader in (ring, again(key_database, master)):
            with pytest.raises(BrokenSeal):
                reader.open(sealed.model_copy(update=change))
    assert ring.open(sealed) == NAMES[0]


def test_wrapped_keys_exchanged_in_the_database_open_nothing(
    ring: KeyRing, key_database: Database, master: MasterKey, server: Server
) -> None:
    """The database's owner could hang one person's key on another: each is bound to its own."""
    one, two = ring.seal_many(
        [(uuid7(), Purpose.IDENTITY, NAMES[0]), (uuid7(), Purpose.IDENTITY, NAMES[1])]
    )
    with psycopg.connect(server.owner(name_of(key_database))) as owner:
        owner.execute(
            """UPDATE keys.data_keys k SET wrapped = o.wrapped, commitment = o.commitment
               FROM keys.data_keys o WHERE o.subject <> k.subject"""
        )
    for sealed in (one, two):
        with pytest.raises(WrongMasterKey):
            again(key_database, master).open(sealed)


def test_a_text_whose_key_was_destroyed_is_gone_and_the_others_stay(
    ring: KeyRing, key_database: Database, master: MasterKey, server: Server
) -> None:
    person, other = uuid7(), uuid7()
    sealed = ring.seal_many(
        [
            (person, Purpose.IDENTITY, "one"),
            (person, Purpose.HEALTH, "two"),
            (other, Purpose.IDENTITY, "three"),
        ]
    )
    with psycopg.connect(server.owner(name_of(key_database))) as owner:
        owner.execute(
            "DELETE FROM keys.data_keys WHERE subject = %s AND purpose = 'identity'", (person,)
        )
    assert again(key_database, master).open_many(sealed) == [None, "two", "three"]
    # A new key for the same person does not bring the old text back.
    reader = again(key_database, master)
    renewed = reader.seal(person, Purpose.IDENTITY, "four")
    assert reader.open(renewed) == "four"
    with pytest.raises(BrokenSeal):
        reader.open(sealed[0])


# --- many at once ------------------------------------------------------------------------


def test_two_processes_that_seal_for_the_same_person_at_once_make_one_key(
    key_database: Database, master: MasterKey
) -> None:
    for _ in range(20):
        person, together = uuid7(), Barrier(4)

        def sealing(number: int, person: UUID = person, together: Barrier = together) -> Sealed:
            mine = again(key_database, master)
            together.wait()
            return mine.seal(person, Purpose.IDENTITY, str(number))

        with ThreadPoolExecutor(4) as threads:
            sealed = list(threads.map(sealing, range(4)))
        assert len({one.commitment for one in sealed}) == 1
        assert again(key_database, master).open_many(sealed) == list("0123")
        with key_database.connection() as connection:
            keys = connection.execute(
                "SELECT count(*) FROM keys.data_keys WHERE subject = %s", (person,)
            )
            assert keys.fetchone() == (1,)


def test_keys_are_made_in_one_order_so_that_no_two_processes_wait_in_a_circle(
    key_database: Database, master: MasterKey
) -> None:
    for _ in range(3):
        people = [uuid7() for _ in range(200)]
        together = Barrier(2)

        def sealing(
            number: int, people: list[UUID] = people, together: Barrier = together
        ) -> list[str | None]:
            mine = again(key_database, master)
            others = [uuid7() for _ in range(400 * number)]  # a larger set has another order
            together.wait()
            return mine.open_many(
                mine.seal_many([(who, Purpose.IDENTITY, "x") for who in [*people, *others]])
            )

        with ThreadPoolExecutor(2) as threads:
            assert [len(opened) for opened in threads.map(sealing, range(2))] == [200, 600]

    # A deadlock needs luck; the order does not.
    with key_database.connection() as connection:
        last = "SELECT max(xmin::text::bigint) FROM keys.data_keys"
        made = connection.execute(
            f"SELECT subject FROM keys.data_keys WHERE xmin::text::bigint = ({last}) ORDER BY ctid"
        ).fetchall()
    assert len(made) >= 200
    assert made == sorted(made)


def test_one_key_ring_serves_many_threads_that_keep_adding_keys(ring: KeyRing) -> None:
    people = [uuid7() for _ in range(3_000)]
    known = ring.seal_many([(who, Purpose.IDENTITY, "x") for who in people])
    together = Barrier(8)

    def serving(number: int) -> None:
        random = Random(number)
        together.wait()
        for _ in range(60):
            assert ring.open(random.choice(known)) == "x"
            mine = [(uuid7(), Purpose.IDENTITY, str(number)) for _ in range(20)]
            assert ring.open_many(ring.seal_many(mine)) == [str(number)] * 20

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(serving, range(8)))


# --- the master key's file ---------------------------------------------------------------


def test_a_master_key_is_made_once_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "new" / "master.key"
    made = MasterKey.make_file(path)
    written = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert MasterKey.from_file(path).secret == made.secret
    assert MasterKey.make_file(path).secret == made.secret
    assert path.read_bytes() == written
    assert MasterKey.from_text(made.text()).secret == made.secret
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602, 0o610])
def test_a_master_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    MasterKey.make_file(path)
    path.chmod(mode)
    with pytest.raises(WrongMasterKey):
        MasterKey.from_file(path)
    with pytest.raises(WrongMasterKey):
        MasterKey.make_file(path)


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "A" * 43, "ẫ" * 44, "A" * 88])
def test_a_master_key_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(WrongMasterKey):
        MasterKey.from_text(text)
    path = tmp_path / "master.key"
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongMasterKey):
        MasterKey.from_file(path)


def test_makers_of_a_master_key_at_once_end_with_the_same_one(tmp_path: Path) -> None:
    for number in range(30):
        path, together = tmp_path / f"{number}.key", Barrier(8)

        def making(_: int, path: Path = path, together: Barrier = together) -> bytes:
            together.wait()
            return MasterKey.make_file(path).secret

        with ThreadPoolExecutor(8) as threads:
            made = set(threads.map(making, range(8)))
        assert made == {MasterKey.from_file(path).secret}
    assert len(list(tmp_path.iterdir())) == 30


# --- the database alone reads nothing ----------------------------------------------------


def test_no_name_and_no_memo_stands_in_a_dump_of_the_databases(
    desk: Desk, server: Server, database_name: str, key_database: Database
) -> None:
    village = Village(desk, capital=1_000_000)
    lan = village.member("Nguyễn Thị Lan Chiêu Dương")
    village.member(unicodedata.normalize("NFD", "Đặng Phượng Vĩ Ỷ"))
    command = ReceiveCapital.model_validate(
        {"occurred_on": DAY, "amount": 5_000, "source": "members"}
    ).model_copy(update={"memo": desk.memo(village.club_id, "bà Lan bị bệnh tim mạch")})
    books.record(desk, SYSTEM, village.club_id, command)
    village.lent(lan, 500_000)

    found = dump(server.admin(database_name)) + dump(server.admin(name_of(key_database)))
    for secret in ("Nguyễn Thị Lan Chiêu Dương", "Đặng Phượng Vĩ Ỷ", "bà Lan bị bệnh tim mạch"):
        for way in written_ways(secret):
            assert way not in found
    assert desk.keys.master.secret not in found
    assert desk.keys.master.text().encode() not in found


def test_the_control_finds_what_is_not_sealed(
    desk: Desk, server: Server, database_name: str
) -> None:
    """The club's name is public; the same search must see it."""
    Village(desk)
    found = dump(server.admin(database_name))
    assert any(way in found for way in written_ways("CLB thôn Nà Thử"))
    encoded = b"\0" + base64.b64encode(b"..." + "Đặng Phượng Vĩ Ỷ".encode())
    assert any(way in encoded for way in written_ways("Đặng Phượng Vĩ Ỷ"))


# --- the database away -------------------------------------------------------------------


@pytest.fixture(scope="module")
def stoppable() -> Iterator[EmbeddedServer]:
    with private_server() as server:
        yield server


@pytest.mark.parametrize("used", [False, True])
def test_everything_is_unavailable_soon_while_the_database_is_stopped(
    stoppable: EmbeddedServer, used: bool
) -> None:
    """With a pool of dead connections, and with one that never had any.

    The promise is 5 s; here the bound leaves room for a busy machine. The library's own retries
    took 21.8 s.
    """
    stoppable.ensure()
    database = Database(make_database(stoppable, f"stopped_{used}".lower()))
    log = EventLog(database, KINDS)
    desk = Desk(log, KeyRing(database, MasterKey(b"k" * 32)))
    village_id, person = uuid7(), uuid7()
    asked = Call("system", "the-key-of-one-command", b"body")
    command = ReceiveCapital.model_validate(
        {"occurred_on": DAY, "amount": 5_000, "source": "members"}
    )
    sealed = None
    if used:
        village_id = Village(desk).club_id
        sealed = desk.keys.seal(person, Purpose.IDENTITY, "x")
    actions: dict[str, Callable[[], object]] = {
        "append": lambda: books.record(desk, asked, village_id, command),
        "append without a key": lambda: books.record(desk, SYSTEM, village_id, command),
        "load": lambda: log.load(BOOK, book_of(uuid7())),
        "story": lambda: log.story(book_of(village_id)),
        "seal": lambda: desk.keys.seal(uuid7(), Purpose.IDENTITY, "x"),
        "open": lambda: KeyRing(database, desk.keys.master).open(
            sealed or Sealed.model_construct(subject=person, purpose=Purpose.IDENTITY)
        ),
        "head": log.head,
    }
    stoppable.stop()

    def trying(action: Callable[[], object]) -> float:
        began = time.monotonic()
        with pytest.raises(Unavailable):
            action()
        return time.monotonic() - began

    with ThreadPoolExecutor(len(actions)) as threads:
        took = dict(zip(actions, threads.map(trying, actions.values()), strict=True))
    print({name: f"{seconds:.2f} s" for name, seconds in took.items()})
    assert max(took.values()) < 10

    stoppable.ensure()
    if used:
        while True:  # the pool comes back by itself
            try:
                receipt = books.record(desk, asked, village_id, command)
                break
            except Unavailable:
                time.sleep(0.1)
        assert not receipt.replayed
        assert desk.keys.open(sealed) == "x"  # type: ignore[arg-type]
    database.close()
