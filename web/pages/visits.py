"""Lịch chăm sóc: a week by volunteer, a list by day, a visit in four taps and a sentence."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from api.clubs import known_club
from api.parameters import PathId, Reading
from api.reading import Connection
from domain.accounts.permissions import Action
from domain.care.book import CARE, CareBook
from domain.care.events import Task, Work
from domain.errors import Malformed, NotFound
from domain.histories import care_book_of
from domain.values import Purpose
from projections.care_view import CaseRow, cases, clubs_of_client
from projections.vietnamese import sort_key
from web import care_week, typed
from web.asking import Allowed, may
from web.entering import Filled, Refused, Step, enter, texts
from web.entry import Entering, Entry
from web.page import PageRoute, fresh_key
from web.typed import Typed

router = APIRouter(route_class=PageRoute, include_in_schema=False)

LENGTHS = (30, 60, 90, 120)
CAUSES = ("client_away", "client_ill", "volunteer", "weather", "other")


@router.get("/clubs/{club_id}/care/week")
def show_week(
    allowed: Annotated[Allowed, may(Action.READ_HEALTH)],
    club_id: PathId,
    page: Entering,
    on: str = "",
) -> Response:
    day = typed.day({"on": on}, "on") or page.parts.desk.today
    start = care_week.monday(day)
    book = _book(page, club_id)
    with page.read.at(page.reading) as connection:
        known_club(connection, club_id)
        cared = cases(connection, club_id)
        clients = [case.client_id for case in cared]
        page.read.looked_at(connection, clients, Purpose.HEALTH, "care_week")
        week = care_week.week(connection, club_id, start, cared, book)
        people = {id for one in week.entries for id in one.people}
        people |= {id for id in book.volunteers if book.volunteers_now(id)}
        names = _named(page, connection, [*people, *clients], "care_week")
    volunteers = sorted(people, key=lambda id: sort_key(names[id]))
    return page.show(
        "care/week.html",
        club_id=club_id,
        week=week,
        before=start - timedelta(days=7),
        after=start + timedelta(days=7),
        now=page.parts.desk.today,
        volunteers=volunteers,
        names=names,
        cases=cared,
    )


@router.get("/care-cases/{client_id}/visit")
def ask_visit(
    allowed: Annotated[Allowed, may(Action.WRITE_VISITS)],
    client_id: PathId,
    page: Entering,
    on: str = "",
) -> Response:
    day = on or page.parts.desk.today.isoformat()
    sent = {"on": day, "minutes": "60", "volunteer_id": str(page.me or "")}
    return _visit(page, client_id, sent, [], fresh_key(), None)


@router.post("/care-cases/{client_id}/visit")
def take_visit(
    allowed: Annotated[Allowed, may(Action.WRITE_VISITS)],
    client_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    sent, tasks = texts(form), [str(task) for task in form.getlist("tasks")]
    missed = bool(sent.get("missed"))
    try:
        body = _missed(sent) if missed else {**_made(sent), "tasks": tasks}
    except Malformed as error:
        refused = Refused(page.says(error.message), 422)
        return _visit(page, client_id, sent, tasks, sent["key"], refused)
    command = "miss_visit" if missed else "make_visit"
    came = enter(page, Step("visit", command, {"client_id": client_id}, body), sent["key"])
    if isinstance(came, Refused):
        return _visit(page, client_id, sent, tasks, sent["key"], came)
    return page.goes_to(
        f"/care-cases/{client_id}/visit",
        after=came["position"],
        said=_flags(page, came) or page.says("Đã ghi lượt thăm."),
    )


def _flags(page: Entry, came: Mapping[str, Any]) -> str:
    match came.get("flags"):
        case ["same_day"]:
            return page.says("Đã ghi. Huyết áp rất cao: báo trạm y tế ngay hôm nay.")
        case ["refer"]:
            return page.says("Đã ghi. Huyết áp cao: nhắc người nhà đưa đi trạm y tế.")
    return ""


def _made(sent: Typed) -> dict[str, Any]:
    vitals = {name: typed.number(sent, name) for name in ("systolic", "diastolic", "pulse")}
    measured = {name: value for name, value in vitals.items() if value is not None}
    length: dict[str, Any] = (
        {"half_day": True}
        if sent.get("minutes") == "half_day"
        else {"minutes": typed.number(sent, "minutes")}
    )
    return {
        **_common(sent),
        **length,
        "vitals": measured or None,
        "urgent": bool(sent.get("urgent")),
        "confirmed_by": sent.get("confirmed_by", ""),
    }


def _missed(sent: Typed) -> dict[str, Any]:
    return {**_common(sent), "cause": sent.get("cause", "")}


def _common(sent: Typed) -> dict[str, Any]:
    next_on = typed.day(sent, "next_on")
    return {
        "occurred_on": (typed.day(sent, "on") or date.min).isoformat(),
        "club_id": sent.get("club_id", ""),
        "volunteer_ids": [id for id in (sent.get("volunteer_id", ""),) if id],
        "note": sent.get("note", "").strip(),
        "next_on": next_on.isoformat() if next_on else None,
    }


def _visit(
    page: Entry,
    client_id: UUID,
    sent: Typed,
    tasks: list[str],
    key: str,
    refused: Refused | None,
) -> Response:
    with page.read.at(Reading()) as connection:
        case = _case(connection, client_id)
        page.read.looked_at(connection, [client_id], Purpose.HEALTH, "care_visit")
        book = _book(page, case.club_id)
        going = {id for id in book.volunteers if book.volunteers_now(id)} | set(case.volunteer_ids)
        names = _named(page, connection, [client_id, *going], "care_visit")
    return page.show(
        "care/visit.html",
        status=refused.status if refused else 200,
        case=case,
        volunteers=sorted(going, key=lambda id: sort_key(names[id])),
        names=names,
        sent=sent,
        tasks=tasks or (case.tasks if not refused else []),
        all_tasks=[task.value for task in Task],
        lengths=LENGTHS,
        causes=CAUSES,
        key=key,
        refused=refused,
    )


# --- shifts ---------------------------------------------------------------------------------


@router.get("/clubs/{club_id}/care/shift")
def ask_shift(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    page: Entering,
    person_id: str = "",
    on: str = "",
) -> Response:
    sent = {"volunteer_id": person_id, "planned_on": on or page.parts.desk.today.isoformat()}
    return _shift(page, club_id, sent, fresh_key(), None)


@router.post("/clubs/{club_id}/care/shift")
def plan_shift(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    """A shift agreed on; with `shift_id`, of another volunteer's shift: that one is called off."""
    sent = texts(form)
    try:
        planned_on = typed.day(sent, "planned_on")
        volunteer = typed.known_id(sent, "volunteer_id")
    except Malformed:
        refused = Refused(page.says("Hãy chọn người và ngày."), 422)
        return _shift(page, club_id, sent, sent["key"], refused)
    body = {
        "occurred_on": page.parts.desk.today.isoformat(),
        "planned_on": planned_on.isoformat() if planned_on else None,
        "club_id": str(club_id),
        "activity": sent.get("activity", ""),
        "start": sent.get("start", ""),
        "end": sent.get("end", ""),
        "note": sent.get("note", "").strip(),
    }
    step = Step("shift", "schedule_shift", {"volunteer_id": volunteer}, body)
    came = enter(page, step, sent["key"])
    if isinstance(came, Refused):
        return _shift(page, club_id, sent, sent["key"], came)
    return page.goes_to(
        f"/clubs/{club_id}/care/week?on={planned_on or ''}",
        after=came["position"],
        said=page.says("Đã hẹn ca."),
    )


@router.post("/clubs/{club_id}/care/shift/{shift_id}/cancel")
def cancel_shift(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    shift_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    shift = _book(page, club_id).shifts.get(shift_id)
    if shift is None:
        raise NotFound("Không có ca này.")
    body = {"occurred_on": page.parts.desk.today.isoformat(), "club_id": str(club_id)}
    ids = {"volunteer_id": shift.person_id, "shift_id": shift_id}
    came = enter(page, Step("shift", "cancel_shift", ids, body), texts(form)["key"])
    said = came.message if isinstance(came, Refused) else page.says("Đã hủy ca.")
    after = 0 if isinstance(came, Refused) else came["position"]
    return page.goes_to(f"/clubs/{club_id}/care/week?on={shift.on}", after=after, said=said)


def _shift(page: Entry, club_id: UUID, sent: Typed, key: str, refused: Refused | None) -> Response:
    book = _book(page, club_id)
    with page.read.at(Reading()) as connection:
        known_club(connection, club_id)
        going = [id for id in book.volunteers if book.volunteers_now(id)]
        names = _named(page, connection, going, "care_shift")
    return page.show(
        "care/shift.html",
        status=refused.status if refused else 200,
        club_id=club_id,
        volunteers=sorted(names, key=lambda id: sort_key(names[id])),
        names=names,
        sent=sent,
        activities=[work.value for work in Work],
        key=key,
        refused=refused,
    )


# --- common ------------------------------------------------------------------------------------


def _case(connection: Connection, client_id: UUID) -> CaseRow:
    found = clubs_of_client(connection, client_id)
    rows = cases(connection, found[0], client_id=client_id) if found else []
    if not rows:
        raise NotFound("Không có hồ sơ chăm sóc này.")
    return rows[0]


def _book(page: Entry, club_id: UUID) -> CareBook:
    return page.parts.desk.log.load(CARE, care_book_of(club_id)).state or CareBook()


def _named(page: Entry, connection: Connection, people: list[UUID], what: str) -> dict[UUID, str]:
    known = page.read.names(connection, people, what)
    return {id: known.get(id, page.page.nameless()) for id in people}
