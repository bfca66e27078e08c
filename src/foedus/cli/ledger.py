"""``foedus ledger``: show, verify and prove what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from foedus.cli import evidence, options
from foedus.cli.command import Group
from foedus.cli.node import halted, logs_table
from foedus.cli.options import handle, log_of, on_node, prints
from foedus.cli.person import by_person, signed_in
from foedus.cli.terminal import Column, Terminal, count, day_and_time, styled
from foedus.errors import TrustError
from foedus.model.people import Person
from foedus.node import account, forks
from foedus.node import reconcile as node_reconcile
from foedus.node import replay as node_replay
from foedus.node.home import Node

_LOG = click.argument("log", default="", metavar="[LOG]", shell_complete=options.logs)
_NAMED = (
    *("signer", "came", "code", "source", "indicator", "milestone", "party", "version", "cause", "role", "method"),
    *("reason", "result", "by", "grant", "use", "finding"),
)


@click.group("ledger", cls=Group, short_help="Show, verify and prove what happened.")
def command() -> None:
    """Show, verify and prove what happened.

    LOG is master (the node's private log), or the log of a pair as foedus ledger show names it: programme/sender/recipient,
    or just sender/recipient where that is clear.
    """


@command.command("show", examples=["foedus ledger show", "foedus ledger show nato/jpn --limit 5"])
@_LOG
@click.option("--from", "start", type=click.IntRange(min=0), help="First entry; the newest where absent.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="So many entries.")
@prints
@on_node
def show(node: Node, terminal: Terminal, log: str, start: int | None, limit: int) -> None:
    """Show the logs, or the entries of one.

    Entries hold ids and hashes, never content.
    """
    if not log:
        logs = account.logs(node)
        if terminal.as_json:
            terminal.document(logs)
        else:
            halted(terminal, node)
            logs_table(terminal, logs)
        return
    found = account.show(node, log_of(node, log), -1 if start is None else start, limit)
    if terminal.as_json:
        terminal.document(found)
        return
    rows = [(styled(one.seq, ""), day_and_time(one.at), one.kind, _what(one.body)) for one in found]
    columns = [Column("seq", right=True), Column("at", whole=True), Column("kind", whole=True), "what"]
    terminal.table(columns, rows)


def _what(body: dict[str, Any]) -> str:
    """Say an entry's body in a line: what it is about, without what every entry has."""
    told: list[str] = [
        str(body[name]) for name in ("area", "person", "change", "decision", "outcome", "object_id") if body.get(name)
    ]
    told += [f"{name} {body[name]}" for name in _NAMED if isinstance(body.get(name), str) and body[name]]
    if "range" in body:
        told.append(f"entries {body['range'][0]} to {body['range'][1] - 1}")
    if isinstance(body.get("count"), int):
        told.append(f"count {body['count']:,}")
    if "counts" in body:
        told.append(", ".join(f"{many} {name}" for name, many in body["counts"].items() if many) or "nothing to do")
    told += [f"{len(body[name])} {name}" for name in ("refused", "unlabelled") if body.get(name)]
    told += [", ".join(body["reasons"])] if body.get("reasons") else []
    return "  ".join(told)


@command.command("verify", examples=["foedus ledger verify", "foedus ledger verify master"])
@_LOG
@prints
@on_node
def verify(node: Node, terminal: Terminal, log: str) -> int:
    """Recompute a log, or all: bodies, leaves, tree, root and signature.

    A row that was changed is named. Ends with 5 if anything does not join.
    """
    found = account.verify(node, log_of(node, log) if log else "")
    if terminal.as_json:
        terminal.document(found)
    else:
        rows = [
            (handle(one.log), one.entries, "not yet" if one.signed_size is None else one.signed_size, one.root[:16],
             styled("whole", "green") if one.whole else styled(count(len(one.faults), "fault"), "bold red"))
            for one in found
        ]  # fmt: skip
        columns = [
            Column("log", whole=True),
            Column("entries", right=True),
            Column("signed", right=True),
            "root",
            "state",
        ]
        terminal.table(columns, rows)
        for one in found:
            for fault in one.faults:
                terminal.line(f"{handle(one.log)}: {fault.code}: {fault.message}", "red")
                terminal.indented(fault.where)
    return 0 if all(one.whole for one in found) else TrustError.exit_code


@command.command("prove", examples=["foedus ledger prove nato/jpn 7 -o entry-7.proof"])
@click.argument("log", shell_complete=options.logs)
@click.argument("seq", type=click.IntRange(min=0))
@click.option("-o", "output", type=click.Path(path_type=Path), help="File to write; standard output where absent.")
@prints
@on_node
def prove(node: Node, terminal: Terminal, log: str, seq: int, output: Path | None) -> None:
    """Write the proof of an entry.

    Anybody can verify it with the log's public key alone: the entry stands in the log, and the log is signed.
    """
    proof = account.prove(node, log_of(node, log), seq)
    if output is not None:
        output.write_text(proof, encoding="utf-8")
    if terminal.as_json:
        terminal.document({"log": log, "seq": seq, **({"file": str(output)} if output else {"proof": proof})})
    elif output is not None:
        terminal.line(f"The proof of entry {seq} is in {output}.")
    else:
        terminal.text(proof)


@command.command("replay", examples=["foedus ledger replay nato/jpn 7"])
@click.argument("log", shell_complete=options.logs)
@click.argument("seq", type=click.IntRange(min=0))
@prints
@on_node
def replay(node: Node, terminal: Terminal, log: str, seq: int) -> int:
    """Take the decision of a release entry again, years later.

    From the ledger and the programme alone: the rules of the version then in force, the label in the entry, its instant. What
    comes out otherwise is named. Ends with 5 if anything does.
    """
    found = node_replay.replay(node, log_of(node, log), seq)
    if terminal.as_json:
        terminal.document({**msgspec.to_builtins(found), "same": found.same})
        return 0 if found.same else TrustError.exit_code
    outcome = "The decision comes out as it was entered." if found.same else "The decision comes out otherwise."
    terminal.line(outcome, "green" if found.same else "bold red")
    terminal.facts(
        [
            ("object", found.object_id),
            ("to", found.party),
            ("at", f"{day_and_time(found.at)} UTC"),
            ("under", f"version {found.version}, {', '.join(found.decision.clauses) or 'no clause'}"),
            ("digest", found.digest),
        ]
    )
    for one in found.differs:
        terminal.indented(f"{one.what}: entered {one.entry or 'none'}, now {one.now or 'none'}", "red")
    for said in found.assumed:
        terminal.indented(f"taken as given: {said}")
    return 0 if found.same else TrustError.exit_code


@command.command(
    "reconcile", examples=["foedus ledger reconcile jpn", "foedus ledger reconcile jpn --evidence fork.json"]
)
@click.argument("peer", shell_complete=options.parties)
@options.programme()
@click.option(
    "--evidence", "output", type=click.Path(path_type=Path), help="Where a log is forked: file for the proof."
)
@prints
@on_node
def reconcile(node: Node, terminal: Terminal, peer: str, programme: str, output: Path | None) -> int:
    """Compare both logs of a pair with the partner's copies.

    The entries that differ are named, with their leaf hashes on either side. To be behind is no difference. Ends with 5 if
    anything differs or is not what was signed.
    """
    found = node_reconcile.reconcile(node, peer, programme)
    forked = next((one for one in found if one.statements), None)
    if forked is not None and output is not None:
        output.write_bytes(node_reconcile.evidence(node, forked))
    if terminal.as_json:
        terminal.document(found)
    else:
        rows = [
            (handle(one.log), _size(one.mine), _size(one.theirs), len(one.differing), one.hashes,
             styled(one.outcome.replace("-", " "), "green" if one.sound else "bold red"))
            for one in found
        ]  # fmt: skip
        sizes = [Column("ours", right=True), Column("theirs", right=True)]
        costs = [Column("differing", right=True), Column("hashes", right=True)]
        terminal.table([Column("log", whole=True), *sizes, *costs, "state"], rows)
        for one in found:
            terminal.line(f"{handle(one.log)}: {one.advice}", "" if one.sound else "red")
            for entry in one.differing:
                terminal.indented(f"entry {entry.seq}: ours {entry.mine}, theirs {entry.theirs}")
        if output is not None:
            terminal.line(
                f"No log is forked: nothing was written to {output}."
                if forked is None
                else f"The proof is in {output}."
            )
    return 0 if all(one.sound for one in found) else TrustError.exit_code


def _size(size: int | None) -> str:
    return "none" if size is None else str(size)


@command.command(
    "thaw",
    ledger="ledger.thawed with both names, in the private log.",
    examples=["foedus ledger thaw jpn --as ann --with ben"],
)
@click.argument("peer", shell_complete=options.parties)
@options.programme()
@click.option("--with", "second", required=True, metavar="NAME", help="The second person; asked for a password too.")
@prints
@on_node
@by_person
def thaw(node: Node, terminal: Terminal, peer: str, programme: str, person: Person, second: str) -> None:
    """Let a frozen pair go on, after people talked.

    Two approvers do it together. What shows that a log was signed twice is kept. Where the peer still serves the other
    history, the next pull freezes the pair again. Where this node cosigned entries that the peer lost, it forgets them.
    """
    found = forks.thaw(node, peer, (person, signed_in(node, second)), programme)
    if terminal.as_json:
        terminal.document([one._asdict() for one in found])
        return
    for one in found:
        terminal.line(f"{one.peer} under {one.programme.rsplit(':', 1)[-1]} goes on, by {person.name} and {second}.")
        if one.given_up:
            terminal.indented(f"the cosignature of {one.given_up} entries is given up: they never came")


command.add_command(evidence.dispute)
command.add_command(evidence.equivocation)
