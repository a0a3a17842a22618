"""`sochung`: every command, grouped. Data goes to stdout, messages to stderr.

A command's module is imported when the command is called for: who asks for a balance does not wait
for the service and the scenario.
"""

import io
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperGroup

from sochung.terminal import errors_as_exits

BOOKS, EVIDENCE = "Sổ sách (the books)", "Bằng chứng (the evidence)"
SERVICE = "Dịch vụ (the service)"
PAPERS = "Giấy tờ (papers to print and sign)"


class Home(NamedTuple):
    """Where commands are: a module of this room, each in its `COMMANDS`, or a group by its name."""

    panel: str
    module: str
    commands: str = ""
    group: str = ""


HOMES: Final = (
    Home(
        BOOKS,
        "books_commands",
        "schedule import import-undo template clubs members duplicates loans ledger balances"
        " findings check",
    ),
    Home(BOOKS, "history_command", "history"),
    Home(
        EVIDENCE,
        "evidence_commands",
        "checkpoint receipt attach bundle verify backup restore integrate",
    ),
    Home(EVIDENCE, "audit_commands", group="audit"),
    Home(EVIDENCE, "access_commands", group="access-log"),
    Home(PAPERS, "report_commands", group="report"),
    Home(PAPERS, "paper_commands", "voucher count-sheet statement meeting-sheet health-sheet"),
    Home(SERVICE, "service_commands", "serve demo scenario status migrate follow rebuild"),
    Home(SERVICE, "key_commands", group="key"),
    Home(SERVICE, "user_commands", group="user"),
)
_BY_NAME: Final[Mapping[str, Home]] = {
    name: home for home in HOMES for name in (home.group or home.commands).split()
}


class _WhenCalled(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(_BY_NAME)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        home = _BY_NAME.get(cmd_name)
        if home is None:
            return None
        module = import_module(f"sochung.{home.module}")
        alone = typer.Typer()
        if home.group:
            alone.add_typer(module.GROUP, name=cmd_name, rich_help_panel=home.panel)
        else:
            alone.command(cmd_name, rich_help_panel=home.panel)(module.COMMANDS[cmd_name])
        alone.callback()(_nothing)
        group = typer.main.get_group(alone)
        return group.commands[cmd_name]


def _nothing() -> None:
    """With a callback one command alone is still a group of one."""


app = typer.Typer(
    name="sochung",
    cls=_WhenCalled,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Sổ Chung: sổ quỹ và sổ chăm sóc của câu lạc bộ liên thế hệ tự giúp nhau.",
)
app.callback()(_nothing)


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    with errors_as_exits():
        app(standalone_mode=True)
