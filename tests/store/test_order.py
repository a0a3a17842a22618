"""Who follows the log misses nothing: the order of positions is the order of commits.

The 60 s campaign with its figures is `tests/soak/tail.py`.
"""

import secrets

from conftest import Server
from soak.library import library_recorder
from soak.tail import tail_our_log, tail_the_library_until_it_loses
from store.log import EventLog


def test_a_reader_under_eight_writers_sees_every_event_in_order(log: EventLog) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    told = tail_our_log(log.log_recorder, seconds=6, seed=seed)
    print(told)
    assert told.stored > 0
    assert (told.missed, told.gaps, told.backwards) == (0, 0, 0)


def test_the_control_loses_events_in_the_unsafe_mode_of_the_library(
    server: Server, database_name: str
) -> None:
    """The same reader and writers: what passes above would fail here, so the test can see."""
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    with library_recorder(server.admin(database_name), db_functions=True) as recorder:
        told = tail_the_library_until_it_loses(recorder, seconds=200, seed=seed)
    print(told)
    assert told.missed > 0
