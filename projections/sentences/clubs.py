"""Sentences of people, clubs and associations. What is sealed of a person is named, never told."""

from collections.abc import Mapping

from domain.events import Role
from projections.sentences.wording import CONCERNED, Wording, wording

_OWN = (Role.SUBJECT, Role.MEMBER)
_THERE = (Role.PARTICIPANT, Role.MEMBER, Role.SUBJECT)
_NO_LONGER = (
    "Mục “{withdrawn_topic}” không còn tính[: {reason}][, người duyệt {approved_by}]",
    "The entry “{withdrawn_topic}” no longer counts[: {reason}][, approved by {approved_by}]",
)

CLUBS: Mapping[str, Wording] = {
    "clubs.PersonRegistered": wording(
        ("Ghi vào sổ", "Registered"),
        ("{person_id} được lập hồ sơ trong Sổ Chung", "{person_id} was entered in Sổ Chung"),
        (_OWN, ("Được lập hồ sơ trong Sổ Chung", "Was entered in Sổ Chung")),
    ),
    "clubs.NameCorrected": wording(
        ("Sửa tên", "Name corrected"),
        ("Sửa họ tên thành {person_id}", "The name was corrected to {person_id}"),
        (_OWN, ("Sửa họ tên", "The name was corrected")),
    ),
    "clubs.ContactCorrected": wording(
        ("Sửa liên hệ", "Contact corrected"),
        ("Sửa điện thoại hoặc địa chỉ của {person_id}", "{person_id}'s phone or address was corrected"),
        (_OWN, ("Sửa điện thoại hoặc địa chỉ", "Phone or address was corrected")),
    ),
    "clubs.DetailsCorrected": wording(
        ("Sửa nhân thân", "Details corrected"),
        ("Sửa thông tin nhân thân của {person_id}", "{person_id}'s personal details were corrected"),
        (_OWN, ("Sửa thông tin nhân thân", "Personal details were corrected")),
    ),
    "clubs.HouseholdClassCertified": wording(
        ("Diện hộ", "Household class"),
        ("{person_id} thuộc diện {household_class}[ từ {valid_from}][, danh sách năm {year}]", "{person_id}'s household is {household_class}[ from {valid_from}][, list of {year}]"),
        (_OWN, ("Thuộc diện {household_class}[ từ {valid_from}][, danh sách năm {year}]", "The household is {household_class}[ from {valid_from}][, list of {year}]")),
    ),
    "clubs.HouseholdJoined": wording(
        ("Ghép hộ", "Household"),
        ("{person_id} được ghi vào một hộ", "{person_id} was entered in a household"),
        (_OWN, ("Được ghi vào một hộ", "Was entered in a household")),
    ),
    "clubs.ConsentGiven": wording(
        ("Đồng ý", "Consent given"),
        ("{person_id} đồng ý lưu dữ liệu {purpose} ({evidence})", "{person_id} consented to keeping {purpose} data ({evidence})"),
        (_OWN, ("Đồng ý lưu dữ liệu {purpose} ({evidence})[, người làm chứng {witness_id}][, người đại diện {given_by}]", "Consented to keeping {purpose} data ({evidence})[, witness {witness_id}][, given by {given_by}]")),
    ),
    "clubs.ConsentWithdrawn": wording(
        ("Rút đồng ý", "Consent withdrawn"),
        ("{person_id} rút lại đồng ý về dữ liệu {purpose}", "{person_id} withdrew consent to keeping {purpose} data"),
        (_OWN, ("Rút lại đồng ý về dữ liệu {purpose}", "Withdrew consent to keeping {purpose} data")),
    ),
    "clubs.DataRequested": wording(
        ("Yêu cầu về dữ liệu", "Data request"),
        ("{person_id} yêu cầu {kind}[ dữ liệu {purposes}][, người đại diện {asked_by}]", "{person_id} asked to {kind}[ {purposes} data][, through {asked_by}]"),
        (_OWN, ("Yêu cầu {kind}[ dữ liệu {purposes}][, người đại diện {asked_by}]", "Asked to {kind}[ {purposes} data][, through {asked_by}]")),
    ),
    "clubs.DataRequestDecided": wording(
        ("Quyết định về yêu cầu", "Request decided"),
        ("{decided_by} quyết định yêu cầu về dữ liệu của {person_id}: {granted}, căn cứ: {ground}[; giữ lại {kept}][ đến {kept_until}]", "{decided_by} decided on {person_id}'s data request: {granted}, on the ground of {ground}[; kept: {kept}][ until {kept_until}]"),
        (_OWN, ("{decided_by} quyết định yêu cầu về dữ liệu: {granted}, căn cứ: {ground}[; giữ lại {kept}][ đến {kept_until}]", "{decided_by} decided on the data request: {granted}, on the ground of {ground}[; kept: {kept}][ until {kept_until}]")),
    ),
    "clubs.DataRequestCompleted": wording(
        ("Làm xong yêu cầu", "Request done"),
        ("{completed_by} làm xong yêu cầu về dữ liệu của {person_id}", "{completed_by} carried out {person_id}'s data request"),
        (_OWN, ("{completed_by} làm xong yêu cầu về dữ liệu", "{completed_by} carried out the data request")),
    ),
    "clubs.PersonalDataErased": wording(
        ("Xóa dữ liệu cá nhân", "Personal data erased"),
        ("Đã hủy khóa của dữ liệu {purposes}, căn cứ: {ground}, người quyết định {decided_by}", "The keys of {purposes} data were destroyed, on the ground of {ground}, decided by {decided_by}"),
    ),
    "clubs.PersonDied": wording(
        ("Qua đời", "Died"),
        ("{person_id} qua đời", "{person_id} died"),
        (_OWN, ("Qua đời", "Died")),
    ),
    "clubs.PersonCorrectionProposed": wording(
        ("Đề nghị sửa", "Correction proposed"),
        ("{proposed_by} đề nghị sửa một mục của {person_id}[: {reason}]", "{proposed_by} proposed a correction of an entry of {person_id}[: {reason}]"),
        (_OWN, ("{proposed_by} đề nghị sửa một mục[: {reason}]", "{proposed_by} proposed a correction[: {reason}]")),
    ),
    "clubs.PersonEntryWithdrawn": wording(
        ("Rút mục đã ghi", "Entry withdrawn"),
        _NO_LONGER,
        (CONCERNED, _NO_LONGER),
    ),
    "clubs.MergeProposed": wording(
        ("Đề nghị gộp hồ sơ", "Merge proposed"),
        ("{proposed_by} đề nghị gộp hai hồ sơ của {person_id}", "{proposed_by} proposed to merge two entries of {person_id}"),
        (_OWN, ("{proposed_by} đề nghị gộp hai hồ sơ làm một", "{proposed_by} proposed to merge two entries into one")),
    ),
    "clubs.PersonsMerged": wording(
        ("Gộp hồ sơ", "Entries merged"),
        ("Gộp hai hồ sơ của {person_id}, người duyệt {approved_by}", "Two entries of {person_id} were merged, approved by {approved_by}"),
        (_OWN, ("Gộp hai hồ sơ làm một, người duyệt {approved_by}", "Two entries were merged into one, approved by {approved_by}")),
    ),
    "clubs.MergedInto": wording(
        ("Chuyển sang hồ sơ khác", "Merged into another entry"),
        ("Hồ sơ được gộp vào hồ sơ của {into_id}", "The entry was merged into that of {into_id}"),
        (_OWN, ("Hồ sơ trùng đã gộp vào hồ sơ này", "The double entry was merged into this one")),
    ),
    "clubs.PersonWithdrawn": wording(
        ("Rút hồ sơ", "Registration withdrawn"),
        ("Rút lại hồ sơ ghi nhầm", "A mistaken registration was taken back"),
    ),
    "clubs.ClubFounded": wording(
        ("Thành lập", "Founded"),
        ("Thành lập {name}[, thôn {village}][, {commune}][, {province}]", "{name} was founded[, village {village}][, {commune}][, {province}]"),
    ),
    "clubs.RegulationAdopted": wording(
        ("Quy chế", "Regulation"),
        ("Thông qua quy chế, hiệu lực từ {effective_from}", "Adopted a regulation, in force from {effective_from}"),
    ),
    "clubs.BoardElected": wording(
        ("Bầu Ban Chủ nhiệm", "Board elected"),
        ("Bầu Ban Chủ nhiệm", "The board was elected"),
        ((Role.OFFICER, *_OWN), ("Được bầu vào Ban Chủ nhiệm[: {mine_office}]", "Was elected to the board[: {mine_office}]")),
    ),
    "clubs.StandInNamed": wording(
        ("Tạm giữ chức", "Stand-in named"),
        ("{person_id} tạm giữ chức {office} đến {until}", "{person_id} stands in as {office} until {until}"),
        ((Role.OFFICER, *_OWN), ("Tạm giữ chức {office} đến {until}", "Stands in as {office} until {until}")),
    ),
    "clubs.OfficeHandedOver": wording(
        ("Bàn giao", "Office handed over"),
        ("{outgoing_id} bàn giao việc {office} cho {incoming_id}, người chứng kiến {witness_id}", "{outgoing_id} handed over as {office} to {incoming_id}, witness {witness_id}"),
    ),
    "clubs.CommuneReassigned": wording(
        ("Đổi đơn vị hành chính", "Commune reassigned"),
        ("Câu lạc bộ thuộc {commune}, {province}", "The club belongs to {commune}, {province}"),
    ),
    "clubs.ClubSuspended": wording(
        ("Tạm ngừng", "Suspended"),
        ("Câu lạc bộ tạm ngừng[, quyết định {decision}]", "The club was suspended[, decision {decision}]"),
    ),
    "clubs.ClubResumed": wording(
        ("Hoạt động lại", "Resumed"),
        ("Câu lạc bộ hoạt động lại[, quyết định {decision}]", "The club resumed[, decision {decision}]"),
    ),
    "clubs.ClubDissolved": wording(
        ("Giải thể", "Dissolved"),
        ("Câu lạc bộ giải thể, quyết định {decision}", "The club was dissolved, decision {decision}"),
    ),
    "clubs.MemberJoined": wording(
        ("Vào câu lạc bộ", "Joined"),
        ("{person_id} vào {club_id}", "{person_id} joined {club_id}"),
        (_OWN, ("Vào {club_id}", "Joined {club_id}")),
    ),
    "clubs.MemberLeft": wording(
        ("Ra khỏi câu lạc bộ", "Left"),
        ("{person_id} ra khỏi {club_id}: {cause}[ sang {to_club_id}]", "{person_id} left {club_id}: {cause}[ to {to_club_id}]"),
        (_OWN, ("Ra khỏi {club_id}: {cause}[ sang {to_club_id}]", "Left {club_id}: {cause}[ to {to_club_id}]")),
    ),
    "clubs.MembershipWithdrawn": wording(
        ("Rút tư cách thành viên", "Membership withdrawn"),
        ("Rút lại tư cách thành viên ghi nhầm", "A mistaken membership was taken back"),
    ),
    "clubs.MeetingHeld": wording(
        ("Sinh hoạt", "Meeting"),
        ("Họp câu lạc bộ, {head_count} người dự[, biên bản {minutes}]", "The club met, {head_count} attending[, minutes {minutes}]"),
        (_THERE, ("Dự sinh hoạt câu lạc bộ[, biên bản {minutes}]", "Attended the club's meeting[, minutes {minutes}]")),
    ),
    "clubs.MeetingPostponed": wording(
        ("Hoãn họp", "Meeting postponed"),
        ("Buổi họp ngày {planned_on} hoãn đến {to_on}", "The meeting of {planned_on} was postponed to {to_on}"),
    ),
    "clubs.ActivityHeld": wording(
        ("Hoạt động", "Activity"),
        ("Hoạt động {kind}[: {title}][, {head_count} người tham gia]", "Activity, {kind}[: {title}][, {head_count} taking part]"),
        (_THERE, ("Tham gia hoạt động {kind}[: {title}]", "Took part in an activity, {kind}[: {title}]")),
    ),
    "clubs.SupportGiven": wording(
        ("Giúp đỡ", "Support"),
        ("{kind} cho {person_id}[, trị giá {value}]", "{kind} for {person_id}[, worth {value}]"),
        ((Role.SUBJECT, Role.HELPED, Role.MEMBER, Role.CLIENT), ("Được câu lạc bộ quan tâm: {kind}[, trị giá {value}][, người đến {given_by}]", "Received from the club: {kind}[, worth {value}][, brought by {given_by}]")),
        ((Role.VOLUNTEER, Role.ACTOR, Role.PARTICIPANT, Role.OFFICER), ("Thay mặt câu lạc bộ: {kind} cho {person_id}[, trị giá {value}]", "In the club's name: {kind} for {person_id}[, worth {value}]")),
    ),
    "clubs.CorrectionProposed": wording(
        ("Đề nghị sửa", "Correction proposed"),
        ("{proposed_by} đề nghị sửa một mục[: {reason}]", "{proposed_by} proposed a correction[: {reason}]"),
    ),
    "clubs.EntryWithdrawn": wording(
        ("Rút mục đã ghi", "Entry withdrawn"),
        _NO_LONGER,
        (CONCERNED, _NO_LONGER),
    ),
    "clubs.ClubWithdrawn": wording(
        ("Rút câu lạc bộ", "Club withdrawn"),
        ("Rút lại câu lạc bộ ghi nhầm", "A mistaken club was taken back"),
    ),
    "clubs.AssociationRegistered": wording(
        ("Ghi nhận Hội", "Association registered"),
        ("Ghi nhận {name}, {province}", "{name}, {province}, was registered"),
    ),
    "clubs.TrainingHeld": wording(
        ("Tập huấn", "Training"),
        ("Tập huấn {days} ngày[: {title}], {delegates} đại biểu", "Training of {days} day(s)[: {title}], {delegates} delegates"),
        (_THERE, ("Dự tập huấn {days} ngày[: {title}]", "Attended a training of {days} day(s)[: {title}]")),
    ),
    "clubs.MediaItemPublished": wording(
        ("Tin bài", "Media item"),
        ("Đăng {kind} trên {outlet}[: {title}]", "Published ({kind}) in {outlet}[: {title}]"),
    ),
    "clubs.PlanAdopted": wording(
        ("Kế hoạch", "Plan"),
        ("Thông qua kế hoạch năm {year}[, quyết định {decision}]", "Adopted the plan for {year}[, decision {decision}]"),
    ),
    "clubs.PaperFiguresEntered": wording(
        ("Số liệu giấy", "Paper figures"),
        ("Ghi số liệu giấy của {club} từ {first_on} đến {last_on}[, người ký {signatory}]", "Entered the paper figures of {club} from {first_on} to {last_on}[, signed by {signatory}]"),
    ),
    "clubs.ReportSubmitted": wording(
        ("Nộp báo cáo", "Report submitted"),
        ("{submitted_by} nộp báo cáo từ {first_on} đến {last_on}", "{submitted_by} handed in the report from {first_on} to {last_on}"),
    ),
    "clubs.ReportReturned": wording(
        ("Trả báo cáo", "Report returned"),
        ("{returned_by} trả lại báo cáo[: {remarks}]", "{returned_by} returned the report[: {remarks}]"),
    ),
    "clubs.ReportAccepted": wording(
        ("Duyệt báo cáo", "Report accepted"),
        ("{accepted_by} duyệt báo cáo", "{accepted_by} accepted the report"),
    ),
    "clubs.ReportLocked": wording(
        ("Chốt báo cáo", "Report locked"),
        ("{locked_by} chốt báo cáo", "{locked_by} locked the report"),
    ),
    "clubs.AssociationCorrectionProposed": wording(
        ("Đề nghị sửa", "Correction proposed"),
        ("{proposed_by} đề nghị sửa một mục của Hội[: {reason}]", "{proposed_by} proposed a correction of the Association's[: {reason}]"),
    ),
    "clubs.AssociationEntryWithdrawn": wording(
        ("Rút mục đã ghi", "Entry withdrawn"),
        ("Mục “{withdrawn_topic}” của Hội không còn tính[: {reason}]", "The Association's entry “{withdrawn_topic}” no longer counts[: {reason}]"),
    ),
}  # fmt: skip
