"""Statements and lists: every wrong row is found, and every rule that an event breaks."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from audit.checks import run
from desk import associations, books, clubs, merging, people
from desk.desk import Desk
from domain.clubs.association import HoldTraining, RegisterAssociation
from domain.clubs.board import HandOverOffice, NameStandIn
from domain.clubs.consent import GiveConsent
from domain.clubs.events import Office
from domain.clubs.meetings import HoldMeeting
from domain.clubs.merging import ApproveMerge, ProposeMerge
from domain.clubs.people import RecordDeath
from domain.clubs.standing import SuspendClub
from domain.loans.commands import ApproveLoan, RequestLoan
from projections.follower import Follower
from store.database import Database
from tests.audit.tampering import Intruder, codes, named
from village import DAY, SYSTEM, TERMS, Village


def merge(
    desk: Desk, village: Village, person_id: UUID, double: UUID, *, by: UUID, approver: UUID
) -> UUID:
    reason = desk.memo(person_id, "Ghi hai lần")
    assert reason
    known = merging.Known(club_ids=(village.club_id,))
    proposal = ProposeMerge(duplicate_id=double, proposed_by=by, reason=reason)
    merging.propose_merge(desk, SYSTEM, person_id, proposal, known)
    approval = ApproveMerge(duplicate_id=double, approved_by=approver)
    return merging.approve_merge(desk, SYSTEM, person_id, approval, known).event_id


class Lived(Village):
    """A club in which everything was stated that somebody may tamper with."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.lan, self.double = self.member("Nguyễn Thị Lan"), self.member("Nguyễn Thi Lan")
        self.told(NameStandIn(occurred_on=DAY, office=Office.SECRETARY, person_id=self.lan,
                              until=date(2026, 4, 10)))  # fmt: skip
        self.handed = self.told(HandOverOffice(
            occurred_on=DAY, office=Office.ACCOUNTANT, outgoing_id=self.chair,
            incoming_id=self.lan, witness_id=self.secretary))  # fmt: skip
        self.told(HoldMeeting(meeting_id=desk.new_id(), occurred_on=DAY, head_count=40))
        household = people.Household.model_validate({"household_class": "poor"})
        people.tell_household(desk, SYSTEM, self.lan, household)
        asked = {"occurred_on": DAY, "purpose": "health", "evidence": "fingerprint"}
        consent = GiveConsent.model_validate({**asked, "witness_id": self.chair})
        self.consent = people.give_consent(desk, SYSTEM, self.lan, consent).event_id
        self.merge = merge(
            desk, self, self.lan, self.double, by=self.secretary, approver=self.chair
        )
        association = RegisterAssociation(
            association_id=desk.new_id(), name="Hội NCT", level="province", province="Lạng Sơn"
        )
        associations.register_association(desk, SYSTEM, association)
        title = desk.memo(association.association_id, "Tập huấn")
        assert title
        associations.hold_training(
            desk, SYSTEM, association.association_id,
            HoldTraining(training_id=desk.new_id(), occurred_on=DAY, title=title, delegates=9),
        )  # fmt: skip
        self.told(SuspendClub(occurred_on=DAY))

    def told(self, command: Any) -> UUID:
        return clubs.record(self.desk, SYSTEM, self.club_id, command).event_id


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)


@pytest.fixture
def village(desk: Desk, follower: Follower) -> Lived:
    lived = Lived(desk)
    follower.catch_up()
    return lived


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("club-units-differ", "UPDATE read.club_units SET commune = 'Xã Khác'"),
        ("club-status-missing", "DELETE FROM read.club_status"),
        ("stand-ins-differ", "UPDATE read.stand_ins SET until = until + 1"),
        ("class-statements-differ", "UPDATE read.class_statements SET household_class = 'other'"),
        ("consents-differ", "UPDATE read.consents SET given = false"),
        ("merges-missing", "DELETE FROM read.merges"),
        ("doings-differ", "UPDATE read.doings SET whose = event_id WHERE kind = 'meeting'"),
        ("doings-differ", "UPDATE read.doings SET withdrawn_at = 1 WHERE kind = 'training'"),
        ("doings-differ", "UPDATE read.doings SET head_count = 41 WHERE kind = 'meeting'"),
        ("associations-differ", "UPDATE read.associations SET name = 'Hội khác'"),
        ("persons-differ", "UPDATE read.persons SET merged_into = NULL"),
        ("memberships-differ", "UPDATE read.memberships SET left_at = left_at + 1"),
        ("facts-differ", "UPDATE read.facts SET amount = amount + 1 WHERE fact = 'meeting'"),
        ("facts-differ", "UPDATE read.facts SET occurred_on = occurred_on + 1 WHERE fact = 'club'"),
        ("facts-differ", "DELETE FROM read.facts WHERE fact = 'member_in'"),
        ("facts-stray", """INSERT INTO read.facts (position, event_id, occurred_on, fact, amount)
            VALUES (10000, gen_random_uuid(), '2026-01-01', 'meeting', 1)"""),
        ("fact-changes-differ", "UPDATE read.fact_changes SET since = '2026-01-01'"),
        ("club-places-differ", "UPDATE read.club_places SET district = 'Huyện Khác'"),
    ],
)  # fmt: skip
def test_a_wrong_row(
    database: Database, village: Lived, intruder: Intruder, code: str, change: str
) -> None:
    assert run(database).clean
    intruder.sql(change)
    assert codes(run(database)) == {code}


def test_an_event_that_breaks_its_rule(
    database: Database, village: Lived, intruder: Intruder
) -> None:
    broken: list[tuple[UUID, Callable[[dict[str, Any]], Any], str]] = [
        (village.consent, lambda body: body.pop("witness_id"), "consent-unwitnessed"),
        (village.merge, lambda body: body.update(approved_by=body["proposed_by"]), "merge-eyes"),
        (village.handed, lambda body: body.update(witness_id=body["incoming_id"]),
         "hand-over-eyes"),
    ]  # fmt: skip
    for event_id, change, _ in broken:
        intruder.rewrite(event_id, change)
    report = run(database)
    for event_id, _, code in broken:
        assert named(report, code).event_id == str(event_id)


def test_two_roles_of_two_ids_that_a_merge_made_one_person(
    database: Database, desk: Desk, follower: Follower
) -> None:
    village = Village(desk, capital=20_000_000)
    double = village.member("Nông Thi Chủ")
    loan = village.desk.new_id()
    request = RequestLoan(occurred_on=DAY, loan_id=loan, amount=1_000_000, terms=TERMS,
                          proposed_by=double)  # fmt: skip
    borrower = village.member("Hoàng Thị Vay")
    books.request_loan(desk, SYSTEM, village.club_id, borrower, request)
    approval = ApproveLoan(occurred_on=DAY, minutes="BB 012")
    approved = books.approve_loan(desk, SYSTEM, loan, village.chair, approval).event_id
    follower.catch_up()
    assert run(database).findings == ()
    merge(desk, village, village.chair, double, by=village.secretary, approver=village.treasurer)
    follower.catch_up()
    report = run(database)
    assert report.clean  # a backup of it can still be restored
    found = named(report, "merge-same-person")
    assert (found.event_id, found.level) == (str(approved), "warning")
    assert (found.facts["role"], found.facts["other_role"]) == ("approver", "proposer")


def test_the_dead_are_members_of_nothing(
    database: Database, village: Lived, desk: Desk, follower: Follower
) -> None:
    people.record_death(desk, SYSTEM, village.lan, (), RecordDeath(died_on=DAY))
    follower.catch_up()
    assert codes(run(database)) == {"member-died"}
