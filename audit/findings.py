"""What a check has to say: a finding points at an event, and says it in the members' language."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["finding", "warning", "info"]
"""A finding breaks an invariant; a warning is a past book's own fault, or what only a
later merge brought to light; an info is no fault."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` and `code` are stable; `message` is for people; `facts` are the figures behind it."""

    check: str
    code: str
    message: str
    level: Level = "finding"
    event_id: str | None = None
    history: str | None = None
    position: int | None = None
    club_id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Report:
    findings: tuple[Finding, ...]
    checked: dict[str, int]
    """How many events or rows each check looked at."""
    head: int
    """The last position of the log that was checked."""

    @property
    def clean(self) -> bool:
        """No invariant is broken; warnings and infos may still stand."""
        return not any(finding.level == "finding" for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        return {
            "clean": self.clean,
            "head": self.head,
            "checked": self.checked,
            "findings": [finding.as_dict() for finding in self.findings],
        }


class Findings:
    """Keeps the first `limit` of each check and level, and counts the rest."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: list[Finding] = []
        self._seen: Counter[tuple[str, Level]] = Counter()

    def add(self, finding: Finding) -> None:
        told = (finding.check, finding.level)
        self._seen[told] += 1
        if self._seen[told] <= self._limit:
            self._kept.append(finding)

    def all(self) -> tuple[Finding, ...]:
        more = [
            Finding(
                check=check,
                code="more",
                message=f"… và {seen - self._limit} mục nữa.",
                level=level,
                facts={"more": seen - self._limit},
            )
            for (check, level), seen in self._seen.items()
            if seen > self._limit
        ]
        return (*self._kept, *more)
