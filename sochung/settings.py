"""Settings from the environment: `SOCHUNG_…` and `DATABASE_URL`."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_home() -> Path:
    """The user's data folder; a system state folder when root runs the service."""
    if os.geteuid() == 0:
        return Path("/var/lib/sochung")
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "sochung"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SOCHUNG_", extra="ignore")

    home: Path = Field(default_factory=default_home)
    """Where the embedded server's data and the master key's file live."""
    database_url: Annotated[str | None, Field(validation_alias="DATABASE_URL")] = None
    """A PostgreSQL 15 or newer, as the application's role; without it the embedded server."""
    owner_url: str | None = None
    """The owner's address on that server: for `migrate` alone."""
    database: str = "sochung"
    """Name of the database on the embedded server."""
    master_key: str | None = None
    """The master key itself, in base64; else it is read from its file."""
    master_key_file: Path | None = None

    @property
    def key_file(self) -> Path:
        return self.master_key_file or self.home / "master.key"
