"""A club whose book holds every event of the funds, corrections included, through the desk."""

from datetime import date
from typing import Any
from uuid import UUID

from desk import books, people
from desk.desk import Call, Desk, Receipt
from domain.clubs.decisions import AdoptRegulation, ElectBoard
from domain.clubs.events import Office, OfficeHolder
from domain.loans.accounts import DENOMINATIONS, CapitalSource, Fund, Period, Restriction
from domain.loans.commands import (
    AllocateInterest,
    ClosePeriod,
    ConfirmEntry,
    CountCash,
    GiveAdvance,
    GiveGoodsOut,
    HandOverTreasury,
    MakeShortageGood,
    PayExpense,
    ProposeReversal,
    ReceiveBankInterest,
    ReceiveCapital,
    ReceiveDues,
    ReceiveGift,
    ResolveSurplus,
    ReturnCapital,
    SettleAdvance,
    SettleCashDifference,
    SettleFinding,
)
from domain.loans.schedule import Method
from domain.regulation import Rules
from domain.values import Purpose, Rate, Sealed
from village import DAY, FOUNDED, SYSTEM, Village

APRIL, END = date(2026, 4, 10), date(2026, 4, 30)
AFTER = date(2026, 5, 10)
OPERATING, CARE, LOANS = Fund.OPERATING, Fund.CARE, Fund.LOAN


class WholeBook(Village):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, capital=5_000_000)
        self.heir = self.member("Hoàng Thị Nhận")
        self._govern()
        self._everyday()
        self._differences()
        self._interest_and_capital()
        self._close()
        self._correct_what_is_closed()

    def record(self, command: Any, call: Call = SYSTEM) -> UUID:
        return books.record(self.desk, call, self.club_id, command).event_id

    def sealed(self, text: str) -> Sealed:
        return self.desk.keys.seal(self.club_id, Purpose.MEMO, text)

    def count(self, amount: int, on: date, *funds: Fund) -> CountCash:
        sheets: dict[int, int] = {}
        for note in DENOMINATIONS:
            sheets[note], amount = divmod(amount, note)
        assert not amount, "there is no smaller note"
        signers = (self.chair, self.treasurer, self.secretary, self.heir)
        return CountCash(occurred_on=on, funds=funds, sheets=sheets, signed_by=signers)

    def in_box(self, on: date, *funds: Fund) -> int:
        book = books.BOOK, books.book_of(self.club_id)
        state = self.desk.log.load(*book).state
        assert state is not None
        return sum(state.cash_at_end_of(fund, on) for fund in funds)

    def proposed(self, event_id: UUID, on: date, **more: Any) -> Receipt:
        proposal = ProposeReversal(
            occurred_on=on,
            event_id=event_id,
            proposed_by=self.secretary,
            reason=self.sealed("Ghi nhầm"),
            **more,
        )
        return books.propose_reversal(self.desk, SYSTEM, proposal)

    def reversed(self, event_id: UUID, on: date) -> UUID:
        self.proposed(event_id, on)
        books.approve_reversal(self.desk, SYSTEM, event_id, self.chair, on)
        return self.last_of("loans.EntryReversed")

    def last_of(self, topic: str, *, nth: int = 1) -> UUID:
        """The nth event of a kind, counted from the end."""
        story = books.book_story(self.desk.log, self.club_id)
        return [r.id for r in story if topic == r.event.TOPIC][-nth]

    # --- what happened -------------------------------------------------------------------------

    def _govern(self) -> None:
        holders = (
            OfficeHolder(office=Office.CHAIR, person_id=self.chair),
            OfficeHolder(office=Office.TREASURER, person_id=self.treasurer),
            OfficeHolder(office=Office.SECRETARY, person_id=self.secretary),
        )
        elected = ElectBoard(elected_on=FOUNDED, holders=holders)
        people.elect_board(self.desk, SYSTEM, self.club_id, elected)
        rules = Rules(count_difference_max=5_000)
        adopted = AdoptRegulation(
            adopted_on=FOUNDED,
            effective_from=FOUNDED,
            rules=rules,
            proposed_by=self.treasurer,
            approved_by=self.chair,
        )
        people.adopt_regulation(self.desk, SYSTEM, self.club_id, adopted)

    def _everyday(self) -> None:
        self.lent_to_us = self.record(
            ReceiveCapital(
                occurred_on=FOUNDED,
                amount=4_000_000,
                source=CapitalSource.DONOR_PROJECT,
                restriction=Restriction.RETURNABLE,
                project="VIE-071",
            )
        )
        self.record(ReceiveDues(occurred_on=DAY, amount=900_000))
        self.record(ReceiveDues(occurred_on=DAY, amount=300_000, fund=CARE))
        self.record(ReceiveBankInterest(occurred_on=DAY, amount=9_000))
        self.advance = self.record(
            GiveAdvance(
                occurred_on=DAY, amount=200_000, holder_id=self.secretary, paid_by=self.treasurer
            )
        )
        self.settlement = self.record(
            SettleAdvance(
                occurred_on=DAY,
                holder_id=self.secretary,
                spent=150_000,
                returned=50_000,
                received_by=self.treasurer,
            )
        )
        rice = self.sealed("Gạo, bao 25 kg")
        self.record(ReceiveGift(occurred_on=DAY, item=rice, quantity=8, received_by=self.secretary))
        self.record(
            GiveGoodsOut(
                occurred_on=DAY,
                item=rice,
                quantity=3,
                estimate=900_000,
                receiver_id=self.heir,
                given_by=self.secretary,
            )
        )

    def _differences(self) -> None:
        self.short = self.record(self.count(1_020_000, DAY, OPERATING, CARE))
        self.shortage = self.settle(self.short, {OPERATING: 20_000, CARE: 10_000})
        good = MakeShortageGood(occurred_on=DAY, amount=10_000, fund=CARE, paid_by=self.treasurer)
        self.reversed(self.reversed(self.record(good), DAY), DAY)
        over = self.record(self.count(1_070_000, DAY, OPERATING, CARE))
        self.settle(over, {OPERATING: 40_000})
        for amount, vote in ((15_000, None), (25_000, "BB 3")):
            self.record(
                ResolveSurplus(
                    occurred_on=DAY,
                    amount=amount,
                    fund=OPERATING,
                    returned=vote is None,
                    minutes=vote,
                )
            )

    def settle(self, count_id: UUID, parts: dict[Fund, int]) -> UUID:
        command = SettleCashDifference(
            occurred_on=DAY,
            count_id=count_id,
            parts=parts,
            reason=self.sealed("Thiếu tiền lẻ"),
            settled_by=self.secretary,
            approved_by=self.chair,
        )
        return books.settle_difference(self.desk, SYSTEM, command).event_id

    def _interest_and_capital(self) -> None:
        self.loan = self.lent(self.member("Mã Thị Vay"), 3_000_000)
        self.repaid(self.loan, 321_000, APRIL)
        self.receipt = self.last_of("loans.RepaymentReceived")
        self.allocation = self.record(AllocateInterest(occurred_on=APRIL, minutes="BB 4"))
        self.reversed(self.reversed(self.allocation, APRIL), APRIL)
        back = ReturnCapital(
            occurred_on=APRIL,
            amount=1_000_000,
            source=CapitalSource.DONOR_PROJECT,
            project="VIE-071",
            decision="QD 12",
            approved_by=self.chair,
            paid_by=self.treasurer,
        )
        self.returned = books.record_on_story(self.desk, SYSTEM, self.club_id, back).event_id
        self.reversed(self.reversed(self.returned, APRIL), APRIL)
        self.settled = self.lent(self.member("Triệu Văn Trả"), 1_000_000)
        self.repaid(self.settled, 1_007_000, APRIL)
        self.reversed(self.reversed(self.last_of("loans.RepaymentReceived"), APRIL), APRIL)
        self.dear = self.requested(
            self.member("Lý Văn Đắt"),
            500_000,
            method=Method.FLAT,
            rate=Rate.model_validate({"percent": "1", "per": "month"}),
        )
        self.taken_back = self.lent(self.member("Đàm Thị Thôi"), 2_000_000)
        self.reversed(self.reversed(self.last_of("loans.LoanDisbursed"), APRIL), APRIL)

    def _close(self) -> None:
        clerk = Call("system", recorded_by=self.secretary)
        paid = PayExpense(occurred_on=APRIL, amount=30_000, paid_by=self.treasurer)
        self.typed, self.confirmed = self.record(paid, clerk), self.record(paid, clerk)
        books.confirm_entry(
            self.desk,
            SYSTEM,
            ConfirmEntry(occurred_on=APRIL, event_id=self.confirmed, confirmed_by=self.treasurer),
        )
        boxes = (LOANS, OPERATING, CARE, Fund.RESERVE)
        handing = HandOverTreasury(
            count=self.count(self.in_box(END, *boxes) // 1_000 * 1_000, END, *boxes),
            outgoing_id=self.treasurer,
            incoming_id=self.heir,
            witness_id=self.chair,
        )
        books.hand_over(self.desk, SYSTEM, self.club_id, handing)
        shut = ClosePeriod(
            until=END, period=Period.MONTH, closed_by=self.treasurer, approved_by=self.chair
        )
        self.closed = books.close_period(self.desk, SYSTEM, self.club_id, shut).event_id
        books.settle_finding(
            self.desk,
            SYSTEM,
            SettleFinding(
                occurred_on=END,
                event_id=self.closed,
                code="unconfirmed",
                reason=self.sealed("Thủ quỹ nằm viện"),
                settled_by=self.secretary,
            ),
        )

    def _correct_what_is_closed(self) -> None:
        """Interest taken back after it was allocated: a finding that nobody has settled."""
        self.late = self.record(ReceiveDues(occurred_on=AFTER, happened_on=APRIL, amount=20_000))
        self.reversal = self.reversed(self.receipt, AFTER)
