"""Findings go in: bytes once, versions all, the same twice adds nothing, another content is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec
import rfc8785
from sqlalchemy import Connection, bindparam, select, update

from foedus.model.canonical import canonical
from foedus.model.finding import About, Finding, Support
from foedus.model.instant import to_us
from foedus.model.label import Label
from foedus.model.stix import StixObject
from foedus.store import classes
from foedus.store.bulk import bulk_insert, chunks, first_free
from foedus.store.engine import Tx
from foedus.store.state_tables import meta
from foedus.store.tables import blob, finding, label, label_use, support
from foedus.store.values import keep_occurrences

FLOOR = "finding-floor"
"""Where ``meta`` keeps the lowest row number that erased findings leave free."""

PlacedAs = Literal["new", "newer", "older", "same", "conflict"]


class Arrival(NamedTuple):
    """One finding on its way in; ``reference_us`` is the instant that latency counts from, ``labelled_us`` the label's."""

    finding: Finding
    about: About
    source: str
    reference_us: int
    labelled_us: int


class Placed(NamedTuple):
    """What became of one object.

    ``seq`` is its row, or the row that was there ("same", "conflict"); ``held_sha256`` the hash of the bytes held there.
    """

    outcome: PlacedAs
    seq: int
    object_id: str
    held_sha256: str
    supports: tuple[Placed, ...] = ()


class _Version(NamedTuple):
    seq: int
    version_ns: int
    sha256: bytes
    head: bool
    giver: str


_FINDING_COLUMNS = (
    *("seq", "object_id", "owner", "version_ns", "blob_id", "type"),
    *("kind", "room", "version", "created_ns", "spec_version"),
    *("head", "document", "source", "label_id", "labelled_us", "reference_us", "stored_us"),
    *("title", "urgency", "confidence", "from_us", "to_us", "revoked", "created_by", "contains", "because", "places"),
    *("pointer", "happened_us", "class_id"),
)

_held = (
    select(*(finding.c[name] for name in ("object_id", "owner", "seq", "version_ns", "head", "source")), blob.c.sha256)
    .join(blob, blob.c.id == finding.c.blob_id)
    # By owner as well: how many others hold something under an id must not be work for who sends it.
    .where(finding.c.object_id.in_(bindparam("ids", expanding=True)))
    .where(finding.c.owner.in_(bindparam("owners", expanding=True)))
)

_bytes = select(blob.c.raw).where(blob.c.sha256 == bindparam("sha256")).limit(1)

_promote = (
    update(finding)
    .where(finding.c.seq == bindparam("of"))
    .values({name: bindparam(name) for name in ("kind", "document", "title", "urgency", "confidence")} | {"head": True})
)


def put_findings(tx: Tx, arrivals: Sequence[Arrival], stored_us: int) -> list[Placed]:
    """Store findings with their supports, labels and occurrences; say per finding what became of it.

    All versions are kept; the newest by version instant is current. The same (owner, id, version) with other content is a
    conflict and not stored, except for objects without a version (SCOs), where it is a further version. What another party
    handed over is kept beside: who sends something is answered by what it sent itself, never by what others said was its own.
    """
    placing = _Placing(tx.connection, arrivals, stored_us)
    placed = [placing.place(arrival) for arrival in arrivals]
    placing.write(keep_blobs)
    placing.settle()
    keep_occurrences(tx, [(seq, about.keys) for seq, about in placing.abouts if about.keys])
    return placed


def put_apart(tx: Tx, arrivals: Sequence[Arrival], stored_us: int) -> list[Placed]:
    """Store findings without their values, with work that hangs on nothing but what their owner's giver gave before.

    The bytes are written even where others hold the same: that none need be written would tell of it. Pages show them once
    they were taken up: which version is current hangs on what others gave.
    """
    placing = _Placing(tx.connection, arrivals, stored_us, apart=True)
    placed = [placing.place(arrival) for arrival in arrivals]
    placing.write(_add_blobs)
    return placed


def relabel(tx: Tx, seqs: Sequence[int], given: Label, labelled_us: int) -> None:
    """Give findings another label."""
    label_id = keep_labels(tx, [given])[given.hash()]
    for chunk in chunks(seqs):
        which = finding.c.seq.in_(chunk)
        tx.connection.execute(update(finding).where(which).values(label_id=label_id, labelled_us=labelled_us))
        owners = tx.connection.scalars(select(finding.c.owner).where(which).distinct())
        _keep_uses(tx.connection, {(label_id, owner) for owner in owners})
        classes.settle(tx.connection, chunk)


def keep_labels(tx: Tx, labels: Iterable[Label]) -> dict[str, int]:
    """Store labels once each; return their ids by hash."""
    return _label_ids(tx.connection, labels)


def keep_uses(tx: Tx, uses: set[tuple[int, str]]) -> None:
    """Keep that labels are in use on findings of owners, so that policies get their facets."""
    _keep_uses(tx.connection, uses)


def keep_blobs(connection: Connection, contents: dict[bytes, bytes]) -> dict[bytes, int]:
    """Store bytes by SHA-256 once each; return their ids by hash."""
    ids: dict[bytes, int] = {}
    for chunk in chunks(list(contents)):
        found = connection.execute(select(blob.c.sha256, blob.c.id).where(blob.c.sha256.in_(chunk)))
        ids.update((sha256, blob_id) for sha256, blob_id in found)
    fresh = {sha256: raw for sha256, raw in contents.items() if sha256 not in ids}
    return ids | _add_blobs(connection, fresh)


def _add_blobs(connection: Connection, contents: dict[bytes, bytes]) -> dict[bytes, int]:
    rows = [(blob_id, *one) for blob_id, one in enumerate(contents.items(), first_free(connection, blob.c.id))]
    bulk_insert(connection, blob, ("id", "sha256", "raw"), rows)
    return {sha256: blob_id for blob_id, sha256, _ in rows}


def next_finding(connection: Connection) -> int:
    """Return the next row of a finding: no number is given twice, also where the newest row was erased."""
    floor = connection.scalar(select(meta.c.value).where(meta.c.name == FLOOR))
    return max(first_free(connection, finding.c.seq), int(floor or 0))


class _Placing:
    """One batch: what is held, what is to be written; written at the end, in bulk."""

    def __init__(
        self, connection: Connection, arrivals: Sequence[Arrival], stored_us: int, *, apart: bool = False
    ) -> None:
        self._connection = connection
        self._stored_us = stored_us
        self._apart = apart
        self._held: dict[tuple[str, str], list[_Version]] = {}
        ids = {stix.id for arrival in arrivals for stix, _ in _objects(arrival.finding)}
        owners = sorted({arrival.finding.owner for arrival in arrivals})
        for chunk in chunks(list(ids)):
            for row in connection.execute(_held, {"ids": chunk, "owners": owners}):
                version = _Version(row.seq, row.version_ns, row.sha256, row.head, _giver(row.source))
                self._held.setdefault((row.object_id, row.owner), []).append(version)
        labels = [given for arrival in arrivals for _, given in _objects(arrival.finding) if given is not None]
        self._labels = _label_ids(connection, labels)
        self._first = self._next = next_finding(connection)
        self._blobs: dict[bytes, bytes] = {}
        self._rows: list[tuple[object, ...]] = []
        self._links: dict[tuple[int, int], None] = {}
        self._uses: set[tuple[int, str]] = set()
        self._promoted: list[dict[str, object]] = []
        self._counted: dict[int, classes.Counted] = {}
        self._unsettled: set[int] = set()
        self.abouts: list[tuple[int, About]] = []

    def place(self, arrival: Arrival) -> Placed:
        """Decide what becomes of one finding and its supports."""
        item = arrival.finding
        head = self._object(arrival, Support(item.head, item.because, item.label), arrival.about)
        if head.outcome == "conflict":
            return head
        supports = tuple(self._object(arrival, piece, None) for piece in item.supports)
        if head.outcome != "same":
            self.abouts.append((head.seq, arrival.about))
            self._links.update(((head.seq, placed.seq), None) for placed in supports)
        return head._replace(supports=supports) if supports else head

    def write(self, keep: Callable[[Connection, dict[bytes, bytes]], dict[bytes, int]]) -> None:
        """Write what was placed, its bytes by a function that returns their ids."""
        blobs = keep(self._connection, self._blobs)
        found = classes.keep(self._connection, self._counted)
        # Column 4 holds the hash until the bytes have their id; the class comes last.
        rows = [
            (*row[:4], blobs[sha256], *row[5:], found.get(seq))
            for row in self._rows
            if isinstance(sha256 := row[4], bytes) and isinstance(seq := row[0], int)
        ]
        bulk_insert(self._connection, finding, _FINDING_COLUMNS, rows)
        bulk_insert(self._connection, support, ("head_seq", "seq"), list(self._links))
        _keep_uses(self._connection, self._uses)
        if self._promoted:
            self._connection.execute(_promote, self._promoted)

    def settle(self) -> None:
        """Count what is a finding now, and no longer what is not the current version any more."""
        classes.settle(self._connection, sorted(self._unsettled))

    def _object(self, arrival: Arrival, piece: Support, about: About | None) -> Placed:
        stix = piece.object
        versions = self._held.setdefault((stix.id, arrival.finding.owner), [])
        sha256, giver = bytes.fromhex(stix.sha256), _giver(arrival.source)
        for held in versions:
            if held.giver != giver or held.version_ns != stix.version_ns:
                continue
            if held.sha256 != sha256 and stix.version_ns < 0:
                continue
            if held.sha256 != sha256 and not self._equal(held.sha256, stix.raw):
                return Placed("conflict", held.seq, stix.id, held.sha256.hex())
            if about is not None and not held.head:
                self._promoted.append(_as_head(held.seq, arrival))
                self._unsettled.add(held.seq)
            return Placed("same", held.seq, stix.id, held.sha256.hex())
        seq, self._next = self._next, self._next + 1
        self._blobs[sha256] = stix.raw
        self._rows.append(self._row(seq, arrival, piece, about))
        newest = max((held.version_ns for held in versions), default=None)
        if not self._apart and (newest is None or stix.version_ns >= newest):
            self._succeed(versions)
            if about is not None:
                self._counted[seq] = self._class(arrival)
        versions.append(_Version(seq, stix.version_ns, sha256, about is not None, giver))
        outcome: PlacedAs = "new" if newest is None else "newer" if stix.version_ns >= newest else "older"
        return Placed(outcome, seq, stix.id, stix.sha256)

    def _succeed(self, versions: Sequence[_Version]) -> None:
        """Take what was current of an object out of the count."""
        before = max(versions, key=lambda held: (held.version_ns, held.seq), default=None)
        if before is not None and self._counted.pop(before.seq, None) is None and before.seq < self._first:
            self._unsettled.add(before.seq)

    def _class(self, arrival: Arrival) -> classes.Counted:
        item, about = arrival.finding, arrival.about
        label_id = 0 if item.label is None else self._labels[item.label.hash()]
        of = classes.Class(
            *(item.area, item.kind, classes.is_story(item.kind, item.head.type), item.owner),
            *(label_id, about.urgency, bool(about.places)),
        )
        return classes.Counted(of, classes.day_of(self._happened(about)), classes.cell_of(about.places))

    def _happened(self, about: About) -> int:
        return self._stored_us if about.from_at is None else to_us(about.from_at)

    def _row(self, seq: int, arrival: Arrival, piece: Support, about: About | None) -> tuple[object, ...]:
        item, stix = arrival.finding, piece.object
        identity = (seq, stix.id, item.owner, stix.version_ns, bytes.fromhex(stix.sha256), stix.type)
        place = (item.kind if about else stix.type, item.area, stix.version, stix.created_ns, stix.spec_version)
        role = (about is not None, item.document and about is not None, arrival.source)
        label_id = None if piece.label is None else self._labels[piece.label.hash()]
        if label_id is not None:
            self._uses.add((label_id, item.owner))
        times = (label_id, arrival.labelled_us, arrival.reference_us, self._stored_us)
        because = _json(piece.because or item.because)
        told = about or About(stix.type, stix.name, confidence=stix.confidence)
        shown = (told.title, told.urgency, told.confidence, _us(told.from_at), _us(told.to_at))
        rest = (stix.revoked, stix.created_by, _json(told.contains), because, _json(told.places), item.pointer)
        return (*identity, *place, *role, *times, *shown, *rest, self._happened(told))

    def _equal(self, held_sha256: bytes, raw: bytes) -> bool:
        held = self._blobs.get(held_sha256)
        if held is None:
            held = self._connection.execute(_bytes, {"sha256": held_sha256}).scalars().first() or b""
        try:
            return canonical(msgspec.json.decode(held)) == canonical(msgspec.json.decode(raw))
        except rfc8785.CanonicalizationError:
            return False


def _giver(source: str) -> str:
    """Return the party behind a source: of ``peer:<party>`` and ``submit:<party>`` that one, of all others this node's own."""
    scheme, _, party = source.partition(":")
    return party if scheme in ("peer", "submit") else ""


def _objects(item: Finding) -> Iterator[tuple[StixObject, Label | None]]:
    yield item.head, item.label
    for piece in item.supports:
        yield piece.object, piece.label


def _as_head(seq: int, arrival: Arrival) -> dict[str, object]:
    """Columns of an object that was a support and now comes as a finding of its own."""
    about = arrival.about
    told = {"title": about.title, "urgency": about.urgency, "confidence": about.confidence}
    return {"of": seq, "kind": arrival.finding.kind, "document": arrival.finding.document, **told}


def _label_ids(connection: Connection, labels: Iterable[Label]) -> dict[str, int]:
    by_hash = {given.hash(): given for given in labels}
    ids: dict[str, int] = {}
    for chunk in chunks(list(by_hash)):
        found = connection.execute(select(label.c.hash, label.c.id).where(label.c.hash.in_(chunk)))
        ids.update((digest, label_id) for digest, label_id in found)
    fresh = [digest for digest in by_hash if digest not in ids]
    first = first_free(connection, label.c.id)
    rows = [(label_id, digest, by_hash[digest].canonical()) for label_id, digest in enumerate(fresh, first)]
    bulk_insert(connection, label, ("id", "hash", "canonical"), rows)
    ids.update((digest, label_id) for label_id, digest, _ in rows)
    return ids


def _keep_uses(connection: Connection, uses: set[tuple[int, str]]) -> None:
    among = select(label_use).where(label_use.c.label_id.in_({label_id for label_id, _ in uses}))
    held = {(label_id, owner) for label_id, owner in connection.execute(among)} if uses else set()
    bulk_insert(connection, label_use, ("label_id", "owner"), sorted(uses - held))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _us(at: datetime | None) -> int | None:
    return None if at is None else to_us(at)
