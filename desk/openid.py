"""Coming in by an identity that somebody holds elsewhere (OpenID Connect Core 1.0, code flow).

Which account an identity opens, the person says while logged in, with their password. No name and
no address is ever compared: only the issuer, and its own name for them.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from desk import signing_in
from desk.desk import Desk
from desk.signing_in import Begun, Door
from domain.accounts.who import Who
from domain.errors import NotLoggedIn
from store.access import Credentials


class Trip(NamedTuple):
    """One way to the provider and back, bound to the browser that keeps what it is made from."""

    state: str
    nonce: str
    verifier: str
    """Whose hash goes ahead (PKCE, RFC 7636): only who began the trip gets the token."""


class Provider(Protocol):
    issuer: str

    def address(self, trip: Trip, back: str) -> str:
        """Where the browser goes; the provider sends it on to `back`. Raises `Unavailable`."""

    def subject(self, trip: Trip, code: str, back: str, now: datetime) -> str:
        """The provider's name for whoever came back with this code. Raises `NotLoggedIn` when the
        code or what it stands for does not hold, `Unavailable` when the provider does not answer.
        """


def new_seed() -> str:
    """For the browser to keep in a cookie while it is away."""
    return secrets.token_urlsafe(32)


def trip(desk: Desk, seed: str, account_id: UUID | None = None) -> Trip:
    """With an account, one that links an identity to it and opens nothing."""
    whose = account_id.bytes if account_id else b""
    made = (
        desk.keys.fingerprint(b"openid\x00" + kind + b"\x00" + whose + b"\x00" + seed.encode())
        for kind in (b"state", b"nonce", b"verifier")
    )
    return Trip(*(urlsafe_b64encode(one).rstrip(b"=").decode() for one in made))


def returned(desk: Desk, seed: str, state: str, account_id: UUID | None = None) -> Trip | None:
    """The trip that a browser comes back from; None when it is none it set out on."""
    one = trip(desk, seed, account_id)
    return one if seed and hmac.compare_digest(one.state.encode(), state.encode()) else None


def log_in(
    desk: Desk,
    provider: Provider,
    trip: Trip,
    code: str,
    back: str,
    factor: str | None,
    door: Door,
    old: str | None,
) -> Begun:
    """A session like any other. Raises `NotLoggedIn`: `unknown-identity` for one that is linked to
    no account, `code-needed` where the account has a second factor, which `factor` is a code of.
    Raises `TooManyTries`, also for a trip that was made before."""

    def found() -> Credentials:
        subject = provider.subject(trip, code, back, desk.clock())
        known = desk.access.linked(provider.issuer, subject)
        if known is None:
            raise NotLoggedIn(
                "unknown-identity",
                "Danh tính này chưa nối với tài khoản nào; hãy vào bằng mật khẩu rồi nối ở trang "
                "“Người thân và tôi”.",
            )
        return known

    return signing_in.come_in(desk, trip.state.encode(), found, factor, door, old)


def link(
    desk: Desk, provider: Provider, trip: Trip, code: str, back: str, who: Who, door: Door
) -> None:
    """Raises as `log_in` does, and `Refusal` for an identity that somebody else comes in by."""
    with signing_in.once(desk, trip.state.encode(), door):
        subject = provider.subject(trip, code, back, desk.clock())
    desk.access.link(who.account_id, provider.issuer, subject, desk.clock())
    signing_in.note_link(desk, who, "linked", door)


def unlink(desk: Desk, who: Who, door: Door) -> None:
    desk.access.unlink(who.account_id)
    signing_in.note_link(desk, who, "unlinked", door)
