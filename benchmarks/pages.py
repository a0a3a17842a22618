"""Each page on the Lạng Sơn scenario: the server's time in the middle and at the 95th percentile,
beside a page that asks for nothing but who is looking; and what a first visit weighs."""

import gc
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from uuid import UUID

from rich.console import Console
from rich.table import Table
from starlette.testclient import TestClient

from api.app import create_app
from api.callers import COOKIE
from sochung.house import House
from sochung.scenario.accounts import tell_accounts
from sochung.scenario.article import CLUBS
from sochung.scenario.load import load
from sochung.scenario.plan import plans
from sochung.settings import Settings
from web.app import install

VISITS, PROMISED_MS, PROMISED_KB = 40, 100, 120
PASSWORD = "ghi cho đúng"


def run() -> None:
    with _scenario() as opened:
        club_id = plans()[0].club_id
        loan_id, borrower_id = _some_loan(opened, club_id)
        club = f"/clubs/{club_id}"
        pages = {
            "/more": "thuquy",
            "/": "thuquy",
            f"{club}/members": "thuquy",
            f"{club}/members?q=phuong": "thuquy",
            f"/members/{borrower_id}": "thuquy",
            f"/loans/{loan_id}": "thuquy",
            f"{club}/cash-book": "thuquy",
            f"{club}/ledger": "thuquy",
            f"{club}/loan-book": "thuquy",
            f"{club}/reconcile": "thuquy",
            f"{club}/report": "thuquy",
            f"{club}/meeting": "thuquy",
            f"{club}/repay": "thuquy",
            f"{club}/care/week": "chamsoc",
            f"/audit/clubs/{club_id}": "kiemtoan",
            "/clubs": "canbo.tinh",
            "/province": "canbo.tinh",
        }
        visitors = {user: _visitor(opened, user) for user in set(pages.values())}
        table = Table(title=f"Pages, the {CLUBS} clubs of Lạng Sơn", title_justify="left")
        for title in ("page", "median ms", "p95 ms", f"< {PROMISED_MS}", "kB", f"≤ {PROMISED_KB}"):
            table.add_column(title, justify="left" if title == "page" else "right")
        for address, user in pages.items():
            took, weighs = _visit(visitors[user], address)
            slow = quantiles(took, n=20)[-1]
            told = address.replace(str(club_id), "…").replace(str(loan_id), "…")
            table.add_row(
                told.replace(str(borrower_id), "…"),
                f"{median(took):.1f}",
                f"{slow:.1f}",
                "yes" if slow < PROMISED_MS else "no",
                f"{weighs / 1000:.1f}",
                "yes" if weighs <= PROMISED_KB * 1000 else "no",
            )
        Console(width=110).print(table)


@contextmanager
def _scenario() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="sochung-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # as root the server runs as `nobody`, who must get in
        os.environ.pop("DATABASE_URL", None)  # never on a server that is somebody's own
        with House(Settings(home=home)) as opened:
            load(opened, opened.desk.today, lambda *_: None)
            tell_accounts(opened.desk, plans()[0], PASSWORD)
            opened.follower.catch_up(600)
            yield opened
            server = opened.server
        assert server is not None
        server.stop()


def _visitor(opened: House, user: str) -> TestClient:
    # Others may keep the machine busy: a slow page is told, not given up.
    app = create_app(
        opened.database, opened.follower, opened.keys, opened.desk, deadline_seconds=120
    )
    install(app)
    gc.collect()
    gc.freeze()  # as `serve` does
    client = TestClient(app, headers={"Accept": "text/html"})
    account = opened.desk.access.named(user)
    assert account is not None
    token, _ = opened.desk.access.begin(
        account.account_id, "bench", opened.desk.clock(), fresh=False
    )
    client.cookies.set(COOKIE, token)
    return client


def _visit(client: TestClient, address: str) -> tuple[list[float], int]:
    """Milliseconds of each visit, and how many bytes travel at the very first."""
    weighs = first_load(client, address)
    return [_timed(lambda: client.get(address)) for _ in range(VISITS)], weighs


def first_load(client: TestClient, address: str) -> int:
    """Bytes as they travel: the page and all that it loads, its fonts too."""
    return sum(_weighed(client, one) for one in {address, *_loaded(client, address)})


def _weighed(client: TestClient, address: str) -> int:
    with client.stream("GET", address) as answer:
        assert answer.status_code == 200, address
        return sum(len(chunk) for chunk in answer.iter_raw())


def _loaded(client: TestClient, address: str) -> set[str]:
    """Styles, scripts and pictures of a page, and what its styles name."""
    named = set(re.findall(r'"(/static/[^"]+)"', client.get(address).text))
    styles = "".join(client.get(one).text for one in named if one.endswith(".css"))
    return named | set(re.findall(r"url\((/static/[^)]+)\)", styles))


def _timed(visit: Callable[[], object]) -> float:
    began = perf_counter()
    visit()
    return (perf_counter() - began) * 1000


def _some_loan(opened: House, club_id: UUID) -> tuple[UUID, UUID]:
    with opened.database.connection() as connection:
        row = connection.execute(
            """SELECT loan_id, borrower_id FROM read.loans
               WHERE club_id = %s AND step = 'disbursed' ORDER BY loan_id LIMIT 1""",
            (club_id,),
        ).fetchone()
    assert row is not None
    return row[0], row[1]
