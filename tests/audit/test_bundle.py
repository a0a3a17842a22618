"""The bundle and its one-file verifier: what is whole passes, by the module and by itself."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from audit.evidence import verifier
from audit.evidence.shelf import receipt
from audit.evidence.verifier import CLAIMS, Key
from projections.follower import Follower
from projections.ledger import balances
from store.database import Database
from store.log import EventLog
from tests.audit.logbook import LogBook
from tests.audit.tampering import Busy
from village import DAY, Village


def alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The verifier as it travels: taken out of the bundle, run with nothing of ours beside it."""
    bundle = next(one for one in arguments if one.endswith(".zip"))
    with zipfile.ZipFile(bundle) as archive:
        (folder / "verify.py").write_bytes(archive.read("verify.py"))
    return subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), *arguments],
        capture_output=True, text=True, check=False, cwd=folder, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def test_a_true_bundle_passes_every_claim(
    village: Busy, log: EventLog, database: Database, follower: Follower, book: LogBook
) -> None:
    book.sign()
    earlier = book.folder / "earlier"
    earlier.write_bytes(book.kept.path.read_bytes())
    village.repaid(village.loan, 10_000, DAY)
    book.sign()
    report = book.verified(book.bundle(database, follower), earlier)
    assert report.good
    assert report.claims.pop("photos") == "unchecked"  # none are in it
    assert set(report.claims.values()) == {"pass"}
    assert report.findings == []
    counts = report.facts["counts"]
    assert counts["entries"] == log.head()
    assert counts["withheld"] == counts["private"] == 0
    topics = [row.topic for row in log.log_recorder.select_rows(after=0, limit=1000)]
    assert counts["payloads"] == sum(topic.startswith("loans.") for topic in topics)
    assert counts["hashes_only"] == sum(topic.startswith("clubs.") for topic in topics)


def test_the_balances_it_recomputes_are_the_clubs(
    village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    book.sign()
    report = book.verified(book.bundle(database, follower))
    told = report.facts["clubs"][str(village.club_id)]
    with database.connection() as connection:
        rows = balances(connection, village.club_id)
    assert told["cash_and_bank"] == sum(r.amount for r in rows if r.account in ("111", "112"))
    assert told["principal_outstanding"] == sum(r.amount for r in rows if r.account == "1283")
    assert told["capital"] == -sum(r.amount for r in rows if r.account.startswith("411"))


def test_the_one_file_runs_alone_and_says_it_in_two_languages(
    village: Busy, database: Database, follower: Follower, book: LogBook, tmp_path: Path
) -> None:
    book.sign()
    out = book.bundle(database, follower)
    kept = tmp_path / "kept"
    done = alone(tmp_path, str(out), "--key", book.vkey, "--keep", str(kept))
    assert (done.returncode, done.stderr) == (0, "")
    assert "KHÔNG" not in done.stdout
    assert (
        done.stdout.count("ĐẠT") == len(CLAIMS) - 2 + 1
    )  # not "previous", not "photos"; the verdict
    assert kept.read_bytes() == book.kept.path.read_bytes()
    done = alone(tmp_path, str(out), "--key", book.vkey, "--keep", str(kept), "--lang", "en")
    assert done.returncode == 0
    assert done.stdout.count("PASS") == len(CLAIMS) - 1
    shown = json.loads(alone(tmp_path, str(out), "--key", book.vkey, "--json").stdout)
    assert shown["good"] is True
    assert shown["first_bad_position"] is None


def test_another_key_is_not_believed(
    village: Busy, database: Database, follower: Follower, book: LogBook, tmp_path: Path
) -> None:
    book.sign()
    out = book.bundle(database, follower)
    other = LogBook(book.url, book.admin, tmp_path).vkey
    done = alone(tmp_path, str(out), "--key", other)
    assert done.returncode == 1
    assert "KHÔNG ĐẠT" in done.stdout
    assert alone(tmp_path, str(out), "--key", "nonsense").returncode == 1
    assert alone(tmp_path, str(out)).returncode == 2


def test_without_the_package_it_asks_openssl(
    village: Busy, book: LogBook, database: Database, follower: Follower
) -> None:
    signed = book.sign()
    key = Key.parse(book.vkey)
    text = signed.head.text().encode()
    signature = verifier.b64(signed.note.rsplit(" ", 1)[1].strip())[4:]
    assert verifier.signed_by_openssl(key.public, text, signature)
    assert not verifier.signed_by_openssl(key.public, text + b"x", signature)


def test_the_same_log_gives_the_same_bundle(
    village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    book.sign()
    first = book.bundle(database, follower, name="1.zip").read_bytes()
    assert book.bundle(database, follower, name="2.zip").read_bytes() == first


def test_a_bundle_of_one_club_shows_nobody_elses_entries(
    village: Busy, log: EventLog, database: Database, follower: Follower, book: LogBook
) -> None:
    other = Village(village.desk, capital=9_000_000)
    other.lent(other.secretary, 1_000_000)
    book.sign()
    out = book.bundle(database, follower, club_id=village.club_id)
    report = book.verified(out, book.kept.path)
    assert report.good, [finding.say(1) for finding in report.findings]
    assert report.claims["previous"] == "pass"
    assert list(report.facts["clubs"]) == [str(village.club_id)]
    with zipfile.ZipFile(out) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert str(other.club_id).encode() not in everything
    assert str(other.secretary).encode() not in everything
    rows = log.log_recorder.select_rows(after=0, limit=5000)
    mine = [row for row in rows if row.club_id == village.club_id]
    assert report.facts["counts"]["entries"] == len(mine)


def test_nobodys_name_is_in_a_bundle(
    village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    book.sign()
    with zipfile.ZipFile(book.bundle(database, follower)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    for name in ("Mã Thị Vay", "Triệu Văn Trả", "Thiếu tiền lẻ"):
        assert name.encode() not in everything


def test_a_receipt_is_verified_by_the_same_file(
    village: Busy, database: Database, book: LogBook, tmp_path: Path
) -> None:
    book.sign()
    with database.connection() as connection:
        text = receipt(connection, village.dues).text()
    shown = verifier.verify_receipt(text, [Key.parse(book.vkey)])
    assert shown["entry"]["event"] == str(village.dues)
    assert shown["position"] == shown["entry"]["nid"]
    for bent in (text.replace("index ", "index 1"), text.replace("extra e", "extra a")):
        with pytest.raises(verifier.Refused):
            verifier.verify_receipt(bent, [Key.parse(book.vkey)])
