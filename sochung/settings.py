"""Settings from the environment: `SOCHUNG_…` and `DATABASE_URL`."""

import os
from pathlib import Path
from typing import Annotated

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from desk.attachments import BYTES_MAX
from domain.clubs.requests import Limits


def default_home() -> Path:
    """The user's data folder; a system state folder when root runs the service."""
    if os.geteuid() == 0:
        return Path("/var/lib/sochung")
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "sochung"


class WrongSetting(Exception):
    """A setting that cannot be read as what it is for; the message never repeats its value."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SOCHUNG_", extra="ignore")

    home: Path = Field(default_factory=default_home)
    """Where the embedded server's data and the master key's file live."""
    database_url: Annotated[str | None, Field(validation_alias="DATABASE_URL")] = None
    """A PostgreSQL 15 or newer, as the application's role; without it the embedded server."""
    owner_url: str | None = None
    """On that server, a log-in that is a member of the owner's role: for `migrate` alone."""
    backup_url: str | None = None
    """On that server, `sochung_backup` itself: it reads everything, past row-level security."""
    integrator_url: str | None = None
    """On that server, a log-in that is a member of `sochung_integrator` alone: it fills the Merkle
    log. Without it such a server's log is not signed from here."""
    keys_url: str | None = None
    """Another database of this program, as the application's role, that keeps the data keys, so
    that they have backups of their own; without it they lie beside the log."""
    keys_owner_url: str | None = None
    """The owner's address there: for `migrate` alone."""
    log_key: str | None = None
    """The key that signs heads, for the integrator's process alone; else it is in its file."""
    log_name: str | None = None
    """What the log calls itself in every head; made up at the first start unless given."""
    database: str = "sochung"
    """Name of the database on the embedded server."""
    attachment_bytes: Annotated[int, Field(gt=0, le=50_000_000)] = BYTES_MAX
    """The largest photo or scan that is taken."""
    master_key: str | None = None
    """The master key itself, in base64; else it is read from its file."""
    master_key_file: Path | None = None
    fresh_code_above: Annotated[int | None, Field(ge=0)] = None
    """Đồng above which whoever lets a loan, a payout or a loss stand gives the one-time code of
    their second factor again, at most five minutes before. None: the log-in is enough."""

    oidc_issuer: str | None = None
    """A provider of identities (OpenID Connect) by which people may come in, as it names itself;
    with `oidc_client_id` and `oidc_client_secret_file` (0600), and the extra `oidc` installed."""
    oidc_client_id: str | None = None
    oidc_client_secret_file: Path | None = None

    answer_working_days: Annotated[int, Field(ge=1, le=60)] = 2
    """Within which a request about personal data is decided (Law 91/2025/QH15)."""
    carry_out_days: Annotated[int, Field(ge=1, le=366)] = 15
    """Within which what was granted is carried out."""

    @field_validator(
        "database_url", "owner_url", "backup_url", "integrator_url", "keys_url", "keys_owner_url"
    )
    @classmethod
    def _is_an_address(cls, url: str | None, field: ValidationInfo) -> str | None:
        """An address that nothing could ever be reached under is no outage."""
        try:
            conninfo_to_dict(url or "")
        except ProgrammingError:
            name = str(field.field_name).upper()
            name = name if name == "DATABASE_URL" else f"SOCHUNG_{name}"
            raise WrongSetting(f"{name} không phải địa chỉ PostgreSQL (postgresql://…)") from None
        return url

    @property
    def evidence(self) -> Path:
        """Beside each database: the key that signs its log, and the head it signed last."""
        name = self.database
        if self.database_url is not None:
            name = str(conninfo_to_dict(self.database_url).get("dbname") or "postgres")
        return self.home / "evidence" / name

    @property
    def limits(self) -> Limits:
        return Limits(
            answer_working_days=self.answer_working_days, carry_out_days=self.carry_out_days
        )

    @property
    def erasures(self) -> Path:
        """The list of what was erased, that a restored older backup is made to forget by."""
        return self.evidence / "erasures.jsonl"

    @property
    def key_file(self) -> Path:
        return self.master_key_file or self.home / "master.key"
