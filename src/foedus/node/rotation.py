"""New keys for a node: made beside the old ones, enrolled in the next version, then put in their place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from foedus.account.bodies import KeyChanged, draft
from foedus.account.ledger import append
from foedus.account.rotation import signed
from foedus.errors import InputError, TrustError
from foedus.exchange import tls
from foedus.model import instant
from foedus.model.entry import MASTER
from foedus.model.programme import Card
from foedus.node import programmes
from foedus.node.agreements import KEY_FIELDS, Agreement
from foedus.node.home import Node
from foedus.node.keys import NEXT, ROLES, write_secret
from foedus.node.signing import sign_log, why_halted
from foedus.node.view import pair_log
from foedus.programme.agree import cards_on

CA = "tls-ca"
ROTATED = (*ROLES, "seal", CA)
CARD = "card-next.json"
_FIELDS = {**KEY_FIELDS, "seal": "seal_key", CA: "ca_spki_sha256"}


def begin(node: Node, roles: Sequence[str]) -> str:
    """Make the keys that are to follow, and the card to enrol; nothing signs with them yet. Return the card's text.

    Raises:
        InputError: a role that nobody knows, or one whose next key is made already.
    """
    unknown = [role for role in roles if role not in ROTATED]
    if unknown or not roles:
        raise InputError("no such key", code="role-unknown", hint=f"some of {', '.join(ROTATED)}")
    waiting = [role for role in roles if role in pending(node)]
    if waiting:
        hint = "enrol card-next.json, have the version accepted, then foedus node rotate-keys --finish"
        raise InputError(f"a next key waits: {', '.join(waiting)}", code="rotation-open", hint=hint)
    for role in roles:
        if role == CA:
            _make_ca(node)
        else:
            node.keys.make_next(role, node.entropy)
    text = programmes.card_text(node.party, next_card(node))
    (node.directory / CARD).write_text(text, encoding="utf-8")
    return text


def _make_ca(node: Node) -> None:
    folder = node.directory / "keys" / NEXT
    folder.mkdir(mode=0o700, exist_ok=True)
    made = tls.create_ca(node.party, node.entropy, node.wall.now())
    write_secret(folder / "ca.key", made.key_pem())
    (folder / "ca.pem").write_bytes(made.certificate_pem())


def pending(node: Node) -> list[str]:
    """Return the roles whose next key is made and not yet in use."""
    folder = node.directory / "keys" / NEXT
    return [role for role in ROTATED if (folder / f"{'ca' if role == CA else role}.key").is_file()]


def next_card(node: Node) -> Card:
    """Return the node's card with the keys that are to follow."""
    ca = node.authority(NEXT if CA in pending(node) else "").certificate
    return node.card_with(node.keys.next(), ca)


def finish(node: Node) -> list[str]:
    """Put the next keys in use and destroy the old ones; each change is entered, signed by the key that goes.

    In a pair for which nothing is signed now, nothing is entered: what counts for the partner is the version that names the key.

    Raises:
        InputError: no key waits.
        TrustError: a programme in force does not name the next keys yet.
    """
    roles = pending(node)
    if not roles:
        raise InputError("no next key waits", code="rotation-none", hint="foedus node rotate-keys --role log")
    at = node.clock.now()
    card = next_card(node)
    held = node.agreements.in_force(at)
    for one in held:
        _require_named(node, one, card, roles)
    with node.store.write() as tx:
        changed = [role for role in roles if role in ROLES]
        logs: dict[str, Agreement | None] = {MASTER: held[0] if held else None}
        logs |= {
            pair_log(node, tx, agreement.programme.id, party.id): agreement
            for agreement in held
            for party in agreement.programme.parties
            if party.id != node.party and not why_halted(node, tx, agreement.programme.id, party.id)
        }
        for log, agreement in logs.items():
            bodies = [change(node, agreement, role, at) for role in changed]
            append(tx.logs, log, [draft(body) for body in bodies], at=at, entropy=node.entropy)
            sign_log(node, tx, log, node.keys.next())
    # Only now, when it stands in the ledger: whoever is stopped here runs it again.
    _switch(node, roles)
    (node.directory / CARD).unlink(missing_ok=True)
    (node.directory / "card.json").write_text(programmes.card_json(node), encoding="utf-8")
    return roles


def _require_named(node: Node, agreement: Agreement, card: Card, roles: Sequence[str]) -> None:
    party = agreement.programme.party(node.party)
    cards = [one for one in cards_on(party, agreement.day) if one.id == card.id] if party else []
    for role in roles:
        if not cards or getattr(cards[-1], _FIELDS[role]) != getattr(card, _FIELDS[role]):
            raise TrustError(
                f"the version in force does not name the next {role} key",
                code="rotation-not-in-force",
                where=f"{agreement.word} {agreement.programme.version}",
                hint="enrol card-next.json in its next version, have all sign it, and accept it",
            )


def change(node: Node, agreement: Agreement | None, role: str, at: datetime) -> KeyChanged:
    """Return the body that says a key follows another, signed by the one that goes."""
    programme = agreement.programme if agreement is not None else None
    body = KeyChanged(
        at=instant.text(instant.to_us(at)),
        programme=programme.id if programme else "",
        parties=tuple(party.id for party in programme.parties) if programme else (node.party,),
        digest=agreement.digest if agreement is not None else "",
        version=programme.version if programme else "",
        role=role,
        supersedes=node.keys.public(role).text(),
        key=node.keys.next().public(role).text(),
    )
    return signed(body, node.keys.private(role))


def _switch(node: Node, roles: Sequence[str]) -> None:
    folder = node.directory / "keys"
    for role in roles:
        if role == CA:
            for name in ("ca.pem", "ca.key"):
                (folder / NEXT / name).replace(folder / name)
            node.renew()
        else:
            node.keys.switch(role)
