from __future__ import annotations

import json

import msgspec
import pytest
from tests.unit.store.sample import AMBER, PUBLIC, arrival, put, stix

from foedus.model.finding import About, Key, Place, Support
from foedus.model.instant import from_us
from foedus.store import findings
from foedus.store.objects import put_findings, relabel
from foedus.store.values import holders


def test_bytes_come_back_as_they_came(store):
    item = stix(text="é 日本 \\u0000 1.10")
    (placed,) = put(store, arrival(item))
    with store.read() as read:
        held = findings.finding_of(read, placed.seq)
    assert held.raw == item.raw
    assert held.sha256.hex() == item.sha256


def test_columns_of_a_finding_come_back(store):
    about = About(
        "gap",
        "Gap",
        urgency=2,
        confidence=70,
        from_at=from_us(10),
        places=(Place(1.5, 2.0, 3.0),),
        contains=("personal-data",),
    )
    (placed,) = put(store, arrival(stix(), about=about, label=AMBER))
    with store.read() as read:
        held = findings.finding_of(read, placed.seq)
    assert (held.title, held.urgency, held.confidence, held.from_us, held.to_us) == ("Gap", 2, 70, 10, None)
    assert held.places == (Place(1.5, 2.0, 3.0),)
    assert held.contains == ("personal-data",)
    assert held.because == ("source:a",)
    assert held.label == AMBER
    assert (held.head, held.document, held.revoked) == (True, True, False)


def test_same_import_twice_adds_nothing(store):
    batch = [arrival(stix(n), Key("ipv4", f"192.0.2.{n}")) for n in range(1, 30)]
    first = put(store, *batch)
    sizes = _row_counts(store)
    again = put(store, *batch)
    assert {placed.outcome for placed in first} == {"new"}
    assert {placed.outcome for placed in again} == {"same"}
    assert [placed.seq for placed in again] == [placed.seq for placed in first]
    assert _row_counts(store) == sizes


def test_same_object_twice_in_one_batch_is_one(store):
    first, second = put(store, arrival(stix()), arrival(stix()))
    assert (first.outcome, second.outcome) == ("new", "same")
    assert first.seq == second.seq


def test_versions_are_all_kept_and_the_newest_is_current(store):
    outcomes = [put(store, arrival(stix(version=v)))[0].outcome for v in (5, 9, 7)]
    assert outcomes == ["new", "newer", "older"]
    with store.read() as read:
        versions = findings.versions_of(read, stix().id)
        current = findings.find(read, findings.FindingQuery())
    assert [held.version_ns for held in versions] == [9, 7, 5]
    assert [held.version_ns for held in current] == [9]


@pytest.mark.parametrize("together", [True, False])
def test_other_content_under_one_version_is_a_conflict_and_not_stored(store, together):
    first, second = stix(text="a"), stix(text="b")
    placed = (
        put(store, arrival(first), arrival(second))
        if together
        else put(store, arrival(first)) + put(store, arrival(second))
    )
    assert [one.outcome for one in placed] == ["new", "conflict"]
    assert placed[1].held_sha256 == first.sha256
    with store.read() as read:
        assert [held.raw for held in findings.versions_of(read, first.id)] == [first.raw]
        assert findings.blob_of(read, bytes.fromhex(second.sha256)) is None


def test_what_another_party_handed_over_is_no_conflict_with_what_this_one_does(store):
    sent = [
        arrival(stix(text=text))._replace(source=source)
        for text, source in (
            ("a", "peer:kor"),
            ("a", "submit:jpn"),
            ("b", "peer:jpn"),
            ("a", "peer:jpn"),
            ("a", "a file"),
        )
    ]
    placed = [one for each in sent for one in put(store, each)]
    # The same party by another way is the same party.
    assert [one.outcome for one in placed] == ["new", "newer", "conflict", "same", "newer"]
    assert len({one.seq for one in placed}) == 3


def test_conflict_brings_no_support_and_no_value(store):
    put(store, arrival(stix(text="a")))
    other = arrival(stix(text="b"), Key("ipv4", "192.0.2.1"), supports=[Support(stix(2))])
    assert put(store, other)[0].supports == ()
    with store.read() as read:
        assert holders(read, "ipv4", "192.0.2.1") is None
        assert findings.resolve(read, [stix(2).id]) == {}


def test_other_spelling_of_the_same_content_is_the_same(store):
    item = stix()
    spelled = json.dumps(json.loads(item.raw), indent=1, sort_keys=True).encode()
    put(store, arrival(item))
    (placed,) = put(store, arrival(msgspec.structs.replace(item, raw=spelled, sha256="ab" * 32)))
    assert placed.outcome == "same"
    assert placed.held_sha256 == item.sha256


def test_other_content_under_an_id_without_version_is_a_further_version(store):
    first, second = stix(version=-1, text="a", type="file"), stix(version=-1, text="b", type="file")
    placed = put(store, arrival(first), arrival(second), arrival(first))
    assert [one.outcome for one in placed] == ["new", "newer", "same"]
    with store.read() as read:
        assert [held.raw for held in findings.versions_of(read, first.id)] == [second.raw, first.raw]


def test_one_owner_does_not_collide_with_another(store):
    mine, theirs = put(store, arrival(stix(text="a"), owner="jpn"), arrival(stix(text="b"), owner="kor"))
    assert (mine.outcome, theirs.outcome) == ("new", "new")
    with store.read() as read:
        assert [held.owner for held in findings.versions_of(read, stix().id, "kor")] == ["kor"]


def test_supports_are_linked_and_shared(store):
    shared = Support(stix(9, type="identity"), label=AMBER)
    first, second = put(store, arrival(stix(1), supports=[shared]), arrival(stix(2), supports=[shared]))
    assert [one.supports[0].outcome for one in (first, second)] == ["new", "same"]
    seq = first.supports[0].seq
    with store.read() as read:
        assert findings.supports_of(read, [first.seq, second.seq]) == {first.seq: [seq], second.seq: [seq]}
        held = findings.finding_of(read, seq)
        assert (held.head, held.kind, held.title, held.label) == (False, "identity", "identity 9", AMBER)
        assert seq not in [found.seq for found in findings.find(read, findings.FindingQuery())]


def test_a_support_that_arrives_as_a_finding_becomes_one(store):
    item = stix(9, type="identity")
    (placed,) = put(store, arrival(stix(1), supports=[Support(item)]))
    (again,) = put(store, arrival(item, about=About("identity", "Title")))
    assert again.seq == placed.supports[0].seq
    with store.read() as read:
        held = findings.finding_of(read, again.seq)
    assert (held.head, held.title) == (True, "Title")


def test_relabel_changes_the_label_and_nothing_else(store):
    (placed,) = put(store, arrival(stix()))
    with store.write() as tx:
        relabel(tx, [placed.seq], AMBER, 9_000)
    with store.read() as read:
        held = findings.finding_of(read, placed.seq)
        assert (held.label, held.labelled_us, held.raw) == (AMBER, 9_000, stix().raw)
        assert findings.label_of(read, held.label_id) == AMBER


def test_equal_labels_are_kept_once(store):
    put(store, *[arrival(stix(n), label=PUBLIC) for n in range(1, 6)])
    assert _row_counts(store)["label"] == 1


def test_pages_of_findings_filter_and_do_not_overlap(store):
    put(store, *[arrival(stix(n, type="malware" if n % 2 else "indicator")) for n in range(1, 12)])
    with store.read() as read:
        query = findings.FindingQuery(limit=4, kind="malware")
        first = findings.find(read, query)
        second = findings.find(read, msgspec.structs.replace(query, before_seq=first[-1].seq))
        nothing = findings.find(read, msgspec.structs.replace(query, room="maritime"))
    seqs = [held.seq for held in first + second]
    assert seqs == sorted(set(seqs), reverse=True)
    assert (len(first), len(second), nothing) == (4, 2, [])


def test_resolve_names_the_current_version_of_known_objects(store):
    placed = put(store, arrival(stix(1, 5)), arrival(stix(1, 3)), arrival(stix(2)))
    with store.read() as read:
        assert findings.resolve(read, [stix(1).id, stix(2).id, "x--1"]) == {
            stix(1).id: placed[0].seq,
            stix(2).id: placed[2].seq,
        }
        assert findings.newest_seq(read) == 3


def test_corroborations_are_kept_once_a_pair_and_read_from_both_sides(store):
    a, b, c = (placed.seq for placed in put(store, *[arrival(stix(n)) for n in (1, 2, 3)]))
    with store.write() as tx:
        findings.keep_match(tx, b, a, 0.5, "near", 1)
        findings.keep_match(tx, a, b, 0.75, "nearer", 2)
        findings.keep_match(tx, c, b, 0.9, "same ship", 3)
    with store.read() as read:
        assert [(one.a_seq, one.b_seq, one.score) for one in findings.matches_of(read, b)] == [
            (b, c, 0.9),
            (a, b, 0.75),
        ]
        assert [one.why for one in findings.matches_of(read, a)] == ["nearer"]


def test_an_exception_in_the_transaction_leaves_nothing(store):
    with pytest.raises(RuntimeError), store.write() as tx:
        put_findings(tx, [arrival(stix())], 1)
        raise RuntimeError
    assert set(_row_counts(store).values()) == {0}


def _row_counts(store):
    tables = ("blob", "finding", "label", "label_use", "support", "value", "occurrence")
    with store.read() as read:
        return {name: read.connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() for name in tables}
