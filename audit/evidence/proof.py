"""Receipts (C2SP tlog-proof v1): one text file that shows an entry stands in a signed log.

The `extra` line is not authenticated by the format. Ours holds the entry itself, which the proof
then authenticates: whoever reads a receipt hashes it and follows the path.
"""

import base64
import re
from dataclasses import dataclass

from audit.evidence.merkle import HASH_BYTES, ProofRefused

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63
_INDEX = re.compile(r"index (0|[1-9]\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TlogProof:
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def text(self) -> str:
        extra = "" if self.extra is None else f"extra {base64.b64encode(self.extra).decode()}\n"
        path = "".join(base64.b64encode(hash).decode() + "\n" for hash in self.hashes)
        return f"{HEADER}\n{extra}index {self.index}\n{path}\n{self.checkpoint}"


def parse_proof(text: str) -> TlogProof:
    """Raises `ProofRefused` for what is no such file; its checkpoint is not looked at."""
    head, blank, checkpoint = text.partition("\n\n")
    first, *lines = head.split("\n")
    if first != HEADER or not blank or not checkpoint:
        raise ProofRefused("this is no tlog-proof")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _decoded(lines.pop(0).removeprefix("extra "))
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None:
        raise ProofRefused("the proof names no index")
    hashes = tuple(_decoded(line) for line in lines)
    if len(hashes) > MOST_HASHES or any(len(hash) != HASH_BYTES for hash in hashes):
        raise ProofRefused("the path holds something that is no hash")
    return TlogProof(int(index[1]), hashes, checkpoint, extra)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ProofRefused("a line is not base64") from error
