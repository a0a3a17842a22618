"""Whether the clock tells who has an account: log-ins of unknown people against wrong passwords.

`.venv/bin/python tests/soak/login_timing.py --pairs 300` times both, interleaved, through the whole
application on a database of its own, and says how well the time alone tells them apart: the AUC of
a classifier, 0.5 is a coin's toss. It is taken both ways round and has to stay below 0.6; statuses
and bodies have to be the same. Each try comes an hour after the last, so that none is throttled.

The control is a log-in that looks no further when it does not know the name; it must be told apart.
"""

import argparse
import random
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from starlette.testclient import TestClient

from api.app import create_app
from desk import accounts
from desk.accounts import NewAccount
from desk.desk import Desk
from domain.histories import account_of
from soak.house import private_home
from sochung.house import House
from sochung.settings import Settings
from store import passwords
from village import SYSTEM, Village

TOLD_APART = 0.6
Try = Callable[[str], str]
"""Tries a user name with a wrong password; what was answered."""


def measured(
    tried: Try, known: list[str], pairs: int, seed: int
) -> tuple[list[float], list[float], set[str]]:
    """Seconds of known and of unknown names, in chance order; and all different answers."""
    dice = random.Random(seed)
    times: dict[bool, list[float]] = {True: [], False: []}
    answers = set()
    for number in range(pairs):
        both = [(True, dice.choice(known)), (False, f"khong.co.{number}")]
        dice.shuffle(both)
        for has_account, user in both:
            begun = perf_counter()
            answers.add(tried(user))
            times[has_account].append(perf_counter() - begun)
    return times[True], times[False], answers


def auc(ones: list[float], others: list[float]) -> float:
    """How often a time of `ones` is the longer of two, one drawn from each."""
    wins = sum((one > other) + (one == other) / 2 for one in ones for other in others)
    return wins / (len(ones) * len(others))


def clock_of(desk: Desk) -> Callable[[], None]:
    """Lets an hour pass at each call."""
    now = [desk.clock()]

    def read() -> datetime:
        return now[0]

    def later() -> None:
        now[0] += timedelta(hours=1)

    desk.clock = read
    return later


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with private_home() as home, House(Settings(home=home)) as house:
        desk, village = house.desk, Village(house.desk)
        known = []
        for number, person_id in enumerate((village.chair, village.treasurer, village.secretary)):
            known.append(f"ai.do.{number}")
            accounts.open_account(desk, SYSTEM, person_id, NewAccount(user_name=known[-1]), None)
            hashed = passwords.hashed("cây đa bến nước sân đình")
            desk.access.set_password(account_of(person_id), hashed, desk.clock())
        later = clock_of(desk)
        client = TestClient(create_app(house.database, house.follower, house.keys, desk))

        def log_in(user: str) -> str:
            later()
            body = {"user": user, "password": "sai mật khẩu rồi"}
            answer = client.post("/v1/sessions", json=body)
            said = {k: v for k, v in answer.json().items() if k != "instance"}
            return f"{answer.status_code} {said}"

        def careless(user: str) -> str:
            later()
            found = desk.access.named(user)
            right = found is not None and passwords.matches("sai mật khẩu rồi", found.password)
            return str(right)

        log_in("khoi.dong")
        outcomes = {
            name: measured(tried, known, asked.pairs, asked.seed)
            for name, tried in (("log-in", log_in), ("control", careless))
        }
    told = {}
    for name, (right, wrong, answers) in outcomes.items():
        one_way = auc(right, wrong)
        told[name] = max(one_way, 1 - one_way)
        print(
            f"{name}: {asked.pairs} wrong passwords, median {median(right) * 1e3:.1f} ms; "
            f"{asked.pairs} unknown names, median {median(wrong) * 1e3:.1f} ms; "
            f"AUC {told[name]:.3f}; different answers: {len(answers)}"
        )
    same = len(outcomes["log-in"][2]) == 1
    return 0 if told["log-in"] < TOLD_APART < told["control"] and same else 1


if __name__ == "__main__":
    sys.exit(main())
