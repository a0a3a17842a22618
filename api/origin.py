"""Requests that a browser sends for another site, and bodies without an end: refused at the door.

A page elsewhere can have a browser send a form here, with the visitor's cookie. Browsers say where
a request comes from in `Sec-Fetch-Site`, older ones in `Origin`; nobody else has to.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OWN = frozenset({"same-origin", "none"})
BYTES_MAX = {"application/x-www-form-urlencoded": 1_000_000, "multipart/form-data": 10_000_000}
"""Of forms; JSON and photos are counted where they are read (api/bodies.py)."""


class SameOrigin:
    """403 for whatever changes something and does not come from our own pages or a program."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE and _is_foreign(scope):
            await problem(Request(scope), 403, "cross-site")(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_foreign(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    if "authorization" in headers:
        return False  # no browser adds a token by itself
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in OWN
    origin = headers.get("origin")
    if origin is not None:
        # Host as the client wrote it: a proxy in front passes it on, or says no cookie is safe.
        sent = urlsplit(origin)
        return (sent.scheme, sent.netloc) != (scope["scheme"], headers.get("host", ""))
    return "cookie" in headers  # a browser that says nothing is one too old to be told apart


class Bounded:
    """413 for a form above the limit of its kind, however it is sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = ""
        if scope["type"] == "http":
            kind = Headers(scope=scope).get("content-type", "").split(";")[0].strip().lower()
        if kind not in BYTES_MAX:
            await self.app(scope, receive, send)
            return
        left = BYTES_MAX[kind]

        async def receiving() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, headers={"Connection": "close"})
            return message

        await self.app(scope, receiving, send)
