"""The description as a page to try it on: Swagger UI 5.35.0 from this package, no network."""

from collections.abc import Mapping
from importlib.resources import files

from fastapi import APIRouter, Response

from domain.errors import NotFound

router = APIRouter(prefix="/docs", include_in_schema=False)

_FILES: Mapping[str, str] = {
    "index.html": "text/html; charset=utf-8",
    "start.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}


@router.get("")
async def show_docs() -> Response:
    return _file("index.html")


@router.get("/{name}")
async def show_docs_file(name: str) -> Response:
    if name not in _FILES:
        raise NotFound("Không có tệp này.")
    return _file(name)


def _file(name: str) -> Response:
    return Response((files("api") / "swagger" / name).read_bytes(), media_type=_FILES[name])
