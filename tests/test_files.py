"""A file is what stands in it, whatever it is called."""

import pytest

from domain.files import media_of
from photos import JPEG, PDF, WEBP, png


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (JPEG, "image/jpeg"),
        (JPEG + b"a telephone's film after it", "image/jpeg"),
        (png(), "image/png"),
        (WEBP, "image/webp"),
        (PDF, "application/pdf"),
    ],
)
def test_the_four_kinds_are_known(content: bytes, media: str) -> None:
    assert media_of(content) == media


@pytest.mark.parametrize("whole", [JPEG, png(), WEBP, PDF])
def test_one_that_was_cut_off_is_none(whole: bytes) -> None:
    for length in range(len(whole) - (6 if whole is PDF else 1)):
        assert media_of(whole[:length]) is None, length


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\x00" * 100,
        b"<html><script>alert(1)</script>",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"GIF89a" + JPEG,
        b"<!--" + JPEG,
        b"MZ" + PDF,
        b"PK\x03\x04" + png(),
        b"\n%PDF-1.4\n%%EOF",
        b"\x89PNG\n\x1a\n" + png()[8:],
        b"RIFF\xff\xff\xff\xffWEBPVP8 ",
        b"RIFF\x04\x00\x00\x00WAVE",
    ],
)
def test_what_only_looks_like_one_is_none(hostile: bytes) -> None:
    assert media_of(hostile) is None
