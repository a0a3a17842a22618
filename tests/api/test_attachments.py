"""Photos of papers over HTTP: taken by what they are, once, and given back as they were."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from desk.books import book_story
from desk.desk import Desk
from photos import JPEG, PDF, WEBP, png
from projections.follower import Follower
from store.database import Database
from tests.api.hands import Hands
from tests.api.problems import pointers, refused
from village import Village

NOBODYS = "0199c1c0-0000-7000-8000-00000000beef"


@pytest.fixture
def payout(village: Village) -> UUID:
    village.lent(village.member("Mã Thị Vay"), 3_000_000)
    story = book_story(village.desk.log, village.club_id)
    return next(one.id for one in story if one.event.TOPIC == "loans.LoanDisbursed")


@pytest.fixture
def app(database: Database, follower: Follower, desk: Desk) -> FastAPI:
    return create_app(
        database, follower, desk.keys, desk, attachment_bytes=1_000, deadline_seconds=120
    )


@pytest.fixture
def hands(client: TestClient, village: Village) -> Hands:
    return Hands(client, village.secretary)


def post(hands: Hands, entry: object, content: Any, media: str = "image/jpeg", **more: Any) -> Any:
    headers = hands.headers() | {"Content-Type": media} | more.pop("headers", {})
    address = f"/v1/events/{entry}/attachments?kind={more.pop('kind', 'voucher')}"
    return hands.client.post(address, content=content, headers=headers)


def test_each_kind_comes_back_as_it_was_sent_to_be_saved_and_never_shown(
    hands: Hands, payout: UUID
) -> None:
    """What it is called on the way in does not matter."""
    sent = [(JPEG, "jpg"), (png(), "png"), (WEBP, "webp"), (PDF, "pdf")]
    for content, suffix in sent:
        answer = post(hands, payout, content, "image/png")
        assert answer.status_code == 201, answer.text
        told = answer.json()
        assert told["id"] == told["event_id"]
        shown = hands.client.get(f"/v1/attachments/{told['id']}")
        assert shown.content == content
        assert shown.headers["content-disposition"] == (
            f'attachment; filename="voucher-{told["position"]}.{suffix}"'
        )
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["content-security-policy"].endswith("sandbox")
        assert shown.headers["cache-control"] == "no-store"
    listed = hands.client.get(f"/v1/events/{payout}/attachments").json()["items"]
    assert [one["sha256"] for one in listed] == [sha256(c).hexdigest() for c, _ in sent]
    assert {one["event_id"] for one in listed} == {str(payout)}


def test_the_same_key_has_one_effect_and_the_same_file_too(
    hands: Hands, payout: UUID, desk: Desk
) -> None:
    headers = hands.headers()
    first = post(hands, payout, JPEG, headers=headers)
    head = desk.log.head()
    again = post(hands, payout, JPEG, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = post(hands, payout, png(), headers=headers)
    refused(other, 422, "idempotency-key-reused")
    refused(post(hands, payout, JPEG), 409, "already-attached")
    assert desk.log.head() == head


def test_what_is_no_photo_or_too_large_or_nobodys_is_refused(
    hands: Hands, payout: UUID, desk: Desk
) -> None:
    hands.headers()  # whose account is opened now
    head = desk.log.head()
    for hostile in (b"", b"<svg onload=alert(1)>", b"<html>", JPEG[:-1], b"MZ" + JPEG):
        refused(post(hands, payout, hostile), 422, "not-a-photo")
    refused(post(hands, payout, JPEG + b"\x00" * 1_000), 413, "too-large")
    refused(post(hands, payout, iter([JPEG, b"\x00" * 1_000])), 413, "too-large")  # no length said
    for media in ("application/json", "text/html", "image/svg+xml", "multipart/form-data"):
        refused(post(hands, payout, JPEG, media), 415, "unsupported-media-type")
    refused(post(hands, payout, JPEG, kind="count"), 409, "no-such-paper")
    found = refused(post(hands, payout, JPEG, kind="selfie"), 422, "malformed")
    assert pointers(found) == {("query", "/kind", "not-one-of")}
    refused(post(hands, NOBODYS, JPEG), 404, "not-found")
    without = {"X-Acting-Person": NOBODYS}
    refused(post(hands, payout, JPEG, headers=without), 401, "not-logged-in")
    refused(post(hands, payout, JPEG, headers={"If-Match": '"1"'}), 412, "stale-version")
    for address in (f"/v1/attachments/{NOBODYS}", f"/v1/attachments/{payout}"):
        refused(hands.client.get(address), 404, "not-found")
    refused(hands.client.get(f"/v1/events/{NOBODYS}/attachments"), 404, "not-found")
    assert desk.log.head() == head
