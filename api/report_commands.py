"""Reports handed in, and figures of clubs that keep their books on paper, as they are sent."""

import hashlib
import json

import psycopg
from fastapi import APIRouter

from api.commands import Asked, Command, register
from desk import associations
from desk.desk import Receipt
from domain.accounts.permissions import Action
from domain.clubs.reporting import (
    AcceptReport,
    EnterPaperFigures,
    LockReport,
    ReturnReport,
    SubmitReport,
)
from domain.errors import Unavailable
from domain.values import Day
from projections.province.report import province_report, span

router = APIRouter(prefix="/v1")


def _paper(asked: Asked) -> Receipt:
    command = asked.asks(paper_id=asked.desk.new_id())
    return associations.enter_paper_figures(asked.desk, asked.call, asked.at, command)


def _submit(asked: Asked) -> Receipt:
    """The figures are worked out here: nobody hands in others than the log tells."""
    position, digest = _figures(asked, asked.body.first_on, asked.body.last_on)
    command = asked.asks(report_id=asked.desk.new_id(), position=position, digest=digest)
    return associations.submit_report(asked.desk, asked.call, asked.at, command)


def _submit_again(asked: Asked) -> Receipt:
    """A report that was returned comes in again: the same period, with today's figures."""
    position, digest = _figures(asked, asked.body.first_on, asked.body.last_on)
    command = asked.asks(report_id=asked.ids["report_id"], position=position, digest=digest)
    return associations.submit_report(asked.desk, asked.call, asked.at, command)


def _figures(asked: Asked, first_on: Day, last_on: Day) -> tuple[int, str]:
    try:
        with asked.desk.log.database.transaction() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            at = span(connection, first_on, last_on)
            rows = province_report(connection, at)["rows"]
    except psycopg.errors.UndefinedTable as error:
        raise Unavailable("Sổ đọc chưa được dựng; hãy thử lại sau giây lát.") from error
    told = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return at.upto, hashlib.sha256(told.encode()).hexdigest()


def _return(asked: Asked) -> Receipt:
    report_id, command = asked.ids["report_id"], asked.asks()
    return associations.return_report(asked.desk, asked.call, asked.at, report_id, command)


def _accept(asked: Asked) -> Receipt:
    report_id, command = asked.ids["report_id"], asked.asks()
    return associations.accept_report(asked.desk, asked.call, asked.at, report_id, command)


def _lock(asked: Asked) -> Receipt:
    report_id, command = asked.ids["report_id"], asked.asks()
    return associations.lock_report(asked.desk, asked.call, asked.at, report_id, command)


_MADE = ("report_id", "position", "digest")
_PERIOD = {"occurred_on": "2026-04-05", "first_on": "2026-01-01", "last_on": "2026-03-31"}
_REPORT = "/associations/{association_id}/reports/{report_id}"
COMMANDS = (
    Command(
        "/associations/{association_id}/paper-figures",
        "enter_paper_figures",
        EnterPaperFigures,
        _paper,
        made=("paper_id",),
        permission=Action.WRITE_ASSOCIATION,
        said="Ghi số liệu đã ký của câu lạc bộ chưa dùng phần mềm",
        example={
            "occurred_on": "2026-04-02",
            "club": "CLB thôn Pác Lùng",
            "commune": "Xã Hữu Liên",
            "first_on": "2026-01-01",
            "last_on": "2026-03-31",
            "figures": {"clubs": 1, "members": 52, "capital": 30000000},
            "signatory": "Lý Văn Chủ, chủ nhiệm",
        },
    ),
    Command(
        "/associations/{association_id}/reports",
        "submit_report",
        SubmitReport,
        _submit,
        acting="submitted_by",
        made=_MADE,
        in_person=True,
        permission=Action.WRITE_ASSOCIATION,
        said="Nộp báo cáo tỉnh của một kỳ",
        example=_PERIOD,
    ),
    Command(
        f"{_REPORT}/resubmission",
        "resubmit_report",
        SubmitReport,
        _submit_again,
        acting="submitted_by",
        made=_MADE,
        in_person=True,
        permission=Action.WRITE_ASSOCIATION,
        said="Nộp lại báo cáo đã bị trả",
        example=_PERIOD,
    ),
    Command(
        f"{_REPORT}/return",
        "return_report",
        ReturnReport,
        _return,
        acting="returned_by",
        permission=Action.WRITE_ASSOCIATION,
        said="Trả lại báo cáo, kèm nhận xét",
        example={"occurred_on": "2026-04-06", "remarks": "Xem lại số thành viên xã Ba Sơn"},
    ),
    Command(
        f"{_REPORT}/acceptance",
        "accept_report",
        AcceptReport,
        _accept,
        acting="accepted_by",
        in_person=True,
        permission=Action.WRITE_ASSOCIATION,
        said="Duyệt báo cáo",
        example={"occurred_on": "2026-04-07"},
    ),
    Command(
        f"{_REPORT}/lock",
        "lock_report",
        LockReport,
        _lock,
        acting="locked_by",
        permission=Action.WRITE_ASSOCIATION,
        said="Chốt báo cáo: kỳ này không nộp lại nữa",
        example={"occurred_on": "2026-04-10"},
    ),
)

register(router, COMMANDS, "reports")
