"""An auditor's questions of a club: what to look at first, its capital, a loan's whole evidence.

All answers are worked out from the events alone, never from the read models they may be held up to.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from api.attachments import AttachmentView
from api.clubs import known_club
from api.papers import papers
from api.parameters import Cursor, KeyNumber, Listing, Page, PathId, Reading, Turning
from api.permissions import Allowed, may
from api.reading import Connection, Read, Within
from audit import donors
from audit.evidence.disbursement import disbursement
from audit.sampling import Payout
from audit.unusual import RULES, Item, unusual
from domain.accounts.permissions import Action, Place
from domain.values import Day
from projections import whereabouts
from projections.views import DayText, IdText

router = APIRouter(prefix="/v1")

# Position, and which of the items that stand there.
_ITEM = Cursor[tuple[int, int]](tuple[KeyNumber, KeyNumber])


class StatementQuery(Reading):
    on: Day | None = None
    """As the book stands for this business day; today unless named."""


class ItemView(TypedDict):
    """`rule` is stable, `vi` and `en` are its words; `facts` the figures that made it speak."""

    rule: str
    club_id: IdText
    event_id: IdText
    position: int
    facts: dict[str, Any]
    vi: str
    en: str


class SourceView(TypedDict):
    """In đồng; `late` is principal due by the day and not paid. `events` can be asked receipts."""

    source: str
    received: int
    returned: int
    lent: int
    back: int
    written_off: int
    outstanding: int
    late: int
    loans: int
    loans_open: int
    loans_late: int
    events: list[IdText]


class DonorStatement(TypedDict):
    club_id: IdText
    on: DayText
    sources: list[SourceView]


class SignedHead(TypedDict):
    """Of the Merkle log; `root` in hexadecimal digits."""

    origin: str
    size: int
    root: str
    fingerprint: str


Step = dict[str, Any]


class LoanEvidence(TypedDict):
    """Steps as they were recorded, ids for people. `four_eyes` is null of a paper book's loan.

    `receipt` (C2SP tlog-proof) and `head` are null until the payout is signed, within seconds.
    """

    loan_id: IdText
    club_id: IdText
    history: IdText
    witness: str
    request: Step | None
    appraisal: Step | None
    approval: Step | None
    endorsement: Step | None
    disbursement: Step | None
    use_checks: list[Step]
    confirmations: list[Step]
    disputes: list[Step]
    repayments: list[Step]
    votes: list[Step]
    four_eyes: dict[str, Any] | None
    photos: list[AttachmentView]
    receipt: str | None
    head: SignedHead | None


@router.get("/clubs/{club_id}/unusual-items")
def list_unusual_items(
    allowed: Annotated[Allowed, may(Action.AUDIT)],
    club_id: PathId,
    query: Annotated[Page, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> Listing[ItemView]:
    """What honest books seldom show, in the order of the log: no broken rules, but a place to
    begin; each with its rule in words."""
    after = _ITEM.read(query.after)
    with read.at(query) as connection:
        known_club(connection, club_id)
        found = of_their_days(connection, unusual(connection, parts.desk.today, club_id), allowed)
    rows = [(key, item) for key, item in _numbered(found) if after is None or key > after]
    page, more = pages.cut(rows, query.limit, lambda row: _ITEM.write(row[0]))
    return Listing(items=[_item_view(item) for _, item in page], next=more)


def of_their_days(connection: Connection, items: Iterable[Item], allowed: Allowed) -> list[Item]:
    """Of the days of the books that the caller may see."""
    found, period = list(items), allowed.period()
    if period is None:
        return found
    rows = connection.execute(
        """SELECT event_id::text FROM log.events
           WHERE event_id = ANY (%b::uuid[])
             AND (convert_from(state, 'UTF8')::jsonb ->> 'occurred_on')::date BETWEEN %s AND %s""",
        ([UUID(item.event_id) for item in found], *period),
    )
    seen = {event_id for (event_id,) in rows}
    return [item for item in found if item.event_id in seen]


def entries_seen(connection: Connection, allowed: Allowed) -> Callable[[UUID, str | None], bool]:
    """Whether an entry is of the clubs, and in each of the days of its book, that the caller may
    see; asked with its club and its day."""
    places = whereabouts.of_all_clubs(connection)

    @cache
    def there(club_id: UUID) -> Allowed:
        return allowed.at(places.get(club_id, Place(club_id)))

    return lambda club_id, occurred_on: there(club_id).reads_of(occurred_on)


def payouts_seen(connection: Connection, allowed: Allowed) -> Callable[[Payout], bool]:
    seen = entries_seen(connection, allowed)
    return lambda payout: seen(UUID(payout.club_id), payout.occurred_on)


def _numbered(items: Iterable[Item]) -> Iterator[tuple[tuple[int, int], Item]]:
    """One event may be odd in several ways: each way has a place of its own to go on from."""
    places: Counter[int] = Counter()
    for item in items:
        yield (item.position, places[item.position]), item
        places[item.position] += 1


def _item_view(item: Item) -> ItemView:
    vi, en = RULES[item.rule]
    return {
        "rule": item.rule,
        "club_id": item.club_id,
        "event_id": item.event_id,
        "position": item.position,
        "facts": item.facts,
        "vi": vi,
        "en": en,
    }


papers(
    router,
    list_unusual_items,
    "Nên xem trước",
    {
        "rule": "Mã quy tắc",
        "vi": "Quy tắc",
        "en": "Rule",
        "event_id": "Mã bút toán",
        "position": "Vị trí",
        "facts": "Số liệu",
    },
)


@router.get("/clubs/{club_id}/donor-statement")
def show_donor_statement(
    allowed: Annotated[Allowed, may(Action.READ_FIGURES)],
    club_id: PathId,
    query: Annotated[StatementQuery, Query()],
    read: Read,
    parts: Within,
) -> DonorStatement:
    """What became of each source of capital: received, given back, lent, repaid, written off, late.

    Loans paid from no named source stand under `pooled`.
    """
    on = allowed.within(query).on or parts.desk.today
    with read.at(query) as connection:
        known_club(connection, club_id)
        told = donors.statement(connection, club_id, on)
    return {
        "club_id": str(club_id),
        "on": on.isoformat(),
        "sources": [cast(SourceView, {"source": name, **row}) for name, row in told.items()],
    }


@router.get("/loans/{loan_id}/evidence")
def show_loan_evidence(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    loan_id: PathId,
    query: Annotated[Reading, Query()],
    read: Read,
    parts: Within,
) -> LoanEvidence:
    """Everything recorded of a loan's payout, step by step, with the receipt of the payout."""
    with read.at(query) as connection:
        return cast(LoanEvidence, disbursement(connection, loan_id, parts.keys))
