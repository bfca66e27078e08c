"""Stood: how a line to take stood, as panes for people; what is not as it should be, of whoever wrote it, is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from foedus.areas.information.told import MAX_COUNT, MAX_ROWS, dicts, instant_of, said_of
from foedus.areas.information.written import shown
from foedus.model.picture import Line, Pane, Series, Table, Words
from foedus.model.room import Say, as_written

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


def panes(week: Mapping[str, Any], description: str, say: Say = as_written) -> Iterator[Pane]:
    """Yield the panes of a line's week."""
    if description:
        yield Words(description)
    words = (say("language"), say("words"))
    yield Table(say("The line to take"), words, tuple(_wordings(week)))
    against = tuple((said_of(one.get("language")), said_of(one.get("claim"))) for one in _rows(week, "narratives"))
    if against:
        yield Table(say("Narratives against it"), words, against)
    days = [one for one in _rows(week, "days")[:MAX_DAYS] if instant_of(_noon(one))]
    yield from _timeline(days, say)
    if rows := tuple(_fared(one, say) for one in days if isinstance(one.get("line"), dict)):
        columns = ("day", "on the topic", *(words for _, words in _CELLS), "pushed", "share (95 %)", "drifted")
        yield Table(say("How the line fared, records (channels), at least"), tuple(map(say, columns)), rows)
    if rows := tuple(row for one in days for row in _parted(one, say))[:MAX_ROWS]:
        columns = ("day", "what", "by", "value", "records (channels), at least")
        yield Table(say("By how, language and tier"), tuple(map(say, columns)), rows)
    yield Words(say(_WHY))
    yield from _read(week, say)


def _read(week: Mapping[str, Any], say: Say) -> Iterator[Pane]:
    """With what it was read, and what that does not see."""
    held = [(say("method"), said_of(week.get("method")))]
    for of in (week.get("parameters"), week.get("coverage")):
        held += [(say(str(name)), said_of(value)) for name, value in sorted(of.items())] if isinstance(of, dict) else []
    yield Table(say("Method and coverage"), (say("what"), say("value")), tuple(held[:MAX_ROWS]))
    unseen = week.get("unseen")
    for text in unseen[:MAX_ROWS] if isinstance(unseen, list) else ():
        yield Words(say("Not tested: {what}", what=say(said_of(text))))


def _wordings(week: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    line = week.get("line")
    held = line.get("wordings") if isinstance(line, dict) else None
    for language, text in sorted(held.items())[:MAX_ROWS] if isinstance(held, dict) else ():
        if isinstance(text, str) and text:
            yield shown(str(language)), shown(text)


def _timeline(days: list[dict[str, Any]], say: Say) -> Iterator[Pane]:
    """Records a day of the line, of narratives, of the partnership; a figure that is not told stands at nought."""
    if not days:
        return
    at = tuple(held for one in days if (held := instant_of(_noon(one))) is not None)
    many = {sort: tuple(_many(one, sort) for one in days) for sort, _ in _SORTS}
    lines = [Line(say(words), at, many[sort], say("records")) for sort, words in _SORTS]
    last = lines[2:] if any(lines[2].value) else []
    yield Series(say("The line against narratives, records a day, at least"), (*lines[:2], *last))


def _many(day: Mapping[str, Any], sort: str) -> float:
    held = day.get(sort)
    figure = held.get("taken" if sort == "line" else "total") if isinstance(held, dict) else None
    many = figure.get("records") if isinstance(figure, dict) else None
    return float(many) if type(many) is int and 0 <= many < MAX_COUNT else 0.0


def _fared(day: Mapping[str, Any], say: Say) -> tuple[str, ...]:
    line = day["line"]
    share, low, high = (line.get(name) for name in ("share", "low", "high"))
    told = all(isinstance(one, float) and 0 <= one <= 1 for one in (share, low, high))
    drifted = line.get("drifted")
    return (
        said_of(day.get("day")),
        _figure(line.get("on_topic"), say),
        *(_figure(line.get(cell), say) for cell, _ in _CELLS),
        _figure(line.get("amplified"), say),
        f"{share:.0%} ({100 * low:.0f} to {100 * high:.0f})" if told else "",
        f"{drifted:.0%}" if isinstance(drifted, float) else "",
    )


def _parted(day: Mapping[str, Any], say: Say) -> Iterator[tuple[str, ...]]:
    for sort, words in _SORTS:
        held = day.get(sort)
        for division, by in _DIVISIONS:
            of = held.get(division) if isinstance(held, dict) else None
            for value, figure in sorted(of.items()) if isinstance(of, dict) else ():
                named = say(NOT_LISTED) if (division, value) == ("tiers", "unknown") else shown(str(value))
                yield said_of(day.get("day")), say(words), say(by), named, _figure(figure, say)


def _figure(held: Any, say: Say) -> str:
    if not isinstance(held, dict):
        return say(_FEW)
    return f"{said_of(held.get('records'))} ({said_of(held.get('channels'))})"


def _noon(day: Mapping[str, Any]) -> str:
    return f"{day.get('day')}T12:00:00Z"


def _rows(week: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return dicts(week.get(name))[:MAX_ROWS]
