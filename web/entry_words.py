"""Codes of what is entered, planned and audited, in Vietnamese."""

from collections.abc import Mapping
from typing import Final

ENTRY_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "visit_kind": {
        "visit": "đã thăm",
        "missed": "không gặp",
        "due": "hẹn thăm",
        "scheduled": "hẹn ca",
        "worked": "đã làm",
    },
    "verdict": {
        "agrees": "Khớp",
        "differs": "Khác",
        "not-found": "Không tìm thấy",
        "None": "Chưa xem",
    },
    "signature": {
        "paper-book": "theo sổ giấy",
        "recorded-by-themselves": "tự ghi",
        "typed-for-them": "người khác gõ hộ, chưa xác nhận",
        "typed-and-confirmed": "người khác gõ hộ, đã xác nhận",
    },
    "evidence_step": {
        "request": "Đề nghị vay",
        "appraisal": "Thẩm định",
        "approval": "Bình xét, duyệt",
        "endorsement": "Xã đồng ý",
        "disbursement": "Giải ngân",
        "use_checks": "Kiểm tra sử dụng vốn",
        "repayments": "Lần trả nợ",
        "votes": "Biểu quyết sau giải ngân",
        "confirmations": "Người vay xác nhận dư nợ",
        "disputes": "Người vay không đồng ý dư nợ",
    },
    "brought": {
        "members": "thành viên",
        "capital": "nguồn vốn",
        "loans": "khoản vay",
        "repayments": "lần trả nợ",
        "operating": "thu chi quỹ hoạt động",
        "cash_counts": "kiểm kê quỹ",
        "neighbours": "hàng xóm",
        "volunteers": "tình nguyện viên",
        "visits": "lượt chăm sóc",
        "shifts": "lượt công",
        "group_works": "đợt công chung",
        "meetings": "buổi sinh hoạt",
    },
    "standing": {
        "new": "mới",
        "known": "đã có",
        "changed": "khác lần trước, giữ như đã ghi",
        "refused": "lỗi, phải sửa",
        "unseen": "đọc được, chưa so với sổ",
    },
    "weekday": {"0": "T2", "1": "T3", "2": "T4", "3": "T5", "4": "T6", "5": "T7", "6": "CN"},
    "cause": {
        "client_away": "người được thăm đi vắng",
        "client_ill": "người được thăm ốm",
        "volunteer": "tình nguyện viên bận",
        "weather": "thời tiết",
        "other": "lý do khác",
    },
    "task": {
        "SOC": "trò chuyện",
        "ADL": "chăm sóc cá nhân",
        "HOU": "việc nhà",
        "HLT": "đo huyết áp, nhắc thuốc",
        "REH": "tập luyện",
        "ERR": "việc vặt, đưa đi",
        "FRM": "việc đồng, sửa chữa",
        "INF": "tư vấn quyền lợi",
        "EMG": "cấp cứu",
    },
}
