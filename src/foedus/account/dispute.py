"""One entry of a pair log as evidence for a third party: a deterministic zip, verified offline with public keys alone.

    README.txt        what is claimed, in words
    claim.json        the same for programs: programme, sender, recipient, both logs, sequence number
    entry.proof       C2SP proof file: the entry under a checkpoint that its log signed, cosigned where it was
    leaf.json body.json salt.bin    the entry itself
    redaction.json    where parts were torn off the object: the proof that it carries, without the object
    receipt-NN.proof  entries of the recipient's log that answer for it
    programme-NN.yaml the versions of the programme, with signatures and public cards
    SHA256SUMS        of all the others, as sha256sum writes it

Members are stored, not compressed, with fixed names, order and times: the same evidence is the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence

import msgspec

from foedus.account import bodies, checkpoint, ledger, redaction
from foedus.account.redaction import Redaction
from foedus.account.trust import Trust, trust_of
from foedus.errors import BadSignature, BrokenChain, FoedusError, InputError, LimitExceeded, MalformedRecord
from foedus.model.canonical import canonical
from foedus.model.entry import StoredEntry
from foedus.model.vkey import COSIGNATURE_ED25519

MAX_BYTES = 32 * 2**20
MAX_RECEIPTS = 64
_SUMS, _README, _CLAIM, _PROOF = "SHA256SUMS", "README.txt", "claim.json", "entry.proof"
_REDACTION = "redaction.json"
_TIME = (1980, 1, 1, 0, 0, 0)


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle claims: entry ``seq`` of ``log`` (an origin) that ``sender`` signed; ``back`` is the other log, or empty."""

    v: int
    programme: str
    sender: str
    recipient: str
    log: str
    seq: int
    back: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """One answer of the recipient: the entry's kind, its place, and what it refused of the object, or empty."""

    kind: str
    seq: int
    at: str
    refused: str


class Verdict(msgspec.Struct, frozen=True):
    """What a bundle proves: the claim, the entry, which cosigners saw it, what was answered, under which programme.

    ``redaction`` is None where the entry says nothing of parts torn off, and no object was checked.
    """

    claim: Claim
    kind: str
    at: str
    body: dict[str, object]
    signed_size: int
    cosigned_by: tuple[str, ...]
    receipts: tuple[Receipt, ...]
    programme_digests: tuple[str, ...]
    redaction: Redaction | None = None


class Evidence(msgspec.Struct, frozen=True):
    """What goes into a bundle: the claim, proof files of the entry and of its receipts, programme versions oldest first.

    ``redaction`` is the proof of the object that went (canonical JSON), empty for an untouched one.
    """

    claim: Claim
    proof: str
    receipts: tuple[str, ...]
    programmes: tuple[bytes, ...]
    redaction: bytes = b""


def write(evidence: Evidence) -> bytes:
    """Return the bundle; what does not verify is not written.

    Raises:
        FoedusError: what :func:`verify` would raise for it.
    """
    verdict = _verdict(evidence, "")
    return _zip(_members(evidence, verdict))


def verify(raw: bytes, trusted_digest: str = "", sent: bytes | None = None) -> Verdict:
    """Return what a bundle proves, after checking every byte of it.

    Args:
        raw: the zip.
        trusted_digest: digest of a version of the programme known from elsewhere; empty: the keys vouch for themselves.
        sent: the object that the entry is of, as it was sent, to check it too.

    Raises:
        LimitExceeded: more than 32 MiB.
        MalformedRecord: not a bundle, or not the bytes that its contents make.
        BadSignature: a signature, or the trusted digest, does not hold.
        BrokenChain: an entry does not stand where it is claimed to; or the object is not the one that was entered.
    """
    members = _unzip(raw)
    evidence = _evidence(members)
    verdict = _verdict(evidence, trusted_digest)
    expected = _members(evidence, verdict)
    if list(expected) != list(members):
        raise MalformedRecord("members are missing, or not in their order", code="dispute-malformed")
    for name, content in expected.items():
        if members[name] != content:
            raise MalformedRecord("a member is not what the evidence says", code="dispute-member", where=name)
    if sent is None:
        return verdict
    return msgspec.structs.replace(verdict, redaction=redaction.checked(sent, evidence.redaction, verdict.body))


def _members(evidence: Evidence, verdict: Verdict) -> dict[str, bytes]:
    """Return all members in their order."""
    stored = _entry(evidence.proof)
    members = {
        _README: _readme(verdict).encode(),
        _CLAIM: canonical(msgspec.to_builtins(evidence.claim)),
        _PROOF: evidence.proof.encode(),
        "leaf.json": stored.leaf,
        "body.json": stored.body,
        "salt.bin": stored.salt,
        **({_REDACTION: evidence.redaction} if evidence.redaction else {}),
        **{f"receipt-{number:02}.proof": text.encode() for number, text in enumerate(evidence.receipts, 1)},
        **{f"programme-{number:02}.yaml": raw for number, raw in enumerate(evidence.programmes, 1)},
    }
    members[_SUMS] = _sums(members)
    return members


def _sums(members: Mapping[str, bytes]) -> bytes:
    lines = (f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in members.items() if name != _SUMS)
    return "".join(lines).encode()


def _zip(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, content)
    return out.getvalue()


def _unzip(raw: bytes) -> dict[str, bytes]:
    """Return the members of a bundle whose every byte is accounted for."""
    if len(raw) > MAX_BYTES:
        raise LimitExceeded(f"a dispute bundle has at most {MAX_BYTES} bytes", code="dispute-too-large")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            # Stored members together cannot be larger than the file: nothing unfolds.
            listed = archive.infolist()
            stored = all(one.compress_type == zipfile.ZIP_STORED for one in listed)
            if not stored or sum(one.file_size for one in listed) > len(raw):
                raise MalformedRecord("a member is compressed", code="dispute-malformed")
            members = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise MalformedRecord("not a dispute bundle, or damaged", code="dispute-malformed") from error
    if _zip(members) != raw:
        raise MalformedRecord(
            "the zip is not the bytes that its members make",
            code="dispute-malformed",
            hint="it was changed, or packed again, after it was written: ask for it once more",
        )
    if members.get(_SUMS) != _sums(members):
        raise MalformedRecord("a member does not have its sum", code="dispute-sum", where=_SUMS)
    return members


def _evidence(members: Mapping[str, bytes]) -> Evidence:
    try:
        claim = msgspec.json.decode(members[_CLAIM], type=Claim)
        answers = tuple(members[name].decode() for name in sorted(members) if name.startswith("receipt-"))
        programmes = tuple(members[name] for name in sorted(members) if name.startswith("programme-"))
        found = Evidence(claim, members[_PROOF].decode(), answers, programmes, members.get(_REDACTION, b""))
    except (KeyError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise MalformedRecord("a dispute bundle without its parts", code="dispute-malformed") from error
    expected = 7 + bool(found.redaction) + len(answers) + len(programmes)
    if len(members) != expected or claim.v != 1 or len(answers) > MAX_RECEIPTS:
        raise MalformedRecord("a dispute bundle of another version, or with other parts", code="dispute-malformed")
    return found


def _entry(proof: str) -> StoredEntry:
    return ledger.entry_of(checkpoint.read_proof(proof))


def _verdict(evidence: Evidence, trusted_digest: str) -> Verdict:
    claim, trust = evidence.claim, trust_of(evidence.programmes, trusted_digest)
    if trust.programme != claim.programme:
        raise BrokenChain("the programme is not the one claimed", code="dispute-claim", where=claim.programme)
    proof = checkpoint.read_proof(evidence.proof)
    cosigners = trust.cosign_keys_of(claim.recipient)
    keys = [*trust.log_keys_of(claim.sender), *cosigners]
    stored = ledger.verify_proof(evidence.proof, claim.log, keys)
    entry, facts = stored.entry(), stored.facts()
    parties = facts.get("parties")
    if entry.seq != claim.seq or facts.get("programme") != claim.programme:
        raise BrokenChain("the entry is not the one claimed", code="dispute-claim", where=f"entry {entry.seq}")
    # Who sent is said by whose key signed the log; the body says between whom.
    if not isinstance(parties, list) or sorted(map(str, parties)) != sorted([claim.sender, claim.recipient]):
        raise BrokenChain(
            "the entry is of other parties than claimed", code="dispute-claim", where=f"entry {entry.seq}"
        )
    verified = checkpoint.verify_note(checkpoint.parse_note(proof.note), keys)
    names = sorted({one.key.name for one in verified if one.key.type == COSIGNATURE_ED25519})
    return Verdict(
        claim=claim,
        kind=entry.kind,
        at=entry.at,
        body=facts,
        signed_size=checkpoint.parse_state(checkpoint.parse_note(proof.note).text).size,
        cosigned_by=tuple(names),
        receipts=tuple(_receipt(text, claim, trust, str(facts.get("object_id", ""))) for text in evidence.receipts),
        programme_digests=trust.digests,
        redaction=redaction.claimed(evidence.redaction, facts),
    )


def _receipt(text: str, claim: Claim, trust: Trust, object_id: str) -> Receipt:
    keys = [*trust.log_keys_of(claim.recipient), *trust.cosign_keys_of(claim.sender)]
    stored = ledger.verify_proof(text, claim.back, keys)
    note = checkpoint.parse_note(checkpoint.read_proof(text).note)
    # A line of an unknown key would be ignored, and whoever changed it would not be found.
    if len(checkpoint.verify_note(note, keys)) != len(note.signatures):
        raise BadSignature("a receipt with a signature that nobody knows", code="dispute-signature", where=claim.back)
    body, entry = bodies.read(stored), stored.entry()
    if not isinstance(body, bodies.Batch) or not answers(body, claim.log, claim.seq):
        raise BrokenChain("a receipt that does not answer for the entry", code="dispute-receipt", where=str(entry.seq))
    refused = next((one.code for one in body.refused if one.object_id == object_id), "")
    return Receipt(entry.kind, entry.seq, entry.at, refused)


def answers(body: bodies.Body | None, log: str, seq: int) -> bool:
    """Say whether an entry's body is a receipt for an entry of a log."""
    return isinstance(body, bodies.Batch) and body.log == log and body.range[0] <= seq < body.range[1]


def receipts_for(stored: Sequence[StoredEntry], log: str, seq: int) -> list[int]:
    """Return which of some entries, by their place among them, are receipts for an entry; at most 64."""
    return [at for at, one in enumerate(stored) if answers(_body(one), log, seq)][:MAX_RECEIPTS]


def _body(stored: StoredEntry) -> bodies.Body | None:
    try:
        return bodies.read(stored)
    except FoedusError:
        return None


def _readme(verdict: Verdict) -> str:
    claim = verdict.claim
    said = [
        f"  {one.kind} at {one.at} (entry {one.seq}){': ' + one.refused if one.refused else ''}"
        for one in verdict.receipts
    ]
    return "\n".join([
        "FOEDUS DISPUTE BUNDLE",
        "",
        f"It is claimed that {claim.sender} entered in its log to {claim.recipient}, under the programme",
        f"{claim.programme}:",
        "",
        f"  entry {claim.seq} of {claim.log}",
        f"  {verdict.kind} at {verdict.at}",
        f"  under a checkpoint of {verdict.signed_size} entries",
        f"  cosigned by {', '.join(verdict.cosigned_by) or 'nobody'}",
        "",
        f"{claim.recipient} answered:" if said else f"No answer of {claim.recipient} is in this bundle.",
        *said,
        "",
        *_torn(verdict.redaction),
        "Versions of the programme, by digest, oldest first; the keys are in their cards:",
        *(f"  {one}" for one in verdict.programme_digests),
        "",
        "Check it, offline, with the digest of a version that you trust:",
        "  foedus ledger dispute --verify FILE.zip --digest DIGEST",
        "",
    ])  # fmt: skip


def _torn(torn: Redaction | None) -> list[str]:
    """Return what is said of an object that went with parts torn off."""
    if torn is None:
        return []
    return [
        "The object went with parts torn off; what is left of it leads to the root",
        f"  {torn.root}",
        "which the entry holds. Whoever has the object as it was sent can check that:",
        "  foedus ledger dispute --verify FILE.zip --object OBJECT.json",
        "",
    ]


def require_pair(sender: str, recipient: str) -> None:
    """Refuse a log that is not of a pair: the private log is nobody else's evidence.

    Raises:
        InputError: it is not.
    """
    if not sender or not recipient:
        raise InputError("only entries of a pair's log go into a bundle", code="dispute-log", hint="ledger show")
