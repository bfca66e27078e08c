"""``programme impact``: what a new version changes for the findings of a whole node, and that it only reads."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.node_pair import AMBER, OPEN, bundle, indicator, make_nodes, stix, stix_id
from tests.unit.cli.conftest import WORD, done, refused, told
from tests.unit.store import sample

from foedus.model.finding import Support
from foedus.model.people import Person
from foedus.node import programmes
from foedus.node.home import Node
from foedus.node.impact import Asked
from foedus.node.impact import impact as compare
from foedus.node.label import read_text

TWO = (Person("ann", ("releaser",)), Person("bo", ("approver",)))
SECRETIVE = "NATO CONFIDENTIAL Releasable to Japan TLP:AMBER"
TYPES = "sighting, report, grouping], max_classification: restricted"
PROFILES = "redact: [drop-victim-identity, drop-internal-ids]"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A node with findings of several levels and types, what may go released, and versions of its programme."""
    base = tmp_path_factory.mktemp("impact")
    nodes = make_nodes(base)
    nodes.put("nato", bundle(indicator(1, name="An open one")), OPEN)
    nodes.put("nato", bundle(indicator(2, name="For Japan"), stix("tool", 5, name="A tool")), AMBER)
    nodes.put("nato", bundle(indicator(3, name="With consent only")), f"{AMBER} ORCON")
    nodes.put("nato", bundle(*(indicator(number, name=f"Higher {number}") for number in range(10, 15))), SECRETIVE)
    nodes.put("nato", bundle(indicator(4, name="Without a label")), "")
    nodes.release("nato")
    text = (base / "nato-japan-2023.yaml").read_text(encoding="utf-8")

    def version(name: str, *changes: tuple[str, str]) -> Path:
        changed = text
        for old, new in changes:
            assert old in changed
            changed = changed.replace(old, new, 1)
        path = base / f"{name}.yaml"
        path.write_text(changed, encoding="utf-8")
        return path

    return SimpleNamespace(
        path=nodes.path("nato"),
        held=base / "nato-japan-2023.yaml",
        wider=version("wider", (TYPES, TYPES.replace("grouping", "grouping, tool").replace("restricted", "confidential"))),
        less=version("less", (TYPES, TYPES.replace("restricted", "unclassified"))),
        bare=version("bare", (PROFILES, "redact: [drop-victim-identity]")),
        draft=version("draft", ("status: in-force", "status: draft")),
        limited=version("limited", (PROFILES, f"{PROFILES}\n      limit: {{count: 1, window: P1Y}}")),
        version=version,
    )  # fmt: skip


def state(path: Path) -> tuple[str, dict[str, str]]:
    """Return a digest of all tables, and of every other file of a node."""
    [database] = path.glob("*.db")
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as held:
        tables = hashlib.sha256("\n".join(held.iterdump()).encode()).hexdigest()
    others = [one for one in sorted(path.rglob("*")) if one.is_file() and not one.name.startswith(database.name)]
    return tables, {str(one.relative_to(path)): hashlib.sha256(one.read_bytes()).hexdigest() for one in others}


def changes(found, party: str = "jpn"):
    [one] = [one for one in found["parties"] if one["party"] == party]
    return one, {(each["way"], each["before"], each["after"]): each["objects"] for each in one["changes"]}


def test_a_wider_version_lets_more_go_and_says_which(node):
    one, turned = changes(told("programme", "impact", WORD, node.wider, node=node.path))
    assert turned == {("loosening", "withhold", "redact"): 6}
    assert (one["loosening"], one["tightening"], one["different"], one["unchanged"], one["objects"]) == (6, 0, 0, 4, 10)
    first = one["changes"][0]["examples"]
    assert len(first) == 3
    assert first[0] == {
        "object_id": stix_id("tool", 5),
        "title": "A tool",
        "label": AMBER,
        "area": "cyber",
        "kind": "tool",
        "supports": False,
        "before": "withhold",
        "after": "redact",
        "clauses_before": [],
        "clauses_after": ["r-cyber"],
        "why_before": "type-not-in-clause: kind is tool, needs indicator, malware, attack-pattern, observed-data, "
        "sighting, report, grouping under r-cyber",
        "why_after": "",
        "profiles_before": [],
        "profiles_after": ["drop-victim-identity", "drop-internal-ids"],
        "differs": [],
    }
    assert [example["why_before"].split(":")[0] for example in first[1:]] == ["level-above-clause"] * 2


def test_a_narrower_version_lets_less_go(node):
    one, turned = changes(told("programme", "impact", WORD, node.less, node=node.path))
    assert turned == {("tightening", "redact", "withhold"): 1, ("tightening", "hold", "withhold"): 1}
    [gone, held] = (each["examples"] for each in one["changes"])
    assert [example["object_id"] for example in (*gone, *held)] == [stix_id("indicator", 2), stix_id("indicator", 3)]


def test_there_and_back_is_the_same_the_other_way_round(node):
    there, _ = changes(told("programme", "impact", node.less, node.wider, node=node.path))
    back, _ = changes(told("programme", "impact", node.wider, node.less, node=node.path))
    assert (there["loosening"], there["tightening"]) == (back["tightening"], back["loosening"]) == (8, 0)
    assert there["unchanged"] == back["unchanged"]


def test_fewer_redactions_are_other_terms_that_show_more(node):
    one, turned = changes(told("programme", "impact", WORD, node.bare, node=node.path))
    assert turned == {("different", "redact", "redact"): 2, ("different", "hold", "hold"): 1}
    assert (one["shows_more"], one["differs"]) == (3, {"profiles": 3})
    words = done("programme", "impact", WORD, node.bare, node=node.path)
    assert "3 objects would go with fewer redactions than before" in words
    assert "no longer redacted  drop-internal-ids" in words


def test_loosening_is_printed_before_tightening(node):
    mixed = node.version("mixed", (TYPES, TYPES.replace("restricted", "confidential")), ("[indicator, malware, attack-pattern, observed-data, sighting", "[malware, attack-pattern, observed-data, sighting"), ("grouping], max_classification: confidential", "grouping, tool], max_classification: confidential"))  # fmt: skip
    words = done("programme", "impact", WORD, mixed, node=node.path)
    assert "less goes out  redacted  withheld" in words
    assert words.index("withheld -> redacted") < words.index("redacted -> withheld")
    assert words.index("more goes out  withheld") < words.index("less goes out  redacted")


def test_the_same_document_changes_nothing(node):
    found = told("programme", "impact", WORD, node.held, node=node.path)
    one, turned = changes(found)
    assert turned == {}
    assert one["outcomes"] == {"withhold -> withhold": 7, "hold -> hold": 1, "redact -> redact": 2}
    assert "Nothing would go differently." in done("programme", "impact", WORD, node.held, node=node.path)


def test_nothing_is_written(node):
    before = state(node.path)
    for new in (node.wider, node.less, node.limited, "nato-korea-2023"):
        done("programme", "impact", WORD, new, node=node.path)
    assert state(node.path) == before
    done("release", node=node.path)
    assert state(node.path) != before


def test_a_draft_is_taken_as_signed(node):
    one, turned = changes(told("programme", "impact", WORD, node.draft, node=node.path))
    assert (turned, one["unchanged"]) == ({}, 10)


def test_a_version_whose_term_is_over_lets_nothing_go_and_says_so(node):
    words = done("programme", "impact", WORD, node.wider, "--on", "2027-01-01", node=node.path)
    assert words.count("outside its term") == 2
    ended = node.version("ended", ("status: in-force", "status: terminated"))
    found = told("programme", "impact", WORD, ended, node=node.path)
    assert found["new"]["note"] == "status is terminated"
    assert changes(found)[0]["tightening"] == 3


def test_who_is_a_party_of_one_document_only_is_told(node):
    found = told("programme", "impact", WORD, "nato-korea-2023", node=node.path)
    assert [(one["party"], one["standing"]) for one in found["parties"]] == [("jpn", "leaves"), ("kor", "joins")]
    assert changes(found, "jpn")[0]["tightening"] == 3
    assert changes(found, "kor")[0]["loosening"] == 1
    words = done("programme", "impact", WORD, "nato-korea-2023", node=node.path)
    assert "jpn is a party of the old document only" in words
    assert "kor is a party of the new document only" in words
    only = told("programme", "impact", WORD, "nato-korea-2023", "--party", "kor", node=node.path)
    assert [one["party"] for one in only["parties"]] == ["kor"]


def test_what_was_sent_already_takes_no_place_in_a_new_limit(node):
    _, turned = changes(told("programme", "impact", WORD, node.limited, node=node.path))
    # Both indicators that Japan sees stay; the ledger's two sendings already fill the limit, as for any later finding.
    assert {key: count for key, count in turned.items() if key[0] != "different"} == {}


@pytest.mark.parametrize("batch", [2, 500])
def test_a_limit_holds_what_is_beyond_it_over_batches_and_with_what_was_sent(tmp_path, monkeypatch, batch):
    monkeypatch.setattr("foedus.node.impact.BATCH", batch)
    nodes = make_nodes(tmp_path)
    nodes.put("nato", bundle(*(indicator(number, name=f"One {number}") for number in range(1, 6))), AMBER)
    text = (tmp_path / "nato-japan-2023.yaml").read_text(encoding="utf-8")

    def held(count: int) -> list[str]:
        limited = tmp_path / "limited.yaml"
        limit = f"{PROFILES}\n      limit: {{count: {count}, window: P1Y}}"
        limited.write_text(text.replace(PROFILES, limit), encoding="utf-8")
        found = told("programme", "impact", WORD, limited, "--examples", 9, node=nodes.path("nato"))
        return [each["object_id"] for change in changes(found)[0]["changes"] for each in change["examples"]]

    assert held(2) == [stix_id("indicator", number) for number in (3, 4, 5)]
    assert held(5) == []
    nodes.release("nato")
    nodes.put("nato", bundle(indicator(6, name="One 6"), indicator(7, name="One 7")), AMBER)
    # Japan sees five, which stay whatever the limit; they leave room for one more under six, for none under five.
    assert held(6) == [stix_id("indicator", 7)]
    assert held(5) == [stix_id("indicator", 6), stix_id("indicator", 7)]


def test_a_release_under_the_new_version_does_what_was_foretold(tmp_path):
    nodes = make_nodes(tmp_path)
    nodes.put("nato", bundle(indicator(1, name="Goes")), OPEN)
    nodes.put("nato", bundle(indicator(2, name="Goes too"), stix("tool", 5, name="A tool")), AMBER)
    nodes.put("nato", bundle(indicator(3, name="Is held")), f"{AMBER} ORCON")
    nodes.put("nato", bundle(indicator(6, name="Higher")), SECRETIVE)
    held, new = tmp_path / "nato-japan-2023.yaml", tmp_path / "next.yaml"
    cards = [nodes.path(party) / "card.json" for party in ("nato", "jpn")]
    text = programmes.enrol(str(held), cards, version="1.2.0", on=date(2026, 6, 1)).decode()
    new.write_text(text.replace(TYPES, TYPES.replace("grouping", "tool").replace("restricted", "confidential")))
    one, turned = changes(told("programme", "impact", WORD, new, node=nodes.path("nato")))
    assert turned == {("loosening", "withhold", "redact"): 2}
    for party in ("nato", "jpn"):
        new.write_text(done("programme", "sign", new, node=nodes.path(party)))
    for party in ("nato", "jpn"):
        with nodes.open(party) as opened:
            assert programmes.accept(opened, str(new), TWO).in_force
    [run] = nodes.release("nato")
    went = {"goes": run.counts.release + run.counts.redact, "hold": run.counts.hold, "withhold": run.counts.withhold}
    foretold = {"goes": 0, "hold": 0, "withhold": 0}
    for turn, number in one["outcomes"].items():
        after = turn.split(" -> ")[1]
        foretold[after if after in foretold else "goes"] += number
    assert went == foretold == {"goes": 4, "hold": 1, "withhold": 0}


def test_a_support_is_told_with_its_head(tmp_path):
    nodes = make_nodes(tmp_path)
    with nodes.open("nato") as opened:
        low, high = (read_text(opened, words, opened.clock.now()) for words in (AMBER, SECRETIVE))
        support = Support(sample.stix(8), label=high)
        sample.put(opened.store, sample.arrival(sample.stix(7), label=low, owner="nato", supports=[support]))
    wider = tmp_path / "wider.yaml"
    text = (tmp_path / "nato-japan-2023.yaml").read_text(encoding="utf-8")
    wider.write_text(text.replace(TYPES, TYPES.replace("restricted", "confidential")), encoding="utf-8")
    one, turned = changes(told("programme", "impact", WORD, wider, node=nodes.path("nato")))
    assert turned == {("loosening", "withhold", "redact"): 1}
    [example] = one["changes"][0]["examples"]
    assert (example["object_id"], example["supports"], example["label"]) == (sample.stix(8).id, True, SECRETIVE)
    assert "supports another finding" in done("programme", "impact", WORD, wider, node=nodes.path("nato"))


def test_batches_change_nothing(node, monkeypatch):
    with Node.open(node.path) as opened:
        whole = compare(opened, WORD, str(node.wider), Asked(examples=100))
        monkeypatch.setattr("foedus.node.impact.BATCH", 2)
        seen: list[int] = []
        parts = compare(opened, WORD, str(node.wider), Asked(examples=100), lambda _step, done, _all: seen.append(done))
    assert parts.parties == whole.parties
    assert seen == [2, 4, 6, 8, 10]


@pytest.mark.parametrize(("examples", "shown"), [(0, 0), (1, 1), (50, 6)])
def test_as_many_examples_as_asked_for(node, examples, shown):
    found = told("programme", "impact", WORD, node.wider, "--examples", examples, node=node.path)
    assert len(changes(found)[0]["changes"][0]["examples"]) == shown
    assert changes(found)[0]["loosening"] == 6


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        ((WORD, "nothing"), 2, "programme-missing"),
        (("nothing", "nato-japan-2023"), 2, "programme-missing"),
        ((WORD, "nato-japan-2023", "--party", "aus"), 3, "party-unknown"),
        ((WORD, "nato-japan-2023", "--party", "nato"), 3, "party-unknown"),
        (("isac-charter", "isac-charter"), 2, "not-a-party"),
        ((WORD, "nato-japan-2023", "--examples", "-1"), 2, "--examples"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_code(node, args, code, word):
    assert word in refused("programme", "impact", *args, node=node.path, code=code)


def test_an_invalid_document_is_refused_with_its_findings(node):
    broken = node.version("broken", ("default: deny", "default: allow"))
    assert "P015" in refused("programme", "impact", WORD, broken, node=node.path, code=3)


def test_json_is_one_document_with_both_digests(node):
    found = json.loads(done("programme", "impact", WORD, node.wider, "--json", node=node.path))
    assert found["old"]["digest"] != found["new"]["digest"]
    assert found["old"]["digest"] == told("programme", "digest", node.held)["digest"]
    assert (found["old"]["name"], found["new"]["name"]) == (WORD, str(node.wider))
    assert found["findings"] == 10
