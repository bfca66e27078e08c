"""Facts of an article as columns of the node and as tables for people; only from what stands in the finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from foedus.areas.information.facts.told import PERSON
from foedus.model.finding import Key
from foedus.model.picture import Pane, Table, Words
from foedus.model.room import Say

MAX_ROWS = 200


def keys(said: Mapping[str, Any], pointer: str) -> Iterator[Key]:
    """Yield what others may hold too: the address of the article, hashed; a path may name people."""
    told = said.get("url_sha256")
    if isinstance(told, str) and told:
        yield Key("article", told, told, f"{pointer}/url_sha256")


def names_people(said: Mapping[str, Any]) -> bool:
    """Say whether anybody is named, in whatever office."""
    return any(one.get("kind") == PERSON for one in _names(said))


def panes(said: Mapping[str, Any], say: Say) -> Iterator[Pane]:
    """Yield the tables of a finding."""
    facts = _dicts(said.get("facts"))
    if facts:
        rows = tuple(_row(one) for one in facts[:MAX_ROWS])
        heading = ("what", "who", "with regard to", "where", "when", "amount", "how sure", "characters")
        yield Table(say("Facts"), tuple(map(say, heading)), rows)
    quotations = _dicts(said.get("quotations"))
    if quotations:
        rows = tuple((_one(one.get("speaker")), str(one.get("text", "")), _span(one)) for one in quotations[:MAX_ROWS])
        yield Table(say("Quotations"), (say("who"), say("words"), say("characters")), rows)
    people = {str(one.get("name")): one for one in _names(said)}
    if people:
        rows = tuple(
            (str(one.get("name", "")), str(one.get("kind", "")), str(one.get("role", "")), str(one.get("country", "")))
            for one in people.values()
        )[:MAX_ROWS]
        yield Table(say("Named"), (say("name"), say("sort"), say("office"), say("country")), rows)
    withheld = said.get("withheld")
    if isinstance(withheld, int) and withheld > 0:
        yield Words(say("Quotations of nobody with a public office, not shown: {many}", many=withheld))
    unseen = said.get("unseen")
    for text in unseen if isinstance(unseen, list) else ():
        yield Words(say("Not told: {what}", what=say(str(text))))


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    when = one.get("when")
    day = str(when.get("resolved") or f"“{when.get('written', '')}”") if isinstance(when, dict) else ""
    source = _one(one.get("according_to"))
    sure = f"{one.get('certainty', '')}{f' by {source}' if source else ''}"
    amounts = ", ".join(str(each.get("written", "")) for each in _dicts(one.get("amounts")))
    return (
        f"{one.get('what', '')} (“{one.get('verb', '')}”)",
        _all(one.get("who")),
        _all(one.get("target")),
        _one(one.get("where")),
        day,
        amounts,
        sure,
        _span(one),
    )


def _names(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in _dicts(said.get("facts")):
        for part in ("who", "target"):
            yield from _dicts(one.get(part))
        yield from _dicts([one.get("where"), one.get("according_to")])
    yield from _dicts([one.get("speaker") for one in _dicts(said.get("quotations"))])
    yield from _dicts(said.get("mentioned"))


def _all(names: Any) -> str:
    return ", ".join(dict.fromkeys(_one(one) for one in _dicts(names)))


def _one(name: Any) -> str:
    return str(name.get("name", "")) if isinstance(name, dict) else ""


def _span(one: Mapping[str, Any]) -> str:
    held = one.get("span")
    return "–".join(str(place) for place in held[:2]) if isinstance(held, list) else ""


def _dicts(held: Any) -> list[dict[str, Any]]:
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []
