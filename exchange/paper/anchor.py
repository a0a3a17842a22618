"""The signed head of the log on a paper: as a short code to read out, and as a QR code.

Whoever keeps the paper can show later that nothing below that head was changed since.
"""

from exchange.paper import press
from exchange.tables import shown
from projections.heads import HeadView


def anchor(head: HeadView | None) -> dict[str, str] | None:
    """What the layouts ask for; None before anything was signed."""
    if head is None:
        return None
    return {
        "qr": press.qr(code(head)),
        "fingerprint": head["fingerprint"],
        "size": f"{shown(head['size'])} sự kiện",
    }


def code(head: HeadView) -> str:
    """What the QR code says: how many events the head is over, and its fingerprint."""
    return f"{head['size']} {head['fingerprint']}"
