"""Papers as they come out of the press, read back by poppler: nothing cut, every letter right."""

import hashlib
import os
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from desk import books
from desk.desk import Desk
from domain.errors import NotFound
from domain.loans.accounts import DENOMINATIONS, Fund
from domain.loans.commands import CountCash, ReceiveDues
from exchange.in_words import dong_in_words
from exchange.paper.count import count_pdf
from exchange.paper.health import health_pdf
from exchange.paper.meeting import Expected, expected, meeting_pdf
from exchange.paper.statement import Account, address, sentences, standing, statements_pdf
from exchange.paper.voucher import code, voucher_pdf
from projections import clubs
from projections.follower import Follower
from projections.portfolio import portfolio
from projections.slips import events_of_voucher, slips_of
from projections.times import Seen, seen
from scene_of_care import CareVillage
from store.database import Database
from tests.audit.wholebook import WholeBook
from village import SYSTEM, Village

APRIL, MAY = date(2026, 4, 10), date(2026, 5, 10)
# Every stacked sign, in both cases.
HARD = "Nguyễn Thị Phượng Ỷ Ưỡn Ặng Ữ ẵ ỗ ậ đ Đ"


def poppler(name: str, *arguments: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here (Debian: apt-get install poppler-utils)")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Paper:
    """A PDF, and what another program reads in it."""

    def __init__(self, content: bytes, folder: Path) -> None:
        assert content.startswith(b"%PDF-")
        self.content = content
        self.file = folder / f"{hashlib.sha256(content).hexdigest()[:12]}.pdf"
        self.file.write_bytes(content)

    @property
    def text(self) -> str:
        """With every run of blanks as one, so that a broken line is still a sentence."""
        return " ".join(poppler("pdftotext", "-layout", str(self.file), "-").split())

    def told(self, name: str) -> str:
        lines = poppler("pdfinfo", str(self.file)).splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith(name))

    @property
    def pages(self) -> int:
        return int(self.told("Pages"))


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)


class Club(Village):
    def __init__(self, desk: Desk, follower: Follower) -> None:
        super().__init__(desk, capital=20_000_000)
        self.follower = follower
        self.borrower = self.member("Hoàng Thị Dung")
        self.loan = self.lent(self.borrower, 3_000_000, instalments=3)
        self.repaid(self.loan, 1_021_000, APRIL)
        follower.catch_up()

    def record(self, command: Any) -> UUID:
        event_id = books.record(self.desk, SYSTEM, self.club_id, command).event_id
        self.follower.catch_up()
        return event_id

    def event_of(self, label: str) -> UUID:
        with self.desk.log.database.connection() as connection:
            (event_id,) = events_of_voucher(connection, self.club_id, label)
        return event_id

    def voucher(self, label: str) -> bytes:
        return self.voucher_of(self.event_of(label))

    def voucher_of(self, event_id: UUID) -> bytes:
        with self.desk.log.database.connection() as connection:
            return voucher_pdf(connection, event_id, self.desk.keys)

    def seen(self, on: date) -> Seen:
        with self.desk.log.database.connection() as connection:
            return seen(connection, self.club_id, on)


@pytest.fixture
def club(desk: Desk, follower: Follower) -> Club:
    return Club(desk, follower)


# --- vouchers ------------------------------------------------------------------------------


def test_a_receipt_says_who_what_and_how_much_in_words(club: Club, tmp_path: Path) -> None:
    paper = Paper(club.voucher("PT-2026-0001"), tmp_path)
    assert paper.content == club.voucher("PT-2026-0001"), "the same bytes again"
    for said in (
        "PHIẾU THU",
        "Mẫu số 01-TT",
        "Ngày 10 tháng 04 năm 2026",
        "Số: PT-2026-0001",
        "Nợ: 111",
        "Có: 1283, 515",
        "Họ và tên người nộp tiền: Hoàng Thị Dung",
        "Lý do nộp: Thu nợ: gốc 1.000.000 ₫, lãi 21.000 ₫",
        "1.021.000 ₫",
        "Một triệu không trăm hai mươi mốt nghìn đồng",
        "CLB thôn Nà Thử",
    ):
        assert said in paper.text
    assert "ĐÃ ĐẢO" not in paper.text
    assert paper.pages == 1
    assert paper.told("Page size") == "595.276 x 419.528 pts"


def test_a_payment_is_of_the_other_form(club: Club, tmp_path: Path) -> None:
    text = Paper(club.voucher("PC-2026-0001"), tmp_path).text
    assert "PHIẾU CHI" in text
    assert "Mẫu số 02-TT" in text
    assert "Họ và tên người nhận tiền: Hoàng Thị Dung" in text
    assert "Nợ: 1283" in text
    assert "Ba triệu đồng" in text


def test_the_qr_code_names_the_bytes_the_log_holds(club: Club) -> None:
    event_id = club.event_of("PC-2026-0001")
    with club.desk.log.database.connection() as connection:
        (slip,) = slips_of(connection, event_id, club.desk.keys)
        row = connection.execute(
            "SELECT state FROM log.events WHERE event_id = %s", (event_id,)
        ).fetchone()
    assert row is not None
    digest = hashlib.sha256(bytes(row[0])).hexdigest()
    assert code(slip) == f"PC-2026-0001 2026-03-10 3000000 {event_id} {digest}"


def test_a_long_name_and_a_long_memo_still_fit_the_page(
    club: Club, desk: Desk, follower: Follower, tmp_path: Path
) -> None:
    long = club.member("Công Tằng Tôn Nữ " + HARD + " " + "Ẫ" * 140)
    club.lent(long, 2_345_678, MAY)
    follower.catch_up()
    paper = Paper(club.voucher("PC-2026-0002"), tmp_path)
    assert paper.pages == 1
    assert HARD in paper.text
    memo = desk.memo(club.club_id, ("Mua chè, nước, bánh kẹo cho buổi sinh hoạt " * 40).strip())
    event_id = club.record(ReceiveDues(occurred_on=MAY, amount=123_456_789, memo=memo))
    paper = Paper(club.voucher_of(event_id), tmp_path)
    assert paper.pages == 1
    assert "Thủ quỹ" in paper.text
    assert f"Bút toán {event_id}" in paper.text


def test_a_text_is_never_read_as_typst(club: Club, desk: Desk, tmp_path: Path) -> None:
    said = '#panic("x") $a^2$ *b* _c_ @ref <tag> \\ `d` // e "f"'
    memo = desk.memo(club.club_id, said)
    assert memo is not None
    event_id = club.record(ReceiveDues(occurred_on=APRIL, amount=200_000, memo=memo))
    text = Paper(club.voucher_of(event_id), tmp_path).text
    assert f"Hội phí. {said}" in text


def test_every_voucher_of_a_whole_book_can_be_printed(
    desk: Desk, follower: Follower, tmp_path: Path
) -> None:
    """Reversals, moves of money, allocations with several slips: each page one slip."""
    book = WholeBook(desk)
    follower.catch_up()
    printed = stamped = 0
    with desk.log.database.connection() as connection:
        for (event_id,) in connection.execute(
            "SELECT DISTINCT event_id FROM read.vouchers WHERE club_id = %s", (book.club_id,)
        ).fetchall():
            slips = slips_of(connection, event_id, desk.keys)
            assert [slip.is_receipt for slip in slips] == [s.label[:2] == "PT" for s in slips]
            paper = Paper(voucher_pdf(connection, event_id, desk.keys), tmp_path)
            assert paper.pages == len(slips)
            text = paper.text
            for slip in slips:
                assert f"Số: {slip.label}" in text
                assert dong_in_words(slip.amount) in text
            assert ("ĐÃ ĐẢO" in text) is any(slip.reversed for slip in slips)
            stamped += "ĐÃ ĐẢO" in text
            printed += len(slips)
        counted = connection.execute("SELECT count(*) FROM read.vouchers").fetchone()
    assert counted is not None
    assert printed == counted[0] > 20
    assert stamped > 0


def test_what_has_no_slip_has_no_paper(club: Club) -> None:
    for event_id in (club.loan, UUID(int=7)):
        with pytest.raises(NotFound):
            club.voucher_of(event_id)


# --- the count -----------------------------------------------------------------------------


def test_a_count_sheet_adds_up_the_notes(club: Club, tmp_path: Path) -> None:
    sheets = {500_000: 36, 20_000: 1, 1_000: 1}
    count = CountCash(
        occurred_on=MAY,
        at="16:30",
        funds=(Fund.LOAN, Fund.OPERATING),
        sheets=sheets,
        signed_by=(club.chair, club.treasurer, club.secretary),
    )
    event_id = club.record(count)
    with club.desk.log.database.connection() as connection:
        paper = Paper(count_pdf(connection, event_id, club.desk.keys), tmp_path)
    for said in (
        "BẢNG KIỂM KÊ QUỸ",
        "Mẫu số 08a-TT",
        "16 giờ 30, ngày 10 tháng 05 năm 2026",
        "Nông Thị Chủ, Lộc Văn Quỹ, Vi Thị Thư",
        "Loại 500.000 đồng 36 18.000.000",
        "Số dư theo sổ quỹ 18.021.000",
        "Mười tám triệu không trăm hai mươi mốt nghìn đồng",
    ):
        assert said in paper.text
    assert all(f"Loại {note:,}".replace(",", ".") in paper.text for note in DENOMINATIONS)
    assert paper.pages == 1


# --- for the meeting -----------------------------------------------------------------------


def test_a_statement_says_what_was_paid_and_what_is_left(club: Club, tmp_path: Path) -> None:
    at = club.seen(date(2026, 4, 20))
    with club.desk.log.database.connection() as connection:
        (loan,) = portfolio(connection, at)
        said = sentences(loan, "bà")
        paper = Paper(statements_pdf(connection, at, club.borrower), tmp_path)
        again = statements_pdf(connection, at)
        assert paper.content == again, "she is the only one who owes"
        with pytest.raises(NotFound):
            statements_pdf(connection, at, UUID(int=7))
    # 3.000.000 at 0,7 % a month in three parts: 21.000 interest first, then 14.000.
    assert said == [
        "Bà đã trả 1.000.000 đồng gốc và 21.000 đồng lãi.",
        "Bà còn nợ gốc 2.000.000 đồng (hai triệu đồng).",
        "Kỳ tới, ngày 10/05/2026, trả thêm 1.014.000 đồng (một triệu không trăm mười bốn nghìn "
        "đồng).",
    ]
    for sentence in said:
        assert sentence.removeprefix("Bà ") in paper.text
    assert "Ông/bà Hoàng Thị Dung" in paper.text


def test_a_late_loan_is_said_to_be_late(club: Club) -> None:
    at = club.seen(date(2026, 7, 20))
    with club.desk.log.database.connection() as connection:
        (loan,) = portfolio(connection, at)
    # Due and unpaid: 1.014.000 in May and 1.007.000 in June.
    assert loan.days_late > 0
    assert sentences(loan, "ông")[-1] == (
        f"Đang quá hạn {loan.days_late} ngày: cần trả ngay 2.021.000 đồng "
        "(hai triệu không trăm hai mươi mốt nghìn đồng)."
    )


def test_what_came_to_somebody_and_what_they_gave_is_read_aloud_but_nothing_of_their_health(
    desk: Desk, follower: Follower, tmp_path: Path
) -> None:
    village = CareVillage(desk, capital=20_000_000)
    loan = village.lent(village.volunteer, 3_000_000, instalments=3)
    village.repaid(loan, 1_021_000, APRIL)
    village.care(village.visit(APRIL, 60), village.visit(MAY, 60))
    village.care(village.shift(APRIL, 240, helped=(village.client,)))
    village.measured(APRIL, 190, 120)
    follower.catch_up()
    with desk.log.database.connection() as connection:
        at = seen(connection, village.club_id, MAY)
        gave = Paper(statements_pdf(connection, at, village.volunteer), tmp_path)
        got = Paper(statements_pdf(connection, at, village.client), tmp_path)
    assert "Ông/bà đã nhận: 3.000.000 đồng tiền vay." in gave.text
    assert (
        "Ông/bà đã góp: trả 1.021.000 đồng gốc và lãi; 0,5 ngày công; 2 lượt đi thăm, chăm sóc."
    ) in gave.text
    assert "Ông/bà đã nhận: 0,5 ngày công bà con giúp." in got.text
    assert gave.pages == got.pages == 1
    for unsaid in ("lượt", "thăm", "huyết áp", "190"):
        assert unsaid not in got.text


def test_who_never_borrowed_and_who_paid_all_back(club: Club) -> None:
    club.repaid(club.loan, 2_014_000, MAY)
    club.follower.catch_up()
    at = club.seen(MAY)
    with club.desk.log.database.connection() as connection:
        loans = portfolio(connection, at)
        members = {m.person_id: m for _, m in clubs.members(connection, club.club_id)}
    her = Account(members[club.borrower], loans)
    assert standing(her, MAY)[1:] == [
        "Ông/bà đã vay 1 lần, cộng 3.000.000 đồng.",
        "Đã trả xong 1 lần.",
        "Đến nay ông/bà không còn nợ.",
    ]
    assert standing(Account(members[club.chair], []), MAY)[-1] == "Ông/bà chưa vay lần nào."


@pytest.mark.parametrize(
    ("sex", "birth_year", "said"),
    [
        ("female", 1950, "bà"),
        ("male", 1971, "ông"),
        ("male", 1972, "anh"),
        ("female", 1995, "chị"),
        ("female", None, "bà"),
        (None, 1950, "ông/bà"),
    ],
)
def test_how_one_is_addressed(club: Club, sex: str, birth_year: int | None, said: str) -> None:
    with club.desk.log.database.connection() as connection:
        _, member = clubs.members(connection, club.club_id)[0]
    assert address(member._replace(sex=sex, birth_year=birth_year), MAY) == said


def test_the_meetings_sheet_says_what_each_is_to_bring(club: Club, tmp_path: Path) -> None:
    for _ in range(70):
        club.member("Lý Thị " + HARD[:20])
    other = club.lent(club.member("Vi Văn Hai"), 1_000_000, APRIL, instalments=10)
    assert other
    club.follower.catch_up()
    at = club.seen(MAY)
    with club.desk.log.database.connection() as connection:
        due = expected(portfolio(connection, at))
        paper = Paper(meeting_pdf(connection, at), tmp_path)
        assert paper.content == meeting_pdf(connection, at)
    assert due[club.borrower] == Expected(2_000_000, 1_000_000, 14_000)
    assert sorted(one.total for one in due.values()) == [107_000, 1_014_000]
    assert "Hoàng Thị Dung 2.000.000 1.000.000 14.000 1.014.000" in paper.text
    assert "Cộng 3.000.000 1.100.000 21.000 1.121.000" in paper.text
    assert paper.text.count("Lý Thị") == 70
    assert "Trang 1 / " in paper.text
    assert os.path.getsize(paper.file) < 500_000


def test_the_health_sheet_has_names_and_empty_places_and_no_reading_or_money(
    desk: Desk, follower: Follower, tmp_path: Path
) -> None:
    village = CareVillage(desk, capital=20_000_000)
    village.lent(village.client, 3_000_000, instalments=3)
    village.consented(APRIL)
    village.measured(APRIL, 190, 120)
    for _ in range(60):
        village.member("Lý Thị " + HARD[:20])
    follower.catch_up()
    with desk.log.database.connection() as connection:
        at = seen(connection, village.club_id, MAY)
        paper = Paper(health_pdf(connection, at), tmp_path)
        assert paper.content == health_pdf(connection, at)
    lines = paper.text
    assert "Chỉ dành cho tình nguyện viên sức khỏe" in lines
    assert lines.count("Lý Thị") == 60
    assert lines.count("Chưa đồng ý: hỏi trước khi đo") == 64, "all but the one who agreed"
    assert "190" not in lines
    assert "3.000.000" not in lines
    # By given name: Chủ, Già, Giúp.
    assert lines.index("Nông Thị Chủ") < lines.index("Hứa Thị Già") < lines.index("Bế Văn Giúp")
    assert paper.told("Page size").endswith("(A4)")
