"""The parties of the programmes, their nodes, and the keys and certificates these are known by, with when they end."""

from __future__ import annotations

import msgspec
from cryptography import x509

from foedus.errors import TrustError
from foedus.model import instant
from foedus.model.programme import Card
from foedus.node import rotation
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.peers import certificate_of


class Known(msgspec.Struct, frozen=True):
    """A node of a party as its card says it: its keys by name and id, how long card and certificate hold.

    ``state`` is ``holds``, ``later``, ``ended`` or ``denied``; ``certificate_until`` is empty where the card carries none.
    """

    id: str
    endpoint: str
    state: str
    since: str
    until: str
    ca_spki_sha256: str
    certificate_until: str
    keys: tuple[tuple[str, str], ...]


class Signatory(msgspec.Struct, frozen=True):
    """A party under a programme."""

    party: str
    kind: str
    own: bool
    clearance: str
    tlp_max: str
    nodes: tuple[Known, ...]


class Signed(msgspec.Struct, frozen=True):
    """A programme with its parties."""

    programme: str
    version: str
    in_force: bool
    parties: tuple[Signatory, ...]


class Own(msgspec.Struct, frozen=True):
    """This node's certificate, and the keys that were made and are not in use yet."""

    certificate_until: str
    rotating: tuple[str, ...]


def signed(node: Node) -> list[Signed]:
    """Return every programme held with its parties."""
    held = node.agreements.all(node.clock.now())
    return [
        Signed(
            one.programme.id,
            one.programme.version,
            one.in_force,
            tuple(
                Signatory(
                    party.id,
                    party.kind,
                    party.id == node.party,
                    party.clearance,
                    party.tlp_max,
                    tuple(_known(one, card) for card in party.nodes),
                )
                for party in one.programme.parties
            ),
        )
        for one in held
    ]


def own(node: Node) -> Own:
    """Return until when this node's certificate holds, and what is being changed."""
    certificate = x509.load_pem_x509_certificate(node.tls_files[0].read_bytes())
    until = instant.text(instant.to_us(certificate.not_valid_after_utc))
    return Own(until, tuple(rotation.pending(node)))


def _known(agreement: Agreement, card: Card) -> Known:
    try:
        until = instant.text(instant.to_us(certificate_of(card).not_valid_after_utc))
    except TrustError:
        until = ""
    keys = (("sign", card.sign_key), ("log", card.log_key), ("cosign", card.cosign_key))
    return Known(
        card.id,
        card.endpoint,
        _state(agreement, card),
        str(card.start or ""),
        str(card.until or ""),
        card.ca_spki_sha256,
        until,
        tuple((role, "+".join(key.split("+")[:2])) for role, key in keys),
    )


def _state(agreement: Agreement, card: Card) -> str:
    if card.ca_spki_sha256 in agreement.denied:
        return "denied"
    day = agreement.day.isoformat()
    if card.start is not None and card.start > day:
        return "later"
    return "ended" if card.until is not None and card.until < day else "holds"
