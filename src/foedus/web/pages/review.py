"""The review of a year: figures, what was shared, disputes and versions from the ledger; texts that officials write; on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from foedus.errors import InputError
from foedus.model.programme import in_language
from foedus.node import account, review_text
from foedus.node.review import Review, review
from foedus.node.review_text import Place
from foedus.web import pdf as paper
from foedus.web.answer import Answer, File, Moved, Shown, Table
from foedus.web.pages.programme import area_of, chosen_of, milestone_of, objective_of
from foedus.web.visit import WRITERS, Visit

_COLUMNS = (
    "programme", "period", "day", "section", "id", "title", "baseline", "actual", "target", "score", "coverage", "status",
    "entries",
)  # fmt: skip
_STAGES = ("sent", "accepted", "refused", "recalled", "answered")
_NO_TEXT = {"language": "", "version": 0, "text": "", "person": "", "at": "", "versions": ()}


class Refused(NamedTuple):
    """A text that was not taken: why, of which field, and what was written, so that nothing of it is lost."""

    code: str
    field: str
    text: str


def show(visit: Visit, refused: Refused | None = None) -> Answer:
    """Show the review of a programme's year, the newest of the first programme where nothing is named."""
    chosen = chosen_of(visit)
    if chosen is None:
        return Shown("programme.html", {"held": [], "chosen": None, "board": None, "objectives": [], "areas": []})
    found = review(visit.node, chosen.id, visit.value("period"), visit.value("on"))
    data = data_of(visit, found) | {
        "refused": refused._asdict() if refused else None,
        "may_write": visit.may(*WRITERS),
        "most": review_text.MOST,
        "told": "saved" if visit.value("told") == "saved" else "",
        "has_pdf": paper.available(),
    }
    return Shown("review.html", data, Table(_COLUMNS, list(_rows(data))), status=422 if refused else 200)


def write(visit: Visit) -> Answer:
    """Keep a text; one that cannot be taken stays in its field, with the reason beside it."""
    place = Place(visit.value("programme"), visit.value("period"), visit.value("field"), visit.look.language)
    review(visit.node, place.programme, place.period)
    seen = visit.value("seen")
    try:
        number = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 9 else -1
        review_text.write(visit.node, visit.person, place, visit.value("text"), seen=number)
    except InputError as error:
        if not error.code.startswith("review-text-"):
            raise
        return show(visit, Refused(error.code, place.field, visit.value("text")))
    query = urlencode({"programme": place.programme, "period": place.period, "told": "saved"})
    return Moved(f"/programme/review?{query}#text-{place.field}")


def pdf(visit: Visit) -> Answer:
    """Give the review as it is printed, as a PDF."""
    shown = show(visit)
    assert isinstance(shown, Shown), "a review is a page"
    name = (
        f"review-{shown.data['word']}-{shown.data['period']}-{visit.look.language}.pdf" if "word" in shown.data else ""
    )
    if not name:
        raise InputError("the node holds no programme", code="programme-unknown")
    return File(paper.rendered(visit, Shown("review-print.html", shown.data)), name, "application/pdf")


def data_of(visit: Visit, found: Review) -> dict[str, Any]:
    """Return what the page, the paper and the twins show of a review."""
    figures = {one.id: one for one in found.board.indicators}
    areas = [area_of(visit, found.document, area, found.board, figures) for area in found.document.areas]
    for area in areas:
        for one in area["indicators"]:
            one["trend"] = _trend(found, one["id"])
    data: dict[str, Any] = {
        "word": found.word,
        "title": in_language(found.document.title, visit.look.language),
        "document_version": found.document.version,
        "digest": found.digest,
        "parties": [one.id for one in found.document.parties],
        "body": found.document.review.body.name,
        "period": found.period,
        "periods": found.periods,
        "day": found.day,
        "years": [one.period for one in found.boards],
        "trend": [
            {"year": one.period, "score": one.score, "coverage": one.coverage, "status": one.status}
            for one in found.boards
        ],
        "objectives": [
            objective_of(visit, found.document, one) | {"score": by.score, "coverage": by.coverage, "status": by.status}
            for one, by in zip(found.document.strategic_objectives, found.objectives, strict=True)
        ],
        "areas": areas,
        "milestones": [milestone_of(visit, found.document, one) for one in found.board.milestones],
        "flows": found.flows,
        "troubles": found.troubles,
        "agreed": found.agreed,
        "amendments": [
            {"version": one.version, "date": one.date, "text": in_language(one.text, visit.look.language)}
            for one in found.document.amendments
            if one.date[:4] == found.period
        ],
        "texts": {field: _text(found, field, visit.look.language) for field in review_text.fields(found.document)},
        "logs": found.logs,
    }
    return data | {"rests": list(_rests(data))}


def _trend(found: Review, indicator: str) -> list[dict[str, Any]]:
    """Return an indicator's figure and score in each year of the term up to the one reviewed."""
    years = []
    for board in found.boards:
        one = next((figure for figure in board.indicators if figure.id == indicator), None)
        years.append(
            {
                "year": board.period,
                "actual": account.figure(one.actual) if one else "–",
                "score": float(one.score) if one and one.score is not None else None,
            }
        )
    return years


def _text(found: Review, field: str, language: str) -> dict[str, Any]:
    """Return what is written in a field: ``here`` in the language of the page, which is edited, and ``other`` in another."""
    by_language = {one.language: one for one in found.texts if one.field == field}
    here = by_language.pop(language, None)
    return {"here": here or _NO_TEXT, "other": next((one for one in by_language.values() if one.text), None)}


def _rests(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every figure with the entries it rests on, as runs of a log."""
    for one in (*(one for area in data["areas"] for one in area["indicators"]), *data["milestones"]):
        entries = [(entry["log"], entry["seq"]) for entry in one["entries"]]
        yield {"id": one["id"], "title": one["title"], "flow": (), "ranges": _ranges(entries)}
    for flow in data["flows"]:
        for stage in _STAGES:
            way = (flow.sender, flow.recipient, flow.area, stage)
            yield {"id": "-".join(way), "title": "", "flow": way, "ranges": _ranges(getattr(flow, stage).entries)}


def _ranges(entries: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return entries as runs.

    >>> _ranges([("a", 1), ("a", 2), ("a", 4), ("b", 5)])
    [{'log': 'a', 'first': 1, 'last': 2}, {'log': 'a', 'first': 4, 'last': 4}, {'log': 'b', 'first': 5, 'last': 5}]
    """
    found: list[dict[str, Any]] = []
    for log, seq in sorted(entries):
        if found and found[-1]["log"] == log and found[-1]["last"] == seq - 1:
            found[-1]["last"] = seq
        else:
            found.append({"log": log, "first": seq, "last": seq})
    return found


def _rows(data: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the CSV twin: figures first, then milestones, what went, what was wrong, versions, texts."""
    head = (data["word"], data["period"], data["day"])
    for one in data["trend"]:
        yield (
            *head,
            "programme",
            one["year"],
            data["title"],
            "",
            "",
            "",
            one["score"],
            one["coverage"],
            one["status"],
            "",
        )
    for area in data["areas"]:
        yield (
            *head,
            "area",
            area["id"],
            area["title"],
            "",
            "",
            "",
            area["score"],
            area["coverage"],
            area["status"],
            "",
        )
        for one in area["indicators"]:
            said = (one["baseline"], one["actual"], one["target"], one["score"], "", one["status"], len(one["entries"]))
            yield (*head, "indicator", one["id"], one["title"], *said)
    for one in data["milestones"]:
        state = f"{one['state']} late" if one["late"] else one["state"]
        yield (
            *head,
            "milestone",
            one["id"],
            one["title"],
            "",
            one["done_on"],
            one["due"],
            "",
            "",
            state,
            len(one["entries"]),
        )
    for flow in data["flows"]:
        for stage in _STAGES:
            counted = getattr(flow, stage)
            way = f"{flow.sender} to {flow.recipient}: {flow.area}"
            yield (*head, stage, flow.area, way, "", counted.n, "", "", "", "", len(counted.entries))
    for one in data["troubles"]:
        yield (*head, "dispute", one.kind, one.code, "", one.at, "", "", "", "", 1)
    for one in data["agreed"]:
        yield (*head, "version", one.version, one.digest, "", one.at, "", "", "", "", len(one.entries))
    for field, text in data["texts"].items():
        if text["here"] is not _NO_TEXT:
            yield (*head, "text", field, text["here"].text, "", text["here"].at, "", "", "", "", "")
