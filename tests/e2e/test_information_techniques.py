"""What ties a case to a technique goes to the partner where the programme lets the technique go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.e2e.test_information import everything
from tests.e2e.test_information_shared import read
from tests.information.pushed import posts
from tests.node_pair import OPEN, make_nodes
from tests.unit.cli.conftest import told

from foedus.areas.information.cases import KIND
from foedus.areas.information.meaning import disarm, opencti_ids
from foedus.programme.packaged import read_shipped

pytestmark = pytest.mark.e2e
COPYPASTA = disarm.technique("T0084.001")
DATED = {"spec_version": "2.1", "created": "2024-11-22T16:43:58.102607Z"}
STATEMENT = DATED | {
    "type": "marking-definition", "id": "marking-definition--f79f25d2-8b96-4580-b169-eb7b613a7c31",
    "definition_type": "statement", "definition": {"statement": "CC-BY-SA-4.0 DISARM Foundation"},
}  # fmt: skip
TECHNIQUE = DATED | {
    "type": "attack-pattern", "id": COPYPASTA.stix_id, "modified": DATED["created"], "name": COPYPASTA.name,
    "object_marking_refs": [STATEMENT["id"]], "kill_chain_phases": [{"kill_chain_name": "mitre-attack", "phase_name": "x"}],
    "external_references": [{"source_name": "mitre-attack", "url": "https://disarm.example/T0084.001", "external_id": "T0084.001"}],
}  # fmt: skip


def programme(directory: Path) -> str:
    """The Japan programme, with DISARM's statement mapped and its objects among those that may go."""
    text = read_shipped("nato-japan-2023").decode()
    mapped = text.replace("  markings: ", f"  markings: \n    {STATEMENT['id']}: statement #", 1)
    let = mapped.replace(
        "object_types: [incident, campaign,", "object_types: [incident, attack-pattern, marking-definition, campaign,"
    )
    assert mapped != text
    assert let != mapped
    path = directory / "with-techniques.yaml"
    path.write_text(let, encoding="utf-8")
    return str(path)


def test_a_relationship_to_a_technique_goes_where_the_programme_lets_the_technique_go(tmp_path):
    made = make_nodes(tmp_path / "nodes", {programme(tmp_path): ("nato", "jpn")})
    copy = json.loads(disarm.normalised(json.dumps(TECHNIQUE).encode()))
    bundle = {"type": "bundle", "id": disarm.BUNDLE, "objects": [STATEMENT, copy]}
    (tmp_path / "disarm.json").write_text(json.dumps(bundle), encoding="utf-8")
    told("ingest", "information", tmp_path / "disarm.json", "--label", OPEN, node=made.path("nato"))
    assert read(made.path("nato"), posts()) == {KIND: 1}
    made.release("nato")
    with made.serving("nato"):
        made.pull("jpn")
    [case] = told("show", "--list", "--kind", KIND, node=made.path("jpn"))
    link = opencti_ids.relationship("uses", case["object_id"], COPYPASTA.stix_id).encode()
    arrived = everything(made.path("jpn"))
    assert [one for one in (link, b"DISARM original") if one not in arrived] == []
