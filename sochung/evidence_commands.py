"""Commands for auditors: the signed head, receipts, and what an outsider takes away."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal
from uuid import UUID

import typer
from rich.progress import Progress

from audit.evidence import attachments, bundle, shelf, verifier
from audit.evidence import timestamp as stamps
from audit.evidence.attachments import Attachment
from audit.evidence.checkpoint import parse_head
from audit.evidence.note import Signer, is_name, parse
from audit.evidence.signing import read_witness, witness_key, write_keys
from desk.attachments import attach
from desk.desk import Call
from domain.loans.commands import AttachFile
from domain.values import business_date, utc_now
from sochung import backup
from sochung.evidence import LogKeys, make_bundle, open_integrator, signed_now
from sochung.house import House
from sochung.settings import Settings
from sochung.terminal import (
    DONE,
    JsonOption,
    club_named,
    house,
    messages,
    print_json,
    refused,
    write_out,
    wrong_usage,
)
from store.attachments import kept
from store.attachments import opened as opened_file

LOOK_SECONDS = 5.0

Out = Annotated[Path | None, typer.Option("--out", help="write to a file")]


def checkpoint_command(
    timestamp: Annotated[
        Path | None,
        typer.Option(metavar="FILE.tsr", help="keep a time stamp fetched elsewhere", exists=True),
    ] = None,
    timestamp_query: Annotated[
        Path | None, typer.Option(metavar="OUT.tsq", help="the question to an authority")
    ] = None,
    timestamp_url: Annotated[
        str | None, typer.Option(metavar="URL", help="ask this authority (RFC 3161)")
    ] = None,
    authorities: Annotated[
        Path | None,
        typer.Option("--ca", metavar="CA.pem", help="certificates to trust", exists=True),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ký và in đầu nhật ký (checkpoint): cỡ, gốc, chữ ký; kèm dấu thời gian nếu muốn."""
    if (timestamp or timestamp_url) and authorities is None:
        wrong_usage("dấu thời gian cần --ca: chứng thư của nơi đóng dấu mà mình tin")
    with house() as opened:
        note = signed_now(opened)
        keys = LogKeys(opened)
        key = str(keys.read().key) if opened.integrator_url else None
        with _stamping():
            if timestamp_query is not None:
                write_out(timestamp_query, stamps.question(note.encode()))
            if timestamp_url is not None:
                answer = stamps.asked(timestamp_url, stamps.question(note.encode()))
                _keep_stamp(opened, answer, authorities)
            if timestamp is not None:
                _keep_stamp(opened, timestamp.read_bytes(), authorities)
    if not as_json:
        sys.stdout.write(note)
        return
    head, _ = parse_head(note.split("\n\n")[0] + "\n")
    print_json(
        {
            "origin": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "fingerprint": head.fingerprint,
            "note": note,
            "key": key,
        }
    )


@contextmanager
def _stamping() -> Iterator[None]:
    try:
        yield
    except stamps.StampRefused as error:
        refused("timestamp-refused", str(error))


def _keep_stamp(opened: House, token: bytes, authorities: Path | None) -> None:
    assert authorities is not None, "it was asked for"
    with opened.database.connection() as connection:
        rows = connection.execute("SELECT note FROM evidence.checkpoints ORDER BY size DESC")
        note = stamps.verified(token, (note.encode() for (note,) in rows), authorities)
    size = int(note.split(b"\n", 2)[1])
    kept_as = stamps.keep(LogKeys(opened).stamps, size, note, token)
    messages.print(f"Đã giữ dấu thời gian {kept_as.name} của đầu nhật ký {size} sự kiện.")


def receipt_command(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID")],
    out: Out = None,
    photos: Annotated[
        Path | None, typer.Option(help="a folder for the photos beside it", file_okay=False)
    ] = None,
) -> None:
    """Biên nhận của một sự kiện (tlog-proof), soát được mà không cần chúng tôi."""
    wanted = _uuid(event_id, "EVENT_ID")
    with house() as opened:
        signed_now(opened)
        with opened.database.connection() as connection:
            text = shelf.receipt(connection, wanted).text()
            beside = attachments.beside(connection, [wanted])
        gone = attachments.erased(opened.keys, beside)
        for one in beside:
            messages.print(f"{one.name}  {one.file.sha256}" + "  (đã xóa)" * (one.id in gone))
            if photos is not None:
                _save(opened, one, photos)
    if out is None:
        sys.stdout.write(text)
    else:
        write_out(out, text.encode())


def _uuid(given: str, name: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        wrong_usage(f"{name} phải là mã UUID")


def _save(opened: House, one: Attachment, folder: Path) -> None:
    closed = kept(opened.database, one.file)
    content = opened_file(opened.keys, one.file, closed) if closed else None
    if content is not None:
        folder.mkdir(parents=True, exist_ok=True)
        write_out(folder / one.name, content)


def attach_command(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    kind: Annotated[Literal["voucher", "vote", "count", "use"], typer.Option()],
    by: Annotated[str, typer.Option(metavar="PERSON_ID", help="who adds it")],
) -> None:
    """Kèm ảnh hoặc bản quét (JPEG, PNG, WebP, PDF) của phiếu, biên bản, kiểm kê vào bút toán."""
    command = AttachFile(
        event_id=_uuid(event_id, "EVENT_ID"), shows=kind, attached_by=_uuid(by, "--by")
    )
    with house() as opened:
        if file.stat().st_size > opened.settings.attachment_bytes:
            wrong_usage(f"{file.name} lớn hơn {opened.settings.attachment_bytes} byte")
        done = attach(opened.desk, Call(by), command, file.read_bytes())
    sys.stdout.write(f"{done.id}\n")


def bundle_command(
    out: Annotated[Path, typer.Argument(metavar="OUT.zip")],
    club: Annotated[str | None, typer.Option(help="one club alone")] = None,
    previous: Annotated[
        Path | None, typer.Option(help="a head the auditor holds", exists=True, dir_okay=False)
    ] = None,
    with_care: Annotated[
        bool, typer.Option(help="contents of care histories too: only with permission")
    ] = False,
    with_photos: Annotated[
        bool, typer.Option(help="photos of papers in the clear: only with permission")
    ] = False,
) -> None:
    """Gói bằng chứng cho kiểm toán ngoài: soát được ngoại tuyến, không cần tin ai."""
    with house() as opened, Progress(console=messages, transient=True) as progress:
        club_id = club_named(opened, club) if club is not None else None
        keys = LogKeys(opened)
        held = shelf.checked(previous.read_bytes(), keys.read().trusted) if previous else None
        scope = bundle.Scope(club_id, with_care, held.head.size if held else None)
        task = progress.add_task("Đang gói", total=None)
        count, signed = make_bundle(
            opened,
            out,
            scope,
            lambda done, all: progress.update(task, completed=done, total=all),
            with_photos=with_photos,
        )
    messages.print(
        f"{out.name}: {count} mục, nhật ký {signed.head.size} sự kiện, "
        f"vân tay {signed.head.fingerprint}"
    )


def verify_command(
    bundle_file: Annotated[str, typer.Argument(metavar="BUNDLE.zip")],
    key: Annotated[list[str], typer.Option(metavar="VKEY", help="from paper, not the bundle")],
    previous: Annotated[str | None, typer.Option(help="a checkpoint or bundle kept before")] = None,
    paper: Annotated[
        list[str] | None,
        typer.Option(metavar='"SIZE FINGERPRINT"', help="as a statement or voucher prints it"),
    ] = None,
    keep: Annotated[str | None, typer.Option(help="keep the accepted head in this file")] = None,
    cosign: Annotated[
        Path | None,
        typer.Option(help="sign the kept head as a witness, with this key", exists=True),
    ] = None,
    lang: Annotated[str, typer.Option(help="vi or en")] = "vi",
    as_json: JsonOption = False,
) -> None:
    """Soát một gói bằng chứng hay biên nhận, ngoại tuyến; cùng tệp verify.py trong gói."""
    if cosign is not None and keep is None:
        wrong_usage("--cosign ký vào đầu được giữ, nên cần --keep")
    told = [bundle_file, "--lang", lang]
    for one in key:
        told += ["--key", one]
    for one in paper or ():
        told += ["--paper", one]
    for name, value in (("--previous", previous), ("--keep", keep)):
        told += [name, value] if value is not None else []
    status = verifier.main([*told, "--json"] if as_json else told)
    if status == DONE and cosign is not None and keep is not None:
        _cosign(Path(keep), read_witness(cosign))
    raise typer.Exit(status)


def _cosign(kept: Path, witness: Signer) -> None:
    """A line that says: this head I saw, then, and it continued what I had seen (C2SP
    tlog-cosignature). Two witnesses who compare such heads exclude two parallel logs."""
    note = kept.read_text(encoding="utf-8")
    line = witness.cosigned_line(parse(note.encode())[0], int(time.time()))
    write_out(kept, (note + line).encode())
    messages.print(f"Đã ký làm chứng; khóa kiểm chứng: {witness.key}")


def make_witness_command(
    out: Annotated[Path, typer.Argument(metavar="OUT")],
    name: Annotated[str, typer.Option(help="what the witness is called in its lines")],
) -> None:
    """Tạo khóa cho người làm chứng (kiểm toán, hội): `verify --cosign` ký bằng khóa này."""
    if not is_name(name):
        wrong_usage("tên không được trống, không có dấu cách và dấu +")
    if out.exists():
        wrong_usage(f"{out.name} đã có")
    write_keys(out, witness_key(name))
    sys.stdout.write(f"{read_witness(out).key}\n")


def backup_command(
    out: Annotated[Path, typer.Argument(metavar="OUT")],
    every: Annotated[
        int | None, typer.Option(min=1, metavar="DAYS", help="OUT is a folder that keeps copies")
    ] = None,
) -> None:
    """Sao lưu cả cơ sở dữ liệu kèm đầu nhật ký đã ký; --every giữ các bản trong một thư mục."""
    if every is not None:
        _keep_copies(out, every * 86_400, _until_told(None))
        return
    with house() as opened:
        head = backup.make(opened, out)
    messages.print(f"{out.name}: {head.size} sự kiện, vân tay {head.fingerprint}")


def _keep_copies(folder: Path, seconds: float, stop: Callable[[], bool]) -> None:
    """A copy whenever the newest is old enough; a folder that is away (a USB stick) is waited for.

    Nothing is ever deleted here.
    """
    told = ""
    while not stop():
        if not folder.is_dir():
            said = f"Chưa thấy {folder.name}; sẽ sao lưu khi cắm lại."
        else:
            said = ""
            newest = backup.newest(folder)
            if newest is None or time.time() - newest >= seconds:
                out = folder / f"sochung-{business_date(utc_now())}{backup.SUFFIX}"
                with house() as opened:
                    head = backup.make(opened, out)
                messages.print(f"{out.name}: {head.size} sự kiện, vân tay {head.fingerprint}")
        if said and said != told:
            messages.print(said)
        told = said
        time.sleep(LOOK_SECONDS)


def restore_command(
    source: Annotated[Path, typer.Argument(metavar="IN", exists=True, dir_okay=False)],
    as_json: JsonOption = False,
) -> None:
    """Khôi phục; chỉ thay vào khi gốc tính lại đúng gốc đã ký và `check` sạch."""
    done = backup.restore(Settings(), source, lambda text: messages.print(text))
    ahead = done.kept.size if done.kept and done.kept.size > done.events else None
    if as_json:
        print_json(
            {
                "signed": done.head.size,
                "root": done.head.root.hex(),
                "events": done.events,
                "clean": done.report.clean,
                "kept_aside": done.aside,
                "signed_beyond": ahead,
                "forgotten": done.forgotten,
            }
        )
    messages.print(f"Đã khôi phục {done.events} sự kiện; gốc đúng, check sạch.")
    if done.forgotten:
        messages.print(f"Đã xóa lại {done.forgotten} lần xóa dữ liệu cá nhân có sau bản sao lưu.")
    if done.aside:
        messages.print(f"Cơ sở dữ liệu cũ được giữ lại với tên {done.aside}.")
    if ahead is not None:
        messages.print(
            f"Nơi này đã ký {ahead} sự kiện, nhiều hơn bản sao lưu: nhật ký sẽ không được ký "
            "tiếp, để không ai có hai nhật ký. Xem README, mục khôi phục."
        )


def integrate_command(
    once: Annotated[bool, typer.Option(help="sign the log as it stands and stop")] = False,
    beside: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Ghi mọi sự kiện vào cây Merkle và ký đầu nhật ký; `serve` tự chạy việc này."""
    with house() as opened:
        keys = LogKeys(opened)
        keys.ready()
        integrator = open_integrator(opened, keys)
        if once:
            integrator.catch_up(3600)
            return
        integrator.run(_until_told(beside))


def _until_told(beside: int | None) -> Callable[[], bool]:
    """Until a signal comes, or the service that started us is gone."""
    told: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        told.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return lambda: bool(told) or (beside is not None and os.getppid() != beside)


def show_key_command() -> None:
    """In khóa kiểm chứng của nhật ký, để chép ra giấy cho kiểm toán."""
    with house() as opened:
        sys.stdout.write(f"{LogKeys(opened).ready().key}\n")
    file = Path(verifier.__file__).read_bytes()
    messages.print(f"SHA-256 của verify.py: {sha256(file).hexdigest()}")


def rotate_key_command(
    lost: Annotated[bool, typer.Option(help="the old key is lost or stolen")] = False,
) -> None:
    """Đổi khóa ký của nhật ký; đầu tiếp theo do cả hai khóa ký, trừ khi khóa cũ đã mất."""
    with house() as opened:
        key = LogKeys(opened).rotate(lost=lost).key
    messages.print("Nhật ký từ nay ký bằng khóa mới. Khóa kiểm chứng:")
    sys.stdout.write(f"{key}\n")


def accept_head_command(
    head: Annotated[Path, typer.Argument(metavar="CHECKPOINT", exists=True, dir_okay=False)],
) -> None:
    """Trả lại đầu đã ký cho nơi giữ nó ngoài cơ sở dữ liệu (từ kiểm toán hoặc bản sao lưu)."""
    with house() as opened:
        keys = LogKeys(opened)
        trusted = keys.read().trusted
        kept = keys.kept.read(trusted)
        given = shelf.checked(head.read_bytes(), trusted)
        if kept is not None and kept.size > given.head.size:
            wrong_usage(f"đã giữ đầu mới hơn ({kept.size} sự kiện)")
        keys.kept.write(given.note)


COMMANDS: dict[str, Callable[..., None]] = {
    "checkpoint": checkpoint_command,
    "receipt": receipt_command,
    "attach": attach_command,
    "bundle": bundle_command,
    "verify": verify_command,
    "backup": backup_command,
    "restore": restore_command,
    "integrate": integrate_command,
}
KEY_COMMANDS: dict[str, Callable[..., None]] = {
    "show": show_key_command,
    "rotate": rotate_key_command,
    "accept-head": accept_head_command,
    "witness": make_witness_command,
}
