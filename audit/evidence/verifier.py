#!/usr/bin/env python3
"""Kiểm chứng gói bằng chứng của Sổ Chung, không cần mạng, không cần tin ai.
Verifies an evidence bundle of Sổ Chung, offline and without trusting anybody.

    python3 verify.py BUNDLE.zip --key VKEY [--previous CHECKPOINT|BUNDLE.zip] [--json] [--lang en]
        [--paper "SIZE FINGERPRINT"]
    python3 verify.py RECEIPT    --key VKEY

One file, Python 3.9 or newer, standard library only; the signature is checked by the package
`cryptography` where it is there, else by the program `openssl` (1.1.1 or newer). Take VKEY from
paper or from somebody you trust, never from the bundle. Exit 0: every claim holds; 1: findings;
2: wrong usage. It shares no code with the service: it recomputes on a path of its own.
"""

from __future__ import annotations

import argparse
import base64
import bisect
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import uuid
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WIDTH = 256
FORMAT = "sochung-bundle/1"
PHOTOS = "photos/"
MOST_MEMBER_BYTES, MOST_LINE_BYTES = 256 << 20, 4_096
FINDINGS_SHOWN = 50
HANDS_FROM = 20_000  # entries: below, a second process costs more than it saves

# --- words ------------------------------------------------------------------------------------

CLAIMS = {
    "signature": ("Đầu nhật ký do đúng khóa ký", "The head is signed by the key you named"),
    "entries": ("Mọi mục băm lại ra đúng gốc đã ký", "Every entry rehashed gives the signed root"),
    "previous": ("Nối tiếp đầu nhật ký bạn đã giữ", "It continues the head you kept"),
    "order": (
        "Vị trí, phiên bản, thời điểm liên tục",
        "Positions, versions and clock are unbroken",
    ),
    "payloads": ("Nội dung đúng như đã ký", "Contents are what was signed"),
    "ledger": ("Bút toán cân, phương trình quỹ đúng", "Entries balance, the fund equation holds"),
    "vouchers": ("Số phiếu liên tục", "Voucher numbers have no gap and no double"),
    "photos": (
        "Ảnh giấy tờ đúng như đã băm",
        "Photos of papers are those that were recorded",
    ),
    "exports": (
        "Sổ cái xuất ra đúng như tính lại",
        "The exported ledger equals the recomputed one",
    ),
}
STATES = {
    "pass": ("ĐẠT", "PASS"), "fail": ("KHÔNG ĐẠT", "FAIL"),
    "unchecked": ("chưa soát", "not checked"),
}  # fmt: skip
SAYS = {
    "signature": ("Chữ ký không đúng: {why}.", "The signature is wrong: {why}."),
    "root": (
        "Gốc tính lại khác gốc đã ký. Chỗ sai đầu tiên nằm trong các vị trí {first}–{last}.",
        "The root recomputed is not the signed one. The first bad place lies in positions {first}–{last}.",
    ),
    "entry-hash": (
        "Mục này không băm ra lá đã ghi trong cây.",
        "This entry does not hash to its leaf in the tree.",
    ),
    "entry-missing": ("Gói thiếu mục này.", "The bundle lacks this entry."),
    "entry-shape": ("Mục không đọc được.", "The entry cannot be read."),
    "tile-missing": ("Gói thiếu mảnh cây {path}.", "The bundle lacks the tile {path}."),
    "tile-hash": (
        "Mảnh cây {path} không khớp tầng trên.",
        "The tile {path} does not fit the level above.",
    ),
    "previous-shorter": (
        "Nhật ký ngắn hơn đầu bạn đã giữ: mất các vị trí {first}–{last}.",
        "The log is shorter than the head you kept: positions {first}–{last} are gone.",
    ),
    "previous-differs": (
        "Nhật ký không nối tiếp đầu bạn đã giữ. Chỗ sai đầu tiên nằm trong các vị trí {first}–{last}.",
        "The log does not continue the head you kept. The first bad place lies in positions {first}–{last}.",
    ),
    "previous-other-log": ("Đầu bạn giữ là của nhật ký khác.", "The head you kept is another log's."),
    "previous-tile": (
        "Gói một câu lạc bộ này không có mảnh cây cần để so; hãy xin gói làm với --previous.",
        "This one-club bundle lacks the tile needed to compare; ask for one made with --previous.",
    ),
    "paper-differs": (
        "Vân tay của {size} sự kiện đầu là {found}, không phải {printed} như trên giấy.",
        "The fingerprint of the first {size} events is {found}, not {printed} as on the paper.",
    ),
    "leaf-changed": (
        "Mục này khác mục ở cùng vị trí trong gói bạn đã giữ.",
        "This entry differs from the one at its place in the bundle you kept.",
    ),
    "position": ("Mục ghi vị trí {found}, phải là {wanted}.", "The entry says position {found}, not {wanted}."),
    "version": (
        "Phiên bản {found} của hồ sơ không nối tiếp phiên bản {last}.",
        "Version {found} of the history does not follow version {last}.",
    ),
    "clock": ("Thời điểm ghi sổ lùi lại.", "The time of recording runs backwards."),
    "inner-hash": ("Bì thư trong không đúng như đã ký.", "The inner envelope is not what was signed."),
    "payload-hash": ("Nội dung đã bị thay đổi.", "The content was changed."),
    "payload-missing": ("Gói không có nội dung của bút toán này.", "The bundle lacks this entry's content."),
    "payload-shape": ("Nội dung không đọc được.", "The content cannot be read."),
    "lines": ("Bút toán không cân: quỹ {fund} lệch {difference} đồng.", "The entry does not balance: fund {fund} is off by {difference} đồng."),
    "account": ("Không có tài khoản hoặc quỹ “{account}”.", "There is no account or fund “{account}”."),
    "amount": ("Số tiền {amount} khác số tiền trong các dòng.", "The amount {amount} is not that of the lines."),
    "equation": ("Phương trình quỹ lệch {difference} đồng ({fund}).", "The fund equation is off by {difference} đồng ({fund})."),
    "book": ("Sổ không thuộc câu lạc bộ được ghi.", "The book does not belong to the club named."),
    "voucher-gap": ("Số phiếu {label} không nối tiếp số {last}.", "Voucher {label} does not follow number {last}."),
    "voucher-double": ("Số phiếu {label} dùng hai lần.", "Voucher {label} is used twice."),
    "photo-changed": ("Tệp {file} không phải tệp đã ghi.", "The file {file} is not the one recorded."),
    "photo-missing": ("Gói thiếu ảnh đã ghi.", "The bundle lacks a photo that was recorded."),
    "photo-unknown": ("Không sự kiện nào nói đến tệp {file}.", "No event speaks of the file {file}."),
    "export-missing": ("Gói thiếu tệp {file}.", "The bundle lacks the file {file}."),
    "export-unknown": ("Tệp {file} không soát được.", "The file {file} is none that can be checked."),
    "export-line": ("Dòng {line} của {file} khác sổ tính lại.", "Line {line} of {file} differs from the recomputed ledger."),
    "export-balance": ("{file}: số dư {at} khác số tính lại ({amount}).", "{file}: the balance of {at} is not the recomputed {amount}."),
}  # fmt: skip

LEDGER = b"position,line,occurred_on,account,fund,amount,loan_id,member_id,voucher\n"
BALANCES = b"fund,account,amount\n"

# --- hashing, notes, proofs -------------------------------------------------------------------


class Refused(Exception):
    """A file is not what it claims to be."""


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """RFC 6962: the root over leaf hashes, or over complete subtrees of one size."""
    if not hashes:
        return sha256(b"")
    level = list(hashes)
    while len(level) > 1:
        pairs = [sha256(b"\1" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def b64(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused("base64") from error
    if base64.b64encode(found).decode() != text:
        raise Refused("base64")
    return found


@dataclass(frozen=True)
class Key:
    """A verifier key on one line: name+id+base64 (C2SP signed-note)."""

    name: str
    id: bytes
    public: bytes

    @staticmethod
    def parse(line: str) -> Key:
        parts = line.split("+", 2)
        if len(parts) != 3 or not re.fullmatch(r"[^\s+]+", parts[0]):
            raise Refused("verifier key")
        material = b64(parts[2])
        id = sha256(parts[0].encode() + b"\n" + material)[:4]
        if len(material) != 33 or material[0] != 1 or parts[1] != id.hex():
            raise Refused("verifier key")
        return Key(parts[0], id, material[1:])

    def signed(self, text: bytes, signature: bytes) -> bool:
        try:
            from cryptography.exceptions import InvalidSignature
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        except ImportError:
            return signed_by_openssl(self.public, text, signature)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


def signed_by_openssl(public: bytes, text: bytes, signature: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        files = {"key": bytes.fromhex("302a300506032b6570032100") + public}
        files.update(text=text, signature=signature)
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-keyform", "DER"]
        command += ["-rawin", "-in", "text", "-sigfile", "signature"]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
        except FileNotFoundError as error:
            raise Refused("neither the package cryptography nor the program openssl") from error
    return done.returncode == 0


def open_note(note: bytes, keys: Iterable[Key]) -> tuple[str, list[str]]:
    """The text, and the names of the given keys that signed it: at least one, or `Refused`."""
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise Refused("UTF-8") from error
    text, blank, block = whole.rpartition("\n\n")
    lines = block[:-1].split("\n")
    odd = any(ord(c) < 32 and c != "\n" for c in whole)
    if not blank or not block.endswith("\n") or odd or len(lines) > 100:
        raise Refused("note")
    text += "\n"
    trusted = {(key.name, key.id): key for key in keys}
    names: list[str] = []
    for line in lines:
        found = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        material = b64(found[2]) if found else b""
        if found is None or len(material) < 5:
            raise Refused("note")
        key = trusted.pop((found[1], material[:4]), None)
        if key is not None:
            if not key.signed(text.encode(), material[4:]):
                raise Refused(f"signature of {key.name}")
            names.append(key.name)
    if not names:
        raise Refused("no signature by the key given")
    return text, names


def parse_head(text: str) -> tuple[str, int, bytes]:
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
        raise Refused("checkpoint")
    found = b64(lines[2])
    if len(found) != 32:
        raise Refused("checkpoint")
    return lines[0], int(lines[1]), found


def open_checkpoint(note: bytes, keys: Iterable[Key]) -> tuple[str, int, bytes]:
    """Origin, size and root of a head that a given key signed under the log's own name."""
    text, names = open_note(note, keys)
    head = parse_head(text)
    if head[0] not in names:
        raise Refused("signed by another log")
    return head


def included(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root an audit path leads to (RFC 9162, section 2.1.3.2)."""
    at, last, found = index, size - 1, leaf
    if not 0 <= index < size:
        raise Refused("index")
    for piece in path:
        if last == 0 or len(piece) != 32:
            raise Refused("path")
        if at & 1 or at == last:
            found = sha256(b"\1" + piece + found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = sha256(b"\1" + found + piece)
        at, last = at >> 1, last >> 1
    if last:
        raise Refused("path")
    return found


# --- the bundle -------------------------------------------------------------------------------


def number(n: int) -> str:
    digits = str(n).zfill(-(-len(str(n)) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join(["x" + group for group in groups[:-1]] + groups[-1:])


class Bundle:
    """A ZIP from somebody one does not trust: members are read one by one, none beyond a limit."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.zip = zipfile.ZipFile(path)
        members = self.zip.infolist()
        self.names = {info.filename: info for info in members}
        if len(self.names) != len(members):
            raise Refused("a name stands twice in the bundle: programs differ in which they show")

    def read(self, name: str) -> bytes | None:
        info = self.names.get(name)
        if info is None:
            return None
        if info.file_size > MOST_MEMBER_BYTES:
            raise Refused(f"{name} is too large")
        try:
            return self.zip.read(info)
        # Another size than stated, a password, a method nobody knows, a stream cut off.
        except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError) as error:
            raise Refused(f"{name} cannot be read: {error}") from error

    def lines(self, name: str) -> Iterator[bytes]:
        """As they stand, so that what is compared is what any program would show."""
        with self.zip.open(self.names[name]) as file:
            yield from iter(lambda: file.readline(MOST_LINE_BYTES), b"")

    def records(self, folder: str, n: int, width: int, head: int) -> list[bytes]:
        """Up to 256 records behind their lengths of `head` bytes; an empty one is withheld."""
        data = self.read(f"{folder}/{number(n)}" + ("" if width == WIDTH else f".p/{width}"))
        if data is None:
            return []
        found, at = [], 0
        end = len(data)
        while at < end:
            size = int.from_bytes(data[at : at + head], "big")
            at += head + size
            if at > end:
                raise Refused(f"{folder}/{number(n)}")
            found.append(data[at - size : at])
        return found

    def tile(self, level: int, n: int, width: int) -> bytes | None:
        name = f"tile/{level}/{number(n)}" + ("" if width == WIDTH else f".p/{width}")
        data = self.read(name)
        if data is not None and len(data) != width * 32:
            raise Refused(name)
        return data


# --- one stretch of the log, checked by itself ---------------------------------------------------

OPEN = re.compile(
    r'\{"actor":"([^"\\]*)","at":"([^"\\]*)"(?:,"club":"([^"\\]*)")?,"event":"([^"\\]*)",'
    r'"nid":([1-9][0-9]*),"payload":"([0-9a-f]{64})","stream":"([^"\\]*)","type":"([^"\\]*)",'
    r'"v":1,"version":([1-9][0-9]*)\}'
)
LEFT = frozenset("111 112 1283 1368 1381 141".split())
RIGHT = frozenset("3368 3381 3388 4181 4182 4183 515 642 811".split()) | {
    str(source) for source in range(4111, 4119)
}
FUNDS = frozenset(("loan", "operating", "care", "reserve"))
NUMBERED = re.compile(r"(P[TC]-\d{4}(?:-[VHCR])?)-(\d{1,6})", re.ASCII)
parsed = json.JSONDecoder().decode
ROTATED = "evidence.SigningKeyRotated"
ERASED = re.compile(r"(Erased|Redacted)$")


@dataclass
class Finding:
    claim: str
    code: str
    position: int | None = None
    event: str | None = None
    history: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def say(self, lang: int) -> str:
        where = [f"{word} {value}" for word, value in (
            (("vị trí", "position")[lang], self.position),
            (("sự kiện", "event")[lang], self.event),
            (("hồ sơ", "history")[lang], self.history),
        ) if value is not None]  # fmt: skip
        facts = {name: plain(str(value)) for name, value in self.facts.items()}
        said = SAYS[self.code][lang].format(**facts)
        return plain(said + (f" [{', '.join(where)}]" if where else ""))


@dataclass
class Stretch:
    """What one stretch of tiles has to say; small, because it may come from another process."""

    tiles: list[tuple[int, bytes]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    histories: dict[str, list[Any]] = field(default_factory=dict)  # first, last version, indexes
    gaps: list[tuple[str, int, int, int, int]] = field(default_factory=list)
    private: list[int] = field(default_factory=list)
    books: set[str] = field(default_factory=set)
    clock: list[Any] | None = None  # first, last instant, first index
    balances: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    ledger: dict[str, tuple[int, bytes, int]] = field(default_factory=dict)
    vouchers: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    erased: list[dict[str, Any]] = field(default_factory=list)
    rotated: list[tuple[int, str, str]] = field(default_factory=list)  # index, old, new
    photos: list[tuple[Any, ...]] = field(default_factory=list)  # index, event, history, at, hashes

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + by


class Reader:
    """Walks the tiles `[first, end)` of level 0 of a log of `size` entries."""

    def __init__(self, bundle: Bundle, size: int) -> None:
        self.bundle, self.size, self.out = bundle, size, Stretch()
        self.books: set[tuple[str, str]] = set()
        self.digests: dict[str, Any] = {}
        self.rendered: dict[str, list[str]] = {}

    def walk(self, first: int, end: int, keep_lines: bool = False) -> Stretch:
        for n in range(first, end):
            self.tile(n, min(WIDTH, self.size - n * WIDTH))
            if not keep_lines:
                self.digest_lines()
        for club, (digest, lines) in self.digests.items():
            self.out.ledger[club] = (lines, digest.digest(), first)
        return self.out

    def digest_lines(self) -> None:
        for club, lines in self.rendered.items():
            digest, count = self.digests.get(club) or (hashlib.sha256(), 0)
            digest.update("".join(lines).encode())
            self.digests[club] = digest, count + len(lines)
        self.rendered = {}

    def tile(self, n: int, width: int) -> None:
        bundle, out = self.bundle, self.out
        entries = bundle.records("tile/entries", n, width, 2)
        stored = bundle.tile(0, n, width)
        if stored is None:
            if entries:
                self.find("entries", "tile-missing", n * WIDTH, path=f"tile/0/{number(n)}")
            return
        leaves = [stored[i : i + 32] for i in range(0, len(stored), 32)]
        out.tiles.append((n, root(leaves)))
        if not entries:
            return
        payloads = bundle.records("payloads", n, width, 4)
        inner = bundle.records("inner", n, width, 4)
        if len(entries) > width:
            self.find("entries", "entry-shape", n * WIDTH + width)
        for some in (entries, payloads, inner):
            some += [b""] * (width - len(some))
        index, withheld, digest = n * WIDTH, 0, hashlib.sha256
        for entry, leaf, payload, inside in zip(entries, leaves, payloads, inner):
            if entry:
                if digest(b"\0" + entry).digest() != leaf:
                    self.find("entries", "entry-hash", index, **self.names(entry))
                self.entry(index, entry, payload, inside)
            else:
                withheld += 1
            index += 1
        out.count("withheld", withheld)
        out.count("entries", width - withheld)

    def find(self, claim: str, code: str, index: int, event: str | None = None,
             history: str | None = None, **facts: Any) -> None:  # fmt: skip
        self.out.count("finding:" + claim)
        if self.out.counts["finding:" + claim] <= FINDINGS_SHOWN:
            self.out.findings.append(Finding(claim, code, index + 1, event, history, facts))

    @staticmethod
    def names(entry: bytes) -> dict[str, Any]:
        found = OPEN.fullmatch(entry.decode("utf-8", "replace"))
        return {"event": found[4], "history": found[7]} if found else {}

    def entry(self, index: int, entry: bytes, payload: bytes, inner: bytes) -> None:
        out = self.out
        found = OPEN.fullmatch(entry.decode("utf-8", "replace"))
        if found is None:
            found = self.private(index, entry, inner)
            if found is None:
                return
        _, at, club, event, nid, digest, stream, topic, version = found.groups("")
        self.place(index, int(nid), at, event, stream)
        self.history(index, stream, int(version), event)
        if ERASED.search(topic):
            out.erased.append(
                {"position": index + 1, "event": event, "history": stream, "at": at, "type": topic}
            )
        money = topic.startswith("loans.")
        if money:
            out.books.add(stream)
        if not payload:
            if money:
                self.find("payloads", "payload-missing", index, event, stream)
            out.count("hashes_only")
            return
        out.count("payloads")
        same = hashlib.sha256(payload).hexdigest() == digest
        if not same:
            self.find("payloads", "payload-hash", index, event, stream)
        try:
            body = parsed(payload.decode()) if money or topic == ROTATED else {}
            if "lines" in body:
                self.money(index, body, club, event, stream)
            elif same and topic == ROTATED:
                out.rotated.append((index, body["old_key"], body["new_key"]))
            elif same and topic == "loans.AttachmentAdded":
                said = body["file"]
                hashes = said["sha256"], said["sealed_sha256"]
                out.photos.append((index, event, stream, at, *hashes))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.find("payloads", "payload-shape", index, event, stream)

    def private(self, index: int, entry: bytes, inner: bytes) -> re.Match[str] | None:
        """An entry that shows the hash of its envelope only; the envelope itself with permission."""
        try:
            body = json.loads(entry)
            digest, at, nid = body["inner"], body["at"], body["nid"]
            shape = set(body) == {"at", "inner", "nid", "v"} and body["v"] == 1
            shape = shape and type(at) is str and type(nid) is int
        except (ValueError, KeyError, TypeError):
            shape = False
        if not shape:
            self.find("entries", "entry-shape", index)
            return None
        if not inner:
            self.out.private.append(index)
            self.out.count("private")
            self.place(index, nid, at, None, None)
            return None
        found = OPEN.fullmatch(inner.decode("utf-8", "replace"))
        if hashlib.sha256(inner).hexdigest() != digest or found is None:
            self.find("payloads", "inner-hash", index)
            return None
        return found

    def place(self, index: int, nid: int, at: str, event: str | None, stream: str | None) -> None:
        if nid != index + 1:
            self.find("order", "position", index, event, stream, found=nid, wanted=index + 1)
        clock = self.out.clock
        if clock is None:
            self.out.clock = [at, at, index]
        elif at < clock[1]:
            self.find("order", "clock", index, event, stream)
        else:
            clock[1] = at

    def history(self, index: int, stream: str, version: int, event: str) -> None:
        known = self.out.histories.get(stream)
        if known is None:
            self.out.histories[stream] = [version, version, index, index, event]
            return
        if version != known[1] + 1:
            if version <= known[1]:
                self.find("order", "version", index, event, stream, found=version, last=known[1])
            else:
                self.out.gaps.append((stream, known[3], index, known[1], version))
            version = max(version, known[1])
        known[1], known[3] = version, index

    def money(self, index: int, body: dict[str, Any], club: str, event: str, stream: str) -> None:
        out, on = self.out, body["occurred_on"]
        out.count("money")
        past = isinstance(body.get("origin"), dict) and body["origin"].get("source") == "book"
        if past:
            out.count("imported")
        balances = out.balances.setdefault(club, {})
        rendered = self.rendered.setdefault(club, [])
        if (stream, club) not in self.books:
            self.books.add((stream, club))
            if str(uuid.uuid5(uuid.UUID(club), "book")) != stream:
                self.find("ledger", "book", index, event, stream)
        sums: dict[str, int] = {}
        received = paid = 0
        slips = slips_of(body["lines"], body.get("vouchers", ()))
        for n, (line, slip) in enumerate(zip(body["lines"], slips), 1):
            account, fund, amount = line["account"], line["fund"], line["amount"]
            if (
                type(amount) is not int
                or fund not in FUNDS
                or not (account in LEFT or account in RIGHT)
            ):
                self.find("ledger", "account", index, event, stream, account=f"{fund} {account}")
                continue
            sums[fund] = sums.get(fund, 0) + amount
            balances[fund, account] = balances.get((fund, account), 0) + amount
            if account == "111" or account == "112":
                if amount > 0:
                    received += amount
                else:
                    paid -= amount
            rendered.append(
                f"{index + 1},{n},{on},{account},{fund},{amount},"
                f"{line.get('loan_id') or ''},{line.get('member_id') or ''},{slip}\n"
            )
        for fund, difference in sums.items():
            if difference:
                self.find("ledger", "lines", index, event, stream, fund=fund, difference=difference)
        amount = body.get("amount")
        if amount is not None and (
            max(received, paid) != amount or min(received, paid) not in (0, amount)
        ):
            self.find("ledger", "amount", index, event, stream, amount=amount)
        ops = out.vouchers.setdefault(club, [])
        for label in body.get("vouchers", ()):
            if type(label) is not str:
                raise TypeError("voucher")
            ops.append(
                ("use", label, past, index, event, "voucher-duplicate" in body.get("findings", ()))
            )
        for label in body.get("freed_vouchers", ()):
            ops.append(("free", label, past, index, event, False))


def slips_of(lines: list[dict[str, Any]], vouchers: Sequence[str]) -> list[str]:
    """Which slip each line is on. Of two of different kinds the first pays out and the second takes
    in; else each fund that pays has its own, and then each that receives, in the order of lines."""
    if len(vouchers) < 2:
        return [vouchers[0] if vouchers else ""] * len(lines)
    if len(vouchers) == 2 and vouchers[0][:2] != vouchers[1][:2]:
        first, last = vouchers
        return [last if line["amount"] > 0 else first for line in lines]
    cash = [line for line in lines if line["account"] in ("111", "112")]
    funds = dict.fromkeys((line["amount"] > 0, line["fund"]) for line in cash)
    ordered = [fund for _, fund in sorted(funds, key=lambda at: at[0])]
    by_fund = dict(zip(ordered, vouchers))
    return [by_fund.get(line["fund"], "") for line in lines]


def walk(path: str, size: int, first: int, end: int) -> Stretch:
    return Reader(Bundle(path), size).walk(first, end)


# --- the whole ----------------------------------------------------------------------------------


class Report:
    def __init__(self) -> None:
        self.claims = dict.fromkeys(CLAIMS, "unchecked")
        self.findings: list[Finding] = []
        self.facts: dict[str, Any] = {}
        self.erased: list[dict[str, Any]] = []

    @property
    def good(self) -> bool:
        return "fail" not in self.claims.values() and self.claims["signature"] == "pass"

    def find(self, claim: str, code: str, position: int | None = None, **facts: Any) -> None:
        event, history = facts.pop("event", None), facts.pop("history", None)
        self.findings.append(Finding(claim, code, position, event, history, facts))
        self.claims[claim] = "fail"

    def passed(self, *claims: str) -> None:
        for claim in claims:
            if self.claims[claim] == "unchecked":
                self.claims[claim] = "pass"

    def as_dict(self, lang: int) -> dict[str, Any]:
        shown = [
            {**{name: value for name, value in vars(one).items()}, "message": one.say(lang)}
            for one in self.findings
        ]
        first = min(
            (f for f in self.findings if f.position), key=lambda f: f.position or 0, default=None
        )
        return {
            "good": self.good, "claims": self.claims, **self.facts, "findings": shown,
            "first_bad_position": first.position if first else None, "erased": self.erased,
        }  # fmt: skip


class Verifier:
    def __init__(
        self,
        path: str,
        keys: Sequence[Key],
        previous: Sequence[str] = (),
        papers: Sequence[tuple[int, str]] = (),
    ) -> None:
        self.bundle, self.keys = Bundle(path), list(keys)
        self.report = Report()
        self.previous = previous
        self.papers = papers
        self.tiles: dict[int, bytes] = {}  # roots of the tiles of level 0
        self.size = 0

    def run(self) -> Report:
        report, bundle = self.report, self.bundle
        manifest = json.loads(bundle.read("manifest.json") or b"{}")
        if manifest.get("format") != FORMAT:
            raise Refused("this is no evidence bundle")
        note = bundle.read("checkpoint") or b""
        try:
            head = parse_head(note.decode().split("\n\n")[0] + "\n")
        except (Refused, ValueError) as error:
            report.find("signature", "signature", why=str(error))
            return report
        self.origin, self.size, self.root = head
        self.whole = manifest.get("club") is None
        self.with_photos = manifest.get("photos") is True
        report.facts = {
            "origin": self.origin, "size": self.size, "root": self.root.hex(),
            "fingerprint": fingerprint(self.root), "club": manifest.get("club"),
        }  # fmt: skip
        stretches = self.stretches()
        self.take(stretches)
        self.follow_keys(sorted(one for stretch in stretches for one in stretch.rotated))
        try:
            open_checkpoint(note, self.keys)
            report.passed("signature")
        except Refused as error:
            report.find("signature", "signature", why=str(error))
        self.check_root()
        for given in self.previous:
            self.check_previous(given)
        for size, printed in self.papers:
            self.check_paper(size, printed)
        self.check_order(stretches)
        self.check_money(stretches)
        self.check_photos([photo for stretch in stretches for photo in stretch.photos])
        report.passed("entries", "order", "payloads", "ledger", "vouchers")
        report.findings.sort(key=lambda f: (list(CLAIMS).index(f.claim), f.position or 0))
        return report

    def follow_keys(self, rotated: list[tuple[int, str, str]]) -> None:
        """A key that a head signed by a known key says has taken over is known from there on."""
        for index, old, new in rotated:
            fresh = Key.parse(new)
            if Key.parse(old) in self.keys and fresh not in self.keys and self.covered(index):
                self.keys.append(fresh)
                self.report.facts.setdefault("keys_followed", []).append(new)

    def covered(self, index: int) -> bool:
        for origin, size, root in self.heads():
            if origin == self.origin and size > index:
                return self.root_at(size) == root
        return False

    def heads(self) -> Iterator[tuple[str, int, bytes]]:
        """Every head in the bundle that a known key has signed, from the first."""
        for line in (self.bundle.read("checkpoints.jsonl") or b"").splitlines():
            try:
                head = open_checkpoint(json.loads(line).encode(), self.keys)
            except (Refused, ValueError, AttributeError):
                continue
            if head[1] <= self.size:
                yield head

    def stretches(self) -> list[Stretch]:
        tiles = -(-self.size // WIDTH)
        if tiles > len(self.bundle.names) * WIDTH * WIDTH:
            raise Refused("the head speaks of more entries than the bundle can show")
        hands = min(os.cpu_count() or 1, 8)
        if len(self.bundle.names) * WIDTH < HANDS_FROM or hands == 1:
            return [Reader(self.bundle, self.size).walk(0, tiles)]
        step = -(-tiles // (hands * 4))
        with ProcessPoolExecutor(hands) as pool:
            jobs = [
                pool.submit(walk, self.bundle.path, self.size, at, min(at + step, tiles))
                for at in range(0, tiles, step)
            ]
            return [job.result() for job in jobs]

    def take(self, stretches: list[Stretch]) -> None:
        report, counts = self.report, {}  # type: ignore[var-annotated]
        for stretch in stretches:
            self.tiles.update(stretch.tiles)
            for finding in stretch.findings:
                report.findings.append(finding)
                report.claims[finding.claim] = "fail"
            for what, count in stretch.counts.items():
                counts[what] = counts.get(what, 0) + count
            report.erased += stretch.erased
        names = ("entries", "withheld", "private", "payloads", "hashes_only", "money", "imported")
        report.facts["counts"] = {name: counts.get(name, 0) for name in names}
        if self.whole and counts.get("withheld"):
            report.find("entries", "entry-missing")
        if self.whole and counts.get("entries", 0) != self.size:
            first = next((n for n in range(-(-self.size // WIDTH)) if n not in self.tiles), 0)
            report.find("entries", "entry-missing", first * WIDTH + 1)

    # the tree

    def level_one(self, end: int) -> list[bytes] | None:
        """Roots of the full tiles of level 0 below a tile: recomputed, else as level 1 has them."""
        found = []
        for n in range(end):
            above = self.above(n)
            mine = self.tiles.get(n, above)
            if mine is None:
                return None
            if above is not None and mine != above:
                path = f"tile/0/{number(n)}"
                self.report.find("entries", "tile-hash", n * WIDTH + 1, path=path)
            found.append(mine)
        return found

    def above(self, n: int) -> bytes | None:
        if not hasattr(self, "_above"):
            self._above: dict[int, bytes | None] = {}
        full = self.size // WIDTH
        tile = n // WIDTH
        if tile not in self._above:
            self._above[tile] = self.bundle.tile(1, tile, min(WIDTH, full - tile * WIDTH))
        data, at = self._above[tile], n % WIDTH * 32
        return data[at : at + 32] if data else None

    def root_at(self, size: int) -> bytes | None:
        """The root of the first `size` entries; None where the bundle cannot tell."""
        full, rest = divmod(size, WIDTH)
        if not hasattr(self, "_level_one"):
            self._level_one = self.level_one(self.size // WIDTH)
        if self._level_one is None:
            return None
        parts = self._level_one[:full]
        if rest:
            width = min(WIDTH, self.size - full * WIDTH)
            tile = self.bundle.tile(0, full, width)
            if tile is None:
                return None
            parts = [*parts, root([tile[i : i + 32] for i in range(0, rest * 32, 32)])]
        return root(parts)

    def check_root(self) -> None:
        found = self.root_at(self.size)
        if found is None:
            self.report.find("entries", "tile-missing", path="tile/1")
        elif found != self.root:
            first, last = self.first_bad([(self.size, self.root)])
            self.report.find("entries", "root", first, first=first, last=last)

    def first_bad(self, known: list[tuple[int, bytes]]) -> tuple[int, int]:
        """Positions between the last signed head that still fits and the first that does not.

        A head fits until the first change, and none after it does: so it is searched by halving.
        """
        heads = dict(known)
        for origin, size, root in self.heads():
            if origin == self.origin:
                heads.setdefault(size, root)
        ordered = sorted(heads.items())
        at = self._halve(ordered)
        before = ordered[at - 1][0] if at else 0
        after = ordered[at][0] if at < len(ordered) else self.size
        return before + 1, after

    def _halve(self, ordered: list[tuple[int, bytes]]) -> int:
        low, high = 0, len(ordered)
        while low < high:
            middle = (low + high) // 2
            size, root = ordered[middle]
            if self.root_at(size) == root:
                low = middle + 1
            else:
                high = middle
        return low

    def check_previous(self, given: str) -> None:
        report, kept = self.report, None
        if zipfile.is_zipfile(given):
            kept = Bundle(given)
            note = kept.read("checkpoint") or b""
        else:
            note = Path(given).read_bytes()
        origin, size, root = open_checkpoint(note, self.keys)
        report.facts["previous"] = {"size": size, "root": root.hex()}
        if origin != self.origin:
            report.find("previous", "previous-other-log")
        elif size > self.size:
            report.find(
                "previous", "previous-shorter", self.size + 1, first=self.size + 1, last=size
            )
        else:
            found = self.root_at(size)
            if found is None:
                report.find("previous", "previous-tile")
            elif found != root:
                first, last = self.first_bad([(size, root)])
                report.find(
                    "previous", "previous-differs", first, first=first, last=min(last, size)
                )
                if kept is not None:
                    self.compare_leaves(kept, size)
        report.passed("previous")

    def check_paper(self, size: int, printed: str) -> None:
        """A head of which the auditor holds only what a statement or voucher printed of it."""
        report = self.report
        if size > self.size:
            report.find(
                "previous", "previous-shorter", self.size + 1, first=self.size + 1, last=size
            )
            return
        found = self.root_at(size)
        if found is None:
            report.find("previous", "previous-tile")
        elif fingerprint(found) != printed:
            shown = fingerprint(found)
            report.find("previous", "paper-differs", size=size, found=shown, printed=printed)
        report.passed("previous")

    def compare_leaves(self, kept: Bundle, size: int) -> None:
        """Leaf by leaf against a bundle kept from before: the first that differs is named."""
        for n in range(-(-size // WIDTH)):
            width = min(WIDTH, size - n * WIDTH)
            ours = self.bundle.tile(0, n, min(WIDTH, self.size - n * WIDTH))
            theirs = kept.tile(0, n, width)
            if ours is None or theirs is None or ours[: width * 32] == theirs:
                continue
            i = next(
                i
                for i in range(width)
                if ours[i * 32 : i * 32 + 32] != theirs[i * 32 : i * 32 + 32]
            )
            entries = kept.records("tile/entries", n, width, 2)
            names = Reader.names(entries[i]) if i < len(entries) else {}
            self.report.find("previous", "leaf-changed", n * WIDTH + i + 1, **names)
            return

    # histories, money, vouchers, exports

    def check_order(self, stretches: list[Stretch]) -> None:
        report = self.report
        private = [index for stretch in stretches for index in stretch.private]
        books = {stream for stretch in stretches for stream in stretch.books}
        known: dict[str, tuple[int, int]] = {}
        clock, gaps = "", []
        for stretch in stretches:
            gaps += stretch.gaps
            for stream, (first, last, first_index, last_index, event) in stretch.histories.items():
                version, index = known.get(stream, (0, -1))
                if first <= version:
                    report.find(
                        "order",
                        "version",
                        first_index + 1,
                        event=event,
                        history=stream,
                        found=first,
                        last=version,
                    )
                elif first != version + 1:
                    gaps.append((stream, index, first_index, version, first))
                known[stream] = (max(last, version), last_index)
            if stretch.clock:
                if stretch.clock[0] < clock:
                    report.find("order", "clock", stretch.clock[2] + 1)
                clock = max(clock, stretch.clock[1])
        for stream, before, index, last, version in sorted(gaps, key=lambda gap: gap[2]):
            # Versions that entries of private kinds in between may well be, are not missing; but a
            # book has none of these, and an entry of it cannot hide among them.
            span = bisect.bisect_left(private, index) - bisect.bisect_right(private, before)
            hidden = 0 if stream in books else span
            if hidden < version - last - 1:
                report.find("order", "version", index + 1, history=stream, found=version, last=last)
        report.facts["counts"]["histories"] = len(known)

    def check_money(self, stretches: list[Stretch]) -> None:
        report = self.report
        balances: dict[str, dict[tuple[str, str], int]] = {}
        for stretch in stretches:
            for club, sums in stretch.balances.items():
                mine = balances.setdefault(club, {})
                for at, amount in sums.items():
                    mine[at] = mine.get(at, 0) + amount
        clubs = {}
        for club, sums in sorted(balances.items()):
            for fund in sorted(FUNDS):
                left = sum(v for (f, a), v in sums.items() if f == fund and a in LEFT)
                right = -sum(v for (f, a), v in sums.items() if f == fund and a in RIGHT)
                if left != right:
                    report.find(
                        "ledger", "equation", history=club, fund=fund, difference=left - right
                    )
            clubs[club] = {
                "cash_and_bank": sum(v for (_, a), v in sums.items() if a in ("111", "112")),
                "principal_outstanding": sum(v for (_, a), v in sums.items() if a == "1283"),
                "capital": -sum(v for (_, a), v in sums.items() if a.startswith("411")),
            }
            self.check_vouchers(club, [op for s in stretches for op in s.vouchers.get(club, ())])
            self.check_exports(club, sums, [s.ledger[club] for s in stretches if club in s.ledger])
        report.facts["clubs"] = clubs
        known = {
            f"exports/{club}/{name}.csv" for club in balances for name in ("ledger", "balances")
        }
        shown = {name for name in self.bundle.names if name.startswith("exports/")}
        for name in sorted(shown - known):
            report.find("exports", "export-unknown", file=name)
        for name in sorted(known - shown if shown else ()):
            report.find("exports", "export-missing", file=name)

    def check_vouchers(self, club: str, ops: list[tuple[Any, ...]]) -> None:
        """Numbers we gave out follow one another; a paper book's own may have gaps, not doubles."""
        report = self.report
        used: dict[str, dict[int, int]] = {}
        last: dict[str, int] = {}
        labels: dict[str, int] = {}
        for what, label, past, index, event, confirmed in ops:
            found = NUMBERED.fullmatch(label)
            if found is None:
                labels[label] = labels.get(label, 0) + (1 if what == "use" else -1)
                continue
            series, n = found[1], int(found[2])
            numbers = used.setdefault(series, {})
            if what == "free":
                numbers[n] = numbers.get(n, 0) - 1
                if numbers[n] <= 0:
                    numbers.pop(n)
                    while last.get(series, 0) and last[series] not in numbers:
                        last[series] -= 1
                continue
            if n in numbers:
                if not confirmed:
                    report.find(
                        "vouchers",
                        "voucher-double",
                        index + 1,
                        event=event,
                        history=club,
                        label=label,
                    )
            elif not past and n != last.get(series, 0) + 1:
                report.find(
                    "vouchers",
                    "voucher-gap",
                    index + 1,
                    event=event,
                    history=club,
                    label=label,
                    last=last.get(series, 0),
                )
            numbers[n] = numbers.get(n, 0) + 1
            last[series] = max(last.get(series, 0), n)

    def check_photos(self, told: list[tuple[Any, ...]]) -> None:
        """The file itself by its own hash; of one that was erased what is kept, by that hash."""
        report, names = self.report, self.bundle.names
        report.facts["counts"]["photos"] = len(told)
        files, strays = {}, []  # type: ignore[var-annotated]
        for name in sorted(n for n in names if n.startswith(PHOTOS)):
            event = name[len(PHOTOS) :].partition(".")[0]
            if files.setdefault(event, name) != name:
                strays.append(name)
        if not files and not self.with_photos:
            return
        for index, event, history, at, clear, sealed in told:
            where = {"event": event, "history": history}
            name = files.pop(event, None)
            if name is None:
                report.find("photos", "photo-missing", index + 1, **where)
                continue
            erased = name.endswith(".sealed")
            if sha256(self.bundle.read(name) or b"").hex() != (sealed if erased else clear):
                report.find("photos", "photo-changed", index + 1, file=name, **where)
            elif erased:
                gone = {"position": index + 1, "at": at, "type": "photo", **where}
                report.erased.append(gone)
        for name in sorted([*files.values(), *strays]):
            report.find("photos", "photo-unknown", file=name)
        report.passed("photos")

    def check_exports(
        self, club: str, sums: dict[tuple[str, str], int], parts: list[tuple[int, bytes, int]]
    ) -> None:
        """Stretch by stretch against its digest; only where one differs are its lines rendered."""
        report, file = self.report, f"exports/{club}/ledger.csv"
        if file not in self.bundle.names:
            return
        rows = self.bundle.lines(file)
        heading, line = next(rows, b""), 1
        if heading != LEDGER:
            report.find("exports", "export-line", history=club, line=1, file=file)
        for count, wanted, first in parts:
            kept = list(itertools.islice(rows, count))
            if sha256(b"".join(kept)) != wanted:
                self.find_line(club, file, line, kept, first)
                return
            line += count
        if next(rows, None) is not None:
            report.find("exports", "export-line", history=club, line=line + 1, file=file)
        self.check_balances(club, sums)
        report.passed("exports")

    def check_balances(self, club: str, sums: dict[tuple[str, str], int]) -> None:
        file = f"exports/{club}/balances.csv"
        if file not in self.bundle.names:
            return
        ordered = sorted(sums.items())
        wanted = [f"{fund},{account},{amount}\n".encode() for (fund, account), amount in ordered]
        rows = list(itertools.islice(self.bundle.lines(file), len(wanted) + 2))
        for n, (mine, theirs) in enumerate(itertools.zip_longest([BALANCES, *wanted], rows)):
            if mine == theirs:
                continue
            if 0 < n <= len(ordered):
                (fund, account), amount = ordered[n - 1]
                facts: dict[str, Any] = {"at": f"{fund} {account}", "amount": amount}
                self.report.find("exports", "export-balance", history=club, file=file, **facts)
            else:
                self.report.find("exports", "export-line", history=club, line=n + 1, file=file)
            return

    def find_line(self, club: str, file: str, line: int, told: list[bytes], first: int) -> None:
        reader = Reader(self.bundle, self.size)
        reader.walk(first, -(-self.size // WIDTH), keep_lines=True)
        for mine, theirs in zip(reader.rendered.get(club, ()), told):
            line += 1
            if mine.encode() != theirs:
                position = int(mine.split(",", 1)[0])
                self.report.find(
                    "exports", "export-line", position, history=club, line=line, file=file
                )
                return
        self.report.find("exports", "export-line", history=club, line=line + 1, file=file)


def fingerprint(root: bytes) -> str:
    shown = base64.b32encode(root[:10]).decode()
    return "-".join(shown[i : i + 4] for i in range(0, len(shown), 4))


def parse_paper(text: str) -> tuple[int, str]:
    """What a paper's QR code says or prints: how many events, dots or not, and their fingerprint."""
    wanted = r"([1-9][0-9.]{0,22})[ :]+((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})"
    found = re.fullmatch(wanted, text.strip().upper())
    if found is None:
        raise Refused(f"“{text}” is not SIZE FINGERPRINT as a paper prints it")
    return int(found[1].replace(".", "")), found[2]


def verify_receipt(text: str, keys: Sequence[Key]) -> dict[str, Any]:
    """What a receipt (C2SP tlog-proof) shows: its entry, its place, and the head that covers it."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1" or not blank or not lines:
        raise Refused("this is no receipt")
    entry = b64(lines.pop(0)[6:]) if lines[0].startswith("extra ") else b""
    index = re.fullmatch(r"index (0|[1-9][0-9]{0,18})", lines.pop(0) if lines else "")
    if index is None or not entry:
        raise Refused("the receipt names no entry")
    origin, size, signed = open_checkpoint(note.encode(), keys)
    if (
        included(int(index[1]), size, sha256(b"\0" + entry), [b64(line) for line in lines])
        != signed
    ):
        raise Refused("the path does not lead to the signed root")
    return {
        "good": True, "origin": origin, "size": size, "position": int(index[1]) + 1,
        "entry": json.loads(entry), "fingerprint": fingerprint(signed),
    }  # fmt: skip


# --- the command --------------------------------------------------------------------------------


def plain(text: str) -> str:
    """One line as it is: nothing from a bundle moves the cursor, hides or turns what is said."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def say(report: Report, lang: int) -> str:
    facts, lines = report.facts, []
    if facts:
        lines.append(f"{plain(facts['origin'])}  {facts['size']:,}  {facts['fingerprint']}")
    for claim, state in report.claims.items():
        lines.append(f"  {STATES[state][lang]:<12} {CLAIMS[claim][lang]}")
    counts = facts.get("counts", {})
    names = {
        "entries": ("mục", "entries"), "payloads": ("nội dung", "contents"),
        "hashes_only": ("chỉ có mã băm", "hashes only"), "private": ("hồ sơ chăm sóc, chỉ mã băm", "care, hash only"),
        "withheld": ("của nơi khác, chỉ mã băm", "of others, hash only"), "histories": ("hồ sơ", "histories"),
        "photos": ("ảnh giấy tờ", "photos of papers"),
        "imported": ("bút toán từ sổ giấy, không ai chứng kiến lúc ghi", "entries from the paper book, not witnessed"),
    }  # fmt: skip
    lines += [
        f"  {counts[name]:>12,} {words[lang]}" for name, words in names.items() if counts.get(name)
    ]
    for club, sums in facts.get("clubs", {}).items():
        told = (
            ("tiền mặt và ngân hàng", "nợ gốc", "vốn")
            if lang == 0
            else ("cash and bank", "principal out", "capital")
        )
        lines.append(
            f"  {plain(club)}: " + ", ".join(f"{w} {v:,}" for w, v in zip(told, sums.values()))
        )
    for one in report.erased:
        said = f"{one['type']} {one['at']} [{one['event']}]"
        lines.append(f"  {('Đã xóa', 'Erased')[lang]}: {plain(said)}")
    lines += [
        f"- {finding.claim}: {finding.say(lang)}" for finding in report.findings[:FINDINGS_SHOWN]
    ]
    if len(report.findings) > FINDINGS_SHOWN:
        lines.append(f"… +{len(report.findings) - FINDINGS_SHOWN}")
    lines.append((("ĐẠT", "GOOD") if report.good else ("KHÔNG ĐẠT", "NOT GOOD"))[lang])
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="verify.py", description=(__doc__ or "").split("\n    ")[0]
    )
    parser.add_argument("file", help="BUNDLE.zip or a receipt")
    parser.add_argument("--key", action="append", required=True, metavar="VKEY")
    parser.add_argument("--previous", metavar="CHECKPOINT|BUNDLE.zip")
    parser.add_argument(
        "--paper",
        action="append",
        default=[],
        metavar='"SIZE FINGERPRINT"',
        help="as printed on a statement, a report or a voucher",
    )
    parser.add_argument(
        "--keep", metavar="FILE", help="read the head kept there, and write the one accepted"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi")
    asked = parser.parse_args(arguments)
    lang = 0 if asked.lang == "vi" else 1
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        keys = [Key.parse(line) for line in asked.key]
        if not zipfile.is_zipfile(asked.file):
            receipt = verify_receipt(Path(asked.file).read_text("utf-8"), keys)
            print(
                "\n".join(map(plain, json.dumps(receipt, ensure_ascii=False, indent=2).split("\n")))
            )
            return 0
        # Both: a head that is named does not stand in for the one that was kept.
        kept = asked.keep if asked.keep and os.path.exists(asked.keep) else None
        previous = [one for one in (asked.previous, kept) if one]
        papers = [parse_paper(one) for one in asked.paper]
        verifier = Verifier(asked.file, keys, previous, papers)
        report = verifier.run()
    except Refused as error:
        print(plain(f"{('Không nhận', 'Refused')[lang]}: {error}"), file=sys.stderr)
        return 1
    except OSError as error:
        print(plain(f"{('Không đọc được', 'Cannot be read')[lang]}: {error}"), file=sys.stderr)
        return 2
    except Exception as error:  # whatever a hostile file may do: it is no good one
        print(plain(f"{('Gói hỏng', 'The bundle is damaged')[lang]}: {error!r}"), file=sys.stderr)
        return 1
    shown = (
        json.dumps(report.as_dict(lang), ensure_ascii=False, indent=2)
        if asked.json
        else say(report, lang)
    )
    print("\n".join(map(plain, shown.split("\n"))))
    if report.good and asked.keep:
        fresh = Path(asked.keep + ".new")
        fresh.write_bytes(verifier.bundle.read("checkpoint") or b"")
        fresh.replace(asked.keep)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
