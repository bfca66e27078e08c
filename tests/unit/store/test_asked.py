"""Questions of partners are counted in sliding windows; what was learnt stays."""

from __future__ import annotations

import pytest
from tests.unit.store.sample import arrival, put, stix

from foedus.errors import StoreError
from foedus.model.finding import Key
from foedus.store import values
from foedus.store.asked import DAY_US, HOUR_US, Asked, Learnt, keep_asked, keep_learnt, learnt_of, used, was_asked
from foedus.store.findings import newer_than

NOW = 10 * DAY_US


def ask(store, session: bytes, at_us: int, *, peer: str = "jpn", area: str = "cyber", points: int = 64) -> None:
    with store.write() as tx:
        keep_asked(tx, Asked(peer, session, area, at_us, points))


def test_sessions_count_for_an_hour_and_points_for_a_day(store):
    ask(store, b"a", NOW, points=128)
    ask(store, b"b", NOW, area="maritime")
    ask(store, b"a", NOW, peer="kor")
    with store.read() as read:
        assert used(read, "jpn", "cyber", NOW) == (1, 128)
        assert used(read, "jpn", "cyber", NOW + HOUR_US - 1) == (1, 128)
        assert used(read, "jpn", "cyber", NOW + HOUR_US) == (0, 128)
        assert used(read, "jpn", "cyber", NOW + DAY_US) == (0, 0)
        assert used(read, "nato", "cyber", NOW) == (0, 0)


def test_a_session_is_known_for_a_day_and_then_forgotten(store):
    ask(store, b"a", NOW)
    ask(store, b"b", NOW + DAY_US - 1)
    with store.read() as read:
        assert was_asked(read, "jpn", b"a", NOW + DAY_US - 1)
        assert not was_asked(read, "jpn", b"a", NOW + DAY_US)
        assert not was_asked(read, "kor", b"a", NOW)
    ask(store, b"c", NOW + DAY_US)
    with store.read() as read:
        known = [was_asked(read, "jpn", session, NOW + DAY_US) for session in (b"a", b"b", b"c")]
        assert known == [False, True, True]


def test_a_session_is_counted_once(store):
    ask(store, b"a", NOW)
    with pytest.raises(StoreError):
        ask(store, b"a", NOW)


def test_what_was_learnt_is_kept_by_peer_and_area_newest_first(store):
    def learnt(peer: str, session: bytes, at_us: int, norm: str, asker: str = "nato") -> Learnt:
        return Learnt(peer, asker, session, "urn:x", "cyber", at_us, "domain-name", norm)

    first, second = learnt("jpn", b"a", 1, "a.example"), learnt("jpn", b"b", 2, "b.example")
    with store.write() as tx:
        keep_learnt(tx, [first, learnt("kor", b"c", 3, "c.example")])
        # A partner may name its session as this node named one of its own.
        keep_learnt(tx, [second, learnt("jpn", b"a", 1, "a.example", asker="jpn")])
    with store.read() as read:
        assert learnt_of(read, "jpn", "cyber")[0] == second
        assert len(learnt_of(read, "jpn", "cyber")) == 3
        assert learnt_of(read, "jpn", "maritime") == []


def test_telling_values_are_own_and_not_warned_whatever_others_hold(store):
    own, theirs, common = Key("domain", "own"), Key("domain", "theirs"), Key("domain", "common")
    warned = Key("domain", "warned", warned=("list",))
    placed = put(store, arrival(stix(1), own, common, warned), arrival(stix(2), theirs, owner="nato"))
    placed += put(store, arrival(stix(3, 1), own))
    seqs = [one.seq for one in placed]
    telling = {("domain", "own"): [seqs[0], seqs[2]], ("domain", "common"): [seqs[0]]}
    with store.read() as read:
        assert values.telling(read, seqs, "jpn") == telling
        assert values.telling(read, seqs[1:2], "nato") == {("domain", "theirs"): [seqs[1]]}
        assert values.telling(read, [], "jpn") == {}
    put(store, *[arrival(stix(n), common) for n in range(10, 110)])
    with store.read() as read:
        assert values.telling(read, seqs, "jpn") == telling


def test_newer_versions_are_those_of_the_same_owner(store):
    placed = put(
        store, arrival(stix(1, 1)), arrival(stix(1, 2)), arrival(stix(1, 3), owner="nato"), arrival(stix(2, 1))
    )
    first, second, *_ = (one.seq for one in placed)
    with store.read() as read:
        assert newer_than(read, [one.seq for one in placed]) == {first: [second]}


def test_holders_of_a_shared_value_are_one_partys_documents_and_common_ones_say_nothing(store):
    few, often, warned = Key("domain", "few"), Key("domain", "often"), Key("domain", "warned", warned=("list",))
    own = put(store, arrival(stix(1), few, often, warned))[0].seq
    theirs = put(store, arrival(stix(2), few, warned, owner="nato"))[0].seq
    put(store, *(arrival(stix(n), few) for n in range(300, 420)))
    put(store, *(arrival(stix(n), often, owner="nato") for n in range(500, 601)))
    with store.read() as read:
        assert values.held_by(read, [own], "nato") == [(own, theirs)]
        assert values.held_by(read, [own], "kor") == []
