"""The evidence of one loan on one page: who asked, voted, paid and checked, and its receipt.

Read from the events alone. A loan of a paper book says so: nobody witnessed it, and no four eyes
are claimed for it.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import from_json

from audit.evidence import shelf
from audit.evidence.attachments import beside, shown
from audit.evidence.shelf import Connection
from domain.errors import NotFound, Unavailable
from domain.evidence.decisions import EVIDENCE_ID
from store.keys import KeyRing

NameOf = Callable[[str], str | None]
"""A person's name by id; None where it was erased or is not ours to read."""

NOT_WITNESSED = "from the paper book, not witnessed"

_STEPS = {
    "loans.LoanRequested": "request",
    "loans.LoanAppraised": "appraisal",
    "loans.LoanApproved": "approval",
    "loans.LoanEndorsed": "endorsement",
    "loans.LoanDisbursed": "disbursement",
    "loans.PastLoanEntered": "disbursement",
    "loans.UseChecked": "use_checks",
    "loans.BalanceConfirmed": "confirmations",
    "loans.BalanceDisputed": "disputes",
    "loans.RepaymentReceived": "repayments",
    "loans.PastRepaymentEntered": "repayments",
    "loans.LoanExtended": "votes",
    "loans.LoanFrozen": "votes",
    "loans.LoanUnfrozen": "votes",
    "loans.InterestWaived": "votes",
    "loans.LoanWrittenOff": "votes",
    "loans.DebtTakenOver": "votes",
}
_MANY = ("use_checks", "confirmations", "disputes", "repayments", "votes")
_ABOUT_AN_EVENT = {
    "loans.EntryConfirmed": "event_id",
    "loans.EntryReversed": "reverses",
    "loans.FindingSettled": "event_id",
    "evidence.FindingNoted": "event_id",
}
_ACTED = {
    "request": ("proposed_by",),
    "appraisal": ("appraised_by",),
    "approval": ("approved_by",),
    "endorsement": ("endorsed_by",),
    "disbursement": ("paid_by",),
    "use_checks": ("checked_by",),
    "confirmations": ("borrower_id", "witness_id"),
    "disputes": ("borrower_id", "witness_id"),
    "repayments": ("received_by",),
    "votes": ("proposed_by", "approved_by"),
}


class _Row(NamedTuple):
    position: int
    event_id: str
    version: int
    club_id: str
    history: str
    recorded_at: str
    topic: str
    actor: str
    body: dict[str, Any]
    state: bytes


def disbursement(connection: Connection, loan_id: UUID, keys: KeyRing) -> dict[str, Any]:
    """Everything recorded of a loan's payout, step by step, with the receipt of the payout.

    Ids stand for people. Raises `NotFound`. `receipt` is None while the head does not reach it.
    """
    rows = _rows(connection, loan_id)
    found: dict[str, Any] = {name: None for name in _STEPS.values()} | {n: [] for n in _MANY}
    about = _about_events(connection, rows)
    for row in rows:
        step = _STEPS.get(row.topic)
        if step is None:
            continue
        told = _step(row, step, about.get(row.event_id, ()))
        if step in _MANY:
            found[step].append(told)
        else:
            found[step] = told
    paid = found["disbursement"]
    first = rows[0]
    past = bool(paid and paid["from_book"])
    evidence = {
        "loan_id": str(loan_id),
        "club_id": first.club_id,
        "history": first.history,
        "witness": NOT_WITNESSED if past else "recorded step by step",
        **found,
        "four_eyes": None if past else _four_eyes(rows),
        "photos": shown(keys, beside(connection, [UUID(r.event_id) for r in rows])),
        "receipt": None,
        "head": None,
    }
    if paid:
        evidence |= _signed(connection, paid["event_id"])
    return evidence


def _rows(connection: Connection, loan_id: UUID) -> list[_Row]:
    """The events of its book that speak of a loan, in their order."""
    return (
        _selected(
            connection,
            """JOIN log.entities n ON n.originator_id = e.originator_id AND n.entity_id = %(loan)s
           WHERE strpos(convert_from(e.state, 'UTF8'), %(text)s) > 0""",
            {"loan": loan_id, "text": str(loan_id)},
        )
        or _no_loan()
    )


def _no_loan() -> list[_Row]:
    raise NotFound("Không có khoản vay này.")


def _about_events(connection: Connection, rows: Sequence[_Row]) -> dict[str, list[_Row]]:
    """What was said later of one of these events: confirmed, reversed, settled, audited."""
    ids = [row.event_id for row in rows]
    histories = [*{UUID(row.history) for row in rows}, EVIDENCE_ID]
    said: dict[str, list[_Row]] = {}
    for row in _selected(
        connection,
        """WHERE e.originator_id = ANY(%(histories)s) AND e.topic = ANY(%(topics)s)
             AND (convert_from(e.state, 'UTF8')::jsonb ->> 'event_id' = ANY(%(ids)s)
                  OR convert_from(e.state, 'UTF8')::jsonb ->> 'reverses' = ANY(%(ids)s))""",
        {"histories": histories, "topics": list(_ABOUT_AN_EVENT), "ids": ids},
    ):
        said.setdefault(row.body[_ABOUT_AN_EVENT[row.topic]], []).append(row)
    return said


def _selected(connection: Connection, where: str, arguments: dict[str, Any]) -> list[_Row]:
    cursor = connection.execute(
        f"""SELECT e.notification_id, e.event_id::text, e.originator_version, e.club_id::text,
                   e.originator_id::text,
                   to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   e.topic, e.actor, e.state
            FROM log.events e {where} ORDER BY e.notification_id""".encode(),
        arguments,
        binary=True,
    )
    return [_Row._make((*columns, from_json(state), bytes(state))) for *columns, state in cursor]


def _step(row: _Row, step: str, about: Iterable[_Row]) -> dict[str, Any]:
    body = row.body
    confirmed = [r.body["confirmed_by"] for r in about if r.topic == "loans.EntryConfirmed"]
    reversed_by = [r.event_id for r in about if r.topic == "loans.EntryReversed"]
    acted = [body[name] for name in _ACTED.get(step, ()) if body.get(name)]
    told = {
        "event_id": row.event_id,
        "position": row.position,
        "version": row.version,
        "type": row.topic,
        "recorded_at": row.recorded_at,
        "actor": row.actor,
        "acted": acted,
        "signature": _signature(row, acted, confirmed),
        "from_book": _from_book(row),
        "reversed_by": reversed_by,
        "settled": [r.event_id for r in about if r.topic == "loans.FindingSettled"],
        "audited": [
            {"result": r.body["result"], "by": r.body["auditor_id"], "on": r.body["occurred_on"]}
            for r in about
            if r.topic == "evidence.FindingNoted"
        ],
    }
    kept = (
        "occurred_on", "happened_on", "amount", "principal", "interest", "borrower_id",
        "guarantor_ids", "proposed_by", "appraised_by", "in_favour", "approved_by", "endorsed_by",
        "minutes", "document", "paid_by", "checked_by", "as_agreed", "received_by", "witness_id",
        "outstanding", "stated", "vouchers", "lines", "findings", "warnings", "confirmed_by",
        "source", "terms", "recorded_by", "origin",
    )  # fmt: skip
    told |= {name: body[name] for name in kept if name in body}
    if step == "disbursement":
        told["content"] = row.state.decode()
        told["content_sha256"] = sha256(row.state).hexdigest()
    return told


def _signature(row: _Row, acted: list[str], confirmed: list[str]) -> str:
    """How those who acted stand for it: no more is claimed than was recorded."""
    if _from_book(row):
        return "paper-book"
    if row.body.get("recorded_by") is None:
        return "recorded-by-themselves" if _is_person(row.actor) else "by-a-program"
    return "typed-and-confirmed" if set(acted) <= set(confirmed) else "typed-for-them"


def _is_person(actor: str) -> bool:
    """Not an import or another program, which nobody's log-in stands behind."""
    try:
        UUID(actor)
    except ValueError:
        return False
    return True


def _from_book(row: _Row) -> bool:
    return (row.body.get("origin") or {}).get("source") == "book"


def _four_eyes(rows: Iterable[_Row]) -> dict[str, Any]:
    """Proposer, approver and payer are three people, none of them borrower or guarantor."""
    bodies = {row.topic: row.body for row in rows}
    request = bodies.get("loans.LoanRequested", {})
    people = {
        "proposer": request.get("proposed_by"),
        "approver": bodies.get("loans.LoanApproved", {}).get("approved_by"),
        "payer": bodies.get("loans.LoanDisbursed", {}).get("paid_by"),
        "borrower": request.get("borrower_id"),
    }
    broken = []
    roles = [(role, who) for role, who in people.items() if who]
    for at, (role, who) in enumerate(roles):
        broken += [f"{role}={other}" for other, same in roles[at + 1 :] if same == who]
    if people["approver"] in request.get("guarantor_ids", ()):
        broken.append("approver=guarantor")
    missing = [role for role, who in people.items() if not who]
    return {**people, "holds": not broken and not missing, "broken": broken, "missing": missing}


def _signed(connection: Connection, event_id: str) -> dict[str, Any]:
    try:
        proof = shelf.receipt(connection, UUID(event_id))
    except Unavailable:
        return {}
    signed = shelf.latest(connection)
    assert signed is not None, "a receipt stands in a signed head"
    head = signed.head
    return {
        "receipt": proof.text(),
        "head": {
            "origin": head.origin, "size": head.size, "root": head.root.hex(),
            "fingerprint": head.fingerprint,
        },
    }  # fmt: skip


# --- the page --------------------------------------------------------------------------------

_TITLES = {
    "request": "Đề nghị vay", "appraisal": "Thẩm định", "approval": "Bình xét, duyệt",
    "endorsement": "Xã đồng ý", "disbursement": "Giải ngân", "use_checks": "Kiểm tra sử dụng vốn",
    "confirmations": "Người vay xác nhận dư nợ", "disputes": "Người vay không đồng ý dư nợ",
    "votes": "Biểu quyết sau giải ngân",
}  # fmt: skip
_SIGNED = {
    "paper-book": "theo sổ giấy", "recorded-by-themselves": "tự ghi",
    "by-a-program": "chương trình ghi, không ai tự ký",
    "typed-for-them": "người khác gõ hộ, chưa xác nhận",
    "typed-and-confirmed": "người khác gõ hộ, đã xác nhận",
}  # fmt: skip

_PAPERS = {
    "voucher": "Phiếu", "vote": "Biên bản bình xét", "count": "Biên bản kiểm kê",
    "use": "Kiểm tra sử dụng vốn",
}  # fmt: skip


def people_in(evidence: dict[str, Any]) -> list[UUID]:
    """Whose names the page needs."""
    steps = [evidence[step] for step in _TITLES]
    told = [one for step in steps for one in (step if isinstance(step, list) else [step]) if one]
    ids = {id for one in told for id in (*one["acted"], *one.get("confirmed_by", ()))}
    return [UUID(id) for id in sorted(ids)]


def as_page(evidence: dict[str, Any], name_of: NameOf) -> str:
    """The same on one page of plain text, in Vietnamese, names as they can be read today."""

    def named(ids: Iterable[str]) -> str:
        return ", ".join(name_of(one) or f"(đã ẩn {one[-6:]})" for one in ids) or "–"

    lines = ["BẰNG CHỨNG GIẢI NGÂN", f"Khoản vay {evidence['loan_id']}"]
    if evidence["witness"] == NOT_WITNESSED:
        lines.append(
            "TỪ SỔ GIẤY, KHÔNG AI CHỨNG KIẾN LÚC GHI: không có bước xét duyệt trên sổ này."
        )
    for step, title in _TITLES.items():
        told = evidence[step]
        for one in told if isinstance(told, list) else [told] if told else []:
            lines.append("")
            lines.append(f"{title}: ngày {_day(one['occurred_on'])}" + _money(one))
            lines.append(f"  Người làm: {named(one['acted'])} ({_SIGNED[one['signature']]})")
            for field, word in (("minutes", "Biên bản"), ("vouchers", "Phiếu"),
                                ("findings", "Phát hiện"), ("warnings", "Nhắc nhở")):  # fmt: skip
                value = one.get(field)
                if value:
                    shown = ", ".join(value) if isinstance(value, list) else value
                    lines.append(f"  {word}: {shown}")
            if one.get("confirmed_by"):
                lines.append(f"  Người thứ hai xác nhận: {named(one['confirmed_by'])}")
            if one["reversed_by"]:
                lines.append(f"  ĐÃ ĐẢO bởi sự kiện {one['reversed_by'][-1]}")
            for line in one.get("lines", ()):
                lines.append(f"  {line['account']:>6} {line['fund']:<10} {_dong(line['amount'])}")
            lines.append(f"  Sự kiện {one['event_id']}, vị trí {one['position']}")
            lines.append(f"  Ghi lúc {one['recorded_at']} bởi {one['actor']}")
    lines += _papers(evidence["photos"])
    eyes = evidence["four_eyes"]
    if eyes:
        holds = (
            "đủ" if eyes["holds"] else "KHÔNG ĐỦ: " + ", ".join(eyes["broken"] + eyes["missing"])
        )
        lines += ["", f"Bốn mắt (đề nghị, duyệt, chi là ba người): {holds}"]
    paid = sum(one.get("principal", 0) for one in evidence["repayments"] if not one["reversed_by"])
    lines += ["", f"Đã trả gốc: {_dong(paid)} trong {len(evidence['repayments'])} lần"]
    if evidence["head"]:
        head = evidence["head"]
        lines += [
            "",
            f"Nhật ký {head['origin']}: {head['size']} sự kiện, vân tay {head['fingerprint']}",
        ]
        lines.append(f"SHA-256 nội dung: {evidence['disbursement']['content_sha256']}")
        lines += ["", evidence["receipt"].rstrip()]
    else:
        lines += ["", "Chưa ký vào nhật ký; hãy in lại sau giây lát."]
    return "\n".join(lines) + "\n"


def _papers(photos: Sequence[dict[str, Any]]) -> list[str]:
    lines = ["", "Ảnh giấy tờ kèm theo (SHA-256 của tệp gốc):"] if photos else []
    for one in photos:
        gone = " (đã xóa, chỉ còn mã băm)" if one["erased"] else ""
        lines.append(f"  {_PAPERS[one['kind']]}{gone}: {one['sha256']}")
    return lines


def _day(iso: str) -> str:
    return f"{iso[8:10]}/{iso[5:7]}/{iso[:4]}"


def _dong(amount: int) -> str:
    return f"{amount:,}".replace(",", ".") + "\u00a0₫"


def _money(step: dict[str, Any]) -> str:
    return f", {_dong(step['amount'])}" if "amount" in step else ""
