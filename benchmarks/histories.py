"""One member's story, first page with its sums, from logs of 1.2 and of 12 million events.

The log is filled by SQL with events of the real shape and folded by the projection itself: each
member has a loan with 23 repayments and 24 home-care visits, so a page of 50 is a whole story; a
volunteer has visited eight of them, a treasurer's duties fill pages. What is promised is the time
at the database: the statements of `projections.story`, whose rows are fetched, on one connection,
in turns with an empty query. The whole answer, sentences told and names looked up, stands beside.
"""

import os
from collections.abc import Callable
from datetime import date
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.harness import Urls, fresh_database
from projections import story
from projections.follower import Follower
from projections.kinds import StoryKind
from projections.story_views import story_items
from store.database import Database
from store.keys import MASTER_BYTES, KeyRing, MasterKey

SIZES = tuple(int(n) for n in os.environ.get("HISTORIES_EVENTS", "1200000,12000000").split(","))
PAGE, READS = 50, 2_000
PROMISED_P99_MS = 20
FILL_AT_ONCE = 1_200_000
AS_OF = date(2035, 12, 31)

# 48 events a member: a payout, 23 repayments, and 24 visits by one volunteer of their club.
FILL = r"""
INSERT INTO log.events
SELECT md5(CASE WHEN step % 2 = 1 THEN 'care' ELSE 'book' END || club)::uuid,
       (member % 60) * 24 + step / 2 + 1, n, md5('event' || n)::uuid, md5('club' || club)::uuid,
       '2020-01-01'::timestamptz + n * interval '0.1 second',
       CASE WHEN step % 2 = 1 THEN 'care.VisitMade'
            WHEN step = 0 THEN 'loans.LoanDisbursed' ELSE 'loans.RepaymentReceived' END,
       'bench', convert_to(CASE WHEN step % 2 = 1 THEN
       format('{"v":1,"concerns":[{"kind":"person","id":"%1$s","role":"client"},'
              '{"kind":"person","id":"%2$s","role":"volunteer"}],"occurred_on":"%3$s",'
              '"warnings":[],"visit_id":"%4$s","client_id":"%1$s","volunteer_ids":["%2$s"],'
              '"time":{"minutes":90,"work_days":"0.1875"},"tasks":["SOC","HLT"],"urgent":false}',
              person_id, volunteer_id, day, md5('visit' || n)::uuid)
       WHEN step = 0 THEN
       format('{"v":1,"concerns":[{"kind":"loan","id":"%1$s","role":"subject"},'
              '{"kind":"person","id":"%2$s","role":"borrower"},'
              '{"kind":"person","id":"%6$s","role":"payer"}],"occurred_on":"%3$s",'
              '"lines":[{"account":"1283","fund":"loan","amount":4600000,"loan_id":"%1$s",'
              '"member_id":"%2$s"},{"account":"111","fund":"loan","amount":-4600000}],'
              '"vouchers":["PC-2024-%4$s"],"findings":[],"confirmed_by":[],"loan_id":"%1$s",'
              '"borrower_id":"%2$s","amount":4600000,"terms":{"instalments":23,'
              '"every":{"count":1,"unit":"month"},"method":"equal_principal",'
              '"rate":{"percent":"0.7","per":"month"},"grace_principal":0,'
              '"grace_interest_payment":0,"round_instalment_to":1,"round_interest_to":1,'
              '"rounding":"half_up"},"regulation":0,"instalments":%5$s,"paid_by":"%6$s"}',
              loan_id, person_id, day, member, plan, payer_id)
       ELSE
       format('{"v":1,"concerns":[{"kind":"loan","id":"%1$s","role":"subject"},'
              '{"kind":"person","id":"%2$s","role":"borrower"},'
              '{"kind":"person","id":"%5$s","role":"receiver"}],"occurred_on":"%3$s",'
              '"lines":[{"account":"111","fund":"loan","amount":232200},'
              '{"account":"1283","fund":"loan","amount":-200000,"loan_id":"%1$s",'
              '"member_id":"%2$s"},{"account":"515","fund":"loan","amount":-32200,'
              '"loan_id":"%1$s","member_id":"%2$s"}],"vouchers":["PT-2024-%4$s"],'
              '"findings":[],"confirmed_by":[],"loan_id":"%1$s","borrower_id":"%2$s",'
              '"amount":232200,"principal":200000,"interest":32200,"excess":0,'
              '"received_by":"%5$s"}', loan_id, person_id, day, n, payer_id) END, 'UTF8')
FROM (SELECT n, m / 48 AS member, m / 48 / 60 AS club, m % 48 AS step,
             md5('loan' || m / 48)::uuid AS loan_id, md5('person' || m / 48)::uuid AS person_id,
             md5('volunteer' || m / 48 / 8)::uuid AS volunteer_id,
             md5('payer' || m / 48 / 60)::uuid AS payer_id,
             ('2020-01-10'::date + (m / 48) % 60 + (m % 48) * 15) AS day
      FROM generate_series({after} + 1, {upto}) AS n CROSS JOIN LATERAL (SELECT n - 1 AS m) AS zero
     ) AS numbered
     CROSS JOIN (SELECT '[' || string_agg(format('{"due_on":"20%s-%s-10","principal":200000,'
                                          '"interest":32200}', 20 + m / 12,
                                          lpad((m % 12 + 1)::text, 2, '0')), ',') || ']' AS plan
                 FROM generate_series(0, 22) AS m) AS made
ORDER BY n
"""


def run() -> None:
    table = Table(title="One member's story, first page with its sums", title_justify="left")
    for heading in ("events", "", "p50 ms", "p99 ms", "of an empty query", "promised"):
        table.add_column(heading, justify="left" if heading == "" else "right")
    with fresh_database() as urls:
        database = Database(urls.app)
        keys = KeyRing(database, MasterKey(bytes(MASTER_BYTES)))
        follower, filled = Follower(database, keys), 0
        for size in SIZES:
            fill(urls, filled, size)
            filled = size
            follower.rebuild(("histories",))
            _measure(database, keys, size, table)
        database.close()
    Console(width=110).print(table)


def fill(urls: Urls, after: int, upto: int) -> None:
    """Events after a position up to another, straight into the log as its administrator."""
    with psycopg.connect(urls.admin, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for start in range(after, upto, FILL_AT_ONCE):
            end = min(start + FILL_AT_ONCE, upto)
            query = FILL.replace("{after}", str(start)).replace("{upto}", str(end))
            connection.execute(query.encode())
        connection.execute("VACUUM (ANALYZE) log.events")
        connection.execute("CHECKPOINT")


def _measure(database: Database, keys: KeyRing, events: int, table: Table) -> None:
    members, random = events // 48, Random(0)
    with database.connection() as connection:

        def somebody(kind: str, count: int) -> UUID:
            row = connection.execute(
                "SELECT md5(%s)::uuid", (f"{kind}{random.randrange(count)}",)
            ).fetchone()
            assert row is not None
            return row[0]  # type: ignore[no-any-return]

        def told(person_id: UUID) -> story.Told:
            return story.told(connection, person_id, AS_OF)

        def nothing(_: UUID) -> None:
            connection.execute("SELECT 1").fetchone()

        def page(person_id: UUID) -> None:
            then = told(person_id)
            rows = story.page(connection, then, limit=PAGE + 1)
            assert rows, "whoever is asked about has a story"
            story.sums(connection, then)

        def duties(person_id: UUID) -> None:
            rows = story.page(connection, told(person_id), kind=StoryKind.DUTY, limit=PAGE + 1)
            assert len(rows) == PAGE + 1

        def answer(person_id: UUID) -> None:
            then = told(person_id)
            rows = story.page(connection, then, limit=PAGE)
            story.sums(connection, then)
            story_items(connection, then, rows, keys)

        _check(connection, somebody("person", members), told)
        asked: tuple[tuple[str, Callable[[UUID], Any], str, int], ...] = (
            ("empty query (floor)", nothing, "person", members),
            ("a member", page, "person", members),
            ("a volunteer", page, "volunteer", members // 8),
            ("a treasurer's duties", duties, "payer", members // 60),
            ("a member, sentences told", answer, "person", members),
        )
        times: dict[str, list[float]] = {name: [] for name, *_ in asked}
        for _ in range(READS):
            for name, read, kind, count in asked:
                person_id = somebody(kind, count)
                start = perf_counter()
                read(person_id)
                times[name].append((perf_counter() - start) * 1e3)
        floor = median(times["empty query (floor)"])
        for name, measured in times.items():
            p99 = quantiles(measured, n=100)[98]
            kept = f"{PROMISED_P99_MS} {'✓' if p99 < PROMISED_P99_MS else '✗'}"
            table.add_row(
                f"{events:,}", name, f"{median(measured):.2f}", f"{p99:.2f}",
                f"{median(measured) / floor:.1f}", kept if name == "a member" else "",
            )  # fmt: skip


def _check(connection: Any, person_id: UUID, told: Callable[[UUID], story.Told]) -> None:
    """A figure of a wrong result is worth nothing."""
    kinds = {one.kind: one for one in story.sums(connection, told(person_id))}
    assert kinds["loans"].received == 4_600_000
    assert (kinds["repayments"].events, kinds["repayments"].repaid) == (23, 23 * 232_200)
    assert (kinds["visits_received"].visits, kinds["visits_received"].minutes) == (24, 24 * 90)


if __name__ == "__main__":
    run()
