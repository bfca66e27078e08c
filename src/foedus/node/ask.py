"""Verb ``ask``: learn with a partner which values both hold, before either releases anything.

What a side lets be compared is itself told by a match, so it is decided like a release; see :func:`offered`. What was asked,
answered and learnt is entered in the private log: sizes and numbers, never a value.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from foedus.account.bodies import AskAnswered, AskLearnt, AskMade, AskRefused, Body, draft
from foedus.account.ledger import append
from foedus.errors import ExchangeError, InputError, MalformedRecord
from foedus.exchange.asking import SESSION_BYTES, AskClient, Returned
from foedus.exchange.intersect import Context, Side, Value
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.model.ports import Answered, AskedTooOften, Asking
from foedus.node.agreements import Agreement
from foedus.node.exchange import session_to
from foedus.node.home import Node, Progress, silent
from foedus.node.offered import Offered, offered
from foedus.node.peers import peer_of
from foedus.node.view import rooms_of
from foedus.store import asked, findings
from foedus.store.engine import Tx

SECRET_BYTES = 32
EXPIRES_US = 5 * 60 * 1_000_000
_HOUR_US = asked.HOUR_US


class Shared(msgspec.Struct, frozen=True):
    """A value that both hold, and the own findings that hold it."""

    kind: str
    value: str
    findings: tuple[str, ...]


class Learnt(msgspec.Struct, frozen=True):
    """What asking a partner brought.

    ``values`` is how many own values were compared, ``left_out`` how many more were beyond the limit; ``points`` and
    ``peer_points`` are what the lists were filled up to; ``told`` says whether the partner took what tells it the same.
    """

    programme: str
    peer: str
    area: str
    session: str
    values: int
    left_out: int
    points: int
    peer_points: int
    shared: tuple[Shared, ...]
    told: bool


def ask(node: Node, party: str, area: str, programme: str = "", progress: Progress = silent) -> Learnt:
    """Ask a party's node which values both hold, and let it learn the same.

    Args:
        node: the node.
        party: whom to ask.
        area: which area of the programme.
        programme: id or word; may be empty where one programme in force has the party and the area.
        progress: told what is going on.

    Raises:
        InputError: no programme in force, or several, with that party and area.
        UnknownParty: none of the party's nodes is enrolled.
        ExchangeError: the peer cannot be reached, or does not answer.
    """
    agreement = _agreement(node, party, area, programme)
    peer = peer_of(agreement, party)
    progress("collect", 0, None)
    own = offered(node, agreement, party, area)
    context = Context(node.entropy(SESSION_BYTES), agreement.programme.id, area)
    side = Side(context, own.values, node.entropy(SECRET_BYTES), node.entropy)
    step = _Step(agreement.programme.id, (node.party, party), area, context.session)
    # What leaves is entered before it leaves: an answer may never come.
    step.enter(node, AskMade, points=len(side.points))
    # Once only: a session is for one use, and a peer that has answered often enough is not asked again at once.
    with session_to(node, peer, tries=1) as session:
        client = AskClient(session, peer.card.endpoint, agreement.word)
        progress("ask", 0, None)
        answered = client.ask(Asking(context.session, area, side.points))
        progress("compare", 0, None)
        twice = _twice(side, answered)
        matches = side.matched(answered.twice, twice)
        sizes = (len(side.points), len(answered.points))
        step.learn(node, party, sizes, matches)
        told = _told(client, Returned(context.session, twice))
    return Learnt(
        agreement.programme.id,
        party,
        area,
        context.session.hex(),
        len(own.values),
        own.left_out,
        *sizes,
        _shared(node, own, matches),
        told,
    )


class Known(msgspec.Struct, frozen=True):
    """A value that a partner holds as well, and when that was learnt, by whose question."""

    programme: str
    peer: str
    area: str
    kind: str
    value: str
    at: str
    asker: str


def known(node: Node, party: str, area: str) -> list[Known]:
    """Return what earlier questions showed, this node's and the party's, newest first."""
    with node.store.read() as read:
        return [
            Known(one.programme, one.peer, one.area, one.kind, one.norm, instant.text(one.at_us), one.asker)
            for one in asked.learnt_of(read, party, area)
        ]


def _agreement(node: Node, party: str, area: str, programme: str) -> Agreement:
    at = node.clock.now()
    if party == node.party:
        raise InputError("this is the node's own party", code="party-own", where=party, hint="name another party")
    held = [node.agreements.required(programme, at)] if programme else node.agreements.in_force(at)
    found = [one for one in held if _covers(node, one, party, area)]
    if len(found) == 1:
        node.freezes.refuse(found[0].programme.id, party)
        return found[0]
    if found:
        words = ", ".join(one.word for one in found)
        raise InputError(
            "several programmes have this party and area",
            code="programme-ambiguous",
            hint=f"--programme, one of {words}",
        )
    raise InputError(
        f"no programme in force has the party {party!r} and an area {area!r} that this node serves",
        code="ask-not-covered",
        hint="foedus programme show",
    )


def _covers(node: Node, agreement: Agreement, party: str, area: str) -> bool:
    """Say whether both are parties, and the area is one of the programme's that this node has a room for."""
    programme = agreement.programme
    both = programme.party(party) is not None and programme.party(node.party) is not None
    return both and any(one.id == area and rooms_of(node, one) for one in programme.areas)


def _twice(side: Side, answered: Answered) -> list[bytes]:
    try:
        return side.again(answered.points)
    except MalformedRecord as error:
        raise ExchangeError("the peer's points are none", code="peer-malformed", hint="compare versions") from error


def _told(client: AskClient, returned: Returned) -> bool:
    try:
        client.back(returned)
    except ExchangeError:
        # What was learnt is learnt; that the partner did not get its part is said, and it may ask itself.
        return False
    return True


def _shared(node: Node, own: Offered, matches: Sequence[Value]) -> tuple[Shared, ...]:
    seqs = sorted({seq for match in matches for seq in own.values[match]})
    with node.store.read() as read:
        ids = {held.seq: held.object_id for held in findings.findings_of(read, seqs)}
    return tuple(
        Shared(kind, norm, tuple(sorted({ids[seq] for seq in own.values[kind, norm] if seq in ids})))
        for kind, norm in matches
    )


class _Step(NamedTuple):
    """What every entry about one session says."""

    programme: str
    parties: tuple[str, str]
    area: str
    session: bytes

    def enter(self, node: Node, kind: type[AskMade | AskAnswered], **sizes: int) -> None:
        with node.store.write() as tx:
            self._enter(node, tx, kind, sizes)

    def learn(self, node: Node, peer: str, sizes: tuple[int, int], matches: Sequence[Value]) -> None:
        """Keep which values a peer holds as well, and enter how many."""
        with node.store.write() as tx:
            at_us = instant.to_us(node.clock.now())
            known = (peer, self.parties[0], self.session, self.programme, self.area, at_us)
            asked.keep_learnt(tx, [asked.Learnt(*known, *match) for match in matches])
            numbers = {"points": sizes[0], "peer_points": sizes[1], "matches": len(matches)}
            self._enter(node, tx, AskLearnt, numbers)

    def _enter(self, node: Node, tx: Tx, kind: type[AskMade | AskAnswered | AskLearnt], sizes: dict[str, int]) -> None:
        at = node.clock.now()
        body = kind(
            at=instant.text(instant.to_us(at)),
            programme=self.programme,
            parties=self.parties,
            area=self.area,
            session=self.session.hex(),
            **sizes,
        )
        _append(node, tx, body, at)


def _append(node: Node, tx: Tx, body: Body, at: datetime) -> None:
    append(tx.logs, MASTER, [draft(body)], at=at, entropy=node.entropy)


class _Open(NamedTuple):
    """A session that was answered and not yet ended."""

    step: _Step
    side: Side
    twice: list[bytes]
    until_us: int


class Answers:
    """The answering side of a serving node: open sessions live in its memory, five minutes at most, for one use.

    Args:
        node: the node.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str, bytes], _Open] = {}
        self._refused: dict[tuple[str, str], int] = {}

    def answer(self, agreement: Agreement, party: str, asking: Asking) -> Answered | None:
        """Answer a question of a party; None for an area there is nothing to ask about.

        Raises:
            AskedTooOften: the limits of the settings are reached.
            MalformedRecord: a point of low order, or a session that was used before.
        """
        node = self._node
        if not _covers(node, agreement, party, asking.area):
            return None
        self._admit(agreement, party, asking)
        own = offered(node, agreement, party, asking.area)
        context = Context(asking.session, agreement.programme.id, asking.area)
        side = Side(context, own.values, node.entropy(SECRET_BYTES), node.entropy)
        twice = side.again(asking.points)
        step = _Step(agreement.programme.id, (party, node.party), asking.area, asking.session)
        step.enter(node, AskAnswered, points=len(side.points), peer_points=len(asking.points))
        with self._lock:
            self._expire()
            until_us = instant.to_us(node.clock.now()) + EXPIRES_US
            self._open[agreement.programme.id, party, asking.session] = _Open(step, side, twice, until_us)
        return Answered(side.points, twice)

    def end(self, agreement: Agreement, party: str, session: bytes, twice: Sequence[bytes]) -> bool:
        """Take what ends a session, and learn from it; False where the party has none open.

        Raises:
            MalformedRecord: not as many points as were sent.
        """
        with self._lock:
            self._expire()
            held = self._open.pop((agreement.programme.id, party, session), None)
        if held is None:
            return False
        matches = held.side.matched(twice, held.twice)
        held.step.learn(self._node, party, (len(held.side.points), len(held.twice)), matches)
        return True

    def _admit(self, agreement: Agreement, party: str, asking: Asking) -> None:
        """Count a question before any work is done for it, so that questions at one time are counted as well."""
        node = self._node
        at_us = instant.to_us(node.clock.now())
        # Only the partner's points count: where the limit stands must not show how large the own list is.
        points = len(asking.points)
        with node.store.write() as tx:
            if asked.was_asked(tx, party, asking.session, at_us):
                raise MalformedRecord("this session was used", code="ask-repeated", hint="begin a new one")
            limit = self._reached(asked.used(tx, party, asking.area, at_us), points)
            if not limit:
                asked.keep_asked(tx, asked.Asked(party, asking.session, asking.area, at_us, points))
            elif self._refused.get((party, asking.area)) != at_us // _HOUR_US:
                self._refused[party, asking.area] = at_us // _HOUR_US
                self._enter_refusal(tx, agreement, (party, asking.area), limit)
        if limit:
            raise AskedTooOften(limit)

    def _reached(self, used: asked.Used, points: int) -> str:
        config = self._node.config
        if used.sessions >= config.ask_sessions_per_hour:
            return "sessions-per-hour"
        return "points-per-day" if used.points + points > config.ask_points_per_day else ""

    def _enter_refusal(self, tx: Tx, agreement: Agreement, who: tuple[str, str], limit: str) -> None:
        at = self._node.clock.now()
        body = AskRefused(
            at=instant.text(instant.to_us(at)),
            programme=agreement.programme.id,
            parties=(who[0], self._node.party),
            area=who[1],
            limit=limit,
        )
        _append(self._node, tx, body, at)

    def _expire(self) -> None:
        now_us = instant.to_us(self._node.clock.now())
        for key in [key for key, held in self._open.items() if held.until_us <= now_us]:
            del self._open[key]
