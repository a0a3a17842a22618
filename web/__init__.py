"""Pages for people: server-rendered, usable without script, on a cheap phone."""
