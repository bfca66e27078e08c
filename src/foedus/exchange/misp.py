"""MISP feeds: a directory that another MISP can pull, written and read.

A feed is ``manifest.json``, one ``<uuid>.json`` an event, and ``hashes.csv``. One directory holds what one party may see: the
hash of an address is reversed in seconds, so hashes are content as well.

Source: MISP feed format as PyMISP's feed generator writes it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import orjson

from foedus.errors import ExchangeError, FoedusError, InputError, MalformedRecord
from foedus.model import ijson
from foedus.model.misp import MispEvent, read_event
from foedus.model.misp.event import parts, uuid_of, whole

MANIFEST, HASHES = "manifest.json", "hashes.csv"

_COMPOSITE = ("malware-sample",)


class FeedFault(msgspec.Struct, frozen=True):
    """An event of a feed that could not be taken this time: its file, and why."""

    name: str
    code: str
    message: str
    hint: str = ""


def write_feed(events: Iterable[bytes], directory: Path) -> int:
    """Write a feed of exactly these events and return how many it holds.

    Every file is replaced whole, the manifest after all it names; files of events that are no longer among them go last. A
    reader at any moment finds each event its manifest names. Files that would not change are left alone.

    Args:
        events: MISP events as JSON; of two with one uuid the newer is taken.
        directory: made where it is missing; holds nothing but this feed.

    Raises:
        InputError: an event that is none; nothing was taken out of the feed then, and its manifest stays as it was.
        OSError: the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, dict[str, Any]] = {}
    hashes: dict[str, list[str]] = {}
    for raw in events:
        event = read_event(raw)
        if event.derived:
            raise MalformedRecord("an event without uuid", code="misp-no-uuid", where="/Event/uuid", hint="give it one")
        before = manifest.get(event.uuid)
        if before is not None and before["timestamp"] >= event.timestamp:
            continue
        _replace(directory / f"{event.uuid}.json", raw if event.pointer else b'{"Event":' + raw + b"}")
        manifest[event.uuid] = _entry(event)
        hashes[event.uuid] = _hashes(event)
    lines = [f"{value},{uuid}\n" for uuid in sorted(hashes) for value in hashes[uuid]]
    _replace(directory / HASHES, "".join(lines).encode())
    _replace(directory / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS))
    for path in directory.glob("*.json"):
        if path.name != MANIFEST and path.stem not in manifest:
            path.unlink()
    return len(manifest)


def read_feed(
    open_file: Callable[[str], bytes | None], known: Mapping[str, int] | None = None
) -> Iterator[MispEvent | FeedFault]:
    """Yield the events of a feed that are new, or newer than known, the oldest first.

    An event that left the manifest is not deleted here. Stop at any event and call again with what was taken: it goes on
    from there.

    Args:
        open_file: returns the bytes of a file of the feed by its name, None where it did not change since it was last read.
        known: timestamp of the version held, by event uuid.

    Raises:
        InputError: a manifest that is none.
        ExchangeError: the manifest could not be read.
    """
    raw = open_file(MANIFEST)
    manifest = ijson.loads(raw) if raw is not None else {}
    if not isinstance(manifest, dict):
        raise MalformedRecord("not a manifest", code="misp-feed-manifest", where=MANIFEST, hint="is this a MISP feed?")
    held = known or {}
    for uuid, entry in sorted(manifest.items(), key=lambda item: (_timestamp(item[1]), item[0])):
        if not _is_uuid(uuid):
            yield FeedFault(str(uuid)[:36], "misp-feed-name", "the manifest names what is no uuid")
        elif _timestamp(entry) > held.get(uuid.lower(), -1):
            yield from _pulled(open_file, uuid)


def _pulled(open_file: Callable[[str], bytes | None], uuid: str) -> Iterator[MispEvent | FeedFault]:
    name = f"{uuid}.json"
    try:
        raw = open_file(name)
        if raw is None:
            return
        event = read_event(raw)
    except (InputError, ExchangeError) as error:
        yield _fault(name, error)
        return
    if event.uuid != uuid.lower():
        yield FeedFault(name, "misp-feed-uuid", "the file holds another event than its name says")
        return
    yield event


def _fault(name: str, error: FoedusError) -> FeedFault:
    return FeedFault(name, error.code, error.message, error.hint)


def _entry(event: MispEvent) -> dict[str, Any]:
    said = event.event
    orgc = said.get("Orgc") if isinstance(said.get("Orgc"), dict) else {}
    return {
        "Orgc": {key: orgc[key] for key in ("name", "uuid") if key in orgc} if isinstance(orgc, dict) else {},
        "Tag": [{key: tag[key] for key in ("name", "colour") if key in tag} for tag in parts(said, "Tag")],
        "info": event.info,
        "date": said.get("date") or "",
        "analysis": whole(said.get("analysis")),
        "threat_level_id": whole(said.get("threat_level_id"), 4),
        "timestamp": event.timestamp,
    }


def _hashes(event: MispEvent) -> list[str]:
    """MD5 of each value of an event; both halves of a value of two."""
    held = [
        attribute for item in (event.event, *parts(event.event, "Object")) for attribute in parts(item, "Attribute")
    ]
    found: dict[str, None] = {}
    for attribute in held:
        kind, value = attribute["type"], attribute["value"]
        for text in value.split("|") if "|" in kind or kind in _COMPOSITE else (value,):
            found.setdefault(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())
    return list(found)


def _timestamp(entry: Any) -> int:
    return whole(entry.get("timestamp")) if isinstance(entry, dict) else 0


def _is_uuid(text: str) -> bool:
    return bool(uuid_of({"uuid": text}))


def _replace(path: Path, data: bytes) -> None:
    """Put a file in place whole, or not at all."""
    if path.exists() and path.read_bytes() == data:
        return
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
