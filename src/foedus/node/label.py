"""Verb ``label``: a finding gets the dominant label of everything it rests on, or none and the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from foedus.account.bodies import SourceLabelled, draft
from foedus.account.ledger import append
from foedus.errors import FoedusError, InputError, LabelUnknown
from foedus.label import tlp
from foedus.label.dominance import join
from foedus.label.handling import narrow
from foedus.label.stix import Markings
from foedus.label.text import parse_text
from foedus.model import ijson, instant, stix
from foedus.model.entry import MASTER
from foedus.model.finding import Finding
from foedus.model.label import Label
from foedus.model.stix import StixObject
from foedus.node.home import Node
from foedus.node.layers import LABEL
from foedus.store import findings, lookups, objects, state, torn
from foedus.store.engine import Read, Tx
from foedus.store.state import Source

HANDLING = "handling:"
# Sources of others: ``peer:<party>``, whose objects bring their own label, and ``submit:<party>``.
_OTHERS = ("peer", "submit")
_OPEN_LAYERS = ("warninglist/",)
_SPEAKS_NOT = (HANDLING, "source:peer:")


class Given(NamedTuple):
    """What somebody else said of received bytes: label and originator, and the root they verify against or nothing."""

    label: Label
    owner: str
    commitment: str = ""


class Labeller:
    """Labels findings; made for one run, so that programme and sources stay the same through it.

    Args:
        node: the node.
        at: the instant of the run.
        given: label and originator of received bytes by their SHA-256, as the sender's ledger said them.
    """

    def __init__(self, node: Node, at: datetime, given: Mapping[str, Given] | None = None) -> None:
        self._node = node
        self._given = given or {}
        self._terms = node.agreements.terms(at)
        self._mapped = node.agreements.markings(at)
        self._definitions = _definitions(node)
        self._markings: dict[str, Markings] = {}
        self._organisations = node.agreements.organisations(at)
        self._at = at
        self._layers: dict[str, Label | None] = {}
        self._sources: dict[str, Label | None] = {}
        self._joined: dict[tuple[str, ...], Label] = {}

    def label(self, read: Read, finding: Finding) -> Finding:
        """Return the finding with its label and owner, supports with theirs; without a label where there is none to give."""
        inputs = _Inputs(self, read)
        given = self._given.get(finding.head.sha256) if finding.document else None
        owner = given.owner if given else inputs.owner(finding.because, document=finding.document)
        finding = msgspec.structs.replace(finding, owner=owner)
        head = self._quietly(lambda: self._of(finding.head, finding, inputs))
        supports = tuple(
            msgspec.structs.replace(
                one,
                label=self._quietly(lambda one=one: self._of(one.object, finding, inputs, one.because)),  # type: ignore[misc]
            )
            for one in finding.supports
        )
        return msgspec.structs.replace(finding, label=head, supports=supports)

    def why_unlabelled(self, read: Read, finding: Finding) -> FoedusError | None:
        """Return what keeps a finding from having a label, or None."""
        try:
            self._of(finding.head, finding, _Inputs(self, read))
        except (LabelUnknown, InputError) as error:
            return error
        return None

    def paths(self, read: Read, finding: Finding) -> dict[str, Label]:
        """Return the label of each path of an object that is marked apart, and under "" that of all the rest.

        Empty where that cannot be told: of an object whose label its sender said, of one without a label.
        """
        obj, because = ijson.decode(finding.head.raw), finding.because
        try:
            base = self._base(because, _Inputs(self, read), None)
            labels = self._markings_for(finding.owner).paths(obj, base)
        except (LabelUnknown, InputError):
            return {}
        return {path: self._narrowed(label, because) for path, label in labels.items()}

    def joined(self, labels: Sequence[Label]) -> Label | None:
        """Return the dominant label of parts, None where there is none."""
        return self._quietly(lambda: join(labels, self._terms))

    def _of(self, one: StixObject, finding: Finding, inputs: _Inputs, because: Sequence[str] = ()) -> Label:
        because = because or finding.because
        concluded = one is finding.head and not finding.document
        base = self._base(because, inputs, None if concluded else self._given.get(one.sha256))
        markings = self._markings_for(finding.owner)
        label = markings.of(ijson.decode(one.raw), base) if one.granular else markings.of_ids(one.markings, base)
        return self._narrowed(label, because)

    @staticmethod
    def _base(because: Sequence[str], inputs: _Inputs, given: Given | None) -> Label:
        """Return what an object is labelled before its own markings are read."""
        if given is not None:
            return given.label
        return inputs.dominant([ground for ground in because if not ground.startswith(_SPEAKS_NOT)])

    def _narrowed(self, label: Label, because: Sequence[str]) -> Label:
        for ground in because:
            if ground.startswith(HANDLING):
                label = narrow(label, ground, self._organisations)
        return label

    def _markings_for(self, owner: str) -> Markings:
        """Return what markings mean on an owner's objects: its own definitions count, then those of others.

        What others say under an id whose meaning is settled is nothing to it: nobody makes an owner's objects unknown by a
        false definition.
        """
        if owner not in self._markings:
            settled = {id_ for _, id_ in self._definitions if id_ in self._mapped or tlp.of_marking(id_) is not None}
            others = {id_: raw for (_, id_), raw in self._definitions.items() if id_ not in settled}
            own = {id_: raw for (whose, id_), raw in self._definitions.items() if whose == owner}
            held = {id_: ijson.decode(raw) for id_, raw in {**others, **own}.items()}
            self._markings[owner] = Markings(held, self._mapped, self._terms)
        return self._markings[owner]

    @staticmethod
    def _quietly(ask: Callable[[], Label]) -> Label | None:
        try:
            return ask()
        except (LabelUnknown, InputError):
            return None

    def source(self, read: Read, source_id: str) -> Label | None:
        """Return the label a person gave a source."""
        if source_id not in self._sources:
            held = state.source_of(read, source_id)
            self._sources[source_id] = held.label if held else None
        return self._sources[source_id]

    def layer(self, name: str) -> Label:
        """Return the label of a layer (see ``layer_label``)."""
        if name not in self._layers:
            self._layers[name] = layer_label(self._node, name, self._at)
        found = self._layers[name]
        if found is None:
            raise LabelUnknown(
                "a layer has no label", where=f"layer:{name}", hint=f"write one into layers/{name}{LABEL}, then analyse"
            )
        return found

    def dominant(self, because: tuple[str, ...], labels: Callable[[], list[Label]]) -> Label:
        """Return the dominant label of what a finding rests on; computed once for the same grounds."""
        if because not in self._joined:
            self._joined[because] = join(labels(), self._terms)
        return self._joined[because]


class _Inputs:
    """The labels behind ``because``, looked up in one transaction."""

    def __init__(self, labeller: Labeller, read: Read) -> None:
        self._labeller = labeller
        self._read = read

    def dominant(self, because: Sequence[str]) -> Label:
        if not because:
            raise LabelUnknown("nothing it rests on has a label", hint="label its source")
        return self._labeller.dominant(tuple(because), lambda: [self._one(ground) for ground in because])

    def owner(self, because: Sequence[str], *, document: bool) -> str:
        """The one party it all comes from; several joined by ``+``, which no clause names: it stays until a person decides."""
        party = self._labeller._node.party  # noqa: SLF001 — one class in two halves
        owners = set() if document else {party}
        for ground in because:
            kind, _, what = ground.partition(":")
            if kind == "object":
                held = lookups.holding(self._read, bytes.fromhex(what))
                owners.update(name for one in held for name in one.owner.split("+"))
            elif kind == "source":
                scheme, _, whose = what.partition(":")
                owners.add(whose if scheme in _OTHERS else party)
        return "+".join(sorted(owners or {party}))

    def _one(self, ground: str) -> Label:
        kind, _, what = ground.partition(":")
        if kind == "source":
            found = self._labeller.source(self._read, what)
            if found is not None:
                return found
            raise LabelUnknown("its source has no label", where=ground, hint="foedus label source SOURCE --label ...")
        if kind == "layer":
            return self._labeller.layer(what)
        for held in lookups.holding(self._read, bytes.fromhex(what)) if kind == "object" else ():
            if held.label is not None:
                return held.label
        raise LabelUnknown("what it rests on has no label", where=ground, hint="label that first")


def keep_rests(tx: Tx, labeller: Labeller, stored: Iterable[tuple[Finding, int]]) -> None:
    """Keep of findings with parts marked apart the label of the rest, under which they may go without those parts."""
    rests: dict[int, tuple[str, Label]] = {}
    for finding, seq in stored:
        rest = labeller.paths(tx, finding).get("") if finding.head.granular and finding.label else None
        if rest is not None:
            rests[seq] = (finding.owner, rest)
    if rests:
        torn.keep_rest(tx, rests)


def read_text(node: Node, text: str, at: datetime) -> Label:
    """Return the label of what a person wrote, with the node's party as originator.

    Raises:
        MalformedRecord: it is not understood, and which part.
    """
    levels, names = node.agreements.levels(at), node.agreements.names(at)
    return parse_text(text, levels=levels, names=names, originator=node.party, created_at=at.replace(microsecond=0))


def layer_label(node: Node, name: str, at: datetime) -> Label | None:
    """Return the label of a layer: what a person wrote beside its file; None where nobody did.

    What a room brings itself and lists of values that are everywhere are public.

    Raises:
        MalformedRecord: what is written there is not understood.
    """
    written = node.layers.label_text(name)
    if written:
        return read_text(node, written, at)
    if written is None or name.startswith(_OPEN_LAYERS):
        return Label("PUBLIC", "UNMARKED", tlp="clear", originator=node.party)
    return None


def label_source(node: Node, tx: Tx, source: Source, *, role: str, at: datetime) -> None:
    """Keep a source with its label, and enter that a person gave it."""
    state.keep_source(tx, source)
    if source.label is not None:
        body = SourceLabelled(
            at=instant.text(instant.to_us(at)),
            area=source.area,
            source=source.id,
            role=role,
            label=msgspec.to_builtins(source.label),
        )
        append(tx.logs, MASTER, [draft(body)], at=at, entropy=node.entropy)


class Relabelled(msgspec.Struct, frozen=True):
    """A source with its new label, and how many findings got another one."""

    source: str
    label: str
    findings: int


def relabel_source(node: Node, source_id: str, text: str, *, role: str) -> Relabelled:
    """Give a source another label, and every finding that rests on it alone its consequence.

    Raises:
        InputError: no such source.
        MalformedRecord: the label is not understood.
    """
    at = node.clock.now()
    given = read_text(node, text, at)
    with node.store.write() as tx:
        held = state.source_of(tx, source_id)
        if held is None:
            raise InputError(f"no source {source_id!r}", code="source-unknown", hint="foedus label sources lists them")
        label_source(node, tx, held._replace(label=given, given_by=role, at_us=instant.to_us(at)), role=role, at=at)
        labeller = Labeller(node, at)
        changed = 0
        for seqs in _batched(lookups.from_source(tx, source_id)):
            for one in findings.findings_of(tx, seqs):
                fresh = labeller.label(tx, finding_of(one))
                if fresh.label is not None and fresh.label != one.label:
                    objects.relabel(tx, [one.seq], fresh.label, instant.to_us(at))
                    changed += 1
                # The whole may keep its label, from a part that is marked apart, and the rest get another.
                keep_rests(tx, labeller, [(fresh, one.seq)])
    return Relabelled(source_id, text, changed)


def finding_of(held: findings.Held) -> Finding:
    """Return a stored finding as its noun, without its supports."""
    return Finding(
        held.room,
        held.kind,
        stix.read(held.raw),
        held.because,
        document=held.document,
        pointer=held.pointer,
        owner=held.owner,
        label=held.label,
    )


def _batched(seqs: Sequence[int], size: int = 500) -> list[Sequence[int]]:
    return [seqs[start : start + size] for start in range(0, len(seqs), size)]


def _definitions(node: Node) -> dict[tuple[str, str], bytes]:
    with node.store.read() as read:
        return lookups.markings(read)
