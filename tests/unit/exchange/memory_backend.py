"""A node in memory: what the exchange layer asks of storage, small enough to read; tests of other layers may import it."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from foedus.errors import InputError, MalformedRecord, UnsupportedFormat
from foedus.model import ijson, instant
from foedus.model.ports import (
    ApiRoot,
    Caller,
    Collection,
    Credentials,
    Outcome,
    PageBytes,
    Submission,
    ViewPage,
    ViewQuery,
    ViewRow,
)

START_US = instant.to_us(instant.parse("2026-06-01T00:00:00Z"))


def basic(name: str, password: str = "pw") -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def identifier(party: str, view: str) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(f"{party} {view}".encode()).digest()[:16], version=4))


class MemoryBackend:
    """Two parties, one root (``foedus``), per party a read-only ``released`` and a writable ``submit`` collection."""

    max_content_length = 1_000_000

    def __init__(self, parties: Sequence[str] = ("kat", "bel")) -> None:
        self.parties = parties
        self.tables: dict[str, list[ViewRow]] = {}
        self.statuses: dict[tuple[str, str], Submission] = {}
        self.clock_us = START_US
        self.extra: list[Collection] = []

    # the node

    def at_once(self) -> AbstractContextManager[None]:
        return nullcontext()

    def identify(self, credentials: Credentials) -> Caller | None:
        for party in self.parties:
            if credentials.authorization == basic(party):
                return Caller(party, party, "tool")
        return None

    def now_us(self) -> int:
        self.clock_us += 1
        return self.clock_us

    def roots(self, caller: Caller) -> Sequence[ApiRoot]:
        return [ApiRoot("foedus", "A programme", "for tests")]

    def collections(self, caller: Caller, root: str) -> Sequence[Collection] | None:
        released, submit = f"released|{caller.party}", f"submit|{caller.party}"
        return [
            Collection(identifier(caller.party, released), "released cyber", "cyber", True, False, released),
            Collection(identifier(caller.party, submit), "submit cyber", "submit", True, True, submit),
            *self.extra,
        ]

    def views(self) -> MemoryBackend:
        return self

    def status(self, caller: Caller, root: str, status_id: str) -> Submission | None:
        return self.statuses.get((caller.party, status_id))

    def add(self, caller: Caller, root: str, collection: Collection, body: bytes) -> Submission:
        successes, failures = [], []
        try:
            value = ijson.decode(body)
        except InputError as error:
            raise MalformedRecord("not JSON", code=error.code) from error
        if not isinstance(value, dict):
            raise MalformedRecord("no object", code="envelope-malformed")
        if "objects" not in value:
            raise UnsupportedFormat("no envelope", code="envelope-unknown")
        if not isinstance(value["objects"], list):
            raise MalformedRecord("objects is no list", code="envelope-malformed")
        for index, piece in enumerate(ijson.split([body]) if value["objects"] else ()):
            try:
                if isinstance(piece, ijson.Refused):
                    raise MalformedRecord(piece.message, code=piece.code, where=piece.pointer)
                id_, version = self.release(collection.view, piece.raw)
                successes.append(Outcome(id_, version))
            except InputError as error:
                failures.append(Outcome("", "", f"object {index}: {error}"))
        number = f"{len(self.statuses):012x}"
        done = Submission(f"00000000-0000-4000-8000-{number}", self.now_us(), tuple(successes), tuple(failures))
        self.statuses[caller.party, done.id] = done
        return done

    def delete(self, caller: Caller, collection: Collection, object_id: str, query: ViewQuery) -> bool:
        gone = set(self._chosen(collection.view, query))
        self.tables[collection.view] = [row for row in self.tables.get(collection.view, []) if row not in gone]
        return bool(gone)

    # the views

    def release(self, view: str, raw: bytes) -> tuple[str, str]:
        """Add one object to a view, unless the same bytes are there."""
        value = ijson.loads(raw)
        if not isinstance(value, dict) or not isinstance(value.get("id"), str) or "--" not in value["id"]:
            raise MalformedRecord("an object needs an id", code="id-malformed", where="/id")
        version = str(value.get("modified") or value.get("created") or "")
        sco_or_21 = value.get("spec_version") or ("2.0" if "created" in value else "2.1")
        rows = self.tables.setdefault(view, [])
        if not any(row.raw == raw for row in rows):
            self.clock_us += 1_000
            rows.append(ViewRow(value["id"], version, sco_or_21, self.clock_us, raw))
        return value["id"], version

    def has(self, view: str, object_id: str, at_us: int) -> bool:
        return any(row.object_id == object_id for row in self.tables.get(view, []))

    def page(self, view: str, query: ViewQuery, at_us: int) -> PageBytes:
        rows, more = self.rows(view, query, at_us)
        body = b",".join(row.raw for row in rows)
        return PageBytes(body, rows[0].added_us if rows else None, rows[-1].added_us if rows else None, more)

    def rows(self, view: str, query: ViewQuery, at_us: int) -> ViewPage:
        left = [row for row in self._chosen(view, query) if row.added_us > (query.position_us or 0)]
        return ViewPage(left[: query.limit], len(left) > query.limit)

    def _chosen(self, view: str, query: ViewQuery) -> list[ViewRow]:
        rows = [
            row
            for row in self.tables.get(view, [])
            if row.added_us > (query.added_after_us or 0)
            and (not query.ids or row.object_id in query.ids)
            and (not query.types or row.object_id.partition("--")[0] in query.types)
        ]
        latest = {row.object_id: max(r.spec_version for r in rows if r.object_id == row.object_id) for row in rows}
        wanted = query.spec_versions
        rows = [r for r in rows if (r.spec_version in wanted if wanted else r.spec_version == latest[r.object_id])]
        if "all" in query.versions:
            return rows
        by_id: dict[str, list[int]] = {}
        for row in rows:
            by_id.setdefault(row.object_id, []).append(_version_ns(row))
        return [
            row for row in rows if any(_is(choice, _version_ns(row), by_id[row.object_id]) for choice in query.versions)
        ]


def _version_ns(row: ViewRow) -> int:
    return instant.parse_ns(row.version) if row.version else row.added_us * 1_000


def _is(choice: str | int, version: int, versions: list[int]) -> bool:
    return version == {"first": min(versions), "last": max(versions)}.get(choice, choice)  # type: ignore[call-overload]
