"""How a sentence is written down: `{field}` stands for a field of the event as people read it, and
`[…]` is left out whole when a field in it is missing, empty or nought.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.events import Role

Both = tuple[str, str]
"""Vietnamese, English."""


@dataclass(frozen=True)
class Wording:
    """`name` is what the event is called; `text` tells it to anybody; `own` to whom it is about.

    A role without its own words is told `text`, and what the person was in it.
    """

    name: Both
    text: Both
    own: Mapping[Role, Both] = field(default_factory=dict)


def wording(name: Both, text: Both, *own: tuple[Role | tuple[Role, ...], Both]) -> Wording:
    said: dict[Role, Both] = {}
    for roles, words in own:
        said |= dict.fromkeys(roles if isinstance(roles, tuple) else (roles,), words)
    return Wording(name, text, said)


ROLES: Mapping[Role, Both] = {
    Role.MEMBER: ("thành viên", "member"),
    Role.BORROWER: ("người vay", "borrower"),
    Role.GUARANTOR: ("người bảo lãnh", "guarantor"),
    Role.PROPOSER: ("người đề nghị", "proposer"),
    Role.APPRAISER: ("người thẩm định", "appraiser"),
    Role.APPROVER: ("người duyệt", "approver"),
    Role.PAYER: ("người chi tiền", "payer"),
    Role.RECEIVER: ("người nhận tiền", "receiver"),
    Role.SIGNATORY: ("người ký", "signatory"),
    Role.OFFICER: ("cán bộ", "officer"),
    Role.SUBJECT: ("người được nêu", "person concerned"),
    Role.CLIENT: ("người được chăm sóc", "care client"),
    Role.VOLUNTEER: ("tình nguyện viên", "volunteer"),
    Role.HELPED: ("người được giúp", "person helped"),
    Role.PARTICIPANT: ("người tham gia", "participant"),
    Role.COORDINATOR: ("người điều phối", "coordinator"),
    Role.ACTOR: ("người thực hiện", "person acting"),
}

CONCERNED = tuple(role for role in Role if role not in (Role.PROPOSER, Role.APPROVER, Role.ACTOR))
"""Whom an event is about: of a correction these are told without what they were in it."""
