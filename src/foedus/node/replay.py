"""Decide again, from the ledger alone, what a release entry says was decided: the rules of then, its label, its instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from foedus.account import bodies
from foedus.account.bodies import ProgrammeAgreed, ReleaseSent
from foedus.errors import BrokenChain, InputError
from foedus.model import instant
from foedus.model.decision import Decision, Facts, Grant, Subject
from foedus.model.entry import LogInfo
from foedus.model.label import Label
from foedus.node.agreements import ACCEPTED, Agreement
from foedus.node.home import Node
from foedus.node.limits import used
from foedus.programme import agree
from foedus.programme.dates import day_of
from foedus.programme.document import Document
from foedus.release.compile import compile as compile_policy
from foedus.release.decide import decide
from foedus.release.policy import Policy
from foedus.store.engine import Read

_OUTCOMES = {"permit": ("release", "redact"), "permit-redacted": ("redact",)}
_FAR_US = 2**53 - 1


class Difference(msgspec.Struct, frozen=True):
    """One thing that comes out otherwise: what the entry says, what is decided now."""

    what: str
    entry: str
    now: str


class Replay(msgspec.Struct, frozen=True):
    """A decision taken again.

    ``assumed`` names what the entry does not hold and was taken as given: that what had to be approved or consented to was.
    """

    log: str
    seq: int
    object_id: str
    party: str
    at: str
    version: str
    digest: str
    decision: Decision
    differs: tuple[Difference, ...]
    assumed: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Say whether the decision comes out as it was entered."""
        return not self.differs


def replay(node: Node, name: str, seq: int) -> Replay:
    """Take the decision of a release entry again.

    Raises:
        InputError: no such log or entry, or one of another kind.
        BrokenChain: no version of the programme that the log names is kept here.
    """
    with node.store.read() as read:
        info, sent = _sent(read, name, seq)
        at = instant.parse(sent.at)
        agreement, policy = _rules(node, _agreed(read, name, seq), info, sent)
        counts = used(read.logs, agreement.programme, policy, (name, sent.area), instant.to_us(at), seq).counts
    facts = _facts(sent, info, counts)
    decision = decide(_subject(sent, at), info.recipient, policy, at, sent.purpose, facts)
    return Replay(
        log=name,
        seq=seq,
        object_id=sent.object_id,
        party=info.recipient,
        at=sent.at,
        version=agreement.programme.version,
        digest=agreement.digest,
        decision=decision,
        differs=tuple(_differences(sent, decision, policy.rules_hash(info.recipient))),
        assumed=_assumed(agreement, sent, node.party),
    )


def _sent(read: Read, name: str, seq: int) -> tuple[LogInfo, ReleaseSent]:
    info = read.logs.log(name)
    if info is None or not 0 <= seq < read.logs.size(name):
        raise InputError("no such log or entry", code="log-unknown", where=f"{name} {seq}", hint="foedus ledger show")
    body = bodies.read(next(iter(read.logs.entries(name, seq, seq + 1))))
    if not isinstance(body, ReleaseSent):
        raise InputError(
            "it says nothing of a decision", code="entry-kind", where=f"{name} {seq}", hint="name a release.sent"
        )
    return info, body


def _agreed(read: Read, name: str, seq: int) -> list[str]:
    """Return the digests of the versions that were agreed before an entry, the newest first."""
    bodies = (bodies.read(one) for one in read.logs.entries(name, 0, seq) if one.entry().kind == "programme.agreed")
    return [body.digest for body in bodies if isinstance(body, ProgrammeAgreed)][::-1]


def _rules(node: Node, digests: Sequence[str], info: LogInfo, sent: ReleaseSent) -> tuple[Agreement, Policy]:
    """Return the newest version agreed before the entry whose rules for the recipient hash to what it says, else the newest."""
    at = instant.parse(sent.at)
    kept = {one.digest: document for one, document in node.agreements.versions(info.programme) if one.state == ACCEPTED}
    found = [_compiled(kept[one], one, at) for one in digests if one in kept]
    if not found:
        raise BrokenChain(
            "the version of the programme it was decided under is not kept here",
            code="version-missing",
            where=info.name,
        )
    return next((one for one in found if one[1].rules_hash(info.recipient) == sent.rules_hash), found[0])


def _compiled(document: Document, digest: str, at: datetime) -> tuple[Agreement, Policy]:
    standing = agree.standing(document, at)
    agreement = Agreement(document, digest, standing, accepted=True, day=day_of(at))
    return agreement, compile_policy(document.programme, at, digest=digest, in_force=not standing.missing)


def _subject(sent: ReleaseSent, at: datetime) -> Subject:
    label = msgspec.convert(sent.label, Label)
    # The entry holds how long it took, to the thousandth of a minute; the finding's instant follows from it.
    taken_us = round((sent.latency_minutes or 0) * 60_000_000)
    created_us = instant.to_us(at) - taken_us
    return Subject(sent.object_id, sent.modified, sent.area, sent.kind, sent.originator, label, created_us)


def _facts(sent: ReleaseSent, info: LogInfo, counts: dict[str, int]) -> Facts:
    one = (sent.object_id, sent.modified)
    grant = Grant(sent.object_id, (info.recipient,), _FAR_US, "assumed")
    return Facts(grants=(grant,), approved=frozenset({one}), counts=counts, sender=info.sender)


def _assumed(agreement: Agreement, sent: ReleaseSent, own: str) -> tuple[str, ...]:
    clauses = [one for one in agreement.programme.release.clauses if one.id in sent.clauses]
    found = [f"two persons approved it ({one.id})" for one in clauses if one.four_eyes]
    if sent.originator != own:
        found.append(f"{sent.originator} consented where it had to")
    found += [
        f"it held nothing of {', '.join(one.what.contains)} ({one.id})"
        for one in agreement.programme.release.clauses
        if one.what.contains
    ]
    return tuple(found)


def _differences(sent: ReleaseSent, now: Decision, rules_hash: str) -> Iterator[Difference]:
    if now.outcome not in _OUTCOMES[sent.decision]:
        why = f"{now.outcome}: {now.reasons[0].code}" if now.reasons else now.outcome
        yield Difference("outcome", sent.decision, why)
    pairs = {
        "clauses": (", ".join(sent.clauses), ", ".join(now.clauses)),
        "rules hash": (sent.rules_hash, rules_hash),
        "label hash": (sent.label_hash, now.label_hash),
        "purpose": (sent.purpose, now.purpose),
        "duties": (_text(sent.duties), _text(msgspec.to_builtins(now.duties))),
    }
    for what, (entry, again) in pairs.items():
        if entry != again:
            yield Difference(what, entry, again)


def _text(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
