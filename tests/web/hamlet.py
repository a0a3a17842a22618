"""A small club with something on every page: loans paid, late and waiting, a count."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from desk import books
from desk.desk import Desk
from domain.loans.commands import CountCash
from village import SYSTEM, Village


@dataclass(frozen=True)
class Hamlet:
    village: Village
    borrower: UUID
    loan: UUID
    late_loan: UUID
    waiting_loan: UUID
    entry: UUID
    """The event of the cash count."""

    @property
    def club(self) -> str:
        return f"/clubs/{self.village.club_id}"

    def addresses(self) -> list[str]:
        """Every page that somebody reads here."""
        books = ("cash-book", "ledger", "loan-book", "reconcile", "report", "members")
        loans = (self.loan, self.late_loan, self.waiting_loan)
        return [
            "/",
            "/more",
            "/clubs",
            "/province",
            "/province/members",
            *(f"{self.club}/{name}" for name in books),
            f"{self.club}/cash-book?from=2024-01-01",
            f"{self.club}/figures/par30?part=denominator",
            "/approvals",
            f"{self.club}/approvals",
            f"{self.club}/imports",
            f"/events/{self.entry}",
            f"/events/{self.entry}/reversal",
            f"/members/{self.borrower}",
            f"/members/{self.borrower}?as_of=2026-04-01&kind=repayments",
            *(f"/loans/{loan}" for loan in loans),
        ]


def hamlet(desk: Desk) -> Hamlet:
    village = Village(desk, capital=50_000_000)
    borrower = village.member("Nguyễn Thị Phượng")
    late = village.member("Đặng Văn Ỷ")
    waits = village.member("Hoàng Thị Ợt")
    loan = village.lent(borrower, 10_000_000, date(2026, 3, 10))
    late_loan = village.lent(late, 5_000_000, date(2026, 3, 10))
    village.repaid(loan, 1_070_000, date(2026, 4, 10))
    waiting_loan = village.requested(waits, 3_000_000, desk.today)
    count = CountCash.model_validate(
        {
            "occurred_on": date(2026, 4, 11),
            "funds": ("loan",),
            "sheets": {500_000: 72, 50_000: 1, 20_000: 1},
            "signed_by": (village.treasurer, village.chair, village.secretary),
        }
    )
    entry = books.record(desk, SYSTEM, village.club_id, count).event_id
    return Hamlet(village, borrower, loan, late_loan, waiting_loan, entry)
