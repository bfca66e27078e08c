"""Door ``plan``: co-sharing and near-duplicates as kernels over key partitions of the room's Parquet files.

Co-sharing (of pages, hashtags, media, reposts and exact copies of a text) goes in three steps: each account's posts are taken
apart into shares; within a block of objects it is told who shared together; what the blocks say of two accounts is added up.
Near-duplicates: each account's texts are signed; each distinct text is kept once; within a bucket of equal minima it is told
who met whom; pairs that met are compared. So the edges are those of the methods over all posts at once. They stay on this
node: accounts are pseudonyms, and a tie is no finding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

import msgspec
import numpy as np

from foedus.areas.information.methods import near
from foedus.areas.information.methods.components import Index
from foedus.areas.information.methods.cosharing import NO_EDGES, WINDOW_S, Edges, added, network
from foedus.areas.information.methods.minhash import BANDS, SIZE, agreement, bands, meetings, signatures
from foedus.areas.information.methods.pairs import VIRAL, Shares, codes, lined
from foedus.areas.information.methods.shares import exploded
from foedus.areas.information.methods.shingles import Normal, normal, shingles
from foedus.areas.information.record import POST
from foedus.engine.kernels import Runner, Source, Stage, Wanted
from foedus.model.room import Settings

if TYPE_CHECKING:
    import pyarrow as pa

Held = TypeVar("Held")

CO_SHARING, NEAR, VIRAL_OBJECT = "co-sharing", "near-duplicate", "viral-object"
BLOCKS = 256
TEXT = "text"
_MILLI = 1_000
_WRITER = ("account", "channel")
_IN_TIME = ("published_at", "record_id", "src", "line")
_SHARED = ("of", "block", "object", "account", "record", "t_s")
_TIED = ("of", "a", "block", "b", *Edges._fields[2:])
_SIGNED = ("block", "digest", "t_ms", "record", "signed")
_BUCKET = ("band", "block", "key", "t_ms", "record", "digest")
_PAIR = ("one", "other")
_EVENT = ("kind", "of", "a", "b", "from_ms", "to_ms", "said")
_NUMBERS = {
    "block", "t_s", "t_ms", "band", "key", "pairs", "objects", "delta_s", "first_s", "last_s", "from_ms", "to_ms",
}  # fmt: skip


def events(runner: Runner[Held], sources: Sequence[Source], settings: Settings) -> pa.Table:
    """Return the ties in records of posts.

    Args:
        runner: what runs the stages.
        sources: files of records of ``record.schema()``; articles and others are left out.
        settings: none are read; the methods' own hold.

    Returns:
        kind (``co-sharing``, ``near-duplicate``, ``viral-object``: counted and not paired), of (the kind of object), a and b
        (pseudonyms, or digests of normalised texts; of a viral object its name and nothing), from_ms, to_ms, and ``said``.
    """
    del settings
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it is used)

    posts = runner.read(sources, wanted())
    shares = runner.run(posts, Stage(_WRITER, _IN_TIME, _shares, _schema(_SHARED)))
    by_object = partial(Stage, ("of", "block"), ("object", "t_s", "account", "record"))
    tied = runner.run(shares, by_object(_tied, _schema(_TIED)))
    edges = runner.run(tied, Stage(("of", "a"), ("b", "block"), _added, _schema(_EVENT)))
    viral = runner.run(shares, by_object(_viral, _schema(_EVENT)))
    found = [runner.collect(one).select(_EVENT) for one in (edges, viral, _near(runner, posts))]
    return pa.concat_tables(found).sort_by([(name, "ascending") for name in _EVENT])


def _near(runner: Runner[Held], posts: Held) -> Held:
    """Pairs of distinct texts that are tied."""
    signed = runner.run(posts, Stage(_WRITER, _IN_TIME, _signed, _schema(_SIGNED)))
    texts = Stage(("block",), ("digest", "t_ms", "record"), _oldest, _schema(_SIGNED))
    once = runner.unique(runner.run(signed, texts))
    buckets = runner.run(once, Stage(("block",), ("digest",), _buckets, _schema(_BUCKET)))
    met = Stage(("band", "block"), ("t_ms", "record", "digest"), _met, _schema(_PAIR))
    pairs = runner.unique(runner.run(buckets, met))
    for end in _PAIR:
        names = (end, f"signed_{end}", f"t_ms_{end}")
        by_end = Stage(("block",), ("digest",), partial(_named, names=names), _schema(names))
        pairs = runner.join(pairs, runner.run(once, by_end), end)
    return runner.run(pairs, Stage(("one",), ("other",), _agreed, _schema(_EVENT)))


# kernels


def _shares(part: pa.Table) -> pa.Table:
    """What one account shared, and when."""
    import pyarrow as pa  # noqa: PLC0415

    posts = _once(part)
    instants = posts["published_at"].cast(pa.timestamp("ms")).cast(pa.timestamp("us", "UTC"))
    posts = posts.set_column(posts.schema.get_field_index("published_at"), "published_at", instants)
    held = exploded(posts, {TEXT: digests(normal(posts["text"].to_pylist()))})
    records = np.array(posts["record_id"].to_pylist(), dtype=object)
    parts = []
    for kind, shares in held.kinds.items():
        names = held.objects[kind]
        blocks = np.array([_block(name) for name in names], dtype=np.int64)
        objects = np.array(names, dtype=object)[shares.object]
        accounts = [held.accounts[code] for code in shares.account.tolist()]
        columns = [
            [kind] * len(accounts),
            blocks[shares.object],
            objects,
            accounts,
            records[shares.content],
            shares.t_s,
        ]
        parts.append(_table(_SHARED, columns))
    return pa.concat_tables(parts)


def _coded(part: pa.Table) -> tuple[Shares, list[str], list[str]]:
    """Shares of a block of objects, the names of its objects and of accounts."""
    (objects,), object_names = codes(part["object"].to_pylist())
    (accounts,), account_names = codes(part["account"].to_pylist())
    (contents,), _ = codes(part["record"].to_pylist())
    return Shares(objects, accounts, contents, part["t_s"].to_numpy()), object_names, account_names


def _tied(part: pa.Table) -> pa.Table:
    """Who shared objects of a block together."""
    shares, _, names = _coded(part)
    edges = network(shares, WINDOW_S).edges
    ends = ([names[code] for code in end.tolist()] for end in (edges.a, edges.b))
    a, b = ends
    kind, block = part["of"][0].as_py(), part["block"][0].as_py()
    return _table(_TIED, [[kind] * len(a), a, np.full(len(a), block), b, *edges[2:]])


def _added(part: pa.Table) -> pa.Table:
    """What all blocks say of one account and each other."""
    (ends,), names = codes(part["b"].to_pylist())
    whole = Edges(np.zeros(len(ends), np.int64), ends, *(part[name].to_numpy() for name in Edges._fields[2:]))
    edges = added([whole, NO_EDGES])
    kind, a = part["of"][0].as_py(), part["a"][0].as_py()
    said = [
        {"pairs": pairs, "objects": objects, "delta_s": delta_s}
        for pairs, objects, delta_s in zip(
            edges.pairs.tolist(), edges.objects.tolist(), edges.delta_s.tolist(), strict=True
        )
    ]
    others = [names[code] for code in edges.b.tolist()]
    return _events(CO_SHARING, kind, [a] * len(others), others, (edges.first_s * _MILLI, edges.last_s * _MILLI), said)


def _viral(part: pa.Table) -> pa.Table:
    """Objects of a block that are too many to pair."""
    shares, names, _ = _coded(part)
    line = lined(shares, WINDOW_S, VIRAL)
    many = line.viral
    mine = [line.shares.t_s[line.shares.object == one.object] * _MILLI for one in many]
    spans = (np.array([t.min() for t in mine], np.int64), np.array([t.max() for t in mine], np.int64))
    said = [{"shares": one.shares, "accounts": one.accounts, "pairs": one.pairs} for one in many]
    objects = [names[one.object] for one in many]
    return _events(VIRAL_OBJECT, part["of"][0].as_py(), objects, [""] * len(many), spans, said)


def _signed(part: pa.Table) -> pa.Table:
    """The texts of one account that are long enough to be compared, signed."""
    posts = _once(part)
    block = normal(posts["text"].to_pylist())
    hashed, count = shingles(block)
    long = count >= near.SETTINGS.short
    rows = np.flatnonzero(long)
    made = signatures(hashed[np.repeat(long, count)], count[long]) if len(rows) else np.zeros((0, SIZE), np.uint16)
    columns = (digests(block), posts["published_at"].to_pylist(), posts["record_id"].to_pylist())
    texts, times, records = ([column[row] for row in rows.tolist()] for column in columns)
    blocks = [_block(one or "") for one in texts]
    return _table(_SIGNED, [blocks, texts, times, records, [row.tobytes() for row in made]])


def _oldest(part: pa.Table) -> pa.Table:
    """Each distinct text of a block once, by its oldest record."""
    digests = part["digest"].to_pylist()
    first = [row for row, one in enumerate(digests) if row == 0 or one != digests[row - 1]]
    return part.select(list(_SIGNED)).take(first).cast(_schema(_SIGNED))


def _buckets(part: pa.Table) -> pa.Table:
    """Every text of a block, by each bucket that it falls into."""
    keys = bands(_unpacked(part["signed"])).view(np.int64)
    size = len(keys)
    rows = np.repeat(np.arange(size), BANDS)
    told = [np.array(part[name].to_pylist(), dtype=object)[rows] for name in ("t_ms", "record", "digest")]
    bucket = keys.ravel()
    return _table(_BUCKET, [np.tile(np.arange(BANDS), size), bucket & (BLOCKS - 1), bucket, *told])


def _met(part: pa.Table) -> pa.Table:
    """Who met whom in the buckets, the older one first."""
    found = meetings(part["key"].to_numpy().view(np.uint64), np.arange(part.num_rows), near.SETTINGS.before)
    digests = np.array(part["digest"].to_pylist(), dtype=object)
    return _table(_PAIR, [digests[found.one], digests[found.other]])


def _named(part: pa.Table, names: Sequence[str]) -> pa.Table:
    """Texts under the name of one of the two."""
    return _table(names, [part[name].to_pylist() for name in ("digest", "signed", "t_ms")])


def _agreed(part: pa.Table) -> pa.Table:
    """Which of the pairs of one text agree enough."""
    signed = np.concatenate([_unpacked(part[f"signed_{end}"]) for end in _PAIR])
    size = part.num_rows
    agreed = agreement(signed, np.arange(size), np.arange(size) + size)
    rows = np.flatnonzero(agreed >= near.SETTINGS.link)
    one, other = ([part[end][row].as_py() for row in rows.tolist()] for end in _PAIR)
    times = np.stack([part[f"t_ms_{end}"].to_numpy()[rows] for end in _PAIR])
    said = [{"agreement": round(share, 4)} for share in agreed[rows].tolist()]
    return _events(NEAR, TEXT, one, other, (times.min(axis=0), times.max(axis=0)), said)


# what kernels are made of


def wanted() -> Wanted:
    """Return which columns of records are read."""
    import pyarrow as pa  # noqa: PLC0415

    text, texts = pa.string(), pa.list_(pa.string())
    names = ("record_id", "precision", "account", "channel", "text", "about_record", "relation")
    columns = dict.fromkeys(names, text) | dict.fromkeys(("urls", "hashtags", "media"), texts)
    return Wanted(columns | {"published_at": pa.int64(), "line": pa.int64()}, ("kind", POST))


def digests(block: Normal) -> list[str | None]:
    """Return the digest of each normalised text: equal ones are exact copies; None where nothing is left."""
    return [hashlib.blake2b(raw, digest_size=16).hexdigest() if raw else None for raw in block.raw()]


def _once(part: pa.Table) -> pa.Table:
    """The posts of an account that have an instant, each once: the first of those that came twice."""
    ids, instants = part["record_id"].to_pylist(), part["published_at"].to_pylist()
    first: dict[str, int] = {}
    for row, one in enumerate(ids):
        if instants[row] is not None:
            first.setdefault(one, row)
    return part.take(list(first.values())).combine_chunks()


def _block(name: str) -> int:
    return crc32(name.encode()) % BLOCKS


def _unpacked(column: Any) -> np.ndarray[Any, np.dtype[np.uint16]]:
    return np.frombuffer(b"".join(column.to_pylist()), np.uint16).reshape(-1, SIZE)


def _events(
    kind: str,
    of: str,
    a: Sequence[str],
    b: Sequence[str],
    spans: tuple[Index, Index],
    said: Sequence[Mapping[str, Any]],
) -> pa.Table:
    told = [msgspec.json.encode(one).decode() for one in said]
    return _table(_EVENT, [[kind] * len(a), [of] * len(a), a, b, *spans, told])


def _schema(names: Sequence[str]) -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415

    return pa.schema([(name, _kind(name)) for name in names])


def _kind(name: str) -> pa.DataType:
    import pyarrow as pa  # noqa: PLC0415

    if name.startswith("signed"):
        return pa.binary()
    return pa.int64() if name in _NUMBERS or name.startswith("t_ms") else pa.string()


def _table(names: Sequence[str], columns: Sequence[Any]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415

    return pa.table(
        [pa.array(column, _kind(name)) for name, column in zip(names, columns, strict=True)], names=list(names)
    )
