"""Log-in as the database keeps it (schema `access`): hashes of secrets, sessions, tokens.

None of it is history. Roles are not here: they are read from the log at every request.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from domain.errors import NotFound, Refusal
from domain.values import Purpose, Sealed
from store.database import Database
from store.keys import KeyRing
from store.log import uuid7
from store.readings import unlogged_is_undone

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
BY_PIN = timedelta(minutes=5)
RESET = timedelta(hours=24)
SEEN_EVERY = timedelta(minutes=1)
_TOKEN_BYTES = 32
# pragma: allowlist nextline secret
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # read out and typed: no I, L, O, 0, 1
_CODE_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an account logs in with."""

    account_id: UUID
    person_id: UUID
    password: str | None
    pin: str | None
    totp: str | None
    totp_step: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    session_id: UUID
    account_id: UUID
    person_id: UUID
    host: UUID | None
    """The session on whose phone this one was begun by PIN."""
    device: str
    made_at: datetime
    seen_at: datetime
    ends_at: datetime
    fresh_factor_at: datetime | None
    version: int
    """Of the account's history: which roles it has may be known by heart."""


@dataclass(frozen=True, slots=True)
class Token:
    token_id: UUID
    account_id: UUID
    person_id: UUID
    name: str
    scopes: list[str]
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None
    version: int


_SESSION = """
SELECT s.session_id, s.account_id, a.person_id, s.host, s.device, s.made_at, s.seen_at, s.ends_at,
       s.fresh_factor_at, (SELECT max(e.originator_version) FROM log.events e
                           WHERE e.originator_id = s.account_id) AS version
FROM access.sessions s JOIN access.accounts a USING (account_id)
"""
_OF_BEARER = """
SELECT t.token_id, t.account_id, a.person_id, t.name, t.scopes, t.made_at, t.ends_at, t.used_at,
       (SELECT max(e.originator_version) FROM log.events e
        WHERE e.originator_id = t.account_id) AS version
FROM access.tokens t JOIN access.accounts a USING (account_id)
"""
_CREDENTIALS = """
SELECT a.account_id, a.person_id, a.password, a.pin, a.totp, a.totp_step, a.changed_at
FROM access.accounts a
"""


class Access:
    def __init__(self, database: Database, keys: KeyRing) -> None:
        self.database = database
        self.keys = keys

    # --- accounts -------------------------------------------------------------------------

    def open(self, account_id: UUID, person_id: UUID, names: Sequence[str], now: datetime) -> None:
        """Raises `Refusal` for a name that somebody logs in with. The same again does nothing."""
        marks = [self.name_mark(name) for name in names]
        with self.database.transaction() as connection:
            connection.execute(
                """INSERT INTO access.accounts (account_id, person_id, changed_at)
                   VALUES (%s, %s, %s) ON CONFLICT DO NOTHING""",
                (account_id, person_id, now),
            )
            connection.execute(
                """INSERT INTO access.names SELECT mark, %s FROM unnest(%b::bytea[]) AS mark
                   ON CONFLICT DO NOTHING""",
                (account_id, marks),
            )
            taken = connection.execute(
                """SELECT 1 FROM access.names
                   WHERE fingerprint = ANY (%b) AND account_id <> %s""",
                (marks, account_id),
            ).fetchone()
            if taken:
                raise Refusal(
                    "name-taken", "Tên đăng nhập hoặc số điện thoại này đã có người dùng."
                )

    def named(self, name: str) -> Credentials | None:
        """By a user name or phone number."""
        with self.database.connection() as connection:
            return (
                connection.cursor(row_factory=class_row(Credentials))
                .execute(
                    _CREDENTIALS
                    + "JOIN access.names n USING (account_id) WHERE n.fingerprint = %s",
                    (self.name_mark(name),),
                )
                .fetchone()
            )

    def account(self, account_id: UUID) -> Credentials | None:
        with self.database.connection() as connection:
            return (
                connection.cursor(row_factory=class_row(Credentials))
                .execute(_CREDENTIALS + "WHERE a.account_id = %s", (account_id,))
                .fetchone()
            )

    def credentials(self, account_id: UUID) -> Credentials:
        found = self.account(account_id)
        if found is None:
            raise NotFound("Không có tài khoản này.")
        return found

    def account_ids(self) -> list[UUID]:
        with self.database.connection() as connection:
            rows = connection.execute("SELECT account_id FROM access.accounts ORDER BY account_id")
            return [id for (id,) in rows]

    def set_password(self, account_id: UUID, password: str, now: datetime) -> None:
        """A new password ends every session, every code that waits, and whatever else one came in
        by: PIN, tokens, an identity elsewhere. Who knew the old one may have made them."""
        with self.database.transaction() as connection:
            self._set_password_in(connection, account_id, password, now)

    def _set_password_in(
        self, connection: psycopg.Connection[Any], account_id: UUID, password: str, now: datetime
    ) -> None:
        connection.execute(
            """UPDATE access.accounts SET password = %s, pin = NULL, changed_at = %s
               WHERE account_id = %s""",
            (password, now, account_id),
        )
        connection.execute("DELETE FROM access.tokens WHERE account_id = %s", (account_id,))
        connection.execute("DELETE FROM access.reset_codes WHERE account_id = %s", (account_id,))
        connection.execute("DELETE FROM access.identities WHERE account_id = %s", (account_id,))
        self._end_in(connection, "password-set", "account_id = %s", account_id)

    def set_pin(self, account_id: UUID, pin: str | None) -> None:
        self._do("UPDATE access.accounts SET pin = %s WHERE account_id = %s", pin, account_id)

    def set_totp(self, credentials: Credentials, secret: str | None) -> None:
        """None: no second factor any more."""
        sealed = None
        if secret is not None:
            sealed = self.keys.seal(credentials.person_id, Purpose.IDENTITY, secret)
        self._do(
            "UPDATE access.accounts SET totp = %s, totp_step = 0 WHERE account_id = %s",
            sealed.model_dump_json() if sealed else None,
            credentials.account_id,
        )

    def totp_secret(self, credentials: Credentials) -> str | None:
        if credentials.totp is None:
            return None
        return self.keys.open(Sealed.model_validate_json(credentials.totp))

    def take_totp_step(self, account_id: UUID, step: int) -> bool:
        """Whether a code of that step may still be taken: each is taken once."""
        with self.database.connection() as connection:
            done = connection.execute(
                """UPDATE access.accounts SET totp_step = %s
                   WHERE account_id = %s AND totp_step < %s""",
                (step, account_id, step),
            )
            return done.rowcount == 1

    # --- sessions -------------------------------------------------------------------------

    def begin(
        self,
        account_id: UUID,
        device: str,
        now: datetime,
        *,
        host: UUID | None = None,
        fresh: bool = False,
        how: str = "password",
        request_id: UUID | None = None,
    ) -> tuple[str, datetime]:
        """A new session: its token, which nothing keeps, and when it ends at the latest.

        One with a `host` is a turn on the phone of that session. `how` somebody proved who they are
        stands in the access log, in the same transaction.
        """
        token, ends_at = secrets.token_urlsafe(_TOKEN_BYTES), now + (BY_PIN if host else LONGEST)
        with unlogged_is_undone():
            self._do(
                """WITH begun AS (
                       INSERT INTO access.sessions (session_id, token, account_id, host, device,
                           made_at, seen_at, ends_at, fresh_factor_at)
                       VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING account_id)
                   SELECT access.note('sign-in', a.person_id, ARRAY[a.person_id], %s, 'begun', %s)
                   FROM begun JOIN access.accounts a USING (account_id)""",
                uuid7(), _mark(token), account_id, host, device, now, now, ends_at,
                now if fresh else None, how, request_id,
            )  # fmt: skip
        return token, ends_at

    def session(self, token: str, now: datetime) -> Session | None:
        """A session that goes on; it is then seen, at most once a minute."""
        with self.database.connection() as connection:
            found = (
                connection.cursor(row_factory=class_row(Session))
                .execute(
                    _SESSION + "WHERE s.token = %s AND s.ends_at > %s AND s.seen_at > %s",
                    (_mark(token), now, now - IDLE),
                )
                .fetchone()
            )
            if found and found.seen_at < now - SEEN_EVERY:
                connection.execute(
                    "UPDATE access.sessions SET seen_at = %s WHERE session_id = %s",
                    (now, found.session_id),
                )
        return found

    def sessions(self, account_id: UUID, now: datetime) -> list[Session]:
        """One's own devices, the last seen first."""
        with self.database.connection() as connection:
            return (
                connection.cursor(row_factory=class_row(Session))
                .execute(
                    _SESSION
                    + """WHERE s.account_id = %s AND s.ends_at > %s AND s.seen_at > %s
                         ORDER BY s.seen_at DESC, s.session_id""",
                    (account_id, now, now - IDLE),
                )
                .fetchall()
            )

    def refresh_factor(self, session_id: UUID, now: datetime) -> None:
        self._do(
            "UPDATE access.sessions SET fresh_factor_at = %s WHERE session_id = %s",
            now, session_id,
        )  # fmt: skip

    def end(self, account_id: UUID, session_id: UUID) -> bool:
        """Whether there was one; those begun on its phone end with it."""
        return bool(
            self._end("ended", "account_id = %s AND session_id = %s", account_id, session_id)
        )

    def end_by_token(self, token: str, why: str = "left") -> None:
        self._end(why, "token = %s", _mark(token))

    def end_all(self, account_id: UUID, but: UUID | None = None) -> None:
        self._end("ended", "account_id = %s AND session_id IS DISTINCT FROM %s", account_id, but)

    def forget_ended(self, now: datetime) -> None:
        self._end("expired", "ends_at < %s OR seen_at < %s", now, now - IDLE)
        self._do("DELETE FROM access.tokens WHERE ends_at < %s", now)

    def _end(self, why: str, which: str, *values: Any) -> int:
        with self.database.connection() as connection:
            return self._end_in(connection, why, which, *values)

    def _end_in(
        self, connection: psycopg.Connection[Any], why: str, which: str, *values: Any
    ) -> int:
        """Ends sessions, each with its line in the access log; how many."""
        with unlogged_is_undone():
            return connection.execute(
                f"""WITH gone AS (DELETE FROM access.sessions WHERE {which} RETURNING account_id)
                    SELECT access.note(
                        'sign-out', a.person_id, ARRAY[a.person_id], 'session', %s, NULL)
                    FROM gone JOIN access.accounts a USING (account_id)""".encode(),
                (*values, why),
            ).rowcount

    # --- tokens ---------------------------------------------------------------------------

    def make_token(
        self, account_id: UUID, name: str, scopes: Sequence[str], ends_at: datetime, now: datetime
    ) -> tuple[UUID, str]:
        """Its id and the token itself, which is shown once and kept nowhere."""
        token_id, token = uuid7(), secrets.token_urlsafe(_TOKEN_BYTES)
        self._do(
            """INSERT INTO access.tokens
                   (token_id, token, account_id, name, scopes, made_at, ends_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s)""",
            token_id, _mark(token), account_id, name, list(scopes), now, ends_at,
        )  # fmt: skip
        return token_id, token

    def token(self, token: str, now: datetime) -> Token | None:
        with self.database.connection() as connection:
            found = (
                connection.cursor(row_factory=class_row(Token))
                .execute(_OF_BEARER + "WHERE t.token = %s AND t.ends_at > %s", (_mark(token), now))
                .fetchone()
            )
            if found and (found.used_at is None or found.used_at < now - SEEN_EVERY):
                connection.execute(
                    "UPDATE access.tokens SET used_at = %s WHERE token_id = %s",
                    (now, found.token_id),
                )
        return found

    def tokens(self, account_id: UUID, now: datetime) -> list[Token]:
        with self.database.connection() as connection:
            return (
                connection.cursor(row_factory=class_row(Token))
                .execute(
                    _OF_BEARER
                    + "WHERE t.account_id = %s AND t.ends_at > %s ORDER BY t.made_at, t.token_id",
                    (account_id, now),
                )
                .fetchall()
            )

    def end_token(self, account_id: UUID, token_id: UUID) -> bool:
        return bool(
            self._do(
                "DELETE FROM access.tokens WHERE account_id = %s AND token_id = %s",
                account_id, token_id,
            )
        )  # fmt: skip

    def end_tokens(self, account_id: UUID) -> None:
        self._do("DELETE FROM access.tokens WHERE account_id = %s", account_id)

    # --- reset codes ----------------------------------------------------------------------

    def make_reset_code(self, account_id: UUID, now: datetime, given_by: UUID | None = None) -> str:
        """A code to choose a new password with, once and within a day; the one before is void.
        `given_by` is None at the machine itself; whoever gave them their own code stands behind."""
        letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
        self._do(
            """INSERT INTO access.reset_codes (account_id, code, ends_at, given_by)
               SELECT %s, %s, %s, array_agg(one) FILTER (WHERE one IS NOT NULL)
               FROM (SELECT %s::uuid AS one UNION SELECT unnest(code_by) FROM access.accounts
                     WHERE person_id = %s) AS could
               ON CONFLICT (account_id) DO UPDATE
               SET code = excluded.code, ends_at = excluded.ends_at,
                   given_by = excluded.given_by""",
            account_id, self._code_mark(account_id, letters), now + RESET, given_by, given_by,
        )  # fmt: skip
        return "-".join(letters[at : at + 4] for at in range(0, _CODE_LENGTH, 4))

    def reset_password(
        self, account_id: UUID, code: str, password: str, now: datetime, request_id: UUID | None
    ) -> bool:
        """Whether it was the code. It is then used up, the password set, and both written down: all
        of it or nothing. Raises `Unavailable` where it cannot be written down."""
        letters = code.upper().replace("-", "").replace(" ", "")
        with self.database.transaction() as connection:
            taken = connection.execute(
                """DELETE FROM access.reset_codes
                   WHERE account_id = %s AND code = %s AND ends_at > %s RETURNING given_by""",
                (account_id, self._code_mark(account_id, letters), now),
            ).fetchone()
            if taken is None:
                return False
            connection.execute(
                "UPDATE access.accounts SET code_by = %s WHERE account_id = %s",
                (*taken, account_id),
            )
            with unlogged_is_undone():
                connection.execute(
                    """SELECT access.note('sign-in', person_id, ARRAY[person_id], 'reset-code',
                                          'taken', %s)
                       FROM access.accounts WHERE account_id = %s""",
                    (request_id, account_id),
                )
            self._set_password_in(connection, account_id, password, now)
        return True

    def one_log_in(self, some: Collection[UUID], others: Collection[UUID]) -> bool:
        """Whether one of some people gave one of others the code by which they come in, or the
        other way round, themselves or through third ones: they could have come in as them."""
        with self.database.connection() as connection:
            row = connection.execute(
                "SELECT log.one_log_in(%s, %s)", (list(some), list(others))
            ).fetchone()
        return bool(row and row[0])

    # --- identities at a provider ---------------------------------------------------------

    def link(self, account_id: UUID, issuer: str, subject: str, now: datetime) -> None:
        """The one identity of an account; another one before is gone. Raises `Refusal` for one
        that somebody else comes in by."""
        with self.database.connection() as connection:
            try:
                connection.execute(
                    """INSERT INTO access.identities VALUES (%s, %s, %s, %s)
                       ON CONFLICT (account_id) DO UPDATE SET fingerprint = excluded.fingerprint,
                           issuer = excluded.issuer, linked_at = excluded.linked_at""",
                    (self._identity_mark(issuer, subject), account_id, issuer, now),
                )
            except psycopg.errors.UniqueViolation:
                raise Refusal(
                    "identity-taken", "Danh tính này đã nối với một tài khoản khác."
                ) from None

    def linked(self, issuer: str, subject: str) -> Credentials | None:
        with self.database.connection() as connection:
            return (
                connection.cursor(row_factory=class_row(Credentials))
                .execute(
                    _CREDENTIALS
                    + "JOIN access.identities i USING (account_id) WHERE i.fingerprint = %s",
                    (self._identity_mark(issuer, subject),),
                )
                .fetchone()
            )

    def linked_at(self, account_id: UUID, issuer: str) -> datetime | None:
        with self.database.connection() as connection:
            row = connection.execute(
                "SELECT linked_at FROM access.identities WHERE account_id = %s AND issuer = %s",
                (account_id, issuer),
            ).fetchone()
        return row[0] if row else None

    def unlink(self, account_id: UUID) -> None:
        self._do("DELETE FROM access.identities WHERE account_id = %s", account_id)

    # --- marks ----------------------------------------------------------------------------

    def name_mark(self, name: str) -> bytes:
        return self.keys.fingerprint(b"log-in name\x00" + plain_name(name).encode())

    def device_mark(self, credentials: Credentials) -> str:
        """What a device keeps that has logged in with the present password: it is known again, and
        whoever guesses elsewhere does not use up its tries."""
        since = credentials.changed_at.isoformat().encode()
        mark = self.keys.fingerprint(b"device\x00" + credentials.account_id.bytes + since)
        return mark.hex()

    def peppered(self, account_id: UUID, pin: str) -> str:
        """What of a PIN is hashed: with the master key, or its few digits were found by trying."""
        return self.keys.fingerprint(b"pin\x00" + account_id.bytes + pin.encode()).hex()

    def _identity_mark(self, issuer: str, subject: str) -> bytes:
        return self.keys.fingerprint(f"identity\x00{issuer}\x00{subject}".encode())

    def _code_mark(self, account_id: UUID, letters: str) -> bytes:
        return self.keys.fingerprint(b"reset code\x00" + account_id.bytes + letters.encode())

    def _do(self, statement: str, *values: Any) -> int:
        with self.database.connection() as connection:
            return connection.execute(statement.encode(), values).rowcount


def plain_name(name: str) -> str:
    """A user name in small letters; a phone number as its digits, +84 as 0."""
    text = "".join(name.split()).casefold()
    digits = text.replace(".", "").replace("-", "")
    if digits.startswith("+84"):
        digits = "0" + digits[3:]
    return digits if digits.isdecimal() and len(digits) >= 9 else text


def _mark(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
