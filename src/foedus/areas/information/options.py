"""Options: what may be answered to a finding, as a checklist for a person, beside the finding and never a part of it.

The operator loads DISARM's table of countermeasures as layer files ``information/counters/*.csv``. What deceives, censors or
harms is never on the checklist (``meaning.counters``). The checklist is a note about the finding that rests on its own file
alone: without that file's label only the note stays at home. Nothing is carried out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from foedus.areas.information.meaning import counters, extensions
from foedus.areas.information.meaning.counters import Counter
from foedus.areas.information.meaning.disarm import LICENCE
from foedus.areas.information.meaning.findings import NAMESPACE
from foedus.areas.information.told import MAX_ROWS, dicts, said_of
from foedus.errors import FoedusError, MalformedRecord
from foedus.model import ijson, stix
from foedus.model.canonical import canonical, digest
from foedus.model.finding import Support
from foedus.model.picture import Pane, Table, Words
from foedus.model.room import Layers, Say, as_written
from foedus.model.stix import StixObject

FOLDER = "information/counters/"
NOTE = (
    "What may be answered, for a person to choose from; nothing is carried out. Of DISARM's countermeasures those that deceive, "
    "censor, name or harm people are left out."
)


class Offered(NamedTuple):
    """The options on offer, the layer files they stand in, and the hash of all; empty where no table was loaded."""

    options: tuple[Counter, ...] = ()
    because: tuple[str, ...] = ()
    digest: str = ""


def offered(layers: Layers) -> Offered:
    """Return what the tables of the node's layer files offer.

    Raises:
        MalformedRecord: a file that is no such table, or a counter in two of them; ``where`` begins with the file's name.
        LimitExceeded: a file that is too large.
    """
    found: dict[str, Counter] = {}
    files = [(name, raw) for name, raw in sorted(layers.files(FOLDER).items()) if name.endswith(".csv")]
    for name, raw in files:
        try:
            held = counters.read(raw)
        except FoedusError as error:
            where = f"{name}, {error.where}" if error.where else name
            raise type(error)(error.message, code=error.code, where=where, hint=error.hint) from error
        for one in held:
            if one.id in found:
                raise MalformedRecord(
                    "a counter stands in two files", code="counters-malformed", where=name, hint="load one table"
                )
            found[one.id] = one
    options = counters.checklist([found[id_] for id_ in sorted(found)])
    if not options:
        return Offered()
    because = tuple(f"layer:{name}" for name, _ in files)
    return Offered(options, because, digest([[*map(str, one)] for one in options]))


def supports(head: StixObject, given: Offered) -> tuple[Support, ...]:
    """Return the checklist as a note about a finding; nothing where no table was loaded, or the finding no longer stands."""
    if not given.options or head.revoked:
        return ()
    held = ijson.decode(head.raw)
    note = {
        "type": "note",
        "spec_version": "2.1",
        "id": f"note--{uuid.uuid5(NAMESPACE, canonical(['options', head.id]).decode())}",
        "created": held["created"],
        "modified": held["modified"],
        "abstract": "Response options",
        "content": "\n".join((NOTE, *(f"{one.id} {one.name} ({one.metatechnique})" for one in given.options), LICENCE)),
        "labels": ["response options"],
        "object_refs": [head.id],
        "extensions": {extensions.OPTIONS: _said(given.options)},
    }
    return (Support(stix.read(canonical(note)), given.because),)


def panes(objects: Sequence[StixObject], say: Say = as_written) -> Iterator[Pane]:
    """Yield the checklist that stands among the objects a reader holds."""
    for one in objects:
        if one.type == "note" and extensions.OPTIONS in one.extensions:
            said = _extension(one)
            rows = tuple(
                tuple(said_of(row.get(name)) for name in ("id", "name", "kind")) for row in dicts(said.get("options"))
            )
            yield Words(say(NOTE))
            yield Table(say("Response options (DISARM)"), (say("id"), say("option"), say("kind")), rows[:MAX_ROWS])
            yield Words(said_of(said.get("licence")))


def _said(options: Sequence[Counter]) -> dict[str, Any]:
    held = [{"id": one.id, "name": one.name, "kind": one.metatechnique} for one in options]
    return {"extension_type": "property-extension", "options": held, "licence": LICENCE}


def _extension(one: StixObject) -> Mapping[str, Any]:
    try:
        held: Any = ijson.decode(one.raw)["extensions"][extensions.OPTIONS]
    except (FoedusError, KeyError, TypeError):
        return {}
    return held if isinstance(held, dict) else {}
