"""What a route asks of its caller, visible in its signature:

    def show_club(allowed: Annotated[Allowed, may(Action.SEE_CLUB)], club_id: PathId, ...)

Whatever the request names (in its address, its filters, its body, and who is said to have acted) is
found in the log and held against the table (`domain.accounts.permissions`) before anything else is
looked at. What is not the caller's looks as if it were not there: one and the same 404. Each such
answer to somebody we know leaves a line in the access log.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Annotated, Any, TypeVar, cast
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.bodies import received
from api.callers import SAFE, Caller, Calling, nobody
from api.errors import Fault, Invalid
from api.parameters import UUID_TEXT
from api.reading import Connection, Parts, Within
from domain.accounts.account import ACCOUNT
from domain.accounts.permissions import (
    OF_ASSOCIATION,
    OF_CARE,
    TABLE,
    Action,
    Place,
    Reach,
    Subject,
    anywhere,
    covers,
    holds_in,
)
from domain.accounts.permissions import may as allows
from domain.accounts.roles import Grant, Role, Scope
from domain.accounts.who import Who
from domain.care.book import CARE
from domain.clubs.events import AssociationRegistered
from domain.errors import NotFound, Refusal
from domain.evidence.decisions import EVIDENCE, EVIDENCE_ID
from domain.files import SUFFIX
from domain.histories import account_of, care_book_of
from projections import whereabouts
from store.mapper import decode
from store.readings import Kind, Looking, note_apart

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R", bound=Mapping[str, Any])

REASON_GIVEN = "reason"
"""The same, asked for by a page."""
REASON = "X-Reason"
"""Why somebody who is not of the club looks at names; Vietnamese letters percent-encoded."""
_REASON_LENGTH = 3, 200

_PEOPLE = frozenset({"member_id", "client_id", "volunteer_id", "duplicate_id"})
_OPEN = frozenset(
    {
        *("log_in", "log_out", "take_turn", "reset_password"),
        *("list_sessions", "end_session", "end_other_sessions"),
        *("show_alive", "show_ready", "show_metrics", "show_docs", "show_docs_file"),
        "make_loan_schedule",
    }
)
"""Routes that need no role: the door, one's own devices, health, the manual, a sum."""

_EVERYBODY = frozenset({Reach.HERE, Reach.REASON})
_OF_WHOLE_ACCOUNTS = frozenset({Action.RESET, Action.SHUT_ACCOUNT})
"""Whoever may do this could become somebody, or keep them out."""

OF_CLUBS = frozenset({"club_id", "club_ids"})
OF_NO_CONCERN = frozenset({"to_club_id", "household_id", "shift_id", "meeting_id"})
"""Where somebody moves to; and things that are only looked for in the club's own book."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a request names, before anybody has read it as what it should be."""

    path: Mapping[str, UUID]
    query: Mapping[str, UUID]
    clubs: frozenset[UUID] = frozenset()
    people: frozenset[UUID] = frozenset()
    unit: tuple[str | None, str | None] = (None, None)
    """Commune and province, by name."""
    scope: Scope | None = None
    """Of a role that is proposed."""
    reason: str | None = None


async def named(request: Request) -> Named:
    """What a request names in its address and in its body. Raises `Invalid`."""
    told = await in_address(request)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in SAFE or request.method == "DELETE" or media in SUFFIX:
        return told  # a photo names nobody
    return named_in(told.path, _loaded(await received(request)), told.query, told.reason)


async def in_address(request: Request) -> Named:
    """Raises `Invalid` for an id in the path or a filter that is none: it names nothing."""
    filters = {name: text for name, text in request.query_params.items() if text}
    return Named(
        dict(_ids("path", request.path_params)),
        dict(_ids("query", filters)),
        reason=reason_given(request),
    )


def named_in(
    path: Mapping[str, UUID],
    body: Any,
    query: Mapping[str, UUID] | None = None,
    reason: str | None = None,
) -> Named:
    """What a command names: in its address, and in a body that nobody has read yet."""
    found: dict[str, set[UUID]] = {"clubs": set(), "people": set()}
    for field, id in _told(body):
        found["clubs" if field in OF_CLUBS else "people"].add(id)
    unit = (_text(body, "commune"), _text(body, "province"))
    clubs, people = frozenset(found["clubs"]), frozenset(found["people"])
    return Named(path, query or {}, clubs, people, unit, _scope(body), reason)


class Denied(NotFound):
    """Not there, or not the caller's: nobody is told which."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Who may, by which of their roles, and how far; the finer questions of a page are asked it."""

    who: Who
    action: Action
    grants: tuple[Grant, ...]
    reason: str | None
    subjects: tuple[Subject, ...]
    sampled: frozenset[UUID]
    """Loans that an audit drew."""
    today: date
    refused: Callable[[], None] = lambda: None
    """Writes down that it reaches not so far after all."""

    def also(self, action: Action) -> bool:
        """Whether the same may be asked of the same under another heading, as health is."""
        given = self.reason is not None
        return all(
            allows(self.who, action, subject, reason_given=given).allowed
            for subject in self.subjects or (None,)
        )

    def clubs(self, connection: Connection) -> frozenset[UUID] | None:
        """Which clubs a list of clubs may show; None: all."""
        return whereabouts.clubs_in(connection, self.grants)

    def people(self, connection: Connection, people: Iterable[UUID]) -> frozenset[UUID]:
        """Those of them who belong to the caller's clubs."""
        only, homes = self.clubs(connection), whereabouts.of_people(connection, people)
        return frozenset(p for p, clubs in homes.items() if only is None or clubs & only)

    def others(self, connection: Connection, people: Iterable[UUID]) -> frozenset[UUID]:
        """Those of them who may be seen as everybody of a place is: by no role that shows oneself,
        whom one visits, or one's relative alone."""
        wide = tuple(
            grant
            for grant in self.grants
            if grant.scope.kind != "person" and TABLE[self.action].get(grant.role) in _EVERYBODY
        )
        return replace(self, grants=wide).people(connection, people) if wide else frozenset()

    def at(self, place: Place) -> "Allowed":
        """By those of the roles alone that hold in one place."""
        return replace(self, grants=tuple(g for g in self.grants if holds_in(g.scope, place)))

    def sees(self, place: Place) -> bool:
        return any(holds_in(grant.scope, place) for grant in self.grants)

    def reaches(self, scope: Scope) -> bool:
        return self.sees(whereabouts.of_scope(scope))

    def everybody(self) -> bool:
        """Whether a whole club may be shown, not each person's part alone."""
        return all(
            allows(self.who, self.action, subject, reason_given=self.reason is not None).allowed
            for subject in self.subjects
        )

    @property
    def is_outside(self) -> bool:
        """Of no club: small numbers of people under care are not for them."""
        inside = {Role.COMMUNE_OFFICER, Role.PROVINCIAL_OFFICER, Role.AUDITOR}
        return bool(self.grants) and all(grant.role in inside for grant in self.grants)

    @property
    def is_everywhere(self) -> bool:
        return anywhere(self.grants)

    @property
    def is_of_province(self) -> bool:
        return any(grant.scope.kind in ("province", "nation") for grant in self.grants)

    @property
    def audits(self) -> bool:
        """Only as an auditor: some days of the books, and the names of the sample."""
        return all(grant.role is Role.AUDITOR for grant in self.grants) and bool(self.grants)

    def names(self, loan_id: UUID) -> bool:
        """Whether the borrower of a loan may be named."""
        return not self.audits or loan_id in self.sampled

    def unnamed(self, items: Iterable[R], loan: str, *fields: str) -> list[R]:
        """Rows without what names somebody, for an auditor who did not draw the row's loan."""
        if not self.audits:
            return list(items)
        drawn = {str(loan_id) for loan_id in self.sampled}
        blank = dict.fromkeys(fields)
        return [item if item.get(loan) in drawn else cast("R", {**item, **blank}) for item in items]

    def period(self) -> tuple[date, date] | None:
        """The days of the books that may be seen; None: all."""
        if not self.audits or any(g.books_from is None and g.books_to is None for g in self.grants):
            return None
        first = min(grant.books_from or date.min for grant in self.grants)
        return first, max(grant.books_to or date.max for grant in self.grants)

    def reads_of(self, occurred_on: str | None) -> bool:
        """Whether an entry is of days of the books that may be seen."""
        period = self.period()
        if period is None:
            return bool(self.grants)
        first, last = (day.isoformat() for day in period)
        return occurred_on is not None and first <= occurred_on <= last

    def refuse_other_days(self, occurred_on: str | None) -> None:
        """Raises `NotFound` for an entry of days of the books that may not be seen."""
        if not self.reads_of(occurred_on):
            self.refused()
            raise Denied("Không có bút toán này.")

    def within(self, query: M) -> M:
        """The question, kept to the days of the books that may be seen. Raises `NotFound` for one
        about other days."""
        period = self.period()
        if period is None:
            return query
        first, last = period
        # Days that go on end today, as for everybody; always a day, for a cursor names one too.
        since, upto = None if first == date.min else first, max(first, min(last, self.today))
        names = {"since": since, "until": upto, "as_of": upto, "on": upto}
        told = {name: day for name, day in names.items() if name in type(query).model_fields}
        asked = {name: getattr(query, name) for name in told}
        if any(day is not None and not first <= day <= last for day in asked.values()):
            self.refused()
            raise Denied("Không có sổ của những ngày này.")
        return query.model_copy(update=told | {n: d for n, d in asked.items() if d is not None})


class May:
    """The dependency; `action` is what it asks."""

    def __init__(self, action: Action, *, placed: bool = False, narrowed: bool = False) -> None:
        self.action = action
        self.placed = placed
        """The body says in which commune and province its thing lies."""
        self.narrowed = narrowed
        """Of a whole club the route shows each caller their own part alone."""

    def __call__(
        self, what: Annotated[Named, Depends(named)], caller: Calling, parts: Within
    ) -> Allowed:
        """Raises as `asks` does, and `Unavailable` where a refusal cannot be written down."""
        noted = partial(self._note, what, caller, parts)
        try:
            allowed = self.asks(what, caller, parts)
        except (Denied, Refusal, Invalid):
            noted()
            raise
        return replace(allowed, refused=noted)

    def _note(self, what: Named, caller: Caller, parts: Parts) -> None:
        """One line with who asked for what, and the people we know whom the address names."""
        named = {**what.path, **what.query}
        with parts.database.connection() as connection:
            people = whereabouts.of_people(
                connection, [id for name, id in named.items() if name in _PEOPLE]
            )
        looking = Looking(caller.known().person_id, caller.request_id)
        note_apart(parts.database, Kind.REFUSAL, people, self.action.value, "refused", looking)

    def asks(self, what: Named, caller: Caller, parts: Parts) -> Allowed:
        """Raises `NotLoggedIn`, `NotFound`, and `Refusal` where only a reason is missing."""
        who = caller.known()
        if self.action is Action.USE:
            return Allowed(
                who, self.action, who.grants, what.reason, (), frozenset(), parts.desk.today
            )
        typing = caller.named is not None and caller.named != who.person_id
        look = _Look(parts, who)
        sampled = look.sampled()
        grants: list[Grant] = []
        subjects: list[Subject] = []
        waiting = False
        # One after another: whether a second thing is there is told to nobody without the first.
        for action, subject, kind in self._asked(look, what, sampled):
            decision = allows(
                who,
                action,
                subject,
                reason_given=what.reason is not None,
                typing_for_another=typing,
                narrowed=self.narrowed,
            )
            if not decision.allowed and not decision.needs_reason:
                raise missing(kind)
            waiting |= decision.needs_reason
            grants += decision.grants
            subjects += [subject] if subject is not None else []
        if waiting:
            raise Refusal("reason-needed", "Hãy ghi lý do xem tên người (X-Reason).")
        given = tuple(dict.fromkeys(grants))
        if typing and caller.named and not look.are_near(given, {caller.named}):
            raise nobody("unknown-person")
        look.refuse_strangers(given, what, placed=self.placed)
        if self.action in _OF_WHOLE_ACCOUNTS and "member_id" in what.path:
            look.refuse_mightier(given, what.path["member_id"])
        return Allowed(
            who, self.action, given, what.reason, tuple(subjects), sampled, parts.desk.today
        )

    def _asked(
        self, look: "_Look", what: Named, sampled: frozenset[UUID]
    ) -> Iterator[tuple[Action, Subject | None, str]]:
        """About each thing that is named; where none is, whether anywhere at all."""
        nothing = True
        for one in self._things(look, what, sampled):
            nothing = False
            yield one
        if nothing:
            yield self.action, None, "club_id"

    def _things(
        self, look: "_Look", what: Named, sampled: frozenset[UUID]
    ) -> Iterator[tuple[Action, Subject, str]]:
        """What is asked about each thing that is named in the address or a filter; else in the
        body. Raises `NotFound` for one that is not there."""
        for name, id in (*what.path.items(), *what.query.items()):
            found = look.subject(name, id, sampled)
            if found is not None:
                subject, there = found
                yield there.get(self.action, self.action), subject, name
        if what.path or what.query:
            return
        for club_id in what.clubs:
            yield self.action, Subject((look.place(club_id),)), "club_id"
        if self.placed:
            yield self.action, Subject((whereabouts.place_of(None, *what.unit),)), "club_id"


def may(action: Action, *, placed: bool = False, narrowed: bool = False) -> Any:
    return Depends(May(action, placed=placed, narrowed=narrowed))


_MISSING = {
    "club_id": "Không có câu lạc bộ này.",
    "loan_id": "Không có khoản vay này.",
    "event_id": "Không có bút toán này.",
    "association_id": "Không có hội này trong sổ.",
}


def missing(kind: str) -> Denied:
    return Denied(_MISSING.get(kind, "Không có người này trong sổ."))


class _Look:
    """Looks up what a request names, as far as the caller's roles need it: whoever has roles in
    single clubs only is not asked where those lie.

    Connections are held for one question each: the desk asks in others, and nobody who holds one
    may wait for the next.
    """

    def __init__(self, parts: Parts, who: Who) -> None:
        self.database = parts.database
        self.desk = parts.desk
        self.who = who
        self._near = all(grant.scope.kind in ("club", "person") for grant in who.grants)
        self._places: dict[UUID, Place] = {}

    def subject(
        self, name: str, id: UUID, sampled: frozenset[UUID]
    ) -> tuple[Subject, Mapping[Action, Action]] | None:
        """With whether it is told of somebody's care; None for what is found in another thing's
        book alone (a shift, a referral)."""
        match name:
            case "club_id":
                return Subject((self.place(id),)), {}
            case "member_id" | "client_id" | "volunteer_id" | "duplicate_id":
                return self.person(id), {}
            case "loan_id":
                home = self.desk.log.home_of(id)
                club_id = self.desk.log.club_of(home) if home else None
                if club_id is None:
                    raise missing(name)
                return Subject((self.place(club_id),), sampled=id in sampled), {}
            case "event_id" | "attachment_id":  # a photo goes by the event that added it
                return self.event(id, sampled)
            case "association_id":
                return Subject((self.association(id),)), {}
            case _:
                return None

    def place(self, club_id: UUID) -> Place:
        if self._near:
            return Place(club_id)
        if club_id not in self._places:
            with self.database.connection() as connection:
                place = whereabouts.of_club(connection, club_id)
            if place is None:
                raise missing("club_id")
            self._places[club_id] = place
        return self._places[club_id]

    def person(self, person_id: UUID) -> Subject:
        found = self.homes([person_id]).get(person_id)
        if found is None:
            raise missing("member_id")
        places = [self.place(club_id) for club_id in sorted(found)]
        if not places:  # an officer lies where their roles hold
            account = self.desk.log.load(ACCOUNT, account_of(person_id)).state
            places = [whereabouts.of_scope(one.scope) for one in account.grants] if account else []
        return Subject(tuple(places) or (Place(),), person_id, self._assigned(person_id, found))

    def event(
        self, event_id: UUID, sampled: frozenset[UUID]
    ) -> tuple[Subject, Mapping[Action, Action]]:
        with self.database.connection() as connection:
            row = connection.execute(
                "SELECT originator_id, club_id, topic, state FROM log.events WHERE event_id = %s",
                (event_id,),
            ).fetchone()
        if row is None:
            raise missing("event_id")
        home, club_id, topic, state = row
        told = decode(topic, bytes(state))
        if club_id is not None:
            sampled_too = getattr(told, "loan_id", None) in sampled
            of_care = OF_CARE if topic.startswith("care.") else {}
            return Subject((self.place(club_id),), sampled=sampled_too), of_care
        if topic.startswith("evidence."):
            return Subject((Place(),)), {}
        if topic.startswith("accounts.") or self.homes([home]):
            return self.person(getattr(told, "person_id", home)), {}
        return Subject((self.association(home),)), OF_ASSOCIATION

    def association(self, association_id: UUID) -> Place:
        story = self.desk.log.story(association_id, until=1)
        told = story[0].event if story else None
        if not isinstance(told, AssociationRegistered):
            raise missing("association_id")
        return whereabouts.place_of(None, told.commune, told.province)

    def sampled(self) -> frozenset[UUID]:
        if not any(grant.role is Role.AUDITOR for grant in self.who.grants):
            return frozenset()
        evidence = self.desk.log.load(EVIDENCE, EVIDENCE_ID).state
        drawn = [id for ids in evidence.samples.values() for id in ids] if evidence else []
        if not drawn:
            return frozenset()
        with self.database.connection() as connection:
            return whereabouts.sampled_loans(connection, drawn)

    def homes(self, people: list[UUID]) -> dict[UUID, frozenset[UUID]]:
        if not people:
            return {}
        with self.database.connection() as connection:
            return whereabouts.of_people(connection, people)

    def refuse_strangers(self, grants: Sequence[Grant], what: Named, *, placed: bool) -> None:
        """Nobody and no club is named that is not the caller's too."""
        for club_id in what.clubs:
            if not _held(grants, [self.place(club_id)]):
                raise missing("club_id")
        if placed and not _held(grants, [whereabouts.place_of(None, *what.unit)]):
            raise missing("club_id")
        if not self.are_near(grants, what.people):
            raise missing("member_id")
        scopes = [what.scope] if what.scope else []
        if "grant_id" in what.path:
            scopes.append(self._scope_of(what.path["member_id"], what.path["grant_id"]))
        for scope in scopes:
            if not any(covers(grant, self._reached(scope)) for grant in grants):
                raise missing(f"{scope.kind}_id")

    def refuse_mightier(self, grants: Sequence[Grant], person_id: UUID) -> None:
        """Nobody gets at an account by which more, or further, could be done than by their own."""
        account = self.desk.log.load(ACCOUNT, account_of(person_id)).state
        administers = any(grant.role is Role.ADMINISTRATOR for grant in grants)
        for held in account.grants if account else ():
            reached = self._reached(held.scope)
            if not any(covers(grant, reached) for grant in grants):
                raise missing("member_id")
            if held.role is Role.ADMINISTRATOR and not administers:
                raise missing("member_id")

    def are_near(self, grants: Sequence[Grant], people: Iterable[UUID]) -> bool:
        """Whether each is the caller themselves, of their clubs, or an officer of none."""
        others = [person for person in people if person != self.who.person_id]
        homes = self.homes(others)
        return all(
            person in homes and (not homes[person] or _held(grants, map(self.place, homes[person])))
            for person in others
        )

    def _reached(self, scope: Scope) -> Subject:
        """Where a role would hold that somebody gives."""
        match scope.kind, scope.id:
            case "club", str(id):
                return Subject((self.place(UUID(id)),))
            case "person", str(id):
                return self.person(UUID(id))
            case _:
                return Subject((whereabouts.of_scope(scope),))

    def _scope_of(self, member_id: UUID, grant_id: UUID) -> Scope:
        """Of a role that was ever proposed or given: a command is answered again also when the role
        is gone since."""
        for recorded in self.desk.log.story(account_of(member_id)):
            grant: Grant | None = getattr(recorded.event, "grant", None)
            if grant is not None and grant.id == grant_id:
                return grant.scope
        raise Denied("Không có vai trò này.")

    def _assigned(self, person_id: UUID, clubs: Iterable[UUID]) -> frozenset[UUID]:
        """Who visits somebody now, by the care plan."""
        if not any(grant.role is Role.VOLUNTEER for grant in self.who.grants):
            return frozenset()
        found: set[UUID] = set()
        for club_id in clubs:
            book = self.desk.log.load(CARE, care_book_of(club_id)).state
            case = book.cases.get(person_id) if book else None
            if case is not None and case.is_open:
                found |= {*case.volunteer_ids}
        return frozenset(found)


def _held(grants: Iterable[Grant], places: Iterable[Place]) -> bool:
    given = list(grants)
    return any(holds_in(grant.scope, place) for place in places for grant in given)


def refuse_undeclared(routes: FastAPI | APIRouter, open_to_all: Collection[str] = _OPEN) -> None:
    """Fails where a route does not say what it asks of its caller, and is not among those, by name,
    that ask nothing."""
    silent = [
        f"{route.methods} {route.path}"
        for route in routes_of(routes)
        if route.name not in open_to_all and action_of(route) is None
    ]
    if silent:
        raise AssertionError(f"routes without a permission: {', '.join(silent)}")


def routes_of(app: Any) -> Iterator[APIRoute]:
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes_of(inner)
        elif isinstance(route, APIRoute):
            yield route


def action_of(route: APIRoute) -> Action | None:
    """What a route asks; None where it does not say."""

    def found(dependant: Dependant) -> Iterator[May]:
        for one in dependant.dependencies:
            if isinstance(one.call, May):
                yield one.call
            yield from found(one)

    return next((one.action for one in found(route.dependant)), None)


# --- what a request names ----------------------------------------------------------------------


def _ids(within: str, given: Mapping[str, Any]) -> Iterator[tuple[str, UUID]]:
    for name, text in given.items():
        if not name.endswith("_id"):
            continue
        if not UUID_TEXT.fullmatch(text):
            raise Invalid([Fault(within, (name,), "not-an-id")])
        yield name, UUID(text)


def reason_given(request: Request) -> str | None:
    """Why the caller looks, in the header or as the page's own form sends it; too short is none."""
    given = request.headers.get(REASON) or request.query_params.get(REASON_GIVEN, "")
    text = " ".join(unquote(given).split())
    least, most = _REASON_LENGTH
    return text if least <= len(text) <= most else None


def _loaded(raw: bytes) -> Any:
    """What is wrong with a body is told by whoever reads it next."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _told(value: Any, field: str = "", depth: int = 0) -> Iterator[tuple[str, UUID]]:
    """Every id in a body, with the name of the field it stands in."""
    if depth > 30:
        return
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _told(one, name, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _told(one, field, depth + 1)
    elif isinstance(value, str) and names_of_field(field):
        with suppress(ValueError):
            yield field, UUID(value)


def names_of_field(field: str) -> bool:
    """Whether ids in a field of that name are people's or clubs'."""
    return field.endswith(_NAMING) and field not in OF_NO_CONCERN


_NAMING = ("_id", "_ids", "_by", "attended", "participants", "helped", "shares_with")


def _text(body: Any, name: str) -> str | None:
    found = body.get(name) if isinstance(body, dict) else None
    return found if isinstance(found, str) else None


def _scope(body: Any) -> Scope | None:
    given = body.get("scope") if isinstance(body, dict) else None
    try:
        return Scope.model_validate(given) if isinstance(given, dict) else None
    except ValueError:
        return None
