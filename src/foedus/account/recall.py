"""Recalls as entries: what makes one valid, what makes its answer valid, and the proof that nothing was sent again after it.

All of it is read from the logs of the pair, so that either side, and whoever is shown both, comes to the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foedus.account.audit import Fault, verify_log
from foedus.account.bodies import RecallCompleted, RecallRequested, ReleaseSent, read
from foedus.account.checkpoint import parse_note
from foedus.errors import MalformedRecord
from foedus.model.entry import LogInfo, StoredEntry
from foedus.model.instant import parse, to_us
from foedus.model.ports import LogReader, LogStore
from foedus.model.vkey import VerifierKey

MALFORMED = "recall-malformed"
DEADLINE = "recall-deadline"
NOT_SENT = "recall-not-sent"
UNKNOWN = "recall-unknown"


class Absence(msgspec.Struct, frozen=True):
    """What the kept copy of a log says of an object after its recall, and under which signed state it says so.

    The claim is about this log alone: none of its entries from ``recall_entry`` to before ``entries`` sends one of the
    ``versions``. ``later`` are the entries that do; ``faults`` is what does not join in the copy.
    """

    programme: str
    sender: str
    recipient: str
    log: str
    object_id: str
    versions: tuple[str, ...]
    recall_entry: int
    recalled_at: str
    entries: int
    root: str
    signed_by: tuple[str, ...]
    checkpoint: str
    later: tuple[int, ...]
    faults: tuple[Fault, ...]
    proven: bool


def entry_at(store: LogReader, name: str, seq: int) -> StoredEntry | None:
    """Return an entry of a log, or None where it has none there."""
    return next(iter(store.entries(name, seq, seq + 1)), None) if 0 <= seq < store.size(name) else None


def answers(receiver: LogInfo, sender: LogInfo) -> bool:
    """Say whether a log is the other direction of a pair: only the recipient answers."""
    return (receiver.programme, receiver.sender, receiver.recipient) == (
        sender.programme,
        sender.recipient,
        sender.sender,
    )


def request_of(store: LogReader, name: str, seq: int) -> tuple[RecallRequested | None, str]:
    """Return the recall that an entry asks for; where it is none that counts, None and a stable code that says why.

    Only what the log itself sent before can be called back by it, and not to a day before the recall.
    """
    body = _body(store, name, seq)
    if not isinstance(body, RecallRequested):
        return None, MALFORMED
    try:
        in_time = to_us(parse(body.deadline)) >= to_us(parse(body.at))
    except (MalformedRecord, OverflowError):
        in_time = False
    if not in_time:
        return None, DEADLINE
    ascending = all(earlier < later for earlier, later in zip(body.sendings, body.sendings[1:], strict=False))
    sent = [_body(store, name, one) if one < seq else None for one in body.sendings]
    known = [one for one in sent if isinstance(one, ReleaseSent) and _is_of(one, body)]
    if not sent or not ascending or len(known) < len(sent) or {one.modified for one in known} != set(body.versions):
        return None, NOT_SENT
    return body, ""


def completion_of(store: LogReader, info: LogInfo, seq: int) -> tuple[RecallCompleted | None, LogInfo | None, str]:
    """Return the answer that an entry of a log gives, and the log it answers; where it counts for nothing, why.

    It answers a recall that stands in the other direction of the same pair, and says the same object and versions.
    """
    body = _body(store, info.name, seq)
    if not isinstance(body, RecallCompleted):
        return None, None, MALFORMED
    asked = next((one for one in store.logs() if one.origin == body.log and answers(info, one)), None)
    if asked is None:
        return None, None, UNKNOWN
    request, _ = request_of(store, asked.name, body.entry)
    if request is None or (request.object_id, request.versions) != (body.object_id, body.versions):
        return None, None, UNKNOWN
    return body, asked, ""


def absence(store: LogStore, info: LogInfo, seq: int, keys: Sequence[VerifierKey]) -> Absence:
    """Return what a log says of an object after its recall in entry ``seq``; the copy is recomputed for it.

    Raises:
        MalformedRecord: there is no recall that counts in that entry.
    """
    request, code = request_of(store, info.name, seq)
    stored = entry_at(store, info.name, seq)
    if request is None or stored is None:
        raise MalformedRecord("no recall stands there", code=code, where=f"{info.origin} entry {seq}")
    report = verify_log(store, info, keys)
    signed = store.checkpoint(info.name)
    size = 0 if signed is None else signed.size
    later = tuple(
        place
        for place, one in enumerate(store.entries(info.name, seq + 1, size), seq + 1)
        if request.object_id.encode() in one.body and _sends(one, request)
    )
    return Absence(
        programme=info.programme,
        sender=info.sender,
        recipient=info.recipient,
        log=info.origin,
        object_id=request.object_id,
        versions=request.versions,
        recall_entry=seq,
        recalled_at=stored.entry().at,
        entries=size,
        root="" if signed is None else signed.root.hex(),
        signed_by=() if signed is None else tuple(one.name for one in parse_note(signed.note).signatures),
        checkpoint="" if signed is None else signed.note,
        later=later,
        faults=report.faults,
        proven=report.whole and seq < size and not later,
    )


def _body(store: LogReader, name: str, seq: int) -> object:
    stored = entry_at(store, name, seq)
    try:
        return None if stored is None else read(stored)
    except MalformedRecord:
        return None


def _is_of(sent: ReleaseSent, body: RecallRequested) -> bool:
    return (sent.object_id, sent.area) == (body.object_id, body.area)


def _sends(stored: StoredEntry, request: RecallRequested) -> bool:
    """Say whether an entry sends a recalled version; one that cannot be read counts as if it did."""
    if stored.entry().kind != ReleaseSent.kind_of_entry:
        return False
    facts = stored.facts()
    return facts.get("object_id") == request.object_id and facts.get("modified") in request.versions
