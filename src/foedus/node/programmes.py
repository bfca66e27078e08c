"""Programmes on a node: checked, shown, compared, enrolled, signed, accepted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import msgspec

from foedus.account.bodies import ProgrammeAgreed, ProgrammeLoosened, draft
from foedus.account.ledger import append
from foedus.areas import facts, rooms
from foedus.errors import InputError, InvalidProgramme
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.model.people import Person, require_two
from foedus.model.programme import Card, Programme, in_language
from foedus.node.agreements import Agreement, why_not
from foedus.node.home import Node
from foedus.node.signing import sign_log, why_halted
from foedus.node.view import pair_log
from foedus.programme import agree, amend
from foedus.programme.document import RoomFacts, read, read_valid
from foedus.programme.document import check as check_document
from foedus.programme.document import digest as digest_of
from foedus.programme.document import schema as document_schema
from foedus.programme.packaged import read_shipped, shipped
from foedus.programme.remark import Remark as ProgrammeRemark
from foedus.store.engine import Tx
from foedus.store.lookups import views_named
from foedus.store.views import shown, withdraw_rows


class Remark(msgspec.Struct, frozen=True):
    """One finding about a programme document; ``where`` is its place in one text."""

    code: str
    severity: str
    where: str
    message: str
    hint: str
    file: str = ""
    line: int = 0
    column: int = 0
    pointer: str = ""


class Checked(msgspec.Struct, frozen=True):
    """A document with everything that is wrong with it, and its digest where it can be read."""

    file: str
    valid: bool
    digest: str
    remarks: tuple[Remark, ...]


class Held(msgspec.Struct, frozen=True):
    """A programme as a node holds it."""

    id: str
    word: str
    version: str
    title: str
    status: str
    term: str
    digest: str
    parties: tuple[str, ...]
    enrolled: tuple[str, ...]
    signed: tuple[str, ...]
    accepted: bool
    in_force: bool
    why_not: str


class Shipped(msgspec.Struct, frozen=True):
    """A programme that comes with the product."""

    name: str
    id: str
    version: str
    title: str
    term: str
    parties: tuple[str, ...]


def bytes_of(name: str) -> bytes:
    """Return the text of a programme file, or of one that ships with the product.

    Raises:
        InputError: there is neither.
    """
    path = Path(name)
    if path.is_file():
        return path.read_bytes()
    if name in shipped():
        return read_shipped(name)
    raise InputError(
        "no such file, and no programme of that name ships with foedus",
        code="programme-missing",
        where=name,
        hint=f"shipped: {', '.join(shipped())}",
    )


def check(name: str) -> Checked:
    """Check a document and report everything that is wrong with it."""
    raw = bytes_of(name)
    try:
        document = read(raw, name=name)
    except InvalidProgramme as error:
        found = tuple(_remark(one) for one in error.findings if isinstance(one, ProgrammeRemark))
        return Checked(name, valid=False, digest="", remarks=found)
    remarks = check_document(document, room_facts())
    errors = [one for one in remarks if one.severity == "error"]
    return Checked(
        name,
        not errors,
        digest_of(document) if not errors else "",
        tuple(_remark(one) for one in remarks),
    )


def _remark(one: ProgrammeRemark) -> Remark:
    place = f"{one.file}:{one.line}:{one.column}" if one.line else one.file
    where = f"{place} {one.pointer}".strip()
    return Remark(one.code, one.severity, where, one.message, one.hint, one.file, one.line, one.column, one.pointer)


def room_facts() -> Mapping[str, RoomFacts]:
    """Return what the rooms installed can serve, as ``check`` wants to know it."""
    found: dict[str, RoomFacts] = {}
    for name, room in rooms().items():
        said = facts(room)
        found[name] = RoomFacts(kinds=frozenset(said.kinds), measures=frozenset(said.measures))
    return found


def schema() -> bytes:
    """Return the JSON Schema of programme documents."""
    return json.dumps(document_schema(), indent=1, ensure_ascii=False).encode() + b"\n"


def packaged() -> list[Shipped]:
    """Return the programmes that come with the product, to start from."""
    found: list[Shipped] = []
    for name in shipped():
        programme = read_valid(read_shipped(name), name=name).programme
        parties = tuple(party.id for party in programme.parties)
        term = f"{programme.term.start} to {programme.term.until}"
        found.append(Shipped(name, programme.id, programme.version, in_language(programme.title), term, parties))
    return found


def digest(name: str) -> str:
    """Return the digest of a document."""
    return digest_of(read_valid(bytes_of(name), name=name))


def diff(old: str, new: str, day: date) -> Sequence[amend.Change]:
    """Return the differences of two documents in words."""
    return amend.diff(read_valid(bytes_of(old), name=old).programme, read_valid(bytes_of(new), name=new).programme, day)


def parties_of(name: str) -> tuple[str, ...]:
    """Return the ids of a document's parties."""
    return tuple(party.id for party in read_valid(bytes_of(name), name=name).programme.parties)


def enrol(name: str, cards: Sequence[Path], *, version: str, on: date, old_until: date | None = None) -> bytes:
    """Return the next version of a document with cards enrolled; the old cards of their nodes hold until a day, or go.

    Raises:
        InputError: a card file that is none.
    """
    document = read_valid(bytes_of(name), name=name)
    named = [read_card(path) for path in cards]
    return agree.enrol(document, named, version=version, date=on, old_until=old_until)


def amend_text(edited: str, before: str, *, version: str, on: date, text: str) -> bytes:
    """Return an edited document as the version that follows another.

    Raises:
        InvalidProgramme: it has errors, all of them listed.
        ProgrammeError: the version is not higher, or it is another programme.
    """
    previous = read_valid(bytes_of(before), name=before)
    return agree.next_version(previous, read_valid(bytes_of(edited), name=edited), version=version, date=on, text=text)


def read_card(path: Path) -> tuple[str, Card]:
    """Return party and card of a card file."""
    try:
        held = msgspec.json.decode(path.read_bytes())
        return str(held["party"]), msgspec.convert(held["card"], Card)
    except (OSError, msgspec.DecodeError, KeyError, TypeError) as error:
        raise InputError(
            "not a node's card", code="card-malformed", where=str(path), hint="foedus node card"
        ) from error


def card_json(node: Node) -> str:
    """Return the node's card as the JSON text that is given to whoever enrols it."""
    return card_text(node.party, node.card())


def card_text(party: str, of: Card) -> str:
    """Return a card as the JSON text that is given to whoever enrols it."""
    card = {"party": party, "card": msgspec.to_builtins(of)}
    return json.dumps(card, indent=1, ensure_ascii=False) + "\n"


def propose(node: Node, name: str) -> Held:
    """Keep a document on the node, not yet accepted."""
    at = node.clock.now()
    with node.store.write() as tx:
        held = node.agreements.keep(tx, bytes_of(name), at, name=name)
    return described(held)


def sign(node: Node, name: str, *, role: str) -> bytes:
    """Sign a document for the node's party, keep it, and return its text with the signature."""
    at = node.clock.now()
    raw = bytes_of(name) if Path(name).is_file() else node.agreements.of(name, at).document.raw
    with node.store.write() as tx:
        kept = node.agreements.keep(tx, raw, at, name=name)
        signed = node.agreements.sign(tx, kept, node.keys.private("sign"), role=role, at=at)
    return signed.document.raw


def loosening(node: Node, name: str) -> Sequence[amend.Change]:
    """Return what would let more go if a document were accepted after the version accepted before; the first has no before."""
    document = read_valid(bytes_of(name), name=name)
    at = node.clock.now()
    before = node.agreements.accepted(document.programme.id, at)
    if before is None or before.digest == digest_of(document):
        return ()
    changes = amend.diff(before.programme, document.programme, at.date())
    return tuple(one for one in changes if one.effect == "loosening")


def accept(node: Node, name: str, persons: Sequence[Person] = ()) -> Held:
    """Accept a document on the node and enter that; it is in force once all have signed and its term runs.

    Args:
        node: the node.
        name: the document.
        persons: who lets more go; two of them where the version does.

    Raises:
        TrustError: it does not follow the version accepted before, or it lets more go and two persons do not stand for it.
    """
    at = node.clock.now()
    wider = loosening(node, name)
    with node.store.write() as tx:
        before = node.agreements.accepted(read_valid(bytes_of(name), name=name).programme.id, at)
        held = node.agreements.accept(tx, bytes_of(name), at, name=name)
        _require_own(node, held, before)
        if wider:
            require_two(persons, f"{held.programme.version} lets more go: {wider[0].text}")
        _enter(node, tx, held, at)
        if wider:
            loosened = _loosened(held, persons, len(wider), at)
            append(tx.logs, MASTER, [draft(loosened)], at=at, entropy=node.entropy)
        sign_log(node, tx, MASTER)
        _close(tx, held, before, at)
    return described(held)


def _enter(node: Node, tx: Tx, held: Agreement, at: datetime) -> None:
    """Enter that a version was agreed: in the private log, and in the log of the pair with each party of it."""
    programme = held.programme
    parties = tuple(party.id for party in programme.parties)
    body = ProgrammeAgreed(
        at=instant.text(instant.to_us(at)),
        programme=programme.id,
        parties=parties,
        digest=held.digest,
        version=programme.version,
        supersedes=programme.previous.digest if programme.previous else "",
    )
    append(tx.logs, MASTER, [draft(body)], at=at, entropy=node.entropy)
    for party in parties if node.party in parties else ():
        if party != node.party and not why_halted(node, tx, programme.id, party):
            log = pair_log(node, tx, programme.id, party)
            append(tx.logs, log, [draft(body)], at=at, entropy=node.entropy)
            sign_log(node, tx, log)


def _loosened(held: Agreement, persons: Sequence[Person], changes: int, at: datetime) -> ProgrammeLoosened:
    return ProgrammeLoosened(
        at=instant.text(instant.to_us(at)),
        programme=held.programme.id,
        digest=held.digest,
        version=held.programme.version,
        supersedes=held.programme.previous.digest if held.programme.previous else "",
        persons=tuple(person.name for person in persons),
        changes=changes,
    )


def _close(tx: Tx, held: Agreement, before: Agreement | None, at: datetime) -> None:
    """Close the views of whoever has left; nothing is entered in a log of a pair that is no more."""
    left = [party.id for party in before.programme.parties if held.programme.party(party.id) is None] if before else []
    for party in left:
        for name in views_named(tx, f"released|{held.programme.id}|{party}|"):
            rows = [row.added_us for row in shown(tx, name)]
            if rows:
                withdraw_rows(tx, name, rows, instant.to_us(at))


def _require_own(node: Node, held: Agreement, before: Agreement | None) -> None:
    """Refuse a programme of others; a party that leaves accepts the version that no longer names it."""
    named = [one for one in (held, before) if one is not None and one.programme.party(node.party) is not None]
    if not named:
        raise InputError(
            f"{node.party} is no party of this programme",
            code="not-a-party",
            where=held.programme.id,
            hint="a node accepts programmes of its own party",
        )


def held(node: Node) -> list[Held]:
    """Return the programmes the node holds."""
    return [described(one) for one in node.agreements.all(node.clock.now())]


def document_of(node: Node, name: str) -> tuple[Held, Programme]:
    """Return a programme the node holds."""
    found = node.agreements.of(name, node.clock.now())
    return described(found), found.programme


def described(held: Agreement) -> Held:
    """Return an agreement as people read it."""
    programme = held.programme
    return Held(
        programme.id,
        held.word,
        programme.version,
        in_language(programme.title),
        programme.status,
        f"{programme.term.start} to {programme.term.until}",
        held.digest,
        tuple(party.id for party in programme.parties),
        tuple(party.id for party in programme.parties if party.nodes),
        held.standing.signed,
        held.accepted,
        held.in_force,
        "" if held.in_force else why_not(held),
    )
