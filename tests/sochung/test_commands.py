"""The command line as its user meets it: the real program, its own server, a home of its own."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from bookmaker import BookMaker
from domain.errors import SochungError
from sochung.cli import app
from store.embedded import EmbeddedServer

PROGRAM = Path(sys.executable).with_name("sochung")


class Home:
    """One SOCHUNG_HOME and the program run in it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment

    def run(
        self, *arguments: str, stdin: str = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(PROGRAM), *arguments],
            env=self.environment | more,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def json(self, *arguments: str) -> object:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with tempfile.TemporaryDirectory(prefix="sochung-cli-") as folder:
        Path(folder).chmod(0o755)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SOCHUNG", "DATABASE_"))}
        yield Home(Path(folder), kept | {"SOCHUNG_HOME": folder, "COLUMNS": "200"})
        EmbeddedServer(Path(folder)).stop()


@pytest.fixture(scope="module")
def tidy(home: Home) -> dict[str, object]:
    """The tidy book, imported once."""
    book = Path(__file__).parents[3] / "shared" / "data" / "club-book.xlsx"
    if not book.exists():
        pytest.skip("the shared folder with the clubs' books is not beside this checkout")
    done = home.run("import", str(book), "--json")
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


def test_the_first_start_makes_a_master_key_and_says_to_keep_a_copy(home: Home) -> None:
    done = home.run("status")
    assert done.returncode == 0, done.stderr
    assert "sochung key export" in done.stderr
    assert (home.folder / "master.key").stat().st_mode & 0o777 == 0o600


def test_a_lost_master_key_is_never_replaced_silently(home: Home, tidy: dict[str, object]) -> None:
    key, aside = home.folder / "master.key", home.folder / "aside"
    key.rename(aside)
    try:
        done = home.run("clubs")
        assert done.returncode == 3
        assert "master key" in done.stderr
        assert not key.exists()
        other = home.run("clubs", SOCHUNG_MASTER_KEY=secrets.token_hex(4))
        assert other.returncode == 3
    finally:
        aside.rename(key)


def test_the_import_prints_what_interface_md_fixes(tidy: dict[str, object]) -> None:
    assert set(tidy) >= {"club_id", "accepted", "rejected", "warnings", "totals"}
    assert tidy["rejected"] == []
    assert tidy["accepted"] == {
        "members": 62,
        "capital": 4,
        "operating": 146,
        "loans": 131,
        "repayments": 1420,
        "cash_counts": 8,
        "volunteers": 8,
        "meetings": 86,
        "shifts": 170,
        "group_works": 0,
        "visits": 868,
        "neighbours": 0,
    }


def test_balances_sum_to_nothing_and_name_the_box(home: Home, tidy: dict[str, object]) -> None:
    view = home.json("balances", "man duong", "--json")
    assert isinstance(view, dict)
    assert view["sum"] == 0
    assert view["cash"] == 20_313_877
    assert view["principal_outstanding"] == 89_347_306


def test_findings_are_listed_and_a_tidy_book_has_none(home: Home, tidy: dict[str, object]) -> None:
    listed = home.json("findings", "man duong", "--open", "--json")
    assert isinstance(listed, list)
    assert {one["kind"] for one in listed} == {"warning"}, "what the import warned of, no finding"
    shown = home.run("findings", "man duong", "--format", "csv")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.lstrip("\ufeff").startswith("Ngày,Loại,Nội dung,Trạng thái")


def test_balances_of_a_past_day_are_those_of_that_day(home: Home, tidy: dict[str, object]) -> None:
    then = home.json("balances", "man duong", "--as-of", "2018-12-10", "--json")
    assert isinstance(then, dict)
    assert then["cash"] == 12_106_661, "what the box held at the count of that day"
    before = home.json("balances", "man duong", "--known-at", "2020-01-01T00:00:00Z", "--json")
    assert isinstance(before, dict)
    assert before["accounts"] == [], "nothing was recorded yet"


def test_ledger_lines_have_the_keys_of_interface_md(home: Home, tidy: dict[str, object]) -> None:
    lines = home.json("ledger", "man duong", "--from", "2025-05-01", "--json")
    assert isinstance(lines, list)
    assert set(lines[0]) == {
        "entry_id", "event_id", "position", "voucher", "occurred_on", "recorded_at", "account",
        "fund", "loan_id", "member_id", "amount", "memo",
    }  # fmt: skip
    assert sum(line["amount"] for line in lines) == 0


def test_the_ledger_comes_as_csv_with_bom_and_as_xlsx(
    home: Home, tidy: dict[str, object], tmp_path: Path
) -> None:
    done = home.run("ledger", "man duong", "--format", "csv")
    assert done.stdout.startswith("\ufeffNgày,")
    sheet = tmp_path / "ledger.xlsx"
    assert home.run("ledger", "man duong", "--format", "xlsx", "--out", str(sheet)).returncode == 0
    assert sheet.read_bytes()[:2] == b"PK"


def test_the_ledger_comes_as_journals_for_other_programs(
    home: Home, tidy: dict[str, object], tmp_path: Path
) -> None:
    shown = home.run("ledger", "man duong", "--format", "hledger", "--to", "2018-07-31")
    assert shown.returncode == 0, shown.stderr
    assert "\ncommodity 1000. VND\n" in shown.stdout
    assert "2018-07-10 (" in shown.stdout
    file = tmp_path / "club.beancount"
    done = home.run("ledger", "man duong", "--format", "beancount", "--out", str(file))
    assert done.returncode == 0, done.stderr
    assert "2018-08-01 balance TàiSản:111-TiềnMặt:QuỹHoạtĐộng " in file.read_text("utf-8")
    json_wins = home.json("ledger", "man duong", "--format", "hledger", "--json")
    assert isinstance(json_wins, list)


def test_the_template_is_empty_or_a_clubs_own_book(
    home: Home, tidy: dict[str, object], tmp_path: Path
) -> None:
    blank, own = tmp_path / "blank.xlsx", tmp_path / "own.xlsx"
    assert home.run("template", str(blank)).returncode == 0
    assert home.run("import", str(blank), "--dry-run").returncode == 1, "no club is named in it"
    done = home.run("template", str(own), "--club", "man duong")
    assert done.returncode == 0, done.stderr
    report = home.json("import", str(own), "--dry-run", "--json")
    assert isinstance(report, dict)
    assert report["rejected"] == []
    assert set(report["accepted"].values()) == {0}, "all of it is known already"


def test_a_report_comes_as_text_json_workbook_and_paper(
    home: Home, tidy: dict[str, object], tmp_path: Path
) -> None:
    asked = ("report", "club", "man duong", "--from", "2024-01-01", "--to", "2024-12-31")
    assert "Số dư cuối kỳ" in home.run(*asked).stdout
    told = home.json(*asked, "--json")
    assert isinstance(told, dict)
    assert {fund["fund"] for fund in told["money"]["funds"]} == {"loan", "operating"}
    assert told["deeds"]["care"]["visits"] > 0
    for kind, start in (("pdf", b"%PDF-"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")):
        file = tmp_path / f"report.{kind}"
        done = home.run(*asked, "--format", kind, "--out", str(file))
        assert done.returncode == 0, done.stderr
        assert file.read_bytes().startswith(start)


def test_papers_to_sign(home: Home, tidy: dict[str, object], tmp_path: Path) -> None:
    for command in (
        ("voucher", "man duong", "PC-2018-0001"),
        ("count-sheet", "man duong", "--on", "2018-12-10"),
        ("statement", "man duong", "--member", "phung thi dao", "--on", "2019-01-10"),
        ("meeting-sheet", "man duong", "--on", "2019-01-10"),
        ("health-sheet", "man duong", "--on", "2019-01-10"),
    ):
        file = tmp_path / "paper.pdf"
        done = home.run(*command, "--out", str(file))
        assert done.returncode == 0, done.stderr
        assert file.read_bytes().startswith(b"%PDF-")
    missing = home.run("voucher", "man duong", "PC-2018-9999")
    assert missing.returncode == 1
    assert "not-found" in missing.stderr


def test_members_are_found_without_tones(home: Home, tidy: dict[str, object]) -> None:
    found = home.json("members", "man duong", "--q", "phung thi dao", "--json")
    assert isinstance(found, list)
    assert [member["name"] for member in found] == ["Phùng Thị Đào"]


def test_check_is_clean_and_rebuild_changes_nothing(home: Home, tidy: dict[str, object]) -> None:
    before = home.json("balances", "man duong", "--json")
    assert home.run("rebuild").returncode == 0
    assert home.json("balances", "man duong", "--json") == before
    done = home.run("check")
    assert done.returncode == 0, done.stdout


def test_rebuild_says_equal_or_names_the_rows(home: Home, tidy: dict[str, object]) -> None:
    made = home.json("rebuild", "--json")
    assert isinstance(made, dict)
    assert {one["equal"] for one in made.values()} == {True}
    with psycopg.connect(EmbeddedServer(home.folder).url("sochung", "postgres")) as intruder:
        intruder.execute(
            "UPDATE read.balances SET amount = 1 WHERE fund = 'loan' AND account = '111'"
        )
    done = home.run("rebuild", "ledger")
    assert done.returncode == 1
    assert "KHÁC sổ cũ 2 dòng" in done.stdout
    assert "chỉ có ở sổ cũ, bảng balances: " in done.stdout
    assert '"account": "111"' in done.stdout
    assert "giống sổ cũ" in home.run("rebuild", "ledger").stdout


def test_loans_of_another_day(home: Home, tidy: dict[str, object]) -> None:
    day = home.json("loans", "man duong", "--as-of", "2019-12-31", "--json")
    balances = home.json("balances", "man duong", "--as-of", "2019-12-31", "--json")
    assert isinstance(day, list)
    assert isinstance(balances, dict)
    assert 0 < sum(loan["outstanding"] for loan in day) == balances["principal_outstanding"]
    assert home.json("loans", "man duong", "--known-at", "2020-01-01T00:00:00Z", "--json") == []


def test_a_bad_book_exits_1_and_stores_nothing(home: Home, tmp_path: Path) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_text("không phải sổ")
    done = home.run("import", str(bad))
    assert done.returncode == 1
    assert "\nworkbook-unreadable: " in f"\n{done.stderr}"


def test_the_schedule_needs_no_database_and_says_what_is_wrong(home: Home) -> None:
    good = home.run(
        "schedule", "--principal", "5000000", "--rate", "0.7", "--instalments", "12",
        "--from", "2026-01-10", "--json",
        SOCHUNG_HOME="/nonexistent",
    )  # fmt: skip
    assert json.loads(good.stdout)["total"] == 5_227_500
    bad = home.run("schedule", "--principal", "5000000", "--rate", "0.7", "--instalments", "0",
                   "--from", "2026-02-30")  # fmt: skip
    assert bad.returncode == 2
    assert "instalments" in bad.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("balances", "không có"), 1, "not-found"),
        (("balances", "man duong", "--as-of", "hôm qua"), 2, "YYYY-MM-DD"),
        (("balances", "man duong", "--known-at", "2024-01-01"), 2, "múi giờ"),
        (("balances", " "), 2, "trống"),
        (("ledger", "man duong", "--out", "/nonexistent/x"), 2, "không ghi"),
        (("rebuild", "nothing"), 2, "nothing"),
        (("import", "/nonexistent.xlsx"), 2, ""),
        (("serve", "--host", "0.0.0.0"), 2, "--without-tls"),
        (("no-such-command",), 2, ""),
    ],
)
def test_exit_codes_tell_refusal_from_wrong_usage(
    home: Home, tidy: dict[str, object], arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = home.run(*arguments)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_away_exits_3(home: Home) -> None:
    done = home.run("clubs", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_who_may_be_entered_twice_is_listed(home: Home, tmp_path: Path) -> None:
    book = BookMaker("CLB thôn Ghi Trùng")
    book.member("Nguyễn Thị Phượng")
    book.member("Nguyễn Thị Phương")
    assert home.run("import", str(book.write(tmp_path))).returncode == 0
    (pair,) = home.json("duplicates", "ghi trung", "--json")  # type: ignore[misc]
    names = {pair["name"], pair["duplicate_name"]}
    assert (names, pair["score"]) == ({"Nguyễn Thị Phượng", "Nguyễn Thị Phương"}, 100)
    shown = home.run("duplicates", "ghi trung")
    assert "Có thể trùng" in shown.stdout
    assert pair["duplicate_id"] in shown.stdout
    assert home.run("duplicates", "no such club").returncode == 1


@pytest.mark.parametrize("url", ["rubbish", "http://127.0.0.1/none", "postgresql://a b"])
def test_an_address_that_is_none_is_wrong_usage(home: Home, url: str) -> None:
    done = home.run("status", DATABASE_URL=url)
    assert done.returncode == 2
    assert "DATABASE_URL" in done.stderr
    assert url not in done.stderr
    assert "Traceback" not in done.stderr


def test_key_export_never_overwrites(home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "copy.key"
    assert home.run("key", "export", str(copy)).returncode == 0
    assert copy.read_text() == (home.folder / "master.key").read_text()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert home.run("key", "export", str(copy)).returncode == 2


def test_a_members_history_as_text_json_csv_and_xlsx(
    home: Home, tidy: dict[str, object], tmp_path: Path
) -> None:
    told = home.json("history", "nong kim hue", "--kind", "loans", "--json")
    assert isinstance(told, dict)
    assert told["name"] == "Nông Kim Huệ"
    assert told["totals"]["received"] == 26_000_000, "10, 5, 6 and 5 million in the book"
    assert {item["kind"] for item in told["items"]} == {"loans"}
    assert all(item["past"] for item in told["items"] if item["received"])
    same = home.json("history", told["member_id"], "--club", "man duong", "--json")
    assert isinstance(same, dict)
    assert same["totals"]["repaid"] > 0
    text = home.run("history", "nong kim hue", "--lang", "en", "--to", "2018-12-31")
    assert text.returncode == 0, text.stderr
    assert "Received a loan of 10.000.000\u00a0₫" in text.stdout
    assert "(from the paper book)" in text.stdout
    csv = home.run("history", "nong kim hue", "--format", "csv")
    assert csv.stdout.lstrip("\ufeff").startswith("Ngày,Nội dung,Loại,Được nhận")
    paper = tmp_path / "story.xlsx"
    assert (
        home.run("history", "nong kim hue", "--format", "xlsx", "--out", str(paper)).returncode == 0
    )
    assert paper.read_bytes().startswith(b"PK")


def test_a_history_of_nobody_or_of_two(home: Home, tidy: dict[str, object]) -> None:
    nobody = home.run("history", "khong co ai")
    assert (nobody.returncode, "not-found" in nobody.stderr) == (1, True)
    two = home.run("history", "nguyen")
    assert (two.returncode, "name-ambiguous" in two.stderr) == (1, True)
    reversed_range = home.run(
        "history", "nong kim hue", "--from", "2020-01-01", "--to", "2019-01-01"
    )
    assert reversed_range.returncode == 2


# --- who may log in -----------------------------------------------------------------------------


def test_the_first_administrators_are_named_here_and_then_decide_together(home: Home) -> None:
    """In one process, for each start of the program takes a second."""
    runner = CliRunner(env={**home.environment, "SOCHUNG_DATABASE": "users"})

    def run(*arguments: str, typed: str = "") -> Result:
        return runner.invoke(app, ["user", *arguments], input=typed)

    def refused(code: str, *arguments: str, typed: str = "") -> None:
        done = run(*arguments, typed=typed)
        assert isinstance(done.exception, SochungError), done.output
        assert done.exception.code == code

    password = "cây đa bến nước sân đình"
    for name, user in (("Nông Thị Một", "mot.nong"), ("Lộc Văn Hai", "hai.loc")):
        done = run("add", name, "--user", user, "--administrator")
        code = next(word for word in done.stdout.split() if word.count("-") == 2)
        typed = f"{code}\n{password}\n{password}\n"
        assert run("password", user, typed=typed).exit_code == 0
    third = ("add", "Vi Thị Ba", "--user", "ba.vi", "--administrator")
    refused("administrators-exist", *third)

    ask, typed = ("roles", "hai.loc"), f"{password}\n"
    propose = (*ask, "--propose", "auditor", "--until", "2999-12-31", "--by", "mot.nong")
    refused("wrong-credentials", *propose, typed="sai mật khẩu rồi\n")
    shown = run(*propose, typed=typed).stdout
    waiting = next(line for line in shown.splitlines() if "chờ duyệt" in line)
    grant = waiting.split()[-1]
    for hand in ("mot.nong", "hai.loc"):
        refused("same-person", *ask, "--approve", grant, "--by", hand, typed=typed)

    listed = json.loads(run("list", "--json").stdout)
    assert [(one["user"], one["roles"]) for one in listed] == [
        ("hai.loc", "administrator (nation)"),
        ("mot.nong", "administrator (nation)"),
    ]
    assert run("disable", "hai.loc").exit_code == 0
    refused("wrong-credentials", *ask, "--decline", grant, "--by", "hai.loc", typed=typed)
    assert run("enable", "hai.loc").exit_code == 0
    assert "hai.loc" in run("reset", "hai.loc").stdout
