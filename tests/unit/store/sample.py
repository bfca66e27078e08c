"""Small findings for tests of the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from foedus.model.finding import About, Finding, Key, Support
from foedus.model.label import Label
from foedus.model.stix import StixObject
from foedus.store.engine import Store
from foedus.store.objects import Arrival, Placed, put_findings
from foedus.store.views import Showing, add_view_rows, open_view

PUBLIC = Label("PUBLIC", "UNCLASSIFIED", tlp="clear")
AMBER = Label("PUBLIC", "UNCLASSIFIED", tlp="amber")
VIEW = "released|kat|jpn|cyber"
READER = "kat|jpn"


def stix(
    number: int = 1, version: int = 1, text: str = "a", *, type: str = "indicator", spec: str = "2.1"
) -> StixObject:
    """One object; version -1 is an SCO's: none."""
    object_id = f"{type}--00000000-0000-4000-8000-{number:012d}"
    raw = json.dumps({"type": type, "id": object_id, "text": text, "version": version, "spec": spec}).encode()
    sha256 = hashlib.sha256(raw).hexdigest()
    written = f"2026-01-01T00:00:00.{version:06d}Z" if version >= 0 else ""
    return StixObject(raw, sha256, object_id, type, spec, written, version, min(version, 1), name=f"{type} {number}")


def arrival(
    head: StixObject,
    *keys: Key,
    label: Label | None = PUBLIC,
    owner: str = "jpn",
    supports: Sequence[Support] = (),
    about: About | None = None,
) -> Arrival:
    """One finding on its way in."""
    finding = Finding(
        "cyber", head.type, head, ("source:a",), supports=tuple(supports), document=True, owner=owner, label=label
    )
    return Arrival(finding, about or About(head.type, head.name, keys=keys), "a", reference_us=1_000, labelled_us=2_000)


def put(store: Store, *arrivals: Arrival) -> list[Placed]:
    """Store findings in a transaction of their own."""
    with store.write() as tx:
        return put_findings(tx, arrivals, 5_000)


def show(
    store: Store, objects: Sequence[StixObject], at_us: int = 1, *, until: int | None = None, view: str = VIEW
) -> list[int]:
    """Store objects and show them in a view, in one transaction."""
    with store.write() as tx:
        open_view(tx, view, READER)
        placed = put_findings(tx, [arrival(item) for item in objects], 5_000)
        return add_view_rows(tx, view, [Showing(item.seq, until) for item in placed], at_us)
