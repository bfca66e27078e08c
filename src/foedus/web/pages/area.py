"""Areas: one page for every room, from what its card says and its doors show; a room that is added later has its page too."""

from __future__ import annotations

from foedus.node.area import area, areas
from foedus.web.answer import Answer, Shown, Table
from foedus.web.pages.finding import drawn
from foedus.web.pages.situation import COLUMNS, row
from foedus.web.visit import Visit

_FIELDS = {
    "kind": ("kind",),
    "urgency": ("urgency",),
    "owner": ("owner",),
    "label": ("label",),
    "from_at": ("since", "until"),
}
"""Fields of the situation's form for each filter that a card may name."""


def index(visit: Visit) -> Answer:
    """Show every room: what of it is urgent, how its input stands."""
    found = areas(visit.node)
    rows = [(one.name, len(one.urgent), one.sources, one.away, one.refused) for one in found]
    labels = [seen.label for one in found for seen in one.urgent]
    columns = ("area", "urgent", "sources", "sources_away", "in_quarantine")
    return Shown("areas.html", {"areas": found}, Table(columns, rows), _told(labels))


def one(visit: Visit) -> Answer:
    """Show a room: what is new and urgent, how its input stands, its methods, its pictures."""
    found = area(visit.node, visit.place("name"), visit.look.language)
    data = {
        "area": found,
        "filters": [name for one in found.card.filters for name in _FIELDS.get(one, ())],
        "points": [
            {
                "id": one.object_id,
                "title": one.title,
                "urgency": one.urgency,
                "lon": place.lon_deg,
                "lat": place.lat_deg,
            }
            for one in found.newest
            for place in one.places
        ],
    }
    labels = [one.label for one in (*found.urgent, *found.newest)]
    page = Shown("area.html", data, Table(COLUMNS, [row(one) for one in found.newest]), _told(labels))
    if visit.asked.twin != "html":
        return page
    pictures = [(one, drawn(visit, one.picture)) for one in found.pictures]
    return page._replace(data={**data, "pictures": pictures})


def _told(labels: list[str]) -> list[str]:
    return [one for one in labels if one != "no label"]
