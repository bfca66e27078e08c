"""The nodes of the other parties, as the cards of an agreement give them: where they are, and what they are known by."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import NamedTuple

from cryptography import x509

from foedus.errors import TrustError, UnknownParty
from foedus.exchange.tls import Pins
from foedus.model.programme import Card
from foedus.model.vkey import VerifierKey
from foedus.node.agreements import Agreement


class Peer(NamedTuple):
    """Another party's node, as its cards of the day give it: the newest card, and the keys of all that hold."""

    party: str
    card: Card
    cas: tuple[x509.Certificate, ...]
    log_keys: tuple[VerifierKey, ...]
    cosign_keys: tuple[VerifierKey, ...]


def peer_of(agreement: Agreement, party: str) -> Peer:
    """Return a party's node under an agreement.

    Raises:
        UnknownParty: the programme does not name it, or none of its nodes is enrolled.
    """
    cards = agreement.cards(party)
    if not cards:
        known = ", ".join(one.id for one in agreement.programme.parties)
        raise UnknownParty(
            f"no enrolled node of {party!r}", where=agreement.programme.id, hint=f"parties: {known}; enrol its card"
        )
    return Peer(
        party,
        cards[-1],
        tuple({card.ca_spki_sha256: certificate_of(card) for card in cards if card.id == cards[-1].id}.values()),
        agreement.keys(party, "log_key"),
        agreement.keys(party, "cosign_key"),
    )


def peers(agreement: Agreement, own: str) -> list[Peer]:
    """Return the enrolled nodes of the other parties."""
    return [
        peer_of(agreement, party.id)
        for party in agreement.programme.parties
        if party.id != own and agreement.cards(party.id)
    ]


def certificate_of(card: Card) -> x509.Certificate:
    """Return the CA certificate that a card carries.

    Raises:
        TrustError: it carries none, or one that its pin does not fit.
    """
    try:
        return x509.load_der_x509_certificate(base64.b64decode(card.ca_certificate, validate=True))
    except ValueError as error:
        raise TrustError("the card has no CA certificate", code="card-certificate", where=card.id) from error


def pins_of(agreements: Iterable[Agreement]) -> Pins:
    """Return which CA signs for which node, over agreements."""
    pins: dict[tuple[str, str], set[str]] = {}
    certificates: list[x509.Certificate] = []
    for agreement in agreements:
        for party in agreement.programme.parties:
            for card in agreement.cards(party.id):
                pins.setdefault((party.id, card.id), set()).add(card.ca_spki_sha256)
                certificates.append(certificate_of(card))
    return Pins(pins, certificates)
