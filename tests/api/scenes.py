"""For every command that can be sent: a village in which its published example takes effect."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from api import (
    account_commands,
    association_commands,
    book_commands,
    care_commands,
    club_commands,
    corrections,
    fund_commands,
    loan_commands,
    people_commands,
    report_commands,
    request_commands,
)
from api.care_commands import THE_CLUB
from api.commands import Command
from api.people_commands import A_THIRD, SOMEBODY, SOMEBODY_ELSE
from desk import accounts, associations, books, care, clubs, loans, merging, people, requests
from desk.corrections import correctable_event, home_of, propose
from desk.desk import Call
from domain.care.commands import (
    EnrolClient,
    EnrolVolunteer,
    MakeVisit,
    OpenReferral,
    ScheduleShift,
)
from domain.care.events import Work as Activity
from domain.clubs.association import RegisterAssociation
from domain.clubs.consent import GiveConsent
from domain.clubs.events import Evidence
from domain.clubs.merging import ProposeMerge
from domain.clubs.reporting import AcceptReport, ReturnReport, SubmitReport
from domain.clubs.requests import DecideRequest, RequestData
from domain.clubs.standing import SuspendClub
from domain.correcting import Propose
from domain.histories import book_of
from domain.loans.accounts import Fund
from domain.loans.book import BOOK
from domain.loans.commands import (
    ApproveLoan,
    CountCash,
    DisburseLoan,
    FreezeLoan,
    GiveAdvance,
    PayExpense,
    ProposeReversal,
    ReceiveCapital,
    ReceiveDues,
    SettleCashDifference,
    WriteOffLoan,
)
from projections.follower import Follower
from village import DAY, FOUNDED, SYSTEM, Village

COMMANDS: dict[str, Command] = {
    command.name: command
    for table in (
        people_commands.COMMANDS,
        request_commands.COMMANDS,
        club_commands.COMMANDS,
        association_commands.COMMANDS,
        report_commands.COMMANDS,
        book_commands.MONEY,
        book_commands.LOANS,
        corrections.COMMANDS,
        loan_commands.COMMANDS,
        fund_commands.FUNDS,
        fund_commands.CLOSING,
        care_commands.CARE,
        care_commands.VOLUNTEERS,
        care_commands.HEALTH,
        account_commands.COMMANDS,
    )
    for command in table
}


class Scene(NamedTuple):
    command: Command
    address: str
    body: dict[str, Any]
    acting: UUID
    ids: dict[str, UUID] = {}
    """What stands in the address."""

    @property
    def second(self) -> UUID | None:
        """The other hand that the command names."""
        named = self.body.get(self.command.second or "")
        return UUID(named) if named else None


def scene(village: Village, name: str) -> Scene:
    command = COMMANDS[name]
    text = json.dumps(command.example)
    text = text.replace(SOMEBODY_ELSE, str(village.treasurer)).replace(SOMEBODY, str(village.chair))
    if A_THIRD in text:
        text = text.replace(A_THIRD, str(village.member("Vi Văn Mới", joined_on=FOUNDED)))
    text = text.replace(THE_CLUB, str(village.club_id))
    thing = _THINGS.get(name, _BY_ID.get(command.names or "", _nothing))(village)
    body = json.loads(text)
    if name == "approve_merge":
        _merge_proposed(village, thing["member_id"], UUID(body["duplicate_id"]))
    acting = village.chair if "approv" in name else village.secretary
    if name in ("disburse_loan", "repay_loan"):
        acting = village.treasurer
    if name in ("refund_excess", "return_capital"):
        acting = village.chair
    if name == "settle_finding":  # nobody who had a part in it
        acting = village.member("Triệu Thị Soát", joined_on=FOUNDED)
    if name == "confirm_entry":
        acting = village.treasurer
    return Scene(command, "/v1" + command.path.format(**thing), body, acting, thing)


def _nothing(village: Village) -> dict[str, UUID]:
    return {}


def _club(village: Village) -> dict[str, UUID]:
    _dues(village)
    return {"club_id": village.club_id}


def _fresh_club(village: Village) -> dict[str, UUID]:
    return {"club_id": Village(village.desk).club_id}


def _member(village: Village) -> dict[str, UUID]:
    return {"member_id": village.member("Hoàng Thị Dung", joined_on=FOUNDED)}


def _consenting(village: Village) -> dict[str, UUID]:
    thing = _member(village)
    consent = GiveConsent(occurred_on=DAY, purpose="contact", evidence=Evidence.WRITTEN)
    people.give_consent(village.desk, SYSTEM, thing["member_id"], consent)
    return thing


def _asked(kind: str, *, granted: bool = False) -> Callable[[Village], dict[str, UUID]]:
    """A member's request, taken down by the treasurer and perhaps granted by the chair."""

    def make(village: Village) -> dict[str, UUID]:
        thing, request_id = _member(village), village.desk.new_id()
        at = thing["member_id"]
        asking = RequestData.model_validate(
            {
                "occurred_on": DAY,
                "request_id": request_id,
                "kind": kind,
                "purposes": ("contact",) if kind == "erase" else (),
                "entered_by": village.treasurer,
            }
        )
        requests.request_data(village.desk, SYSTEM, at, asking)
        if granted:
            yes = DecideRequest.model_validate(
                {
                    "occurred_on": DAY,
                    "request_id": request_id,
                    "granted": True,
                    "ground": "right_of_access",
                    "decided_by": village.chair,
                }
            )
            requests.decide_request(
                village.desk, SYSTEM, at, yes, lambda people: (), lambda people: None
            )
        return thing | {"request_id": request_id}

    return make


def _merge_proposed(village: Village, person_id: UUID, duplicate_id: UUID) -> None:
    reason = village.desk.memo(person_id, "Ghi hai lần")
    assert reason
    command = ProposeMerge(duplicate_id=duplicate_id, proposed_by=village.secretary, reason=reason)
    merging.propose_merge(village.desk, SYSTEM, person_id, command, merging.Known())


def _account(village: Village) -> dict[str, UUID]:
    made = _member(village)
    told = accounts.NewAccount(user_name=f"dung.{made['member_id'].hex[-12:]}")
    accounts.open_account(village.desk, SYSTEM, made["member_id"], told, None)
    return made


def _role_proposed(village: Village) -> dict[str, UUID]:
    made = _account(village)
    told = accounts.NewRole.model_validate(
        {
            "role": "treasurer",
            "scope": {"kind": "club", "id": str(village.club_id)},
            "since": FOUNDED,
        }
    )
    desk, at = village.desk, made["member_id"]
    done = accounts.propose_role(desk, SYSTEM, at, told, village.secretary)
    return {**made, "grant_id": done.id}


def _role_granted(village: Village) -> dict[str, UUID]:
    made = _role_proposed(village)
    at, grant = made["member_id"], made["grant_id"]
    accounts.approve_role(village.desk, SYSTEM, at, grant, village.chair)
    return made


def _disabled(village: Village) -> dict[str, UUID]:
    made = _account(village)
    accounts.disable(village.desk, SYSTEM, made["member_id"], village.chair)
    return made


def _suspended(village: Village) -> dict[str, UUID]:
    clubs.record(village.desk, SYSTEM, village.club_id, SuspendClub(occurred_on=DAY))
    return {"club_id": village.club_id}


def _association(village: Village) -> dict[str, UUID]:
    command = RegisterAssociation(
        association_id=village.desk.new_id(),
        name="Hội Người cao tuổi tỉnh Lạng Sơn",
        level="province",
        province="Lạng Sơn",
    )
    receipt = associations.register_association(village.desk, SYSTEM, command)
    return {"association_id": receipt.id}


def _read_there(village: Village) -> dict[str, UUID]:
    """What a report says is read: its tables have to be there."""
    thing = _association(village)
    Follower(village.desk.log.database, village.desk.keys).catch_up(60)
    return thing


def _reported(*steps: str) -> Callable[[Village], dict[str, UUID]]:
    """A report of the first quarter, handed in by the treasurer, and what became of it."""

    def make(village: Village) -> dict[str, UUID]:
        thing = _association(village)
        at, report_id = thing["association_id"], village.desk.new_id()
        submission = SubmitReport(
            report_id=report_id,
            occurred_on=date(2026, 4, 2),
            first_on=date(2026, 1, 1),
            last_on=date(2026, 3, 31),
            position=1,
            digest="ab",
            submitted_by=village.treasurer,
        )
        associations.submit_report(village.desk, SYSTEM, at, submission)
        on = date(2026, 4, 3)
        if "returned" in steps:
            remarks = village.desk.memo(village.club_id, "Thiếu xã Ba Sơn")
            assert remarks
            back = ReturnReport(occurred_on=on, remarks=remarks, returned_by=village.chair)
            associations.return_report(village.desk, SYSTEM, at, report_id, back)
            Follower(village.desk.log.database, village.desk.keys).catch_up(60)
        if "accepted" in steps:
            yes = AcceptReport(occurred_on=on, accepted_by=village.chair)
            associations.accept_report(village.desk, SYSTEM, at, report_id, yes)
        return thing | {"report_id": report_id}

    return make


def _dues(village: Village) -> UUID:
    dues = ReceiveDues(occurred_on=DAY, amount=1_000_000)
    return books.record(village.desk, SYSTEM, village.club_id, dues).event_id


def _entry(village: Village) -> dict[str, UUID]:
    return {"event_id": _dues(village)}


def _proposed(village: Village) -> dict[str, UUID]:
    event_id = _dues(village)
    reason = village.desk.memo(village.club_id, "Ghi trùng")
    assert reason
    proposal = ProposeReversal(
        occurred_on=DAY, event_id=event_id, proposed_by=village.secretary, reason=reason
    )
    books.propose_reversal(village.desk, SYSTEM, proposal)
    return {"event_id": event_id}


def _loan(step: Callable[..., UUID]) -> Callable[[Village], dict[str, UUID]]:
    def make(village: Village) -> dict[str, UUID]:
        borrower = village.member("Hoàng Thị Dung", joined_on=FOUNDED)
        return {"loan_id": step(village, borrower, 5_000_000)}

    return make


def _on(step: Callable[[Village, UUID], object]) -> Callable[[Village], dict[str, UUID]]:
    """A loan of 5 million that is out, and what happened to it since."""

    def make(village: Village) -> dict[str, UUID]:
        loan_id = village.lent(village.member("Hoàng Thị Dung", joined_on=FOUNDED), 5_000_000)
        step(village, loan_id)
        return {"loan_id": loan_id}

    return make


def _vote(village: Village) -> dict[str, Any]:
    return {"occurred_on": date(2026, 5, 20), "proposed_by": village.treasurer, "minutes": "BB 1"}


def _frozen(village: Village, loan_id: UUID) -> None:
    command = FreezeLoan(**_vote(village), until=date(2026, 8, 20))
    loans.freeze_loan(village.desk, SYSTEM, loan_id, village.chair, command)


def _written_off(village: Village, loan_id: UUID) -> None:
    command = WriteOffLoan.model_validate({**_vote(village), "cause": "disaster"})
    loans.write_off_loan(village.desk, SYSTEM, loan_id, village.chair, command)


def _guaranteed(village: Village) -> dict[str, UUID]:
    borrower = village.member("Hoàng Thị Dung", joined_on=FOUNDED)
    loan_id = village.requested(borrower, 5_000_000, guarantor_ids=(village.chair,))
    approval = ApproveLoan(occurred_on=DAY, minutes="BB 012")
    books.approve_loan(village.desk, SYSTEM, loan_id, village.treasurer, approval)
    payout = DisburseLoan(occurred_on=DAY, paid_by=village.member("Lý Văn Chi"))
    books.disburse_loan(village.desk, SYSTEM, loan_id, payout)
    return {"loan_id": loan_id}


def _club_with(*commands: Any) -> Callable[[Village], dict[str, UUID]]:
    """The village's club after these commands to its book."""

    def make(village: Village) -> dict[str, UUID]:
        _dues(village)
        for command in commands:
            books.record(village.desk, SYSTEM, village.club_id, command(village))
        return {"club_id": village.club_id}

    return make


def _returnable(village: Village) -> ReceiveCapital:
    return ReceiveCapital.model_validate(
        {
            "occurred_on": FOUNDED,
            "amount": 5_000_000,
            "source": "donor_project",
            "restriction": "returnable",
        }
    )


def _advanced(village: Village) -> GiveAdvance:
    return GiveAdvance(
        occurred_on=DAY, amount=300_000, holder_id=village.chair, paid_by=village.treasurer
    )


def _counted(village: Village, off: int) -> dict[str, UUID]:
    """The operating fund's box counted with a difference: positive is too little."""
    _dues(village)
    book = village.desk.log.load(BOOK, book_of(village.club_id)).state
    assert book is not None
    left = book.cash_at_end_of(Fund.OPERATING, DAY) - off
    count = CountCash(
        occurred_on=DAY,
        funds=(Fund.OPERATING,),
        sheets={50_000: left // 50_000},
        signed_by=(village.chair, village.treasurer, village.secretary),
    )
    receipt = books.record(village.desk, SYSTEM, village.club_id, count)
    return {"event_id": receipt.event_id, "club_id": village.club_id}


def _settled(off: int) -> Callable[[Village], dict[str, UUID]]:
    def make(village: Village) -> dict[str, UUID]:
        made = _counted(village, off)
        reason = village.desk.memo(village.club_id, "Đếm lại vẫn vậy")
        assert reason
        command = SettleCashDifference(
            occurred_on=DAY,
            count_id=made["event_id"],
            reason=reason,
            settled_by=village.secretary,
            approved_by=village.chair,
        )
        books.settle_difference(village.desk, SYSTEM, command)
        return made

    return make


def _with_interest(village: Village) -> dict[str, UUID]:
    loan_id = village.lent(village.member("Hoàng Thị Dung", joined_on=FOUNDED), 5_000_000)
    village.repaid(loan_id, 535_000, date(2026, 4, 10))
    return {"club_id": village.club_id}


def _all_counted(village: Village) -> dict[str, UUID]:
    _dues(village)
    book = village.desk.log.load(BOOK, book_of(village.club_id)).state
    assert book is not None
    on, funds = date(2026, 3, 31), (Fund.LOAN, Fund.OPERATING)
    count = CountCash(
        occurred_on=on,
        funds=funds,
        sheets={10_000: sum(book.cash_at_end_of(fund, on) for fund in funds) // 10_000},
        signed_by=(village.chair, village.treasurer, village.secretary),
    )
    books.record(village.desk, SYSTEM, village.club_id, count)
    return {"club_id": village.club_id}


def _finding(village: Village) -> dict[str, UUID]:
    """Cash already paid to somebody whose other loan is late."""
    borrower = village.member("Hoàng Thị Dung", joined_on=FOUNDED)
    loan_id = village.approved(borrower, 1_000_000)
    village.lent(borrower, 1_000_000)
    payout = DisburseLoan(
        occurred_on=date(2026, 5, 20),
        paid_by=village.treasurer,
        already_paid=True,
        confirmed_by=village.chair,
    )
    receipt = books.disburse_loan(village.desk, SYSTEM, loan_id, payout)
    return {"event_id": receipt.event_id}


def _typed_by_another(village: Village) -> dict[str, UUID]:
    clerk = Call("clerk", recorded_by=village.secretary)
    expense = PayExpense(occurred_on=DAY, amount=10_000, paid_by=village.treasurer)
    _dues(village)
    receipt = books.record(village.desk, clerk, village.club_id, expense)
    return {"event_id": receipt.event_id}


def _healthy(village: Village) -> dict[str, UUID]:
    made = _member(village)
    consents_to_health(village, made["member_id"])
    return made


def _case(village: Village) -> dict[str, UUID]:
    return {"client_id": client_of(village)}


def _referred(village: Village) -> dict[str, UUID]:
    client_id, referral_id = client_of(village), village.desk.new_id()
    command = OpenReferral.model_validate(
        {"occurred_on": DAY, "referral_id": referral_id, "to": "hospital"}
    )
    care.tell_case(village.desk, SYSTEM, village.club_id, client_id, command, referral_id)
    return {"client_id": client_id, "referral_id": referral_id}


def _volunteer(village: Village) -> dict[str, UUID]:
    return {"volunteer_id": volunteers_of(village)}


def _scheduled(village: Village) -> dict[str, UUID]:
    volunteer_id, shift_id = volunteers_of(village), village.desk.new_id()
    command = ScheduleShift(
        occurred_on=DAY, planned_on=DAY, shift_id=shift_id, activity=Activity.HOUSEHOLD_HELP
    )
    care.schedule_shift(village.desk, SYSTEM, village.club_id, volunteer_id, command)
    return {"volunteer_id": volunteer_id, "shift_id": shift_id}


def _visited(village: Village) -> dict[str, UUID]:
    client_id = client_of(village)
    command = MakeVisit(
        occurred_on=DAY,
        visit_id=village.desk.new_id(),
        volunteer_ids=(village.treasurer,),
        start="08:00",
        end="09:30",
    )
    receipt = care.make_visit(village.desk, SYSTEM, village.club_id, client_id, command)
    return {"event_id": receipt.event_id}


def _to_be_corrected(village: Village) -> dict[str, UUID]:
    made = _visited(village)
    desk = village.desk
    reason = desk.memo(village.club_id, "Ghi nhầm")
    assert reason
    home = home_of(desk, made["event_id"])
    proposal = Propose(
        occurred_on=DAY, event_id=made["event_id"], proposed_by=village.secretary, reason=reason
    )
    visit = correctable_event(desk, home, made["event_id"]).visit_id
    asked = MakeVisit(
        occurred_on=DAY, visit_id=visit, volunteer_ids=(village.treasurer,), minutes=60
    )
    propose(desk, SYSTEM, home, proposal, asked)
    return made


def client_of(village: Village) -> UUID:
    """Somebody looked after since the founding, whose health may be written down; the treasurer
    is a volunteer."""
    client_id = village.member("Hoàng Thị Già")
    consents_to_health(village, client_id)
    volunteers_of(village)
    command = EnrolClient(occurred_on=FOUNDED)
    care.enrol_client(village.desk, SYSTEM, village.club_id, client_id, None, command)
    return client_id


def volunteers_of(village: Village) -> UUID:
    command = EnrolVolunteer(occurred_on=FOUNDED)
    care.enrol_volunteer(village.desk, SYSTEM, village.club_id, village.treasurer, command)
    return village.treasurer


def consents_to_health(village: Village, person_id: UUID) -> None:
    consent = GiveConsent(occurred_on=FOUNDED, purpose="health", evidence=Evidence.WRITTEN)
    people.give_consent(village.desk, SYSTEM, person_id, consent)


_BY_ID = {
    "club_id": _club,
    "member_id": _member,
    "client_id": _case,
    "volunteer_id": _volunteer,
    "loan_id": _loan(Village.requested),
    "event_id": _entry,
    "association_id": _association,
}
_THINGS = {
    "propose_role": _account,
    "approve_role": _role_proposed,
    "decline_role": _role_proposed,
    "withdraw_role": _role_granted,
    "disable_account": _account,
    "enable_account": _disabled,
    "give_reset_code": _account,
    "submit_report": _read_there,
    "resubmit_report": _reported("returned"),
    "return_report": _reported(),
    "accept_report": _reported(),
    "lock_report": _reported("accepted"),
    "withdraw_consent": _consenting,
    "decide_request": _asked("erase"),
    "complete_request": _asked("copy", granted=True),
    "resume_club": _suspended,
    "dissolve_club": _fresh_club,
    "close_referral": _referred,
    "work_planned_shift": _scheduled,
    "cancel_shift": _scheduled,
    "measure_vitals": _healthy,
    "record_check_up": _healthy,
    "propose_correction": _visited,
    "approve_correction": _to_be_corrected,
    "enter_opening_balances": _fresh_club,
    "disburse_loan": _loan(Village.approved),
    "repay_loan": _loan(Village.lent),
    "approve_reversal": _proposed,
    "endorse_loan": _loan(Village.approved),
    "check_use": _loan(Village.lent),
    "extend_loan": _loan(Village.lent),
    "freeze_loan": _loan(Village.lent),
    "unfreeze_loan": _on(_frozen),
    "waive_interest": _loan(Village.lent),
    "take_over_debt": _loan(Village.lent),
    "call_guarantor": _guaranteed,
    "refund_excess": _on(lambda village, loan: village.repaid(loan, 6_000_000, DAY)),
    "confirm_balance": _loan(Village.lent),
    "dispute_balance": _loan(Village.lent),
    "write_off_loan": _loan(Village.lent),
    "bear_loss": _on(_written_off),
    "recover_loan": _on(_written_off),
    "return_capital": _club_with(_returnable),
    "settle_advance": _club_with(_advanced),
    "allocate_interest": _with_interest,
    "make_shortage_good": _settled(50_000),
    "resolve_surplus": _settled(-50_000),
    "settle_cash_difference": lambda village: _counted(village, 50_000),
    "close_period": _all_counted,
    "settle_finding": _finding,
    "confirm_entry": _typed_by_another,
}
