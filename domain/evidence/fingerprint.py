"""The short code of a signed head, as it is printed on papers and read out over a telephone."""

import base64

BITS = 80


def fingerprint(root: bytes) -> str:
    """Four groups of four letters and digits: the first 80 bits of the root, in base32."""
    shown = base64.b32encode(root[: BITS // 8]).decode()
    return "-".join(shown[at : at + 4] for at in range(0, len(shown), 4))
