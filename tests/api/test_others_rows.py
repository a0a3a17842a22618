"""The second net: with every check of the API away, row-level security alone lets nothing out.

Two clubs in two provinces with years of life each, and an association beside each; whoever asks,
in whatever role, may see the first one only.
"""

import io
import re
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI
from httpx2 import Response

from api import seeing
from api.app import create_app
from api.seeing import Grants, begin
from conftest import Server
from desk import associations, clubs
from desk.desk import KINDS, Desk
from desk.units import code_of, matching, province_of
from domain.accounts.roles import Role, Scope
from domain.clubs.association import RegisterAssociation
from domain.clubs.decisions import ReassignCommune
from logins import granted
from projections.follower import PROJECTIONS, Follower
from projections.rights import rule
from sochung.scenario.club import tell_club
from sochung.scenario.plan import plans
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog
from tests.api.hands import visiting
from tests.api.scenes import consents_to_health
from village import DAY, SYSTEM, Village

LAST_DAY = date(2022, 6, 30)
HOMES = ("club_id", "whose", "association_id")


ALL: Grants = (granted(Role.AUDITOR),)
NOBODY: Grants = ()
OTHER_PROVINCE = "Thái Nguyên"


def of(club: UUID, role: Role = Role.SECRETARY) -> Grants:
    return (granted(role, Scope(kind="club", id=str(club))),)


def of_commune(code: str, role: Role = Role.COMMUNE_OFFICER) -> Grants:
    return (granted(role, Scope(kind="commune", id=code)),)


def of_province(code: str) -> Grants:
    return (granted(Role.PROVINCIAL_OFFICER, Scope(kind="province", id=code)),)


ROLES = {
    "secretary": lambda two: of(two.own),
    "auditor": lambda two: of(two.own, Role.AUDITOR),
    "commune officer": lambda two: of_commune(two.commune),
    "administrator": lambda two: of_commune(two.commune, Role.ADMINISTRATOR),
    "provincial officer": lambda two: of_province(two.commune_province),
    "a relative": lambda two: (granted(Role.RELATIVE, Scope(kind="person", id=str(two.member))),),
}
"""Each as it reaches the first club alone."""


@dataclass(frozen=True)
class TwoClubs:
    database: Database
    desk: Desk
    app: FastAPI
    own: UUID
    foreign: UUID
    commune: str
    """The code of the own club's; `commune_province` of its province."""
    commune_province: str
    member: UUID
    """Somebody of the own club."""
    associations: tuple[UUID, UUID]
    """Own and foreign."""
    ids: dict[str, UUID]
    """A foreign thing for each name an address has for one."""
    secrets: frozenset[str]
    """Ids and names that only the foreign club knows."""

    def rows(self, query: str, grants: Grants) -> list[Any]:
        with self.database.transaction() as connection:
            begin(connection, grants)
            return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def two(server: Server, template: str) -> Iterator[TwoClubs]:
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sochung_owner")
    database = Database(server.app(name))
    keys = KeyRing(database, MasterKey(secrets.token_bytes(32)))
    desk = Desk(EventLog(database, KINDS), keys)
    own, foreign = [plan for plan in plans() if plan.founded_on.year == 2021][:2]
    for plan in (own, foreign):
        desk.log.carry_out(
            lambda unit, plan=plan: tell_club(desk, unit, plan, LAST_DAY), actor="scenario"
        )
    far = matching(None, OTHER_PROVINCE)[0]
    moved = ReassignCommune(occurred_on=date(2025, 7, 1), commune=far.name, province=far.province)
    clubs.reassign_commune(desk, SYSTEM, foreign.club_id, moved)
    unit = own.place.commune, "Lạng Sơn"
    beside = _association(desk, *unit), _association(desk, far.name, far.province)
    follower = Follower(database, keys)
    follower.catch_up(60)
    app = create_app(database, follower, keys, desk, deadline_seconds=120)
    with database.connection() as connection:
        yield TwoClubs(
            database,
            desk,
            app,
            own.club_id,
            foreign.club_id,
            str(code_of(*unit)),
            str(province_of(None, unit[1])),
            _things(connection, own.club_id)["member_id"],
            beside,
            _things(connection, foreign.club_id),
            _secrets(connection, foreign.club_id, own.club_id),
        )
    database.close()
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _association(desk: Desk, commune: str, province: str) -> UUID:
    command = RegisterAssociation(
        association_id=desk.new_id(), name="Hội NCT", level="commune", province=province,
        commune=commune,
    )  # fmt: skip
    associations.register_association(desk, SYSTEM, command)
    return command.association_id


def _things(connection: psycopg.Connection[Any], club: UUID) -> dict[str, UUID]:
    def one(query: str) -> UUID:
        row = connection.execute(query.encode(), (club,)).fetchone()
        assert row, query
        return row[0]

    return {
        "club_id": club,
        "member_id": one("SELECT person_id FROM read.memberships WHERE club_id = %s LIMIT 1"),
        "loan_id": one("SELECT loan_id FROM read.loans WHERE club_id = %s LIMIT 1"),
        "event_id": one("SELECT event_id FROM read.vouchers WHERE club_id = %s LIMIT 1"),
        "client_id": one("SELECT client_id FROM read.care_cases WHERE club_id = %s LIMIT 1"),
        "visit_id": one("SELECT visit_id FROM read.visits WHERE club_id = %s LIMIT 1"),
    }


def _secrets(connection: psycopg.Connection[Any], club: UUID, other: UUID) -> frozenset[str]:
    rows = connection.execute(
        """SELECT k.person_id::text FROM read.known_in k WHERE club_id = %(club)s AND NOT EXISTS
             (SELECT FROM read.known_in o WHERE o.person_id = k.person_id AND o.club_id = %(other)s)
           UNION SELECT p.name FROM keys.people p JOIN read.known_in k USING (person_id)
             WHERE club_id = %(club)s AND p.name NOT IN (SELECT p.name FROM keys.people p
               JOIN read.known_in o USING (person_id) WHERE o.club_id = %(other)s)
           UNION SELECT event_id::text FROM log.events WHERE club_id = %(club)s
           UNION SELECT loan_id::text FROM read.loans WHERE club_id = %(club)s
           UNION SELECT name FROM read.clubs WHERE club_id = %(club)s""",
        {"club": club, "other": other},
    )
    return frozenset(row[0] for row in rows)


# --- the tables --------------------------------------------------------------------------


def tables() -> list[tuple[str, str, str]]:
    """Every read model's table that names a home or a person."""
    return [
        (table, column, columns)
        for projection in PROJECTIONS
        for table, columns in projection.tables.items()
        for column in (*HOMES, "person_id")
        if column in {part.split()[0] for part in columns.split(",")}
    ]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("table", "column", "columns"), [one for one in tables() if one[1] in HOMES]
)
def test_no_row_of_another_club_is_read(
    two: TwoClubs, table: str, column: str, columns: str, role: str
) -> None:
    query = f"SELECT DISTINCT {column} FROM read.{table}"
    everybodys = {row[0] for row in two.rows(query, ALL)}
    own = {row[0] for row in two.rows(query, ROLES[role](two))}
    beside = {two.associations[0]} if "officer" in role or role == "administrator" else set()
    assert own == everybodys & {two.own, None, *beside}
    assert two.rows(query, NOBODY) == [(None,)] * (None in own)
    if two.foreign in everybodys:
        assert {row[0] for row in two.rows(query, of(two.foreign))} >= {two.foreign}


def test_the_walk_meets_foreign_rows_in_most_tables(two: TwoClubs) -> None:
    """The control: without the net they are there."""
    met = [
        table
        for table, column, _ in tables()
        if column in HOMES
        and two.rows(f"SELECT 1 FROM read.{table} WHERE {column} = '{two.foreign}' LIMIT 1", ALL)
    ]
    assert len(met) >= 25, met


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "query",
    [
        "SELECT person_id FROM read.persons",
        "SELECT person_id FROM read.class_statements",
        "SELECT person_id FROM read.consents",
        "SELECT person_id FROM keys.people",
        "SELECT person_id FROM read.histories",
    ],
)
def test_nothing_is_read_of_people_whom_only_another_club_knows(
    two: TwoClubs, query: str, role: str
) -> None:
    strangers = two.secrets
    assert {str(row[0]) for row in two.rows(query, ALL)} & strangers
    found = {str(row[0]) for row in two.rows(query, ROLES[role](two))}
    assert found
    assert not found & strangers
    assert two.rows(query, NOBODY) == []


def test_a_persons_own_events_are_read_where_the_person_is_known(two: TwoClubs) -> None:
    """They stand under no club: somebody may be known in several."""
    village = Village(two.desk)
    member = village.member("Hoàng Thị Lan")
    consents_to_health(village, member)
    Follower(two.database, two.desk.keys).catch_up(60)
    query = "SELECT originator_id FROM log.events WHERE club_id IS NULL"
    assert (member,) in two.rows(query, ALL)
    assert (member,) in two.rows(query, of(village.club_id))
    assert two.rows(query, of(two.own)) == []


@pytest.mark.parametrize("role", ROLES)
def test_no_event_of_another_club_is_read(two: TwoClubs, role: str) -> None:
    query = "SELECT DISTINCT club_id FROM log.events WHERE club_id IS NOT NULL"
    assert two.rows(query, ALL) != [(two.own,)]
    assert two.rows(query, ROLES[role](two)) == [(two.own,)]


def test_an_officer_of_another_place_sees_the_other_club_alone(two: TwoClubs) -> None:
    """The control: it is the place that decides."""
    far = matching(None, OTHER_PROVINCE)[0]
    query = "SELECT DISTINCT club_id FROM log.events WHERE club_id IS NOT NULL"
    for held in (of_commune(far.code), of_province(far.province_code)):
        assert two.rows(query, held) == [(two.foreign,)]
    assert two.rows(query, of_commune("00001")) == []
    both = (*of_commune(far.code), *of(two.own))
    assert {row[0] for row in two.rows(query, both)} == {two.own, two.foreign}


def test_a_club_that_moves_is_seen_from_where_it_lies_now(two: TwoClubs) -> None:
    """What is worked out once for each position is worked out again for the next."""
    query = "SELECT DISTINCT club_id FROM log.events WHERE club_id IS NOT NULL"
    far = matching(None, OTHER_PROVINCE)[1]
    assert two.rows(query, of_commune(far.code)) == []
    village = Village(two.desk)
    moved = ReassignCommune(occurred_on=DAY, commune=far.name, province=far.province)
    clubs.reassign_commune(two.desk, SYSTEM, village.club_id, moved)
    Follower(two.database, two.desk.keys).catch_up(60)
    assert two.rows(query, of_commune(far.code)) == [(village.club_id,)]


def test_a_reader_reads_and_does_nothing_else(two: TwoClubs) -> None:
    for statement in (
        "INSERT INTO read.known_in VALUES (gen_random_uuid(), gen_random_uuid())",
        "SELECT wrapped FROM keys.data_keys",
        "SELECT reply FROM log.commands",
        "SELECT log.keep_snapshot(gen_random_uuid(), 1, 'x', '')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            two.rows(statement, ALL)


def test_a_transaction_that_was_told_nothing_sees_nothing(two: TwoClubs) -> None:
    with two.database.transaction() as connection:
        connection.execute("SET LOCAL ROLE sochung_read")
        for table in ("log.events", "read.postings", "read.histories", "keys.people"):
            assert connection.execute(f"SELECT * FROM {table}").fetchall() == []


def test_what_one_request_may_see_does_not_stay_with_the_connection(two: TwoClubs) -> None:
    with two.database.connection() as connection:
        with connection.transaction():
            begin(connection, ALL)
        now = connection.execute(
            "SELECT current_user::text, nullif(current_setting('sochung.clubs', true), '')"
        ).fetchone()
    assert now == ("sochung_app", None)


def test_a_rebuilt_table_keeps_its_rules(two: TwoClubs) -> None:
    Follower(two.database, two.desk.keys).rebuild(["ledger", "doings"])
    query = "SELECT DISTINCT club_id FROM read.postings"
    assert two.rows(query, of(two.own)) == [(two.own,)]


def test_every_table_of_the_read_models_is_under_the_net(two: TwoClubs) -> None:
    with two.database.connection() as connection:
        rows = connection.execute(
            """SELECT relname::text FROM pg_class WHERE relnamespace = 'read'::regnamespace
               AND relkind IN ('r', 'p', 'v', 'm') AND NOT relrowsecurity"""
        ).fetchall()
    assert rows == []


def test_a_table_that_names_nobody_is_open_and_a_person_stands_for_an_absent_club() -> None:
    assert rule("event_id uuid NOT NULL, position bigint NOT NULL") == "true"
    assert "access.people()" in rule("person_id uuid NOT NULL")
    assert "access.people()" not in rule("club_id uuid NOT NULL, person_id uuid NOT NULL")
    assert "club_id IS NULL AND (" in rule("person_id uuid NOT NULL, club_id uuid")


# --- the routes --------------------------------------------------------------------------


def addresses(two: TwoClubs) -> list[str]:
    """Every GET route that can be asked about a foreign thing, and the lists that name none."""
    found = []
    for path, operations in two.app.openapi()["paths"].items():
        names = re.findall(r"\{(\w+)\}", path)
        if "get" in operations and set(names) <= set(two.ids):
            found.append(path.format(**two.ids))
    return found


def said(answer: Response) -> str:
    """What a reader finds in it; a workbook is packed text."""
    if not answer.headers["content-type"].endswith("spreadsheetml.sheet"):
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def told(two: TwoClubs, address: str) -> set[str]:
    """What an address would tell that only the foreign club knows."""
    return two.secrets - set(address.split("/"))


@contextmanager
def holding(grants: Grants) -> Iterator[None]:
    """Whoever asks is taken to hold these, by the net alone: the checks still know the reader."""
    seen = seeing._seen
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            seeing, "_seen", lambda connection, _, of, me: seen(connection, grants, of, me)
        )
        yield


@pytest.fixture(scope="module")
def telling(two: TwoClubs) -> list[str]:
    """The addresses that tell something of the foreign club where there is no net."""
    with holding(ALL), visiting(two.app) as client:
        every = {address: said(client.get(address)) for address in addresses(two)}
    return [at for at, text in every.items() if any(one in text for one in told(two, at))]


def test_without_the_net_half_of_the_routes_tell(telling: list[str]) -> None:
    """The control."""
    assert len(telling) > 50


@pytest.mark.parametrize("role", ROLES)
def test_no_route_says_anything_of_another_club(
    two: TwoClubs, telling: list[str], role: str
) -> None:
    with holding(ROLES[role](two)), visiting(two.app) as client:
        for address in addresses(two) if role == "secretary" else telling:
            let_out = said(client.get(address))
            assert not [one for one in told(two, address) if one in let_out], address
