"""For programs: who is signed in."""

from __future__ import annotations

from foedus.web.answer import Answer, Json
from foedus.web.visit import Visit


def show(visit: Visit) -> Answer:
    """Say who is signed in, and the mark that a form of their session holds."""
    person, fresh = visit.person, visit.held is not None and visit.held.fresh
    return Json({"name": person.name, "roles": person.roles, "csrf": visit.csrf, "fresh": fresh})
