"""What may be kept and seen before anybody consented, and after (domain.md section 2)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.values import Purpose


class Seen(StrEnum):
    """When data of a purpose may be seen."""

    ALWAYS = "always"
    UNTIL_WITHDRAWN = "until_withdrawn"
    ONCE_GIVEN = "once_given"


# The calm default. Books that were kept on paper for years come in without one signed consent; to
# hide them all would stop the club, to show them all would break the law.
NAME_IS_SEEN: Final = Seen.ALWAYS
"""Loans and vouchers rest on contract and accounting duty: who owes has a name."""

MAY_BE_SEEN: Final[Mapping[Purpose, Seen]] = {
    # Ethnicity and citizen number; the name has a rule of its own.
    Purpose.IDENTITY: Seen.UNTIL_WITHDRAWN,
    # The member gave their number to be called about meetings.
    Purpose.CONTACT: Seen.UNTIL_WITHDRAWN,
    # The class decides who is lent to first; it is read out at the meeting.
    Purpose.HOUSEHOLD: Seen.UNTIL_WITHDRAWN,
    # Sensitive data by law: sealed and unread until consent is on record.
    Purpose.HEALTH: Seen.ONCE_GIVEN,
    # The club's own words about its own money.
    Purpose.MEMO: Seen.ALWAYS,
}


def may_be_seen(purpose: Purpose, given: bool | None) -> bool:
    """`given` is the person's last word on a purpose: True, False (withdrawn), None (never asked).

    Withdrawing hides what rests on consent; it never erases, and never hides what rests on law.
    """
    match MAY_BE_SEEN[purpose]:
        case Seen.ALWAYS:
            return True
        case Seen.UNTIL_WITHDRAWN:
            return given is not False
        case Seen.ONCE_GIVEN:
            return given is True
