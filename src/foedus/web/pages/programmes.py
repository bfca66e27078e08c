"""Programmes side by side: an alliance sees all its partners' beside each other, a partner its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from foedus.model.programme import in_language
from foedus.node import account
from foedus.node.beside import Beside, beside
from foedus.web.answer import Answer, Shown, Table
from foedus.web.visit import Visit

_COLUMNS = ("programme", "row", "id", "title", "actual", "target", "score", "coverage", "status", "day")


def show(visit: Visit) -> Answer:
    """Show all programmes of the own party: how they stand, their objectives, areas and indicators beside each other."""
    found = beside(visit.node, visit.look.language)
    data = {
        "programmes": [_programme(visit, one) for one in found],
        "areas": _rows(visit, found, "areas"),
        "indicators": _rows(visit, found, "indicators"),
        "today": visit.node.clock.now().date().isoformat(),
    }
    return Shown("programmes.html", data, Table(_COLUMNS, list(_lines(data))))


def _programme(visit: Visit, one: Beside) -> dict[str, Any]:
    titles = {each.id: in_language(each.title, visit.look.language) for each in one.document.strategic_objectives}
    return {
        "word": one.held.word,
        "title": in_language(one.document.title, visit.look.language),
        "partners": [party for party in one.held.parties if party != visit.node.party],
        "term": one.held.term,
        "in_force": one.held.in_force,
        "score": one.board.score,
        "coverage": one.board.coverage,
        "status": one.board.status,
        "objectives": [
            {
                "id": each.id,
                "title": titles[each.id],
                "score": each.score,
                "coverage": each.coverage,
                "status": each.status,
            }
            for each in one.objectives
        ],
        "done": sum(each.state == "done" for each in one.board.milestones),
        "milestones": len(one.board.milestones),
        "late": one.late,
        "coming": one.coming,
    }


def _rows(visit: Visit, found: Sequence[Beside], part: str) -> list[dict[str, Any]]:
    """Return every area or indicator that any programme has, with what each programme says of it (None: it has none)."""
    titles: dict[str, str] = {}
    cells: dict[str, dict[str, Any]] = {}
    for one in found:
        titled = {each.id: in_language(each.title, visit.look.language) for each in getattr(one.document, part)}
        for state in getattr(one.board, part):
            titles.setdefault(state.id, titled[state.id])
            cells.setdefault(state.id, {})[one.held.word] = _cell(state, part)
    words = [one.held.word for one in found]
    return [
        {"id": key, "title": titles[key], "cells": [held.get(word) for word in words]} for key, held in cells.items()
    ]


def _cell(state: Any, part: str) -> dict[str, Any]:
    said = {"score": state.score, "status": state.status}
    if part == "areas":
        return said | {"coverage": state.coverage}
    return said | {"actual": account.figure(state.actual), "target": account.figure(state.target), "why": state.why}


def _lines(data: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the CSV twin: of each programme itself, objectives, areas, indicators, what is late and what comes."""
    for at, one in enumerate(data["programmes"]):
        word = one["word"]
        yield (word, "programme", word, one["title"], "", "", one["score"], one["coverage"], one["status"], "")
        for each in one["objectives"]:
            yield (
                word,
                "objective",
                each["id"],
                each["title"],
                "",
                "",
                each["score"],
                each["coverage"],
                each["status"],
                "",
            )
        for row in data["areas"]:
            if (cell := row["cells"][at]) is not None:
                yield (
                    word,
                    "area",
                    row["id"],
                    row["title"],
                    "",
                    "",
                    cell["score"],
                    cell["coverage"],
                    cell["status"],
                    "",
                )
        for row in data["indicators"]:
            if (cell := row["cells"][at]) is not None:
                figures = (cell["actual"], cell["target"], cell["score"], "", cell["status"])
                yield (word, "indicator", row["id"], row["title"], *figures, "")
        for each in one["late"]:
            yield (word, "late", each.key, each.title, "", "", "", "", each.kind, each.day)
        for each in one["coming"]:
            yield (word, "coming", each.key, each.title, "", "", "", "", each.kind, each.day)
