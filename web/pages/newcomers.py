"""Kết nạp: somebody joins a club. Whoever the book may know already is shown before anybody is
entered twice."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ValidationError

from api.callers import checked_key
from api.errors import Invalid, status_of
from api.parameters import PathId, Reading
from api.people_commands import may_be
from api.reading import Connection
from desk.people import NewPerson
from domain.accounts.permissions import Action
from domain.clubs.events import HouseholdClass, Sex
from domain.errors import Malformed
from domain.values import Purpose
from projections import clubs
from web import typed
from web.asking import Allowed, may
from web.entering import Filled, Refused, Step, enter, texts
from web.entry import Entering, Entry
from web.page import PageRoute, fresh_key
from web.typed import Typed, derived, marked

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SOMEBODY_NEW = "new"
_TEXTS = ("name", "ethnicity", "phone", "address", "citizen_number", "note")


_ALIKE = """
    SELECT s.person_id, p.name, s.birth_year, s.died_on IS NOT NULL,
           EXISTS (SELECT FROM read.memberships m WHERE m.club_id = %s
                     AND m.person_id = s.person_id AND m.left_on IS NULL)
    FROM read.persons s JOIN keys.people p USING (person_id)
    WHERE s.person_id = ANY (%s) ORDER BY p.sort_key, s.birth_year, s.person_id"""


class Alike(NamedTuple):
    """Somebody of the book whom the newcomer may be."""

    person_id: UUID
    name: str
    birth_year: int | None
    is_dead: bool
    is_member: bool
    """Of this club, today: nobody joins twice."""


class Likeness(NamedTuple):
    people: Sequence[Alike]
    elsewhere: bool
    """Somebody the reader may not see, too."""


@router.get("/clubs/{club_id}/newcomer")
def ask_newcomer(
    allowed: Annotated[Allowed, may(Action.WRITE_PEOPLE)], club_id: PathId, page: Entering
) -> Response:
    return _form(page, club_id, {"joined_on": page.parts.desk.today.isoformat()})


@router.post("/clubs/{club_id}/newcomer")
def take_newcomer(
    allowed: Annotated[Allowed, may(Action.WRITE_PEOPLE)],
    club_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    """Sent once, it asks whether this is somebody the book knows; nothing is recorded before."""
    sent = texts(form)
    key, chosen = sent["key"], sent.get("who", "")
    try:
        checked_key(key)
        body = _told(sent)
        if not chosen and not _is_done(page, key) and (alike := _alike(page, club_id, body)):
            return _form(page, club_id, sent, alike=alike)
        if chosen not in ("", SOMEBODY_NEW):
            joining = {name: body[name] for name in ("joined_on", "volunteer")}
            body = {"person_id": str(typed.known_id(sent, "who")), **joining}
    except Malformed as error:
        refused = Refused(page.says(error.message), status_of(error))
        return _form(page, club_id, sent, refused=refused)
    except Invalid as error:
        # No page of ours made that key, and it would be refused for ever.
        refused = Refused(page.refusal(error), status_of(error))
        return _form(page, club_id, {**sent, "key": fresh_key()}, refused=refused)
    joined = enter(page, Step("join", "join_club", {"club_id": club_id}, body), key)
    if isinstance(joined, Refused):
        return _form(page, club_id, sent, refused=joined)
    after, said = joined["position"], page.says("Đã kết nạp.")
    if "person_id" in body:
        said = page.says("Đã kết nạp lại; hồ sơ cũ giữ nguyên, điều ghi thêm ở mẫu chưa vào sổ.")
    if sent.get("shares_with"):
        failed = page.says("Chưa ghi được cùng hộ với ai:")
        shared = {"shares_with": sent["shares_with"]}
        step = Step("household", "tell_household", {"member_id": UUID(joined["id"])}, shared)
        lives = enter(page, step, derived(key, step.place))
        if isinstance(lives, Refused):
            said = f"{said} {failed} {lives.message}"
        else:
            after = lives["position"]
    return page.goes_to(f"/members/{joined['id']}", after=after, said=said)


def _told(sent: Typed) -> dict[str, Any]:
    """The command's body. Raises `Malformed`."""
    joined_on = typed.day(sent, "joined_on")
    since = typed.day(sent, "class_valid_from")
    words = {name: " ".join(sent.get(name, "").split()) for name in _TEXTS}
    if not words["name"] or joined_on is None:
        raise Malformed("missing", marked("Hãy ghi họ tên và ngày vào."), field="name")
    if since and not sent.get("household_class"):
        raise Malformed("missing", marked("Hãy chọn diện hộ cho ngày ấy."), field="household_class")
    return {
        **words,
        "joined_on": joined_on.isoformat(),
        "sex": sent.get("sex", ""),
        "birth": _birth(sent),
        "household_class": sent.get("household_class", ""),
        "class_valid_from": since.isoformat() if since else "",
        "volunteer": "volunteer" in sent,
    }


def _birth(sent: Typed) -> dict[str, Any] | None:
    """The year alone, as many older members have it, or the day."""
    text = sent.get("birth", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) == 4:
        return {"year": int(text)}
    on = typed.as_day(text)
    if on is None:
        raise Malformed(
            "not-a-birth", marked("Hãy ghi năm sinh như 1958, hoặc ngày sinh."), field="birth"
        )
    return {"year": on.year, "on": on.isoformat()}


def _is_done(page: Entry, key: str) -> bool:
    """Whether this very form took effect already, and was sent again."""
    desk = page.parts.desk
    return desk.log.answered(page.caller.acts(desk)[1], key) is not None


def _alike(page: Entry, club_id: UUID, body: dict[str, Any]) -> Likeness | None:
    """Whoever of the book has a name and a birth like that; each is written down as looked for,
    also who is of another club, and is not shown. What the command refuses, it refuses."""
    fields = {name: body[name] for name in NewPerson.model_fields if body.get(name)}
    try:
        somebody = NewPerson.model_validate_json(json.dumps(fields))
    except ValidationError:
        return None
    found = may_be(page.parts.desk, club_id, somebody)
    if not found:
        return None
    with page.read.at(Reading()) as connection:
        page.read.looked_at(connection, found, Purpose.IDENTITY, "newcomer")
        reads = page.part(Action.READ_PEOPLE, club_id)
        seen = reads.others(connection, found) if reads else frozenset[UUID]()
        people = connection.execute(
            _ALIKE, (club_id, [id for id in found if id in seen])
        ).fetchall()
    return Likeness([Alike(*one) for one in people], len(found) > len(people))


def _form(
    page: Entry,
    club_id: UUID,
    sent: Typed,
    *,
    refused: Refused | None = None,
    alike: Likeness | None = None,
) -> Response:
    page.page.opens(club_id)
    with page.read.at(Reading()) as connection:
        housemates = _housemates(page, connection, club_id)
    return page.show(
        "newcomer.html",
        status=refused.status if refused else 200,
        club_id=club_id,
        sent=sent,
        key=sent.get("key", "") or fresh_key(),
        refused=refused,
        alike=alike,
        housemates=housemates,
        classes=[one.value for one in HouseholdClass],
        sexes=[one.value for one in Sex],
        new=SOMEBODY_NEW,
    )


def _housemates(page: Entry, connection: Connection, club_id: UUID) -> list[tuple[UUID, str]]:
    """Members of today by name, namesakes by their year of birth; nobody for whoever may not read
    who they are."""
    if not page.may(Action.READ_PEOPLE, club_id):
        return []
    rows = [row for _, row in clubs.members(connection, club_id) if not row.left_on and row.name]
    page.read.looked_at(connection, [row.person_id for row in rows], Purpose.IDENTITY, "newcomer")
    return [
        (row.person_id, f"{row.name} ({row.birth_year})" if row.birth_year else str(row.name))
        for row in rows
    ]
