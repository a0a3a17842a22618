"""What people call the codes of the books, in Vietnamese; the catalogues have them in English."""

from collections.abc import Mapping
from typing import Final

from exchange.vocabulary import (
    ACCOUNTS,
    AGES,
    AREAS,
    BANDS,
    CLASSES,
    FIGURES,
    FLOWS,
    FUNDS,
    LEAVING,
    REMARKS,
    SEXES,
    STEPS,
    WARNINGS,
    WORK,
)
from projections.kinds import StoryKind
from projections.province.catalogue import ROWS
from web.entry_words import ENTRY_WORDS
from web.look_words import ACTIONS, DOOR, LOOKED, PLACES

KINDS: Final = {
    StoryKind.LOANS: "Vay vốn",
    StoryKind.REPAYMENTS: "Trả nợ",
    StoryKind.GUARANTEES: "Bảo lãnh",
    StoryKind.DUES: "Hội phí",
    StoryKind.VISITS_RECEIVED: "Được thăm",
    StoryKind.VISITS_MADE: "Đi thăm",
    StoryKind.SHIFTS: "Ngày công",
    StoryKind.HELP: "Được giúp",
    StoryKind.GIVEN: "Trao hỗ trợ",
    StoryKind.VITALS: "Sức khỏe",
    StoryKind.CARE: "Chăm sóc",
    StoryKind.MEETINGS: "Sinh hoạt",
    StoryKind.ACTIVITIES: "Hoạt động",
    StoryKind.CONSENT: "Đồng ý",
    StoryKind.STATUS: "Hồ sơ",
    StoryKind.DUTY: "Việc được giao",
}
OFFICES: Final = {
    "chair": "Chủ nhiệm",
    "vice_chair": "Phó chủ nhiệm",
    "accountant": "Kế toán",
    "treasurer": "Thủ quỹ",
    "secretary": "Thư ký",
}
METHODS: Final = {
    "interest_free": "không lãi",
    "flat": "lãi tính trên số vay ban đầu",
    "equal_principal": "gốc trả đều",
    "equal_instalment": "mỗi kỳ trả bằng nhau",
    "bullet": "gốc trả một lần cuối kỳ",
}
ROUNDINGS: Final = {
    "half_up": "từ nửa đồng trở lên thì tính lên",
    "half_even": "nửa đồng thì về số chẵn",
    "down": "bỏ phần lẻ",
}
PERIODS: Final = {"month": "tháng", "year": "năm", "week": "tuần", "quarter": "quý", "day": "ngày"}
PURPOSES: Final = {
    "identity": "họ tên, giấy tờ",
    "contact": "địa chỉ, điện thoại",
    "household": "hoàn cảnh gia đình",
    "health": "sức khỏe",
    "memo": "lời ghi trong sổ",
    "file": "cả danh sách",
}
HOWS: Final = {
    "password": "bằng mật khẩu",
    "pin": "bằng mã PIN, trên máy của người khác",
    "openid": "bằng danh tính nơi khác",
    "reset-code": "bằng mã đặt lại",
    "code": "bằng mã xác thực",
    "session": "phiên đăng nhập",
}
CAME: Final = {
    "begun": "Đã vào",
    "taken": "Đã đặt lại mật khẩu",
    "linked": "Đã nối danh tính nơi khác",
    "unlinked": "Đã bỏ danh tính nơi khác",
    "code-needed": "Đúng mật khẩu, thiếu mã xác thực",
    "refused": "Bị từ chối",
    "out-of-scope": "Bị từ chối: ngoài phạm vi của mã truy cập",
    "session-needed": "Bị từ chối: cần phiên đăng nhập của chính mình",
    "left": "Tự đăng xuất",
    "replaced": "Vào lại trên cùng máy",
    "ended": "Bị kết thúc từ máy khác",
    "password-set": "Kết thúc vì đổi mật khẩu",
    "expired": "Hết hạn",
}
COUNTED: Final = {
    "visits": "lượt thăm",
    "visit_minutes": "phút thăm",
    "visits_made": "lượt đi thăm",
    "visits_missed": "lượt không gặp",
    "group_work_people": "người làm công chung",
    "group_work_days": "ngày công chung",
    "volunteer_minutes": "phút làm",
    "volunteer_work_days": "ngày công",
    "meetings": "buổi sinh hoạt",
    "attendance": "lượt dự",
    "meetings_attended": "buổi đã dự",
    "activity_head_count": "lượt dự hoạt động",
    "activity_value": "trị giá hoạt động (₫)",
    "support_received": "lần được giúp",
    "support_value": "trị giá được giúp (₫)",
    "trainings": "lớp tập huấn",
    "training_delegates": "lượt học viên",
    "media_news": "tin bài",
    "media_broadcast": "phóng sự",
    "deaths": "người qua đời",
    **{f"activities_{area}": words for area, words in AREAS.items()},
}
"""What a month's report counts, and a correction changes."""
FIELDS: Final = {
    "occurred_on": "ngày",
    "volunteer_ids": "người đi",
    "time": "giờ",
    "tasks": "việc đã làm",
    "vitals": "số đo",
    "note": "ghi chú",
    "urgent": "cần gấp",
    "next_on": "hẹn lần sau",
    "planned_on": "ngày hẹn",
    "confirmed_by": "ai xác nhận",
    "cause": "vì sao không gặp",
    "activity": "loại việc",
    "helped": "giúp ai",
    "households": "số hộ được giúp",
    "people": "số người làm",
    "work_days": "ngày công",
    "attended": "ai dự",
    "head_count": "số người dự",
    "minutes": "biên bản số",
    "start": "từ giờ",
    "end": "đến giờ",
    "length": "bao nhiêu phút",
    "area": "lĩnh vực",
    "kind": "loại",
    "title": "tên",
    "participants": "ai tham gia",
    "value": "trị giá",
    "given_by": "ai trao",
    "person_id": "ai",
    "days": "số ngày",
    "delegates": "số học viên",
    "club_ids": "câu lạc bộ",
    "outlet": "nơi đăng",
    "year": "năm",
    "decision": "quyết định số",
    "targets": "chỉ tiêu",
}
"""What an entry tells, field by field."""
READ_MODELS: Final = {
    "ledger": "Sổ cái",
    "vouchers": "Chứng từ",
    "loans": "Khoản vay",
    "counts": "Kiểm kê quỹ",
    "findings": "Phát hiện và cảnh báo",
    "clubs": "Câu lạc bộ",
    "members": "Thành viên",
    "club-life": "Tên, nơi và ban chủ nhiệm",
    "statements": "Diện hộ, đồng ý",
    "requests": "Yêu cầu về dữ liệu cá nhân",
    "doings": "Hoạt động",
    "histories": "Quá trình của từng người",
    "care": "Chăm sóc tại nhà",
    "volunteer_days": "Ngày công",
    "facts": "Số liệu của tỉnh",
    "waiting": "Việc chờ xác nhận",
    "people": "Tên người",
}
STATUSES: Final = {
    "running": "đang hoạt động",
    "suspended": "tạm ngừng",
    "dissolved": "đã giải thể",
}

ROLES: Final = {
    "treasurer": "Thủ quỹ",
    "accountant": "Kế toán",
    "chair": "Chủ nhiệm",
    "secretary": "Thư ký",
    "care_coordinator": "Phụ trách chăm sóc",
    "volunteer": "Tình nguyện viên",
    "commune_officer": "Cán bộ Hội xã",
    "provincial_officer": "Cán bộ Hội tỉnh",
    "auditor": "Kiểm tra viên",
    "relative": "Người thân được ủy quyền",
    "administrator": "Quản trị viên",
    "member": "Hội viên câu lạc bộ",
}
SCOPES: Final = {
    "club": "một câu lạc bộ",
    "commune": "một xã",
    "province": "một tỉnh",
    "person": "một người",
    "nation": "cả nước",
}

_ACTIONS: Final = {str(action): words for action, words in ACTIONS.items()}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "account": ACCOUNTS,
    "age": AGES,
    "area": AREAS,
    "band": {str(band): words for band, words in BANDS.items()},
    "came": CAME,
    "class": CLASSES,
    "counted": COUNTED,
    "field": FIELDS,
    "figure": FIGURES,
    "flow": FLOWS,
    "fund": FUNDS,
    "how": {**HOWS, **DOOR, **_ACTIONS},
    "kind": {str(kind): words for kind, words in KINDS.items()},
    "leaving": LEAVING,
    "looked": LOOKED,
    "method": METHODS,
    "office": OFFICES,
    "period": PERIODS,
    "place": PLACES,
    "purpose": {**PURPOSES, **_ACTIONS},
    "read_model": READ_MODELS,
    "remark": REMARKS,
    "role": ROLES,
    "rounding": ROUNDINGS,
    "row": {row.key: row.label for row in ROWS},
    "scope": SCOPES,
    "sex": SEXES,
    "status": STATUSES,
    "step": STEPS,
    "warning": WARNINGS,
    "work": WORK,
    **ENTRY_WORDS,
}


def word(of: str, code: object, other: str | None = None) -> str:
    """Where there is no word for it: what else it is called, or the code itself."""
    return WORDS[of].get(str(code), str(code) if other is None else other)
