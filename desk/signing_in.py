"""Logging in and out: passwords, PINs, one-time codes; and who a session or a token speaks for.

Whoever guesses is told the same, after the same work, whatever is wrong.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pyotp

from desk.desk import Desk
from domain.accounts.account import ACCOUNT, Account
from domain.accounts.who import Who
from domain.errors import NotLoggedIn, Refusal
from store import passwords, tries
from store.access import Credentials, Session, Token, plain_name
from store.readings import Kind, Looking, note_apart
from store.tries import Bucket

FRESH = timedelta(minutes=5)
PASSWORD_LENGTH = (10, 200)
_STEP_SECONDS = 30
# Whoever guesses has ten tries of an account in a quarter of an hour, from however many addresses,
# and five from one of them. A device that the person has used before counts for itself, and every
# other address too: nobody is locked out by somebody who guesses. Of a PIN it is the same by whose
# phone it is typed on: who guesses on theirs leaves the tries on another's.
_ACCOUNT, _ACCOUNT_HERE, _DEVICE, _ADDRESS = 10, 5, 10, 40
_PIN, _PIN_HERE, _HOST = 10, 5, 20
_CODES = 5
_TRIED_FIRST = (
    "password", "matkhau", "mat khau", "mậtkhẩu", "mật khẩu", "123456", "654321", "qwerty",
    "abcdef", "iloveyou", "admin", "sochung", "sổ chung", "vietnam", "việt nam",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody knocks: the address, what the device is called, what it remembers."""

    address: str
    device: str = ""
    mark: str | None = None
    """`Begun.mark` of the last time somebody logged in there."""
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that began: `token` is shown to nobody else, ever."""

    person_id: UUID
    token: str
    ends_at: datetime
    mark: str = ""
    """For the device to keep."""


def log_in(
    desk: Desk, user: str, password: str, code: str | None, door: Door, old: str | None = None
) -> Begun:
    """A new session under a new token; the one the device had (`old`) ends.

    Raises `NotLoggedIn`: `wrong-credentials`, whatever is wrong; `code-needed` where the password
    was right and the account has a second factor. Raises `TooManyTries`.
    """
    access, now = desk.access, desk.clock()
    known = access.named(user)
    buckets, slowed = _log_in_buckets(desk, user, known, door)
    this = tries.count(access.database, buckets, now)
    with _refusals_noted(desk, "password", known, door):
        right = passwords.matches(password, known.password if known else None)
        if known is None or not right or _usable(desk, known.account_id) is None:
            raise _wrong()
        factor = access.totp_secret(known)
        if factor is not None:
            if code is None:
                tries.forgive(access.database, this, ())
                raise _code_needed()
            if not _code_is_right(desk, known, factor, code, now):
                raise _wrong()
    tries.forgive(access.database, this, slowed)
    return _begun(desk, known, "password", door, old, fresh=factor is not None)


def come_in(
    desk: Desk,
    trip: bytes,
    prove: Callable[[], Credentials],
    code: str | None,
    door: Door,
    old: str | None,
) -> Begun:
    """The same for somebody whom another vouches for: `prove` finds out who it is, once for each
    `trip`. Raises `NotLoggedIn`, `code-needed` as `log_in` does, and `TooManyTries`.
    """
    with once(desk, trip, door):
        known = prove()
    with _refusals_noted(desk, "openid", known, door):
        if _usable(desk, known.account_id) is None:
            raise _wrong()
        has_factor = known.totp is not None
        if has_factor and code is None:
            raise _code_needed()
    if has_factor and code is not None:
        _prove_factor(desk, known, code)
    return _begun(desk, known, "openid", door, old, fresh=has_factor)


@contextmanager
def once(desk: Desk, trip: bytes, door: Door) -> Iterator[None]:
    """Around what somebody elsewhere vouches for: each trip there is good once, and as many fail
    from one address as passwords do."""
    database, now = desk.access.database, desk.clock()
    address = Bucket(_mark(desk, b"address", door.address.encode()), _ADDRESS)
    this = tries.count(database, (address,), now)
    tries.count(database, (Bucket(_mark(desk, b"trip", trip), 1),), now)
    with _refusals_noted(desk, "openid", None, door):
        yield
    tries.forgive(database, this, ())


def note_link(desk: Desk, who: Who, what: str, door: Door) -> None:
    """Into the access log: by what else an account is opened from now on."""
    looking = Looking(who.person_id, door.request_id)
    note_apart(desk.access.database, Kind.SIGN_IN, (who.person_id,), "openid", what, looking)


def take_turn(desk: Desk, host: Who, user: str, pin: str, door: Door) -> Begun:
    """The phone goes round the table: somebody acts for themselves on the phone of `host`, for some
    minutes. Raises as `log_in` does; Refusal where there is no session to begin it from.
    """
    known = prove_pin(desk, host, desk.access.named(user), user, pin, door)
    token, ends_at = desk.access.begin(
        known.account_id,
        door.device,
        desk.clock(),
        host=host.session_id,
        how="pin",
        request_id=door.request_id,
    )
    return Begun(known.person_id, token, ends_at)


def stand_beside(
    desk: Desk, host: Who, known: Credentials | None, named: str, pin: str, door: Door
) -> Who:
    """Somebody gives their own PIN on the phone of `host`, once, for one thing that names them; who
    it is. Raises as `take_turn` does, the same for whom nobody knows."""
    proven = prove_pin(desk, host, known, named, pin, door)
    looking = Looking(proven.person_id, door.request_id)
    _note(desk, "pin", "confirmed", proven, looking)
    account = _usable(desk, proven.account_id)
    grants = account.grants_on(desk.today) if account else ()
    return Who(proven.person_id, proven.account_id, grants, by_pin=True)


def prove_pin(
    desk: Desk, host: Who, known: Credentials | None, named: str, pin: str, door: Door
) -> Credentials:
    """Whose PIN it is, counted as `named` where nobody is known by it."""
    if host.session_id is None or host.by_pin:
        looking = Looking(host.person_id, door.request_id)
        note_apart(desk.access.database, Kind.REFUSAL, (), "take-turn", "session-needed", looking)
        raise Refusal(
            "session-needed", "Chỉ chuyền điện thoại từ phiên đăng nhập của chính máy đó."
        )
    access, now = desk.access, desk.clock()
    subject = known.account_id.bytes if known else access.name_mark(named)
    asker = host.account_id.bytes
    here = Bucket(_mark(desk, b"pin here", subject + asker), _PIN_HERE, slows=True)
    every = Bucket(_mark(desk, b"pin", subject), _PIN)
    this = tries.count(
        access.database, (here, every, Bucket(_mark(desk, b"host", asker), _HOST)), now
    )
    with _refusals_noted(desk, "pin", known, door):
        peppered = access.peppered(known.account_id if known else UUID(int=0), pin)
        right = passwords.matches(peppered, known.pin if known else None)
        if known is None or not right or _usable(desk, known.account_id) is None:
            raise _wrong()
    tries.forgive(access.database, this, (here,))
    return known


def reset_password(desk: Desk, user: str, code: str, password: str, door: Door) -> None:
    """A new password by an officer's code, which is then used up; every session ends.

    The password is looked at first: a bad one does not cost the code.
    """
    access, now = desk.access, desk.clock()
    refuse_weak(password, user)
    known = access.named(user)
    buckets, slowed = _log_in_buckets(desk, user, known, door)
    this = tries.count(access.database, buckets, now)
    fresh = passwords.hashed(password)
    with _refusals_noted(desk, "reset-code", known, door):
        if (
            known is None
            or _usable(desk, known.account_id) is None
            or not access.reset_password(known.account_id, code, fresh, now, door.request_id)
        ):
            raise _wrong()
    tries.forgive(access.database, this, slowed)


def change_password(desk: Desk, who: Who, old: str, new: str, user: str) -> None:
    """Every session ends, this one too: whoever changes it logs in again."""
    credentials = proved(desk, who, old)
    refuse_weak(new, user)
    desk.access.set_password(credentials.account_id, passwords.hashed(new), desk.clock())


def set_pin(desk: Desk, who: Who, password: str, pin: str | None) -> None:
    """None: no PIN any more. Raises `Refusal` for one that is guessed first."""
    credentials = proved(desk, who, password)
    if pin is not None:
        if len(set(pin)) == 1 or pin in "0123456789 9876543210":
            raise Refusal("pin-weak", "Mã PIN này quá dễ đoán.")
        pin = passwords.hashed(desk.access.peppered(credentials.account_id, pin))
    desk.access.set_pin(credentials.account_id, pin)


def new_factor(user: str) -> tuple[str, str]:
    """A secret for the second factor, and the address that an app on the phone reads."""
    secret = pyotp.random_base32()
    return secret, pyotp.TOTP(secret, name=user, issuer="Sổ Chung").provisioning_uri()


def set_factor(desk: Desk, who: Who, password: str, secret: str, code: str) -> None:
    """The code shows that the phone has the secret."""
    credentials = proved(desk, who, password)
    if credentials.totp is not None:
        raise Refusal("factor-set", "Đã có mã xác thực hai lớp; hãy bỏ mã cũ trước.")
    if _step_of(secret, code, desk.clock()) is None:
        raise _wrong()
    desk.access.set_totp(credentials, secret)


def remove_factor(desk: Desk, who: Who, password: str, code: str) -> None:
    credentials = proved(desk, who, password)
    _prove_factor(desk, credentials, code)
    desk.access.set_totp(credentials, None)


def prove_factor(desk: Desk, who: Who, code: str) -> datetime:
    """The second factor given again in this session; until when it counts as fresh."""
    assert who.session_id is not None
    _prove_factor(desk, desk.access.credentials(who.account_id), code)
    now = desk.clock()
    desk.access.refresh_factor(who.session_id, now)
    return now + FRESH


def fresh_until(desk: Desk, who: Who) -> datetime | None:
    """Until when the second factor counts as just given; None: it does not."""
    if who.fresh_factor_at is None or desk.clock() >= who.fresh_factor_at + FRESH:
        return None
    return who.fresh_factor_at + FRESH


def refuse_weak(password: str, user: str) -> None:
    """Hard: long enough, and not what is tried first."""
    shortest, longest = PASSWORD_LENGTH
    letters = password.casefold()
    guessed = plain_name(user)
    if (
        not shortest <= len(password) <= longest
        or len(set(letters)) < 5
        or guessed in letters
        or any(word in letters for word in _TRIED_FIRST)
    ):
        raise Refusal(
            "password-weak",
            f"Mật khẩu cần ít nhất {shortest} ký tự, không chứa tên đăng nhập và không dễ đoán.",
        )


# --- whom a request speaks for ------------------------------------------------------------------


def of_session(desk: Desk, token: str) -> Who | None:
    """None: no such session, it has ended, or the account may not be used."""
    found = desk.access.session(token, desk.clock())
    return _who(desk, found) if found and found.host is None else None


def of_turn(desk: Desk, token: str) -> Who | None:
    """The same for a turn on somebody else's phone."""
    found = desk.access.session(token, desk.clock())
    return _who(desk, found) if found and found.host is not None else None


def of_token(desk: Desk, token: str) -> Who | None:
    found = desk.access.token(token, desk.clock())
    return _who(desk, found) if found else None


def _who(desk: Desk, found: Session | Token) -> Who | None:
    account = _usable(desk, found.account_id, found.version)
    if account is None:
        return None
    grants = account.grants_on(desk.today)
    if isinstance(found, Token):
        return Who(
            found.person_id,
            found.account_id,
            grants,
            token_id=found.token_id,
            token_scopes=frozenset(found.scopes),
        )
    return Who(
        found.person_id,
        found.account_id,
        grants,
        session_id=found.session_id,
        fresh_factor_at=found.fresh_factor_at,
        by_pin=found.host is not None,
    )


def _usable(desk: Desk, account_id: UUID, version: int | None = None) -> Account | None:
    """The account as the log has it at `version`, which is now; None when nobody may use it."""
    history = desk.log.recall(ACCOUNT, account_id)
    if version is None or history.version != version:
        history = desk.log.load(ACCOUNT, account_id)
    account = history.state
    return None if account is None or account.disabled else account


# --- secrets ------------------------------------------------------------------------------------


def _log_in_buckets(
    desk: Desk, user: str, known: Credentials | None, door: Door
) -> tuple[tuple[Bucket, ...], tuple[Bucket, ...]]:
    """Where a try is counted, and which of these a right password clears."""
    subject = known.account_id.bytes if known else desk.access.name_mark(user)
    here = door.address.encode()
    if known is not None and door.mark == desk.access.device_mark(known):
        device = Bucket(_mark(desk, b"device", subject), _DEVICE, slows=True)
        return (device,), (device,)
    both = Bucket(_mark(desk, b"account here", subject + here), _ACCOUNT_HERE, slows=True)
    return (
        both,
        Bucket(_mark(desk, b"account", subject), _ACCOUNT),
        Bucket(_mark(desk, b"address", here), _ADDRESS),
    ), (both,)


def _mark(desk: Desk, kind: bytes, subject: bytes) -> bytes:
    return desk.keys.fingerprint(b"tries\x00" + kind + b"\x00" + subject)


def proved(desk: Desk, who: Who, password: str) -> Credentials:
    """Whoever changes how an account is entered gives the password once more."""
    credentials = desk.access.credentials(who.account_id)
    bucket = Bucket(_mark(desk, b"proof", who.account_id.bytes), _DEVICE, slows=True)
    this = tries.count(desk.access.database, (bucket,), desk.clock())
    with _refusals_noted(desk, "password", credentials):
        if not passwords.matches(password, credentials.password):
            raise _wrong()
    tries.forgive(desk.access.database, this, (bucket,))
    return credentials


def _prove_factor(desk: Desk, credentials: Credentials, code: str) -> None:
    factor = desk.access.totp_secret(credentials)
    if factor is None:
        raise Refusal("no-factor", "Tài khoản chưa có mã xác thực hai lớp.")
    now = desk.clock()
    bucket = Bucket(_mark(desk, b"code", credentials.account_id.bytes), _CODES)
    this = tries.count(desk.access.database, (bucket,), now)
    with _refusals_noted(desk, "code", credentials):
        if not _code_is_right(desk, credentials, factor, code, now):
            raise _wrong()
    tries.forgive(desk.access.database, this, (bucket,))


def _begun(
    desk: Desk, known: Credentials, how: str, door: Door, old: str | None, *, fresh: bool
) -> Begun:
    """A session of somebody who proved who they are, in the place of the one the device had."""
    access, now = desk.access, desk.clock()
    if old is not None:
        access.end_by_token(old, "replaced")
    access.forget_ended(now)
    token, ends_at = access.begin(
        known.account_id, door.device, now, fresh=fresh, how=how, request_id=door.request_id
    )
    return Begun(known.person_id, token, ends_at, access.device_mark(known))


@contextmanager
def _refusals_noted(
    desk: Desk, how: str, known: Credentials | None, door: Door | None = None
) -> Iterator[None]:
    """Whoever is not let in is written down as nobody, and whose account they tried. Only tries
    that were counted come here: who is throttled writes nothing."""
    try:
        yield
    except NotLoggedIn as error:
        what = "code-needed" if error.code == "code-needed" else "refused"
        _note(desk, how, what, known, Looking(None, door.request_id if door else None))
        raise


def _note(desk: Desk, how: str, what: str, known: Credentials | None, looking: Looking) -> None:
    subjects = (known.person_id,) if known else ()
    note_apart(desk.access.database, Kind.SIGN_IN, subjects, how, what, looking)


def _code_is_right(
    desk: Desk, credentials: Credentials, secret: str, code: str, now: datetime
) -> bool:
    step = _step_of(secret, code, now)
    return step is not None and desk.access.take_totp_step(credentials.account_id, step)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of the clock that a code is of: this one, or one to either side."""
    totp = pyotp.TOTP(secret)
    this = int(now.timestamp()) // _STEP_SECONDS
    given = "".join(code.split())
    for step in (this, this - 1, this + 1):
        if pyotp.utils.strings_equal(given, totp.at(step * _STEP_SECONDS)):
            return step
    return None


def _code_needed() -> NotLoggedIn:
    return NotLoggedIn("code-needed", "Hãy nhập mã xác thực trên điện thoại.")


def _wrong() -> NotLoggedIn:
    return NotLoggedIn("wrong-credentials", "Tên đăng nhập hoặc mật khẩu không đúng.")
