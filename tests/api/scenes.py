"""For every command that can be sent: a village in which its published example takes effect."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from api import book_commands, people_commands
from api.commands import Command
from api.people_commands import SOMEBODY, SOMEBODY_ELSE
from desk import books
from domain.loans.commands import ProposeReversal, ReceiveDues
from village import DAY, FOUNDED, SYSTEM, Village

COMMANDS: dict[str, Command] = {
    command.name: command
    for table in (
        people_commands.COMMANDS,
        book_commands.MONEY,
        book_commands.LOANS,
        book_commands.CORRECTIONS,
    )
    for command in table
}


class Scene(NamedTuple):
    command: Command
    address: str
    body: dict[str, Any]
    acting: UUID


def scene(village: Village, name: str) -> Scene:
    command = COMMANDS[name]
    text = json.dumps(command.example)
    text = text.replace(SOMEBODY_ELSE, str(village.treasurer)).replace(SOMEBODY, str(village.chair))
    thing = _THINGS.get(name, _BY_ID.get(command.names or "", _nothing))(village)
    acting = village.chair if "approv" in name else village.secretary
    if name in ("disburse_loan", "repay_loan"):
        acting = village.treasurer
    return Scene(command, "/v1" + command.path.format(**thing), json.loads(text), acting)


def _nothing(village: Village) -> dict[str, UUID]:
    return {}


def _club(village: Village) -> dict[str, UUID]:
    _dues(village)
    return {"club_id": village.club_id}


def _fresh_club(village: Village) -> dict[str, UUID]:
    return {"club_id": Village(village.desk).club_id}


def _member(village: Village) -> dict[str, UUID]:
    return {"member_id": village.member("Hoàng Thị Dung", joined_on=FOUNDED)}


def _dues(village: Village) -> UUID:
    dues = ReceiveDues(occurred_on=DAY, amount=1_000_000)
    return books.record(village.desk, SYSTEM, village.club_id, dues).event_id


def _entry(village: Village) -> dict[str, UUID]:
    return {"event_id": _dues(village)}


def _proposed(village: Village) -> dict[str, UUID]:
    event_id = _dues(village)
    reason = village.desk.memo(village.club_id, "Ghi trùng")
    assert reason
    proposal = ProposeReversal(
        occurred_on=DAY, event_id=event_id, proposed_by=village.secretary, reason=reason
    )
    books.propose_reversal(village.desk, SYSTEM, proposal)
    return {"event_id": event_id}


def _loan(step: Callable[..., UUID]) -> Callable[[Village], dict[str, UUID]]:
    def make(village: Village) -> dict[str, UUID]:
        borrower = village.member("Hoàng Thị Dung", joined_on=FOUNDED)
        return {"loan_id": step(village, borrower, 5_000_000)}

    return make


_BY_ID = {
    "club_id": _club,
    "member_id": _member,
    "loan_id": _loan(Village.requested),
    "event_id": _entry,
}
_THINGS = {
    "enter_opening_balances": _fresh_club,
    "disburse_loan": _loan(Village.approved),
    "repay_loan": _loan(Village.lent),
    "approve_reversal": _proposed,
}
