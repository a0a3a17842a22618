"""The service: every route under one roof, given what it needs."""

from functools import cache
from importlib.metadata import version

from fastapi import APIRouter, Depends, FastAPI

from api import (
    account_commands,
    accounts,
    association_commands,
    attachments,
    auditing,
    book_commands,
    care,
    care_commands,
    club_commands,
    club_reports,
    clubs,
    corrections,
    docs,
    doings,
    errors,
    evidence,
    feed,
    findings,
    fund_commands,
    health,
    histories,
    inbox,
    ledger,
    loan_commands,
    loans,
    lookups,
    me,
    metrics,
    people_commands,
    prints,
    province,
    readings,
    replies,
    report_commands,
    request_commands,
    requests,
    schedules,
    sessions,
    sign_ins,
)
from api.callers import logged_in
from api.deadline import Deadline
from api.description import described, operation_id, problems
from api.edge import Edge
from api.figures import router as figures
from api.origin import Bounded, SameOrigin
from api.parameters import each_parameter_once
from api.permissions import refuse_undeclared
from api.reading import Parts
from desk.attachments import BYTES_MAX
from desk.desk import Desk
from desk.openid import Provider
from domain.clubs.requests import Limits
from domain.values import build_validators
from projections.follower import WAIT_SECONDS, Follower
from store.database import Database
from store.keys import KeyRing

# Events a read model may be behind before this server asks to be left alone for a while.
LAG_LIMIT = 10_000
# Whoever waits longer than this is told "later" (reliability.md, P15); the pool gives up before.
DEADLINE_SECONDS = 4.5
# A report over all clubs takes some 4 s for each million events, and less than a query may (60 s).
REPORT_SECONDS = 50.0


def create_app(
    database: Database,
    follower: Follower,
    keys: KeyRing,
    desk: Desk,
    *,
    wait_seconds: float = WAIT_SECONDS,
    lag_limit: int = LAG_LIMIT,
    deadline_seconds: float = DEADLINE_SECONDS,
    report_seconds: float = REPORT_SECONDS,
    loopback_only: bool = False,
    attachment_bytes: int = BYTES_MAX,
    tools_open: bool = False,
    secure: bool = False,
    fresh_code_above: int | None = None,
    limits: Limits | None = None,
    openid: Provider | None = None,
) -> FastAPI:
    """The ASGI application. It opens and closes nothing: the parts belong to whoever made them.

    `wait_seconds` bounds the wait of a read that names a position. `loopback_only` answers nobody
    who calls it by another name than this machine's own: no page in a browser that has its own name
    resolved to 127.0.0.1. `tools_open` shows /docs, /openapi.json and /metrics to other machines
    too. `secure`: people reach it over TLS alone. `fresh_code_above` is the sum in đồng above which
    an approval asks for the second factor once more; None: none does. `openid` is where people hold
    an identity to come in by. Run it with the server's own
    access log off: addresses hold names people search for, `sochung.access` does not.
    """
    build_validators()
    app = FastAPI(
        title="Sổ Chung",
        summary="Sổ chung của câu lạc bộ Liên thế hệ tự giúp nhau",
        version=version("sochung"),
        docs_url=None,  # that page loads a CDN; ours is api/docs.py
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    app.state.parts = Parts(
        database,
        follower,
        keys,
        desk,
        wait_seconds,
        lag_limit,
        attachment_bytes,
        secure,
        fresh_code_above,
        limits or Limits(),
        openid,
    )
    app.openapi = described(app)  # type: ignore[method-assign]
    errors.install(app)
    app.add_middleware(Bounded)
    app.add_middleware(SameOrigin)
    app.add_middleware(Deadline, seconds=deadline_seconds, report_seconds=report_seconds)
    app.add_middleware(Edge, loopback_only=loopback_only, tools_open=tools_open)

    app.router.routes.extend(_routes().routes)
    refuse_undeclared(app)
    return app


@cache
def _routes() -> APIRouter:
    """Every route, worked out once for all apps of a process, and before the first request: FastAPI
    does it when a request comes, which then takes as long as a start."""
    routes = APIRouter(generate_unique_id_function=operation_id)
    once = [Depends(each_parameter_once)]
    known = [*once, Depends(logged_in)]
    asked, shut, found = (
        problems(413, 415, 422),
        problems(401, 403),
        problems(401, 403, 404, 422, 503),
    )
    routes.include_router(sessions.router, dependencies=once)
    routes.include_router(figures, tags=["figures"], dependencies=known, responses=found)
    routes.include_router(schedules.router, tags=["schedules"], dependencies=once, responses=asked)
    for part, tag in (
        (clubs, "clubs"),
        (doings, "clubs"),
        (lookups, "clubs"),
        (loans, "loans"),
        (ledger, "ledger"),
        (findings, "findings"),
        (auditing, "evidence"),
        (histories, "histories"),
        (care, "care"),
        (readings, "readings"),
        (requests, "requests"),
        (club_reports, "reports"),
        (prints, "papers"),
        (province, "reports"),
        (accounts, "accounts"),
        (inbox, "me"),
        (sign_ins, "sessions"),
    ):
        routes.include_router(part.router, tags=[tag], dependencies=known, responses=found)
    for written in (
        people_commands,
        request_commands,
        club_commands,
        association_commands,
        report_commands,
        book_commands,
        loan_commands,
        fund_commands,
        care_commands,
        corrections,
        attachments,
        replies,
        feed,
        evidence,
        account_commands,
        me,
    ):
        routes.include_router(written.router, dependencies=known, responses=shut)
    for tended in (health, metrics, docs):
        routes.include_router(tended.router, tags=["health"])
    return worked_out(routes)


def worked_out(routes: APIRouter) -> APIRouter:
    for included in routes.routes:
        getattr(included, "effective_candidates", list)()
    return routes
