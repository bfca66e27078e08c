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
    """P163, P164: every key of a card is one, and no key serves twice; two cards of one node may share what stays."""
    first: dict[bytes, tuple[str, tuple[str, str, str]]] = {}
    for i, party in enumerate(programme.parties):
        for j, card in enumerate(party.nodes):
            base = f"/parties/{i}/nodes/{j}"
            for key, problem in card_problems(card):
                yield Remark("P163", problem, f"{base}/{key}", "enrol the card that the node wrote")
            for key, data in _key_bytes(card):
                pointer, use = f"{base}/{key}", (party.id, card.id, key)
                if data in first and first[data][1] != use:
                    yield Remark("P164", f"the same key stands at {first[data][0]}", pointer, "one key for one role")
                first.setdefault(data, (pointer, use))


def duplicate_nodes(programme: Programme) -> Iterator[Remark]:
    """P101: a node has one card, or one after the other: while its keys change, the old one stands with its last day."""
    for i, party in enumerate(programme.parties):
        first: dict[str, int] = {}
        for j, card in enumerate(party.nodes):
            before = first.get(card.id)
            if before is not None and party.nodes[before].until is None:
                where = f"/parties/{i}/nodes/{before}/id"
                hint = "rename one of them, or end the old card with until"
                yield Remark("P101", f"id {card.id!r} again, first at {where}", f"/parties/{i}/nodes/{j}/id", hint)
            first[card.id] = j


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


RULES = (keys, duplicate_nodes)
