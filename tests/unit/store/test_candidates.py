from __future__ import annotations

import pytest
from tests.unit.store.sample import AMBER, PUBLIC, READER, VIEW, arrival, put, stix

from foedus.store import candidates as c
from foedus.store.objects import relabel
from foedus.store.views import Showing, add_view_rows, open_view

CLEAR = c.Predicate("(o.area = :p0) AND (f.tlp <= :p1)", {"p0": "cyber-area", "p1": 0}, "policy", "cyber-area")


def test_labels_that_cannot_be_covered_are_not_looked_at(stored):
    facets(stored)
    only = CLEAR._replace(sql="(1 = 1)", parameters={}, labels=("(f.tlp <= :p0)", {"p0": 0}))
    assert covered(stored, only) == covered(stored)


def facets(store, policy="policy"):
    """Facets as a policy would give them: here only the TLP counts."""
    with store.write() as tx:
        rows = [(one, 0 if one.label == PUBLIC else 2) for one in c.unfaceted(tx, policy)]
        c.put_facets(tx, policy, [c.Facet(one.label_id, one.owner, 0, tlp, 0, 0, 0, 0, 0, 2**62) for one, tlp in rows])
    return [(one.owner, one.label) for one, _ in rows]


@pytest.fixture
def stored(store):
    put(store, arrival(stix(1)), arrival(stix(2), label=AMBER), arrival(stix(3)), arrival(stix(4), label=None))
    with store.write() as tx:
        open_view(tx, VIEW, READER)
    return store


def covered(store, predicate=CLEAR, rooms=("cyber",), **more):
    with store.read() as read:
        return [held.object_id for held in c.candidates(read, predicate, rooms, VIEW, **more)]


def test_facets_are_asked_for_once_per_label_and_owner(stored):
    assert facets(stored) == [("jpn", PUBLIC), ("jpn", AMBER)]
    assert facets(stored) == []
    put(stored, arrival(stix(5), owner="kor"))
    assert facets(stored) == [("kor", PUBLIC)]
    assert len(facets(stored, "another policy")) == 3


def test_only_covered_findings_are_candidates(stored):
    assert covered(stored) == []
    facets(stored)
    assert covered(stored) == [stix(1).id, stix(3).id]
    assert covered(stored, rooms=("maritime",)) == []
    assert covered(stored, CLEAR._replace(area="other")) == []


def test_supports_are_no_candidates(stored):
    from foedus.model.finding import Support

    put(stored, arrival(stix(7), supports=[Support(stix(8), label=PUBLIC)]))
    facets(stored)
    assert covered(stored) == [stix(1).id, stix(3).id, stix(7).id]


def test_what_the_view_shows_is_left_out_until_relabelled_or_asked_again(stored):
    facets(stored)
    with stored.write() as tx:
        add_view_rows(tx, VIEW, [Showing(1)], 1)
    assert covered(stored) == [stix(3).id]
    assert covered(stored, which="all") == [stix(1).id, stix(3).id]
    with stored.write() as tx:
        relabel(tx, [1], AMBER, 9)
    assert covered(stored, CLEAR._replace(parameters={"p0": "cyber-area", "p1": 2})) == [
        stix(1).id,
        stix(2).id,
        stix(3).id,
    ]


def test_uncovered_names_rows_the_policy_no_longer_covers(stored):
    facets(stored)
    with stored.write() as tx:
        added = add_view_rows(tx, VIEW, [Showing(1), Showing(2), Showing(3)], 1)
    with stored.read() as read:
        assert list(c.uncovered(read, CLEAR, VIEW)) == [c.Uncovered(added[1], stix(2).id, stix(2).version, 2)]


def test_candidates_stream_over_many_batches_in_order(store):
    put(store, *[arrival(stix(n)) for n in range(1, 2_502)])
    with store.write() as tx:
        open_view(tx, VIEW, READER)
    facets(store)
    assert covered(store) == [stix(n).id for n in range(1, 2_502)]


def test_facets_of_old_policies_are_dropped(stored):
    facets(stored)
    facets(stored, "new")
    with stored.write() as tx:
        c.drop_facets(tx, ["new"])
    assert covered(stored) == []
    assert covered(stored, CLEAR._replace(policy_hash="new")) == [stix(1).id, stix(3).id]


def test_columns_are_those_the_release_predicate_names(stored):
    from foedus.release.facets import FACET_COLUMNS
    from foedus.release.predicate import OBJECT_COLUMNS

    names = [f"o.{name} IS NOT NULL" for name in OBJECT_COLUMNS] + [f"f.{name} IS NOT NULL" for name in FACET_COLUMNS]
    facets(stored)
    assert covered(stored, CLEAR._replace(sql=" AND ".join(names), parameters={})) == [stix(n).id for n in (1, 2, 3)]
    assert set(c.Facet._fields) == {"label_id", "owner", *FACET_COLUMNS}
