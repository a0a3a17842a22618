"""How rows of care and club events cease to count: at the position that took their event back."""

from projections.projection import window_of

TAKING_BACK = ("care.EntryWithdrawn", "clubs.EntryWithdrawn", "clubs.AssociationEntryWithdrawn")
TOPICS = (*TAKING_BACK, "loans.ImportUndone")

COLUMNS = "import_id uuid, withdrawn_at bigint"
"""Of every table whose rows may cease to count."""

# The first word counts, whichever it is: in one statement, so that a rebuild says the same.
_GONE = f"""
UPDATE {{{{table}}}} t SET withdrawn_at = gone.position
FROM (SELECT event_id, min(position) AS position
      FROM (SELECT (w.d ->> 'withdraws')::uuid AS event_id, w.position
            FROM {window_of(*TAKING_BACK)} w
            UNION ALL
            SELECT i.event_id, u.position
            FROM (SELECT (w.d ->> 'import_id')::uuid AS import_id, w.position
                  FROM {window_of("loans.ImportUndone")} w) AS u
                 JOIN {{{{table}}}} i ON i.import_id = u.import_id AND i.position < u.position
           ) AS each
      GROUP BY event_id) AS gone
WHERE t.event_id = gone.event_id AND t.position < gone.position AND t.withdrawn_at IS NULL
"""


def taken_back(*tables: str) -> tuple[str, ...]:
    """Fold statements: what was withdrawn, or came by an import that is undone, counts no more."""
    return tuple(_GONE.replace("{{table}}", f"{{{table}}}") for table in tables)


def indexes(*tables: str) -> tuple[str, ...]:
    return tuple(
        statement
        for table in tables
        for statement in (
            f"CREATE INDEX ON {{{table}}} (event_id)",
            f"CREATE INDEX ON {{{table}}} (import_id) WHERE import_id IS NOT NULL",
        )
    )
