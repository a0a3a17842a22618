"""Every page in a real browser: nothing a rule of accessibility forbids, on a phone and large; the
keyboard alone reaches everything; with text at 200 % nothing is cut or hangs over the side."""

import html
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.callers import COOKIE
from audit.unusual import RULES
from benchmarks.pages import PROMISED_KB, first_load
from projections.sentences import WORDINGS
from sochung.scenario.accounts import LOGINS
from tests.web.every_page import every_page
from tests.web.lang_son import LangSon, copied
from tests.web.messages import english

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AXE = Path(__file__).with_name("axe.min.js").read_text()
EVERY_RULE = '["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]'
RULES_OF_PLACE = '["target-size", "scrollable-region-focusable", "link-in-text-block"]'
"""What may be otherwise on a wider screen."""
USERS = [
    *(login.user for login in LOGINS),
    *("thuky", "hoivien", "nguoithan", "kiemtoan.2025", "kiemtoan.2026"),
]
PATIENCE_MS = 120_000
PHONE, PC = {"width": 360, "height": 740}, {"width": 1280, "height": 900}

CUT = """() => [...(document.documentElement.scrollWidth > innerWidth ? ['sideways'] : []),
  ...[...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect();
  if (!box.width || !one.checkVisibility() || one.closest('[tabindex="0"]')
    || one.closest('thead')?.clientHeight == 1) return false;
  const clips = getComputedStyle(one).overflowX != 'visible';
  const text = [...one.childNodes].some(child => child.nodeType == 3 && child.data.trim());
  return text && box.right > 0 && (box.right > innerWidth + 1 || box.left < -1
    || (clips && one.scrollWidth > one.clientWidth + 1));
}).map(one => one.outerHTML.slice(0, 160))].slice(0, 4)"""
"""Whether the page scrolls sideways; elements whose text is cut or hangs over the side, but for
regions that scroll by themselves and heads of tables that are told beside each value."""

REACHABLE = """() => {
  const radios = new Set();
  window.left = new Set([...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter(one =>
    one.type != 'hidden' && !one.disabled && one.checkVisibility({visibilityProperty: true}) &&
    !(one.type == 'radio' && (radios.has(one.name) || !radios.add(one.name)))));
  window.dim = [];
  return window.left.size;
}"""
FOCUSED = """() => {
  const one = document.activeElement, told = one.outerHTML.slice(0, 160);
  for (const other of window.left)
    if (other == one || (one.type == 'radio' && other.name == one.name)) window.left.delete(other);
  if (one == document.body) return window.left.size;
  // A link that goes on in the next line is looked for in its first.
  const style = getComputedStyle(one), box = one.getClientRects()[0];
  if (style.outlineStyle == 'none' || parseFloat(style.outlineWidth) < 2)
    window.dim.push('no ring: ' + told);
  const at = document.elementFromPoint(
    Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1),
    Math.min(Math.max(box.top + Math.min(box.height, 40) / 2, 0), innerHeight - 1));
  if (!at || !(one.contains(at) || at.contains(one) || at.control == one))
    window.dim.push('hidden: ' + told);
  return window.left.size;
}"""
"""Looks at what has the focus; how many things it has not come to yet."""
MISSED = "[...window.dim, ...[...window.left].map(one => 'missed: ' + one.outerHTML.slice(0, 160))]"


@pytest.fixture(scope="module")
def here(chromium: Any, server: Any, lang_son_told: str) -> Iterator[LangSon]:
    with copied(server, lang_son_told) as copy:
        yield copy


@pytest.fixture(scope="module")
def pages(here: LangSon) -> dict[str, str]:
    found = every_page(here)
    here.app.state.parts.follower.catch_up(60)
    return found


def opened(browser: Any, here: LangSon, size: dict[str, int]) -> Any:
    """For somebody who is everything; axe is put into it by the test, which its policy forbids."""
    context = browser.new_context(viewport=size, locale="vi-VN", bypass_csp=True)
    context.add_cookies([here.cookie("moivai")])
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


def goes(page: Any, here: LangSon, path: str) -> list[int]:
    status = page.goto(here.address + path).status
    return [] if status == 200 else [status]


@pytest.mark.parametrize(
    ("size", "rules"), [(PHONE, EVERY_RULE), (PC, RULES_OF_PLACE)], ids=["phone", "pc"]
)
def test_no_page_breaks_a_rule_of_accessibility_or_asks_elsewhere(
    driven: Any, here: LangSon, pages: dict[str, str], size: dict[str, int], rules: str
) -> None:
    page, asked, wrong = opened(driven, here, size), [], []
    page.on("request", lambda one: asked.append(one.url))
    for route, path in pages.items():
        wrong += [(route, status) for status in goes(page, here, path)]
        wrong += [(route, one) for one in page.evaluate(CUT)]
        for one in page.evaluate(f"{AXE};axe.run(document, {{runOnly: {rules}}})")["violations"]:
            wrong.append((route, one["id"], [node["html"][:160] for node in one["nodes"]][:3]))
    page.context.close()
    assert not wrong, "\n".join(map(str, wrong))
    assert [url for url in asked if not url.startswith((here.address, "data:"))] == []


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(
    driven: Any, here: LangSon, pages: dict[str, str]
) -> None:
    page, wrong = opened(driven, here, PHONE), []
    for route, path in pages.items():
        wrong += [(route, status) for status in goes(page, here, path)]
        if route == "/offline":  # its forms open once the script has the lists
            page.wait_for_selector("details[open]")
        # Some things take several turns: the hours and the minutes of a time.
        for _ in range(2 * page.evaluate(REACHABLE) + 20):
            page.keyboard.press("Tab")
            if not page.evaluate(FOCUSED):
                break
        if found := page.evaluate(MISSED):
            wrong.append((route, found[:4]))
    page.goto(here.address)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main", "the first thing skips the head"
    page.context.close()
    assert not wrong, "\n".join(map(str, wrong))


def test_with_text_twice_as_large_nothing_is_cut_on_a_phone(
    chromium: Any, here: LangSon, pages: dict[str, str]
) -> None:
    kind, program = chromium
    large = ["--no-sandbox", "--blink-settings=defaultFontSize=32,minimumFontSize=0"]
    browser = kind.launch(executable_path=program, args=large)
    page, wrong = opened(browser, here, PHONE), []
    for route, path in pages.items():
        wrong += [(route, status) for status in goes(page, here, path)]
        size = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
        assert size >= 32, "the browser was told"
        wrong += [(route, one) for one in page.evaluate(CUT)]
    browser.close()
    assert not wrong, "\n".join(map(str, wrong))


def test_a_poor_line_bears_the_first_load_of_every_page(
    here: LangSon, pages: dict[str, str]
) -> None:
    client = TestClient(here.app, base_url="http://localhost", headers={"Accept": "text/html"})
    client.cookies.set(COOKIE, here.cookie("moivai")["value"])
    heavy = {
        route: weighs
        for route, path in pages.items()
        if (weighs := first_load(client, path)) > PROMISED_KB * 1000
    }
    client.close()
    assert not heavy


WAYS_EACH = 2 if os.environ.get("SOCHUNG_EXHAUSTIVE") else 1
_CODE = re.compile(r"\b[a-z]+(?:[_-][a-z]+)+\b|\b[a-z]+\.[A-Z][a-z]\w+|\bimport:")
_UNSEEN = re.compile(r"<(script|style|pre|code)\b.*?</\1>|<!--.*?-->", re.S)
_TOLD_BESIDE = re.compile(r'(?:aria-label|placeholder|title|alt)="([^"]*)"')


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_page_shows_a_code(here: LangSon, pages: dict[str, str], language: str) -> None:
    """Neither to whoever is everything nor to an auditor; a word with a hyphen is one that a
    catalogue, a sentence or an auditor's rule is written with."""
    words = {one for forms in english().values() for one in forms} | set(map(str, RULES.values()))
    words |= {one.text[1] + one.name[1] for one in WORDINGS.values()}
    written = {code for text in words for code in _CODE.findall(text)}
    found = set()
    for user in ("moivai", "kiemtoan", "thuquy", "hoivien"):
        client = TestClient(here.app, base_url="http://localhost", headers={"Accept": "text/html"})
        client.cookies.set(COOKIE, here.cookie(user)["value"])
        client.cookies.set("language", language)
        for route, path in pages.items():
            bare = _UNSEEN.sub(" ", client.get(path).text)
            text = html.unescape(
                re.sub(r"<[^>]+>", " ", bare) + " ".join(_TOLD_BESIDE.findall(bare))
            )
            found |= {(route, code) for code in _CODE.findall(text) if code not in written}
        client.close()
    assert not found, "\n".join(map(str, sorted(found)))


@pytest.mark.parametrize("user", USERS)
def test_no_way_that_a_page_offers_leads_nowhere(here: LangSon, user: str) -> None:
    """From what each role begins the day with: of every kind of page a way to every kind, papers
    too; `make soak` goes two. Whoever gives reasons gives one, and is led on."""
    client = TestClient(here.app, base_url="http://localhost", headers={"Accept": "text/html"})
    client.cookies.set(COOKIE, here.cookie(user)["value"])
    waiting, followed, seen, wrong = [("/", ""), ("/more", "")], Counter[Any](), set[str](), []
    while waiting:
        path, comes_from = waiting.pop(0)
        between = _kind(comes_from), _kind(path)
        if path in seen or followed[between] == WAYS_EACH:
            continue
        followed[between] += 1
        seen.add(path)
        answer = client.get(path, follow_redirects=True)
        if answer.status_code == 403 and 'name="reason"' in answer.text:
            path += "&" * ("?" in path) + "?" * ("?" not in path) + "reason=ng%C6%B0%E1%BB%9Di+vay"
            answer = client.get(path)
        if answer.status_code != 200:
            wrong.append((path, answer.status_code, comes_from))
        if answer.headers["content-type"].startswith("text/html"):
            links = re.findall(r'<a [^>]*href="(/[^"#]*)', answer.text)
            waiting += [(html.unescape(link), path) for link in dict.fromkeys(links)]
    client.close()
    assert not wrong, "\n".join(map(str, wrong))
    assert len(seen) > 4


def _kind(path: str) -> str:
    return re.sub(r"[0-9a-f-]{36}|\?.*", "…", path)
