"""Large sums: whoever lets one stand gives the code of their second factor once more."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from api.reading import Parts
from desk import signing_in
from desk.desk import Desk
from domain.accounts.who import Who
from domain.errors import Refusal
from domain.loans.book import BOOK


def refuse_stale_code(parts: Parts, who: Who, command: str, at: UUID, body: Any) -> None:
    """Raises `Refusal("fresh-code-needed")` above the sum the service was told, if it was told one.

    Nobody by a token or on another's phone: the code is given in one's own session.
    """
    weigh, limit = _WEIGHED.get(command), parts.fresh_code_above
    if weigh is None or limit is None or signing_in.fresh_until(parts.desk, who) is not None:
        return
    if weigh(parts.desk, at, body) > limit:
        raise Refusal(
            "fresh-code-needed",
            "Số tiền lớn: hãy nhập lại mã xác thực trên điện thoại rồi gửi lại.",
            above=limit,
        )


def _of_loan(desk: Desk, loan_id: UUID, body: Any) -> int:
    home = desk.log.home_of(loan_id)
    book = desk.log.load(BOOK, home).state if home else None
    loan = book.loans.get(loan_id) if book else None
    return loan.amount if loan else 0


def _of_body(desk: Desk, at: UUID, body: Any) -> int:
    return int(body.amount)


def _of_entry(desk: Desk, event_id: UUID, body: Any) -> int:
    """The largest line of the entry that would be reversed."""
    home = desk.log.home_of_event(event_id)
    story = desk.log.story(home[0]) if home else []
    lines = next((getattr(r.event, "lines", ()) for r in story if r.event_id == event_id), ())
    return max((abs(line.amount) for line in lines), default=0)


_WEIGHED: Mapping[str, Callable[[Desk, UUID, Any], int]] = {
    "approve_loan": _of_loan,
    "disburse_loan": _of_loan,
    "take_over_debt": _of_loan,
    "write_off_loan": _of_loan,
    "return_capital": _of_body,
    "approve_reversal": _of_entry,
}
