"""What the node remembers of recalls, and what it asks of them."""

from __future__ import annotations

import pytest
from tests.unit.store.sample import arrival, put, stix

from foedus.model.entry import LogInfo
from foedus.store import erase, evidence, recalls
from foedus.store.recalls import Answer, Recall, Sending

OWN, OTHER, THEIRS, THIRD = "p|nato|jpn", "q|nato|jpn", "p|jpn|nato", "p|kor|nato"
SHA = bytes.fromhex(stix(1).sha256)


@pytest.fixture
def logs(store):
    with store.write() as tx:
        for name in (OWN, OTHER, THEIRS, THIRD):
            programme, sender, recipient = name.split("|")
            tx.logs.open_log(LogInfo(name, f"of {name}", programme, sender, recipient, own=sender == "nato"))
    return store


def keep(store, name=OWN, seq=9, *sendings, at_us=1_000):
    programme, sender, recipient = name.split("|")
    kept = Recall(
        name, programme, sender, recipient, sender == "nato", seq, "cyber", "x--1", ("1",), "wrong", at_us, 2_000
    )
    with store.write() as tx:
        recalls.keep(tx, kept, [Sending(one, "x--1", "1", SHA) for one in sendings or (3,)])
    return kept


def test_a_recall_reads_back_with_its_answer(logs):
    kept = keep(logs)
    with logs.write() as tx:
        assert (recalls.recalls(tx), recalls.recall_at(tx, OWN, 9), recalls.unanswered(tx)) == ([kept], kept, [kept])
        recalls.answer(tx, OWN, 9, Answer(5, 1_500, "cannot", "other-source", ("kor",)))
        found = recalls.recall_at(tx, OWN, 9)
        assert recalls.unanswered(tx) == []
    assert (found.result, found.code, found.passed_on, found.answered_us) == ("cannot", "other-source", ("kor",), 1_500)


def test_recalls_of_an_object_come_newest_first(logs):
    keep(logs)
    keep(logs, OTHER, 4, 2, at_us=5_000)
    with logs.read() as read:
        assert [one.log for one in recalls.recalls(read, "x--1")] == [OTHER, OWN]
        assert recalls.recalls(read, "x--2") == []


def test_what_is_withheld_is_so_under_every_programme_until_each_recall_is_lifted(logs):
    keep(logs)
    keep(logs, OTHER)
    keep(logs, THEIRS)
    for name in (OWN, OTHER):
        with logs.write() as tx:
            assert recalls.withheld(tx, "jpn") == {("x--1", "1")}
            assert recalls.withheld(tx, "nato") == recalls.withheld(tx, "kor") == frozenset()
            recalls.lift(tx, name, [9], 3_000)
    with logs.read() as read:
        assert recalls.withheld(read, "jpn") == frozenset()


def test_sendings_called_back_are_known(logs):
    keep(logs, THEIRS, 9, 2, 3)
    with logs.read() as read:
        assert recalls.called_back(read, THEIRS, [1, 2, 3, 4]) == {2, 3}
        assert recalls.called_back(read, THIRD, [2, 3]) == set()


def test_another_log_vouches_with_what_it_did_not_call_back(logs):
    with logs.write() as tx:
        for name in (THEIRS, THIRD):
            evidence.index_sent(tx, name, [evidence.Sent(seq, "cyber", SHA) for seq in (2, 6)])
        assert recalls.vouching(tx, SHA, THEIRS) == [(THIRD, 6), (THIRD, 2)]
    keep(logs, THIRD, 9, 6)
    with logs.read() as read:
        assert recalls.vouching(read, SHA, THEIRS) == [(THIRD, 2)]
        assert recalls.vouching(read, b"\0" * 32, THEIRS) == []


def test_bytes_are_gone_once_called_back_and_erased_and_until_sent_again(logs):
    [placed] = put(logs, arrival(stix(1)))

    def gone():
        with logs.read() as read:
            return recalls.gone(read, [stix(1).sha256, stix(2).sha256])

    assert gone() == set()
    with logs.write() as tx:
        evidence.index_sent(tx, THEIRS, [evidence.Sent(2, "cyber", SHA)])
    keep(logs, THEIRS, 3, 2)
    assert gone() == set()
    with logs.write() as tx:
        erase.erase(tx, [placed.seq], 1)
    assert gone() == {stix(1).sha256}
    with logs.write() as tx:
        evidence.index_sent(tx, THEIRS, [evidence.Sent(5, "cyber", SHA)])
    assert gone() == set()
