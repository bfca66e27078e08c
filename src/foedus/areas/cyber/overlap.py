"""Both see it: values that documents of this source and documents of other owners hold.

What is remembered between runs is bounded: (value, document) pairs for values that others hold too, nothing else. Warned
values never enter; a value in more documents than the limit is *common* and concludes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from foedus.areas.cyber.lists import NAMESPACE
from foedus.errors import MalformedRecord
from foedus.model import instant, stix
from foedus.model.canonical import canonical, digest
from foedus.model.finding import Finding, Key, Seen, Support
from foedus.model.stix import StixObject

KIND = "both-see-it"
COMMON_LIMIT = 100
MAX_PAIRS = 50_000
MAX_REVOKED = 10_000
STATE_VERSION = 1

_HASH_NAMES = {kind: kind.upper() for kind in ("md5", "sha-1", "sha-224", "sha-256", "sha-384", "sha-512")}


class Document(msgspec.Struct, frozen=True, array_like=True):
    """A document of this source that holds a value: version and hash of its bytes."""

    version_ns: int
    sha256: str


class Shared(msgspec.Struct):
    """One value that others hold too: our documents by id, theirs, and what was last said about it."""

    documents: dict[str, Document] = {}
    others: tuple[Seen, ...] = ()
    common: bool = False
    created: str = ""
    said: str = ""


class State(msgspec.Struct):
    """What the room remembers between runs."""

    version: int = STATE_VERSION
    values: dict[str, Shared] = {}
    revoked: dict[str, int] = {}


def restore(state: bytes) -> State:
    """Return the state of its bytes; empty bytes are a new state.

    Raises:
        MalformedRecord: not a state of this version.
    """
    try:
        held = msgspec.json.decode(state, type=State) if state else State()
    except msgspec.DecodeError as error:
        raise MalformedRecord(
            "unreadable state of the room", code="state-malformed", hint="analyse from the start"
        ) from error
    if held.version != STATE_VERSION:
        raise MalformedRecord("state of another version", code="state-version", hint="analyse from the start")
    return held


class Overlap:
    """Takes documents in, batch by batch, and concludes at the end.

    Args:
        state: what was remembered.
        source: id of the source; each source concludes for itself, so that each finding rests on one source of ours.
        owner: whose source this is; what others hold is what another owner holds.
        limit: a value in more documents than this is common.
    """

    def __init__(self, state: State, source: str, owner: str, limit: int = COMMON_LIMIT) -> None:
        self.state = state
        self._source = source
        self._owner = owner
        self._limit = limit
        self._touched: set[str] = set()
        self._pairs = sum(len(shared.documents) for shared in state.values.values())
        self._holders: dict[str, set[str]] = {}
        for name, shared in state.values.items():
            for id_ in shared.documents:
                self._holders.setdefault(id_, set()).add(name)

    def take(
        self, held: Sequence[tuple[StixObject, tuple[Key, ...]]], seen: Mapping[tuple[str, str], Sequence[Seen]]
    ) -> None:
        """Take documents with their unwarned values, and what ``Layers.seen`` knows of those values."""
        for document, keys in held:
            if self._is_current(document):
                for key in keys:
                    others = tuple(one for one in seen.get((key.kind, key.norm), ()) if one.owner != self._owner)
                    if others:
                        self._hold(f"{self._source}\n{key.kind}\n{key.norm}", document, others)

    def conclude(self, at: datetime) -> Iterator[Finding]:
        """Yield a finding for every value whose holders changed, by value; a withdrawn one is revoked."""
        now = instant.stix_text(at)
        for name in sorted(self._touched):
            shared = self.state.values[name]
            holders = "" if shared.common or not shared.documents else digest(_holders(shared))
            if holders == shared.said:
                continue
            shared.created = shared.created or now
            shared.said = holders
            yield _finding(name, shared, self._owner, now)

    def _is_current(self, document: StixObject) -> bool:
        """Forget what an older version held; say whether this one stands."""
        id_, version = document.id, document.version_ns
        for name in tuple(self._holders.get(id_, ())):
            shared = self.state.values[name]
            held = shared.documents[id_]
            if held.version_ns > version:
                return False
            # Observables have no versions: of two under one id the later one counts.
            other = version < 0 and held.sha256 != document.sha256
            if held.version_ns < version or other or document.revoked:
                del shared.documents[id_]
                self._holders[id_].discard(name)
                self._pairs -= 1
                self._touched.add(name)
        if document.revoked and len(self.state.revoked) < MAX_REVOKED:
            self.state.revoked[id_] = max(version, self.state.revoked.get(id_, version))
        return not document.revoked and version >= self.state.revoked.get(id_, version)

    def _hold(self, name: str, document: StixObject, others: tuple[Seen, ...]) -> None:
        shared = self.state.values.get(name)
        if shared is None:
            if max(self._pairs, len(self.state.values)) >= MAX_PAIRS:
                return
            shared = self.state.values[name] = Shared()
        if shared.common:
            return
        self._touched.add(name)
        shared.others = tuple(sorted(others, key=lambda one: (one.owner, one.object_id, one.sha256)))
        if document.id not in shared.documents and self._pairs < MAX_PAIRS:
            shared.documents[document.id] = Document(document.version_ns, document.sha256)
            self._holders.setdefault(document.id, set()).add(name)
            self._pairs += 1
        if len(shared.documents) + len(others) > self._limit:
            self._forget(name, shared)

    def _forget(self, name: str, shared: Shared) -> None:
        for id_ in shared.documents:
            self._holders[id_].discard(name)
        self._pairs -= len(shared.documents)
        shared.documents, shared.common = {}, True


def _holders(shared: Shared) -> list[str]:
    ours = [document.sha256 for document in shared.documents.values()]
    return sorted({*ours, *(one.sha256 for one in shared.others)})


def _finding(name: str, shared: Shared, owner: str, now: str) -> Finding:
    source, kind, norm = name.split("\n", 2)
    observable = value_object(kind, norm, shared.created)
    ids = {*shared.documents, *(one.object_id for one in shared.others)}
    owners = len({one.owner for one in shared.others})
    note: dict[str, object] = {
        "type": "note",
        "spec_version": "2.1",
        "id": f"note--{uuid.uuid5(NAMESPACE, canonical([KIND, owner, source, kind, norm]).decode())}",
        "created": shared.created,
        "modified": now,
        "abstract": f"Both see it: {kind}",
        "content": f"{len(shared.documents)} of our documents and {len(shared.others)} of {owners} other owners hold {norm}",
        "object_refs": [observable.id, *sorted(ids)],
    }
    if not shared.said:
        note |= {"revoked": True, "content": f"No longer concluded: {norm}", "object_refs": [observable.id]}
    because = (f"source:{source}", *(f"object:{sha256}" for sha256 in _holders(shared)))
    head = stix.read(canonical(note))
    return Finding("cyber", KIND, head, because, supports=(Support(observable, because),))


def value_object(kind: str, norm: str, created: str) -> StixObject:
    """Return the STIX object that stands for a value: an observable, or a vulnerability for a CVE."""
    if kind == "cve":
        made = f"vulnerability--{uuid.uuid5(NAMESPACE, canonical([kind, norm]).decode())}"
        reference = [{"source_name": "cve", "external_id": norm}]
        obj: dict[str, object] = {"type": "vulnerability", "id": made, "created": created, "modified": created}
        return stix.read(canonical(obj | {"spec_version": "2.1", "name": norm, "external_references": reference}))
    obj = {"spec_version": "2.1"} | _observable(kind, norm)
    made = stix.sco_id(obj) or f"{obj['type']}--{uuid.uuid5(NAMESPACE, canonical([kind, norm]).decode())}"
    return stix.read(canonical(obj | {"id": made}))


def _observable(kind: str, norm: str) -> dict[str, object]:
    if kind in _HASH_NAMES:
        return {"type": "file", "hashes": {_HASH_NAMES[kind]: norm}}
    if kind == "file-name":
        return {"type": "file", "name": norm}
    if kind == "cidr":
        return {"type": "ipv6-addr" if ":" in norm else "ipv4-addr", "value": norm}
    if kind == "autonomous-system":
        return {"type": kind, "number": int(norm)}
    names = {"mutex": "name", "windows-registry-key": "key", "user-account": "user_id"}
    return {"type": kind, names.get(kind, "value"): norm}
