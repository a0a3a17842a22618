"""Backup, restore and the evidence commands as their user meets them, on a home of their own."""

import json
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit.evidence.note import open_note, parse_verifier_key
from authority import Authority
from desk.desk import Desk
from photos import JPEG
from soak.house import private_home
from tests.sochung.homes import PROGRAM, Home
from village import DAY, Village


@pytest.fixture
def home() -> Iterator[Home]:
    with private_home() as folder:
        yield Home(folder)


@pytest.fixture
def village(home: Home) -> Village:
    home.done("status")
    desk = home.desk()
    village = Village(desk, capital=20_000_000)
    village.lent(village.member("Mã Thị Vay"), 3_000_000)
    return village


def test_a_backup_comes_back_only_with_its_root_and_an_older_one_cannot_sign_a_fork(
    home: Home, village: Village, tmp_path: Path
) -> None:
    first = home.checkpoint()
    copy = tmp_path / "copy"
    assert "sự kiện" in home.run("backup", str(copy)).stderr
    loan = village.lent(village.member("Lý Thị Sau"), 1_000_000)
    later = home.checkpoint()
    assert later["size"] > first["size"]

    # The older database takes the place of the newer one, which is kept aside.
    village.desk.log.database.close()
    done = home.run("restore", str(copy), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["signed"], told["root"]) == (first["size"], first["root"])
    assert told["clean"] is True
    assert told["signed_beyond"] == later["size"]
    desk = home.desk()
    assert desk.log.head() == first["size"]
    assert desk.log.home_of(loan) is None

    # It works, but nothing is signed: also when it grows past what was signed.
    refused = home.run("checkpoint")
    assert refused.returncode == 1
    assert "older than its own evidence" in refused.stderr
    village.desk = desk
    for _ in range(12):
        village.repaid(_only_loan(desk), 1_000, DAY)
    assert desk.log.head() > later["size"]
    refused = home.run("checkpoint")
    assert refused.returncode == 1
    assert "not those that were signed" in refused.stderr
    desk.log.database.close()


def _only_loan(desk: Desk) -> Any:
    with desk.log.database.connection() as connection:
        row = connection.execute("SELECT entity_id FROM log.entities").fetchone()
    assert row is not None
    return row[0]


def test_a_backup_of_the_newest_log_goes_on_being_signed(
    home: Home, village: Village, tmp_path: Path
) -> None:
    before = home.checkpoint()
    copy = tmp_path / "copy"
    home.done("backup", str(copy))
    village.desk.log.database.close()
    home.as_superuser("DELETE FROM log.events WHERE notification_id > 5")
    assert home.run("check").returncode == 1
    home.done("restore", str(copy))
    assert home.checkpoint() == before
    assert home.run("check").returncode == 0
    desk = home.desk()
    village.desk = desk
    village.member("Người Mới Vào")
    assert home.checkpoint()["size"] == desk.log.head() > before["size"]
    desk.log.database.close()


def test_a_damaged_or_changed_backup_changes_nothing(
    home: Home, village: Village, tmp_path: Path
) -> None:
    copy, bent = tmp_path / "copy", tmp_path / "bent"
    home.done("backup", str(copy))
    before = home.checkpoint()
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    bent.write_bytes(content)
    assert home.run("restore", str(bent)).returncode == 1
    bent.write_bytes(copy.read_bytes()[:-1000])
    assert home.run("restore", str(bent)).returncode == 1
    assert home.run("restore", str(tmp_path / "none")).returncode == 2
    assert home.checkpoint() == before
    village.desk.log.database.close()
    with psycopg.connect(home.server.url("postgres", "postgres")) as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert [name for (name,) in names if name.startswith("sochung")] == ["sochung"]


def test_a_backup_of_a_database_that_was_tampered_with_is_not_taken_back(
    home: Home, village: Village, tmp_path: Path
) -> None:
    """Its dump is what was written, but its events are not what was signed."""
    home.checkpoint()
    home.as_superuser("UPDATE log.events SET actor = 'somebody' WHERE notification_id = %s", 3)
    copy = tmp_path / "copy"
    home.done("backup", str(copy))
    refused = home.run("restore", str(copy))
    assert refused.returncode == 1
    assert "backup-differs" in refused.stderr
    village.desk.log.database.close()


def test_on_another_machine_with_the_keys_copies(
    home: Home, village: Village, tmp_path: Path
) -> None:
    before = home.checkpoint()
    copy, master = tmp_path / "copy", tmp_path / "master"
    home.done("backup", str(copy))
    home.done("key", "export", str(master))
    village.desk.log.database.close()
    with private_home() as folder:
        other = Home(folder)
        refused = other.run("restore", str(copy))
        assert refused.returncode == 3
        assert "master key is missing" in refused.stderr
        shutil.copy(master, folder / "master.key")
        (folder / "master.key").chmod(0o600)
        other.done("restore", str(copy))
        names = json.loads(other.done("members", "Nà Thử", "--json"))
        assert "Mã Thị Vay" in json.dumps(names, ensure_ascii=False)
        # The key that signs stayed on the old machine: here the log goes on under another one.
        assert other.run("checkpoint").returncode == 3
        other.done("key", "rotate", "--lost")
        now = other.checkpoint()
        assert now["size"] == before["size"] + 1
        assert now["origin"] == before["origin"]
        assert now["key"] != before["key"]


def test_copies_are_kept_in_a_folder_that_may_be_away(
    home: Home, village: Village, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    keeping = subprocess.Popen(
        [str(PROGRAM), "backup", str(stick), "--every", "7"], env=home.environment,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert keeping.stderr is not None
    try:
        assert "Chưa thấy stick" in keeping.stderr.readline()
        stick.mkdir()
        assert "sự kiện" in keeping.stderr.readline()
        (made,) = stick.iterdir()
        assert made.suffix == ".sochung-backup"
        with zipfile.ZipFile(made) as archive:
            assert set(archive.namelist()) == {"manifest.json", "head", "dump"}
    finally:
        keeping.send_signal(signal.SIGTERM)
        with keeping.stderr:
            assert keeping.wait(30) == 0
    time.sleep(0)
    village.desk.log.database.close()


def test_receipt_bundle_and_verify_on_the_command_line(
    home: Home, village: Village, tmp_path: Path
) -> None:
    key = home.done("key", "show").strip()
    held = tmp_path / "held"
    held.write_text(home.done("checkpoint"), encoding="utf-8")
    with village.desk.log.database.connection() as connection:
        row = connection.execute(
            "SELECT event_id::text FROM log.events WHERE topic = 'loans.LoanDisbursed'"
        ).fetchone()
    assert row is not None
    receipt = tmp_path / "receipt"
    home.done("receipt", row[0], "--out", str(receipt))
    shown = json.loads(home.done("verify", str(receipt), "--key", key))
    assert shown["entry"]["event"] == row[0]
    assert home.run("receipt", str(village.club_id)).returncode == 1  # no event of that id
    assert home.run("receipt", "x").returncode == 2

    village.member("Sau Khi Ký")
    out = tmp_path / "bundle.zip"
    for more in ([], ["--club", "Nà Thử"], ["--club", "Nà Thử", "--previous", str(held)]):
        home.done("bundle", str(out), *more)
        told = json.loads(
            home.done("verify", str(out), "--key", key, "--previous", str(held), "--json")
        )
        assert told["good"] is True
        assert told["claims"]["previous"] == "pass"
    refused = home.run("verify", str(out), "--key", key.replace("+", "+0", 1))
    assert refused.returncode == 1

    # A photo of the voucher goes with the receipt, and with a bundle only on purpose.
    photo = tmp_path / "IMG 0001.bin"  # what it is called does not matter
    photo.write_bytes(JPEG)
    attach = ("attach", row[0], str(photo), "--kind", "voucher", "--by", str(village.secretary))
    added = home.done(*attach).strip()
    assert home.run(*attach).returncode == 1  # once is enough
    assert home.run(*attach, SOCHUNG_ATTACHMENT_BYTES="10").returncode == 2
    home.done("receipt", row[0], "--out", str(receipt), "--photos", str(tmp_path / "photos"))
    (saved,) = (tmp_path / "photos").iterdir()
    assert (saved.read_bytes(), saved.suffix) == (JPEG, ".jpg")
    home.done("bundle", str(out), "--with-photos")
    told = json.loads(home.done("verify", str(out), "--key", key, "--json"))
    assert (told["claims"]["photos"], told["counts"]["photos"]) == ("pass", 1)
    with zipfile.ZipFile(out) as archive:
        assert archive.read(f"photos/{added}.jpg") == JPEG

    # An authority's time stamp, fetched by other means, travels with the bundle.
    authority, query, token = Authority(tmp_path), tmp_path / "head.tsq", tmp_path / "head.tsr"
    size = home.done("checkpoint", "--timestamp-query", str(query)).split("\n")[1]
    token.write_bytes(authority.answer(query.read_bytes()))
    home.done("checkpoint", "--timestamp", str(token), "--ca", str(authority.certificates))
    home.done("bundle", str(out))
    with zipfile.ZipFile(out) as archive:
        assert archive.read(f"timestamps/{size}.tsr") == token.read_bytes()

    # The auditor keeps the head and signs as a witness; the log's own key still verifies it.
    witness, kept = tmp_path / "witness.key", tmp_path / "kept"
    vkey = home.done("key", "witness", str(witness), "--name", "hội-người-cao-tuổi").strip()
    home.done("verify", str(out), "--key", key, "--keep", str(kept), "--cosign", str(witness))
    both = [parse_verifier_key(line) for line in (key, vkey)]
    assert open_note(kept.read_bytes(), both).verified == tuple(both)
    home.done("verify", str(out), "--key", key, "--keep", str(kept))
    village.desk.log.database.close()


def test_a_rotated_key_is_learned_from_a_head_the_old_key_signed(
    home: Home, village: Village, tmp_path: Path
) -> None:
    old = home.done("key", "show").strip()
    home.done("checkpoint")
    new = home.done("key", "rotate").strip()
    assert new != old
    village.member("Sau Khi Đổi Khóa")
    assert home.checkpoint()["key"] == new
    out = tmp_path / "bundle.zip"
    home.done("bundle", str(out))
    told = json.loads(home.done("verify", str(out), "--key", old, "--json"))
    assert told["claims"]["signature"] == "pass"
    assert told["keys_followed"] == [new]
    assert json.loads(home.done("verify", str(out), "--key", new, "--json"))["good"] is True

    # A stolen key is not followed: the new one has to be learned on paper again.
    lost = home.done("key", "rotate", "--lost").strip()
    home.done("bundle", str(out))
    assert home.run("verify", str(out), "--key", new).returncode == 1
    assert home.run("verify", str(out), "--key", lost).returncode == 0
    village.desk.log.database.close()
