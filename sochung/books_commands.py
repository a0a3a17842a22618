"""Commands that read and fill the books."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError

from api.titles import TITLES
from desk.desk import KINDS
from domain.errors import Unavailable
from domain.loans.schedule import ScheduleRequest, schedule
from exchange.journals import beancount, hledger
from exchange.tables import Table, dong
from exchange.workbook.faults import Fault
from projections import clubs, duplicates, findings, ledger, loans, people, views
from projections.journal import journal
from projections.portfolio import portfolio
from projections.times import seen
from projections.vietnamese import folded
from sochung.terminal import (
    DONE,
    REFUSED,
    USAGE,
    AsOf,
    Club,
    From,
    JsonOption,
    KnownAt,
    Out,
    To,
    club_named,
    day_given,
    house,
    instant_given,
    member_named,
    messages,
    print_json,
    print_text,
    put_table,
    screen,
    write_out,
    wrong_usage,
)
from store.mapper import UnknownEvent

if TYPE_CHECKING:
    from exchange.importing import ImportReport


class Paper(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


class LedgerPaper(StrEnum):
    """The ledger is also a plain-text journal for the accounting programs of others."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    HLEDGER = "hledger"
    BEANCOUNT = "beancount"


Format = Annotated[Paper, typer.Option()]

_JOURNALS = {LedgerPaper.HLEDGER: hledger.write, LedgerPaper.BEANCOUNT: beancount.write}


def schedule_command(
    principal: Annotated[int | None, typer.Option(help="đồng")] = None,
    rate: Annotated[str | None, typer.Option(help="percent, e.g. 0.7")] = None,
    per: Annotated[str, typer.Option(help="month or year")] = "month",
    instalments: Annotated[int | None, typer.Option()] = None,
    method: Annotated[str, typer.Option()] = "equal_principal",
    start: Annotated[str | None, typer.Option("--from", metavar="D")] = None,
    every: Annotated[str, typer.Option(help="e.g. 1 month, 2 week, 1 quarter")] = "1 month",
    grace_principal: Annotated[int, typer.Option()] = 0,
    grace_interest_payment: Annotated[int, typer.Option()] = 0,
    round_instalment_to: Annotated[int, typer.Option()] = 1,
    round_interest_to: Annotated[int, typer.Option()] = 1,
    rounding: Annotated[str, typer.Option(help="half_up, half_even or down")] = "half_up",
    balloon: Annotated[int | None, typer.Option()] = None,
    file: Annotated[Path | None, typer.Option(help="the body of POST /v1/loan-schedules")] = None,
    as_json: JsonOption = False,
) -> None:
    """Lịch trả nợ của một khoản vay; không ghi gì vào sổ."""
    if file is not None:
        try:
            body = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=_no_doubles)
        except (OSError, ValueError, RecursionError) as error:
            wrong_usage(f"không đọc được {file.name}: {error}")
    else:
        count, _, unit = every.partition(" ")
        body = {
            "principal": principal,
            "from": start,
            "instalments": instalments,
            "every": {
                "count": int(count) if count.isascii() and count.isdecimal() else count,
                "unit": unit.strip(),
            },
            "rate": {"percent": rate, "per": per} if rate is not None else None,
            "method": method,
            "grace_principal": grace_principal,
            "grace_interest_payment": grace_interest_payment,
            "round_instalment_to": round_instalment_to,
            "round_interest_to": round_interest_to,
            "rounding": rounding,
            "balloon": balloon,
        }
    try:
        made = schedule(ScheduleRequest.model_validate(body))
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            where = ".".join(str(part) for part in fault["loc"]) or "body"
            messages.print(f"[red]malformed[/red] {where}: ", end="")
            messages.print(fault["msg"], markup=False)
        raise typer.Exit(USAGE) from None
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    put_table(
        Table(
            title="Lịch trả nợ",
            columns=("Kỳ", "Ngày", "Gốc", "Lãi", "Cộng", "Còn nợ"),
            rows=[
                (r.number, r.due_on, r.principal, r.interest, r.total, r.outstanding_after)
                for r in made.instalments
            ],
        )
    )
    screen.print(f"Cộng {dong(made.total)}: gốc {dong(made.total_principal)}, ", end="")
    screen.print(f"lãi {dong(made.total_interest)}")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("một mục được ghi hai lần")
    return dict(pairs)


def import_command(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option(help="check everything, store nothing")] = False,
    as_in_book: Annotated[
        str | None, typer.Option(metavar="ROWS", help='let stand, e.g. "Cho vay:12,Trả nợ:33"')
    ] = None,
    by: Annotated[str | None, typer.Option(help="who lets these rows stand")] = None,
    and_by: Annotated[str | None, typer.Option("--and", help="the second person")] = None,
    as_json: JsonOption = False,
) -> None:
    """Nhập sổ Excel của một câu lạc bộ: nhập hết hoặc không nhập gì."""
    from exchange.importing import LetStand, import_book, sheets_and_rows

    if as_in_book is None and (by or and_by):
        wrong_usage("--by và --and đi cùng --as-in-book")
    stand = None
    if as_in_book is not None:
        stand = LetStand(sheets_and_rows(as_in_book), by, and_by)
    with house() as opened, messages.status("Đang đọc sổ …"):
        report = import_book(opened.desk, opened.follower, book, dry_run=dry_run, let_stand=stand)
    if as_json:
        print_json(import_view(report))
    else:
        _say_import(report, dry_run)
    raise typer.Exit(REFUSED if report.rejected else DONE)


KINDS_OF_ROWS = {
    "members": "thành viên",
    "capital": "nguồn vốn",
    "loans": "khoản vay",
    "repayments": "lần trả nợ",
    "operating": "thu chi quỹ hoạt động",
    "cash_counts": "kiểm kê quỹ",
    "neighbours": "hàng xóm",
    "volunteers": "tình nguyện viên",
    "visits": "lượt chăm sóc",
    "shifts": "lượt công",
    "group_works": "đợt công chung",
    "meetings": "buổi sinh hoạt",
}


def import_view(report: "ImportReport") -> dict[str, Any]:
    """The shape that interface.md fixes, and what else there is to say."""

    def fault(one: Fault) -> dict[str, Any]:
        return {
            "sheet": one.sheet,
            "row": one.row,
            "column": one.column,
            "code": one.code,
            "message": one.message,
        }

    return {
        "club_id": str(report.club_id) if report.club_id else None,
        "import_id": str(report.import_id) if report.import_id else None,
        "accepted": {
            kind: 0 if report.rejected else report.accepted.get(kind, 0) for kind in KINDS_OF_ROWS
        },
        "known": report.known,
        "rejected": [fault(one) for one in report.rejected],
        "rejected_not_listed": report.left_out,
        "warnings": [fault(one) for one in report.warnings],
        "totals": report.totals,
    }


def _say_import(report: "ImportReport", dry_run: bool) -> None:
    for one in report.rejected:
        where = f"{one.sheet}, dòng {one.row}" if one.row else one.sheet
        column = f", cột {one.column}" if one.column else ""
        messages.print(f"[red]{one.code}[/red] ", end="")
        messages.print(f"{where}{column}: {one.message}", markup=False)
    for one in report.warnings:
        where = f"{one.sheet}, dòng {one.row}" if one.row else one.sheet
        messages.print(f"[yellow]{one.code}[/yellow] ", end="")
        messages.print(f"{where}: {one.message}", markup=False)
    if report.rejected:
        more = f" và {report.left_out} lỗi nữa" if report.left_out else ""
        messages.print(f"Không nhập gì: {len(report.rejected)} lỗi{more}.")
        return
    new = ", ".join(f"{n} {KINDS_OF_ROWS[kind]}" for kind, n in report.accepted.items() if n)
    verb = "Sẽ nhập" if dry_run else "Đã nhập"
    nothing = "Đã lập câu lạc bộ, chưa có dòng nào." if report.import_id else "Không có dòng mới."
    screen.print(f"{verb} {new}." if new else nothing)
    if report.totals:
        screen.print(
            f"Dư nợ {dong(report.totals['principal_outstanding'])}, "
            f"tiền quỹ vay {dong(report.totals['loan_fund_cash'])}, "
            f"tiền quỹ hoạt động {dong(report.totals['operating_fund_cash'])}."
        )
    if report.import_id:
        screen.print(f"Mã lần nhập: {report.import_id}")


def import_undo_command(
    import_id: Annotated[UUID, typer.Argument(metavar="IMPORT_ID")],
) -> None:
    """Hoàn tác một lần nhập khi chưa có gì dựa trên nó."""
    from exchange.undoing import undo_import

    with house() as opened:
        undo_import(opened.desk, opened.follower, import_id)
    messages.print("Đã hoàn tác.")


def template_command(
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", dir_okay=False)],
    club: Annotated[
        str | None, typer.Option(metavar="CLUB", help="filled in with this club's own book")
    ] = None,
) -> None:
    """Sổ Excel để trống cho câu lạc bộ ghi, hoặc chép sổ đang có; `sochung import` nhận lại."""
    from exchange import filling, template

    book = template.Book()
    if club is not None:
        with house() as opened:
            book = filling.own_book(opened.desk, club_named(opened, club))
    paper = io.BytesIO()
    template.write(book, paper)
    write_out(out, paper.getvalue())
    for note in filter(None, book.notes):
        messages.print(note, markup=False)


def clubs_command(
    format: Format = Paper.TEXT, out: Out = None, as_json: JsonOption = False
) -> None:
    """Các câu lạc bộ."""
    with house() as opened:
        opened.follower.catch_up()
        with opened.database.connection() as connection:
            rows = clubs.all_clubs(connection)
    if as_json or format is Paper.JSON:
        print_json([views.club_view(row) for row in rows], out)
        return
    columns = ("Mã", "Câu lạc bộ", "Thôn", "Xã", "Tỉnh", "Thành lập")
    listed = [(r.club_id, r.name, r.village, r.commune, r.province, r.founded_on) for r in rows]
    put_table(Table("Câu lạc bộ", columns, listed), format, out)


def members_command(
    club: Club,
    search: Annotated[str | None, typer.Option("--q", help="part of a name, tones or not")] = None,
    format: Format = Paper.TEXT,
    out: Out = None,
    as_json: JsonOption = False,
) -> None:
    """Thành viên của một câu lạc bộ, xếp theo tên."""
    with house() as opened:
        club_id = club_named(opened, club)
        with opened.database.connection() as connection:
            wanted = folded(search) if search else None
            rows = [row for _, row in clubs.members(connection, club_id, search=wanted)]
    if as_json or format is Paper.JSON:
        print_json([views.member_view(row) for row in rows], out)
        return
    columns = ("Họ và tên", "Năm sinh", "Giới", "Diện hộ", "Ngày vào", "Ngày ra", "TNV")
    sexes = {"female": "Nữ", "male": "Nam", None: None}
    classes = {
        "poor": "Hộ nghèo",
        "near_poor": "Hộ cận nghèo",
        "escaped": "Mới thoát nghèo",
        "difficult": "Hoàn cảnh khó khăn",
    }
    listed = [
        (
            r.name or "(đã xóa)",
            str(r.birth_year or ""),
            sexes[r.sex],
            classes.get(r.household_class or ""),
            r.joined_on,
            r.left_on,
            r.volunteer,
        )
        for r in rows
    ]
    put_table(Table("Thành viên", columns, listed), format, out)


def duplicates_command(
    club: Club, format: Format = Paper.TEXT, out: Out = None, as_json: JsonOption = False
) -> None:
    """Những người có thể ghi hai lần: tên, năm sinh và nơi ở giống nhau."""
    with house() as opened:
        club_id = club_named(opened, club)
        with opened.database.connection() as connection:
            pairs = duplicates.of_club(connection, club_id)
    columns = ("id", "name", "birth_year", "duplicate_id", "duplicate_name", "score")
    listed = [
        (
            str(pair.person_id),
            pair.name,
            pair.birth_year,
            str(pair.duplicate.person_id),
            pair.duplicate.name,
            pair.duplicate.score,
        )
        for pair in pairs
    ]
    if as_json or format is Paper.JSON:
        print_json([dict(zip(columns, row, strict=True)) for row in listed], out)
        return
    titles = ("Mã", "Họ và tên", "Năm sinh", "Mã kia", "Họ và tên kia", "Điểm")
    plain = [(*row[:2], str(row[2] or ""), *row[3:5], str(row[5])) for row in listed]
    put_table(Table("Có thể trùng", titles, plain), format, out)


def findings_command(
    club: Club,
    is_open: Annotated[
        bool | None, typer.Option("--open/--settled", help="only those still open, or no longer")
    ] = None,
    format: Format = Paper.TEXT,
    out: Out = None,
    as_json: JsonOption = False,
) -> None:
    """Phát hiện và cảnh báo của một câu lạc bộ: còn mở, hay ai đã xử lý và vì sao."""
    with house() as opened:
        club_id = club_named(opened, club)
        with opened.database.connection() as connection:
            rows = findings.of_club(connection, club_id, is_open=is_open)
            shown = findings.finding_views(connection, rows, opened.keys)
    if as_json or format is Paper.JSON:
        print_json(shown, out)
        return
    columns = ("Ngày", "Loại", "Nội dung", "Trạng thái", "Người xử lý", "Lý do", "Mã bút toán")
    listed = [
        (
            row.occurred_on,
            "Phát hiện" if row.kind == "finding" else "Cảnh báo",
            TITLES.get(row.code, (row.code,))[0],
            "Còn mở" if row.open else "Đã đảo" if row.reversed else "Đã xử lý",
            one["settled_by_name"],
            one["reason"],
            row.event_id,
        )
        for row, one in zip(rows, shown, strict=True)
    ]
    put_table(Table("Phát hiện và cảnh báo", columns, listed), format, out)


def ledger_command(
    club: Club,
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    format: Annotated[LedgerPaper, typer.Option()] = LedgerPaper.TEXT,
    out: Out = None,
    as_json: JsonOption = False,
) -> None:
    """Sổ cái: từng dòng bút toán của câu lạc bộ."""
    first, last, day, instant = (
        day_given(since),
        day_given(until),
        day_given(as_of),
        instant_given(known_at),
    )
    if first and last and first > last:
        wrong_usage("--from sau --to")
    with house() as opened:
        club_id = club_named(opened, club)
        if format in _JOURNALS and not as_json:
            ends = [one for one in (last, day) if one is not None]
            with opened.database.connection() as connection:
                last = min(ends, default=opened.desk.today)
                then = seen(connection, club_id, last, instant)
                made = journal(connection, then, since=first)
                club_row = clubs.one_club(connection, club_id)
            assert club_row is not None, "club_named found it"
            print_text(_JOURNALS[format](made, club_row.name), out)
            return
        with opened.database.connection() as connection:
            postings = list(
                ledger.lines(
                    connection,
                    club_id,
                    since=first,
                    until=last,
                    as_of=day,
                    known_at=instant,
                )
            )
            names = people.names_of(
                connection, [p.member_id for p in postings if p.member_id is not None]
            )
        shown = list(views.ledger_lines(postings, opened.keys))
    if as_json or format is LedgerPaper.JSON:
        print_json(shown, out)
        return
    columns = ("Ngày", "Số phiếu", "Quỹ", "TK", "Nợ", "Có", "Thành viên", "Diễn giải")
    listed = [
        (
            posting.occurred_on,
            posting.voucher,
            posting.fund,
            posting.account,
            posting.amount if posting.amount > 0 else None,
            -posting.amount if posting.amount < 0 else None,
            names.get(posting.member_id) if posting.member_id else None,
            line["memo"],
        )
        for posting, line in zip(postings, shown, strict=True)
    ]
    put_table(Table("Sổ cái", columns, listed), format, out)


def balances_command(
    club: Club, as_of: AsOf = None, known_at: KnownAt = None, as_json: JsonOption = False
) -> None:
    """Số dư từng tài khoản theo quỹ."""
    day, instant = day_given(as_of), instant_given(known_at)
    with house() as opened:
        club_id = club_named(opened, club)
        with opened.database.connection() as connection:
            rows = ledger.balances(connection, club_id, as_of=day, known_at=instant)
    view = views.balances_view(rows)
    if as_json:
        print_json(view)
        return
    put_table(Table("Số dư", ("Quỹ", "TK", "Số dư"), [(r.fund, r.account, r.amount) for r in rows]))
    screen.print(
        f"Tiền mặt {dong(view['cash'])}, ngân hàng {dong(view['bank'])}, "
        f"dư nợ {dong(view['principal_outstanding'])}; cộng các tài khoản {dong(view['sum'])}"
    )


def loans_command(
    club: Club,
    member: Annotated[str | None, typer.Option(help="one member's loans")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    format: Format = Paper.TEXT,
    out: Out = None,
    as_json: JsonOption = False,
) -> None:
    """Các khoản vay của một câu lạc bộ."""
    day, instant = day_given(as_of), instant_given(known_at)
    with house() as opened:
        club_id = club_named(opened, club)
        borrower = None if member is None else member_named(opened, club_id, member)
        with opened.database.connection() as connection:
            if day or instant:
                at = seen(connection, club_id, day or opened.desk.today, instant)
                then = [loan.row for loan in portfolio(connection, at)]
                rows = [row for row in then if row.step != "withdrawn"]
            else:
                rows = loans.of_club(connection, club_id)
            rows = [r for r in rows if borrower is None or r.borrower_id == borrower]
            names = people.names_of(connection, [r.borrower_id for r in rows])
    if as_json or format is Paper.JSON:
        print_json([views.loan_view(row, names.get(row.borrower_id)) for row in rows], out)
        return
    columns = ("Ngày", "Số phiếu", "Người vay", "Số tiền", "Còn nợ", "Lãi đã trả", "Bước", "Mã")
    steps = {
        "requested": "đề nghị",
        "approved": "đã duyệt",
        "rejected": "không duyệt",
        "disbursed": "đang vay",
        "settled": "tất toán",
        "written_off": "xóa nợ",
    }
    listed = [
        (
            r.disbursed_on,
            r.voucher,
            names.get(r.borrower_id, "(đã xóa)"),
            r.amount,
            r.outstanding,
            r.interest_paid,
            steps.get(r.step, r.step),
            r.loan_id,
        )
        for r in rows
    ]
    put_table(Table("Sổ theo dõi vay vốn", columns, listed), format, out)


def check_command(as_json: JsonOption = False) -> None:
    """Tính lại mọi số dư, số phiếu và đẳng thức quỹ bằng đường khác; chỉ ra sự kiện sai."""
    from audit.checks import run as run_checks

    with house() as opened:
        # What nobody understands stops the follower; the check is there to name it.
        with suppress(UnknownEvent, Unavailable):
            opened.follower.catch_up(60)
        with messages.status("Đang kiểm tra …"):
            report = run_checks(opened.database, KINDS)
    if as_json:
        print_json(report.as_dict())
    else:
        for finding in report.findings:
            where = f" [vị trí {finding.position}]" if finding.position else ""
            screen.print(f"{finding.level} {finding.check}: {finding.message}{where}", markup=False)
        checked = ", ".join(f"{name} {n}" for name, n in report.checked.items())
        screen.print(f"Đã kiểm tra đến vị trí {report.head}: {checked}.")
        screen.print("Không có sai lệch." if report.clean else "CÓ SAI LỆCH.")
    raise typer.Exit(DONE if report.clean else REFUSED)


COMMANDS: dict[str, Callable[..., None]] = {
    "schedule": schedule_command,
    "import": import_command,
    "import-undo": import_undo_command,
    "template": template_command,
    "clubs": clubs_command,
    "members": members_command,
    "duplicates": duplicates_command,
    "loans": loans_command,
    "ledger": ledger_command,
    "balances": balances_command,
    "findings": findings_command,
    "check": check_command,
}
