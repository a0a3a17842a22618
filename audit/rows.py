"""A table of a read model, row by row against what was recomputed from raw events."""

from collections.abc import Callable
from typing import Any

from audit.check import Check
from audit.entries import Connection, streamed
from audit.findings import Findings

Row = tuple[Any, ...]
About = Callable[[Any], dict[str, Any]]


class Rows(Check):
    """Says of each row whether it is stray, differs or is missing."""

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings)
        self._connection = connection

    def _compare(
        self,
        table: str,
        query: str,
        expected: dict[Row, Row],
        *,
        columns: tuple[str, ...],
        about: About,
        keys: int = 1,
        absent: Row | None = None,
        read: Callable[[Row], Row] = lambda row: row,
    ) -> None:
        """Takes from `expected` what it meets; a row that is not there counts as `absent`."""
        for row in streamed(self._connection, table, query):
            self.rows += 1
            key, found = row[:keys], read(row[keys:])
            wanted = expected.pop(key, absent)
            if wanted is None:
                self._say_row(table, "stray", "có dòng thừa", key, about)
            elif found != wanted:
                pairs = zip(columns, found, wanted, strict=True)
                wrong = {c: {"table": f, "recomputed": w} for c, f, w in pairs if f != w}
                message = f"không khớp nhật ký ({', '.join(wrong)})"
                self._say_row(table, "differ", message, key, about, **wrong)
        for key, wanted in expected.items():
            if wanted != absent:
                self._say_row(table, "missing", "thiếu dòng", key, about)

    def _say_row(
        self, table: str, how: str, message: str, key: Row, about: About, **facts: Any
    ) -> None:
        self.say(f"{table}-{how}", f"Bảng {table} {message}.", row=list(key), **about(key), **facts)
