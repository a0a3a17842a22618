"""`sochung check`: every invariant recomputed from raw events; findings name events.

One walk through the log feeds all checks, in pure Python and by another path than the domain's
folds and the read models' SQL. Log and tables are read in one snapshot, so nobody has to stop
writing; each read model is compared when the walk reaches the position it stands at.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from audit.accesslog import AccessLog
from audit.attachments import Attachments
from audit.care import CareRows
from audit.check import Check
from audit.clubs import Clubs
from audit.entries import BATCH, Connection, Entry, entries, head_of, snapshot
from audit.eyes import FourEyes
from audit.facts import Facts
from audit.findings import Finding, Findings, Report
from audit.funds import Funds
from audit.instep import Postings, VoucherRows
from audit.leaves import Leaves
from audit.listed import Listed
from audit.loans import Loans
from audit.money import Cash, FundEquation, Lines
from audit.order import LogOrder
from audit.people import People
from audit.readmodels import Sums, index_position, positions
from audit.reversals import Reversals
from audit.snapshots import Snapshots
from audit.statements import Statements
from audit.stories import Stories
from audit.vouchers import Vouchers
from domain.catalogue import EVENTS
from domain.histories import Kind
from store.database import Database

Compare = Callable[[], None]
Progress = Callable[[int, int], None]

# What a field that is missing, or of another kind, raises in a check.
_ILL_SHAPED = (KeyError, TypeError, ValueError, AttributeError, IndexError)


def run(
    database: Database,
    kinds: Sequence[Kind[Any]] = (),
    *,
    limit: int = 100,
    snapshots: int | None = 50,
    progress: Progress | None = None,
) -> Report:
    """Checks the whole log, and every read model as far as it has come.

    `limit` findings of each level are kept per check. Snapshots need the `kinds` they are of, and
    those of at most `snapshots` histories are folded anew. Raises `Unavailable`.
    """
    findings = Findings(limit)
    with snapshot(database) as connection:
        walk = _Walk(findings, connection, kinds, snapshots)
        walk.through_the_log(progress)
        return Report(findings.all(), walk.checked(), walk.head)


class _Walk:
    def __init__(
        self,
        findings: Findings,
        connection: Connection,
        kinds: Sequence[Kind[Any]],
        histories: int | None,
    ) -> None:
        self._findings = findings
        self.connection = connection
        self.head = head_of(connection)
        at = positions(connection)
        self.order = LogOrder(findings, connection)
        equation = FundEquation(findings)
        loans, people = Loans(findings, connection), People(findings)
        clubs, reversals = Clubs(findings), Reversals(findings, connection)
        rows = VoucherRows(findings, connection, at.get(VoucherRows.model, 0))
        sums = Sums(findings, connection, equation, loans, people, clubs)
        listed, statements = Listed(findings, connection), Statements(findings, connection)
        stories = Stories(findings, connection, at.get(Stories.model, 0))
        care = CareRows(findings, connection)
        facts = Facts(findings, connection, at.get(Facts.model, 0))
        # In this order: four eyes look at loans and people as the event leaves them.
        self.checks: tuple[Check, ...] = (
            self.order,
            Lines(findings),
            equation,
            Cash(findings),
            Vouchers(findings),
            people,
            loans,
            FourEyes(findings, connection, loans, people),
            Funds(findings),
            listed,
            reversals,
            clubs,
            statements,
            Postings(findings, connection, at.get(Postings.model, 0)),
            rows,
            stories,
            care,
            facts,
            sums,
            Snapshots(findings, connection, kinds, histories),
            Leaves(findings, connection),
            Attachments(findings, connection),
            AccessLog(findings, connection),
        )

        def compare_histories() -> None:
            stories.compare_changes()
            statements.compare_merges()

        compare: dict[str, Compare] = {
            "ledger": sums.compare_balances,
            "vouchers": lambda: rows.compare_reversed(connection, reversals),
            "loans": sums.compare_loans,
            "counts": sums.compare_counts,
            "findings": lambda: listed.compare(reversals),
            "clubs": sums.compare_clubs,
            "members": sums.compare_members,
            "club-life": statements.compare_club_life,
            "statements": statements.compare_statements,
            "requests": statements.compare_requests,
            "doings": statements.compare_doings,
            "histories": compare_histories,
            "care": care.compare_care,
            "volunteer_days": care.compare_volunteer_days,
            "facts": facts.compare,
        }
        stands = [(at.get(name, 0), name, told) for name, told in compare.items()]
        stands.append(
            (index_position(connection), "people", lambda: people.compare_index(connection))
        )
        self._stands = sorted(stands, key=lambda stand: stand[0])
        self._topics: Counter[str] = Counter()
        for position, name, _ in self._stands:
            self._say_where(name, position)

    def through_the_log(self, progress: Progress | None) -> None:
        routes: dict[str, list[tuple[Check, Callable[[Entry], None]]]] = {}
        next_stand = self._stands[0][0]
        for entry, unreadable in entries(self.connection):
            position, topic = entry.position, entry.topic
            if position > next_stand:
                next_stand = self._compare_before(position)
            route = routes.get(topic)
            if route is None:
                route = routes[topic] = self._route(topic)
            self._topics[topic] += 1
            if unreadable is not None:
                self.order.unreadable(entry, unreadable)
                continue
            for check, see in route:
                try:
                    see(entry)
                except _ILL_SHAPED as error:
                    self.order.incomplete(entry, check.name, error)
            if progress is not None and position % BATCH == 0:
                progress(position, self.head)
        self._compare_before(2**63)
        for check in self.checks:
            check.end()
        if progress is not None:
            progress(self.head, self.head)

    def _route(self, topic: str) -> list[tuple[Check, Callable[[Entry], None]]]:
        """An unknown topic is a finding of the log; nobody else can say what it means."""
        wanting = [check for check in self.checks if check.wants(topic)]
        return [(c, c.see) for c in wanting if topic in EVENTS or c is self.order]

    def _compare_before(self, position: int) -> int:
        """Compares the read models that stand before a position; returns where the next stands."""
        while self._stands and self._stands[0][0] < position:
            at, _, compare = self._stands.pop(0)
            if at:
                compare()
        return self._stands[0][0] if self._stands else 2**63

    def _say_where(self, name: str, position: int) -> None:
        facts = {"model": name, "at": position, "head": self.head}
        if position < self.head:
            message = f"Sổ đọc “{name}” mới tới vị trí {position}/{self.head}: chỉ soát tới đó."
            found = Finding("read-models", "model-behind", message, "info", facts=facts)
        elif position > self.head:
            message = f"Sổ đọc “{name}” đã qua vị trí {position} nhưng nhật ký hết ở {self.head}."
            found = Finding("read-models", "model-ahead", message, position=position, facts=facts)
        else:
            return
        self._findings.add(found)

    def checked(self) -> dict[str, int]:
        return {
            check.name: check.rows
            + sum(count for topic, count in self._topics.items() if check.wants(topic))
            for check in self.checks
        }
