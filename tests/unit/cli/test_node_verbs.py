"""Verbs about the node itself and its programmes."""

from __future__ import annotations

import json
import stat

import pytest
from tests.unit.cli.conftest import WORD, done, refused, run, told

from foedus.node.home import Node


def test_init_makes_a_node_and_says_what_is_next(tmp_path):
    made = tmp_path / "nato"
    out = done("node", "init", made, "--party", "nato", "--programme", "nato-japan-2023", "--port", 9999)
    assert "https://127.0.0.1:9999" in out
    assert f"--node {made}" in out
    assert json.loads((made / "card.json").read_text())["party"] == "nato"
    assert stat.S_IMODE((made / "keys/sign.key").stat().st_mode) == 0o600


def test_init_tells_the_same_as_json(tmp_path):
    found = told("node", "init", tmp_path / "n", "--party", "nato", "--programme", "nato-japan-2023", "--name", "east")
    assert (found["party"], found["name"], found["programmes"]) == ("nato", "east", [WORD])


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (["--party", "nato", "--programme", "nothing"], 2, "nato-japan-2023"),
        (["--party", "xyz", "--programme", "nato-japan-2023"], 2, "parties: nato, jpn"),
        (["--party", "nato", "--programme", "nato-japan-2023", "--clock", "tomorrow"], 2, "RFC 3339"),
        (["--party", "nato"], 2, "--programme"),
        (["--party", "nato", "--programme", "nato-japan-2023", "--port", "x"], 2, "--port"),
    ],
)
def test_init_refuses_what_it_cannot_make(tmp_path, args, code, word):
    assert word in refused("node", "init", tmp_path / "n", *args, code=code)
    assert not (tmp_path / "n").exists()


def test_init_leaves_a_directory_with_something_in_it_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    assert "not empty" in refused("node", "init", tmp_path, "--party", "nato", "--programme", "nato-japan-2023")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_status_tells_programmes_holdings_and_ledgers(two):
    found = told("node", "status", node=two.nato)
    assert [(one["word"], one["in_force"]) for one in found["programmes"]] == [(WORD, True)]
    assert [(one["party"], one["area"], one["objects"]) for one in found["released"] if one["objects"]] == [
        ("jpn", "cyber", 3)
    ]
    assert {"name": "cyber", "findings": 5} in found["rooms"]
    [waits] = found["waits"]
    assert (waits["party"], waits["on_hold"], waits["without_receipt"], waits["recalls"]) == ("jpn", 1, 3, 0)
    words = done("node", "status", node=two.nato)
    assert "What waits" in words
    assert "What waits" not in done("node", "status", node=two.jpn)
    assert WORD in words
    assert "cyber: 5 findings" in words
    assert "127.0.0.1" in words


def test_the_current_directory_is_the_node_where_it_holds_one(fresh, monkeypatch):
    monkeypatch.chdir(fresh.jpn)
    assert told("node", "status")["party"] == "jpn"


def test_the_environment_names_the_node_and_the_option_goes_before_it(fresh):
    assert told("node", "status", env={"FOEDUS_NODE": str(fresh.jpn)})["party"] == "jpn"
    assert told("node", "status", node=fresh.nato, env={"FOEDUS_NODE": str(fresh.jpn)})["party"] == "nato"
    assert told("node", "status", "--node", fresh.nato, node=fresh.jpn)["party"] == "nato"


def test_the_card_is_printed_or_written(fresh, tmp_path):
    printed = json.loads(done("node", "card", node=fresh.nato))
    done("node", "card", "-o", tmp_path / "card.json", node=fresh.nato)
    assert json.loads((tmp_path / "card.json").read_text()) == printed
    assert told("node", "card", node=fresh.nato) == printed


def test_a_card_that_cannot_be_written_says_where(fresh, tmp_path):
    assert "nowhere" in refused("node", "card", "-o", tmp_path / "nowhere/card.json", node=fresh.nato)


def test_a_token_stands_alone_on_standard_output_and_is_revoked_by_name(fresh):
    result = run("node", "token", "opencti", node=fresh.nato)
    assert len(result.stdout.strip()) == 64
    assert "this once" in result.stderr
    assert told("node", "status", node=fresh.nato)["tools"] == ["opencti"]
    assert "opencti" in done("node", "revoke", "opencti", node=fresh.nato)
    assert "tool-unknown" in refused("node", "revoke", "opencti", node=fresh.nato)


def test_renew_issues_another_certificate(fresh):
    before = (fresh.nato / "keys/tls.pem").read_bytes()
    assert "good until" in done("node", "renew", node=fresh.nato)
    assert (fresh.nato / "keys/tls.pem").read_bytes() != before


def test_serve_refuses_plain_http_beyond_loopback(fresh):
    assert "loopback" in refused("node", "serve", "--plain", "0.0.0.0:8080", node=fresh.nato)


# Programmes.


def test_the_shipped_programmes_are_listed_by_name():
    names = [one["name"] for one in told("programme", "list")]
    assert "nato-japan-2023" in names
    assert all(name in done("programme", "list") for name in names)
    assert all(one["valid"] for one in told("programme", "check", "nato-new-zealand"))


def test_check_names_the_line_of_everything_that_is_wrong(tmp_path, fresh):
    broken = tmp_path / "broken.yaml"
    text = fresh.file.read_text(encoding="utf-8")
    broken.write_text(
        text.replace("default: deny", "default: allow").replace("combining: forbid-overrides", "combining: x"),
        encoding="utf-8",
    )
    result = run("programme", "check", broken, "nato-new-zealand")
    assert result.exit_code == 3
    lines = [line for line in result.stdout.splitlines() if line.startswith(f"{broken}:")]
    assert any("allow" in line or "P015" in line for line in lines)
    assert all(line.split(":")[1].isdigit() for line in lines[:-1])
    found = json.loads(run("programme", "check", broken, "--json").stdout)[0]["remarks"]
    assert len(lines) == len(found) + 1
    assert f"invalid: {sum(one['severity'] == 'error' for one in found)} errors" in lines[-1]
    assert any(line.startswith("nato-new-zealand: valid") for line in result.stdout.splitlines())


def test_check_reads_what_is_no_yaml_at_all(tmp_path):
    (tmp_path / "x.yaml").write_text("a: [")
    result = run("programme", "check", tmp_path / "x.yaml", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)[0]["remarks"][0]["code"] == "P001"


def test_an_invalid_programme_is_refused_with_all_findings(tmp_path, fresh):
    bad = tmp_path / "bad.yaml"
    bad.write_text(fresh.file.read_text(encoding="utf-8").replace("default: deny", "default: allow"), encoding="utf-8")
    said = refused("programme", "accept", bad, node=fresh.nato, code=3)
    assert f"{bad}:" in said
    assert "P015" in said


def test_digest_is_the_one_the_node_holds(fresh):
    found = done("programme", "digest", fresh.file).strip()
    assert found == told("programme", "digest", fresh.file)["digest"]
    assert [one["digest"] for one in told("programme", "show", node=fresh.nato)] == [found]


def test_schema_is_a_json_schema(tmp_path):
    done("programme", "schema", "-o", tmp_path / "schema.json")
    assert json.loads((tmp_path / "schema.json").read_text()) == json.loads(done("programme", "schema"))
    assert "$defs" in json.loads(done("programme", "schema", "--json"))


def test_diff_says_what_changed_and_which_way(fresh, tmp_path):
    new = tmp_path / "new.yaml"
    new.write_text(
        fresh.file.read_text(encoding="utf-8")
        .replace("version: 1.1.0", "version: 1.2.0")
        .replace("tlp_max: clear", "tlp_max: green"),
        encoding="utf-8",
    )
    changes = told("programme", "diff", fresh.file, new, "--on", "2026-06-01")
    assert changes
    assert {one["effect"] for one in changes} <= {"tightening", "loosening", "neutral"}
    words = done("programme", "diff", fresh.file, new, "--on", "2026-06-01")
    assert "loosening" in words
    assert "No differences" in done("programme", "diff", fresh.file, fresh.file)


def test_one_programme_is_shown_in_full(fresh):
    words = done("programme", "show", WORD, node=fresh.nato)
    assert all(part in words for part in ("Cyber defence", "r-cyber", "Japan", "in force"))
    assert told("programme", "show", WORD, node=fresh.nato)["document"]["id"].endswith(WORD)
    assert "this node holds" in refused("programme", "show", "other", node=fresh.nato)


def test_enrol_sign_accept_from_the_command_line_puts_it_in_force(tmp_path):
    file = tmp_path / "p.yaml"
    for party in ("nato", "jpn"):
        done(
            "node",
            "init",
            tmp_path / party,
            "--party",
            party,
            "--programme",
            "nato-japan-2023",
            "--clock",
            "2026-06-01T00:00:00Z",
        )
    cards = [tmp_path / party / "card.json" for party in ("nato", "jpn")]
    assert "2 nodes" in done(
        "programme", "enrol", "nato-japan-2023", *cards, "--version", "1.1.0", "--on", "2026-06-01", "-o", file
    )
    done("programme", "sign", file, "-o", file, node=tmp_path / "nato")
    assert "not signed by jpn" in done("programme", "accept", file, node=tmp_path / "nato")
    assert "not in force" not in done("programme", "show", node=tmp_path / "nato")
    refused("release", node=tmp_path / "nato", code=3)
    file.write_text(done("programme", "sign", file, node=tmp_path / "jpn"), encoding="utf-8")
    assert told("programme", "accept", file, node=tmp_path / "nato")["in_force"]
    with Node.open(tmp_path / "nato") as node:
        assert node.agreements.in_force(node.clock.now())


def test_a_card_that_is_none_is_refused(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    assert "foedus node card" in refused(
        "programme", "enrol", "nato-japan-2023", tmp_path / "x.json", "--version", "2.0.0"
    )
