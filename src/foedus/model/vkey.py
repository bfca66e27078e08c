"""C2SP verifier keys: one line of text that names a key, its type and its bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib

import msgspec

from foedus.errors import BadSignature

ED25519 = 0x01
COSIGNATURE_ED25519 = 0x04


class VerifierKey(msgspec.Struct, frozen=True):
    """A named public key: ``type`` is the C2SP signature type, ``key`` the 32 bytes of an Ed25519 key."""

    name: str
    type: int
    key: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that signature lines carry.

        Source: C2SP signed-note, "Signatures".
        """
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.key).digest()[:4]

    def text(self) -> str:
        """Return ``name+hex(id)+base64(type || key)``."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.type]) + self.key).decode()}"


def parse(text: str) -> VerifierKey:
    """Return the key of its text.

    Raises:
        BadSignature: not a verifier key, or its id does not belong to its bytes.

    >>> parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").name
    'example.com/foo'
    """
    parts = text.split("+", 2)
    try:
        name, key_id, encoded = parts
        data = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadSignature("not a verifier key", code="vkey-malformed", hint="name+id+base64") from error
    if not name or any(c.isspace() for c in name) or len(data) != 33 or data[0] not in {ED25519, COSIGNATURE_ED25519}:
        raise BadSignature("not an Ed25519 verifier key", code="vkey-malformed", hint="name+id+base64")
    key = VerifierKey(name=name, type=data[0], key=data[1:])
    if key.id.hex() != key_id:
        raise BadSignature("the id does not belong to the key", code="vkey-malformed", where=name)
    return key
