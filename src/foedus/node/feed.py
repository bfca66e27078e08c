"""MISP feeds and events of what a party's release views show: made anew from the views, never from the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from foedus.errors import InputError, UnknownParty
from foedus.exchange.misp import write_feed
from foedus.model import instant, stix
from foedus.model.misp import Organisation, read_event, released_event
from foedus.model.misp.extension import derived
from foedus.model.programme import in_language
from foedus.model.stix import StixObject
from foedus.node.exchange import released
from foedus.node.home import Node

GATHERING = ("report", "grouping")


class Fed(msgspec.Struct, frozen=True):
    """What a feed directory or an event file holds now."""

    party: str
    programme: str
    path: str
    events: int
    objects: int


class _Story(msgspec.Struct, frozen=True):
    """One event to be: its uuid, its title, the objects it is made of."""

    uuid: str
    info: str
    objects: tuple[bytes, ...]


def feed(node: Node, party: str, programme: str, directory: Path) -> Fed:
    """Write the feed of a party: one MISP event a report or grouping, and one for the rest.

    An event whose objects did not change keeps its bytes and its timestamp.

    Raises:
        InputError: the programme is not known here.
        UnknownParty: it does not name the party.
    """
    held = _released(node, party, programme)
    stories = list(_stories(held, *_rest(node, party, programme)))
    count = write_feed((_event(node, story, directory / f"{story.uuid}.json") for story in stories), directory)
    return Fed(party, _word(node, programme), str(directory), count, len(held))


def event(node: Node, party: str, programme: str, path: Path) -> Fed:
    """Write all that a party is shown as one MISP event into a file.

    Raises:
        InputError: the programme is not known here.
        UnknownParty: it does not name the party.
    """
    held = _released(node, party, programme)
    uuid, info = _rest(node, party, programme)
    story = _Story(uuid, info, tuple(one.raw for one in held.values()))
    path.write_bytes(_event(node, story, path))
    return Fed(party, _word(node, programme), str(path), 1, len(held))


def _released(node: Node, party: str, programme: str) -> Mapping[str, StixObject]:
    """The newest released version of each object, by id."""
    agreement = node.agreements.of(programme, node.clock.now())
    if party == node.party or agreement.programme.party(party) is None:
        others = ", ".join(one.id for one in agreement.programme.parties if one.id != node.party)
        raise UnknownParty(f"no release goes to {party!r}", where=agreement.programme.id, hint=f"parties: {others}")
    held: dict[str, StixObject] = {}
    for raw in released(node, party, programme):
        one = stix.read(raw)
        before = held.get(one.id)
        if before is None or one.version_ns >= before.version_ns:
            held[one.id] = one
    return held


def _stories(held: Mapping[str, StixObject], uuid: str, info: str) -> Iterator[_Story]:
    told: set[str] = set()
    for one in held.values():
        if one.type in GATHERING:
            members = [held[ref] for ref in dict.fromkeys(_object_refs(one)) if ref in held]
            told.update((one.id, *(member.id for member in members)))
            yield _Story(one.id.partition("--")[2], one.name or one.type, tuple(part.raw for part in (one, *members)))
    rest = tuple(one.raw for one in held.values() if one.id not in told)
    if rest:
        yield _Story(uuid, info, rest)


def _event(node: Node, story: _Story, before: Path) -> bytes:
    """Return the event's bytes; those of before where only the instant would be another."""
    try:
        old = before.read_bytes()
        at = instant.from_us(read_event(old).timestamp * 1_000_000)
    except (OSError, InputError):
        # There was none, or what stood there is no event: it is written anew.
        return _made(node, story, node.clock.now())
    # Who pulls a feed compares timestamps: whatever changed is later than before, even within one second.
    later = max(node.clock.now(), at + timedelta(seconds=1))
    return old if _made(node, story, at) == old else _made(node, story, later)


def _made(node: Node, story: _Story, at: datetime) -> bytes:
    originator = Organisation(derived("organisation", node.party), node.party)
    return released_event(story.objects, uuid=story.uuid, info=story.info, originator=originator, at=at)


def _rest(node: Node, party: str, programme: str) -> tuple[str, str]:
    """Uuid and title of the event of what no report gathers: the same ones at every later time."""
    held = node.agreements.of(programme, node.clock.now()).programme
    return derived("released", held.id, node.party, party), f"{in_language(held.title)}: released by {node.party}"


def _word(node: Node, programme: str) -> str:
    return node.agreements.of(programme, node.clock.now()).programme.id


def _object_refs(one: StixObject) -> list[str]:
    return [edge.target for edge in one.references if edge.path.startswith("object_refs/")]
