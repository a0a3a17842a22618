"""Sentences of a club's book."""

from collections.abc import Mapping

from domain.events import Role
from projections.sentences.wording import Both, Wording, wording

_NOTE: Both = ("[, {vouchers}]", "[, {vouchers}]")


def _plus(words: Both, more: Both = _NOTE) -> Both:
    return words[0] + more[0], words[1] + more[1]


_BORROWER, _GUARANTOR = Role.BORROWER, Role.GUARANTOR
_IN_BOOK: Both = ("Nhận vay {amount}, {terms}", "Received a loan of {amount}, {terms}")

LOANS: Mapping[str, Wording] = {
    "loans.OpeningBalancesEntered": wording(
        ("Số dư đầu kỳ", "Opening balances"),
        ("Mở sổ với số dư đầu kỳ", "Opened the book with its opening balances"),
        (
            _BORROWER,
            (
                "Sổ mở với dư nợ {mine_outstanding} của khoản vay {mine_amount}",
                "The book opened with {mine_outstanding} still owed of a loan of {mine_amount}",
            ),
        ),
    ),
    "loans.CapitalReceived": wording(
        ("Nhận vốn", "Capital received"),
        _plus(("Nhận vốn {amount}, nguồn {source}", "Received capital of {amount} from {source}")),
    ),
    "loans.DuesReceived": wording(
        ("Thu hội phí", "Dues received"),
        _plus(("Thu hội phí {amount}", "Collected dues of {amount}")),
        (
            (Role.PAYER, Role.SUBJECT, Role.MEMBER),
            _plus(("Đóng hội phí {amount}", "Paid dues of {amount}")),
        ),
    ),
    "loans.IncomeReceived": wording(
        ("Thu khác", "Other receipt"),
        _plus(("Thu {amount} vào {fund}", "Received {amount} into the {fund}")),
    ),
    "loans.ExpensePaid": wording(
        ("Chi", "Expense"),
        _plus(("Chi {amount} từ {fund}", "Paid an expense of {amount} from the {fund}")),
    ),
    "loans.MoneyMoved": wording(
        ("Chuyển tiền mặt và ngân hàng", "Money moved"),
        _plus(("Chuyển {amount} giữa quỹ tiền mặt và ngân hàng", "Moved {amount} between box and bank")),
    ),
    "loans.FundsTransferred": wording(
        ("Điều chuyển quỹ", "Transfer between funds"),
        _plus(
            (
                "Điều chuyển {amount} từ {from_fund} sang {to_fund}",
                "Transferred {amount} from the {from_fund} to the {to_fund}",
            )
        ),
    ),
    "loans.CashCounted": wording(
        ("Kiểm kê quỹ", "Cash count"),
        (
            "Kiểm kê quỹ: đếm được {counted}[, chênh lệch {difference}]",
            "Cash count: {counted} in the box[, difference {difference}]",
        ),
    ),
    "loans.LoanRequested": wording(
        ("Đề nghị vay", "Loan request"),
        (
            "{borrower_id} đề nghị vay {amount}, {terms}",
            "{borrower_id} asked for a loan of {amount}, {terms}",
        ),
        (_BORROWER, ("Đề nghị vay {amount}, {terms}", "Asked for a loan of {amount}, {terms}")),
        (
            _GUARANTOR,
            (
                "Nhận bảo lãnh cho {borrower_id} vay {amount}",
                "Stood surety for {borrower_id}'s loan of {amount}",
            ),
        ),
    ),
    "loans.LoanAppraised": wording(
        ("Thẩm định", "Appraisal"),
        (
            "{appraised_by} thẩm định khoản vay: {in_favour}",
            "{appraised_by} appraised the loan: {in_favour}",
        ),
    ),
    "loans.LoanApproved": wording(
        ("Duyệt vay", "Loan approved"),
        (
            "Duyệt khoản vay {amount}, biên bản {minutes}, người duyệt {approved_by}",
            "Loan of {amount} approved by {approved_by}, minutes {minutes}",
        ),
        (
            _BORROWER,
            (
                "Được bình xét cho vay {amount}, biên bản {minutes}, người duyệt {approved_by}",
                "Was granted a loan of {amount}, minutes {minutes}, approved by {approved_by}",
            ),
        ),
    ),
    "loans.LoanRejected": wording(
        ("Không duyệt vay", "Loan rejected"),
        (
            "Khoản vay không được duyệt[, biên bản {minutes}]",
            "The loan was not approved[, minutes {minutes}]",
        ),
    ),
    "loans.LoanDisbursed": wording(
        ("Giải ngân", "Loan paid out"),
        _plus(
            (
                "Giải ngân {amount} cho {borrower_id}, {terms}, người chi {paid_by}",
                "Paid out {amount} to {borrower_id}, {terms}, by {paid_by}",
            )
        ),
        (_BORROWER, _plus((_IN_BOOK[0] + ", người chi {paid_by}", _IN_BOOK[1] + ", paid by {paid_by}"))),
    ),
    "loans.RepaymentReceived": wording(
        ("Trả nợ", "Repayment"),
        _plus(
            (
                "{borrower_id} trả nợ {amount}: gốc {principal}, lãi {interest}[, lãi chậm trả {late_interest}][, trả thừa {excess}], người thu {received_by}",
                "{borrower_id} repaid {amount}: principal {principal}, interest {interest}[, late interest {late_interest}][, in excess {excess}], received by {received_by}",
            )
        ),
        (
            _BORROWER,
            _plus(
                (
                    "Trả nợ {amount}: gốc {principal}, lãi {interest}[, lãi chậm trả {late_interest}][, trả thừa {excess}], người thu {received_by}",
                    "Repaid {amount}: principal {principal}, interest {interest}[, late interest {late_interest}][, in excess {excess}], received by {received_by}",
                )
            ),
        ),
    ),
    "loans.LoanSettled": wording(
        ("Tất toán", "Loan settled"),
        ("Tất toán khoản vay của {borrower_id}, {on_time}", "{borrower_id}'s loan was settled, {on_time}"),
        (_BORROWER, ("Tất toán khoản vay, {on_time}", "Settled the loan, {on_time}")),
    ),
    "loans.LoanEndorsed": wording(
        ("Xã xác nhận", "Commune's endorsement"),
        (
            "Xã đồng ý cho vay[, văn bản {document}], người ký {endorsed_by}",
            "The commune endorsed the loan[, document {document}], signed by {endorsed_by}",
        ),
    ),
    "loans.LoanWithdrawn": wording(
        ("Thôi vay", "Loan withdrawn"),
        ("{borrower_id} thôi không vay nữa", "{borrower_id} no longer wanted the loan"),
        (_BORROWER, ("Thôi không vay nữa", "No longer wanted the loan")),
    ),
    "loans.UseChecked": wording(
        ("Kiểm tra sử dụng vốn", "Use of the loan checked"),
        (
            "{checked_by} kiểm tra việc sử dụng vốn vay: {as_agreed}",
            "{checked_by} checked the use of the loan: {as_agreed}",
        ),
    ),
    "loans.LoanExtended": wording(
        ("Gia hạn", "Loan extended"),
        (
            "Khoản vay được gia hạn từ {from_on}, {terms}, biên bản {minutes}",
            "The loan was extended from {from_on}, {terms}, minutes {minutes}",
        ),
    ),
    "loans.LoanFrozen": wording(
        ("Khoanh nợ", "Loan frozen"),
        (
            "Khoanh nợ đến {until}, biên bản {minutes}",
            "The loan was frozen until {until}, minutes {minutes}",
        ),
    ),
    "loans.LoanUnfrozen": wording(
        ("Thôi khoanh nợ", "Freeze ended"),
        (
            "Thôi khoanh nợ trước hạn, biên bản {minutes}",
            "The freeze of the loan ended early, minutes {minutes}",
        ),
    ),
    "loans.InterestWaived": wording(
        ("Miễn lãi", "Interest waived"),
        (
            "Miễn lãi {interest}[, lãi chậm trả {late_interest}], biên bản {minutes}",
            "Interest of {interest} was waived[, late interest of {late_interest}], minutes {minutes}",
        ),
    ),
    "loans.GuarantorCalled": wording(
        ("Gọi người bảo lãnh", "Guarantor called"),
        (
            "Yêu cầu người bảo lãnh {guarantor_id} trả {amount}",
            "Guarantor {guarantor_id} was asked to pay {amount}",
        ),
        (_GUARANTOR, ("Được yêu cầu trả thay {amount}", "Was asked, as guarantor, to pay {amount}")),
    ),
    "loans.DebtTakenOver": wording(
        ("Nhận nợ thay", "Debt taken over"),
        (
            "{debtor_id} nhận nợ thay {borrower_id}: gốc {principal}, là {capacity}, biên bản {minutes}",
            "{debtor_id} took over {borrower_id}'s debt as {capacity}: principal {principal}, minutes {minutes}",
        ),
    ),
    "loans.ExcessRefunded": wording(
        ("Hoàn tiền trả thừa", "Excess refunded"),
        _plus(("Hoàn {amount} trả thừa cho {borrower_id}", "Refunded {amount} paid in excess to {borrower_id}")),
        (_BORROWER, _plus(("Nhận lại {amount} đã trả thừa", "Got back {amount} paid in excess"))),
    ),
    "loans.BalanceConfirmed": wording(
        ("Xác nhận dư nợ", "Balance confirmed"),
        (
            "{borrower_id} xác nhận còn nợ gốc {outstanding} trước {witness_id}",
            "{borrower_id} confirmed a balance of {outstanding} before {witness_id}",
        ),
        (
            _BORROWER,
            (
                "Xác nhận còn nợ gốc {outstanding}, trước {witness_id}",
                "Confirmed a balance of {outstanding}, before {witness_id}",
            ),
        ),
    ),
    "loans.BalanceDisputed": wording(
        ("Không đồng ý dư nợ", "Balance disputed"),
        (
            "{borrower_id} nói còn nợ {stated}, sổ ghi {outstanding}",
            "{borrower_id} stated a balance of {stated} where the book says {outstanding}",
        ),
        (
            _BORROWER,
            (
                "Nói còn nợ {stated}, sổ ghi {outstanding}",
                "Stated a balance of {stated} where the book says {outstanding}",
            ),
        ),
    ),
    "loans.LoanWrittenOff": wording(
        ("Xóa nợ", "Loan written off"),
        (
            "Xóa nợ gốc {principal} của {borrower_id} vì {cause}, biên bản {minutes}",
            "{borrower_id}'s principal of {principal} was written off: {cause}, minutes {minutes}",
        ),
        (
            _BORROWER,
            (
                "Được xóa nợ gốc {principal} vì {cause}, biên bản {minutes}",
                "A principal of {principal} was written off: {cause}, minutes {minutes}",
            ),
        ),
    ),
    "loans.LossBorneByCapital": wording(
        ("Vốn chịu lỗ", "Loss borne by capital"),
        (
            "Vốn {source} chịu khoản lỗ {loss}, biên bản {minutes}",
            "Capital of {source} bore a loss of {loss}, minutes {minutes}",
        ),
    ),
    "loans.LoanRecovered": wording(
        ("Thu hồi nợ đã xóa", "Written-off loan recovered"),
        _plus(("Thu hồi {amount} nợ đã xóa của {borrower_id}", "Recovered {amount} of {borrower_id}'s written-off loan")),
        (_BORROWER, _plus(("Trả {amount} nợ đã xóa", "Paid {amount} of a written-off loan"))),
    ),
    "loans.PastLoanEntered": wording(
        ("Khoản vay cũ", "Past loan"),
        _plus(("{borrower_id} nhận vay {amount}, {terms}", "{borrower_id} received a loan of {amount}, {terms}")),
        (_BORROWER, _plus(_IN_BOOK)),
    ),
    "loans.PastRepaymentEntered": wording(
        ("Lần trả nợ cũ", "Past repayment"),
        _plus(("{borrower_id} trả nợ: gốc {principal}, lãi {interest}", "{borrower_id} repaid: principal {principal}, interest {interest}")),
        (_BORROWER, _plus(("Trả nợ {total}: gốc {principal}, lãi {interest}", "Repaid {total}: principal {principal}, interest {interest}"))),
    ),
    "loans.WorkbookImported": wording(
        ("Nhập sổ", "Workbook imported"),
        ("Nhập một sổ Excel", "A workbook was imported"),
    ),
    "loans.ImportUndone": wording(
        ("Hoàn tác lần nhập", "Import undone"),
        ("Hoàn tác một lần nhập sổ", "An import was undone"),
    ),
    "loans.ReversalProposed": wording(
        ("Đề nghị đảo bút toán", "Reversal proposed"),
        ("{proposed_by} đề nghị đảo một bút toán[: {reason}]", "{proposed_by} proposed a reversal[: {reason}]"),
    ),
    "loans.EntryReversed": wording(
        ("Đảo bút toán", "Entry reversed"),
        (
            "Đảo bút toán “{reversed_topic}”[ để tính lại “{restored_topic}”][: {reason}][, người duyệt {approved_by}][, {vouchers}]",
            "Reversed the entry “{reversed_topic}”[, so that “{restored_topic}” counts again][: {reason}][, approved by {approved_by}][, {vouchers}]",
        ),
    ),
    "loans.CashDifferenceSettled": wording(
        ("Xử lý chênh lệch quỹ", "Cash difference settled"),
        _plus(("Xử lý chênh lệch kiểm kê {amount}", "Settled a count's difference of {amount}")),
    ),
    "loans.ShortageMadeGood": wording(
        ("Bù quỹ thiếu", "Shortage made good"),
        _plus(("Bù {amount} quỹ thiếu", "A shortage of {amount} was made good")),
    ),
    "loans.SurplusResolved": wording(
        ("Xử lý quỹ thừa", "Surplus resolved"),
        _plus(("Xử lý {surplus} quỹ thừa", "A surplus of {surplus} was resolved")),
    ),
    "loans.InterestAllocated": wording(
        ("Phân phối lãi", "Interest allocated"),
        ("Phân phối {interest} tiền lãi", "Allocated interest of {interest}"),
    ),
    "loans.BankInterestReceived": wording(
        ("Lãi ngân hàng", "Bank interest"),
        ("Nhận lãi ngân hàng {amount}", "Received bank interest of {amount}"),
    ),
    "loans.CapitalReturned": wording(
        ("Hoàn vốn", "Capital returned"),
        _plus(("Hoàn {amount} vốn {source}", "Returned {amount} of capital to {source}")),
    ),
    "loans.AdvanceGiven": wording(
        ("Tạm ứng", "Advance given"),
        _plus(("Tạm ứng {amount} cho {holder_id}", "Advanced {amount} to {holder_id}")),
    ),
    "loans.AdvanceSettled": wording(
        ("Hoàn ứng", "Advance settled"),
        _plus(("{holder_id} thanh toán tạm ứng: đã chi {spent}, trả lại {returned}", "{holder_id} settled an advance: spent {spent}, returned {returned}")),
    ),
    "loans.GiftInKindReceived": wording(
        ("Nhận hiện vật", "Gift in kind"),
        ("Nhận hiện vật: {quantity}[ {item}][, ước giá {estimate}]", "Received in kind: {quantity}[ {item}][, worth about {estimate}]"),
    ),
    "loans.GoodsGivenOut": wording(
        ("Phát hiện vật", "Goods given out"),
        ("Phát {quantity}[ {item}][ cho {receiver_id}][, ước giá {estimate}]", "Gave out {quantity}[ {item}][ to {receiver_id}][, worth about {estimate}]"),
        (
            (Role.SUBJECT, Role.HELPED, Role.MEMBER, Role.CLIENT),
            ("Nhận {quantity}[ {item}][, ước giá {estimate}], người phát {given_by}", "Received {quantity}[ {item}][, worth about {estimate}], from {given_by}"),
        ),
    ),
    "loans.PeriodClosed": wording(
        ("Khóa sổ", "Period closed"),
        ("Khóa sổ đến {until}", "Closed the book up to {until}"),
    ),
    "loans.TreasurerHandedOver": wording(
        ("Bàn giao thủ quỹ", "Treasurer's hand-over"),
        ("{outgoing_id} bàn giao quỹ {counted} cho {incoming_id}", "{outgoing_id} handed over the box with {counted} to {incoming_id}"),
    ),
    "loans.FindingSettled": wording(
        ("Xử lý phát hiện", "Finding settled"),
        ("{settled_by} xử lý một phát hiện[: {reason}]", "{settled_by} settled a finding[: {reason}]"),
    ),
    "loans.EntryConfirmed": wording(
        ("Xác nhận bút toán", "Entry confirmed"),
        ("{confirmed_by} xác nhận một bút toán", "{confirmed_by} confirmed an entry"),
    ),
    "loans.AttachmentAdded": wording(
        ("Kèm ảnh giấy tờ", "Paper attached"),
        ("{attached_by} kèm ảnh {shows} vào một bút toán", "{attached_by} attached a photo of {shows} to an entry"),
    ),
}  # fmt: skip
