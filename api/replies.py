"""What a command was answered, for somebody whose reply was lost."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from api.callers import Calling
from api.commands import Told, answered
from api.description import problems
from api.parameters import Parameters
from api.permissions import Allowed, may
from api.reading import Within
from desk.desk import receipt
from domain.accounts.permissions import Action
from domain.errors import NotFound
from store.log import Done

router = APIRouter(prefix="/v1", tags=["commands"])

KeyText = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


@router.get(
    "/commands/{key}",
    response_model=Told,
    responses=problems(401, 404, 422, 503),
)
def show_reply(
    allowed: Annotated[Allowed, may(Action.USE)],
    key: KeyText,
    caller: Calling,
    parts: Within,
    _: Annotated[Parameters, Query()],
) -> JSONResponse:
    """The reply that the caller's command of this key got; 404 when it never took effect."""
    actor = caller.acts(parts.desk)[1]
    found = parts.desk.log.answered(actor, key)
    if found is None:
        raise NotFound("Chưa có lệnh nào của người này dưới khóa đó.")
    done = Done(found.first_position, found.last_position, found.reply, replayed=True)
    return answered(receipt(done), 200)
