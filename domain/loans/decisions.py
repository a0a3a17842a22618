"""What may happen to a loan, from request to settlement.

Four eyes are by person: proposer, approver and payer are three people; the borrower, their
household and the guarantors do not approve. No setting turns this off.
"""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.events import Role, person
from domain.loans.accounts import Account, Fund
from domain.loans.book import (
    Book,
    refuse_misdated,
    refuse_overdrawn,
    refuse_unfree,
    refuse_unsettled,
    repaid,
)
from domain.loans.commands import (
    AppraiseLoan,
    ApproveLoan,
    DisburseLoan,
    Moment,
    RejectLoan,
    Repay,
    RequestLoan,
    Standing,
)
from domain.loans.eligibility import (
    Asked,
    all_policies,
    at_payout,
    broken,
    refuse_closed_club,
    refuse_ineligible,
)
from domain.loans.entries import Line, credit, debit, entry
from domain.loans.events import (
    BookEvent,
    LoanAppraised,
    LoanApproved,
    LoanDisbursed,
    LoanRejected,
    LoanRequested,
    LoanSettled,
    RepaymentReceived,
)
from domain.loans.funds import next_vouchers
from domain.loans.loan import (
    Loan,
    Split,
    Step,
    owed,
    paid_on_time,
    planned,
    scheduled,
    split,
)
from domain.loans.parties import about, known_loan, refuse_interested
from domain.loans.schedule import effective_yearly_percent
from domain.loans.vouchers import Slip
from domain.regulation import (
    STATED_YEARLY_PERCENT_MAX,
    Rules,
)


def request_loan(
    book: Book | None, borrower: Standing, command: RequestLoan, moment: Moment
) -> list[BookEvent]:
    """Somebody of the club puts a member's request (đơn xin vay) on record."""
    not_in_the_future(command.occurred_on, moment.today)
    refuse_closed_club(moment)
    book = book or Book()
    rules = moment.regulation.rules
    refuse_ineligible(
        Asked(book, borrower, command.amount, command.terms, command.occurred_on, rules)
    )
    if any(borrower.means(guarantor) for guarantor in command.guarantor_ids):
        raise Refusal("same-person", "Người vay không tự bảo lãnh cho mình.")
    plan = planned(command.occurred_on, command.amount, command.terms)
    dear = effective_yearly_percent(plan, command.terms.every) > STATED_YEARLY_PERCENT_MAX
    return [
        LoanRequested(
            occurred_on=command.occurred_on,
            loan_id=command.loan_id,
            borrower_id=borrower.person_id,
            amount=command.amount,
            terms=command.terms,
            purpose=command.purpose,
            guarantor_ids=command.guarantor_ids,
            proposed_by=command.proposed_by,
            regulation=moment.regulation.version,
            warnings=("effective-rate-above-20",) if dear else (),
            concerns=(
                *about(command.loan_id, borrower.person_id),
                *(person(guarantor, Role.GUARANTOR) for guarantor in command.guarantor_ids),
                person(command.proposed_by, Role.PROPOSER),
            ),
        )
    ]


def appraise_loan(
    book: Book | None, loan_id: UUID, command: AppraiseLoan, moment: Moment
) -> list[BookEvent]:
    not_in_the_future(command.occurred_on, moment.today)
    loan = _waiting(book, loan_id)
    if moment.is_any(command.appraised_by, loan.borrower_id):
        raise Refusal("same-person", "Người vay không tự thẩm định khoản vay của mình.")
    return [
        LoanAppraised(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            appraised_by=command.appraised_by,
            in_favour=command.in_favour,
            note=command.note,
            concerns=(
                *about(loan.id, loan.borrower_id),
                person(command.appraised_by, Role.APPRAISER),
            ),
        )
    ]


def approve_loan(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: ApproveLoan,
    moment: Moment,
) -> list[BookEvent]:
    """By the public vote; at most what was asked for, by somebody who has no part in the loan."""
    not_in_the_future(command.occurred_on, moment.today)
    loan = _waiting(book, loan_id)
    amount = command.amount if command.amount is not None else loan.amount
    terms = command.terms or loan.terms
    if amount > loan.amount:
        raise Refusal(
            "exceeds-requested", "Không duyệt nhiều hơn số đề nghị.", requested=loan.amount
        )
    refuse_interested(loan, loan.proposed_by, borrower, approver)
    if approver.means(loan.request_typed_by):
        raise Refusal("same-person", "Người gõ đề nghị cho người khác không tự duyệt.")
    rules = moment.regulation.rules
    refuse_ineligible(Asked(book or Book(), borrower, amount, terms, command.occurred_on, rules))
    planned(command.occurred_on, amount, terms)  # what is approved can be paid out
    return [
        LoanApproved(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            approved_by=approver.person_id,
            amount=amount,
            terms=terms,
            minutes=command.minutes,
            regulation=moment.regulation.version,
            concerns=(
                *about(loan.id, loan.borrower_id),
                person(approver.person_id, Role.APPROVER),
            ),
        )
    ]


def reject_loan(
    book: Book | None, loan_id: UUID, command: RejectLoan, moment: Moment
) -> list[BookEvent]:
    not_in_the_future(command.occurred_on, moment.today)
    loan = _waiting(book, loan_id)
    return [
        LoanRejected(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            rejected_by=command.rejected_by,
            minutes=command.minutes,
            reason=command.reason,
            concerns=(
                *about(loan.id, loan.borrower_id),
                person(command.rejected_by, Role.APPROVER),
            ),
        )
    ]


def disburse_loan(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    command: DisburseLoan,
    moment: Moment,
    confirmer: Standing | None = None,
    payer: Standing | None = None,
) -> list[BookEvent]:
    """Hard: approved, a member still, at most what was approved, and money there to pay it.

    Hard rules stop what has not happened yet: of cash already paid, a broken club rule is a
    finding that a second person confirms. Arithmetic, dates, cash below 0 and four eyes hold.
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    loan = known_loan(book, loan_id)
    if loan.step not in (Step.APPROVED, Step.REQUESTED):
        raise Refusal("not-approved", "Khoản vay chưa được duyệt hoặc đã giải ngân.")
    amount = command.amount if command.amount is not None else loan.amount
    payer = payer or Standing(person_id=command.paid_by, is_member=False)
    assert payer.person_id == command.paid_by, "who pays is who stands there"
    if any(map(payer.means, (loan.proposed_by, loan.approved_by, loan.borrower_id))):
        raise Refusal(
            "same-person", "Người đề nghị, người duyệt và người chi phải là ba người khác nhau."
        )
    found = _speaks_against(book, loan, borrower, amount, command, moment)
    if found and not command.already_paid:
        raise found[0]
    if command.confirmed_by is not None:
        second = confirmer or Standing(person_id=command.confirmed_by, is_member=False)
        assert second.person_id == command.confirmed_by, "who confirms is who stands there"
        refuse_interested(loan, command.paid_by, borrower, second)
    paid_from = Account.BANK if command.from_bank else Account.CASH
    lines = entry(
        debit(Account.LOANS, Fund.LOAN, amount, loan_id=loan.id, member_id=loan.borrower_id),
        credit(paid_from, Fund.LOAN, amount),
    )
    refuse_overdrawn(book, lines, command.occurred_on)
    return [
        LoanDisbursed(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.PAYMENT, Fund.LOAN)),
            memo=command.memo,
            happened_on=command.happened_on,
            loan_id=loan.id,
            borrower_id=loan.borrower_id,
            amount=amount,
            terms=loan.terms,
            regulation=loan.regulation,
            instalments=scheduled(command.happened_on or command.occurred_on, amount, loan.terms),
            source=command.source,
            paid_by=command.paid_by,
            findings=tuple(refusal.code for refusal in found),
            confirmed_by=(command.confirmed_by,) if command.confirmed_by else (),
            concerns=(
                *about(loan.id, loan.borrower_id),
                person(command.paid_by, Role.PAYER),
                *((person(command.confirmed_by, Role.APPROVER),) if command.confirmed_by else ()),
            ),
        )
    ]


def _speaks_against(
    book: Book,
    loan: Loan,
    borrower: Standing,
    amount: int,
    command: DisburseLoan,
    moment: Moment,
) -> list[Refusal]:
    """The club's rules that a payout would break, in the order in which they speak.

    Two loans may wait approved side by side: only at the payout does one of them come second.
    Without a vote nothing has been asked yet, so all conditions are.
    """
    rules = moment.regulation.rules
    asked = Asked(book, borrower, amount, loan.terms, command.occurred_on, rules)
    found = _spoken(refuse_closed_club, moment)
    if loan.step is not Step.APPROVED:
        found.append(Refusal("not-approved", "Khoản vay chưa được duyệt."))
    elif amount > loan.amount:
        found.append(
            Refusal(
                "exceeds-approved",
                "Không giải ngân nhiều hơn số được duyệt.",
                approved=loan.amount,
            )
        )
    found += broken(asked, at_payout(rules) if loan.step is Step.APPROVED else all_policies(rules))
    return [
        *found,
        *_spoken(refuse_unsettled, book, rules.count_difference_max),
        *_spoken(refuse_unfree, book, amount),
    ]


def _spoken(rule: Callable[..., None], *asked: object) -> list[Refusal]:
    """A rule's refusal, kept instead of raised."""
    try:
        rule(*asked)
    except Refusal as refusal:
        return [refusal]
    return []


def repay_loan(
    book: Book | None, loan_id: UUID, command: Repay, rules: Rules, moment: Moment
) -> list[BookEvent]:
    """Split once, by the by-laws the loan was made under; what is above all debt is said so.

    `exceeds-debt` only where the caller gave the split by hand: otherwise the excess goes to
    clearing (3388), since the cash is already in the box.
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    loan = known_loan(book, loan_id)
    if loan.step is not Step.DISBURSED:
        raise Refusal("not-disbursed", "Khoản vay này không còn dư nợ để trả.")
    if moment.is_any(command.received_by, loan.borrower_id):
        raise Refusal("same-person", "Cán bộ trả nợ của mình thì người khác phải nhận tiền.")
    paid_on = command.happened_on or command.occurred_on
    if loan.disbursed_on is not None and paid_on < loan.disbursed_on:
        raise Refusal("date-order", "Ngày trả nợ không thể trước ngày giải ngân.")
    debt = owed(loan, paid_on, rules)
    if command.principal is None or command.interest is None:
        parts = split(command.amount, debt, rules)
    else:
        parts = Split(
            principal=command.principal,
            interest=command.interest,
            excess=0,
            late_interest=command.late_interest,
        )
        if parts.principal > debt.outstanding:
            raise Refusal("exceeds-debt", "Gốc trả nhiều hơn dư nợ.", outstanding=debt.outstanding)
        interest = max(sum(due.interest for due in loan.instalments) - loan.interest_paid, 0)
        if parts.interest > interest and not loan.past:  # a past book kept its own interest
            raise Refusal("exceeds-debt", "Lãi trả nhiều hơn lãi còn phải trả.", interest=interest)
        if parts.late_interest > debt.late_interest:
            raise Refusal(
                "exceeds-debt",
                "Lãi chậm trả nhiều hơn số còn phải trả.",
                late_interest=debt.late_interest,
            )
    received = RepaymentReceived(
        occurred_on=command.occurred_on,
        lines=_received(loan, command.amount, parts),
        vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.RECEIPT, Fund.LOAN)),
        memo=command.memo,
        happened_on=command.happened_on,
        loan_id=loan.id,
        borrower_id=loan.borrower_id,
        amount=command.amount,
        principal=parts.principal,
        interest=parts.interest,
        late_interest=parts.late_interest,
        excess=parts.excess,
        received_by=command.received_by,
        concerns=(
            *about(loan.id, loan.borrower_id),
            person(command.received_by, Role.RECEIVER),
        ),
    )
    return [received, *settled_if_clear(repaid(loan, received), paid_on, rules)]


def _received(loan: Loan, amount: int, parts: Split) -> tuple[Line, ...]:
    """Dr 111, Cr 1283, 515 and, for an excess, 3388.

    The line of a late charge names no loan, since a loan's own interest is what its plan asks
    for; the cash line then does, so that every repayment has a line of its loan.
    """
    of_loan: dict[str, UUID] = {"loan_id": loan.id, "member_id": loan.borrower_id}
    late = parts.late_interest
    return entry(
        credit(Account.INTEREST, Fund.LOAN, late, member_id=loan.borrower_id),
        debit(Account.CASH, Fund.LOAN, amount, **(of_loan if late else {})),
        credit(Account.LOANS, Fund.LOAN, parts.principal, **of_loan),
        credit(Account.INTEREST, Fund.LOAN, parts.interest, **of_loan),
        credit(Account.CLEARING, Fund.LOAN, parts.excess, **of_loan),
    )


def settled_if_clear(loan: Loan, on: date, rules: Rules) -> list[BookEvent]:
    """`LoanSettled` when nothing is owed; a past loan settles with its principal."""
    debt = owed(loan, on, rules)
    if loan.outstanding or (not loan.past and debt.interest_due + debt.late_interest):
        return []
    return [
        LoanSettled(
            occurred_on=on,
            loan_id=loan.id,
            borrower_id=loan.borrower_id,
            on_time=paid_on_time(loan, on, rules),
            concerns=about(loan.id, loan.borrower_id),
        )
    ]


def _waiting(book: Book | None, loan_id: UUID) -> Loan:
    loan = known_loan(book, loan_id)
    if loan.step is not Step.REQUESTED:
        raise Refusal("not-requested", "Khoản vay không còn ở bước chờ duyệt.")
    return loan
