"""Buổi sinh hoạt: the money sheet and the health sheet."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from api.commands import Told
from api.parameters import PathId, Reading
from api.reading import Connection
from domain.accounts.permissions import Action
from domain.clubs.decisions import CLUB
from domain.errors import Malformed
from domain.histories import book_of
from domain.loans.accounts import DENOMINATIONS, Account, Fund
from domain.loans.book import BOOK, Book
from domain.values import Purpose
from projections import clubs
from projections.times import seen
from web import health_sheet, sheet, typed
from web.asking import Allowed, may
from web.entering import Filled, Outcome, Step, enter_all, texts
from web.entry import Entering, Entry
from web.page import PageRoute, fresh_key
from web.sheet import Row, Sheet

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SIGNERS = ("signed.1", "signed.2", "signed.3")


@router.get("/clubs/{club_id}/meeting")
def show_sheet(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    page: Entering,
    on: str = "",
) -> Response:
    """The sheet of one day, what is expected filled in."""
    day = _day(page, {"on": on})
    with page.read.at(Reading()) as connection:
        listed = sheet.rows(connection, seen(connection, club_id, day), page.page.nameless())
        noted(page, connection, [row.person_id for row in listed], "meeting_sheet")
        officers = officers_of(connection, club_id)
    return _sheet(page, club_id, listed, officers, {"on": day.isoformat()}, fresh_key())


@router.post("/clubs/{club_id}/meeting")
def take_sheet(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    """Everything of one sheet; what was refused stays on it, beside its reason."""
    sent = texts(form)
    day = _day(page, sent)
    with page.read.at(Reading()) as connection:
        listed = sheet.rows(connection, seen(connection, club_id, day), page.page.nameless())
        noted(page, connection, [row.person_id for row in listed], "meeting_sheet")
        officers = officers_of(connection, club_id)
    key = sent.get("key", "") or fresh_key()
    present = [str(id) for id in form.getlist("present")]
    told = sheet.told(club_id, day, sent, present)
    if sent.get("add"):  # where no script adds up
        return _sheet(page, club_id, listed, officers, sent, key, told, None, present)
    receiver = person_in(sent, "received_by")
    outcome = enter_all(page, [step._replace(acting=receiver) for step in told.steps], key)
    if not told.faults and not outcome.refused:
        told.steps += _count(page, club_id, day, sent, told)
    counting = [step for step in told.steps if step.command == "count_cash"]
    counted = enter_all(page, counting, key)
    outcome = Outcome({**outcome.told, **counted.told}, {**outcome.refused, **counted.refused})
    return _sheet(page, club_id, listed, officers, sent, key, told, outcome, present)


def _count(
    page: Entry, club_id: UUID, day: date, sent: Mapping[str, str], told: Sheet
) -> list[Step]:
    """The count comes last and blind: what the book expects is shown only beside a difference that
    the by-laws do not let pass. One box holds every fund that ever had cash, as the close asks."""
    try:
        notes = sheet.counted(sent)
    except Malformed as error:
        told.faults[str(error.facts["field"])] = page.says(error.message)
        return []
    if not notes:
        return []
    log = page.parts.desk.log
    book, club = log.load(BOOK, book_of(club_id)).state or Book(), log.load(CLUB, club_id).state
    funds = [fund for fund in Fund if f"{fund.value}/{Account.CASH.value}" in book.cash]
    missing = sum(book.cash_at_end_of(fund, day) for fund in funds) - sheet.in_box(notes)
    allowed = club.regulation_on(day).rules.count_difference_max if club else 0
    if abs(missing) > allowed and not sent.get("reason", "").strip():
        told.faults["reason"] = (
            page.says("Thiếu %(amount)s so với sổ: hãy đếm lại, hoặc ghi lý do.", missing)
            if missing > 0
            else page.says("Thừa %(amount)s so với sổ: hãy đếm lại, hoặc ghi lý do.", -missing)
        )
        return []
    signed = [signer for name in SIGNERS if (signer := person_in(sent, name))]
    body = {
        "occurred_on": day.isoformat(),
        "funds": funds or [Fund.LOAN],
        "sheets": notes,
        "signed_by": [str(signer) for signer in signed],
        "at": sent.get("at", ""),
        "reason": sent.get("reason", "").strip(),
    }
    return [Step("notes", "count_cash", {"club_id": club_id}, body, signed[0] if signed else None)]


def _sheet(
    page: Entry,
    club_id: UUID,
    listed: list[Row],
    officers: list[tuple[UUID, str, str]],
    sent: Mapping[str, str],
    key: str,
    told: Sheet | None = None,
    outcome: Outcome | None = None,
    present: Sequence[str] = (),
) -> Response:
    sums = sheet.sums(told, sent) if told else None
    faults = {name: page.says(said) for name, said in told.faults.items()} if told else {}
    faults |= {place: one.message for place, one in outcome.refused.items()} if outcome else {}
    status = 422 if told and told.faults else outcome.status if outcome else 200
    return page.show(
        "meeting/sheet.html",
        status=status,
        club_id=club_id,
        runs_club=page.may(Action.RUN_CLUB, club_id),
        rows=listed,
        officers=officers,
        sent=sent,
        present=present,
        sums=sums,
        added=told is not None and outcome is None,
        key=key,
        faults=faults,
        told=outcome.told if outcome else {},
        done=bool(outcome and outcome.told and not faults),
        notes=DENOMINATIONS,
        signers=SIGNERS,
    )


# --- health ----------------------------------------------------------------------------------


@router.get("/clubs/{club_id}/meeting/health")
def show_health(
    allowed: Annotated[Allowed, may(Action.WRITE_CARE)],
    club_id: PathId,
    page: Entering,
    on: str = "",
) -> Response:
    """For the health volunteer alone: no money stands on it, nothing measured before is shown."""
    day = _day(page, {"on": on})
    with page.read.at(Reading()) as connection:
        listed = health_sheet.rows(connection, seen(connection, club_id, day), page.page.nameless())
        noted(page, connection, [row.person_id for row in listed], "health_sheet")
    return _health(page, club_id, listed, {"on": day.isoformat()}, fresh_key(), {}, {})


@router.post("/clubs/{club_id}/meeting/health")
def take_health(
    allowed: Annotated[Allowed, may(Action.WRITE_CARE)],
    club_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    sent = texts(form)
    day = _day(page, sent)
    with page.read.at(Reading()) as connection:
        listed = health_sheet.rows(connection, seen(connection, club_id, day), page.page.nameless())
        noted(page, connection, [row.person_id for row in listed], "health_sheet")
    key = sent.get("key", "") or fresh_key()
    told = health_sheet.told(club_id, day, sent)
    sent["on"] = day.isoformat()  # as the page writes it, however it was typed
    outcome = enter_all(page, told.steps, key)
    faults = {name: page.says(said) for name, said in told.faults.items()}
    faults |= {place: one.message for place, one in outcome.refused.items()}
    return _health(page, club_id, listed, sent, key, faults, outcome.told)


def _health(
    page: Entry,
    club_id: UUID,
    listed: list[health_sheet.Row],
    sent: Mapping[str, str],
    key: str,
    faults: Mapping[str, str],
    told: Mapping[str, Told],
) -> Response:
    return page.show(
        "meeting/health.html",
        status=422 if faults else 200,
        club_id=club_id,
        rows=listed,
        sent=sent,
        key=key,
        faults=faults,
        told=told,
        fields=health_sheet.FIELDS,
    )


# --- common -------------------------------------------------------------------------------------


def noted(page: Entry, connection: Connection, people: list[UUID], what: str) -> None:
    """Whose names the reader is shown is written down with the look itself."""
    page.read.looked_at(connection, people, Purpose.IDENTITY, what)


def officers_of(connection: Connection, club_id: UUID) -> list[tuple[UUID, str, str]]:
    return [(id, name or "—", office) for office, id, name in clubs.board(connection, club_id)]


def _day(page: Entry, sent: Mapping[str, str]) -> date:
    return typed.day(sent, "on") or page.parts.desk.today


def person_in(sent: Mapping[str, str], name: str) -> UUID | None:
    return typed.known_id(sent, name) if sent.get(name) else None
