"""Kiểm tra: what to look at first, the evidence of each payout, samples anybody can draw again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import mkstemp
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from api.auditing import of_their_days, payouts_seen
from api.callers import call_of, checked_key
from api.parameters import PathId, Reading
from api.permissions import Denied
from api.reading import Connection
from audit.entries import entries_where, snapshot
from audit.evidence import bundle, shelf
from audit.evidence.disbursement import disbursement, people_in
from audit.sampling import Payout, Wanted, coverage, draw, payouts
from audit.unusual import RULES, unusual
from desk import evidence
from desk.desk import Call
from domain.accounts.permissions import Action
from domain.errors import Malformed, NotFound, Refusal, Unavailable
from domain.evidence.decisions import EVIDENCE_ID, NoteFinding
from domain.evidence.events import SampleDrawn
from domain.values import Purpose
from exchange.evidence_exports import ledgers
from projections import clubs
from projections.vietnamese import place_key
from web import formats, typed
from web.asking import Allowed, may
from web.entering import Filled, texts
from web.entry import Entering, Entry
from web.page import PageRoute, fresh_key
from web.typed import Typed
from web.words import word

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SAMPLE_MOST = 500
STEPS = (
    "request", "appraisal", "approval", "endorsement", "disbursement", "use_checks",
    "repayments", "votes", "confirmations", "disputes",
)  # fmt: skip
RESULTS = ("agrees", "differs", "not-found")


class Line(NamedTuple):
    """A payout on the auditor's table; `rules` are what honest books seldom show of it."""

    payout: Payout
    borrower: str | None
    voucher: str | None
    rules: tuple[str, ...]
    result: str | None
    opens: bool
    """Whether its evidence is the reader's to see."""


ITEMS_SHOWN = 200
"""Of what is odd in one club; the files beside have all of it."""


@router.get("/audit")
def show_desk(allowed: Annotated[Allowed, may(Action.AUDIT)], page: Entering) -> Response:
    """Every club with what was looked at so far, and the state of the log."""
    with page.read.at(Reading()) as connection:
        only = allowed.clubs(connection)
        covered = coverage(connection, payouts_seen(connection, allowed))
        named = [
            club for club in clubs.all_clubs(connection) if _is_theirs(str(club.club_id), only)
        ]
        head = shelf.latest(connection)
        drawn = [one for one in _samples(connection) if _is_theirs(one.body.get("club_id"), only)]
    if not allowed.also(Action.FOLLOW_LOG):
        drawn = []  # a sample's own page is not theirs
    return page.show(
        "audit/desk.html",
        clubs=sorted(named, key=lambda club: place_key(club.name)),
        covered=covered,
        head=head.head if head else None,
        recorded=page.parts.desk.log.head(),
        samples=drawn,
    )


@router.get("/audit/clubs/{club_id}")
def show_club(
    allowed: Annotated[Allowed, may(Action.AUDIT)], club_id: PathId, page: Entering
) -> Response:
    """A club's payouts by facets; each opens its evidence."""
    named = allowed.also(Action.READ_PAPERS)
    sent = dict(page.page.request.query_params)
    fault, wanted = "", Wanted(club_id)
    try:
        wanted = _wanted(sent, club_id)
    except Malformed as error:
        fault = page.says(error.message)
    with page.read.at(Reading()) as connection:
        club = clubs.one_club(connection, club_id)
        if club is None:
            raise NotFound("Không có câu lạc bộ này.")
        odd = of_their_days(
            connection, unusual(connection, page.parts.desk.today, club_id), allowed
        )
        every = payouts(connection, 2**62, _of_their_days(allowed, wanted))
        shown = {one.loan_id for one in every if named or UUID(one.loan_id) in allowed.sampled}
        lines = _lines(page, connection, every, odd, shown)
    counts: dict[str, int] = defaultdict(int)
    for item in odd:
        counts[item.rule] += 1
    rule = sent.get("rule", "")
    items = [item for item in odd if not rule or item.rule == rule]
    return page.show(
        "audit/club.html",
        status=422 if fault else 200,
        of_club=club,
        lines=[line for line in lines if not rule or rule in line.rules],
        items=items[:ITEMS_SHOWN],
        left_out=max(len(items) - ITEMS_SHOWN, 0),
        bundles=allowed.also(Action.FOLLOW_LOG) and allowed.period() is None,
        counts=counts,
        odd=sorted(counts.items(), key=lambda one: (one[1], one[0])),
        rules=RULES,
        told_of=partial(_said, page),
        sent=sent,
        fault=fault,
    )


@router.get("/loans/{loan_id}/evidence")
def show_evidence(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)], loan_id: PathId, page: Entering
) -> Response:
    """The chain of events of one payout, and its proof, checked by the page itself."""
    return _evidence(page, loan_id, {}, "", 200)


@router.post("/audit/findings")
def note_finding(
    allowed: Annotated[Allowed, may(Action.FOLLOW_LOG)], page: Entering, form: Filled
) -> Response:
    """The auditor's verdict on one payout, held against the paper and the people."""
    sent = texts(form)
    event_id, loan_id = typed.known_id(sent, "event_id"), typed.known_id(sent, "loan_id")
    page.needs(Action.FOLLOW_LOG, loan_id=loan_id, event_id=event_id)
    desk = page.parts.desk
    home = desk.log.home_of_event(event_id)
    if home is None:
        raise NotFound("Không có sự kiện này.")
    note = sent.get("note", "").strip() or None
    try:
        command = NoteFinding(
            on=desk.today,
            event_id=event_id,
            auditor_id=page.me,
            sample_id=typed.known_id(sent, "sample_id") if sent.get("sample_id") else None,
            result=sent.get("result"),  # type: ignore[arg-type]
            note=desk.seal(home[1] or home[0], Purpose.MEMO, note),
        )
        done = evidence.note_audit_finding(desk, _call(page, sent), command)
    except Refusal as error:
        return _evidence(page, loan_id, sent, page.refusal(error), 409)
    except ValueError:
        return _evidence(page, loan_id, sent, page.says("Hãy chọn một kết luận."), 422)
    return page.goes_to(f"/loans/{loan_id}/evidence", after=done.position)


def _evidence(page: Entry, loan_id: UUID, sent: Typed, fault: str, status: int) -> Response:
    with page.read.at(page.reading) as connection:
        found = disbursement(connection, loan_id, page.parts.keys)
        ids = {*people_in(found), *_auditors(found)}
        names = page.read.names(connection, ids, "loan_evidence")
        club = clubs.one_club(connection, UUID(found["club_id"]))
        samples = [
            one for one in _samples(connection)
            if found["disbursement"] and found["disbursement"]["event_id"] in one.body["drawn"]
        ]  # fmt: skip
    return page.show(
        "audit/evidence.html",
        status=status,
        of_club=club,
        evidence=found,
        steps=[(name, _listed(found[name])) for name in STEPS],
        names={str(id): name for id, name in names.items()},
        samples=samples,
        results=RESULTS,
        sent=sent,
        fault=fault,
        key=sent.get("key") or fresh_key(),
    )


# --- samples --------------------------------------------------------------------------------


@router.get("/audit/sample")
def ask_sample(allowed: Annotated[Allowed, may(Action.FOLLOW_LOG)], page: Entering) -> Response:
    """What a seed would draw: shown first, recorded only when the auditor says so."""
    return _sample(page, allowed, dict(page.page.request.query_params), "")


@router.post("/audit/sample")
def take_sample(
    allowed: Annotated[Allowed, may(Action.FOLLOW_LOG)], page: Entering, form: Filled
) -> Response:
    sent = texts(form)
    try:
        count, wanted = _asked(sent)
    except Malformed as error:
        return _sample(page, allowed, sent, page.says(error.message))
    desk, wanted = page.parts.desk, _of_their_days(allowed, wanted)
    page.needs(Action.FOLLOW_LOG, **({"club_id": wanted.club_id} if wanted.club_id else {}))
    with page.read.at(Reading()) as connection:
        signed = shelf.at_size(connection, typed.number(sent, "size") or 0)
        if signed is None:
            raise Unavailable("Nhật ký chưa có đầu nào được ký.")
        among = _among(connection, signed.head.size, wanted, allowed)
    drawn = draw(sent["seed"], count, among)
    event = SampleDrawn(
        occurred_on=desk.today,
        sample_id=desk.new_id(),
        auditor_id=page.me,
        seed=sent["seed"],
        size=signed.head.size,
        root=signed.head.root.hex(),
        wanted=count,
        club_id=wanted.club_id,
        since=wanted.since,
        until=wanted.until,
        at_least=wanted.at_least,
        drawn_from=len(among),
        drawn=tuple(UUID(one.event_id) for one in drawn),
    )
    done = evidence.note_sample(desk, _call(page, sent), event)
    return page.goes_to(f"/audit/samples/{done.event_id}", after=done.position)


@router.get("/audit/samples/{sample_id}")
def show_sample(
    allowed: Annotated[Allowed, may(Action.FOLLOW_LOG)], sample_id: PathId, page: Entering
) -> Response:
    """A sample's payouts in the order of their numbers, with what was said of each."""
    with page.read.at(page.reading) as connection:
        only = allowed.clubs(connection)
        sample = next((one for one in _samples(connection) if one.event_id == str(sample_id)), None)
        if sample is None or not _is_theirs(sample.body.get("club_id"), only):
            raise NotFound("Không có mẫu này.")
        club_id = sample.body.get("club_id")
        every = _among(connection, 2**62, Wanted(UUID(club_id) if club_id else None), allowed)
        by_event = {one.event_id: one for one in every}
        drawn = [by_event[id] for id in sample.body["drawn"] if id in by_event]
        lines = _lines(page, connection, drawn, (), {one.loan_id for one in drawn})
        names = page.read.names(connection, [UUID(sample.body["auditor_id"])], "sample")
        every_club = clubs.all_clubs(connection)
    return page.show(
        "audit/drawn.html",
        sample=sample,
        lines=lines,
        by=list(names.values()),
        rules=RULES,
        of_clubs={str(club.club_id): club.name for club in every_club},
    )


def _sample(page: Entry, allowed: Allowed, sent: Typed, fault: str) -> Response:
    drawn: list[Line] = []
    among: list[Payout] = []
    with page.read.at(Reading()) as connection:
        signed = shelf.latest(connection)
        if sent.get("seed") and signed and not fault:
            try:
                count, wanted = _asked(sent)
                among = _among(connection, signed.head.size, wanted, allowed)
                drawn = _lines(page, connection, draw(sent["seed"], count, among), (), ())
            except Malformed as error:
                fault = page.says(error.message)
        only = allowed.clubs(connection)
        named = [
            club for club in clubs.all_clubs(connection) if _is_theirs(str(club.club_id), only)
        ]
    return page.show(
        "audit/sample.html",
        status=422 if fault else 200,
        sent=sent,
        fault=fault,
        head=signed.head if signed else None,
        clubs=sorted(named, key=lambda club: place_key(club.name)),
        among=len(among),
        rules=RULES,
        of_clubs={str(club.club_id): club.name for club in named},
        lines=drawn,
        key=fresh_key(),
    )


def _among(connection: Connection, size: int, wanted: Wanted, allowed: Allowed) -> list[Payout]:
    """Of the reader's clubs and days alone."""
    return list(filter(payouts_seen(connection, allowed), payouts(connection, size, wanted)))


def _of_their_days(allowed: Allowed, wanted: Wanted) -> Wanted:
    """Payouts of the days of the books that the reader may see."""
    period = allowed.period()
    if period is None:
        return wanted
    first, last = period
    return replace(
        wanted,
        since=max(wanted.since or first, first),
        until=min(wanted.until or last, last),
    )


def _is_theirs(club_id: str | None, only: Collection[UUID] | None) -> bool:
    return not club_id or only is None or UUID(club_id) in only


def _asked(sent: Typed) -> tuple[int, Wanted]:
    count = typed.number(sent, "count") or 0
    if not 1 <= count <= SAMPLE_MOST:
        raise Malformed("out-of-range", f"Số lượng mẫu từ 1 đến {SAMPLE_MOST}.", field="count")
    return count, _wanted(sent, typed.known_id(sent, "club_id") if sent.get("club_id") else None)


def _wanted(sent: Typed, club_id: UUID | None) -> Wanted:
    return Wanted(
        club_id,
        typed.day(sent, "since"),
        typed.day(sent, "until"),
        typed.amount(sent, "at_least"),
    )


# --- what is taken away ---------------------------------------------------------------------------


@router.get("/audit/clubs/{club_id}/bundle.zip")
def take_bundle(
    allowed: Annotated[Allowed, may(Action.FOLLOW_LOG)], club_id: PathId, page: Entering
) -> Response:
    """All evidence of one club, to be checked offline by the one-file verifier within. It holds
    the whole book, so it is for nobody who may see some of its days alone."""
    if allowed.period() is not None:
        allowed.refused()
        raise Denied("Không có gói bằng chứng của riêng những ngày này.")
    handle, name = mkstemp(suffix=".zip")
    out = Path(name)
    try:
        page.parts.follower.catch_up()
        with snapshot(page.parts.database, noting=True) as connection, open(handle, "rb"):
            signed = shelf.latest(connection)
            if signed is None:
                raise Unavailable("Nhật ký chưa có đầu nào được ký.")
            keys = evidence.known_keys(page.parts.desk)
            exports = partial(ledgers, club_id=club_id)
            bundle.write(out, connection, signed, keys, bundle.Scope(club_id), exports)
            # Last, for the day's seal waits for whoever has written a line.
            page.read.handed_out(connection, (), "take_bundle")
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return FileResponse(
        out, filename=f"so-chung-{club_id}.zip", background=BackgroundTask(out.unlink)
    )


# --- common -----------------------------------------------------------------------------------


def _lines(
    page: Entry,
    connection: Connection,
    found: Iterable[Payout],
    odd: Iterable[Any],
    named: Collection[str],
) -> list[Line]:
    """`named` are the loans the reader may see; that they are told its borrower is noted."""
    found = list(found)
    by_event: dict[str, list[str]] = defaultdict(list)
    for item in odd:
        by_event[item.event_id].append(item.rule)
    rows = connection.execute(
        """SELECT l.loan_id::text, l.borrower_id, p.name, l.voucher FROM read.loans l
           LEFT JOIN keys.people p ON p.person_id = l.borrower_id WHERE l.loan_id = ANY (%s)""",
        ([UUID(one.loan_id) for one in found],),
    ).fetchall()
    told = [borrower for loan_id, borrower, _, _ in rows if loan_id in named]
    page.read.looked_at(connection, told, Purpose.IDENTITY, "audit_lines")
    loans = {
        loan_id: (name if loan_id in named else None, voucher) for loan_id, _, name, voucher in rows
    }
    said = _verdicts(connection)
    return [
        Line(
            one,
            *loans.get(one.loan_id, (None, None)),
            tuple(by_event[one.event_id]),
            said.get(one.event_id),
            one.loan_id in named,
        )
        for one in found
    ]


def _said(page: Entry, facts: Mapping[str, Any]) -> list[str]:
    """The figures behind something odd; whom it is about opens with its entry."""
    return [said for name, value in facts.items() if (said := _fact(page, name, value))]


def _fact(page: Entry, name: str, value: Any) -> str:
    match name:
        case "days":
            return page.counted("%(n)s ngày", value)
        case "at":
            return page.says("lúc %(at)s") % {"at": value}
        case "happened_on":
            return page.says("việc của ngày %(day)s") % {"day": formats.day(value)}
        case "roles":
            return " = ".join(page.says(word("hand", hand)) for hand in value)
        case "officers":
            return page.counted("%(n)s cán bộ", len(value))
        case "amount":
            return formats.money(value)
        case "amounts":
            return " + ".join(map(formats.money, value))
        case "limit":
            return page.says("hạn mức %(amount)s") % {"amount": formats.money(value)}
        case "count":
            return page.counted("%(n)s lần đảo", value)
        case _:
            return ""


def _verdicts(connection: Connection) -> Mapping[str, str]:
    noted = _in_evidence(connection, "evidence.FindingNoted")
    return {one.body["event_id"]: one.body["result"] for one in noted}


def _samples(connection: Connection) -> list[Any]:
    return list(_in_evidence(connection, "evidence.SampleDrawn"))[::-1]


def _in_evidence(connection: Connection, topic: str) -> Iterator[Any]:
    """Of the log's own history, which is short; the log is not."""
    return entries_where(connection, "originator_id = %s AND topic = %s", EVIDENCE_ID, topic)


def _auditors(found: Mapping[str, Any]) -> set[UUID]:
    steps = [step for name in STEPS for step in _listed(found[name])]
    return {UUID(one["by"]) for step in steps for one in step["audited"]}


def _listed(step: Any) -> list[Any]:
    return step if isinstance(step, list) else [step] if step else []


def _call(page: Entry, sent: Typed) -> Call:
    asked = repr(sorted(sent.items())).encode()
    caller = page.caller
    return call_of(page.parts.desk, caller, str(page.me), checked_key(sent["key"]), asked, None)
