"""What every refusal looks like, checked in one place."""

from typing import Any


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem that was answered; its shape holds for every route."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["code"] == code, found
    assert found["title"]
    assert found["type"] == f"urn:problem-type:sochung:{code}"
    assert found["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
    assert "Traceback" not in answer.text
    return found


def pointers(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Where, what, and with which code."""
    return {(one["in"], one["pointer"], one["code"]) for one in found["errors"]}
