"""Kết nạp: somebody joins a club. Whoever the book may know already is shown before anybody is
entered twice."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Response

from api.clubs import known_club
from api.parameters import PathId, Reading
from api.reading import Connection
from domain.accounts.permissions import Action
from domain.clubs.events import HouseholdClass, Sex
from domain.errors import Malformed
from domain.values import NAME_MAX, Purpose
from projections import clubs, duplicates
from web import typed
from web.asking import Allowed, may
from web.entering import Filled, Refused, Step, enter, texts
from web.entry import Entering, Entry
from web.page import PageRoute, fresh_key
from web.typed import Typed, derived, marked

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SOMEBODY_NEW = "new"
_NAMED = "newcomer"
_TEXTS = ("name", "ethnicity", "phone", "address", "citizen_number", "note")


class Alike(NamedTuple):
    """Somebody of the book whom the newcomer may be."""

    person_id: UUID
    name: str
    birth_year: int | None
    is_member: bool
    """Of this club, today: nobody joins twice."""


class Likeness(NamedTuple):
    """`hidden`: so many more whom the reader may not see."""

    people: Sequence[Alike]
    hidden: int


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
    try:
        body = _told(sent)
        chosen = sent.get("who", "")
        if not chosen and (alike := _alike(page, club_id, body)):
            return _form(page, club_id, sent, alike=alike)
        if chosen not in ("", SOMEBODY_NEW):
            joining = {name: body[name] for name in ("joined_on", "volunteer")}
            body = {"person_id": str(typed.known_id(sent, "who")), **joining}
    except Malformed as error:
        return _form(page, club_id, sent, refused=Refused(page.says(error.message), 422))
    key = sent["key"]
    joined = enter(page, Step("join", "join_club", {"club_id": club_id}, body), key)
    if isinstance(joined, Refused):
        return _form(page, club_id, sent, refused=joined)
    after, said = joined["position"], page.says("Đã kết nạp.")
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
    texts = {name: " ".join(sent.get(name, "").split()) for name in _TEXTS}
    if not texts["name"] or joined_on is None:
        raise Malformed("missing", marked("Hãy ghi họ tên và ngày vào."), field="name")
    return {
        **texts,
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


def _alike(page: Entry, club_id: UUID, body: dict[str, Any]) -> Likeness | None:
    """Whoever of the book has a name and a birth like that. What a command refuses, it refuses."""
    name, born = body["name"], body["birth"] and body["birth"]["year"]
    if len(name) > NAME_MAX:
        return None
    # Whoever is of another club is not in the reader's sight, and is counted.
    with page.parts.desk.log.database.connection() as connection:
        found = duplicates.of_new(connection, club_id, name, born, body["sex"] or None)
    if not found:
        return None
    with page.read.at(Reading()) as connection:
        reads = page.part(Action.READ_PEOPLE, club_id)
        seen = reads.others(connection, [one.person_id for one in found]) if reads else ()
        shown = [one for one in found if one.person_id in seen]
        page.read.looked_at(connection, [one.person_id for one in shown], Purpose.IDENTITY, _NAMED)
        here = {row.person_id for _, row in clubs.members(connection, club_id) if not row.left_on}
    people = [
        Alike(one.person_id, one.name, one.birth_year, one.person_id in here) for one in shown
    ]
    return Likeness(people, len(found) - len(people))


def _form(
    page: Entry,
    club_id: UUID,
    sent: Typed,
    *,
    refused: Refused | None = None,
    alike: Likeness | None = None,
) -> Response:
    with page.read.at(Reading()) as connection:
        known_club(connection, club_id)
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
    if page.part(Action.READ_PEOPLE, club_id) is None:
        return []
    rows = [row for _, row in clubs.members(connection, club_id) if not row.left_on and row.name]
    page.read.looked_at(connection, [row.person_id for row in rows], Purpose.IDENTITY, _NAMED)
    return [
        (row.person_id, f"{row.name} ({row.birth_year})" if row.birth_year else str(row.name))
        for row in rows
    ]
