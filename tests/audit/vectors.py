"""Published test vectors, kept as they were handed to us; each file names where it comes from."""

import base64
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "vectors"


def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def raw(shown: str | None) -> bytes:
    return base64.b64decode(shown or "")
