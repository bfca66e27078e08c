"""The node's private keys: plain files in its directory, readable by their owner alone."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from foedus.errors import TrustError
from foedus.model.ports import Entropy
from foedus.model.vkey import COSIGNATURE_ED25519, ED25519, VerifierKey, parse

ROLES = ("sign", "log", "cosign")
NEXT, RETIRED = "next", "retired.keys"
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
        for role in (*ROLES, "seal", "cursor", "token", "vault"):
            write_secret(directory / f"{role}.key", entropy(32))
        return cls(directory, name)

    def make_next(self, role: str, entropy: Entropy) -> None:
        """Make the key that is to follow a role's; the present one goes on until ``switch``."""
        folder = self._directory / NEXT
        folder.mkdir(mode=0o700, exist_ok=True)
        write_secret(folder / f"{role}.key", entropy(32))

    def next(self) -> Keys:
        """Return the keys as they will be: those made to follow, and the present one of every other role."""
        return _Next(self._directory, self._name)

    def switch(self, role: str) -> None:
        """Put the next key in the place of the present one, which is destroyed; its public half is remembered for ever.

        A sealing key is kept: what was sealed for it may still come.
        """
        present, following = self._directory / f"{role}.key", self._directory / NEXT / f"{role}.key"
        if role in ROLES:
            with (self._directory / RETIRED).open("a", encoding="utf-8") as retired:
                retired.write(f"{role} {self.public(role).text()}\n")
        else:
            write_secret(self._directory / f"{role}-{hashlib.sha256(present.read_bytes()).hexdigest()[:8]}.old",
                         present.read_bytes())  # fmt: skip
        following.replace(present)

    def known(self, role: str) -> list[VerifierKey]:
        """Return the present key of a role and all that it had before."""
        path = self._directory / RETIRED
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return [
            self.public(role),
            *(parse(text) for name, _, text in (one.partition(" ") for one in lines) if name == role),
        ]

    def path(self, role: str) -> Path:
        """Return the file of a role's secret."""
        return self._directory / f"{role}.key"

    def secret(self, role: str) -> bytes:
        """Return 32 secret bytes of a role.

        Raises:
            TrustError: the key file is not there or not of that size.
        """
        path = self.path(role)
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


class _Next(Keys):
    def path(self, role: str) -> Path:
        following = self._directory / NEXT / f"{role}.key"
        return following if following.is_file() else super().path(role)


def write_secret(path: Path, secret: bytes) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(secret)
