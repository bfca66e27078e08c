"""What is due on this node: what its programmes ask for by a day, what is owed under them, and which certificates end."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from cryptography import x509

from foedus.node import account, owed
from foedus.node.agreements import Agreement
from foedus.node.home import Node
from foedus.node.owed import Owed
from foedus.programme import calendar
from foedus.programme.calendar import Due


class Item(msgspec.Struct, frozen=True):
    """Something due, and under which programme (its word); empty: the node's own."""

    due: Due
    programme: str


def due(node: Node, programme: str = "") -> list[Item]:
    """Return what is due, the earliest first; milestones that the ledger proves are done.

    Raises:
        InputError: the programme is not known here.
    """
    at = node.clock.now()
    held = [node.agreements.of(programme, at)] if programme else _held(node)
    owing = owed.owed(node)
    found = [one for agreement in held for one in _of(node, owing, agreement)]
    return _sorted([*found, *certificates(node)])


def upcoming(node: Node, most: int = 3) -> list[Item]:
    """Return the next few things due; milestones, which only the whole ledger can say are done, are left out."""
    day = node.clock.now().date()
    held = _held(node)
    found = [Item(due, one.word) for one in held for due in calendar.due(one.programme, day) if due.kind != "milestone"]
    owing = owed.owed(node)
    found += [item for one in held for item in _owed(node, owing, one)]
    return _sorted([*found, *certificates(node)])[:most]


def owed_now(node: Node, agreement: Agreement, owing: Owed) -> list[Item]:
    """Return what is owed under a programme and when the node's certificates end: what no document says."""
    return _sorted([*_owed(node, owing, agreement), *certificates(node)])


def certificates(node: Node) -> Iterator[Item]:
    """Yield when the node's certificate and its authority end, counted in the machine's days."""
    today = node.wall.now().date()
    leaf = x509.load_pem_x509_certificate(node.tls_files[0].read_bytes())
    for certificate, text in (
        (leaf, "the node's certificate ends: foedus node renew"),
        (node.authority().certificate, "the node's authority ends: foedus node rotate-keys --role tls-ca"),
    ):
        yield Item(calendar.on(certificate.not_valid_after_utc.date(), today, "certificate-end", text, ""), "")


def _held(node: Node) -> list[Agreement]:
    held = node.agreements.all(node.clock.now())
    return [one for one in held if one.programme.party(node.party) is not None]


def _of(node: Node, owing: Owed, agreement: Agreement) -> Iterator[Item]:
    found = calendar.due(agreement.programme, node.clock.now().date())
    done = _done(node, agreement) if any(one.kind == "milestone" for one in found) else set()
    for one in found:
        if one.place not in done:
            yield Item(one, agreement.word)
    yield from _owed(node, owing, agreement)


def _owed(node: Node, owing: Owed, agreement: Agreement) -> Iterator[Item]:
    for of in (owed.of_people, owed.of_partners, owed.of_node):
        for one in of(node, owing, agreement):
            yield Item(one, agreement.word)


def _done(node: Node, agreement: Agreement) -> set[str]:
    """Return the places of the milestones that the ledger's entries prove."""
    [board] = account.score(node, agreement.programme.id)
    reached = {one.id for one in board.milestones if one.done_on}
    return {f"/milestones/{i}" for i, one in enumerate(agreement.programme.milestones) if one.id in reached}


def _sorted(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda one: (one.due, one.programme))
