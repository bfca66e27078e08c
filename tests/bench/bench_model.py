"""Reading: split + strict read + references of ATT&CK, against stix2.parse; canonical form, against rfc8785."""

from __future__ import annotations

import hashlib

import orjson
import rfc8785
import stix2
from tests.bench.measure import attack_bytes, cpu_s, head, row

from foedus.model import ijson, stix
from foedus.model.canonical import canonical


def main() -> None:
    raw = attack_bytes()
    objects = orjson.loads(raw)["objects"]
    head("Reading STIX")

    def ours() -> int:
        return sum(1 for piece in ijson.split([raw]) if stix.read(piece.raw))

    taken = cpu_s(ours, 3) / len(objects)
    text = raw.decode()
    peer = cpu_s(lambda: stix2.parse(text, allow_custom=True), 1) / len(objects)

    def floor() -> int:
        return sum(1 for piece in ijson.split([raw]) if orjson.loads(piece.raw) and hashlib.sha256(piece.raw))

    least = cpu_s(floor, 3) / len(objects)
    row(
        "split, strict read (duplicates, depth, ids, times) and references, ATT&CK Enterprise",
        f"{taken * 1e6:.1f} us/object, {1 / taken:,.0f} objects/CPU-s",
        peer=f"stix2.parse {peer * 1e6:.0f} us/object: {peer / taken:.1f}x",
        bar=">= 20x",
        met=peer / taken >= 20,
    )
    row(
        "of that: cut, decoded by orjson and hashed, nothing checked",
        f"{least * 1e6:.1f} us/object",
        peer=f"stix2.parse: {peer / least:.1f}x",
    )
    head("Canonical form")
    page = [o for o in objects[:3000] if canonical(o)][:1000]
    fast = cpu_s(lambda: [canonical(o) for o in page])
    slow = cpu_s(lambda: [rfc8785.dumps(o) for o in page])
    same = all(canonical(o) == rfc8785.dumps(o) for o in page)
    row(
        "RFC 8785 of 1,000 objects without floats",
        f"{fast * 1e3:.1f} CPU-ms",
        peer=f"rfc8785 {slow * 1e3:.1f} CPU-ms: {slow / fast:.1f}x, bytes equal: {same}",
        bar=">= 5x, equal",
        met=slow / fast >= 5 and same,
    )


if __name__ == "__main__":
    main()
