"""Files that mean harm, or were merely mistreated: refused by their code, quickly and cheaply."""

import gc
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from domain.errors import Malformed
from exchange.workbook import safe
from exchange.workbook.plain_cells import CELLS_MAX, SheetContext, Unreadable
from exchange.workbook.read import Workbook, read_workbook
from exchange.workbook.sandbox import read_sheets
from exchange.workbook.sheet_xml import ROWS_MAX, read_sheet

GROWTH_MAX_KIB = 300 * 1024

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Ngày</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>Thực đếm</t></is></c></row>'
)
DAY = '<c r="A2" t="inlineStr"><is><t>10/12/2018</t></is></c>'

Parts = dict[str, bytes]


def worksheet(rows: str = "", after: str = "", before: str = "") -> bytes:
    xml = (
        f'<worksheet xmlns="{MAIN}">{before}<sheetData>{HEAD}{rows}</sheetData>{after}</worksheet>'
    )
    return xml.encode()


def parts(sheet: bytes | None = None) -> Parts:
    """The least that makes an .xlsx with one sheet of cash counts."""
    return {
        "[Content_Types].xml": b"<Types/>",
        "_rels/.rels": relations("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
            '<sheet name="Kiểm kê quỹ" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": relations("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": sheet
        or worksheet(f'<row r="2">{DAY}<c r="B2"><v>5</v></c></row>'),
    }


def relations(kind: str, target: str, mode: str = "Internal") -> bytes:
    return (
        f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/{kind}" '
        f'Target="{target}" TargetMode="{mode}"/></Relationships>'
    ).encode()


def archive_of(members: Parts) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def with_part(name: str, data: bytes) -> bytes:
    return archive_of(parts() | {name: data})


def with_sheet(*args: str, **kwargs: str) -> bytes:
    return archive_of(parts(worksheet(*args, **kwargs)))


def million_rows() -> bytes:
    rows = "".join(f'<row r="{row}"><c><v>1</v></c></row>' for row in range(2, 1_000_001))
    return archive_of(parts(worksheet(rows)))


def bomb() -> bytes:
    return with_part("xl/media/image1.png", b"\0" * (80 * 2**20))


def many_small_bombs() -> bytes:
    """Each under the ratio that matters, together far above what may be unpacked."""
    noise = os.urandom(2**14)
    return archive_of(parts() | {f"xl/media/{at}.bin": noise * 60 for at in range(80)})


def lying_header() -> bytes:
    """The archive says that its bomb is ten bytes long."""
    data = bytearray(with_part("xl/media/image1.png", b"\0" * (80 * 2**20)))
    for field in ((80 * 2**20).to_bytes(4, "little"),):
        while (at := data.find(field)) >= 0:
            data[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(data)


def encrypted() -> bytes:
    data = bytearray(archive_of(parts()))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def wide() -> bytes:
    return with_sheet('<row r="2"><c r="XFD2"><v>1</v></c></row>')


def nested_xml() -> bytes:
    deeper = "".join(f'<a b="{at * 7919 % 997}">' for at in range(400_000))
    return with_sheet(after=deeper + "</a>" * 400_000)


def greedy_row() -> bytes:
    """Millions of empty cells, packed no better than a real sheet."""
    cells = "".join(f'<c s="{at * 7919 % 997}"/>' for at in range(2_500_000))
    return with_sheet(f'<row r="2">{cells}</row>')


def repeated_text() -> bytes:
    """One long shared text, shown by every cell of a sheet."""
    members = parts(
        worksheet(
            "".join(
                f'<row r="{row}">' + '<c t="s"><v>0</v></c>' * 10 + "</row>"
                for row in range(2, 15_000)
            )
        )
    )
    members["xl/_rels/workbook.xml.rels"] = members["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="strings.xml"/>'
        "</Relationships>".encode(),
    )
    members["xl/strings.xml"] = f'<sst xmlns="{MAIN}"><si><t>{"a" * 30_000}</t></si></sst>'.encode()
    return archive_of(members)


DOCTYPE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
EXTERNAL = b"xl/worksheets/_rels/sheet1.xml.rels"

HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "zip bomb": ("workbook-too-large", bomb),
    "many small bombs": ("workbook-too-large", many_small_bombs),
    "bomb with a lying header": ("workbook-unreadable", lying_header),
    "two hundred members": (
        "workbook-too-large",
        lambda: archive_of(parts() | {f"x{at}": b"" for at in range(200)}),
    ),
    "eleven megabytes": ("workbook-too-large", lambda: b"PK\x03\x04" + bytes(11 * 2**20)),
    "a million rows": ("workbook-too-large", million_rows),
    "a row number past the end": (
        "workbook-too-large",
        lambda: with_sheet('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
    ),
    "a cell in column XFD": ("workbook-too-large", wide),
    "millions of empty cells in a row": ("workbook-too-large", greedy_row),
    "one text shown everywhere": ("workbook-too-large", repeated_text),
    "thousands of merges": (
        "workbook-too-large",
        lambda: with_sheet(
            after="<mergeCells>" + '<mergeCell ref="A2:B20000"/>' * 3000 + "</mergeCells>"
        ),
    ),
    "DOCTYPE in a sheet": (
        "workbook-entities",
        lambda: archive_of(parts(DOCTYPE + worksheet())),
    ),
    "ENTITY across two chunks": (
        "workbook-entities",
        lambda: with_part("xl/a.xml", b" " * (2**16 - 4) + b"<!ENTITY a 'b'>"),
    ),
    "DOCTYPE in UTF-16": (
        "workbook-unreadable",
        lambda: with_part("xl/a.xml", DOCTYPE.decode().encode("utf-16")),
    ),
    "macros": ("workbook-macros", lambda: with_part("xl/vbaProject.bin", b"x")),
    "old macro sheets": (
        "workbook-macros",
        lambda: with_part("xl/macrosheets/sheet1.xml", b"<a/>"),
    ),
    "macro content type": (
        "workbook-macros",
        lambda: with_part(
            "[Content_Types].xml",
            b'<Types><Override ContentType="vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>',
        ),
    ),
    "external link part": (
        "workbook-external-links",
        lambda: with_part("xl/externalLinks/externalLink1.xml", b"<a/>"),
    ),
    "external relation": (
        "workbook-external-links",
        lambda: with_part(EXTERNAL.decode(), relations("image", "http://example.org/", "External")),
    ),
    "connections": ("workbook-external-links", lambda: with_part("xl/connections.xml", b"<a/>")),
    "empty file": ("workbook-unreadable", lambda: b""),
    "plain text renamed": ("workbook-unreadable", lambda: "Họ và tên;Số tiền\n".encode()),
    "old .xls or encrypted": (
        "workbook-unreadable",
        lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096),
    ),
    ".xlsb": ("workbook-unreadable", lambda: with_part("xl/workbook.bin", b"x")),
    "a zip of something else": ("workbook-unreadable", lambda: archive_of({"a.txt": b"a"})),
    "truncated": ("workbook-unreadable", lambda: archive_of(parts())[:-200]),
    "flipped byte": (
        "workbook-unreadable",
        lambda: (
            archive_of(parts())
            .replace(b"PK\x03\x04", b"PK\x03\x05", 2)
            .replace(b"PK\x03\x05", b"PK\x03\x04", 1)
        ),
    ),
    "encrypted member": ("workbook-unreadable", encrypted),
    "broken XML": ("workbook-unreadable", lambda: archive_of(parts(b"<worksheet><sheetData>"))),
    "no sheet part": (
        "workbook-unreadable",
        lambda: archive_of({k: v for k, v in parts().items() if "sheet1" not in k}),
    ),
    "rows out of order": (
        "workbook-unreadable",
        lambda: with_sheet('<row r="3"/><row r="2"/>'),
    ),
    "a row twice": ("workbook-unreadable", lambda: with_sheet('<row r="2"/><row r="2"/>')),
    "a cell of another row": (
        "workbook-unreadable",
        lambda: with_sheet('<row r="2"><c r="A7"><v>1</v></c></row>'),
    ),
    "a shared text that is not there": (
        "workbook-unreadable",
        lambda: with_sheet('<row r="2"><c r="A2" t="s"><v>9</v></c></row>'),
    ),
}


def memory_kib(field: str) -> int:
    """`VmRSS`, or `VmHWM`, the peak since it was last reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


@pytest.fixture
def frugal() -> Iterator[None]:
    """The test must not make this process grow."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before = memory_kib("VmRSS")
    yield
    assert memory_kib("VmHWM") - before < GROWTH_MAX_KIB


def kept(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "book.xlsx"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_its_code(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    code, make = HOSTILE[name]
    path = kept(tmp_path, make())
    request.getfixturevalue("frugal")
    with pytest.raises(Malformed) as refused:
        read_workbook(path)
    assert refused.value.code == code
    assert refused.value.message


def read_bytes(tmp_path: Path, data: bytes) -> Workbook:
    return read_workbook(kept(tmp_path, data))


@pytest.mark.usefixtures("frugal")
def test_the_smallest_file_is_read(tmp_path: Path) -> None:
    assert [row.counted for row in read_bytes(tmp_path, archive_of(parts())).counts] == [5]


@pytest.mark.usefixtures("frugal")
def test_a_bomb_inside_a_member_is_never_unpacked(tmp_path: Path) -> None:
    book = read_bytes(tmp_path, with_part("xl/embeddings/inner.zip", bomb()))
    assert len(book.counts) == 1


@pytest.mark.usefixtures("frugal")
def test_deep_xml_harms_nobody(tmp_path: Path) -> None:
    assert len(read_bytes(tmp_path, nested_xml()).counts) == 0


@pytest.mark.usefixtures("frugal")
def test_the_largest_allowed_sheet_is_read(tmp_path: Path) -> None:
    columns = CELLS_MAX // ROWS_MAX - 1
    rows = "".join(
        f'<row r="{row}">' + "<c><v>1</v></c>" * columns + "</row>" for row in range(2, ROWS_MAX)
    )
    assert read_bytes(tmp_path, with_sheet(rows)).faults_left_out > 10_000


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("9" * 5000, "cell-error"),
        ("1e999999999", "cell-error"),
        ("NaN", "cell-error"),
        ("-5", "amount-negative"),
        ("1E+20", "amount-too-large"),
        ("0.5", "amount-not-whole"),
    ],
)
@pytest.mark.usefixtures("frugal")
def test_a_monstrous_number_is_one_bad_cell(tmp_path: Path, value: str, code: str) -> None:
    row = f'<row r="2">{DAY}<c r="B2"><v>{value}</v></c></row>'
    faults = read_bytes(tmp_path, with_sheet(row)).faults
    assert [(fault.code, fault.row, fault.column) for fault in faults] == [(code, 2, "Thực đếm")]


@pytest.mark.parametrize("formula", ["<f>1+1</f>", "<f>1+1</f><v></v>", '<f t="shared" si="0"/>'])
def test_a_formula_without_value_is_refused(tmp_path: Path, formula: str) -> None:
    row = f'<row r="2">{DAY}<c r="B2">{formula}</c></row>'
    faults = read_bytes(tmp_path, with_sheet(row)).faults
    assert [(fault.code, fault.row) for fault in faults] == [("formula-without-value", 2)]


def test_rows_where_only_formulas_wait_are_blank(tmp_path: Path) -> None:
    row = '<row r="2"><c r="A2" t="str"><f>A1</f><v></v></c><c r="B2"><f>1</f><v>0</v></c></row>'
    book = read_bytes(tmp_path, with_sheet(row))
    assert (book.counts, book.faults) == ((), ())


@pytest.mark.parametrize("merge", ["A2:B2", "A2:A3", "B2:B3"])
def test_merged_cells_among_the_rows_are_refused(tmp_path: Path, merge: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Kiểm kê quỹ"
    for line in (["SỔ KIỂM KÊ"], ["Ngày", "Thực đếm"], ["1/1/2020", 5], ["1/1/2021", 5]):
        sheet.append(line)
    sheet.merge_cells("A1:B1")
    path = tmp_path / "book.xlsx"
    book.save(path)
    assert [row.counted for row in read_workbook(path).counts] == [5, 5]
    sheet.merge_cells(merge.replace("3", "4").replace("2", "3"))
    book.save(path)
    assert {fault.code for fault in read_workbook(path).faults} == {"merged-cells"}


def test_a_message_cannot_steer_the_terminal(tmp_path: Path) -> None:
    text = "_x001B_[2J_xD800_\u202e"
    cell = f'<c t="inlineStr"><is><t>{text}</t></is></c>'
    escape = f'<row r="2">{cell}<c><v>1</v></c></row>'
    (fault,) = read_bytes(tmp_path, with_sheet(escape)).faults
    assert fault.code == "date-unreadable"
    assert "«\ufffd[2J\ufffd\ufffd»" in fault.message


def test_a_lying_dimension_hides_no_row(tmp_path: Path) -> None:
    rows = f'<row r="2">{DAY}<c r="B2"><v>7</v></c></row>'
    book = read_bytes(tmp_path, with_sheet(rows, before='<dimension ref="A1:A1"/>'))
    assert [row.counted for row in book.counts] == [7]


def test_hyperlinks_are_no_external_links(tmp_path: Path) -> None:
    link = relations("hyperlink", "https://example.org/", "External")
    book = read_bytes(tmp_path, with_part(EXTERNAL.decode(), link))
    assert len(book.counts) == 1


@pytest.mark.parametrize(
    ("number", "shown_as", "epoch", "expected"),
    [
        (43174, "yyyy-mm-dd", WINDOWS_EPOCH, date(2018, 3, 15)),
        # Its clock is kept for whoever asks for a time; a column of days takes the day.
        (43174.75, 'dd"/"mm"/"yyyy', WINDOWS_EPOCH, datetime(2018, 3, 15, 18)),  # noqa: DTZ001
        (1, "d/m/yy", WINDOWS_EPOCH, date(1900, 1, 1)),
        (61, "d/m/yy", WINDOWS_EPOCH, date(1900, 3, 1)),
        (41712, "[$-42A]d/m/yyyy;@", MAC_EPOCH, date(2018, 3, 15)),
        (0.3125, "h:mm", WINDOWS_EPOCH, "07:30"),
        (43174, "#,##0", WINDOWS_EPOCH, Decimal(43174)),
        (43174, '#,##0 "đồng"', WINDOWS_EPOCH, Decimal(43174)),
        (43174, "General", WINDOWS_EPOCH, Decimal(43174)),
    ],
)
def test_a_serial_number_is_a_date_only_where_shown_as_one(
    tmp_path: Path, number: float, shown_as: str, epoch: datetime, expected: object
) -> None:
    book = openpyxl.Workbook()
    book.epoch = epoch
    sheet = book.active
    assert sheet is not None
    sheet["A1"].value = number
    sheet["A1"].number_format = shown_as
    path = tmp_path / "book.xlsx"
    book.save(path)
    assert read_sheets(safe.read_safely(path))[0].rows[1][1].value == expected


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.xlsx"):
        with pytest.raises(Malformed, match=path.name):
            safe.read_safely(path)


def test_the_child_imports_nothing_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "exchange", "defusedxml"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    path = kept(tmp_path, archive_of(parts()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert len(read_workbook(path).counts) == 1


def test_the_child_runs_under_its_limits() -> None:
    asked = (
        "from resource import *; from exchange.workbook import child; child.limit();"
        "print(getrlimit(RLIMIT_AS)[0], getrlimit(RLIMIT_CPU)[0])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(2**30), "20"]


def test_only_unreadable_xml_is_called_unreadable() -> None:
    with pytest.raises(Unreadable):
        read_sheet(BytesIO(worksheet(after='<mergeCell ref="A:B"/>')), SheetContext([], [""]))
