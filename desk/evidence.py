"""Commands about the evidence: the keys that sign, and what auditors draw and find."""

from collections.abc import Callable, Iterable
from datetime import date

from desk.desk import Call, Desk, Receipt, Said, said
from domain.evidence.decisions import (
    EVIDENCE,
    EVIDENCE_ID,
    Evidence,
    NoteFinding,
    note_finding,
    rotate,
    sign_with,
)
from domain.evidence.decisions import seal_access_log as seal
from domain.evidence.events import EvidenceEvent, SampleDrawn
from store import readings
from store.log import Work


def known_keys(desk: Desk) -> tuple[str, ...]:
    """Every key that ever signed this log's heads, the one that signs now last."""
    state = desk.log.load(EVIDENCE, EVIDENCE_ID).state
    return state.keys if state else ()


def note_signing_key(desk: Desk, call: Call, key: str) -> None:
    """The log says by itself which key signs it. Raises `Refusal` for another than the known."""

    def work(unit: Work) -> str:
        unit.say(EVIDENCE, EVIDENCE_ID, sign_with(unit.load(EVIDENCE, EVIDENCE_ID), key))
        return "{}"

    desk.log.carry_out(work, actor=call.actor)


def rotate_signing_key(desk: Desk, call: Call, new_key: str, *, lost: bool = False) -> Receipt:
    return _tell(desk, call, lambda state: rotate(state, new_key, lost=lost))


def seal_access_log(desk: Desk, actor: str) -> list[date]:
    """Seals every day of the access log that is over and is not sealed yet; says which."""
    sealed: list[date] = []
    last = desk.log.load(EVIDENCE, EVIDENCE_ID).state
    with desk.log.database.transaction() as connection:
        due = list(
            readings.days_to_seal(connection, last.access_sealed if last else None, desk.clock())
        )
    for one in due:

        def work(unit: Work, one: readings.Day = one) -> str:
            state = unit.load(EVIDENCE, EVIDENCE_ID)
            events = seal(state, one.day, one.rows, one.digest, desk.today)
            unit.say(EVIDENCE, EVIDENCE_ID, events)
            return "{}"

        desk.log.carry_out(work, actor=actor)
        sealed.append(one.day)
    return sealed


def note_sample(desk: Desk, call: Call, drawn: SampleDrawn) -> Receipt:
    return _tell(desk, call, lambda state: [drawn])


def note_audit_finding(desk: Desk, call: Call, command: NoteFinding) -> Receipt:
    def work(unit: Work) -> None:
        desk.known_people(unit, command.auditor_id)

    return _tell(desk, call, lambda state: note_finding(state, command, desk.today), work)


def _tell(
    desk: Desk,
    call: Call,
    decide: Callable[[Evidence | None], Iterable[EvidenceEvent]],
    before: Callable[[Work], None] | None = None,
) -> Receipt:
    def work(unit: Work) -> Said:
        if before is not None:
            before(unit)
        events = list(decide(unit.load(EVIDENCE, EVIDENCE_ID)))
        made = unit.say(EVIDENCE, EVIDENCE_ID, events)
        return said(made[0], made, events, unit.version(EVIDENCE_ID))

    return desk.take(call, work)
