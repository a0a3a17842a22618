"""The book against the plain book: random evenings, no difference.

`.venv/bin/python tests/soak/machine.py --runs 1000 --steps 50` plays them in memory; the control is
a plain book that forgets the interest of the period that runs.
"""

import argparse
import secrets
import sys
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from machine import Club
from plain_book import PlainBook, PlainLoan


class Counting(Club):
    """Counts what was said, so that the figures show what was tried."""

    seen: Counter[str] = Counter()

    def say(self, expected: str | None, decide: Any, *asked: Any) -> list[Any] | None:
        events = super().say(expected, decide, *asked)
        self.seen.update([expected] if expected else [type(e).__name__ for e in events or ()])
        return events


class ForgetfulBook(PlainBook):
    def _end_of_period(self, loan: PlainLoan, day: int) -> int:
        return day


class Forgetful(Club):
    def __init__(self) -> None:
        super().__init__()
        self.plain = ForgetfulBook()


def differs(machine: type[Club], runs: int, steps: int, number: int) -> str | None:
    """What the first difference is, if there is one."""
    profile = settings(max_examples=runs, stateful_step_count=steps, deadline=None, database=None)
    try:
        run_state_machine_as_test(seed(number)(machine), settings=profile)
    except AssertionError as difference:
        return str(difference) or "an assertion"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    asked = parser.parse_args()
    began = monotonic()
    found = differs(Counting, asked.runs, asked.steps, asked.seed)
    took = monotonic() - began
    print(f"seed {asked.seed}: {asked.runs} runs of {asked.steps} steps in {took:.0f} s: {found}")
    print(", ".join(f"{times} {what}" for what, times in Counting.seen.most_common()))
    control = differs(Forgetful, asked.runs, asked.steps, asked.seed)
    print(f"control, a forgetful book: {'a difference' if control else 'NO DIFFERENCE'}")
    return 0 if found is None and control else 1


if __name__ == "__main__":
    sys.exit(main())
