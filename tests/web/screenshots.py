"""`PYTHONPATH=tests .venv/bin/python -m tests.web.screenshots FOLDER` shows every page, in both
languages, on a phone and on a PC. People are invented; the pictures are for whoever looks at them,
and no part of the repository.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from conftest import Server
from store.embedded import EmbeddedServer
from store.provision import ensure_roles
from tests.web.every_page import every_page
from tests.web.lang_son import LangSon, copied, told_once

SIZES = {"phone": (360, 740), "pc": (1280, 900)}
BEGIN_THE_DAY = (
    "thuquy",
    "chamsoc",
    "tinhnguyen",
    "kiemtoan",
    "canbo.tinh",
    "hoivien",
    "kiemtoan.2025",
)
_ID = re.compile(r"[{}]|[0-9a-f-]{36}")


def shoot(here: LangSon, folder: Path) -> None:
    pages = {route: ("moivai", path) for route, path in every_page(here).items()}
    pages |= {f"today {user}": (user, "/") for user in BEGIN_THE_DAY}
    here.app.state.parts.follower.catch_up(60)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for language in ("vi", "en"):
            for device, (width, height) in SIZES.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, locale=language
                )
                page = context.new_page()
                for name, (user, path) in pages.items():
                    context.add_cookies([here.cookie(user)])
                    page.goto(here.address + path)
                    called = re.sub(r"\W+", "-", _ID.sub("", name)).strip("-") or "today"
                    page.screenshot(
                        path=folder / f"{language}-{device}-{called}.png", full_page=True
                    )
                context.close()
        browser.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sochung-screens-") as home:
        Path(home).chmod(0o755)
        embedded = EmbeddedServer(Path(home))
        embedded.ensure()
        try:
            ensure_roles(embedded.url("postgres", "postgres"), login=True)
            server = Server("embedded", embedded, "")
            with told_once(server) as told, copied(server, told) as here:
                shoot(here, folder)
        finally:
            embedded.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
