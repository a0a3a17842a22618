"""One's own account: who one is, what one logs in with, tokens for programs."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field
from typing_extensions import TypedDict

from api.accounts import GrantView, grant_view
from api.bodies import body, takes
from api.callers import Known, Seated
from api.description import problems
from api.parameters import PathId
from api.permissions import may
from api.reading import Parts, Within
from api.sessions import NO_QUERY, OneTimeCode, Pin, Secret
from desk import signing_in
from desk.accounts import account_now
from domain.accounts.permissions import Action
from domain.accounts.who import Who
from domain.errors import NotFound
from domain.values import Immutable, Name
from projections.people import names_of
from projections.views import IdText, instant

router = APIRouter(prefix="/v1/me", tags=["me"], dependencies=[may(Action.USE)])

Scopes = Annotated[tuple[Literal["read", "write"], ...], Field(min_length=1, max_length=2)]


class ChangePassword(Immutable):
    """The old one shows that it is still the same person at the screen."""

    old: Secret
    new: Secret


class SetPin(Immutable):
    """What one proves oneself with when the phone goes round the table; null takes it away."""

    password: Secret
    pin: Pin | None


class SetFactor(Immutable):
    """The secret that was shown, and a code of the phone that has it now."""

    password: Secret
    secret: Annotated[str, Field(pattern=r"^[A-Z2-7]{32}$")]
    code: OneTimeCode


class RemoveFactor(Immutable):
    password: Secret
    code: OneTimeCode


class ProveFactor(Immutable):
    """The second factor once more, before an approval of a large sum."""

    code: OneTimeCode


class MakeToken(Immutable):
    """For a program that acts in one's name: only reading, or writing too."""

    name: Name
    scopes: Scopes
    days: Annotated[int, Field(strict=True, ge=1, le=366)] = 90


class Me(TypedDict):
    person_id: IdText
    name: str | None
    user_name: str | None
    roles: list[GrantView]
    """Those that hold today."""
    has_pin: bool
    has_factor: bool
    fresh_until: str | None
    """Until when the second factor counts as just given."""
    scopes: list[str]
    """Of the token, where one is used."""


class Factor(TypedDict):
    secret: str
    uri: str
    """For a square code that the app on the phone reads."""


class Fresh(TypedDict):
    fresh_until: str


class TokenView(TypedDict):
    id: IdText
    name: str
    scopes: list[str]
    made_at: str
    ends_at: str
    used_at: str | None


class TokenMade(TypedDict):
    id: IdText
    token: str
    """Shown now and never again."""
    ends_at: str


class Tokens(TypedDict):
    items: list[TokenView]


_READ = problems(401, 403, 422, 503)
_CHANGE = problems(401, 403, 409, 413, 415, 422, 429, 503)
_PASSWORD = "cây đa bến nước sân đình"  # noqa: S105 an example


@router.get("", responses=_READ)
def show_me(who: Known, parts: Within, _: NO_QUERY) -> Me:
    credentials = parts.desk.access.credentials(who.account_id)
    with parts.database.connection() as connection:
        name = names_of(connection, [who.person_id]).get(who.person_id)
    fresh = signing_in.fresh_until(parts.desk, who)
    return Me(
        person_id=str(who.person_id),
        name=name,
        user_name=_user_name(parts, who),
        roles=[grant_view(grant) for grant in who.grants],
        has_pin=credentials.pin is not None,
        has_factor=credentials.totp is not None,
        fresh_until=instant(fresh) if fresh else None,
        scopes=sorted(who.token_scopes),
    )


@router.post(
    "/password",
    status_code=204,
    responses=_CHANGE,
    openapi_extra=takes(
        ChangePassword, {"old": _PASSWORD, "new": "sông Kỳ Cùng chảy ngược"}, "Đổi mật khẩu"
    ),
)
def change_password(
    told: Annotated[ChangePassword, Depends(body(ChangePassword))],
    who: Seated,
    parts: Within,
    _: NO_QUERY,
) -> None:
    """Every session ends, this one too."""
    user = _user_name(parts, who) or ""
    signing_in.change_password(parts.desk, who, told.old, told.new, user)


@router.post(
    "/pin",
    status_code=204,
    responses=_CHANGE,
    openapi_extra=takes(SetPin, {"password": _PASSWORD, "pin": "240159"}, "Đặt mã PIN"),
)
def set_pin(
    told: Annotated[SetPin, Depends(body(SetPin))], who: Seated, parts: Within, _: NO_QUERY
) -> None:
    signing_in.set_pin(parts.desk, who, told.password, told.pin)


@router.get("/factor", responses=_READ)
def propose_factor(who: Seated, parts: Within, _: NO_QUERY) -> Factor:
    """A fresh secret; it is kept once a code of it has been sent back."""
    secret, uri = signing_in.new_factor(_user_name(parts, who) or "")
    return Factor(secret=secret, uri=uri)


@router.post(
    "/factor",
    status_code=204,
    responses=_CHANGE,
    openapi_extra=takes(
        SetFactor,
        {"password": _PASSWORD, "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "code": "123456"},
        "Bật mã xác thực hai lớp",
    ),
)
def set_factor(
    told: Annotated[SetFactor, Depends(body(SetFactor))], who: Seated, parts: Within, _: NO_QUERY
) -> None:
    signing_in.set_factor(parts.desk, who, told.password, told.secret, told.code)


@router.post(
    "/factor/removal",
    status_code=204,
    responses=_CHANGE,
    openapi_extra=takes(
        RemoveFactor, {"password": _PASSWORD, "code": "123456"}, "Bỏ mã xác thực hai lớp"
    ),
)
def remove_factor(
    told: Annotated[RemoveFactor, Depends(body(RemoveFactor))],
    who: Seated,
    parts: Within,
    _: NO_QUERY,
) -> None:
    signing_in.remove_factor(parts.desk, who, told.password, told.code)


@router.post(
    "/factor/proof",
    responses=_CHANGE,
    openapi_extra=takes(ProveFactor, {"code": "123456"}, "Nhập lại mã xác thực"),
)
def prove_factor(
    told: Annotated[ProveFactor, Depends(body(ProveFactor))],
    who: Seated,
    parts: Within,
    _: NO_QUERY,
) -> Fresh:
    """Counts for five minutes in this session."""
    return Fresh(fresh_until=instant(signing_in.prove_factor(parts.desk, who, told.code)))


@router.get("/tokens", responses=_READ)
def list_tokens(who: Seated, parts: Within, _: NO_QUERY) -> Tokens:
    found = parts.desk.access.tokens(who.account_id, parts.desk.clock())
    return {
        "items": [
            TokenView(
                id=str(one.token_id),
                name=one.name,
                scopes=one.scopes,
                made_at=instant(one.made_at),
                ends_at=instant(one.ends_at),
                used_at=instant(one.used_at) if one.used_at else None,
            )
            for one in found
        ]
    }


@router.post(
    "/tokens",
    status_code=201,
    responses=_CHANGE,
    openapi_extra=takes(
        MakeToken,
        {"name": "máy tính kế toán", "scopes": ["read"], "days": 90},
        "Tạo mã truy cập cho một chương trình",
    ),
)
def make_token(
    told: Annotated[MakeToken, Depends(body(MakeToken))], who: Seated, parts: Within, _: NO_QUERY
) -> TokenMade:
    now = parts.desk.clock()
    ends_at = now + timedelta(days=told.days)
    made = parts.desk.access.make_token(who.account_id, told.name, told.scopes, ends_at, now)
    return TokenMade(id=str(made[0]), token=made[1], ends_at=instant(ends_at))


@router.delete("/tokens/{token_id}", status_code=204, responses=problems(401, 403, 404, 422, 503))
def end_token(token_id: PathId, who: Seated, parts: Within, _: NO_QUERY) -> None:
    if not parts.desk.access.end_token(who.account_id, token_id):
        raise NotFound("Không có mã truy cập này.")


def _user_name(parts: Parts, who: Who) -> str | None:
    account = account_now(parts.desk, who.person_id)
    return parts.keys.open(account.user_name) if account else None
