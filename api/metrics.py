"""/metrics in Prometheus' text form: how many requests, how long, and where the log stands.

Each process counts its own requests. Labels are routes as they stand in the code, never addresses:
no name, no id and no figure of a club is in them.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from threading import Lock

from fastapi import APIRouter, Response

from api.reading import Within
from domain.errors import Unavailable
from projections.follower import head_of

WAIT_SECONDS = 2.0
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

router = APIRouter()

Label = tuple[str, str, int]


class Requests:
    """Counts requests by method, route and status, and their seconds by route."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[Label, int] = defaultdict(int)
        self._seconds: dict[str, float] = defaultdict(float)
        self._within: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        bucket = next((n for n, most in enumerate(BUCKETS) if seconds <= most), len(BUCKETS))
        with self._lock:
            self._counts[method, route, status] += 1
            self._seconds[route] += seconds
            self._within[route][bucket] += 1

    def lines(self) -> Iterator[str]:
        with self._lock:
            counts, seconds = dict(self._counts), dict(self._seconds)
            within = {route: list(buckets) for route, buckets in self._within.items()}
        yield "# HELP sochung_requests_total Requests answered by this process."
        yield "# TYPE sochung_requests_total counter"
        for (method, route, status), count in sorted(counts.items()):
            label = f'method="{method}",route="{route}",status="{status}"'
            yield f"sochung_requests_total{{{label}}} {count}"
        yield "# HELP sochung_request_seconds Time to answer, by route."
        yield "# TYPE sochung_request_seconds histogram"
        for route, buckets in sorted(within.items()):
            upto = 0
            for most, count in zip((*map(str, BUCKETS), "+Inf"), buckets, strict=True):
                upto += count
                yield f'sochung_request_seconds_bucket{{route="{route}",le="{most}"}} {upto}'
            yield f'sochung_request_seconds_sum{{route="{route}"}} {seconds[route]:.6f}'
            yield f'sochung_request_seconds_count{{route="{route}"}} {upto}'


REQUESTS = Requests()


@router.get("/metrics", response_class=Response)
def show_metrics(parts: Within) -> Response:
    """Requests of this process, the head of the log, and how far each read model is behind."""
    lines = [*REQUESTS.lines(), *_of_the_log(parts)]
    return Response("\n".join(lines) + "\n", media_type=MEDIA_TYPE)


def _of_the_log(parts: Within) -> Iterator[str]:
    head, places = 0, dict[str, int]()
    up = 0
    with suppress(Unavailable):
        # Well within a request's deadline: that the database is away is an answer here.
        with parts.database.connection(WAIT_SECONDS) as connection:
            head = head_of(connection)
            places = parts.follower.positions(connection)
        up = 1
    yield "# HELP sochung_database_up Whether the database answered just now."
    yield "# TYPE sochung_database_up gauge"
    yield f"sochung_database_up {up}"
    if not up:
        return
    yield "# HELP sochung_log_head Position of the last event."
    yield "# TYPE sochung_log_head gauge"
    yield f"sochung_log_head {head}"
    yield "# HELP sochung_read_model_lag Events a read model is behind the log."
    yield "# TYPE sochung_read_model_lag gauge"
    for name, position in sorted(places.items()):
        yield f'sochung_read_model_lag{{name="{name}"}} {max(head - position, 0)}'
