"""One finding: its picture, label, evidence and story; who has it, who may get it and why; its bytes; calling it back."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from markupsafe import Markup

from foedus.errors import InputError, TrustError
from foedus.model.events import RecallReason
from foedus.model.picture import Map, Picture
from foedus.model.picture import Table as Values
from foedus.node import recall, show, watch
from foedus.node.dossier import opened, raw, seen, traces
from foedus.picture import Texts, render
from foedus.web.answer import Answer, File, Moved, Shown, Table
from foedus.web.visit import Visit

REASONS: tuple[RecallReason, ...] = get_args(RecallReason)
MOST_POINTS = 2_000
"""Of a track on a map."""


def one(visit: Visit, refused: str = "") -> Answer:
    """Show a finding."""
    page = opened(visit.node, visit.place("object_id"), visit.look.language)
    found, picture = page.seen
    current = found.versions[0]
    data = {
        "finding": found,
        "current": current,
        "drawn": picture.panes if picture else (),
        "tracks": tracks_of(picture),
        "goes": page.goes,
        "reasons": REASONS,
        "refused": refused,
        "told": visit.value("told") if visit.value("told") in ("recalled", "lifted") else "",
        "stale": visit.held is not None and not visit.held.fresh,
        **_watching(visit, page.watch, page.watchers),
    }
    labels = [current.label, *(one.label for one in (*found.links, *found.related) if one.label)]
    shown = Shown("finding.html", data, _values(current, picture), labels, 403 if refused else 200)
    return shown if visit.asked.twin != "html" else shown._replace(data={**data, "picture": drawn(visit, picture)})


def _watching(visit: Visit, standing: watch.Standing, watchers: list[str]) -> dict[str, object]:
    """Return how it stands on the watch, and what the form about it needs."""
    told = visit.value("told").removeprefix("watch-")
    return {
        "watch": standing,
        "watchers": watchers,
        "dismiss_reasons": watch.REASONS,
        "watch_told": told if told in ("acknowledge", "assign", "dismiss", "undo") else "",
    }


def beside(visit: Visit) -> Answer:
    """Show the evidence of a finding beside a list: a part of that page."""
    shown = evidence(visit, visit.place("object_id"))
    if visit.asked.twin != "html":
        del shown["picture"]
    return Shown("finding-beside.html", shown)


def evidence(visit: Visit, object_id: str) -> dict[str, object]:
    """Return what is shown of a finding beside a list."""
    found, picture = seen(visit.node, object_id, visit.look.language)
    return {"finding": found, "current": found.versions[0], "picture": drawn(visit, picture)}


def entries(visit: Visit) -> Answer:
    """Show what the ledgers say of it: a part of its page, or a page of its own."""
    found = traces(visit.node, visit.place("object_id"))
    part = bool(visit.asked.headers.get("hx-request"))
    data = {"object_id": visit.place("object_id"), "traces": found, "part": part}
    rows = [(one.log, one.seq, one.at, one.kind) for one in found.entries]
    template = "finding-traces.html" if part else "finding-entries.html"
    return Shown(template, data, Table(("log", "entry", "at", "kind"), rows))


def stix(visit: Visit) -> Answer:
    """Give the bytes of a version as they came."""
    object_id = visit.place("object_id")
    return File(
        raw(visit.node, object_id, visit.value("version")),
        f"{plain_id(object_id)}.stix",
        "application/stix+json;version=2.1",
    )


def call_back(visit: Visit) -> Answer:
    """Recall it from everybody or one party, or lift a recall; a releaser's word, freshly shown to be theirs."""
    object_id, party = visit.place("object_id"), visit.value("party")
    try:
        if visit.value("act") == "lift":
            recall.lift(visit.node, visit.act(), object_id, party)
            return Moved(f"{visit.asked.path.removesuffix('/recall')}?told=lifted")
        reason = msgspec.convert(visit.value("reason"), RecallReason)
        order = recall.Order(reason, parties=(party,) if party else ())
        recall.recall(visit.node, visit.act(), recall.Target(object_id), order)
    except msgspec.ValidationError as error:
        raise InputError("not a reason", code="form-malformed") from error
    except (InputError, TrustError) as error:
        return one(visit, refused=error.code)
    return Moved(f"{visit.asked.path.removesuffix('/recall')}?told=recalled")


def drawn(visit: Visit, picture: Picture | None) -> Markup:
    """Return a picture as markup; what renders it escapes all of it."""
    texts = Texts(visit.words("picture.more"), visit.words("picture.values"))
    return Markup(render(picture, texts)) if picture else Markup("")  # noqa: S704 — escaped by picture/


def tracks_of(picture: Picture | None) -> list[dict[str, Any]]:
    """Return the tracks of a picture's maps, as the map of a page draws them."""
    panes = [pane for pane in picture.panes if isinstance(pane, Map)] if picture else []
    return [
        {"name": track.name, "path": _thinned(list(zip(track.lon_deg, track.lat_deg, strict=False)))}
        for pane in panes
        for track in pane.tracks
    ]


def _thinned(path: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a path with at most so many points as a map draws, its ends among them.

    >>> len(_thinned([(n, n) for n in range(4_001)])), _thinned([(n, n) for n in range(4_001)])[-1]
    (1335, (4000, 4000))
    """
    step = -(-len(path) // (MOST_POINTS - 1))
    return path if len(path) <= MOST_POINTS else [*path[:-1:step], path[-1]]


def _values(current: show.Shown, picture: Picture | None) -> Table:
    """Return the values it holds as rows; of a finding without any, the first table of its picture."""
    if current.values:
        return Table(
            ("kind", "value", "warned"), [(v["kind"], v["value"], " ".join(v["warned"])) for v in current.values]
        )
    table = next((pane for pane in picture.panes if isinstance(pane, Values)), None) if picture else None
    return Table(table.columns, table.rows) if table else Table(("kind", "value", "warned"), [])


def plain_id(object_id: str) -> str:
    """Return an id as the name of a file."""
    return "".join(char if char.isalnum() or char == "-" else "_" for char in object_id)
