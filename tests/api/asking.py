"""Questions to the application itself, one for each role and place, and what became of them."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import FastAPI
from fastapi.routing import APIRoute

GONE = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WHY = {"X-Reason": "Ki%E1%BB%83m tra"}


class Answer(NamedTuple):
    status: int
    body: bytes

    @property
    def code(self) -> str:
        """Of a refusal; "" of whatever was taken, and of a page that says itself why not."""
        return json.loads(self.body).get("code", "") if self.body.startswith(b"{") else ""


def address(route: APIRoute, ids: Mapping[str, UUID]) -> str:
    return re.sub(r"{(\w+)(:\w+)?}", lambda m: str(ids.get(m[1]) or _SMALL[m[1]]), route.path)


def ask(app: FastAPI, method: str, path: str, headers: Mapping[str, str], body: Any) -> Answer:
    """One request, sent to the application itself; of a body that is bytes, `headers` say what."""
    sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    address, _, query = path.partition("?")
    told = {"content-type": "application/json", "content-length": str(len(sent)), **headers}
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": address,
        "raw_path": address.encode(), "query_string": query.encode(), "root_path": "",
        "scheme": "http", "client": ("127.0.0.1", 1), "server": ("localhost", 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
    }  # fmt: skip
    got: dict[str, Any] = {"body": b""}
    waiting = [{"type": "http.request", "body": sent, "more_body": False}]

    async def receive() -> Any:
        return waiting.pop() if waiting else await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        got["status"] = message.get("status", got.get("status"))
        got["body"] += message.get("body", b"")

    _loop.run_until_complete(app(scope, receive, send))  # type: ignore[arg-type]
    return Answer(got["status"], got["body"])


_loop = asyncio.new_event_loop()

_SMALL = {
    "name": "par30", "figure": "clients", "key": "x" * 20, "place": "0/000.p/1",
    **{
        name: str(UUID(int=7))
        for name in (
            "report_id", "referral_id", "shift_id", "token_id", "request_id", "import_id",
            "sample_id",
        )
    },
}  # fmt: skip


def sign_of(answer: Answer, with_reason: Answer | None, typing: Answer | None) -> str:
    if answer.status == 404 and is_gone(answer):
        return "t" if typing is not None and not is_gone(typing) else "."
    if answer.code == "reason-needed":
        assert answer.status == 403
        assert with_reason is not None
        assert not is_gone(with_reason)
        assert with_reason.code != "reason-needed"
        return "r"
    assert answer.status not in (401, 403) or answer.code == "session-needed", answer
    assert answer.status < 500 or answer.status == 503, answer
    return "x"


def is_gone(answer: Answer) -> bool:
    """What the permission answers; a route that has nothing to show says so in other words."""
    told = json.loads(answer.body).get("detail") if answer.status == 404 else None
    return told in GONE_SAYS


GONE_SAYS = {
    "Không có câu lạc bộ này.", "Không có khoản vay này.", "Không có bút toán này.",
    "Không có hội này trong sổ.", "Không có người này trong sổ.", "Không có vai trò này.",
}  # fmt: skip
