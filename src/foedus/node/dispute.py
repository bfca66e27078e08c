"""Evidence for third parties: the bundle of one entry, written from this node's logs and verified anywhere."""

from __future__ import annotations

from foedus.account import dispute, ledger, redaction
from foedus.account.dispute import Claim, Evidence, Verdict
from foedus.account.redaction import Redaction
from foedus.errors import InputError
from foedus.model.entry import Checkpoint, LogInfo
from foedus.node.agreements import ACCEPTED
from foedus.node.home import Node
from foedus.programme import agree
from foedus.store import findings
from foedus.store.engine import Read

__all__ = ["Redaction", "Verdict", "bundle", "programmes_of", "verify"]


def bundle(node: Node, name: str, seq: int) -> bytes:
    """Return the dispute bundle of an entry of a pair log; what does not verify is not written.

    Raises:
        InputError: no such log, or the private one.
        BrokenChain: no such entry under a checkpoint, or damaged.
    """
    programmes = programmes_of(node, name)
    with node.store.read() as read:
        info = read.logs.log(name)
        if info is None:
            raise InputError(f"no log {name!r}", code="log-unknown", hint="foedus ledger show lists them")
        dispute.require_pair(info.sender, info.recipient)
        back = read.logs.log(f"{info.programme}|{info.recipient}|{info.sender}")
        claim = Claim(1, info.programme, info.sender, info.recipient, info.origin, seq, back.origin if back else "")
        proof = ledger.prove(read.logs, name, seq, _cosigned(read, name, seq))
        evidence = Evidence(claim, proof, _receipts(read, back, claim), programmes, _redaction(read, name, seq))
    return dispute.write(evidence)


def verify(raw: bytes, digest: str = "", sent: bytes | None = None) -> Verdict:
    """Return what a dispute bundle proves, and an object as it was sent beside it; needs no node.

    Raises:
        FoedusError: it proves nothing, and why.
    """
    return dispute.verify(raw, digest, sent)


def programmes_of(node: Node, name: str) -> tuple[bytes, ...]:
    """Return the versions of a log's programme that count as evidence, oldest first: signed by all and accepted here."""
    at = node.clock.now()
    held = [
        document
        for kept, document in node.agreements.versions(name.partition("|")[0])
        if kept.state == ACCEPTED and not agree.standing(document, at).missing
    ]
    return tuple(one.raw for one in sorted(held, key=lambda one: agree.order(one.programme.version)))


def _cosigned(read: Read, name: str, seq: int) -> Checkpoint | None:
    """Return the first kept checkpoint over an entry that somebody cosigned, or None."""
    return next((one for one in read.logs.checkpoints(name, seq) if one.note.count("\n— ") > 1), None)


def _redaction(read: Read, name: str, seq: int) -> bytes:
    """Return the proof of the object an entry is of, as far as parts were torn off it and this node holds it as it went."""
    facts = next(iter(read.logs.entries(name, seq, seq + 1))).facts()
    raw = findings.blob_of(read, bytes.fromhex(str(facts["bytes_hash"]))) if facts.get("commitment") else None
    return b"" if raw is None else redaction.proof_in(raw)


def _receipts(read: Read, back: LogInfo | None, claim: Claim) -> tuple[str, ...]:
    """Return proof files of the recipient's answers, as far as its log is signed."""
    signed = None if back is None else read.logs.checkpoint(back.name)
    if back is None or signed is None:
        return ()
    held = list(read.logs.entries(back.name, 0, signed.size))
    found = dispute.receipts_for(held, claim.log, claim.seq)
    return tuple(ledger.prove(read.logs, back.name, seq) for seq in found)
