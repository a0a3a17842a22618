"""Whether the service lives, and whether it can serve."""

from fastapi import APIRouter
from typing_extensions import TypedDict

from api.description import problems
from api.reading import Within
from domain.errors import Unavailable
from store.migrate import MigrationsDiffer, is_current

router = APIRouter()


class Alive(TypedDict):
    status: str


class Place(TypedDict):
    """Where a read model stands, and how many events it is behind the log."""

    position: int
    lag: int


class Ready(TypedDict):
    status: str
    head: int
    projections: dict[str, Place]


# Not a plain `def` like the others: it must answer while every worker thread waits for a database.
@router.get("/healthz")
async def show_alive() -> Alive:
    """The process lives; asks nothing of the database."""
    return {"status": "alive"}


@router.get("/readyz", responses=problems(503))
def show_ready(parts: Within) -> Ready:
    """The database answers, its migrations are current, and the read models keep up."""
    head = parts.desk.log.head()
    with parts.database.connection() as connection:
        try:
            current = is_current(connection)
        except MigrationsDiffer:
            current = False
        if not current:
            raise Unavailable("Cơ sở dữ liệu chưa được nâng cấp đúng phiên bản.")
        positions = parts.follower.positions(connection)
    places = {name: Place(position=at, lag=max(head - at, 0)) for name, at in positions.items()}
    if any(place["lag"] > parts.lag_limit for place in places.values()):
        raise Unavailable("Sổ đọc chậm quá xa so với sổ gốc.")
    return {"status": "ready", "head": head, "projections": places}
