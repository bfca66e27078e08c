"""Passkeys: people show who they are by a key that never leaves their authenticator.

Two ceremonies, each a question and an answer: what goes out and comes in is the JSON of a browser's
``PublicKeyCredential`` (``parseCreationOptionsFromJSON``, ``toJSON``). Signing in names nobody beforehand: the authenticator says
who it is for, so that a question does not tell who is here.

Source: W3C Web Authentication Level 3, sections 7.1 and 7.2.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import webauthn
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, options_to_json_dict, parse_client_data_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from foedus.account.bodies import CredentialAdded, CredentialRemoved
from foedus.errors import InputError
from foedus.model import instant
from foedus.model.people import Person
from foedus.node import people, sessions, throttle
from foedus.node.entered import enter
from foedus.node.home import Node
from foedus.store import passkeys as kept_passkeys
from foedus.store import people as kept_people
from foedus.store.engine import Read, Tx
from foedus.store.passkeys import Challenge
from foedus.store.passkeys import Passkey as Kept

ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
EXPIRES_US = 5 * 60 * 1_000_000
# Anybody may ask to sign in; beyond this the oldest question is forgotten.
OPEN_CHALLENGES = 1_000
LABEL_CHARS = 64


class Passkey(msgspec.Struct, frozen=True):
    """A passkey as people read it; ``id`` is the hash of the credential's id."""

    id: str
    person: str
    label: str
    transports: tuple[str, ...]
    added: str
    used: str


class Site(NamedTuple):
    """For which site authenticators answer: its id, and the origin that browsers say."""

    id: str
    origin: str


def site_of(node: Node) -> Site:
    """Return the site of the pages of the node's people, else that of its endpoint; on loopback it is ``localhost``.

    An address cannot be a site.

    Raises:
        InputError: the node is reached by an address and not by a name.
    """
    if node.config.web:
        return Site("localhost", f"http://localhost:{node.config.web.rpartition(':')[2]}")
    found = urlsplit(node.config.endpoint)
    host = found.hostname or ""
    if _is_loopback(node.config.host):
        host = "localhost"
    elif _is_address(node.config.host):
        raise InputError("passkeys need a host name", code="passkey-host", hint="set host in node.toml to a name")
    port = "" if found.port in (None, 443) else f":{found.port}"
    return Site(host, f"{found.scheme}://{host}{port}")


def begin(node: Node, person: Person) -> dict[str, Any]:
    """Return the options with which a person's browser makes a passkey; the person holds a fresh session."""
    with node.store.write() as tx:
        held = kept_passkeys.passkeys_of(tx, person.name)
        handle = held[0].handle if held else node.entropy(32)
        challenge = _asked(node, tx, person.name, handle)
    options = webauthn.generate_registration_options(
        rp_id=site_of(node).id,
        rp_name=f"Foedus {node.party}",
        user_name=person.name,
        user_id=handle,
        challenge=challenge,
        timeout=EXPIRES_US // 1_000,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[_descriptor(one) for one in held],
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json_dict(options)


def finish(node: Node, person: Person, answer: Mapping[str, Any], label: str) -> Passkey:
    """Keep the passkey that a person's browser made.

    Args:
        node: the node.
        person: whose session it is.
        answer: what ``navigator.credentials.create()`` gave, as JSON.
        label: what the person calls it.

    Raises:
        InputError: the answer is not one to this person's open question, or no valid one.
    """
    if not label.strip() or len(label) > LABEL_CHARS or not label.isprintable():
        raise InputError(f"a name of 1 to {LABEL_CHARS} characters", code="passkey-label")
    asked = _answered(node, answer)
    if asked is None or asked[1].name != person.name:
        raise _not_taken()
    verified, transports = _registered(node, answer, asked[0])
    at_us = instant.to_us(node.clock.now())
    key, count = verified.credential_public_key, verified.sign_count
    kept = Kept(verified.credential_id, person.name, asked[1].handle, key, count, transports, label.strip(), at_us)
    with node.store.write() as tx:
        if kept_passkeys.passkey_with(tx, kept.id) is not None or not _is_enabled(tx, person.name):
            raise _not_taken()
        kept_passkeys.keep_passkey(tx, kept)
        enter(node, tx, CredentialAdded, person=person.name, credential=_shown_id(kept), by=person.name)
    return _shown(kept)


def begin_sign_in(node: Node) -> dict[str, Any]:
    """Return the options with which a browser asks for any passkey of this site."""
    with node.store.write() as tx:
        challenge = _asked(node, tx, "", b"")
    options = webauthn.generate_authentication_options(
        rp_id=site_of(node).id,
        challenge=challenge,
        timeout=EXPIRES_US // 1_000,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def signed_in(node: Node, answer: Mapping[str, Any]) -> Person:
    """Return the person whose passkey answered.

    Args:
        node: the node.
        answer: what ``navigator.credentials.get()`` gave, as JSON.

    Raises:
        TrustError: no open question, no passkey of somebody here, or no valid answer; it does not say which.
    """
    asked = _answered(node, answer)
    kept = _passkey_of(node, answer)
    verified = _authenticated(node, answer, asked[0], kept) if asked and not asked[1].name and kept else None
    with node.store.write() as tx:
        newest = kept_passkeys.passkey_with(tx, kept.id) if kept else None
        person = kept_people.person_named(tx, newest.name) if newest else None
        if verified is None or newest is None or person is None or person.disabled:
            throttle.enter_refusal(node, tx, newest.name if newest else "", "passkey")
        elif _is_clone(newest.sign_count, verified.new_sign_count):
            throttle.enter_refusal(node, tx, newest.name, "cloned")
        else:
            kept_passkeys.used_passkey(tx, newest, verified.new_sign_count, instant.to_us(node.clock.now()))
            return sessions.person_of(person)
    raise throttle.refused()


def passkeys(node: Node, name: str) -> list[Passkey]:
    """Return a person's passkeys, oldest first."""
    with node.store.read() as read:
        return [_shown(one) for one in kept_passkeys.passkeys_of(read, name)]


def remove(node: Node, by: Person, name: str, shown_id: str) -> None:
    """Forget a passkey: one's own, or an administrator anybody's. Sessions of its person end.

    Raises:
        InputError: the person has no such passkey.
        TrustError: somebody else's, and no administrator.
    """
    with node.store.write() as tx:
        if by.name != name:
            people.require_administrator(tx, by)
        found = [one for one in kept_passkeys.passkeys_of(tx, name) if shown_id and _shown_id(one).startswith(shown_id)]
        if len(found) != 1:
            raise InputError("no such passkey", code="passkey-unknown", hint=f"foedus people passkeys {name}")
        kept_passkeys.drop_passkey(tx, found[0])
        enter(node, tx, CredentialRemoved, person=name, credential=_shown_id(found[0]), by=by.name)
        sessions.end_all(node, tx, name)


def _asked(node: Node, tx: Tx, name: str, handle: bytes) -> bytes:
    challenge, at_us = node.entropy(32), instant.to_us(node.clock.now())
    kept = Challenge(hashlib.sha256(challenge).digest(), name, handle, at_us + EXPIRES_US)
    kept_passkeys.put_challenge(tx, kept, at_us, OPEN_CHALLENGES)
    return challenge


def _answered(node: Node, answer: Mapping[str, Any]) -> tuple[bytes, Challenge] | None:
    """Return the open question that an answer is to; it is not open any more, whatever the answer is worth."""
    try:
        said = parse_client_data_json(base64url_to_bytes(answer["response"]["clientDataJSON"]))
    except Exception:  # noqa: BLE001 — a stranger's bytes: whatever a parser trips over is no answer
        return None
    with node.store.write() as tx:
        found = kept_passkeys.take_challenge(tx, hashlib.sha256(said.challenge).digest())
    at_us = instant.to_us(node.clock.now())
    if found is None or found.until_us <= at_us or said.cross_origin:
        return None
    return said.challenge, found


def _registered(node: Node, answer: Mapping[str, Any], challenge: bytes) -> tuple[VerifiedRegistration, str]:
    site = site_of(node)
    try:
        verified = webauthn.verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        said = answer["response"].get("transports") or ()
        known = {one.value for one in AuthenticatorTransport}
        return verified, " ".join(sorted(known & {one for one in said if isinstance(one, str)}))
    except Exception as error:
        raise _not_taken() from error


def _authenticated(
    node: Node, answer: Mapping[str, Any], challenge: bytes, kept: Kept
) -> VerifiedAuthentication | None:
    site = site_of(node)
    try:
        if base64url_to_bytes(answer["response"]["userHandle"]) != kept.handle:
            return None
        return webauthn.verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=kept.public_key,
            # The count is compared after the signature, against the newest one: a clone is told from a forgery.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 — a stranger's bytes, as above
        return None


def _passkey_of(node: Node, answer: Mapping[str, Any]) -> Kept | None:
    try:
        credential_id = base64url_to_bytes(answer["rawId"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    with node.store.read() as read:
        return kept_passkeys.passkey_with(read, credential_id)


def _is_clone(known: int, said: int) -> bool:
    """Say whether a count did not grow; authenticators without one always say 0."""
    return (known > 0 or said > 0) and said <= known


def _is_enabled(read: Read, name: str) -> bool:
    found = kept_people.person_named(read, name)
    return found is not None and not found.disabled


def _descriptor(kept: Kept) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(word) for word in kept.transports.split()]
    return PublicKeyCredentialDescriptor(id=kept.id, transports=transports or None)


def _shown_id(kept: Kept) -> str:
    return hashlib.sha256(kept.id).hexdigest()


def _shown(kept: Kept) -> Passkey:
    used = instant.text(kept.used_us) if kept.used_us is not None else ""
    return Passkey(
        _shown_id(kept), kept.name, kept.label, tuple(kept.transports.split()), instant.text(kept.added_us), used
    )


def _not_taken() -> InputError:
    return InputError(
        "this passkey was not taken",
        code="passkey-refused",
        hint="begin again; the authenticator must verify its user, on this node's own page",
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_loopback
