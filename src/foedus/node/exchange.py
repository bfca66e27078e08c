"""Verb ``exchange``: pull what peers released, with the evidence for it; push to servers of others; write feeds."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urljoin

import httpx
import msgspec

from foedus.account import checkpoint
from foedus.account.bodies import (
    Accepted,
    Acknowledged,
    Batch,
    CheckpointExchanged,
    Received,
    Refusal,
    Refused,
    State,
    draft,
    exchange_due,
)
from foedus.account.checkpoint import LogState
from foedus.account.ledger import append, take
from foedus.engine import run as engine
from foedus.errors import BrokenChain, ExchangeError, FoedusError, InputError, TrustError
from foedus.exchange import tls
from foedus.exchange.peer.client import PeerClient
from foedus.exchange.session import Patience, Session
from foedus.exchange.taxii import client as taxii
from foedus.exchange.taxii.push import push as send
from foedus.model import ijson, instant
from foedus.model.entry import Checkpoint, Draft, LogInfo, StoredEntry
from foedus.model.finding import Finding
from foedus.model.label import Label
from foedus.model.ports import PullState, ViewQuery
from foedus.node import partial, retention, vault
from foedus.node.agreements import Agreement
from foedus.node.analyse import Analysed, Arriving, conclude, take_up
from foedus.node.arrived import arrived
from foedus.node.compare import pair_logs
from foedus.node.forks import Pair, watched
from foedus.node.home import Node, Progress, silent
from foedus.node.ingest import refusals_of, settings_of
from foedus.node.label import Given
from foedus.node.ownlog import OwnLog
from foedus.node.peers import Peer, peers
from foedus.node.recall import make_waiting
from foedus.node.recall_state import Standing, standing
from foedus.node.signing import sign_log
from foedus.node.spool import spooled
from foedus.node.view import pair_log, view_name
from foedus.node.witness import vouch
from foedus.store import evidence, quarantine, recalls, state
from foedus.store.engine import Read, Tx
from foedus.store.objects import Placed
from foedus.store.pages import Views
from foedus.store.witnessed import witnessed_of

_UNVOUCHED = TrustError(
    "no entry of the sender's ledger vouches for these bytes",
    code="release-entry-missing",
    hint="ask the sender; foedus quarantine retry takes it again once the entry is there",
)
_FALSE = TrustError(
    "its sender names an originator who cannot be it",
    code="originator-false",
    hint="ask the sender; foedus quarantine discard puts it aside",
)
TIMEOUT_S = 60.0
TRIES = 5


class Pulled(msgspec.Struct):
    """What a pull from one peer under one programme brought; ``recalls`` are the peer's, each with what was done here."""

    programme: str
    peer: str
    objects: int = 0
    new: int = 0
    refused: int = 0
    entries: int = 0
    acknowledged: int = 0
    corroborated: int = 0
    restored: int = 0
    recalls: list[Standing] = []
    error: str = ""


def pull(node: Node, party: str = "", programme: str = "", progress: Progress = silent) -> list[Pulled]:
    """Pull from one peer or all, under one programme or all in force.

    Under one that ended, only the ledger is read and answered. A peer that fails, or whose ledger is not what it signed
    before, does not stop the others.

    Raises:
        InputError: the programme is not known here.
        ExpiredProgramme: a programme named is not in force.
    """
    take_up(node)
    retention.delete_due(node)
    at = node.clock.now()
    held = [node.agreements.required(programme, at)] if programme else node.agreements.answering(at)
    results: list[Pulled] = []
    for agreement in held:
        for peer in peers(agreement, node.party):
            if party not in ("", peer.party):
                continue
            result = Pulled(agreement.programme.id, peer.party)
            try:
                node.freezes.refuse(agreement.programme.id, peer.party)
                with session_to(node, peer) as session:
                    _Pull(node, agreement, peer, session, result).run(progress)
            except (ExchangeError, TrustError, InputError) as error:
                result.error = str(error)
            results.append(result)
    return results


def _patience(node: Node, tries: int = TRIES) -> Patience:
    return Patience(time.sleep, node.wall.now, lambda: int.from_bytes(node.entropy(4)) / 2**32, tries)


@contextmanager
def session_to(node: Node, peer: Peer, tries: int = TRIES) -> Iterator[Session]:
    """Open a session with a peer's node: our certificate, its CA and no other; a request is made so many times at most."""
    context = tls.client_context(peer.cas[-1], *node.tls_files, *peer.cas[:-1])
    patience = _patience(node, tries)
    with httpx.Client(verify=context, timeout=TIMEOUT_S, trust_env=False) as client:
        yield Session(client, peer.card.endpoint, patience)


class _Pull:
    """One pull from one peer under one programme."""

    def __init__(self, node: Node, agreement: Agreement, peer: Peer, session: Session, result: Pulled) -> None:
        self.node = node
        self.agreement = agreement
        self.peer = peer
        self.result = result
        self.programme = agreement.programme.id
        self.theirs = f"{self.programme}|{peer.party}|{node.party}"
        self.session = session
        self.logs = PeerClient(self.session, peer.card.endpoint, agreement.word)
        self.areas = {area.id: area for area in agreement.programme.areas}
        self.own = OwnLog(node, agreement, peer, session)
        self.log = pair_logs(node, agreement, peer.party)[1]
        self.exchanged = False

    def run(self, progress: Progress) -> None:
        """Compare our own log; read the peer's ledger, then its collections; answer with receipts, and have ours cosigned."""
        self.result.restored = self.own.compare()
        make_waiting(self.node, f"{self.programme}|{self.node.party}|{self.peer.party}")
        self.take_entries()
        if self.agreement.in_force:
            self._collections(progress)
        self._receipt()
        self.own.hand_in()

    def _collections(self, progress: Progress) -> None:
        root = urljoin(self.peer.card.endpoint, f"/{self.agreement.word}/")
        for collection in taxii.collections(self.session, root):
            kind, _, area = collection.alias.partition("-")
            if collection.can_read and kind == "released" and area in self.areas:
                self._collection(urljoin(root, f"collections/{collection.id}/"), area, progress)

    def take_entries(self) -> None:
        """Take what is new in the peer's ledger, up to a checkpoint that it signed.

        Raises:
            TrustError: something of it does not hold; where that proves that the log was signed twice, the pair is frozen.
        """
        pair = Pair(self.programme, self.peer.party, self.peer.party, self.theirs)
        with watched(self.node, pair, "checkpoint", (self.logs, self.log)):
            self._take_entries()

    def _take_entries(self) -> None:
        # Another process of this node may take the same meanwhile: then what there is now is looked at anew.
        for _ in range(TRIES):
            if self._taken():
                return
        raise ExchangeError(
            "another process goes on taking the same log", code="log-busy", hint="repeat later", retryable=True
        )

    def _taken(self) -> bool:
        """Fetch what is new, then verify and keep it as a whole; False where the log went on meanwhile."""
        with self.node.store.read() as read:
            seen = witnessed_of(read, self.theirs)
            before = read.logs.size(self.theirs) if read.logs.log(self.theirs) is not None else 0
        note = self.logs.checkpoint()
        if note is None:
            return True
        state_ = checkpoint.parse_state(checkpoint.parse_note(note).text)
        if seen is not None and state_.size < seen.size:
            place = f"{state_.origin} size {state_.size}"
            raise BrokenChain("a checkpoint older than what was cosigned", code="checkpoint-old", where=place)
        fetched = spooled(self.node.directory, self._entries(before, state_.size), before)
        with fetched as entries, self.node.store.write() as tx:
            return self._keep(tx, (before, state_, note), entries)

    def _keep(self, tx: Tx, came: tuple[int, LogState, str], entries: Iterator[StoredEntry]) -> bool:
        before, state_, note = came
        info = tx.logs.log(self.theirs)
        if info is None:
            info = LogInfo(self.theirs, state_.origin, self.programme, self.peer.party, self.node.party, own=False)
            tx.logs.open_log(info)
        if tx.logs.size(self.theirs) != before:
            return False
        kept = tx.logs.checkpoint(self.theirs)
        if kept is not None and (kept.size, kept.root) == (state_.size, state_.root):
            return True
        taken = take(tx.logs, info, entries, note, self.peer.log_keys)
        vouch(self.node, tx, self.theirs, list(self.peer.log_keys))
        arrived(tx, self.node, info, before, taken.size)
        self.result.entries += taken.size - before
        called_back = recalls.recalls_between(tx, self.theirs, before, taken.size)
        self.result.recalls += [standing(self.node, tx, one) for one in called_back]
        self.exchanged = True
        return True

    def _entries(self, start: int, end: int) -> Iterator[StoredEntry]:
        while start < end:
            page = self.logs.entries(start, min(1_000, end - start))
            if not page:
                return
            yield from page
            start += len(page)

    def _collection(self, url: str, area: str, progress: Progress) -> None:
        key = f"{self.programme}|{area}"
        with self.node.store.read() as read:
            held = state.pull_state_of(read, self.peer.party, key)
        for page in taxii.pull(self.session, url, held):
            self._page(area, page, key)
            progress("pull", self.result.objects, None)

    def _page(self, area: str, page: taxii.Page, key: str) -> None:
        hashes = [hashlib.sha256(raw).digest() for raw in page.objects]
        with self.node.store.read() as read:
            seqs = evidence.sent_bytes(read, self.theirs, hashes)
        if len(seqs) < len(set(hashes)):
            self.take_entries()
        with self.node.store.read() as read:
            seqs = evidence.sent_bytes(read, self.theirs, hashes)
            given = given_by(read, self.theirs, seqs)
            back = recalls.called_back(read, self.theirs, seqs.values())
        self.result.objects += len(page.objects)
        stand = {sha256 for sha256, seq in seqs.items() if seq not in back}
        known = [raw for raw, sha256 in zip(page.objects, hashes, strict=True) if sha256 in stand]
        unknown = [raw for raw, sha256 in zip(page.objects, hashes, strict=True) if sha256 not in seqs]
        into = _Page(self, area, (key, page.state_after), {sha256: seqs[sha256] for sha256 in seqs})
        into.refused = {sha256.hex(): "recalled" for sha256 in seqs if sha256 not in stand}
        into.take(known, unknown, given)

    def _receipt(self) -> None:
        """Cosign what was read of the peer's ledger, enter that, and hand the cosignature back."""
        with self.node.store.write() as tx:
            kept = tx.logs.checkpoint(self.theirs)
            if kept is None:
                return
            self._enter_exchange(tx, kept)
            cosigned = vouch(self.node, tx, self.theirs, self.log.keys) if self.exchanged else None
        # None as well where the peer handed in a later state meanwhile: it has that cosignature.
        if cosigned is not None:
            self.logs.send_receipt(cosigned.note)

    def _enter_exchange(self, tx: Tx, kept: Checkpoint) -> None:
        at = self.node.clock.now()
        log = pair_log(self.node, tx, self.programme, self.peer.party)
        if exchange_due(_last_exchange(tx, log), at, other_entries=self.result.acknowledged > 0):
            body = CheckpointExchanged(
                at=instant.text(instant.to_us(at)),
                programme=self.programme,
                parties=(self.node.party, self.peer.party),
                log=kept.origin,
                size=kept.size,
                checkpoint_hash=checkpoint.state_hash(kept.origin, kept.size, kept.root),
            )
            append(tx.logs, log, [draft(body)], at=at, entropy=self.node.entropy)
            sign_log(self.node, tx, log)
            self.exchanged = True


class _Page:
    """One page on its way in: into quarantine what nothing vouches for, through the room the rest, receipts for all."""

    def __init__(self, of: _Pull, area: str, position: tuple[str, PullState], seqs: dict[bytes, int]) -> None:
        self.of = of
        self.area = area
        self.position = position
        self.seqs = seqs
        self.refused: dict[str, str] = {}
        self.taken: set[str] = set()
        self.by_sha = {sha256.hex(): seq for sha256, seq in seqs.items()}

    def take(self, known: Sequence[bytes], unknown: Sequence[bytes], given: Mapping[str, Given]) -> None:
        node = self.of.node
        source = f"peer:{self.of.peer.party}"
        self._refuse(unknown, source, {})
        broken = {**partial.faults(known, given), **self._false(given)}
        self._refuse([raw for raw in known if hashlib.sha256(raw).hexdigest() in broken], source, broken)
        sound = [raw for raw in known if hashlib.sha256(raw).hexdigest() not in broken] if broken else known
        rooms = [room for room in self.of.areas[self.area].rooms or (self.area,) if room in node.rooms]
        if not rooms:
            self._finish(known)
            return
        room = node.rooms[rooms[0]]
        body = io.BytesIO(b'{"objects":[' + b",".join(sound) + b"]}")
        settings = {"format": "stix", "owner": self.of.peer.party}
        held = engine.records_from(room.ingest(body, settings=settings_of(node, room, settings)), source)
        refusals = [one for batch in held.refused for one in refusals_of(batch, room.name, source)]
        with node.store.write() as tx:
            vault.refuse(node, tx, refusals)
        self.of.result.refused += len(refusals)
        result = Analysed(room.name)
        conclude(Arriving(node, room, held, settings=settings, given=given, also=self._note), result)
        self.of.result.new += result.new
        self.of.result.corroborated += result.corroborated
        self._finish(known)

    def _false(self, given: Mapping[str, Given]) -> dict[str, FoedusError]:
        """Return the fault of the objects whose originator cannot be who the sender says, by their SHA-256 (hex)."""
        agreement, own = self.of.agreement, self.of.node.party
        return {sha256: _FALSE for sha256, one in given.items() if not may_be_originator(agreement, own, one.owner)}

    def _note(self, tx: Tx, placed: Sequence[tuple[Finding, Placed]]) -> None:
        retention.put_ends(tx, placed, self.of.node.party)
        for finding, where in placed:
            if not finding.document:
                continue
            if where.outcome == "conflict":
                self.refused[finding.head.sha256] = "version-conflict"
            self.taken.add(finding.head.sha256)

    def _refuse(self, objects: Sequence[bytes], source: str, faults: Mapping[str, FoedusError]) -> None:
        """Put objects into quarantine: each for its fault, or because nothing vouches for it."""
        node = self.of.node
        refusals = []
        for number, raw in enumerate(objects):
            sha256 = hashlib.sha256(raw).hexdigest()
            fault = faults.get(sha256, _UNVOUCHED)
            if sha256 in faults:
                self.refused[sha256] = fault.code
            where = f"object {number} of a page{fault.where}"
            refusals.append(
                quarantine.Refusal(
                    area=self.area,
                    source=source,
                    where=where,
                    code=fault.code,
                    message=fault.message,
                    hint=fault.hint,
                    raw=raw,
                )
            )
        with node.store.write() as tx:
            vault.refuse(node, tx, refusals)
        self.of.result.refused += len(objects)

    def _finish(self, known: Sequence[bytes]) -> None:
        """Enter the receipts and where the poll stands, in one transaction."""
        node, of = self.of.node, self.of
        for raw in known:
            sha256 = hashlib.sha256(raw).hexdigest()
            if sha256 not in self.taken:
                self.refused.setdefault(sha256, "not-taken")
        with node.store.write() as tx:
            at = node.clock.now()
            log = pair_log(node, tx, of.programme, of.peer.party)
            drafts = [one for run in self._runs(tx) for one in self._receipts(tx, run, at)]
            append(tx.logs, log, drafts, at=at, entropy=node.entropy)
            if drafts:
                sign_log(node, tx, log)
            state.put_pull_state(tx, of.peer.party, self.position[0], self.position[1])
        of.result.acknowledged += len(self.seqs)

    def _runs(self, tx: Tx) -> list[tuple[int, int]]:
        """Ranges of the sender's log in which every release.sent of the area is one of this page's."""
        if not self.seqs:
            return []
        own = sorted(set(self.seqs.values()))
        runs: list[list[int]] = []
        mine = set(own)
        for seq in evidence.sent_between(tx, self.of.theirs, self.area, own[0], own[-1]):
            if seq not in mine:
                runs.append([])
            elif runs:
                runs[-1].append(seq)
            else:
                runs.append([seq])
        return [(run[0], run[-1] + 1) for run in runs if run]

    def _receipts(self, tx: Tx, run: tuple[int, int], at: datetime) -> list[Draft]:
        kept = tx.logs.checkpoint(self.of.theirs)
        assert kept is not None, "entries were taken up to a checkpoint"
        refused = tuple(
            Refusal(_object_id(tx, self.of.theirs, seq), code)
            for sha256, code in sorted(self.refused.items())
            if (seq := self.by_sha.get(sha256, -1)) >= 0 and run[0] <= seq < run[1]
        )
        kinds: list[type[Batch]] = [Received, Accepted, *([Refused] if refused else []), Acknowledged]
        return [
            draft(
                kind(
                    at=instant.text(instant.to_us(at)),
                    programme=self.of.programme,
                    parties=(self.of.node.party, self.of.peer.party),
                    area=self.area,
                    log=kept.origin,
                    range=run,
                    checkpoint=State(kept.size, kept.root.hex()),
                    refused=refused,
                )
            )
            for kind in kinds
        ]


def _object_id(tx: Tx, log: str, seq: int) -> str:
    return str(next(iter(tx.logs.entries(log, seq, seq + 1))).facts()["object_id"])


def may_be_originator(agreement: Agreement, own: str, name: str) -> bool:
    """Say whether what a partner sends may be of that originator: another party of the programme.

    Who names us as the originator would have us send on as our own what is not.
    """
    return name != own and agreement.programme.party(name) is not None


def given_by(read: Read, log: str, seqs: Mapping[bytes, int]) -> dict[str, Given]:
    """Return what entries of a sender's log say of the bytes they stand for: label and originator, by SHA-256 (hex)."""
    by_seq = {seq: sha256 for sha256, seq in seqs.items()}
    labels: dict[bytes, Label] = {}
    found: dict[str, Given] = {}
    for first, end in _spans(sorted(by_seq)):
        for seq, stored in enumerate(read.logs.entries(log, first, end), first):
            if seq not in by_seq:
                continue
            facts = stored.facts()
            said = msgspec.json.encode(facts["label"])
            if said not in labels:
                labels[said] = msgspec.json.decode(said, type=Label)
            found[by_seq[seq].hex()] = Given(labels[said], facts["originator"], facts.get("commitment", ""))
    return found


def _spans(seqs: Sequence[int], gap: int = 16) -> list[tuple[int, int]]:
    """Return ranges that cover ascending numbers, a small gap read along."""
    spans: list[tuple[int, int]] = []
    for seq in seqs:
        if spans and seq - spans[-1][1] < gap:
            spans[-1] = (spans[-1][0], seq + 1)
        else:
            spans.append((seq, seq + 1))
    return spans


def _last_exchange(tx: Tx, log: str) -> datetime | None:
    size = tx.logs.size(log)
    for stored in reversed(list(tx.logs.entries(log, max(0, size - 50), size))):
        entry = stored.entry()
        if entry.kind == "checkpoint.exchanged":
            return instant.parse(entry.at)
    return None


class Pushed(msgspec.Struct, frozen=True):
    """What became of a push to another TAXII server."""

    url: str
    accepted: int
    refused: int


def push(node: Node, party: str, programme: str, url: str, authorization: str = "") -> Pushed:
    """Push a party's release view to a TAXII collection of its choice (its tool, not its node).

    Args:
        node: the node.
        party: whose view.
        programme: under which programme.
        url: ``…/<api root>/collections/<id>/``.
        authorization: value of the Authorization header, where the server asks for one.

    Raises:
        InputError: not the URL of a collection.
        TrustError: the pair is frozen.
        ExchangeError: the server cannot be reached or refuses all.
    """
    root, found, _ = url.partition("collections/")
    if not found:
        raise InputError("not the URL of a collection", code="collection-url", where=url, hint="…/collections/<id>/")
    headers = {"authorization": authorization} if authorization else {}
    patience = _patience(node)
    accepted = refused = 0
    with httpx.Client(timeout=TIMEOUT_S, headers=headers, trust_env=False) as client:
        session = Session(client, url, patience)
        limit = taxii.max_content_length(session, root)
        for done in send(session, root, url, released(node, party, programme), limit):
            accepted += len(done.accepted)
            refused += len(done.refused)
    return Pushed(url, accepted, refused)


def released(node: Node, party: str, programme: str) -> Iterator[bytes]:
    """Yield the bytes of what a party's release views show now, in order of release."""
    agreement = node.agreements.of(programme, node.clock.now())
    node.freezes.refuse(agreement.programme.id, party)
    reader = Views(node.store)
    for area in agreement.programme.areas:
        position: int | None = None
        more = True
        while more:
            query = ViewQuery(limit=1_000, position_us=position, versions=("all",), spec_versions=("2.0", "2.1"))
            page = reader.page(
                view_name(agreement.programme.id, party, area.id), query, instant.to_us(node.clock.now())
            )
            for piece in ijson.split([b"[" + page.body + b"]"]):
                if isinstance(piece, ijson.Piece):
                    yield piece.raw
            position, more = page.last_us, page.more
