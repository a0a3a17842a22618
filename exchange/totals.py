"""A club's control totals, each from the read models: what an import is compared with."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg

from projections import doings

_MEMBERS = """
    SELECT count(*) AS members, count(*) FILTER (WHERE s.sex = 'female') AS women
    FROM (SELECT DISTINCT ON (person_id) * FROM read.memberships
          WHERE club_id = %(club)s ORDER BY person_id, position DESC) m
         JOIN read.persons s USING (person_id)
    WHERE m.left_on IS NULL"""

# Marked on joining, or enrolled in the care book: neighbours are volunteers too.
_VOLUNTEERS = """
    SELECT count(DISTINCT coalesce(s.merged_into, s.person_id)) AS volunteers
    FROM (SELECT person_id FROM (
              SELECT DISTINCT ON (person_id) * FROM read.memberships
              WHERE club_id = %(club)s ORDER BY person_id, position DESC) m
          WHERE volunteer AND left_on IS NULL
          UNION
          SELECT subject FROM (
              SELECT DISTINCT ON (subject) subject, fact FROM read.facts f
              WHERE club_id = %(club)s AND fact IN ('volunteer_in', 'volunteer_out')
                AND coalesce((SELECT c.counts FROM read.fact_changes c
                              WHERE c.event_id = f.event_id ORDER BY c.position DESC LIMIT 1),
                             true)
              ORDER BY subject, occurred_on DESC, position DESC) last
          WHERE fact = 'volunteer_in') v(person_id)
         JOIN read.persons s USING (person_id)
    WHERE s.died_on IS NULL"""

_LOANS = """
    SELECT count(*) AS loans, count(DISTINCT borrower_id) AS borrowers,
           coalesce(sum(amount), 0)::bigint AS principal_disbursed,
           coalesce(sum(payments), 0)::bigint AS repayments,
           coalesce(sum(amount - outstanding - CASE WHEN step = 'written_off' THEN written_off
                                                    ELSE 0 END), 0)::bigint AS principal_repaid,
           coalesce(sum(interest_paid), 0)::bigint AS interest_received,
           coalesce(sum(outstanding), 0)::bigint AS principal_outstanding,
           count(*) FILTER (WHERE outstanding > 0) AS loans_open
    FROM read.loans JOIN read.loan_balances USING (club_id, loan_id)
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

_CARE = """
    SELECT (SELECT count(DISTINCT client_id) FROM read.care_cases
            WHERE club_id = %(club)s AND enrolled AND withdrawn_at IS NULL) AS home_care_clients,
           count(*) AS visits, coalesce(sum(minutes), 0)::bigint AS visit_minutes
    FROM read.visits WHERE club_id = %(club)s AND made AND withdrawn_at IS NULL"""

_WORK = """
    SELECT coalesce(label, activity), count(*) FILTER (WHERE source = 'shift'), sum(work_days)
    FROM read.volunteer_days
    WHERE club_id = %(club)s AND source <> 'visit' AND withdrawn_at IS NULL
    GROUP BY 1 ORDER BY 1"""

ACTIVITY_NAMES = {
    "disaster_cleanup": "Khắc phục bão lũ",
    "household_help": "Giúp hộ neo đơn",
    "public_works": "Vệ sinh đường làng",
    "home_care": "Chăm sóc tại nhà",
    "other": "Việc khác",
}
"""As books call them, where an entry does not keep its book's own word."""

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
    for query in (_MEMBERS, _VOLUNTEERS, _LOANS, _FUNDS, _CARE):
        cursor = connection.execute(query, club)
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        found |= dict(zip(names, cursor.fetchone() or (), strict=True))
    found["capital_by_source"] = {
        SOURCE_NAMES[account]: amount for account, amount in connection.execute(_SOURCES, club)
    }
    counted = connection.execute(_LAST_COUNT, club).fetchone()
    found["last_cash_count"] = counted[0] if counted else None
    return found | _worked(connection, club_id) | _met(connection, club_id)


def _worked(connection: psycopg.Connection[Any], club_id: UUID) -> dict[str, Any]:
    """Shifts and work-days, a home-care visit apart; halves and quarters are exact as floats."""
    rows = connection.execute(_WORK, {"club": club_id}).fetchall()
    days: dict[str, Decimal] = {}
    for name, _, worked in rows:
        named = ACTIVITY_NAMES.get(name, name)
        days[named] = days.get(named, Decimal(0)) + worked
    return {
        "shifts": sum(shifts for _, shifts, _ in rows),
        "work_days": float(sum(days.values())),
        "work_days_by_activity": {name: float(worked) for name, worked in days.items()},
    }


def _met(connection: psycopg.Connection[Any], club_id: UUID) -> dict[str, Any]:
    meetings, attendance = doings.attendance(connection, club_id)
    return {"meetings": meetings, "attendance": attendance}


def per_loan(connection: psycopg.Connection[Any], club_id: UUID) -> list[dict[str, Any]]:
    """Each loan that was paid out: voucher, borrower, principal, outstanding, interest paid."""
    keys = ("payment_voucher", "borrower", "principal", "outstanding", "interest_paid")
    rows = connection.execute(_PER_LOAN, {"club": club_id})
    return [dict(zip(keys, row, strict=True)) for row in rows]
