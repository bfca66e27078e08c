"""Signed notes, checkpoints, cosignatures and proof files, as C2SP specifies them.

Source: C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-proof (https://c2sp.org).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from foedus.account import merkle
from foedus.errors import BadSignature, LimitExceeded, MalformedRecord
from foedus.model.entry import Checkpoint
from foedus.model.instant import to_us
from foedus.model.vkey import COSIGNATURE_ED25519, ED25519, VerifierKey

MAX_NOTE_BYTES = 100_000
MAX_SIGNATURES = 32
# A partner's clock may be a day and some hours wrong, or in another demonstration's time; years ahead is no clock.
CLOCK_SKEW_S = 2 * 86_400
_MAX_DIGITS = 19
_MARK = "\u2014 "
_PROOF_HEAD = "c2sp.org/tlog-proof@v1"


class SignatureLine(msgspec.Struct, frozen=True):
    """One signature line of a note: who, the four bytes that name the key, and what they made."""

    name: str
    key_id: bytes
    signature: bytes


class SignedNote(msgspec.Struct, frozen=True):
    """A note's text, ending in a newline, and its signature lines; nothing in it is verified."""

    text: str
    signatures: tuple[SignatureLine, ...]


class Verified(msgspec.Struct, frozen=True):
    """A signature that verified: by which key, and for a cosignature when (seconds since 1970)."""

    key: VerifierKey
    time_s: int | None = None


class LogState(msgspec.Struct, frozen=True):
    """The three lines of a checkpoint."""

    origin: str
    size: int
    root: bytes


class Proof(msgspec.Struct, frozen=True):
    """A proof file: index, hashes, the checkpoint note, and extra bytes that nothing authenticates."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes | None = None


def verifier_key(name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> VerifierKey:
    """Return the public half of a signing key under a name, for log signatures or for cosignatures."""
    return VerifierKey(name=name, type=kind, key=key.public_key().public_bytes_raw())


def parse_note(raw: str) -> SignedNote:
    r"""Return a note's text and signature lines.

    Raises:
        LimitExceeded: more than 100,000 bytes or 32 signatures.
        MalformedRecord: not a signed note.

    >>> parse_note("hello\n\n\u2014 a.example AAAAAAE=\n").signatures[0].name
    'a.example'
    """
    _check_characters(raw)
    text, gap, tail = raw.rpartition("\n\n")
    lines = tail.split("\n")
    if not gap or lines.pop() != "" or not lines:
        raise MalformedRecord("not a signed note", code="note-malformed", hint="text, blank line, signature lines")
    if len(lines) > MAX_SIGNATURES:
        raise LimitExceeded(f"a note with more than {MAX_SIGNATURES} signatures", code="note-too-many-signatures")
    return SignedNote(text=text + "\n", signatures=tuple(_signature_line(n, line) for n, line in enumerate(lines, 1)))


def _check_characters(raw: str) -> None:
    try:
        size = len(raw.encode())
    except UnicodeEncodeError as error:
        raise MalformedRecord("a note holds a lone surrogate", code="note-malformed") from error
    if size > MAX_NOTE_BYTES:
        raise LimitExceeded(f"a note longer than {MAX_NOTE_BYTES} bytes", code="note-too-large")
    if any(c < " " and c != "\n" for c in raw):
        raise MalformedRecord("a note holds a control character", code="note-malformed")


def _signature_line(number: int, line: str) -> SignatureLine:
    name, gap, encoded = line.removeprefix(_MARK).partition(" ")
    data = _base64(encoded)
    if not line.startswith(_MARK) or not gap or not _is_name(name) or data is None or len(data) < 5:
        raise MalformedRecord("not a signature line", code="note-malformed", where=f"signature {number}")
    return SignatureLine(name=name, key_id=data[:4], signature=data[4:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def _base64(encoded: str) -> bytes | None:
    """Return what canonical base64 says, or None: one value has one spelling."""
    try:
        data = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if base64.b64encode(data).decode() == encoded else None


def verify_note(note: SignedNote, keys: Sequence[VerifierKey], *, at: datetime | None = None) -> tuple[Verified, ...]:
    """Return the verified signatures of known keys; unknown keys are ignored.

    Args:
        note: the note.
        keys: keys trusted for it; name and id together name a key.
        at: the present; a cosignature more than two days later is refused. None: times are not judged.

    Raises:
        BadSignature: a known key's signature fails (the whole note is condemned), or no known key signed.
    """
    known = {(key.name, key.id): key for key in keys}
    found = []
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is not None:
            found.append(_verify_line(note.text, line, key, at))
    if not found:
        raise BadSignature(
            "no known key signed the note", code="note-unknown-keys", hint="is the key in the programme?"
        )
    return tuple(found)


def _verify_line(text: str, line: SignatureLine, key: VerifierKey, at: datetime | None) -> Verified:
    message, signature, time_s = text.encode(), line.signature, None
    if key.type == COSIGNATURE_ED25519:
        time_s, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        message = _cosigned(text, time_s)
        if not 0 < time_s < 2**63:
            raise BadSignature("a cosignature without a time", code="cosignature-time", where=key.name)
        if at is not None and time_s > to_us(at) // 1_000_000 + CLOCK_SKEW_S:
            raise BadSignature("a cosignature from the future", code="cosignature-time", where=key.name)
    try:
        Ed25519PublicKey.from_public_bytes(key.key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise BadSignature("a known key's signature does not verify", code="note-condemned", where=key.name) from error
    return Verified(key=key, time_s=time_s)


def _cosigned(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Return the signed note of a text (Ed25519, type 0x01).

    Raises:
        MalformedRecord: the text does not end in a newline or holds control characters, or the name cannot be one.
    """
    _check_characters(text)
    if not text.endswith("\n"):
        raise MalformedRecord("the text of a note ends in a newline", code="note-malformed")
    return text + "\n" + _line(verifier_key(name, key), key.sign(text.encode()))


def cosign(note: str, name: str, key: Ed25519PrivateKey, at: datetime) -> str:
    """Return the note with an Ed25519 cosignature (type 0x04) at an instant, in place of an earlier one by the same key.

    Source: C2SP tlog-cosignature, "Ed25519 signed message".
    """
    held = parse_note(note)
    time_s = to_us(at) // 1_000_000
    signature = time_s.to_bytes(8, "big") + key.sign(_cosigned(held.text, time_s))
    own = verifier_key(name, key, COSIGNATURE_ED25519)
    others = [_written(line) for line in held.signatures if (line.name, line.key_id) != (own.name, own.id)]
    return f"{held.text}\n{''.join(others)}{_line(own, signature)}"


def _line(key: VerifierKey, signature: bytes) -> str:
    if not _is_name(key.name):
        raise MalformedRecord("a key's name is empty, or holds a blank or a plus", code="note-malformed")
    return _written(SignatureLine(key.name, key.id, signature))


def _written(line: SignatureLine) -> str:
    return f"{_MARK}{line.name} {base64.b64encode(line.key_id + line.signature).decode()}\n"


def state_text(origin: str, size: int, root: bytes) -> str:
    r"""Return the text of a checkpoint.

    >>> state_text("a.example/log", 0, merkle.EMPTY_ROOT)
    'a.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'
    """
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def state_hash(origin: str, size: int, root: bytes) -> str:
    """Return the SHA-256 of a checkpoint's text, hex: whoever signs or cosigns it, it stays the same."""
    return hashlib.sha256(state_text(origin, size, root).encode()).hexdigest()


def parse_state(text: str) -> LogState:
    """Return what a checkpoint's text says; extension lines are refused, because not every cosignature covers them.

    Raises:
        MalformedRecord: not three lines, a size with a leading zero, a root that is no SHA-256, no root of an empty log.
    """
    lines = text.split("\n")
    size, root = (_number(lines[1]), _base64(lines[2])) if len(lines) == 4 else (None, None)
    if size is None or root is None or len(root) != merkle.HASH_BYTES or not lines[0] or lines[3]:
        raise MalformedRecord(
            "not a checkpoint", code="checkpoint-malformed", hint="origin, size and root, a line each"
        )
    if size == 0 and root != merkle.EMPTY_ROOT:
        raise MalformedRecord("an empty log with a root of its own", code="checkpoint-root")
    return LogState(origin=lines[0], size=size, root=root)


def _number(text: str) -> int | None:
    """Return a decimal without leading zeros, or None."""
    plain = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and (text == "0" or text[0] != "0")
    return int(text) if plain else None


def open_checkpoint(note: str, origin: str, keys: Sequence[VerifierKey], *, at: datetime | None = None) -> Checkpoint:
    """Return a log's checkpoint that one of its keys signed.

    Args:
        note: the note as it came.
        origin: the log it must be of.
        keys: the log's keys, and those of cosigners whose signatures must hold where they are present.
        at: the present, to refuse cosignatures from the future.

    Raises:
        BadSignature: no log key signed it, a known key's signature fails, or it is another log's.
        MalformedRecord: not a checkpoint.
    """
    signed = parse_note(note)
    verified = verify_note(signed, keys, at=at)
    if not any(v.key.type == ED25519 for v in verified):
        raise BadSignature("a checkpoint that its log did not sign", code="note-unknown-keys")
    state = parse_state(signed.text)
    if state.origin != origin:
        raise BadSignature("a checkpoint of another log", code="checkpoint-origin", where=origin)
    return Checkpoint(origin=origin, size=state.size, root=state.root, note=note)


def sign_checkpoint(state: LogState, name: str, key: Ed25519PrivateKey) -> Checkpoint:
    """Return a state's checkpoint signed by its log; the same state gives the same bytes."""
    note = sign_note(state_text(state.origin, state.size, state.root), name, key)
    return Checkpoint(origin=state.origin, size=state.size, root=state.root, note=note)


def open_cosigned(note: str, origin: str, keys: Sequence[VerifierKey], at: datetime) -> Checkpoint:
    """Return a checkpoint that its log signed and a known cosigner cosigned: a partner's receipt of that state.

    Its note holds the lines of known keys only.

    Raises:
        BadSignature: either is missing, a known key's signature fails, or its time is 0 or in the future.
        MalformedRecord: not a checkpoint.
    """
    signed = open_checkpoint(note, origin, keys, at=at)
    parsed = parse_note(note)
    verify_note(parsed, [key for key in keys if key.type == COSIGNATURE_ED25519], at=at)
    known = {(key.name, key.id) for key in keys}
    lines = [_written(line) for line in parsed.signatures if (line.name, line.key_id) in known]
    return Checkpoint(origin=origin, size=signed.size, root=signed.root, note=parsed.text + "\n" + "".join(lines))


def cosigned_by(note: str, keys: Sequence[VerifierKey]) -> bool:
    """Say whether a note that was verified when it came has the line of a cosigner among some keys."""
    cosigners = {(key.name, key.id) for key in keys if key.type == COSIGNATURE_ED25519}
    return any((line.name, line.key_id) in cosigners for line in parse_note(note).signatures)


def lines_of(note: str) -> str:
    """Return the signature lines of a note."""
    return note.rpartition("\n\n")[2]


def write_proof(proof: Proof) -> str:
    """Return the text of a proof file.

    Source: C2SP tlog-proof.
    """
    extra = [] if proof.extra is None else [f"extra {base64.b64encode(proof.extra).decode()}"]
    hashes = [base64.b64encode(value).decode() for value in proof.hashes]
    return "\n".join([_PROOF_HEAD, *extra, f"index {proof.index}", *hashes, "", proof.note])


def read_proof(text: str) -> Proof:
    """Return what a proof file says; nothing in it is verified.

    Raises:
        MalformedRecord: not a proof file.
    """
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    extra = None
    if len(lines) > 1 and lines[1].startswith("extra "):
        extra = _base64(lines.pop(1)[6:])
        lines[0] = lines[0] if extra is not None else ""
    index = _number(lines[1][6:]) if len(lines) > 1 and lines[1].startswith("index ") else None
    hashes = [_base64(line) for line in lines[2:]]
    whole = tuple(value for value in hashes if value is not None and len(value) == merkle.HASH_BYTES)
    if lines[0] != _PROOF_HEAD or not gap or index is None or len(whole) != len(hashes) or len(whole) > 64:
        raise MalformedRecord("not a proof file", code="proof-malformed", hint=f"its first line is {_PROOF_HEAD}")
    return Proof(index=index, hashes=whole, note=note, extra=extra)
