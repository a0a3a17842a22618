"""Codes of the books in the words that stand on paper: one place for every sheet and slip.

`tests/exchange/test_vocabulary.py` holds it against the domain: nothing may be without words.
"""

from domain.care.events import Work
from domain.clubs.events import Area, HouseholdClass
from domain.loans.accounts import Account, Fund
from domain.loans.bands import Band

FUNDS: dict[str, str] = {
    Fund.LOAN: "Quỹ tăng thu nhập",
    Fund.OPERATING: "Quỹ hoạt động",
    Fund.CARE: "Quỹ chăm sóc",
    Fund.RESERVE: "Quỹ dự phòng rủi ro",
}

ACCOUNTS: dict[str, str] = {
    Account.CASH: "Tiền mặt",
    Account.BANK: "Tiền gửi ngân hàng",
    Account.LOANS: "Cho thành viên vay",
    Account.CLAIM_ON_FUND: "Phải thu giữa các quỹ",
    Account.SHORTAGE: "Tiền thiếu chờ xử lý",
    Account.ADVANCES: "Tạm ứng",
    Account.OWED_TO_FUND: "Phải trả giữa các quỹ",
    Account.SURPLUS: "Tiền thừa chờ xử lý",
    Account.CLEARING: "Tiền của người khác",
    Account.CAPITAL_STATE: "Vốn ngân sách nhà nước",
    Account.CAPITAL_DONOR: "Vốn dự án tài trợ",
    Account.CAPITAL_ASSOCIATION: "Vốn Hội Người cao tuổi",
    Account.CAPITAL_MEMBERS: "Vốn đóng góp thành viên",
    Account.CAPITAL_BENEFACTOR: "Vốn nhà hảo tâm",
    Account.CAPITALISED_INTEREST: "Lãi nhập vốn",
    Account.OPERATING_FUND: "Quỹ hoạt động",
    Account.CARE_FUND: "Quỹ chăm sóc",
    Account.RISK_RESERVE: "Quỹ dự phòng rủi ro",
    Account.INTEREST: "Lãi chưa phân bổ",
    Account.EXPENSE: "Chi phí",
    Account.WRITE_OFF_LOSS: "Tổn thất xóa nợ chưa bù",
}

# Every event that carries journal lines, by its topic: what the line of a book says it was.
ENTRIES: dict[str, str] = {
    "loans.OpeningBalancesEntered": "Số dư đầu kỳ",
    "loans.CapitalReceived": "Nhận vốn",
    "loans.DuesReceived": "Hội phí",
    "loans.IncomeReceived": "Thu khác",
    "loans.ExpensePaid": "Chi phí",
    "loans.MoneyMoved": "Chuyển tiền mặt, ngân hàng",
    "loans.FundsTransferred": "Chuyển giữa các quỹ",
    "loans.LoanDisbursed": "Cho vay",
    "loans.RepaymentReceived": "Thu nợ",
    "loans.DebtTakenOver": "Nhận nợ thay",
    "loans.ExcessRefunded": "Hoàn tiền trả thừa",
    "loans.LoanWrittenOff": "Xóa nợ",
    "loans.LossBorneByCapital": "Vốn bù tổn thất",
    "loans.LoanRecovered": "Thu hồi nợ đã xóa",
    "loans.PastLoanEntered": "Cho vay",
    "loans.PastRepaymentEntered": "Thu nợ",
    "loans.EntryReversed": "Đảo bút toán",
    "loans.CashDifferenceSettled": "Xử lý chênh lệch kiểm kê",
    "loans.ShortageMadeGood": "Nộp bù tiền thiếu",
    "loans.SurplusResolved": "Xử lý tiền thừa",
    "loans.InterestAllocated": "Phân bổ lãi",
    "loans.BankInterestReceived": "Lãi ngân hàng",
    "loans.CapitalReturned": "Hoàn trả vốn",
    "loans.AdvanceGiven": "Tạm ứng",
    "loans.AdvanceSettled": "Thanh toán tạm ứng",
    "loans.PeriodClosed": "Khóa sổ",
}

STEPS: dict[str, str] = {
    "requested": "đề nghị",
    "approved": "đã duyệt",
    "rejected": "không duyệt",
    "disbursed": "đang vay",
    "settled": "tất toán",
    "written_off": "xóa nợ",
    "withdrawn": "rút đề nghị",
}

BANDS: dict[Band, str] = {
    "current": "trong hạn",
    "1-30": "quá hạn 1-30 ngày",
    "31-90": "quá hạn 31-90 ngày",
    "91-180": "quá hạn 91-180 ngày",
    "over-180": "quá hạn trên 180 ngày",
}

# Key figures (projections.figures), by name.
FIGURES: dict[str, str] = {
    **{f"ageing_{band}": f"Dư nợ {words}" for band, words in BANDS.items()},
    "par30": "Nợ rủi ro trên 30 ngày (PAR30)",
    "par30_without_rescheduled": "PAR30, không kể nợ gia hạn",
    "par30_with_written_off": "PAR30, kể cả nợ đã xóa",
    "par90": "Nợ rủi ro trên 90 ngày (PAR90)",
    "par90_without_rescheduled": "PAR90, không kể nợ gia hạn",
    "par90_with_written_off": "PAR90, kể cả nợ đã xóa",
    "collection_rate": "Tỷ lệ thu gốc đến hạn",
    "arrears_recovered": "Tỷ lệ thu nợ quá hạn cũ",
    "capital_preserved": "Vốn bảo toàn",
    "fund_erosion": "Vốn hao hụt",
    "portfolio_yield": "Lãi thu trên dư nợ bình quân",
}

# Receipts and payments of a fund: by entry, and a repayment by what it was paid on.
FLOWS: dict[str, str] = {
    **ENTRIES,
    "principal_repaid": "Thu nợ gốc",
    "interest": "Thu lãi cho vay",
    "late_interest": "Thu lãi chậm trả",
    "excess": "Tiền trả thừa",
}

SEXES: dict[str, str] = {"female": "Nữ", "male": "Nam", "unknown": "Chưa rõ"}

AGES: dict[str, str] = {
    "under_40": "Dưới 40 tuổi",
    "40_59": "40-59 tuổi",
    "60_69": "60-69 tuổi",
    "70_79": "70-79 tuổi",
    "80_and_over": "Từ 80 tuổi",
    "unknown": "Chưa rõ",
}

CLASSES: dict[str, str] = {
    HouseholdClass.POOR: "Hộ nghèo",
    HouseholdClass.NEAR_POOR: "Hộ cận nghèo",
    HouseholdClass.ESCAPED: "Hộ mới thoát nghèo",
    HouseholdClass.DIFFICULT: "Hoàn cảnh khó khăn",
    HouseholdClass.OTHER: "Hộ khác",
    "unknown": "Chưa rõ",
}

LEAVING: dict[str, str] = {"left": "xin ra", "died": "qua đời", "moved": "chuyển đi"}

WORK: dict[str, str] = {
    Work.HOME_CARE: "Chăm sóc tại nhà",
    Work.HOUSEHOLD_HELP: "Giúp hộ neo đơn, thiếu lao động",
    Work.DISASTER_CLEANUP: "Khắc phục hậu quả bão lũ",
    Work.PUBLIC_WORKS: "Việc công ích",
    Work.OTHER: "Việc khác",
}

AREAS: dict[str, str] = {
    Area.INCOME: "Tăng thu nhập",
    Area.HEALTH: "Chăm sóc sức khỏe",
    Area.HOME_CARE: "Chăm sóc tại nhà",
    Area.SELF_HELP: "Tự giúp nhau và giúp cộng đồng",
    Area.CULTURE: "Văn hóa, văn nghệ, thể thao",
    Area.RIGHTS: "Quyền và lợi ích",
    Area.LEARNING: "Học tập, nâng cao hiểu biết",
    Area.RESOURCES: "Vận động nguồn lực",
}

# What a club's report warns of (projections.club_warnings), by code.
WARNINGS: dict[str, str] = {
    "club-size": "Số thành viên ngoài khoảng 50-70",
    "women-share": "Tỷ lệ nữ ngoài khoảng 60-70 %",
    "old-share": "Tỷ lệ người từ 60 tuổi ngoài khoảng 60-70 %",
    "few-borrowers": "Chưa đến một nửa thành viên từng được vay",
    "few-volunteers": "Chưa đủ 5 tình nguyện viên chăm sóc",
    "months-without-meeting": "Có tháng không sinh hoạt",
    "months-without-count": "Có tháng không kiểm kê quỹ",
}

# What an event of the money was warned of, by code; refusals kept as in the book have their own.
REMARKS: dict[str, str] = {
    "interest-short": "Thu thiếu lãi so với lịch của khoản vay",
    "interest-after-principal": "Lãi thu sau khi đã trả hết gốc",
    "count-differs": "Thực đếm khác với sổ",
    "before-joining": "Trước ngày vào câu lạc bộ",
    "officer-borrowed": "Người vay đang trong Ban Chủ nhiệm",
    "same-day-reborrowing": "Vay lại ngay trong ngày tất toán",
    "rate-above-cap": "Lãi suất trên 20 % một năm",
    "effective-rate-above-20": "Lãi suất thực trên 20 % một năm",
    "use-check-late": "Kiểm tra sử dụng vốn muộn",
    "use-not-as-agreed": "Sử dụng vốn không đúng mục đích",
}
