"""Facts about the repository that are easy to break without noticing."""

import re
import subprocess
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from domain.catalogue import EVENTS
from sochung import (
    books_commands,
    evidence_commands,
    history_command,
    paper_commands,
    service_commands,
)

ROOT = Path(__file__).parents[1]
PACKAGES = ("domain", "store", "desk", "projections", "audit", "exchange", "api", "web", "sochung")


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_ships_our_package_names(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"sochung"}


def test_lock_files_hold_hashes_and_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links", text), lock
    assert not (ROOT / "uv.lock").exists()


def test_every_room_is_on_the_map() -> None:
    drawn = (ROOT / "ARCHITECTURE.md").read_text()
    for name in PACKAGES:
        assert f"\n{name}/" in drawn, name


@pytest.mark.parametrize("page", ["README.md", "README.vi.md", "CONTRIBUTING.md"])
def test_the_commands_in_the_docs_exist(page: str) -> None:
    text = (ROOT / page).read_text()
    rooms = (
        books_commands,
        evidence_commands,
        history_command,
        paper_commands,
        service_commands,
    )
    commands = {"audit", "key", "report", "user"}.union(*(room.COMMANDS for room in rooms))
    for named in re.findall(
        r"^\$? ?sochung ([a-z][a-z-]+)|`sochung ([a-z][a-z-]+)", text, re.MULTILINE
    ):
        assert (named[0] or named[1]) in commands, named
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"make ([a-z-]+)", text):
        assert target in targets, target


def test_the_names_on_disk_never_change() -> None:
    """A topic that is removed or renamed here would orphan stored events."""
    kept = (ROOT / "tests" / "topics.txt").read_text().split()
    assert sorted(EVENTS) == kept


def test_nothing_tracked_names_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    machine = re.compile(r"/(?:root|home)/[a-z]|/work/[a-z]")
    for name in filter(None, listed.stdout.split("\0")):
        if name.startswith("tests/test_house") or not (ROOT / name).is_file():
            continue
        text = (ROOT / name).read_text(encoding="utf-8", errors="ignore")
        assert not machine.search(text), name
