"""What every page stands on."""

import hashlib
import re
import tomllib
from collections.abc import Callable
from datetime import date

import pytest
from starlette.testclient import TestClient

from domain.errors import Malformed
from tests.web.messages import english, used
from village import Village
from web import formats, typed
from web.assets import asset
from web.translations import counted, translations

Browser = Callable[..., TestClient]


def test_what_others_made_is_as_the_manifest_says() -> None:
    from importlib.resources import files

    static = files("web") / "static"
    listed = tomllib.loads((static / "vendor/manifest.toml").read_text())
    lying = {
        f"vendor/{one.name}"
        for one in (static / "vendor").iterdir()
        if not one.name.endswith((".LICENSE", ".toml"))
    }
    assert set(listed) == lying
    for name, said in listed.items():
        assert hashlib.sha256((static / name).read_bytes()).hexdigest() == said["sha256"], name


def test_every_text_is_there_in_both_languages() -> None:
    missing = used() - english().keys()
    assert not missing, "to translate:\n" + "\n".join(sorted(missing))
    assert not english().keys() - used(), "nobody says these any more"
    assert all(map(all, english().values()))
    named = re.compile(r"%\(\w+\)s")
    for said, forms in english().items():
        for translated in forms:
            assert sorted(named.findall(said)) == sorted(named.findall(translated)), said
    assert translations("en").gettext("Hôm nay") == "Today"
    assert translations("vi").gettext("Hôm nay") == "Hôm nay"


@pytest.mark.parametrize(
    ("number", "vi", "en"),
    [
        (0, "Quá hạn 0 ngày", "0 days overdue"),
        (1, "Quá hạn 1 ngày", "1 day overdue"),
        (2, "Quá hạn 2 ngày", "2 days overdue"),
        (1200, "Quá hạn 1.200 ngày", "1.200 days overdue"),
    ],
)
def test_what_is_counted_is_said_as_the_language_counts(number: int, vi: str, en: str) -> None:
    assert counted("vi", "Quá hạn %(n)s ngày", number) == vi
    assert counted("en", "Quá hạn %(n)s ngày", number) == en


def test_days_and_amounts_are_written_as_people_here_write_them() -> None:
    assert formats.day("2026-01-31") == "31/01/2026"
    assert formats.money(1234567) == "1.234.567\u00a0₫"
    assert formats.money(-500) == "−500\u00a0₫"
    assert formats.moment("2026-01-31T18:05:00Z") == "01:05 01/02/2026"


@pytest.mark.parametrize(
    "text", ["10/3/2026", "10/03/2026", "10.3.2026", "10-3-2026", "10 3 2026", "10032026"]
)
def test_a_day_is_typed_as_people_write_it_or_as_addresses_have_it(text: str) -> None:
    assert typed.as_day(text) == typed.as_day("2026-03-10") == date(2026, 3, 10)
    assert formats.again(text) == "10/03/2026", "and stands in its field the one way"


@pytest.mark.parametrize(
    "text", ["31/02/2026", "3/10/26", "10/3-2026", "2026-3-10", "20260310", "١٠/٣/٢٠٢٦", "hôm qua"]
)
def test_what_is_no_day_is_asked_about_and_stays_as_it_was_typed(text: str) -> None:
    with pytest.raises(Malformed, match="10/03/2026"):
        typed.day({"on": text}, "on")
    assert formats.again(text) == text


def test_days_of_an_address_are_read_as_they_are_typed(browser: Browser, village: Village) -> None:
    reader, book = browser(village.chair), f"/clubs/{village.club_id}/cash-book"
    asked = reader.get(book, params={"from": "10/1/2024", "to": "31.12.2025"}).text
    assert 'name="from" value="10/01/2024"' in asked
    assert "cash-book.csv?from=2024-01-10&amp;to=2025-12-31" in asked, "as everybody else reads it"
    assert reader.get(book, params={"from": "31/2/2024"}).status_code == 422


def test_nobody_is_sent_to_the_log_in_page_and_back_to_where_they_were_going(
    browser: Browser, village: Village
) -> None:
    nobody = browser()
    answer = nobody.get("/more?x=1", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fmore%3Fx%3D1"


def test_a_link_to_the_log_in_page_sends_nobody_elsewhere(browser: Browser) -> None:
    for elsewhere in ("//evil.example", "/\\evil.example", "https://evil.example/", "javascript:1"):
        answer = browser().post(
            "/language", data={"language": "en", "next": elsewhere}, follow_redirects=False
        )
        assert answer.headers["location"] == "/", elsewhere


def test_the_language_is_what_was_chosen_then_the_browsers_then_vietnamese(
    browser: Browser, village: Village
) -> None:
    reader = browser(village.chair, language="de, en;q=0.8")
    assert reader.get("/").headers["content-language"] == "en"
    assert "Today" in reader.get("/").text
    reader.post("/language", data={"language": "vi"})
    answer = reader.get("/")
    assert answer.headers["content-language"] == "vi"
    assert {"Accept-Language", "Cookie"} <= set(answer.headers["vary"].split(", "))
    assert "Hôm nay" in answer.text
    assert browser(village.chair, language="fr").get("/").headers["content-language"] == "vi"


def test_a_page_runs_nothing_of_its_own_and_asks_nobody_else(
    browser: Browser, village: Village
) -> None:
    answer = browser(village.chair).get("/")
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", answer.text)
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", answer.text)


def test_files_are_kept_for_good_under_a_name_of_what_is_in_them(browser: Browser) -> None:
    answer = browser().get(asset("web.css"))
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    font = re.search(r"url\((/static/vendor/[^)]+)\)", answer.text)
    assert font is not None
    assert browser().get(font[1]).headers["content-type"] == "font/woff2"
    assert browser().get("/static/web.css").status_code == 404


def test_what_goes_wrong_is_a_page_for_people_and_a_part_for_a_script(
    browser: Browser, village: Village
) -> None:
    reader = browser(village.chair)
    whole = reader.get("/nowhere")
    assert whole.status_code == 404
    assert "<!doctype html>" in whole.text
    part = reader.get("/nowhere", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert part.status_code == 404
    assert part.text.startswith('<section class="problem"')
    assert reader.get("/v1/nowhere").headers["content-type"] == "application/problem+json"
    assert reader.get("/nowhere", headers={"Accept": "*/*"}).json()["code"] == "not-found"
