"""Sentences of accounts: who may log in, and as what."""

from collections.abc import Mapping

from domain.events import Role
from projections.sentences.wording import Wording, wording

_OWN = (Role.SUBJECT, Role.MEMBER, Role.VOLUNTEER)

ACCOUNTS: Mapping[str, Wording] = {
    "accounts.AccountOpened": wording(
        ("Mở tài khoản", "Account opened"),
        ("Mở tài khoản cho {person_id}", "An account was opened for {person_id}"),
        (_OWN, ("Được mở tài khoản", "Was given an account")),
    ),
    "accounts.RoleProposed": wording(
        ("Đề nghị giao vai trò", "Role proposed"),
        ("{proposed_by} đề nghị giao vai trò {role} cho {person_id}", "{proposed_by} proposed {person_id} as {role}"),
        (_OWN, ("Được đề nghị giao vai trò {role}", "Was proposed as {role}")),
    ),
    "accounts.RoleGranted": wording(
        ("Giao vai trò", "Role granted"),
        ("Giao vai trò {role} cho {person_id}[, {proposed_by} đề nghị][, {approved_by} duyệt]", "{person_id} was made {role}[, proposed by {proposed_by}][, approved by {approved_by}]"),
        (_OWN, ("Được giao vai trò {role}", "Was made {role}")),
    ),
    "accounts.RoleDeclined": wording(
        ("Không giao vai trò", "Role declined"),
        ("{declined_by} không đồng ý giao vai trò cho {person_id}", "{declined_by} declined a role for {person_id}"),
        (_OWN, ("Không được giao vai trò đã đề nghị", "Was not given the role proposed")),
    ),
    "accounts.RoleWithdrawn": wording(
        ("Thôi vai trò", "Role withdrawn"),
        ("{person_id} thôi vai trò {role}", "{person_id} is no longer {role}"),
        (_OWN, ("Thôi vai trò {role}", "Is no longer {role}")),
    ),
    "accounts.AccountDisabled": wording(
        ("Khóa tài khoản", "Account disabled"),
        ("Khóa tài khoản của {person_id}", "The account of {person_id} was disabled"),
        (_OWN, ("Bị khóa tài khoản", "Had the account disabled")),
    ),
    "accounts.AccountEnabled": wording(
        ("Mở lại tài khoản", "Account enabled"),
        ("Mở lại tài khoản của {person_id}", "The account of {person_id} was enabled again"),
        (_OWN, ("Được mở lại tài khoản", "Had the account enabled again")),
    ),
    "accounts.ResetCodeGiven": wording(
        ("Cấp mã đặt lại mật khẩu", "Reset code given"),
        ("Cấp cho {person_id} mã đặt lại mật khẩu", "{person_id} was given a code to choose a new password with"),
        (_OWN, ("Được cấp mã đặt lại mật khẩu", "Was given a code to choose a new password with")),
    ),
}  # fmt: skip
