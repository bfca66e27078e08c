"""Find an object by its id, or the findings that hold a value."""

from __future__ import annotations

from urllib.parse import quote

from foedus.errors import InputError
from foedus.node.find import Found, find
from foedus.web.answer import Answer, Moved, Shown, Table
from foedus.web.visit import Visit

_COLUMNS = ("value", "value kind", "object", "title", "area", "kind", "owner", "label", "urgency", "at")


def show(visit: Visit) -> Answer:
    """Go to the object that has this id, or show which findings hold a value."""
    text = visit.value("q")
    try:
        found, refused = find(visit.node, text), ""
    except InputError as error:
        found, refused = Found("", ()), error.code
    if found.object_id and visit.asked.twin == "html":
        return Moved(f"/finding/{quote(found.object_id, safe='')}")
    rows = [
        (of.value, of.kind, one.object_id, one.title, one.room, one.kind, one.owner, one.label, one.urgency, one.at)
        for of in found.values
        for one in of.items
    ]
    labels = [one.label for of in found.values for one in of.items if one.label != "no label"]
    data = {"q": text, "object_id": found.object_id, "values": found.values, "refused": refused}
    return Shown("find.html", data, Table(_COLUMNS, rows), labels, 422 if refused else 200)
