"""Append of one event through the store, against a bare INSERT of the same bytes.

The floor is one thread of psycopg on a table with the library's shape: prepared, autocommit, the
event already encoded, nothing checked. Ours encodes the event, checks what the log promises
(versions, four eyes, shape) and records a fresh command key with its reply. Both wait for the flush
of their own commit. Deciding, and with it building an event, is measured with the whole command
(benchmarks/commands.py).
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from functools import partial

import psycopg

from benchmarks.harness import Crew, Urls, Writer, fresh_database, random_key, report, rounds
from desk.desk import KINDS
from domain.loans.accounts import Account, CapitalSource, Fund, Restriction
from domain.loans.entries import credit, debit, entry
from domain.loans.events import CapitalReceived
from store.database import Database
from store.log import EventLog, uuid7
from store.mapper import Recorded, encode
from store.recorder import Key

ROUNDS = 15
TURN = 1000  # events a turn: about half a second
# Two processes of four threads: one process alone would measure Python's lock, not the store.
PROCESSES, THREADS = 2, 4

BODY = hashlib.sha256(b"a command's body").digest()
REPLY = '{"id":"01a20a8d-ac33-77df-bfc3-5bfd8c86db86"}'

RAW_TABLE = """
CREATE TABLE public.raw_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    notification_id bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (originator_id, originator_version)
);
CREATE UNIQUE INDEX ON public.raw_events (notification_id)"""
RAW_INSERT = """INSERT INTO public.raw_events (originator_id, originator_version, topic, state)
    VALUES (%b, %b, %b, %b)"""


def capital_received() -> CapitalReceived:
    return CapitalReceived(
        occurred_on=date(2026, 3, 10),
        lines=entry(
            debit(Account.CASH, Fund.LOAN, 30_000_000),
            credit(Account.CAPITAL_STATE, Fund.LOAN, 30_000_000),
        ),
        vouchers=("PT-2026-0001",),
        amount=30_000_000,
        source=CapitalSource.STATE_BUDGET,
        restriction=Restriction.REVOLVING_ONLY,
    )


def raw_writers(urls: Urls, count: int) -> Sequence[Writer]:
    return [_raw_writer(urls) for _ in range(count)]


def _raw_writer(urls: Urls) -> Writer:
    connection = psycopg.connect(urls.admin, autocommit=True)
    history, version = uuid7(), 0
    topic, state = CapitalReceived.TOPIC, encode(capital_received())

    def write(count: int) -> None:
        nonlocal version
        for _ in range(count):
            version += 1
            connection.execute(RAW_INSERT, (history, version, topic, state), prepare=True)

    return write


def our_writers(urls: Urls, count: int) -> Sequence[Writer]:
    log = EventLog(Database(urls.app), KINDS)
    return [_our_writer(log) for _ in range(count)]


def _our_writer(log: EventLog) -> Writer:
    history, club, actor, version = uuid7(), uuid7(), str(uuid7()), 0
    said = capital_received()

    def write(count: int) -> None:
        nonlocal version
        for _ in range(count):
            version += 1
            event = Recorded(history, version, uuid7(), said, actor, club)
            log.log_recorder.append(
                [log.event_mapper.to_stored_event(event)],
                actor=actor,
                key=Key(actor, random_key(), BODY, REPLY),
            )

    return write


def run() -> None:
    with fresh_database() as urls:
        with psycopg.connect(urls.admin) as connection:
            connection.execute(RAW_TABLE)
        alone, eight = (1, 1), (PROCESSES, THREADS)
        crews = {
            "raw INSERT, 1 writer": Crew(raw_writers, urls, *alone),
            "append, 1 writer": Crew(our_writers, urls, *alone),
            "append, 8 writers": Crew(our_writers, urls, *eight),
            "raw INSERT, 8 writers": Crew(raw_writers, urls, *eight),
        }
        rates = rounds(ROUNDS, {name: partial(crew.rate, TURN) for name, crew in crews.items()})
        for crew in crews.values():
            crew.dismiss()
    report(
        f"append of one event ({PROCESSES} processes of {THREADS} threads when 8; {ROUNDS} rounds)",
        rates,
        floor="raw INSERT, 1 writer",
        promised={"append, 1 writer": 0.5, "append, 8 writers": 0.7},
    )
