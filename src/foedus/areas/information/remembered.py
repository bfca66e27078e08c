"""Remembered: the posts that later ones may join, from one run to the next, as whole weeks; bounded, and in the node only.

A post is kept as its keyed pseudonyms, what it shared, and its text, masked as in its record and cut to ``MAX_TEXT`` characters.
Posts are measured week by week (Monday to Sunday, UTC). A week is measured again whenever posts of it come, from all of
its posts in the order of their instants, so that one cut of the input gives the same findings as another. ``WEEKS`` weeks up
to the newest are kept; a post of an earlier week comes too late and is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from foedus.areas.information.record import POST
from foedus.errors import MalformedRecord
from foedus.model import instant

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 1
WEEKS = 4
MAX_TEXT = 600
MAX_POSTS = 200_000
WEEK_S = 7 * 86_400
_MONDAY_S = 4 * 86_400
_KEPT = (
    "record_id", "published_at", "platform", "channel", "account", "language", "text", "urls", "hashtags", "media",
    "about_record", "relation", "precision", "origin",
)  # fmt: skip


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What was last said under an id: of which week, the hash of its content.

    ``accounts`` are the group's, keyed, and ``origins`` the sources they came from: by them it is known again (``recurring``).
    ``root`` names the first case of its campaign.
    """

    week: int
    digest: str
    accounts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    root: str = ""


class Recurs(msgspec.Struct, frozen=True, array_like=True):
    """What was last said of a campaign: the hash of its content, its cases, the day its first week begins."""

    digest: str
    cases: tuple[str, ...]
    first: str


class State(msgspec.Struct):
    """What the room remembers: posts as an Arrow stream, which of their weeks lost posts for want of room, what was said.

    ``deleted`` are the weeks whose posts went with their source. ``articles`` is what is remembered of articles, ``followed``
    what lines to take are followed with, each as bytes of such a state of its own; ``pushed`` are the ids of what groups
    pushed, by week.
    """

    version: int = VERSION
    posts: bytes = b""
    crowded: list[int] = []
    said: dict[str, Said] = {}
    followed: bytes = b""
    deleted: list[int] = []
    pushed: dict[int, list[str]] = {}
    articles: bytes = b""
    campaigns: dict[str, Recurs] = {}


class Joined(NamedTuple):
    """Posts held and new, each once, by instant and id; the week of each; the weeks with news; how many came too late."""

    posts: pa.Table
    week: NDArray[np.int64]
    fresh: tuple[int, ...]
    late: int


def restore(raw: bytes) -> State:
    """Return the state of its bytes; empty bytes are a new state.

    Raises:
        MalformedRecord: not a state of this version.
    """
    hint = "analyse from the start"
    try:
        held = msgspec.msgpack.decode(raw, type=State) if raw else State()
    except msgspec.DecodeError as error:
        raise MalformedRecord("unreadable state of the room", code="state-malformed", hint=hint) from error
    if held.version != VERSION:
        raise MalformedRecord("state of another version", code="state-version", hint=hint)
    return held


def dump(state: State) -> bytes:
    """Return a state as bytes; equal states are equal bytes."""
    return msgspec.msgpack.encode(state)


def posts_of(batch: pa.RecordBatch, source: str, kind: str = POST) -> pa.Table:
    """Return the posts, or articles, of a batch of records, with the source they came from; those without an instant are none."""
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it analyses)
    import pyarrow.compute as pc  # noqa: PLC0415

    table = pa.Table.from_batches([batch])
    table = table.filter(pc.and_(pc.equal(table["kind"], kind), pc.is_valid(table["published_at"])))
    said = table["text"] if kind == POST else pc.binary_join_element_wise(table["title"], table["text"], "\n")
    cut = pc.utf8_slice_codeunits(said, 0, MAX_TEXT)
    table = table.set_column(table.schema.get_field_index("text"), "text", cut)
    return table.append_column("origin", pa.array([source] * len(table), pa.string())).select(list(_KEPT))


def joined(state: State, fresh: Sequence[pa.Table]) -> Joined:
    """Return what is held together with new posts; of one id the one held first stays."""
    import pyarrow as pa  # noqa: PLC0415

    held = [read(state.posts)] if state.posts else []
    new = pa.concat_tables(fresh)
    week = _week(new)
    since = int(_week(held[0]).max()) - WEEKS + 1 if held else None
    timely = week >= since if since is not None else np.ones(len(new), bool)
    both = pa.concat_tables([*held, new.filter(pa.array(timely))])
    rows = _once(both)
    posts = both.take(pa.array(rows))
    came = rows >= len(held[0]) if held else np.ones(len(rows), bool)
    of = _week(posts)
    return Joined(posts, of, tuple(np.unique(of[came]).tolist()), int((~timely).sum()))


def keep(state: State, held: Joined) -> None:
    """Keep the posts of the last weeks, the newest of them where they are too many, and what was said of those weeks."""
    import pyarrow as pa  # noqa: PLC0415

    if not len(held.posts):
        return
    since = int(held.week.max()) - WEEKS + 1
    rows = np.flatnonzero(held.week >= since)
    lost = np.unique(held.week[rows[:-MAX_POSTS]]).tolist()
    state.crowded = sorted({one for one in (*state.crowded, *lost) if one >= since})
    state.deleted = [one for one in state.deleted if one >= since]
    state.posts = written(held.posts.take(pa.array(rows[-MAX_POSTS:])))
    state.said = {id_: one for id_, one in sorted(state.said.items()) if one.week >= since}


def changed(said: dict[str, Said], week: int, digests: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Note what is said of a week now, id to digest; return the ids that no longer stand, and those new or changed."""
    gone = [id_ for id_, one in said.items() if one.week == week and id_ not in digests]
    for id_ in gone:
        del said[id_]
    news = [id_ for id_, held in digests.items() if said.get(id_) != Said(week, held)]
    said.update({id_: Said(week, digests[id_]) for id_ in news})
    return gone, news


def forget(state: bytes, sources: Collection[str]) -> bytes:
    """Return a state without the posts and articles of some sources.

    What was said stays known: measured again without them, it is told anew or revoked.

    Raises:
        MalformedRecord: not a state of this version.
    """
    if not state:
        return state
    held = restore(state)
    held.articles = forget(held.articles, sources)
    for id_, one in held.said.items():
        if not set(one.origins).isdisjoint(sources):
            held.said[id_] = msgspec.structs.replace(one, accounts=(), origins=())
    if held.posts:
        posts = read(held.posts)
        stays = np.array([one not in sources for one in posts["origin"].to_pylist()], dtype=bool)
        held.deleted = sorted({*held.deleted, *np.unique(_week(posts)[~stays]).tolist()})
        held.posts = written(posts.take(np.flatnonzero(stays))) if stays.any() else b""
    return dump(held)


def monday_s(week: int) -> int:
    """Return when a week begins, seconds since 1970.

    >>> monday_s(0), monday_s(1) - monday_s(0)
    (345600, 604800)
    """
    return week * WEEK_S + _MONDAY_S


def day_of(week: int) -> str:
    """Return the day a week begins.

    >>> day_of(2941)
    '2026-05-18'
    """
    return f"{instant.from_us(monday_s(week) * 1_000_000):%Y-%m-%d}"


def _week(posts: pa.Table) -> NDArray[np.int64]:
    at_s = posts["published_at"].cast("int64").to_numpy() // 1_000_000
    return np.asarray((at_s - _MONDAY_S) // WEEK_S, dtype=np.int64)


def _once(posts: pa.Table) -> NDArray[np.int64]:
    """Rows of a table by instant and id, the first of each id."""
    ids = posts["record_id"].to_pylist()
    first: dict[str, int] = {}
    for row, one in enumerate(ids):
        first.setdefault(one, row)
    at = posts["published_at"].cast("int64").to_pylist()
    return np.array(sorted(first.values(), key=lambda row: (at[row], ids[row])), dtype=np.int64)


def read(raw: bytes) -> pa.Table:
    """Return posts of their bytes.

    Raises:
        MalformedRecord: no such bytes.
    """
    import pyarrow as pa  # noqa: PLC0415

    try:
        return pa.ipc.open_stream(raw).read_all().select(list(_KEPT))
    except (pa.ArrowInvalid, KeyError) as error:
        hint = "analyse from the start"
        raise MalformedRecord("unreadable posts in the state", code="state-malformed", hint=hint) from error


def written(posts: pa.Table) -> bytes:
    """Return posts as an Arrow stream; equal posts are equal bytes."""
    import pyarrow as pa  # noqa: PLC0415

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, posts.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(posts.combine_chunks())
    return bytes(sink.getvalue())
