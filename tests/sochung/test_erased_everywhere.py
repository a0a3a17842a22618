"""A person is forgotten, from the request to the restore of an older backup, by the programs people
run: what was planted of them is nowhere, and the books and their proofs are as they were."""

import io
import json
import subprocess
import unicodedata
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.values import Purpose
from logins import bearer
from planted import dump, found_in
from soak.house import private_home
from soak.service import Service, new_key, running
from store.binaries import find_binaries
from store.keys import KeyRing, MasterKey, WrongMasterKey
from tests.sochung.homes import Home
from village import DAY, FOUNDED, Village

# Some thirty programs are started, one after another.
pytestmark = pytest.mark.timeout(900)

NAME, PHONE = "Vàng Thị Xuyến Chi", "0987 123 654"
NOTE, HEALTH = "Bà hay quên, ở một mình với cháu", "Đường huyết cao, tiêm insulin"
PLANTED = (NAME, PHONE, NOTE, HEALTH)
PURPOSES = ["identity", "contact", "health", "household"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with private_home() as folder:
        made = Home(folder)
        made.environment["TMPDIR"] = str(temporary)
        made.done("status")
        yield made


class Office:
    """The service over HTTP, and who sits at it."""

    def __init__(self, service: Service, village: Village) -> None:
        self.service, self.village = service, village

    def done(self, path: str, body: dict[str, Any], by: UUID | None = None) -> Any:
        person = by or self.village.secretary
        answer = self.service.until_answered(f"/v1{path}", body, key=new_key(), person=person)
        assert answer.status in (201, 202), answer
        return answer.body

    def taken(self, path: str) -> bytes:
        """What is read there, unpacked and with no letter escaped."""
        line = HTTPConnection("127.0.0.1", self.service.port, timeout=30)
        by = bearer(self.village.desk, self.village.secretary)
        last = {"X-After-Position": str(self.village.desk.log.head())}
        line.request("GET", path, headers=by | last)
        answer = line.getresponse()
        content = answer.read()
        line.close()
        assert answer.status in (200, 404), (path, answer.status)
        return unpacked(content)


def unpacked(content: bytes) -> bytes:
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return b"".join(unpacked(archive.read(name)) for name in archive.namelist())
    try:
        return json.dumps(json.loads(content), ensure_ascii=False).encode()
    except ValueError:
        return content


def planted_in(office: Office) -> UUID:
    """A neighbour who came, was cared for and left; no money names them. Typed on a machine that
    decomposes letters."""
    told = {
        "name": unicodedata.normalize("NFD", NAME),
        "joined_on": str(FOUNDED),
        "phone": PHONE,
        "note": NOTE,
    }
    person = office.done(f"/clubs/{office.village.club_id}/members", told)["id"]
    consent = {"occurred_on": str(DAY), "purpose": "health", "evidence": "written"}
    office.done(f"/members/{person}/consents", consent)
    found = {"occurred_on": str(DAY), "result": HEALTH}
    office.done(f"/members/{person}/check-ups", found)
    office.done(f"/members/{person}/departure", {"left_on": str(DAY), "cause": "left"})
    return UUID(person)


def read_of(office: Office, person: UUID) -> bytes:
    club = f"/v1/clubs/{office.village.club_id}"
    return b"".join(
        office.taken(path)
        for path in (
            f"/v1/members/{person}",
            f"/v1/members/{person}/history",
            f"/v1/members/{person}/data",
            f"/v1/members/{person}/data.xlsx",
            f"{club}/members.csv",
            f"{club}/members.xlsx",
            f"{club}/members?q=xuyen",
            f"{club.removeprefix('/v1')}/book.xlsx",
            f"/members/{person}",
        )
    )


def kept_by(home: Home, tmp_path: Path, *databases: str) -> bytes:
    """Every table and index of names, what pg_dump writes, what the command line gives out, what
    lies in the home beside the database's own files, and what was left for a moment."""
    found = b""
    for name in databases:
        address = home.server.url(name, "postgres")
        program = str(find_binaries() / "pg_dump")
        found += dump(address, names=True)
        found += subprocess.run([program, address], capture_output=True, check=True).stdout
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    home.done("template", str(out / "book.xlsx"), "--club", "Nà Thử")
    bundled = home.run("bundle", str(out / "bundle.zip"))  # an older log signs nothing new
    assert bundled.returncode == 0 or "would-fork" in bundled.stderr
    for arguments in (("members", "Nà Thử", "--json"), ("ledger", "Nà Thử", "--json")):
        found += unpacked(home.done(*arguments).encode())
    for folder in (out, tmp_path / "temporary", home.folder):
        for path in folder.rglob("*"):
            if path.is_file() and home.server.data not in path.parents:
                found += unpacked(path.read_bytes())
    return found


def sums(home: Home) -> Any:
    return json.loads(home.done("balances", "Nà Thử", "--json"))


def test_what_was_planted_is_nowhere_also_after_an_older_backup(home: Home, tmp_path: Path) -> None:
    copy, before, log = (tmp_path / name for name in ("copy", "before.zip", "service.log"))
    village = Village(home.desk(), capital=20_000_000)
    village.lent(village.member("Mã Thị Vay"), 3_000_000)
    with running(home.environment, village.desk, log=log) as service:
        office = Office(service, village)
        gone = planted_in(office)
        assert set(found_in(read_of(office, gone), PLANTED)) == {*PLANTED}, "the control"
        assert NAME in found_in(kept_by(home, tmp_path, "sochung"), PLANTED)
        balances, key = sums(home), home.done("key", "show").strip()
        home.done("bundle", str(before))
        home.done("backup", str(copy))

        at = f"/members/{gone}/erasure-requests"
        asked = {"occurred_on": str(DAY), "kind": "erase", "purposes": PURPOSES, "note": NOTE}
        office.done(at, asked)
        listed = json.loads(office.taken("/v1/requests"))["items"]
        [request] = [one["id"] for one in listed if one["member_id"] == str(gone)]
        granted = {"occurred_on": str(DAY), "granted": True, "ground": "consent_withdrawn"}
        office.done(f"{at}/{request}/decision", granted | {"reason": NOTE}, by=village.chair)
        assert found_in(read_of(office, gone), PLANTED) == []
    assert found_in(kept_by(home, tmp_path, "sochung"), PLANTED) == []
    assert found_in(log.read_bytes(), PLANTED) == []
    assert log.read_bytes(), "it prints something"
    assert found_in(copy.read_bytes(), PLANTED) == []
    assert sums(home) == balances
    home.done("check")
    for bundle in (before, tmp_path / "out" / "bundle.zip"):
        assert json.loads(home.done("verify", str(bundle), "--key", key, "--json"))["good"]

    village.desk.log.database.close()
    told = json.loads(home.done("restore", str(copy), "--json"))
    assert (told["clean"], told["forgotten"]) == (True, 1)
    assert found_in(kept_by(home, tmp_path, "sochung", told["kept_aside"]), PLANTED) == []
    assert sums(home) == balances
    home.done("check")
    assert json.loads(home.done("verify", str(before), "--key", key, "--json"))["good"]


def test_the_month_s_new_master_key_by_the_command(home: Home, tmp_path: Path) -> None:
    """Every database of the home, with the service running; the old key opens nothing any more."""
    file, copy, old = home.folder / "master.key", tmp_path / "copy", tmp_path / "old"
    village = Village(home.desk(), capital=1_000_000)
    person = village.member(NAME)
    home.done("backup", str(copy))
    village.desk.log.database.close()
    aside = json.loads(home.done("restore", str(copy), "--json"))["kept_aside"]
    village.desk = home.desk()
    home.done("key", "export", str(old))
    with running(home.environment, village.desk) as service:
        office = Office(service, village)
        for month in (2, 3):
            was = file.read_bytes()
            home.done("key", "rewrap")
            assert file.read_bytes() != was
            assert file.stat().st_mode & 0o777 == 0o600
            assert sorted(path.name for path in home.folder.glob("master.key*")) == ["master.key"]
            for name in ("sochung", aside):
                assert epochs(home, name) == (month, [month]), "one epoch, and no key of another"
            assert NAME in found_in(office.taken(f"/v1/members/{person}"), [NAME])
            office.done(
                f"/clubs/{village.club_id}/members",
                {"name": "Người Mới Vào", "joined_on": str(FOUNDED)},
            )
    assert found_in(home.done("members", "Nà Thử", "--json").encode(), ["Người Mới Vào"])
    home.done("check")
    stale = {"SOCHUNG_MASTER_KEY": old.read_text().strip()}
    former = KeyRing(village.desk.log.database, MasterKey.from_text(old.read_text()))
    with pytest.raises(WrongMasterKey):
        former.seal(person, Purpose.IDENTITY, "x")
    assert home.run("key", "rewrap", **stale).returncode == 2, (
        "a key not in the file is not changed"
    )
    village.desk.log.database.close()


def epochs(home: Home, name: str) -> tuple[int, list[int]]:
    """The master keys there have been, and for which of them data keys are wrapped."""
    with psycopg.connect(home.server.url(name, "postgres")) as connection:
        [(made,)] = connection.execute("SELECT max(epoch) FROM keys.epochs").fetchall()
        wrapped = connection.execute("SELECT DISTINCT epoch FROM keys.data_keys").fetchall()
    return made, [epoch for (epoch,) in wrapped]
