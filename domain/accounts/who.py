"""Who asks, as a permission has to know them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.accounts.roles import Grant


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody logged in: `grants` are those that hold today."""

    person_id: UUID
    account_id: UUID
    grants: tuple[Grant, ...]
    session_id: UUID | None = None
    token_id: UUID | None = None
    token_scopes: frozenset[str] = frozenset()
    """What an API token was made for; of no meaning in a session."""
    fresh_factor_at: datetime | None = None
    """When the one-time code was last given in this session."""
    by_pin: bool = False
    """A turn on somebody else's phone, begun by PIN: for commands, for some minutes."""
