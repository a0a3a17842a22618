"""Files the pages load: read once, named by what is in them, kept by browsers for good."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "woff2": "font/woff2",
    "svg": "image/svg+xml",
}
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    packed: bytes | None
    """With gzip, where that is worth it."""
    media_type: str


def asset(name: str) -> str:
    """The address of a file under `static/`, e.g. `asset("vendor/pico.min.css")`."""
    return "/static/" + _shelf()[0][name]


@router.get("/static/{name:path}")
async def show_asset(name: str, request: Request) -> Response:
    found = _shelf()[1].get(name)
    if found is None:
        raise HTTPException(404)
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers = _FOR_GOOD | {"Content-Encoding": "gzip"}
        return Response(found.packed, headers=headers, media_type=found.media_type)
    return Response(found.content, headers=_FOR_GOOD, media_type=found.media_type)


@cache
def _shelf() -> tuple[dict[str, str], dict[str, Asset]]:
    """The name in an address of each file, and the files by that name."""
    found = sorted(_files(files("web") / "static", ""))
    named: dict[str, str] = {}
    assets: dict[str, Asset] = {}
    # Style sheets name fonts, so these are named first.
    for name, content in sorted(found, key=lambda one: one[0].endswith(".css")):
        stem, _, kind = name.rpartition(".")
        if kind == "css":
            content = re.sub(
                rb"url\((vendor/[\w.-]+)\)",
                lambda at: b"url(/static/" + named[at[1].decode()].encode() + b")",
                content,
            )
        named[name] = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{kind}"
        packed = None if kind == "woff2" else gzip.compress(content, 9, mtime=0)
        assets[named[name]] = Asset(content, packed, _TYPES[kind])
    return named, assets


def _files(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for one in folder.iterdir():
        if one.is_dir():
            found += _files(one, f"{path}{one.name}/")
        elif one.name.rpartition(".")[2] in _TYPES:
            found.append((path + one.name, one.read_bytes()))
    return found
