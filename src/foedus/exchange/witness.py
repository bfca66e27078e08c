"""The witness protocol on the wire: a checkpoint is handed in with a consistency proof, a cosignature comes back.

Source: C2SP tlog-witness, "add-checkpoint" and "Monitor Retrieval Mechanism".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urljoin

from foedus.errors import ExchangeError, MalformedRecord
from foedus.exchange.session import Session

MAX_BODY_BYTES = 64 * 1024
MAX_PROOF_LINES = 63
SIZE_TYPE = b"text/x.tlog.size"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_HASH_BYTES = 32
_TEXT = "text/plain; charset=utf-8"


class Submission(NamedTuple):
    """What a log hands in: the size cosigned before, the proof from there, its checkpoint; nothing of it is verified."""

    old: int
    proof: Sequence[bytes]
    note: str


class Ahead(NamedTuple):
    """The witness has cosigned another size than it was told."""

    size: int


def body_of(submission: Submission) -> bytes:
    """Return the body of a request."""
    proof = "".join(f"{base64.b64encode(one).decode()}\n" for one in submission.proof)
    return f"old {submission.old}\n{proof}\n{submission.note}".encode()


def submission_of(body: bytes) -> Submission:
    r"""Return what a body says.

    Raises:
        MalformedRecord: not an old size, at most 63 hashes, an empty line and a note; only the line is named.

    >>> submission_of(b"old 0\n\norigin\n").note
    'origin\n'
    """
    try:
        head, gap, note = body.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise _malformed("not UTF-8", "body") from error
    first, *lines = head.split("\n")
    size = _SIZE.fullmatch(first.removeprefix("old "))
    if not gap or not first.startswith("old ") or size is None:
        raise _malformed("no old size and empty line", "line 1")
    if len(lines) > MAX_PROOF_LINES:
        raise _malformed(f"more than {MAX_PROOF_LINES} hashes", f"line {MAX_PROOF_LINES + 2}")
    return Submission(int(size[0]), [_hash(line, number) for number, line in enumerate(lines, 2)], note)


def _hash(line: str, number: int) -> bytes:
    try:
        found = base64.b64decode(line.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _malformed("no base64", f"line {number}") from error
    if len(found) != _HASH_BYTES or base64.b64encode(found).decode() != line:
        raise _malformed("no hash", f"line {number}")
    return found


def _malformed(why: str, where: str) -> MalformedRecord:
    return MalformedRecord(f"not a submission: {why}", code="submission-malformed", where=where)


def origin_hash(origin: str) -> str:
    """Return how a log's origin is named in a path."""
    return hashlib.sha256(origin.encode()).hexdigest()


class WitnessClient:
    """A witness's server, as the sender of a log sees it.

    Args:
        session: to the witness.
        base_url: its endpoint.
        programme: the programme's word in the path.
    """

    def __init__(self, session: Session, base_url: str, programme: str) -> None:
        self._session = session
        self._url = urljoin(base_url, f"/peer/{programme}/")

    def last(self, origin: str) -> str | None:
        """Return the checkpoint of a log that the witness cosigned last, not yet verified; None where there is none.

        Raises:
            ExchangeError: the witness cannot be reached or does not answer as it must.
        """
        reply = self._session.get(f"{self._url}{origin_hash(origin)}/checkpoint", accept="text/plain")
        if reply.status == 404:
            return None
        return _text(reply.status, reply.body)

    def add(self, submission: Submission) -> str | Ahead | None:
        """Hand a checkpoint in; return signature lines, not yet verified, what was cosigned instead, or None: unknown log.

        Raises:
            ExchangeError: the witness cannot be reached, does not answer as it must, or refuses: ``witness-refused``;
                ``witness-key`` where our log's key counts no more.
        """
        headers = {"accept": "text/plain", "content-type": _TEXT}
        url, body = self._url + "add-checkpoint", body_of(submission)
        try:
            reply = self._session.send("POST", url, headers=headers, content=body)
        except ExchangeError as error:
            if error.code != "exchange-login":
                raise
            # 403: whoever is let in at all is told of its log's signature, not of itself.
            raise ExchangeError(
                "the peer takes our log key no more: it cosigns nothing that key signed",
                code="witness-key",
                hint="foedus node rotate-keys --finish where a next key waits; else ask the peer whether it denies the key",
            ) from error
        if reply.status == 404:
            return None
        if reply.status in (400, 422):
            raise ExchangeError(
                f"the peer does not cosign our checkpoint ({reply.status})",
                code="witness-refused",
                hint="foedus ledger reconcile says what differs",
            )
        if reply.status != 409:
            return _text(reply.status, reply.body)
        size = _SIZE.fullmatch(reply.body[:MAX_PROOF_LINES].decode("ascii", "replace").removesuffix("\n"))
        if size is None or reply.headers.get("content-type", "").encode() != SIZE_TYPE:
            raise _bad_answer("a conflict without a size")
        return Ahead(int(size[0]))


def _text(status: int, body: bytes) -> str:
    if status != 200 or len(body) > MAX_BODY_BYTES:
        raise _bad_answer(f"status {status}" if status != 200 else "too long")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise _bad_answer("no text") from error


def _bad_answer(why: str) -> ExchangeError:
    return ExchangeError(f"the peer does not answer as it must: {why}", code="peer-malformed", hint="compare versions")
