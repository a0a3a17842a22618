"""Runs the child on the bytes of a file and turns its answer into sheets of cells."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.errors import Malformed, Unavailable
from exchange.workbook.cells import Cell, ErrorValue, Value
from exchange.workbook.text import printable

WALL_SECONDS = 30
# The rest of the environment holds keys and addresses that a parser has no business with.
_ENVIRONMENT_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Range:
    """A merged range, corners included."""

    row: int
    column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class Sheet:
    """A sheet as it stands: only the rows and cells that hold something."""

    name: str
    hidden: bool
    rows: Mapping[int, Mapping[int, Cell]]
    merged: Sequence[Range]


def read_sheets(data: bytes) -> list[Sheet]:
    """The sheets of an archive that `safe` let through.

    Raises `Malformed` (`workbook-too-large`, `workbook-entities`, `workbook-unreadable`);
    `Unavailable` where the installation itself is broken.
    """
    environment = {name: os.environ[name] for name in _ENVIRONMENT_KEPT if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "exchange.workbook.child"],
            input=data,
            capture_output=True,
            env=environment,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Malformed("workbook-too-large", "Đọc tệp quá lâu nên đã dừng.") from error
    if done.returncode < 0:
        # Killed: the limit on processor time, or out of memory.
        raise Malformed("workbook-too-large", "Sổ quá lớn nên đã dừng đọc.")
    if b"ModuleNotFoundError" in done.stderr or b"No module named" in done.stderr:
        raise Unavailable("Bộ đọc sổ chưa được cài đặt đầy đủ.")
    if done.returncode > 0:
        raise Malformed("workbook-unreadable", "Không đọc được tệp: nội dung bị hỏng.")
    answer: dict[str, Any] = json.loads(done.stdout)
    if "refused" in answer:
        code, message = answer["refused"]
        raise Malformed(code, message)
    return [_sheet(plain) for plain in answer["sheets"]]


def _sheet(plain: dict[str, Any]) -> Sheet:
    return Sheet(
        name=printable(plain["name"]),
        hidden=plain["hidden"],
        rows={
            number: {
                column: Cell(_value(kind, text), bool(percent), bool(formula))
                for column, kind, text, percent, formula in cells
            }
            for number, cells in plain["rows"]
        },
        merged=[Range(*corners) for corners in plain["merged"]],
    )


def _value(kind: str, text: str) -> Value:
    match kind:
        case "":
            return None
        case "n":
            return Decimal(text)
        case "b":
            return text in ("1", "true")
        case "e" | "x":
            return ErrorValue(text)
        case "d":
            try:
                return date.fromisoformat(text)
            except ValueError:
                return ErrorValue(text)
        case "m":
            return datetime.fromisoformat(text)
        case _:
            return text
