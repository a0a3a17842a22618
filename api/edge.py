"""Around every request: its id, its line in the log, its headers, and the last catch.

The log names the route as it is written in the code, never the address: names people search for
stand in addresses.
"""

import logging
import time
import traceback
from typing import Any
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem
from api.loopback import host_of, is_loopback
from api.metrics import REQUESTS

access = logging.getLogger("sochung.access")
failures = logging.getLogger("sochung.api")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
# A page takes its scripts, styles and pictures from here alone, and none that stand in its text.
_OF_PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_TLS_SECONDS = 31_536_000
# Of whoever tends the service, on its own machine.
_TOOLS = ("/metrics", "/openapi.json", "/docs")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_GONE = 499  # the client closed the connection; there is nobody left to be answered


class Edge:
    def __init__(
        self, app: ASGIApp, *, loopback_only: bool = False, tools_open: bool = False
    ) -> None:
        self.app = app
        self.loopback_only = loopback_only
        self.tools_open = tools_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0
        asked = scope["method"]
        if asked == "HEAD":  # RFC 9110, 9.3.2: as GET, without the content
            scope = {**scope, "method": "GET"}

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                if headers.get("content-type", "").startswith("text/html"):
                    headers.setdefault("Content-Security-Policy", _OF_PAGES)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = f"max-age={_TLS_SECONDS}"
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            elif asked == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        try:
            if self.loopback_only and not _for_this_machine(scope):
                await problem(Request(scope), 421)(scope, receive, sending)
                return
            if not self.tools_open and _is_tool(scope["path"]) and not _is_local(scope):
                await problem(Request(scope), 404)(scope, receive, sending)
                return
            await self.app(scope, receive, sending)
        except ClientDisconnect:
            status = status or _GONE
        except Exception as error:
            # The frames say where; the message could say whose.
            frames = "".join(traceback.format_tb(error.__traceback__))
            failures.error("request %s: %s\n%s", request_id, type(error).__name__, frames)
            if status:
                raise
            await problem(Request(scope), 500)(scope, receive, sending)
        finally:
            _log(scope, asked, request_id, status, (time.perf_counter() - started) * 1000)


def _for_this_machine(scope: Scope) -> bool:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return len(hosts) == 1 and is_loopback(host_of(hosts[0].decode("latin-1")))


def _is_tool(path: str) -> bool:
    return any(path == tool or path.startswith(f"{tool}/") for tool in _TOOLS)


def _is_local(scope: Scope) -> bool:
    """Called from this machine under its own name: a proxy in front passes on whose it is."""
    client = scope.get("client")
    return client is not None and is_loopback(client[0]) and _for_this_machine(scope)


def _log(scope: Scope, method: str, request_id: str, status: int, ms: float) -> None:
    entry: dict[str, Any] = {
        "request_id": request_id,
        "method": method if method in _METHODS else "other",
        "route": _route(scope),
        "status": status,
        "ms": round(ms, 1),
    }
    REQUESTS.add(entry["method"], entry["route"], status, ms / 1000)
    access.info(" ".join(f"{name}={value}" for name, value in entry.items()), extra=entry)


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "-"))
