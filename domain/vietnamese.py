"""Vietnamese text without its tones: how names are compared and searched everywhere."""

import unicodedata


def folded(text: str) -> str:
    """Lower case without tones or marks."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
