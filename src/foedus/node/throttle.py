"""How often somebody may try to sign in: counted before any work is done, and nobody is locked out for good.

Tries are kept in the database, by the node's clock, under a keyed hash of the name: people type passwords where names belong.
Names that nobody has are counted like all others, so that the limit does not tell who is here.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

from foedus.account.bodies import SignInRefused
from foedus.errors import TrustError
from foedus.model import instant
from foedus.node.entered import enter
from foedus.node.home import Node
from foedus.store import people, sign_ins
from foedus.store.engine import Tx

Reason = Literal["password", "passkey", "throttled", "cloned"]

WINDOW_US = 15 * 60 * 1_000_000
NAME_TRIES = 5
# A try costs a third of a second of computing: this bounds it to about half a minute in a window.
ALL_TRIES = 100
ENTERED_EVERY_US = 3_600 * 1_000_000


def refused() -> TrustError:
    """Return the one answer to whoever is not signed in, whatever the reason."""
    return TrustError(
        "no such person, not shown to be them, or too many tries just now",
        code="sign-in-refused",
        hint="look at the name and try again; after five tries wait a quarter of an hour",
    )


def admit(node: Node, name: str) -> None:
    """Count a try of a name.

    Raises:
        TrustError: the limit is reached; this try is not counted, so that trying on does not make it longer.
    """
    at_us, who = instant.to_us(node.clock.now()), _who(node, name)
    with node.store.write() as tx:
        used = sign_ins.tries(tx, who, at_us - WINDOW_US)
        admitted = used.own < NAME_TRIES and used.all < ALL_TRIES
        if admitted:
            sign_ins.keep_try(tx, who, at_us, WINDOW_US)
        else:
            enter_refusal(node, tx, name, "throttled")
    if not admitted:
        raise refused()


def forget(node: Node, tx: Tx, name: str) -> None:
    """Forget the tries of a name: somebody showed who they are, or got a new password."""
    sign_ins.forget_tries(tx, _who(node, name))


def enter_refusal(node: Node, tx: Tx, name: str, reason: Reason) -> None:
    """Enter a refusal: the first, then at most one entry an hour for a person and reason, with how many there were."""
    person = name if people.person_named(tx, name) is not None else ""
    at_us = instant.to_us(node.clock.now())
    known = sign_ins.refusal(tx, person, reason)
    if known is not None and abs(at_us - known.entered_us) < ENTERED_EVERY_US:
        sign_ins.keep_refusal(tx, person, reason, known._replace(waiting=known.waiting + 1))
        return
    sign_ins.keep_refusal(tx, person, reason, sign_ins.Refusal(at_us, 0))
    enter(node, tx, SignInRefused, person=person, reason=reason, count=1 + (known.waiting if known else 0))


def _who(node: Node, name: str) -> bytes:
    return hmac.digest(node.keys.secret("token"), b"sign-in\0" + name.encode(), hashlib.sha256)
