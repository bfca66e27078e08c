"""The node's private keys: plain files in its directory, readable by their owner alone."""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from foedus.errors import TrustError
from foedus.model.ports import Entropy
from foedus.model.vkey import COSIGNATURE_ED25519, ED25519, VerifierKey

ROLES = ("sign", "log", "cosign")
_TYPES = {"sign": ED25519, "log": ED25519, "cosign": COSIGNATURE_ED25519}


class Keys:
    """Keys of one node, one for each role and never one for two.

    Args:
        directory: where the key files are.
        name: what key names begin with, ``<party>.<node>``.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._name = name

    @classmethod
    def make(cls, directory: Path, name: str, entropy: Entropy) -> Keys:
        """Make the keys of a new node."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for role in (*ROLES, "seal", "cursor", "token"):
            write_secret(directory / f"{role}.key", entropy(32))
        return cls(directory, name)

    def secret(self, role: str) -> bytes:
        """Return 32 secret bytes of a role.

        Raises:
            TrustError: the key file is not there or not of that size.
        """
        path = self._directory / f"{role}.key"
        try:
            secret = path.read_bytes()
        except OSError as error:
            raise TrustError("a key of this node cannot be read", code="key-missing", where=path.name) from error
        if len(secret) != 32:
            raise TrustError("a key of this node is damaged", code="key-damaged", where=path.name)
        return secret

    def private(self, role: str) -> Ed25519PrivateKey:
        """Return the Ed25519 key of a role in ``ROLES``."""
        return Ed25519PrivateKey.from_private_bytes(self.secret(role))

    def public(self, role: str) -> VerifierKey:
        """Return the C2SP verifier key of a role in ``ROLES``."""
        key = self.private(role).public_key().public_bytes_raw()
        return VerifierKey(name=f"{self._name}/{role}", type=_TYPES[role], key=key)

    def seal_public(self) -> str:
        """Return the X25519 public key that sealed bundles are made for, base64."""
        public = X25519PrivateKey.from_private_bytes(self.secret("seal")).public_key()
        return base64.b64encode(public.public_bytes_raw()).decode()


def write_secret(path: Path, secret: bytes) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(secret)
