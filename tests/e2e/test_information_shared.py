"""A campaign of posts reaches the partner as a case with its claim, and nothing of a post does; two parties, one claim."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.test_information import accounts, everything
from tests.information.pushed import ACCOUNTS, CLAIMS, lines, post, posts
from tests.node_pair import OPEN, make_nodes
from tests.unit.cli.conftest import done, told

from foedus.areas.information.cases import KIND
from foedus.areas.information.followed import KIND as UPTAKE
from foedus.areas.information.meaning import disarm, opencti_ids
from foedus.areas.information.meaning.counters import COLUMNS

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
    assert read(made.path("nato"), earlier) == {KIND: 1}
    rows = told("show", "--list", "--kind", KIND, node=made.path("nato"))
    [later] = {row["object_id"] for row in rows} - {before}
    grounds = done("label", "show", later, node=made.path("nato"))
    assert "information/claims/ours.toml" in grounds
    assert "no label" in grounds
    assert made.why("nato", later, "jpn").outcome == "withhold"
