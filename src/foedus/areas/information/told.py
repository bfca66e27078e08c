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
from foedus.model.room import Say

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


def panes(said: Mapping[str, Any], description: str, say: Say) -> Iterator[Pane]:
    """Yield the panes of a case: each of coordination, inauthenticity, foreignness and attribution by itself."""
    if description:
        yield Words(description)
    claims = claims_of(said)
    if claims:
        yield Table(
            say("Claims"), (say("language"), say("claim")), tuple((one, shown(text)) for one, text in claims.values())
        )
    yield from _coordination(said.get("coordination"), say)
    judged = tuple(_judged(said, name, say) for name in _JUDGED)
    yield Table(say("Judged by people"), (say("what"), say("by whom"), say("why")), judged)
    yield from _timeline(dicts(said.get("timeline")), say)
    yield from _shared(dicts(said.get("shared")), say)
    yield from _network(dicts(said.get("communities"))[:MAX_ROWS], dicts(said.get("ties"))[:MAX_ROWS], say)
    yield from _first_seen(dicts(said.get("first_seen"))[:MAX_ROWS], say)
    techniques = tuple(_technique(one, say) for one in dicts(said.get("techniques"))[:MAX_ROWS])
    if techniques:
        yield Table(say("Techniques (DISARM)"), (say("technique"), say("name"), say("how sure")), techniques)
    held = said.get("coverage")
    if isinstance(held, dict) and held:
        rows = tuple((say(str(name)), say(str(value))) for name, value in sorted(held.items()))[:MAX_ROWS]
        yield Table(say("Coverage"), (say("what"), say("how much")), rows)
    unseen = said.get("unseen")
    for text in unseen[:MAX_ROWS] if isinstance(unseen, list) else ():
        yield Words(say("Not tested: {what}", what=say(str(text))))


def instant_of(written: Any) -> datetime | None:
    """Return an instant, None where it is none."""
    try:
        return instant.parse(written) if isinstance(written, str) else None
    except (FoedusError, OverflowError):
        return None


def _coordination(held: Any, say: Say) -> Iterator[Pane]:
    if not isinstance(held, dict):
        return
    rows = [(say("accounts, at least"), said_of(held.get("accounts"))), (say("objects"), said_of(held.get("objects")))]
    rows += [(say("within s"), said_of(held.get("window_s"))), (say("method"), said_of(held.get("method")))]
    for name, words in (("chances", "chance under {name}"), ("parameters", "setting {name}")):
        of = held.get(name)
        pairs = sorted(of.items()) if isinstance(of, dict) else ()
        rows += [(say(words, name=one), said_of(value)) for one, value in pairs]
    yield Table(say("Coordination, measured"), (say("what"), say("value")), tuple(rows[:MAX_ROWS]))
    yield from (Words(say("May be innocent: {why}", why=say(text))) for text in INNOCENT)


def _judged(said: Mapping[str, Any], name: str, say: Say) -> tuple[str, str, str]:
    held = said.get(name)
    if not isinstance(held, dict):
        return (say(name), say("nobody"), "")
    return (say(name), said_of(held.get("by")), said_of(held.get("reason")))


def _timeline(hours: list[dict[str, Any]], say: Say) -> Iterator[Pane]:
    points = [(instant_of(one.get("at")), one.get("records")) for one in hours[:MAX_HOURS]]
    good = [(at, float(many)) for at, many in points if at and type(many) is int and 0 <= many < MAX_COUNT]
    if good:
        at, many = zip(*good, strict=True)
        yield Series(say("When"), (Line(say("records by hour, at least"), at, many, say("records")),))


def _shared(held: list[dict[str, Any]], say: Say) -> Iterator[Pane]:
    rows = [
        (
            f"{said_of(one.get('kind'))} {said_of(one.get('number'))}",
            *(said_of(one.get(name)) for name in ("accounts", "records")),
            *(_minute(one.get(name)) for name in ("first", "last")),
        )
        for one in held[:MAX_ROWS]
    ]
    if rows:
        heading = ("object", "accounts, at least", "records, at least", "first hour", "last hour")
        yield Table(say("What was shared"), tuple(map(say, heading)), tuple(rows))
        names = dict.fromkeys(row[0] for row in rows)
        nodes = (("group", say("the group")), *((name, name) for name in names))
        yield Graph(say("The group and what it shared"), nodes, tuple(("group", row[0], row[1]) for row in rows))


def _network(communities: list[dict[str, Any]], ties: list[dict[str, Any]], say: Say) -> Iterator[Pane]:
    """The communities within the group and what joins them, by number."""
    named = {said_of(one.get("number")): said_of(one.get("accounts")) for one in communities}
    if not named:
        return
    rows = tuple((say("community {number}", number=number), accounts) for number, accounts in named.items())
    yield Table(say("Communities within the group"), (say("community"), say("accounts, at least")), rows)
    nodes = tuple(
        (number, say("community {number}: {many} accounts, at least", number=number, many=accounts))
        for number, accounts in named.items()
    )
    joined = [(said_of(one.get("one")), said_of(one.get("other")), said_of(one.get("accounts"))) for one in ties]
    edges = tuple(one for one in joined if one[0] in named and one[1] in named)
    yield Graph(say("The network of the group, without names"), nodes, edges)


def _first_seen(held: list[dict[str, Any]], say: Say) -> Iterator[Pane]:
    rows = tuple(
        (said_of(one.get("by")), said_of(one.get("value")), _minute(one.get("first")), said_of(one.get("records")))
        for one in held
    )
    if rows:
        heading = (say("by"), say("value"), say("first hour"), say("records, at least"))
        yield Table(say("First seen in this collection"), heading, rows)


def _minute(value: object) -> str:
    at = instant_of(value)
    return f"{at:%Y-%m-%d %H:%M}" if at else said_of(value)


def _technique(one: Mapping[str, Any], say: Say) -> tuple[str, str, str]:
    hand = one.get("by_hand")
    if isinstance(hand, dict):
        return said_of(hand.get("technique")), "", say("set by {name}", name=said_of(hand.get("by")))
    return said_of(one.get("technique")), said_of(one.get("name")), said_of(one.get("wording"))


def said_of(value: Any) -> str:
    """Return a text or number for people's eyes, nothing where it is neither."""
    return shown(str(value)) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def dicts(held: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, none where it is no list."""
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []
