"""Which keys count for a party, from the versions of its programme alone: what offline evidence is verified with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import msgspec

from foedus.errors import BadSignature, InputError
from foedus.model import vkey
from foedus.model.vkey import VerifierKey
from foedus.programme import agree
from foedus.programme.document import Document, digest, read_valid

MAX_VERSIONS = 64
# Whether a signature lies in the future is for those who are asked to accept a version, not for evidence about the past.
_ANY_TIME = datetime.max.replace(tzinfo=UTC)


class Trust(msgspec.Struct, frozen=True):
    """The keys of one programme's parties: its id, the digests of its versions in order, and (party, key) pairs."""

    programme: str
    digests: tuple[str, ...]
    log_keys: tuple[tuple[str, VerifierKey], ...]
    cosign_keys: tuple[tuple[str, VerifierKey], ...]

    def log_keys_of(self, party: str) -> list[VerifierKey]:
        """Return the log keys that a party has or had."""
        return [key for owner, key in self.log_keys if owner == party]

    def cosign_keys_of(self, party: str) -> list[VerifierKey]:
        """Return the cosigner keys that a party has or had."""
        return [key for owner, key in self.cosign_keys if owner == party]


def trust_of(versions: Sequence[bytes], trusted_digest: str = "") -> Trust:
    """Return the keys that versions of one programme give.

    Every version is signed by all its parties, and each follows the one before it. So whoever trusts one of them by its
    digest trusts those before it, which it names, and those after it, which its keys signed.

    Args:
        versions: the documents, oldest first.
        trusted_digest: the digest of a version known from elsewhere; empty: the versions vouch for themselves alone.

    Raises:
        InputError: no version, or too many.
        InvalidProgramme: one of them is no valid programme.
        BadSignature: not signed by all, not a chain, or none has the trusted digest.
    """
    if not 0 < len(versions) <= MAX_VERSIONS:
        raise InputError(f"evidence holds 1 to {MAX_VERSIONS} versions of the programme", code="evidence-versions")
    documents = [read_valid(raw) for raw in versions]
    for document in documents:
        missing = agree.standing(document, _ANY_TIME).missing
        if missing:
            raise _refused(document, f"not signed by {', '.join(missing)}")
    for before, after in pairwise(documents):
        for problem in agree.follows(before, after):
            raise _refused(after, problem.message)
    digests = tuple(digest(document) for document in documents)
    if trusted_digest and trusted_digest not in digests:
        raise BadSignature(
            "no version of the programme in the evidence has the trusted digest",
            code="evidence-digest",
            hint="compare with foedus programme digest; the keys in it are not those you trust",
        )
    return Trust(documents[0].programme.id, digests, _keys(documents, "log_key"), _keys(documents, "cosign_key"))


def _keys(documents: Sequence[Document], role: str) -> tuple[tuple[str, VerifierKey], ...]:
    found: dict[tuple[str, VerifierKey], None] = {}
    for document in documents:
        for party in document.programme.parties:
            for card in party.nodes:
                found[party.id, vkey.parse(getattr(card, role))] = None
    return tuple(found)


def _refused(document: Document, why: str) -> BadSignature:
    programme = document.programme
    return BadSignature(
        f"a version of the programme does not count: {why}",
        code="evidence-programme",
        where=f"{programme.id} {programme.version}",
    )
