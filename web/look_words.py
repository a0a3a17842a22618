"""Codes of the access log in Vietnamese: what was to be done, and where somebody's data stood."""

from collections.abc import Mapping
from typing import Final

from domain.accounts.permissions import Action

ACTIONS: Final[Mapping[Action, str]] = {
    Action.USE: "vào sổ",
    Action.SEE_CLUB: "xem câu lạc bộ",
    Action.READ_PEOPLE: "xem hội viên",
    Action.WRITE_PEOPLE: "ghi về hội viên",
    Action.RUN_CLUB: "ghi việc của câu lạc bộ",
    Action.FOUND_CLUB: "lập, tạm ngừng hay giải thể câu lạc bộ",
    Action.READ_FIGURES: "xem số liệu chung",
    Action.READ_BOOKS: "xem sổ sách",
    Action.READ_PAPERS: "xem chứng từ có tên người",
    Action.WRITE_BOOKS: "ghi thu chi",
    Action.BRING_BOOK: "nhập sổ Excel",
    Action.ASK_LOAN: "đề nghị vay, thẩm định",
    Action.DECIDE: "duyệt cho vay, gia hạn, xóa nợ",
    Action.COUNT_CASH: "đếm quỹ",
    Action.CLOSE_BOOKS: "khóa sổ",
    Action.CONFIRM: "xác nhận việc của mình",
    Action.CORRECT: "đề nghị sửa sai",
    Action.AGREE: "duyệt sửa sai",
    Action.STAND_BESIDE: "cùng xác nhận một việc",
    Action.READ_HEALTH: "xem sức khỏe",
    Action.WRITE_CARE: "ghi việc chăm sóc",
    Action.WRITE_VISITS: "ghi lượt thăm",
    Action.WRITE_WORK: "ghi ca, ngày công",
    Action.READ_ASSOCIATION: "xem Hội Người cao tuổi",
    Action.WRITE_ASSOCIATION: "ghi việc của Hội Người cao tuổi",
    Action.AUDIT: "kiểm tra",
    Action.FOLLOW_LOG: "theo dõi nhật ký",
    Action.ADMINISTER: "quản trị tài khoản",
    Action.SHUT_ACCOUNT: "khóa tài khoản",
    Action.ASK_ABOUT_DATA: "yêu cầu về dữ liệu cá nhân",
    Action.DECIDE_ABOUT_DATA: "quyết định về dữ liệu cá nhân",
    Action.HAND_OVER_DATA: "lấy mọi dữ liệu của một người",
    Action.RESET: "cấp mã đặt lại mật khẩu",
}

DOOR: Final[Mapping[str, str]] = {
    "log-in": "đăng nhập",
    "take-turn": "xác nhận bằng mã PIN trên máy này",
}
"""What else somebody is refused at."""

LOOKED: Final[Mapping[str, str]] = {"read": "đã xem", "export": "đã lấy ra thành tệp"}

PLACES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("account", "show_account", "list_accounts"), "Tài khoản"),
    **dict.fromkeys(("approvals", "show_inbox"), "Duyệt"),
    **dict.fromkeys(("audit_lines", "loan_evidence", "sample"), "Kiểm tra"),
    "care_shift": "Hẹn ca",
    **dict.fromkeys(("care_visit", "show_care_case"), "Hồ sơ chăm sóc"),
    **dict.fromkeys(("care_week", "list_care_cases"), "Lịch chăm sóc"),
    "correction": "Sửa sai",
    **dict.fromkeys(("debts", "receipt", "print_voucher"), "Thu nợ, phiếu thu chi"),
    **dict.fromkeys(("imports", "own_book"), "Nhập và xuất sổ"),
    "lending": "Cho vay",
    **dict.fromkeys(("list_associations", "list_trainings", "list_media_items"), "Hội cấp trên"),
    **dict.fromkeys(("list_clubs", "list_units"), "Các câu lạc bộ"),
    **dict.fromkeys(("list_findings", "list_unusual_items"), "Phát hiện và cảnh báo"),
    "list_plans": "Kế hoạch",
    "list_province_figure_events": "Báo cáo tỉnh",
    "list_attendance": "Dự sinh hoạt",
    **dict.fromkeys(("list_duplicates", "list_club_duplicates"), "Người có thể bị ghi trùng"),
    **dict.fromkeys(("list_loans", "show_loan"), "Khoản vay"),
    **dict.fromkeys(("list_meetings", "list_postponements", "list_activities"), "Sinh hoạt"),
    **dict.fromkeys(("list_members", "show_member"), "Hội viên"),
    "newcomer": "Kết nạp hội viên",
    "list_readings": "Ai đã xem",
    "list_requests": "Yêu cầu về dữ liệu cá nhân",
    **dict.fromkeys(("list_sign_ins", "list_own_sign_ins"), "Ai vào, ai bị từ chối"),
    "list_supports": "Thăm hỏi, giúp đỡ",
    "list_volunteer_days": "Ngày công",
    **dict.fromkeys(("meeting_sheet", "print_meeting_sheet"), "Buổi sinh hoạt"),
    **dict.fromkeys(("health_sheet", "print_health_sheet"), "Bảng sức khỏe"),
    **dict.fromkeys(("mine", "show_data"), "Người thân và tôi"),
    "offline_lists": "Danh sách để ghi khi mất mạng",
    "print_cash_count": "Bảng kiểm kê quỹ",
    "print_statements": "Bản sao kê để ký",
    **dict.fromkeys(("recorders", "show_history"), "Quá trình"),
    "show_attachment": "Ảnh chứng từ",
    **dict.fromkeys(("show_cash_book", "list_ledger", "show_journal", "list_vouchers"), "Sổ quỹ"),
    **dict.fromkeys(("show_club_report", "show_club_report_csv"), "Báo cáo câu lạc bộ"),
    "show_event": "Một bút toán",
    "show_loan_book": "Sổ vay",
    **dict.fromkeys(("show_province_report_pdf", "show_province_report_xlsx"), "Báo cáo tỉnh"),
    "take_bundle": "Gói bằng chứng",
    "today": "Hôm nay",
}
"""What of a page or list with people on it is written down (`store.readings`)."""
