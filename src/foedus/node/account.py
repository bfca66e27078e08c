"""Verb ``account``: the ledgers verified, proven and shown; the scoreboard computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from foedus.account import ledger
from foedus.account.audit import Report, verify_log
from foedus.account.events import Loaded, events
from foedus.account.score import Scoreboard
from foedus.account.score import score as compute
from foedus.errors import InputError
from foedus.model.entry import MASTER, LogInfo
from foedus.model.instant import parse
from foedus.node.agreements import Agreement
from foedus.node.home import Node


class Line(msgspec.Struct, frozen=True):
    """One entry as people read it."""

    log: str
    seq: int
    at: str
    kind: str
    body: dict[str, Any]


class LogState(msgspec.Struct, frozen=True):
    """One log of the node: whose it is, how long, how far it is signed, and by how many."""

    name: str
    origin: str
    own: bool
    entries: int
    signed: int
    signatures: int


def logs(node: Node) -> list[LogState]:
    """Return the state of every log."""
    with node.store.read() as read:
        found: list[LogState] = []
        newest = read.logs.newest()
        for info in read.logs.logs():
            held = newest.get(info.name)
            signed, lines = (held.size, held.note.count("\n— ")) if held is not None else (0, 0)
            found.append(LogState(info.name, info.origin, info.own, read.logs.size(info.name), signed, lines))
    return found


def verify(node: Node, name: str = "") -> list[Report]:
    """Recompute one log or all, from bodies to checkpoints; a changed row is named.

    Raises:
        InputError: no such log.
    """
    with node.store.read() as read:
        chosen = [info for info in read.logs.logs() if name in ("", info.name)]
        if not chosen:
            raise InputError(f"no log {name!r}", code="log-unknown", hint="foedus ledger show lists them")
        return [verify_log(read.logs, info, node.log_keys(info)) for info in chosen]


def prove(node: Node, name: str, seq: int) -> str:
    """Return the proof file of an entry, which anybody can verify with the log's public key.

    Raises:
        InputError: no such log.
        BrokenChain: no such entry under a checkpoint.
    """
    with node.store.read() as read:
        _log(read.logs.log(name), name)
        return ledger.prove(read.logs, name, seq)


def show(node: Node, name: str, start: int, limit: int) -> list[Line]:
    """Return entries of a log.

    Raises:
        InputError: no such log.
    """
    with node.store.read() as read:
        _log(read.logs.log(name), name)
        size = read.logs.size(name)
        first = max(0, size - limit) if start < 0 else start
        return [
            Line(name, seq, stored.entry().at, stored.entry().kind, stored.facts())
            for seq, stored in enumerate(read.logs.entries(name, first, min(size, first + limit)), first)
        ]


def score(node: Node, programme: str = "", day: str = "") -> list[Scoreboard]:
    """Return the scoreboards of one programme or all in force, on a review day (today where none is named)."""
    at = node.clock.now()
    review = parse(f"{day}T00:00:00Z").date() if day else at.date()
    held = [node.agreements.of(programme, at)] if programme else node.agreements.in_force(at)
    return scores(node, held, review)


def scores(node: Node, held: Sequence[Agreement], review: date) -> list[Scoreboard]:
    """Return the scoreboards of programmes on a day, from the ledger read once."""
    named = {agreement.programme.id for agreement in held}
    with node.store.read() as read:
        logs = [info for info in read.logs.logs() if info.programme in named or info.name == MASTER]
        loaded = Loaded(read.logs, logs)
        master = [info for info in logs if info.name == MASTER]
        of = {name: [info for info in logs if info.programme == name] for name in named}
        return [compute(one.programme, events(loaded, [*of[one.programme.id], *master]), review) for one in held]


def _log(info: LogInfo | None, name: str) -> LogInfo:
    if info is None:
        raise InputError(f"no log {name!r}", code="log-unknown", hint="foedus ledger show lists them")
    return info


def figure(value: float | str | None) -> str:
    """Return a figure as people read it: at most two decimals, words as they are.

    >>> figure(0.416438), figure(1200), figure("complete"), figure(None)
    ('0.42', '1,200', 'complete', '–')
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
