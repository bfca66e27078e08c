"""Areas: one page for every room, from what its card says and its doors show; a room that is added later has its page too."""

from __future__ import annotations

from foedus.node.area import AreaSeen, area, areas
from foedus.node.situation import Wanted
from foedus.web.answer import Answer, Shown, Table
from foedus.web.pages.finding import drawn
from foedus.web.pages.situation import COLUMNS, points, row
from foedus.web.visit import Visit

_FIELDS = {
    "kind": ("kind",),
    "urgency": ("urgency",),
    "owner": ("owner",),
    "label": ("label",),
    "from_at": ("since", "until"),
}
"""Fields of the form for each filter that a card may name."""


def index(visit: Visit) -> Answer:
    """Show every room: what of it is urgent, how its input stands."""
    found = areas(visit.node)
    rows = [(one.name, len(one.urgent), one.sources, one.away, one.refused) for one in found]
    labels = [seen.label for one in found for seen in one.urgent]
    columns = ("area", "urgent", "sources", "sources_away", "in_quarantine")
    return Shown("areas.html", {"areas": found}, Table(columns, rows), _told(labels))


def one(visit: Visit) -> Answer:
    """Show a room: what is new and urgent, how its input stands, its methods, its pictures."""
    fields = ("kind", "urgency", "owner", "label", "since", "until", "after")
    wanted = Wanted(visit.place("name"), **{name: visit.value(name) for name in fields})
    found = area(visit.node, visit.place("name"), wanted, visit.look.language)
    items = found.situation.items
    data = {
        "area": found,
        "wanted": wanted,
        "filters": [name for one in found.card.filters for name in _FIELDS.get(one, ())],
        "filtered": any(visit.value(name) for name in fields),
        "points": points(items),
    }
    page = Shown("area.html", data, Table(COLUMNS, [row(one) for one in items]), _told(_labels(found)))
    if visit.asked.twin != "html":
        return page
    pictures = [(one, drawn(visit, one.picture)) for one in found.pictures]
    return page._replace(data={**data, "pictures": pictures})


def _labels(found: AreaSeen) -> list[str]:
    seen = [one.label for one in (*found.urgent, *found.situation.items)]
    return [*seen, *(one.label for one in found.pictures)]


def _told(labels: list[str]) -> list[str]:
    return [one for one in labels if one != "no label"]
