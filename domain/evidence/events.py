"""What happened to the evidence itself: which keys sign, and what auditors drew and found."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.events import Dated, Event
from domain.values import Bare, Code, Day, Hex, Id, Sealed

VerifierKey = Annotated[
    str, Field(pattern=r"^[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,4000}={0,2}$")
]
"""A key to verify signatures with, on one line (C2SP signed-note): nothing secret."""


class SigningKeyMade(Event):
    """The first key of this log: its heads are signed with it from the first on."""

    TOPIC: ClassVar[str] = "evidence.SigningKeyMade"
    key: VerifierKey


class SigningKeyRotated(Event):
    """From here on another key signs; the first head that covers this is signed by both."""

    TOPIC: ClassVar[str] = "evidence.SigningKeyRotated"
    old_key: VerifierKey
    new_key: VerifierKey
    lost: bool = False
    """The old key is gone or was stolen: nobody signs with it any more, not even once."""


class SampleDrawn(Dated):
    """An auditor drew a sample: with this seed anybody draws the same from the same log."""

    TOPIC: ClassVar[str] = "evidence.SampleDrawn"
    sample_id: Id
    auditor_id: Id
    seed: Annotated[str, Bare.PUBLIC, Field(min_length=1, max_length=200)]
    size: int
    """How many events the log had: later ones were not drawn from."""
    root: Hex
    wanted: int
    club_id: Id | None = None
    since: Day | None = None
    until: Day | None = None
    at_least: int | None = None
    drawn_from: int
    """How many payouts there were to draw from."""
    drawn: tuple[Id, ...]
    """The events drawn, in the order of their numbers."""


class FindingNoted(Dated):
    """What an auditor says of one event, held against the paper and the people."""

    TOPIC: ClassVar[str] = "evidence.FindingNoted"
    event_id: Id
    auditor_id: Id
    sample_id: Id | None = None
    result: Literal["agrees", "differs", "not-found"]
    code: Code | None = None
    note: Sealed | None = None


class AccessLogSealed(Event):
    """A day of the access log is over: who looked at what on it stands fixed from here on."""

    TOPIC: ClassVar[str] = "evidence.AccessLogSealed"
    day: Day
    rows: int
    digest: Hex
    """SHA-256 over the day's rows in the order of their numbers (store/readings.py)."""


EvidenceEvent = SigningKeyMade | SigningKeyRotated | SampleDrawn | FindingNoted | AccessLogSealed
