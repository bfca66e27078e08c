"""The programme's board: objectives, the areas that serve them, indicators with their figures and the entries behind each."""

from __future__ import annotations

from typing import Any

from foedus.errors import InputError
from foedus.model.programme import Programme, in_language
from foedus.node import account, agenda, iati, programmes
from foedus.web.answer import Answer, File, Shown, Table
from foedus.web.visit import Visit

MOST_ENTRIES = 12
_COLUMNS = ("programme", "area", "indicator", "title", "baseline", "actual", "target", "score", "status", "entries")


def show(visit: Visit) -> Answer:
    """Show one programme that the node holds, the first where none is named."""
    held = [one for one in programmes.held(visit.node) if visit.node.party in one.parties]
    chosen = next((one for one in held if one.word == visit.value("programme")), held[0] if held else None)
    if chosen is None:
        return Shown("programme.html", {"held": [], "chosen": None, "board": None, "objectives": [], "areas": []})
    _, programme = programmes.document_of(visit.node, chosen.id)
    [board] = account.score(visit.node, chosen.id)
    figures = {one.id: one for one in board.indicators}
    areas = [area_of(visit, programme, area, board, figures) for area in programme.areas]
    data = {
        "held": held,
        "chosen": chosen,
        "board": board,
        "objectives": [objective_of(visit, programme, one) for one in programme.strategic_objectives],
        "areas": areas,
        "milestones": [milestone_of(visit, programme, one) for one in board.milestones],
    }
    rows = [
        (chosen.word, area["id"], one["id"], one["title"], *(one[name] for name in _COLUMNS[4:9]), len(one["entries"]))
        for area in areas
        for one in area["indicators"]
    ]
    return Shown("programme.html", data, Table(_COLUMNS, rows))


def ics(visit: Visit) -> Answer:
    """Give the agenda of a programme as a calendar, in the language of the page."""
    chosen = _required(visit)
    kinds = {kind: visit.words(f"calendar.kind.{kind}") for kind in agenda.KINDS}
    raw = agenda.ics(visit.node, chosen.id, visit.look.language, kinds)
    return File(raw, f"{chosen.word}.ics", "text/calendar; charset=utf-8")


def iati_page(visit: Visit) -> Answer:
    """Say what a programme's IATI file does not say, and lead to the file."""
    chosen = _required(visit)
    losses = iati.export(visit.node, chosen.id).losses
    data = {
        "word": chosen.word,
        "title": in_language(programmes.document_of(visit.node, chosen.id)[1].title, visit.look.language),
        "losses": [{"code": code, "number": number} for code, number in losses],
    }
    return Shown("programme-iati.html", data, Table(("code", "number"), losses))


def iati_file(visit: Visit) -> Answer:
    """Give a programme and its results as an IATI file."""
    chosen = _required(visit)
    return File(iati.export(visit.node, chosen.id).raw, f"{chosen.word}-iati.xml", "application/xml")


def _required(visit: Visit) -> programmes.Held:
    chosen = chosen_of(visit)
    if chosen is None:
        raise InputError("the node holds no programme", code="programme-unknown")
    return chosen


def chosen_of(visit: Visit) -> programmes.Held | None:
    """Return the programme that is asked for, the first where none is named; None where the node holds none.

    Raises:
        InputError: the one named is not held.
    """
    held = [one for one in programmes.held(visit.node) if visit.node.party in one.parties]
    name = visit.value("programme")
    chosen = next((one for one in held if name in ("", one.word, one.id)), None)
    if name and chosen is None:
        raise InputError("no such programme", code="programme-unknown", where=name[:90])
    return chosen


def objective_of(visit: Visit, programme: Programme, one: Any) -> dict[str, Any]:
    """Return an objective in the language of the page, and the areas that serve it."""
    serving = [area.id for area in programme.areas if one.id in area.supports]
    return {"id": one.id, "title": in_language(one.title, visit.look.language), "areas": serving}


def area_of(visit: Visit, programme: Programme, area: Any, board: Any, figures: Any) -> dict[str, Any]:
    """Return an area with its score and coverage, and its indicators with their figures."""
    language = visit.look.language
    scored = next(one for one in board.areas if one.id == area.id)
    indicators = [one for one in programme.indicators if one.id in scored.indicators or one.id in area.indicators]
    return {
        "id": area.id,
        "title": in_language(area.title, language),
        "aim": in_language(area.aim, language),
        "status": scored.status,
        "score": scored.score,
        "coverage": scored.coverage,
        "rooms": list(area.rooms if area.rooms is not None else (area.id,)),
        "indicators": [_indicator(one, figures.get(one.id), language) for one in indicators],
    }


def _indicator(one: Any, figure: Any, language: str) -> dict[str, Any]:
    entries = figure.entries if figure else ()
    return {
        "id": one.id,
        "title": in_language(one.title, language),
        "unit": one.unit or "",
        "baseline": account.figure(one.baseline.value),
        "actual": account.figure(figure.actual) if figure else "–",
        "target": account.figure(figure.target) if figure else "–",
        "score": float(figure.score) if figure and figure.score is not None else None,
        "status": figure.status if figure else "not-scored",
        "why": figure.why if figure else "not-due",
        "entries": [{"log": ref.log, "seq": ref.seq} for ref in entries],
    }


def milestone_of(visit: Visit, programme: Programme, state: Any) -> dict[str, Any]:
    """Return a milestone as it stands."""
    one = next(found for found in programme.milestones if found.id == state.id)
    return {
        "id": state.id,
        "title": in_language(one.title, visit.look.language),
        "area": state.area,
        "due": state.due,
        "state": state.state,
        "late": state.late,
        "done_on": state.done_on or "",
        "entries": [{"log": ref.log, "seq": ref.seq} for ref in state.entries],
    }
