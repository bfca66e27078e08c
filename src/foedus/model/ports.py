"""What the inner layers ask of storage and of the node, as Protocols; ``store`` and ``node`` implement them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

import msgspec

from foedus.model.entry import Checkpoint, LogCopy, LogInfo, StoredEntry


class Clock(Protocol):
    """Where the node gets the time from; everything below takes instants as arguments."""

    def now(self) -> datetime:
        """Return the present instant, aware UTC."""


class Entropy(Protocol):
    """Where the node gets randomness from."""

    def __call__(self, size: int, /) -> bytes:
        """Return ``size`` random bytes."""


class LogReader(Protocol):
    """Gives entries of logs by their place."""

    def log(self, name: str) -> LogInfo | None:
        """Return the log of a name, or None."""

    def logs(self) -> Sequence[LogInfo]:
        """Return all logs, ordered by name."""

    def size(self, name: str) -> int:
        """Return the number of entries."""

    def entries(self, name: str, start: int, end: int) -> Iterator[StoredEntry]:
        """Yield entries ``start <= seq < end`` in order."""


class LogStore(LogReader, Protocol):
    """Keeps Merkle logs: entries by sequence, hashes of complete subtrees by (level, index), checkpoints.

    Every writing call belongs to the caller's transaction: it is durable when that is, or not at all.
    """

    def open_log(self, info: LogInfo) -> None:
        """Create a log; one that exists with the same info is left alone."""

    def nodes(self, name: str, wanted: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the hashes of complete subtrees (level, index), in the order asked for."""

    def kept_nodes(self, name: str, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Return the hashes of those of some complete subtrees (level, index) that are kept."""

    def first_since(self, begun: Mapping[str, int], ends: Mapping[str, int]) -> dict[str, int]:
        """Return of logs, whose instants never fall, a place before an end: what is before it is before an instant (us)."""

    def since(self, starts: Mapping[str, int]) -> Iterator[tuple[str, int, StoredEntry]]:
        """Yield the entries of logs from a place of each on: log by log, each in order, with their places."""

    def append(self, name: str, entries: Sequence[StoredEntry], nodes: Sequence[tuple[int, int, bytes]]) -> None:
        """Append entries at the end, with the subtree hashes that became complete."""

    def checkpoint(self, name: str) -> Checkpoint | None:
        """Return the newest checkpoint that this node signed (own log) or verified (another's log)."""

    def checkpoints(self, name: str, above: int) -> Sequence[Checkpoint]:
        """Return the kept checkpoints of more than ``above`` entries, smallest first."""

    def keep_checkpoint(self, name: str, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; of one size there is one root, a second is an error."""

    def intend(self, name: str, size: int, root: bytes) -> None:
        """Persist the intent to sign (size, root) before signing.

        Raises:
            foedus.errors.ForkedLedger: another root was intended for that size before.
        """


VersionChoice = Literal["first", "last", "all"] | int


class ViewQuery(msgspec.Struct, frozen=True):
    """One question to a view.

    ``added_after_us`` is the client's filter, ``position_us`` the end of the page before (both exclusive, microseconds);
    version choice acts on what ``added_after_us`` leaves, ``position_us`` only bounds the page. Empty tuples: no filter;
    ``versions`` holds "first", "last", "all" or instants in nanoseconds; ``spec_versions`` empty: the latest of each object.
    """

    limit: int
    added_after_us: int | None = None
    position_us: int | None = None
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    versions: tuple[VersionChoice, ...] = ("last",)
    spec_versions: tuple[str, ...] = ()
    max_bytes: int = 8 * 1024 * 1024


class ViewRow(NamedTuple):
    """One row of a view; ``raw`` is empty where only the manifest was asked for."""

    object_id: str
    version: str
    spec_version: str
    added_us: int
    raw: bytes


class ViewPage(NamedTuple):
    """Rows ascending by ``added_us``; ``more`` says that further rows match."""

    rows: Sequence[ViewRow]
    more: bool


class PageBytes(NamedTuple):
    """One page as it goes out: the objects' bytes joined by commas; first and last ``added_us`` (None: empty page)."""

    body: bytes
    first_us: int | None
    last_us: int | None
    more: bool


class ViewReader(Protocol):
    """Reads views: the only thing that any surface for partners and tools reads."""

    def page(self, view: str, query: ViewQuery, at_us: int) -> PageBytes:
        """Return one page of objects visible at an instant."""

    def rows(self, view: str, query: ViewQuery, at_us: int) -> ViewPage:
        """Return one page of rows without bytes (manifest, versions)."""

    def has(self, view: str, object_id: str, at_us: int) -> bool:
        """Say whether any version of an object is visible in the view."""


class Caller(msgspec.Struct, frozen=True):
    """Who asks: a partner's node (``kind`` "partner", by certificate) or one of the party's own tools ("tool")."""

    name: str
    party: str
    kind: Literal["partner", "tool"]


class Credentials(msgspec.Struct, frozen=True):
    """What a caller showed: DER of the verified client certificate, and the Authorization header as it came."""

    certificate: bytes | None = None
    authorization: str | None = None


class ApiRoot(msgspec.Struct, frozen=True):
    """A TAXII API root; ``path`` is one plain word."""

    path: str
    title: str
    description: str = ""


class Collection(msgspec.Struct, frozen=True):
    """A TAXII collection as one caller sees it; ``view`` names what a reader is shown ("" where ``can_read`` is false)."""

    id: str
    title: str
    alias: str
    can_read: bool
    can_write: bool
    view: str
    description: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one submitted object."""

    id: str
    version: str
    message: str = ""


class Submission(msgspec.Struct, frozen=True):
    """A TAXII status: what became of one POST."""

    id: str
    request_us: int
    successes: tuple[Outcome, ...] = ()
    failures: tuple[Outcome, ...] = ()


class NotAtOnce(Exception):
    """What was asked for is not in memory: ask again where waiting harms nobody."""


class TaxiiBackend(Protocol):
    """What the TAXII server asks of the node. All calls are synchronous; off the event loop, or under :meth:`at_once`."""

    max_content_length: int

    def at_once(self) -> AbstractContextManager[None]:
        """Within it calls of this thread answer from memory or raise NotAtOnce, before anything is changed."""

    def identify(self, credentials: Credentials) -> Caller | None:
        """Return who asks, or None."""

    def now_us(self) -> int:
        """Return the present instant on the node's clock, microseconds."""

    def roots(self, caller: Caller) -> Sequence[ApiRoot]:
        """Return the API roots this caller may know of."""

    def collections(self, caller: Caller, root: str) -> Sequence[Collection] | None:
        """Return the collections of a root this caller may know of, in a stable order; None for an unknown root."""

    def views(self) -> ViewReader:
        """Return the reader of views."""

    def add(self, caller: Caller, root: str, collection: Collection, body: bytes) -> Submission:
        """Take an envelope or bundle; each object on its own.

        Raises:
            foedus.errors.MalformedRecord: the body is not JSON (HTTP 400).
            foedus.errors.UnsupportedFormat: JSON, but no envelope (HTTP 422).
        """

    def status(self, caller: Caller, root: str, status_id: str) -> Submission | None:
        """Return a status of this caller's, or None."""

    def delete(self, caller: Caller, collection: Collection, object_id: str, query: ViewQuery) -> bool:
        """Delete an object or the versions chosen; False where there is none."""


class PullState(msgspec.Struct, frozen=True):
    """Where a poll of one collection stands; written in the transaction that stores the page."""

    added_after: str = ""
    next: str = ""
    page_hash: str = ""


class Asking(NamedTuple):
    """A question which values both hold: the session's id, the programme's area, the asking side's points in ascending order."""

    session: bytes
    area: str
    points: Sequence[bytes]


class Answered(NamedTuple):
    """The answer: the answering side's own points, ascending, and the asking side's multiplied again, in their order."""

    points: Sequence[bytes]
    twice: Sequence[bytes]


class AskedTooOften(Exception):
    """The caller has asked as often, or for as much, as this node answers for now."""


class NotWitnessed(Exception):
    """A checkpoint is not cosigned.

    Args:
        status: the status that the witness protocol has for it: 400, 403, 404, 409, 422.
        code: stable kebab-case name of the case.
        size: with 409, the size that was cosigned last.
    """

    def __init__(self, status: int, code: str, size: int = 0) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.size = size


LogSide = Literal["sent", "received"]
"""Which log of a pair, seen from the node that is asked: what its party sent to the caller, or received from it."""


class PeerLogs(Protocol):
    """What the node-to-node server asks of the node, beside TAXII: only what belongs to the pair with the caller."""

    def identify(self, credentials: Credentials) -> Caller | None:
        """Return who asks, or None."""

    def checkpoint(self, caller: Caller, programme: str) -> str | None:
        """Return the newest signed checkpoint (note text) of the log this node keeps for the caller, or None."""

    def entries(self, caller: Caller, programme: str, start: int, limit: int) -> Sequence[StoredEntry] | None:
        """Return entries of that log from ``start``; None for a programme without one."""

    def consistency(self, caller: Caller, programme: str, old: int, new: int) -> Sequence[bytes] | None:
        """Return the consistency proof between two sizes of that log."""

    def holds(self, caller: Caller, programme: str, side: LogSide) -> bool:
        """Say whether this node holds that log of the pair with the caller, signed at least once."""

    def copy(self, caller: Caller, programme: str, side: LogSide) -> LogCopy | None:
        """Return the state of a log of the pair as its rows say now, or None."""

    def subtrees(
        self, caller: Caller, programme: str, side: LogSide, wanted: Sequence[tuple[int, int]]
    ) -> Sequence[bytes] | None:
        """Return hashes of complete subtrees of that copy (level, index); None where one is not within its size."""

    def accept(self, caller: Caller, programme: str, note: str) -> str:
        """Take the caller's cosigned checkpoint of that log as its receipt; return what to answer (one line).

        Raises:
            foedus.errors.TrustError: it does not verify.
        """

    def spend(self, caller: Caller, what: str) -> int:
        """Count a request of a caller's; return 0, or after how many seconds it may ask again."""

    def returned(self, caller: Caller, programme: str, start: int, limit: int) -> Sequence[StoredEntry] | None:
        """Return entries of the caller's own log as this node took them; None where it holds none."""

    def witness(self, caller: Caller, programme: str, old: int, proof: Sequence[bytes], note: str) -> str:
        """Cosign a checkpoint of the caller's log; return the signature lines. It is kept before this returns.

        Raises:
            NotWitnessed: it is not cosigned, and why.
        """

    def witnessed(self, caller: Caller, programme: str, origin_hash: str) -> str | None:
        """Return what was last cosigned of the caller's log with that origin (SHA-256, hex), or None."""

    def ask(self, caller: Caller, programme: str, asking: Asking) -> Answered | None:
        """Answer which values both hold; None for a programme or area the caller has no part in, or that is not there.

        Raises:
            AskedTooOften: not now.
            foedus.errors.MalformedRecord: a point of low order, or a session that was used before.
        """

    def ask_back(self, caller: Caller, programme: str, session: bytes, twice: Sequence[bytes]) -> bool:
        """Take what ends a session of the caller's; False where none is open.

        Raises:
            foedus.errors.MalformedRecord: not as many points as were sent.
        """
