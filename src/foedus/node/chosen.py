"""What a release run chose so far: decisions by index, references as two integers each, closed over."""

from __future__ import annotations

import hmac
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from hashlib import blake2b
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from foedus.model import ijson, stix
from foedus.model.commitment import PARTIAL_VIEW
from foedus.model.decision import Decision
from foedus.model.label import Label
from foedus.model.misp import EXTENSION as MISP
from foedus.model.stix import StixObject
from foedus.release.bindings import bindings_of
from foedus.release.closure import Closed, Edge, close, edges_of
from foedus.release.edits import selected
from foedus.release.handling import without_handling
from foedus.release.redact import Redacted, prove, redact
from foedus.release.screen import identifying, screen
from foedus.store import findings
from foedus.store.engine import Read
from foedus.store.findings import Held

# Sending order: what is referred to goes before what refers to it.
_FIRST = {"marking-definition": 0, "extension-definition": 0, "identity": 1}
_LAST = {"relationship": 3, "sighting": 3, "report": 4, "grouping": 4, "note": 4, "opinion": 4, "language-content": 4}


class Torn(NamedTuple):
    """What is torn off an object before anything else (selectors of granular markings), and the label of the rest."""

    selectors: tuple[str, ...]
    label: Label

    def tear(self, raw: bytes) -> Redacted | None:
        """Return what is left of an object, None where that is none."""
        return redact(raw, (), key=b"", prune=[selected(selector) for selector in self.selectors])


class Pick(NamedTuple):
    """An object that a decision lets go; the decision is what its whole class has in common, without id and version."""

    seq: int
    area: str
    kind: str
    decision: Decision
    torn: Torn | None = None


class Secrets(NamedTuple):
    """What redaction needs: the key of this recipient's pseudonyms, and the one that seeds of commitments come from."""

    pseudonyms: bytes
    commitments: bytes

    def seed(self, held: Held) -> bytes:
        """Return the seed of a version of an object: the same for every recipient, and nothing has to be stored."""
        named = f"foedus/commitment/1\n{held.object_id}\n{held.version}\n".encode()
        return hmac.digest(self.commitments, named + held.sha256, "sha256")


class Chosen:
    """Objects that may go and their references.

    Ids are held as keyed 64-bit hashes: a few bytes an object and, with the referring index, sixteen a reference. Decisions
    are held once a class.

    Args:
        key: random; without it nobody can make two ids collide.
        looked_up: ids of which all versions are at hand.
        at_hand: these, by id.
    """

    def __init__(
        self, key: bytes, looked_up: AbstractSet[str] = frozenset(), at_hand: Mapping[str, Sequence[Held]] | None = None
    ) -> None:
        self._looked_up = looked_up
        self._at_hand = at_hand or {}
        self._key = key
        self._seqs = array("q")
        self._class_of = array("i")
        self._classes: list[tuple[str, str, Decision]] = []
        self._known: dict[tuple[str, str, Decision], int] = {}
        self._hashes = array("q")
        self._ranks = array("b")
        self._source = array("q")
        self._target = array("q")
        self._kind = array("b")
        self._starts = array("q")
        self._handled: set[int] = set()
        self._partial: set[int] = set()
        self._torn: dict[int, Torn] = {}
        self._visible: npt.NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._closed: Closed | None = None

    def __len__(self) -> int:
        """Return how many objects were chosen."""
        return len(self._seqs)

    def pick(self, index: int) -> Pick:
        """Return a chosen object."""
        return Pick(self._seqs[index], *self._classes[self._class_of[index]], self._torn.get(index))

    def add(self, picks: Sequence[Pick], objects: Sequence[StixObject], visible: set[str]) -> None:
        """Add objects; references to what the recipient sees already need no closure and are not kept."""
        for pick, one in zip(picks, objects, strict=True):
            index = len(self._seqs)
            self._seqs.append(pick.seq)
            self._class_of.append(self._class(pick))
            self._hashes.append(self._hash(one.id))
            self._ranks.append(_FIRST.get(one.type, _LAST.get(one.type, 2)))
            self._starts.append(len(self._source))
            if pick.torn is not None:
                self._torn[index] = pick.torn
            if MISP in one.extensions:
                self._handled.add(index)
            if PARTIAL_VIEW in one.extensions:
                self._partial.add(index)
            for edge in all_edges(one):
                self._source.append(index)
                self._target.append(_SEEN if edge.target in visible else self._hash(edge.target))
                self._kind.append(edge.kind)

    def _class(self, pick: Pick) -> int:
        key = (pick.area, pick.kind, msgspec.structs.replace(pick.decision, object_id="", version=""))
        if key not in self._known:
            self._known[key] = len(self._classes)
            self._classes.append(key)
        return self._known[key]

    def resolve(self) -> None:
        """Turn the hashes of targets into indices, -1 where nothing here has the id; the last index stands for "seen already"."""
        count = len(self)
        hashes = np.frombuffer(self._hashes, dtype=np.int64) if count else np.zeros(0, dtype=np.int64)
        order = np.argsort(hashes, kind="stable")
        ranked = hashes[order]
        target = np.frombuffer(self._target, dtype=np.int64) if len(self._target) else np.zeros(0, dtype=np.int64)
        place = np.searchsorted(ranked, target)
        known = place < count
        known[known] = ranked[place[known]] == target[known]
        resolved = np.full(len(target), -1, dtype=np.int64)
        resolved[known] = order[place[known]]
        resolved[target == _SEEN] = count
        self._resolved = resolved
        self._visible = np.ones(count + 1, dtype=bool)

    def close(self) -> None:
        """Find the objects that cannot stand, and the references that others must lose."""
        source = np.frombuffer(self._source, dtype=np.int64) if len(self._source) else np.zeros(0, dtype=np.int64)
        kind = np.frombuffer(self._kind, dtype=np.uint8) if len(self._kind) else np.zeros(0, dtype=np.uint8)
        self._closed = close(self._visible, source, self._resolved, kind)

    def settle(self, read: Read, secrets: Secrets, at_hand: Sequence[Held] = ()) -> None:
        """Close over references until every object that stays can be made; ``at_hand`` are the objects, where they were read."""
        while True:
            self.close()
            failed = [
                index
                for index in self.to_change()
                for held in at_hand[index : index + 1] or findings.findings_of(read, [self.pick(index).seq])
                if self.outgoing(read, index, held, secrets) is None
            ]
            if not failed:
                return
            self.drop(failed)

    def drop(self, indices: Iterable[int]) -> None:
        """Take objects out that cannot go in any valid form."""
        self._visible[list(indices)] = False

    def _alive(self) -> npt.NDArray[np.bool_]:
        assert self._closed is not None
        return (self._visible & ~self._closed.dropped)[:-1]

    def to_change(self) -> Iterator[int]:
        """Yield the indices of kept objects that do not go out as they are for sure."""
        assert self._closed is not None
        pruned = {self._source[edge] for edge in self._closed.pruned}
        own = self._handled | self._partial | self._torn.keys()
        profiled = {number for number, (_, _, decision) in enumerate(self._classes) if decision.profiles}
        for index in np.flatnonzero(self._alive()):
            if self._class_of[index] in profiled or index in pruned or index in own:
                yield int(index)

    def outgoing(self, read: Read, index: int, held: Held, secrets: Secrets) -> Redacted | None:
        """Return what goes out of an object, None where it cannot go: redacted, screened, and with its proof."""
        out = self._redacted(read, index, held, secrets.pseudonyms)
        if out is None or not (out.changed or index in self._partial):
            return out
        return prove(held.raw, out, secrets.seed(held))

    def _redacted(self, read: Read, index: int, held: Held, key: bytes) -> Redacted | None:
        """Return an object after redaction, pruning and the last look at free text."""
        lost = self._lost(index)
        profiles = self.pick(index).decision.profiles
        own = without_handling(held.raw) if index in self._handled else Redacted(held.raw, changed=False)
        torn = self._torn[index].tear(own.raw) if index in self._torn else own
        if torn is None or not (lost or profiles):
            return torn
        own = torn
        edges = all_edges(stix.read(own.raw)) if lost else []
        gone = [edges[offset] for offset in lost]
        out = redact(own.raw, profiles, key=key, prune=[edge.path for edge in gone])
        if out is None:
            return None
        out = Redacted(out.raw, changed=out.changed or own.changed)
        if not gone:
            return out
        targets = {edge.target for edge in gone}
        hidden = self._at_hand if targets <= self._looked_up else findings.all_of(read, targets)
        raws = [one.raw for target in sorted(targets) for one in hidden.get(target, ())]
        values = [value for raw in raws for value in identifying(ijson.decode(raw))]
        return None if screen(out.raw, values) else out

    def _lost(self, index: int) -> list[int]:
        assert self._closed is not None
        start = self._starts[index]
        end = self._starts[index + 1] if index + 1 < len(self._starts) else len(self._source)
        first, last = np.searchsorted(self._closed.pruned, [start, end])
        return [int(edge) - start for edge in self._closed.pruned[first:last]]

    def dropped_some(self, most: int) -> list[int]:
        """Return the first indices of the objects that do not go for what they refer to, or for having no valid form."""
        return [int(index) for index in np.flatnonzero(~self._alive())[:most]]

    def object_ids(self, read: Read, indices: Sequence[int]) -> list[str]:
        """Return the ids of objects."""
        return [held.object_id for held in findings.findings_of(read, sorted(self._seqs[i] for i in indices))]

    def in_order(self) -> list[int]:
        """Return the indices of what goes, so that what is referred to is sent before what refers to it."""
        alive = np.flatnonzero(self._alive())
        ranks = np.frombuffer(self._ranks, dtype=np.int8)[alive] if len(alive) else np.zeros(0, dtype=np.int8)
        return [int(index) for index in alive[np.argsort(ranks, kind="stable")]]

    def _hash(self, object_id: str) -> int:
        hashed = blake2b(object_id.encode(), digest_size=8, key=self._key).digest()
        return int.from_bytes(hashed, signed=True) or 1


def all_edges(one: StixObject) -> list[Edge]:
    """Return what an object refers to, and what it stands under: markings and extensions that must be known first."""
    return [*edges_of(one), *bindings_of(one)]


_SEEN = 0
