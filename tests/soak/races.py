"""People who act at the same moment, over HTTP: the last money, one approval, crossed transfers.

`.venv/bin/python tests/soak/races.py --rounds 200` runs them against a real service with two
workers, and prints how often each outcome was seen. The controls that must fail are those of
`overdraft.py`: the same decisions without the version check.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar
from uuid import UUID

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from desk import books
from desk.desk import Desk
from domain.histories import book_of
from domain.loans.accounts import Account, Fund
from domain.loans.book import BOOK, Book
from domain.loans.commands import ReceiveDues, TransferFunds
from domain.loans.events import BookEvent, FundsTransferred, LoanApproved, LoanDisbursed
from soak.house import private_home
from soak.overdraft import ASKED, RIGHT, Outcome, prepared
from soak.service import Answer, Service, new_key, running
from sochung.house import House
from sochung.settings import Settings
from village import DAY, SYSTEM, Village

DATE = DAY.isoformat()
SWAPS = 4

Post = tuple[str, dict[str, object], UUID]


def together(service: Service, posts: list[Post]) -> list[Answer]:
    """All at once, each under a key of its own."""
    start = Barrier(len(posts))
    for person in {person for _, _, person in posts}:
        service.logs_in(person)  # not what is raced

    def one(post: Post) -> Answer:
        path, body, person = post
        start.wait()
        return service.until_answered(path, body, key=new_key(), person=person)

    with ThreadPoolExecutor(len(posts)) as threads:
        return list(threads.map(one, posts))


def codes(answers: list[Answer]) -> tuple[str, ...]:
    """What each was told: "201", or the refusal's code; sorted."""
    return tuple(sorted(str(a.code or a.status) for a in answers))


def last_money(service: Service, desk: Desk) -> Outcome:
    """Eight payouts of 3 million against 10 million."""
    ready = prepared(desk)
    village = ready.village
    answers = together(
        service,
        [
            (f"/v1/loans/{loan}/disbursement", {"occurred_on": DATE}, village.treasurer)
            for loan in ready.loans
        ],
    )
    paid = [answer.body["voucher"] for answer in answers if answer.status == 201]
    payouts = events(village, LoanDisbursed)
    return Outcome(
        answers=tuple(sorted("paid" if a.status == 201 else str(a.code) for a in answers)),
        left=book_of_village(village).balance(Fund.LOAN, Account.CASH),
        vouchers=tuple(v for payout in payouts for v in payout.vouchers),
        receipts=tuple(sorted(paid)),
    )


def one_approval(service: Service, desk: Desk) -> tuple[tuple[str, ...], int]:
    """Two approvers at once: one winner, one approval in the book."""
    village = Village(desk)
    loan = village.requested(village.member("Thành Viên"), ASKED)
    body: dict[str, object] = {"occurred_on": DATE, "minutes": "BB 012"}
    approvers = (village.chair, village.treasurer)
    answers = together(service, [(f"/v1/loans/{loan}/approval", body, who) for who in approvers])
    return codes(answers), len(events(village, LoanApproved))


def crossed_transfers(service: Service, desk: Desk) -> tuple[tuple[str, ...], int, int]:
    """Operating to care and back, several at once: nobody sees a deadlock, no đồng is lost."""
    village = Village(desk)
    funds = (Fund.OPERATING, Fund.CARE)
    for fund in funds:
        dues = ReceiveDues(occurred_on=DAY, amount=1_000_000, fund=fund)
        books.record(desk, SYSTEM, village.club_id, dues)
    pairs = (funds, tuple(reversed(funds))) * SWAPS
    path = f"/v1/clubs/{village.club_id}/transfers"
    posts: list[Post] = [(path, _transfer(100_000, *pair), village.treasurer) for pair in pairs]
    answers = together(service, posts)
    cash = sum(book_of_village(village).balance(fund, Account.CASH) for fund in funds)
    return codes(answers), len(events(village, FundsTransferred)), cash


def _transfer(amount: int, giver: Fund, taker: Fund) -> dict[str, object]:
    command = TransferFunds(occurred_on=DAY, amount=amount, from_fund=giver, to_fund=taker)
    return command.model_dump(mode="json", exclude_none=True)


def book_of_village(village: Village) -> Book:
    state = village.desk.log.load(BOOK, book_of(village.club_id)).state
    assert state is not None
    return state


E = TypeVar("E", bound=BookEvent)


def events(village: Village, kind: type[E]) -> list[E]:
    told = books.book_story(village.desk.log, village.club_id)
    return [recorded.event for recorded in told if isinstance(recorded.event, kind)]


RACES: dict[str, tuple[Callable[[Service, Desk], object], object]] = {
    "8 x 3 million against 10 million": (last_money, RIGHT),
    "two approvers at once": (one_approval, (("201", "not-requested"), 1)),
    "crossed transfers": (crossed_transfers, (("201",) * 2 * SWAPS, 2 * SWAPS, 2_000_000)),
}


def seen(service: Service, desk: Desk, rounds: int) -> Iterator[tuple[str, Counter[object], bool]]:
    for name, (race, right) in RACES.items():
        outcomes = Counter(race(service, desk) for _ in range(rounds))
        yield name, outcomes, set(outcomes) == {right}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    right = True
    with (
        private_home() as home,
        House(Settings(home=home)) as house,
        running({"SOCHUNG_HOME": str(home)}, house.desk, workers=2) as service,
    ):
        for name, outcomes, as_it_should in seen(service, house.desk, rounds):
            print(f"{name}, {rounds} rounds: {'right' if as_it_should else 'WRONG'}")
            for outcome, times in outcomes.most_common(5):
                print(f"{times:5} x {outcome}")
            right &= as_it_should
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
