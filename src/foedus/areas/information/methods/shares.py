"""Records to shares: who shared what, when, by kind of object.

Kinds: ``page`` (URLs as ingest spells them; http and https of one address are one page), ``hashtag`` (case folded), ``media``
(hashes), ``repost`` (the record reposted), and what the caller adds, such as clusters of near texts. Who shares is the
account, a pseudonym; where there is none, the channel, a public name.

A record names an object once. What names none has no row. Records without a sharer, and those whose instant is missing or
known to the day only, cannot be timed: they are left out and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from foedus.areas.information.methods.components import Index
from foedus.areas.information.methods.pairs import Shares

if TYPE_CHECKING:
    import pyarrow as pa

PAGE, HASHTAG, MEDIA, REPOST = "page", "hashtag", "media", "repost"
_LISTS = {PAGE: "urls", HASHTAG: "hashtags", MEDIA: "media"}
_TIMED = ("second", "minute")


class Exploded(NamedTuple):
    """Shares by kind, and what their codes stand for; ``content`` is the place of a record in the table.

    Attributes:
        kinds: shares by kind.
        accounts: names of accounts, over all kinds.
        objects: names of objects, by kind.
        left_out: records that are in no kind: reason to number.
    """

    kinds: dict[str, Shares]
    accounts: list[str]
    objects: dict[str, list[str]]
    left_out: dict[str, int]


class _Timed(NamedTuple):
    """Of every record: its sharer's code, -1 where it cannot be used, and its instant."""

    account: Index
    t_s: Index


def exploded(table: pa.Table, added: Mapping[str, Sequence[str | None]] | None = None) -> Exploded:
    """Return the shares of a table of records.

    Args:
        table: records; of the columns of the schema those used here.
        added: further kinds: an object a record, None where it has none.
    """
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it analyses)

    timed, accounts, left_out = _timed(table)
    kinds, objects = {}, {}
    for kind, column in _LISTS.items():
        kinds[kind], objects[kind] = _listed(table, kind, column, timed)
    columns = {REPOST: _reposted(table), **{kind: pa.array(held, pa.string()) for kind, held in (added or {}).items()}}
    for kind, held in columns.items():
        kinds[kind], objects[kind] = _shares(np.arange(len(held)), held, timed)
    return Exploded(kinds, accounts, objects, left_out)


def _timed(table: pa.Table) -> tuple[_Timed, list[str], dict[str, int]]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    account = pc.if_else(pc.equal(pc.fill_null(table["account"], ""), ""), table["channel"], table["account"])
    encoded = _whole(pc.fill_null(account, "")).dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = np.argsort(np.array(names, dtype=object), kind="stable")
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    code = rank[encoded.indices.to_numpy()]
    nobody = np.array([name == "" for name in names], dtype=bool)[encoded.indices.to_numpy()]
    instant = table["published_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    vague = instant.is_null().to_numpy()
    if "precision" in table.column_names:
        vague = vague | ~pc.is_in(table["precision"], pa.array(_TIMED)).to_numpy()
    code[nobody | vague] = -1
    t_s = pc.fill_null(instant, 0).to_numpy() // 1_000_000
    left_out = {"no sharer": int(nobody.sum()), "no instant": int((vague & ~nobody).sum())}
    return _Timed(code, t_s), [names[n] for n in order.tolist()], left_out


def _listed(table: pa.Table, kind: str, column: str, timed: _Timed) -> tuple[Shares, list[str]]:
    import pyarrow.compute as pc  # noqa: PLC0415

    lists = _whole(table[column])
    record = pc.list_parent_indices(lists).to_numpy()
    held = pc.list_flatten(lists)
    if kind == PAGE:
        held = _by_name(held, lambda names: pc.replace_substring_regex(names, "^https?://", ""))
    elif kind == HASHTAG:
        held = _by_name(held, lambda names: pc.utf8_ltrim(pc.utf8_lower(names), "#"))
    return _shares(record, held, timed)


def _by_name(held: Any, change: Any) -> Any:
    """Change each distinct name once."""
    encoded = held.dictionary_encode()
    return change(encoded.dictionary).take(encoded.indices)


def _reposted(table: pa.Table) -> Any:
    import pyarrow.compute as pc  # noqa: PLC0415

    return _whole(pc.if_else(pc.equal(table["relation"], "repost"), table["about_record"], None))


def _shares(record: Index, held: Any, timed: _Timed) -> tuple[Shares, list[str]]:
    """Rows with an object and a usable record, each (record, object) once; codes in the order of names."""
    encoded = held.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = np.argsort(np.array(names, dtype=object), kind="stable") if names else np.zeros(0, dtype=np.int64)
    rank = np.empty(len(names) + 1, dtype=np.int64)
    rank[order] = np.arange(len(names))
    rank[-1] = -1
    rank[[n for n, name in enumerate(names) if not name]] = -1
    code = rank[encoded.indices.fill_null(len(names)).to_numpy()]
    good = (code >= 0) & (timed.account[record] >= 0)
    record, code = record[good], code[good]
    once = np.unique(record * max(len(names), 1) + code, return_index=True)[1]
    record, code = record[once], code[once]
    return Shares(code, timed.account[record], record, timed.t_s[record]), [names[n] for n in order.tolist()]


def _whole(column: Any) -> Any:
    """A column as one array."""
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column
