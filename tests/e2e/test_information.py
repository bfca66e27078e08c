"""Posts and articles on a whole node: nobody's handle stands anywhere unsealed, facts are concluded, released and pulled."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from importlib import resources
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.node_pair import OPEN, make_nodes
from tests.three_nodes import Fixed
from tests.unit.cli.conftest import done, refused, run, told

from foedus.errors import InputError, StoreError, TrustError
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.node import people, vault
from foedus.node.home import Node
from foedus.node.ingest import Origin, ingest
from foedus.node.label import read_text
from foedus.node.quarantine import retry
from foedus.node.retention import delete_due
from foedus.node.show import refused_one

pytestmark = pytest.mark.e2e
SAMPLE = Path(str(resources.files("foedus.areas.information"))) / "sample"
PLANTED = ("zz_planted_one", "zz_planted_two", "zz_planted_three", "zz.planted@mail.example", "8112345678990")
POSTS = b"\n".join((
    b"message_id,user_id,username,repost_id,reply_id,message,timestamp,urls",
    b'1,8112345678990,zz_planted_one,,,"I am zz_planted_one, write to zz.planted@mail.example",1779294000,',
    b'2,12,other_name,,,"@zz_planted_two see https://x.com/zz_planted_three/status/1790000000000000000",1779294001,',
    b"3,8112345678990,zz_planted_one,,,,1779294002,",
    b'4,8112345678990,"zz_planted_one,,,unclosed',
))  # fmt: skip
ANN, BOB = Person("ann", ("analyst",)), Person("bob", ("releaser",))


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Two nodes whose programme has an area for the information environment; nato has read posts and an article."""
    made = make_nodes(tmp_path_factory.mktemp("information") / "nodes")
    posts = made.directory / "posts.csv"
    posts.write_bytes(POSTS)
    read = told("ingest", "information", posts, "--label", OPEN, node=made.path("nato"))["ingested"][0]
    assert (read["records"], read["refused_count"]) == (2, 2)
    with made.open("nato") as node:
        people.add(node, "ann", ["analyst"], "a long password")
    return made


@pytest.fixture(scope="module")
def facts(nodes) -> str:
    """The id of what was concluded from the sample's page."""
    page = SAMPLE / "page.html"
    got = told("ingest", "information", page, "--label", OPEN, node=nodes.path("nato"))
    assert got["analysed"]["concluded"] == {"article-facts": 1}
    [row] = told("show", "--list", "--kind", "article-facts", node=nodes.path("nato"))
    return row["object_id"]


def everything(directory: Path) -> bytes:
    """All bytes of a node's directory; of compressed files what is in them."""
    parts = []
    for path in sorted(directory.rglob("*")):
        if path.suffix == ".parquet":
            parts.append(repr(pq.read_table(path).to_pylist()).encode())
        elif path.is_file():
            parts.append(path.read_bytes())
    return b"\n".join(parts)


def test_no_identifier_stands_anywhere_in_the_nodes_directory(nodes, facts):
    held = everything(nodes.path("nato"))
    assert b"see https://x.com/" in held  # the search finds what is there
    assert [one for one in PLANTED if one.encode() in held] == []


def test_the_capture_opens_for_an_analyst_who_says_why_and_it_is_entered(nodes, tmp_path):
    [source] = {one["source"] for one in told("vault", "list", node=nodes.path("nato"))} - sources_of(nodes, "page")
    out = tmp_path / "out.csv"
    argv = ("vault", "open", source, "--reason", "case 12", "--out", out, "--as", "ann")
    assert "(" in done(*argv, node=nodes.path("nato"), input="a long password\n")
    assert out.read_bytes() == POSTS
    assert out.stat().st_mode & 0o777 == 0o600
    with nodes.open("nato") as node:
        [entry] = entered(node, "vault.opened")
    assert (entry["person"], entry["reason"], entry["source"]) == ("ann", "case 12", source)


def entered(node: Node, kind: str) -> list[dict]:
    with node.store.read() as read:
        held = list(read.logs.entries(MASTER, 0, read.logs.size(MASTER)))
    return [one.facts() for one in held if one.entry().kind == kind]


def sources_of(nodes, name: str) -> set[str]:
    return {one["id"] for one in told("label", "sources", node=nodes.path("nato")) if name in one["uri"]}


@pytest.mark.parametrize(("person", "reason", "error"), [(BOB, "why", TrustError), (ANN, " ", InputError)])
def test_nobody_else_opens_it_and_nobody_without_a_reason(nodes, person, reason, error):
    with nodes.open("nato") as node, pytest.raises(error):
        vault.open_capture(node, vault.captures(node)[0].source, person, reason)


def test_refused_parts_lie_in_the_vault_and_are_shown_and_not_read_alone(nodes):
    with nodes.open("nato") as node:
        assert "zz_planted_one" in refused_one(node, 1).head
        with pytest.raises(InputError) as caught:
            retry(node, 1)
    assert caught.value.code == "quarantine-personal"
    assert "quarantine-personal" in refused("quarantine", "retry", 1, node=nodes.path("nato"))


def test_a_person_cannot_give_keys_of_their_own(nodes, tmp_path):
    settings, posts = tmp_path / "keys.toml", tmp_path / "posts.jsonl"
    settings.write_text(f'[keys]\naccount = "{"00" * 32}"\nrecord = "{"11" * 32}"\n', encoding="utf-8")
    posts.write_bytes(b'{"id": "5", "user_id": "8112345678990", "text": "x", "created_at": "2026-05-20T00:00:00Z"}\n')
    done("ingest", "information", posts, "--label", OPEN, "--settings", settings, node=nodes.path("nato"))
    assert len(accounts(nodes.path("nato")) & accounts_of_first(nodes)) == 1


def accounts(directory: Path) -> set[str]:
    tables = [pq.read_table(path) for path in directory.rglob("*.parquet")]
    return {one for table in tables for one in table["account"].to_pylist() if one}


def accounts_of_first(nodes) -> set[str]:
    """The pseudonym of the planted account, from the record whose text has it too."""
    rows = [row for path in nodes.path("nato").rglob("*.parquet") for row in pq.read_table(path).to_pylist()]
    return {row["account"] for row in rows if "write to (mail)" in row["text"]}


def read_at(directory: Path, at, raw: bytes = POSTS) -> set[str]:
    """Read posts at an instant; return the pseudonyms of that reading."""
    with Node.open(directory) as node:
        node.clock = Fixed(at)
        got = ingest(node, "information", io.BytesIO(raw), Origin("posts", read_text(node, OPEN, at), OPEN))
        path = next(directory.rglob(f"*{got.source.replace(':', '%3A')}*.parquet"))
        return set(pq.read_table(path)["account"].to_pylist())


def test_accounts_have_other_names_in_another_window_and_on_another_node(nodes, tmp_path):
    copy = nodes.copied(tmp_path / "copy")
    with copy.open("nato") as node:
        at = node.clock.now()
    first = read_at(copy.path("nato"), at, POSTS + b"\n")
    same_window = read_at(copy.path("nato"), at, POSTS + b"\n\n")
    later = read_at(copy.path("nato"), at + timedelta(days=30), POSTS + b"\n\n\n")
    elsewhere = read_at(copy.path("jpn"), at, POSTS)
    assert first == same_window
    assert not first & later
    assert not first & elsewhere


def test_what_is_over_is_not_found_at_that_instant_then_deleted_and_entered(nodes, tmp_path):
    copy = nodes.copied(tmp_path / "copy")
    with copy.open("nato") as node:
        node.clock = Fixed(node.clock.now())
        first = min(vault.captures(node), key=lambda one: one.at)
        node.clock.at += timedelta(days=31)
        assert vault.captures(node) == []
        with pytest.raises(StoreError) as caught:
            vault.open_capture(node, first.source, ANN, "case 12")
        assert caught.value.code == "vault-empty"
        assert refused_one(node, 1).head == ""
        assert list((copy.path("nato") / "vault").iterdir())
        delete_due(node)
        assert list((copy.path("nato") / "vault").iterdir()) == []
        assert first.source in {one["source"] for one in entered(node, "vault.expired")}


def test_the_same_bytes_again_are_kept_once(nodes, tmp_path):
    copy = nodes.copied(tmp_path / "copy")
    before = sorted((copy.path("nato") / "vault").iterdir())
    assert told("ingest", "information", copy.directory / "posts.csv", "--label", OPEN, node=copy.path("nato"))[
        "ingested"
    ][0]["known"]
    assert sorted((copy.path("nato") / "vault").iterdir()) == before


def test_facts_are_shown_as_tables_and_name_nobody_without_an_office(nodes, facts):
    words = done("show", facts, node=nodes.path("nato"))
    for text in ("NATO, Japan", "2026-05-20", "North Korea", "probable", "Haruka Exempla", "Quotations"):
        assert text in words
    assert "Privat" not in words
    with nodes.open("nato") as node, node.store.read() as read:
        raw = b"".join(row[0] for row in read.connection.exec_driver_sql("SELECT raw FROM blob"))
    assert b"Exempla" in raw
    assert b"Privat" not in raw


def test_a_missing_key_is_named(nodes, tmp_path):
    copy = nodes.copied(tmp_path / "copy")
    (copy.path("nato") / "keys" / "vault.key").unlink()
    result = run("ingest", "information", SAMPLE / "feed.xml", "--label", OPEN, node=copy.path("nato"))
    assert (result.exit_code, "key-missing" in result.stderr) == (5, True)


def test_nothing_analysed_is_analysed_twice(nodes, facts):
    assert json.loads(done("analyse", "information", "--json", node=nodes.path("nato")))["new"] == 0
