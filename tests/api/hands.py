"""Somebody at a keyboard: sends commands under keys of their own making."""

import secrets
from typing import Any
from uuid import UUID

from starlette.testclient import TestClient


def key() -> str:
    return secrets.token_urlsafe(18)


class Hands:
    """`acting` is the person whom the calls name; another for one call as `by`."""

    def __init__(self, client: TestClient, acting: UUID | None) -> None:
        self.client = client
        self.acting = acting

    def headers(self, by: UUID | None = None, **more: str) -> dict[str, str]:
        acting = by or self.acting
        named = {"X-Acting-Person": str(acting)} if acting else {}
        return (
            named | {"Idempotency-Key": key()} | {n.replace("_", "-"): v for n, v in more.items()}
        )

    def post(self, address: str, body: Any, by: UUID | None = None, **headers: str) -> Any:
        return self.client.post(f"/v1{address}", json=body, headers=self.headers(by, **headers))

    def done(self, address: str, body: Any, by: UUID | None = None, **headers: str) -> Any:
        """The reply of a command that took effect."""
        answer = self.post(address, body, by, **headers)
        assert answer.status_code in (201, 202), answer.text
        return answer.json()
