"""A software authenticator with its browser: answers what ``navigator.credentials`` would, and lies where it is told to.

Source: W3C Web Authentication Level 3, sections 5.8.1 (client data), 6.1 (authenticator data), 6.5.4 (attestation object);
RFC 9053 and RFC 8230 for keys.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

UP, UV, AT = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "===")


class Authenticator:
    """One passkey; ``counts`` says whether it counts its signatures.

    Args:
        algorithm: COSE number: -8 EdDSA, -7 ES256, -257 RS256, -35 ES384.
        counts: as above.
    """

    def __init__(self, algorithm: int = -7, *, counts: bool = True) -> None:
        self.algorithm = algorithm
        self.id = os.urandom(32)
        self.handle = b""
        self.count = 0
        self.step = 1 if counts else 0
        self.key: Any = {
            -8: ed25519.Ed25519PrivateKey.generate,
            -7: lambda: ec.generate_private_key(ec.SECP256R1()),
            -35: lambda: ec.generate_private_key(ec.SECP384R1()),
            -257: lambda: rsa.generate_private_key(65_537, 2_048),
        }[algorithm]()

    def clone(self) -> Authenticator:
        """Return a copy that knows all this one knew."""
        made = object.__new__(Authenticator)
        made.__dict__.update(self.__dict__)
        return made

    def create(self, options: dict[str, Any], origin: str, *, flags: int = UP | UV, **lies: Any) -> dict[str, Any]:
        """Answer a registration."""
        self.handle = raw(options["user"]["id"])
        client = self._client("webauthn.create", options, origin, lies)
        credential = bytes(16) + len(self.id).to_bytes(2) + self.id + self._cose()
        data = self._data(lies.get("rp_id", options["rp"]["id"]), flags | AT) + credential
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        answer = {"clientDataJSON": b64(client), "attestationObject": b64(attested), "transports": ["usb", "nfc", "x"]}
        return self._answer(answer)

    def get(self, options: dict[str, Any], origin: str, *, flags: int = UP | UV, **lies: Any) -> dict[str, Any]:
        """Answer a sign-in."""
        self.count += self.step
        client = self._client("webauthn.get", options, origin, lies)
        data = self._data(lies.get("rp_id", options["rpId"]), flags)
        answer = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(self._sign(data + hashlib.sha256(client).digest())),
            "userHandle": b64(lies.get("handle", self.handle)),
        }
        return self._answer(answer)

    def _client(self, kind: str, options: dict[str, Any], origin: str, lies: dict[str, Any]) -> bytes:
        said = {
            "type": lies.get("kind", kind),
            "challenge": lies.get("challenge", options["challenge"]),
            "origin": origin,
            "crossOrigin": lies.get("cross_origin", False),
        }
        return json.dumps(said).encode()

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "cross-platform",
        }

    def _cose(self) -> bytes:
        public = self.key.public_key()
        if self.algorithm == -8:
            return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()})
        numbers = public.public_numbers()
        if self.algorithm == -257:
            return cbor2.dumps({1: 3, 3: -257, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)})
        size, curve = (32, 1) if self.algorithm == -7 else (48, 2)
        point = {-2: numbers.x.to_bytes(size), -3: numbers.y.to_bytes(size)}
        return cbor2.dumps({1: 2, 3: self.algorithm, -1: curve, **point})

    def _sign(self, data: bytes) -> bytes:
        if self.algorithm == -8:
            return self.key.sign(data)
        if self.algorithm == -257:
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))
