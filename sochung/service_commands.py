"""Commands that run and tend the service."""

import gc
import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Annotated, Any

import typer
from rich.progress import Progress, TaskID

from api.loopback import is_loopback
from domain.clubs.events import ClubFounded
from domain.errors import Unavailable
from domain.values import business_date, utc_now
from exchange.totals import totals
from projections import clubs
from projections.comparison import Rebuilt
from sochung.access_commands import keep_sealing
from sochung.house import House
from sochung.integrating import Integrating
from sochung.scenario import article
from sochung.scenario.accounts import LOGINS, demo_password, tell_accounts
from sochung.scenario.load import load
from sochung.scenario.plan import plans
from sochung.settings import Settings
from sochung.terminal import (
    DONE,
    REFUSED,
    JsonOption,
    house,
    messages,
    print_json,
    screen,
    wrong_usage,
)
from store.embedded import EmbeddedServer
from store.migrate import migrate
from store.provision import ensure_roles

DEMO_DATABASE = "sochung_demo"
TEND_SECONDS = 5.0

Host = Annotated[str, typer.Option(help="address to listen on")]
Port = Annotated[int, typer.Option(min=0, max=65535)]
Clubs = Annotated[
    int, typer.Option("--clubs", min=1, max=article.CLUBS, help="only so many of the clubs")
]


@dataclass(frozen=True)
class Facing:
    """Who reaches the service, and how."""

    this_machine: bool = True
    """Nobody else, by no other name."""
    proxy: str | None = None
    """The address of the proxy that ends TLS: what it says of the caller's address is believed."""


def serve_command(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, max=32)] = 1,
    proxy: Annotated[
        str | None,
        typer.Option(envvar="SOCHUNG_PROXY", help="address of the proxy before us that ends TLS"),
    ] = None,
    without_tls: Annotated[
        bool, typer.Option("--without-tls", help="others may reach us unencrypted")
    ] = False,
) -> None:
    """Chạy dịch vụ HTTP."""
    facing = facing_of(host, proxy, without_tls=without_tls)
    listening = _listen(host, port)
    _serve(listening, workers, facing)


def facing_of(host: str, proxy: str | None, *, without_tls: bool) -> Facing:
    """Passwords do not cross a network in the clear unless somebody says so."""
    if proxy is not None:
        return Facing(this_machine=False, proxy=proxy)
    if not is_loopback(host) and not without_tls:
        wrong_usage("ngoài máy này thì cần --proxy (đứng trước, lo TLS) hoặc --without-tls")
    return Facing(this_machine=is_loopback(host))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        wrong_usage(f"không mở được cổng {port}: {error.strerror}")
    listening.listen(128)
    return listening


def _serve(listening: socket.socket, workers: int, facing: Facing) -> None:
    """One process follows and answers; further workers share its socket and answer too.

    The app object is handed to uvicorn: an import string would take whatever `api/` lies in the
    working directory.
    """
    if workers > 1:
        import web.app  # noqa: F401  once, before the others are forked
    children = [_fork(listening, facing) for _ in range(workers - 1)]
    try:
        with house() as opened:
            stopping = threading.Event()
            follower = threading.Thread(
                target=opened.follower.follow, args=(stopping.is_set,), name="follower", daemon=True
            )
            follower.start()
            if opened.server is not None:
                tending = threading.Thread(
                    target=_tend, args=(opened.server, stopping), name="tender", daemon=True
                )
                tending.start()
            threading.Thread(
                target=keep_sealing, args=(opened.desk, stopping), name="sealer", daemon=True
            ).start()
            integrating = Integrating() if opened.integrator_url else None
            if integrating is None:
                messages.print("SOCHUNG_INTEGRATOR_URL chưa đặt: nhật ký không được ký từ đây.")
            host, port = listening.getsockname()[:2]
            screen.print(f"Sổ Chung đang chạy: http://{host}:{port}/ (Ctrl-C để dừng)")
            try:
                _answer(opened, listening, facing)
            finally:
                if integrating is not None:
                    integrating.stop()
            stopping.set()
            follower.join(3)
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
        for child in children:
            os.waitpid(child, 0)


def _tend(server: EmbeddedServer, stopping: threading.Event) -> None:
    """A server of our own that was killed is started again, without anybody's help."""
    while not stopping.wait(TEND_SECONDS):
        with suppress(Unavailable):
            server.ensure()


def _fork(listening: socket.socket, facing: Facing) -> int:
    # Forked before anything is opened: no thread, no connection is shared.
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        with house() as opened:
            _answer(opened, listening, facing)
        status = 0
    finally:
        os._exit(status)


def _answer(opened: House, listening: socket.socket, facing: Facing) -> None:
    # Imported here: `sochung balances` need not pay for the web framework at each start.
    import uvicorn

    from api.app import create_app
    from sochung.identities import identities
    from web.app import install

    app = create_app(
        database=opened.database,
        follower=opened.follower,
        keys=opened.keys,
        desk=opened.desk,
        attachment_bytes=opened.settings.attachment_bytes,
        loopback_only=facing.this_machine,
        secure=facing.proxy is not None,
        fresh_code_above=opened.settings.fresh_code_above,
        limits=opened.settings.limits,
        openid=identities(opened.settings),
    )
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=facing.proxy is not None,
        forwarded_allow_ips=facing.proxy or "",
    )
    install(app)
    # What the app is made of stays: to look through all of it again made each fortieth answer wait.
    gc.collect()
    gc.freeze()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    with suppress(KeyboardInterrupt):  # uvicorn raises it again once it has shut down
        uvicorn.Server(config).run(sockets=[listening])


def migrate_command() -> None:
    """Đưa cơ sở dữ liệu lên phiên bản này (cần SOCHUNG_OWNER_URL trên máy chủ riêng)."""
    settings = Settings()
    if settings.database_url is None:
        with house():
            screen.print("Cơ sở dữ liệu nhúng đã ở phiên bản mới nhất.")
        return
    if settings.owner_url is None:
        wrong_usage("SOCHUNG_OWNER_URL chưa được đặt: chỉ chủ sở hữu mới chuyển đổi được")
    ensure_roles(settings.owner_url, login=False)
    done = migrate(settings.owner_url)
    if settings.keys_url is not None:
        if settings.keys_owner_url is None:
            wrong_usage("SOCHUNG_KEYS_OWNER_URL chưa được đặt, mà khóa nằm ở cơ sở dữ liệu riêng")
        ensure_roles(settings.keys_owner_url, login=False)
        migrate(settings.keys_owner_url)
    screen.print(f"Đã áp dụng {', '.join(done)}." if done else "Không có gì mới để áp dụng.")


def follow_command(
    once: Annotated[bool, typer.Option(help="catch up and stop")] = False,
) -> None:
    """Giữ cho sổ đọc luôn theo kịp nhật ký."""
    with house() as opened:
        if once:
            screen.print(f"Đã theo kịp vị trí {opened.follower.catch_up(3600)}.")
            return
        stopping = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        opened.follower.follow(stopping.is_set)


def rebuild_command(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]")] = None,
    as_json: JsonOption = False,
) -> None:
    """Dựng lại sổ đọc bên cạnh, so với sổ cũ rồi thay vào; người đọc không thấy dở dang."""
    with house() as opened, Progress(console=messages, transient=True) as progress:
        tasks = {}

        def step(name: str, at: int, head: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=head)
            progress.update(tasks[name], completed=at)

        try:
            done = opened.follower.rebuild(names or (), step, comparing=True)
        except KeyError as error:
            wrong_usage(f"không có sổ đọc tên {error.args[0]}")
    if as_json:
        print_json({name: _rebuilt_view(made) for name, made in done.items()})
    else:
        for name, made in done.items():
            _say_rebuilt(name, made)
    equal = all(made.compared is None or not made.compared.rows for made in done.values())
    raise typer.Exit(DONE if equal else REFUSED)


def _rebuilt_view(made: Rebuilt) -> dict[str, Any]:
    """`equal` is null where there was nothing to compare with; `only_in` is "old" or "new"."""
    compared = made.compared
    return {
        "events": made.events,
        "equal": None if compared is None else not compared.rows,
        "position": compared.position if compared else None,
        "rows": compared.rows if compared else None,
        "differences": [
            {"table": one.table, "only_in": "new" if one.made_anew else "old", "row": one.row}
            for one in (compared.differences if compared else ())
        ],
    }


def _say_rebuilt(name: str, made: Rebuilt) -> None:
    compared = made.compared
    if compared is None:
        screen.print(f"{name}: {made.events} sự kiện")
        return
    if not compared.rows:
        screen.print(f"{name}: {made.events} sự kiện, giống sổ cũ ở vị trí {compared.position}")
        return
    screen.print(
        f"{name}: {made.events} sự kiện, KHÁC sổ cũ {compared.rows} dòng "
        f"ở vị trí {compared.position}"
    )
    for one in compared.differences:
        side = "mới" if one.made_anew else "cũ"
        row = json.dumps(one.row, ensure_ascii=False)
        screen.print(f"  chỉ có ở sổ {side}, bảng {one.table}: {row}", markup=False)


def status_command(as_json: JsonOption = False) -> None:
    """Phiên bản máy chủ, đầu nhật ký và độ trễ của từng sổ đọc."""
    with house() as opened:
        head = opened.log.head()
        with opened.database.connection() as connection:
            positions = opened.follower.positions(connection)
            version = connection.execute("SHOW server_version").fetchone()
    view = {
        "server_version": version[0] if version else None,
        "embedded": opened.server is not None,
        "head": head,
        "projections": {
            name: {"position": at, "behind": head - at} for name, at in positions.items()
        },
    }
    if as_json:
        print_json(view)
        return
    where = "nhúng" if opened.server else "riêng"
    screen.print(f"PostgreSQL {view['server_version']} ({where}); đầu nhật ký: {head}")
    for name, at in positions.items():
        screen.print(f"  {name}: {at}" + (f" (chậm {head - at})" if at < head else ""))


def demo_command(
    port: Port = 8000,
    no_serve: Annotated[bool, typer.Option(help="load the clubs and exit")] = False,
    club_count: Clubs = article.CLUBS,
) -> None:
    """Cơ sở dữ liệu nhúng, các câu lạc bộ của Lạng Sơn (người là bịa ra), và dịch vụ."""
    os.environ["SOCHUNG_DATABASE"] = DEMO_DATABASE
    os.environ.pop("DATABASE_URL", None)
    listening = None if no_serve else _listen("127.0.0.1", port)
    with house() as opened:
        if not opened.log.has(ClubFounded.TOPIC):
            _load_scenario(opened, club_count)
        password = demo_password(opened.settings.home)
        tell_accounts(opened.desk, plans()[0], password)
        _say_tour(opened, password)
    if listening is not None:
        _serve(listening, 1, Facing())
        server = EmbeddedServer(Settings().home)
        server.ensure()
        server.stop_if_idle()


def scenario_command(club_count: Clubs = article.CLUBS) -> None:
    """Nạp kịch bản Lạng Sơn rồi thoát; câu lạc bộ đã có thì để nguyên."""
    with house() as opened:
        new = _load_scenario(opened, club_count)
        screen.print(f"Đã nạp {new} câu lạc bộ; nhật ký có {opened.log.head()} sự kiện.")


def _load_scenario(opened: House, club_count: int) -> int:
    with Progress(console=messages, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def step(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=of)
            progress.update(tasks[what], completed=done, total=of)

        return load(opened, business_date(utc_now()), step, club_count)


def _say_tour(opened: House, password: str) -> None:
    opened.follower.catch_up(60)
    first = plans()[0]
    with opened.database.connection() as connection:
        found = totals(connection, first.club_id)
        number = len(clubs.all_clubs(connection))
    sochung = f"SOCHUNG_DATABASE={DEMO_DATABASE} .venv/bin/sochung"
    screen.print(
        f"{number} câu lạc bộ của Lạng Sơn, {opened.log.head()} sự kiện. {first.name}: "
        f"{found['members']} thành viên, {found['loans']} khoản vay.\n"
        "Thử ở một cửa sổ khác:\n"
        f'  {sochung} balances "Nà Pàn"\n'
        f'  {sochung} ledger "Nà Pàn" --from 2025-01-01\n'
        f'  {sochung} members "Nà Pàn" --q phuong\n'
        f'  {sochung} loans "Nà Pàn"\n'
        f"  {sochung} check\n"
        "  .venv/bin/sochung import ../shared/data/club-book.xlsx\n"
        f"Đăng nhập thử, ai cũng cùng mật khẩu {password}\n"
        + "\n".join(f"  {login.user:12} {login.what}" for login in LOGINS)
    )


COMMANDS: dict[str, Callable[..., None]] = {
    "serve": serve_command,
    "demo": demo_command,
    "scenario": scenario_command,
    "status": status_command,
    "migrate": migrate_command,
    "follow": follow_command,
    "rebuild": rebuild_command,
}
