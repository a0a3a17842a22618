"""A loan at one meeting: asked for and looked at, voted and approved, paid out; three people, each
of whom signs their own part, by the log-in of this device or by their PIN on it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Response

from api.callers import Caller, Knocking
from api.commands import Told
from api.parameters import PathId, Reading
from api.reading import Connection
from domain.accounts.permissions import Action
from domain.errors import Malformed
from domain.loans.loan import Step as LoanStep
from domain.loans.schedule import Method
from projections import clubs, loans
from web import hands, typed
from web.asking import Allowed, may
from web.entering import Filled, Refused, Step, in_turn, texts
from web.entry import Entering, Entry
from web.page import PageRoute, fresh_key
from web.pages.meetings import noted, officers_of, person_in
from web.translations import marked
from web.typed import Typed

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PROPOSER, APPROVER, PAYER = "proposed_by", "approved_by", "paid_by"
_DONE = {
    "payout": marked("Đã chi tiền: người đề nghị, người duyệt và người chi đều đã tự xác nhận."),
    "approval": marked("Đã duyệt. Người chi tiền xác nhận sau, trên máy của mình hay tại đây."),
    "request": marked("Đã ghi đơn. Người duyệt xác nhận sau, trên máy của mình hay tại đây."),
}
"""By the last thing that was done."""

Turn = Callable[[Mapping[str, Told]], Step]


class Plan(NamedTuple):
    """What a form asks for, before anybody has signed it."""

    day: str
    asked: Mapping[str, Any] | None
    """Of a loan that is not in the book yet."""
    votes: bool
    """Whether the loan still waits for its vote."""


@router.get("/clubs/{club_id}/lending")
def show_lending(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    page: Entering,
    loan_id: str = "",
) -> Response:
    sent = {"on": page.parts.desk.today.isoformat(), "loan_id": loan_id}
    return _lending(page, club_id, sent, fresh_key(), {})


@router.post("/clubs/{club_id}/lending")
def take_lending(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    page: Entering,
    door: Knocking,
    form: Filled,
) -> Response:
    """Nothing is recorded before everybody has proved who they are."""
    sent = texts(form)
    key = sent.get("key", "") or fresh_key()
    try:
        plan, signers = _plan(sent), list(_signers(page, sent))
    except Malformed as error:
        wrong = Refused(page.says(error.message), 422)
        return _lending(page, club_id, sent, key, {str(error.facts["field"]): wrong})
    with hands.proved(page, door, signers) as signed:
        if signed.refused:
            return _lending(page, club_id, sent, key, signed.refused)
        by = {hand.place: signed.callers[hand.person_id] for hand in signers}
        outcome = in_turn(page, _turns(club_id, sent, plan, by), key)
    last = max((one["position"] for one in outcome.told.values()), default=0)
    if not outcome.refused and outcome.told:
        done = next(words for step, words in _DONE.items() if step in outcome.told)
        loan_id = _lent(sent, outcome.told)
        return page.goes_to(f"/loans/{loan_id}", after=last, said=page.says(done))
    if "request" in outcome.told:
        # It was asked for already: what is left goes on from there, under the same keys.
        sent["loan_id"] = str(outcome.told["request"]["id"])
    return _lending(page, club_id, sent, key, outcome.refused, after=last)


def _plan(sent: Typed) -> Plan:
    """Raises `Malformed` for what says nothing, before anybody is asked for a PIN."""
    day = (typed.day(sent, "on") or date.min).isoformat()
    asked = None if sent.get("loan_id") else _asked(sent)
    return Plan(day, asked, sent.get("step", LoanStep.REQUESTED) == LoanStep.REQUESTED)


def _asked(sent: Typed) -> dict[str, Any]:
    free = sent.get("method") == Method.INTEREST_FREE
    rate = sent.get("rate", "0").strip().replace(",", ".") or "0"
    return {
        "member_id": sent.get("member_id", ""),
        "amount": typed.amount(sent, "amount"),
        "purpose": sent.get("purpose", "").strip(),
        "terms": {
            "instalments": typed.number(sent, "instalments"),
            "method": sent.get("method", ""),
            "rate": {"percent": "0" if free else rate, "per": "month"},
            "round_instalment_to": 1000,
        },
        "guarantor_ids": [id for id in (sent.get("guarantor_id", ""),) if id],
    }


def _signers(page: Entry, sent: Typed) -> Iterator[hands.Hand]:
    """Who signs which part. Who proposes is the reader, where nobody else is chosen; the other two
    parts may wait for their people."""
    for name in (PROPOSER, APPROVER, PAYER):
        person_id = person_in(sent, name)
        if person_id is None and name == PROPOSER:
            person_id = page.me
        if person_id is not None:
            yield hands.Hand(f"pin.{name}", person_id, sent.get(f"pin.{name}", "").strip())


def _turns(club_id: UUID, sent: Typed, plan: Plan, by: Mapping[str, Caller]) -> Iterable[Turn]:
    """What is left to do of: asking, appraising, approving, paying out; each by who signed it."""
    club, day = {"club_id": club_id}, {"occurred_on": plan.day}
    proposer, approver, payer = (by.get(f"pin.{who}") for who in (PROPOSER, APPROVER, PAYER))

    def turn(place: str, command: str, body: dict[str, Any], who: Caller | None) -> Turn:
        return lambda told: Step(place, command, {"loan_id": _lent(sent, told)}, day | body, by=who)

    if plan.asked is not None:
        asked = day | dict(plan.asked)
        yield lambda _: Step("request", "request_loan", club, asked, by=proposer)
        if note := sent.get("appraisal", "").strip():
            yield turn("appraisal", "appraise_loan", {"in_favour": True, "note": note}, proposer)
    if plan.votes and approver is not None:
        minutes = {"minutes": sent.get("minutes", "").strip()}
        yield turn("approval", "approve_loan", minutes, approver)
    if payer is not None:
        yield turn("payout", "disburse_loan", {"memo": sent.get("memo", "").strip()}, payer)


def _lent(sent: Typed, told: Mapping[str, Told]) -> UUID:
    return UUID(told["request"]["id"]) if "request" in told else typed.known_id(sent, "loan_id")


def _lending(
    page: Entry,
    club_id: UUID,
    sent: Typed,
    key: str,
    refused: Mapping[str, Refused],
    after: int = 0,
) -> Response:
    with page.read.at(Reading(after_position=after or None)) as connection:
        listed = [one for _, one in clubs.members(connection, club_id) if one.left_on is None]
        noted(page, connection, [one.person_id for one in listed], "lending")
        signers = _may_sign(page, connection, club_id)
        loan_id = person_in(sent, "loan_id")
        loan = loans.one(connection, loan_id) if loan_id else None
        if loan is not None and loan.club_id != club_id:
            loan = None
        name = page.read.names(connection, [loan.borrower_id], "lending") if loan else {}
    return page.show(
        "meeting/lending.html",
        status=max(map(_status, refused.values()), default=200),
        club_id=club_id,
        members=listed,
        signers=signers,
        loan=loan,
        borrower=name.get(loan.borrower_id) if loan else None,
        sent=sent,
        key=key,
        faults={place: one.message for place, one in refused.items()},
        methods=[method.value for method in Method],
    )


def _status(refused: Refused) -> int:
    """This page is there, also where what a command named is not."""
    return 409 if refused.status == 404 else refused.status


def _may_sign(page: Entry, connection: Connection, club_id: UUID) -> list[tuple[UUID, str, str]]:
    """The board, with their offices, and whoever holds this device."""
    board = officers_of(connection, club_id)
    if page.me in [id for id, _, _ in board]:
        return board
    return [(page.me, page.page.who.name, ""), *board]
