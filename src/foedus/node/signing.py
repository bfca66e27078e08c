"""Whether this node may sign a log: not in a frozen pair, and not in a copy of its directory that may be behind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from foedus.account.ledger import sign
from foedus.errors import TrustError
from foedus.model.entry import Checkpoint, LogInfo
from foedus.node.home import Node
from foedus.node.keys import Keys
from foedus.store import freezes
from foedus.store.engine import Read, Tx


def open_own(node: Node, tx: Tx, info: LogInfo) -> None:
    """Open an own log; from now on it is known to be the newest in this directory alone."""
    tx.logs.open_log(info)
    freezes.put_place(tx, info.name, node.lease.place())


def sign_log(node: Node, tx: Tx, name: str, keys: Keys | None = None) -> None:
    """Sign the state of an own log; what was signed leaves this transaction only with it.

    Args:
        node: the node.
        tx: the transaction.
        name: the log.
        keys: those that are about to take over; None: the node's own.

    Raises:
        TrustError: the pair is frozen, or the log must be compared with the peer's copy first.
        ForkedLedger: the log is not what was signed before.
    """
    info = tx.logs.log(name)
    assert info is not None, "a log is opened before it is signed"
    if info.recipient:
        _refuse(node, _signed(tx, info))
    by = keys or node.keys
    signed = sign(tx.logs, name, by.private("log"), by.public("log").name)
    if info.recipient:
        tx.once_durable.append(lambda: node.lease.mark(info.origin, signed.size))


def why_halted(node: Node, read: Read, programme: str, peer: str) -> str:
    """Say in words why nothing may be signed for a peer under a programme; empty where it may."""
    info = read.logs.log(f"{programme}|{node.party}|{peer}")
    return _halted(node, programme, peer, None if info is None else _signed(read, info))


def all_halted(node: Node, read: Read, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the same for several peers, by programme and peer, read in one go."""
    places, newest = freezes.places(read), read.logs.newest()
    found: dict[tuple[str, str], str] = {}
    for programme, peer in pairs:
        info = read.logs.log(f"{programme}|{node.party}|{peer}")
        signed = None if info is None else _Signed(info, places.get(info.name), newest.get(info.name))
        found[programme, peer] = _halted(node, programme, peer, signed)
    return found


class _Signed(NamedTuple):
    """An own log of a pair, in which directory it was last known to be the newest, and its newest state."""

    info: LogInfo
    place: str | None
    last: Checkpoint | None


def _signed(read: Read, info: LogInfo) -> _Signed:
    return _Signed(info, freezes.place_of(read, info.name), read.logs.checkpoint(info.name))


def _halted(node: Node, programme: str, peer: str, signed: _Signed | None) -> str:
    try:
        node.freezes.refuse(programme, peer)
        if signed is not None:
            _refuse(node, signed)
    except TrustError as error:
        return f"{peer}: {error.message} ({error.hint})"
    return ""


def may_sign(node: Node, read: Read, name: str) -> bool:
    """Say whether a log of a pair may be signed now."""
    programme, _, peer = name.split("|")
    return not why_halted(node, read, programme, peer)


def _refuse(node: Node, signed: _Signed) -> None:
    info = signed.info
    node.freezes.refuse(info.programme, info.recipient)
    if _is_behind(node, signed):
        raise TrustError(
            f"nothing is signed for {info.recipient} before the log was compared with its copy: this directory was copied or "
            "restored, or the peer holds more",
            code="log-uncompared",
            where=info.origin,
            hint=f"foedus exchange pull {info.recipient}",
        )


def is_doubtful(node: Node, read: Read, info: LogInfo) -> bool:
    """Say whether an own log may be older than what was signed: in a copy of the directory, or with an older database."""
    return _is_behind(node, _signed(read, info))


def _is_behind(node: Node, signed: _Signed) -> bool:
    info, place, last = signed
    # None: signed by a version that did not keep the place.
    elsewhere = place not in (None, node.lease.place())
    return elsewhere or node.lease.signed(info.origin) > (0 if last is None else last.size)


def compared(node: Node, tx: Tx, info: LogInfo) -> None:
    """Note that an own log is the newest there is: its peer was asked."""
    size = tx.logs.size(info.name)
    freezes.put_place(tx, info.name, node.lease.place())
    if node.lease.signed(info.origin) != size:
        tx.once_durable.append(lambda: node.lease.mark(info.origin, size, lower=True))


def doubt(tx: Tx, name: str) -> None:
    """Sign an own log no more before it was compared: its peer holds what it has not."""
    freezes.put_place(tx, name, "")
