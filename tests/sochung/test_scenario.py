"""The 46 clubs of Lạng Sơn, loaded once, and the province report over them."""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from journal_readers import EACH, Reader, ours, taken
from projections.figures import Period, figures, fund_moves
from projections.portfolio import portfolio
from projections.province.catalogue import ROWS
from projections.province.lagging import judged_clubs
from projections.province.parts import FAMILIES
from projections.province.report import (
    parts_of,
    province_report,
    span,
    sums_by_club,
)
from projections.province.views import Span
from projections.times import Seen
from sochung.house import House
from sochung.scenario import article
from sochung.scenario.association import ASSOCIATION_ID
from sochung.scenario.club import tell_club
from sochung.scenario.load import load
from sochung.scenario.plan import ClubPlan, plans
from sochung.settings import Settings
from store.embedded import EmbeddedServer
from store.keys import RehearsalRing
from store.log import Work

pytestmark = pytest.mark.timeout(900)
PROGRAM = Path(sys.executable).with_name("sochung")
LAST_DAY = date(2026, 11, 28)
# Of these the newspaper gave the number, of those below only that it was more.
PRINTED = {
    "clubs": 46,
    "clubs_founded_until_2020": 20,
    "clubs_founded_since_2021": 26,
    "members": 2_471,
    "borrowers_vulnerable": 52,
    "work_days_household_help": 895,
    "work_days_disaster_cleanup": 155,
    "trainings": 5,
    "news_items": 33,
    "broadcasts": 5,
}
OVER = {
    "capital": 400_000_000,
    "public_works": 300,
    "culture_and_sport": 300,
    "delegates": 600,
}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sochung-scenario-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        EmbeddedServer(Path(folder)).stop()


@pytest.fixture(scope="module")
def house(home: Path) -> Iterator[House]:
    """Loaded whole, as `sochung scenario` does it."""
    with House(Settings(home=home, DATABASE_URL=None)) as opened:
        done: dict[str, tuple[int, int]] = {}

        def step(what: str, at: int, of: int) -> None:
            done[what] = (at, of)

        assert load(opened, LAST_DAY, step) == article.CLUBS
        assert all(at == of for at, of in done.values()), "the progress bars are full"
        yield opened


@pytest.fixture(scope="module")
def printed(house: House) -> Span:
    with house.database.connection() as connection:
        return span(connection, article.FROM, article.UNTIL)


def test_the_report_on_the_command_line_says_what_the_newspaper_printed(house: House) -> None:
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("SOCHUNG", "DATABASE_"))
    }
    environment["SOCHUNG_HOME"] = str(house.settings.home)
    asked = ["--from", "2017-01-01", "--to", "2025-05-31", "--json"]
    done = subprocess.run(
        [str(PROGRAM), "report", "province", *asked],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = {row["key"]: row for row in json.loads(done.stdout)["rows"]}
    assert {key: rows[key]["value"] for key in PRINTED} == PRINTED
    assert all(rows[key]["value"] > least for key, least in OVER.items())
    assert rows["clubs"]["clubs_from_events"] == 46
    assert rows["clubs"]["clubs_from_paper"] == 0


def test_the_scenario_is_large_enough_to_try_things_on(house: House) -> None:
    assert house.log.head() >= 60_000
    assert not load(house, LAST_DAY, lambda what, at, of: None), "nothing is told twice"


@EACH
def test_other_programs_read_the_journals_of_all_clubs_and_agree(
    house: House, tmp_path: Path, reader: Reader
) -> None:
    reader.present()

    def agrees(plan: ClubPlan) -> None:
        file = tmp_path / f"{plan.number}.journal"
        made = taken(house.database, plan.club_id, until=LAST_DAY)
        file.write_text(reader.write(made, "CLB"), encoding="utf-8")
        done = reader.accepts(file)
        assert (done.returncode, done.stderr) == (0, ""), plan.name
        assert reader.balances(file) == ours(house.database, plan.club_id), plan.name

    with ThreadPoolExecutor(2) as hands:
        assert len(list(hands.map(agrees, plans()))) == article.CLUBS


@pytest.mark.parametrize("by", ["club", "commune", "district"])
def test_the_groups_add_up_to_the_whole(house: House, printed: Span, by: Any) -> None:
    with house.database.connection() as connection:
        report = province_report(connection, printed, by)
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for group in report["groups"]:
        for row in group["rows"]:
            sums[row["key"]][0] += Decimal(row["numerator"])
            sums[row["key"]][1] += Decimal(row["denominator"] or 0)
    for whole in report["rows"]:
        upper, lower = sums[whole["key"]]
        assert upper == Decimal(whole["numerator"]), whole["key"]
        assert lower == Decimal(whole["denominator"] or 0), whole["key"]
    assert len(report["groups"]) == {"club": 47, "commune": 47, "district": 12}[by]


def test_every_row_opens_to_the_events_it_counts(house: House, printed: Span) -> None:
    with house.database.connection() as connection:
        connection.execute("SET statement_timeout = 0")
        rows = {row["key"]: row for row in province_report(connection, printed)["rows"]}
        for row in ROWS:
            behind = parts_of(connection, printed, row.key)
            assert sum(part.amount for part in behind) == Decimal(rows[row.key]["numerator"])
            if row.unit in ("club", "person", "loan", "event") and row.key != "delegates":
                assert len(behind) == rows[row.key]["value"], row.key
            if row.is_share:
                under = parts_of(connection, printed, row.key, "d")
                assert sum(part.amount for part in under) == Decimal(
                    rows[row.key]["denominator"] or 0
                )
            told = [part.event_id for part in behind]
            found = connection.execute(
                "SELECT count(*) FROM log.events WHERE event_id = ANY (%s)", (told,)
            ).fetchone()
            assert found == (len(set(told)),), "each is an event of the log"


@pytest.mark.parametrize("until", [article.UNTIL, LAST_DAY])
def test_money_at_risk_is_what_each_club_s_own_figures_say(house: House, until: date) -> None:
    """By another path: the club's figures walk each loan in Python, the report is one query."""
    with house.database.connection() as connection:
        connection.execute("SET statement_timeout = 0")
        at = span(connection, date(until.year, 1, 1), until)
        clubs = sums_by_club(connection, at, judged_clubs(connection, at))
        for plan in plans()[::4]:
            one = Seen(plan.club_id, until, at.upto, None)
            loans, moves = portfolio(connection, one), fund_moves(connection, one)
            own = {f.name: f for f in figures(loans, moves, Period(at.since, until))}
            sums = clubs[plan.club_id]
            for name in ("par30", "par90", "collection_rate", "fund_erosion"):
                figure = own[name]
                assert sums.numerators[name] == figure.numerator, (plan.number, name)
                assert sums.denominators[name] == figure.denominator, (plan.number, name)


def test_one_loan_is_written_off_one_slip_reversed_and_one_count_is_short(house: House) -> None:
    with house.database.connection() as connection:
        counted = dict(
            connection.execute(
                """SELECT topic, count(*) FROM log.events WHERE topic IN (
                       'loans.LoanWrittenOff', 'loans.EntryReversed',
                       'loans.CashDifferenceSettled', 'loans.ShortageMadeGood')
                   GROUP BY topic"""
            ).fetchall()
        )
    assert set(counted.values()) == {1}
    assert len(counted) == 4


def test_the_same_club_is_told_alike_each_time(house: House) -> None:
    plan, last_day = plans()[38], date(2025, 5, 31)
    desk = house.desk
    tellings = []
    for _ in range(2):
        unit = Work(house.log, "test")
        rehearsing = type(desk)(house.log, RehearsalRing(house.database, house.keys.master))
        tell_club(rehearsing, unit, plan, last_day)
        tellings.append([(r.event_id, r.originator_version, _bare(r.event)) for r in unit.news])
    assert tellings[0] == tellings[1]
    stored = house.log.story(plan.club_id)
    told = [id for id, _, event in tellings[0]]
    assert {r.event_id for r in stored if r.event.occurred_on <= last_day} <= set(told)  # type: ignore[union-attr]


def test_what_belongs_to_no_club_is_the_association_s(house: House, printed: Span) -> None:
    with house.database.connection() as connection:
        news = parts_of(connection, printed, "news_items")
        homes = {house.log.home_of_event(part.event_id) for part in news}
    assert {part.club_id for part in news} == {None}
    assert homes == {(ASSOCIATION_ID, None)}


def test_every_row_belongs_to_one_family() -> None:
    keys = [key for family in FAMILIES for key in family.figures]
    assert sorted(keys) == sorted(row.key for row in ROWS)


def _bare(event: Any) -> Any:
    """An event without what sealing makes anew each time."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            if "ciphertext" in value:
                return value["subject"]
            return {key: bare(one) for key, one in value.items()}
        return [bare(one) for one in value] if isinstance(value, list | tuple) else value

    return event.TOPIC, bare(event.model_dump(mode="json"))
