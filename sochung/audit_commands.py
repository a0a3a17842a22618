"""Commands of an auditor's day: what to look at first, a sample, what was found, the coverage."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import typer

from audit import donors, sampling
from audit.entries import snapshot
from audit.evidence import shelf
from audit.evidence.disbursement import as_page, disbursement, people_in
from audit.unusual import unusual
from desk import evidence
from desk.desk import Call
from domain.evidence.decisions import NoteFinding
from domain.evidence.events import SampleDrawn
from domain.values import Purpose
from exchange.tables import Table
from projections import people
from sochung.evidence import signed_now
from sochung.house import House
from sochung.terminal import (
    JsonOption,
    club_named,
    house,
    print_json,
    put_table,
    screen,
    write_out,
    wrong_usage,
)

ClubOption = Annotated[str | None, typer.Option("--club", help="one club alone")]
Out = Annotated[Path | None, typer.Option("--out", help="write to a file")]

GROUP = typer.Typer(help="Kiểm toán (an auditor's work).", no_args_is_help=True)


def _day(given: str | None) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        wrong_usage(f"“{given}” không phải ngày YYYY-MM-DD")


def _id(given: str, what: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        wrong_usage(f"{what} phải là mã UUID")


@GROUP.command("loan")
def loan_command(
    loan: Annotated[str, typer.Argument(metavar="LOAN_ID")],
    as_json: JsonOption = False,
    out: Out = None,
) -> None:
    """Bằng chứng giải ngân của một khoản vay: một trang, kèm biên nhận soát được."""
    loan_id = _id(loan, "LOAN_ID")
    with house() as opened:
        signed_now(opened)
        with opened.database.connection() as connection:
            found = disbursement(connection, loan_id, opened.keys)
        opened.follower.catch_up(60)
        with opened.database.connection() as connection:
            known = people.names_of(connection, people_in(found))
    if as_json:
        print_json(found, out)
        return
    page = as_page(found, lambda id: known.get(UUID(id)))
    if out is not None:
        write_out(out, page.encode())
    else:
        screen.print(page, end="")


@GROUP.command("donors")
def donors_command(
    club: Annotated[str, typer.Argument(metavar="CLUB")],
    on: Annotated[str | None, typer.Option(help="as of a business day")] = None,
    as_json: JsonOption = False,
) -> None:
    """Báo cáo nguồn vốn: nhận, trả lại, cho vay, thu về, quá hạn của từng nguồn."""
    with house() as opened:
        club_id = club_named(opened, club)
        with snapshot(opened.database) as connection:
            told = donors.statement(connection, club_id, _day(on) or opened.desk.today)
    if as_json:
        print_json(told)
        return
    names = ("received", "returned", "lent", "back", "written_off", "outstanding", "late")
    titles = ("Nguồn", "Nhận", "Trả lại", "Cho vay", "Thu về", "Xóa nợ", "Dư nợ", "Quá hạn")
    rows = [[source, *(row[name] for name in names)] for source, row in told.items()]
    put_table(Table("Nguồn vốn", titles, rows))


@GROUP.command("unusual")
def unusual_command(club: ClubOption = None, as_json: JsonOption = False) -> None:
    """Những chỗ nên xem trước: không sai luật, nhưng sổ bình thường ít khi có."""
    with house() as opened:
        club_id = club_named(opened, club) if club else None
        with snapshot(opened.database) as connection:
            items = unusual(connection, opened.desk.today, club_id)
    if as_json:
        print_json([item.as_dict() for item in items])
        return
    rows = [[i.position, i.rule, i.as_dict()["vi"], i.event_id] for i in items]
    put_table(Table("Nên xem trước", ("Vị trí", "Mã", "Quy tắc", "Sự kiện"), rows))


@GROUP.command("sample")
def sample_command(
    seed: Annotated[str, typer.Option(help="published beforehand or drawn in public")],
    count: Annotated[int, typer.Option(min=1, max=10_000)],
    auditor: Annotated[
        str | None, typer.Option(metavar="PERSON_ID", help="records it; else it is only shown")
    ] = None,
    club: ClubOption = None,
    since: Annotated[str | None, typer.Option("--from")] = None,
    until: Annotated[str | None, typer.Option("--to")] = None,
    at_least: Annotated[int | None, typer.Option(min=1, help="đồng")] = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="of an earlier head: draw the same again")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Rút mẫu các lần giải ngân bằng mầm công khai: ai rút lại cũng ra đúng mẫu đó."""
    with house() as opened:
        club_id = club_named(opened, club) if club else None
        wanted = sampling.Wanted(club_id, _day(since), _day(until), at_least)
        signed_now(opened)
        with opened.database.connection() as connection:
            signed = shelf.at_size(connection, size) if size else shelf.latest(connection)
            if signed is None:
                wrong_usage(f"không có đầu nào được ký ở cỡ {size}")
            among = sampling.payouts(connection, signed.head.size, wanted)
        drawn = sampling.draw(seed, count, among)
        told: dict[str, Any] = {
            "seed": seed, "size": signed.head.size, "root": signed.head.root.hex(),
            "drawn_from": len(among), "drawn": [one.as_dict() for one in drawn],
        }  # fmt: skip
        if auditor is not None:
            told["sample_id"] = _recorded(opened, told, _id(auditor, "--auditor"), count, wanted)
    if as_json:
        print_json(told)
        return
    rows = [[p.occurred_on, p.amount, p.loan_id, p.event_id] for p in drawn]
    title = f"Mẫu {len(drawn)}/{len(among)} lần giải ngân, mầm “{seed}”"
    put_table(Table(title, ("Ngày", "Số tiền", "Khoản vay", "Sự kiện"), rows))
    if "sample_id" in told:
        screen.print(f"Mã mẫu: {told['sample_id']}")


def _recorded(
    opened: House, told: dict[str, Any], auditor: UUID, count: int, wanted: sampling.Wanted
) -> str:
    sample_id = opened.desk.new_id()
    event = SampleDrawn(
        occurred_on=opened.desk.today,
        sample_id=sample_id,
        auditor_id=auditor,
        seed=told["seed"],
        size=told["size"],
        root=told["root"],
        wanted=count,
        club_id=wanted.club_id,
        since=wanted.since,
        until=wanted.until,
        at_least=wanted.at_least,
        drawn_from=told["drawn_from"],
        drawn=tuple(UUID(one["event_id"]) for one in told["drawn"]),
    )
    evidence.note_sample(opened.desk, Call(str(auditor)), event)
    return str(sample_id)


@GROUP.command("finding")
def finding_command(
    event: Annotated[str, typer.Argument(metavar="EVENT_ID")],
    result: Annotated[Literal["agrees", "differs", "not-found"], typer.Argument()],
    auditor: Annotated[str, typer.Option(metavar="PERSON_ID")],
    sample: Annotated[str | None, typer.Option(metavar="SAMPLE_ID")] = None,
    code: Annotated[str | None, typer.Option(help="a short label of the auditor's own")] = None,
    note: Annotated[str | None, typer.Option(help="sealed like every memo")] = None,
) -> None:
    """Ghi kết quả đối chiếu một sự kiện với giấy tờ và với người."""
    event_id, auditor_id = _id(event, "EVENT_ID"), _id(auditor, "--auditor")
    with house() as opened:
        home = opened.log.home_of_event(event_id)
        if home is None:
            wrong_usage("không có sự kiện này")
        history, club_id = home
        command = NoteFinding(
            on=opened.desk.today,
            event_id=event_id,
            auditor_id=auditor_id,
            sample_id=_id(sample, "--sample") if sample else None,
            result=result,
            code=code,
            note=opened.desk.seal(club_id or history, Purpose.MEMO, note),
        )
        done = evidence.note_audit_finding(opened.desk, Call(str(auditor_id)), command)
    screen.print(f"Đã ghi, sự kiện {done.event_id}")


@GROUP.command("coverage")
def coverage_command(as_json: JsonOption = False) -> None:
    """Đã soát được bao nhiêu: theo từng câu lạc bộ, số lần giải ngân và số tiền."""
    with house() as opened, snapshot(opened.database) as connection:
        told = sampling.coverage(connection)
    if as_json:
        print_json(told)
        return
    titles = ("Câu lạc bộ", "Giải ngân", "Số tiền", "Trong mẫu", "Tiền trong mẫu", "Đã xem", "Khác")
    rows = [[club, *row.values()] for club, row in told.items()]
    put_table(Table("Độ phủ kiểm toán", titles, rows))
