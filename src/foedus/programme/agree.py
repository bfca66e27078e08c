"""Agree: cards of nodes, enrolment, signatures over the digest, in force or not. No trust on first use.

A version is in force when every party has signed its digest with the key of a node that this very version names.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from foedus.errors import BadSignature, ForkedLedger, InvalidProgramme, ProgrammeError, UnknownParty
from foedus.model import instant, vkey
from foedus.model.programme import Card, Party, Programme, Signature
from foedus.model.vkey import VerifierKey
from foedus.programme.dates import day_of, holds, period
from foedus.programme.document import Document, check, digest
from foedus.programme.edit import put
from foedus.programme.rules.nodes import card_problems

SIGNING = frozenset({"agreed", "in-force"})
"""Status a version must have to be in force once all have signed."""


class Problem(msgspec.Struct, frozen=True):
    """Why a signature does not count, or why a version is not in force or does not follow another."""

    code: str
    message: str
    party: str = ""


class Standing(msgspec.Struct, frozen=True):
    """Whether a version is in force at an instant, who signed validly, who did not, and what was wrong."""

    in_force: bool
    signed: tuple[str, ...]
    missing: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def enrol(
    document: Document, cards: Sequence[tuple[str, Card]], *, version: str, date: date, old_until: date | None = None
) -> bytes:
    """Return the text of the next version with the cards in it, unsigned, chained to this one by its digest.

    A card with the id of one that is there replaces it, or stands beside it while both hold. Nothing else of the text
    changes.

    Args:
        document: the version to follow.
        cards: pairs of party id and the card that its node wrote.
        version: the next version, higher than the document's.
        date: day of the amendment.
        old_until: keep the card that is there until this day, so that both count for a while; None: replace it.

    Raises:
        UnknownParty: the programme has no such party.
        BadSignature: a card holds no readable keys.
        ProgrammeError: the version is not higher.
        InvalidProgramme: the document has mistakes.
    """
    named = []
    changed = document
    for party_id, card in cards:
        for field, problem in card_problems(card):
            raise BadSignature(problem, code="card-malformed", where=f"{party_id}/{card.id}/{field}")
        changed = _with_card(changed, party_id, card, old_until)
        named.append(f"{card.id} of {party_id}")
    text = f"Enrols the nodes {', '.join(named)}." if named else "Next version."
    return next_version(document, changed, version=version, date=date, text=text)


def next_version(previous: Document, edited: Document, *, version: str, date: date, text: str) -> bytes:
    """Return an edited text as the next version: unsigned, chained to the one before by its digest.

    Args:
        previous: the version to follow.
        edited: its text as it shall be, whatever stands there of version, chain and signatures.
        version: the next version, higher than the one before.
        date: day of the amendment.
        text: what the amendment does, in words.

    Raises:
        ProgrammeError: the version is not higher, or it is another programme.
        InvalidProgramme: one of the documents has mistakes.
    """
    programme = previous.programme
    if order(version) <= order(programme.version):
        hint = f"choose one above {programme.version}"
        raise ProgrammeError(
            f"version {version} does not follow", code="version-not-higher", where="/version", hint=hint
        )
    if edited.programme.id != programme.id:
        raise ProgrammeError(f"it is {edited.programme.id}", code="other-programme", where="/id")
    told = {"version": version, "date": date.isoformat(), "text": text}
    amendments = [*(previous.value.get("amendments") or []), told]
    changed = put(edited, "", "version", version)
    changed = put(changed, "", "previous", {"version": programme.version, "digest": digest(previous)})
    changed = put(changed, "", "amendments", amendments)
    return put(changed, "", "signatures", []).raw


def _with_card(document: Document, party_id: str, card: Card, old_until: date | None) -> Document:
    parties = [party.id for party in document.programme.parties]
    if party_id not in parties:
        raise UnknownParty(f"no party {party_id!r}", where=document.programme.id, hint=f"parties: {', '.join(parties)}")
    place = parties.index(party_id)
    nodes = document.value["parties"][place].get("nodes") or []
    kept = [node for node in nodes if node["id"] != card.id]
    if old_until is not None:
        # Of cards that stood side by side already, the newest goes on.
        kept += [{**node, "until": old_until.isoformat()} for node in nodes if node["id"] == card.id][-1:]
    return put(document, f"/parties/{place}", "nodes", [*kept, msgspec.to_builtins(card)])


def order(version: str) -> tuple[int, ...]:
    """Return a version as numbers, to compare.

    >>> order("1.10.0") > order("1.9.3")
    True
    """
    return tuple(int(part) for part in version.split("."))


def payload(document: Document) -> bytes:
    r"""Return the bytes that a party signs: ``foedus/programme/1\n`` and the digest in hex."""
    return b"foedus/programme/1\n" + digest(document).encode()


def sign(document: Document, key: Ed25519PrivateKey, *, party: str, role: str, at: datetime) -> Signature:
    """Sign a version for a party with the signing key of one of its enrolled nodes.

    Args:
        document: the version; it must pass ``check``.
        key: the node's signing key.
        party: the party's id.
        role: who signs for it, for example ``head-of-delegation``.
        at: now.

    Raises:
        InvalidProgramme: the document has errors.
        UnknownParty: the programme has no such party.
        BadSignature: no card of this party in this version holds the key.
    """
    remarks = check(document)
    if any(remark.severity == "error" for remark in remarks):
        raise InvalidProgramme("a document with errors is not signed", remarks, hint="run check")
    if document.programme.party(party) is None:
        raise UnknownParty(f"no party {party!r}", where=document.programme.id)
    own = key.public_key().public_bytes_raw()
    found = next((k for owner, _, k in _sign_keys(document.programme) if owner == party and k.key == own), None)
    if found is None:
        hint = "enrol the node's card first, then sign the new version"
        raise BadSignature(f"no card of {party} holds this key", code="key-not-enrolled", hint=hint)
    value = base64.b64encode(key.sign(payload(document))).decode()
    return Signature(party=party, key_id=_key_id(found), role=role, at=instant.text(instant.to_us(at)), value=value)


def add_signature(document: Document, signature: Signature) -> bytes:
    """Return the document's text with a signature added; one by the same key of the same party is replaced.

    Raises:
        BadSignature: the signature does not count for this document.
        InvalidProgramme: the document has mistakes in text or structure.
    """
    problem = _problem(document, signature, payload(document))
    if problem is not None:
        raise BadSignature(problem.message, code=problem.code, where=signature.party)
    fresh = msgspec.to_builtins(signature)
    same = ("party", "key_id")
    kept = [s for s in document.value.get("signatures") or [] if any(s[name] != fresh[name] for name in same)]
    return put(document, "", "signatures", [*kept, fresh]).raw


def standing(document: Document, at: datetime) -> Standing:
    """Return whether a version is in force at an instant, and everything that speaks against it.

    Raises:
        InvalidProgramme: the document has mistakes in text or structure.
    """
    programme = document.programme
    signed, problems = _signed(document, at)
    start, end = period(programme.term.start, programme.term.until)
    if programme.status not in SIGNING:
        problems.append(Problem("status", f"its status is {programme.status}"))
    if at < start:
        problems.append(Problem("term-not-begun", f"its term begins {programme.term.start}"))
    if end is not None and at >= end:
        problems.append(Problem("term-ended", f"its term ended {programme.term.until}"))
    parties = tuple(party.id for party in programme.parties)
    missing = tuple(party for party in parties if party not in signed)
    runs = programme.status in SIGNING and start <= at and (end is None or at < end)
    return Standing(
        in_force=runs and not missing and len(parties) >= 2,
        signed=tuple(party for party in parties if party in signed),
        missing=missing,
        problems=tuple(problems),
    )


def fork(documents: Sequence[Document]) -> None:
    """Refuse two different successors of one version that every party signed.

    Raises:
        ForkedLedger: there are two; no node may choose between them.
    """
    seen: dict[tuple[str, str], str] = {}
    for document in documents:
        programme = document.programme
        signed, _ = _signed(document, None)
        if not all(party.id in signed for party in programme.parties):
            continue
        after = (programme.id, programme.previous.digest if programme.previous else "")
        own = digest(document)
        if seen.setdefault(after, own) != own:
            message = f"two signed versions follow {after[1][:16] or 'nothing'}: {seen[after][:16]} and {own[:16]}"
            hint = "the parties must agree which one holds and sign a version that follows it"
            raise ForkedLedger(message, code="programme-forked", where=programme.id, hint=hint)


def follows(previous: Document, document: Document) -> tuple[Problem, ...]:
    """Return what speaks against taking a version as the successor of a trusted one; empty when nothing does.

    A key that the trusted version does not know vouches for nothing: each party that stays signs with a key it had. A
    party that the new version no longer names has left: nobody waits for its signature, and it holds nobody else.
    """
    old, new = previous.programme, document.programme
    found: list[Problem] = []
    if old.id != new.id:
        found.append(Problem("other-programme", f"it is {new.id}"))
    if new.previous is None or new.previous.digest != digest(previous):
        found.append(Problem("not-chained", "it does not name the digest of the version before it"))
    if order(new.version) <= order(old.version):
        found.append(Problem("version-not-higher", f"{new.version} after {old.version}"))
    known = {(party, key.key) for party, _, key in _sign_keys(old)}
    had = {party for party, _ in known if new.party(party) is not None}
    by_id = {(party, _key_id(key)): key.key for party, _, key in _sign_keys(new)}
    text = payload(document)
    counted = [s for s in new.signatures if _problem(document, s, text) is None]
    proven = {s.party for s in counted if (s.party, by_id[s.party, s.key_id]) in known}
    signed = {s.party for s in counted}
    for party in sorted(had - proven):
        if party in signed:
            found.append(Problem("key-replaced", f"{party} did not sign with a key it had", party))
        else:
            found.append(Problem("not-signed", f"{party} has not signed it", party))
    return tuple(found)


def cards_on(party: Party, day: date) -> tuple[Card, ...]:
    """Return the cards of a party that hold on a day, the one enrolled last at the end."""
    return tuple(card for card in party.nodes if holds(card.start, card.until, day))


def _signed(document: Document, at: datetime | None) -> tuple[set[str], list[Problem]]:
    signed: set[str] = set()
    problems: list[Problem] = []
    text = payload(document)
    for signature in document.programme.signatures:
        problem = _problem(document, signature, text, at)
        if problem is None:
            signed.add(signature.party)
        else:
            problems.append(problem)
    return signed, problems


def _problem(document: Document, signature: Signature, text: bytes, at: datetime | None = None) -> Problem | None:
    programme, party = document.programme, signature.party
    if programme.party(party) is None:
        return Problem("unknown-party", f"no party {party!r} in this version", party)
    holders = [(owner, card, key) for owner, card, key in _sign_keys(programme) if _key_id(key) == signature.key_id]
    if not holders:
        return Problem("unknown-key", f"no node of this version has the key {signature.key_id[:80]}", party)
    own = [(card, key) for owner, card, key in holders if owner == party]
    if not own:
        return Problem("wrong-party", f"the key belongs to {holders[0][0]}", party)
    signed_at = instant.parse(signature.at)
    if at is not None and signed_at > at:
        return Problem("future", f"signed at {signature.at}, which is not yet", party)
    if not any(holds(card.start, card.until, day_of(signed_at)) for card, _ in own):
        return Problem("card-not-valid", f"the card of {own[0][0].id} did not hold on that day", party)
    key = own[0][1]
    try:
        Ed25519PublicKey.from_public_bytes(key.key).verify(base64.b64decode(signature.value, validate=True), text)
    except (InvalidSignature, ValueError, binascii.Error):
        return Problem("bad-signature", "the signature does not belong to this digest and key", party)
    return None


def _sign_keys(programme: Programme) -> Iterator[tuple[str, Card, VerifierKey]]:
    for party in programme.parties:
        for card in party.nodes:
            try:
                key = vkey.parse(card.sign_key)
            except BadSignature:
                continue  # check reports it (P163); here it signs nothing
            if key.type == vkey.ED25519:
                yield party.id, card, key


def _key_id(key: VerifierKey) -> str:
    return f"{key.name}+{key.id.hex()}"
