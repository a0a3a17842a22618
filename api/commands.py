"""A command over HTTP: one line of a table says where it is sent, what it asks and who decides.

    Command(
        "/clubs/{club_id}/capital", "receive_capital", ReceiveCapital, at(books.record),
        permission=Action.WRITE_BOOKS, said="Nhận vốn",
        example={"occurred_on": "2026-03-10", "amount": 20000000, ...},
    )

What people send follows from what the desk is asked: texts that the desk takes sealed are sent in
the clear and sealed here; ids that the server makes, the id in the address, and who acts are not
sent at all. Keys, versions, answers and errors are the same for every command.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import Annotated, Any, NotRequired, cast, get_args
from uuid import UUID

from annotated_types import MinLen
from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError, create_model
from pydantic.fields import FieldInfo
from typing_extensions import TypedDict

from api.bodies import Sent, read_as, sent, takes, wrong_body
from api.callers import Caller, Calling, Keyed, Seen, call_of, checked_key, described
from api.description import problems
from api.parameters import Parameters, PathId
from api.permissions import Allowed, May, named_in
from api.reading import Parts, Within, tag
from api.weighing import refuse_stale_code
from desk.care import club_caring
from desk.desk import Call, Desk, Receipt
from domain.accounts.permissions import Action
from domain.clubs.association import ASSOCIATION
from domain.clubs.association import known as known_association
from domain.clubs.decisions import CLUB
from domain.clubs.decisions import known as known_club
from domain.clubs.people import PERSON, registered
from domain.clubs.people import known as known_person
from domain.errors import NotFound, Refusal, StaleVersion, Unavailable
from domain.values import Id, Immutable, Note, Purpose, Sealed
from projections.views import IdText

# A book that everybody writes to at once: so many rounds of the desk's own tries.
ROUNDS = 4

Taking = Callable[["Asked"], Receipt]
_REGISTERED: "dict[str, tuple[Command, type[BaseModel]]]" = {}
"""Every command by its name, with the body it takes."""


class Told(TypedDict):
    """What a command is answered: the thing, its event and its place in the log; `voucher` for
    money, `vouchers` where there are several."""

    id: IdText
    event_id: IdText
    position: int
    voucher: NotRequired[str]
    vouchers: NotRequired[list[str]]
    warnings: NotRequired[list[str]]
    """Codes of what the command was warned of; they stand in GET /v1/clubs/{club_id}/findings."""
    changes: NotRequired[dict[str, Any]]
    """Of a proposal: what it will change (see the GET beside it)."""
    duplicates: NotRequired[list[IdText]]
    """Who may be the same person (see GET /v1/members/{member_id}/duplicates)."""
    code: NotRequired[str]
    """To choose a new password with; in the first reply alone."""
    flags: NotRequired[list[str]]
    """Of a health reading: `refer` or `same_day`; worked out anew for each answer, kept nowhere."""


@dataclass(frozen=True)
class Command:
    """One POST route.

    `acting` is the field of the desk's command that the acting person fills, and `made` are the
    fields that are filled on the way (ids, mostly): neither can be sent. `also` are fields of the
    body that the desk's command does not have. Signatories (`signed_by`) are sent without the one
    who acts. A body that has to look different is given whole as `body`.
    """

    path: str
    name: str
    asks: type[Immutable]
    take: Taking
    permission: Action
    said: str
    example: dict[str, Any]
    acting: str | None = None
    made: Sequence[str] = ()
    also: Mapping[str, Any] = field(default_factory=dict)
    body: type[BaseModel] | None = None
    status: int = 201
    second: str | None = None
    """The field of the body that names the other hand, who has to be there too (`X-Confirmed-By`):
    to be named by the first is not to have agreed."""
    second_may: Action = Action.STAND_BESIDE
    """What that person's own roles are asked, of the same thing."""
    in_person: bool = False
    """One of two hands of something that nobody confirms later: not typed for somebody else."""
    purposes: Mapping[str, Purpose] = field(default_factory=dict)
    """Fields sealed under a key of the person in the address; all others under the club's."""
    tells: Callable[[Any], Mapping[str, Any]] | None = None
    """What the answer says of the body besides, and nothing keeps."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in its address."""
        return tuple(part.partition("}")[0] for part in self.path.split("{")[1:])

    @property
    def names(self) -> str | None:
        """The first of them: what the command is about."""
        return self.ids[0] if self.ids else None

    def model(self) -> type[BaseModel]:
        return self.body or in_the_clear(self)


@dataclass
class Asked:
    """One command as it arrived: who, where, what."""

    command: Command
    desk: Desk
    call: Call
    at: UUID
    acting: UUID
    body: Any
    ids: Mapping[str, UUID] = field(default_factory=dict)
    """All ids in the address; `at` is the first."""
    club: UUID | None = None
    """Where it is known already whose book it is."""

    def asks(self, **made: Any) -> Any:
        """The desk's command. Raises `Invalid`, naming the fields that do not fit together."""
        kind = self.command.asks
        fields = {name: getattr(self.body, name) for name in _shared(kind, self.body)}
        for name in fields:
            if _is_sealed(kind.model_fields[name]):
                fields[name] = self._sealed(name, fields[name])
        if "signed_by" in fields:
            others = dict.fromkeys(
                person for person in fields["signed_by"] if person != self.acting
            )
            fields["signed_by"] = (self.acting, *others)
        if self.command.acting:
            fields[self.command.acting] = self.acting
        try:
            return kind(**(fields | made))
        except ValidationError as error:
            raise wrong_body(error) from None

    def _sealed(self, name: str, value: Any) -> Sealed | None:
        purpose = self.command.purposes.get(name)
        if value is None or purpose is None:
            return self.desk.memo(self.club_id, value)
        return self.desk.seal(self.at, purpose, _text(value))

    @property
    def club_id(self) -> UUID:
        """The club whose key seals the texts; it is there, or this raises `NotFound`."""
        if self.club is not None:
            return self.club
        match self.command.names:
            case "client_id" | "volunteer_id" as names:
                named = getattr(self.body, "club_id", None)
                return club_caring(self.desk, self.at, names.removesuffix("_id"), named)
            case "loan_id":
                return self.desk.club_of_loan(self.at)
            case "event_id":
                home = self.desk.log.home_of_event(self.at)
                if home is None or home[1] is None:
                    raise NotFound("Không có bút toán này.")
                return home[1]
            case _:
                return self.at


def at(handler: Callable[[Desk, Call, UUID, Any], Receipt]) -> Taking:
    """A handler of the desk that takes the id in the address and its command."""
    return lambda asked: handler(asked.desk, asked.call, asked.at, asked.asks())


def at_by(handler: Callable[[Desk, Call, UUID, UUID, Any], Receipt]) -> Taking:
    """The same, for a handler that takes who acts beside its command."""

    return lambda asked: handler(asked.desk, asked.call, asked.at, asked.acting, asked.asks())


def perform(
    parts: Parts,
    caller: Caller,
    name: str,
    ids: Mapping[str, UUID],
    body: Mapping[str, Any],
    key: str,
    seen: frozenset[int] | None = None,
) -> Told:
    """The command of this name, as if it had been sent over HTTP: for whoever fills in a form.

    Raises what a route would answer: `NotLoggedIn`, `NotFound` for what is not the caller's,
    `Invalid`, `Refusal`, `StaleVersion`.
    """
    command, model = _REGISTERED[name]
    checked_key(key)
    _asks(command, model)(named_in(ids, body), caller, parts)
    read = read_as(model, json.dumps(body).encode())
    told_of = told(_carried_out(command, parts, caller, key, seen, read, ids))
    return cast(Told, {**told_of, **_besides(command, read.body)})


def register(router: APIRouter, commands: Sequence[Command], tag: str) -> None:
    for command in commands:
        model = command.model()
        _REGISTERED[command.name] = command, model
        extra = takes(model, command.example, command.said) | {"parameters": described()}
        router.add_api_route(
            command.path,
            _endpoint(command, model),
            methods=["POST"],
            name=command.name,
            summary=command.said,
            description=(command.asks.__doc__ or "").strip(),
            status_code=command.status,
            response_model=Told,
            responses=problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 503),
            openapi_extra=extra,
            tags=[tag],
        )


def told(receipt: Receipt) -> Told:
    answer = Told(id=str(receipt.id), event_id=str(receipt.event_id), position=receipt.position)
    if receipt.vouchers:
        answer["voucher"] = receipt.vouchers[0]
    if len(receipt.vouchers) > 1:
        answer["vouchers"] = list(receipt.vouchers)
    if receipt.warnings:
        answer["warnings"] = list(receipt.warnings)
    if receipt.changes is not None:
        answer["changes"] = receipt.changes
    if receipt.duplicates:
        answer["duplicates"] = [str(id) for id in receipt.duplicates]
    if receipt.code is not None:
        answer["code"] = receipt.code
    return answer


def answered(
    receipt: Receipt, status: int, besides: Mapping[str, Any] | None = None
) -> JSONResponse:
    headers = {"ETag": tag(receipt.version)}
    if receipt.replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse({**told(receipt), **(besides or {})}, status, headers)


def in_the_clear(command: Command) -> type[BaseModel]:
    """What is sent: the fields of the desk's command, less what is not, plus what is besides."""
    # What is sent besides comes first: it is what the command is about.
    fields: dict[str, Any] = dict(command.also)
    for name, info in command.asks.model_fields.items():
        if name in (command.acting, *command.made):
            continue
        if name == "signed_by":
            fields[name] = _other_signatories(info)
        elif _is_sealed(info):
            fields[name] = (Note, ...) if info.is_required() else (Note | None, None)
        else:
            fields[name] = (info.annotation, info)
    return create_model(command.asks.__name__, __base__=Immutable, **fields)


def _other_signatories(info: FieldInfo) -> tuple[Any, FieldInfo]:
    """As many as are asked for, less the one who acts."""
    asked = next((rule.min_length for rule in info.metadata if isinstance(rule, MinLen)), 1)
    if asked > 1:
        return tuple[Id, ...], FieldInfo(min_length=asked - 1, max_length=20)
    return tuple[Id, ...], FieldInfo(default=(), max_length=20)


def _asks(command: Command, model: type[BaseModel]) -> May:
    return May(command.permission, placed={"commune", "province"} <= model.model_fields.keys())


def _endpoint(command: Command, model: type[BaseModel]) -> Callable[..., JSONResponse]:
    def endpoint(
        allowed: Allowed,
        parts: Within,
        caller: Calling,
        key: Keyed,
        seen: Seen,
        sent: Sent[BaseModel],
        query: Parameters,
        **ids: UUID,
    ) -> JSONResponse:
        receipt = _carried_out(command, parts, caller, key, seen, sent, ids)
        return answered(receipt, command.status, _besides(command, sent.body))

    # FastAPI reads what to hand over from the signature.
    of_body = Annotated[Sent[model], Depends(sent(model))]  # type: ignore[valid-type]
    known = {
        "allowed": Annotated[Allowed, Depends(_asks(command, model))],
        "parts": Within,
        "caller": Calling,
        "key": Keyed,
        "seen": Seen,
        "sent": of_body,
        "query": Annotated[Parameters, Query()],
    }
    known |= dict.fromkeys(command.ids, PathId)
    parameters = [
        Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation)
        for name, annotation in known.items()
    ]
    endpoint.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return endpoint


def _carried_out(
    command: Command,
    parts: Parts,
    caller: Caller,
    key: str,
    seen: frozenset[int] | None,
    sent: Sent[BaseModel],
    ids: Mapping[str, UUID],
) -> Receipt:
    desk = parts.desk
    acting, actor = caller.acts(desk)
    if command.in_person and acting != caller.known().person_id:
        raise Refusal(
            "in-person", "Việc này cần hai người, mỗi người tự làm bằng tài khoản của mình."
        )
    at = ids[command.names] if command.names else UUID(int=0)
    where = " ".join(str(ids[name]) for name in command.ids) or str(at)
    fingerprint = f"{command.name} {where} by {acting} ".encode() + sent.canonical
    second = getattr(sent.body, command.second) if command.second else None
    beside = _beside(command, parts, caller, ids) if second is not None else None
    call = call_of(desk, caller, actor, key, fingerprint, seen, second, beside)
    _refuse_unknown(desk, command.names, at)
    refuse_stale_code(parts, caller.known(), command.name, at, sent.body)
    return _taken(Asked(command, desk, call, at, acting, sent.body, ids))


def _beside(command: Command, parts: Parts, caller: Caller, ids: Mapping[str, UUID]) -> UUID | None:
    """Who is there besides whoever calls, if what they agree to is theirs to agree to. To whoever
    may not it is as if nobody were there: a reply once given is given again without them."""
    if caller.beside is None:
        return None
    other = Caller(caller.beside, request_id=caller.request_id)
    try:
        May(command.second_may)(named_in(ids, None), other, parts)
    except (NotFound, Refusal):
        return None
    return caller.beside.person_id


def _besides(command: Command, body: BaseModel) -> Mapping[str, Any]:
    return command.tells(body) if command.tells else {}


def _taken(asked: Asked) -> Receipt:
    for _ in range(ROUNDS):
        try:
            return asked.command.take(asked)
        except StaleVersion:
            # Who named a version is told; who did not is only asked to wait.
            if asked.call.seen is not None:
                raise
    raise Unavailable("Nhiều người đang ghi vào sổ này; hãy gửi lại sau giây lát.")


def _refuse_unknown(desk: Desk, names: str | None, at: UUID) -> None:
    """Before anything is sealed for it, the thing in the address has to be there."""
    match names:
        case "club_id":
            known_club(desk.log.recall(CLUB, at).state)
        case "member_id":
            known_person(desk.log.load(PERSON, at).state)
        case "client_id" | "volunteer_id":
            # Care goes on under the id it was begun with, also of somebody entered twice.
            registered(desk.log.load(PERSON, at).state)
        case "association_id":
            known_association(desk.log.recall(ASSOCIATION, at).state)


def _shared(kind: type[BaseModel], body: BaseModel) -> list[str]:
    return [name for name in kind.model_fields if name in type(body).model_fields]


def _text(value: Any) -> str:
    """A text as it is; a reading or scores as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, BaseModel):
        return value.model_dump_json(exclude_none=True)
    return json.dumps(value, ensure_ascii=False)


def _is_sealed(info: FieldInfo) -> bool:
    return info.annotation is Sealed or Sealed in get_args(info.annotation)
