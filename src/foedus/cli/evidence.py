"""``foedus ledger dispute`` and ``equivocation``: evidence for a third party, and its verification without a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from foedus.cli import options
from foedus.cli.command import Command, remember
from foedus.cli.options import log_of, prints
from foedus.cli.terminal import Terminal
from foedus.errors import InputError
from foedus.node import dispute as node_dispute
from foedus.node import reconcile as node_reconcile
from foedus.node.dispute import Redaction, Verdict
from foedus.node.home import Node

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_DIGEST = click.option(
    "--digest", default="", help="Digest of a version of the programme that you trust; it must match."
)


@click.command("dispute", cls=Command, examples=[
    "foedus ledger dispute nato/jpn 7 --out entry-7.zip",
    "foedus ledger dispute --verify entry-7.zip --digest DIGEST",
    "foedus ledger dispute --verify entry-7.zip --object object.json",
])  # fmt: skip
@click.argument("log", default="", metavar="[LOG]", shell_complete=options.logs)
@click.argument("seq", type=click.IntRange(min=0), default=None, required=False, metavar="[SEQ]")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Zip to write.")
@click.option("--verify", "bundle", type=_FILE, help="Zip to verify; needs no node.")
@click.option("--object", "sent", type=_FILE, help="The object as it was sent, to check it against the entry too.")
@_DIGEST
@click.option(
    "--node", type=click.Path(path_type=Path), expose_value=False, callback=remember, help="The node's directory."
)
@prints
def dispute(
    terminal: Terminal, log: str, seq: int | None, out: Path | None, bundle: Path | None, **trusted: Any
) -> None:
    """Write an entry as evidence for a third party, or verify such evidence.

    The zip holds the entry, its proof, the partner's receipts and the signed programme. Anybody verifies it offline, with the
    public keys in the programme alone. It shows no other entry but those receipts. Of an object that went with parts torn off
    it holds the proof, not the object: with --object that is checked too.
    """
    if bundle is not None:
        if log or out is not None:
            raise InputError("write or verify, not both", code="dispute-options", hint="--verify FILE.zip alone")
        digest, sent = trusted["digest"], trusted["sent"]
        found = node_dispute.verify(bundle.read_bytes(), digest, sent.read_bytes() if sent else None)
        _verified(terminal, found, digest)
        return
    if not log or seq is None or out is None:
        raise InputError("which entry, and where to?", code="dispute-options", hint="LOG SEQ --out FILE.zip")
    with Node.open(options.directory_of(click.get_current_context())) as node:
        raw = node_dispute.bundle(node, log_of(node, log), seq)
    out.write_bytes(raw)
    if terminal.as_json:
        terminal.document({"log": log, "seq": seq, "file": str(out), "bytes": len(raw)})
    else:
        terminal.line(f"The evidence of entry {seq} is in {out}.")


def _verified(terminal: Terminal, found: Verdict, digest: str) -> None:
    if terminal.as_json:
        terminal.document(found)
        return
    claim = found.claim
    terminal.line(f"Verified: {claim.sender} entered {found.kind} for {claim.recipient} at {found.at}.", "green")
    terminal.indented(f"entry {claim.seq} of {claim.log}, under a checkpoint of {found.signed_size} entries")
    terminal.indented(f"cosigned by {', '.join(found.cosigned_by) or 'nobody'}")
    for one in found.receipts:
        terminal.indented(f"{one.kind} at {one.at}{': refused, ' + one.refused if one.refused else ''}")
    if found.redaction is not None:
        terminal.indented(_redacted(found.redaction))
    for one_digest in found.programme_digests:
        terminal.indented(f"programme {one_digest}{' (trusted)' if one_digest == digest else ''}")
    _tied(terminal, digest)


def _redacted(one: Redaction) -> str:
    if not one.root:
        return "the object is the bytes that were entered, whole"
    what = "the object leads to it" if one.checked else "--object checks what was sent against it"
    edited = f"; changed by the sender: {', '.join(one.edited)}" if one.edited else ""
    return f"redacted under root {one.root[:16]}…: {what}{edited}"


def _tied(terminal: Terminal, digest: str) -> None:
    if not digest:
        terminal.line(
            "The keys are those of the programme in the file; --digest ties them to one that you trust.", "yellow"
        )


@click.command("equivocation", cls=Command, examples=["foedus ledger equivocation fork.json --digest DIGEST"])
@click.argument("file", type=_FILE)
@_DIGEST
@prints
def equivocation(terminal: Terminal, file: Path, digest: str) -> None:
    """Verify a proof that a log's signer signed two histories of it.

    Needs no node. Such a file comes from foedus ledger reconcile --evidence.
    """
    found = node_reconcile.verify(file.read_bytes(), digest)
    if terminal.as_json:
        terminal.document(found)
        return
    place = f"size {found.place} has two roots" if found.kind == "two-roots" else f"entry {found.place} has two leaves"
    terminal.line(f"Proven: {found.party} signed two histories of {found.log}: {place}.", "bold red")
    for value in found.values:
        terminal.indented(value)
    _tied(terminal, digest)
