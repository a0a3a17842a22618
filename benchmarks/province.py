"""The province report over 300 thousand and over 3 million events, and what ten times more costs.

The log is filled by SQL with clubs of 1,500 events each, in the shapes and the mix of the Lạng Sơn
scenario; its read models are rebuilt; then the whole report of the full period is worked out, as
the service does it, and every sum is held against what the fill must have brought.
"""

from datetime import date
from decimal import Decimal
from statistics import median
from time import perf_counter

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.harness import Urls, fresh_database
from projections.follower import Follower
from projections.province.report import span, worked_out
from store.database import Database
from store.keys import MASTER_BYTES, KeyRing, MasterKey

CLUB_EVENTS = 1_500
SIZES = (300_000, 3_000_000)
ROUNDS = 5
FROM, UNTIL = date(2017, 1, 1), date(2026, 12, 31)
PROMISED_RATIO = 10
"""Ten times the events may cost ten times the time, and not more."""

# Of a club: its founding and capital, 54 members with ten certified classes, 60 loans of ten
# repayments, then visits, meetings, counts, activities and work, each on days of its own.
FILL = """
INSERT INTO log.events
SELECT club_id, k + 1, n, md5('event' || n)::uuid, club_id,
       '2020-01-01'::timestamptz + n * interval '1 second', topic, 'bench',
       convert_to((jsonb_build_object('v', 1, 'concerns', '[]'::jsonb,
                                      'occurred_on', day) || body)::text, 'UTF8')
FROM (SELECT n, k, club_id,
             md5('member' || club || '/' || (k - 2) %% 54)::uuid AS member_id,
             md5('loan' || club || '/' || (k - 120) / 11)::uuid AS loan_id,
             CASE WHEN k >= 120 AND k < 780
                  THEN '2018-01-10'::date + ((k - 120) / 11) * 40 + ((k - 120) %% 11) * 30
                  ELSE '2018-01-10'::date + k END AS day, (k - 120) %% 11 AS step
      FROM (SELECT n, (n - 1) / 1500 AS club, (n - 1) %% 1500 AS k,
                   md5('club' || (n - 1) / 1500)::uuid AS club_id
            FROM generate_series(%(after)s::int + 1, %(upto)s::int) AS n) AS numbered) AS told
     CROSS JOIN LATERAL (
         SELECT 'clubs.ClubFounded' AS topic, jsonb_build_object(
                    'club_id', club_id, 'name', 'CLB', 'commune', 'Xã ' || n %% 60,
                    'district', 'Huyện ' || n %% 11, 'province', 'Lạng Sơn') AS body WHERE k = 0
         UNION ALL
         SELECT 'loans.CapitalReceived', jsonb_build_object(
                    'lines', jsonb_build_array(
                        jsonb_build_object('account', '111', 'fund', 'loan', 'amount', 9000000),
                        jsonb_build_object('account', '4111', 'fund', 'loan', 'amount', -9000000)),
                    'vouchers', jsonb_build_array('PT-2018-0001'), 'amount', 9000000,
                    'source', 'state_budget', 'restriction', 'revolving_only') WHERE k = 1
         UNION ALL
         SELECT 'clubs.PersonRegistered', jsonb_build_object(
                    'person_id', member_id, 'birth_year', 1940 + k,
                    'sex', CASE WHEN k %% 3 = 0 THEN 'male' ELSE 'female' END)
         WHERE k BETWEEN 2 AND 55
         UNION ALL
         SELECT 'clubs.MemberJoined', jsonb_build_object(
                    'club_id', club_id, 'person_id', member_id) WHERE k BETWEEN 56 AND 109
         UNION ALL
         SELECT 'clubs.HouseholdClassCertified', jsonb_build_object(
                    'person_id', member_id, 'household_class', 'poor',
                    'valid_from', '2018-01-01') WHERE k BETWEEN 110 AND 119
         UNION ALL
         SELECT 'loans.LoanDisbursed', jsonb_build_object(
                    'lines', jsonb_build_array(
                        jsonb_build_object('account', '1283', 'fund', 'loan', 'amount', 3000000,
                                           'loan_id', loan_id),
                        jsonb_build_object('account', '111', 'fund', 'loan', 'amount', -3000000)),
                    'vouchers', jsonb_build_array('PC-2018-' || lpad(k::text, 4, '0')),
                    'loan_id', loan_id, 'borrower_id', member_id, 'amount', 3000000,
                    'terms', '{}'::jsonb, 'regulation', 0, 'instalments', (
                        SELECT jsonb_agg(jsonb_build_object('due_on', day + 30 * m,
                                             'principal', 300000, 'interest', 15000))
                        FROM generate_series(1, 10) AS m))
         WHERE k BETWEEN 120 AND 779 AND step = 0
         UNION ALL
         SELECT 'loans.RepaymentReceived', jsonb_build_object(
                    'lines', jsonb_build_array(
                        jsonb_build_object('account', '111', 'fund', 'loan', 'amount', 315000),
                        jsonb_build_object('account', '1283', 'fund', 'loan', 'amount', -300000,
                                           'loan_id', loan_id),
                        jsonb_build_object('account', '515', 'fund', 'loan', 'amount', -15000,
                                           'loan_id', loan_id)),
                    'vouchers', jsonb_build_array('PT-2018-' || lpad(k::text, 4, '0')),
                    'loan_id', loan_id, 'borrower_id', member_id, 'amount', 315000,
                    'principal', 300000, 'interest', 15000)
         WHERE k BETWEEN 120 AND 779 AND step > 0
         UNION ALL
         SELECT 'care.VisitMade', jsonb_build_object(
                    'client_id', member_id, 'time', jsonb_build_object('minutes', 60,
                        'work_days', '0.125')) WHERE k BETWEEN 780 AND 1229
         UNION ALL
         SELECT 'clubs.MeetingHeld', jsonb_build_object('club_id', club_id, 'head_count', 45)
         WHERE k BETWEEN 1230 AND 1309
         UNION ALL
         SELECT 'loans.CashCounted', jsonb_build_object('counted', 1000, 'expected', 1000,
                    'difference', 0) WHERE k BETWEEN 1310 AND 1369
         UNION ALL
         SELECT 'clubs.ActivityHeld', jsonb_build_object(
                    'club_id', club_id, 'kind', 'public_works', 'area', 'self_help')
         WHERE k BETWEEN 1370 AND 1409
         UNION ALL
         SELECT 'care.ShiftWorked', jsonb_build_object(
                    'person_id', member_id, 'activity', 'household_help',
                    'time', jsonb_build_object('minutes', 480, 'work_days', '1'))
         WHERE k BETWEEN 1410 AND 1499) AS said
ORDER BY n
"""
NAMES = ("facts", "ledger", "loans")
# What one such club brings to some rows.
BROUGHT = {
    "clubs": 1,
    "members": 54,
    "capital": 9_000_000,
    "loans": 60,
    "repaid": 60 * 10 * 300_000,
    "visits": 450,
    "meetings": 80,
    "public_works": 40,
    "work_days_household_help": 90,
}


def run() -> None:
    table = Table(title="Province report", title_justify="left")
    for heading in ("events", "clubs", "seconds", "best - worst", "of 300 thousand", "promised"):
        table.add_column(heading, justify="right")
    with fresh_database() as urls:
        database = Database(urls.app)
        follower = Follower(database, KeyRing(database, MasterKey(bytes(MASTER_BYTES))))
        filled, first = 0, 0.0
        for size in SIZES:
            _fill(urls, filled, size)
            follower.rebuild(NAMES)
            filled = size
            seconds = [_report(database, size) for _ in range(ROUNDS)]
            first = first or median(seconds)
            ratio = median(seconds) / first
            kept = f"{PROMISED_RATIO} {'✓' if ratio <= PROMISED_RATIO else '✗'}"
            table.add_row(
                f"{size:,}",
                f"{size // CLUB_EVENTS:,}",
                f"{median(seconds):.2f}",
                f"{min(seconds):.2f} - {max(seconds):.2f}",
                f"{ratio:.1f}",
                kept if size > SIZES[0] else "",
            )
        Console(width=100).print(table)
        database.close()


def _fill(urls: Urls, after: int, upto: int) -> None:
    with psycopg.connect(urls.admin, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(FILL, {"after": after, "upto": upto})
        connection.execute("VACUUM (ANALYZE) log.events")
        connection.execute("CHECKPOINT")


def _report(database: Database, size: int) -> float:
    start = perf_counter()
    with database.transaction() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL statement_timeout = 0")
        report = worked_out(connection, span(connection, FROM, UNTIL), "district")
    seconds = perf_counter() - start
    found = {row["key"]: row["value"] for row in report["rows"]}
    for key, each in BROUGHT.items():
        assert found[key] == each * (size // CLUB_EVENTS), key
    whole = sum(
        Decimal(row["numerator"])
        for group in report["groups"]
        for row in group["rows"]
        if row["key"] == "lent"
    )
    assert whole == found["lent"]
    return seconds


if __name__ == "__main__":
    run()
