"""Rebuild of ledger, balances and loans from the log, against the library's own ProjectionRunner.

The log is filled by SQL with events of the real shape (half of them money: each loan one payout and
23 repayments of three lines, and as many events that are none of the money's business); filling is
not measured. The library's runner folds the same events into the same tables, one event and one
transaction at a time, as it is made to.
"""

import os
import threading
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection as LibraryProjection
from eventsourcing.projection import ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console
from rich.table import Table

from benchmarks.harness import Urls, fresh_database
from domain.events import Event
from domain.loans.events import LoanDisbursed, MoneyEvent, RepaymentReceived
from projections.follower import Follower
from store.database import Database
from store.keys import MASTER_BYTES, KeyRing, MasterKey
from store.mapper import decode

SIZES = (100_000, 1_000_000, 3_000_000)
NAMES = ("ledger", "loans")
ROUNDS = 3
RUNNER_EVENTS, RUNNER_ROUNDS = 7_000, 3
PROMISED_RATE, PROMISED_RATIO = 100_000, 60

# 48 events a loan: a payout, 23 repayments, and 24 events of another kind between them.
FILL = r"""
INSERT INTO log.events
SELECT md5('book' || club)::uuid, (loan / 200) * 48 + step + 1, n,
       md5('event' || n)::uuid, md5('club' || club)::uuid,
       '2020-01-01'::timestamptz + n * interval '1 second',
       CASE WHEN step % 2 = 1 THEN 'clubs.HouseholdJoined'
            WHEN step = 0 THEN 'loans.LoanDisbursed' ELSE 'loans.RepaymentReceived' END,
       'bench', convert_to(CASE WHEN step % 2 = 1 THEN
       format('{"v":1,"concerns":[{"kind":"person","id":"%1$s","role":"subject"}],'
              '"person_id":"%1$s","household_id":"%2$s"}',
              md5('person' || n)::uuid, md5('household' || n)::uuid)
       WHEN step = 0 THEN
       format('{"v":1,"concerns":[{"kind":"loan","id":"%1$s","role":"subject"},'
              '{"kind":"person","id":"%2$s","role":"borrower"}],"occurred_on":"%3$s",'
              '"lines":[{"account":"1283","fund":"loan","amount":4600000,"loan_id":"%1$s",'
              '"member_id":"%2$s"},{"account":"111","fund":"loan","amount":-4600000},'
              '{"account":"111","fund":"operating","amount":0}],'
              '"vouchers":["PC-2024-%4$s"],"findings":[],"confirmed_by":[],"loan_id":"%1$s",'
              '"borrower_id":"%2$s","amount":4600000,"terms":{"instalments":23,'
              '"every":{"count":1,"unit":"month"},"method":"equal_principal",'
              '"rate":{"percent":"0.7","per":"month"},"grace_principal":0,'
              '"grace_interest_payment":0,"round_instalment_to":1,"round_interest_to":1,'
              '"rounding":"half_up"},"regulation":0,"instalments":%5$s,"paid_by":"%6$s"}',
              loan_id, borrower_id, day, loan, plan, md5('payer' || club)::uuid)
       ELSE
       format('{"v":1,"concerns":[{"kind":"loan","id":"%1$s","role":"subject"},'
              '{"kind":"person","id":"%2$s","role":"borrower"},'
              '{"kind":"person","id":"%6$s","role":"receiver"}],"occurred_on":"%3$s",'
              '"lines":[{"account":"111","fund":"loan","amount":232200},'
              '{"account":"1283","fund":"loan","amount":-200000,"loan_id":"%1$s",'
              '"member_id":"%2$s"},{"account":"515","fund":"loan","amount":-32200,'
              '"loan_id":"%1$s","member_id":"%2$s"}],"vouchers":["PT-2024-%4$s"],'
              '"findings":[],"confirmed_by":[],"loan_id":"%1$s","borrower_id":"%2$s",'
              '"amount":232200,"principal":200000,"interest":32200,"excess":0,'
              '"received_by":"%6$s"}',
              loan_id, borrower_id, day, n, plan, md5('payer' || club)::uuid) END, 'UTF8')
FROM (SELECT n, m / 48 AS loan, (m / 48) % 200 AS club, m % 48 AS step,
             md5('loan' || m / 48)::uuid AS loan_id, md5('borrower' || m / 48)::uuid AS borrower_id,
             ('2020-01-10'::date + ((m / 48) / 60) + (m % 48) * 15) AS day
      FROM generate_series({after} + 1, {upto}) AS n CROSS JOIN LATERAL (SELECT n - 1 AS m) AS zero
     ) AS numbered
     CROSS JOIN (SELECT string_agg(format('{"due_on":"20%s-%s-10","principal":200000,'
                                          '"interest":32200}', 20 + m / 12,
                                          lpad((m % 12 + 1)::text, 2, '0')), ',') AS rows
                 FROM generate_series(0, 22) AS m) AS made
     CROSS JOIN LATERAL (SELECT '[' || made.rows || ']' AS plan) AS planned
ORDER BY n
"""


def run() -> None:
    table = Table(title="Rebuild of ledger, balances and loans", title_justify="left")
    for heading in ("events", "seconds", "events/s", "rounds", "µs an event", "promised"):
        table.add_column(heading, justify="right")
    with fresh_database() as urls:
        database = Database(urls.app)
        follower = Follower(database, KeyRing(database, MasterKey(bytes(MASTER_BYTES))))
        filled, rates = 0, {}
        for size in SIZES:
            fill(urls, filled, size)
            filled = size
            rates[size] = [_rebuilt(follower, size) for _ in range(ROUNDS)]
            _check_sums(database, size)
        for size, told in rates.items():
            rate = median(told)
            kept = f"{PROMISED_RATE:,} {'✓' if rate >= PROMISED_RATE else '✗'}"
            spread = f"{min(told):,.0f}–{max(told):,.0f}"
            table.add_row(
                f"{size:,}", f"{size / rate:.1f}", f"{rate:,.0f}", spread, f"{1e6 / rate:.1f}",
                kept if size == 1_000_000 else "",
            )  # fmt: skip
        Console(width=100).print(table)
        _against_the_runner(urls, follower)
        database.close()


def fill(urls: Urls, after: int, upto: int) -> None:
    """Events after a position up to another, straight into the log as its administrator."""
    with psycopg.connect(urls.admin, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        query = FILL.replace("{after}", str(after)).replace("{upto}", str(upto))
        connection.execute(query.encode())
        # As a log is that grew day by day: its pages have been read, vacuumed and written out.
        connection.execute("VACUUM (ANALYZE) log.events")
        connection.execute("CHECKPOINT")


def _rebuilt(follower: Follower, events: int) -> float:
    """Events per second of one rebuild of everything the money is in."""
    start = perf_counter()
    follower.rebuild(NAMES)
    return events / (perf_counter() - start)


def _check_sums(database: Database, events: int) -> None:
    """A figure of a wrong result is worth nothing."""
    with database.connection() as connection:
        row = connection.execute(
            """SELECT (SELECT sum(amount) FROM read.balances),
                      (SELECT sum(amount) FROM read.balances WHERE account = '1283'),
                      (SELECT sum(outstanding) FROM read.loan_balances),
                      (SELECT count(*) FROM read.postings), (SELECT count(*) FROM read.loans)"""
        ).fetchone()
    assert row is not None
    assert row[0] == 0
    assert row[1] == row[2], "the loans' principal is what the ledger says it is"
    assert row[3] == events // 2 * 3, "half of the events are money, three lines each"
    assert row[4] == -(-events // 48)


# --- the library's way --------------------------------------------------------------------


class LibraryLog(Application[UUID]):
    name = "library"


class LibraryView(PostgresTrackingRecorder):
    def post(self, event: MoneyEvent, at: int, club: UUID, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            for number, line in enumerate(event.lines, start=1):
                cursor.execute(
                    "INSERT INTO library.postings VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    (at, number, club, event.occurred_on, event.vouchers[0], line.account.value,
                     line.fund.value, line.amount, line.loan_id),
                    prepare=True,
                )  # fmt: skip
                cursor.execute(
                    """INSERT INTO library.balances AS b VALUES (%s, %s, %s, %s)
                       ON CONFLICT (club_id, fund, account)
                       DO UPDATE SET amount = b.amount + excluded.amount""",
                    (club, line.fund.value, line.account.value, line.amount),
                    prepare=True,
                )
            self._loan(cursor, event, club)
            self._insert_tracking(cursor, tracking)

    def _loan(self, cursor: Any, event: MoneyEvent, club: UUID) -> None:
        match event:
            case LoanDisbursed():
                cursor.execute(
                    "INSERT INTO library.loans VALUES (%s, %s, %s, %s, %s, 0)",
                    (event.loan_id, club, event.borrower_id, event.amount, event.amount),
                    prepare=True,
                )
                cursor.executemany(
                    "INSERT INTO library.instalments VALUES (%s, %s, %s, %s, %s)",
                    [
                        (event.loan_id, number, due.due_on, due.principal, due.interest)
                        for number, due in enumerate(event.instalments, start=1)
                    ],
                )
            case RepaymentReceived():
                cursor.execute(
                    """UPDATE library.loans SET outstanding = outstanding - %s,
                              interest_paid = interest_paid + %s WHERE loan_id = %s""",
                    (event.principal, event.interest, event.loan_id),
                    prepare=True,
                )
            case _:
                pass

    def track(self, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)


class LibraryFold(LibraryProjection[LibraryView]):
    name = "fold"

    def process_event(self, event: Any, tracking: Tracking) -> None:
        decoded: Event = event.decoded
        if isinstance(decoded, MoneyEvent):
            self.view.post(decoded, tracking.notification_id, event.originator_id, tracking)
        else:
            self.view.track(tracking)


class _Read:
    """What the library's mapper hands its projection: our event and where it stands."""

    def __init__(self, stored: Any) -> None:
        self.originator_id = stored.originator_id
        self.originator_version = stored.originator_version
        self.decoded = decode(stored.topic, bytes(stored.state))


class LibraryMapper(Mapper[UUID]):
    """Our decoding under the library's application: both variants read the same bytes."""

    def to_domain_event(self, stored_event: Any) -> Any:
        return _Read(stored_event)


LIBRARY_TABLES = """
CREATE SCHEMA library;
CREATE TABLE library.postings (position bigint, line int, club_id uuid, occurred_on date,
    voucher text, account text, fund text, amount bigint, loan_id uuid,
    PRIMARY KEY (position, line));
CREATE INDEX ON library.postings (club_id, occurred_on, position, line);
CREATE TABLE library.balances (club_id uuid, fund text, account text, amount bigint,
    PRIMARY KEY (club_id, fund, account));
CREATE TABLE library.loans (loan_id uuid PRIMARY KEY, club_id uuid, borrower_id uuid,
    amount bigint, outstanding bigint, interest_paid bigint);
CREATE TABLE library.instalments (loan_id uuid, number int, due_on date, principal bigint,
    interest bigint, PRIMARY KEY (loan_id, number));
CREATE TABLE library.library_events AS
    SELECT originator_id, originator_version, topic, state, notification_id
    FROM log.events WHERE notification_id <= %s;
ALTER TABLE library.library_events ADD PRIMARY KEY (originator_id, originator_version);
CREATE UNIQUE INDEX ON library.library_events (notification_id)
"""


def _against_the_runner(urls: Urls, follower: Follower) -> None:
    """The library's runner and our rebuild in turns, on one log of 3 million events."""
    where = conninfo_to_dict(urls.admin)
    os.environ |= {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(where["dbname"]),
        "POSTGRES_HOST": str(where["host"]),
        "POSTGRES_PORT": str(where.get("port", "5432")),
        "POSTGRES_USER": str(where["user"]),
        "POSTGRES_PASSWORD": "",
        "POSTGRES_SCHEMA": "library",
        "MAPPER_TOPIC": "benchmarks.rebuild:LibraryMapper",
        "CREATE_TABLE": "y",
    }
    total = RUNNER_EVENTS * RUNNER_ROUNDS
    with psycopg.connect(urls.admin, autocommit=True) as connection:
        for statement in LIBRARY_TABLES.split(";"):
            connection.execute(statement, (total,) if "%s" in statement else None)
    runner_rates, our_rates = [], []
    for turn in range(RUNNER_ROUNDS):
        runner_rates.append(_runner_rate(urls, RUNNER_EVENTS * (turn + 1)))
        our_rates.append(_rebuilt(follower, SIZES[-1]))
    table = Table(title="The same fold, one event at a time (interleaved)", title_justify="left")
    for heading in ("", "events/s by round", "ratio", "promised"):
        table.add_column(heading, justify="right")
    ratio = sorted(ours / theirs for ours, theirs in zip(our_rates, runner_rates, strict=True))[1]
    shown = ["  ".join(f"{rate:,.0f}" for rate in rates) for rates in (runner_rates, our_rates)]
    table.add_row(f"ProjectionRunner, {total:,} events", shown[0], "1", "")
    kept = f"{PROMISED_RATIO} {'✓' if ratio >= PROMISED_RATIO else '✗'}"
    table.add_row("set-based rebuild, 3,000,000 events", shown[1], f"{ratio:.0f}", kept)
    Console(width=100).print(table)


def _runner_rate(urls: Urls, upto: int) -> float:
    """Events per second of the runner until it has tracked `upto`, from where it stood."""
    query = "SELECT max(notification_id) FROM library.fold_tracking"
    with psycopg.connect(urls.admin, autocommit=True) as watching:
        with psycopg.connect(urls.admin, autocommit=True) as limiting:
            # Events above the round's end are put aside, so that the runner stops where we measure.
            limiting.execute(
                """CREATE TABLE library.aside AS
                   SELECT * FROM library.library_events WHERE notification_id > %s""",
                (upto,),
            )
            limiting.execute(
                "DELETE FROM library.library_events WHERE notification_id > %s", (upto,)
            )
        done, start = threading.Event(), perf_counter()
        with ProjectionRunner(
            application_class=LibraryLog,
            projection_class=LibraryFold,
            view_class=LibraryView,
        ):
            while not done.wait(0.02):
                try:
                    row = watching.execute(query).fetchone()
                except psycopg.errors.UndefinedTable:
                    continue
                if row and row[0] is not None and row[0] >= upto:
                    break
            seconds = perf_counter() - start
        watching.execute("INSERT INTO library.library_events SELECT * FROM library.aside")
        watching.execute("DROP TABLE library.aside")
    return RUNNER_EVENTS / seconds


if __name__ == "__main__":
    run()
