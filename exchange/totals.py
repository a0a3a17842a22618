"""A club's control totals, each from the read models: what an import is compared with."""

from typing import Any
from uuid import UUID

import psycopg

_MEMBERS = """
    SELECT count(*) AS members, count(*) FILTER (WHERE s.sex = 'female') AS women,
           count(*) FILTER (WHERE m.volunteer) AS volunteers
    FROM (SELECT DISTINCT ON (person_id) * FROM read.memberships
          WHERE club_id = %(club)s ORDER BY person_id, position DESC) m
         JOIN read.persons s USING (person_id)
    WHERE m.left_on IS NULL"""

_LOANS = """
    SELECT count(*) AS loans, count(DISTINCT borrower_id) AS borrowers,
           coalesce(sum(amount), 0)::bigint AS principal_disbursed,
           coalesce(sum(payments), 0)::bigint AS repayments,
           coalesce(sum(amount - outstanding - CASE WHEN step = 'written_off' THEN written_off
                                                    ELSE 0 END), 0)::bigint AS principal_repaid,
           coalesce(sum(interest_paid), 0)::bigint AS interest_received,
           coalesce(sum(outstanding), 0)::bigint AS principal_outstanding,
           count(*) FILTER (WHERE outstanding > 0) AS loans_open
    FROM read.loans JOIN read.loan_balances USING (loan_id)
    WHERE club_id = %(club)s AND step IN ('disbursed', 'settled', 'written_off')"""

_FUNDS = """
    SELECT coalesce(-sum(amount) FILTER (WHERE account IN ('4111','4112','4113','4114','4115')), 0)
               ::bigint AS capital_received,
           coalesce(sum(amount) FILTER (WHERE account = '111' AND fund = 'loan'), 0)
               ::bigint AS loan_fund_cash,
           coalesce(sum(amount) FILTER (WHERE account = '111' AND fund = 'operating'), 0)
               ::bigint AS operating_fund_cash,
           coalesce(-sum(amount) FILTER (WHERE account = '4181'), 0)
               ::bigint AS operating_receipts,
           coalesce(sum(amount) FILTER (WHERE account = '642' AND fund = 'operating'), 0)
               ::bigint AS operating_payments
    FROM read.balances WHERE club_id = %(club)s"""

_SOURCES = """
    SELECT account, -amount FROM read.balances
    WHERE club_id = %(club)s AND account IN ('4111', '4112', '4113', '4114', '4115')
      AND amount <> 0 ORDER BY account"""

_LAST_COUNT = """
    SELECT counted FROM read.counts WHERE club_id = %(club)s
    ORDER BY occurred_on DESC, position DESC LIMIT 1"""

_PER_LOAN = """
    SELECT l.voucher, p.name, l.amount, m.outstanding, m.interest_paid
    FROM read.loans l JOIN read.loan_balances m USING (loan_id)
         LEFT JOIN keys.people p ON p.person_id = l.borrower_id
    WHERE l.club_id = %(club)s AND l.step IN ('disbursed', 'settled', 'written_off')
    ORDER BY l.disbursed_on, length(l.voucher), l.voucher"""

# Sheets that are recognised and not yet taken: their totals are unknown, not 0.
NOT_YET_TAKEN = (
    "home_care_clients", "visits", "visit_minutes", "shifts", "work_days", "meetings",
)  # fmt: skip

SOURCE_NAMES = {
    "4111": "Ngân sách nhà nước",
    "4112": "Dự án tài trợ",
    "4113": "Hội Người cao tuổi",
    "4114": "Đóng góp thành viên",
    "4115": "Nhà hảo tâm",
}


def totals(connection: psycopg.Connection[Any], club_id: UUID) -> dict[str, Any]:
    """Keyed as in the published control totals; amounts in đồng."""
    club = {"club": club_id}
    found: dict[str, Any] = {}
    for query in (_MEMBERS, _LOANS, _FUNDS):
        cursor = connection.execute(query, club)
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        found |= dict(zip(names, cursor.fetchone() or (), strict=True))
    found["capital_by_source"] = {
        SOURCE_NAMES[account]: amount for account, amount in connection.execute(_SOURCES, club)
    }
    counted = connection.execute(_LAST_COUNT, club).fetchone()
    found["last_cash_count"] = counted[0] if counted else None
    found |= dict.fromkeys(NOT_YET_TAKEN)
    return found


def per_loan(connection: psycopg.Connection[Any], club_id: UUID) -> list[dict[str, Any]]:
    """Each loan that was paid out: voucher, borrower, principal, outstanding, interest paid."""
    keys = ("payment_voucher", "borrower", "principal", "outstanding", "interest_paid")
    rows = connection.execute(_PER_LOAN, {"club": club_id})
    return [dict(zip(keys, row, strict=True)) for row in rows]
