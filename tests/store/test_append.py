"""What an append promises: contiguous versions and positions, all or nothing, the database's clock.

And what a read promises: every event is validated, older shapes are lifted to today's, snapshots
change nothing but the time it takes.
"""

import gc
import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import ClassVar
from uuid import UUID

import psycopg
import pytest
from pydantic import ValidationError

from conftest import Server
from desk.desk import KINDS
from domain.catalogue import EVENTS
from domain.errors import StaleVersion
from domain.events import Event
from domain.histories import Kind
from domain.values import Immutable
from store.database import Database, Unsafe
from store.log import SNAPSHOT_EVERY, EventLog, Work, uuid7
from store.mapper import LogRow, UnknownEvent
from store.recorder import NOT_NOTED, Key


class Noted(Event):
    """In version 1 the text stood under `words`."""

    TOPIC: ClassVar[str] = "tests.Noted"
    VERSION: ClassVar[int] = 2
    UPCASTS: ClassVar = {1: lambda old: {"text": old.pop("words"), **old}}
    text: str


class Notes(Immutable):
    texts: tuple[str, ...] = ()


def evolve(notes: Notes | None, event: Noted) -> Notes:
    return Notes(texts=(*(notes.texts if notes else ()), event.text))


NOTES = Kind("tests.Notes", 1, Notes, evolve)


@pytest.fixture(autouse=True)
def catalogue() -> Iterator[None]:
    """The test's own event is in the catalogue while it runs."""
    EVENTS[Noted.TOPIC] = Noted
    yield
    del EVENTS[Noted.TOPIC]


@pytest.fixture
def notes(database: Database) -> EventLog:
    return EventLog(database, (*KINDS, NOTES))


def row(home: UUID, version: int, state: bytes = b'{"v":2,"text":"x"}', **other: str) -> LogRow:
    return LogRow(
        originator_id=home,
        originator_version=version,
        topic=other.get("topic", Noted.TOPIC),
        state=state,
        event_id=uuid7(),
        actor="system",
    )


def append(log: EventLog, *rows: LogRow, reads: tuple[tuple[UUID, int], ...] = ()) -> int:
    return log.log_recorder.append(rows, actor="system", reads=reads).last_position


def say(log: EventLog, home: UUID, *texts: str) -> None:
    def work(unit: Work) -> None:
        unit.say(NOTES, home, [Noted(text=text) for text in texts])

    log.carry_out(work, actor="system")


def texts(log: EventLog, home: UUID, version: int | None = None) -> tuple[str, ...]:
    state = log.load(NOTES, home, version).state
    return state.texts if state else ()


def started_again(log: EventLog) -> EventLog:
    """As another process has it: nothing is remembered."""
    return EventLog(log.database, log.kinds)


def one(log: EventLog, query: str, *arguments: object) -> tuple[object, ...] | None:
    with log.database.connection() as connection:
        return connection.execute(query.encode(), arguments).fetchone()


def stored(log: EventLog) -> list[LogRow]:
    return log.log_recorder.select_rows(after=0, limit=10_000)


def test_a_log_that_is_let_go_leaves_the_database_open_to_others(notes: EventLog) -> None:
    append(notes, row(uuid7(), 1))
    other = started_again(notes)
    assert other.head() == 1
    del other
    gc.collect()
    append(notes, row(uuid7(), 1))
    assert len(stored(notes)) == 2


def test_two_logs_over_one_connection_both_append(server: Server, database_name: str) -> None:
    database = Database(server.app(database_name), size=1)
    try:
        for log in (EventLog(database, (NOTES,)), EventLog(database, (NOTES,))):
            append(log, row(uuid7(), 1))
        assert len(stored(log)) == 2
    finally:
        database.close()


def test_an_append_outlives_what_makes_the_driver_forget_its_statements(
    server: Server, database_name: str
) -> None:
    database = Database(server.app(database_name), size=1)
    try:
        log = EventLog(database, (NOTES,))
        append(log, row(uuid7(), 1))
        with suppress(ZeroDivisionError), database.transaction() as connection:
            for _ in range(7):  # often enough for the driver to prepare it, and then to forget
                connection.execute("SELECT 1", prepare=True)
            raise ZeroDivisionError
        append(log, row(uuid7(), 1))
        assert len(stored(log)) == 2
    finally:
        database.close()


# --- versions and positions --------------------------------------------------------------


def test_a_history_starts_at_version_one_and_goes_on_without_a_gap(notes: EventLog) -> None:
    home = uuid7()
    append(notes, row(home, 1))
    append(notes, row(home, 2), row(home, 3))
    assert [event.originator_version for event in notes.story(home)] == [1, 2, 3]
    assert notes.load(NOTES, home).version == 3


DO_NOT_FOLLOW_TWO = [
    *((1,), (2,), (4,), (0,), (-1,)),
    *((3, 5), (4, 5), (2, 3), (3, 3), (5, 4), (3, 3, 5), (3, 4, 4)),
]


def test_versions_that_do_not_follow_are_stale_and_nothing_is_stored(notes: EventLog) -> None:
    home, other = uuid7(), uuid7()
    append(notes, row(home, 1), row(home, 2))
    before = stored(notes)
    for versions in DO_NOT_FOLLOW_TWO:
        rows = [row(home, version) for version in versions]
        for together in (rows, [row(other, 1), *rows]):
            with pytest.raises(StaleVersion):
                append(notes, *together)
            assert stored(notes) == before, versions
    assert append(notes, row(home, 3)) == 3


def test_histories_written_together_stand_together_or_not_at_all(notes: EventLog) -> None:
    first, second, third = uuid7(), uuid7(), uuid7()
    append(notes, row(second, 1))
    key = Key("system", "k" * 16, b"body", "{}")
    with pytest.raises(StaleVersion):
        notes.log_recorder.append(
            [row(first, 1), row(second, 1), row(third, 1)],
            actor="system",
            key=key,
            entities=[(uuid7(), first)],
        )
    assert len(stored(notes)) == 1
    assert one(notes, "SELECT count(*) FROM log.commands") == (0,)
    assert one(notes, "SELECT count(*) FROM log.entities") == (0,)

    # Versions of one history may lie between those of another.
    done = notes.log_recorder.append(
        [row(first, 1), row(second, 2), row(first, 2), row(third, 1)],
        actor="system",
        key=key,
        entities=[(uuid7(), first)],
    )
    assert (done.first_position, done.last_position) == (2, 5)
    homes = [event.originator_id for event in stored(notes)[1:]]
    assert homes == [first, second, first, third]
    transactions = """SELECT count(DISTINCT x) FROM (
        SELECT xmin::text x FROM log.events WHERE notification_id > 1
        UNION ALL SELECT xmin::text FROM log.commands
        UNION ALL SELECT xmin::text FROM log.entities) AS written"""
    assert one(notes, transactions) == (1,)


def test_who_gives_a_thing_a_home_second_is_told_to_look_again(notes: EventLog) -> None:
    thing, first, second = uuid7(), uuid7(), uuid7()
    notes.log_recorder.append([row(first, 1)], actor="system", entities=[(thing, first)])
    with pytest.raises(StaleVersion):
        notes.log_recorder.append([row(second, 1)], actor="system", entities=[(thing, second)])
    assert len(stored(notes)) == 1
    assert notes.home_of(thing) == first


def test_an_event_id_already_in_the_log_is_not_taken_again(notes: EventLog) -> None:
    home = uuid7()
    append(notes, first := row(home, 1))
    again = LogRow(home, 2, Noted.TOPIC, first.state, first.event_id, "system")
    with pytest.raises(psycopg.errors.UniqueViolation):
        append(notes, again)
    assert len(stored(notes)) == 1


def test_a_history_that_was_only_read_must_still_stand_where_it_stood(notes: EventLog) -> None:
    read, written = uuid7(), uuid7()
    append(notes, row(read, 1))
    append(notes, row(written, 1), reads=((read, 1),))
    append(notes, row(written, 2), reads=((read, 1), (uuid7(), 0)))
    append(notes, row(read, 2))
    for seen in (0, 1, 3):
        with pytest.raises(StaleVersion):
            append(notes, row(written, 3), reads=((read, seen),))
    assert notes.load(NOTES, written).version == 2


def test_a_thing_that_was_not_noted_may_not_be_by_the_time_of_the_append(notes: EventLog) -> None:
    thing, home = uuid7(), uuid7()
    append(notes, row(home, 1), reads=((thing, NOT_NOTED),))
    notes.log_recorder.append([row(home, 2)], actor="system", entities=[(thing, home)])
    with pytest.raises(StaleVersion):
        append(notes, row(home, 3), reads=((thing, NOT_NOTED),))
    assert notes.homes_of([thing, uuid7()]) == {thing: home}
    assert notes.load(NOTES, home).version == 2


def test_work_that_finds_a_history_moved_on_is_done_again(notes: EventLog) -> None:
    read, written = uuid7(), uuid7()
    say(notes, read, "một")
    tries = []

    def work(unit: Work) -> None:
        seen = unit.load(NOTES, read)
        tries.append(seen.texts if seen else ())
        if len(tries) == 1:
            say(notes, read, "hai")  # somebody else, between our reading and our writing
        unit.say(NOTES, written, [Noted(text=str(len(tries[-1])))])

    notes.carry_out(work, actor="system")
    assert tries == [("một",), ("một", "hai")]
    assert texts(notes, written) == ("2",)


def test_work_that_is_overtaken_every_time_gives_up_and_stores_nothing(notes: EventLog) -> None:
    home = uuid7()
    tries = []

    def work(unit: Work) -> None:
        unit.load(NOTES, home)
        tries.append(1)
        say(notes, home, "người khác")
        unit.say(NOTES, home, [Noted(text="mình")])

    with pytest.raises(StaleVersion):
        notes.carry_out(work, actor="system")
    assert len(tries) == 5
    assert texts(notes, home) == ("người khác",) * 5


def test_refused_appends_leave_no_hole_in_the_positions(notes: EventLog) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    random = Random(seed)
    homes = [uuid7() for _ in range(4)]
    refused = written = 0
    for _ in range(120):
        home = random.choice(homes)
        version = notes.load(NOTES, home).version + random.choice((0, 1, 1, 2))
        batch = [row(home, version + step) for step in range(random.choice((1, 1, 3)))]
        try:
            last = append(notes, *batch)
        except StaleVersion:
            refused += 1
        else:
            written += len(batch)
            assert last == written
    assert refused
    assert [event.position for event in stored(notes)] == list(range(1, written + 1))
    for home in homes:
        story = notes.story(home)
        assert [event.originator_version for event in story] == list(range(1, len(story) + 1))


def test_the_log_wakes_its_listeners_once_an_append_is_committed(notes: EventLog) -> None:
    home = uuid7()
    with notes.database.connection() as listener:
        listener.execute("LISTEN sochung_log")
        with pytest.raises(StaleVersion):
            append(notes, row(home, 2))
        assert list(listener.notifies(timeout=0.2)) == []
        append(notes, row(home, 1))
        assert len(list(listener.notifies(timeout=20, stop_after=1))) == 1
        listener.execute("UNLISTEN *")


def test_a_story_read_again_is_the_logs_own(notes: EventLog) -> None:
    """What is remembered of it is what another process reads, whatever versions are asked for."""
    home, empty = uuid7(), uuid7()
    say(notes, home, "one", "two")
    assert notes.story(empty) == []
    for version, until in enumerate((1, 2, None, 1, 5, None), start=3):
        assert notes.story(home, until=until) == started_again(notes).story(home, until=until)
        say(notes, home, f"{version}")
    assert [told.originator_version for told in notes.story(home)] == list(range(1, 9))
    assert notes.story(home, since=4, until=6) == notes.story(home)[3:6]


# --- the clock and the actor -------------------------------------------------------------


def test_recorded_at_is_the_clock_of_the_database(notes: EventLog) -> None:
    before = one(notes, "SELECT clock_timestamp()")
    append(notes, row(uuid7(), 1), row(uuid7(), 1))
    append(notes, row(uuid7(), 1))
    after = one(notes, "SELECT clock_timestamp()")
    assert before
    assert after
    times = [event.recorded_at for event in stored(notes)]
    assert [before[0], *times, after[0]] == sorted([before[0], *times, after[0]])
    assert b"recorded" not in b"".join(event.state for event in stored(notes))


@pytest.mark.parametrize("batch", [1, 3])
def test_recorded_at_never_runs_backwards_when_the_clock_does(
    notes: EventLog, server: Server, database_name: str, batch: int
) -> None:
    """An event recorded tomorrow: the clock was set back since."""
    with psycopg.connect(server.owner(database_name)) as owner:
        owner.execute(
            """INSERT INTO log.events (originator_id, originator_version, notification_id,
                                       event_id, recorded_at, topic, actor, state)
               VALUES (gen_random_uuid(), 1, 1, gen_random_uuid(),
                       clock_timestamp() + interval '1 day', %s, 'system', '{"v":2,"text":"x"}')""",
            (Noted.TOPIC,),
        )
    home = uuid7()
    append(notes, *(row(home, version) for version in range(1, batch + 1)))
    first, *later = (event.recorded_at for event in stored(notes))
    assert first
    assert all(time and timedelta(0) <= time - first < timedelta(hours=1) for time in later)


def test_an_event_without_an_actor_is_refused(notes: EventLog) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        notes.log_recorder.append([row(uuid7(), 1)], actor="")
    assert stored(notes) == []


# --- snapshots ---------------------------------------------------------------------------


def snapshots(log: EventLog, home: UUID) -> list[tuple[object, ...]]:
    with log.database.connection() as connection:
        return connection.execute(
            """SELECT originator_version, topic FROM log.snapshots WHERE originator_id = %s
               ORDER BY 1""",
            (home,),
        ).fetchall()


def keep(log: EventLog, home: UUID, version: int, topic: str, state: Notes | bytes) -> None:
    content = state if isinstance(state, bytes) else state.model_dump_json().encode()
    with log.database.connection() as connection:
        connection.execute(
            "SELECT log.keep_snapshot(%s, %s, %s, %b)", (home, version, topic, content)
        )


def replayed(log: EventLog, home: UUID, version: int) -> Notes:
    state = None
    for recorded in log.story(home)[:version]:
        assert isinstance(recorded.event, Noted)
        state = evolve(state, recorded.event)
    assert state is not None
    return state


def test_a_snapshot_is_kept_every_hundred_events_and_changes_nothing(notes: EventLog) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    random = Random(seed)
    home, version = uuid7(), 0
    expected = []
    while version < 4 * SNAPSHOT_EVERY:
        batch = random.choice((1, 7, 60, 130))
        say(notes, home, *(f"{version + n}" for n in range(1, batch + 1)))
        if (version + batch) // SNAPSHOT_EVERY > version // SNAPSHOT_EVERY:
            expected.append((version + batch, NOTES.snapshot_topic))
        version += batch
    assert snapshots(notes, home) == expected
    assert notes.load(NOTES, home).state == replayed(notes, home, version)
    again = started_again(notes)
    assert again.load(NOTES, home) == notes.load(NOTES, home)
    for at in {1, version, *random.sample(range(1, version), 20), *(v for v, _ in expected)}:
        history = again.load(NOTES, home, at)
        assert (history.version, history.state) == (at, replayed(notes, home, at))


def test_a_history_is_read_from_its_latest_snapshot_on(notes: EventLog) -> None:
    home = uuid7()
    say(notes, home, "a", "b", "c", "d")
    keep(notes, home, 2, NOTES.snapshot_topic, Notes(texts=("told by the snapshot",)))
    again = started_again(notes)
    assert texts(again, home) == ("told by the snapshot", "c", "d")
    assert texts(again, home, 2) == ("told by the snapshot",)
    assert texts(again, home, 1) == ("a",)
    say(again, home, "e")
    assert again.load(NOTES, home).version == 5


def test_a_snapshot_of_another_kind_or_version_is_not_seen(notes: EventLog) -> None:
    for topic in ("tests.Notes/2", "tests.Notes/0", "tests.Others/1", ""):
        home = uuid7()
        say(notes, home, "a", "b", "c")
        keep(notes, home, 2, topic, b'{"shape":"another"}')
        assert texts(started_again(notes), home) == ("a", "b", "c"), topic


def test_a_second_snapshot_of_the_same_version_does_no_harm(notes: EventLog) -> None:
    home = uuid7()
    say(notes, home, "a", "b")
    keep(notes, home, 2, NOTES.snapshot_topic, Notes(texts=("a", "b")))
    keep(notes, home, 2, NOTES.snapshot_topic, Notes(texts=("another",)))
    assert snapshots(notes, home) == [(2, NOTES.snapshot_topic)]
    assert texts(started_again(notes), home) == ("a", "b")


def test_what_one_process_remembers_moves_on_with_what_others_write(
    notes: EventLog, server: Server, database_name: str
) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    random = Random(seed)
    other = EventLog(Database(server.app(database_name), size=1), notes.kinds)
    logs, homes = [notes, other], [uuid7(), uuid7()]
    said: dict[UUID, list[str]] = {home: [] for home in homes}
    for step in range(150):
        home = random.choice(homes)
        fresh = [f"{step}.{n}" for n in range(random.choice((1, 1, 5)))]
        say(random.choice(logs), home, *fresh)
        said[home] += fresh
        home = random.choice(homes)
        assert texts(random.choice(logs), home) == tuple(said[home])
        at = random.randint(0, len(said[home]))
        assert texts(random.choice(logs), home, at) == tuple(said[home][:at])
    other.close()


# --- what is read ------------------------------------------------------------------------


NOT_UNDERSTOOD = [
    ("tests.Never", b'{"v":1}', UnknownEvent),
    (Noted.TOPIC, b'{"v":3,"text":"x"}', UnknownEvent),
    (Noted.TOPIC, b'{"v":0,"words":"x"}', UnknownEvent),
    (Noted.TOPIC, b'{"v":-1,"words":"x"}', UnknownEvent),
    (Noted.TOPIC, b'{"v":"1","words":"x"}', UnknownEvent),
    (Noted.TOPIC, b'{"text":"x"}', UnknownEvent),
    (Noted.TOPIC, b'{"v":2,"text":"x","more":1}', ValidationError),
    (Noted.TOPIC, b'{"v":2,"concerns":[]}', ValidationError),
    (Noted.TOPIC, b'{"v":2,"text":5}', ValidationError),
    (Noted.TOPIC, b'{"v":1,"words":"x","more":1}', ValidationError),
]


def test_an_event_this_program_does_not_understand_is_never_skipped(notes: EventLog) -> None:
    for topic, state, error in NOT_UNDERSTOOD:
        home = uuid7()
        append(notes, row(home, 1), row(home, 2, state, topic=topic), row(home, 3))
        before = notes.head()
        with pytest.raises(error):
            notes.load(NOTES, home)
        with pytest.raises(error):
            notes.story(home)
        with pytest.raises(error):
            say(notes, home, "y")
        assert notes.head() == before, state


@pytest.mark.parametrize("state", [b'{"v":2,"text":"x"', b"[]", b"5", b"", b'{"v":1}\xff'])
@pytest.mark.parametrize("place", [1, 2])
def test_what_is_no_json_object_never_enters_the_log(
    notes: EventLog, state: bytes, place: int
) -> None:
    home, good = uuid7(), b'{"v":2,"text":"x"}'
    states = [state, good] if place == 1 else [good, state]
    with pytest.raises(psycopg.DataError):
        append(notes, row(home, 1, states[0]), row(home, 2, states[1]))
    assert notes.head() == 0


def test_an_event_of_an_older_shape_is_lifted_and_its_bytes_stay(notes: EventLog) -> None:
    home = uuid7()
    old = json.dumps({"v": 1, "words": "ngày xưa"}, ensure_ascii=False).encode()
    append(notes, row(home, 1, old), row(home, 2, b'{"v":2,"text":"now"}'))
    say(notes, home, "mới")
    assert texts(notes, home) == ("ngày xưa", "now", "mới")
    assert [event.state for event in stored(notes)] == [
        old,
        b'{"v":2,"text":"now"}',
        '{"v":2,"concerns":[],"text":"mới"}'.encode(),
    ]


# --- an unsafe session -------------------------------------------------------------------


def test_an_append_refuses_a_session_that_would_answer_before_the_flush(
    server: Server, database_name: str
) -> None:
    """An ordinary role may switch synchronous_commit off for itself; the append asks."""
    database = Database(server.app(database_name), size=1)
    log = EventLog(database, (*KINDS, NOTES))
    key = Key("system", "k" * 16, b"body", "{}")
    with database.connection() as connection:
        connection.execute("SET synchronous_commit = off")
    for given in (None, key):
        with pytest.raises(Unsafe):
            log.log_recorder.append([row(uuid7(), 1)], actor="system", key=given)
    assert stored(log) == []
    assert one(log, "SELECT count(*) FROM log.commands") == (0,)
    with database.connection() as connection:
        connection.execute("SET synchronous_commit = on")
    assert log.log_recorder.append([row(uuid7(), 1)], actor="system", key=key).last_position == 1
    log.close()
