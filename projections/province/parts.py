"""The parts every row is the sum of: one SELECT for each family of rows.

    (figure, side 'n' or 'd', club_id, event_id, position, amount)

A report sums them, an opened figure lists them, a restatement compares two sets of them: three
questions to one text, so that no sum can differ from what stands behind it.
Parameters: `since` and `until` (business dates, both included), `upto` (the last position known),
`only` (the clubs asked about; null: all).
"""

from typing import Final, NamedTuple

from projections.province.catalogue import (
    CLASSES,
    FOUNDED_BEFORE,
    ROWS,
    SOURCES,
    VULNERABLE,
    WORK,
)

# What is known to count: facts taken back by then are left out.
CHANGED: Final = """
    SELECT DISTINCT ON (event_id) event_id, counts FROM read.fact_changes
    WHERE position <= %(upto)s AND since <= %(until)s ORDER BY event_id, position DESC"""
FACTS: Final = """(SELECT f.* FROM read.facts f LEFT JOIN changed c USING (event_id)
    WHERE f.position <= %(upto)s AND f.occurred_on <= %(until)s AND c.counts IS NOT FALSE)"""


# Rows that add up facts of one kind: each once, or its amount, or what stands beside it.
_SUMMED: tuple[tuple[str, str, str | None, str], ...] = (
    ("capital", "capital", None, "amount"),
    *((f"capital_{source}", "capital", source, "amount") for source in SOURCES),
    ("loans", "loan", None, "each"),
    ("lent", "loan", None, "amount"),
    ("repaid", "repaid", None, "amount"),
    ("interest_received", "repaid", None, "more"),
    ("work_days", "work", None, "amount"),
    *((f"work_days_{activity}", "work", activity, "amount") for activity in WORK),
    ("visits", "visit", None, "each"),
    ("visit_minutes", "visit", None, "amount"),
    ("meetings", "meeting", None, "each"),
    ("cash_counts", "count", None, "each"),
    ("supports", "support", None, "each"),
    ("public_works", "activity", "public_works", "each"),
    ("culture_and_sport", "activity", "culture", "each"),
    ("culture_and_sport", "activity", "sport", "each"),
    ("talks", "activity", "talk", "each"),
    ("health_checks", "activity", "health_check", "each"),
    ("trainings", "training", None, "each"),
    ("delegates", "training", None, "amount"),
    ("news_items", "media", "news", "each"),
    ("broadcasts", "media", "broadcast", "each"),
    ("resources_mobilised", "mobilised", "fund_raising", "amount"),
    ("resources_mobilised", "gift", None, "amount"),
)


def _values() -> str:
    return ", ".join(
        "({})".format(", ".join("NULL" if one is None else f"'{one}'" for one in row))
        for row in _SUMMED
    )


def _sums() -> str:
    return f"""
        SELECT k.figure, 'n', f.club_id, f.event_id, f.position,
               CASE k.what WHEN 'each' THEN 1 WHEN 'more' THEN f.more ELSE f.amount END
        FROM (VALUES {_values()}) AS k(figure, fact, detail, what)
             JOIN {FACTS} f ON f.fact = k.fact AND (k.detail IS NULL OR k.detail = f.detail)
        WHERE f.occurred_on >= %(since)s"""


def _summed_up() -> str:
    """The same sums by fact and club first: each fact is looked at once, whatever rows it is in."""
    facts = ", ".join(f"'{fact}'" for fact in dict.fromkeys(row[1] for row in _SUMMED))
    return f"""
        SELECT k.figure, 'n', f.club_id,
               CASE k.what WHEN 'each' THEN f.each WHEN 'more' THEN f.more ELSE f.amount END
        FROM (VALUES {_values()}) AS k(figure, fact, detail, what)
             JOIN (SELECT f.fact, f.detail, f.club_id, count(*) AS each, sum(f.amount) AS amount,
                          sum(f.more) AS more
                   FROM {FACTS} f WHERE f.occurred_on >= %(since)s AND f.fact IN ({facts})
                   GROUP BY f.fact, f.detail, f.club_id) AS f
               ON f.fact = k.fact AND (k.detail IS NULL OR k.detail = f.detail)"""


_LIVE = f"""
    SELECT f.* FROM {FACTS} f WHERE f.fact = 'club'
      AND NOT EXISTS (SELECT FROM {FACTS} g WHERE g.fact = 'club_gone' AND g.club_id = f.club_id)"""

_CLUBS = f"""
    SELECT k.figure, 'n', f.club_id, f.event_id, f.position, 1
    FROM live f CROSS JOIN LATERAL (
        VALUES ('clubs', true),
               ('clubs_founded_until_2020', f.occurred_on < '{FOUNDED_BEFORE}'),
               ('clubs_founded_since_2021', f.occurred_on >= '{FOUNDED_BEFORE}')) AS k(figure, yes)
    WHERE k.yes"""

# Whoever joined and did not leave since, by the event of the joining.
_BELONGING = f"""
    SELECT * FROM (
        SELECT DISTINCT ON (f.club_id, f.subject) f.* FROM {FACTS} f
        WHERE f.fact IN ('member_in', 'member_out')
        ORDER BY f.club_id, f.subject, f.occurred_on DESC, f.position DESC) AS last
    WHERE fact = 'member_in'"""
_SEX = f"""SELECT DISTINCT ON (subject) subject, detail FROM {FACTS} f WHERE fact = 'sex'
    ORDER BY subject, position DESC"""
_BORN = f"""SELECT DISTINCT ON (subject) subject, amount FROM {FACTS} f WHERE fact = 'born'
    ORDER BY subject, position DESC"""
_CLASS = f"""SELECT DISTINCT ON (subject) subject, detail FROM {FACTS} f WHERE fact = 'class'
    ORDER BY subject, occurred_on DESC, position DESC"""
_MEMBERS = f"""
    SELECT k.figure, 'n', m.club_id, m.event_id, m.position, 1
    FROM belonging m LEFT JOIN ({_SEX}) s USING (subject) LEFT JOIN ({_BORN}) b USING (subject)
         LEFT JOIN ({_CLASS}) c USING (subject)
         CROSS JOIN LATERAL (
             VALUES ('members', true), ('members_women', s.detail = 'female'),
                    ('members_60_plus',
                     extract(year FROM %(until)s::date) - b.amount >= 60),
                    {", ".join(f"('members_{one}', c.detail = '{one}')" for one in CLASSES)}
         ) AS k(figure, yes)
    WHERE k.yes"""

# Each payout of the period with the household's class on its own day, not today's.
_LENT = f"""
    SELECT DISTINCT ON (l.position) l.*, c.detail AS class
    FROM {FACTS} l LEFT JOIN {FACTS} c
         ON c.fact = 'class' AND c.subject = l.subject AND c.occurred_on <= l.occurred_on
    WHERE l.fact = 'loan' AND l.occurred_on >= %(since)s
    ORDER BY l.position, c.occurred_on DESC, c.position DESC"""
_IN_NEED = ", ".join(f"'{one}'" for one in VULNERABLE)
_BORROWERS = f"""
    SELECT * FROM (
        SELECT DISTINCT ON (k.figure, l.club_id, l.subject)
               k.figure, 'n', l.club_id, l.event_id, l.position, 1
        FROM lent l CROSS JOIN LATERAL (
            VALUES ('borrowers', true), ('borrowers_vulnerable', l.class IN ({_IN_NEED})),
                   {", ".join(f"('borrowers_{one}', l.class = '{one}')" for one in CLASSES)}
        ) AS k(figure, yes)
        WHERE k.yes ORDER BY k.figure, l.club_id, l.subject, l.occurred_on, l.position) AS first
    UNION ALL
    SELECT 'loans_vulnerable', 'n', l.club_id, l.event_id, l.position, 1
    FROM lent l WHERE l.class IN ({_IN_NEED})"""

_VOLUNTEERS = f"""
    SELECT * FROM (
        SELECT DISTINCT ON (f.club_id, f.subject) f.* FROM {FACTS} f
        WHERE f.fact IN ('volunteer_in', 'volunteer_out')
        ORDER BY f.club_id, f.subject, f.occurred_on DESC, f.position DESC) AS last
    WHERE fact = 'volunteer_in'"""
# Everybody in care on some day of the period, by the last enrolment.
_CARE = f"""
    SELECT 'volunteers', 'n', club_id, event_id, position, 1 FROM volunteering
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (f.club_id, f.subject)
               'clients', 'n', f.club_id, f.event_id, f.position, 1
        FROM {FACTS} f
        WHERE f.fact = 'client_in' AND NOT EXISTS (
            SELECT FROM {FACTS} o WHERE o.fact = 'client_out' AND o.club_id = f.club_id
               AND o.subject = f.subject AND o.occurred_on >= f.occurred_on
               AND o.position > f.position AND o.occurred_on < %(since)s)
        ORDER BY f.club_id, f.subject, f.occurred_on DESC, f.position DESC) AS cared_for"""

# --- the loan fund ------------------------------------------------------------------------------

# What moved each loan's principal, signed as account 1283, and the interest that came with it.
_MOVED = f"""
    SELECT f.club_id, f.loan_id, f.event_id, f.position, f.occurred_on, f.fact,
           (CASE WHEN f.fact IN ('loan', 'opening_loan') THEN f.amount ELSE -f.amount END)::bigint
               AS principal,
           coalesce(f.more, 0)::bigint AS interest
    FROM {FACTS} f WHERE f.fact IN ('loan', 'opening_loan', 'repaid', 'written_off')"""
_PLAN = """
    SELECT p.loan_id, max(p.position) AS position,
           (array_agg(p.event_id ORDER BY p.position DESC))[1] AS event_id,
           (array_agg(p.club_id))[1] AS club_id,
           (array_agg(p.regulation ORDER BY p.position DESC)
                FILTER (WHERE p.regulation IS NOT NULL))[1] AS regulation,
           coalesce((array_agg(p.rescheduled ORDER BY p.position DESC)
                FILTER (WHERE p.rescheduled IS NOT NULL))[1], false) AS rescheduled,
           coalesce((array_agg(p.frozen ORDER BY p.position DESC)
                FILTER (WHERE p.frozen IS NOT NULL))[1], '[]') AS frozen
    FROM read.loan_plans p WHERE p.position <= %(upto)s AND p.occurred_on <= %(until)s
    GROUP BY p.loan_id"""
_STANDING = """
    SELECT m.loan_id, sum(m.principal)::bigint AS outstanding,
           coalesce(-sum(m.principal) FILTER (WHERE m.fact = 'repaid'), 0)::bigint AS paid,
           sum(m.interest)::bigint AS interest_paid,
           coalesce(sum(m.principal) FILTER (WHERE m.fact IN ('loan', 'opening_loan')), 0)::bigint
               AS lent
    FROM moved m GROUP BY m.loan_id"""

# As `domain.loans.loan.days_late`: since the oldest instalment that is short by more than the
# tolerance, freezes left out, none within the days of grace or while it is frozen.
_LATE = """
    SELECT p.loan_id, p.club_id, s.outstanding, p.rescheduled,
           CASE WHEN d.days > coalesce(r.grace_days, 30) AND NOT z.is_frozen THEN d.days ELSE 0 END
               AS days
    FROM plan p JOIN standing s USING (loan_id)
         LEFT JOIN read.late_rules r ON r.club_id = p.club_id AND r.version = p.regulation
         CROSS JOIN LATERAL (
             SELECT coalesce(bool_or(f.from_on <= %(until)s AND %(until)s <= f.until), false)
                        AS is_frozen
             FROM jsonb_to_recordset(p.frozen) AS f(from_on date, until date)) AS z
         CROSS JOIN LATERAL (
             SELECT coalesce(max(%(until)s::date - o.due_on - o.frozen_days), 0) AS days
             FROM (SELECT i.due_on, coalesce((
                       SELECT sum(greatest(least(%(until)s::date, f.until)
                                           - greatest(i.due_on, f.from_on), 0))
                       FROM jsonb_to_recordset(p.frozen) AS f(from_on date, until date)), 0)
                       AS frozen_days
                   FROM (SELECT i.due_on, i.number,
                                sum(i.principal) OVER (ORDER BY i.number) AS principal,
                                sum(i.interest) OVER (ORDER BY i.number) AS interest
                         FROM read.instalments i
                         WHERE i.loan_id = p.loan_id AND i.position = p.position) AS i
                   WHERE i.due_on < %(until)s
                     AND greatest(i.principal - s.lent + s.outstanding, 0)
                         + greatest(i.interest - s.interest_paid, 0) > coalesce(r.tolerance, 1000)
                   ORDER BY i.number LIMIT 1) AS o) AS d
    WHERE s.outstanding > 0"""
_AT_RISK = """
    SELECT 'outstanding', 'n', m.club_id, m.event_id, m.position, m.principal
    FROM moved m JOIN late USING (loan_id)
    UNION ALL
    SELECT k.figure, k.side, m.club_id, m.event_id, m.position, m.principal
    FROM moved m JOIN late l USING (loan_id) CROSS JOIN LATERAL (
        VALUES ('par30', 'd', true), ('par90', 'd', true),
               ('par30', 'n', l.days > 30 OR l.rescheduled),
               ('par90', 'n', l.days > 90 OR l.rescheduled)) AS k(figure, side, yes)
    WHERE k.yes"""

# As `projections.figures`: money pays the oldest instalment first, advances count when due.
_COLLECTED = """
    SELECT 'collection_rate', 'd', d.club_id, d.event_id, d.position, d.due FROM due d
    WHERE d.due > 0
    UNION ALL
    SELECT 'collection_rate', 'n', p.club_id, p.event_id, p.position,
           least(greatest(p.sum - d.before, 0), d.due)
           - least(greatest(p.sum - p.paid - d.before, 0), d.due)
    FROM (SELECT m.*, -m.principal AS paid,
                 -sum(m.principal) OVER (PARTITION BY m.loan_id ORDER BY m.occurred_on, m.position
                                         ROWS UNBOUNDED PRECEDING) AS sum
          FROM moved m WHERE m.fact = 'repaid') p JOIN due d USING (loan_id)
    WHERE least(greatest(p.sum - d.before, 0), d.due)
        <> least(greatest(p.sum - p.paid - d.before, 0), d.due)"""
_DUE = """
    SELECT p.loan_id, p.club_id, p.event_id, p.position, s.paid, r.before, r.until - r.before AS due
    FROM plan p JOIN standing s USING (loan_id)
         JOIN (SELECT loan_id, least(greatest(before, carried), until)::bigint AS before,
                      until::bigint AS until
               FROM (SELECT i.loan_id,
                            coalesce(sum(i.principal) FILTER (WHERE i.due_on < %(since)s), 0)
                                AS before,
                            coalesce(sum(i.principal) FILTER (WHERE i.due_on <= %(until)s), 0)
                                AS until,
                            coalesce(sum(i.principal) FILTER (
                                WHERE i.number = 1 AND p.rescheduled), 0) AS carried
                     FROM plan p JOIN read.instalments i
                          ON i.loan_id = p.loan_id AND i.position = p.position
                     GROUP BY i.loan_id) AS summed) AS r USING (loan_id)
    WHERE s.lent > 0"""

# What the loan fund is worth (see `projections.figures`), less balances over 90 days late; what
# came from outside and did not go back is the denominator, and what is missing of it the numerator.
_WORTH = """
    SELECT p.club_id, p.event_id, p.position, p.amount FROM read.postings p
    WHERE p.fund = 'loan' AND p.position <= %(upto)s AND p.occurred_on <= %(until)s
      AND p.account IN ('111', '112', '1283', '1368', '3368', '3388', '515', '4118')"""
_ERODED = f"""
    SELECT 'fund_erosion', k.side, g.club_id, g.event_id, g.position,
           CASE g.fact WHEN 'capital' THEN g.amount ELSE -g.amount END
    FROM {FACTS} g CROSS JOIN (VALUES ('n'), ('d')) AS k(side)
    WHERE g.fact IN ('capital', 'capital_returned')
    UNION ALL
    SELECT 'fund_erosion', 'n', w.club_id, w.event_id, w.position, -w.amount FROM ({_WORTH}) w
    UNION ALL
    SELECT 'fund_erosion', 'n', m.club_id, m.event_id, m.position, m.principal
    FROM moved m JOIN late l USING (loan_id) WHERE l.days > 90"""

# The same by loan and club, without going down to what each event brought.
_FUND_TOTALS = f"""
    SELECT k.figure, k.side, l.club_id, l.outstanding
    FROM late l CROSS JOIN LATERAL (
        VALUES ('outstanding', 'n', true), ('par30', 'd', true), ('par90', 'd', true),
               ('par30', 'n', l.days > 30 OR l.rescheduled),
               ('par90', 'n', l.days > 90 OR l.rescheduled),
               ('fund_erosion', 'n', l.days > 90)) AS k(figure, side, yes)
    WHERE k.yes
    UNION ALL
    SELECT 'collection_rate', k.side, d.club_id,
           CASE k.side WHEN 'd' THEN d.due ELSE least(greatest(d.paid - d.before, 0), d.due) END
    FROM due d CROSS JOIN (VALUES ('n'), ('d')) AS k(side) WHERE d.due > 0
    UNION ALL
    SELECT 'fund_erosion', k.side, g.club_id,
           CASE g.fact WHEN 'capital' THEN g.amount ELSE -g.amount END
    FROM {FACTS} g CROSS JOIN (VALUES ('n'), ('d')) AS k(side)
    WHERE g.fact IN ('capital', 'capital_returned')
    UNION ALL
    SELECT 'fund_erosion', 'n', w.club_id, -sum(w.amount) FROM ({_WORTH}) w GROUP BY w.club_id"""

# --- what the programme asks of a club, and where it lags -----------------------------------------

# Looked at over the last year, or since the founding where that is later.
_YEAR = "(%(until)s::date - interval '1 year')::date"
_AREAS = f"""
    SELECT f.club_id, count(DISTINCT coalesce(k.area, f.detail)) AS areas
    FROM {FACTS} f LEFT JOIN (VALUES ('loan', 'income'), ('visit', 'home_care'),
             ('health', 'health'), ('work', 'self_help'), ('capital', 'resources'),
             ('gift', 'resources')) AS k(fact, area) USING (fact)
    WHERE f.occurred_on > {_YEAR}
      AND f.fact IN ('area', 'loan', 'visit', 'health', 'work', 'capital', 'gift')
    GROUP BY f.club_id"""
_FUNDS = """
    SELECT club_id, count(DISTINCT fund) FILTER (WHERE fund IN ('loan', 'operating')) AS funds
    FROM (SELECT DISTINCT club_id, fund FROM read.postings
          WHERE position <= %(upto)s AND occurred_on <= %(until)s) AS used GROUP BY club_id"""
_SEEN = f"""
    SELECT f.club_id,
           count(DISTINCT date_trunc('month', f.occurred_on)) FILTER (
               WHERE f.fact = 'meeting' AND f.occurred_on > {_YEAR}) AS months_met,
           max(f.occurred_on) FILTER (WHERE f.fact = 'meeting') AS last_meeting_on,
           max(f.occurred_on) FILTER (WHERE f.fact = 'count') AS last_count_on,
           max(f.occurred_on) FILTER (WHERE f.fact = 'visit') AS last_visit_on,
           count(*) FILTER (WHERE f.occurred_on > {_YEAR}) AS attention
    FROM {FACTS} f
    WHERE f.fact IN ('meeting', 'count', 'visit', 'activity', 'support') GROUP BY f.club_id"""
_HAD_LOANS = f"""
    SELECT m.club_id, count(DISTINCT m.subject) AS borrowing
    FROM belonging m JOIN {FACTS} l ON l.fact = 'loan' AND l.club_id = m.club_id
         AND l.subject = m.subject
    GROUP BY m.club_id"""
CLUBS_SEEN: Final = f"""
    SELECT f.club_id, f.event_id, f.position, f.occurred_on AS founded_on,
           coalesce(a.areas, 0) AS areas, coalesce(u.funds, 0) AS funds,
           coalesce(s.months_met, 0) AS months_met,
           least(12, (extract(year FROM age(%(until)s::date, f.occurred_on)) * 12
                      + extract(month FROM age(%(until)s::date, f.occurred_on)))::int)
               AS months_asked,
           s.last_meeting_on, s.last_count_on, s.last_visit_on,
           coalesce(h.borrowing, 0) AS borrowing, coalesce(m.members, 0) AS members,
           coalesce(v.volunteers, 0) AS volunteers,
           coalesce(s.attention, 0)::numeric
               / greatest(least(365, %(until)s::date - f.occurred_on), 30) AS attention
    FROM live f
         LEFT JOIN ({_AREAS}) a USING (club_id) LEFT JOIN ({_FUNDS}) u USING (club_id)
         LEFT JOIN ({_SEEN}) s USING (club_id) LEFT JOIN ({_HAD_LOANS}) h USING (club_id)
         LEFT JOIN (SELECT club_id, count(*) AS members FROM belonging GROUP BY club_id) m
              USING (club_id)
         LEFT JOIN (SELECT club_id, count(*) AS volunteers FROM volunteering GROUP BY club_id) v
              USING (club_id)"""
_LITTLE = """c.attention < (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY attention)
    FROM clubs_seen) / 2"""
JUDGED: Final = f"""
    VALUES ('clubs_in_all_areas', c.areas = 8), ('clubs_with_both_funds', c.funds = 2),
           ('clubs_meeting_monthly', c.months_met >= c.months_asked),
           ('clubs_half_borrowing', c.members > 0 AND 2 * c.borrowing >= c.members),
           ('clubs_with_five_volunteers', c.volunteers >= 5),
           ('clubs_without_meeting',
            coalesce(c.last_meeting_on, c.founded_on) < %(until)s::date - 61),
           ('clubs_without_count', coalesce(c.last_count_on, c.founded_on) < %(until)s::date - 61),
           ('clubs_with_little_attention', {_LITTLE})"""
_TARGETS = f"""
    SELECT k.figure, s.side, c.club_id, c.event_id, c.position, 1
    FROM clubs_seen c CROSS JOIN LATERAL ({JUDGED}) AS k(figure, yes)
         CROSS JOIN (VALUES ('n'), ('d')) AS s(side)
    WHERE s.side = 'd' OR k.yes"""


class Family(NamedTuple):
    """Rows worked out together: `needs` are named queries that `parts` and each other lean on."""

    figures: tuple[str, ...]
    needs: tuple[tuple[str, str], ...]
    parts: str
    totals: str | None = None
    """The sums by club alone, where they are had for less: (figure, side, club_id, amount)."""


_JUDGED_ROWS = tuple(row.key for row in ROWS if row.key.startswith("clubs_") and row.is_share)
_BY_NEED = ("borrowers", "borrowers_vulnerable", *(f"borrowers_{one}" for one in CLASSES))
TARGETS: Final = Family(
    _JUDGED_ROWS,
    (
        ("live", _LIVE),
        ("belonging", _BELONGING),
        ("volunteering", _VOLUNTEERS),
        ("clubs_seen", CLUBS_SEEN),
    ),
    _TARGETS,
)
FAMILIES: Final = (
    Family(tuple(dict.fromkeys(row[0] for row in _SUMMED)), (), _sums(), _summed_up()),
    Family(
        ("clubs", "clubs_founded_until_2020", "clubs_founded_since_2021"),
        (("live", _LIVE),),
        _CLUBS,
    ),
    Family(
        (
            "members",
            "members_women",
            "members_60_plus",
            *(f"members_{one}" for one in CLASSES),
        ),
        (("belonging", _BELONGING),),
        _MEMBERS,
    ),
    Family((*_BY_NEED, "loans_vulnerable"), (("lent", _LENT),), _BORROWERS),
    Family(("volunteers", "clients"), (("volunteering", _VOLUNTEERS),), _CARE),
    Family(
        ("outstanding", "par30", "par90", "collection_rate", "fund_erosion"),
        (
            ("moved", _MOVED),
            ("plan", _PLAN),
            ("standing", _STANDING),
            ("late", _LATE),
            ("due", _DUE),
        ),
        f"{_AT_RISK} UNION ALL {_COLLECTED} UNION ALL {_ERODED}",
        _FUND_TOTALS,
    ),
    TARGETS,
)


def with_parts(family: Family, select: str) -> str:
    """A query over `parts(figure, side, club_id, event_id, position, amount)` of one family."""
    columns = "figure, side, club_id, event_id, position, amount"
    return f"WITH {_named(family)}, {_only('parts', columns, family.parts)} {select}"


def with_totals(family: Family, select: str) -> str:
    """A query over `totals(figure, side, club_id, amount)`: what the parts add up to, by club."""
    if family.totals is None:
        select = select.replace("totals", "parts")
        return with_parts(family, select)
    columns = "figure, side, club_id, amount"
    return f"WITH {_named(family)}, {_only('totals', columns, family.totals)} {select}"


def _only(name: str, columns: str, query: str) -> str:
    """Of the clubs asked about, and what is of no club: the association's own doings."""
    return f"""{name}({columns}) AS (
        SELECT * FROM ({query}) AS whole({columns})
        WHERE %(only)s::uuid[] IS NULL OR club_id IS NULL OR club_id = ANY (%(only)s::uuid[]))"""


def _named(family: Family) -> str:
    needs = (("changed", CHANGED), *family.needs)
    return ", ".join(f"{name} AS ({query})" for name, query in needs)


def family_of(figure: str) -> Family:
    """The caller knows the figure (`catalogue.BY_KEY`)."""
    return next(family for family in FAMILIES if figure in family.figures)
