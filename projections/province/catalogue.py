"""Every row of the province report: its key, what it is called, what it counts.

Of a plain figure the value is the numerator; a share is numerator over denominator. Legal
figures (Decisions 1336/QĐ-TTg of 2020 and 1648/QĐ-TTg of 2025) are the programme's targets.
"""

from typing import Final, Literal, NamedTuple

Unit = Literal["club", "person", "dong", "loan", "event", "minute", "work_day", "percent"]


class Row(NamedTuple):
    """`unit` is what the numerator counts; of a share it is `percent` and both count alike."""

    key: str
    label: str
    unit: Unit

    @property
    def is_share(self) -> bool:
        return self.unit == "percent"


FOUNDED_BEFORE: Final = "2021-01-01"
"""Decision 1336 took effect with 2021: the clubs before it and since are told apart."""

CLASSES: Final = {
    "poor": "hộ nghèo",
    "near_poor": "hộ cận nghèo",
    "escaped": "hộ mới thoát nghèo",
    "difficult": "hộ có hoàn cảnh khó khăn",
}
VULNERABLE: Final = ("poor", "near_poor", "difficult")
SOURCES: Final = {
    "state_budget": "ngân sách nhà nước",
    "donor_project": "dự án tài trợ",
    "association": "Hội Người cao tuổi",
    "members": "thành viên đóng góp",
    "benefactor": "nhà hảo tâm",
}
WORK: Final = {
    "household_help": "giúp hộ neo đơn, thiếu lao động",
    "disaster_cleanup": "khắc phục hậu quả bão lũ",
    "public_works": "công trình công cộng",
    "home_care": "chăm sóc tại nhà",
    "other": "việc khác",
}

ROWS: Final = (
    Row("clubs", "Câu lạc bộ", "club"),
    Row("clubs_founded_until_2020", "Câu lạc bộ thành lập đến hết năm 2020", "club"),
    Row("clubs_founded_since_2021", "Câu lạc bộ thành lập từ năm 2021", "club"),
    Row("members", "Thành viên", "person"),
    Row("members_women", "Thành viên nữ", "person"),
    Row("members_60_plus", "Thành viên từ 60 tuổi", "person"),
    *(
        Row(f"members_{key}", f"Thành viên thuộc {label}", "person")
        for key, label in CLASSES.items()
    ),
    Row("capital", "Vốn huy động", "dong"),
    *(Row(f"capital_{key}", f"Vốn từ {label}", "dong") for key, label in SOURCES.items()),
    Row("borrowers", "Người được vay", "person"),
    Row("borrowers_vulnerable", "Người vay thuộc hộ nghèo, cận nghèo, khó khăn", "person"),
    *(
        Row(f"borrowers_{key}", f"Người vay thuộc {label}", "person")
        for key, label in CLASSES.items()
    ),
    Row("loans", "Lượt vay", "loan"),
    Row("loans_vulnerable", "Lượt vay của hộ nghèo, cận nghèo, khó khăn", "loan"),
    Row("lent", "Số tiền cho vay", "dong"),
    Row("repaid", "Gốc đã thu", "dong"),
    Row("interest_received", "Lãi đã thu", "dong"),
    Row("outstanding", "Dư nợ gốc", "dong"),
    Row("par30", "Dư nợ rủi ro trên 30 ngày (PAR30)", "percent"),
    Row("par90", "Dư nợ rủi ro trên 90 ngày (PAR90)", "percent"),
    Row("collection_rate", "Tỷ lệ thu gốc đúng kỳ", "percent"),
    Row("fund_erosion", "Tỷ lệ hao hụt vốn", "percent"),
    Row("work_days", "Ngày công", "work_day"),
    *(Row(f"work_days_{key}", f"Ngày công {label}", "work_day") for key, label in WORK.items()),
    Row("visits", "Lượt thăm tại nhà", "event"),
    Row("visit_minutes", "Số phút thăm tại nhà", "minute"),
    Row("clients", "Người được chăm sóc tại nhà", "person"),
    Row("volunteers", "Tình nguyện viên chăm sóc", "person"),
    Row("meetings", "Buổi sinh hoạt", "event"),
    Row("cash_counts", "Lần kiểm kê quỹ", "event"),
    Row("supports", "Lượt thăm hỏi, giúp đỡ thành viên", "event"),
    Row("public_works", "Công trình, việc làm công ích", "event"),
    Row("culture_and_sport", "Hoạt động văn hóa, thể thao", "event"),
    Row("talks", "Buổi nói chuyện, truyền thông", "event"),
    Row("health_checks", "Đợt khám sức khỏe", "event"),
    Row("trainings", "Lớp tập huấn", "event"),
    Row("delegates", "Lượt đại biểu tập huấn", "person"),
    Row("news_items", "Tin, bài", "event"),
    Row("broadcasts", "Phóng sự phát thanh, truyền hình", "event"),
    Row("resources_mobilised", "Nguồn lực vận động (ước tính)", "dong"),
    # What the programme asks of every club.
    Row("clubs_in_all_areas", "Câu lạc bộ hoạt động đủ 8 mảng", "percent"),
    Row("clubs_with_both_funds", "Câu lạc bộ có quỹ tăng thu nhập và quỹ hoạt động", "percent"),
    Row("clubs_meeting_monthly", "Câu lạc bộ sinh hoạt hằng tháng", "percent"),
    Row("clubs_half_borrowing", "Câu lạc bộ có từ nửa thành viên được vay", "percent"),
    Row("clubs_with_five_volunteers", "Câu lạc bộ có từ 5 tình nguyện viên chăm sóc", "percent"),
    # What the article complains of.
    Row("clubs_without_meeting", "Câu lạc bộ 2 tháng không ghi sinh hoạt", "percent"),
    Row("clubs_without_count", "Câu lạc bộ 2 tháng không kiểm kê quỹ", "percent"),
    Row("clubs_with_little_attention", "Câu lạc bộ ít được quan tâm", "percent"),
)
BY_KEY: Final = {row.key: row for row in ROWS}
