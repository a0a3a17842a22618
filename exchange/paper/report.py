"""A club's report on paper: sheets of a workbook, a table of its sums, or a PDF to sign.

All three are of the same `Table`s, so no figure stands on one that another does not have.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.values import business_date
from exchange.charts import columns
from exchange.paper import club_life, press
from exchange.paper.anchor import anchor
from exchange.paper.forms import CASH_BOOK
from exchange.paper.words import moment
from exchange.tables import Table, shown
from exchange.vocabulary import ACCOUNTS, BANDS, FIGURES, FLOWS, FUNDS, REMARKS, STEPS
from projections.club_report import ClubReport

LINES_MAX = 3_000
"""Of one table in a PDF: some sixty pages, set in two seconds."""
SIDES = {"receipts": "Thu", "payments": "Chi"}


def summary(report: ClubReport) -> Table:
    """Every sum of the report, one in a row: what is told, and the figures it is made of."""
    rows: list[Sequence[Any]] = []
    for fund in report["money"]["funds"]:
        name = FUNDS[fund["fund"]]
        rows.append(("Thu chi", name, "Số dư đầu kỳ", fund["opening"], None, None))
        for side, word in SIDES.items():
            for flow in fund[side]:  # type: ignore[literal-required]
                said = f"{word}: {FLOWS[flow['kind']].lower()}"
                rows.append(("Thu chi", name, said, flow["amount"], None, None))
        rows.append(("Thu chi", name, "Cộng thu", fund["receipts_total"], None, None))
        rows.append(("Thu chi", name, "Cộng chi", fund["payments_total"], None, None))
        rows.append(("Thu chi", name, "Số dư cuối kỳ", fund["closing"], None, None))
    for key, title in LOAN_SUMS.items():
        amount = report["money"]["loan_book"]["totals"][key]  # type: ignore[literal-required]
        rows.append(("Sổ vay vốn", FUNDS["loan"], title, amount, None, None))
    for one in report["money"]["figures"]:
        share = Decimal(one["value"]) if one["value"] is not None else None
        rows.append(
            (
                *("Chỉ tiêu", FUNDS["loan"], FIGURES[one["name"]]),
                *(one["numerator"], one["denominator"], share),
            )
        )
    rows += club_life.summary(report)
    return Table("Tổng hợp", ("Phần", "Mục", "Nội dung", "Giá trị", "Trên", "Tỷ lệ"), rows)


LOAN_SUMS = {
    "opening": "Dư nợ gốc đầu kỳ",
    "lent": "Cho vay trong kỳ",
    "principal_paid": "Gốc đã thu",
    "written_off": "Xóa nợ",
    "outstanding": "Dư nợ gốc cuối kỳ",
    "interest_paid": "Lãi đã thu",
    "late_interest_paid": "Lãi chậm trả đã thu",
    "principal_overdue": "Gốc quá hạn",
    "interest_due": "Lãi đến hạn chưa thu",
}


def funds(report: ClubReport) -> Table:
    rows: list[Sequence[Any]] = []
    for fund in report["money"]["funds"]:
        name = FUNDS[fund["fund"]]
        rows.append((name, "Số dư đầu kỳ", None, None, fund["opening"]))
        rows += [
            (name, FLOWS[flow["kind"]], *_thu_chi(side, flow["amount"]), None)
            for side in SIDES
            for flow in fund[side]  # type: ignore[literal-required]
        ]
        closing = (fund["receipts_total"], fund["payments_total"], fund["closing"])
        rows.append((name, "Cộng, số dư cuối kỳ", *closing))
    return Table("Thu chi theo quỹ", ("Quỹ", "Nội dung", "Thu", "Chi", "Tồn"), rows)


def _thu_chi(side: str, amount: int) -> tuple[int | None, int | None]:
    return (amount, None) if side == "receipts" else (None, amount)


def cash(report: ClubReport) -> Table:
    """Columns of form S07-DN: days of entry and of the voucher, its numbers, thu, chi, tồn."""
    book = report["money"]["cash_book"]
    opening = (None, None, None, None, "Số dư đầu kỳ", None, None, None, book["opening"])
    rows: list[Sequence[Any]] = [opening]
    for row in book["items"]:
        said = row["memo"] or FLOWS.get(row["topic"], "")
        rows.append(
            (
                _recorded(row["recorded_at"]),
                date.fromisoformat(row["occurred_on"]),
                row["receipt_voucher"],
                row["payment_voucher"],
                f"{said}: {row['member_name']}" if row["member_name"] else said,
                FUNDS[row["fund"]].removeprefix("Quỹ ").capitalize(),
                row["receipt"] or None,
                row["payment"] or None,
                row["balance"],
            )
        )
    totals = ("Cộng, số dư cuối kỳ", None, book["receipts"], book["payments"], book["closing"])
    rows.append((None, None, None, None, *totals))
    columns = ("Ngày ghi sổ", "Ngày chứng từ", "Phiếu thu", "Phiếu chi", "Diễn giải", "Quỹ")
    return Table("Sổ quỹ tiền mặt", (*columns, "Thu", "Chi", "Tồn"), rows)


def _recorded(instant: str) -> date:
    return business_date(datetime.fromisoformat(instant))


def loans(report: ClubReport) -> Table:
    rows: list[Sequence[Any]] = []
    for row in report["money"]["loan_book"]["items"]:
        paid_out = row["disbursed_on"]
        rows.append(
            (
                row["voucher"],
                date.fromisoformat(paid_out) if paid_out else None,
                row["borrower_name"] or "(đã xóa)",
                row["amount"],
                row["opening"] or None,
                row["lent"] or None,
                row["principal_paid"] or None,
                row["interest_paid"] + row["late_interest_paid"] or None,
                row["written_off"] or None,
                row["outstanding"] or None,
                row["principal_overdue"] or None,
                row["interest_due"] + row["late_interest"] or None,
                BANDS[row["band"]] if row["band"] else STEPS[row["step"]],
            )
        )
    sums = report["money"]["loan_book"]["totals"]
    rows.append(
        (
            *(None, None, "Cộng", None),
            *(sums["opening"], sums["lent"], sums["principal_paid"]),
            sums["interest_paid"] + sums["late_interest_paid"],
            *(sums["written_off"], sums["outstanding"], sums["principal_overdue"]),
            sums["interest_due"] + sums["late_interest"],
            None,
        )
    )
    return Table(
        "Sổ theo dõi vay vốn",
        (
            *("Phiếu chi", "Ngày vay", "Người vay", "Số tiền vay", "Nợ đầu kỳ", "Cho vay"),
            *("Thu gốc", "Thu lãi", "Xóa nợ", "Dư nợ", "Gốc quá hạn", "Lãi còn thiếu"),
            "Tình trạng",
        ),
        rows,
    )


def figures(report: ClubReport) -> Table:
    """Of an average the denominator is rounded down to whole đồng; the share is exact."""
    rows = [
        (
            FIGURES[one["name"]],
            one["numerator"],
            one["denominator"] // max(one["denominator_days"], 1),
            None if one["value"] is None else Decimal(one["value"]),
        )
        for one in report["money"]["figures"]
    ]
    return Table("Chỉ tiêu", ("Chỉ tiêu", "Số tiền", "Trên", "Tỷ lệ"), rows)


def accounts(report: ClubReport) -> Table:
    rows = [
        (one["account"], ACCOUNTS[one["account"]], FUNDS[one["fund"]])
        + ((one["amount"], None) if one["amount"] > 0 else (None, -one["amount"]))
        for one in report["money"]["accounts"]
    ]
    debit = sum(one["amount"] for one in report["money"]["accounts"] if one["amount"] > 0)
    rows.append(("", "Cộng", "", debit, debit))
    return Table("Số dư tài khoản", ("TK", "Tên tài khoản", "Quỹ", "Dư nợ", "Dư có"), rows)


def open_findings(report: ClubReport, titles: Mapping[str, str]) -> Table:
    """`titles` says a code in words."""
    rows: list[Sequence[Any]] = [
        (
            date.fromisoformat(one["occurred_on"]),
            "Phát hiện" if one["kind"] == "finding" else "Cảnh báo",
            titles.get(one["code"]) or REMARKS.get(one["code"], one["code"]),
            one["event_id"],
        )
        for one in report["money"]["findings"]
    ]
    return Table("Phát hiện của sổ", ("Ngày", "Loại", "Nội dung", "Mã bút toán"), rows)


def sheets(report: ClubReport, titles: Mapping[str, str]) -> list[Table]:
    """Of the workbook, in their order."""
    return [
        summary(report),
        funds(report),
        cash(report),
        loans(report),
        figures(report),
        accounts(report),
        open_findings(report, titles),
        *club_life.tables(report),
    ]


def charts(report: ClubReport) -> list[str]:
    """What was owed at the end of each step, and what went out and came back in it: SVG."""
    steps = report["money"]["steps"]
    names = step_names(report)
    owed = {"Dư nợ gốc": [step["outstanding"] for step in steps]}
    moved = {
        "Cho vay": [step["lent"] for step in steps],
        "Thu gốc": [step["principal_paid"] for step in steps],
        "Thu lãi": [step["interest_paid"] for step in steps],
    }
    return [
        columns("Dư nợ gốc cuối kỳ", names, owed),
        columns("Cho vay và thu nợ", names, moved),
    ]


def step_names(report: ClubReport) -> list[str]:
    """`03/26` of a month, `2026` of a year."""
    days = [step["until"] for step in report["money"]["steps"]]
    by_month = len({day[:7] for day in days}) == len(days) and _are_months(report)
    return [f"{day[5:7]}/{day[2:4]}" if by_month else day[:4] for day in days]


def _are_months(report: ClubReport) -> bool:
    days = [step["until"] for step in report["money"]["steps"]]
    return not days or any(day[5:7] != "12" for day in days[:-1]) or len(days) == 1


def report_pdf(report: ClubReport, titles: Mapping[str, str]) -> bytes:
    """`titles` says the code of a finding in words."""
    club = report["club"]
    places = [place for place in (club["village"], club["commune"], club["province"]) if place]
    since = f"Từ ngày {_day(report['from'])} " if report["from"] else ""
    known = report["known_at"]
    recorded = moment(datetime.fromisoformat(known)) if known else "-"
    sections = [
        section(funds(report), (3, 4, 2, 2, 2)),
        section(figures(report), (5, 2, 2, 2), charts=charts(report)),
        section(loans(report), (3, 2.3, 4, *(2.4,) * 9, 3.6), size=8, total=True, flipped=True),
        section(
            cash(report),
            (2.2, 2.2, 2.6, 2.6, 7, 3, 2.4, 2.4, 2.6),
            size=8,
            total=True,
            flipped=True,
            note=f"Theo mẫu số {CASH_BOOK}.",
        ),
        section(accounts(report), (1, 4, 3, 2, 2), total=True),
        section(open_findings(report, titles), (2, 2, 6, 6), size=8),
        section(club_life.members(report), (2, 5, 2, 2)),
        section(
            club_life.care(report),
            (6, 2, 2),
            charts=club_life.charts(report, step_names(report)),
        ),
        section(club_life.work(report), (5, 2, 2, 2, 2), total=True),
        section(club_life.meetings(report), (2, 2, 3, 2), total=True),
        section(club_life.activities(report), (5, 2, 2, 3)),
        section(club_life.warnings(report), (6, 1.2, 1.2, 1.6, 5)),
    ]
    return press.pdf(
        "report",
        {
            "title": f"Báo cáo {club['name']} {report['to']}",
            "club": {"name": club["name"], "address": ", ".join(places)},
            "period": f"{since}đến hết ngày {_day(report['to'])}",
            "sections": [one for one in sections if _has_something(one)],
            "evidence": (f"In từ nhật ký đến vị trí {report['position']}, ghi lúc {recorded}."),
            "anchor": anchor(report["log"]),
        },
    )


def section(
    table: Table,
    widths: Sequence[float],
    *,
    size: float = 9,
    total: bool = False,
    flipped: bool = False,
    note: str | None = None,
    charts: Sequence[str] = (),
) -> dict[str, Any]:
    """A table under its title; with `total` the last row is the sum of the others.

    A table nobody would sign page by page is left to the workbook, and the paper says so.
    """
    whole = list(table.rows)
    if len(whole) > LINES_MAX:
        note = f"{len(whole)} dòng, quá dài để in: xem tệp Excel của báo cáo này."
        whole = whole[-1:] if total else []
    rows = [[shown(value) for value in row] for row in whole]
    kinds = [list(column) for column in zip(*whole, strict=True)]
    aligns = [
        "right" if any(isinstance(value, int | Decimal) for value in values) else "left"
        for values in kinds
    ]
    return {
        "title": table.title,
        "note": note,
        "flipped": flipped,
        "charts": list(charts),
        "tables": [
            {
                "size": size,
                "widths": list(widths),
                "aligns": aligns or ["left"] * len(widths),
                "columns": list(table.columns),
                "rows": rows[:-1] if total else rows,
                "totals": rows[-1] if total else [],
            }
        ],
    }


def _has_something(section: dict[str, Any]) -> bool:
    table = section["tables"][0]
    return bool(table["rows"] or table["totals"] or section["note"])


def _day(text: str | None) -> str:
    return shown(date.fromisoformat(text)) if text else ""
