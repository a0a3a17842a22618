"""Schemathesis, with every check it has, against the real service and its published description.

`.venv-soak/bin/python tests/soak/schema.py --seconds 600` (`make soak` makes that environment)
starts the service on a database of its own, with a village for every command in which the
command's published example takes effect, and lets schemathesis send what /openapi.json allows and
what it does not. Where a case is meant to be valid, its ids, keys and who acts are real, so that it
reaches the rules; where it is meant to be wrong, it is sent as it was made. It prints the seed and
what was found, and fails at any 5xx and at any answer outside of the description.

Two controls must fail: the same run against the same application in this process, one route of
which answers outside of its schema, then one that answers 500.
"""

import argparse
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import schemathesis
import uvicorn
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import Status, events, from_schema
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import create_app
from desk.desk import Desk
from logins import bearer, token_for
from soak.house import private_home
from soak.service import new_key, running
from sochung.house import House
from sochung.settings import Settings
from tests.api.scenes import COMMANDS, Scene, scene
from village import DAY, Village

# Refusals of what a schema cannot say: fields that do not fit together, a cursor no list gave, a
# photo that is none, what is to stand in for an event of another kind ("malformed" at no field), a
# key that another command had. Any other refusal of a valid case is a failure.
BEYOND_A_SCHEMA = frozenset(
    {
        *("range-reversed", "cursor-invalid", "invalid", "not-a-photo", "malformed"),
        "idempotency-key-reused",
    }
)
FAILURES_SHOWN = 40
LOG_SHOWN = 8_000
CONTROL_SECONDS = 30


@dataclass
class Ground:
    """The things there are: what the ids of a case meant to be valid are taken from."""

    desk: Desk
    things: dict[str, list[str]] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    scenes: dict[tuple[str, str], Scene] = field(default_factory=dict)
    head: int = 0
    """The last position anybody was told; a read of a later one waits, then is told "later"."""

    def of(self, name: str, made: object) -> str | None:
        """A real id for a field of this name, the same for the same made-up one."""
        pool = self.things.get(name) or (self.people if _is_person(name) else None)
        return Random(str(made)).choice(pool) if pool else None


def _is_person(name: str) -> bool:
    return name.endswith(("_id", "_ids", "_by")) and name not in ("loan_id", "club_id", "event_id")


def prepared(desk: Desk) -> Ground:
    """A village of its own for each command, so that none spoils another's."""
    ground = Ground(desk)
    for name, command in COMMANDS.items():
        village = Village(desk, capital=50_000_000)
        one = scene(village, name)
        ground.scenes["POST", "/v1" + command.path] = one
        told = one.address.split("/")
        for place, part in enumerate(("/v1" + command.path).split("/")):
            if part.startswith("{"):
                ground.things.setdefault(part[1:-1], []).append(told[place])
        ground.things.setdefault("club_id", []).append(str(village.club_id))
        ground.people += [str(one.acting), str(village.chair), str(village.treasurer)]
    ground.head = desk.log.head()
    return ground


def grounded(ground: Ground) -> Callable[..., None]:
    """The hook that puts real ids, fresh keys and somebody who exists into what is meant to be
    valid; a part that is meant to be wrong stays as it was made."""

    def before_call(context: Any, case: Any, kwargs: Any) -> None:
        meta = case.meta
        wrong = {
            place
            for place, info in (meta.components.items() if meta else ())
            if info.mode.is_negative
        }
        of_example = ground.scenes.get((case.method.upper(), case.operation.path))
        # Half of the cases stay in the village where the example works.
        at_home = of_example is not None and Random(repr(case.body)).random() < 0.5
        if ParameterLocation.PATH not in wrong:
            template = case.operation.path.split("/")
            for name, made in list(case.path_parameters.items()):
                real = ground.of(name, made)
                if at_home and of_example:
                    real = of_example.address.split("/")[template.index("{" + name + "}")]
                if real is not None:
                    case.path_parameters[name] = real
        acting = str(of_example.acting) if at_home and of_example else None
        acting = acting or ground.of("acting_id", repr(case.body)) or ground.people[0]
        case.headers.update(bearer(ground.desk, uuid.UUID(acting)))
        case._has_explicit_auth = True  # the check of it then asks without, and with a wrong one
        if ParameterLocation.HEADER not in wrong:
            if "X-Acting-Person" in case.headers:
                case.headers["X-Acting-Person"] = acting
            if of_example and of_example.second:
                case.headers["X-Confirmed-By"] = token_for(ground.desk, of_example.second)
            if "Idempotency-Key" in case.headers:
                case.headers["Idempotency-Key"] = new_key()
            _no_later(case.headers, "X-After-Position", ground.head)
        if ParameterLocation.QUERY not in wrong:
            _no_later(case.query, "after_position", ground.head)
            if case.operation.path != "/v1/events":  # there it is a position
                case.query.pop("after", None)  # no cursor that a list gave
        if ParameterLocation.BODY not in wrong and isinstance(case.body, dict):
            case.body = _real(ground, case.body)

    return before_call


def _no_later(given: Any, name: str, head: int) -> None:
    if given and str(given.get(name, "")).isdigit():
        given[name] = str(int(given[name]) % (head + 1))


def _real(ground: Ground, value: Any, name: str = "") -> Any:
    """Real ids; and mostly the days and sums of a village, since the year 2731 and a billion đồng
    are all refused by the same first rule."""
    near = Random(f"{name} {value}") if isinstance(value, str | int) else None
    match value:
        case dict():
            return {key: _real(ground, one, key) for key, one in value.items()}
        case list():
            return [_real(ground, one, name) for one in value]
        case str() if _is_id(value):
            return ground.of(name, value) or value
        case str() if near and near.random() < 0.7 and _is_day(value):
            return (DAY + timedelta(days=near.randint(-30, 90))).isoformat()
        case int() if near and near.random() < 0.7 and name == "amount":
            return near.choice((1, 1_000, 500_000, 5_000_000, 5_000_001))
        case float() if value.is_integer():
            # To JSON Schema 5.0 is an integer; interface.md has it refused as an amount.
            return int(value)
        case _:
            return value


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@dataclass
class Told:
    """What a run found."""

    operations: set[str] = field(default_factory=set)
    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    first: dict[tuple[str, str, str], str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    beyond: Counter[str] = field(default_factory=Counter)
    memory: dict[str, int] = field(default_factory=dict)
    """Resident memory of the service, kB, by what had been done."""

    @property
    def right(self) -> bool:
        return not self.failures and not self.errors and bool(self.cases)


def run(
    url: str,
    ground: Ground,
    seed: int,
    seconds: int,
    *,
    only: str | None = None,
    pid: int | None = None,
) -> Told:
    """All phases and all checks until the time is spent; `pid` is the service to be weighed."""
    told = Told()
    if pid is not None:
        told.memory["before"] = memory_kb(pid)
    config = SchemathesisConfig(seed=seed, max_time=seconds)
    project = config.projects.default
    project.update(continue_on_failure=True, request_timeout=20)
    # A version that is no longer the newest is an answer to a valid If-Match; a wrong password, a
    # token where a session is needed and one guess too many are to log-ins.
    accepted = project.checks.positive_data_acceptance
    accepted.expected_statuses = [*accepted.expected_statuses, "401", "403", "412", "429"]
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)
    schemathesis.hooks.unregister_all()
    schemathesis.hook("before_call")(grounded(ground))
    schemathesis.hook("filter_failure")(_kept(told.beyond))
    if only is not None:
        schema = schema.include(path=only)
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished():
                _count(told, event)
            case events.PhaseFinished() if pid is not None:
                told.memory[str(event.phase.name.value)] = memory_kb(pid)
            case events.NonFatalError():
                told.errors.append(f"{event.label}: {event.value!r}"[:500])
            case events.FatalError():
                told.errors.append(repr(event.exception))
    return told


def _kept(beyond: Counter[str]) -> Callable[..., bool]:
    """Drops "valid data was refused" where the refusal is one that no schema can announce."""

    def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
        if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 422:
            return True
        problem = response.json()
        codes = {one["code"] for one in problem.get("errors", ())} or {problem["code"]}
        if codes <= BEYOND_A_SCHEMA:
            beyond.update(codes)
            return False
        return True

    return filter_failure


def _count(told: Told, event: Any) -> None:
    recorder = event.recorder
    told.operations.update(node.value.operation.label for node in recorder.cases.values())
    told.cases[str(event.phase.value)] += len(recorder.interactions)
    for one in recorder.interactions.values():
        if one.response is not None:
            told.statuses[one.response.status_code] += 1
    for case_id, nodes in recorder.checks.items():
        for node in nodes:
            told.checks[node.name] += 1
            if node.status != Status.FAILURE:
                continue
            told.failures[node.name] += 1
            case = recorder.cases[case_id].value
            failure = node.failure_info.failure
            seen = (node.name, case.operation.label, failure.title)
            if seen not in told.first:
                answer = recorder.interactions[case_id].response
                said = answer.content[:600].decode("utf-8", "replace") if answer else "no answer"
                told.first[seen] = f"{failure.message}\n      {case!r}\n      -> {said}"


def memory_kb(pid: int) -> int:
    """Resident memory of a process and its children."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    return own + sum(memory_kb(int(child)) for child in children)


def say(told: Told) -> None:
    print(f"operations: {len(told.operations)}, cases: {told.cases.total()} {dict(told.cases)}")
    print(f"answers by status: {dict(sorted(told.statuses.items()))}")
    weighed = ", ".join(f"{kb // 1024} MiB {when}" for when, kb in told.memory.items())
    print(f"resident memory of the service, after each phase: {weighed}")
    print(f"checks made: {told.checks.total()}; failures by check: {dict(told.failures) or 'none'}")
    print(f"valid by the schema, refused by what no schema says: {dict(told.beyond)}")
    for (check, label, title), said in list(told.first.items())[:FAILURES_SHOWN]:
        print(f"  {check} · {label} · {title}\n      {said}"[:3000])
    for error in told.errors[:FAILURES_SHOWN]:
        print(f"  error · {error}")


class Spoilt:
    """The application, with one route that answers something else."""

    def __init__(self, app: ASGIApp, path: str, answer: JSONResponse) -> None:
        self._app, self._path, self._answer = app, path, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        spoilt = scope["type"] == "http" and scope["path"] == self._path
        await (self._answer if spoilt else self._app)(scope, receive, send)


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The application in this process, over HTTP."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = monotonic() + 30
        while not server.started:
            assert monotonic() < deadline, "the server did not come up"
            sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


CONTROLS = {
    "outside of its schema": (
        "response_schema_conformance",
        JSONResponse({"items": [{"id": 5}], "next": None}),
    ),
    "a 500": ("not_a_server_error", JSONResponse({"sorry": True}, 500)),
}


def controls_caught(house: House, ground: Ground, seed: int) -> bool:
    caught = True
    app = create_app(house.database, house.follower, house.keys, house.desk)
    for name, (check, answer) in CONTROLS.items():
        with served(Spoilt(app, "/v1/clubs", answer)) as url:
            told = run(url, ground, seed, CONTROL_SECONDS, only="/v1/clubs")
        found = told.failures[check]
        print(f"control, one route answers {name}: {check} failed {found} times")
        caught &= found > 0
    return caught


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=uuid.uuid4().int % 2**32)
    parser.add_argument("--only", help="one path of the description")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with (
        private_home() as home,
        House(Settings(home=home)) as house,
        running({"SOCHUNG_HOME": str(home)}, house.desk, log=home / "service.log") as service,
    ):
        ground = prepared(house.desk)
        url = f"http://127.0.0.1:{service.port}"
        somebody, read = uuid.UUID(ground.people[0]), f"/v1/clubs?after_position={ground.head}"
        while service.ask("GET", read, person=somebody).status == 503:
            sleep(0.1)
        pid = service.pid
        told = run(url, ground, given.seed, given.seconds, only=given.only, pid=pid)
        say(told)
        if told.failures["not_a_server_error"]:
            print((home / "service.log").read_text("utf-8", "replace")[-LOG_SHOWN:])
        caught = controls_caught(house, ground, given.seed)
    print("right" if told.right and caught else "WRONG")
    return 0 if told.right and caught else 1


if __name__ == "__main__":
    sys.exit(main())
