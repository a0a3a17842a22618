"""The desk: takes a command, loads the histories it needs, has the domain decide, and records."""
