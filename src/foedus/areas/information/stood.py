"""Stood: how a line to take stood, as panes for people; what is not as it should be, of whoever wrote it, is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from foedus.areas.information.told import MAX_COUNT, MAX_ROWS, dicts, instant_of, said_of
from foedus.areas.information.written import shown
from foedus.model.picture import Line, Pane, Series, Table, Words

NOT_LISTED = "not in the table"
MAX_DAYS = 31
_FEW = "not told"
_WHY = f"“{_FEW}”: fewer than three channels stand behind it, or it could be had from other figures."
_DIVISIONS = (("kinds", "how"), ("languages", "language"), ("tiers", "tier"), ("carrying", "carrying"))
_SORTS = (("line", "the line"), ("narratives", "narratives against it"), ("partnership", "the partnership, named"))
_CELLS = (("taken", "took it up"), ("contested", "contested it"), ("unclear", "unclear"), ("other", "topic alone"))


def title(week: Mapping[str, Any]) -> str:
    """Return what it is called: the line's first wording and the week; empty where it names none."""
    wordings = list(_wordings(week))
    at = instant_of(week.get("from"))
    return f"Line to take: “{wordings[0][1]}” ({wordings[0][0]}), week of {at:%Y-%m-%d}" if wordings and at else ""


def panes(week: Mapping[str, Any], description: str) -> Iterator[Pane]:
    """Yield the panes of a line's week."""
    if description:
        yield Words(description)
    yield Table("The line to take", ("language", "words"), tuple(_wordings(week)))
    against = tuple((said_of(one.get("language")), said_of(one.get("claim"))) for one in _rows(week, "narratives"))
    if against:
        yield Table("Narratives against it", ("language", "words"), against)
    days = [one for one in _rows(week, "days")[:MAX_DAYS] if instant_of(_noon(one))]
    yield from _timeline(days)
    if rows := tuple(_fared(one) for one in days if isinstance(one.get("line"), dict)):
        heading = (
            "day",
            "on the topic",
            *(words for _, words in _CELLS),
            "pushed",
            "share (95 %)",
            "drifted",
        )
        yield Table("How the line fared, records (channels), at least", heading, rows)
    if rows := tuple(row for one in days for row in _parted(one))[:MAX_ROWS]:
        yield Table("By how, language and tier", ("day", "what", "by", "value", "records (channels), at least"), rows)
    yield Words(_WHY)
    yield from _read(week)


def _read(week: Mapping[str, Any]) -> Iterator[Pane]:
    """With what it was read, and what that does not see."""
    held = [("method", said_of(week.get("method")))]
    for of in (week.get("parameters"), week.get("coverage")):
        held += [(str(name), said_of(value)) for name, value in sorted(of.items())] if isinstance(of, dict) else []
    yield Table("Method and coverage", ("what", "value"), tuple(held[:MAX_ROWS]))
    unseen = week.get("unseen")
    for text in unseen[:MAX_ROWS] if isinstance(unseen, list) else ():
        yield Words(f"Not tested: {said_of(text)}")


def _wordings(week: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    line = week.get("line")
    held = line.get("wordings") if isinstance(line, dict) else None
    for language, text in sorted(held.items())[:MAX_ROWS] if isinstance(held, dict) else ():
        if isinstance(text, str) and text:
            yield shown(str(language)), shown(text)


def _timeline(days: list[dict[str, Any]]) -> Iterator[Pane]:
    """Records a day of the line, of narratives, of the partnership; a figure that is not told stands at nought."""
    if not days:
        return
    at = tuple(held for one in days if (held := instant_of(_noon(one))) is not None)
    lines = [Line(words, at, tuple(_many(one, sort) for one in days), "records") for sort, words in _SORTS]
    last = lines[2:] if any(lines[2].value) else []
    yield Series("The line against narratives, records a day, at least", (*lines[:2], *last))


def _many(day: Mapping[str, Any], sort: str) -> float:
    held = day.get(sort)
    figure = held.get("taken" if sort == "line" else "total") if isinstance(held, dict) else None
    many = figure.get("records") if isinstance(figure, dict) else None
    return float(many) if type(many) is int and 0 <= many < MAX_COUNT else 0.0


def _fared(day: Mapping[str, Any]) -> tuple[str, ...]:
    line = day["line"]
    share, low, high = (line.get(name) for name in ("share", "low", "high"))
    told = all(isinstance(one, float) and 0 <= one <= 1 for one in (share, low, high))
    drifted = line.get("drifted")
    return (
        said_of(day.get("day")),
        _figure(line.get("on_topic")),
        *(_figure(line.get(cell)) for cell, _ in _CELLS),
        _figure(line.get("amplified")),
        f"{share:.0%} ({100 * low:.0f} to {100 * high:.0f})" if told else "",
        f"{drifted:.0%}" if isinstance(drifted, float) else "",
    )


def _parted(day: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for sort, words in _SORTS:
        held = day.get(sort)
        for division, by in _DIVISIONS:
            of = held.get(division) if isinstance(held, dict) else None
            for value, figure in sorted(of.items()) if isinstance(of, dict) else ():
                named = NOT_LISTED if (division, value) == ("tiers", "unknown") else shown(str(value))
                yield said_of(day.get("day")), words, by, named, _figure(figure)


def _figure(held: Any) -> str:
    if not isinstance(held, dict):
        return _FEW
    return f"{said_of(held.get('records'))} ({said_of(held.get('channels'))})"


def _noon(day: Mapping[str, Any]) -> str:
    return f"{day.get('day')}T12:00:00Z"


def _rows(week: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return dicts(week.get(name))[:MAX_ROWS]
