"""The ledger as an auditor's bundle carries it: from the read models, to be held against events."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Literal

LEDGER = "position,line,occurred_on,account,fund,amount,loan_id,member_id,voucher\n"
BALANCES = "fund,account,amount\n"
_POSTINGS = """
SELECT position, line, occurred_on, account, fund, amount, loan_id, member_id, voucher
FROM read.postings WHERE club_id = {club} AND position <= {upto} ORDER BY position, line"""
_BALANCES = """
SELECT fund, account, sum(amount)::bigint FROM read.postings
WHERE club_id = {club} AND position <= {upto} GROUP BY fund, account ORDER BY fund, account"""


def ledgers(
    connection: psycopg.Connection[Any], upto: int, club_id: UUID | None = None
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Each club's ledger and balances up to a position: plain ASCII, no formula in it."""
    clubs = connection.execute(
        """SELECT DISTINCT club_id FROM read.balances
           WHERE %(club)s::uuid IS NULL OR club_id = %(club)s ORDER BY club_id""",
        {"club": club_id},
    ).fetchall()
    for (club,) in clubs:
        for name, heading, query in (
            ("ledger", LEDGER, _POSTINGS),
            ("balances", BALANCES, _BALANCES),
        ):
            yield f"{club}/{name}.csv", _copied(connection, heading, query, club, upto)


def _copied(
    connection: psycopg.Connection[Any], heading: str, query: str, club: UUID, upto: int
) -> Iterator[bytes]:
    yield heading.encode()
    asked = SQL(query).format(club=Literal(club), upto=Literal(upto))
    with connection.cursor().copy(SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(asked)) as rows:
        for piece in rows:
            yield bytes(piece)
