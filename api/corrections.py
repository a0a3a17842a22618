"""Corrections: what one would change, proposing it, and the second person who lets it stand."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import create_model, model_validator

from api import association_commands, care_commands, club_commands
from api.bodies import read_as
from api.callers import Caller
from api.commands import Asked, Command, register
from api.description import problems
from api.parameters import Parameters, PathId
from api.people_commands import SOMEBODY_ELSE
from api.permissions import Allowed, May, may, named_in
from api.reading import Parts, Within
from desk import corrections
from desk.desk import Call, Desk, Receipt
from domain.accounts.permissions import Action
from domain.care.events import GroupWorkDone, ShiftWorked, VisitMade, VisitMissed
from domain.clubs.events import (
    ActivityHeld,
    MediaItemPublished,
    MeetingHeld,
    PlanAdopted,
    SupportGiven,
    TrainingHeld,
)
from domain.clubs.people import PERSON
from domain.correcting import Propose
from domain.errors import Malformed
from domain.values import Day, Hex, Immutable, Note, Sealed
from projections.belonging import clubs_left_dead

router = APIRouter(prefix="/v1")


class ReportQuery(Parameters):
    on: Day | None = None
    """The date of the reversing entry; today unless named."""


@router.get(
    "/events/{event_id}/reversal", responses=problems(404, 409, 422, 503), tags=["corrections"]
)
def show_reversal(
    allowed: Annotated[Allowed, may(Action.CORRECT)],
    opened: Annotated[Allowed, may(Action.READ_BOOKS)],
    event_id: PathId,
    query: Annotated[ReportQuery, Query()],
    parts: Within,
) -> dict[str, Any]:
    """What taking the event back would change.

    Of money: accounts, schedule rows, late bands and closed periods. Of anything else: the
    figures of its month. `digest` is what a proposer or approver sends back to say that this is
    what they read.
    """
    home = corrections.home_of(parts.desk, event_id)
    on = query.on or parts.desk.today
    return corrections.report(parts.desk, home, event_id, on, replacing=False)


@router.get(
    "/events/{event_id}/correction",
    responses=problems(403, 404, 409, 422, 503),
    tags=["corrections"],
)
def show_correction(
    allowed: Annotated[Allowed, may(Action.CORRECT)],
    opened: Annotated[Allowed, may(Action.READ_BOOKS)],
    event_id: PathId,
    _: Annotated[Parameters, Query()],
    parts: Within,
) -> dict[str, Any]:
    """What the correction that waits for a second person would change: fields and figures.

    Of personal text only that it is there: `sealed`. 409 `not-proposed` where none waits.
    """
    home = corrections.home_of(parts.desk, event_id)
    return corrections.report(parts.desk, home, event_id, parts.desk.today, replacing=True)


# --- proposing and approving ------------------------------------------------------------------


class StandIn(NamedTuple):
    """How a replacement is sent: as the command that told of the first event, and its own id."""

    command: Command
    event: type
    thing: str
    """The field of the event that stays: the visit is still that visit."""
    about: str | None
    """The field of the event that says in whose address it was sent; None: the club's."""


_COMMANDS = {
    command.name: command
    for command in (
        *care_commands.CARE,
        *care_commands.VOLUNTEERS,
        *club_commands.COMMANDS,
        *association_commands.COMMANDS,
    )
}
STAND_INS: Mapping[str, StandIn] = {
    "visit": StandIn(_COMMANDS["make_visit"], VisitMade, "visit_id", "client_id"),
    "missed_visit": StandIn(_COMMANDS["miss_visit"], VisitMissed, "visit_id", "client_id"),
    "shift": StandIn(_COMMANDS["work_shift"], ShiftWorked, "shift_id", "person_id"),
    "group_work": StandIn(_COMMANDS["do_group_work"], GroupWorkDone, "work_id", None),
    "meeting": StandIn(_COMMANDS["hold_meeting"], MeetingHeld, "meeting_id", None),
    "activity": StandIn(_COMMANDS["hold_activity"], ActivityHeld, "activity_id", None),
    "support": StandIn(_COMMANDS["give_support"], SupportGiven, "support_id", None),
    "training": StandIn(_COMMANDS["hold_training"], TrainingHeld, "training_id", None),
    "media_item": StandIn(_COMMANDS["publish_media_item"], MediaItemPublished, "item_id", None),
    "plan": StandIn(_COMMANDS["adopt_plan"], PlanAdopted, "plan_id", None),
}


class Withdrawal(Immutable):
    """Why the event shall no longer count; money is taken back on the day `occurred_on`."""

    occurred_on: Day | None = None
    """Today unless named."""
    reason: Note
    report: Hex | None = None
    """The digest of the report that the proposer read."""


class Replaced(Withdrawal):
    """What stands in for the event, whole, sent as the event itself was: exactly one."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.sent) != 1:
            raise ValueError(f"one of {', '.join(STAND_INS)} is needed")
        return self

    @property
    def sent(self) -> list[str]:
        return [name for name in STAND_INS if getattr(self, name, None) is not None]


class Approval(Immutable):
    """The business date of the correction; of money, of the reversing entry."""

    occurred_on: Day | None = None
    """Today unless named."""
    accepted: Hex | None = None
    """The digest of the report, where it has changed since the proposal."""


def _replaced_body() -> type[Replaced]:
    fields: dict[str, Any] = {
        name: (one.command.model() | None, None) for name, one in STAND_INS.items()
    }
    return create_model("Replacing", __base__=Replaced, **fields)


_REPLACED = _replaced_body()


def _propose(asked: Asked) -> Receipt:
    home = corrections.home_of(asked.desk, asked.at)
    return corrections.propose(asked.desk, asked.call, home, _proposed(asked, home))


def _correct(asked: Asked) -> Receipt:
    desk, home = asked.desk, corrections.home_of(asked.desk, asked.at)
    command = _told_anew(asked, home)
    return corrections.propose(desk, asked.call, home, _proposed(asked, home), command)


def _told_anew(asked: Asked, home: corrections.Home) -> Any:
    """What is to stand in, as the command that would tell of it."""
    desk = asked.desk
    (name,) = asked.body.sent
    stand_in = STAND_INS[name]
    event = corrections.correctable_event(desk, home, asked.at)
    if not isinstance(event, stand_in.event):
        raise Malformed("malformed", "Phần thay thế phải cùng loại với việc được sửa.")
    told = Asked(
        stand_in.command,
        desk,
        asked.call,
        getattr(event, stand_in.about) if stand_in.about else home.subject_id,
        asked.acting,
        getattr(asked.body, name),
        club=home.subject_id,
    )
    return told.asks(**{stand_in.thing: getattr(event, stand_in.thing)})


def preview(
    parts: Parts, caller: Caller, event_id: UUID, body: Mapping[str, Any]
) -> dict[str, Any]:
    """What this `propose_correction` would change, before anybody proposes it; raises what it
    would."""
    command = next(one for one in COMMANDS if one.name == "propose_correction")
    May(Action.CORRECT)(named_in({"event_id": event_id}, body), caller, parts)
    read = read_as(_REPLACED, json.dumps(body).encode())
    acting, actor = caller.acts(parts.desk)
    asked = Asked(command, parts.desk, Call(actor), event_id, acting, read.body)
    home = corrections.home_of(parts.desk, event_id)
    return corrections.preview(parts.desk, home, event_id, _told_anew(asked, home))


def as_sent(desk: Desk, event_id: UUID) -> tuple[str, dict[str, Any]] | None:
    """An event as it would be sent anew: the name of its stand-in and that body, sealed texts in
    the clear as far as they still open. None where nothing can stand in for it."""
    event = corrections.correctable_event(desk, corrections.home_of(desk, event_id), event_id)
    name = next((name for name, one in STAND_INS.items() if type(event) is one.event), None)
    if name is None:
        return None
    said = corrections.asked_of(event)
    sealed = {field: value for field, value in said if isinstance(value, Sealed)}
    texts = zip(sealed, desk.keys.open_many(sealed.values()), strict=True)
    opened = {
        field: json.loads(text) if field == "vitals" else text for field, text in texts if text
    }
    fields = STAND_INS[name].command.model().model_fields.keys()
    body = said.model_dump(mode="json", include=set(fields) - sealed.keys()) | opened
    time = getattr(event, "time", None)
    if time is not None and time.start is None:  # as long as it came to, however it was said
        body |= {"minutes": time.minutes, "work_days": None}
    return name, {field: value for field, value in body.items() if value not in (None, [])}


def _proposed(asked: Asked, home: corrections.Home) -> Propose:
    body: Withdrawal = asked.body
    reason = asked.desk.memo(home.subject_id, body.reason)
    assert reason is not None, "a reason is required"
    return Propose(
        occurred_on=body.occurred_on or asked.desk.today,
        event_id=asked.at,
        proposed_by=asked.acting,
        reason=reason,
        report=body.report,
    )


def _approve(asked: Asked, *, replacing: bool) -> Receipt:
    body: Approval = asked.body
    home, by = corrections.home_of(asked.desk, asked.at), asked.acting
    assert by is not None, "only first commands have nobody who acts"
    on = body.occurred_on or asked.desk.today
    club_ids: tuple[UUID, ...] = ()
    if home.kind is PERSON:
        with asked.desk.log.database.connection() as connection:
            club_ids = clubs_left_dead(connection, home.history_id)
    return corrections.approve(
        asked.desk,
        asked.call,
        home,
        asked.at,
        by,
        on,
        body.accepted,
        replacing=replacing,
        club_ids=club_ids,
    )


def _approve_reversal(asked: Asked) -> Receipt:
    return _approve(asked, replacing=False)


def _approve_correction(asked: Asked) -> Receipt:
    return _approve(asked, replacing=True)


COMMANDS = (
    Command(
        "/events/{event_id}/reversal",
        "propose_reversal",
        Withdrawal,
        _propose,
        body=Withdrawal,
        status=202,
        permission=Action.CORRECT,
        said="Đề nghị đảo bút toán hoặc rút lại một việc đã ghi; chờ người thứ hai",
        example={"occurred_on": "2026-03-11", "reason": "Ghi trùng phiếu chi"},
    ),
    Command(
        "/events/{event_id}/reversal/approval",
        "approve_reversal",
        Approval,
        _approve_reversal,
        body=Approval,
        permission=Action.AGREE,
        said="Người thứ hai duyệt đảo bút toán hoặc rút lại",
        example={"occurred_on": "2026-03-11"},
    ),
    Command(
        "/events/{event_id}/correction",
        "propose_correction",
        Replaced,
        _correct,
        body=_REPLACED,
        status=202,
        permission=Action.CORRECT,
        said="Đề nghị sửa một việc đã ghi: ghi lại cho đúng; chờ người thứ hai",
        example={
            "occurred_on": "2026-03-11",
            "reason": "Ghi nhầm giờ về",
            "visit": {
                "occurred_on": "2026-03-10",
                "volunteer_ids": [SOMEBODY_ELSE],
                "start": "08:00",
                "end": "10:30",
                "tasks": ["SOC"],
            },
        },
    ),
    Command(
        "/events/{event_id}/correction/approval",
        "approve_correction",
        Approval,
        _approve_correction,
        body=Approval,
        permission=Action.AGREE,
        said="Người thứ hai duyệt sửa; việc cũ thôi tính, việc đúng đứng ngay sau",
        example={"occurred_on": "2026-03-11"},
    ),
)

register(router, COMMANDS, "corrections")
