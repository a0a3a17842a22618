"""A club whose pages are opened, and somebody who opens them without script."""

import re
from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

from desk import clubs
from desk.desk import Desk
from domain.clubs.board import ElectBoard
from domain.clubs.events import Office, OfficeHolder
from scene_of_care import CareVillage
from village import FOUNDED, SYSTEM


class Club(CareVillage):
    """With its board, a borrower who owes, and a client who agreed to health data."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, capital=20_000_000)
        self.accountant = self.member("Hà Thị Toán")
        holders = {
            Office.CHAIR: self.chair,
            Office.ACCOUNTANT: self.accountant,
            Office.TREASURER: self.treasurer,
            Office.SECRETARY: self.secretary,
        }
        board = [OfficeHolder(office=office, person_id=who) for office, who in holders.items()]
        clubs.elect_board(
            desk, SYSTEM, self.club_id, ElectBoard(elected_on=FOUNDED, holders=tuple(board))
        )
        self.borrower = self.member("Nguyễn Thị Phượng")
        self.loan = self.lent(self.borrower, 5_000_000)
        self.consented()


@dataclass
class Plain:
    """Somebody at a browser without script: opens pages, fills in forms, sends them."""

    client: TestClient
    html: str = ""
    status: int = 0
    url: str = ""

    @property
    def parts(self) -> Any:
        return self.client.app.state.parts  # type: ignore[attr-defined]

    def open(self, path: str) -> str:
        self.parts.follower.catch_up(60)
        return self._shown(self.client.get(path))

    def send(self, action: str = "", **typed: Any) -> str:
        """Sends the form with this `action` (or the last POST form) with what is `typed` into it.

        Names with a dot are given with two underscores: `principal__<id>`.
        """
        fields = self.form(action)
        for name, value in typed.items():
            fields[name.replace("__", ".")] = value
        data = {name: value for name, value in fields.items() if value is not None}
        return self.post(action or self.url, data)

    def post(self, path: str, data: dict[str, Any], **more: Any) -> str:
        answer = self.client.post(path, data=data, follow_redirects=False, **more)
        if answer.status_code == 303:
            return self.open(answer.headers["location"])
        return self._shown(answer)

    def press(self, decision: str, **typed: str) -> str:
        """A button of a page on which every thing that waits has a form of its own."""
        for body in re.findall(r'<form method="post"[^>]*>(.*?)</form>', self.html, re.S):
            if f'name="decision" value="{decision}"' in body:
                tags = re.findall(r"<input[^>]*>", body)
                fields = {_attribute(tag, "name"): _attribute(tag, "value") for tag in tags}
                return self.post(self.url, {**fields, **typed, "decision": decision})
        raise AssertionError(f"no button {decision}")

    def form(self, action: str) -> dict[str, Any]:
        """What a browser would send of the page's form untouched."""
        found = [
            body
            for head, body in re.findall(r"<form([^>]*)>(.*?)</form>", self.html, re.S)
            if 'method="post"' in head and (f'action="{action}"' in head or not action)
        ]
        assert found, f"no form for {action}"
        fields: dict[str, Any] = {}
        for tag in re.findall(r"<input[^>]*>", found[-1]):
            name, value = _attribute(tag, "name"), _attribute(tag, "value")
            kind = _attribute(tag, "type")
            if name and (kind not in ("checkbox", "radio") or " checked" in tag):
                fields[name] = value
        for name, body in re.findall(
            r'<select name="([^"]*)"[^>]*>(.*?)</select>', found[-1], re.S
        ):
            chosen = re.search(r'<option value="([^"]*)" selected', body)
            first = re.search(r'<option value="([^"]*)"', body)
            fields[name] = (chosen or first)[1] if chosen or first else ""  # type: ignore[index]
        return fields

    def _shown(self, answer: Any) -> str:
        self.html, self.status, self.url = answer.text, answer.status_code, str(answer.url.path)
        return self.html


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""
