"""Which keys verify what a party signed in a pair: the one place that says so.

What was signed is verified for ever, with every key that the party has had. What comes new counts only by a key of the day:
one that a card of the version in force names and that is not denied here. Those are what ``Agreement.keys`` gives.
"""

from __future__ import annotations

from foedus.model.vkey import VerifierKey
from foedus.node.agreements import Agreement
from foedus.node.home import Node


def log_keys(node: Node, agreement: Agreement, signer: str) -> list[VerifierKey]:
    """Return every key with which a party's logs may have been signed."""
    own = node.keys.known("log") if signer == node.party else []
    return [*own, *node.agreements.keys_of(agreement.programme.id, signer, "log_key")]


def cosign_keys(node: Node, agreement: Agreement, party: str) -> list[VerifierKey]:
    """Return every key with which a party may have cosigned its partners' logs."""
    return node.agreements.keys_of(agreement.programme.id, party, "cosign_key")
