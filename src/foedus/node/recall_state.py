"""How recalls stand: who has confirmed and who has not, and what the ledger proves of the time after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from foedus.account.recall import Absence, absence
from foedus.errors import InputError
from foedus.model import instant
from foedus.node.home import Node
from foedus.node.recall import NOT_YET
from foedus.node.receipts import read_up_to_of
from foedus.store import recalls
from foedus.store.engine import Read
from foedus.store.recalls import Recall, Waiting

State = Literal["waiting", "requested", "seen", "completed"]


class Standing(msgspec.Struct, frozen=True):
    """One recall: ``made`` by this node or ``taken`` from a partner; ``party`` is the other side.

    ``state`` is ``waiting`` while nothing may be signed for the party, so that there is no entry and no deadline yet,
    ``seen`` once the party entered that it read the log beyond it, ``completed`` once it answered;
    ``overdue`` says that it did not by the deadline. ``answer`` is the entry of the party's log (of ours, where the
    recall was taken) that says so.
    """

    direction: Literal["made", "taken"]
    object_id: str
    versions: tuple[str, ...]
    party: str
    programme: str
    area: str
    reason: str
    at: str
    deadline: str
    log: str
    entry: int
    state: State
    overdue: bool
    result: str
    code: str
    passed_on_to: tuple[str, ...]
    answered_at: str
    answer: int | None
    lifted_at: str


class Shown(msgspec.Struct, frozen=True):
    """A recall with what the ledger proves: that nothing of it was sent again up to a signed state of its log.

    ``receipt`` is the largest state of a log of ours with the recall in it that the party cosigned, empty where it did not.
    """

    recall: Standing
    absence: Absence
    receipt: str


def standings(node: Node, *, waiting: bool = False) -> list[Standing]:
    """Return all recalls, the newest first; with ``waiting`` only those that a party has not answered."""
    with node.store.read() as read:
        held = recalls.unanswered(read) if waiting else recalls.recalls(read)
        return [*(_unsaid(one) for one in recalls.waiting(read)), *_standings(node, read, held)]


def standings_of(node: Node, read: Read, object_id: str) -> list[Standing]:
    """Return the recalls of an object, the newest first."""
    held, waiting = recalls.recalls_and_waiting(read, object_id)
    return [*(_unsaid(one) for one in waiting), *_standings(node, read, held)]


def _standings(node: Node, read: Read, held: Sequence[Recall]) -> list[Standing]:
    logs = {one.log: read.logs.log(one.log) for one in held if not one.result}
    seen = read_up_to_of(read, [log for log in logs.values() if log is not None])
    return [_standing(node, one, seen.get(one.log, 0) > one.seq) for one in held]


def show(node: Node, object_id: str, party: str) -> list[Shown]:
    """Return the recalls of an object between this node and a party, made and taken, each with its proof.

    Raises:
        InputError: there is none.
    """
    with node.store.read() as read:
        held = [one for one in recalls.recalls(read, object_id) if party in (one.sender, one.recipient)]
        if not held:
            raise InputError(
                f"no recall of it between us and {party!r}",
                code="recall-none",
                where=object_id,
                hint="foedus recall list",
            )
        return [Shown(standing(node, read, one), _absence(node, read, one), _receipt(read, one)) for one in held]


def _absence(node: Node, read: Read, one: Recall) -> Absence:
    info = read.logs.log(one.log)
    assert info is not None, "a recall stands in a log"
    return absence(read.logs, info, one.seq, node.log_keys(info))


def _unsaid(one: Waiting) -> Standing:
    return Standing(
        direction="made",
        object_id=one.object_id,
        versions=(one.version,),
        party=one.recipient,
        programme=one.programme,
        area="",
        reason=one.reason,
        at=instant.text(one.at_us),
        deadline="",
        log=one.log,
        entry=NOT_YET,
        state="waiting",
        overdue=False,
        result="",
        code="",
        passed_on_to=(),
        answered_at="",
        answer=None,
        lifted_at="",
    )


def standing(node: Node, read: Read, one: Recall) -> Standing:
    """Return how one recall stands."""
    return _standings(node, read, [one])[0]


def _standing(node: Node, one: Recall, seen: bool) -> Standing:
    now_us = instant.to_us(node.clock.now())
    return Standing(
        direction="made" if one.own else "taken",
        object_id=one.object_id,
        versions=one.versions,
        party=one.recipient if one.own else one.sender,
        programme=one.programme,
        area=one.area,
        reason=one.reason,
        at=instant.text(one.at_us),
        deadline=instant.text(one.deadline_us),
        log=one.log,
        entry=one.seq,
        state="completed" if one.result else "seen" if seen else "requested",
        overdue=not one.result and one.deadline_us < now_us,
        result=one.result,
        code=one.code,
        passed_on_to=one.passed_on,
        answered_at="" if one.answered_us is None else instant.text(one.answered_us),
        answer=one.answer_seq,
        lifted_at="" if one.lifted_us is None else instant.text(one.lifted_us),
    )


def _receipt(read: Read, one: Recall) -> str:
    """Return the last state with the recall in it that the recipient cosigned; only what verified was kept."""
    signed = [kept.note for kept in read.logs.checkpoints(one.log, one.seq) if kept.note.count("\n— ") > 1]
    return signed[-1] if signed else ""
