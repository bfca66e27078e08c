"""Live sources: how each stands and when it was away; an analyst opens and closes them."""

from __future__ import annotations

from foedus.errors import FoedusError, MalformedRecord
from foedus.node import sources
from foedus.node.sources import LiveSource
from foedus.node.status import sources_of
from foedus.web.answer import Answer, Moved, Shown, Table
from foedus.web.pages.field import NONE, Refusal, refusal, typed
from foedus.web.visit import Visit

_FIELDS = ("name", "area", "uri", "label")
_CODES = {
    "source-name": "name", "source-exists": "name", "source-too-many": "name", "source-address": "uri", "source-not-live": "area",
    "area-unknown": "area",
}  # fmt: skip
_COLUMNS = (
    "name", "area", "uri", "label", "state", "heard", "away_since", "rate", "lines", "bytes", "dropped_bytes", "behind_bytes",
    "refused", "outages",
)  # fmt: skip


def show(visit: Visit, refused: Refusal = NONE) -> Answer:
    """Show how every source stands, and the form that opens one."""
    held, fault = sources_of(visit.node)
    told = visit.value("told")
    data = {
        "sources": held,
        "fault": fault,
        "rooms_live": sources.readers(visit.node),
        "typed": typed(visit, _FIELDS),
        "refused": refused,
        "stale": visit.held is not None and not visit.held.fresh,
        "told": told if told in ("added", "removed") else "",
    }
    rows = [(*(getattr(one, name) for name in _COLUMNS[:-1]), len(one.outages)) for one in held]
    labels = [one.label for one in held if one.label != "no label"]
    return Shown("sources.html", data, Table(_COLUMNS, rows), labels, 422 if refused.code else 200)


def add(visit: Visit) -> Answer:
    """Put a source on the list, under a label."""
    given = typed(visit, _FIELDS)
    try:
        wanted = LiveSource(given["name"].strip(), given["area"], given["uri"].strip())
        sources.add(visit.node, visit.act(), wanted, given["label"].strip())
    except MalformedRecord as error:
        return show(visit, refusal(error, {}, "label"))
    except FoedusError as error:
        return show(visit, refusal(error, _CODES))
    return Moved("/sources?told=added")


def remove(visit: Visit) -> Answer:
    """Take a source off the list."""
    try:
        sources.remove(visit.node, visit.act(), visit.value("source"))
    except FoedusError as error:
        return show(visit, Refusal(error.code))
    return Moved("/sources?told=removed")
