"""Four eyes where nobody can leave them out: the database refuses an event that one hand made."""

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.accounts.roles import Role
from logins import granted
from store.database import Database

ONE, OTHER, THIRD = (str(UUID(int=n)) for n in (1, 2, 3))
DENIED = psycopg.errors.InsufficientPrivilege
APPEND = """SELECT log.append(%s, 1, %s, %s, %s, NULL, 'x', NULL, NULL, NULL, NULL, NULL, NULL,
                              NULL, NULL, {more}, NULL)"""
NO_MORE = "NULL, NULL, NULL, NULL, NULL"
GRANT = granted(Role.TREASURER).model_dump(mode="json")

BY_ONE_HAND = [
    ("accounts.RoleGranted", {"proposed_by": ONE, "approved_by": ONE, "person_id": THIRD}),
    ("accounts.RoleGranted", {"proposed_by": ONE, "approved_by": OTHER, "person_id": OTHER}),
    ("accounts.RoleGranted", {"proposed_by": ONE, "person_id": THIRD}),
    ("accounts.RoleGranted", {"approved_by": ONE, "person_id": THIRD}),
    ("accounts.RoleGranted", {"person_id": THIRD}),
    ("loans.EntryReversed", {"proposed_by": ONE, "approved_by": ONE}),
    ("loans.EntryReversed", {"proposed_by": ONE}),
    ("care.EntryWithdrawn", {"proposed_by": ONE, "approved_by": ONE}),
    ("clubs.EntryWithdrawn", {"proposed_by": ONE.upper(), "approved_by": ONE}),
    ("clubs.AssociationEntryWithdrawn", {"proposed_by": ONE, "approved_by": ONE}),
    ("clubs.RegulationAdopted", {"proposed_by": ONE, "approved_by": ONE}),
    ("clubs.RegulationAdopted", {"proposed_by": ONE}),
    ("loans.WorkbookImported", {"proposed_by": ONE, "approved_by": ONE}),
    ("loans.ImportUndone", {"proposed_by": ONE, "approved_by": ONE}),
    ("clubs.PersonsMerged", {"proposed_by": ONE, "approved_by": ONE, "person_id": THIRD}),
    ("loans.LoanWrittenOff", {"proposed_by": ONE, "approved_by": ONE, "borrower_id": THIRD}),
    ("loans.LoanWrittenOff", {"proposed_by": ONE, "approved_by": OTHER, "borrower_id": OTHER}),
    ("loans.LoanDisbursed", {"paid_by": ONE, "borrower_id": ONE}),
    ("loans.CashDifferenceSettled", {"settled_by": ONE, "approved_by": ONE}),
    ("loans.CapitalReturned", {"paid_by": ONE, "approved_by": ONE}),
    ("loans.PeriodClosed", {"closed_by": ONE, "approved_by": ONE}),
    # Whoever types for one of the two is not the other, nor whom the money goes to.
    ("loans.EntryReversed", {"proposed_by": ONE, "approved_by": OTHER, "recorded_by": ONE}),
    ("loans.PeriodClosed", {"closed_by": ONE, "approved_by": OTHER, "recorded_by": OTHER}),
    ("loans.LoanDisbursed", {"paid_by": ONE, "borrower_id": OTHER, "recorded_by": OTHER}),
]
BY_TWO = [
    ("accounts.RoleGranted", {"proposed_by": ONE, "approved_by": OTHER, "person_id": THIRD}),
    ("accounts.RoleGranted", {"person_id": ONE, "grant": {**GRANT, "role": "administrator"}}),
    ("loans.EntryReversed", {"proposed_by": ONE, "approved_by": OTHER}),
    ("loans.EntryReversed", {"import_id": THIRD}),
    ("loans.LoanDisbursed", {"paid_by": ONE, "borrower_id": OTHER}),
    ("loans.PeriodClosed", {"closed_by": ONE, "approved_by": OTHER}),
    ("loans.EntryReversed", {"proposed_by": ONE, "approved_by": OTHER, "recorded_by": THIRD}),
    ("loans.LoanDisbursed", {"paid_by": ONE, "borrower_id": OTHER, "recorded_by": ONE}),
    ("clubs.RegulationAdopted", {"proposed_by": ONE, "approved_by": OTHER}),
    ("loans.WorkbookImported", {"proposed_by": ONE, "approved_by": OTHER}),
    ("loans.WorkbookImported", {"import_id": THIRD}),
    ("loans.ImportUndone", {"proposed_by": ONE, "approved_by": OTHER}),
    ("x.OfNoConcern", {"proposed_by": ONE, "approved_by": ONE}),
]


def stated(topic: str, body: dict[str, Any]) -> bytes:
    grant = {"grant": GRANT} if topic == "accounts.RoleGranted" else {}
    return json.dumps({"v": 1, **grant, **body}).encode()


@pytest.mark.parametrize(("topic", "body"), BY_ONE_HAND)
def test_the_application_cannot_append_it(
    database: Database, topic: str, body: dict[str, Any]
) -> None:
    with psycopg.connect(database.url, autocommit=True) as application:
        event = (uuid4(), uuid4(), topic, stated(topic, body))
        with pytest.raises(DENIED, match="needs two people"):
            application.execute(APPEND.format(more=NO_MORE).encode(), event)
        # Nor behind an event that is right.
        first = (uuid4(), uuid4(), "x.OfNoConcern", b"{}")
        more = ([uuid4()], [1], [uuid4()], [topic], [stated(topic, body)])
        with pytest.raises(DENIED, match="needs two people"):
            application.execute(APPEND.format(more="%s, %s, %s, %s, %s").encode(), (*first, *more))
        assert application.execute("SELECT count(*) FROM log.events").fetchone() == (0,)


@pytest.mark.parametrize(("topic", "body"), BY_TWO)
def test_what_two_people_did_is_appended(
    database: Database, topic: str, body: dict[str, Any]
) -> None:
    with psycopg.connect(database.url, autocommit=True) as application:
        event = (uuid4(), uuid4(), topic, stated(topic, body))
        assert application.execute(APPEND.format(more=NO_MORE).encode(), event).fetchone() == (1,)


def test_two_entries_of_one_person_are_one_hand_however_long_the_chain(database: Database) -> None:
    first, second, third = uuid4(), uuid4(), uuid4()
    with psycopg.connect(database.url, autocommit=True) as application:

        def append(topic: str, body: dict[str, str], at: UUID) -> Any:
            event = (at, uuid4(), topic, stated(topic, body))
            return application.execute(APPEND.format(more=NO_MORE).encode(), event).fetchone()

        hands = {"proposed_by": str(first), "approved_by": str(third)}
        assert append("loans.EntryReversed", hands, uuid4()) == (1,), "nobody could know it then"
        for old, new in ((first, second), (second, third)):
            append("clubs.MergedInto", {"person_id": str(old), "into_id": str(new)}, old)
        for one, other in ((first, third), (third, first), (second, third), (first, second)):
            with pytest.raises(DENIED, match="needs two people"):
                append(
                    "loans.EntryReversed",
                    {"proposed_by": str(one), "approved_by": str(other)},
                    uuid4(),
                )
        paid = {"paid_by": str(first), "borrower_id": str(third)}
        with pytest.raises(DENIED, match="needs two people"):
            append("loans.LoanDisbursed", paid, uuid4())
