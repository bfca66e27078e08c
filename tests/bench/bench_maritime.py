"""Speed of reading AIS beside pyais on the same sentences in the same run, and of concluding from positions.

    python -m tests.bench.bench_maritime

The sentences are the real ones of ``nmea/bench_sentences.nmea.gz``, repeated. CPU time of one thread, median of five rounds,
ours and the peer's in turn.
"""

from __future__ import annotations

import gzip
import io
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import numpy as np
import pyais
import pyarrow as pa
from tests.bench.measure import SHARED, cpu_s, head, row

from foedus.areas import rooms
from foedus.areas.maritime import fast, layouts, record
from foedus.areas.maritime.bits import Payloads, unpack
from foedus.areas.maritime.lines import BLOCK_BYTES
from foedus.areas.maritime.tags import scan_tags
from foedus.engine.run import HeldLayers, HeldRecords, analyse

ROUNDS, REPEAT = 5, 60
AT = datetime(2026, 6, 1, tzinfo=UTC)
SETTINGS = {"start": "2026-05-30T00:00:00Z"}


def sentences() -> list[bytes]:
    """The sentences of the collection."""
    path = SHARED / "data" / "maritime" / "nmea" / "bench_sentences.nmea.gz"
    if not path.exists():
        raise SystemExit(f"this bench needs {path} (set FOEDUS_SHARED)")
    return gzip.decompress(path.read_bytes()).splitlines()


def is_plain_position(line: bytes) -> bool:
    """Whether a sentence is a single position report of type 1, 2, 3 or 18."""
    fields = line.split(b",")
    return fields[1] == b"1" and fields[5][:1] in (b"1", b"2", b"3", b"B")


def tagged(line: bytes, number: int) -> bytes:
    """A sentence with station and time before it, as a network of receivers sends it."""
    inside = b"s:station%d,c:%d" % (number % 20, 1_780_000_000 + number // 50)
    checksum = int(np.bitwise_xor.reduce(np.frombuffer(inside, np.uint8)))
    return b"\\%s*%02X\\%s" % (inside, checksum, line)


def kernel(raw: bytes) -> int:
    """Bytes to raw integer columns, checksums verified."""
    found = 0
    for start in range(0, len(raw), BLOCK_BYTES):
        lines = fast.lines(raw[start : start + BLOCK_BYTES])
        held = fast.scan(lines, scan_tags(lines).mark)
        payloads = Payloads(lines.buffer, held.at, held.size, held.fill)
        kind = payloads.kind
        for layout, kinds in ((layouts.CLASS_A, (1, 2, 3)), (layouts.CLASS_B, (18,))):
            words, right = unpack(payloads.take(np.flatnonzero((kind >= kinds[0]) & (kind <= kinds[-1]))), layout.bits)
            columns = layout.read(words)
            found += int(np.count_nonzero(right)) if columns else 0
    return found


def door(raw: bytes) -> int:
    """Bytes to record batches: units, times, everything that is stored."""
    return sum(batch.num_rows for batch in rooms()["maritime"].ingest(io.BytesIO(raw), settings=SETTINGS))


def peer(lines: list[bytes]) -> int:
    """Pyais on each sentence, parts joined by its own assembler."""
    return sum(1 for _ in pyais.IterMessages(lines) if _decoded(_))


def _decoded(message: pyais.messages.AISSentence) -> bool:
    try:
        message.decode()
    except pyais.exceptions.AISBaseException:
        return False
    return True


def rates(works: list[tuple[Callable[[], object], int]]) -> list[float]:
    """Sentences a CPU second of each work, in turn, so that a busy machine treats all alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for place, (work, count) in enumerate(works):
            start = time.process_time()
            work()
            taken[place].append(count / (time.process_time() - start))
    return [statistics.median(one) for one in taken]


def reading() -> None:
    """Positions and mixed sentences beside the peer."""
    mixed = sentences()
    plain = [line for line in mixed if is_plain_position(line)]
    bare, with_tags = (
        b"\n".join(part * REPEAT) + b"\n" for part in (plain, [tagged(*one) for one in zip(plain, range(len(plain)))])
    )
    all_kinds = b"\n".join(mixed * 4) + b"\n"
    columns, whole, tags, every, theirs, theirs_mixed = rates(
        [
            (lambda: kernel(bare), len(plain) * REPEAT),
            (lambda: door(bare), len(plain) * REPEAT),
            (lambda: door(with_tags), len(plain) * REPEAT),
            (lambda: door(all_kinds), len(mixed) * 4),
            (lambda: peer(plain), len(plain)),
            (lambda: peer(mixed), len(mixed)),
        ]
    )
    head(f"Reading AIS: {len(plain):,} position sentences and {len(mixed):,} of all types, repeated")
    beside = f"pyais {pyais.__version__} {theirs:,.0f} /CPU-s"
    ratio = columns / theirs
    row(
        "position sentences to integer columns",
        f"{columns:,.0f} /CPU-s",
        peer=f"{beside}: {ratio:.1f}x",
        bar=">= 40x",
        met=ratio >= 40,
    )
    row("", "", bar=">= 1,000,000 /s", met=columns >= 1_000_000)
    row("position sentences to record batches", f"{whole:,.0f} /CPU-s", peer=f"{whole / theirs:.1f}x")
    row("the same with a tag block each", f"{tags:,.0f} /CPU-s", peer=f"{tags / theirs:.1f}x")
    ratio = every / theirs_mixed
    row(
        "sentences of all types to record batches",
        f"{every:,.0f} /CPU-s",
        peer=f"{theirs_mixed:,.0f} /CPU-s: {ratio:.1f}x",
        bar=">= 5x",
        met=ratio >= 5,
    )


def positions(vessels: int, hours: int) -> Iterator[pa.RecordBatch]:
    """Made-up vessels under way that report every three minutes, one in fifty with a gap."""
    step = np.arange(0, hours * 3_600_000, 180_000)
    mmsi, t = (grid.ravel() for grid in np.meshgrid(431_000_000 + np.arange(vessels), step))
    keep = (mmsi % 50 != 0) | (t < 6 * 3_600_000) | (t > 19 * 3_600_000)
    mmsi, t = mmsi[keep], t[keep]
    for start in range(0, len(t), 4_096):
        part = slice(start, start + 4_096)
        rows = len(t[part])
        held = dict.fromkeys(record.INTS, np.full(rows, -1)) | dict.fromkeys(record.FLOATS, np.full(rows, np.nan))
        held |= {"mmsi": mmsi[part], "t": 1_780_000_000_000 + t[part], "lat": 30 + t[part] / 2e7 + mmsi[part] % 97 / 10}
        held |= {"lon": 130 + mmsi[part] % 89 / 10, "what": np.zeros(rows, int), "time_from": np.ones(rows, int)}
        yield record.batch(held, {})


def concluding() -> None:
    """Positions to findings."""
    held = HeldRecords("s", list(positions(2_000, 24)))
    rows = sum(batch.num_rows for batch in held.batches)
    found: list[object] = []

    def run() -> None:
        found[:] = analyse(rooms()["maritime"], held, settings={}, layers=HeldLayers(), state=b"", at=AT)

    rate = rows / cpu_s(run)
    head(f"Concluding: {rows:,} made-up positions of 2,000 vessels in a day")
    row(
        f"positions to findings, every method ({len(found)} found)",
        f"{rate:,.0f} /CPU-s",
        bar=">= 500,000 /s",
        met=rate >= 500_000,
    )


if __name__ == "__main__":
    reading()
    concluding()
