"""The embedded server, with real processes in short temporary folders of their own.

As root the server runs as `nobody`; as an ordinary user it is the caller's. Both must pass.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.errors import Unavailable
from store.binaries import find_binaries
from store.embedded import SOCKET_NAME, EmbeddedServer

REPOSITORY = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0
ACCOUNT = pwd.getpwnam("nobody") if AS_ROOT else pwd.getpwuid(os.geteuid())
DROP: dict[str, Any] = (
    {"user": ACCOUNT.pw_uid, "group": ACCOUNT.pw_gid, "extra_groups": []} if AS_ROOT else {}
)

# Starts or adopts the server, says which, and stays until its standard input ends.
HELPER = """
import sys
from pathlib import Path
from store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.ensure()
print("started" if server.started else "adopted", flush=True)
sys.stdin.read()
"""


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A data home to be made, under /tmp where `nobody` can reach it; its server is stopped."""
    parent = Path(tempfile.mkdtemp(prefix="sc-", dir="/tmp"))
    parent.chmod(0o711)
    try:
        yield parent / "home"
    finally:
        EmbeddedServer(parent / "home").stop()
        shutil.rmtree(parent)


@pytest.fixture
def new_home() -> Iterator[Path]:
    with temporary_home() as home:
        yield home


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    with temporary_home() as home:
        running(home).stop()
        yield home


@pytest.fixture
def home(made_once: Path, new_home: Path) -> Path:
    """A data home whose server has been stopped: a copy, because `initdb` takes a second."""
    subprocess.run(["cp", "-a", made_once, new_home], check=True)
    return new_home


def helper(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HELPER, home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def finish(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        process.communicate(timeout=60)


def sql(server: EmbeddedServer, query: str, role: str = "postgres") -> list[tuple[object, ...]]:
    url = server.url("postgres", role)
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def server_pid(server: EmbeddedServer) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def running(home: Path) -> EmbeddedServer:
    server = EmbeddedServer(home)
    server.ensure()
    return server


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_gets_a_server_and_loosens_nothing(new_home: Path) -> None:
    before = mode(new_home.parent)
    server = EmbeddedServer(new_home)
    assert not server.is_running()
    server.ensure()
    assert server.started
    assert server.is_running()

    assert mode(new_home.parent) == before
    assert mode(new_home) == (0o711 if AS_ROOT else 0o700)
    for folder in (server.data, new_home / "postgres" / "run"):
        assert mode(folder) == 0o700
        assert folder.stat().st_uid == ACCOUNT.pw_uid
    assert sql(server, "SHOW listen_addresses") == [("",)]
    assert sql(server, "SHOW server_encoding") == [("UTF8",)]
    assert sql(server, "SHOW timezone") == [("UTC",)]
    assert sql(server, "SHOW data_checksums") == [("on",)]
    assert sql(server, "SHOW shared_buffers") == [("256MB",)]
    assert sql(server, "SELECT upper('nguyễn đức ợ')") == [("NGUYỄN ĐỨC Ợ",)]
    for role in ("sochung_migrate", "sochung_app"):
        assert sql(server, "SELECT session_user::text", role) == [(role,)]
    supers = "SELECT rolname::text FROM pg_roles WHERE rolsuper"
    assert sql(server, supers) == [("postgres",)]


def test_peer_is_the_only_way_in(home: Path) -> None:
    server = running(home)
    assert sql(server, "SELECT DISTINCT auth_method FROM pg_hba_file_rules") == [("peer",)]
    own = (server.data / "pg_hba.conf") if os.access(server.data, os.R_OK) else None
    rules = own.read_text().splitlines() if own else []
    assert not [rule for rule in rules if not rule.startswith("#") and "trust" in rule]


@pytest.mark.skipif(not AS_ROOT, reason="only root can try as somebody else")
def test_another_account_cannot_connect(home: Path) -> None:
    server = running(home)
    psql = find_binaries() / "psql"
    run = home / "postgres" / "run"

    def attempt(user: int) -> str:
        done = subprocess.run(
            [psql, "-X", server.url("postgres", "postgres"), "-c", "SELECT 1"],
            user=user,
            group=user,
            extra_groups=[],
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        return done.stderr

    assert "Permission denied" in attempt(12345)
    # Even with the folder thrown open, the server does not believe a stranger.
    run.chmod(0o755)
    (run / SOCKET_NAME).chmod(0o777)
    assert "Peer authentication failed" in attempt(pwd.getpwnam("daemon").pw_uid)


def test_a_second_process_adopts_the_server(home: Path) -> None:
    server = running(home)
    second = helper(home)
    assert first_line(second) == "adopted"
    finish(second)
    assert server.is_running()


def test_six_processes_at_once_get_one_server(new_home: Path) -> None:
    processes = [helper(new_home) for _ in range(6)]
    said = sorted(first_line(process) for process in processes)
    finish(*processes)
    assert said == ["adopted"] * 5 + ["started"]
    server = EmbeddedServer(new_home)
    assert server.is_running()


def test_committed_data_survives_a_killed_server(home: Path) -> None:
    server = running(home)
    sql(server, "CREATE TABLE kept AS SELECT 'Đặng Phượng Ỷ' AS name")
    client = psycopg.connect(server.url("postgres", "postgres"))  # leaves a child behind
    try:
        os.kill(server_pid(server), signal.SIGKILL)
        again = EmbeddedServer(home)
        again.ensure()
        assert again.started
        assert sql(again, "SELECT name FROM kept") == [("Đặng Phượng Ỷ",)]
    finally:
        client.close()


def test_the_server_outlives_a_killed_starter(home: Path) -> None:
    starter = helper(home)
    assert first_line(starter) == "started"
    starter.kill()
    finish(starter)
    server = EmbeddedServer(home)
    assert server.is_running()
    pid = server_pid(server)
    server.ensure()
    assert not server.started
    assert server_pid(server) == pid
    assert os.getpgid(pid) != os.getpgrp()  # a terminal's Ctrl-C goes elsewhere


@contextmanager
def another_program(kind: str) -> Iterator[int | None]:
    """A live process that a left-over pid file may happen to name."""
    if kind in ("nothing", "this test"):
        yield {"nothing": None, "this test": os.getpid()}[kind]
        return
    command = {"sleep": ["sleep", "60"], "zombie": ["true"]}[kind]
    process = subprocess.Popen(command, cwd="/", **DROP)
    if kind == "zombie":
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        yield process.pid
        assert (process.poll() is None) == (kind == "sleep"), "the stranger was harmed"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("kind", ["this test", "sleep", "zombie", "nothing"])
def test_a_stale_pid_file_does_not_stop_the_start(home: Path, kind: str) -> None:
    """After a power cut the number in the file may be anybody's, or the file may be empty."""
    server = running(home)
    server.stop()
    with another_program(kind) as pid:
        text = "" if pid is None else f"{pid}\n{server.data}\n1700000000\n5432\n"
        run = home / "postgres" / "run"
        for left in (server.data / "postmaster.pid", run / f"{SOCKET_NAME}.lock"):
            left.write_text(text)
            os.chown(left, ACCOUNT.pw_uid, ACCOUNT.pw_gid)
        began = time.monotonic()
        server.ensure()
        assert server.started
        assert time.monotonic() - began < 5


def test_a_server_started_by_hand_is_adopted_and_never_doubled(home: Path) -> None:
    server = running(home)
    command = Path(f"/proc/{server_pid(server)}/cmdline")
    if not command.exists():
        pytest.skip("needs /proc")
    arguments = [part.decode() for part in command.read_bytes().split(b"\0")][:-1]
    server.stop()
    by_hand = subprocess.Popen(
        arguments, cwd="/", stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **DROP
    )
    try:
        while not (server.data / "postmaster.pid").exists():
            time.sleep(0.001)
        server.ensure()  # while it is still coming up, without holding our lock
        assert server_pid(server) == by_hand.pid
        server.stop()
    finally:
        by_hand.wait(10)


def test_the_last_user_stops_an_idle_server(home: Path) -> None:
    server = running(home)
    other = helper(home)
    first_line(other)
    assert not server.stop_if_idle(), "another process uses it"
    server.ensure()
    finish(other)
    with psycopg.connect(server.url("postgres", "sochung_app")):
        assert not server.stop_if_idle(), "a client is connected"
    server.ensure()
    assert server.stop_if_idle()
    assert not server.is_running()
    assert not (server.data / "postmaster.pid").exists()


def test_commands_that_stop_and_start_at_once_do_not_meet(home: Path) -> None:
    """A user counted by `ensure` finds the server there, however many others leave."""
    busy = (
        "import sys; from pathlib import Path; import psycopg\n"
        "from store.embedded import EmbeddedServer\n"
        "server = EmbeddedServer(Path(sys.argv[1]))\n"
        "for _ in range(8):\n"
        "    server.ensure()\n"
        "    psycopg.connect(server.url('postgres', 'sochung_app')).close()\n"
        "    server.stop_if_idle()\n"
    )
    running(home).release()
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", busy, home],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
        )
        for _ in range(3)
    ]
    finish(*processes)
    assert [process.returncode for process in processes] == [0, 0, 0]


def test_an_interrupted_creation_is_begun_again(new_home: Path) -> None:
    """`initdb` lives on for a moment after its caller was killed: nobody works beside it."""
    half = new_home / "postgres" / "data.new"
    starter = helper(new_home)
    while not (half / "PG_VERSION").exists():
        time.sleep(0.01)
    starter.kill()
    finish(starter)
    server = running(new_home)
    assert server.started
    assert not half.exists()
    assert sql(server, "SELECT session_user::text", "sochung_app") == [("sochung_app",)]


def test_a_deep_home_gets_a_short_private_socket(home: Path) -> None:
    deep = home.joinpath(*["thu-muc-rat-dai"] * 7)
    server = running(deep)
    folder = Path(str(sql(server, "SHOW unix_socket_directories")[0][0]).strip('"'))
    try:
        assert server.is_running()
        assert len(str(folder)) < 40
        assert mode(folder) == 0o700
        assert folder.stat().st_uid == ACCOUNT.pw_uid
    finally:
        server.stop()
        folder.rmdir()


def test_a_damaged_cluster_is_reported_soon_and_in_words(home: Path) -> None:
    server = running(home)
    server.stop()
    (server.data / "global" / "pg_control").rename(home / "pg_control")
    began = time.monotonic()
    with pytest.raises(Unavailable, match="tệp dữ liệu bị thiếu") as refused:
        server.ensure()
    assert time.monotonic() - began < 10
    assert "/" not in refused.value.message
    assert any("pg_control" in line for line in refused.value.facts["log"])


def test_the_log_is_capped(home: Path) -> None:
    server = running(home)
    os.truncate(server.log, 11_000_000)
    EmbeddedServer(home).ensure()
    assert server.log.stat().st_size < 1000
    assert server.log.with_suffix(".log.1").stat().st_size == 11_000_000
    assert mode(server.log) == 0o600


@pytest.mark.skipif(not AS_ROOT, reason="only root changes its account")
def test_root_refuses_a_home_that_another_account_can_write(new_home: Path) -> None:
    new_home.mkdir()
    os.chown(new_home, 12345, 12345)
    with pytest.raises(Unavailable):
        EmbeddedServer(new_home).ensure()
    assert list(new_home.iterdir()) == []
