"""Everything recorded about one person, on one page and as a file for them (Law 91/2025/QH15)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from pydantic import BaseModel
from typing_extensions import TypedDict

from domain.clubs.events import RequestKind
from domain.clubs.requests import Limits
from domain.clubs.seen import may_be_seen
from domain.values import Sealed
from projections import loans, story
from projections.kinds import StoryKind
from projections.member_page import PersonPage, person_page
from projections.requests import RequestRow, RequestView, request_view, requests
from projections.statements import consents_on
from projections.story_views import StoryItem, story_items
from projections.views import DayText, IdText, InstantText, LoanView, instant, loan_view
from store.keys import KeyRing
from store.mapper import decode


class TextView(TypedDict):
    """A sealed text about the person, wherever it stands in the log. `state` says why it is not
    told: `hidden` without consent, until a request for a copy is granted; `erased` for ever."""

    event_id: IdText
    event: str
    recorded_at: InstantText
    field: str
    purpose: str
    text: str | None
    state: str


class ConsentWord(TypedDict):
    """Each word ever given on a purpose, not the last one alone."""

    purpose: str
    given: bool
    occurred_on: DayText
    evidence: str | None


class PersonalData(TypedDict):
    """`events` are all that name the person, in whatever role, newest first."""

    person: PersonPage
    texts: list[TextView]
    consents: list[ConsentWord]
    requests: list[RequestView]
    loans: list[LoanView]
    events: list[StoryItem]


def personal_data(
    connection: psycopg.Connection[Any],
    keys: KeyRing,
    person_id: UUID,
    today: date,
    limits: Limits,
    *,
    english: bool = False,
) -> PersonalData | None:
    """None for somebody who is not registered. A confidential referral is told to nobody here."""
    person = person_page(connection, keys, person_id, today)
    if person is None:
        return None
    told = story.told(connection, person_id, date.max)
    people = list(told.people)
    asked = requests(connection, person_ids=people)
    rows = [*story.page(connection, told), *story.page(connection, told, kind=StoryKind.DUTY)]
    rows.sort(key=lambda row: (row.occurred_on, row.position), reverse=True)
    return {
        "person": person,
        "texts": _texts(connection, keys, told, rows, copy=_copy_granted(asked)),
        "consents": _consents(connection, people),
        "requests": [request_view(row, limits, today) for row in asked],
        "loans": [loan_view(row, person["name"]) for row in loans.of_people(connection, people)],
        "events": story_items(connection, told, rows, keys, english=english),
    }


def _copy_granted(asked: Sequence[RequestRow]) -> bool:
    """While a copy is to be handed over, what is hidden from everybody else stands on it."""
    return any(
        row.kind == RequestKind.COPY and row.granted and row.completed_on is None for row in asked
    )


def _texts(
    connection: psycopg.Connection[Any],
    keys: KeyRing,
    told: story.Told,
    rows: Sequence[story.StoryRow],
    *,
    copy: bool,
) -> list[TextView]:
    people = frozenset(told.people)
    given: dict[UUID, Mapping[str, bool]] = {
        one: {row.purpose: row.given for row in consents_on(connection, one, date.max, told.upto)}
        for one in people
    }
    logged = connection.execute(
        """SELECT event_id, topic, state, recorded_at FROM log.events
           WHERE notification_id = ANY (%b) ORDER BY notification_id""",
        (list({row.position for row in rows}),),
    ).fetchall()
    found = [
        (event_id, topic, recorded_at, field, sealed)
        for event_id, topic, state, recorded_at in logged
        for field, sealed in _sealed(decode(topic, bytes(state)))
        if sealed.subject in people
    ]
    opened = keys.open_many(sealed for *_, sealed in found)
    views: list[TextView] = []
    for (event_id, topic, recorded_at, field, sealed), text in zip(found, opened, strict=True):
        last_word = given[sealed.subject].get(sealed.purpose.value)
        seen = copy or field == "name" or may_be_seen(sealed.purpose, last_word)
        views.append(
            {
                "event_id": str(event_id),
                "event": topic,
                "recorded_at": instant(recorded_at),
                "field": field,
                "purpose": sealed.purpose.value,
                "text": text if seen else None,
                "state": "erased" if text is None else "told" if seen else "hidden",
            }
        )
    return views


def _sealed(value: Any, name: str = "") -> Iterator[tuple[str, Sealed]]:
    """Each sealed text in an event, also in what a correction would put in its place."""
    if isinstance(value, Sealed):
        yield name, value
    elif isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from _sealed(getattr(value, field), field)
    elif isinstance(value, tuple):
        for one in value:
            yield from _sealed(one, name)


def _consents(connection: psycopg.Connection[Any], people: list[UUID]) -> list[ConsentWord]:
    rows = connection.execute(
        """SELECT purpose, given, occurred_on, evidence FROM read.consents
           WHERE person_id = ANY (%b) ORDER BY occurred_on, position""",
        (people,),
    )
    return [
        {"purpose": purpose, "given": given, "occurred_on": day.isoformat(), "evidence": evidence}
        for purpose, given, day, evidence in rows
    ]
