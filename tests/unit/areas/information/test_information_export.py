"""A case as a network: aggregates of three accounts and more, whoever wrote the case and whatever it says."""

from __future__ import annotations

import json

import pytest

from foedus.areas.information.few import K
from foedus.areas.information.meaning.extensions import CASE
from foedus.areas.information.network import network
from foedus.model import stix
from foedus.model.finding import Finding

DATED = {"created": "2026-05-18T00:00:00.000Z", "modified": "2026-05-18T00:00:00.000Z"}


def case(**said) -> Finding:
    head = {
        "type": "incident",
        "spec_version": "2.1",
        "id": "incident--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a00",
        "name": "case",
    }
    raw = json.dumps(head | DATED | {"extensions": {CASE: {"extension_type": "property-extension", **said}}}).encode()
    return Finding("information", "coordination", stix.read(raw), ())


def of(accounts=7, shared=(5, 7), **more):
    one = {
        "kind": "page",
        "number": 1,
        "accounts": shared[0],
        "records": shared[1],
        "first": "2026-05-18T10:59:59.000Z",
    }
    return network(case(coordination={"accounts": accounts}, shared=[one], **more))


@pytest.mark.parametrize("size", range(30))
def test_nothing_below_three_is_there_and_two_exports_differ_by_three_and_more(size):
    held = [of(accounts=size), of(accounts=size + 1), of(shared=(size, 30)), of(shared=(30, size))]
    counts = [value for net in held for one in (*net.vertices, *net.ties) for value in one.values.values()]
    assert [one for one in counts if isinstance(one, int) and (one < K or one % K)] == []
    assert bool(held[0].ties) == (size >= K)
    assert bool(held[2].ties) == bool(held[3].ties) == (size >= K)


def test_group_objects_claims_and_techniques_are_tied():
    claims, techniques = [{"claim": "The cable was cut.", "language": "en"}], [{"technique": "T0049", "name": "Flood"}]
    held = of(claims=claims, techniques=techniques)
    assert [one.kind for one in held.vertices] == ["group", "page", "claim", "technique"]
    assert {one.source for one in held.ties} == {"group"}
    assert held.ties[0].values == {"accounts": 3, "records": 6, "first": "2026-05-18T10:00:00.000Z"}


@pytest.mark.parametrize("said", [
    {}, {"coordination": 7}, {"coordination": {"accounts": "7"}}, {"coordination": {"accounts": -7}}, {"shared": 3},
    {"coordination": {"accounts": True}}, {"coordination": {"accounts": 10**30}},
])  # fmt: skip
def test_what_tells_of_no_group_is_no_network(said):
    assert network(case(**said)).vertices == ()


@pytest.mark.parametrize(
    "shared", [7, ["x"], [{"kind": 1}], [{"kind": "page", "number": "1", "accounts": 3, "records": 3}]]
)
def test_what_is_not_as_it_should_be_is_left_out(shared):
    assert network(case(coordination={"accounts": 6}, shared=shared)).ties == ()


def test_what_is_no_case_ties_nothing():
    head = json.dumps(
        {"type": "note", "spec_version": "2.1", "id": "note--7b1d6a52-93f4-5f0e-8a6c-61c2f2b90a00", "content": "x"}
    )
    raw = json.dumps(json.loads(head) | DATED | {"object_refs": []}).encode()
    assert network(Finding("information", "note", stix.read(raw), ())).vertices == ()
