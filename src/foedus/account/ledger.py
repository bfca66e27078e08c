"""The ledger over a log store: append, sign, prove, and take a partner's entries.

Commit order: entries and nodes in one transaction, the intent to sign, the signature, the checkpoint, the reply.
Every call belongs to the caller's transaction: where one raises, the caller rolls back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foedus.account import checkpoint, leaf, merkle
from foedus.errors import BrokenChain, FoedusError, ForkedLedger, StoreError
from foedus.model.entry import Checkpoint, Draft, LogInfo, StoredEntry
from foedus.model.instant import parse_ns
from foedus.model.ports import Entropy, LogStore
from foedus.model.vkey import VerifierKey

_CHUNK = 512


def append(store: LogStore, log_name: str, drafts: Sequence[Draft], *, at: datetime, entropy: Entropy) -> range:
    """Append drafts to an own log; return their sequence numbers.

    ``prev`` is the hash of the checkpoint signed just before the entry, else the previous entry's: so whoever holds the
    entries can recompute every one of them.

    Raises:
        StoreError: no such log, or not this node's own.
        MalformedRecord: a body is no JSON.
        LimitExceeded: an entry of 65,536 bytes or more.
    """
    info = _own(store, log_name)
    place = tail(store, info)
    first = place.seq
    signed = store.checkpoint(log_name)
    if signed is not None and signed.size == first:
        place = leaf.Place(place.origin, first, place.after_us, _hash(signed))
    frontier = merkle.Frontier.of(first, partial(store.nodes, log_name))
    entries, nodes = [], []
    for draft in drafts:
        stored = leaf.make(draft, place, at, entropy(leaf.SALT_BYTES))
        place = place.next(stored.entry())
        nodes += frontier.append(merkle.leaf_hash(stored.leaf))
        entries.append(stored)
    if entries:
        store.append(log_name, entries, nodes)
    return range(first, first + len(entries))


def tail(store: LogStore, info: LogInfo) -> leaf.Place:
    """Return the place where a log's next entry goes, from the last kept entry.

    Raises:
        BrokenChain: the last kept entry is damaged.
    """
    seq = store.size(info.name)
    place = leaf.Place(info.origin, seq, 0, "")
    for stored in store.entries(info.name, seq - 1, seq) if seq else ():
        last = leaf.read(stored.leaf, leaf.Place(info.origin, seq - 1, 0, ""))
        place = leaf.Place(info.origin, seq, parse_ns(last.at) // 1_000, last.prev)
    return place


def sign(store: LogStore, log_name: str, key: Ed25519PrivateKey, name: str) -> Checkpoint:
    """Sign the present state of an own log; the intent is persisted first.

    Args:
        store: the log store.
        log_name: the log.
        key: the log's signing key.
        name: the name of the key in signature lines.

    Returns:
        The new checkpoint, or the kept one where nothing was appended since.

    Raises:
        ForkedLedger: another root was signed or intended for this size, or what was signed is no longer the beginning.
        StoreError: no such log, or not this node's own.
    """
    info = _own(store, log_name)
    get = partial(store.nodes, log_name)
    size, last = store.size(log_name), store.checkpoint(log_name)
    if last is not None:
        if last.size > size or merkle.root(last.size, get) != last.root:
            raise ForkedLedger("the log is not what this node signed", where=info.origin, hint="restore, then compare")
        if last.size == size:
            return last
    state = checkpoint.LogState(info.origin, size, merkle.root(size, get))
    store.intend(log_name, size, state.root)
    signed = checkpoint.sign_checkpoint(state, name, key)
    store.keep_checkpoint(log_name, signed)
    return signed


def accept(
    store: LogStore,
    log_name: str,
    note: str,
    keys: Sequence[VerifierKey],
    *,
    at: datetime,
    past: Sequence[VerifierKey] = (),
) -> Checkpoint:
    """Take the partner's cosigned checkpoint of an own log as its receipt of that state.

    Args:
        store: the log store.
        log_name: the log.
        note: the checkpoint with the partner's cosignature.
        keys: the log's own keys and the partner's cosigner keys of the day.
        at: the present, to refuse cosignatures from the future.
        past: cosigner keys the partner had before: what they signed stays a receipt, and they sign nothing more.

    Returns:
        The checkpoint with both signatures, now kept.

    Raises:
        ForkedLedger: the partner holds a state that this log does not have: it was restored from an old copy, or forked.
        BadSignature: log or partner did not sign it, or a known key's signature fails.
        BrokenChain: the partner cosigned a later state before: this one was sent again, or came late.
    """
    info = _own(store, log_name)
    signed = checkpoint.open_cosigned(note, info.origin, keys, at)
    later = store.checkpoints(log_name, signed.size)
    if any(checkpoint.cosigned_by(one.note, [*keys, *past]) for one in later):
        raise BrokenChain(
            "a receipt older than the newest", code="receipt-old", where=f"{info.origin} size {signed.size}"
        )
    if signed.size > store.size(log_name) or merkle.root(signed.size, partial(store.nodes, log_name)) != signed.root:
        last = store.checkpoint(log_name)
        raise ForkedLedger(
            "the partner holds a signed state that this log does not have",
            notes=(*([] if last is None else [last.note]), signed.note),
            where=f"{info.origin} size {signed.size}",
            hint="do not sign; fetch the missing entries back from the partner",
        )
    store.keep_checkpoint(log_name, signed)
    return signed


def prove(store: LogStore, log_name: str, seq: int, under: Checkpoint | None = None) -> str:
    """Return the proof file of an entry under a kept checkpoint, the newest where none is given.

    Leaf, salt and body travel in ``extra``.

    Raises:
        BrokenChain: no such entry, or not yet under a checkpoint.
        StoreError: no such log.
    """
    info = _known(store, log_name)
    signed = store.checkpoint(log_name) if under is None else under
    if signed is None or not 0 <= seq < signed.size:
        raise BrokenChain(
            "no such entry under a checkpoint",
            where=f"{info.origin} entry {seq}",
            hint=f"the checkpoint covers {0 if signed is None else signed.size} entries, counted from 0",
        )
    hashes = merkle.inclusion(seq, signed.size, partial(store.nodes, log_name))
    stored = next(iter(store.entries(log_name, seq, seq + 1)))
    return checkpoint.write_proof(checkpoint.Proof(seq, tuple(hashes), signed.note, leaf.pack(stored)))


def verify_proof(text: str, origin: str, keys: Sequence[VerifierKey]) -> StoredEntry:
    """Return the entry that a proof file proves to stand in a log.

    Raises:
        MalformedRecord: not a proof file, or one without its entry.
        BrokenChain: the entry does not say what the proof is about, or is not in the tree.
        BadSignature: no known log key signed the checkpoint.
    """
    proof = checkpoint.read_proof(text)
    signed = checkpoint.open_checkpoint(proof.note, origin, keys)
    stored = entry_of(proof)
    leaf.check(stored, leaf.Place(origin, proof.index, 0, ""))
    merkle.verify_inclusion(proof.index, signed.size, merkle.leaf_hash(stored.leaf), proof.hashes, signed.root)
    return stored


def proven(
    store: LogStore, log_name: str, entries: Mapping[int, StoredEntry], keys: Sequence[VerifierKey]
) -> dict[int, StoredEntry]:
    """Return those of some entries, by their places, that stand in a log under its newest checkpoint, which a key signed.

    Hashes are read in one go, and the signature is verified once: as good as a proof of each.
    """
    info, newest = _known(store, log_name), store.checkpoint(log_name)
    if newest is None:
        return {}
    try:
        signed = checkpoint.open_checkpoint(newest.note, info.origin, keys)
    except FoedusError:
        return {}
    paths = {seq: merkle.path(seq, signed.size) for seq in entries if 0 <= seq < signed.size}
    kept = store.kept_nodes(log_name, {place for path in paths.values() for part in path for place in part})
    found: dict[int, StoredEntry] = {}
    for seq in paths:
        try:
            hashes = merkle.inclusion(seq, signed.size, lambda places: [kept[place] for place in places])
            leaf.check(entries[seq], leaf.Place(info.origin, seq, 0, ""))
            merkle.verify_inclusion(seq, signed.size, merkle.leaf_hash(entries[seq].leaf), hashes, signed.root)
        except (FoedusError, KeyError):
            continue
        found[seq] = entries[seq]
    return found


def entry_of(proof: checkpoint.Proof) -> StoredEntry:
    """Return the entry that travels with a proof; nothing of it is verified.

    Raises:
        MalformedRecord: there is none.
    """
    return leaf.unpack(proof.extra)


def take(
    store: LogStore, info: LogInfo, entries: Iterable[StoredEntry], note: str, keys: Sequence[VerifierKey]
) -> Checkpoint:
    """Take a partner's entries from where the kept copy ends up to a checkpoint it signed.

    Args:
        store: the log store; the log is opened if it is new.
        info: the partner's log.
        entries: what follows the kept entries, in order; read as a stream.
        note: the partner's checkpoint.
        keys: the log's keys in the programme.

    Returns:
        The verified checkpoint, now kept.

    Raises:
        ForkedLedger: one size has two signed roots; ``notes`` holds both.
        BrokenChain: an entry is changed, out of sequence or missing, or the entries do not lead to the signed root.
        BadSignature: no known key signed the checkpoint.
    """
    store.open_log(info)
    signed = checkpoint.open_checkpoint(note, info.origin, keys)
    kept = store.checkpoint(info.name)
    if kept is not None:
        _compare(store, info, kept, signed)
    get = partial(store.nodes, info.name)
    place = tail(store, info)
    frontier = merkle.Frontier.of(place.seq, get)
    stream = iter(entries)
    while chunk := list(islice(stream, _CHUNK)):
        nodes = []
        for stored in chunk:
            if place.seq >= signed.size:
                raise BrokenChain("more entries than the checkpoint counts", code="entry-unsigned", where=str(place))
            place = follow(stored, place, frontier)
            nodes += frontier.append(merkle.leaf_hash(stored.leaf))
        store.append(info.name, chunk, nodes)
    if place.seq != signed.size:
        raise BrokenChain("entries are missing", code="entries-missing", where=str(place), hint="fetch from there on")
    if frontier.root() != signed.root:
        raise BrokenChain(
            "the entries do not lead to the signed root",
            code="root-mismatch",
            where=f"{info.origin} size {signed.size}",
        )
    if kept is None or kept.size < signed.size:
        store.keep_checkpoint(info.name, signed)
    return signed


def follow(stored: StoredEntry, place: leaf.Place, frontier: merkle.Frontier) -> leaf.Place:
    """Check an entry and its ``prev`` against the tree before it; return the place after it.

    Raises:
        BrokenChain: the entry does not stand there.
    """
    entry = leaf.check(stored, place)
    if entry.prev != place.prev and entry.prev != checkpoint.state_hash(place.origin, place.seq, frontier.root()):
        raise BrokenChain("prev is no state of this log", code="entry-prev", where=str(place))
    return place.next(entry)


def _compare(store: LogStore, info: LogInfo, kept: Checkpoint, signed: Checkpoint) -> None:
    """Refuse a checkpoint that excludes the kept one, or is older than it."""
    if signed.size > kept.size:
        return
    if merkle.root(signed.size, partial(store.nodes, info.name)) != signed.root:
        raise ForkedLedger(
            "one log, two signed states that exclude each other",
            notes=(kept.note, signed.note),
            where=f"{info.origin} size {signed.size}",
            hint="keep both notes and tell people: they are proof against the signer",
        )
    if signed.size < kept.size:
        raise BrokenChain(
            "a checkpoint older than the kept one", code="checkpoint-old", where=f"{info.origin} size {signed.size}"
        )


def _hash(signed: Checkpoint) -> str:
    return checkpoint.state_hash(signed.origin, signed.size, signed.root)


def _known(store: LogStore, log_name: str) -> LogInfo:
    info = store.log(log_name)
    if info is None:
        raise StoreError("no such log", code="log-unknown", where=log_name)
    return info


def _own(store: LogStore, log_name: str) -> LogInfo:
    info = _known(store, log_name)
    if not info.own:
        raise StoreError("another party's log", code="log-not-own", where=log_name)
    return info
