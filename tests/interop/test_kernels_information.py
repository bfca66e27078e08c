"""Co-sharing and near-duplicates over key partitions, in one process and by Spark: the edges of the methods over all posts."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import random
import shutil
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.information.pushed import START, lines, posts
from tests.information.words import Language
from tests.interop.test_kernels import MASTER, QUICK_JAVA
from tests.unit.cli.conftest import told
from tests.unit.node import persons

from foedus.areas import plan as door_of
from foedus.areas import rooms
from foedus.areas.information import plan
from foedus.areas.information.methods import near
from foedus.areas.information.methods.cosharing import WINDOW_S, network
from foedus.areas.information.methods.minhash import BANDS, bands, signatures
from foedus.areas.information.methods.shares import exploded
from foedus.areas.information.methods.shingles import normal, shingles
from foedus.engine.kernels import Here, Source
from foedus.model.instant import parse
from foedus.store import records

AT = parse("2026-06-01T00:00:00Z")
KEYS = {"account": "0a" * 32, "record": "0b" * 32}


def made(seed: int) -> list[dict]:
    """Posts of a week; every third is an earlier one with a word or two changed; some name a page and a hashtag."""
    rng = random.Random(seed)
    language = Language(rng, words=900)
    held = posts(seed=seed)
    texts = [one["text"] for one in held]
    for n, one in enumerate(held):
        if n % 3 == 0 and n:
            words = texts[rng.randrange(n)].split(" ")
            words[rng.randrange(len(words))] = language.sentence(1)[0]
            one["text"] = " ".join(words)
        if n % 5 == 0:
            one["hashtags"] = [f"#Tag{rng.randrange(9)}"]
    return held


def written(directory: Path, held: list[dict]) -> list[Source]:
    """Records in files of two sources, some posts in both."""
    cut = len(held) // 2
    for name, part in (("s0", held[: cut + 40]), ("s1", held[cut:])):
        read = rooms()["information"].ingest(
            io.BytesIO(lines(part)), settings={"at": AT, "keys": KEYS, "time_format": "s"}
        )
        batches = [batch for batch in read if "record_id" in batch.schema.names]
        records.write(directory, records.Part("information", date(2026, 6, 1), name), batches)
    found = records.by_source(directory, "information")
    return [Source(number, tuple(paths)) for number, paths in enumerate(found.values())]


def everything(sources: list[Source]) -> pa.Table:
    """All posts, each once, by instant and id."""
    held = Here().read(sources, plan.wanted()).sort_by([("published_at", "ascending"), ("record_id", "ascending")])
    ids = held["record_id"].to_pylist()
    once = held.take([0, *(n + 1 for n, (one, other) in enumerate(pairwise(ids)) if one != other)])
    instants = once["published_at"].cast(pa.timestamp("ms")).cast(pa.timestamp("us", "UTC"))
    return once.set_column(once.schema.get_field_index("published_at"), "published_at", instants)


def co_sharing(held: pa.Table) -> set[tuple]:
    found = exploded(held, {plan.TEXT: plan.digests(normal(held["text"].to_pylist()))})
    told_of = set()
    for kind, shares in found.kinds.items():
        edges = network(shares, WINDOW_S).edges
        ends = ([found.accounts[code] for code in end] for end in (edges.a, edges.b))
        numbers = (column.tolist() for column in edges[2:])
        told_of |= {(kind, *row) for row in zip(*ends, *numbers, strict=True)}
    return told_of


def near_texts(held: pa.Table) -> set[tuple[str, str]]:
    texts: dict[str, str] = {}
    for text, digest in zip(held["text"].to_pylist(), plan.digests(normal(held["text"].to_pylist())), strict=True):
        texts.setdefault(digest or "", text)
    hashed, count = shingles(normal(list(texts.values())))
    long = count >= near.SETTINGS.short
    signed, names = signatures(hashed[np.repeat(long, count)], count[long]), np.array(list(texts))[long]
    found = set()
    for band in range(BANDS):
        one, other = near.tied(bands(signed)[:, band], np.arange(len(names)), signed)
        found |= set(zip(names[one].tolist(), names[other].tolist(), strict=True))
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_kernels_over_partitions_tie_whom_the_methods_tie_over_everything(tmp_path, seed):
    sources = written(tmp_path, made(seed))
    found = plan.events(Here(), sources, {}).to_pylist()
    tied = {
        (one["of"], one["a"], one["b"], *json.loads(one["said"]).values(), one["from_ms"] // 1000, one["to_ms"] // 1000)
        for one in found
        if one["kind"] == plan.CO_SHARING
    }
    held = everything(sources)
    assert tied == co_sharing(held)
    assert {one[0] for one in tied} == {"page", "hashtag", "text"}
    pairs = {(one["a"], one["b"]) for one in found if one["kind"] == plan.NEAR}
    assert pairs == near_texts(held)
    assert len(pairs) > 100


def test_an_object_too_many_share_is_told_of_and_not_paired(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "VIRAL", 20)
    monkeypatch.setattr(plan, "network", lambda shares, window: network(shares, window, viral=20))
    crowd = [
        {
            "user_id": f"c{n}",
            "text": f"word {n}",
            "created_at": START + n,
            "urls": ["https://v.example/1"],
            "id": str(n),
        }
        for n in range(9)
    ]
    (one,) = plan.events(Here(), written(tmp_path, crowd), {}).to_pylist()
    assert (one["kind"], one["a"], one["b"]) == (plan.VIRAL_OBJECT, "v.example/1", "")
    assert json.loads(one["said"]) == {"shares": 9, "accounts": 9, "pairs": 36}


def test_no_posts_no_ties():
    assert plan.events(Here(), [], {}).num_rows == 0


@pytest.fixture(scope="module")
def node(tmp_path_factory) -> Path:
    made_node = persons.made(tmp_path_factory.mktemp("spark") / "nato")
    written(made_node / "records", made(3))
    return made_node


def test_a_survey_counts_ties_and_names_no_account(node):
    found = told("analyse", "information", "--engine", "here", node=node)
    assert found["events"].keys() == {"co-sharing", "near-duplicate"}
    assert door_of(rooms()["information"]) is plan


@pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="the extra spark is not installed")
@pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java runtime")
def test_spark_ties_the_same(node, tmp_path, root):
    def ties(engine: str) -> list[str]:
        out = tmp_path / f"{engine}.jsonl"
        words = ["analyse", "information", "--engine", engine, "--master", MASTER, "--out", str(out)]
        run = "from foedus.cli.main import main; main()"
        given = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}", "JDK_JAVA_OPTIONS": QUICK_JAVA}
        done = subprocess.run(
            [sys.executable, "-c", run, "--node", str(node), *words],
            cwd=tmp_path,
            env=given,
            capture_output=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return out.read_text().splitlines()

    expected = ties("here")
    assert {json.loads(line)["kind"] for line in expected[1:]} == {"co-sharing", "near-duplicate"}
    assert ties("spark") == expected
