"""What the province's officers hand in: figures of all clubs, each down to the events behind it."""
