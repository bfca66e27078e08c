"""ATT&CK techniques of an actor, counted."""

from __future__ import annotations

import io

import orjson
import pytest

from foedus.areas.cyber.techniques import Technique, techniques
from foedus.engine.run import records_from
from foedus.model import stix
from foedus.model.finding import Finding

T = "2026-05-01T00:00:00.000Z"


def made(type_: str, number: int, **more):
    obj = {
        "type": type_,
        "spec_version": "2.1",
        "id": f"{type_}--0c5d1c00-0000-4000-8000-{number:012d}",
        "created": T,
        "modified": T,
    }
    return stix.read(orjson.dumps(obj | more))


def pattern(number: int, **more):
    return made(
        "attack-pattern",
        number,
        name=f"P{number}",
        external_references=[{"source_name": "mitre-attack", "external_id": f"T{number:04d}"}],
        **more,
    )


def relation(number: int, source, verb: str, target, **more):
    return made("relationship", number, relationship_type=verb, source_ref=source.id, target_ref=target.id, **more)


ACTOR, OTHER = made("intrusion-set", 1, name="A"), made("intrusion-set", 2, name="B")


def test_techniques_are_counted_by_relationship_and_only_the_actors_own():
    one, two = pattern(1), pattern(2)
    held = (one, two, relation(1, ACTOR, "uses", one), relation(2, ACTOR, "uses", two), relation(3, ACTOR, "uses", two),
            relation(4, OTHER, "uses", one), relation(5, ACTOR, "mentions", one), relation(6, ACTOR, "uses", one, revoked=True))  # fmt: skip
    assert techniques(ACTOR.id, held) == (Technique("T0002", "P2", 2), Technique("T0001", "P1", 1))


def test_a_revoked_technique_counts_for_its_heir_and_a_circle_ends():
    old, new = pattern(1, revoked=True), pattern(2, x_mitre_deprecated=True)
    held = (old, new, relation(1, ACTOR, "uses", old), relation(2, old, "revoked-by", new))
    assert techniques(ACTOR.id, held) == (Technique("T0002", "P2", 1, ("deprecated",)),)
    assert len(techniques(ACTOR.id, (*held, relation(3, new, "revoked-by", old)))) == 1


def test_what_the_reader_does_not_hold_is_not_counted():
    assert techniques(ACTOR.id, (relation(1, ACTOR, "uses", pattern(1)),)) == ()


@pytest.mark.shared_data
def test_a_real_group_shows_its_techniques(cyber, shared):
    raw = shared("data/cyber/attack/ics-attack-18.1.json.zst").read_bytes()
    records = records_from(cyber.ingest(io.BytesIO(raw), settings={}), "s")
    objects = [stix.read(one.as_py()) for batch in records.scan() for one in batch["raw"]]
    group = next(one for one in objects if one.name == "Sandworm Team")
    finding = Finding("cyber", group.type, group, ("source:s",), document=True)
    table = next(pane for pane in cyber.show(finding, objects).panes if getattr(pane, "title", "") == "Techniques")
    uses = [
        one for one in objects if one.type == "relationship" and b'"uses"' in one.raw and group.id.encode() in one.raw
    ]
    named = {
        one
        for relationship in uses
        for one in (reference.target for reference in relationship.references)
        if one.startswith("attack-pattern")
    }
    assert len(table.rows) == len(named) == 3
    assert all(row[0].startswith("T") for row in table.rows)
