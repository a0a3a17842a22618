"""Every page there is, about things that are there: from the routes themselves, so that no new one
is missed."""

import re
from typing import Any

from api.permissions import routes_of
from desk import books, evidence
from desk.desk import Call
from domain.care.book import CARE
from domain.evidence.events import SampleDrawn
from domain.histories import book_of, care_book_of
from domain.loans.commands import RequestLoan
from tests.web.lang_son import CLUB_ID, TODAY, LangSon
from village import TERMS
from web.page import PageRoute

_NO_PAGE = re.compile(r"\.(xlsx|zip|hledger|js)$|^/words$|/offline-lists$|^/login/")
"""What is taken away, what a script asks for, and the way back from elsewhere."""


def every_page(here: LangSon) -> dict[str, str]:
    """The address of each by its route; fails where nobody said what its id stands for."""
    ids = _ids(here)

    def address(path: str) -> str:
        return re.sub(r"{(\w+)}", lambda named: str(ids[named[1]]), path)

    paths = [
        route.path
        for route in routes_of(here.app)
        if isinstance(route, PageRoute) and "GET" in route.methods
    ]
    club = f"/clubs/{CLUB_ID}"
    return {path: address(path) for path in paths if not _NO_PAGE.search(path)} | {
        "/events/{event_id}/correction": f"/events/{_meeting(here)}/correction",
        "a loan that is asked for": f"/loans/{ids['asked_for']}",
        "a loan at a meeting": f"{club}/lending?loan_id={ids['asked_for']}",
        "a sample on trial": "/audit/sample?seed=5&count=5",
        "a search": f"{club}/members?q=phuong",
        "a kind of story": f"/members/{ids['member_id']}?kind=repayments",
        "another day": f"{club}/cash-book?as_of=2025-12-31",
        "a figure": f"{club}/figures/par30?part=denominator",
        "an account": f"/members/{here.person('thuquy')}/account",
    }


def _ids(here: LangSon) -> dict[str, Any]:
    """What the addresses are about; something waits for everybody who has to decide."""
    care = here.desk.log.load(CARE, care_book_of(CLUB_ID)).state
    assert care is not None
    loan = min((one for one in here.book.loans.values() if one.payments), key=lambda x: str(x.id))
    of_loan = [
        one for one in here.desk.log.story(book_of(CLUB_ID))
        if getattr(one.event, "loan_id", None) == loan.id
    ]  # fmt: skip
    paid_out = next(one for one in of_loan if one.event.TOPIC == "loans.LoanDisbursed")
    paid = of_loan[-1]
    return {
        "club_id": CLUB_ID,
        "member_id": loan.borrower_id,
        "loan_id": loan.id,
        "event_id": paid.event_id,
        "client_id": min(id for id, case in care.cases.items() if not case.discharged_on),
        "sample_id": _sample(here, paid_out.event_id),
        "asked_for": _asked_for(here),
        "name": "par30",
        "figure": "clients",
    }


def _meeting(here: LangSon) -> Any:
    """What is no money can be told anew."""
    story = here.desk.log.story(CLUB_ID)
    return [one for one in story if one.event.TOPIC == "clubs.MeetingHeld"][-1].event_id


def _sample(here: LangSon, event_id: Any) -> Any:
    by = here.person("kiemtoan")
    drawn = SampleDrawn(
        occurred_on=TODAY, sample_id=here.desk.new_id(), auditor_id=by, seed="5", size=1,
        root="ab", wanted=1, club_id=CLUB_ID, drawn_from=1, drawn=(event_id,),
    )  # fmt: skip
    return evidence.note_sample(here.desk, Call(str(by)), drawn).event_id


def _asked_for(here: LangSon) -> Any:
    proposer = here.person("ketoan")
    borrower = next(
        one.borrower_id for one in here.book.closed.values() if not here.owes(one.borrower_id)
    )
    asked = RequestLoan(
        occurred_on=TODAY, loan_id=here.desk.new_id(), amount=300_000, terms=TERMS,
        proposed_by=proposer,
    )  # fmt: skip
    books.request_loan(here.desk, Call(str(proposer)), CLUB_ID, borrower, asked)
    return asked.loan_id
