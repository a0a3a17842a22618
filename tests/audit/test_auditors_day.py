"""What an auditor works with: a loan's evidence, the donors' statement, samples, unusual items."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import donors, sampling
from audit.entries import Entry, snapshot
from audit.evidence.disbursement import NOT_WITNESSED, as_page, disbursement, people_in
from audit.evidence.verifier import Key, verify_receipt
from audit.sampling import Payout, Wanted, draw, payouts
from audit.unusual import RULES, Item, in_entries, unusual
from desk import books, evidence, loans
from desk.desk import Call, Desk
from domain.errors import NotFound, Refusal
from domain.evidence.decisions import NoteFinding
from domain.evidence.events import SampleDrawn
from domain.loans.accounts import CapitalSource, Fund
from domain.loans.commands import (
    AppraiseLoan,
    ApproveLoan,
    CheckUse,
    DisburseLoan,
    PayExpense,
    ReceiveCapital,
    StateBalance,
)
from projections.people import names_of
from store.database import Database
from store.log import uuid7
from tests.audit.logbook import LogBook
from tests.audit.tampering import LATER, Busy
from village import DAY, FOUNDED, SYSTEM, Village

# --- one loan on one page -----------------------------------------------------------------


def lent_with_everything(village: Busy) -> tuple[UUID, Call]:
    """Requested, appraised, approved, paid, checked and confirmed, some of it typed by a clerk."""
    desk, borrower = village.desk, village.member("Đinh Thị Đủ")
    clerk = village.left
    typed = Call(str(clerk), acting=village.chair, recorded_by=clerk)
    loan_id = village.requested(borrower, 2_000_000)
    appraisal = AppraiseLoan(occurred_on=DAY, appraised_by=village.secretary, in_favour=True)
    books.appraise_loan(desk, SYSTEM, loan_id, appraisal)
    approval = ApproveLoan(occurred_on=DAY, minutes="BB 014")
    books.approve_loan(desk, typed, loan_id, village.chair, approval)
    paid = DisburseLoan(occurred_on=DAY, paid_by=village.treasurer)
    books.disburse_loan(desk, Call(str(village.treasurer)), loan_id, paid)
    check = CheckUse(occurred_on=LATER, checked_by=village.secretary, as_agreed=True)
    loans.check_use(desk, SYSTEM, loan_id, check)
    village.repaid(loan_id, 214_000, LATER)
    stated = StateBalance(occurred_on=LATER, stated=1_800_000, witness_id=village.secretary)
    loans.confirm_balance(desk, SYSTEM, loan_id, stated)
    return loan_id, typed


def test_a_loans_evidence_tells_every_step_and_brings_its_receipt(
    village: Busy, database: Database, book: LogBook
) -> None:
    loan_id, _ = lent_with_everything(village)
    book.sign()
    with database.connection() as connection:
        told = disbursement(connection, loan_id, village.desk.keys)
    assert told["request"]["proposed_by"] == str(village.secretary)
    assert told["request"]["signature"] == "by-a-program", "nobody's log-in stands behind it"
    assert told["appraisal"]["in_favour"] is True
    assert told["approval"]["minutes"] == "BB 014"
    assert told["approval"]["signature"] == "typed-for-them"
    assert told["disbursement"]["signature"] == "recorded-by-themselves"
    assert told["disbursement"]["amount"] == 2_000_000
    assert len(told["disbursement"]["vouchers"]) == 1
    assert sum(line["amount"] for line in told["disbursement"]["lines"]) == 0
    assert [check["as_agreed"] for check in told["use_checks"]] == [True]
    assert [one["outstanding"] for one in told["confirmations"]] == [1_800_000]
    assert told["disputes"] == []
    assert told["four_eyes"]["holds"] is True
    assert told["witness"] != NOT_WITNESSED

    content = told["disbursement"]["content"].encode()
    shown = verify_receipt(told["receipt"], [Key.parse(book.vkey)])
    assert shown["entry"]["payload"] == sha256(content).hexdigest()
    assert shown["entry"]["event"] == told["disbursement"]["event_id"]
    assert shown["fingerprint"] == told["head"]["fingerprint"]


def test_the_page_names_people_and_hides_whom_it_may_not_name(
    village: Busy, database: Database, book: LogBook, follower: Any
) -> None:
    loan_id, _ = lent_with_everything(village)
    book.sign()
    follower.catch_up(30)
    with database.connection() as connection:
        told = disbursement(connection, loan_id, village.desk.keys)
        known = names_of(connection, people_in(told))
    page = as_page(told, lambda id: known.get(UUID(id)))
    for said in ("Giải ngân: ngày 10/03/2026, 2.000.000", "Lộc Văn Quỹ", "BB 014", "Bốn mắt",
                 "đủ", told["head"]["fingerprint"], "c2sp.org/tlog-proof@v1",
                 "người khác gõ hộ, chưa xác nhận"):  # fmt: skip
        assert said in page
    hidden = as_page(told, lambda id: None)
    assert "Lộc Văn Quỹ" not in hidden
    assert f"(đã ẩn {str(village.treasurer)[-6:]})" in hidden


def test_a_reversed_payout_says_so_and_one_not_signed_yet_has_no_receipt(
    village: Busy, database: Database
) -> None:
    with database.connection() as connection:
        told = disbursement(connection, village.taken_back, village.desk.keys)
        assert told["disbursement"]["reversed_by"] != []
        assert told["receipt"] is told["head"] is None
        with pytest.raises(NotFound):
            disbursement(connection, uuid7(), village.desk.keys)


def test_a_loan_of_a_paper_book_was_not_witnessed(
    village: Busy, database: Database, book: LogBook, server: Any, database_name: str
) -> None:
    """As the import writes it: an origin, and neither request nor vote."""
    loan_id, event_id = uuid7(), uuid7()
    body = (
        f'{{"v":1,"occurred_on":"2020-05-10","origin":{{"source":"book","import_id":"{uuid4()}",'
        f'"sheet":"Khoản vay","row":7,"digest":"00"}},"lines":[],"vouchers":["PC-2020-0007"],'
        f'"loan_id":"{loan_id}","borrower_id":"{village.borrower}","amount":3000000}}'
    )
    with psycopg.connect(server.admin(database_name), autocommit=True) as connection:
        connection.execute(
            """INSERT INTO log.events
               SELECT originator_id, originator_version + 1, (SELECT max(notification_id) + 1
                      FROM log.events), %s, club_id, recorded_at, 'loans.PastLoanEntered',
                      'import:x', %s
               FROM log.events WHERE club_id = %s AND topic LIKE 'loans.%%'
               ORDER BY originator_version DESC LIMIT 1""",
            (event_id, body.encode(), village.club_id),
        )
        connection.execute(
            """INSERT INTO log.entities SELECT %s, originator_id FROM log.events
               WHERE event_id = %s""",
            (loan_id, event_id),
        )
    book.sign()
    with database.connection() as connection:
        told = disbursement(connection, loan_id, village.desk.keys)
    assert told["witness"] == NOT_WITNESSED
    assert told["four_eyes"] is None
    assert told["disbursement"]["signature"] == "paper-book"
    assert "KHÔNG AI CHỨNG KIẾN" in as_page(told, lambda id: None)
    assert verify_receipt(told["receipt"], [Key.parse(book.vkey)])["good"]


# --- the donors ---------------------------------------------------------------------------


def test_each_source_is_told_what_became_of_it(desk: Desk, database: Database) -> None:
    village = Village(desk, capital=10_000_000)
    given = ReceiveCapital(
        occurred_on=FOUNDED, amount=5_000_000, source=CapitalSource.DONOR_PROJECT
    )
    books.record(desk, SYSTEM, village.club_id, given)

    def lent(amount: int, source: CapitalSource | None) -> UUID:
        loan_id = village.approved(village.member(f"Vay {amount}"), amount)
        paid = DisburseLoan(occurred_on=DAY, paid_by=village.treasurer, source=source)
        books.disburse_loan(desk, SYSTEM, loan_id, paid)
        return loan_id

    donors_loan = lent(3_000_000, CapitalSource.DONOR_PROJECT)
    lent(2_000_000, CapitalSource.STATE_BUDGET)
    lent(1_000_000, None)
    village.repaid(donors_loan, 321_000, LATER)  # the first instalment: 300,000 and 21,000
    with snapshot(database) as connection:
        told = donors.statement(connection, village.club_id, date(2026, 6, 10))
    donor = told["donor_project"]
    assert (donor["received"], donor["lent"], donor["back"]) == (5_000_000, 3_000_000, 300_000)
    assert (donor["outstanding"], donor["late"]) == (2_700_000, 600_000)  # three due, one paid
    assert (donor["loans"], donor["loans_open"], donor["loans_late"]) == (1, 1, 1)
    assert told["state_budget"]["received"] == 10_000_000
    assert told["pooled"]["lent"] == 1_000_000
    assert sum(source["lent"] for source in told.values()) == 6_000_000
    with snapshot(database) as connection:
        before = donors.statement(connection, village.club_id, FOUNDED)
    assert before["donor_project"]["lent"] == 0


def test_what_was_reversed_counts_for_no_source(village: Busy, database: Database) -> None:
    with snapshot(database) as connection:
        told = donors.statement(connection, village.club_id, date(2026, 12, 1))
        owed = connection.execute(
            """SELECT coalesce(sum((line ->> 'amount')::bigint), 0) FROM log.events,
                 jsonb_array_elements(convert_from(state, 'UTF8')::jsonb -> 'lines') AS line
               WHERE line ->> 'account' = '1283'"""
        ).fetchone()
    assert owed is not None
    assert sum(source["outstanding"] for source in told.values()) == owed[0]
    assert told["pooled"]["loans"] == 3  # the one taken back is none


# --- the sample ---------------------------------------------------------------------------

PAYOUTS = st.lists(
    st.builds(
        Payout, event_id=st.uuids().map(str), position=st.integers(1, 10**6), club_id=st.just("c"),
        loan_id=st.uuids().map(str), amount=st.integers(1, 10**8),
        occurred_on=st.just("2026-01-01"), from_book=st.booleans(),
    ),
    max_size=40, unique_by=lambda one: one.event_id,
)  # fmt: skip


@given(
    among=PAYOUTS, seed=st.text(min_size=1, max_size=20), count=st.integers(1, 50), data=st.data()
)
def test_a_sample_is_the_same_for_whoever_draws_it(
    among: list[Payout], seed: str, count: int, data: st.DataObject
) -> None:
    drawn = draw(seed, count, among)
    assert draw(seed, count, data.draw(st.permutations(among))) == drawn
    assert len(drawn) == min(count, len(among))
    assert draw(seed, count + 1, among)[: len(drawn)] == drawn, "more of the same sample"
    for one in drawn:  # by hand, as another auditor would
        assert (
            sampling.number_of(seed, one.event_id)
            == sha256(seed.encode() + b"\n" + one.event_id.encode()).digest()
        )


def test_every_payout_is_as_likely_as_any_other() -> None:
    among = [Payout(f"{n:036d}", n, "c", f"{n}", 10**n, "2026-01-01", False) for n in range(1, 11)]
    times = dict.fromkeys((one.event_id for one in among), 0)
    for seed in range(2_000):
        for one in draw(str(seed), 3, among):
            times[one.event_id] += 1
    assert all(500 < n < 700 for n in times.values()), times  # 600 expected, 20 is one sigma


def test_a_sample_and_what_was_found_are_events_and_coverage_counts_them(
    village: Busy, database: Database, book: LogBook
) -> None:
    signed, desk = book.sign(), village.desk
    wanted = Wanted(club_id=village.club_id, at_least=1_000_000)
    with snapshot(database) as connection:
        among = payouts(connection, signed.head.size, wanted)
        assert len(among) == 4
        assert payouts(connection, signed.head.size, Wanted(since=date(2026, 3, 11))) == []
        assert len(payouts(connection, signed.head.size, Wanted(at_least=2_000_000))) == 2
        assert payouts(connection, 3, wanted) == []
    drawn = draw("xổ số 28/11/2026: 04-17-21", 2, among)
    auditor, sample_id = Call(str(village.left)), uuid7()
    event = SampleDrawn(
        occurred_on=desk.today, sample_id=sample_id, auditor_id=village.left, seed="xổ số",
        size=signed.head.size, root=signed.head.root.hex(), wanted=2, club_id=village.club_id,
        drawn_from=len(among), drawn=tuple(UUID(one.event_id) for one in drawn),
    )  # fmt: skip
    evidence.note_sample(desk, auditor, event)

    def finding(event_id: str | UUID, result: Any, **more: Any) -> None:
        command = NoteFinding(
            on=desk.today, event_id=UUID(str(event_id)), auditor_id=village.left,
            sample_id=sample_id, result=result, **more,
        )  # fmt: skip
        evidence.note_audit_finding(desk, auditor, command)

    finding(drawn[0].event_id, "agrees")
    note = village.sealed("Phiếu ghi số khác")
    finding(drawn[1].event_id, "differs", note=note)
    with pytest.raises(Refusal) as refused:
        finding(drawn[1].event_id, "differs")
    assert refused.value.code == "finding-unsaid"
    with pytest.raises(Refusal) as refused:
        finding(village.dues, "agrees")
    assert refused.value.code == "not-in-sample"
    with snapshot(database) as connection:
        told = sampling.coverage(connection)[str(village.club_id)]
        audited = disbursement(connection, UUID(drawn[1].loan_id), village.desk.keys)[
            "disbursement"
        ]["audited"]
    assert told == {
        "payouts": 4, "amount": sum(one.amount for one in among), "drawn": 2,
        "drawn_amount": sum(one.amount for one in drawn), "seen": 2, "differ": 1,
    }  # fmt: skip
    assert [one["result"] for one in audited] == ["differs"]


# --- what is unusual ----------------------------------------------------------------------

NOON = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)  # noon in Viet Nam
CLUB, A, B, C, D = "club", "a", "b", "c", "d"


def entry(n: int, topic: str, at: datetime = NOON, history: str = CLUB, **body: Any) -> Entry:
    told = {"occurred_on": "2026-03-10", **body}
    return Entry(n, history, n, f"event-{n}", CLUB, at, topic, "system", told)


def story(*told: tuple[str, dict[str, Any]], **more: Any) -> list[Entry]:
    return [entry(n, topic, **(body | more)) for n, (topic, body) in enumerate(told, 1)]


def loan(
    id: str = "l", borrower: str = D, amount: int = 1_000_000, payer: str = C
) -> list[tuple[str, dict[str, Any]]]:
    common = {"loan_id": id, "borrower_id": borrower, "amount": amount}
    return [
        ("loans.LoanRequested", common | {"proposed_by": A}),
        ("loans.LoanApproved", common | {"approved_by": B}),
        ("loans.LoanDisbursed", common | {"paid_by": payer}),
    ]


def rules(found: list[Item]) -> list[tuple[str, int]]:
    return [(item.rule, item.position) for item in found]


def reversal(day: int) -> Entry:
    at = NOON + timedelta(days=day)
    return entry(day + 1, "loans.EntryReversed", at, occurred_on=str(at.date()), reverses=f"x{day}")


BOARD = ("clubs.BoardElected", {"holders": [{"office": "chair", "person_id": B}]})
CASES: list[tuple[str, list[Entry], list[tuple[str, int]]]] = [
    ("an ordinary loan", story(*loan()), []),
    ("the payer proposed it", story(*loan(payer=A)), [("two-roles", 3)]),
    ("a checker who approved it",
     story(*loan(), ("loans.UseChecked", {"loan_id": "l", "checked_by": B})), [("two-roles", 4)]),
    ("an officer borrows", story(BOARD, *loan(borrower=B)), [("officer-loan", 4)]),
    ("an officer's kin borrows",
     story(BOARD, ("clubs.PersonRegistered", {"person_id": B, "household_id": "h"}),
           ("clubs.HouseholdJoined", {"person_id": D, "household_id": "h"}), *loan()),
     [("officer-loan", 6)]),
    ("borrowed again the day it was settled",
     story(("loans.LoanSettled", {"loan_id": "k", "borrower_id": D}), *loan()),
     [("same-day-reborrowing", 4)]),
    ("two within the limit, above it together",
     story(*loan("k", amount=30_000_000), *loan("l", amount=30_000_000)), [("split-loan", 6)]),
    ("two of another household",
     story(*loan("k", A, 30_000_000), *loan("l", D, 30_000_000)), []),
    ("on the 35th day", [entry(1, "loans.DuesReceived", NOON + timedelta(35), amount=1)], []),
    ("on the 36th day", [entry(1, "loans.DuesReceived", NOON + timedelta(36), amount=1)],
     [("recorded-late", 1)]),
    ("a paper book is late by nature",
     [entry(1, "loans.DuesReceived", NOON + timedelta(900), origin={"source": "book"})], []),
    ("a fact of a closed period",
     [entry(1, "loans.DuesReceived", happened_on="2026-02-01")], [("after-close", 1)]),
    ("a round expense", story(("loans.ExpensePaid", {"amount": 500_000})), [("round-sum", 1)]),
    ("an expense that is not round", story(("loans.ExpensePaid", {"amount": 510_000})), []),
    ("a small round expense", story(("loans.ExpensePaid", {"amount": 400_000})), []),
    ("at 22:00", [entry(1, "loans.DuesReceived", datetime(2026, 3, 10, 15, 0, tzinfo=UTC))],
     [("out-of-hours", 1)]),
    ("at 21:59", [entry(1, "loans.DuesReceived", datetime(2026, 3, 10, 14, 59, tzinfo=UTC))], []),
    ("at 04:59", [entry(1, "loans.DuesReceived", datetime(2026, 3, 9, 21, 59, tzinfo=UTC))],
     [("out-of-hours", 1)]),
    ("at 05:00", [entry(1, "loans.DuesReceived", datetime(2026, 3, 9, 22, 0, tzinfo=UTC))], []),
    ("two reversals", [reversal(0), reversal(30)], []),
    ("three within thirty days", [reversal(0), reversal(10), reversal(30)],
     [("many-reversals", 31)]),
    ("three in thirty-one", [reversal(0), reversal(10), reversal(31)], []),
]  # fmt: skip


@pytest.mark.parametrize(("told", "wanted"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_rule_finds_what_it_states(told: list[Entry], wanted: list[tuple[str, int]]) -> None:
    found = in_entries(told, date(2026, 5, 9))  # the 60th day: no use check is missed yet
    assert rules(found) == wanted
    for item in found:
        assert set(item.as_dict()) >= {"rule", "vi", "en", "facts", "event_id", "club_id"}


def test_a_use_check_is_missed_from_the_61st_day() -> None:
    told = story(*loan())
    assert rules(in_entries(told, date(2026, 5, 10))) == [("no-use-check", 3)]
    seen = story(*loan(), ("loans.UseChecked", {"loan_id": "l", "checked_by": "e"}))
    assert in_entries(seen, date(2026, 5, 10)) == []
    back = story(*loan(), ("loans.EntryReversed", {"reverses": "event-3"}))
    assert in_entries(back, date(2026, 5, 10)) == []


def test_every_rule_is_tried_here_and_stated_in_two_languages() -> None:
    tried = {rule for _, _, wanted in CASES for rule, _ in wanted} | {"no-use-check"}
    assert tried == set(RULES)
    assert all(vi != en for vi, en in RULES.values())


def test_a_real_book_is_walked(village: Busy, database: Database) -> None:
    paid = PayExpense(occurred_on=DAY, amount=200_000, fund=Fund.OPERATING)
    village.record(paid)
    with snapshot(database) as connection:
        found = unusual(connection, date(2026, 11, 28))
        mine = unusual(connection, date(2026, 11, 28), village.club_id)
        none = unusual(connection, date(2026, 11, 28), uuid7())
    assert [item for item in found if item.rule == "no-use-check"]
    assert mine == found
    assert none == []
