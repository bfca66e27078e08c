"""The release queue: what waits for people, why, and exactly what would go; and their decisions, which work without a script."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from foedus.errors import InputError, NotReleasable, TrustError
from foedus.model.people import Person
from foedus.node import approve, grants
from foedus.node.approve import Told, Wish
from foedus.node.difference import difference
from foedus.node.pending import Detail, Waiting, detail, opened, pending
from foedus.web.answer import Answer, File, Moved, Shown, Table
from foedus.web.visit import Visit

PAGE_ROWS, RAIL_ROWS = 50, 25
ACTS = ("approve", "deny", "hold", "cancel", "ask", "consent")
_TOLD = ("requested", "approved", "denied", "held", "taken-back", "asked", "consented")
_COLUMNS = (
    "object",
    "title",
    "kind",
    "to",
    "programme",
    "area",
    "label",
    "missing",
    "persons",
    "state",
    "by",
    "until",
    "hash",
)


class _Seen(NamedTuple):
    """What somebody looked at when they decided; anything else now means that they must look again."""

    hash: str
    state: str
    by: str

    def text(self) -> str:
        return "|".join(self)


class _Once:
    """Forms sent already, so that a second click does nothing twice; and one act at a time, so that a look before it holds."""

    def __init__(self, most: int = 10_000) -> None:
        self.lock = threading.Lock()
        self._done: OrderedDict[str, str] = OrderedDict()
        self._most = most

    def before(self, token: str) -> str | None:
        """Return where the form led when it was sent before, or None."""
        return self._done.get(token)

    def led(self, token: str, where: str) -> None:
        """Keep where a form led."""
        self._done[token] = where
        while len(self._done) > self._most:
            self._done.popitem(last=False)


_once = _Once()


def show(visit: Visit) -> Answer:
    """Show what waits, for whom and why."""
    party = visit.value("party")
    page = pending(visit.node, party, limit=PAGE_ROWS, after=visit.value("after"))
    told = visit.value("told")
    data = {
        "items": page.items,
        "next": page.next,
        "party": party,
        "parties": _parties(visit),
        "told": told if told in _TOLD else "",
        "once": _token(visit),
        "seen": " ".join(one.hash[:12] for one in page.items),
    }
    return Shown("release.html", data, Table(_COLUMNS, [_row(one) for one in page.items]), _labels(page.items))


def waiting(visit: Visit) -> Answer:
    """Show how many wait now: a part of the page that asks by itself, and waits to be asked for more."""
    page = pending(visit.node, visit.value("party"), limit=PAGE_ROWS)
    seen = set(visit.value("seen").split())
    fresh = [one for one in page.items if one.hash[:12] not in seen]
    return Shown("release-fresh.html", {"fresh": len(fresh), "party": visit.value("party")})


def one(visit: Visit) -> Answer:
    """Show one finding of the queue with all that bears on a decision."""
    place = (visit.place(name) for name in ("object_id", "party", "programme"))
    try:
        found, rail = opened(visit.node, *place, beside=visit.value("party"), limit=RAIL_ROWS)
    except NotReleasable:
        return _gone(visit)
    return _detailed(visit, found, rail)


def sent(visit: Visit) -> Answer:
    """Give one object exactly as it would leave."""
    found = _detail(visit)
    number = visit.place("number")
    if not number.isdecimal() or int(number) >= len(found.objects):
        raise InputError("no such object", code="object-unknown")
    held = found.objects[int(number)]
    return File(held.sent.encode(), f"{held.object_id}.json", "application/stix+json;version=2.1")


def decide(visit: Visit) -> Answer:
    """Do what a person decided about what they saw; once, and only if it is still that."""
    act, token = visit.value("act"), visit.value("once")
    if act not in ACTS or not token:
        raise InputError("not a decision", code="form-malformed")
    with _once.lock:
        before = _once.before(f"{visit.csrf}|{token}")
        if before is not None:
            return Moved(before)
        try:
            found = _detail(visit)
        except NotReleasable:
            return _gone(visit)
        if _seen(found.waiting).text() != visit.value("seen"):
            return _refused(visit, found, "approval-changed")
        try:
            told = _done(visit, act, found.waiting)
        except (InputError, NotReleasable, TrustError) as error:
            return _refused(visit, found, error.code)
        where = f"{visit.asked.path}?told={told}"
        _once.led(f"{visit.csrf}|{token}", where)
    return Moved(where)


def _done(visit: Visit, act: str, item: Waiting) -> str:
    """Do one act and say what became of it."""
    person, node, reason = visit.act(), visit.node, visit.value("reason").strip()
    wish = Wish(item.object_id, item.party, item.programme, item.hash)
    if act in ("ask", "consent"):
        return _originator(visit, act, item, person)
    if act == "approve":
        return approve.approve(node, person, wish, reason).done
    if act == "cancel":
        approve.cancel(node, person, wish)
        return "taken-back"
    if act == "deny":
        return approve.deny(node, person, wish, reason).done
    approve.hold(node, person, wish, reason)
    return "held"


def _originator(visit: Visit, act: str, item: Waiting, person: Person) -> str:
    wanted = grants.Wanted((item.object_id,), (item.party,), programme=item.programme)
    if act == "ask":
        grants.ask(visit.node, wanted, person)
        return "asked"
    grants.give(visit.node, wanted, person)
    return "consented"


def together(visit: Visit) -> Answer:
    """Approve one listed set: first it is shown once more, item by item, then exactly that goes."""
    wishes = [_wish(text) for text in visit.asked.form.get("item", ())]
    if not wishes:
        return Moved("/release")
    if visit.value("sure") != "yes":
        return _listed(visit, wishes)
    with _once.lock:
        token = f"{visit.csrf}|{visit.value('once')}"
        if _once.before(token) is not None:
            return Moved("/release?told=approved")
        try:
            told = approve.approve_set(visit.node, visit.act(), wishes, visit.value("reason").strip())
        except TrustError as error:
            return _listed(visit, wishes, refused=error.code)
        _once.led(token, "/release")
    data = {"told": told, "went": sum(1 for one in told if not one.code)}
    return Shown(
        "release-told.html", data, Table(Told.__struct_fields__, [msgspec.structs.astuple(one) for one in told])
    )


def _listed(visit: Visit, wishes: Sequence[Wish], refused: str = "") -> Shown:
    held = {(one.object_id, one.party, one.hash): one for one in _everything(visit)}
    found = [held.get((one.object_id, one.party, one.hash)) for one in wishes]
    items = [one for one in found if one is not None]
    data = {
        "items": items,
        "gone": len(wishes) - len(items),
        "reason": visit.value("reason"),
        "once": _token(visit),
        "refused": refused,
        "stale": _is_stale(visit),
    }
    return Shown("release-set.html", data, None, _labels(items), status=403 if refused else 200)


def _everything(visit: Visit) -> list[Waiting]:
    page = pending(visit.node)
    found = list(page.items)
    while page.next:
        page = pending(visit.node, after=page.next)
        found += page.items
    return found


def _wish(text: str) -> Wish:
    parts = text.split("|")
    if len(parts) != 4:
        raise InputError("not an item of the queue", code="form-malformed")
    return Wish(*parts)


def _detail(visit: Visit) -> Detail:
    return detail(visit.node, visit.place("object_id"), visit.place("party"), visit.place("programme"))


def _refused(visit: Visit, found: Detail, code: str) -> Shown:
    """Show it again, and why an act about it was refused."""
    return _detailed(visit, found, pending(visit.node, visit.value("party"), limit=RAIL_ROWS).items, code)


def _detailed(visit: Visit, found: Detail, rail: Sequence[Waiting], refused: str = "") -> Shown:
    item = found.waiting
    places = [one.object_id == item.object_id and one.party == item.party for one in rail]
    here = places.index(True) if True in places else -1
    told = visit.value("told")
    data = {
        "detail": found,
        "item": item,
        "objects": [_outgoing(one.stored, one.sent) for one in found.objects],
        "duties": _duties(found),
        # Duties stand below, under the terms.
        "sentences": [one for one in item.sentences if not one.startswith("Duty ")],
        "seen": _seen(item).text(),
        "once": _token(visit),
        "acts": _acts(visit, item),
        "reason": visit.value("reason") if refused else "",
        "meant": visit.value("act") if refused else "",
        "refused": refused,
        "stale": _is_stale(visit),
        "told": told if told in _TOLD else "",
        "rail": rail,
        "following": rail[here + 1] if 0 <= here < len(rail) - 1 else None,
        "preceding": rail[here - 1] if here > 0 else None,
    }
    status = 409 if refused == "approval-changed" else 403 if refused else 200
    return Shown("release-one.html", data, None, [one.label for one in found.objects] or [item.label], status)


def _gone(visit: Visit) -> Shown:
    """Say that something is not in the queue, and where the next is."""
    rail = pending(visit.node, limit=1).items
    data = {
        "object_id": visit.place("object_id"),
        "party": visit.place("party"),
        "following": rail[0] if rail else None,
    }
    return Shown("release-gone.html", data, status=404)


def _outgoing(stored: str, sent: str) -> dict[str, Any]:
    lines = [
        {"mark": line[:1] if stored != sent else " ", "text": line[2:] if stored != sent else line}
        for line in difference(stored, sent)
    ]
    return {"lines": lines, "bytes": len(sent.encode()), "sha256": sha256(sent.encode()).hexdigest()}


def _duties(found: Detail) -> list[tuple[str, str]]:
    held = msgspec.structs.asdict(found.duties) if found.duties else {}
    return [(name, value if isinstance(value, str) else ", ".join(value)) for name, value in held.items() if value]


def _acts(visit: Visit, item: Waiting) -> dict[str, str]:
    """Return what this person may try, and by which words; what the node refuses it refuses all the same."""
    found: dict[str, str] = {}
    counting = item.state in ("counting", "due")
    mine = item.state == "requested" and item.by.startswith(f"{visit.person.name} (")
    if item.persons and item.goes and not counting and not mine:
        half = item.persons == 2 and item.state != "requested"
        if visit.may("releaser") if half else visit.may("approver"):
            found["approve"] = "request" if half else "second" if item.persons == 2 else "approve"
    if visit.may("approver"):
        found["deny"] = "deny"
    if visit.may("approver", "releaser"):
        found["hold"] = "hold"
    if any("consent" in one.code for one in item.missing):
        own = item.owner == visit.node.party
        if visit.may("releaser") if own else visit.may("releaser", "analyst"):
            found["consent" if own else "ask"] = "consent" if own else "ask"
    if visit.may("approver", "releaser") and (counting or item.state in ("requested", "denied")):
        found["cancel"] = "cancel"
    return found


def _is_stale(visit: Visit) -> bool:
    return visit.held is not None and not visit.held.fresh


def _seen(item: Waiting) -> _Seen:
    return _Seen(item.hash, item.state, item.by)


def _token(visit: Visit) -> str:
    return visit.node.entropy(12).hex()


def _labels(items: Sequence[Waiting]) -> list[str]:
    return [one.label for one in items]


def _parties(visit: Visit) -> list[str]:
    at = visit.node.clock.now()
    held = [one.programme for one in visit.node.agreements.in_force(at)]
    return sorted({party.id for one in held for party in one.parties} - {visit.node.party})


def _row(item: Waiting) -> tuple[object, ...]:
    missing = " ".join(one.code for one in item.missing)
    place = (item.object_id, item.title, item.kind, item.party, item.programme, item.area, item.label)
    return (*place, missing, item.persons, item.state, item.by, item.until, item.hash)
