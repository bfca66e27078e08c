"""What the label of an object rests on: each ground with its own label, and what is missing where there is none."""

from __future__ import annotations

import msgspec

from foedus.errors import FoedusError
from foedus.label.text import marking
from foedus.model.label import Label
from foedus.node.home import Node
from foedus.node.label import Labeller, finding_of, layer_label
from foedus.node.show import versions
from foedus.store import lookups, state
from foedus.store.engine import Read

NONE = "no label"


class Ground(msgspec.Struct, frozen=True):
    """One thing a finding rests on: a source, an object or a layer, as people call it, with its label."""

    kind: str
    id: str
    what: str
    label: str


class Labelled(msgspec.Struct, frozen=True):
    """The label of an object's current version, in words and in full, and its grounds."""

    object_id: str
    version: str
    owner: str
    label: str
    details: Label | None
    missing: str
    grounds: tuple[Ground, ...]


def grounds(node: Node, object_id: str) -> Labelled:
    """Return what the label of an object rests on.

    Raises:
        InputError: the node does not hold it.
    """
    at = node.clock.now()
    with node.store.read() as read:
        held = versions(read, object_id)[0]
        missing = Labeller(node, at).why_unlabelled(read, finding_of(held)) if held.label is None else None
        return Labelled(
            held.object_id,
            held.version,
            held.owner,
            _words(held.label),
            held.label,
            str(missing) if missing is not None else "",
            tuple(_ground(node, read, ground) for ground in held.because),
        )


def _ground(node: Node, read: Read, because: str) -> Ground:
    kind, _, what = because.partition(":")
    if kind == "source":
        source = state.source_of(read, what)
        return Ground(kind, what, source.uri if source else "", _words(source.label if source else None))
    if kind == "object":
        held = next(iter(lookups.holding(read, bytes.fromhex(what))), None)
        return Ground(kind, held.object_id if held else what, held.title if held else "", _words(held and held.label))
    return Ground(kind, what, "", _words(_layer(node, what) if kind == "layer" else None))


def _layer(node: Node, name: str) -> Label | None:
    try:
        return layer_label(node, name, node.clock.now())
    except FoedusError:
        return None


def _words(label: Label | None) -> str:
    return marking(label) if label is not None else NONE
