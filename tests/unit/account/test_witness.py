"""What a witness cosigns after what, and the status of everything else (C2SP tlog-witness, "add-checkpoint")."""

from __future__ import annotations

from functools import partial

import pytest
from tests.unit.account.memory_log import INFO, KEY, KEYS, ORIGIN, OTHER_KEY, PAIR, START, MemoryLog, Salts

from foedus.account import checkpoint, ledger, merkle, witness
from foedus.model.entry import Checkpoint, Draft
from foedus.model.ports import NotWitnessed


def log_of(size: int) -> MemoryLog:
    store = MemoryLog(INFO)
    ledger.append(store, PAIR, [Draft("x.y", {"n": n}) for n in range(size)], at=START, entropy=Salts())
    return store


STORE = log_of(20)
NODES = partial(STORE.nodes, PAIR)


def at(size: int, root: bytes | None = None) -> Checkpoint:
    """The log's checkpoint of a size."""
    held = merkle.root(size, NODES) if root is None else root
    return checkpoint.sign_checkpoint(checkpoint.LogState(ORIGIN, size, held), ORIGIN, KEY)


def refused(said: Checkpoint, old: int, proof=(), last: Checkpoint | None = None) -> tuple[int, str, int]:
    with pytest.raises(NotWitnessed) as caught:
        witness.judge(said, old, proof, last)
    return caught.value.status, caught.value.code, caught.value.size


def test_what_follows_the_last_is_cosigned():
    witness.judge(at(5), 0, [], None)
    witness.judge(at(5), 5, [], at(5))
    witness.judge(at(20), 5, merkle.consistency(5, 20, NODES), at(5))
    witness.judge(at(0), 0, [], None)
    witness.judge(at(7), 0, [], at(0))


PROOF = merkle.consistency(5, 20, NODES)
LIE = merkle.leaf_hash(b"another")


@pytest.mark.parametrize(
    ("said", "old", "proof", "last", "expected"),
    [
        (at(5), 6, [], at(5), (400, "submission-size", 0)),
        (at(20), 4, PROOF, at(5), (409, "submission-old", 5)),
        (at(20), 0, [], at(5), (409, "submission-old", 5)),
        (at(4), 4, [], at(5), (409, "submission-old", 5)),
        (at(20), 5, PROOF, None, (409, "submission-old", 0)),
        (at(5), 0, PROOF, None, (422, "submission-proof", 0)),
        (at(20), 5, PROOF[:-1], at(5), (422, "submission-proof", 0)),
        (at(20), 5, [*PROOF, LIE], at(5), (422, "submission-proof", 0)),
        (at(20), 5, [], at(5), (422, "submission-proof", 0)),
        (at(20, LIE), 5, PROOF, at(5), (422, "submission-proof", 0)),
        (at(5, LIE), 5, [], at(5), (422, "submission-root", 0)),
        (at(5), 5, PROOF, at(5), (422, "submission-root", 0)),
    ],
)
def test_everything_else_has_the_status_of_the_protocol(said, old, proof, last, expected):
    assert refused(said, old, proof, last) == expected


def altered(note: str, was: str, now: str) -> str:
    assert was in note
    return note.replace(was, now, 1)


FAR = checkpoint.sign_note(f"{ORIGIN}\n5\n{'A' * 43}=\nmore\n", ORIGIN, KEY)
NOTE = at(5).note
EMPTY = checkpoint.sign_note(checkpoint.state_text(ORIGIN, 0, LIE), ORIGIN, KEY)


@pytest.mark.parametrize(
    ("note", "status", "code"),
    [
        (checkpoint.sign_note(checkpoint.parse_note(NOTE).text, ORIGIN, OTHER_KEY), 403, "note-unknown-keys"),
        (altered(NOTE, "\n5\n", "\n6\n"), 403, "note-condemned"),
        (EMPTY, 422, "checkpoint-root"),
        (FAR, 400, "checkpoint-malformed"),
        ("", 400, "note-malformed"),
        ("x" * 200_000, 400, "note-too-large"),
        (NOTE + "\u2014 a b\n" * 40, 400, "note-too-many-signatures"),
    ],
)
def test_what_no_trusted_key_signed_or_is_no_checkpoint(note, status, code):
    with pytest.raises(NotWitnessed) as caught:
        witness.signed(note, ORIGIN, KEYS)
    assert (caught.value.status, caught.value.code) == (status, code)


def test_signatures_of_unknown_keys_and_types_are_ignored():
    text, lines = NOTE.split("\n\n")
    strange = "\u2014 someone.else/log " + "B" * 40 + "\n"
    assert witness.signed(f"{text}\n\n{strange}{lines}{strange}", ORIGIN, KEYS).size == 5
