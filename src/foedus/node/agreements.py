"""The programmes a node holds: their versions, which of them is in force at an instant, the policy compiled from it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foedus.errors import ExpiredProgramme, InputError, TrustError
from foedus.label.dominance import Terms
from foedus.label.ladder import Ladder
from foedus.label.stix import Mapped, mapping_of
from foedus.model import instant
from foedus.model.programme import Card, Programme
from foedus.model.vkey import VerifierKey
from foedus.model.vkey import parse as parse_vkey
from foedus.programme import agree
from foedus.programme.countries import COUNTRIES
from foedus.programme.dates import day_of
from foedus.programme.document import Document, digest, read_valid
from foedus.programme.membership import expand, group_of
from foedus.release.compile import compile as compile_policy
from foedus.release.policy import Policy
from foedus.store import denials, state
from foedus.store.engine import Store, Tx
from foedus.store.state import ProgrammeVersion

KEPT, ACCEPTED = "proposed", "accepted"

Role = Literal["sign_key", "log_key", "cosign_key"]
"""A key of a card that signs: programmes, logs, or the logs of others."""

KEY_FIELDS: Mapping[str, Role] = MappingProxyType({field.removesuffix("_key"): field for field in get_args(Role)})
"""The field of a card by the node's own word for the key."""


class Agreement(NamedTuple):
    """One version of a programme as this node holds it, and where it stands at an instant."""

    document: Document
    digest: str
    standing: agree.Standing
    accepted: bool
    day: date
    denied: frozenset[str] = frozenset()

    @property
    def programme(self) -> Programme:
        """The typed programme."""
        return self.document.programme

    @property
    def in_force(self) -> bool:
        """In force at the instant asked for, and accepted on this node."""
        return self.accepted and self.standing.in_force

    @property
    def governs(self) -> bool:
        """Agreed, accepted here, signed by all, and its term begun: no version before it counts any more, even when it ended."""
        begun = all(problem.code != "term-not-begun" for problem in self.standing.problems)
        agreed = self.programme.status not in ("draft", "negotiation")
        return self.accepted and not self.standing.missing and begun and agreed

    def cards(self, party: str) -> list[Card]:
        """Return the cards of a party that hold on the day and may connect, the one enrolled last at the end."""
        found = self.programme.party(party)
        held = agree.cards_on(found, self.day) if found is not None else ()
        return [card for card in held if card.ca_spki_sha256 not in self.denied]

    def keys(self, party: str, role: Role) -> tuple[VerifierKey, ...]:
        """Return the keys of a party for a role that hold on the day and are not denied here: what comes new counts by these."""
        written = (getattr(card, role) for card in self.cards(party))
        return tuple(dict.fromkeys(parse_vkey(key) for key in written if key not in self.denied))

    @property
    def word(self) -> str:
        """The programme's one plain word in URLs: the last part of its id."""
        return self.programme.id.rsplit(":", 1)[1]


class _Kept(NamedTuple):
    """The agreements of a second and a state of the database, and what they were made from."""

    moment: tuple[int, int | None]
    rows: list[ProgrammeVersion]
    denied: frozenset[str]
    best: list[Agreement]


_NOTHING = _Kept((-1, None), [], frozenset(), [])


class Agreements:
    """The programmes of a node.

    Args:
        store: where the versions are kept, byte for byte.
        party: the node's own party.
    """

    def __init__(self, store: Store, party: str) -> None:
        self._store = store
        self._party = party
        self._lock = threading.Lock()
        self._documents: dict[bytes, Document] = {}
        self._kept = _NOTHING
        self._policies: dict[tuple[str, bool], Policy] = {}

    def versions(self, programme: str = "") -> list[tuple[ProgrammeVersion, Document]]:
        """Return all versions kept, in order of their coming."""
        with self._store.read() as read:
            kept = state.programmes(read, programme)
        return [(version, self._document(version.raw)) for version in kept]

    def all(self, at: datetime) -> list[Agreement]:
        """Return one version of each programme: the one in force at an instant, else the newest.

        Signatures are verified once a second, and when the versions kept changed: every request of a peer asks, and another
        process may have accepted one that lets somebody in no more.
        """
        moment = (int(at.timestamp()), self._store.changes())
        before = self._kept
        if before.moment == moment:
            return before.best
        with self._store.read() as read:
            rows, denied = state.programmes_and_denied(read)
        found = [(version, self._document(version.raw)) for version in rows]
        same = before.moment[0] == moment[0] and (before.rows, before.denied) == (rows, denied)
        best = before.best if same else [one._replace(denied=denied) for one in self._all(found, at)]
        self._kept = _Kept(moment, rows, denied, best)
        return best

    def _all(self, versions: Sequence[tuple[ProgrammeVersion, Document]], at: datetime) -> list[Agreement]:
        held: dict[str, list[Agreement]] = {}
        for kept, document in versions:
            found = Agreement(document, kept.digest, agree.standing(document, at), kept.state == ACCEPTED, day_of(at))
            held.setdefault(kept.programme, []).append(found)
        return [_best(held[name]) for name in sorted(held)]

    def of(self, name: str, at: datetime) -> Agreement:
        """Return the agreement of a programme's id or word.

        Raises:
            InputError: the node does not hold it.
        """
        held = self.all(at)
        for agreement in held:
            if name in (agreement.programme.id, agreement.word):
                return agreement
        known = ", ".join(agreement.word for agreement in held) or "none yet"
        raise InputError(f"no programme {name!r} here", code="programme-unknown", hint=f"this node holds: {known}")

    def in_force(self, at: datetime) -> list[Agreement]:
        """Return the agreements in force at an instant to which the node's party belongs."""
        return [held for held in self.all(at) if held.in_force and held.programme.party(self._party)]

    def answering(self, at: datetime) -> list[Agreement]:
        """Return the agreements in force, and those that ended: receipts and recalls of what was sent outlive the term."""
        return [held for held in self.all(at) if held.governs and held.programme.party(self._party)]

    def keys_of(self, programme: str, party: str, role: Role) -> list[VerifierKey]:
        """Return every key that a party has had for a role in a version accepted here: what was signed is verified for ever.

        Args:
            programme: its id; empty: all programmes.
            party: whose keys.
            role: which key of its cards.
        """
        accepted = [document.programme for kept, document in self.versions(programme) if kept.state == ACCEPTED]
        cards = [card for one in accepted if (found := one.party(party)) for card in found.nodes]
        return list(dict.fromkeys(parse_vkey(getattr(card, role)) for card in cards))

    def required(self, name: str, at: datetime) -> Agreement:
        """Return an agreement that is in force.

        Raises:
            ExpiredProgramme: it is not, and why.
        """
        found = self.of(name, at)
        if not found.in_force:
            raise ExpiredProgramme(
                f"not in force: {why_not(found)}",
                where=found.programme.id,
                hint="foedus programme show says what is missing",
            )
        return found

    def policy(self, agreement: Agreement, at: datetime) -> Policy:
        """Return the policy of an agreement at an instant; compiled once for as long as it holds."""
        key = (agreement.digest, agreement.in_force)
        held = self._policies.get(key)
        if held is None or not held.valid_from_us <= instant.to_us(at) < held.valid_until_us:
            held = compile_policy(agreement.programme, at, digest=agreement.digest, in_force=agreement.in_force)
            self._policies[key] = held
        return held

    def keep(self, tx: Tx, raw: bytes, at: datetime, *, name: str = "") -> Agreement:
        """Keep a version as proposed; the same again changes nothing but its signatures.

        Raises:
            InvalidProgramme: it has errors, all of them listed.
        """
        document = read_valid(raw, name=name)
        own = digest(document)
        known = {kept.digest: kept for kept in state.programmes(tx, document.programme.id)}
        held = known.get(own)
        accepted = held is not None and held.state == ACCEPTED
        if held is not None:
            document = self._merged(self._document(held.raw), document)
        found = Agreement(document, own, agree.standing(document, at), accepted, day_of(at))
        self._put(tx, found, ACCEPTED if accepted else KEPT, at)
        return found

    def sign(self, tx: Tx, held: Agreement, key: Ed25519PrivateKey, *, role: str, at: datetime) -> Agreement:
        """Sign a version for the node's party and keep it."""
        signature = agree.sign(held.document, key, party=self._party, role=role, at=at)
        return self.keep(tx, agree.add_signature(held.document, signature), at)

    def accept(self, tx: Tx, raw: bytes, at: datetime, *, name: str = "") -> Agreement:
        """Accept a version on this node: from now on it may be in force here.

        Raises:
            TrustError: it does not follow the version accepted before, or rivals one that does.
        """
        held = self.keep(tx, raw, at, name=name)
        others = [
            (kept, self._document(kept.raw))
            for kept in state.programmes(tx, held.programme.id)
            if kept.state == ACCEPTED and kept.digest != held.digest
        ]
        agree.fork([*(document for _, document in others), held.document])
        signed = [document for _, document in others if not agree.standing(document, at).missing]
        before = max(signed, key=lambda document: agree.order(document.programme.version), default=None)
        problems = agree.follows(before, held.document) if before is not None else ()
        if problems:
            raise TrustError(problems[0].message, code=problems[0].code, where=held.programme.id)
        self._refuse_denied(tx, held)
        for kept, document in others:
            if document not in signed:
                # It was accepted and never signed by all: what takes its place must not rival it later.
                state.put_programme(tx, kept._replace(state=KEPT))
        self._put(tx, held, ACCEPTED, at)
        return held._replace(accepted=True)

    def _refuse_denied(self, tx: Tx, held: Agreement) -> None:
        """Refuse a version that a denied key signed."""
        keys = [parse_vkey(one.value) for one in denials.denied_keys(tx) if one.role == "sign"]
        denied = {f"{key.name}+{key.id.hex()}" for key in keys}
        for signature in held.programme.signatures:
            if signature.key_id in denied:
                raise TrustError(
                    f"{signature.party} signed it with a key that is denied here",
                    code="key-denied",
                    where=held.programme.id,
                    hint="ask for its signature with another key",
                )

    def _put(self, tx: Tx, held: Agreement, word: str, at: datetime) -> None:
        programme = held.programme
        kept = ProgrammeVersion(
            programme.id, programme.version, held.digest, held.document.raw, word, instant.to_us(at)
        )
        state.put_programme(tx, kept)
        self._kept = _NOTHING

    def accepted(self, programme: str, at: datetime) -> Agreement | None:
        """Return the newest version accepted here and signed by all, whether or not it is in force; None: there is none."""
        found = [
            Agreement(document, kept.digest, agree.standing(document, at), accepted=True, day=day_of(at))
            for kept, document in self.versions(programme)
            if kept.state == ACCEPTED
        ]
        return max((one for one in found if not one.standing.missing), key=_order, default=None)

    def markings(self, at: datetime) -> Mapping[str, Mapped]:
        """Return what the programmes in force say of foreign markings."""
        mapped: dict[str, Mapped] = {}
        for agreement in self.in_force(at):
            mapped.update(mapping_of(agreement.programme.release.markings))
        return mapped

    def terms(self, at: datetime) -> Terms:
        """Return what labels are compared under: ladder and memberships of the programmes the node holds."""
        held = [agreement.programme for agreement in self.in_force(at) or self.all(at)]
        day = at.date()

        def members(name: str) -> frozenset[str]:
            if name.upper() in COUNTRIES:
                return frozenset({name.upper()})
            known = [
                programme
                for programme in held
                if programme.party(name.lower()) or group_of(programme, name.lower()) is not None
            ]
            return frozenset().union(*(expand(programme, name.lower(), day) for programme in known))

        return Terms(expand=members, ladder=Ladder.of(held[0]) if held else None, target=self._party.upper(), day=day)

    def organisations(self, at: datetime) -> Mapping[str, str]:
        """Return the party that each MISP organisation uuid stands for."""
        held = [agreement.programme for agreement in self.in_force(at)]
        return {uuid: party.id for programme in held for party in programme.parties for uuid in party.misp_orgs}

    def levels(self, at: datetime) -> dict[str, tuple[str, str]]:
        """Return how people may write the levels of the programmes held."""
        known: dict[str, tuple[str, str]] = {}
        for agreement in self.all(at):
            known.update(Ladder.of(agreement.programme).levels())
        return known

    def names(self, at: datetime) -> frozenset[str]:
        """Return the names of parties and groups, which may stand where a state may in a label."""
        held = [agreement.programme for agreement in self.all(at)]
        parties = (party.id for programme in held for party in programme.parties)
        groups = (group.id for programme in held for group in programme.groups)
        return frozenset(name.upper() for name in (*parties, *groups))

    def _document(self, raw: bytes) -> Document:
        with self._lock:
            if raw not in self._documents:
                self._documents[raw] = read_valid(raw)
            return self._documents[raw]

    def _merged(self, held: Document, came: Document) -> Document:
        """Return the held document with the signatures that came."""
        known = {(one.party, one.key_id, one.value) for one in held.programme.signatures}
        for signature in came.programme.signatures:
            if (signature.party, signature.key_id, signature.value) not in known:
                held = read_valid(agree.add_signature(held, signature))
        return held


def _best(versions: Sequence[Agreement]) -> Agreement:
    """Return the version that counts: the newest that governs; the newest of all where that one is not in force."""
    governing = max((one for one in versions if one.governs), key=_order, default=None)
    if governing is None:
        return max(versions, key=_order)
    # Older ones and rivals that were never accepted are the past; what ended does not bring them back.
    later = [one for one in versions if _order(one) > _order(governing)]
    return governing if governing.in_force else max(later, key=_order, default=governing)


def _order(agreement: Agreement) -> tuple[int, ...]:
    return agree.order(agreement.programme.version)


def why_not(agreement: Agreement) -> str:
    """Say in words why an agreement is not in force."""
    reasons = [problem.message for problem in agreement.standing.problems]
    if agreement.standing.missing:
        reasons.append(f"not signed by {', '.join(agreement.standing.missing)}")
    if not agreement.accepted:
        reasons.append("not accepted on this node")
    return "; ".join(reasons) or "in force"
