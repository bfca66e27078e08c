"""Evidence: what a week's groups can be replayed from, which stays; and what may go with a case instead.

The local pack holds all posts of the week, since chance is measured on the crowd, not on the group.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from foedus.areas.information import remembered
from foedus.areas.information.meaning import extensions
from foedus.areas.information.meaning.findings import NAMESPACE
from foedus.areas.information.meaning.packs import Item, Local, Method, Released, opened, released
from foedus.areas.information.methods.shingles import normal
from foedus.areas.information.together import ARTICLES, POSTS, Group, Sort, Week, measured
from foedus.errors import MalformedRecord
from foedus.model import stix
from foedus.model.canonical import canonical, digest
from foedus.model.finding import Pack
from foedus.model.stix import StixObject

if TYPE_CHECKING:
    import pyarrow as pa

_BY_METHOD = {one.method: one for one in (POSTS, ARTICLES)}


def records_sha256(group: Group, posts: pa.Table) -> str:
    """Return the hash of the records of a group: what a case names them by."""
    return digest(sorted(posts["record_id"].take(group.rows).to_pylist()))


def result_sha256(group: Group) -> str:
    """Return the hash of the ties of a group."""
    return digest([list(tie) for tie in group.ties])


def local(week: int, posts: pa.Table, found: Week) -> Pack:
    """Return what the groups of a week can be replayed from; nothing where there are none."""
    results = {records_sha256(group, posts): result_sha256(group) for group in found.groups}
    name = name_of(found.sort.name, remembered.day_of(week))
    if not results:
        return Pack(name, b"")
    raw = msgspec.msgpack.encode(Local(_ran(found.sort), week, remembered.written(posts), results))
    return Pack(name, raw, tuple(sorted(set(posts["origin"].to_pylist()))))


def name_of(sort: str, day: str) -> str:
    """Return what the pack of a week is called, by what was measured and the day it begins."""
    return f"{sort} {day}"


def replayed(raw: bytes) -> tuple[Local, dict[str, Group]]:
    """Measure a local pack again: the pack, and its groups by the hash of their records.

    Raises:
        MalformedRecord: no such pack, or of a method that is no more.
    """
    pack = opened(raw)
    posts, sort = remembered.read(pack.posts), _BY_METHOD.get(pack.method.name)
    if sort is None:
        raise MalformedRecord(
            "evidence of another method", code="pack-malformed", hint="replay it with the version of then"
        )
    return pack, {records_sha256(group, posts): group for group in measured(posts, pack.week, sort).groups}


def may_go(group: Group, posts: pa.Table, coverage: dict[str, str | int], sort: Sort) -> Released:
    """Return the pack of a group that may leave the node."""
    return released(_ran(sort), coverage, list(_items(posts.take(group.rows))), result_sha256(group))


def note(pack: Released, incident: str, dated: dict[str, Any]) -> StixObject:
    """Return a pack as an object that goes along with its incident."""
    held = {
        "type": "note",
        "id": f"note--{uuid.uuid5(NAMESPACE, canonical(['evidence', incident]).decode())}",
        "abstract": "Evidence",
        "content": "How it was measured, and on how much. No post and no account is in it; counts go in steps of three.",
        "object_refs": [incident],
        "extensions": {
            extensions.EVIDENCE: {"extension_type": "property-extension", **msgspec.to_builtins(pack)},
        },
    }
    return stix.read(canonical(dated | held))


def _ran(sort: Sort) -> Method:
    return Method(sort.method, sort.parameters)


def _items(posts: pa.Table) -> Iterator[Item]:
    """Posts as they are counted; of public channels alone the hash of the text, as it is compared, where it is whole."""
    for one in posts.select(["published_at", "language", "account", "channel", "text"]).to_pylist():
        public = one["channel"] and len(one["text"]) < remembered.MAX_TEXT
        text = hashlib.sha256(normal([one["text"]]).raw()[0]).hexdigest() if public else ""
        who = one["account"] or one["channel"]
        yield Item(f"{one['published_at']:%Y-%m-%d}", one["language"], who, text)
