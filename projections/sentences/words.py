"""Values as people say them, by field and value; and which fields are amounts in đồng."""

from collections.abc import Mapping

from domain.accounts.roles import Role as AccountRole
from domain.care.events import Receiver, Task, Work
from domain.care.scales import Instrument
from domain.care.vitals import Flag
from domain.clubs.events import (
    ActivityKind,
    Evidence,
    Ground,
    HouseholdClass,
    Office,
    RequestKind,
    SupportKind,
)
from domain.loans.accounts import CapitalSource, Fund
from domain.loans.loan import WriteOffCause
from domain.values import Per
from projections.sentences.wording import Both

MONEY = frozenset(
    """amount principal interest late_interest excess value estimate outstanding stated loss
    counted expected difference spent returned surplus total mine_amount mine_outstanding""".split()
)

_FUNDS: Mapping[str, Both] = {
    Fund.LOAN: ("quỹ vay vốn", "loan fund"),
    Fund.OPERATING: ("quỹ hoạt động", "operating fund"),
    Fund.CARE: ("quỹ chăm sóc", "care fund"),
    Fund.RESERVE: ("quỹ dự phòng rủi ro", "risk reserve"),
}
_PURPOSES: Mapping[str, Both] = {
    "identity": ("nhân thân", "identity"),
    "contact": ("liên hệ", "contact"),
    "health": ("sức khỏe", "health"),
    "household": ("hộ gia đình", "household"),
}
_OFFICES: Mapping[str, Both] = {
    Office.CHAIR: ("chủ nhiệm", "chair"),
    Office.VICE_CHAIR: ("phó chủ nhiệm", "vice-chair"),
    Office.ACCOUNTANT: ("kế toán", "accountant"),
    Office.TREASURER: ("thủ quỹ", "treasurer"),
    Office.SECRETARY: ("thư ký", "secretary"),
}
_ACCOUNT_ROLES: Mapping[str, Both] = {
    AccountRole.TREASURER: ("thủ quỹ", "treasurer"),
    AccountRole.ACCOUNTANT: ("kế toán", "accountant"),
    AccountRole.CHAIR: ("chủ nhiệm", "chair"),
    AccountRole.SECRETARY: ("thư ký", "secretary"),
    AccountRole.CARE_COORDINATOR: ("người điều phối chăm sóc", "care coordinator"),
    AccountRole.VOLUNTEER: ("tình nguyện viên", "volunteer"),
    AccountRole.COMMUNE_OFFICER: ("cán bộ Hội cấp xã", "commune officer"),
    AccountRole.PROVINCIAL_OFFICER: ("cán bộ Hội cấp tỉnh", "provincial officer"),
    AccountRole.AUDITOR: ("kiểm toán viên", "auditor"),
    AccountRole.RELATIVE: ("người thân được ủy quyền", "relative with authority"),
    AccountRole.ADMINISTRATOR: ("quản trị viên", "administrator"),
    AccountRole.MEMBER: ("thành viên", "member"),
}

_BY_FIELD: Mapping[str, Mapping[str, Both]] = {
    "fund": _FUNDS,
    "from_fund": _FUNDS,
    "to_fund": _FUNDS,
    "office": _OFFICES,
    "mine_office": _OFFICES,
    "shows": {
        "voucher": ("phiếu thu, phiếu chi", "the voucher"),
        "vote": ("biên bản bình xét", "the minutes"),
        "count": ("biên bản kiểm kê", "the count's sheet"),
        "use": ("việc sử dụng vốn", "what was bought"),
    },
    "role": _ACCOUNT_ROLES,
    "source": {
        CapitalSource.STATE_BUDGET: ("ngân sách nhà nước", "the state budget"),
        CapitalSource.DONOR_PROJECT: ("dự án tài trợ", "a donor's project"),
        CapitalSource.ASSOCIATION: ("Hội Người cao tuổi", "the Association"),
        CapitalSource.MEMBERS: ("đóng góp thành viên", "the members"),
        CapitalSource.BENEFACTOR: ("nhà hảo tâm", "a benefactor"),
        CapitalSource.CAPITALISED_INTEREST: ("lãi nhập vốn", "capitalised interest"),
    },
    "cause": {
        WriteOffCause.DEATH: ("qua đời", "death"),
        WriteOffCause.SERIOUS_ILLNESS: ("bệnh nặng", "serious illness"),
        WriteOffCause.DISASTER: ("thiên tai", "disaster"),
        WriteOffCause.EPIDEMIC: ("dịch bệnh", "epidemic"),
        WriteOffCause.ANIMAL_DISEASE: ("dịch bệnh vật nuôi", "animal disease"),
        WriteOffCause.UNTRACEABLE: ("không tìm được người vay", "borrower cannot be traced"),
        "left": ("xin ra", "left"),
        "died": ("qua đời", "died"),
        "moved": ("chuyển đi", "moved"),
        "merged": ("gộp hồ sơ trùng", "a double entry was merged"),
        "recovered": ("đã hồi phục", "recovered"),
        "declined": ("không muốn nhận nữa", "declined"),
        "other": ("lý do khác", "another reason"),
        "client_away": ("người được thăm đi vắng", "the client was away"),
        "client_ill": ("người được thăm ốm", "the client was ill"),
        "volunteer": ("tình nguyện viên bận", "the volunteer could not come"),
        "weather": ("thời tiết", "weather"),
    },
    "capacity": {"heir": ("người thừa kế", "heir"), "guarantor": ("người bảo lãnh", "guarantor")},
    "in_favour": {"true": ("đồng ý", "in favour"), "false": ("không đồng ý", "against")},
    "as_agreed": {
        "true": ("đúng mục đích", "as agreed"),
        "false": ("không đúng mục đích", "not as agreed"),
    },
    "on_time": {"true": ("đúng hạn", "on time"), "false": ("quá hạn", "late")},
    "result": {
        "agrees": ("khớp", "agrees"),
        "differs": ("không khớp", "differs"),
        "not-found": ("không tìm thấy", "not found"),
    },
    "urgent": {"true": ("khẩn cấp", "urgent"), "false": ("", "")},
    "household_class": {
        HouseholdClass.POOR: ("hộ nghèo", "poor"),
        HouseholdClass.NEAR_POOR: ("hộ cận nghèo", "near-poor"),
        HouseholdClass.ESCAPED: ("mới thoát nghèo", "escaped from poverty"),
        HouseholdClass.DIFFICULT: ("hoàn cảnh khó khăn", "in difficulty"),
        HouseholdClass.OTHER: ("hộ khác", "of another class"),
    },
    "purpose": _PURPOSES,
    "purposes": _PURPOSES,
    "kept": _PURPOSES,
    "granted": {"true": ("chấp thuận", "granted"), "false": ("từ chối", "refused")},
    "ground": {
        Ground.CONSENT_WITHDRAWN: ("rút lại đồng ý", "consent withdrawn"),
        Ground.PURPOSE_ENDED: ("mục đích đã hết", "its purpose has ended"),
        Ground.RETENTION_OVER: ("hết thời hạn lưu giữ", "it need not be kept any longer"),
        Ground.UNLAWFUL: ("lưu không đúng luật", "it was kept unlawfully"),
        Ground.RIGHT_OF_ACCESS: ("quyền được biết", "the right of access"),
        Ground.ACCOUNTING_DUTY: ("chế độ kế toán", "accounting duty"),
        Ground.CONTRACT: ("hợp đồng còn hiệu lực", "a contract in force"),
        Ground.LEGAL_CLAIM: ("tranh chấp, yêu cầu pháp lý", "a legal claim"),
        Ground.NOT_ENTITLED: ("không có quyền yêu cầu", "no right to ask"),
        Ground.NOT_TRUE: ("điều yêu cầu không đúng", "what was asked is not true"),
    },
    "evidence": {
        Evidence.WRITTEN: ("bằng văn bản", "in writing"),
        Evidence.RECORDED: ("ghi âm", "recorded"),
        Evidence.FINGERPRINT: ("điểm chỉ", "by fingerprint"),
    },
    "kind": {
        SupportKind.SICK_VISIT: ("thăm người ốm", "a visit to the sick"),
        SupportKind.GIFT: ("tặng quà", "a gift"),
        SupportKind.HELP: ("giúp việc", "help"),
        SupportKind.LONGEVITY: ("mừng thọ", "the celebration of a great age"),
        SupportKind.CONDOLENCE: ("thăm viếng", "condolence"),
        ActivityKind.PUBLIC_WORKS: ("việc công ích", "public works"),
        ActivityKind.CULTURE: ("văn hóa", "culture"),
        ActivityKind.SPORT: ("thể thao", "sport"),
        ActivityKind.CELEBRATION: ("lễ kỷ niệm", "celebration"),
        ActivityKind.TALK: ("nói chuyện chuyên đề", "talk"),
        ActivityKind.HEALTH_CHECK: ("khám sức khỏe", "health check"),
        ActivityKind.TRAINING: ("tập huấn", "training"),
        ActivityKind.FUND_RAISING: ("gây quỹ", "fund raising"),
        ActivityKind.OTHER: ("khác", "other"),
        RequestKind.ERASE: ("xóa", "erase"),
        RequestKind.WITHDRAW: ("rút lại đồng ý về", "withdraw consent to"),
        RequestKind.COPY: ("xin bản sao dữ liệu", "be given a copy of the data"),
        RequestKind.CORRECT: ("sửa dữ liệu", "have the data corrected"),
        "news": ("tin bài", "news"),
        "broadcast": ("phóng sự", "broadcast"),
    },
    "activity": {
        Work.HOME_CARE: ("chăm sóc tại nhà", "home care"),
        Work.HOUSEHOLD_HELP: ("giúp hộ neo đơn", "household help"),
        Work.DISASTER_CLEANUP: ("khắc phục bão lũ", "disaster clean-up"),
        Work.PUBLIC_WORKS: ("việc công ích", "public works"),
        Work.OTHER: ("việc khác", "other work"),
    },
    "tasks": {
        Task.COMPANY: ("trò chuyện", "company"),
        Task.PERSONAL_CARE: ("chăm sóc cá nhân", "personal care"),
        Task.HOUSEWORK: ("việc nhà", "housework"),
        Task.HEALTH: ("đo huyết áp, nhắc thuốc", "blood pressure, medicine"),
        Task.EXERCISE: ("tập luyện", "exercise"),
        Task.ERRANDS: ("việc vặt, đưa đi", "errands, escort"),
        Task.FARM: ("việc đồng, sửa chữa", "farm work, repairs"),
        Task.RIGHTS: ("tư vấn quyền lợi", "advice on rights"),
        Task.EMERGENCY: ("cấp cứu", "emergency"),
    },
    "to": {
        Receiver.HEALTH_STATION: ("trạm y tế", "the health station"),
        Receiver.HOSPITAL: ("bệnh viện", "hospital"),
        Receiver.SOCIAL_AFFAIRS: ("cán bộ chính sách xã hội", "social affairs"),
        Receiver.LEGAL_AID: ("trợ giúp pháp lý", "legal aid"),
        Receiver.POLICE: ("công an", "the police"),
        Receiver.BANK_FOR_SOCIAL_POLICIES: (
            "Ngân hàng Chính sách xã hội", "the Bank for Social Policies",
        ),
        Receiver.OTHER: ("nơi khác", "somebody else"),
    },
    "instrument": {
        Instrument.KATZ: ("Katz", "Katz"),
        Instrument.BARTHEL: ("Barthel", "Barthel"),
        Instrument.LAWTON: ("Lawton", "Lawton"),
    },
    "per": {Per.MONTH: ("một tháng", "a month"), Per.YEAR: ("một năm", "a year")},
    "flag": {
        Flag.REFER: ("cần báo trạm y tế", "tell the health station"),
        Flag.SAME_DAY: ("cần báo trạm y tế trong ngày", "tell the health station today"),
    },
}  # fmt: skip

WORDS: Mapping[tuple[str, str], Both] = {
    (name, str(value)): both for name, words in _BY_FIELD.items() for value, both in words.items()
}
