"""The event log on PostgreSQL, the keys of sealed text, and the embedded server."""
