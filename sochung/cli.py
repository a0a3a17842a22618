"""`sochung`: every command, grouped. Data goes to stdout, messages to stderr."""

import io
import sys

import typer

from sochung import (
    access_commands,
    audit_commands,
    books_commands,
    evidence_commands,
    history_command,
    paper_commands,
    province_command,
    service_commands,
    user_commands,
)
from sochung.terminal import errors_as_exits

app = typer.Typer(
    name="sochung",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Sổ Chung: sổ quỹ và sổ chăm sóc của câu lạc bộ liên thế hệ tự giúp nhau.",
)

BOOKS, EVIDENCE = "Sổ sách (the books)", "Bằng chứng (the evidence)"
SERVICE = "Dịch vụ (the service)"
PAPERS = "Giấy tờ (papers to print and sign)"

for name, command in (books_commands.COMMANDS | history_command.COMMANDS).items():
    app.command(name, rich_help_panel=BOOKS)(command)
for name, command in evidence_commands.COMMANDS.items():
    app.command(name, rich_help_panel=EVIDENCE)(command)
for name, command in evidence_commands.KEY_COMMANDS.items():
    service_commands.key.command(name)(command)
report = typer.Typer(no_args_is_help=True, help="Báo cáo của một kỳ: tháng, quý, năm.")
report.command("club")(paper_commands.report_club_command)
report.command("province")(province_command.report_province_command)
app.add_typer(report, name="report", rich_help_panel=PAPERS)
for name, command in paper_commands.COMMANDS.items():
    app.command(name, rich_help_panel=PAPERS)(command)
for name, command in service_commands.COMMANDS.items():
    app.command(name, rich_help_panel=SERVICE)(command)
app.add_typer(audit_commands.audit, name="audit", rich_help_panel=EVIDENCE)
app.add_typer(access_commands.access_log, name="access-log", rich_help_panel=EVIDENCE)
app.add_typer(service_commands.key, name="key", rich_help_panel=SERVICE)
app.add_typer(user_commands.user, name="user", rich_help_panel=SERVICE)


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    with errors_as_exits():
        app(standalone_mode=True)
