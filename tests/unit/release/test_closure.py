"""Closing references: what drops, what is pruned, and that hidden and absent are the same."""

from __future__ import annotations

import numpy as np
import pytest

from foedus.model.stix import Reference, StixObject
from foedus.release.closure import OPTIONAL, REQUIRED, REQUIRED_LIST, close, edges_of


def stix(type, *paths, raw=b"{}"):
    return StixObject(
        raw, "", f"{type}--1", type, "2.1", references=tuple(Reference(p, f"t{n}") for n, p in enumerate(paths))
    )


def closed(visible, edges):
    source, target, kind = (
        np.array(column, dtype=t)
        for column, t in zip(zip(*edges, strict=True), (np.int64, np.int64, np.uint8), strict=True)
    )
    found = close(np.array(visible), source, target, kind)
    return list(np.flatnonzero(found.dropped)), list(found.pruned)


@pytest.mark.parametrize(
    ("obj", "kinds"),
    [
        (stix("relationship", "source_ref", "target_ref", "created_by_ref"), [REQUIRED, REQUIRED, OPTIONAL]),
        (stix("sighting", "sighting_of_ref", "where_sighted_refs/0"), [REQUIRED, OPTIONAL]),
        (stix("language-content", "object_ref"), [REQUIRED]),
        (stix("report", "object_refs/0", "object_refs/1", "created_by_ref"), [REQUIRED_LIST, REQUIRED_LIST, OPTIONAL]),
        (
            stix("network-traffic", "src_ref", "dst_ref", "encapsulates_refs/0"),
            [REQUIRED_LIST, REQUIRED_LIST, OPTIONAL],
        ),
        (stix("malware", "sample_refs/0"), [OPTIONAL]),
        (stix("malware-analysis", "analysis_sco_refs/0"), [REQUIRED_LIST]),
        (stix("malware-analysis", "analysis_sco_refs/0", raw=b'{"result":"benign"}'), [OPTIONAL]),
        (stix("email-message", "from_ref", "body_multipart/0/body_raw_ref"), [OPTIONAL, REQUIRED]),
        (stix("x-thing", "x_refs/0", "extensions/e/some_ref"), [OPTIONAL, OPTIONAL]),
    ],
)
def test_references_are_classed_by_type_and_property(obj, kinds):
    assert [edge.kind for edge in edges_of(obj)] == kinds


def test_a_drop_pulls_down_what_requires_it_along_a_chain():
    edges = [(1, 0, REQUIRED), (2, 1, REQUIRED), (3, 2, REQUIRED), (4, 3, OPTIONAL)]
    assert closed([False, True, True, True, True], edges) == ([1, 2, 3], [3])


def test_a_required_list_drops_its_object_only_when_all_of_it_is_gone():
    edges = [(2, 0, REQUIRED_LIST), (2, 1, REQUIRED_LIST), (3, 0, REQUIRED_LIST), (3, 0, REQUIRED_LIST)]
    assert closed([False, True, True, True], edges) == ([3], [0])
    assert closed([False, False, True, True], edges) == ([2, 3], [])


def test_absent_and_hidden_targets_are_the_same():
    hidden = closed([False, True, True], [(1, 0, REQUIRED), (2, 0, OPTIONAL)])
    absent = closed([False, True, True], [(1, -1, REQUIRED), (2, -1, OPTIONAL)])
    assert hidden == absent == ([1], [1])


def test_a_cycle_stands_while_all_of_it_is_seen_and_falls_together():
    ring = [(0, 1, REQUIRED), (1, 2, REQUIRED), (2, 0, REQUIRED), (2, 3, REQUIRED)]
    assert closed([True] * 4, ring) == ([], [])
    assert closed([True, True, True, False], ring) == ([0, 1, 2], [])


def test_nothing_to_close_changes_nothing():
    none = np.array([], dtype=np.int64)
    found = close(np.array([True, False]), none, none, none.astype(np.uint8))
    assert (found.dropped.sum(), len(found.pruned)) == (0, 0)
