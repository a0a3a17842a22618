"""The read models that add events up, against what was recomputed from raw events.

Each is compared when the walk through the log has come as far as the model has.
"""

import json
from functools import lru_cache
from typing import Any

from audit.clubs import Clubs
from audit.entries import Connection, exists
from audit.findings import Findings
from audit.loan import freezes, same_terms
from audit.loans import Loans
from audit.money import FundEquation
from audit.people import People
from audit.rows import Row, Rows


class Sums(Rows):
    """Tables that add events up, against what other checks recomputed."""

    name = "read-models"

    def __init__(
        self,
        findings: Findings,
        connection: Connection,
        equation: FundEquation,
        loans: Loans,
        people: People,
        clubs: Clubs,
    ) -> None:
        super().__init__(findings, connection)
        self._equation, self._loans, self._people, self._clubs = equation, loans, people, clubs

    def compare_balances(self) -> None:
        expected: dict[Row, Row] = {
            (club, *at): (amount,)
            for club, balances in self._equation.balances.items()
            for at, amount in balances.items()
        }
        self._compare(
            "balances",
            "SELECT club_id::text, fund, account, amount FROM read.balances",
            expected,
            keys=3,
            columns=("amount",),
            about=lambda key: {"club_id": key[0]},
            absent=(0,),
        )
        self._compare(
            "loan-balances",
            """SELECT loan_id::text, outstanding, interest_paid, payments, version
               FROM read.loan_balances""",
            {
                (loan_id,): (loan.outstanding, loan.interest_paid, loan.payments, loan.posted)
                for loan_id, loan in self._loans.loans.items()
                if loan.posted
            },
            columns=("outstanding", "interest_paid", "payments", "version"),
            about=self._about_loan,
        )

    def compare_loans(self) -> None:
        """Dates and voucher of a payout or settlement count only while it stands."""
        loans = self._loans.loans
        expected: dict[Row, Row] = {}
        for loan_id, loan in loans.items():
            paid_out = loan.step in ("disbursed", "settled", "written_off")
            off_book = sum((loan.absorbed or {}).values())
            expected[loan_id,] = (
                loan.club, loan.borrower, loan.step, loan.amount, loan.terms, loan.regulation,
                loan.disbursed_on if paid_out else None, loan.voucher if paid_out else None,
                loan.settled_on if loan.step == "settled" else None,
                loan.past, loan.rescheduled, loan.frozen,
                off_book if loan.step == "written_off" else None, loan.stepped,
            )  # fmt: skip
        self._compare(
            "loans",
            """SELECT loan_id::text, club_id::text, borrower_id::text, step, amount, terms::text,
                      regulation,
                      CASE WHEN step IN ('disbursed', 'settled', 'written_off')
                           THEN disbursed_on::text END,
                      CASE WHEN step IN ('disbursed', 'settled', 'written_off') THEN voucher END,
                      CASE WHEN step = 'settled' THEN settled_on::text END,
                      past, rescheduled, frozen::text,
                      CASE WHEN step = 'written_off' THEN written_off END, version
               FROM read.loans""",
            expected,
            columns=(
                "club_id", "borrower_id", "step", "amount", "terms", "regulation", "disbursed_on",
                "voucher", "settled_on", "past", "rescheduled", "frozen", "written_off", "version",
            ),
            about=self._about_loan,
            read=lambda row: (
                *row[:4], _terms(row[4]), *row[5:11], freezes(json.loads(row[11])), *row[12:],
            ),
        )  # fmt: skip
        self._compare(
            "instalments",
            """SELECT loan_id::text,
                      string_agg(due_on::text || ',' || principal::text || ','
                                 || interest::text, ';' ORDER BY number)
               FROM read.instalments i LEFT JOIN read.loans l USING (loan_id)
               WHERE l.loan_id IS NULL OR i.position = l.schedule GROUP BY loan_id""",
            {(loan_id,): (loan.schedule,) for loan_id, loan in loans.items() if loan.schedule},
            columns=("instalments",),
            about=self._about_loan,
        )

    def _about_loan(self, key: Row) -> dict[str, Any]:
        loan = self._loans.loans.get(key[0])
        if loan is None:
            return {}
        return {
            "event_id": loan.event_id,
            "history": loan.history,
            "position": loan.position,
            "club_id": loan.club,
        }

    def compare_clubs(self) -> None:
        clubs = self._clubs
        self._compare(
            "clubs",
            """SELECT club_id::text, name, village, commune, province, decision, founded_on::text,
                      meeting_day FROM read.clubs""",
            {(club,): row for club, row in clubs.founded.items()},
            columns=(
                "name", "village", "commune", "province", "decision", "founded_on", "meeting_day",
            ),
            about=lambda key: {"club_id": key[0]},
        )  # fmt: skip
        self._compare(
            "board",
            """SELECT club_id::text, string_agg(office || ',' || person_id::text || ','
                          || since::text, ';' ORDER BY office COLLATE "C", person_id)
               FROM read.board GROUP BY club_id""",
            {(club,): (board,) for club, board in clubs.boards.items() if board},
            columns=("holders",),
            about=lambda key: {"club_id": key[0]},
        )

    def compare_counts(self) -> None:
        self._compare(
            "counts",
            """SELECT position, event_id::text, club_id::text, occurred_on::text, at, counted,
                      expected, difference FROM read.counts""",
            {(position,): row for position, (_, row) in self._clubs.counts.items()},
            columns=(
                "event_id", "club_id", "occurred_on", "at", "counted", "expected", "difference",
            ),
            about=lambda key: {"position": key[0]},
        )  # fmt: skip

    def compare_members(self) -> None:
        people = self._people
        self._compare(
            "persons",
            """SELECT person_id::text, sex, birth_year, household_id::text, household_class,
                      class_from::text, withdrawn, died_on::text, merged_into::text
               FROM read.persons""",
            {
                (id,): (
                    p.sex, p.birth_year, p.household, p.household_class, p.class_from, p.withdrawn,
                    p.died_on, p.merged_into,
                )
                for id, p in people.persons.items()
            },
            columns=(
                "sex", "birth_year", "household_id", "household_class", "class_from", "withdrawn",
                "died_on", "merged_into",
            ),
            about=lambda key: _about_person(people, key[0]),
        )  # fmt: skip
        self._compare(
            "memberships",
            """SELECT club_id::text, person_id::text, position, joined_on::text, left_on::text,
                      cause, volunteer, left_at FROM read.memberships""",
            {
                (*who, stint.position): (
                    stint.joined_on, stint.left_on, stint.cause, stint.volunteer, stint.left_at,
                )
                for who, stints in people.memberships.items()
                for stint in stints
            },
            keys=3,
            columns=("joined_on", "left_on", "cause", "volunteer", "left_at"),
            about=lambda key: {"club_id": key[0], "position": key[2]},
        )  # fmt: skip


def positions(connection: Connection) -> dict[str, int]:
    """How far each read model has come; empty before the first was made."""
    if not exists(connection, "positions"):
        return {}
    return dict(connection.execute("SELECT name, position FROM read.positions").fetchall())


def index_position(connection: Connection) -> int:
    """How far the index of names has come, which lives beside the keys."""
    row = connection.execute("SELECT max(position) FROM keys.followed WHERE name = 'people'")
    found = row.fetchone()
    return int(found[0] or 0) if found else 0


@lru_cache(maxsize=10_000)
def _terms(text: str | None) -> str | None:
    return None if text is None else same_terms(json.loads(text))


def _about_person(people: People, person_id: str) -> dict[str, Any]:
    person = people.persons.get(person_id)
    if person is None:
        return {}
    return {"event_id": person.event_id, "history": person.history, "position": person.position}
