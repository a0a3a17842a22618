"""What every command shares: the open house, names for ids, output, and how errors leave."""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table as Screen

from audit.evidence.kept import WouldFork
from audit.evidence.note import NoteRefused
from domain.errors import Malformed, NotFound, SochungError, Unavailable
from domain.values import Day
from exchange.tables import Table, as_csv, as_xlsx, shown
from projections import clubs, people
from projections.vietnamese import finds, folded
from sochung.house import House
from sochung.settings import Settings, WrongSetting
from store.database import Unsafe
from store.keys import BrokenSeal, WrongMasterKey
from store.mapper import UnknownEvent
from store.migrate import MigrationsDiffer

DONE, REFUSED, USAGE, AWAY = 0, 1, 2, 3

JsonOption = Annotated[bool, typer.Option("--json", help="print JSON")]

Club = Annotated[str, typer.Argument(metavar="CLUB", help="id, or a name that is unique")]
From = Annotated[str | None, typer.Option("--from", metavar="D", help="YYYY-MM-DD")]
To = Annotated[str | None, typer.Option("--to", metavar="D", help="YYYY-MM-DD")]
AsOf = Annotated[str | None, typer.Option(metavar="D", help="as of this business date")]
KnownAt = Annotated[str | None, typer.Option(metavar="T", help="as known at this instant")]
Out = Annotated[Path | None, typer.Option(metavar="F", help="write here instead of stdout")]

messages = Console(stderr=True, highlight=False, soft_wrap=True)
# Data is never markup: a memo may well hold "[/red]".
screen = Console(highlight=False, soft_wrap=True, markup=False)


@contextmanager
def house() -> Iterator[House]:
    """The open house; on the very first start it says where the master key lies."""
    with House(Settings()) as opened:
        if opened.master_key_is_new:
            messages.print(
                "[bold]Khóa chủ mới đã được tạo.[/bold] Mất khóa này là mất mọi tên người.\n"
                "Hãy cất một bản ở nơi khác: [bold]sochung key export FILE[/bold]"
            )
        yield opened


@contextmanager
def errors_as_exits() -> Iterator[None]:
    """Exit 1 refused, 2 wrong usage, 3 unavailable; the message says the stable code."""
    try:
        yield
    except (Unavailable, Unsafe, WrongMasterKey, MigrationsDiffer) as error:
        _leave(getattr(error, "code", "unavailable"), str(error), AWAY)
    except UnknownEvent as error:
        _leave("unknown-event", f"Nhật ký có sự kiện mà bản này không hiểu: {error}", AWAY)
    except BrokenSeal as error:
        _leave("broken-seal", str(error), REFUSED)
    except WouldFork as error:
        _leave("would-fork", f"không ký: {error}", REFUSED)
    except NoteRefused as error:
        _leave("not-signed", str(error), REFUSED)
    except SochungError as error:
        _leave(error.code, error.message, REFUSED)
    except BrokenPipeError:
        # Whoever read us has read enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(DONE) from None
    except WrongSetting as error:
        wrong_usage(str(error))
    except OSError as error:
        _leave("usage", f"không đọc hoặc ghi được: {error.strerror}", USAGE)


def _leave(code: str, message: str, status: int) -> NoReturn:
    messages.print(f"[red]{code}[/red]: ", end="")
    messages.print(message, markup=False)
    raise SystemExit(status)


def refused(code: str, message: str) -> NoReturn:
    _leave(code, message, REFUSED)


def wrong_usage(message: str) -> NoReturn:
    _leave("usage", message, USAGE)


def print_json(value: Any, out: Path | None = None) -> None:
    print_text(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n", out)


def print_text(text: str, out: Path | None = None) -> None:
    if out is None:
        sys.stdout.write(text)
    else:
        write_out(out, text.encode())


def write_out(out: Path, content: bytes) -> None:
    """The whole file or the old one: written beside and moved into place."""
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(out)
    except OSError as error:
        beside.unlink(missing_ok=True)
        wrong_usage(f"không ghi được {out.name}: {error.strerror}")


def put_bytes(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        write_out(out, content)


def put_table(table: Table, format: str = "text", out: Path | None = None) -> None:
    """Text on the screen; CSV and XLSX as bytes, to `out` or standard output."""
    if format in ("csv", "xlsx"):
        put_bytes(as_csv(table) if format == "csv" else as_xlsx(table), out)
        return
    drawn = Screen(title=table.title, title_justify="left", box=None, pad_edge=False)
    rows = [list(row) for row in table.rows]
    for at, column in enumerate(table.columns):
        numeric = any(isinstance(row[at], int | Decimal) and row[at] is not True for row in rows)
        drawn.add_column(column, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        drawn.add_row(*(shown(value) for value in row))
    if out is not None:
        paper = io.StringIO()
        Console(file=paper, width=200, highlight=False, markup=False).print(drawn)
        write_out(out, paper.getvalue().encode())
    elif screen.is_terminal:
        screen.print(drawn)
    else:
        Console(highlight=False, width=max(screen.width, 160), markup=False).print(drawn)


def day_given(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return TypeAdapter(Day).validate_python(text)
    except ValidationError:
        wrong_usage(f"“{text}” không phải ngày YYYY-MM-DD")


def instant_given(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        wrong_usage(f"“{text}” không phải thời điểm RFC 3339 có múi giờ")
    return instant


def club_named(opened: House, given: str) -> UUID:
    """An id, or a name that is unique: whole, or a part of it, with or without tones."""
    opened.follower.catch_up()
    with opened.database.connection() as connection:
        rows = clubs.all_clubs(connection)
    found = _matching(given, [(row.club_id, row.name) for row in rows])
    return _only(found, f"câu lạc bộ “{given}”")


def member_named(opened: House, club_id: UUID, given: str) -> UUID:
    with opened.database.connection() as connection:
        rows = clubs.members(connection, club_id)
    found = _matching(given, [(row.person_id, row.name or "") for _, row in rows])
    return _only(found, f"thành viên “{given}”")


def person_named(opened: House, given: str) -> UUID:
    """Anybody in the book, member or neighbour, by id or by a name unique over all clubs."""
    opened.follower.catch_up()
    with opened.database.connection() as connection:
        rows = people.search(connection, folded(given))
        found = _matching(given, rows)
        if not found and (known := _as_id(given)) and clubs.person(connection, known):
            found = [known]
    return _only(found, f"người “{given}”")


def _as_id(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _matching(given: str, named: list[tuple[UUID, str]]) -> list[UUID]:
    if not given.strip():
        wrong_usage("tên để trống")
    if wanted := _as_id(given):
        return [id for id, _ in named if id == wanted]
    whole = [id for id, name in named if name.casefold() == given.strip().casefold()]
    return whole or [id for id, name in named if finds(given, name)]


def _only(found: list[UUID], what: str) -> UUID:
    if not found:
        raise NotFound(f"Không có {what}.")
    if len(found) > 1:
        raise Malformed("name-ambiguous", f"Có {len(found)} {what}; hãy ghi rõ hơn hoặc dùng mã.")
    return found[0]
