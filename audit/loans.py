"""Every loan from its own lines: what was lent, what came back, what is still owed."""

from collections.abc import Callable
from functools import partial
from typing import Any

from audit import changes
from audit.check import Check, is_from_book
from audit.entries import Connection, Entry, streamed
from audit.findings import Findings
from audit.late import LateRules, late_interest
from audit.loan import Loan, freezes, interest_until, parts_of, same_terms, written

_REPAYMENTS = frozenset(("loans.RepaymentReceived", "loans.PastRepaymentEntered"))
_STEPS = frozenset(
    ("requested", "approved", "rejected", "disbursed", "settled", "withdrawn", "written_off")
)


class Loans(Check):
    """Outstanding between 0 and what was lent; the steps in their order; the schedule adds up."""

    name = "loans"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings)
        self._connection = connection
        self.loans: dict[str, Loan] = {}
        self._late: dict[tuple[str | None, int | None], LateRules] = {}
        """By-laws under which being late costs something, by club and version."""
        self._tell: dict[str, Callable[[Entry], Loan | None]] = {
            "loans.LoanRequested": self._requested,
            "loans.LoanAppraised": self._appraised,
            "loans.LoanApproved": self._approved,
            "loans.LoanRejected": self._rejected,
            "loans.LoanDisbursed": self._disbursed,
            "loans.RepaymentReceived": self._repaid,
            "loans.PastLoanEntered": self._past_loan,
            "loans.PastRepaymentEntered": self._repaid,
            "loans.LoanSettled": self._settled,
            **{topic: partial(tell, self) for topic, tell in changes.TELL.items()},
        }

    def wants(self, topic: str) -> bool:
        return topic in self._tell or topic in (
            "loans.OpeningBalancesEntered",
            "loans.EntryReversed",
            "loans.ExcessRefunded",
            "clubs.RegulationAdopted",
        )

    def see(self, entry: Entry) -> None:
        tell = self._tell.get(entry.topic)
        if tell is not None:
            loan = tell(entry)
            if loan is None:
                return
            if entry.topic in _REPAYMENTS:
                loan.touched(entry)
            else:
                loan.took_step(entry)
            if "lines" in entry.body:
                self._post(entry)
                self._see_bounds(entry, loan)
        elif entry.topic == "loans.OpeningBalancesEntered":
            self._opened(entry)
        elif entry.topic == "loans.ExcessRefunded":
            self._post(entry)
        elif entry.topic == "clubs.RegulationAdopted":
            rules = LateRules.of(entry.body["rules"])
            if rules is not None:
                self._late[entry.club_id, entry.body["version"]] = rules
        else:
            self._reversed(entry)

    # --- the steps ------------------------------------------------------------------------

    def _requested(self, entry: Entry) -> Loan | None:
        loan = self._new(entry, entry.body["loan_id"], "requested", entry.body["amount"])
        loan.proposer, loan.typist = entry.body["proposed_by"], entry.body.get("recorded_by")
        loan.guarantors = tuple(entry.body.get("guarantor_ids", ()))
        return loan

    def _appraised(self, entry: Entry) -> Loan | None:
        return self.known(entry, "requested")

    def _approved(self, entry: Entry) -> Loan | None:
        loan = self.known(entry, "requested")
        if loan is not None:
            self._see_no_more(entry, loan, "loan-above-request", "Duyệt nhiều hơn số đề nghị.")
            self._agreed(entry, loan, "approved")
            loan.approver = entry.body["approved_by"]
        return loan

    def _rejected(self, entry: Entry) -> Loan | None:
        loan = self.known(entry, "requested")
        if loan is not None:
            loan.step = "rejected"
        return loan

    def _disbursed(self, entry: Entry) -> Loan | None:
        found = entry.body.get("findings", ())
        # Cash already paid: two people let it stand without the vote, or above it.
        loan = self.known(entry, "requested" if "not-approved" in found else "approved")
        if loan is not None:
            if not {"not-approved", "exceeds-approved"}.intersection(found):
                self._see_no_more(entry, loan, "loan-above-approval", "Giải ngân quá số đã duyệt.")
            self.see_borrower(entry, loan)
            self._agreed(entry, loan, "disbursed")
            self._pay_out(entry, loan)
        return loan

    def _past_loan(self, entry: Entry) -> Loan | None:
        loan = self._new(entry, entry.body["loan_id"], "disbursed", entry.body["amount"])
        loan.past = True
        self._pay_out(entry, loan)
        return loan

    def _repaid(self, entry: Entry) -> Loan | None:
        loan = self.known(entry, "disbursed")
        if loan is not None:
            body = entry.body
            self.see_borrower(entry, loan)
            excess = body.get("excess", 0)
            if "exceeds-debt" in body.get("findings", ()):
                # Two people let a past book's overpayment stand: its lines alone say how much.
                excess = -sum(row["amount"] for row in body["lines"] if row["account"] == "3388")
            late = body.get("late_interest", 0)
            self._see_late(entry, loan, late)
            parts = (body["principal"], body["interest"], excess, late)
            self.see_lines(entry, -parts[0], -parts[1], -parts[2])
            if "amount" in body and sum(parts) != body["amount"]:
                self.say(
                    "loan-split",
                    "Gốc + lãi + tiền thừa khác số tiền đã nhận.",
                    entry,
                    amount=body["amount"],
                    parts=parts,
                )
        return loan

    def _see_late(self, entry: Entry, loan: Loan, paid: int) -> None:
        """No more was taken for being late than the by-laws of the loan ask."""
        body, rules = entry.body, self._late.get((loan.club, loan.regulation))
        owed = late_interest(loan, rules, body["occurred_on"]) if rules and paid else 0
        if paid > owed:
            self.say(
                "loan-late-interest", "Lãi chậm trả cao hơn quy chế.", entry, paid=paid, owed=owed
            )
        if rules:
            loan.came.append((body["occurred_on"], body["principal"], body["interest"]))
            loan.late_paid += paid

    def see_carried(self, entry: Entry, loan: Loan) -> None:
        """An extension carries over what was owed for being late, to the đồng."""
        rules, told = self._late.get((loan.club, loan.regulation)), entry.body["late_interest"]
        owed = late_interest(loan, rules, entry.body["occurred_on"]) if rules else 0
        if told != owed:
            self.say(
                "loan-late-interest", "Lãi chậm trả chuyển sang khác quy chế.", entry, owed=owed
            )
        loan.late_carried, loan.late_paid = told, 0

    def _settled(self, entry: Entry) -> Loan | None:
        loan = self.known(entry, "disbursed")
        if loan is None:
            return None
        on = entry.body["occurred_on"]
        # A past book settles with the principal; interest it did not collect is its own affair.
        past = loan.past or is_from_book(entry)
        interest_due = 0 if past else interest_until(loan, on) - loan.interest_paid
        if loan.outstanding or interest_due > 0:
            self.say(
                "loan-settled-owing",
                "Khoản vay ghi tất toán khi còn nợ.",
                entry,
                outstanding=loan.outstanding,
                interest_due=max(interest_due, 0),
            )
        self.see_borrower(entry, loan)
        loan.step, loan.settled_on = "settled", on
        return loan

    def _opened(self, entry: Entry) -> None:
        made = []
        for told in entry.body.get("loans", ()):
            loan = self._new(entry, told["id"], told["step"], told["amount"], told)
            loan.past, loan.lent = told.get("past", False), told["amount"]
            loan.disbursed_on = told.get("disbursed_on")
            loan.schedule = written(told.get("instalments", ()))
            self.see_schedule(entry, loan, told.get("instalments", ()))
            made.append(loan)
        self._post(entry)
        for loan in made:
            if loan.outstanding != loan.lent:
                self._say_bounds(entry, loan)

    def _reversed(self, entry: Entry) -> None:
        body = entry.body
        self._post(entry)
        told = body.get("loan")
        if told is not None:
            loan = self.loans.get(told["id"])
            if loan is None:
                self.say_unknown(entry, told["id"])
            else:
                self._restored(entry, loan, told)
        for gone in body.get("withdraws_loans", ()):
            loan = self.loans.get(gone)
            if loan is None:
                self.say_unknown(entry, gone)
                continue
            loan.step, loan.lent, loan.schedule = "withdrawn", 0, ""
            loan.rescheduled, loan.frozen, loan.absorbed = False, [], None
            loan.took_step(entry)
            self._see_bounds(entry, loan)
        for loan_id in {line["loan_id"] for line in body["lines"] if "loan_id" in line}:
            if loan_id in self.loans:
                self._see_bounds(entry, self.loans[loan_id])

    def _restored(self, entry: Entry, loan: Loan, told: dict[str, Any]) -> None:
        """A reversal says how the loan stands after it: its own lines must say the same."""
        loan.step, loan.amount = told["step"], told["amount"]
        lent = told["step"] in ("disbursed", "settled", "written_off")
        loan.lent = told["amount"] if lent else 0
        loan.borrower, loan.terms = told["borrower_id"], same_terms(told["terms"])
        loan.rescheduled = told.get("rescheduled_on") is not None
        loan.frozen = freezes(told.get("frozen", ()))
        if (loan.club, loan.regulation) in self._late:
            came = told.get("payments", ())
            loan.came = [(paid["on"], paid["principal"], paid["interest"]) for paid in came]
            loan.late_paid = told.get("late_interest_paid", 0)
            loan.late_carried = told.get("late_interest_carried", 0)
        given_up = told.get("written_off")
        loan.absorbed = None if given_up is None else parts_of(given_up)
        loan.schedule = written(told.get("instalments", ()))
        loan.took_step(entry)
        owed = told["amount"] - told.get("principal_paid", 0) if lent else 0
        if given_up is not None:
            owed = 0
        # An undone import takes several entries back, and tells of the loan after the last.
        if "import_id" in entry.body:
            return
        if (owed, told.get("interest_paid", 0)) != (loan.outstanding, loan.interest_paid):
            self.say(
                "loan-after-reversal",
                "Khoản vay sau bút toán đảo không khớp các dòng của nó.",
                entry,
                loan_id=told["id"],
                told=(owed, told.get("interest_paid", 0)),
                recomputed=(loan.outstanding, loan.interest_paid),
            )

    # --- what the steps share -------------------------------------------------------------

    def _new(
        self, entry: Entry, loan_id: str, step: str, amount: int, told: dict[str, Any] | None = None
    ) -> Loan:
        told = told or entry.body
        known = self.loans.get(loan_id)
        if known is not None and known.step != "withdrawn":
            self.say("loan-double", "Mã khoản vay này đã có.", entry, loan_id=loan_id)
        loan = self.loans[loan_id] = Loan(entry, told["borrower_id"], step, amount)
        if known is not None:  # an id withdrawn and entered again keeps its lines' sums
            loan.outstanding, loan.interest_paid = known.outstanding, known.interest_paid
            loan.payments, loan.posted = known.payments, known.posted
        loan.terms = same_terms(told["terms"])
        loan.regulation = told.get("regulation")
        return loan

    def known(self, entry: Entry, step: str) -> Loan | None:
        loan = self.loans.get(entry.body["loan_id"])
        if loan is None or loan.history != entry.history:
            self.say_unknown(entry, entry.body["loan_id"])
            return None
        if loan.step != step:
            self.say(
                "loan-step",
                f"Bước không đúng thứ tự: khoản vay đang ở bước “{loan.step}”.",
                entry,
                loan_id=entry.body["loan_id"],
                step=loan.step,
                expected=step,
            )
        return loan

    def _agreed(self, entry: Entry, loan: Loan, step: str) -> None:
        loan.step, loan.amount = step, entry.body["amount"]
        loan.terms, loan.regulation = same_terms(entry.body["terms"]), entry.body["regulation"]

    def _pay_out(self, entry: Entry, loan: Loan) -> None:
        body = entry.body
        loan.lent = body["amount"]
        loan.disbursed_on = body.get("happened_on", body["occurred_on"])
        loan.voucher = next(iter(body.get("vouchers", ())), None)
        loan.schedule = written(body["instalments"])
        self.see_lines(entry, body["amount"], 0, 0)
        if body["instalments"] or not loan.past:
            self.see_schedule(entry, loan, body["instalments"])

    def _post(self, entry: Entry) -> None:
        body = entry.body
        touched: dict[str, Loan] = {}
        for line in body["lines"]:
            loan_id = line.get("loan_id")
            if loan_id is None:
                continue
            loan = self.loans.get(loan_id)
            if loan is None or loan.history != entry.history:
                self.say_unknown(entry, loan_id)
                continue
            touched[loan_id] = loan
            loan.posted = entry.version
            if line["account"] == "1283":
                loan.outstanding += line["amount"]
            elif line["account"] == "515":
                loan.interest_paid -= line["amount"]
            elif line["account"] == "3388":
                loan.held -= line["amount"]
        for loan in touched.values():
            if loan.held < 0:
                self.say(
                    "loan-refund",
                    "Trả lại nhiều hơn số giữ hộ người vay.",
                    entry,
                    borrower_id=loan.borrower,
                    held=loan.held,
                )
        paid = (entry.topic in _REPAYMENTS) - (body.get("reversed_topic") in _REPAYMENTS)
        paid += body.get("restored_topic") in _REPAYMENTS
        if paid:
            for loan in touched.values():
                loan.payments += paid

    # --- what is judged -------------------------------------------------------------------

    def _see_bounds(self, entry: Entry, loan: Loan) -> None:
        if not 0 <= loan.outstanding <= loan.lent or loan.interest_paid < 0:
            self._say_bounds(entry, loan)

    def _say_bounds(self, entry: Entry, loan: Loan) -> None:
        self.say(
            "loan-outstanding",
            f"Dư nợ {loan.outstanding} đồng nằm ngoài khoảng 0–{loan.lent}.",
            entry,
            borrower_id=loan.borrower,
            outstanding=loan.outstanding,
            lent=loan.lent,
            interest_paid=loan.interest_paid,
        )

    def see_lines(self, entry: Entry, *expected: int) -> None:
        """The lines that bear this loan's id are what the event's own fields say."""
        loan_id = entry.body["loan_id"]
        principal = interest = clearing = 0
        for line in entry.body["lines"]:
            if line.get("loan_id") == loan_id:
                account = line["account"]
                if account == "1283":
                    principal += line["amount"]
                elif account == "515":
                    interest += line["amount"]
                elif account == "3388":
                    clearing += line["amount"]
        if (principal, interest, clearing) != expected:
            self.say(
                "loan-lines",
                "Các dòng của khoản vay khác số gốc, lãi ghi trong sự kiện.",
                entry,
                loan_id=loan_id,
                expected=expected,
                lines=(principal, interest, clearing),
            )

    def see_schedule(self, entry: Entry, loan: Loan, instalments: list[dict[str, Any]]) -> None:
        planned = sum(row["principal"] for row in instalments)
        if planned != loan.amount:
            self.say(
                "loan-schedule",
                f"Tổng gốc các kỳ ({planned}) khác số tiền vay ({loan.amount}).",
                entry,
                planned=planned,
                amount=loan.amount,
            )

    def _see_no_more(self, entry: Entry, loan: Loan, code: str, message: str) -> None:
        if entry.body["amount"] > loan.amount:
            self.say(code, message, entry, amount=entry.body["amount"], most=loan.amount)

    def see_borrower(self, entry: Entry, loan: Loan) -> None:
        if entry.body["borrower_id"] != loan.borrower:
            self.say(
                "loan-borrower", "Sự kiện ghi người vay khác.", entry, borrower_id=loan.borrower
            )

    def say_unknown(self, entry: Entry, loan_id: str) -> None:
        self.say("loan-unknown", "Sổ này không có khoản vay đó.", entry, loan_id=loan_id)

    def end(self) -> None:
        for loan_id, loan in self.loans.items():
            over = loan.step in ("settled", "written_off")
            if loan.step not in _STEPS or (over and loan.outstanding):
                self.say(
                    "loan-settled-owing",
                    "Khoản vay đã tất toán nhưng các dòng còn dư nợ.",
                    event_id=loan.event_id,
                    history=loan.history,
                    position=loan.position,
                    club_id=loan.club,
                    loan_id=loan_id,
                    outstanding=loan.outstanding,
                )
        self._see_homes()

    def _see_homes(self) -> None:
        """Each loan is found under the book that tells of it (log.entities).

        Whom a care book looks after, or is helped by, is noted there too: under no loan's id.
        """
        homes = dict(
            streamed(
                self._connection,
                "entities",
                """SELECT entity_id::text, originator_id::text FROM log.entities n
                   WHERE NOT EXISTS (
                       SELECT FROM log.events e
                       WHERE e.originator_id = n.originator_id AND e.originator_version = 1
                         AND starts_with(e.topic, 'care.'))""",
            )
        )
        self.rows += len(homes)
        for loan_id, loan in self.loans.items():
            home = homes.pop(loan_id, None)
            if home != loan.history:
                self.say(
                    "entity-home",
                    "Mục tra cứu không chỉ tới sổ của khoản vay.",
                    event_id=loan.event_id,
                    history=loan.history,
                    position=loan.position,
                    club_id=loan.club,
                    loan_id=loan_id,
                    home=home,
                )
        for entity_id, home in homes.items():
            self.say(
                "entity-unknown",
                "Mục tra cứu trỏ tới thứ nhật ký không nói tới.",
                history=home,
                entity_id=entity_id,
            )
