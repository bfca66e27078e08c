"""How pages look to somebody: language, light or dark, keys on or off; kept in their browser alone."""

from __future__ import annotations

from foedus.web.answer import Answer, Moved
from foedus.web.visit import THEMES, Visit
from foedus.web.words import LANGUAGES

COOKIE = "foedus-look"


def change(visit: Visit) -> Answer:
    """Change what the form names, and go back to where it stood."""
    look = visit.look
    if (language := visit.value("language")) in LANGUAGES:
        look = look._replace(language=language)
    if (theme := visit.value("theme")) in THEMES:
        look = look._replace(theme=theme)
    if (keys := visit.value("keys")) in ("on", "off"):
        look = look._replace(keys=keys == "on")
    visit.cookies[COOKIE] = look.text()
    return Moved(own_path(visit.value("next")) or "/")


def own_path(path: str) -> str:
    r"""Return a path of these pages; nothing for whatever a browser might take for another place.

    >>> own_path("/release?a=1"), own_path("//elsewhere.example"), own_path("/\\elsewhere.example")
    ('/release?a=1', '', '')
    """
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain and path.isascii() else ""
