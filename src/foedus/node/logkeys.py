"""Which keys verify a log, and its partner's cosignatures: the one place that says so."""

from __future__ import annotations

from foedus.errors import UnknownParty
from foedus.model.entry import LogInfo
from foedus.model.vkey import VerifierKey
from foedus.node.agreements import Agreement, peer_of
from foedus.node.home import Node


def log_keys(node: Node, agreement: Agreement, signer: str) -> list[VerifierKey]:
    """Return the keys that a party signs its logs with.

    Raises:
        UnknownParty: the programme does not name it, or none of its nodes is enrolled.
    """
    return [node.keys.public("log") if signer == node.party else peer_of(agreement, signer).log_key]


def cosign_keys(node: Node, agreement: Agreement, party: str) -> list[VerifierKey]:
    """Return the keys that a party cosigns its partners' logs with.

    Raises:
        UnknownParty: the programme does not name it, or none of its nodes is enrolled.
    """
    return [node.keys.public("cosign") if party == node.party else peer_of(agreement, party).cosign_key]


def keys_of(node: Node, info: LogInfo) -> list[VerifierKey]:
    """Return the keys that a log the node holds is signed with; none where the programme enrols no node of its sender."""
    if info.own:
        return [node.keys.public("log")]
    try:
        return log_keys(node, node.agreements.of(info.programme, node.clock.now()), info.sender)
    except UnknownParty:
        return []
