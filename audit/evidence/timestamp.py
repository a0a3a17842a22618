"""Time-stamp tokens (RFC 3161) over a signed head: somebody else says that it was there by then.

The program `openssl` makes the question and verifies the answer. Nothing leaves the machine unless
an authority's address is given; an answer that was fetched elsewhere is as good.
"""

import subprocess
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

MOST_BYTES = 100_000
WAIT_SECONDS = 30.0


class StampRefused(Exception):
    """The token does not say of a head of ours that it was there."""


def question(note: bytes) -> bytes:
    """What an authority is asked: the hash of the note, and its certificate with the answer."""
    return _openssl("-query", "-data", "note", "-sha256", "-cert", note=note)


def asked(url: str, query: bytes) -> bytes:
    """The authority's answer. Raises `StampRefused` and `OSError`."""
    if not url.startswith(("https://", "http://")):
        raise StampRefused("an authority's address begins with https:// or http://")
    kind = {"Content-Type": "application/timestamp-query"}
    with urlopen(Request(url, query, kind), timeout=WAIT_SECONDS) as answer:  # noqa: S310  # nosec B310
        content: bytes = answer.read(MOST_BYTES + 1)
    return content


def verified(token: bytes, notes: Iterable[bytes], authorities: Path) -> bytes:
    """The note that the token is over, its signature traced to one of the trusted certificates.

    Raises `StampRefused`.
    """
    if len(token) > MOST_BYTES:
        raise StampRefused("this is no time-stamp token")
    # Its digest stands in a token as it is; openssl then decides.
    note = next((one for one in notes if sha256(one).digest() in token), None)
    if note is None:
        raise StampRefused("the token is over no head of this log")
    trusted = str(authorities.resolve())
    _openssl(
        *("-verify", "-data", "note", "-in", "token", "-CAfile", trusted), note=note, token=token
    )
    return note


def keep(folder: Path, size: int, note: bytes, token: bytes) -> Path:
    """Beside each other: a token is worth nothing without the head it is over."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / f"{size}.checkpoint").write_bytes(note)
    out = folder / f"{size}.tsr"
    out.write_bytes(token)
    return out


def kept(folder: Path, most: int) -> Iterator[tuple[str, bytes]]:
    """Tokens and their heads up to a size, by name."""
    for file in sorted(folder.glob("*.*")):
        if file.stem.isdecimal() and int(file.stem) <= most:
            yield file.name, file.read_bytes()


def _openssl(*arguments: str, **files: bytes) -> bytes:
    with TemporaryDirectory(prefix="sochung-ts-") as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        try:
            done = subprocess.run(  # noqa: S603
                ["openssl", "ts", *arguments],  # noqa: S607
                cwd=folder, capture_output=True, check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise StampRefused("the program openssl is needed for time stamps") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise StampRefused(said[-1] if said else "openssl refuses the time stamp")
    return done.stdout
