"""Reports handed in, returned, accepted and locked; figures of clubs that keep paper books."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.clubs import association, reporting
from domain.clubs.reporting import (
    PAPER_FIGURES,
    AcceptReport,
    EnterPaperFigures,
    LockReport,
    ReturnReport,
    SubmitReport,
)
from domain.errors import Malformed
from examples import DAY, HOA, LAN, TODAY, days, sealed
from projections.province.catalogue import BY_KEY
from specification import Specification

HERE, REPORT, OTHER, PAPER = (UUID(int=at) for at in (800, 801, 802, 803))
FIRST, LAST = days(-100), days(-10)
known = Specification(association.evolve).after(
    association.register_association,
    association.RegisterAssociation(
        association_id=HERE, name="Hội NCT Lạng Sơn", level="province", province="Lạng Sơn"
    ),
)


def submission(**changed: Any) -> SubmitReport:
    usual = {
        "report_id": REPORT,
        "occurred_on": DAY,
        "first_on": FIRST,
        "last_on": LAST,
        "position": 7,
        "digest": "ab",
        "submitted_by": LAN,
    }
    return SubmitReport.model_validate(usual | changed)


def paper(**changed: Any) -> EnterPaperFigures:
    usual = {
        "paper_id": PAPER,
        "occurred_on": DAY,
        "club": "CLB thôn Pác Lùng",
        "first_on": FIRST,
        "last_on": LAST,
        "figures": {"members": 52},
        "signatory": sealed(HERE),
    }
    return EnterPaperFigures.model_validate(usual | changed)


RETURN = ReturnReport(occurred_on=DAY, remarks=sealed(HERE), returned_by=HOA)
ACCEPT, LOCK = (
    AcceptReport(occurred_on=DAY, accepted_by=HOA),
    LockReport(occurred_on=DAY, locked_by=HOA),
)
submitted = known.after(reporting.submit_report, submission(), TODAY)
returned = submitted.after(reporting.return_report, REPORT, RETURN, TODAY)
accepted = submitted.after(reporting.accept_report, REPORT, ACCEPT, TODAY)
locked = accepted.after(reporting.lock_report, REPORT, LOCK, TODAY)


def test_a_report_is_of_a_period_that_is_over() -> None:
    until_today = submission(last_on=DAY)
    known.when(reporting.submit_report, until_today, days(-1)).then_refused("future-date")
    assert known.when(reporting.submit_report, until_today, DAY).decided()
    with pytest.raises(ValidationError, match="last_on"):
        submission(first_on=LAST, last_on=FIRST)


def test_whoever_hands_a_report_in_does_not_accept_it() -> None:
    own = AcceptReport(occurred_on=DAY, accepted_by=LAN)
    submitted.when(reporting.accept_report, REPORT, own, TODAY).then_refused("same-person")
    assert submitted.when(reporting.accept_report, REPORT, ACCEPT, TODAY).decided()


@pytest.mark.parametrize(
    ("at", "decide", "command"),
    [
        (submitted, reporting.lock_report, LOCK),
        (returned, reporting.accept_report, ACCEPT),
        (returned, reporting.return_report, RETURN),
        (accepted, reporting.return_report, RETURN),
        (accepted, reporting.accept_report, ACCEPT),
        (locked, reporting.return_report, RETURN),
        (locked, reporting.lock_report, LOCK),
    ],
)
def test_steps_follow_each_other(at: Any, decide: Any, command: Any) -> None:
    at.when(decide, REPORT, command, TODAY).then_refused("report-step")


def test_only_a_returned_report_comes_in_again_and_for_the_same_period() -> None:
    again = submission(position=9)
    assert returned.when(reporting.submit_report, again, TODAY).decided()
    for at in (submitted, accepted, locked):
        at.when(reporting.submit_report, again, TODAY).then_refused("report-step")
    other = submission(first_on=days(-90))
    returned.when(reporting.submit_report, other, TODAY).then_refused("report-period")


def test_a_locked_period_takes_no_other_report() -> None:
    second = submission(report_id=OTHER)
    locked.when(reporting.submit_report, second, TODAY).then_refused("report-locked")
    assert accepted.when(reporting.submit_report, second, TODAY).decided()
    longer = submission(report_id=OTHER, last_on=days(-9))
    assert locked.when(reporting.submit_report, longer, TODAY).decided()


def test_an_unknown_report_is_not_found() -> None:
    known.when(reporting.accept_report, OTHER, ACCEPT, TODAY).then_refused("not-found")


def test_a_paper_is_signed_after_its_period_and_fills_rows_of_the_report() -> None:
    assert known.when(reporting.enter_paper_figures, paper(), TODAY).decided()
    early = paper(occurred_on=days(-11))
    known.when(reporting.enter_paper_figures, early, TODAY).then_refused("date-order")
    for key in ("par30", "memebers"):
        with pytest.raises(Malformed, match=key):
            reporting.enter_paper_figures(known.state, paper(figures={key: 1}), TODAY)


def test_a_paper_fills_only_sums() -> None:
    assert all(not BY_KEY[key].is_share for key in PAPER_FIGURES)
