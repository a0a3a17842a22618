"""The campaign of tests/soak/integrators.py, a few rounds of it."""

from pathlib import Path

from desk.desk import Desk
from soak.integrators import campaign, without_a_kept_head
from tests.audit.logbook import LogBook


def test_killed_at_any_moment_there_is_one_log_and_nothing_missing(
    desk: Desk, book: LogBook, tmp_path: Path
) -> None:
    assert campaign(book.url, book.admin, desk, tmp_path, rounds=6, seed=20261128)
    assert without_a_kept_head(book.url, book.admin, desk, tmp_path), "the control must fork"
