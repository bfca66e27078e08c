"""Signed notes, checkpoints, cosignatures, proof files."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.account.memory_log import KEY, KEYS, ORIGIN, OTHER_KEY

from foedus.account import checkpoint, merkle
from foedus.errors import BadSignature, LimitExceeded, MalformedRecord
from foedus.model import vkey

AT = datetime(2025, 3, 1, tzinfo=UTC)
ROOT = merkle.leaf_hash(b"")
STATE = checkpoint.LogState(ORIGIN, 7, ROOT)
COSIGNER = checkpoint.verifier_key("b.example/cosign", OTHER_KEY, vkey.COSIGNATURE_ED25519)


def signed():
    return checkpoint.sign_checkpoint(STATE, ORIGIN, KEY).note


def damaged(note):
    """Flip one bit of the last signature."""
    head, _, last = note.rstrip("\n").rpartition(" ")
    data = bytearray(base64.b64decode(last))
    data[-1] ^= 1
    return f"{head} {base64.b64encode(data).decode()}\n"


def test_the_note_of_the_specification_verifies(shared):
    known = json.loads(shared("data/trust/kat/tlog_kat.json").read_text())["signed_note"]
    key = vkey.parse(known["vkey"])
    note = checkpoint.parse_note(known["note"])
    assert note.text == "This is an example message.\n"
    assert [v.key for v in checkpoint.verify_note(note, [key])] == [key]
    with pytest.raises(BadSignature):
        checkpoint.verify_note(checkpoint.parse_note(known["note"].replace("example", "another", 1)), [key])


def test_a_checkpoint_reads_back_and_is_the_same_each_time():
    note = signed()
    assert note == signed()
    assert note.startswith(f"{ORIGIN}\n7\n{base64.b64encode(ROOT).decode()}\n\n\u2014 {ORIGIN} ")
    opened = checkpoint.open_checkpoint(note, ORIGIN, KEYS)
    assert (opened.origin, opened.size, opened.root, opened.note) == (ORIGIN, 7, ROOT, note)


def test_a_known_key_that_fails_condemns_the_note():
    both = checkpoint.cosign(signed(), COSIGNER.name, OTHER_KEY, AT)
    with pytest.raises(BadSignature) as raised:
        checkpoint.open_checkpoint(damaged(both), ORIGIN, [*KEYS, COSIGNER])
    assert raised.value.code == "note-condemned"
    checkpoint.open_checkpoint(damaged(both), ORIGIN, KEYS)  # who does not know the cosigner ignores its line


def test_a_note_of_unknown_keys_only_is_refused():
    stranger = checkpoint.sign_checkpoint(STATE, ORIGIN, OTHER_KEY).note
    with pytest.raises(BadSignature) as raised:
        checkpoint.open_checkpoint(stranger, ORIGIN, KEYS)
    assert raised.value.code == "note-unknown-keys"


def test_a_key_of_the_right_bytes_under_another_name_is_unknown():
    other = checkpoint.sign_checkpoint(STATE, "else.example", KEY).note
    with pytest.raises(BadSignature):
        checkpoint.open_checkpoint(other, ORIGIN, KEYS)


def test_a_cosignature_alone_does_not_make_a_checkpoint():
    text = checkpoint.state_text(ORIGIN, 7, ROOT)
    stranger = checkpoint.sign_note(text, "else.example", KEY)
    note = checkpoint.cosign(stranger, COSIGNER.name, OTHER_KEY, AT)
    with pytest.raises(BadSignature, match="its log did not sign"):
        checkpoint.open_checkpoint(note, ORIGIN, [*KEYS, COSIGNER])


def test_another_logs_checkpoint_is_refused():
    with pytest.raises(BadSignature) as raised:
        checkpoint.open_checkpoint(signed(), "c.example/foedus/1", KEYS)
    assert raised.value.code == "checkpoint-origin"


def test_a_cosignature_says_when():
    note = checkpoint.cosign(signed(), COSIGNER.name, OTHER_KEY, AT)
    found = checkpoint.verify_note(checkpoint.parse_note(note), [COSIGNER])
    assert [v.time_s for v in found] == [int(AT.timestamp())]
    assert checkpoint.parse_note(note).text == checkpoint.parse_note(signed()).text


def test_a_receipt_needs_log_and_cosigner_and_keeps_known_lines_only():
    note = checkpoint.cosign(signed(), COSIGNER.name, OTHER_KEY, AT)
    stranger = checkpoint.cosign(note, "c.example/cosign", OTHER_KEY, AT)
    opened = checkpoint.open_cosigned(stranger, ORIGIN, [COSIGNER, *KEYS], AT)
    assert (opened.size, opened.note) == (7, note)
    for keys in ([COSIGNER], KEYS):
        with pytest.raises(BadSignature):
            checkpoint.open_cosigned(stranger, ORIGIN, keys, AT)
    alone = checkpoint.cosign(signed(), "c.example/cosign", OTHER_KEY, AT)
    with pytest.raises(BadSignature):
        checkpoint.open_cosigned(alone, ORIGIN, [COSIGNER, *KEYS], AT)


def test_a_key_that_cosigns_again_leaves_one_line():
    once = checkpoint.cosign(signed(), COSIGNER.name, OTHER_KEY, AT)
    again = checkpoint.cosign(once, COSIGNER.name, OTHER_KEY, AT + timedelta(hours=1))
    assert len(checkpoint.parse_note(again).signatures) == len(checkpoint.parse_note(once).signatures) == 2
    assert again == checkpoint.cosign(signed(), COSIGNER.name, OTHER_KEY, AT + timedelta(hours=1))


def test_a_cosignature_from_the_future_is_refused_but_clocks_may_differ():
    note = checkpoint.cosign(signed(), COSIGNER.name, OTHER_KEY, AT + timedelta(days=2))
    checkpoint.open_cosigned(note, ORIGIN, [COSIGNER, *KEYS], AT)
    with pytest.raises(BadSignature) as raised:
        checkpoint.open_cosigned(note, ORIGIN, [COSIGNER, *KEYS], AT - timedelta(seconds=1))
    assert raised.value.code == "cosignature-time"


def test_a_cosignature_with_time_zero_is_refused():
    note = checkpoint.cosign(signed(), COSIGNER.name, OTHER_KEY, datetime(1970, 1, 1, tzinfo=UTC))
    with pytest.raises(BadSignature) as raised:
        checkpoint.open_cosigned(note, ORIGIN, [COSIGNER, *KEYS], AT)
    assert raised.value.code == "cosignature-time"


def test_a_cosignature_is_none_of_the_same_keys_log_signatures():
    note = checkpoint.parse_note(checkpoint.cosign(signed(), COSIGNER.name, OTHER_KEY, AT))
    with pytest.raises(BadSignature):
        checkpoint.verify_note(note, [checkpoint.verifier_key(COSIGNER.name, OTHER_KEY)])


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "text only\n",
        "text\n\n",
        "text\n\n\u2014 name AAAAAAE=",
        "text\n\n- name AAAAAAE=\n",
        "text\n\n\u2014 name\n",
        "text\n\n\u2014 na+me AAAAAAE=\n",
        "text\n\n\u2014 name AAAA\n",
        "text\n\n\u2014 name AAAAAAF=\n",
        "text\n\n\u2014 name !!!!\n",
        "te\txt\n\n\u2014 name AAAAAAE=\n",
        "te\rxt\n\n\u2014 name AAAAAAE=\n",
        "te\ud800xt\n\n\u2014 name AAAAAAE=\n",
        "text\n\n\u2014 name AAAAAAE=\n\u2014 name x\n",
    ],
)
def test_what_is_no_note_is_refused(raw):
    with pytest.raises(MalformedRecord):
        checkpoint.parse_note(raw)


def test_the_text_of_a_note_may_hold_empty_lines():
    assert checkpoint.parse_note("a\n\nb\n\n\u2014 name AAAAAAE=\n").text == "a\n\nb\n"


def test_notes_have_a_cap_above_sixteen_signatures():
    line = "\u2014 name AAAAAAE=\n"
    assert len(checkpoint.parse_note("text\n\n" + 16 * line).signatures) == 16
    with pytest.raises(LimitExceeded):
        checkpoint.parse_note("text\n\n" + 33 * line)
    with pytest.raises(LimitExceeded):
        checkpoint.parse_note("x" * checkpoint.MAX_NOTE_BYTES + "\n\n" + line)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n7\n",
        f"{ORIGIN}\n07\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        f"{ORIGIN}\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        f"{ORIGIN}\n\u0667\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        f"{ORIGIN}\n{'9' * 5000}\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        f"{ORIGIN}\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n",
        f"{ORIGIN}\n7\nAAAA\n",
        "\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        f"{ORIGIN}\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n",
        f"{ORIGIN}\n0\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(MalformedRecord):
        checkpoint.parse_state(text)


def test_signing_refuses_what_could_not_be_read_back():
    for text, name in [
        ("no newline", "n"),
        ("tab\t\n", "n"),
        ("fine\n", "two words"),
        ("fine\n", "a+b"),
        ("fine\n", ""),
    ]:
        with pytest.raises(MalformedRecord):
            checkpoint.sign_note(text, name, KEY)


@pytest.mark.parametrize("extra", [None, b"", b"salt and body"])
@pytest.mark.parametrize("count", [0, 3])
def test_a_proof_file_reads_back(extra, count):
    proof = checkpoint.Proof(5, (ROOT,) * count, signed(), extra)
    text = checkpoint.write_proof(proof)
    assert text.startswith("c2sp.org/tlog-proof@v1\n")
    assert text.endswith(signed())
    assert checkpoint.read_proof(text) == proof


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1", "@v2"),
        ("index 5", "index 05"),
        ("index 5", "index five"),
        ("index 5\n", ""),
        ("extra c2FsdA==", "extra c2FsdA="),
        ("\n\n", "\n"),
        ("bjQLnP+z", "bjQLnP+"),
        ("index 5\n", "index 5\n" + 70 * "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n"),
    ],
)
def test_what_is_no_proof_file_is_refused(old, new):
    text = checkpoint.write_proof(checkpoint.Proof(5, (ROOT,), signed(), b"salt"))
    assert old in text
    with pytest.raises(MalformedRecord):
        checkpoint.read_proof(text.replace(old, new) if old == "\n\n" else text.replace(old, new, 1))


@pytest.mark.parametrize("head", ["", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\nextra AAAA"])
def test_a_proof_file_without_its_lines_is_refused(head):
    with pytest.raises(MalformedRecord):
        checkpoint.read_proof(f"{head}\n\n{signed()}")
