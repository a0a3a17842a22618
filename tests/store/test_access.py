"""What the database keeps of log-ins: marks and hashes, and nothing that an old backup revives."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from conftest import Server
from domain.histories import account_of
from store.access import Access, plain_name
from store.database import Database
from store.dumps import drop, dump, restore
from store.keys import KeyRing, MasterKey
from store.provision import ensure_database

NOW = datetime(2026, 11, 28, tzinfo=UTC)
PERSON = UUID(int=7)
ACCOUNT_ID = account_of(PERSON)


def test_a_name_is_one_however_it_is_typed() -> None:
    assert plain_name(" Quy.Loc ") == "quy.loc"
    for phone in ("0912 345 678", "0912.345.678", "+84 912-345-678", "+84912345678"):
        assert plain_name(phone) == "0912345678"
    assert plain_name("2026") == "2026"


def test_no_secret_and_no_name_stands_in_the_tables(database: Database, master: MasterKey) -> None:
    access = Access(database, KeyRing(database, master))
    access.open(ACCOUNT_ID, PERSON, ["quy.loc", "0912 345 678"], NOW)
    session, _ = access.begin(ACCOUNT_ID, "phone", NOW)
    token = access.make_token(ACCOUNT_ID, "a program", ("read",), NOW + timedelta(days=1), NOW)[1]
    code = access.make_reset_code(ACCOUNT_ID, NOW)
    access.set_totp(access.credentials(ACCOUNT_ID), "JBSWY3DPEHPK3PXP")
    access.link(ACCOUNT_ID, "https://ai.example", "ma-so-o-noi-khac", NOW)
    with database.connection() as connection:
        kept = "".join(
            str(connection.execute(f"SELECT t::text FROM access.{table} t".encode()).fetchall())
            for table in ("accounts", "names", "sessions", "tokens", "reset_codes", "identities")
        )
    told = (
        session,
        token,
        code,
        code.replace("-", ""),
        "JBSWY3DPEHPK3PXP",
        "quy.loc",
        "0912345678",
        "ma-so-o-noi-khac",
    )
    for secret in told:
        assert secret not in kept
        assert secret.encode().hex() not in kept
    assert access.totp_secret(access.credentials(ACCOUNT_ID)) == "JBSWY3DPEHPK3PXP"


def test_a_backup_takes_accounts_along_and_no_open_door(
    server: Server, database_name: str, database: Database, master: MasterKey, tmp_path: Path
) -> None:
    """Or a session that was ended since would be alive again in what is restored."""
    if not server.embedded:
        pytest.skip("a backup is restored into the embedded server alone (`sochung.backup`)")
    access = Access(database, KeyRing(database, master))
    access.open(ACCOUNT_ID, PERSON, ["quy.loc"], NOW)
    access.begin(ACCOUNT_ID, "phone", NOW)
    access.make_token(ACCOUNT_ID, "a program", ("read",), NOW + timedelta(days=1), NOW)
    access.make_reset_code(ACCOUNT_ID, NOW)
    access.link(ACCOUNT_ID, "https://ai.example", "1", NOW)
    dump(server.owner(database_name), tmp_path / "kept")
    name = f"sochung_test_{secrets.token_hex(6)}"
    ensure_database(server.admin(), name)
    try:
        restore(server.admin(name), name, tmp_path / "kept")
        with psycopg.connect(server.admin(name)) as connection:
            found = {
                table: len(connection.execute(f"SELECT 1 FROM access.{table}".encode()).fetchall())
                for table in (
                    *("accounts", "names", "sessions", "tokens"),
                    *("reset_codes", "identities", "tries"),
                )
            }
    finally:
        drop(server.admin(), name)
    assert found == {
        "accounts": 1, "names": 1, "sessions": 0, "tokens": 0, "reset_codes": 0, "identities": 0,
        "tries": 0,
    }  # fmt: skip
