"""How a node stands, in one report: programmes, rooms, what is released, ledgers, certificate, tools."""

from __future__ import annotations

import msgspec
from cryptography import x509

from foedus.errors import MalformedRecord
from foedus.model import instant
from foedus.node import account, programmes
from foedus.node.account import LogState
from foedus.node.due import Item, upcoming
from foedus.node.home import Node
from foedus.node.signing import why_halted
from foedus.node.source_state import SourceState, states_in
from foedus.node.waits import Waits, waits
from foedus.store import access, lookups, quarantine, views
from foedus.store.engine import Read


class Room(msgspec.Struct, frozen=True):
    """A room and how many findings it holds."""

    name: str
    findings: int


class Released(msgspec.Struct, frozen=True):
    """How many objects a party sees now in an area of a programme."""

    party: str
    programme: str
    area: str
    objects: int


class Halt(msgspec.Struct, frozen=True):
    """A pair in which nothing is signed, and why in words; ``frozen`` where one log was signed twice."""

    peer: str
    programme: str
    frozen: bool
    why: str


class Status(msgspec.Struct, frozen=True):
    """How a node stands at an instant of its own clock; ``sources_fault``: why the list of live sources cannot be read."""

    party: str
    name: str
    directory: str
    endpoint: str
    at: str
    certificate_until: str
    programmes: tuple[programmes.Held, ...]
    rooms: tuple[Room, ...]
    released: tuple[Released, ...]
    logs: tuple[LogState, ...]
    tools: tuple[str, ...]
    quarantine: int
    halts: tuple[Halt, ...]
    waits: tuple[Waits, ...]
    recalls_open: int
    recalls_overdue: int
    due: tuple[Item, ...]
    sources: tuple[SourceState, ...]
    sources_fault: str


def status(node: Node) -> Status:
    """Return how the node stands now."""
    at_us = instant.to_us(node.clock.now())
    certificate = x509.load_pem_x509_certificate(node.tls_files[0].read_bytes())
    with node.store.read() as read:
        rooms = tuple(Room(name, lookups.heads_of(read, [name])) for name in sorted(node.rooms))
        released: list[Released] = []
        for name in sorted(lookups.views_named(read, "released|")):
            _, programme, party, area = name.split("|")
            released.append(Released(party, programme, area, views.view_size(read, name, at_us)))
        tools = tuple(one.name for one in access.accounts(read) if one.role == "tool")
        refused = quarantine.open_refusals(read)
    waiting = waits(node)
    sources, fault = sources_of(node)
    return Status(
        node.party,
        node.config.name,
        str(node.directory),
        node.config.endpoint,
        instant.text(at_us),
        instant.text(instant.to_us(certificate.not_valid_after_utc)),
        tuple(programmes.held(node)),
        rooms,
        tuple(released),
        tuple(account.logs(node)),
        tools,
        refused,
        halts(node),
        waiting,
        sum(one.recalls for one in waiting),
        sum(one.overdue for one in waiting),
        tuple(upcoming(node)),
        sources,
        fault,
    )


def sources_of(node: Node) -> tuple[tuple[SourceState, ...], str]:
    """Return how the live sources stand, and why there are none where their list cannot be read."""
    with node.store.read() as read:
        return live_sources(node, read)


def live_sources(node: Node, read: Read) -> tuple[tuple[SourceState, ...], str]:
    """Return the same within a read at hand; a list that cannot be read hides nothing else."""
    try:
        return tuple(states_in(node, read)), ""
    except MalformedRecord as error:
        return (), f"{error.where}: {error.code}"


def halts(node: Node) -> tuple[Halt, ...]:
    """Return the pairs in which nothing is signed: frozen, or not yet compared with the peer's copy."""
    found: list[Halt] = []
    with node.store.read() as read:
        for agreement in node.agreements.in_force(node.clock.now()):
            programme = agreement.programme.id
            for party in agreement.programme.parties:
                why = why_halted(node, read, programme, party.id) if party.id != node.party else ""
                if why:
                    frozen = node.freezes.of(programme, party.id) is not None
                    found.append(Halt(party.id, programme, frozen, why))
    return tuple(found)
