"""Values and who holds them: one row per (value, finding), joined when asked, so that nothing grows with pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Select, bindparam, func, select, text, update

from foedus.model.finding import Key, Seen
from foedus.store.bulk import bulk_insert, chunks, first_free
from foedus.store.engine import Read, Tx
from foedus.store.findings import may_be_held
from foedus.store.tables import blob, finding, occurrence, value, view, view_row

NEWEST = 20
COMMON = 100
"""Beyond this many holders a value is common; counting stops one further."""


class Holder(NamedTuple):
    """A finding that holds a value, and where in it."""

    seq: int
    object_id: str
    owner: str
    title: str
    kind: str
    pointer: str
    written: str
    stored_us: int


class Holders(NamedTuple):
    """Who holds a value: the newest, and how many in all (``COMMON + 1`` stands for more)."""

    newest: Sequence[Holder]
    held: int
    warned: tuple[str, ...]


class Related(NamedTuple):
    """Another finding that shares values: how many, and the weight, sum of 1/log2(1 + holders of the value)."""

    seq: int
    shared: int
    weight: float


def keep_occurrences(tx: Tx, held: Sequence[tuple[int, Sequence[Key]]]) -> None:
    """Enter which findings hold which values; a value that stands twice in a finding counts once, at its first place."""
    keys: dict[tuple[str, str], Key] = {}
    for _, found in held:
        for key in found:
            known = keys.setdefault((key.kind, key.norm), key)
            if key.warned and not known.warned:
                keys[key.kind, key.norm] = key
    ids = _value_ids(tx, keys)
    rows = {(ids[key.kind, key.norm], seq): key for seq, found in held for key in reversed(found)}
    columns = ("value_id", "finding_seq", "pointer", "written")
    # In the order of the clustered table, which is the order SQLite writes fastest.
    bulk_insert(
        tx.connection,
        occurrence,
        columns,
        [(*pair, key.pointer, key.written) for pair, key in sorted(rows.items(), key=itemgetter(0))],
    )


def seen(read: Read, keys: Sequence[Key]) -> Mapping[tuple[str, str], Sequence[Seen]]:
    """Return, per (kind, norm), the newest findings that hold it (at most 20); values held by nobody are absent.

    What was concluded from several owners' findings (its owner is all of them, joined by ``+``) is no further witness.
    """
    found: dict[tuple[str, str], Sequence[Seen]] = {}
    for pair, (value_id, _) in _known(read, {(key.kind, key.norm) for key in keys}).items():
        rows = read.connection.execute(_seen.where(may_be_held(read)), {"value_id": value_id})
        if holders := [Seen(owner, object_id, sha256.hex()) for owner, object_id, sha256 in rows]:
            found[pair] = holders
    return found


def holders(read: Read, kind: str, norm: str, limit: int = NEWEST, in_view: str | None = None) -> Holders | None:
    """Return who holds a value, or None where nobody does.

    With ``in_view`` only what that view shows unchanged counts: a redacted rendition need not hold the value any more.
    """
    known = _known(read, {(kind, norm)}).get((kind, norm))
    if known is None:
        return None
    value_id, warned = known
    columns = [getattr(finding.c, name) for name in ("seq", "object_id", "owner", "title", "kind")]
    columns += [occurrence.c.pointer, occurrence.c.written, finding.c.stored_us]
    picked = _visible(
        select(*columns).join_from(occurrence, finding, finding.c.seq == occurrence.c.finding_seq), in_view
    )
    picked = picked.where(occurrence.c.value_id == value_id, may_be_held(read))
    newest = read.connection.execute(picked.order_by(occurrence.c.finding_seq.desc()).limit(limit))
    rows = [Holder(*row) for row in newest]
    some = picked.with_only_columns(occurrence.c.finding_seq).limit(COMMON + 1).subquery()
    count = read.connection.scalar(select(func.count()).select_from(some)) or 0
    return Holders(rows, count, warned) if rows else None


def of_any_kind(read: Read, norms: Sequence[str]) -> list[Key]:
    """Return the values that are written in one of some ways, of whichever kind; few are asked for at a time."""
    kinds = list(read.connection.scalars(_KINDS))
    columns = select(value.c.kind, value.c.norm, value.c.warned)
    rows = read.connection.execute(
        columns.where(value.c.kind.in_(kinds), value.c.norm.in_(norms)).order_by(value.c.kind)
    )
    return [Key(kind, norm, norm, "", _lists(warned)) for kind, norm, warned in rows]


def shared(read: Read, seqs: Sequence[int]) -> set[tuple[str, str]]:
    """Return the (kind, norm) of those values of some findings that others hold too, and that are not common."""
    held = (
        select(occurrence.c.finding_seq).where(occurrence.c.value_id == value.c.id).limit(COMMON + 1).correlate(value)
    )
    number = select(func.count()).select_from(held.subquery()).scalar_subquery()
    found: set[tuple[str, str]] = set()
    for chunk in chunks(seqs):
        among = select(occurrence.c.value_id).where(occurrence.c.finding_seq.in_(chunk))
        which = value.c.id.in_(among) & number.between(2, COMMON)
        found.update(
            (kind, norm) for kind, norm in read.connection.execute(select(value.c.kind, value.c.norm).where(which))
        )
    return found


def telling(read: Read, seqs: Sequence[int], owner: str) -> dict[tuple[str, str], list[int]]:
    """Return the values, (kind, norm), that some findings of an owner hold, and which hold them.

    Left out are warned values and findings that are revoked. How many others hold a value is the caller's to judge, who
    knows which of them may count.
    """
    picked = (
        select(value.c.kind, value.c.norm, occurrence.c.finding_seq)
        .join_from(occurrence, finding, finding.c.seq == occurrence.c.finding_seq)
        .join(value, value.c.id == occurrence.c.value_id)
        .where(finding.c.owner == owner, ~finding.c.revoked, value.c.warned == "[]")
        .order_by(occurrence.c.finding_seq, occurrence.c.value_id)
    )
    found: dict[tuple[str, str], list[int]] = {}
    for chunk in chunks(sorted(seqs)):
        for kind, norm, seq in read.connection.execute(picked.where(occurrence.c.finding_seq.in_(chunk))):
            found.setdefault((kind, norm), []).append(seq)
    return found


def held_by(read: Read, seqs: Sequence[int], owner: str) -> list[tuple[int, int]]:
    """Return (row, row of an owner's document that shares a value with it) of some findings, ascending.

    Warned values do not count, nor those that more than a hundred of the owner's documents hold; of the others the newest
    twenty do, as long as they may be held. What anybody else holds makes no difference.
    """
    told = select(occurrence.c.value_id, occurrence.c.finding_seq).join(value, value.c.id == occurrence.c.value_id)
    theirs = select(occurrence.c.value_id, finding.c.seq).join(finding, finding.c.seq == occurrence.c.finding_seq)
    theirs = theirs.where(finding.c.owner == owner, finding.c.document, may_be_held(read))
    theirs = theirs.order_by(finding.c.seq.desc())
    pairs: set[tuple[int, int]] = set()
    for chunk in chunks(sorted(seqs)):
        picked = told.where(occurrence.c.finding_seq.in_(chunk), value.c.warned == "[]")
        mine = [(value_id, seq) for value_id, seq in read.connection.execute(picked)]
        holding: dict[int, list[int]] = {}
        for some in chunks(sorted({value_id for value_id, _ in mine})):
            for value_id, seq in read.connection.execute(theirs.where(occurrence.c.value_id.in_(some))):
                holding.setdefault(value_id, []).append(seq)
        told_of = {value_id: found[:NEWEST] for value_id, found in holding.items() if len(found) <= COMMON}
        pairs.update((seq, other) for value_id, seq in mine for other in told_of.get(value_id, ()))
    return sorted(pairs)


def related(read: Read, seq: int, in_view: str | None = None, limit: int = NEWEST) -> list[Related]:
    """Return findings that share values with one, ranked by how rare the values are; common and warned values do not count.

    Counts and ranks are those of the view, where one is named.
    """
    held = _visible(select(occurrence.c.finding_seq).join(finding, finding.c.seq == occurrence.c.finding_seq), in_view)
    held = held.where(occurrence.c.value_id == value.c.id, may_be_held(read)).correlate(value)
    newest = held.order_by(occurrence.c.finding_seq.desc()).limit(COMMON + 1)
    other, mine = occurrence.alias(), occurrence.alias()
    rows = (
        select(value.c.id, other.c.finding_seq)
        .select_from(mine)
        .join(value, value.c.id == mine.c.value_id)
        .join(other, (other.c.value_id == value.c.id) & other.c.finding_seq.in_(newest))
        .where(mine.c.finding_seq == seq, value.c.warned == "[]")
        .order_by(value.c.kind, value.c.norm)
    )
    holding: dict[int, list[int]] = {}
    for value_id, holder in read.connection.execute(rows):
        holding.setdefault(value_id, []).append(holder)
    shared: dict[int, int] = {}
    weights: dict[int, float] = {}
    for holders_ in holding.values():
        for holder in holders_ if len(holders_) <= COMMON else ():
            shared[holder] = shared.get(holder, 0) + 1
            weights[holder] = weights.get(holder, 0.0) + 1 / log2(1 + len(holders_))
    ranked = sorted((-weight, -other_) for other_, weight in weights.items() if other_ != seq)
    return [Related(-other_, shared[-other_], -weight) for weight, other_ in ranked[:limit]]


def values_of(read: Read, seq: int) -> Sequence[Key]:
    """Return the values a finding holds."""
    return values_by(read, [seq]).get(seq, [])


def values_by(read: Read, seqs: Sequence[int]) -> dict[int, list[Key]]:
    """Return the values that findings hold, as they stand in them, by row; findings without any are absent."""
    columns = (value.c.kind, value.c.norm, occurrence.c.written, occurrence.c.pointer, value.c.warned)
    joined = select(occurrence.c.finding_seq, *columns).join(occurrence, occurrence.c.value_id == value.c.id)
    found: dict[int, list[Key]] = {}
    for chunk in chunks(seqs):
        rows = joined.where(occurrence.c.finding_seq.in_(chunk)).order_by(value.c.kind, value.c.norm)
        for seq, kind, norm, written, pointer, warned in read.connection.execute(rows):
            found.setdefault(seq, []).append(Key(kind, norm, written, pointer, _lists(warned)))
    return found


def keys_of(read: Read, seqs: Sequence[int]) -> dict[int, list[Key]]:
    """Return the values that findings hold, by row; findings without any are absent."""
    columns = (occurrence.c.finding_seq, value.c.kind, value.c.norm)
    joined = select(*columns).join(occurrence, occurrence.c.value_id == value.c.id)
    joined = joined.order_by(occurrence.c.finding_seq, occurrence.c.value_id)
    found: dict[int, list[Key]] = {}
    for chunk in chunks(seqs):
        for seq, kind, norm in read.connection.execute(joined.where(occurrence.c.finding_seq.in_(chunk))):
            found.setdefault(seq, []).append(Key(kind, norm))
    return found


def _visible(statement: Select[Any], name: str | None) -> Select[Any]:
    if name is None:
        return statement
    shown = (view_row.c.finding_seq == finding.c.seq) & (view_row.c.blob_id == finding.c.blob_id)
    # A sum, so that SQLite looks rows up by finding and never walks through the view.
    return statement.join(view_row, shown).join(view, view.c.id == view_row.c.view_id + 0).where(view.c.name == name)


_seen = (
    select(finding.c.owner, finding.c.object_id, blob.c.sha256)
    .join_from(occurrence, finding, finding.c.seq == occurrence.c.finding_seq)
    .join(blob, blob.c.id == finding.c.blob_id)
    .where(occurrence.c.value_id == bindparam("value_id"), ~finding.c.owner.contains("+"))
    .order_by(occurrence.c.finding_seq.desc())
    .limit(NEWEST)
)

# Each kind is one seek in the index by kind: no value is looked at.
_KINDS = text(
    "WITH RECURSIVE kinds(kind) AS (SELECT min(kind) FROM value UNION ALL"
    " SELECT (SELECT min(v.kind) FROM value v WHERE v.kind > kinds.kind) FROM kinds WHERE kinds.kind IS NOT NULL)"
    " SELECT kind FROM kinds WHERE kind IS NOT NULL"
)

_find = select(value.c.norm, value.c.id, value.c.warned).where(
    value.c.kind == bindparam("kind"), value.c.norm.in_(bindparam("norms", expanding=True))
)


def _known(read: Read, pairs: set[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, tuple[str, ...]]]:
    by_kind: dict[str, list[str]] = {}
    for kind, norm in pairs:
        by_kind.setdefault(kind, []).append(norm)
    known: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}
    for kind, norms in by_kind.items():
        for chunk in chunks(norms):
            for norm, value_id, warned in read.connection.execute(_find, {"kind": kind, "norms": chunk}):
                known[kind, norm] = (value_id, _lists(warned))
    return known


def _value_ids(tx: Tx, keys: Mapping[tuple[str, str], Key]) -> dict[tuple[str, str], int]:
    known = _known(tx, set(keys))
    for pair, (value_id, warned) in known.items():
        if keys[pair].warned and keys[pair].warned != warned:
            tx.connection.execute(update(value).where(value.c.id == value_id).values(warned=_text(keys[pair].warned)))
    first = first_free(tx.connection, value.c.id)
    fresh = enumerate((pair for pair in keys if pair not in known), first)
    rows = [(value_id, kind, norm, _text(keys[kind, norm].warned)) for value_id, (kind, norm) in fresh]
    bulk_insert(tx.connection, value, ("id", "kind", "norm", "warned"), rows)
    ids = {pair: value_id for pair, (value_id, _) in known.items()}
    ids.update(((kind, norm), value_id) for value_id, kind, norm, _ in rows)
    return ids


def _text(lists: tuple[str, ...]) -> str:
    return msgspec.json.encode(lists).decode()


def _lists(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])
