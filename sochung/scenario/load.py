"""Tells the clubs' stories into the log: each club one append, two clubs at once on two processors.

A story is told on states in memory, which the append then checks; the read models are folded once,
at the end. A club that is there already is left alone, so that an interrupted load goes on.
"""

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import date

from desk.desk import KINDS, Desk
from domain.clubs.association import ASSOCIATION
from domain.clubs.decisions import CLUB
from projections.follower import PROJECTIONS, Follower
from sochung.house import House
from sochung.scenario.association import ASSOCIATION_ID, tell_association
from sochung.scenario.club import tell_club
from sochung.scenario.plan import ClubPlan, plans
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog

ACTOR = "scenario"
FOLD_SECONDS = 600.0
HANDS = 4
Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, of how much."""
TELLING, FOLDING = "Kể chuyện các câu lạc bộ", "Dựng sổ đọc"


def load(opened: House, last_day: date, progress: Progress, clubs: int | None = None) -> int:
    """Tells of so many clubs up to a day, all of them unless said; returns how many are new."""
    wanted = plans()[:clubs]
    missing = [plan for plan in wanted if not opened.log.load(CLUB, plan.club_id).version]
    progress(TELLING, 0, len(missing))
    for done, _ in enumerate(_told(opened, missing, last_day), start=1):
        progress(TELLING, done, len(missing))
    if not opened.log.load(ASSOCIATION, ASSOCIATION_ID).version:
        desk = opened.desk
        desk.log.carry_out(lambda unit: tell_association(desk, unit, last_day), actor=ACTOR)
    _fold(opened.follower, progress)
    return len(missing)


def _told(opened: House, missing: list[ClubPlan], last_day: date) -> Iterator[None]:
    hands = min(len(os.sched_getaffinity(0)), HANDS, len(missing))
    if hands < 2:
        for plan in missing:
            _tell(opened.desk, plan, last_day)
            yield
        return
    # Spawned, not forked: this process has threads and connections that a child must not share.
    pool = ProcessPoolExecutor(
        hands,
        multiprocessing.get_context("spawn"),
        initializer=_Teller.begin,
        initargs=(opened.database.url, opened.key_store.url, opened.keys.master.secret),
    )
    with pool:
        # The longest stories first: no processor then waits for the last one alone.
        longest_first = sorted(missing, key=lambda plan: plan.founded_on)
        waiting = [pool.submit(_Teller.tell, plan.number, last_day) for plan in longest_first]
        for one in as_completed(waiting):
            one.result()
            yield


def _tell(desk: Desk, plan: ClubPlan, last_day: date) -> None:
    with _without_cycles_sought():
        desk.log.carry_out(lambda unit: tell_club(desk, unit, plan, last_day), actor=ACTOR, tries=1)


class _Teller:
    """What a process of its own opens once and tells all its clubs with."""

    desk: Desk

    @classmethod
    def begin(cls, url: str, keys_url: str, master: bytes) -> None:
        keys = KeyRing(Database(keys_url), MasterKey(master))
        cls.desk = Desk(EventLog(Database(url), KINDS), keys)

    @classmethod
    def tell(cls, number: int, last_day: date) -> None:
        _tell(cls.desk, plans()[number], last_day)


@contextmanager
def _without_cycles_sought() -> Iterator[None]:
    """Events and states are trees: looking through a million of them for cycles finds none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _fold(follower: Follower, progress: Progress) -> None:
    """A log that nobody has read yet is folded as a rebuild folds it: whole, and faster."""
    with follower.database.connection() as connection:
        follower.make_tables(connection)
        unread = not follower.behind(connection)
    if unread:
        names, done = [projection.name for projection in PROJECTIONS], set[str]()

        def folded(name: str, at: int, upto: int) -> None:
            if at == upto:
                done.add(name)
                progress(FOLDING, len(done), len(names) + 1)

        follower.rebuild(names, folded)
    follower.catch_up(FOLD_SECONDS)
    progress(FOLDING, len(PROJECTIONS) + 1, len(PROJECTIONS) + 1)
