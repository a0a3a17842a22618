"""What may happen in a club: events, decisions, states. Pure: standard library and pydantic."""
