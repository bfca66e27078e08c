"""MISP at the door: every part with its own handling."""

from __future__ import annotations

import orjson
import pytest

from foedus.model.finding import Seen

A, B = "0c5d1c00-0000-4000-8000-00000000000a", "0c5d1c00-0000-4000-8000-00000000000b"


def attribute(number: int, value: str, **more) -> dict:
    return {"uuid": f"0c5d1c00-0000-4000-8000-{number:012d}", "type": "domain", "category": "Network activity", "value": value,
            "to_ids": True, "timestamp": "1779937200", "distribution": "5"} | more  # fmt: skip


def event(*attributes: dict, **more) -> dict:
    return {"Event": {"uuid": A, "info": "架空", "date": "2026-05-28", "timestamp": "1779937200", "published": True,
                      "distribution": "3", "Attribute": list(attributes)} | more}  # fmt: skip


def rows(records) -> list[dict]:
    return [row for batch in records.scan() for row in batch.to_pylist()]


def handling(records, name: str) -> set[tuple]:
    return {
        (row["distribution"], tuple(row["organisations"]), row["tlp"])
        for row in rows(records)
        if name.encode() in row["raw"] and row["type"] in {"domain-name", "indicator"}
    }


def test_every_part_carries_its_own_effective_handling(take):
    group = {"uuid": B, "name": "g", "SharingGroupOrg": [{"Organisation": {"uuid": A, "name": "x"}}]}
    held, refused = take(
        orjson.dumps(
            event(
                attribute(1, "a.example"),
                attribute(2, "b.example", distribution="0"),
                attribute(3, "c.example", distribution="4", SharingGroup=group, Tag=[{"name": "tlp:red"}]),
                Tag=[{"name": "tlp:green"}],
            )
        )
    )
    assert refused == []
    assert handling(held, "a.example") == {(3, (), "green")}
    assert handling(held, "b.example") == {(0, (), "green")}
    assert handling(held, "c.example") == {(4, (A,), "red")}


def test_an_event_without_distribution_reaches_nobody_else(take):
    bare = event(attribute(1, "a.example"))["Event"]
    del bare["distribution"]
    held, _ = take(orjson.dumps(bare))
    assert {row["distribution"] for row in rows(held)} == {0}


@pytest.mark.parametrize(
    ("wrap", "pointers"),
    [
        (lambda one, two: [one, two], ["/0/Event", "/1/Event"]),
        (lambda one, two: {"response": [one, two]}, ["/response/0/Event", "/response/1/Event"]),
        (lambda one, two: one, ["/Event"]),
        (lambda one, two: one["Event"], ["/"]),
    ],
)
def test_every_container_of_events_is_read(take, wrap, pointers):
    held, refused = take(orjson.dumps(wrap(event(attribute(1, "a.example")), event(attribute(2, "b.example"), uuid=B))))
    assert refused == []
    assert list(dict.fromkeys(row["pointer"] for row in rows(held))) == pointers
    assert {row["format"] for row in rows(held)} == {"misp"}


@pytest.mark.parametrize("wrap", [lambda parts: parts, lambda parts: {"response": parts}])
def test_a_broken_event_does_not_cost_the_others(take, wrap):
    broken = event({"type": "domain"})
    held, refused = take(
        orjson.dumps(wrap([event(attribute(1, "a.example")), broken, event(attribute(2, "b.example"), uuid=B)]))
    )
    assert {b"a.example" in row["raw"] or b"b.example" in row["raw"] for row in rows(held)} >= {True}
    assert {name for name in ("a.example", "b.example") for row in rows(held) if name.encode() in row["raw"]} == {
        "a.example",
        "b.example",
    }
    (row,) = refused
    assert "/1/Event/Attribute/0/value" in row["where"]
    assert row["code"] == "misp-malformed"


def test_an_event_that_is_too_large_is_refused(take):
    held, refused = take(
        orjson.dumps(event(*(attribute(n, f"a{n}.example") for n in range(100)))), max_event_bytes=1_000
    )
    assert rows(held) == []
    assert [row["code"] for row in refused] == ["json-too-large"]


@pytest.mark.parametrize("where", ["attribute", "event", "nowhere"])
def test_what_its_maker_does_not_want_correlated_is_not(conclude, where):
    value = attribute(1, "a.example", disable_correlation=where == "attribute")
    raw = orjson.dumps(event(value, disable_correlation="1" if where == "event" else "0"))
    seen = {("domain-name", "a.example"): (Seen("other", "indicator--" + B, "f" * 64),)}
    findings, _ = conclude(raw, seen=seen)
    assert any(finding.kind == "both-see-it" for finding in findings) is (where == "nowhere")


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("long_event", 1_000), ("very_long_event", 200), ("existing_event", 400), ("galaxy_1", 40), ("sighting_1", 20), ("japanese_test", 4),
        ("japanese_test_heavy", 10), ("mainly_objects_1", 100), ("57c4445b-c548-4654-af0b-4be3950d210f", 20), ("proposals", 5),
        ("test_attributes_collection_1", 5), ("test_events_collection_1", 8), ("test_objects_collection_1", 20), ("test_event1_stix21", 9),
    ],
)  # fmt: skip
def test_real_events_come_in_whole(take, conclude, shared, name, found):
    raw = shared(f"data/cyber/misp_events/{name}.json").read_bytes()
    held, refused = take(raw)
    assert refused == []
    assert len(rows(held)) >= found
    assert len(conclude(raw)[0]) == len(rows(held))


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["git-vuln-finder-quagga", "sharing_groups"])
def test_json_of_others_is_refused_with_its_place(take, shared, name):
    held, refused = take(shared(f"data/cyber/misp_events/{name}.json").read_bytes())
    assert rows(held) == []
    assert [(row["where"], row["code"]) for row in refused] == [("byte 0", "format-unknown")]
