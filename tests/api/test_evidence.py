"""The Merkle log over HTTP: a stranger fetches heads, tiles and receipts and checks them alone."""

import secrets
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from audit.evidence.checkpoint import open_checkpoint
from audit.evidence.merkle import leaf_hash, root_of
from audit.evidence.tiles import places, split, unpack
from audit.evidence.verifier import Key, verify_receipt
from desk.desk import Desk
from store.log import uuid7
from tests.api.problems import refused
from tests.audit.logbook import LogBook
from village import DAY, Village


@pytest.fixture
def book(server: Any, database_name: str, tmp_path: Path) -> LogBook:
    return LogBook(server.integrator(database_name), server.admin(database_name), tmp_path)


def test_a_stranger_rebuilds_the_root_from_what_is_served(
    client: TestClient, village: Village, desk: Desk, book: LogBook
) -> None:
    refused(client.get("/v1/log/checkpoint"), 404, "not-found")
    book.sign()
    answer = client.get("/v1/log/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    head = open_checkpoint(answer.content, [book.keys.key])
    assert head.size == desk.log.head()

    entries: list[bytes] = []
    for place in places(head.size):
        tile = client.get(f"/v1/log/{place.path()}")
        assert tile.status_code == 200
        assert tile.headers["content-type"] == "application/octet-stream"
        assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
        if place.level == 0:
            bundle = client.get(f"/v1/log/{place._replace(level=-1).path()}")
            assert bundle.headers["cache-control"] == "private, max-age=31536000, immutable"
            found = unpack(bundle.content)
            assert [leaf_hash(entry) for entry in found] == split(tile.content)
            entries += found
    assert root_of(entries) == head.root
    rows = desk.log.log_recorder.select_rows(after=0, limit=1000)
    hashes = [sha256(row.state).hexdigest().encode() for row in rows]
    assert all(hash in entry for hash, entry in zip(hashes, entries, strict=True))


def test_a_tile_stays_at_its_width_when_the_log_has_grown(
    client: TestClient, village: Village, desk: Desk, book: LogBook
) -> None:
    size = book.sign().head.size
    (place,) = places(size)
    before = client.get(f"/v1/log/{place.path()}").content
    bundle = client.get(f"/v1/log/{place._replace(level=-1).path()}").content
    village.member("Người Mới")
    book.sign()
    assert client.get(f"/v1/log/{place.path()}").content == before
    assert client.get(f"/v1/log/{place._replace(level=-1).path()}").content == bundle
    wider = place._replace(width=size + 50)
    refused(client.get(f"/v1/log/{wider.path()}"), 404, "not-found")


def test_a_receipt_is_served_and_verifies_by_itself(
    client: TestClient, village: Village, desk: Desk, book: LogBook
) -> None:
    loan_id = village.lent(village.member("Mã Thị Vay"), 1_000_000)
    row = desk.log.log_recorder.select_rows(after=0, limit=1, topics=("loans.LoanDisbursed",))[0]
    later = refused(client.get(f"/v1/log/proofs/{row.event_id}"), 503, "unavailable")
    assert later is not None
    book.sign()
    answer = client.get(f"/v1/log/proofs/{row.event_id}")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    shown = verify_receipt(answer.text, [Key.parse(book.vkey)])
    assert shown["entry"]["event"] == str(row.event_id)
    assert shown["entry"]["payload"] == sha256(row.state).hexdigest()
    refused(client.get(f"/v1/log/proofs/{loan_id}"), 404, "not-found")
    refused(client.get(f"/v1/log/proofs/{uuid7()}"), 404, "not-found")
    refused(client.get("/v1/log/proofs/x"), 422, "malformed")


def test_what_one_has_already_is_not_sent_again(
    client: TestClient, village: Village, book: LogBook
) -> None:
    size = book.sign().head.size
    (place,) = places(size)
    row = village.desk.log.log_recorder.select_rows(after=0, limit=1)[0]
    paths = ("checkpoint", place.path(), f"proofs/{row.event_id}")
    tags = {path: client.get(f"/v1/log/{path}").headers["etag"] for path in paths}
    for path, tag in tags.items():
        again = client.get(f"/v1/log/{path}", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        other = client.get(
            f"/v1/log/{path}", headers={"If-None-Match": f'"{secrets.token_hex(4)}"'}
        )
        assert other.status_code == 200
    village.repaid(village.lent(village.secretary, 1_000_000), 1_000, DAY)
    book.sign()
    for path in ("checkpoint", f"proofs/{row.event_id}"):
        again = client.get(f"/v1/log/{path}", headers={"If-None-Match": tags[path]})
        assert again.status_code == 200
        assert again.headers["etag"] != tags[path]


@pytest.mark.parametrize(
    "path",
    ["0/00", "0/000.p/0", "0/000.p/256", "x", "0/000.p/9999", "-1/000", "entries/999", "9/000",
     "0/000/..", "0/%2e%2e/000", "0/000?after=1", "0/" + "9" * 90],
)  # fmt: skip
def test_what_is_no_tile_is_not_found(
    client: TestClient, village: Village, book: LogBook, path: str
) -> None:
    book.sign()
    answer = client.get(f"/v1/log/tile/{path}")
    assert answer.status_code in (404, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
