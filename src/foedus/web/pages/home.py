"""The first page: whoever sees findings begins with what waits for people, everybody else with their settings."""

from __future__ import annotations

from foedus.web.answer import Answer, Moved
from foedus.web.visit import CONTENT, Visit


def show(visit: Visit) -> Answer:
    """Go to where this person begins."""
    return Moved("/release" if visit.may(*CONTENT) else "/settings")
