"""What kind of file some bytes are: by what stands in them, never by a name or a header."""

from typing import Literal

Media = Literal["image/jpeg", "image/png", "image/webp", "application/pdf"]

SUFFIX: dict[Media, str] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
}
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"
_PDF_TAIL_BYTES = 2_048


def media_of(content: bytes) -> Media | None:
    """None for any other kind, and for a file that was cut off: it would be evidence of nothing."""
    if content.startswith(b"\xff\xd8\xff") and _JPEG_END in content[4:]:
        return "image/jpeg"
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and _PNG_END in content[16:]:
        return "image/png"
    if content[:4] == b"RIFF" and content[8:15] == b"WEBPVP8":
        # The length is of what follows it; an odd one is filled up.
        stated = int.from_bytes(content[4:8], "little") + 8
        return "image/webp" if len(content) in (stated, stated + 1) else None
    if content.startswith((b"%PDF-1.", b"%PDF-2.")) and b"%%EOF" in content[-_PDF_TAIL_BYTES:]:
        return "application/pdf"
    return None
