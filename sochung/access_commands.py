"""Commands about who looked at what."""

import threading
from contextlib import suppress

import typer

from desk.desk import Desk
from desk.evidence import seal_access_log
from domain.errors import Unavailable
from sochung.terminal import house, screen

SEAL_SECONDS = 600.0
ACTOR = "access-log"

GROUP = typer.Typer(help="Nhật ký truy cập (who looked at what).", no_args_is_help=True)


@GROUP.command("seal")
def seal_command() -> None:
    """Niêm phong những ngày đã hết vào nhật ký chung; dịch vụ đang chạy thì tự làm."""
    with house() as opened:
        days = seal_access_log(opened.desk, ACTOR)
    said = ", ".join(day.isoformat() for day in days)
    screen.print(f"Đã niêm phong: {said}." if days else "Không có ngày nào chờ niêm phong.")


def keep_sealing(desk: Desk, stopping: threading.Event) -> None:
    """Beside the service: a day is sealed soon after it is over."""
    while True:
        with suppress(Unavailable):
            seal_access_log(desk, ACTOR)
        if stopping.wait(SEAL_SECONDS):
            return
