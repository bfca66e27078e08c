"""A key follows another only by the word of the one that goes."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foedus.account.bodies import KeyChanged
from foedus.account.checkpoint import verifier_key
from foedus.account.rotation import check, signed
from foedus.errors import BadSignature

OLD, NEW, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
KNOWN = [verifier_key("aaa.main/log", OLD)]
BODY = KeyChanged(
    at="2026-06-01T00:00:00.000000Z",
    programme="urn:foedus:programme:p",
    parties=("aaa", "bbb"),
    digest="9" * 64,
    version="1.1.0",
    role="log",
    supersedes=KNOWN[0].text(),
    key=verifier_key("aaa.main/log", NEW).text(),
)


def test_what_the_known_key_signed_counts():
    check(signed(BODY, OLD), KNOWN)


@pytest.mark.parametrize("by", [NEW, OTHER])
def test_what_another_key_signed_does_not(by):
    with pytest.raises(BadSignature) as caught:
        check(signed(BODY, by), KNOWN)
    assert caught.value.code == "key-change-unsigned"


@pytest.mark.parametrize(
    "change",
    [
        {"key": verifier_key("aaa.main/log", OTHER).text()},
        {"role": "cosign"},
        {"version": "1.2.0"},
        {"digest": "8" * 64},
        {"programme": "urn:foedus:programme:q"},
        {"at": "2026-06-02T00:00:00.000000Z"},
        {"signature": ""},
        {"signature": "no base64"},
    ],
)
def test_nothing_of_it_can_be_changed(change):
    with pytest.raises(BadSignature):
        check(msgspec.structs.replace(signed(BODY, OLD), **change), KNOWN)


def test_a_key_that_nobody_knew_vouches_for_nothing():
    stranger = msgspec.structs.replace(BODY, supersedes=verifier_key("aaa.main/log", OTHER).text())
    for known in (KNOWN, []):
        with pytest.raises(BadSignature) as caught:
            check(signed(stranger, OTHER), known)
        assert caught.value.code == "key-change-unknown"


@pytest.mark.parametrize("field", ["key", "supersedes"])
def test_what_is_no_key_is_refused(field):
    with pytest.raises(BadSignature):
        check(signed(msgspec.structs.replace(BODY, **{field: "x"}), OLD), KNOWN)
