"""The programs of others that read our journals, run and never imported (GPL).

`make journal-programs` fetches them. Where one is missing its tests are skipped and say so.
"""

import csv
import io
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from exchange.journals import beancount, chart, hledger
from projections import ledger
from projections.journal import Journal, Place, journal
from projections.times import seen
from store.database import Database

FOLDERS = (Path(__file__).parents[1] / ".venv-journals" / "bin", *os.get_exec_path())


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join(map(str, FOLDERS)))
    if found is None:
        pytest.skip(f"{name} is not installed here: `make journal-programs` fetches it")
    return found


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # hledger cannot read our letters under the C locale.
    locale = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [program(name), *arguments], capture_output=True, text=True, env=locale, timeout=120
    )


class Reader:
    """One of the two programs: how it checks a file and how it tells the balances."""

    def __init__(self, kind: str, write: Callable[[Journal, str], str]) -> None:
        self.kind, self.write = kind, write

    def present(self) -> None:
        """Skips the test where the program is missing."""
        program("hledger" if self.kind == "hledger" else "bean-check")

    def accepts(self, file: Path) -> subprocess.CompletedProcess[str]:
        if self.kind == "hledger":
            checks = ("check", "--strict", "ordereddates", "payees")
            return run("hledger", "-f", str(file), *checks)
        return run("bean-check", str(file))

    def balances(self, file: Path) -> dict[str, int]:
        if self.kind == "hledger":
            told = run("hledger", "-f", str(file), "bal", "--flat", "-N", "-O", "csv")
        else:
            query = "SELECT account, sum(number) AS amount GROUP BY account"
            told = run("bean-query", "-f", "csv", str(file), query)
        assert told.returncode == 0, told.stderr
        rows = list(csv.reader(io.StringIO(told.stdout)))[1:]
        amounts = {
            row[0]: int(row[1].removesuffix("VND").strip())
            for row in rows
            if ":Công:" not in row[0]
        }
        return {account: amount for account, amount in amounts.items() if amount}

    def work_days(self, file: Path) -> dict[str, Decimal]:
        """What the accounts of volunteers' work came to."""
        if self.kind == "hledger":
            told = run("hledger", "-f", str(file), "bal", "Công:", "--flat", "-N", "-O", "csv")
        else:
            query = "SELECT account, sum(number) AS amount WHERE account ~ ':Công:' GROUP BY 1"
            told = run("bean-query", "-f", "csv", str(file), query)
        assert told.returncode == 0, told.stderr
        rows = list(csv.reader(io.StringIO(told.stdout)))[1:]
        amounts = {row[0]: Decimal(row[1].removesuffix("CONG").strip()) for row in rows}
        return {account: amount for account, amount in amounts.items() if amount}


READERS = [Reader("hledger", hledger.write), Reader("beancount", beancount.write)]
EACH = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.kind)


def taken(
    database: Database, club_id: UUID, since: date | None = None, until: date | None = None
) -> Journal:
    with database.connection() as connection:
        then = seen(connection, club_id, until or date(2026, 11, 28))
        return journal(connection, then, since=since)


def ours(database: Database, club_id: UUID) -> dict[str, int]:
    """Our own balances by the journal's names, the loans' from the loan balances."""
    sums: dict[str, int] = defaultdict(int)
    with database.connection() as connection:
        for fund, account, amount in ledger.balances(connection, club_id):
            if account != "1283":
                sums[chart.name(Place(account, fund, None))] += amount
        for loan_id, amount in connection.execute(
            """SELECT loan_id, outstanding
               FROM read.loan_balances JOIN read.loans USING (club_id, loan_id)
               WHERE club_id = %s""",
            (club_id,),
        ):
            sums[chart.name(Place("1283", "loan", loan_id))] += amount
    return {account: amount for account, amount in sums.items() if amount}
