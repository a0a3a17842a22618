"""Photos of papers: sealed where they are kept, shown by their hash, missed when they are gone."""

import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from audit.checks import run
from audit.evidence.disbursement import as_page, disbursement
from desk.attachments import attach
from desk.books import book_story
from desk.desk import KINDS
from domain.errors import Malformed, NotFound, Refusal
from domain.loans.commands import AttachFile
from domain.loans.events import LoanApproved, Shown
from photos import JPEG, PDF, png
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing
from tests.audit.logbook import LogBook
from tests.audit.tampering import Busy, codes, named
from village import SYSTEM


def attached(village: Busy, topic: str, kind: Shown, content: bytes) -> str:
    command = AttachFile(event_id=village.last_of(topic), shows=kind, attached_by=village.secretary)
    return str(attach(village.desk, SYSTEM, command, content).id)


@pytest.fixture
def photos(village: Busy) -> dict[str, bytes]:
    """By the event that added each: a voucher, the minutes, and a count's sheet."""
    return {
        attached(village, "loans.LoanDisbursed", "voucher", JPEG): JPEG,
        attached(village, "loans.LoanApproved", "vote", PDF): PDF,
        attached(village, "loans.CashCounted", "count", png()): png(),
    }


def test_nothing_of_a_photo_stands_in_the_clear(
    photos: dict[str, bytes], village: Busy, database: Database
) -> None:
    with database.connection() as connection:
        kept = connection.execute("SELECT digest, content FROM log.attachments").fetchall()
    assert len(kept) == len(photos)
    for digest, content in kept:
        assert digest == sha256(content).digest()
        assert not any(photo in content for photo in photos.values())


def test_it_stands_by_an_entry_that_has_such_a_paper_and_once(
    photos: dict[str, bytes], village: Busy, database: Database
) -> None:
    head = village.desk.log.head()
    for topic, kind, content, code in (
        ("loans.LoanDisbursed", "voucher", JPEG, "already-attached"),
        ("loans.LoanDisbursed", "count", png(7), "no-such-paper"),
        ("loans.CashCounted", "use", png(7), "no-such-paper"),
        ("loans.LoanRequested", "vote", png(7), "no-such-paper"),
    ):
        with pytest.raises(Refusal) as refused:
            attached(village, topic, kind, content)  # type: ignore[arg-type]
        assert refused.value.code == code
    with pytest.raises(Malformed):
        attached(village, "loans.LoanDisbursed", "voucher", b"<svg/>")
    command = AttachFile(event_id=village.borrower, shows="use", attached_by=village.chair)
    with pytest.raises(NotFound):
        attach(village.desk, SYSTEM, command, JPEG)
    assert village.desk.log.head() == head
    with database.connection() as connection:
        row = connection.execute("SELECT count(*) FROM log.attachments").fetchone()
    assert row == (len(photos),)  # of what was refused nothing is kept


def test_a_loans_evidence_has_its_photos_by_their_hash(village: Busy, database: Database) -> None:
    story = book_story(village.desk.log, village.club_id)
    approval = next(
        one.id
        for one in story
        if isinstance(one.event, LoanApproved) and one.event.loan_id == village.loan
    )
    command = AttachFile(event_id=approval, shows="vote", attached_by=village.chair)
    attach(village.desk, SYSTEM, command, PDF)
    with database.connection() as connection:
        found = disbursement(connection, village.loan, village.desk.keys)
    (photo,) = found["photos"]
    assert (photo["event_id"], photo["kind"], photo["media"], photo["erased"]) == (
        str(approval), "vote", "application/pdf", False,
    )  # fmt: skip
    assert photo["sha256"] == sha256(PDF).hexdigest()
    assert photo["sha256"] in as_page(found, lambda id: None)


def test_without_permission_a_bundle_has_only_hashes(
    photos: dict[str, bytes], book: LogBook, database: Database, follower: Follower
) -> None:
    book.sign()
    out = book.bundle(database, follower)
    report = book.verified(out)
    assert report.good
    assert report.claims["photos"] == "unchecked"
    assert report.facts["counts"]["photos"] == len(photos)
    with zipfile.ZipFile(out) as archive:
        assert not any(name.startswith("photos/") for name in archive.namelist())


def test_with_permission_the_photos_are_in_it_and_are_checked(
    photos: dict[str, bytes], village: Busy, book: LogBook, database: Database, follower: Follower
) -> None:
    book.sign()
    for scope in ({}, {"club_id": village.club_id}):
        out = book.bundle(database, follower, keys=village.desk.keys, **scope)
        report = book.verified(out)
        assert report.good, report.findings
        assert report.claims["photos"] == "pass"
        with zipfile.ZipFile(out) as archive:
            shown = {n: archive.read(n) for n in archive.namelist() if n.startswith("photos/")}
        assert {Path(n).stem: content for n, content in shown.items()} == photos


def test_an_erased_photo_is_listed_and_what_is_kept_of_it_still_checked(
    photos: dict[str, bytes], village: Busy, book: LogBook, database: Database, follower: Follower
) -> None:
    book.sign()
    with book.superuser() as connection:
        connection.execute("DELETE FROM keys.data_keys WHERE purpose = 'identity'")
    forgetful = KeyRing(database, village.desk.keys.master)
    out = book.bundle(database, follower, keys=forgetful)
    report = book.verified(out)
    assert report.good, report.findings
    (gone,) = [one for one in report.erased if one["type"] == "photo"]
    assert photos[gone["event"]] == JPEG
    assert "attachment-changed" not in codes(run(database, KINDS))


def test_a_changed_a_lost_and_a_foreign_photo_are_named(
    photos: dict[str, bytes], village: Busy, book: LogBook, database: Database, follower: Follower
) -> None:
    book.sign()
    assert "attachment-changed" not in codes(run(database, KINDS))
    voucher, minutes, count = photos
    digests = {
        id: "decode(convert_from(state, 'UTF8')::jsonb #>> '{file,sealed_sha256}', 'hex')"
        for id in photos
    }
    with book.superuser() as connection:
        connection.execute("ALTER TABLE log.attachments DROP CONSTRAINT attachments_check")
        connection.execute("ALTER TABLE log.attachments DISABLE TRIGGER append_only")
        of = f"WHERE digest = (SELECT {digests[voucher]} FROM log.events WHERE event_id = %s)"
        connection.execute(
            f"UPDATE log.attachments SET content = overlay(content placing '\\x00' from 50) {of}",
            (voucher,),
        )
        connection.execute(f"DELETE FROM log.attachments {of}", (minutes,))
    found = run(database, KINDS)
    assert named(found, "attachment-changed").event_id == voucher
    assert named(found, "attachment-missing").event_id == minutes

    out = book.bundle(database, follower, keys=village.desk.keys)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("photos/somebody.jpg", JPEG)
        archive.writestr(f"photos/{count}.jpg", JPEG)
    report = book.verified(out)
    assert {(one.code, one.event) for one in report.findings} >= {
        ("photo-changed", voucher), ("photo-missing", minutes), ("photo-unknown", None),
    }  # fmt: skip
    assert {one.claim for one in report.findings} == {"photos"}
