"""Quarantine: what was refused, where and why; looked at, tried again, put aside."""

from __future__ import annotations

import msgspec

from foedus.errors import FoedusError, InputError
from foedus.node import quarantine
from foedus.node.area import tallies
from foedus.node.quarantine import Retried
from foedus.node.show import Refused, refused
from foedus.web.answer import Answer, Moved, Shown, Table
from foedus.web.visit import CONTENT, Visit

PAGE_ROWS = 50
_COLUMNS = ("number", "at", "area", "source", "where", "code", "message", "hint")


def show(visit: Visit) -> Answer:
    """Show a page of what was refused; who sees no content sees how much of which area and why."""
    area, before = visit.value("area"), visit.value("before")
    found = refused(visit.node, limit=PAGE_ROWS + 1, area=area, before=_number(before) if before else None)
    parts = [one if visit.may(*CONTENT) else _bare(one) for one in found[:PAGE_ROWS]]
    told = visit.value("told")
    data = {
        "parts": parts,
        "next": str(parts[-1].number) if len(found) > PAGE_ROWS else "",
        "area": area,
        "tallies": tallies(visit.node),
        "told": told if told in ("taken", "aside") else "",
    }
    rows = [tuple(getattr(one, name) for name in _COLUMNS) for one in parts]
    return Shown("quarantine.html", data, Table(_COLUMNS, rows))


def one(visit: Visit, again: Retried | None = None, code: str = "") -> Answer:
    """Show one part, with what is kept of its bytes where that is nobody's personal data."""
    found = quarantine.part(visit.node, _number(visit.place("number")))
    data = {"part": found, "again": again, "refused": code}
    labels = [found.label] if found.label != "no label" else []
    return Shown("quarantine-one.html", data, None, labels, 422 if again or code else 200)


def decide(visit: Visit) -> Answer:
    """Try a part again, or put it aside; an analyst's act."""
    number = _number(visit.place("number"))
    try:
        if visit.value("act") == "aside":
            quarantine.dismiss(visit.node, number, visit.person)
            return Moved("/quarantine?told=aside")
        again = quarantine.retry(visit.node, number, visit.person)
    except FoedusError as error:
        return one(visit, code=error.code)
    return one(visit, again) if again.refused else Moved("/quarantine?told=taken")


def _bare(one: Refused) -> Refused:
    return msgspec.structs.replace(one, source="", where="", message="")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise InputError("not a number", code="quarantine-unknown")
    return int(text)
