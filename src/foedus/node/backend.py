"""What the servers ask of the node: who calls, which collections they may know of, what becomes of what they send."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial

import msgspec

from foedus.account.ledger import append
from foedus.engine import run as engine
from foedus.errors import MalformedRecord, TrustError, UnsupportedFormat
from foedus.exchange import tls
from foedus.model import ijson, instant
from foedus.model.entry import MASTER, Draft
from foedus.model.finding import Finding
from foedus.model.ports import (
    ApiRoot,
    Caller,
    Collection,
    Credentials,
    Outcome,
    Submission,
    ViewQuery,
    ViewReader,
)
from foedus.model.programme import Area, in_language
from foedus.model.room import Room
from foedus.node import vault
from foedus.node.agreements import Agreement
from foedus.node.analyse import DESK, Analysed, Arriving, conclude
from foedus.node.handing_in import hand_in
from foedus.node.home import Node
from foedus.node.ingest import refusals_of, settings_of
from foedus.node.peers import pins_of
from foedus.node.recall import Order, Target, make
from foedus.node.view import reader_name, rooms_of, view_name
from foedus.store import access, erase, quarantine, state, views
from foedus.store.engine import Tx
from foedus.store.lookups import unlabel, views_named
from foedus.store.objects import Placed
from foedus.store.pages import Views

TOOL_ROLE = "tool"
DELETED = "finding.deleted"
# Files may come compressed; a body may not: who sends it would say how much memory it takes.
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
# Refusals that mean: not even an envelope. The first is bytes that are no JSON, the second JSON of another kind.
_NOT_JSON = frozenset({"json-malformed", "json-truncated", "json-encoding", "json-empty"})
_NO_ENVELOPE = frozenset({"json-not-an-object"})
_KEPT_CALLERS = 1_000


class Backend:
    """The node as the TAXII server sees it.

    Args:
        node: the node.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._views = Views(node.store)
        self._collections: dict[tuple[str, str], tuple[int, list[Collection]]] = {}
        self._callers: tuple[object, dict[bytes, Caller | None]] = (None, {})
        self._secret = node.entropy(32)
        self.max_content_length = node.config.max_content_length

    def at_once(self) -> AbstractContextManager[None]:
        """Within it calls of this thread answer from memory or raise NotAtOnce."""
        return self._node.store.at_once()

    # Who calls.

    def identify(self, credentials: Credentials) -> Caller | None:
        """Return who asks: a partner by certificate, a tool of our own by token; None for nobody.

        An answer is kept until the database changes, in whatever process, or the second ends; credentials never are.
        """
        changes = self._node.store.changes()
        moment = (changes, self.now_us() // 1_000_000)
        if self._callers[0] != moment:
            self._callers = (moment, {})
        known = self._callers[1]
        key = hmac.digest(self._secret, msgspec.msgpack.encode(credentials), "sha256")
        if key in known:
            return known[key]
        caller = self._identify(credentials)
        if changes is not None and len(known) < _KEPT_CALLERS:
            known[key] = caller
        return caller

    def _identify(self, credentials: Credentials) -> Caller | None:
        if credentials.certificate is not None:
            return self._partner(credentials.certificate)
        token = _token(credentials.authorization or "")
        if token is None:
            return None
        with self._node.store.read() as read:
            held = access.account_with(read, hashlib.sha256(token[1].encode()).digest())
        if held is None or held.disabled or (token[0] and not hmac.compare_digest(token[0], held.name)):
            return None
        return Caller(held.name, held.party, "tool")

    def _partner(self, der: bytes) -> Caller | None:
        held = self._node.agreements.answering(self._node.clock.now())
        try:
            party = tls.party_of(der, pins_of(held), self._node.wall.now())
        except TrustError:
            return None
        return None if party == self._node.party else Caller(party, party, "partner")

    def now_us(self) -> int:
        """Return the present instant on the node's clock, microseconds."""
        return instant.to_us(self._node.clock.now())

    # What they may know of.

    def roots(self, caller: Caller) -> Sequence[ApiRoot]:
        """Return the API roots this caller may know of: a programme's for its parties, the desk for our own tools."""
        if caller.kind == "tool":
            return [ApiRoot(DESK, "Desk", "What this node holds, for the party's own tools")]
        return [
            ApiRoot(held.word, in_language(held.programme.title).replace(".", " ")) for held in self.agreements(caller)
        ]

    def agreements(self, caller: Caller) -> list[Agreement]:
        """Return the programmes in force that the caller's party is one of; to a frozen peer its programme is absent."""
        return self._of(caller, self._node.agreements.in_force(self._node.clock.now()))

    def answering(self, caller: Caller) -> list[Agreement]:
        """Return the programmes whose ledgers the caller's party is answered about: those in force, and those that ended."""
        return self._of(caller, self._node.agreements.answering(self._node.clock.now()))

    def _of(self, caller: Caller, held: Sequence[Agreement]) -> list[Agreement]:
        return [
            agreement
            for agreement in held
            if agreement.programme.party(caller.party) is not None
            and self._node.freezes.of(agreement.programme.id, caller.party) is None
        ]

    def collections(self, caller: Caller, root: str) -> Sequence[Collection] | None:
        """Return the collections of a root this caller may know of; None for an unknown root."""
        if caller.kind == "tool":
            return self._kept((DESK, caller.party), self._desk) if root == DESK else None
        for agreement in self.agreements(caller):
            if agreement.word == root:
                return self._kept((agreement.digest, caller.party), partial(self._shelves, agreement, caller.party))
        return None

    def _kept(self, key: tuple[str, str], make: Callable[[], list[Collection]]) -> list[Collection]:
        """Collections change with the programme only: asked for on every request, made once a minute."""
        minute = self.now_us() // 60_000_000
        held = self._collections.get(key)
        if held is None or held[0] != minute:
            held = (minute, make())
            self._collections[key] = held
        return held[1]

    def _desk(self) -> list[Collection]:
        with self._node.store.write() as tx:
            found: list[Collection] = []
            for room in sorted(self._node.rooms):
                view = f"{DESK}|{room}"
                views.open_view(tx, view, DESK)
                found.append(Collection(self._id(tx, DESK, view), f"Desk {room}", room, True, True, view))
        return found

    def _shelves(self, agreement: Agreement, party: str) -> list[Collection]:
        programme = agreement.programme
        reader = reader_name(programme.id, party)
        found: list[Collection] = []
        with self._node.store.write() as tx:
            for area in programme.areas:
                if not rooms_of(self._node, area):
                    continue
                shown = view_name(programme.id, party, area.id)
                sent = f"submit|{programme.id}|{party}|{area.id}"
                views.open_view(tx, shown, reader)
                views.open_view(tx, sent, reader)
                title = in_language(area.title).replace(".", " ")
                found += [
                    Collection(
                        self._id(tx, reader, shown), f"Released {title}", f"released-{area.id}", True, False, shown
                    ),
                    Collection(self._id(tx, reader, sent), f"Submit {title}", f"submit-{area.id}", True, True, sent),
                ]
        return found

    def _id(self, tx: Tx, reader: str, view: str) -> str:
        return access.open_collection(tx, reader, view, self._node.entropy)

    def views(self) -> ViewReader:
        """Return the reader of views."""
        return self._views

    # What they send.

    def add(self, caller: Caller, root: str, collection: Collection, body: bytes) -> Submission:
        """Take an envelope or bundle; each object on its own."""
        if body.startswith(_COMPRESSED):
            raise MalformedRecord("a body is plain JSON", code="body-compressed", hint="send it without compression")
        room, source = self._door(caller, root, collection)
        held = engine.records_from(room.ingest(io.BytesIO(body), settings=self._settings(room, caller)), source)
        refusals = [one for batch in held.refused for one in refusals_of(batch, room.name, source)]
        if not held.batches and refusals:
            _refuse_whole(refusals[0])
        now_us = self.now_us()
        taking = _Taking(collection.view if caller.kind == "partner" else "", now_us)
        if refusals:
            with self._node.store.write() as tx:
                vault.refuse(self._node, tx, refusals)
        if held.batches and caller.kind == "partner":
            hand_in(self._node, room, held, caller.party, taking.note)
        elif held.batches:
            arriving = Arriving(self._node, room, held, settings={"owner": caller.party}, also=taking.note)
            conclude(arriving, Analysed(room.name))
        failed = [Outcome(one_id(one.raw), "", f"{one.where}: {one.message}") for one in refusals]
        done = Submission(self._uuid(), now_us, tuple(taking.taken), (*taking.failed, *failed))
        with self._node.store.write() as tx:
            if caller.kind == "tool":
                state.forget_submissions(tx, now_us)
            state.put_submission(tx, f"{caller.kind}|{caller.name}", done)
        return done

    def _door(self, caller: Caller, root: str, collection: Collection) -> tuple[Room, str]:
        if caller.kind == "tool":
            return self._node.rooms[collection.alias], f"{DESK}:{caller.name}"
        area = self._area(caller, root, collection)
        return self._node.rooms[rooms_of(self._node, area)[0]], f"submit:{caller.party}"

    def _area(self, caller: Caller, root: str, collection: Collection) -> Area:
        wanted = collection.alias.partition("-")[2]
        agreement = next(one for one in self.agreements(caller) if one.word == root)
        return next(area for area in agreement.programme.areas if area.id == wanted)

    def _settings(self, room: Room, caller: Caller) -> dict[str, object]:
        return settings_of(self._node, room, {"format": "stix", "owner": caller.party})

    def _uuid(self) -> str:
        raw = bytearray(self._node.entropy(16))
        raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def status(self, caller: Caller, root: str, status_id: str) -> Submission | None:
        """Return a status of this caller's, or None."""
        del root
        with self._node.store.read() as read:
            return state.submission_of(read, f"{caller.kind}|{caller.name}", status_id, self.now_us())

    def delete(self, caller: Caller, collection: Collection, object_id: str, query: ViewQuery) -> bool:
        """Delete an object or the versions chosen: it leaves this view and loses its label, and is recalled where it went."""
        now_us = self.now_us()
        gone = {row.added_us for row in self._views.rows(collection.view, query, now_us).rows}
        if not gone:
            return False
        at = self._node.clock.now()
        with self._node.store.write() as tx:
            rows = [
                row for row in views.shown(tx, collection.view) if row.added_us in gone and row.object_id == object_id
            ]
            seqs = [row.finding_seq for row in rows]
            views.withdraw_rows(tx, collection.view, [row.added_us for row in rows], now_us)
            self._withdraw_released(tx, seqs, now_us)
            targets = [Target(one.object_id, one.version, one.owner) for one in erase.copies_of(tx, seqs)]
            make(self._node, tx, targets, Order("source-withdrawn", DELETED))
            unlabel(tx, seqs)
            facts = {"at": instant.text(now_us), "object_id": object_id, "by": caller.name, "versions": len(rows)}
            append(tx.logs, MASTER, [Draft(DELETED, facts)], at=at, entropy=self._node.entropy)
        return True

    def _withdraw_released(self, tx: Tx, seqs: Sequence[int], now_us: int) -> None:
        for name in views_named(tx, "released|"):
            shown = [row.added_us for row in views.shown(tx, name, seqs)]
            if shown:
                views.withdraw_rows(tx, name, shown, now_us)


class _Taking:
    """What became of the objects of one POST, noted batch by batch; a partner's go into its submission view."""

    def __init__(self, view: str, now_us: int) -> None:
        self._view = view
        self._now_us = now_us
        self.taken: list[Outcome] = []
        self.failed: list[Outcome] = []

    def note(self, tx: Tx, placed: Sequence[tuple[Finding, Placed]]) -> list[int]:
        """Note a batch; return the rows that the view did not show yet."""
        fresh: list[views.Showing] = []
        for finding, where in placed:
            if not finding.document:
                continue
            outcome = Outcome(finding.head.id, finding.head.version)
            if where.outcome == "conflict":
                self.failed.append(msgspec.structs.replace(outcome, message="this version exists with other content"))
                continue
            self.taken.append(outcome)
            fresh.append(views.Showing(where.seq))
        if not self._view or not fresh:
            return []
        shown = {row.finding_seq for row in views.shown(tx, self._view, [one.seq for one in fresh])}
        unique = {one.seq: one for one in fresh if one.seq not in shown}
        views.add_view_rows(tx, self._view, list(unique.values()), self._now_us)
        return list(unique)


def _refuse_whole(first: quarantine.Refusal) -> None:
    """Refuse a body of which nothing could be cut out."""
    if first.code in _NO_ENVELOPE or first.where == "" or "objects" not in first.where:
        if first.code in _NOT_JSON:
            raise MalformedRecord(first.message, code=first.code, where=first.where, hint=first.hint)
        if first.code in _NO_ENVELOPE:
            raise UnsupportedFormat(first.message, code=first.code, where=first.where, hint="send an envelope")


def one_id(raw: bytes) -> str:
    """Return the id of a refused object, empty where it has none."""
    try:
        found = ijson.decode(raw).get("id", "")
    except (MalformedRecord, AttributeError):
        return ""
    return found if isinstance(found, str) else ""


def _token(header: str) -> tuple[str, str] | None:
    """Return (name or empty, token) of an Authorization header: Bearer, Token, or Basic with the token as password."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() in ("bearer", "token") and rest.strip():
        return "", rest.strip()
    if scheme.lower() != "basic":
        return None
    try:
        name, found, token = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return None
    return (name, token) if found and name else None
