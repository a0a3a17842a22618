"""Eight people ask for 3 million each, at once, of a fund of 10 million: three are paid.

`.venv/bin/python tests/soak/overdraft.py --rounds 200` runs it on a server of its own and prints
the figures, and the control beside them: the same decisions written without the version check.
"""

import argparse
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier
from time import monotonic
from uuid import UUID

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from desk import books
from desk.desk import KINDS, Desk
from domain.clubs.decisions import CLUB
from domain.clubs.decisions import known as known_club
from domain.errors import Refusal, StaleVersion
from domain.histories import book_of
from domain.loans import decisions
from domain.loans.accounts import Account, Fund
from domain.loans.book import BOOK, Book
from domain.loans.commands import DisburseLoan
from domain.loans.events import LoanDisbursed
from soak.house import make_database, private_server
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog, Work
from village import DAY, SYSTEM, Village

CLIENTS = 8
ASKED = 3_000_000
FUND = 10_000_000


@dataclass(frozen=True)
class Round:
    """A club with its fund, and eight approved loans for eight members."""

    village: Village
    loans: tuple[UUID, ...]


@dataclass(frozen=True)
class Outcome:
    answers: tuple[str, ...]
    """"paid" or the refusal's code, sorted."""
    left: int
    vouchers: tuple[str, ...]
    """As the book has them, in its order."""
    receipts: tuple[str, ...]
    """As the members were told, sorted."""


RIGHT = Outcome(
    answers=("insufficient-funds",) * 5 + ("paid",) * 3,
    left=1_000_000,
    vouchers=("PC-2026-0001", "PC-2026-0002", "PC-2026-0003"),
    receipts=("PC-2026-0001", "PC-2026-0002", "PC-2026-0003"),
)

Disburse = Callable[[Desk, UUID, DisburseLoan], tuple[str, ...]]


def prepared(desk: Desk) -> Round:
    village = Village(desk, capital=FUND)
    members = [village.member(f"Thành Viên {number}") for number in range(CLIENTS)]
    return Round(village, tuple(village.approved(member, ASKED) for member in members))


def carefully(desk: Desk, loan_id: UUID, command: DisburseLoan) -> tuple[str, ...]:
    return books.disburse_loan(desk, SYSTEM, loan_id, command).vouchers


def carelessly(desk: Desk, loan_id: UUID, command: DisburseLoan) -> tuple[str, ...]:
    """The control: decided on what was read, written after whatever stands there by then."""
    club_id = desk.club_of_loan(loan_id)
    assert club_id is not None
    unit = Work(desk.log, "system")
    book: Book | None = unit.load(BOOK, book_of(club_id))
    assert book is not None
    club = known_club(unit.load(CLUB, club_id))
    moment = desk.moment(club, command.occurred_on)
    borrower = desk.standing(unit, club, book.loans[loan_id].borrower_id, command.occurred_on)
    events = decisions.disburse_loan(book, loan_id, borrower, command, moment)
    unit.say(BOOK, book_of(club_id), events, club_id=club_id)
    while True:
        version = desk.log.load(BOOK, book_of(club_id)).version
        rows = [
            desk.log.event_mapper.to_stored_event(replace(news, originator_version=version + n))
            for n, news in enumerate(unit.news, 1)
        ]
        try:
            desk.log.log_recorder.append(rows, actor="system")
        except StaleVersion:
            continue
        return tuple(v for e in events if isinstance(e, LoanDisbursed) for v in e.vouchers)


def race(ready: Round, disburse: Disburse = carefully) -> Outcome:
    """All at once; nothing but a receipt or a refusal may come back."""
    village, together = ready.village, Barrier(CLIENTS)

    def client(loan_id: UUID) -> tuple[str, tuple[str, ...]]:
        command = DisburseLoan(occurred_on=DAY, paid_by=village.treasurer)
        together.wait()
        try:
            return "paid", disburse(village.desk, loan_id, command)
        except Refusal as refusal:
            return refusal.code, ()

    with ThreadPoolExecutor(CLIENTS) as threads:
        answers = list(threads.map(client, ready.loans))
    book = village.desk.log.load(BOOK, book_of(village.club_id)).state
    assert book is not None
    told = books.book_story(village.desk.log, village.club_id)
    payments = [r.event for r in told if isinstance(r.event, LoanDisbursed)]
    return Outcome(
        answers=tuple(sorted(answer for answer, _ in answers)),
        left=book.balance(Fund.LOAN, Account.CASH),
        vouchers=tuple(v for payment in payments for v in payment.vouchers),
        receipts=tuple(sorted(v for _, vouchers in answers for v in vouchers)),
    )


def outcomes(desk: Desk, rounds: int, disburse: Disburse = carefully) -> Iterator[Outcome]:
    """Each round in a fresh club; clubs are founded several at a time, raced one by one."""
    with ThreadPoolExecutor(4) as threads:
        for ready in threads.map(lambda _: prepared(desk), range(rounds)):
            yield race(ready, disburse)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    with private_server() as server:
        database = Database(make_database(server, "overdraft"), size=CLIENTS + 4)
        log = EventLog(database, KINDS)
        desk = Desk(log, KeyRing(database, MasterKey(secrets.token_bytes(32))))
        began = monotonic()
        seen = Counter(outcomes(desk, rounds))
        took = monotonic() - began
        print(f"{rounds} rounds in {took:.1f} s, {log.head()} events, no random choice but timing")
        for outcome, times in seen.most_common():
            paid = outcome.answers.count("paid")
            print(f"{times:5} x {paid} paid, {outcome.left:,} left, {outcome.vouchers}")
        control = Counter(
            outcome.left for outcome in outcomes(desk, max(rounds // 10, 5), carelessly)
        )
        print(f"control, no version check: left in the box {dict(control)}")
        log.close()
    return 0 if set(seen) == {RIGHT} and min(control) < 0 else 1


if __name__ == "__main__":
    sys.exit(main())
