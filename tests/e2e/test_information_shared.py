"""A campaign of posts reaches the partner as a case with its claim, and nothing of a post does; two parties, one claim."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path

import msgspec
import networkx as nx
import pytest
from tests.e2e.test_information import accounts, everything
from tests.information.campaign_sample import PUSHERS, packed
from tests.information.pushed import ACCOUNTS, CLAIMS, lines, post, posts
from tests.node_pair import OPEN, make_nodes
from tests.three_nodes import Fixed
from tests.unit.cli.conftest import done, refused, run, told

from foedus.areas.information import remembered
from foedus.areas.information.cases import KIND
from foedus.areas.information.followed import KIND as UPTAKE
from foedus.areas.information.meaning import disarm, opencti_ids
from foedus.areas.information.meaning.counters import COLUMNS
from foedus.areas.information.meaning.extensions import CASE, EVIDENCE
from foedus.areas.information.meaning.packs import opened
from foedus.errors import StoreError
from foedus.model import instant
from foedus.model.canonical import canonical
from foedus.model.finding import Pack
from foedus.node import packs, vault
from foedus.node.analyse import analyse
from foedus.node.home import Node
from foedus.node.ingest import Origin, ingest
from foedus.node.label import read_text
from foedus.node.retention import delete_due
from foedus.store import findings
from foedus.store.engine import Read
from foedus.store.findings import Held
from foedus.store.state import room_state_of
from foedus.store.vault import Box, items, pack

pytestmark = pytest.mark.e2e
OWN = {"nato": "en", "jpn": "ja"}


def write_claim(node: Path, language: str, label: str = OPEN) -> None:
    folder = node / "layers" / "information" / "claims"
    folder.mkdir(parents=True)
    said = f'[[claim]]\ntext = "{CLAIMS[language]}"\nlanguage = "{language}"\n'
    (folder / "ours.toml").write_text(said, encoding="utf-8")
    (folder / "ours.toml.label").write_text(label, encoding="utf-8")


def read(node: Path, held: list[dict]) -> dict:
    """Have a node read posts; what it concluded of them."""
    file, settings = node.parent / "posts.jsonl", node.parent / "posts.toml"
    file.write_bytes(lines(held))
    settings.write_text('time_format = "s"\n', encoding="utf-8")
    got = told("ingest", "information", file, "--label", OPEN, "--settings", settings, node=node)
    assert got["ingested"][0]["refused_count"] == 0
    return got["analysed"]["concluded"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Each party has read posts of its own, in which one claim was pushed in its language; what NATO has went to Japan."""
    made = make_nodes(tmp_path_factory.mktemp("shared") / "nodes")
    for seed, (party, language) in enumerate(OWN.items()):
        write_claim(made.path(party), language)
        assert read(made.path(party), posts(CLAIMS[language], seed=seed)) == {KIND: 1}
    made.release("nato")
    with made.serving("nato"):
        made.pull("jpn")
    return made


def of(pair, party: str, owner: str) -> str:
    [found] = [row for row in told("show", "--list", "--kind", KIND, node=pair.path(party)) if row["owner"] == owner]
    return found["object_id"]


def test_the_partner_sees_picture_claim_and_chance(pair):
    words = done("show", of(pair, "jpn", "nato"), node=pair.path("jpn"))
    for text in (CLAIMS["en"], "At least 6 accounts", "chance under timing", "Use Copypasta", "When", "nobody", OPEN):
        assert text in words
    assert "narrative" in done("show", "--list", node=pair.path("jpn"))
    assert pair.faults("jpn") == []


def test_no_account_pseudonym_text_or_capture_is_in_any_byte_sent(pair):
    own, pseudonyms = posts(CLAIMS["en"], seed=0), accounts(pair.path("nato"))
    words = {word for one in own for word in one["text"].split() if len(word) > 8} - set(CLAIMS["en"].split())
    kept, arrived = everything(pair.path("nato")), everything(pair.path("jpn"))
    hidden = {*pseudonyms, *words}
    assert [one for one in hidden if one.encode() not in kept] == []
    assert CLAIMS["en"].encode() in arrived
    assert [one for one in {*hidden, *ACCOUNTS, *(one["id"] for one in own)} if one.encode() in arrived] == []


def test_a_relationship_to_a_technique_stays_where_the_programme_does_not_let_the_technique_go(pair):
    link = opencti_ids.relationship("uses", of(pair, "nato", "nato"), disarm.technique("T0084.001").stix_id).encode()
    assert [link in everything(pair.path(party)) for party in ("nato", "jpn")] == [True, False]


def test_one_claim_in_two_languages_is_corroborated_and_entered(pair):
    own = told("show", of(pair, "jpn", "jpn"), node=pair.path("jpn"))[0]
    [line] = own["corroborated"]
    assert "nato" in line
    assert "one claim" in line
    assert "finding.corroborated" in done("ledger", "show", "master", "--limit", 50, node=pair.path("jpn"))


LINE = "Engineers of three countries repair the cable in the strait this week."


def test_a_line_and_its_figures_reach_the_partner_and_unlabelled_options_stay_at_home(pair, tmp_path):
    made = pair.copy(tmp_path / "copy")
    layers = made.path("nato") / "layers" / "information"
    for name, text in (
        (
            "lines/ours.toml",
            f'[[line]]\nid = "r"\nfrom = 2026-05-01\nuntil = 2026-05-31\ntexts = {{ en = "{LINE}" }}\n',
        ),
        ("counters/disarm.csv", f"{','.join(COLUMNS)}\nC00125,Prebunking,TA09,M001,resilience,text\n"),
    ):
        (layers / name).parent.mkdir()
        (layers / name).write_text(text, encoding="utf-8")
    (layers / "lines" / "ours.toml.label").write_text(OPEN, encoding="utf-8")
    said = [post(f"zz_taker_{n}", 60.0 * n, text, ()) for n, text in enumerate([LINE] * 3 + [CLAIMS["en"]] * 3)]
    earlier = [one | {"id": f"t{n}", "created_at": one["created_at"] - 7 * 86_400} for n, one in enumerate(said)]
    assert read(made.path("nato"), earlier) == {UPTAKE: 1}
    [row] = told("show", "--list", "--kind", UPTAKE, node=made.path("nato"))
    made.release("nato")
    with made.serving("nato"):
        made.pull("jpn")
    assert "Prebunking" in done("show", row["object_id"], node=made.path("nato"))
    words = done("show", row["object_id"], node=made.path("jpn"))
    assert LINE in words
    arrived = everything(made.path("jpn"))
    assert b"Method and limits" in arrived
    assert [one for one in (b"Prebunking", b"zz_taker_") if one in arrived] == []


def test_a_message_that_goes_viral_gives_nothing(pair, tmp_path):
    made = pair.copied(tmp_path / "copy")
    later = [one | {"created_at": one["created_at"] - 7 * 86_400} for one in posts(pushed=False, seed=7)]
    assert read(made.path("nato"), later) == {}


def test_a_claim_whose_file_has_no_label_keeps_its_case_at_home(pair, tmp_path):
    made, before = pair.copy(tmp_path / "copy"), of(pair, "nato", "nato")
    (made.path("nato") / "layers" / "information" / "claims" / "ours.toml.label").unlink()
    earlier = [one | {"created_at": one["created_at"] - 7 * 86_400} for one in posts(CLAIMS["en"], seed=5)]
    assert read(made.path("nato"), earlier) == {KIND: 1, "campaign": 1}
    rows = told("show", "--list", "--kind", KIND, node=made.path("nato"))
    [later] = {row["object_id"] for row in rows} - {before}
    grounds = done("label", "show", later, node=made.path("nato"))
    assert "information/claims/ours.toml" in grounds
    assert "no label" in grounds
    assert made.why("nato", later, "jpn").outcome == "withhold"
    made.release("nato")
    with made.serving("nato"):
        made.pull("jpn")
    arrived = everything(made.path("jpn"))
    assert b"Shared together again" in arrived  # its campaign goes, and does not name it
    assert later.encode() not in arrived


def later_posts(made, days: int) -> Node:
    """NATO's node so many days later, where posts of the same week were read and wait to be analysed."""
    node = made.open("nato")
    node.clock = Fixed(node.clock.now() + timedelta(days=days))
    held = [one | {"id": f"9{one['id']}"} for one in posts(CLAIMS["en"], seed=0)[:50]]
    origin = Origin("later", read_text(node, OPEN, node.clock.now()), OPEN)
    ingest(node, "information", io.BytesIO(lines(held)), origin, {"time_format": "s"})
    return node


def carried(node: Node) -> set[str]:
    """The sources of the posts that the room carries."""
    with node.store.read() as read:
        raw = remembered.restore(room_state_of(read, "information")[1]).posts
    return set(remembered.read(raw)["origin"].to_pylist()) if raw else set()


@pytest.mark.parametrize("retained", [True, False])
def test_what_is_over_is_carried_no_longer_and_nothing_later_rests_on_it(pair, tmp_path, retained):
    made = pair.copied(tmp_path / "copy")
    with later_posts(made, 31) as node:
        [old] = carried(node)
        if retained:  # else it is over already, and no turn of the node has deleted it yet
            delete_due(node)
            assert carried(node) == set()
        analyse(node, "information")
        assert old not in carried(node)
        assert not [path for path in made.path("nato").rglob("*.parquet") if old.replace(":", "%3A") in path.name]
        found = versions_of_case(node, of(pair, "nato", "nato"))
    assert (found[0].revoked, f"source:{old}" in found[0].because) == (True, False)


def versions_of_case(node: Node, object_id: str) -> list[Held]:
    with node.store.read() as read:
        return list(findings.versions_of(read, object_id))


def test_before_its_end_it_is_carried_on(pair, tmp_path):
    with later_posts(pair.copied(tmp_path / "copy"), 20) as node:
        before = carried(node)
        delete_due(node)
        analyse(node, "information")
        assert before < carried(node)


def test_a_case_is_replayed_from_the_vault_until_its_source_is_over(pair, tmp_path):
    made, case = pair.copied(tmp_path / "copy"), of(pair, "nato", "nato")
    words = done("vault", "replay", case, node=made.path("nato"))
    assert "comes out as it was concluded" in words
    assert told("vault", "replay", case, node=made.path("nato"))["same"] is True
    with made.open("nato") as node:
        node.clock = Fixed(instant.parse(packs.replay(node, case).until))
        with pytest.raises(StoreError) as caught:
            packs.replay(node, case)
        assert caught.value.code == "pack-expired"
        delete_due(node)
        with node.store.read() as read:
            assert items(read) == []


def test_what_a_partner_concluded_is_not_replayed(pair):
    assert "replay-none" in refused("vault", "replay", of(pair, "jpn", "nato"), node=pair.path("jpn"))


def test_a_changed_pack_is_no_pack_or_comes_out_otherwise(pair, tmp_path):
    made, case = pair.copied(tmp_path / "copy"), of(pair, "nato", "nato")
    with made.open("nato") as node, node.store.write() as tx:
        name = opened_week(tx, vault.box_of(node))
        held = opened(pack(tx, vault.box_of(node), "information", name)[1])
        less = msgspec.structs.replace(held, posts=remembered.written(remembered.read(held.posts).slice(0, 500)))
        packs.keep(node, tx, "information", [Pack(name, msgspec.msgpack.encode(less))])
    result = run("vault", "replay", case, node=made.path("nato"))
    assert (result.exit_code, "no such group" in result.output) == (5, True)


def opened_week(read: Read, box: Box) -> str:
    """The name of the one pack in the vault, which opens under no other."""
    [item] = items(read, "pack")
    assert pack(read, box, "elsewhere", item.name) is None
    return item.name


def test_the_evidence_that_may_go_came_with_the_case_and_its_hash_is_in_it(pair):
    case = told("show", of(pair, "jpn", "nato"), node=pair.path("jpn"))[0]["object"]
    [note] = [one for one in objects(pair, "jpn", "note") if one["object_refs"] == [case["id"]]]
    held = {name: value for name, value in note["extensions"][EVIDENCE].items() if name != "extension_type"}
    assert hashlib.sha256(canonical(held)).hexdigest() == case["extensions"][CASE]["pack_sha256"]
    assert held["method"]["parameters"]["window_s"] == 60


def objects(pair, party: str, type_: str) -> list[dict]:
    with pair.open(party) as node, node.store.read() as read:
        rows = read.connection.exec_driver_sql("SELECT raw FROM blob")
        return [one for (raw,) in rows if (one := json.loads(raw)).get("type") == type_]


@pytest.mark.parametrize("party", ["nato", "jpn"])
def test_a_case_leaves_as_a_network_that_networkx_reads_and_without_an_account(pair, tmp_path, party):
    file = tmp_path / "case.graphml"
    assert "ties)" in done("export", file, case := of(pair, party, "nato"), node=pair.path(party))
    found = nx.read_graphml(file)
    assert (found.graph["object_id"], found.graph["label"]) == (case, OPEN)
    assert {"group", "text", "claim", "technique"} == {one["kind"] for _, one in found.nodes(data=True)}
    assert found.nodes["group"]["accounts"] == 6
    assert [one for one in accounts(pair.path("nato")) if one in file.read_text(encoding="utf-8")] == []


def test_a_case_leaves_as_a_sheet_of_ties(pair, tmp_path):
    file, case = tmp_path / "case.csv", of(pair, "nato", "nato")
    got = told("export", file, case, "--network", node=pair.path("nato"))
    with file.open(encoding="utf-8", newline="") as opened_file:
        rows = list(csv.DictReader(opened_file))
    assert len(rows) == got["ties"]
    assert {row["Source"] for row in rows} == {"group"}
    assert {(row["label"], row["object_id"]) for row in rows} == {(OPEN, case)}
    assert {int(row["accounts"]) % 3 for row in rows if row["accounts"]} == {0}


def test_what_ties_nothing_is_no_network_and_leaves_no_file(pair, tmp_path):
    note = next(one["id"] for one in objects(pair, "jpn", "note"))
    assert "network-none" in refused("export", tmp_path / "x.graphml", note, node=pair.path("jpn"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("argv", [("x.graphml",), ("x.geojson", "incident--x", "--network"), ("x.txt",)])
def test_a_network_is_of_one_object_and_in_its_formats(pair, tmp_path, argv):
    assert "usage" in refused("export", tmp_path / argv[0], *argv[1:], node=pair.path("jpn"))


def test_a_campaign_reaches_the_partner_with_its_cases_and_without_an_account(pair, tmp_path):
    made = pair.copy(tmp_path / "copy")
    (made.directory / "campaign.toml").write_text('time_format = "s"\n', encoding="utf-8")
    settings, file = made.directory / "campaign.toml", made.directory / "campaign.jsonl"
    file.write_bytes(gzip.decompress(packed()))
    got = told("ingest", "information", file, "--label", OPEN, "--settings", settings, node=made.path("nato"))
    assert got["analysed"]["concluded"]["campaign"] == 1
    made.release("nato")
    with made.serving("nato"):
        made.pull("jpn")
    [campaign] = told("show", "--list", "--kind", "campaign", node=made.path("jpn"))
    cases = {row["object_id"] for row in told("show", "--list", "--kind", KIND, node=made.path("jpn"))}
    links = [one for one in objects(made, "jpn", "relationship") if one["source_ref"] == campaign["object_id"]]
    assert len({one["target_ref"] for one in links} & cases) == 2
    arrived = everything(made.path("jpn"))
    assert [one for one in {*PUSHERS, *accounts(made.path("nato"))} if one.encode() in arrived] == []
    assert made.faults("jpn") == []
