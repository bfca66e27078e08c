"""A key follows another: the entry that says so is signed by the key that goes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from foedus.account.bodies import KeyChanged
from foedus.errors import BadSignature
from foedus.model.canonical import canonical
from foedus.model.vkey import VerifierKey
from foedus.model.vkey import parse as parse_vkey

_CONTEXT = b"foedus/key-changed/1\n"


def signed(body: KeyChanged, old: Ed25519PrivateKey) -> KeyChanged:
    """Return the body with the signature of the key that goes."""
    return msgspec.structs.replace(body, signature=base64.b64encode(old.sign(_statement(body))).decode())


def check(body: KeyChanged, known: Sequence[VerifierKey]) -> None:
    """Refuse a change that no key known before vouches for.

    Args:
        body: the entry's body.
        known: the keys that its writer is known to have or to have had for that role.

    Raises:
        BadSignature: the key that goes is not known, or did not sign.
    """
    try:
        old = parse_vkey(body.supersedes)
        parse_vkey(body.key)
        if old not in known:
            raise BadSignature("the key that goes was never known", code="key-change-unknown", where=body.supersedes)
        Ed25519PublicKey.from_public_bytes(old.key).verify(
            base64.b64decode(body.signature, validate=True), _statement(body)
        )
    except (InvalidSignature, ValueError, binascii.Error) as error:
        raise BadSignature(
            "the key that goes did not sign the change",
            code="key-change-unsigned",
            where=body.supersedes,
            hint="ask the partner by another way: somebody writes in its name",
        ) from error


def _statement(body: KeyChanged) -> bytes:
    return _CONTEXT + canonical(msgspec.to_builtins(msgspec.structs.replace(body, signature="")))
