"""Each list also as a paper: `.csv` and `.xlsx` at the same address with that suffix.

    papers(router, list_members, "Thành viên", {"name": "Họ tên", "joined_on": "Ngày vào", ...})

A paper is the list's own pages one after another, in one snapshot, without `limit` all of them; so
whatever a list filters, waits for or refuses, its papers do, and each leaves a line in the access
log. They are written to a file on disk
before the first byte leaves: an error is still a problem, and no slow reader holds a connection.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from inspect import Parameter, signature
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from uuid import UUID

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from starlette.background import BackgroundTask

from api.errors import language_of
from api.parameters import Listing, Page, Pages, Reading
from api.reading import Reader
from domain.errors import Malformed
from domain.values import Purpose
from exchange.tables import Table, write_csv, write_xlsx
from store.readings import Kind

ROWS_AT_ONCE = 1_000
XLSX_ROWS_MAX = 2**20 - 1  # a sheet has no more lines, the heading's included
_IN_MEMORY = 1_000_000
_CHUNK = 64 * 1024
_PEOPLE = ("person_id", "member_id", "borrower_id", "client_id", "volunteer_id")

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Lists = Callable[..., Listing[Any]] | Callable[..., Mapping[str, Any]]


class _Open(Reader):
    """Reads on in a snapshot that is open already."""

    kind = Kind.EXPORT

    def __init__(self, reader: Reader, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.looking = reader.looking
        self.is_noted = False
        """Whether the list has said itself whom it shows."""

    def looked_at(
        self,
        connection: psycopg.Connection[Any],
        people: Iterable[UUID],
        purpose: Purpose,
        what: str,
    ) -> None:
        named = set(people) - {self.looking.person_id}
        if named:
            self.is_noted = True
            super().looked_at(connection, named, purpose, what)

    @contextmanager
    def at(self, query: Reading, *, of: UUID | None = None) -> Iterator[psycopg.Connection[Any]]:
        yield self._connection


def papers(router: APIRouter, listing: Lists, title: str, columns: Mapping[str, str]) -> None:
    """Adds both papers of a list; `columns` are Vietnamese titles by the keys of its items.

    Whoever prefers English (Accept-Language) gets the keys themselves as titles.
    """
    route = next(r for r in router.routes if isinstance(r, APIRoute) and r.endpoint is listing)
    path = route.path.removeprefix(router.prefix)
    for kind, media in MEDIA.items():
        router.add_api_route(
            f"{path}.{kind}",
            _paper(listing, kind, title, columns),
            methods=["GET"],
            name=f"{listing.__name__}_{kind}",
            description=f"{listing.__doc__} As {kind.upper()}; without `limit`, whole.",
            response_class=Response,
            responses={200: {"description": title, "content": {media.partition(";")[0]: {}}}},
        )


def _paper(
    listing: Lists, kind: str, title: str, columns: Mapping[str, str]
) -> Callable[..., StreamingResponse]:
    asked = signature(listing).parameters

    def paper(request: Request, response: Response, **given: Any) -> StreamingResponse:
        query: Page = given["query"]
        english = language_of(request) == "en"
        headings = list(columns if english else columns.values())
        with given["read"].at(query) as connection:
            read = given["read"] = _Open(given["read"], connection)
            if "limit" in query.model_fields_set:
                items = iter(_page(listing(**given, pages=Pages(request, response)))[0])
            else:
                items = _all(listing, given | {"pages": Pages(request, Response())}, query)

            def rows() -> Iterator[list[Any]]:
                people: set[UUID] = set()
                for item in items:
                    people |= _people_in(item)
                    yield _cells(item, columns, dates=kind == "xlsx")
                if not read.is_noted:
                    read.handed_out(connection, people, listing.__name__)

            file = _written(Table(title, headings, rows()), kind)
        name = f"{listing.__name__.partition('_')[2]}.{kind}"
        return _sent(file, kind, name, response)

    extra = [
        Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request),
        Parameter("response", Parameter.KEYWORD_ONLY, annotation=Response),
    ]
    made = ("pages", "response")
    kept = [p.replace(kind=Parameter.KEYWORD_ONLY) for n, p in asked.items() if n not in made]
    paper.__signature__ = signature(paper).replace(  # type: ignore[attr-defined]
        parameters=[*extra, *kept], return_annotation=Parameter.empty
    )
    return paper


def _all(listing: Lists, given: Mapping[str, Any], query: Page) -> Iterator[Mapping[str, Any]]:
    after = query.after
    while True:
        page = listing(
            **{**given, "query": query.model_copy(update={"limit": ROWS_AT_ONCE, "after": after})}
        )
        items, after = _page(page)
        yield from items
        if after is None:
            return


def _page(answer: Any) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    """The rows and the next cursor, of a plain list or of a report that has more to say."""
    if isinstance(answer, dict):
        return answer["items"], answer["next"]
    return answer.items, answer.next


def _people_in(item: Mapping[str, Any]) -> set[UUID]:
    return {UUID(item[name]) for name in _PEOPLE if item.get(name)}


def _cells(item: Mapping[str, Any], columns: Mapping[str, str], *, dates: bool) -> list[Any]:
    return [_cell(name, item[name], dates) for name in columns]


def _cell(name: str, value: Any, dates: bool) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if dates and isinstance(value, str) and name.endswith(("_on", "_from")):
        return date.fromisoformat(value)
    return value


def _written(table: Table, kind: str) -> IO[bytes]:
    # Spooled: closed by whoever has sent it, or here when nothing came of it.
    file: Any = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
    try:
        if kind == "csv":
            write_csv(table, file)
        else:
            write_xlsx(file, Table(table.title, table.columns, _up_to(table.rows)))
    except BaseException:
        file.close()
        raise
    return file  # type: ignore[no-any-return]


def _up_to(rows: Any) -> Iterator[Sequence[Any]]:
    for number, row in enumerate(rows, 1):
        if number > XLSX_ROWS_MAX:
            raise Malformed("too-many-rows", "Quá số dòng của một trang Excel; hãy lấy tệp .csv.")
        yield row


def _sent(file: IO[bytes], kind: str, name: str, response: Response) -> StreamingResponse:
    size = file.seek(0, 2)
    file.seek(0)
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="{name}"',
        "Vary": "Accept-Language",
    }
    if "link" in response.headers:
        headers["Link"] = response.headers["link"]
    chunks = iter(lambda: file.read(_CHUNK), b"")
    closing = BackgroundTask(file.close)
    return StreamingResponse(chunks, 200, headers, MEDIA[kind], closing)
