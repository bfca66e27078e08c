"""Co-sharing: the kernel, its own counting, CooRTweet's and the QUT toolkit's, and what records become."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.information import plainly

from foedus.areas.information.methods import coortweet, cosharing, directed
from foedus.areas.information.methods.pairs import Shares, codes
from foedus.areas.information.methods.shares import exploded

DATA = Path(os.environ.get("FOEDUS_SHARED", Path(__file__).resolve().parents[4] / "shared")) / "data" / "information"


def coded(rows):
    (thing, content), _ = codes([r[0] for r in rows], [r[2] for r in rows])
    (account,), names = codes([r[1] for r in rows])
    return Shares(thing, account, content, np.array([r[3] for r in rows], dtype=np.int64)), names


def made(seed, size=120):
    rng = np.random.default_rng(seed)
    draw = rng.integers(0, (9, 12, size, 200), (size, 4)).tolist()
    return [(f"o{o}", f"a{a:02d}", f"c{c}" if c % 9 else f"o{c % 5}", t) for o, a, c, t in draw]


@pytest.fixture(scope="module")
def russian():
    path = DATA / "cooRTweet" / "russian_coord_tweets.parquet"
    if not path.exists():
        pytest.skip(f"needs {path.name} of the shared data")
    columns = ("object_id", "account_id", "content_id", "timestamp_share")
    table = pq.read_table(path)
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def edges_of(rows, window):
    shares, names = coded(rows)
    edges = cosharing.network(shares, window).edges
    columns = (edges.a, edges.b, edges.pairs, edges.objects, edges.delta_s)
    return {(names[a], names[b]): tuple(rest) for a, b, *rest in zip(*(c.tolist() for c in columns), strict=True)}


@pytest.mark.parametrize("seed", range(6))
def test_edges_are_those_of_a_plain_search(seed):
    rows = list({(r[0], r[2]): r for r in made(seed)}.values())
    assert edges_of(rows, 20) == plainly.coshared(rows, 20)


def test_the_window_is_included_and_one_second_more_is_not():
    rows = [("o", "a", "1", 0), ("o", "b", "2", 60), ("o", "c", "3", 121)]
    assert edges_of(rows, 60) == {("a", "b"): (1, 1, 60)}


def test_a_record_shares_an_object_once_and_nobody_with_oneself():
    rows = [("o", "a", "1", 0), ("o", "a", "1", 0), ("o", "b", "2", 1), ("o", "a", "3", 2)]
    assert edges_of(rows, 10) == {("a", "b"): (2, 1, 2)}


def test_no_rows_no_edges():
    none = Shares(*(np.zeros(0, dtype=np.int64) for _ in range(4)))
    assert len(cosharing.network(none).edges.a) == len(directed.network(none, 60).weight) == 0
    assert len(coortweet.edges(none, coortweet.detect(none)).weight) == 0


def test_chunks_change_nothing():
    shares, _ = coded(made(9, 400))
    whole = cosharing.network(shares, 40)
    for chunk in (1, 7, 100):
        small = cosharing.network(shares, 40, chunk=chunk)
        assert all(np.array_equal(a, b) for a, b in zip(whole.edges, small.edges, strict=True))
        assert np.array_equal(whole.tied, small.tied)


def test_a_viral_object_ties_nobody_and_is_reported_with_its_counts():
    rows = [("viral", f"a{n:02d}", f"v{n}", n) for n in range(30)] + [("o", "a01", "x", 5), ("o", "a02", "y", 9)]
    shares, names = coded(rows)
    found = cosharing.network(shares, 60, viral=100)
    (viral,) = found.viral
    assert (viral.shares, viral.accounts, viral.pairs) == (30, 30, 435)
    assert [(names[a], names[b]) for a, b in zip(found.edges.a, found.edges.b, strict=True)] == [("a01", "a02")]
    assert found.edges.objects.tolist() == [1]


def test_an_edge_names_the_records_it_rests_on():
    rows = [("o", "a", "1", 0), ("o", "b", "2", 5), ("o", "b", "3", 9), ("p", "b", "4", 50), ("p", "a", "5", 52)]
    shares, names = coded(rows)
    _, names_c = codes([r[0] for r in rows], [r[2] for r in rows])
    told = cosharing.evidence(shares, names.index("a"), names.index("b"))
    assert [(names_c[a], names_c[b]) for a, b in told.records] == [("1", "2"), ("1", "3"), ("5", "4")]
    assert (told.pairs, told.contents_a, told.contents_b) == (3, 2, 3)
    fewer = cosharing.evidence(shares, 0, 1, most=1)
    assert len(fewer.records) == 1
    assert fewer.digest == told.digest


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("window", "least", "loops"), [(20, 2, True), (20, 3, False), (0, 12, True), (60, 1, True)])
def test_coortweet_rules_are_those_of_its_code(seed, window, least, loops):
    rows = made(seed, 150)
    shares, names = coded(rows)
    found = coortweet.detect(shares, coortweet.Rule(window, least, loops))
    plain = plainly.detect_groups(rows, window, least, loops)
    pairs = zip(found.older.tolist(), found.newer.tolist(), found.time_delta.tolist(), strict=True)
    assert sorted((rows[a], rows[b], d) for a, b, d in pairs) == sorted(plain)
    assert _edges(shares, names, found) == plainly.coordinated(plain)


def _edges(shares, names, found):
    edges = coortweet.edges(shares, found)
    columns = (edges.weight, edges.avg_time_delta, edges.contents_older, edges.contents_newer)
    values = zip(*(column.tolist() for column in columns), strict=True)
    return {(names[a], names[b]): value for a, b, value in zip(edges.a, edges.b, values, strict=True)}


@pytest.mark.shared_data
@pytest.mark.parametrize(("window", "least", "loops"), [(10, 5, True), (10, 5, False), (60, 2, True), (60, 10, True)])
def test_on_its_own_data_coortweet_is_reproduced_row_by_row(russian, window, least, loops):
    shares, names = coded(russian)
    found = coortweet.detect(shares, coortweet.Rule(window, least, loops))
    plain = plainly.detect_groups(russian, window, least, loops)
    assert len(found.older) == len(plain) > 20
    assert _edges(shares, names, found) == plainly.coordinated(plain)


@pytest.mark.shared_data
def test_the_numbers_in_the_manual_of_coortweet_are_found_again(russian):
    (thing, _), things = codes([r[0] for r in russian], [r[2] for r in russian])
    shares, names = coded(russian)
    found = coortweet.detect(shares, coortweet.Rule(10, 5, remove_loops=False))
    of = thing[found.older] == things.index("4a5c13a7f533d6ebc27bec5581ad5a9f")
    assert len({*shares.account[found.older[of]].tolist(), *shares.account[found.newer[of]].tolist()}) == 2
    assert found.time_delta[of].mean() == 2
    sides = (
        shares.account[side] == names.index("5c10a1e23d788292981b40e4006f4563") for side in (found.older, found.newer)
    )
    delta = np.concatenate([found.time_delta[side] for side in sides])
    assert (len(delta), round(delta.mean(), 1)) == (9, 4.2)


@pytest.mark.shared_data
@pytest.mark.parametrize("loops", [True, False])
def test_its_own_tests_hold(russian, loops):
    shares, names = coded(russian)
    edges = coortweet.edges(shares, coortweet.detect(shares, coortweet.Rule(10, 5, loops)))
    account = names.index("9fa51ef17278c01d13d313741eddfc0b")
    assert (account in {*edges.a.tolist(), *edges.b.tolist()}) is not loops


@pytest.mark.shared_data
def test_links_and_images_of_an_election_are_stacked_as_its_manual_does():
    path = DATA / "cooRTweet" / "german_elections.parquet"
    if not path.exists():
        pytest.skip(f"needs {path.name} of the shared data")
    table = pq.read_table(path).to_pydict()
    kinds = [
        list(dict.fromkeys(
            (f"{prefix}_{thing}", account, str(post), t)
            for thing, account, post, t in zip(table[column], table["account_id"], table["post_id"], table["timestamp"], strict=True)
            if thing is not None
        ))
        for prefix, column in (("url", "url_id"), ("hash", "phash_id"))
    ]  # fmt: skip
    shares, names = coded([row for rows in kinds for row in rows])
    cut = len(kinds[0])
    parts = [shares.take(np.arange(len(shares.object)) < cut), shares.take(np.arange(len(shares.object)) >= cut)]
    whole = coortweet.stacked([(part, coortweet.detect(part, coortweet.Rule(30, 2))) for part in parts])
    plain = [pair for rows in kinds for pair in plainly.detect_groups(rows, 30, 2, loops=True)]
    assert len(plain) > 1000
    assert _edges(whole[0], names, whole[1]) == plainly.coordinated(plain)


def test_a_narrower_window_is_joined_back_on_contents():
    rows = [
        ("o", "a", "1", 0),
        ("o", "b", "2", 3),
        ("p", "a", "1", 0),
        ("p", "b", "2", 50),
        ("q", "b", "4", 0),
        ("q", "c", "3", 40),
    ]
    shares, _ = coded(rows)
    found = coortweet.detect(shares, coortweet.Rule(60, 1))
    assert coortweet.fast(shares, found, 10, 1).tolist() == [True, True, False]
    assert not coortweet.fast(shares, found, 10, 3).any()


def test_the_threshold_has_to_be_exceeded():
    rows = [(f"o{n}", who, f"{who}{n}", 0) for who, many in (("a", 3), ("b", 3), ("c", 1)) for n in range(many)]
    shares, _ = coded(rows)
    edges = coortweet.edges(shares, coortweet.detect(shares, coortweet.Rule(10, 1)))
    assert edges.weight.tolist() == [3, 1, 1]
    assert coortweet.heavy(edges, 0.5).tolist() == [True, False, False]
    assert not coortweet.heavy(edges, 1.0).any()


@pytest.mark.parametrize("seed", range(3))
def test_directed_weights_are_those_of_a_plain_search(seed):
    rng = np.random.default_rng(seed)
    rows = [
        (f"o{o}", f"a{n % 14}", f"c{n}", t) for n, (o, t) in enumerate(rng.integers(0, (6, 200), (120, 2)).tolist())
    ]
    shares, names = coded(rows)
    found = directed.network(shares, 15, chunk=50)
    edges = zip(found.source, found.target, found.weight.tolist(), strict=True)
    assert {(names[u], names[v]): w for u, v, w in edges} == plainly.directed(rows, 15)


@pytest.mark.shared_data
def test_reposts_of_the_toolkit_are_tied_as_its_own_test_expects():
    path = DATA / "qut" / "coretweet_test_input.csv"
    if not path.exists():
        pytest.skip(f"needs {path.name} of the shared data")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [(r["repost_id"], r["user_id"], r["message_id"], int(r["timestamp"])) for r in csv.DictReader(file)]
    shares, names = coded(rows)
    found = directed.network(shares, 60)
    edges = {(names[u], names[v]): w for u, v, w in zip(found.source, found.target, found.weight.tolist(), strict=True)}
    assert edges == {("uid0", "uid1"): 2, ("uid1", "uid0"): 1, ("uid2", "uid3"): 1, ("uid3", "uid2"): 1,
                     ("uid4", "uid5"): 2, ("uid5", "uid4"): 2}  # fmt: skip


def records(**columns):
    size = max(len(column) for column in columns.values())
    lists = {name: columns.get(name, [[]] * size) for name in ("urls", "hashtags", "media")}
    texts = {name: columns.get(name, [""] * size) for name in ("account", "channel", "about_record", "relation")}
    instants = pa.array([None if t is None else t * 1_000_000 for t in columns.get("t", range(size))], pa.int64())
    return pa.table(
        {name: pa.array(column, pa.list_(pa.string())) for name, column in lists.items()}
        | {name: pa.array(column, pa.string()) for name, column in texts.items()}
        | {"published_at": instants.cast(pa.timestamp("us", "UTC"))}
        | ({"precision": columns["precision"]} if "precision" in columns else {})
    )


def test_a_post_without_url_is_tied_to_nothing():
    shares = exploded(records(account=["a", "b", "c", "d"], urls=[[], [], None, [""]])).kinds["page"]
    assert len(shares.object) == 0


def test_what_records_share_by_kind():
    table = records(
        account=["b", "a", ""], channel=["", "", "paper.example"],
        urls=[["https://x.example/1", "http://x.example/1"], ["https://x.example/1"], []],
        hashtags=[["#Élan"], ["élan", "two"], []], media=[["m"], [], ["m"]],
        about_record=["r", "r", "r"], relation=["repost", "reply", "repost"],
    )  # fmt: skip
    held = exploded(table, {"cluster": [None, "k", "k"]})
    assert held.accounts == ["a", "b", "paper.example"]
    assert held.objects["page"] == ["x.example/1"]
    tags = held.objects["hashtag"]
    assert tags == ["two", "élan"]
    assert {kind: sorted(zip(*(c.tolist() for c in shares[:3]), strict=True)) for kind, shares in held.kinds.items()} == {
        "page": [(0, 0, 1), (0, 1, 0)], "hashtag": [(0, 0, 1), (1, 0, 1), (1, 1, 0)], "media": [(0, 1, 0), (0, 2, 2)],
        "repost": [(0, 1, 0), (0, 2, 2)], "cluster": [(0, 0, 1), (0, 2, 2)],
    }  # fmt: skip


def test_what_cannot_be_timed_is_left_out_and_counted():
    table = records(
        account=["a", "b", "c", ""], t=[1, None, 3, 4], precision=["second", "none", "day", "second"], media=[["m"]] * 4
    )
    held = exploded(table)
    assert held.kinds["media"].account.tolist() == [held.accounts.index("a")]
    assert held.left_out == {"no sharer": 1, "no instant": 2}
