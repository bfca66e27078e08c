"""The doors of an area room, and what the engine hands through them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from foedus.model.finding import About, Again, Finding, Key, Match, Pack, Seen
from foedus.model.network import Network
from foedus.model.picture import Picture
from foedus.model.stix import StixObject

if TYPE_CHECKING:
    import pyarrow as pa

Settings = Mapping[str, Any]


class Say(Protocol):
    """What says a room's own texts in the language of the reader."""

    def __call__(self, text: str, /, **values: object) -> str:
        """Return a text, written in English, in the reader's language, with values put in; as it is where nobody has it."""


def as_written(text: str, /, **values: object) -> str:
    """Say texts in English, as rooms write them.

    >>> as_written("Not tested: {what}", what="ports")
    'Not tested: ports'
    """
    return text.format(**values) if values else text


REFUSED = b"foedus.refused"
"""Key in a batch's schema metadata: the batch holds refused parts (see ``refused_schema``), not records."""


class Records(Protocol):
    """A handle on record batches of one area and source."""

    @property
    def source(self) -> str:
        """The id of the source they came from."""

    def scan(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches in event order."""

    @property
    def paths(self) -> Sequence[str]:
        """The Parquet files behind it; empty where the records are only in memory."""


class LiveSource(Protocol):
    """Bytes that go on coming: ``read`` gives what is there, None where that is nothing now; its lines are whole."""

    live: bool
    offset: int
    """How many bytes of the stream came before the first one it gives."""
    line: int
    """The number of the first line it gives."""

    def read(self, size: int, /) -> bytes | None:
        """Return up to ``size`` bytes."""

    def now_ms(self) -> int:
        """Return the instant of the node's clock, milliseconds."""


class LiveDoor(Protocol):
    """The door ``live`` of a room that reads sources which go on.

    Its ``ingest`` yields a batch without rows where the source has nothing now, and goes on when it is asked again; its
    ``analyse`` takes the settings ``watermark`` and ``outages``.
    """

    def stamped(self, lines: bytes, at_ms: int) -> bytes:
        """Return whole lines with the instant they were received at, as a receiver's logger keeps them."""

    def due_ms(self, state: bytes, settings: Settings) -> int:
        """Return the next instant at which silence alone may give a finding; -1 for none."""


class RetentionDoor(Protocol):
    """The door ``retention`` of a room whose state holds parts of what sources brought (its module ``remembered``)."""

    def forget(self, state: bytes, sources: Collection[str]) -> bytes:
        """Return a state without anything that came from some sources: their time is over."""


class EvidenceDoor(Protocol):
    """The door ``evidence`` of a room whose findings can be replayed from packs it gave (its module ``replayed``)."""

    def pack_of(self, head: StixObject) -> str:
        """Return the name of the pack that a finding can be replayed from; empty for one that has none."""

    def replay(self, raw: bytes, head: StixObject) -> Sequence[Again]:
        """Conclude again what a finding says, from its pack."""


class NetworkDoor(Protocol):
    """The door ``network`` of a room whose findings tie things to one another (its module ``network``)."""

    def network(self, finding: Finding) -> Network:
        """Return what a finding ties to what, only from what stands in it; empty where it ties nothing."""


class PlanDoor(Protocol):
    """The door ``plan`` of a room whose methods are kernels over key partitions of its Parquet files (``engine.kernels``)."""

    def events(self, runner: Any, sources: Any, settings: Settings) -> pa.Table:
        """Return the events in records, by start: ``kind``, ``from_ms``, ``to_ms``, and ``said`` as JSON."""


class WatchList(NamedTuple):
    """A list of what somebody wants to hear of: the layer file it stands in, its name there, how many lines it has."""

    file: str
    name: str
    lines: int


class OnList(NamedTuple):
    """Something on a watch list: in which file and list, by which value, and what the list says of it."""

    file: str
    name: str
    value: str
    reason: str


class ListDoor(Protocol):
    """The door ``watched`` of a room that has watch lists among its layers."""

    def lists(self, layers: Layers) -> Sequence[WatchList]:
        """Return the lists; one that is not understood raises MalformedRecord."""

    def on_lists(self, keys: Sequence[Key], layers: Layers) -> Sequence[OnList]:
        """Return which lists hold what a finding's keys name."""


class Layers(Protocol):
    """What a room may look at beside its records: named files (warning lists, zones), and who else holds a value."""

    def files(self, prefix: str) -> Mapping[str, bytes]:
        """Return the layer files whose name starts with a prefix."""

    def seen(self, keys: Sequence[Key]) -> Mapping[tuple[str, str], Sequence[Seen]]:
        """Return, per (kind, norm), findings already held with it (owners included); values held by nobody are absent.

        At most 20 a value.
        """


class Room(Protocol):
    """What every module under ``areas/`` offers, under these names."""

    name: str

    def ingest(self, source: BinaryIO, *, settings: Settings) -> Iterator[pa.RecordBatch]:
        """Read source bytes into batches; refused parts come as batches of ``refused_schema`` in the same stream."""

    def analyse(
        self, records: Records, *, settings: Settings, layers: Layers, state: bytes, at: datetime
    ) -> Iterator[Finding | Pack | bytes]:
        """Conclude findings from records; the last item may be the room's new state as bytes."""

    def about(self, finding: Finding, objects: Sequence[StixObject], *, layers: Layers) -> About:
        """Say what the node stores as columns."""

    def same(self, a: About, b: About) -> Match | None:
        """Say whether two findings, whoever made them, are one story."""

    def show(self, finding: Finding, objects: Sequence[StixObject], *, say: Say = as_written) -> Picture:
        """Show a finding, from the objects the reader holds, in the reader's language."""


def refused_schema() -> pa.Schema:
    """Return the schema of refused parts: where, code, message, hint, raw (at most 64 kB kept)."""
    import pyarrow as pa  # noqa: PLC0415  (the server process must not pay for it before it ingests)

    return pa.schema(
        [
            ("where", pa.string()),
            ("code", pa.string()),
            ("message", pa.string()),
            ("hint", pa.string()),
            ("raw", pa.binary()),
        ],
        metadata={REFUSED: b"1"},
    )
