"""A log store in memory, and what tests need around it: instants, salts, keys, a filled log."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foedus.account import checkpoint, ledger
from foedus.errors import ForkedLedger
from foedus.model.entry import Checkpoint, Draft, LogInfo, StoredEntry
from foedus.model.instant import parse, to_us
from foedus.model.vkey import VerifierKey

PROGRAMME = "urn:foedus:programme:test"
PAIR = f"{PROGRAMME}|aaa|bbb"
BACK = f"{PROGRAMME}|bbb|aaa"
ORIGIN = "a.example/foedus/5f3a"
START = datetime(2025, 3, 1, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEYS: tuple[VerifierKey, ...] = (checkpoint.verifier_key(ORIGIN, KEY),)
INFO = LogInfo(name=PAIR, origin=ORIGIN, programme=PROGRAMME, sender="aaa", recipient="bbb", own=True)
BACK_INFO = LogInfo(
    name=BACK, origin="b.example/foedus/77c1", programme=PROGRAMME, sender="bbb", recipient="aaa", own=False
)


class MemoryLog:
    """Keeps logs in lists and dictionaries; tests reach into them to do damage."""

    def __init__(self, *infos: LogInfo) -> None:
        self.infos: dict[str, LogInfo] = {}
        self.rows: dict[str, list[StoredEntry]] = {}
        self.tree: dict[str, dict[tuple[int, int], bytes]] = {}
        self.kept: dict[str, list[Checkpoint]] = {}
        self.intents: dict[tuple[str, int], bytes] = {}
        for info in infos:
            self.open_log(info)

    def log(self, name: str) -> LogInfo | None:
        return self.infos.get(name)

    def logs(self) -> Sequence[LogInfo]:
        return [self.infos[name] for name in sorted(self.infos)]

    def open_log(self, info: LogInfo) -> None:
        assert self.infos.setdefault(info.name, info) == info
        self.rows.setdefault(info.name, [])
        self.tree.setdefault(info.name, {})
        self.kept.setdefault(info.name, [])

    def size(self, name: str) -> int:
        return len(self.rows[name])

    def nodes(self, name: str, wanted: Sequence[tuple[int, int]]) -> list[bytes]:
        return [self.tree[name][position] for position in wanted]

    def kept_nodes(self, name: str, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        return {place: value for place, value in self.tree[name].items() if place in wanted}

    def first_since(self, begun: Mapping[str, int], ends: Mapping[str, int]) -> dict[str, int]:
        def at_us(name: str, seq: int) -> int:
            [stored] = self.entries(name, seq, seq + 1)
            return to_us(parse(stored.entry().at))

        return {n: bisect_left(range(end), begun[n], key=lambda seq, n=n: at_us(n, seq)) for n, end in ends.items()}

    def since(self, starts: Mapping[str, int]) -> Iterator[tuple[str, int, StoredEntry]]:
        for name, start in starts.items():
            yield from ((name, seq, one) for seq, one in enumerate(self.entries(name, start, self.size(name)), start))

    def append(self, name: str, entries: Sequence[StoredEntry], nodes: Sequence[tuple[int, int, bytes]]) -> None:
        self.rows[name] += entries
        self.tree[name].update({(level, index): value for level, index, value in nodes})

    def entries(self, name: str, start: int, end: int) -> Iterator[StoredEntry]:
        yield from self.rows[name][start:end]

    def checkpoint(self, name: str) -> Checkpoint | None:
        return self.kept[name][-1] if self.kept[name] else None

    def checkpoints(self, name: str, above: int) -> Sequence[Checkpoint]:
        return [kept for kept in self.kept[name] if kept.size > above]

    def keep_checkpoint(self, name: str, checkpoint: Checkpoint) -> None:
        others = [kept for kept in self.kept[name] if kept.size != checkpoint.size]
        assert all(kept in others or kept.root == checkpoint.root for kept in self.kept[name])
        self.kept[name] = sorted([*others, checkpoint], key=lambda kept: kept.size)

    def intend(self, name: str, size: int, root: bytes) -> None:
        if self.intents.setdefault((name, size), root) != root:
            raise ForkedLedger("another root was intended for this size", where=name)


class Salts:
    """Repeatable randomness: the n-th call gives the n-th hash."""

    def __init__(self, seed: str = "") -> None:
        self.seed, self.calls = seed, 0

    def __call__(self, size: int, /) -> bytes:
        self.calls += 1
        return hashlib.sha256(f"{self.seed}{self.calls}".encode()).digest()[:size]


def drafts(count: int, kind: str = "finding.created", **body: Any) -> list[Draft]:
    return [Draft(kind=kind, body={"n": n, **body}) for n in range(count)]


def filled(*batches: int, seed: str = "", sign: bool = True) -> MemoryLog:
    """Return a store whose pair log got batches of entries, signed after each."""
    store, salts = MemoryLog(INFO), Salts(seed)
    for number, batch in enumerate(batches):
        ledger.append(store, PAIR, drafts(batch), at=START + timedelta(minutes=number), entropy=salts)
        if sign:
            ledger.sign(store, PAIR, KEY, ORIGIN)
    return store


def last_note(store: MemoryLog, name: str = PAIR) -> str:
    kept = store.checkpoint(name)
    assert kept is not None
    return kept.note
