"""Sentences of the care book. Readings and notes stand in them only with a live health consent."""

from collections.abc import Mapping

from domain.events import Role
from projections.sentences.wording import CONCERNED, Wording, wording

_CARED_FOR = (Role.CLIENT, Role.SUBJECT, Role.HELPED)
_WENT = (Role.VOLUNTEER, Role.ACTOR)
_WORKED = (Role.VOLUNTEER, Role.ACTOR, Role.MEMBER, Role.PARTICIPANT, Role.SUBJECT)
_OWN = (Role.SUBJECT, Role.MEMBER, Role.CLIENT, Role.PARTICIPANT)
_VOLUNTEER = (Role.VOLUNTEER, Role.SUBJECT, Role.MEMBER)
_NO_LONGER = (
    "Mục “{withdrawn_topic}” không còn tính[: {reason}][, người duyệt {approved_by}]",
    "The entry “{withdrawn_topic}” no longer counts[: {reason}][, approved by {approved_by}]",
)

CARE: Mapping[str, Wording] = {
    "care.VolunteerEnrolled": wording(
        ("Làm tình nguyện viên", "Volunteer enrolled"),
        ("{person_id} làm tình nguyện viên", "{person_id} became a volunteer"),
        (_VOLUNTEER, ("Nhận làm tình nguyện viên", "Became a volunteer")),
    ),
    "care.VolunteerTrained": wording(
        ("Tập huấn tình nguyện viên", "Volunteer trained"),
        ("{person_id} học xong lớp {course}[, {hours} giờ]", "{person_id} completed the course {course}[, {hours} hours]"),
        (_VOLUNTEER, ("Học xong lớp {course}[, {hours} giờ]", "Completed the course {course}[, {hours} hours]")),
    ),
    "care.VolunteerLeft": wording(
        ("Thôi làm tình nguyện viên", "Volunteer left"),
        ("{person_id} thôi làm tình nguyện viên", "{person_id} stopped being a volunteer"),
        (_VOLUNTEER, ("Thôi làm tình nguyện viên", "Stopped being a volunteer")),
    ),
    "care.ShiftScheduled": wording(
        ("Hẹn ca", "Shift scheduled"),
        ("{person_id} nhận ca {activity} ngày {planned_on}[, từ {start}][ đến {end}]", "{person_id} agreed to a shift of {activity} on {planned_on}[, from {start}][ to {end}]"),
        (_WORKED, ("Nhận ca {activity} ngày {planned_on}[, từ {start}][ đến {end}][, cho {helped}]", "Agreed to a shift of {activity} on {planned_on}[, from {start}][ to {end}][, for {helped}]")),
        (Role.HELPED, ("{person_id} hẹn đến giúp ngày {planned_on}: {activity}", "{person_id} agreed to come and help on {planned_on}: {activity}")),
    ),
    "care.ShiftWorked": wording(
        ("Ca làm", "Shift worked"),
        ("{person_id} làm {time}: {activity}[, cho {helped}]", "{person_id} worked {time}: {activity}[, for {helped}]"),
        (_WORKED, ("Làm {time}: {activity}[, cho {helped}][, {households} hộ được giúp]", "Worked {time}: {activity}[, for {helped}][, {households} households helped]")),
        (Role.HELPED, ("Được {person_id} đến giúp, {time}: {activity}", "Was helped by {person_id}, {time}: {activity}")),
    ),
    "care.ShiftCancelled": wording(
        ("Hủy ca", "Shift cancelled"),
        ("{person_id} hủy một ca đã hẹn", "{person_id} cancelled a shift"),
        (_WORKED, ("Hủy một ca đã hẹn", "Cancelled a shift")),
    ),
    "care.GroupWorkDone": wording(
        ("Việc làm chung", "Group work"),
        ("{people} người cùng làm ({activity}), tất cả {work_days} ngày công", "{people} people worked together ({activity}), {work_days} work-days in all"),
        (Role.HELPED, ("Được {people} người giúp ({activity}), tất cả {work_days} ngày công", "Was helped by {people} people ({activity}), {work_days} work-days in all")),
        (_WORKED, ("Cùng {people} người làm ({activity})", "Worked among {people} people ({activity})")),
    ),
    "care.ClientEnrolled": wording(
        ("Nhận chăm sóc", "Client enrolled"),
        ("{client_id} được nhận chăm sóc tại nhà[, người điều phối {coordinator_id}]", "{client_id} was taken into home care[, coordinator {coordinator_id}]"),
        (_CARED_FOR, ("Được nhận chăm sóc tại nhà[, người điều phối {coordinator_id}][: {reasons}]", "Was taken into home care[, coordinator {coordinator_id}][: {reasons}]")),
    ),
    "care.NeedsAssessed": wording(
        ("Đánh giá nhu cầu", "Needs assessed"),
        ("{client_id} được đánh giá nhu cầu ({instrument})", "{client_id}'s needs were assessed ({instrument})"),
        (_CARED_FOR, ("Được {assessed_by} đánh giá nhu cầu ({instrument})[: {items} điểm]", "Needs were assessed by {assessed_by} ({instrument})[: {items} points]")),
    ),
    "care.CarePlanMade": wording(
        ("Kế hoạch chăm sóc", "Care plan"),
        ("Lập kế hoạch chăm sóc {client_id}: thăm cách nhau nhiều nhất {interval_days} ngày", "A care plan for {client_id} was made: at most {interval_days} days between visits"),
        (_CARED_FOR, ("Có kế hoạch chăm sóc: thăm cách nhau nhiều nhất {interval_days} ngày[; việc: {tasks}][; người thăm: {volunteer_ids}][; xem lại ngày {review_on}]", "A care plan was made: at most {interval_days} days between visits[; tasks: {tasks}][; visitors: {volunteer_ids}][; review on {review_on}]")),
        (Role.VOLUNTEER, ("Được phân công chăm sóc {client_id}", "Was assigned to {client_id}")),
    ),
    "care.VisitMade": wording(
        ("Lượt thăm", "Visit"),
        ("{volunteer_ids} thăm {client_id}, {time}", "{volunteer_ids} visited {client_id}, {time}"),
        (_CARED_FOR, ("Được {volunteer_ids} đến thăm, {time}[: {tasks}][; {vitals}][; {note}][; {urgent}]", "Was visited by {volunteer_ids}, {time}[: {tasks}][; {vitals}][; {note}][; {urgent}]")),
        (_WENT, ("Thăm {client_id}, {time}[: {tasks}]", "Visited {client_id}, {time}[: {tasks}]")),
    ),
    "care.VisitMissed": wording(
        ("Lỡ lượt thăm", "Visit missed"),
        ("Lỡ lượt thăm {client_id}: {cause}", "A visit to {client_id} was missed: {cause}"),
        (_CARED_FOR, ("Lỡ một lượt thăm: {cause}", "A visit was missed: {cause}")),
        (_WENT, ("Lỡ lượt thăm {client_id}: {cause}", "Missed a visit to {client_id}: {cause}")),
    ),
    "care.ReferralOpened": wording(
        ("Chuyển tuyến", "Referral"),
        ("{client_id} được giới thiệu đến {to}", "{client_id} was referred to {to}"),
        (_CARED_FOR, ("Được giới thiệu đến {to}[; {urgent}][: {reason}]", "Was referred to {to}[; {urgent}][: {reason}]")),
    ),
    "care.ReferralClosed": wording(
        ("Kết thúc chuyển tuyến", "Referral closed"),
        ("Kết thúc việc giới thiệu {client_id}", "A referral of {client_id} was closed"),
        (_CARED_FOR, ("Kết thúc một lần giới thiệu[: {outcome}]", "A referral was closed[: {outcome}]")),
    ),
    "care.ClientDischarged": wording(
        ("Thôi chăm sóc", "Client discharged"),
        ("{client_id} thôi nhận chăm sóc: {cause}", "{client_id} left home care: {cause}"),
        (_CARED_FOR, ("Thôi nhận chăm sóc tại nhà: {cause}", "Left home care: {cause}")),
    ),
    "care.VitalsMeasured": wording(
        ("Đo sức khỏe", "Readings"),
        ("{person_id} được đo sức khỏe", "{person_id}'s readings were taken"),
        (_OWN, ("Được đo sức khỏe[: {vitals}]", "Readings were taken[: {vitals}]")),
    ),
    "care.CheckUpRecorded": wording(
        ("Khám sức khỏe", "Check-up"),
        ("{person_id} khám sức khỏe", "{person_id} had a health check-up"),
        (_OWN, ("Khám sức khỏe[: {result}]", "Had a health check-up[: {result}]")),
    ),
    "care.InsuranceRecorded": wording(
        ("Bảo hiểm y tế", "Health insurance"),
        ("{person_id} có bảo hiểm y tế đến {valid_until}", "{person_id} has health insurance until {valid_until}"),
        (_OWN, ("Có bảo hiểm y tế[ từ {valid_from}] đến {valid_until}", "Has health insurance[ from {valid_from}] until {valid_until}")),
    ),
    "care.CorrectionProposed": wording(
        ("Đề nghị sửa", "Correction proposed"),
        ("{proposed_by} đề nghị sửa một mục trong sổ chăm sóc", "{proposed_by} proposed a correction in the care book"),
    ),
    "care.EntryWithdrawn": wording(
        ("Rút mục đã ghi", "Entry withdrawn"),
        _NO_LONGER,
        (CONCERNED, _NO_LONGER),
    ),
}  # fmt: skip
