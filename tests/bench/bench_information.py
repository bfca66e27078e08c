"""Near-duplicates beside rensa, co-sharing beside QUT's Coordination Network Toolkit, a million posts; one process, one thread.

pip install --target DIRECTORY rensa==0.5.0 coordination-network-toolkit==1.5.2
python -m tests.bench.bench_information DIRECTORY [texts] [posts for the toolkit]

Without the directory the peers are left out. CooRTweet needs R, which is not started here: that its edges are the same is a
test (tests/unit/areas/test_information_cosharing.py).
"""

from __future__ import annotations

import contextlib
import csv
import gc
import io
import multiprocessing
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as read
from tests.bench.measure import head, row
from tests.information.words import Language, replaced

from foedus.areas.information.methods import cosharing, directed, near
from foedus.areas.information.methods.components import components
from foedus.areas.information.methods.minhash import BANDS, SIZE
from foedus.areas.information.methods.pairs import Shares

WINDOW = 60


def cpu() -> float:
    """CPU seconds of this process and of those it waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def taken(run) -> tuple[float, Any]:
    start = cpu()
    value = run()
    for child in multiprocessing.active_children():
        child.join()
    return cpu() - start, value


def peak_mb() -> float:
    """Largest memory of this process since it was started."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def variants(size: int, seed: int = 1) -> tuple[list[str], list[int]]:
    """Texts of 18 words: a quarter of them in fives of one origin with 8 % of words replaced, the others alone; and the origin of each."""
    language = Language(random.Random(seed), words=20_000)
    texts: list[tuple[str, int]] = []
    for number in range(size - size // 5):
        words = language.sentence()
        for _ in range(5 if number < size // 20 else 1):
            texts.append((language.text(replaced(language, words, 0.08)), number))
    language.rng.shuffle(texts)
    return [text for text, _ in texts], [number for _, number in texts]


def pairs(labels: list) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())


def scored(found: list, origin: list) -> tuple[float, float]:
    """Precision and recall of pairs."""
    both = pairs(list(zip(found, origin, strict=True)))
    return both / max(pairs(found), 1), both / max(pairs(origin), 1)


def ours(texts: list[str]) -> list:
    names = [f"{n:07d}" for n in range(len(texts))]
    return list(near.fold(near.EMPTY, names, np.arange(len(texts)), texts)[1].cluster)


def rensas(rensa: Any, texts: list[str], link: float) -> list:
    """The same with rensa's batch calls: shingles, signatures, bands of four, candidates that agree, components; of our size."""
    sets = [{text[n : n + 5] for n in range(len(text) - 4)} for text in (text.lower() for text in texts)]
    signed = rensa.RMinHash.from_token_sets(sets, num_perm=SIZE, seed=7)
    index = rensa.RMinHashLSH(0.5, SIZE, BANDS)
    index.insert_many(signed)
    one, other = [], []
    for n, candidates in enumerate(index.query_all(signed)):
        for candidate in candidates:
            if candidate < n and signed[n].jaccard(signed[candidate]) >= link:
                one.append(n)
                other.append(candidate)
    return components(len(texts), np.array(one, dtype=np.int64), np.array(other, dtype=np.int64)).tolist()


def bench_near(rensa: Any, size: int) -> None:
    texts, origin = variants(size)
    seconds, found = taken(lambda: ours(texts))
    rate, (precision, recall) = size / seconds, scored(found, origin)
    head(f"Near-duplicates: {size:,} texts of 18 words, 8 % of words replaced")
    row("texts per CPU-second", f"{rate:,.0f}", bar=">= 20,000", met=rate >= 20_000)
    row("pair precision", f"{precision:.5f}", bar=">= 0.999", met=precision >= 0.999)
    row("pair recall", f"{recall:.4f}", bar=">= 0.96", met=recall >= 0.96)
    peak = f"{peak_mb():,.0f} MB"
    if rensa is None:
        row("peak memory of the process, texts included", peak, peer="rensa is not there")
        return
    seconds, found = taken(lambda: rensas(rensa, texts, near.SETTINGS.link))
    their, (precision_r, recall_r) = size / seconds, scored(found, origin)
    told = f"rensa 0.5.0 {their:,.0f} /CPU-s: {rate / their:.1f}x"
    row("texts per CPU-second", f"{rate:,.0f}", peer=told, bar=">= 1.3x", met=rate >= 1.3 * their)
    row("peak memory of the process, texts included", peak, peer=f"{peak_mb():,.0f} MB")
    row(
        "pair precision, recall",
        f"{precision:.5f}, {recall:.4f}",
        peer=f"{precision_r:.5f}, {recall_r:.4f}",
        bar="not below",
        met=precision >= precision_r and recall >= recall_r,
    )


def posts(size: int, seed: int = 2) -> pa.Table:
    """Posts of a month: accounts and URLs as uneven as they are, half of the posts without URL."""
    rng = np.random.default_rng(seed)
    thing = rng.zipf(1.3, size) % (size // 3)
    has = rng.random(size) < 0.5
    urls = pa.array([f"https://n{n % 997}.example/{n}" for n in range(size // 3)])
    lists = pa.ListArray.from_arrays(
        np.concatenate(([0], np.cumsum(has))).astype(np.int32), urls.take(pa.array(thing[has]))
    )
    account = pa.array([f"{n:032x}" for n in range(size // 10)]).take(pa.array(rng.zipf(1.5, size) % (size // 10)))
    instant = pa.array(1_780_272_000_000_000 + rng.integers(0, 30 * 86_400, size) * 1_000_000, pa.int64())
    empty, nothing = pa.array([""] * size), pa.nulls(size, pa.list_(pa.string()))
    columns = {
        "published_at": instant.cast(pa.timestamp("us", "UTC")),
        "account": account,
        "channel": empty,
        "urls": lists,
    }
    return pa.table(columns | {"hashtags": nothing, "media": nothing, "about_record": empty, "relation": empty})


def bench_million(size: int = 1_000_000) -> None:
    """In a process of its own, for the memory."""
    code = (
        "import sys; from tests.bench.bench_information import posts, cpu, peak_mb, cosharing\n"
        "from foedus.areas.information.methods.shares import exploded\n"
        f"table = posts({size}); start, before = cpu(), peak_mb()\n"
        "shares = exploded(table).kinds['page']; found = cosharing.network(shares, 60)\n"
        "print(cpu() - start, before, peak_mb(), len(shares.object), len(found.edges.a), len(found.viral))"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    seconds, before, peak, rows, edges, viral = map(float, told)
    head(f"Co-sharing: {size:,} posts of a month, half of them with a URL, window {WINDOW} s")
    name = f"records to edges with mean time between: {rows:,.0f} shares, {edges:,.0f} edges, {viral:.0f} viral"
    row(name, f"{seconds:.2f} CPU-s", bar="<= 3 CPU-s", met=seconds <= 3)
    row(
        "peak memory of the process",
        f"{peak:,.0f} MB ({before:,.0f} MB are the posts)",
        bar="<= 600 MB",
        met=peak <= 600,
    )
    rng = np.random.default_rng(3)
    whole = Shares(
        *(rng.zipf(a, size) % n for a, n in ((1.3, 300_000), (1.5, 100_000))),
        np.arange(size),
        rng.integers(0, 30 * 86_400, size),
    )
    seconds, found = taken(lambda: cosharing.network(whole, WINDOW))
    row(
        f"the same, every post with a URL: {len(found.edges.a):,} edges",
        f"{seconds:.2f} CPU-s",
        bar="<= 3 CPU-s",
        met=seconds <= 3,
    )


def written(path: Path, size: int) -> None:
    """Posts as the toolkit takes them: a URL each, so that its empty URL plays no part."""
    rng = np.random.default_rng(4)
    language = Language(random.Random(4))
    texts = [language.text(language.sentence(8)) for _ in range(size // 2)]
    url, text = rng.zipf(1.4, size) % (size // 3), rng.zipf(1.6, size) % len(texts)
    account, t = rng.zipf(1.5, size) % (size // 10), rng.integers(0, 30 * 86_400, size)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls"])
        for n in range(size):
            out.writerow(
                [n, f"u{account[n]}", f"u{account[n]}", "", "", texts[text[n]], t[n], f"https://x.example/{url[n]}"]
            )


def their_edges(path: Path, kind: str) -> tuple[float, dict]:
    """Preprocess and compute as its commands do; without the ties of accounts to themselves."""
    from coordination_network_toolkit.compute_networks import compute_co_link_network, compute_co_tweet_network
    from coordination_network_toolkit.preprocess import preprocess_csv_files

    run = {"co_link": compute_co_link_network, "co_tweet": compute_co_tweet_network}[kind]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        base = str(Path(folder) / "db.sqlite")
        seconds = taken(
            lambda: (preprocess_csv_files(base, [str(path)]), run(base, WINDOW, n_threads=1), gc.collect())
        )[0]
        with sqlite3.connect(base) as db:
            edges = {
                (u, v): w for u, v, w in db.execute(f"select user_1, user_2, weight from {kind}_network") if u != v
            }
    return seconds, edges


def our_edges(path: Path, kind: str) -> dict:
    """Read the same file and weigh the same edges."""
    table = read.read_csv(
        path, convert_options=read.ConvertOptions(column_types={"timestamp": pa.int64(), "message_id": pa.int64()})
    )
    column = {"co_link": "urls", "co_tweet": "message"}[kind]
    thing = table[column].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    who = table["user_id"].combine_chunks().dictionary_encode()
    shares = Shares(
        thing, who.indices.to_numpy().astype(np.int64), table["message_id"].to_numpy(), table["timestamp"].to_numpy()
    )
    found = directed.network(shares, WINDOW)
    source, target = who.dictionary.take(pa.array(found.source)), who.dictionary.take(pa.array(found.target))
    return dict(zip(zip(source.to_pylist(), target.to_pylist(), strict=True), found.weight.tolist(), strict=True))


def bench_toolkit(toolkit: Any, size: int) -> None:
    head(f"Co-sharing beside QUT's toolkit: {size:,} posts, file to edges, one worker")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posts.csv"
        written(path, size)
        for kind in ("co_tweet", "co_link"):
            mine, edges = taken(lambda kind=kind: our_edges(path, kind))
            if toolkit is None:
                row(f"{kind}: {len(edges):,} edges", f"{mine:.2f} CPU-s", peer="the toolkit is not there")
                continue
            their, found = their_edges(path, kind)
            same = (
                "the same edges"
                if found == edges
                else f"{len(found):,} edges, {len(set(found.items()) ^ set(edges.items())):,} differ"
            )
            row(
                f"{kind}: {len(edges):,} edges",
                f"{mine:.2f} CPU-s",
                peer=f"{their:.2f} CPU-s, {same}: {their / mine:.0f}x",
                bar=">= 10x, the same",
                met=their >= 10 * mine and found == edges,
            )


def main(directory: str = "", texts: int = 200_000, size: int = 200_000) -> None:
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    sys.path.append(directory)
    held = []
    for name in ("rensa", "coordination_network_toolkit.compute_networks"):
        try:
            held.append(__import__(name))
        except ImportError:
            held.append(None)
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    bench_near(held[0], texts)
    bench_million()
    bench_toolkit(held[1], size)


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:]))
