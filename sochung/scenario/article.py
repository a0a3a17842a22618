"""What the province's officers had printed in June 2025: the figures this scenario falls out at."""

from datetime import date
from typing import Final

FROM: Final = date(2017, 1, 1)
UNTIL: Final = date(2025, 5, 31)
"""The period the article speaks of; what the clubs do afterwards is free."""

CLUBS: Final = 46
FOUNDED_UNTIL_2020: Final = 20
MEMBERS: Final = 2_471
VULNERABLE_BORROWERS: Final = 52
"""Members of poor, near-poor or disadvantaged households who were lent to."""
HELP_WORK_DAYS: Final = 895
"""Given to short-handed households."""
CLEANUP_WORK_DAYS: Final = 155
"""Of clearing up after storms and floods, in the last five years."""
TRAININGS: Final = 5
NEWS_ITEMS: Final = 33
BROADCASTS: Final = 5

# Of these the article says "over": 400 million đồng, 300 works, 300 events, 600 delegates.
CAPITAL: Final = 412_600_000
PUBLIC_WORKS: Final = 322
CULTURE_AND_SPORT: Final = 341
DELEGATES: Final = 627
