"""Entries as the events that indicators see: one event an object, batch receipts expanded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from foedus.account.bodies import Batch, RecallCompleted, RecallRequested, Refused, read
from foedus.account.recall import answers, completion_of, entry_at, request_of
from foedus.errors import MalformedRecord
from foedus.model.entry import Event, LogInfo, StoredEntry
from foedus.model.instant import parse, to_us
from foedus.model.ports import LogReader, LogStore

_SENT = "release.sent"
_CARRIED = ("modified", "object_type", "kind", "decision", "label_hash", "originator", "purpose")


class Loaded:
    """Some logs, read from beginning to end in one question: whoever looks back in them asks no more.

    Args:
        store: where they are kept.
        logs: which.
    """

    def __init__(self, store: LogStore, logs: Iterable[LogInfo]) -> None:
        self._store = store
        self._held: dict[str, list[StoredEntry]] = {info.name: [] for info in logs}
        for name, _, stored in store.since(dict.fromkeys(self._held, 0)):
            self._held[name].append(stored)

    def log(self, name: str) -> LogInfo | None:
        """Return the log of a name, or None."""
        return self._store.log(name)

    def logs(self) -> Sequence[LogInfo]:
        """Return all logs, ordered by name."""
        return self._store.logs()

    def size(self, name: str) -> int:
        """Return the number of entries."""
        return self._store.size(name)

    def entries(self, name: str, start: int, end: int) -> Iterator[StoredEntry]:
        """Yield entries ``start <= seq < end`` in order."""
        held = self._held.get(name)
        yield from self._store.entries(name, start, end) if held is None else held[max(0, start) : max(0, end)]


def events(store: LogReader, logs: Iterable[LogInfo]) -> Iterator[Event]:
    """Yield the events of logs, in the order of the logs and of their entries.

    A receipt of a batch becomes one event for each release.sent of its area in its range that the kept copy of the
    sender's log holds: nobody can acknowledge what was not sent to them. Its event carries the facts of the sending
    (type, kind, decision, label hash), ``result`` and ``label_valid``. ``by``, the party that signs the log, the
    pair's programme and the parties of a sending are set here, whatever a body says. An entry whose body is not that
    of its kind gives no event; nor does a recall of what its log did not send, or an answer to no recall. An answer's
    ``hours`` run from the recall's entry to its own.
    """
    by_origin = {info.origin: info for info in store.logs()}
    for info in logs:
        for stored in store.entries(info.name, 0, store.size(info.name)):
            yield from _of(store, info, by_origin, stored)


def _of(store: LogReader, info: LogInfo, by_origin: dict[str, LogInfo], stored: StoredEntry) -> Iterator[Event]:
    entry = stored.entry()
    try:
        body = read(stored)
        facts = stored.facts()
    except MalformedRecord:
        return
    at = parse(facts.get("at") or entry.at)
    if isinstance(body, Batch):
        sender = by_origin.get(body.log)
        if sender is not None and answers(info, sender):
            for object_facts in _expand(store, sender, body):
                yield Event(entry.kind, at, {**object_facts, **_settled(info, sender)}, info.name, entry.seq)
        return
    if isinstance(body, RecallRequested | RecallCompleted):
        told = _recall(store, info, stored, body)
        if told is None:
            return
        facts = {**facts, **told}
    # Which sending a receipt answers is read from the logs; no body may say it.
    facts.pop("sent_at", None)
    pair = info if entry.kind == _SENT else None
    yield Event(entry.kind, at, {**facts, **_settled(info, pair)}, info.name, entry.seq)


def _settled(info: LogInfo, pair: LogInfo | None) -> dict[str, Any]:
    """Return the facts that the logs settle: who signs, which programme, and who sent to whom."""
    settled: dict[str, Any] = {"by": info.sender}
    if info.programme:
        settled["programme"] = info.programme
    if pair is not None:
        settled["parties"] = [pair.sender, pair.recipient]
    return settled


def _recall(
    store: LogReader, info: LogInfo, stored: StoredEntry, body: RecallRequested | RecallCompleted
) -> dict[str, Any] | None:
    """Return what the logs settle of a recall or an answer; None where it counts for nothing."""
    entry = stored.entry()
    parties = [info.sender, info.recipient]
    if isinstance(body, RecallRequested):
        return None if request_of(store, info.name, entry.seq)[0] is None else {"parties": parties}
    _, asked, _ = completion_of(store, info, entry.seq)
    request = None if asked is None else entry_at(store, asked.name, body.entry)
    if request is None:
        return None
    hours = (to_us(parse(entry.at)) - to_us(parse(request.entry().at))) / 3_600_000_000
    return {"parties": parties[::-1], "hours": round(max(0.0, hours), 4)}


def _expand(store: LogReader, sender: LogInfo, body: Batch) -> Iterator[dict[str, Any]]:
    refused = {item.object_id: item.code for item in body.refused}
    unlabelled = set(body.unlabelled)
    start, end = max(0, body.range[0]), min(body.range[1], body.checkpoint.size, store.size(sender.name))
    for stored in store.entries(sender.name, start, end) if start < end else ():
        if stored.entry().kind != _SENT:
            continue
        sent = stored.facts()
        object_id = sent.get("object_id")
        if sent.get("area") != body.area or not _meant(body, object_id, refused):
            continue
        yield {
            **{name: sent.get(name) for name in _CARRIED},
            "at": body.at,
            "area": body.area,
            "object_id": object_id,
            "result": "refused" if object_id in refused else "accepted",
            "code": refused.get(str(object_id), ""),
            "label_valid": object_id not in unlabelled,
            "sent_at": stored.entry().at,
        }


def _meant(body: Batch, object_id: object, refused: dict[str, str]) -> bool:
    """Say whether a receipt stands for an object: all were received, the refused were refused, the others taken."""
    if isinstance(body, Refused):
        return object_id in refused
    return body.kind_of_entry == "exchange.received" or object_id not in refused
