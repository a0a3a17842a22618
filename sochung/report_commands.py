"""`sochung report`: a club's and the province's figures of a month, a quarter or a year."""

import typer

from sochung.paper_commands import report_club_command
from sochung.province_command import report_province_command

GROUP = typer.Typer(no_args_is_help=True, help="Báo cáo của một kỳ: tháng, quý, năm.")
GROUP.command("club")(report_club_command)
GROUP.command("province")(report_province_command)
