"""Somebody at a keyboard: sends commands under keys of their own making."""

import secrets
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from starlette.testclient import TestClient

from desk.desk import Desk
from domain.clubs.events import PersonRegistered
from domain.clubs.people import PERSON
from domain.values import Purpose
from logins import bearer, token_for
from store.log import Work


def key() -> str:
    return secrets.token_urlsafe(18)


READER = UUID("00000000-0000-4000-8000-00000000aaaa")
"""Whoever looks, in tests of something else than rights."""


def visiting(app: FastAPI) -> TestClient:
    """A browser at which `READER` has logged in. A server error is seen as a user would see it."""
    desk = app.state.parts.desk
    _enter(desk)
    headers = bearer(desk, READER)
    return TestClient(app, raise_server_exceptions=False, headers=headers)


def _enter(desk: Desk) -> None:
    """An account is somebody's: the audit asks who."""
    name = desk.seal(READER, Purpose.IDENTITY, "Người Xem")
    assert name is not None

    def work(unit: Work) -> str:
        if unit.load(PERSON, READER) is None:
            unit.say(PERSON, READER, [PersonRegistered(person_id=READER, name=name)])
        return "{}"

    desk.log.carry_out(work, actor="system")


class Hands:
    """`acting` is whose token the calls carry, nobody's if None; another's for one call as `by`.
    `second` is there too and confirms what names them."""

    def __init__(self, client: TestClient, acting: UUID | None, second: UUID | None = None) -> None:
        self.client = client
        self.acting = acting
        self.second = second

    def headers(self, by: UUID | None = None, **more: str) -> dict[str, str]:
        acting, desk = by or self.acting, self.client.app.state.parts.desk  # type: ignore[attr-defined]
        known = bearer(desk, acting) if acting else {"Authorization": ""}
        if self.second:
            known = known | {"X-Confirmed-By": token_for(desk, self.second)}
        return (
            known | {"Idempotency-Key": key()} | {n.replace("_", "-"): v for n, v in more.items()}
        )

    def post(self, address: str, body: Any, by: UUID | None = None, **headers: str) -> Any:
        return self.client.post(f"/v1{address}", json=body, headers=self.headers(by, **headers))

    def done(self, address: str, body: Any, by: UUID | None = None, **headers: str) -> Any:
        """The reply of a command that took effect."""
        answer = self.post(address, body, by, **headers)
        assert answer.status_code in (201, 202), answer.text
        return answer.json()
