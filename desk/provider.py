"""A provider of identities, met by Authlib: the one module that needs the extra `oidc`."""

import time
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from desk.openid import Trip
from domain.errors import NotLoggedIn, Unavailable

ALGORITHMS = ("RS256", "ES256")
LEEWAY_SECONDS = 60
SECONDS = 2.0
"""For each answer of the provider; a whole request has not much more than twice as long."""
KEPT_SECONDS = 3600.0
_SUBJECT_LENGTH = 255  # OpenID Connect Core 1.0, 2
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class AuthlibProvider:
    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def address(self, trip: Trip, back: str) -> str:
        with self._client(back) as client:
            address, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=trip.state,
                code_verifier=trip.verifier,
                nonce=trip.nonce,
            )
        return str(address)

    def subject(self, trip: Trip, code: str, back: str, now: datetime) -> str:
        told = self._told(trip, code, back)
        try:
            token = self._read(str(told["id_token"]))
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                    "sub": {"essential": True},
                },
                params={
                    "nonce": trip.nonce,
                    "client_id": self._client_id,
                    "access_token": told.get("access_token"),
                },
            )
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, KeyError, TypeError, ValueError):
            raise _refused() from None
        subject = str(claims["sub"])
        if len(subject) > _SUBJECT_LENGTH:
            raise _refused()
        return subject

    def _told(self, trip: Trip, code: str, back: str) -> dict[str, Any]:
        """The provider's answer to the code, which it takes once."""
        endpoint = self._endpoint("token_endpoint")
        try:
            with self._client(back) as client:
                told: dict[str, Any] = client.fetch_token(
                    endpoint, code=code, code_verifier=trip.verifier
                )
        except OAuthError:
            raise _refused() from None
        except (httpx2.HTTPError, ValueError):
            raise _away() from None
        return told

    def _read(self, token: str) -> jwt.Token:
        """Signed by the provider; its keys are asked for again when it has new ones."""
        try:
            return jwt.decode(token, self._key_set(KEPT_SECONDS), ALGORITHMS)
        except JoseError:
            return jwt.decode(token, self._key_set(SECONDS), ALGORITHMS)

    def _key_set(self, kept_seconds: float) -> KeySet:
        if self._keys is None or time.monotonic() - self._keys[0] > kept_seconds:
            keys = self._fetched(self._endpoint("jwks_uri"))
            self._keys = time.monotonic(), KeySet.import_key_set(keys)  # type: ignore[arg-type]
        return self._keys[1]

    def _endpoint(self, name: str) -> str:
        """Of the provider's own description of itself (OpenID Connect Discovery 1.0)."""
        if self._described is None or time.monotonic() - self._described[0] > KEPT_SECONDS:
            found = self._fetched(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise _away()
            self._described = time.monotonic(), found
        endpoint = self._described[1].get(name)
        if not isinstance(endpoint, str) or not is_safe(endpoint):
            raise _away()
        return endpoint

    def _fetched(self, address: str) -> dict[str, Any]:
        try:
            answer = httpx2.get(address, timeout=SECONDS).raise_for_status()
            found = answer.json()
        except (httpx2.HTTPError, ValueError):
            raise _away() from None
        if not isinstance(found, dict):
            raise _away()
        return found

    def _client(self, back: str) -> Any:
        return OAuth2Client(
            self._client_id,
            self._client_secret,
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 the method's name
            code_challenge_method="S256",
            scope="openid",
            redirect_uri=back,
            timeout=SECONDS,
        )


def is_safe(address: str) -> bool:
    """What is said there is heard by nobody between: over TLS, or within this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _refused() -> NotLoggedIn:
    return NotLoggedIn("identity-refused", "Nơi giữ danh tính không xác nhận; hãy thử lại từ đầu.")


def _away() -> Unavailable:
    return Unavailable("Nơi giữ danh tính không trả lời; hãy vào bằng mật khẩu.")
