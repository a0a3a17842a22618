"""Codes of the books in the words of the pages, beside those that stories are told in."""

from collections.abc import Mapping

from projections.sentences import words as stories
from projections.sentences.wording import Both

_STEPS: Mapping[str, Both] = {
    "requested": ("chờ duyệt", "waiting for approval"),
    "approved": ("đã duyệt, chờ chi", "approved, to be paid out"),
    "rejected": ("không duyệt", "rejected"),
    "withdrawn": ("đã rút đơn", "withdrawn"),
    "disbursed": ("đang trả", "being repaid"),
    "settled": ("đã tất toán", "settled"),
    "written_off": ("đã xóa nợ", "written off"),
}
_METHODS: Mapping[str, Both] = {
    "interest_free": ("không lãi", "interest free"),
    "bullet": ("trả gốc cuối kỳ", "principal at the end"),
    "equal_principal": ("gốc đều, lãi giảm dần", "equal principal"),
    "equal_instalment": ("trả góp đều", "equal instalments"),
    "flat": ("lãi phẳng", "flat interest"),
}
_VISIT_KINDS: Mapping[str, Both] = {
    "visit": ("đã thăm", "visited"),
    "missed": ("không gặp", "missed"),
    "due": ("hẹn thăm", "due"),
    "scheduled": ("hẹn ca", "shift planned"),
    "worked": ("đã làm", "shift worked"),
}
_VERDICTS: Mapping[str, Both] = {
    "agrees": ("Khớp", "Agrees"),
    "differs": ("Khác", "Differs"),
    "not-found": ("Không tìm thấy", "Not found"),
    "None": ("Chưa xem", "Not looked at"),
}
_SIGNATURES: Mapping[str, Both] = {
    "paper-book": ("theo sổ giấy", "from the paper book"),
    "recorded-by-themselves": ("tự ghi", "recorded by themselves"),
    "typed-for-them": ("người khác gõ hộ, chưa xác nhận", "typed for them, not confirmed"),
    "typed-and-confirmed": ("người khác gõ hộ, đã xác nhận", "typed for them, confirmed"),
}
_EVIDENCE_STEPS: Mapping[str, Both] = {
    "request": ("Đề nghị vay", "Request"),
    "appraisal": ("Thẩm định", "Appraisal"),
    "approval": ("Bình xét, duyệt", "Vote and approval"),
    "endorsement": ("Xã đồng ý", "Endorsed by the commune"),
    "disbursement": ("Giải ngân", "Payout"),
    "use_checks": ("Kiểm tra sử dụng vốn", "Use check"),
    "repayments": ("Thu nợ", "Repayment"),
    "votes": ("Biểu quyết sau giải ngân", "Vote after the payout"),
    "confirmations": ("Người vay xác nhận dư nợ", "Borrower confirms the balance"),
    "disputes": ("Người vay không đồng ý dư nợ", "Borrower disputes the balance"),
}
_ACCOUNTS: Mapping[str, Both] = {
    "111": ("Tiền mặt", "Cash"),
    "112": ("Tiền gửi ngân hàng", "Bank"),
    "1283": ("Cho thành viên vay", "Loans to members"),
    "1368": ("Phải thu giữa các quỹ", "Claims on other funds"),
    "1381": ("Tiền thiếu chờ xử lý", "Count shortage"),
    "141": ("Tạm ứng", "Advances"),
    "3368": ("Phải trả giữa các quỹ", "Owed to other funds"),
    "3381": ("Tiền thừa chờ xử lý", "Count surplus"),
    "3388": ("Tiền của người khác", "Money of others"),
    "4111": ("Vốn ngân sách nhà nước", "Capital: state budget"),
    "4112": ("Vốn dự án tài trợ", "Capital: donor project"),
    "4113": ("Vốn Hội Người cao tuổi", "Capital: Association"),
    "4114": ("Vốn đóng góp thành viên", "Capital: members"),
    "4115": ("Vốn nhà hảo tâm", "Capital: benefactors"),
    "4118": ("Lãi nhập vốn", "Capitalised interest"),
    "4181": ("Quỹ hoạt động", "Operating fund"),
    "4182": ("Quỹ chăm sóc", "Care fund"),
    "4183": ("Quỹ dự phòng rủi ro", "Risk reserve"),
    "515": ("Lãi chưa phân bổ", "Interest not allocated"),
    "642": ("Chi phí", "Expense"),
    "811": ("Tổn thất xóa nợ chưa bù", "Write-off loss"),
}
_ROWS: Mapping[str, Both] = {
    "members": ("thành viên", "members"),
    "loans": ("khoản vay", "loans"),
    "repayments": ("lần trả", "repayments"),
    "counts": ("lần kiểm kê", "cash counts"),
    "capital": ("lần góp vốn", "receipts of capital"),
    "entries": ("dòng thu chi", "receipts and payments"),
}
_WEEKDAYS: Mapping[str, Both] = {
    "0": ("T2", "Mon"),
    "1": ("T3", "Tue"),
    "2": ("T4", "Wed"),
    "3": ("T5", "Thu"),
    "4": ("T6", "Fri"),
    "5": ("T7", "Sat"),
    "6": ("CN", "Sun"),
}

_TABLES: Mapping[str, Mapping[str, Both]] = {
    "step": _STEPS,
    "method": _METHODS,
    "visit_kind": _VISIT_KINDS,
    "verdict": _VERDICTS,
    "signature": _SIGNATURES,
    "evidence_step": _EVIDENCE_STEPS,
    "account": _ACCOUNTS,
    "rows": _ROWS,
    "weekday": _WEEKDAYS,
}

WORDS: Mapping[tuple[str, str], Both] = {
    **stories.WORDS,
    **{(name, code): both for name, words in _TABLES.items() for code, both in words.items()},
}
