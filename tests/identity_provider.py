"""A provider of identities on a port of its own: signs by hand what ours has to believe, or not.

It keeps to OpenID Connect as the service may expect it: codes are good once and bound to client,
address and PKCE challenge. What a test wants wrong, it changes in `claims`, `header` or `sign`.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

CLIENT, SECRET = "sochung-thu", "bi mat cua so chung"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Keys:
    """One of each kind that is believed."""

    def __init__(self) -> None:
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())

    def public(self) -> dict[str, Any]:
        n, p = self.rsa.public_key().public_numbers(), self.ec.public_key().public_numbers()
        size = 32
        return {
            "keys": [
                {"kty": "RSA", "kid": "RS256", "use": "sig", "n": number(n.n), "e": number(n.e)},
                {
                    "kty": "EC", "kid": "ES256", "use": "sig", "crv": "P-256",
                    "x": b64(p.x.to_bytes(size, "big")), "y": b64(p.y.to_bytes(size, "big")),
                },
            ]
        }  # fmt: skip

    def sign(self, alg: str, signed: bytes) -> bytes:
        if alg == "RS256":
            return self.rsa.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.ec.sign(signed, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


_KEYS = Keys()


class IdentityProvider:
    def __init__(self) -> None:
        self.issuer = ""
        self.keys = _KEYS
        self.alg = "RS256"
        self.subject = "công dân 1"
        self.claims: dict[str, Any] = {}
        """Instead of the right ones; None leaves one out."""
        self.header: dict[str, Any] = {}
        self.sign: Callable[[bytes], bytes] | None = None
        self.is_strict = True
        """Whether a code is good once."""
        self.is_away = False
        self.now = time.time
        self._codes: dict[str, dict[str, str]] = {}

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }

    def authorized(self, asked: dict[str, str]) -> str:
        """Whoever is sent here is known already, and goes straight back."""
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked | {"subject": self.subject}
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def told(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if given != f"{CLIENT}:{SECRET}":
            return 401, {"error": "invalid_client"}
        code = form.get("code", "")
        asked = self._codes.pop(code, None) if self.is_strict else self._codes.get(code)
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        token = self.token(asked["nonce"], asked["subject"])
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}

    def token(self, nonce: str, subject: str) -> str:
        now = int(self.now())
        right = {
            "iss": self.issuer, "sub": subject, "aud": CLIENT, "nonce": nonce,
            "iat": now, "exp": now + 300,
        }  # fmt: skip
        claims = {name: one for name, one in (right | self.claims).items() if one is not None}
        header = {"alg": self.alg, "kid": self.alg, "typ": "JWT"} | self.header
        signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
        signature = (self.sign or (lambda raw: self.keys.sign(self.alg, raw)))(signed.encode())
        return f"{signed}.{b64(signature)}"


class _Handler(BaseHTTPRequestHandler):
    provider: IdentityProvider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if self.provider.is_away:
            self._says(500, {})
        elif parts.path == "/.well-known/openid-configuration":
            self._says(200, self.provider.discovery())
        elif parts.path == "/jwks":
            self._says(200, self.provider.keys.public())
        else:
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self.send_response(302)
            self.send_header("Location", self.provider.authorized(asked))
            self.end_headers()

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(sent).items()}
        self._says(*self.provider.told(form, self.headers.get("Authorization", "")))

    def _says(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[IdentityProvider]:
    provider = IdentityProvider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
