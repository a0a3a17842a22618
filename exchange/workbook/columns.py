"""The words by which a sheet and its columns are known, as clubs write them.

Sheet words are sought inside the sheet's name, headers are compared whole; both without tones,
signs and what stands in brackets. The first header of a column is the one named in messages.
"""

from dataclasses import dataclass, field

from exchange.workbook.text import plain

Headers = dict[str, list[str]]


@dataclass(frozen=True)
class Kind:
    """A kind of sheet. `needed`: one of these sets of columns has to be there."""

    key: str
    words: list[str]
    columns: Headers
    needed: list[list[str]]
    amounts: list[str] = field(default_factory=list)
    """Columns of money."""
    days: list[str] = field(default_factory=list)
    """Columns of work-days: a total row adds them up as it does money."""
    telling: list[str] = field(default_factory=list)
    """A sheet of another name is of this kind only with one of these: many a list has the rest."""

    def key_of(self, *headers: str) -> str | None:
        """The column that one of these bare headers names."""
        return next((KEYS[self.key][one] for one in headers if one in KEYS[self.key]), None)

    def title(self, key: str) -> str:
        return self.columns[key][0]


_DATE = ["Ngày", "Ngày tháng", "Ngày, tháng", "Ngày tháng năm", "Ngày chứng từ", "Ngày ghi sổ"]
_VOUCHER = ["Số phiếu", "Số chứng từ", "Chứng từ", "Số CT", "Số hiệu", "Phiếu số", "Mã phiếu"]
_RECEIPT_VOUCHER = ["Số phiếu thu", "Phiếu thu", "Số PT", *_VOUCHER]
_PAYMENT_VOUCHER = ["Số phiếu chi", "Phiếu chi", "Số PC", *_VOUCHER]
_PERSON = ["Họ và tên", "Họ tên", "Thành viên", "Hội viên", "Tên thành viên"]
_PERSON += ["Họ tên hội viên", "Họ và tên hội viên", "Họ tên thành viên", "Họ và tên thành viên"]
_BORROWER = ["Người vay", "Họ tên người vay", "Họ và tên người vay", "Tên người vay", *_PERSON]
_BORROWER += ["Thành viên vay", "Hội viên vay", "Người trả", "Họ tên người trả", "Người nộp"]
_MEMO = ["Diễn giải", "Nội dung", "Lý do", "Nội dung thu chi", "Nội dung chi", "Nội dung thu"]
_AMOUNT = ["Số tiền", "Tiền", "Số tiền (đồng)", "Thành tiền"]

CLUB = Kind(
    key="club",
    words=["thong tin", "clb", "cau lac bo"],
    columns={
        "name": ["Tên câu lạc bộ", "Tên CLB", "Câu lạc bộ", "CLB"],
        "hamlet": ["Thôn", "Thôn/bản", "Bản", "Thôn, bản", "Tổ dân phố", "Khu phố", "Xóm"],
        "commune": ["Xã/phường", "Xã", "Phường", "Xã, phường", "Xã/phường/thị trấn", "Thị trấn"],
        "district": ["Huyện", "Quận/huyện", "Huyện/thành phố", "Huyện/thị xã"],
        "province": ["Tỉnh", "Tỉnh/thành phố", "Tỉnh, thành phố", "Thành phố"],
        "decision": ["Quyết định thành lập", "Số quyết định", "Quyết định", "QĐ thành lập"],
        "founded_on": ["Ngày thành lập", "Thành lập ngày", "Ngày quyết định"],
        "chair": ["Chủ nhiệm", "Chủ nhiệm CLB", "Họ tên chủ nhiệm"],
        "accountant": ["Kế toán", "Kế toán CLB"],
        "treasurer": ["Thủ quỹ", "Thủ quỹ CLB"],
        "secretary": ["Thư ký", "Thư ký CLB"],
        "meeting_day": ["Ngày sinh hoạt hằng tháng", "Ngày sinh hoạt hàng tháng", "Ngày sinh hoạt"],
        "rate": ["Lãi suất hiện hành", "Lãi suất", "Lãi suất cho vay", "Lãi suất %/tháng"],
    },
    needed=[["name"]],
)

MEMBERS = Kind(
    key="members",
    words=["thanh vien", "hoi vien", "danh sach"],
    columns={
        "name": _PERSON,
        "birth": ["Ngày sinh", "Năm sinh", "Ngày/năm sinh", "Ngày, tháng, năm sinh", "Sinh năm"],
        "sex": ["Giới tính", "Giới", "Nam/Nữ"],
        "ethnicity": ["Dân tộc"],
        "household": ["Diện hộ", "Hộ", "Loại hộ", "Hoàn cảnh", "Diện", "Hoàn cảnh gia đình"],
        "joined": ["Ngày vào CLB", "Ngày vào", "Ngày tham gia", "Ngày gia nhập", "Vào CLB ngày"],
        "volunteer": ["Tình nguyện viên", "TNV", "Là tình nguyện viên"],
        "phone": ["Điện thoại", "Số điện thoại", "SĐT", "ĐT", "Số ĐT"],
        "citizen_number": ["CCCD", "Số CCCD", "CMND", "CMND/CCCD", "Căn cước", "Số căn cước"],
        "note": ["Ghi chú"],
    },
    needed=[["name", "joined"]],
)

CAPITAL = Kind(
    key="capital",
    words=["nguon von", "von", "gop von"],
    columns={
        "date": [*_DATE, "Ngày nhận", "Ngày nhận vốn"],
        "voucher": _RECEIPT_VOUCHER,
        "source": ["Nguồn vốn", "Nguồn", "Loại nguồn", "Nguồn tiền"],
        "memo": _MEMO,
        "amount": [*_AMOUNT, "Số vốn", "Vốn nhận"],
    },
    needed=[["date", "voucher", "source", "amount"]],
    amounts=["amount"],
)

LOANS = Kind(
    key="loans",
    words=["cho vay", "vay von", "vay", "giai ngan"],
    columns={
        "voucher": _PAYMENT_VOUCHER,
        "date": [*_DATE, "Ngày giải ngân", "Ngày vay", "Ngày cho vay", "Ngày nhận vốn vay"],
        "borrower": _BORROWER,
        "purpose": ["Mục đích", "Mục đích vay", "Mục đích vay vốn", "Mục đích sử dụng vốn"],
        "amount": ["Số tiền vay", *_AMOUNT, "Tiền vay", "Số vốn vay", "Vốn vay", "Gốc vay"],
        "rate": [
            "Lãi suất",
            "Lãi suất vay",
            "Lãi suất %/tháng",
            "Lãi suất tháng",
            "% lãi",
            "Lãi suất năm",
            "Lãi suất %/năm",
        ],
        "term": ["Thời hạn", "Thời hạn vay", "Số tháng", "Kỳ hạn", "Thời gian vay", "Hạn vay"],
        "method": [
            "Phương thức",
            "Cách trả",
            "Phương thức trả",
            "Hình thức trả",
            "Cách trả nợ",
            "Phương thức trả nợ",
            "Hình thức trả nợ",
            "Phương pháp tính lãi",
            "Cách tính lãi",
        ],
    },
    needed=[["voucher", "date", "borrower", "amount", "rate", "term", "method"]],
    amounts=["amount"],
)

REPAYMENTS = Kind(
    key="repayments",
    words=["tra no", "thu no", "hoan tra", "thu hoi", "tra von"],
    columns={
        "date": [*_DATE, "Ngày trả", "Ngày thu", "Ngày nộp"],
        "voucher": _RECEIPT_VOUCHER,
        "borrower": _BORROWER,
        "principal": ["Gốc", "Trả gốc", "Tiền gốc", "Số tiền gốc", "Gốc trả", "Thu gốc", "Nợ gốc"],
        "interest": ["Lãi", "Trả lãi", "Tiền lãi", "Số tiền lãi", "Lãi trả", "Thu lãi"],
        "total": ["Cộng", "Tổng", "Tổng cộng", "Tổng số", "Tổng tiền", "Gốc + lãi", *_AMOUNT],
    },
    needed=[["date", "voucher", "borrower", "principal", "interest"]],
    amounts=["principal", "interest", "total"],
)

OPERATING = Kind(
    key="operating",
    words=["quy hoat dong", "thu chi", "hoi phi"],
    columns={
        "date": _DATE,
        "voucher": _VOUCHER,
        "direction": ["Thu/Chi", "Thu hay chi", "Loại", "Loại phiếu", "Thu hoặc chi"],
        "memo": _MEMO,
        "amount": _AMOUNT,
        "receipt": ["Thu", "Số tiền thu", "Tiền thu"],
        "payment": ["Chi", "Số tiền chi", "Tiền chi"],
    },
    needed=[["date", "voucher", "direction", "amount"], ["date", "voucher", "receipt", "payment"]],
    amounts=["amount", "receipt", "payment"],
)

COUNTS = Kind(
    key="counts",
    words=["kiem ke", "kiem quy", "dem quy"],
    columns={
        "date": [*_DATE, "Ngày kiểm kê", "Ngày đếm"],
        "counted": [
            "Thực đếm",
            "Số thực đếm",
            "Tiền thực đếm",
            "Thực tế",
            "Tiền mặt thực tế",
            "Số tiền thực đếm",
            "Số tiền thực tế",
            "Kiểm đếm",
            "Số đếm",
            "Tồn thực tế",
        ],
    },
    needed=[["date", "counted"]],
)

_NOTE = ["Ghi chú", "Nhận xét", "Chú thích"]
_START = ["Bắt đầu", "Giờ bắt đầu", "Từ giờ", "Từ", "Giờ đến", "Thời gian bắt đầu"]
_END = ["Kết thúc", "Giờ kết thúc", "Đến giờ", "Đến", "Giờ về", "Thời gian kết thúc"]
_MINUTES = ["Số phút", "Phút", "Thời lượng (phút)", "Thời gian (phút)", "Tổng số phút"]
_HOURS = ["Số giờ", "Giờ", "Thời lượng (giờ)", "Thời gian (giờ)", "Tổng số giờ"]
_LENGTH = ["Thời lượng", "Thời gian", "Buổi"]
_NEIGHBOUR = ["Hàng xóm", "Ngoài CLB", "Người ngoài CLB", "Thành viên/hàng xóm", "Là hàng xóm"]
_VOLUNTEER = ["Tình nguyện viên", "TNV", "Họ tên tình nguyện viên", "Họ và tên tình nguyện viên"]
_VOLUNTEER += ["Họ tên TNV", "Họ và tên TNV", "Tên tình nguyện viên", "Tên TNV"]

VOLUNTEERS = Kind(
    key="volunteers",
    words=["tinh nguyen vien", "tnv", "doi tinh nguyen"],
    columns={
        "name": [*_VOLUNTEER, *_PERSON],
        "date": ["Ngày tham gia", "Ngày vào đội", "Ngày đăng ký", "Từ ngày", "Ngày bắt đầu"],
        "course": ["Tập huấn", "Lớp tập huấn", "Đào tạo", "Nội dung tập huấn", "Khóa tập huấn"],
        "trained_on": ["Ngày tập huấn", "Ngày đào tạo"],
        "hours": ["Số giờ tập huấn", "Số giờ", "Số giờ đào tạo"],
        "neighbour": _NEIGHBOUR,
    },
    needed=[["name"]],
    telling=["course", "trained_on"],
)

CARE = Kind(
    key="home_care",
    words=["cham soc", "tham nom", "tham ho"],
    columns={
        "date": [*_DATE, "Ngày thăm", "Ngày chăm sóc"],
        "client": [
            "Người được chăm sóc",
            "Người cao tuổi",
            "NCT được chăm sóc",
            "Người được thăm",
            "NCT",
            "Họ tên người được chăm sóc",
            "Họ và tên người được chăm sóc",
            "Đối tượng chăm sóc",
        ],
        "neighbour": _NEIGHBOUR,
        "volunteer": [*_VOLUNTEER, "Người chăm sóc", "Người thăm", "Người thực hiện"],
        "start": _START,
        "end": _END,
        "minutes": _MINUTES,
        "hours": _HOURS,
        "length": _LENGTH,
        "tasks": ["Công việc", "Việc đã làm", "Nội dung", "Nội dung chăm sóc", "Hoạt động"],
        "pressure": ["Huyết áp", "HA", "Huyết áp (mmHg)", "Chỉ số huyết áp"],
        "pulse": ["Mạch", "Nhịp tim", "Nhịp mạch"],
        "weight": ["Cân nặng", "Cân nặng (kg)", "Trọng lượng"],
        "note": [*_NOTE, "Tình trạng", "Diễn biến"],
        "urgent": ["Khẩn cấp", "Khẩn", "Cấp cứu"],
        "next": ["Hẹn lần sau", "Lần sau", "Ngày thăm sau", "Lần thăm sau"],
    },
    needed=[
        ["date", "client", "volunteer", "start", "end"],
        *(["date", "client", "volunteer", key] for key in ("minutes", "hours", "length")),
    ],
)

WORK_DAYS = Kind(
    key="work_days",
    words=["ngay cong", "cong tinh nguyen", "cong lao dong"],
    columns={
        "date": [*_DATE, "Ngày làm"],
        "person": ["Người làm", "Người tham gia", "Người thực hiện", *_VOLUNTEER, *_PERSON],
        "people": ["Số người", "Số người làm", "Số người tham gia", "Số lượt người"],
        "activity": ["Hoạt động", "Công việc", "Nội dung", "Nội dung công việc", "Việc làm"],
        "helped": [
            "Hộ được giúp",
            "Hộ được giúp đỡ",
            "Người được giúp",
            "Gia đình được giúp",
            "Giúp hộ",
            "Hộ",
        ],
        "households": ["Số hộ", "Số hộ được giúp"],
        "days": ["Số công", "Số ngày công", "Công", "Ngày công"],
        "start": _START,
        "end": _END,
        "minutes": _MINUTES,
        "hours": _HOURS,
        "length": _LENGTH,
        "note": _NOTE,
    },
    needed=[
        ["date", "person", "days"],
        ["date", "people", "activity"],
        ["date", "person", "start", "end"],
        *(["date", "person", key] for key in ("minutes", "hours", "length")),
    ],
    days=["days"],
    telling=["days"],
)

MEETINGS = Kind(
    key="meetings",
    words=[
        *("sinh hoat", "bien ban", "cuoc hop", "hop thang", "hop hang thang", "hop dinh ky"),
        *("hop clb", "hop cau lac bo"),
    ],
    columns={
        "date": [*_DATE, "Ngày sinh hoạt", "Ngày họp"],
        "minutes": ["Số biên bản", "Biên bản", "Biên bản số", "Số BB"],
        "attendance": [
            "Số người dự",
            "Số người tham dự",
            "Người dự",
            "Số thành viên dự",
            "Số hội viên dự",
            "Có mặt",
            "Số người có mặt",
        ],
        "attended": ["Danh sách người dự", "Danh sách dự", "Họ tên người dự", "Những người dự"],
        "note": [*_NOTE, "Nội dung", "Nội dung sinh hoạt"],
    },
    needed=[["date", "attendance"], ["date", "attended"]],
    telling=["minutes"],
)

KINDS = [
    *(CLUB, VOLUNTEERS, MEMBERS, CAPITAL, LOANS, REPAYMENTS, OPERATING, COUNTS),
    *(CARE, WORK_DAYS, MEETINGS),
]

KEYS = {
    kind.key: {plain(header): key for key, headers in kind.columns.items() for header in headers}
    for kind in KINDS
}

# Numbering: nothing is lost with them, so nothing is said.
UNSAID = frozenset({"stt", "tt", "so tt", "so thu tu", "no"})
# Sheets for people only: nothing to take, nothing to say.
GUIDES = frozenset({"huong dan", "huong dan nhap", "huong dan ghi so"})
# Sheets that repeat what others hold; taken too, their money would count twice.
SUMMARIES = ["tong hop", "bao cao", "thong ke", "bieu do"]
