"""The contract of every room: identical doors, and the same promises behind them.

A room brings ``sample/expected.json``: ``at``, ``settings``, ``seen`` (who else holds which value) and, for each of its
sample ``files``, the findings and refusals that must come out. What lies under ``sample/layers/`` are layer files.
"""

from __future__ import annotations

import ast
import doctest
import io
import json
import random
import re
import subprocess
import sys
import tracemalloc
from datetime import timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import stix2
from lxml import etree

from foedus.areas import FolderRoom, check, facts, rooms, symbols
from foedus.engine.run import HeldLayers, HeldRecords, analyse, is_refused, records_from
from foedus.model import instant
from foedus.model.finding import Seen
from foedus.model.room import as_written

FORBIDDEN = (
    "foedus.programme", "foedus.label", "foedus.release", "foedus.store", "foedus.exchange", "foedus.account", "foedus.node",
    "foedus.web", "foedus.cli", "foedus.picture", "foedus.areas", "sqlalchemy", "sqlite3", "socket", "ssl", "httpx", "urllib.request",
    "requests", "asyncio", "random", "time", "secrets", "logging", "subprocess",
)  # fmt: skip
CARD = {"streaming", "determinism", "state", "provenance", "damaged-input", "valid-stix", "isolation", "sample"}


class Sample(NamedTuple):
    room: FolderRoom
    file: str
    raw: bytes
    expected: dict
    layers: HeldLayers
    settings: dict
    at: object

    def records(self, raw: bytes | None = None) -> HeldRecords:
        source = io.BytesIO(self.raw if raw is None else raw)
        return records_from(self.room.ingest(source, settings=self.settings), "sample")

    def analysis(self, records, state: bytes = b"", later: int = 0):
        at = self.at + timedelta(days=later)
        return analyse(self.room, records, settings=self.settings, layers=self.layers, state=state, at=at)

    def findings(self, records=None) -> list:
        return list(self.analysis(records or self.records()))


@cache
def samples() -> dict[str, Sample]:
    found = {}
    for room in rooms().values():
        folder = Path(str(resources.files(room.package))) / "sample"
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        layers = folder / "layers"
        files = {path.relative_to(layers).as_posix(): path.read_bytes() for path in layers.rglob("*") if path.is_file()}
        seen: dict = {}
        for one in expected.get("seen", ()):
            held = Seen(one["owner"], one["object_id"], one["sha256"])
            seen.setdefault((one["kind"], one["norm"]), []).append(held)
        for name in expected["files"]:
            found[f"{room.name}/{name}"] = Sample(
                room, name, (folder / name).read_bytes(), expected["files"][name], HeldLayers(files, seen),
                expected["settings"], instant.parse(expected["at"]),
            )  # fmt: skip
    return found


each_room = pytest.mark.parametrize("name", sorted(rooms()))
each_sample = pytest.mark.parametrize("sample", samples().values(), ids=samples())


def said(findings) -> list[bytes]:
    """Findings as bytes: everything that is stored of them."""
    return [msgspec.json.encode(finding) for finding in findings]


def standing(*runs) -> dict:
    """Findings after some runs: the last version of each id and source place, without what was withdrawn."""
    last = {finding.head.id: finding for run in runs for finding in run}
    return {id_: msgspec.json.encode(one) for id_, one in last.items() if one.document or not one.head.revoked}


def cut(records: HeldRecords, rows: int) -> HeldRecords:
    """The same records in batches of some rows."""
    parts = [batch.slice(start, rows) for batch in records.batches for start in range(0, batch.num_rows, rows)]
    return HeldRecords(records.source, parts)


class Drip(io.RawIOBase):
    """A source that gives a few bytes at a time, and counts them."""

    def __init__(self, parts) -> None:
        self.parts = iter(parts)
        self.given = 0
        self.held = b""

    def readable(self):
        return True

    def read(self, size=-1):
        if not self.held:
            self.held = next(self.parts, b"")
        size = len(self.held) if size < 0 else size
        part, self.held = self.held[:size], self.held[size:]
        self.given += len(part)
        return part

    def readinto(self, buffer):
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


# --- the card ---------------------------------------------------------------------------------------------------------


@each_room
def test_a_room_has_all_doors_and_a_complete_card(name):
    room = rooms()[name]
    check(room)
    card = facts(room)
    assert card.kinds
    assert card.formats
    assert card.latency
    assert card.strings.en
    assert set(card.strings.en) == set(card.strings.ja)
    assert set(card.maturity) >= CARD
    assert [key for key, line in card.maturity.items() if line.state != "done" and not line.why] == []
    assert set(card.symbols) <= set(card.kinds)
    assert {one.kind for one in card.methods} <= set(card.kinds)


@each_room
def test_every_symbol_of_a_card_is_drawn_for_its_code_and_runs_nothing(name):
    card, drawn = facts(rooms()[name]), symbols(rooms()[name])
    assert set(drawn) == set(card.symbols)
    for kind, svg in drawn.items():
        code = card.symbols[kind]
        assert re.fullmatch("14[0-9]{18}", code), f"no code of APP-6(E): {kind}"
        assert f"APP-6(E) {code}," in svg.decode(), f"drawn for another code: {kind}"
        elements = list(etree.fromstring(svg).iter(etree.Element))
        assert {etree.QName(one).localname for one in elements} <= {"svg", "g", "path", "circle", "text"}
        assert not any("href" in key or key.startswith("on") for one in elements for key in one.attrib)
        assert float(elements[0].get("width")) < 80
    folder = resources.files(f"foedus.areas.{name}").joinpath("symbols")
    assert {one.name.removesuffix(".svg") for one in folder.iterdir()} == set(card.symbols), (
        "a drawing that no card names"
    )


@each_room
def test_a_card_says_in_both_languages_what_a_room_does_not_do(name):
    card = facts(rooms()[name])
    assert [key for key, line in card.maturity.items() if line.state != "done" and not line.ja] == []
    assert set(card.strings.ja) >= {"name", "about", *(one.kind for one in card.methods)}


@each_room
def test_a_room_explains_itself_and_brings_a_small_sample(name):
    folder = Path(str(resources.files(rooms()[name].package)))
    ran = doctest.testfile(str(folder / "README.md"), module_relative=False, encoding="utf-8")
    assert ran.attempted
    assert not ran.failed
    assert sum(path.stat().st_size for path in (folder / "sample").rglob("*") if path.is_file()) < 100_000


@each_room
def test_a_room_imports_nothing_it_may_not(name):
    package = rooms()[name].package
    for path in Path(str(resources.files(package))).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for imported in names:
                ours = imported == package or imported.startswith(f"{package}.")
                assert ours or not any(imported == bad or imported.startswith(f"{bad}.") for bad in FORBIDDEN), (
                    path,
                    imported,
                )


@each_room
def test_reading_findings_does_not_load_what_only_ingest_needs(name):
    code = f"import sys, {rooms()[name].package}.about; sys.exit('pyarrow' in sys.modules or 'duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- the sample -------------------------------------------------------------------------------------------------------


@each_sample
def test_the_sample_gives_what_is_expected(sample):
    records = sample.records()
    refused = [{"where": row["where"], "code": row["code"]} for batch in records.refused for row in batch.to_pylist()]
    findings = sample.findings(records)
    told = [sample.room.about(finding, (), layers=sample.layers) for finding in findings]
    keys = [[f"{key.kind} {key.norm}" + (" !" if key.warned else "") for key in one.keys] for one in told]
    got = [
        {"id": finding.head.id, "kind": finding.kind, "title": one.title, "keys": held}
        for finding, one, held in zip(findings, told, keys, strict=True)
    ]
    assert {"findings": got, "refused": refused} == sample.expected
    # What a room concludes it can explain.
    assert {finding.kind for finding in findings if not finding.document} <= {
        one.kind for one in facts(sample.room).methods
    }


@each_sample
def test_every_finding_names_its_source_and_only_known_sorts_of_evidence(sample):
    for finding in sample.findings():
        assert "source:sample" in finding.because
        assert finding.area == sample.room.name
        for evidence in (*finding.because, *(one for support in finding.supports for one in support.because)):
            assert evidence.partition(":")[0] in {"source", "layer", "object", "record", "handling"}
            assert evidence.partition(":")[2]


@each_sample
def test_conclusions_are_strict_stix_and_everything_is_stix(sample):
    for finding in sample.findings():
        stix2.parse(finding.head.raw.decode(), allow_custom=finding.document)
        for support in finding.supports:
            stix2.parse(support.object.raw.decode())
        if finding.document:
            assert finding.pointer


@each_sample
def test_every_finding_can_be_told_matched_and_shown(sample):
    findings = sample.findings()
    objects = tuple(finding.head for finding in findings)
    for finding in findings:
        for held in ((), objects):
            about = sample.room.about(finding, held, layers=sample.layers)
            assert about.title.strip()
            assert 0 <= about.urgency <= 3
            match = sample.room.same(about, about)
            assert match is None or 0 < match.score <= 1
            assert sample.room.show(finding, held).title.strip()


class Heard:
    """Says texts as they are written, and keeps which it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __call__(self, text: str, /, **values: object) -> str:
        self.asked.add(text)
        return as_written(text, **values)


@each_sample
def test_what_a_picture_says_is_said_in_japanese_too(sample):
    table, heard = facts(sample.room).phrases.get("ja", {}), Heard()
    for finding in sample.findings():
        sample.room.show(finding, (), say=heard)
    # What holds a figure is a value of the finding, such as the words of a part and its weight.
    assert [text for text in sorted(heard.asked) if text not in table and not re.search(r"\d", text)] == []


@each_room
def test_a_phrase_takes_the_same_values_in_both_languages(name):
    for text, told in facts(rooms()[name]).phrases.get("ja", {}).items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", told)), text


@each_room
def test_every_text_that_a_room_writes_for_its_pictures_has_its_japanese(name):
    asked = set()
    for path in Path(str(resources.files(rooms()[name].package))).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                asked |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    assert asked <= set(facts(rooms()[name]).phrases.get("ja", {}))


# --- determinism, state, streaming ------------------------------------------------------------------------------------


@each_sample
def test_the_same_input_gives_the_same_bytes_however_it_arrives(sample):
    records = sample.records()
    drip = Drip(sample.raw[place : place + 7] for place in range(0, len(sample.raw), 7))
    dripped = records_from(sample.room.ingest(drip, settings=sample.settings), "sample")
    assert dripped.batches == records.batches == sample.records().batches
    assert dripped.refused == records.refused
    once = said(sample.findings(records))
    assert said(sample.findings(dripped)) == once
    for rows in (1, 3):
        assert said(sample.findings(cut(records, rows))) == once


@each_sample
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.9])
def test_a_and_b_together_conclude_what_a_and_then_b_conclude(sample, share):
    rows = cut(sample.records(), 1).batches
    at = int(len(rows) * share)
    together = sample.analysis(HeldRecords("sample", rows))
    whole = standing(together)
    first = sample.analysis(HeldRecords("sample", rows[:at]))
    before = list(first)
    second = sample.analysis(HeldRecords("sample", rows[at:]), first.state)
    assert standing(before, second) == whole
    assert second.state == together.state


@each_sample
def test_the_same_again_changes_nothing(sample):
    records = sample.records()
    first = sample.analysis(records)
    before = list(first)
    again = sample.analysis(records, first.state, later=1)
    assert standing(before, again) == standing(before)
    assert again.state == first.state


@each_sample
def test_input_is_read_as_a_stream_and_memory_does_not_grow_with_it(sample):
    def peak(times: int) -> tuple[int, int]:
        drip = Drip(sample.raw + b"\n" for _ in range(times))
        ahead = 0
        tracemalloc.start()
        for batch in sample.room.ingest(drip, settings=sample.settings):
            ahead = ahead or drip.given
            assert batch.nbytes < 32 * 2**20
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert drip.given == times * (len(sample.raw) + 1)
        return held, ahead

    records = sum(batch.num_rows for batch in sample.records().batches)
    # More than one full batch and more than one full block of what is read, so that nothing but the input grows.
    copies = max(1_500 // records + 1, 2**20 // len(sample.raw) + 1)
    few, _ = peak(copies)
    many, ahead = peak(3 * copies)
    assert many < 1.1 * few + 2**16
    assert ahead < 3 * copies * len(sample.raw)


# --- damage -----------------------------------------------------------------------------------------------------------


def damaged(raw: bytes, seed: int) -> bytes:
    rng = random.Random(seed)
    kind = seed % 4
    place = rng.randrange(len(raw))
    if kind == 0:
        return raw[:place]
    if kind == 1:
        return raw[:place] + bytes([raw[place] ^ (1 << rng.randrange(8))]) + raw[place + 1 :]
    if kind == 2:
        return raw[:place] + rng.randbytes(rng.randrange(1, 40)) + raw[place:]
    return raw[:place] + raw[place + rng.randrange(1, 200) :]


@each_sample
@pytest.mark.parametrize("block", range(4))
def test_damaged_input_never_crashes_and_every_refusal_has_place_and_code(sample, block):
    for seed in range(block * 50, block * 50 + 50):
        records = sample.records(damaged(sample.raw, seed))
        for batch in records.refused:
            assert is_refused(batch)
            for row in batch.to_pylist():
                assert row["where"], (seed, row)
                assert row["code"], (seed, row)
                assert row["message"], (seed, row)
                assert len(row["raw"]) <= 65_536
        for finding in sample.findings(records):
            sample.room.about(finding, (), layers=sample.layers)
            sample.room.show(finding, ())
