"""Views, read: pages of bytes in one statement each, and a small memory of finished pages (model.ports.ViewReader)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from foedus.model.ports import PageBytes, ViewPage, ViewQuery, ViewRow
from foedus.store.dialects import fetching, streamed
from foedus.store.engine import Read, Store
from foedus.store.query import page_parameters, page_statement
from foedus.store.tables import in_view, view, view_row

_KEPT_BYTES = 32 * 1024 * 1024
_KEPT_PAGES = 4_096
_SMALL_BYTES = 64 * 1024
_SOME = 250
"""Rows fetched at a time, so that large objects end a page before they fill the memory."""

_EMPTY = PageBytes(b"", None, None, more=False)

_find_view = select(view.c.id, view.c.generation).where(view.c.name == bindparam("name"))

_next_expiry = select(func.min(view_row.c.expires_us)).where(
    view_row.c.view_id == bindparam("view_id"), view_row.c.expires_us > bindparam("at_us")
)

_visible_object = (
    select(view_row.c.added_us)
    .where(in_view(bindparam("view_id")), view_row.c.object_id == bindparam("object_id"))
    .where(view_row.c.expires_us.is_(None) | (view_row.c.expires_us > bindparam("at_us")))
    .limit(1)
)


class Views:
    """Reads views of a store; one for all threads."""

    def __init__(self, store: Store, kept_bytes: int = _KEPT_BYTES) -> None:
        self._store = store
        self._kept = _Pages(kept_bytes)

    def page(self, view: str, query: ViewQuery, at_us: int) -> PageBytes:
        """Return one page of objects visible at an instant; a view nobody opened is empty."""
        changes = self._store.changes()
        kept = self._kept.get((view, query), at_us)
        if kept is not None and changes is not None and kept.changes == changes:
            return kept.page
        with self._store.read() as read:
            found = read.connection.execute(_find_view, {"name": view}).one_or_none()
            if found is None:
                return _EMPTY
            if kept is not None and (kept.view_id, kept.generation) == tuple(found):
                kept = kept._replace(changes=changes)
            else:
                page = _page(read, found.id, query, at_us)
                until_us = read.connection.scalar(_next_expiry, {"view_id": found.id, "at_us": at_us})
                kept = _Kept(found.id, found.generation, changes, at_us, until_us, page)
            self._kept.put((view, query), kept)
            return kept.page

    def rows(self, view: str, query: ViewQuery, at_us: int) -> ViewPage:
        """Return one page of rows without bytes (manifest, versions)."""
        with self._store.read() as read:
            found = read.connection.execute(_find_view, {"name": view}).one_or_none()
            if found is None:
                return ViewPage((), more=False)
            statement, parameters = page_statement(query, raw=False), page_parameters(query, found.id, at_us)
            rows = [ViewRow._make((*row, b"")) for row in read.connection.execute(statement, parameters)]
        return ViewPage(rows[: query.limit], more=len(rows) > query.limit)

    def has(self, view: str, object_id: str, at_us: int) -> bool:
        """Say whether any version of an object is visible in the view."""
        with self._store.read() as read:
            found = read.connection.execute(_find_view, {"name": view}).one_or_none()
            if found is None:
                return False
            parameters = {"view_id": found.id, "object_id": object_id, "at_us": at_us}
            return read.connection.scalar(_visible_object, parameters) is not None


def _page(read: Read, view_id: int, query: ViewQuery, at_us: int) -> PageBytes:
    statement, parameters = page_statement(query, raw=True), page_parameters(query, view_id, at_us)
    result = read.connection.execute(statement, parameters, execution_options=streamed(read.connection))
    # A page is mostly the making of rows.
    fetch = fetching(result)
    rows: list[tuple[int, bytes]] = []
    size = 0
    while size <= query.max_bytes and (some := fetch(_SOME)):
        rows += some
        size += sum([len(raw) + 1 for _, raw in some])
    result.close()
    found = len(rows)
    while len(rows) > query.limit or (size > query.max_bytes and len(rows) > 1):
        size -= len(rows.pop()[1]) + 1
    if not rows:
        return _EMPTY
    return PageBytes(b",".join([raw for _, raw in rows]), rows[0][0], rows[-1][0], more=len(rows) < found)


class _Kept(NamedTuple):
    """A finished page: true for one generation of its view, from its instant until something in the view expires.

    As long as ``changes`` of the store stays, so does the generation, and nobody needs to ask for it.
    """

    view_id: int
    generation: int
    changes: int | None
    from_us: int
    until_us: int | None
    page: PageBytes


class _Pages:
    """The pages read last, up to a number of bytes.

    A large one is kept when it is asked for again: a reader that walks through a view once would only push out what others
    come back to, and fresh memory for a page costs half as much as reading it.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._size = 0
        self._pages: OrderedDict[tuple[str, ViewQuery], _Kept] = OrderedDict()
        self._asked: OrderedDict[tuple[str, ViewQuery], None] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ViewQuery], at_us: int) -> _Kept | None:
        """Return the page if nothing in it begins or ends before the instant; its generation is the caller's to check."""
        with self._lock:
            kept = self._pages.get(key)
            if kept is None or at_us < kept.from_us or (kept.until_us is not None and at_us >= kept.until_us):
                return None
            self._pages.move_to_end(key)
            return kept

    def put(self, key: tuple[str, ViewQuery], kept: _Kept) -> None:
        """Keep a page, dropping those not asked for the longest."""
        with self._lock:
            if (old := self._pages.pop(key, None)) is not None:
                self._size -= len(old.page.body)
            elif len(kept.page.body) > _SMALL_BYTES and self._asked_first(key):
                return
            if len(kept.page.body) > self._limit:
                return
            self._pages[key] = kept
            self._size += len(kept.page.body)
            while self._size > self._limit or len(self._pages) > _KEPT_PAGES:
                _, dropped = self._pages.popitem(last=False)
                self._size -= len(dropped.page.body)

    def _asked_first(self, key: tuple[str, ViewQuery]) -> bool:
        first = key not in self._asked
        self._asked[key] = None
        self._asked.move_to_end(key)
        if len(self._asked) > _KEPT_PAGES:
            self._asked.popitem(last=False)
        return first
