"""Which keys verify what a party signed in a pair: the one place that says so."""

from __future__ import annotations

from foedus.model.vkey import VerifierKey
from foedus.node.agreements import Agreement, peer_of
from foedus.node.home import Node


def log_keys(node: Node, agreement: Agreement, signer: str) -> list[VerifierKey]:
    """Return every key with which a party's logs may have been signed: old states are verified with old keys for ever."""
    own = node.keys.known("log") if signer == node.party else []
    return [*own, *node.agreements.keys_of(agreement.programme.id, signer, "log_key")]


def cosign_keys(node: Node, agreement: Agreement, party: str) -> list[VerifierKey]:
    """Return the keys of the day that a party cosigns its partners' logs with.

    Raises:
        UnknownParty: the programme does not name it, or none of its nodes is enrolled.
    """
    return [node.keys.public("cosign")] if party == node.party else [*peer_of(agreement, party).cosign_keys]
