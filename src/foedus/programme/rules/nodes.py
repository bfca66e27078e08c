"""Cards of nodes: their keys can be read, each serves one role of one node, endpoints are HTTPS."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from foedus.errors import BadSignature
from foedus.model import vkey
from foedus.model.programme import Card, Programme
from foedus.programme.remark import Remark

_ROLES = (("sign_key", vkey.ED25519), ("log_key", vkey.ED25519), ("cosign_key", vkey.COSIGNATURE_ED25519))


def keys(programme: Programme) -> Iterator[Remark]:
    """P163, P164: every key of a card is one, and no key serves twice."""
    first: dict[bytes, str] = {}
    for i, party in enumerate(programme.parties):
        for j, card in enumerate(party.nodes):
            base = f"/parties/{i}/nodes/{j}"
            for key, problem in card_problems(card):
                yield Remark("P163", problem, f"{base}/{key}", "enrol the card that the node wrote")
            for key, data in _key_bytes(card):
                pointer = f"{base}/{key}"
                if data in first:
                    yield Remark("P164", f"the same key stands at {first[data]}", pointer, "one key for one role")
                first.setdefault(data, pointer)


def card_problems(card: Card) -> Iterator[tuple[str, str]]:
    """Yield (field, what is wrong) for every unreadable part of a card."""
    for name, wanted in _ROLES:
        try:
            found = vkey.parse(getattr(card, name))
        except BadSignature as error:
            yield name, error.message
            continue
        if found.type != wanted:
            yield name, f"a key of type {found.type:#04x} where {wanted:#04x} belongs"
    if _seal(card) is None:
        yield "seal_key", "not the base64 of 32 bytes"
    if not card.endpoint.startswith("https://"):
        yield "endpoint", "not an https URL"


def _key_bytes(card: Card) -> Iterator[tuple[str, bytes]]:
    for name, _ in _ROLES:
        try:
            yield name, vkey.parse(getattr(card, name)).key
        except BadSignature:
            continue
    seal = _seal(card)
    if seal is not None:
        yield "seal_key", seal


def _seal(card: Card) -> bytes | None:
    try:
        data = base64.b64decode(card.seal_key, validate=True)
    except (ValueError, binascii.Error):
        return None
    return data if len(data) == 32 else None


RULES = (keys,)
