"""Export: findings with where they happened, as GeoJSON (RFC 7946) or CSV, and one as a network, as GraphML or CSV.

For the maps, sheets and graphs of the own people.

What leaves by this door leaves the node: every row says the label it has to be kept under.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

import msgspec

from foedus import areas
from foedus.errors import InputError
from foedus.label.text import marking
from foedus.model import instant
from foedus.model.network import Network
from foedus.model.picture import Map, Track
from foedus.node.home import Node
from foedus.node.label import finding_of
from foedus.node.show import around, picture_of, versions
from foedus.picture import graphml, sheet
from foedus.store import findings
from foedus.store.engine import Read
from foedus.store.findings import FindingQuery, Held

FORMS = ("geojson", "csv")
NETWORKS = ("graphml", "csv")
PAGE = 500
COLUMNS = ("object_id", "kind", "title", "owner", "label", "urgency", "from", "until")
POINTS = (*COLUMNS, "track", "latitude", "longitude")


def wanted(room: str, kind: str, owner: str) -> FindingQuery:
    """Return what asks for findings; empty: all but what only comes along with others."""
    return FindingQuery(limit=PAGE, room=room, kind=kind, owner=owner, stories=not kind)


def export(node: Node, out: IO[str], form: str, asked: FindingQuery | str) -> int:
    """Write the findings a query asks for, the newest first, page by page; or one object, as it now stands.

    GeoJSON has a feature a finding: its tracks as lines, where its room draws a map, else its places as points; CSV a row a
    point of those. A finding without a place has no geometry, and a row without coordinates.

    Returns:
        How many findings were written.

    Raises:
        InputError: the node does not hold the object.
    """
    return _WRITERS[form](out, _one(node, asked) if isinstance(asked, str) else _all(node, asked))


def export_network(node: Node, out: IO[str], form: str, object_id: str) -> int:
    """Write what one object, as it now stands, ties to what: GraphML, or CSV with a row a tie.

    Returns:
        How many ties were written.

    Raises:
        InputError: the node does not hold the object, or it ties nothing.
    """
    with node.store.read() as read:
        held = versions(read, object_id)[0]
    door = areas.network(node.rooms[held.room])
    network = door.network(finding_of(held)) if door is not None else None
    if network is None or not network.ties:
        raise InputError(
            "nothing in it is tied to anything", code="network-none", where=object_id,
            hint="a finding of what was shared together is a network",
        )  # fmt: skip
    about = dict(zip(COLUMNS[:5], map(str, _said(held)[:5]), strict=True))
    out.writelines(graphml.lines(network, about) if form == "graphml" else _edges(network, about))
    return len(network.ties)


def _edges(network: Network, about: Mapping[str, str]) -> Iterator[str]:
    """A row a tie, under the names by which Gephi finds its ends."""
    by_id = {one.id: one for one in network.vertices}
    values = list(dict.fromkeys(name for one in network.ties for name in one.values))
    columns = ("Source", "Target", "what", "source_kind", "source_name", "target_kind", "target_name", *values)
    rows = (
        (
            *(one.source, one.target, one.what),
            *(said for end in (by_id[one.source], by_id[one.target]) for said in (end.kind, end.name)),
            *(one.values.get(name) for name in values),
            *(about[name] for name in ("object_id", "label")),
        )
        for one in network.ties
    )
    return sheet.lines((*columns, "object_id", "label"), rows)


Found = Iterator[tuple[Held, tuple[Track, ...]]]


def _one(node: Node, object_id: str) -> Found:
    with node.store.read() as read:
        held = versions(read, object_id)[0]
        yield held, _tracks(node, read, held)


def _all(node: Node, query: FindingQuery) -> Found:
    with node.store.read() as read:
        while page := findings.find(read, query):
            for held in page:
                yield held, _tracks(node, read, held)
            query = msgspec.structs.replace(query, before_seq=page[-1].seq)


def _tracks(node: Node, read: Read, held: Held) -> tuple[Track, ...]:
    """Where a finding was: what its room draws on a map, else its places."""
    if not held.places:
        return ()
    panes = picture_of(node, held, around(read, [held])).panes
    drawn = tuple(track for pane in panes if isinstance(pane, Map) for track in pane.tracks if track.lat_deg)
    places = tuple(zip(*((one.lat_deg, one.lon_deg) for one in held.places), strict=True))
    return drawn or (Track("", *places),)


def _said(held: Held) -> tuple[object, ...]:
    """What the columns say of a finding."""
    label = marking(held.label) if held.label else "no label"
    spans = [instant.text(at) if at is not None else None for at in (held.from_us, held.to_us)]
    return (held.object_id, held.kind, held.title, held.owner, label, held.urgency, *spans)


def _geojson(out: IO[str], found: Found) -> int:
    count = 0
    out.write('{"type":"FeatureCollection","features":[')
    for held, tracks in found:
        properties = dict(zip(COLUMNS, _said(held), strict=True))
        feature = {"type": "Feature", "id": held.object_id, "geometry": _geometry(tracks), "properties": properties}
        out.write(("," if count else "") + "\n" + msgspec.json.encode(feature).decode())
        count += 1
    out.write("\n]}\n")
    return count


def _geometry(tracks: tuple[Track, ...]) -> Mapping[str, Any] | None:
    """Lines where any track has two points, else points; longitude first."""
    lines = [list(zip(one.lon_deg, one.lat_deg, strict=True)) for one in tracks]
    if not lines:
        return None
    if drawn := [line for line in lines if len(line) > 1 and tracks[0].name]:
        return {"type": "MultiLineString", "coordinates": drawn}
    return {"type": "MultiPoint", "coordinates": [point for line in lines for point in line]}


def _csv(out: IO[str], found: Found) -> int:
    count = 0

    def rows() -> Iterator[tuple[object, ...]]:
        nonlocal count
        for held, tracks in found:
            count += 1
            said = _said(held)
            if not tracks:
                yield (*said, None, None, None)
            for one in tracks:
                yield from ((*said, one.name, *at) for at in zip(one.lat_deg, one.lon_deg, strict=True))

    out.writelines(sheet.lines(POINTS, rows()))
    return count


_WRITERS: Mapping[str, Callable[[IO[str], Found], int]] = {"geojson": _geojson, "csv": _csv}
