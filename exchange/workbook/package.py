"""The parts of an .xlsx that tell how to read its sheets. Runs in the child."""

import posixpath
import re
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring, iterparse  # type: ignore[import-untyped]

from exchange.workbook.plain_cells import (
    Budget,
    SheetContext,
    TooLarge,
    Unreadable,
    unescaped,
)
from exchange.workbook.sheet_xml import read_sheet

SHEETS_MAX = 60
STRINGS_MAX = 200_000
PART_BYTES_MAX = 8 * 2**20

# ECMA-376 part 1, 18.8.30: the built-in formats that show a date or a time, and percentages.
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_PERCENT_FORMATS = frozenset([9, 10])
_NOT_FORMAT = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)


def read_package(data: bytes) -> dict[str, Any]:
    """`{"sheets": [{"name", "hidden", "rows", "merged"}]}` of an archive already found safe."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {"sheets": _Package(archive).sheets()}


@dataclass(frozen=True)
class _Relation:
    kind: str
    part: str


class _Package:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = {name.lower().lstrip("/"): name for name in archive.namelist()}

    def sheets(self) -> list[dict[str, Any]]:
        main = self._main_part()
        relations = self._relations(main)
        workbook = self._xml(main)
        context = SheetContext(
            strings=self._strings(self._part_of_kind(relations, "sharedStrings")),
            formats=self._formats(self._part_of_kind(relations, "styles")),
            from_1904=_from_1904(workbook),
            budget=Budget(),
        )
        sheets = [element for element in workbook.iter() if local(element.tag) == "sheet"]
        if not sheets:
            raise Unreadable("không có trang tính nào")
        if len(sheets) > SHEETS_MAX:
            raise TooLarge(f"hơn {SHEETS_MAX} trang tính")
        return [
            self._sheet(element, relation.part, context)
            for element in sheets
            if (relation := _relation_of(element, relations)).kind == "worksheet"
        ]

    def _sheet(self, element: Element, part: str, context: SheetContext) -> dict[str, Any]:
        with self.archive.open(self._name(part)) as stream:
            rows, merged = read_sheet(stream, context)
        return {
            "name": element.get("name", "")[:100],
            "hidden": element.get("state", "visible") != "visible",
            "rows": rows,
            "merged": merged,
        }

    def _main_part(self) -> str:
        for relation in self._relations("").values():
            if relation.kind == "officeDocument":
                return relation.part
        raise Unreadable("không có sổ tính bên trong")

    def _relations(self, part: str) -> dict[str, _Relation]:
        folder, name = posixpath.split(part)
        path = posixpath.join(folder, "_rels", f"{name}.rels")
        relations: dict[str, _Relation] = {}
        for element in self._xml(path):
            if element.get("TargetMode", "Internal") == "External":
                continue
            target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", "")))
            kind = element.get("Type", "").rpartition("/")[2]
            relations[element.get("Id", "")] = _Relation(kind, target.lstrip("/"))
        return relations

    def _part_of_kind(self, relations: dict[str, _Relation], kind: str) -> str | None:
        return next((one.part for one in relations.values() if one.kind == kind), None)

    def _name(self, part: str) -> str:
        name = self.names.get(part.lower())
        if name is None:
            raise Unreadable(f"thiếu phần {part[:60]}")
        return name

    def _xml(self, part: str) -> Element:
        with self.archive.open(self._name(part)) as stream:
            data = stream.read(PART_BYTES_MAX + 1)
        if len(data) > PART_BYTES_MAX:
            raise TooLarge(f"phần {part[:60]} quá lớn")
        root: Element = fromstring(data, forbid_dtd=True)
        return root

    def _strings(self, part: str | None) -> list[str]:
        strings: list[str] = []
        if part is None:
            return strings
        with self.archive.open(self._name(part)) as stream:
            root: Element | None = None
            for event, element in iterparse(stream, ("start", "end"), forbid_dtd=True):
                if root is None:
                    root = element
                if event == "end" and local(element.tag) == "si":
                    strings.append(_text_of(element))
                    root.clear()
                    if len(strings) > STRINGS_MAX:
                        raise TooLarge("quá nhiều chữ")
        return strings

    def _formats(self, part: str | None) -> list[str]:
        if part is None:
            return [""]
        styles = self._xml(part)
        own = {
            element.get("numFmtId", ""): element.get("formatCode", "")
            for element in styles.iter()
            if local(element.tag) == "numFmt"
        }
        for group in styles:
            if local(group.tag) == "cellXfs":
                return [_form(xf.get("numFmtId", "0"), own) for xf in group] or [""]
        return [""]


def local(tag: str) -> str:
    """The name without its namespace: strict and transitional files differ only in that."""
    return tag.rpartition("}")[2]


def _text_of(element: Element) -> str:
    """The text of a shared string; phonetic guides left out."""
    parts: list[str] = []
    for child in element:
        name = local(child.tag)
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            parts.extend(grand.text or "" for grand in child if local(grand.tag) == "t")
    return unescaped("".join(parts))


def _form(number: str, own: dict[str, str]) -> str:
    if number in own:
        code = _NOT_FORMAT.sub("", own[number].partition(";")[0])
        if "%" in code:
            return "percent"
        return "date" if re.search(r"[dmyhs]", code, re.IGNORECASE) else ""
    known = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
    if known in _PERCENT_FORMATS:
        return "percent"
    return "date" if known in _DATE_FORMATS else ""


def _from_1904(workbook: Element) -> bool:
    return any(
        element.get("date1904", "0") in ("1", "true")
        for element in workbook.iter()
        if local(element.tag) == "workbookPr"
    )


def _relation_of(sheet: Element, relations: dict[str, _Relation]) -> _Relation:
    for name, value in sheet.attrib.items():
        if local(name) == "id" and name != "id" and value in relations:
            return relations[value]
    raise Unreadable("một trang tính không có nội dung")
