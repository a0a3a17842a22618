"""A bundle made by somebody who means harm: the verifier says no, and says nothing it did not mean.

Some of these were signed by the operator of the log, who wants money moved out of the auditor's
sight; some were made on the way, to have two programs see two things.
"""

import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from audit.evidence.checkpoint import Head
from audit.evidence.verifier import main, plain, slips_of
from projections.follower import Follower
from store.database import Database
from tests.audit.logbook import LogBook
from tests.audit.tampering import Busy
from tests.audit.test_forgery import changed, position_of, rebuild_read_models


@pytest.fixture
def bundle(village: Busy, database: Database, follower: Follower, book: LogBook) -> Path:
    book.sign()
    return book.bundle(database, follower)


def verdict(book: LogBook, bundle: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and all that was said; never a traceback."""
    code = main([str(bundle), "--key", book.vkey, "--lang", "en"])
    said = "".join(capsys.readouterr())
    assert "Traceback" not in said
    return code, said


# --- the ZIP ------------------------------------------------------------------------------------


def twice(bundle: Path) -> None:
    """Programs differ in which of two they show."""
    with warnings.catch_warnings(), zipfile.ZipFile(bundle, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("manifest.json", archive.read("manifest.json"))


def twice_behind_a_nul(bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("checkpointX", b"x")
    _patched(bundle, b"checkpointX", b"checkpoint\0", times=2)


def with_a_password(bundle: Path) -> None:
    _flagged(bundle, offset=8, value=b"\x01\x00")


def of_an_unknown_method(bundle: Path) -> None:
    _flagged(bundle, offset=10, value=b"\x63\x00")


def said_to_be_huge(bundle: Path) -> None:
    _flagged(bundle, offset=24, value=b"\xff\xff\xff\x7f")


def said_to_be_small(bundle: Path) -> None:
    _flagged(bundle, offset=24, value=b"\x05\x00\x00\x00")


def cut_off(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-30])


def bent_within(bundle: Path) -> None:
    content = bytearray(bundle.read_bytes())
    begin = content.index(b"tile/entries/") + 100
    for at in range(begin, begin + 500, 7):
        content[at] ^= 0x55
    bundle.write_bytes(bytes(content))


def nested_without_end(bundle: Path) -> None:
    _replaced(bundle, "manifest.json", b"[" * 200_000)


def of_numbers_without_end(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        head = archive.read("checkpoint").split(b"\n", 2)
    _replaced(bundle, "checkpoint", b"\n".join([head[0], b"9" * 5_000, head[2]]))


def of_more_than_it_can_show(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        head = archive.read("checkpoint").split(b"\n", 2)
    _replaced(bundle, "checkpoint", b"\n".join([head[0], b"9" * 18, head[2]]))


def _patched(bundle: Path, old: bytes, new: bytes, times: int) -> None:
    content = bundle.read_bytes()
    assert content.count(old) == times
    bundle.write_bytes(content.replace(old, new))


def _flagged(bundle: Path, offset: int, value: bytes) -> None:
    """Changes what the ZIP's directory says of the entries' first tile."""
    content = bytearray(bundle.read_bytes())
    at = content.rindex(b"tile/entries/") - 46 + offset
    content[at : at + len(value)] = value
    bundle.write_bytes(bytes(content))


def _replaced(bundle: Path, name: str, content: bytes) -> None:
    shutil.move(changed(bundle, name, lambda _: content), bundle)


@pytest.mark.parametrize(
    "harm",
    [
        twice, twice_behind_a_nul, with_a_password, of_an_unknown_method, said_to_be_huge,
        said_to_be_small, cut_off, bent_within, nested_without_end, of_numbers_without_end,
        of_more_than_it_can_show,
    ],
    ids=lambda harm: harm.__name__,
)  # fmt: skip
def test_a_file_that_is_no_honest_zip_is_refused(
    harm: Callable[[Path], None],
    bundle: Path,
    book: LogBook,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verdict(book, bundle, capsys)[0] == 0
    harm(bundle)
    code, said = verdict(book, bundle, capsys)
    assert code in (1, 2), said
    assert "GOOD" not in said.replace("NOT GOOD", "")


def test_any_few_bytes_changed_anywhere_in_the_evidence_are_noticed(
    bundle: Path, book: LogBook, capsys: pytest.CaptureFixture[str]
) -> None:
    """Control: the same done to the page that only explains is none of the verifier's business."""
    random = Random(20261128)
    beside = ("README.md", "verify.py", "keys.txt", "checkpoints.jsonl", "manifest.json")
    with zipfile.ZipFile(bundle) as archive:
        evidence = [name for name in archive.namelist() if name not in beside]

    def bent(content: bytes) -> bytes:
        at, length = random.randrange(len(content)), random.randint(0, 3)
        fresh = random.randbytes(random.randint(0, 3))
        now = content[:at] + fresh + content[at + length :]
        return now if now != content else content + b"x"

    for _ in range(60):
        damaged = changed(bundle, random.choice(evidence), bent)
        code, said = verdict(book, damaged, capsys)
        assert code == 1, said
    assert verdict(book, changed(bundle, "README.md", bent), capsys)[0] == 0


def test_names_that_lead_elsewhere_are_never_followed(
    bundle: Path, book: LogBook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is taken out of the ZIP, so a link or a path out of it is one name among others."""
    link = zipfile.ZipInfo("exports/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("exports/../../out.csv", b"x")
        archive.writestr("exports/số‮vsc.exe", b"x")
    before = sorted(tmp_path.rglob("*"))
    code, said = verdict(book, bundle, capsys)
    assert code == 1
    assert said.count("none that can be checked") == 3
    assert "‮" not in said
    assert sorted(tmp_path.rglob("*")) == before


def test_what_a_bundle_says_cannot_speak_for_the_verifier(
    bundle: Path, book: LogBook, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(bundle) as archive:
        note = archive.read("checkpoint")
    shout = "x\x1b[2J\x1b[H GOOD \u202e\x9b".encode()
    _replaced(bundle, "checkpoint", note.replace(b"sochung/test\n", shout + b"\n", 1))
    for more in ([], ["--json"]):
        assert main([str(bundle), "--key", book.vkey, *more]) == 1
        said = capsys.readouterr().out
        assert not any(c in said for c in "\x1b\x9b\u202e")
    assert plain("Số dư ĐẠT\n\x1b") == "Số dư ĐẠT\\u000a\\u001b"


# --- exports ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("ledger", lambda csv: csv.replace(b"account,fund", b"fund,account", 1)),
        ("ledger", lambda csv: csv.replace(b"\n", b"\r\n")),
        ("ledger", lambda csv: csv.replace(b"PC-2026-0001", b"PC-2026-0007", 1)),
        ("ledger", lambda csv: csv.replace(b",111,", b',"111",', 1)),
        ("ledger", lambda csv: csv.replace(b",1,20", b',"1,20', 1).replace(b",4111", b'",4111', 1)),
        ("ledger", lambda csv: csv.replace(b"\n", b"," * 5_000 + b"\n", 1)),
        ("balances", lambda csv: csv.replace(b"fund,account", b"account,fund")),
        ("balances", lambda csv: csv + b"loan,111,5\n"),
        ("balances", lambda csv: b"".join(csv.splitlines(keepends=True)[:-1])),
        ("balances", lambda csv: csv.replace(b"loan,111,", b"loan,111,1", 1)),
    ],
)  # fmt: skip
def test_an_export_shows_what_was_checked_and_nothing_else(
    file: str, change: Callable[[bytes], bytes], village: Busy, bundle: Path, book: LogBook
) -> None:
    bent = changed(bundle, f"exports/{village.club_id}/{file}.csv", change)
    report = book.verified(bent)
    assert {finding.claim for finding in report.findings} == {"exports"}


def test_an_export_of_nobody_and_one_left_out_are_named(
    village: Busy, bundle: Path, book: LogBook
) -> None:
    out = changed(bundle, f"exports/{village.club_id}/balances.csv", lambda _: None)  # type: ignore[arg-type, return-value]
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("exports/loans-of-all-clubs.csv", b"club,amount\n")
    codes = {finding.code for finding in book.verified(out).findings}
    assert codes == {"export-unknown", "export-missing"}


@pytest.mark.parametrize(
    ("vouchers", "slips"),
    [
        ([], ["", "", "", ""]),
        (["PC-1"], ["PC-1"] * 4),
        (["PC-1", "PT-1"], ["PC-1", "PT-1", "PT-1", "PC-1"]),
        (["PC-1", "PC-2"], ["PC-1", "", "PC-2", ""]),
    ],
)
def test_a_line_is_on_the_slip_of_its_fund(vouchers: list[str], slips: list[str]) -> None:
    lines = [
        {"account": "111", "fund": "loan", "amount": -5},
        {"account": "515", "fund": "care", "amount": 5},
        {"account": "111", "fund": "operating", "amount": 5},
        {"account": "642", "fund": "care", "amount": -5},
    ]
    assert slips_of(lines, vouchers) == slips


# --- signed by an operator who hides something ----------------------------------------------------


def test_money_cannot_hide_among_the_entries_of_care(
    village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    """Of care an outsider sees hashes; a book has none of it, so a gap in a book is a gap."""
    with book.superuser() as connection:
        position = position_of(connection, "loans.ExpensePaid")
        connection.execute(
            "UPDATE log.events SET topic = 'care.VisitRecorded' WHERE notification_id = %s",
            (position,),
        )
    book.sign()
    report = book.verified(_without_exports(book, database, follower))
    assert "version" in {finding.code for finding in report.findings if finding.claim == "order"}


def test_money_cannot_be_put_to_another_clubs_account(
    village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    with book.superuser() as connection:
        position = position_of(connection, "loans.ExpensePaid")
        connection.execute(
            "UPDATE log.events SET club_id = gen_random_uuid() WHERE notification_id = %s",
            (position,),
        )
    book.sign()
    report = book.verified(_without_exports(book, database, follower))
    said = [finding for finding in report.findings if finding.code == "book"]
    assert [finding.position for finding in said] == [position]


def test_lines_that_are_written_another_way_count_all_the_same(
    village: Busy, database: Database, follower: Follower, book: LogBook
) -> None:
    with book.superuser() as connection:
        position = position_of(connection, "loans.ExpensePaid")
        connection.execute(
            """UPDATE log.events SET state = convert_to(
                   replace(convert_from(state, 'UTF8'), '"lines":', %s), 'UTF8')
               WHERE notification_id = %s""",
            (r'"l\u0069nes" :', position),
        )
    rebuild_read_models(book, database, follower)
    book.sign()
    report = book.verified(book.bundle(database, follower))
    assert report.good, [finding.say(1) for finding in report.findings]
    assert report.claims["exports"] == "pass"


def _without_exports(book: LogBook, database: Database, follower: Follower) -> Path:
    out = book.bundle(database, follower)
    with zipfile.ZipFile(out) as old:
        kept = {n: old.read(n) for n in old.namelist() if not n.startswith("exports/")}
    with zipfile.ZipFile(out, "w") as new:
        for name, content in kept.items():
            new.writestr(name, content)
    return out


# --- what the auditor kept ------------------------------------------------------------------------


def test_a_head_that_is_named_does_not_stand_in_for_the_one_that_was_kept(
    village: Busy, bundle: Path, book: LogBook, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, named = book.folder / "kept", book.folder / "named"
    keep = [str(bundle), "--key", book.vkey, "--keep", str(kept)]
    assert main(keep) == 0
    shutil.copy(kept, named)
    size = int(kept.read_bytes().split(b"\n")[1])
    forked = Head("sochung/test", size, bytes(32)).signed(*book.keys.signers).encode()
    kept.write_bytes(forked)
    assert main([*keep, "--previous", str(named)]) == 1
    assert kept.read_bytes() == forked
    capsys.readouterr()
