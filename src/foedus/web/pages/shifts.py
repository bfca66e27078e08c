"""The watch page: the shift that goes on or any before, to read, to print and to hand over."""

from __future__ import annotations

from collections.abc import Iterator

from foedus.errors import InputError, TrustError
from foedus.node import shifts
from foedus.node.shifts import ShiftReport
from foedus.node.watch import watchers
from foedus.node.watchlists import WatchLists, watch_lists
from foedus.web.answer import Answer, Moved, Shown, Table
from foedus.web.visit import Visit

_COLUMNS = ("part", "at", "who", "what", "object", "title", "urgency", "note")
_ACTS = ("open", "note", "close")


def show(visit: Visit, refused: str = "") -> Answer:
    """Show the shift that goes on, else the last one."""
    return _shown(visit, shifts.report(visit.node), refused)


def one(visit: Visit) -> Answer:
    """Show a shift."""
    return _shown(visit, shifts.report(visit.node, visit.place("name")))


def act(visit: Visit) -> Answer:
    """Take the watch, write something down, or end the shift."""
    try:
        _do(visit)
    except (InputError, TrustError) as error:
        return show(visit, refused=error.code)
    return Moved(f"/watch?told={visit.value('act')}")


def _do(visit: Visit) -> None:
    node, person, note = visit.node, visit.person, visit.value("reason")
    match visit.value("act"):
        case "open":
            shifts.open_shift(node, person, note)
        case "note":
            shifts.write(node, person, note)
        case "close":
            shifts.close_shift(node, person, note, visit.value("to"), visit.value("shift"))
        case _:
            raise InputError("not an act", code="form-malformed")


def _shown(visit: Visit, found: ShiftReport | None, refused: str = "") -> Answer:
    told, lists = visit.value("told"), watch_lists(visit.node)
    data = {
        "report": found,
        "shifts": shifts.listing(visit.node),
        "watchers": watchers(visit.node),
        "lists": lists,
        "refused": refused,
        "told": told if told in _ACTS and visit.asked.method == "GET" else "",
    }
    labels = [seen.label for seen in (*found.came, *found.open) if seen.label != "no label"] if found else []
    labels += [seen.finding.label for seen in lists.hits if seen.finding.label != "no label"]
    labels += [*(found.labels if found else ()), *(one.label for one in lists.lists if one.label)]
    rows = [*(_rows(found) if found else ()), *_listed(lists)]
    return Shown("watch.html", data, Table(_COLUMNS, rows), labels, 403 if refused else 200)


def _rows(found: ShiftReport) -> Iterator[tuple[object, ...]]:
    for wrote in found.wrote:
        yield ("written", wrote.at, wrote.person, wrote.act, "", "", "", wrote.note)
    for part, rows in (("came", found.came), ("open", found.open)):
        for seen in rows:
            yield (part, seen.at, seen.owner, seen.kind, seen.object_id, seen.title, seen.urgency, seen.watch)
    for done in found.acts:
        title = found.titles.get(done.object_id, "")
        yield ("done", done.at, done.person, done.act, done.object_id, title, "", done.note or done.reason or done.to)


def _listed(found: WatchLists) -> Iterator[tuple[object, ...]]:
    for hit in found.hits:
        seen, why = hit.finding, f"{hit.value}: {hit.reason}" if hit.reason else hit.value
        yield ("list", seen.at, hit.name, seen.kind, seen.object_id, seen.title, seen.urgency, why)
