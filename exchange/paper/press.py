"""Sets a paper: a layout of ours and its texts → PDF, the same bytes for the same texts.

Fonts are the ones in typst's own wheel, which have every Vietnamese letter; nothing of the
machine's is used. The texts arrive as JSON data: nothing in them is read as typst.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import segno

_LAYOUTS = Path(__file__).parent
# Setting is work for the processor alone: two at once keep two cores busy, more only wait.
_AT_ONCE = BoundedSemaphore(2)


def pdf(layout: str, texts: Mapping[str, Any]) -> bytes:
    """`layout` is the name of a `.typ` beside this file; `texts` what it asks for, as JSON."""
    import typst  # here: 34 MB that other commands need not load

    with _AT_ONCE:
        return typst.compile(
            str(_LAYOUTS / f"{layout}.typ"),
            root=str(_LAYOUTS),
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(texts, ensure_ascii=False)},
        )


def qr(text: str) -> str:
    """A QR code as SVG, for a telephone held over a paper; as large as the place it is put in."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", xmldecl=False, border=1, omitsize=True)
    return out.getvalue().decode()
