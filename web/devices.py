"""What somebody's device is called: by its browser and what it runs, never by what it sent."""

from collections.abc import Callable

from web.translations import marked

_BROWSERS = (
    ("Zalo", "Zalo"),
    ("coc_coc_browser", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Edg", "Edge"),
    ("FxiOS", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
)
"""By a word of their own, the narrower first: most of them also say that they are Chrome."""
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
_ON = marked("%(browser)s trên %(system)s")
_UNKNOWN = marked("Một máy không rõ loại")


def called(agent: str, says: Callable[[str], str]) -> str:
    """ "Chrome trên Android"; what is recognised of it, or that nothing is."""
    browser, system = _found(_BROWSERS, agent), _found(_SYSTEMS, agent)
    if browser and system:
        return says(_ON) % {"browser": browser, "system": system}
    return browser or system or says(_UNKNOWN)


def _found(words: tuple[tuple[str, str], ...], agent: str) -> str | None:
    return next((name for word, name in words if word in agent), None)
