"""Sentences of the evidence: which keys sign, and what auditors drew and found."""

from collections.abc import Mapping

from projections.sentences.wording import Wording, wording

EVIDENCE: Mapping[str, Wording] = {
    "evidence.SigningKeyMade": wording(
        ("Tạo khóa ký", "Signing key made"),
        ("Tạo khóa ký đầu tiên của nhật ký", "The log's first signing key was made"),
    ),
    "evidence.SigningKeyRotated": wording(
        ("Đổi khóa ký", "Signing key rotated"),
        ("Nhật ký ký bằng khóa mới từ đây", "The log is signed with another key from here on"),
    ),
    "evidence.SampleDrawn": wording(
        ("Rút mẫu kiểm toán", "Sample drawn"),
        ("{auditor_id} rút mẫu {wanted} khoản giải ngân trong {drawn_from}", "{auditor_id} drew a sample of {wanted} payouts out of {drawn_from}"),
    ),
    "evidence.FindingNoted": wording(
        ("Ghi nhận kiểm toán", "Auditor's note"),
        ("{auditor_id} đối chiếu một sự kiện: {result}", "{auditor_id} held an event against the paper: {result}"),
    ),
    "evidence.AccessLogSealed": wording(
        ("Niêm phong nhật ký truy cập", "Access log sealed"),
        ("Nhật ký truy cập ngày {day} đã niêm phong: {rows} dòng", "The access log of {day} was sealed: {rows} rows"),
    ),
}  # fmt: skip
