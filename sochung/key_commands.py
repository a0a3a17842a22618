"""`sochung key`: the master key that opens names, and the keys that sign the log."""

import os
from pathlib import Path
from typing import Annotated

import typer

from sochung.evidence_commands import KEY_COMMANDS
from sochung.terminal import house, messages, wrong_usage
from store.rewrapping import rewrap

GROUP = typer.Typer(help="Khóa chủ và khóa ký (the keys).", no_args_is_help=True)


@GROUP.command("export")
def key_export_command(out: Annotated[Path, typer.Argument(metavar="OUT")]) -> None:
    """Chép khóa chủ ra một tệp để cất ở nơi khác."""
    with house() as opened:
        text = opened.keys.master.text()
    try:
        descriptor = os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        wrong_usage(f"không ghi được {out.name}: {error.strerror}")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
    messages.print(f"Đã chép khóa chủ vào {out.name}. Cất ở nơi khác, không để cùng cơ sở dữ liệu.")


@GROUP.command("rewrap")
def key_rewrap_command() -> None:
    """Thay khóa chủ, mỗi tháng một lần: mọi khóa gói lại bằng khóa mới, khóa cũ bị hủy."""
    with house() as opened:
        if opened.settings.master_key:
            wrong_usage("khóa chủ nằm ở SOCHUNG_MASTER_KEY: chỉ khóa trong tệp mới thay được")
        with opened.sharing_the_master_key() as databases:
            rewrap(databases, opened.settings.key_file)
    messages.print(
        "Đã thay khóa chủ; khóa cũ đã hủy. Hãy chép khóa mới (sochung key export) và sao lưu lại, "
        "rồi hủy bản chép khóa cũ: nó còn mở được người đã xóa trong bản sao lưu cũ."
    )


for name, command in KEY_COMMANDS.items():
    GROUP.command(name)(command)
