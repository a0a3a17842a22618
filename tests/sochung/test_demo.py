"""The demo clubs and the service, as `make demo` starts them."""

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.embedded import EmbeddedServer

PROGRAM = Path(sys.executable).with_name("sochung")


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sochung-demo-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        EmbeddedServer(Path(folder)).stop()


def test_the_demo_makes_its_clubs_serves_them_and_stops_cleanly(home: Path) -> None:
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("SOCHUNG", "DATABASE_"))
    }
    demo = subprocess.Popen(
        [str(PROGRAM), "demo", "--port", "0", "--clubs", "2"],
        env=environment | {"SOCHUNG_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout is not None
    try:
        said = []
        for line in demo.stdout:
            said.append(line)
            if "http://" in line:
                break
        address = said[-1].split("http://")[1].split("/")[0]
        assert _status(f"http://{address}/v1/clubs") == 401
        password = (home / "demo-password").read_text().strip()
        assert stat.S_IMODE((home / "demo-password").stat().st_mode) == 0o600
        assert any(password in line for line in said)
        cookie = _log_in(address, "thuquy", password)
        clubs = _get(f"http://{address}/v1/clubs", cookie)
        club = clubs["items"][0]["id"]
        assert _get(f"http://{address}/readyz")["status"] == "ready"
        balances = _get(f"http://{address}/v1/clubs/{club}/balances", cookie)
        assert balances["sum"] == 0
        assert balances["principal_outstanding"] > 0
        assert any("sochung" in line and "balances" in line for line in said), "a tour to try"
    finally:
        demo.send_signal(signal.SIGINT)
        with demo.stdout:
            assert demo.wait(60) == 0
    environment |= {"SOCHUNG_HOME": str(home), "SOCHUNG_DATABASE": "sochung_demo"}
    check = subprocess.run([str(PROGRAM), "check"], env=environment, capture_output=True, text=True)
    assert check.returncode == 0, check.stdout


def _log_in(address: str, user: str, password: str) -> str:
    """The cookie of a session."""
    asked = urllib.request.Request(
        f"http://{address}/v1/sessions",
        json.dumps({"user": user, "password": password}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return str(answer.headers["set-cookie"].partition(";")[0])


def _get(address: str, cookie: str = "") -> dict[str, object]:  # type: ignore[type-arg]
    deadline = time.monotonic() + 60
    asked = urllib.request.Request(address, headers={"Cookie": cookie})
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return json.load(answer)  # type: ignore[no-any-return]
        except (ConnectionError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _status(address: str) -> int:
    """The address is told while the service is still being put together: a slow machine may take
    its time."""
    try:
        with urllib.request.urlopen(address, timeout=120) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_killed_database_comes_back_by_itself(home: Path) -> None:
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("SOCHUNG", "DATABASE_"))
    }
    environment |= {"SOCHUNG_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    serving = subprocess.Popen(
        [str(PROGRAM), "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert serving.stdout is not None
    try:
        address = serving.stdout.readline().split("http://")[1].split("/")[0]
        assert _get(f"http://{address}/readyz")["status"] == "ready"
        pid = int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while (answer := _status(f"http://{address}/readyz")) != 200:
            assert answer == 503
            assert time.monotonic() < deadline, "the database did not come back"
            time.sleep(0.5)
    finally:
        serving.send_signal(signal.SIGINT)
        with serving.stdout:
            assert serving.wait(60) == 0
