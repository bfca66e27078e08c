"""A case as columns of the node and as panes for people, of whoever wrote it: what is not as it should be is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from foedus.areas.information.written import shown
from foedus.errors import FoedusError
from foedus.model import instant
from foedus.model.finding import Key
from foedus.model.picture import Graph, Line, Pane, Series, Table, Words

CLAIM, WEEK = "claim", "claim-week"
MAX_CLAIMS = 20
MAX_ROWS = 200
MAX_HOURS = 500
MAX_COUNT = 10**12
INNOCENT = (
    "fans, followers of one outlet, or a fast circle of friends",
    "breaking news, agency copy, proverbs, and share buttons that fill in the text",
    "one person's several accounts, made known as such, and automatic cross-posting",
)
_JUDGED = ("inauthenticity", "foreignness", "attribution")


def keys(said: Mapping[str, Any], pointer: str) -> Iterator[Key]:
    """Yield the claims of a case, and the week they were carried in: what others' claims of that week are looked for by."""
    claims = claims_of(said)
    for place, (language, text) in claims.items():
        yield Key(CLAIM, f"{language} {text}", text, f"{pointer}/claims/{place}/claim")
    begun = instant_of(said.get("from"))
    if claims and begun is not None:
        monday = begun - timedelta(days=begun.weekday())
        yield Key(WEEK, f"{monday:%Y-%m-%d}", str(said["from"]), f"{pointer}/from")


def claims_of(said: Mapping[str, Any]) -> dict[int, tuple[str, str]]:
    """Return language and text of each claim, by its place."""
    held = said.get("claims")
    found: dict[int, tuple[str, str]] = {}
    for place, one in enumerate(held[:MAX_CLAIMS] if isinstance(held, list) else ()):
        language, text = (one.get(name) if isinstance(one, dict) else None for name in ("language", "claim"))
        if isinstance(language, str) and isinstance(text, str) and language and text and " " not in language:
            found[place] = (language, text)
    return found


def title(said: Mapping[str, Any]) -> str:
    """Return what a case is called by its first claim; empty where it names none."""
    first = next(iter(claims_of(said).values()), None)
    return f"Shared together: “{shown(first[1])}” ({first[0]})" if first else ""


def panes(said: Mapping[str, Any], description: str) -> Iterator[Pane]:
    """Yield the panes of a case: each of coordination, inauthenticity, foreignness and attribution by itself."""
    if description:
        yield Words(description)
    claims = claims_of(said)
    if claims:
        yield Table("Claims", ("language", "claim"), tuple((one, shown(text)) for one, text in claims.values()))
    yield from _coordination(said.get("coordination"))
    yield Table("Judged by people", ("what", "by whom", "why"), tuple(_judged(said, name) for name in _JUDGED))
    yield from _timeline(dicts(said.get("timeline")))
    yield from _shared(dicts(said.get("shared")))
    techniques = tuple(_technique(one) for one in dicts(said.get("techniques"))[:MAX_ROWS])
    if techniques:
        yield Table("Techniques (DISARM)", ("technique", "name", "how sure"), techniques)
    held = said.get("coverage")
    if isinstance(held, dict) and held:
        rows = tuple((str(name), str(value)) for name, value in sorted(held.items()))[:MAX_ROWS]
        yield Table("Coverage", ("what", "how much"), rows)
    unseen = said.get("unseen")
    for text in unseen[:MAX_ROWS] if isinstance(unseen, list) else ():
        yield Words(f"Not tested: {text}")


def instant_of(written: Any) -> datetime | None:
    """Return an instant, None where it is none."""
    try:
        return instant.parse(written) if isinstance(written, str) else None
    except (FoedusError, OverflowError):
        return None


def _coordination(held: Any) -> Iterator[Pane]:
    if not isinstance(held, dict):
        return
    rows = [("accounts, at least", _said(held.get("accounts"))), ("objects", _said(held.get("objects")))]
    rows += [("within s", _said(held.get("window_s"))), ("method", _said(held.get("method")))]
    for name, words in (("chances", "chance under"), ("parameters", "setting")):
        of = held.get(name)
        rows += [(f"{words} {one}", _said(value)) for one, value in sorted(of.items())] if isinstance(of, dict) else []
    yield Table("Coordination, measured", ("what", "value"), tuple(rows[:MAX_ROWS]))
    yield from (Words(f"May be innocent: {text}") for text in INNOCENT)


def _judged(said: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    held = said.get(name)
    return (name, _said(held.get("by")), _said(held.get("reason"))) if isinstance(held, dict) else (name, "nobody", "")


def _timeline(hours: list[dict[str, Any]]) -> Iterator[Pane]:
    points = [(instant_of(one.get("at")), one.get("records")) for one in hours[:MAX_HOURS]]
    good = [(at, float(many)) for at, many in points if at and type(many) is int and 0 <= many < MAX_COUNT]
    if good:
        at, many = zip(*good, strict=True)
        yield Series("When", (Line("records by hour, at least", at, many, "records"),))


def _shared(held: list[dict[str, Any]]) -> Iterator[Pane]:
    rows = [
        (
            f"{_said(one.get('kind'))} {_said(one.get('number'))}",
            *(_said(one.get(name)) for name in ("accounts", "records")),
            *(_minute(one.get(name)) for name in ("first", "last")),
        )
        for one in held[:MAX_ROWS]
    ]
    if rows:
        heading = ("object", "accounts, at least", "records, at least", "first hour", "last hour")
        yield Table("What was shared", heading, tuple(rows))
        names = dict.fromkeys(row[0] for row in rows)
        nodes = (("group", "the group"), *((name, name) for name in names))
        yield Graph("The group and what it shared", nodes, tuple(("group", row[0], row[1]) for row in rows))


def _minute(value: object) -> str:
    at = instant_of(value)
    return f"{at:%Y-%m-%d %H:%M}" if at else _said(value)


def _technique(one: Mapping[str, Any]) -> tuple[str, str, str]:
    hand = one.get("by_hand")
    if isinstance(hand, dict):
        return _said(hand.get("technique")), "", f"set by {_said(hand.get('by'))}"
    return _said(one.get("technique")), _said(one.get("name")), _said(one.get("wording"))


def _said(value: Any) -> str:
    return shown(str(value)) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def dicts(held: Any) -> list[dict[str, Any]]:
    """Return those of a list that are objects; none where it is no list."""
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []
