"""A new master key for the same data keys, and the old one destroyed: monthly, so that what was
erased cannot come back from an old backup whose keys the old master key would open.

The new key lies beside the old one until every database has said, each in one transaction, that all
its keys are wrapped with it; only then does it take the old one's place. Whoever opens a database
in between, also after a crash, finds either key where it lies.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import UUID

from store.database import Database
from store.keys import Find, KeyRing, MasterKey, WrongMasterKey, last_epoch


def rewrap(databases: Sequence[Database], path: Path) -> None:
    """All databases whose keys this master key wraps: a forgotten one loses every name.

    Killed at any point and called again, it goes on where it was. Who seals meanwhile waits, and
    goes on with the new key.
    """
    new = MasterKey.make_file(_next(path))
    for database in databases:
        _rewrap(database, path, new)
    _take_place(path)


def _rewrap(database: Database, path: Path, new: MasterKey) -> None:
    old = KeyRing(database, MasterKey.from_file(path), finder(path)).opening_master()
    with database.transaction() as connection:
        connection.execute("SELECT keys.hold_still()")
        last = last_epoch(connection)
        assert last is not None, "an epoch has begun"
        if last[1] == new.commitment:
            return
        rows: list[tuple[UUID, str, bytes]] = connection.execute(
            "SELECT subject, purpose, wrapped FROM keys.data_keys"
        ).fetchall()
        rewrapped = [new.wrap(old.unwrap(wrapped, s, p), s, p) for s, p, wrapped in rows]
        connection.execute(
            "SELECT keys.begin_epoch(%b, %b::uuid[], %b::text[], %b::bytea[])",
            (new.commitment, [s for s, _, _ in rows], [p for _, p, _ in rows], rewrapped),
        )


def finder(path: Path) -> Find:
    return partial(_of_epoch, path)


def _of_epoch(path: Path, committed: bytes) -> MasterKey:
    """The master key that a database names: the file's, or the one that is to follow it."""
    # The follower first: should it take the file's place meanwhile, it is found there.
    for file in (_next(path), path):
        with suppress(FileNotFoundError):
            master = MasterKey.from_file(file)
            if master.commitment == committed:
                return master
    raise WrongMasterKey("this master key does not open the keys of this database")


def _next(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def _take_place(path: Path) -> None:
    with path.open("r+b") as old:
        _next(path).replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        # The name is gone; the bytes too, as far as the disk overwrites in place.
        old.write(b"\0" * os.fstat(old.fileno()).st_size)
        old.flush()
        os.fsync(old.fileno())
