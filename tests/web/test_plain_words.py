"""What a reader sees are words: of what is hidden from them, of who wrote something down, of why
they are asked for a reason, and of the codes that stand behind."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.titles import TITLES
from audit.unusual import RULES
from bookmaker import LOANS, BookMaker
from desk.desk import Desk
from domain.accounts.permissions import Action
from domain.accounts.roles import Role, Scope
from exchange.importing import import_book
from logins import granted
from projections.follower import Follower
from tests.web.hamlet import Hamlet, hamlet
from tests.web.messages import english
from village import Village
from web.fault_words import FAULTS
from web.look_words import ACTIONS, PLACES
from web.recorders import recorder

Browser = Callable[..., TestClient]
ROOT = Path(__file__).parents[2]
_LOOKS = {"names", "looked_at", "handed_out", "noted", "_named", "_names", "_of_members"}


@pytest.fixture
def here(desk: Desk) -> Hamlet:
    return hamlet(desk)


def auditor(browser: Browser, here: Hamlet, language: str = "vi") -> TestClient:
    club = Scope(kind="club", id=str(here.village.club_id))
    grants = [granted(Role.AUDITOR, club)]
    return browser(here.village.member("Kiểm Tra Viên"), language=language, grants=grants)


def officer(browser: Browser, here: Hamlet, language: str) -> TestClient:
    grants = [granted(Role.PROVINCIAL_OFFICER, Scope(kind="nation"))]
    return browser(here.village.secretary, language=language, grants=grants)


@pytest.mark.parametrize(
    ("language", "hidden", "erased"),
    [
        ("vi", "(tên không hiện với vai của mình)", "(đã xóa tên)"),
        ("en", "(name hidden from your role)", "(name erased)"),
    ],
)
def test_a_name_that_is_only_hidden_is_not_called_erased(
    browser: Browser, here: Hamlet, language: str, hidden: str, erased: str
) -> None:
    reader = auditor(browser, here, language)
    pages = [f"/loans/{here.loan}", f"{here.club}/loan-book", f"/audit{here.club}"]
    payout = re.search(r'href="(/events/[^"]+)"', reader.get(pages[0]).text)
    assert payout
    for address in (*pages, payout[1]):
        text = reader.get(address).text
        assert hidden in text, address
        assert erased not in text, address
        assert "Phượng" not in text, address


@pytest.mark.parametrize(
    ("language", "asked"),
    [("vi", "Hãy ghi vì sao cần xem"), ("en", "Say why you need to see it")],
)
def test_a_reason_is_asked_for_in_the_reader_s_words(
    browser: Browser, here: Hamlet, language: str, asked: str
) -> None:
    reader = officer(browser, here, language)
    for address in (f"/loans/{here.loan}", f"/v1{here.club}/loan-book.xlsx"):
        answer = reader.get(address)
        assert answer.status_code == 403
        assert asked in answer.text
        assert "X-Reason" not in answer.text
        assert reader.get(address, params={"reason": "khiếu nại"}).status_code == 200
    missing = reader.get(f"/loans/{here.entry}")
    assert missing.status_code == 404
    assert ("Không có khoản vay này." in missing.text) is (language == "vi")


def test_a_program_s_file_is_still_refused_in_the_program_s_words(
    browser: Browser, here: Hamlet
) -> None:
    reader = officer(browser, here, "en")
    answer = reader.get(f"/v1{here.club}/loan-book.csv", headers={"Accept": "text/csv"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "reason-needed"


def test_papers_are_offered_to_whoever_may_take_them(browser: Browser, here: Hamlet) -> None:
    """The treasurer beside the auditor and the care coordinator, on the same pages."""
    club, village = here.village.club_id, here.village
    scope = Scope(kind="club", id=str(club))
    treasurer = browser(village.treasurer, grants=[granted(Role.TREASURER, scope)])
    carer = browser(village.chair, grants=[granted(Role.CARE_COORDINATOR, scope)])
    checker = auditor(browser, here)
    for address, paper, others in (
        (f"{here.club}/report", f"/v1/reports/clubs/{club}.pdf", (carer, checker)),
        (f"{here.club}/reconcile", "/cash-count.pdf", (checker,)),
        (f"{here.club}/imports", "/book.xlsx", (checker,)),
        (f"/members/{here.borrower}", "/statements.pdf", (carer,)),
    ):
        assert paper in treasurer.get(address).text, address
        for other in others:
            answer = other.get(address)
            assert answer.status_code == 200
            assert paper not in answer.text, address


def test_whoever_brings_no_book_is_not_asked_for_one(browser: Browser, here: Hamlet) -> None:
    address = f"{here.club}/imports"
    assert 'type="file"' not in auditor(browser, here).get(address).text
    assert 'type="file"' in browser(here.village.chair).get(address).text


def test_what_came_with_a_book_says_who_brought_it_and_leads_there(
    browser: Browser, desk: Desk, follower: Follower, tmp_path: Path
) -> None:
    elsewhere = Village(desk)
    follower.catch_up(60)
    book = BookMaker("CLB thôn Nà Sổ").write(tmp_path)
    report = import_book(desk, follower, book, by=elsewhere.treasurer, second=elsewhere.chair)
    reader = browser(elsewhere.chair)
    with desk.log.database.connection() as connection:
        [(event_id, borrower)] = connection.execute(
            """SELECT e.event_id, l.borrower_id FROM log.events e
               JOIN read.loans l ON l.loan_id::text =
                   convert_from(e.state, 'UTF8')::jsonb ->> 'loan_id'
               WHERE e.topic = 'loans.PastLoanEntered' LIMIT 1"""
        ).fetchall()
        [(name,)] = connection.execute(
            "SELECT name FROM keys.people WHERE person_id = %s", (elsewhere.treasurer,)
        ).fetchall()
    text = reader.get(f"/events/{event_id}").text
    assert f"{name}, nhập từ sổ Excel" in text
    assert f'href="/clubs/{report.club_id}/imports"' in text
    story = reader.get(f"/members/{borrower}").text
    assert f"{name}, nhập từ sổ Excel ghi lúc" in story
    assert "import:" not in text + story


def test_every_program_that_writes_has_words() -> None:
    text = [recorder(actor).text for actor in ("system", "restore", "access-log", "import", "mới")]
    assert all(one in english() for one in text)


def test_what_is_odd_is_told_without_codes(browser: Browser, here: Hamlet) -> None:
    for language, said in (("vi", "ngày"), ("en", "days")):
        reader = auditor(browser, here, language)
        every = reader.get(f"/audit{here.club}").text.partition('<select name="rule">')[2]
        assert RULES["no-use-check"][language == "en"] in every
        assert 'href="/audit' + here.club + '?rule=no-use-check"' in every, "by rule, and how often"
        odd = reader.get(f"/audit{here.club}?rule=no-use-check").text
        odd = odd.partition('<select name="rule">')[2]
        assert re.search(rf"\d+ {said}", odd)
        assert re.search(r'href="/events/[^"]+"><span>', odd)
        assert not re.search(r"person_id|borrower_id|days:|officers", odd.replace("an officer", ""))


def test_every_place_that_the_access_log_names_has_a_word() -> None:
    """Found in the code itself, so that no new one is missed."""
    assert {*_places()} - PLACES.keys() == set()
    assert ACTIONS.keys() == set(Action)
    assert len({*_places()}) > 40


def test_whatever_a_workbook_is_refused_for_or_odd_in_has_its_english() -> None:
    """Codes are found in the code itself; those of a club's report have words of their own."""
    exchange = ROOT / "exchange"
    paths = {*exchange.glob("*.py"), *(exchange / "workbook").glob("*.py")}
    texts = {
        node.value
        for path in paths - {exchange / "vocabulary.py"}
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    codes = {text for text in texts if re.fullmatch(r"[a-z]+(-[a-z]+)+", text)}
    assert codes - FAULTS.keys() - TITLES.keys() == set()
    assert FAULTS.keys() <= codes


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_preview_says_what_is_wrong_in_the_reader_s_language(
    browser: Browser, here: Hamlet, tmp_path: Path, language: str
) -> None:
    book = BookMaker("CLB thôn Khác").put(LOANS, 3, 5, "nhiều tiền")
    reader = browser(here.village.treasurer, language=language)
    content = book.write(tmp_path).read_bytes()
    text = reader.post("/imports", files={"book": ("so.xlsx", content)}).text
    assert "không phải số tiền" in text
    assert ("Not an amount of money." in text) is (language == "en")


def _places() -> Iterator[str]:
    """What is written down with a look: a plain text as the last argument of whoever writes it, and
    the names of lists that are papers too."""
    for path in [*(ROOT / "api").glob("*.py"), *(ROOT / "web").rglob("*.py")]:
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            name = getattr(call.func, "attr", "") or getattr(call.func, "id", "")
            if name in _LOOKS:
                texts = [one.value for one in call.args[1:] if isinstance(one, ast.Constant)]
                yield from (one for one in texts[-1:] if isinstance(one, str))
            elif name == "papers" and not call.args[1].id.startswith("_"):  # type: ignore[attr-defined]
                yield call.args[1].id  # type: ignore[attr-defined]
