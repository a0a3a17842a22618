"""Refuses a dangerous or foreign file by its bytes, before anything parses it.

Sizes are measured by inflating: what an archive says of itself is never trusted.
"""

import re
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import NoReturn

from domain.errors import Malformed

FILE_BYTES_MAX = 10 * 2**20
MEMBERS_MAX = 200
UNPACKED_BYTES_MAX = 60 * 2**20
# A sheet of equal rows packs 1:100 at most; deflate itself can reach 1:1032.
RATIO_MAX = 200
RATIO_MATTERS_BYTES = 2**20
# Relations are small; only they are held whole.
RELATIONS_BYTES_MAX = 2**20

_CHUNK = 2**16
_OVERLAP = 16
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_CENTRAL_RECORD = b"PK\x01\x02"
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_LINK_TYPE = re.compile(rb"/(?:externalLink\w*|connections|queryTable|attachedTemplate)[\"']")
_HYPERLINK = re.compile(rb"/hyperlink[\"']")
_OUTSIDE = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']")


def read_safely(path: Path) -> bytes:
    """The bytes of an .xlsx that is worth parsing.

    Raises `Malformed` with `workbook-too-large`, `workbook-macros`, `workbook-entities`,
    `workbook-external-links` or `workbook-unreadable`.
    """
    data = _bytes(path)
    _check_kind(data)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
            _check_names([member.filename for member in members])
            _check_contents(archive, members)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        raise Malformed(
            "workbook-unreadable", "Tệp bị hỏng hoặc bị cắt cụt: không mở được."
        ) from error
    return data


def too_large(message: str) -> NoReturn:
    raise Malformed("workbook-too-large", message)


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Malformed("workbook-unreadable", f"Không có tệp {path.name}.")
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        raise Malformed("workbook-unreadable", f"Không đọc được tệp {path.name}.") from error
    if len(data) > FILE_BYTES_MAX:
        too_large("Tệp lớn hơn 10 MB; sổ của một câu lạc bộ nhỏ hơn nhiều.")
    return data


def _check_kind(data: bytes) -> None:
    if data.startswith(_OLE):
        raise Malformed(
            "workbook-unreadable",
            "Tệp kiểu .xls cũ hoặc có mật khẩu. Hãy bỏ mật khẩu và lưu lại thành .xlsx.",
        )
    if not data.startswith(b"PK\x03\x04"):
        raise Malformed("workbook-unreadable", "Đây không phải tệp .xlsx.")
    # Counted before the archive is opened: opening builds an object for each record.
    if data.count(_CENTRAL_RECORD) > MEMBERS_MAX:
        too_large(f"Tệp có hơn {MEMBERS_MAX} phần bên trong.")


def _check_names(names: list[str]) -> None:
    lowered = [name.lower().lstrip("/") for name in names]
    if len(set(lowered)) < len(lowered):
        raise Malformed("workbook-unreadable", "Tệp có hai phần cùng tên.")
    for name in lowered:
        if "vbaproject" in name or "macrosheet" in name:
            raise Malformed(
                "workbook-macros", "Tệp có macro. Hãy lưu lại thành .xlsx không có macro."
            )
        if (
            name.startswith(("xl/externallinks/", "xl/querytables/"))
            or name == "xl/connections.xml"
        ):
            _refuse_links()
    if "xl/workbook.bin" in lowered:
        raise Malformed("workbook-unreadable", "Tệp kiểu .xlsb. Hãy lưu lại thành .xlsx.")
    if "[content_types].xml" not in lowered:
        raise Malformed("workbook-unreadable", "Đây không phải tệp .xlsx.")


def _check_contents(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    left = UNPACKED_BYTES_MAX
    for member in members:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Malformed("workbook-unreadable", "Tệp nén theo cách mà Excel không dùng.")
        left -= _check_member(archive, member, left)


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> int:
    """Inflates one member in pieces; answers its true size."""
    name = member.filename.lower()
    relations = bytearray()
    tail = b""
    size = 0
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > left:
                too_large("Tệp bung ra quá 60 MB.")
            if size > RATIO_MATTERS_BYTES and size > RATIO_MAX * max(member.compress_size, 1):
                too_large("Một phần của tệp bung ra gấp hơn 200 lần: không phải sổ thật.")
            window = tail + chunk
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                _refuse_entities()
            if name.endswith((".xml", ".rels")) and b"\0" in chunk:
                # UTF-16 would hide every word looked for here; no office program writes it.
                raise Malformed("workbook-unreadable", "Tệp dùng bảng mã mà Excel không dùng.")
            if name == "[content_types].xml" and b"macroEnabled" in window:
                raise Malformed(
                    "workbook-macros", "Tệp có macro. Hãy lưu lại thành .xlsx không có macro."
                )
            if name.endswith(".rels"):
                relations += chunk
                if len(relations) > RELATIONS_BYTES_MAX:
                    too_large("Bảng liên kết bên trong tệp quá lớn.")
            tail = window[-_OVERLAP:]
    _check_relations(bytes(relations))
    return size


def _check_relations(relations: bytes) -> None:
    for found in _RELATION.finditer(relations):
        relation = found.group()
        leads_out = _OUTSIDE.search(relation) and not _HYPERLINK.search(relation)
        if leads_out or _LINK_TYPE.search(relation):
            _refuse_links()


def _refuse_entities() -> NoReturn:
    raise Malformed("workbook-entities", "Tệp có khai báo DOCTYPE hoặc ENTITY: không đọc.")


def _refuse_links() -> NoReturn:
    raise Malformed(
        "workbook-external-links",
        "Tệp lấy số liệu từ tệp khác. Hãy ngắt liên kết (Data › Edit Links › Break Link).",
    )
