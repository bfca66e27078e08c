"""``foedus exchange``: pull from peers, push to tools, write MISP feeds."""

from __future__ import annotations

import os
from pathlib import Path

import click

from foedus.cli import options
from foedus.cli.command import Group
from foedus.cli.options import on_node, prints
from foedus.cli.progress import progress
from foedus.cli.terminal import Column, Terminal, count
from foedus.errors import ExchangeError, InputError
from foedus.node import exchange, feed
from foedus.node.exchange import Pulled
from foedus.node.feed import Fed
from foedus.node.home import Node
from foedus.node.recall_state import Standing

_DONE = {
    "deleted": "nothing of it from there is held any more",
    "superseded": "nothing of it from there is held any more but a later version",
}
_PARTY = click.argument("party", shell_complete=options.parties)


@click.group("exchange", cls=Group, short_help="Pull from peers, push to tools, write MISP feeds.")
def command() -> None:
    """Pull from peers, push to tools, write MISP feeds.

    Peers are the nodes that a programme in force enrols. Whatever leaves is what the last release shows the party.
    """


@command.command(
    "pull",
    ledger="What came, was accepted, refused and acknowledged, and the cosigned state of the peer's ledger; in the log of the "
    "pair, signed.",
    examples=["foedus --node jpn exchange pull", "foedus --node jpn exchange pull nato"],
)
@click.argument("peer", default="", metavar="[PEER]", shell_complete=options.parties)
@options.programme()
@prints
@on_node
def pull(node: Node, terminal: Terminal, peer: str, programme: str) -> int:
    """Pull what peers released to this party.

    First the peer's ledger, then its objects: what no entry vouches for goes to quarantine. What the peer calls back is
    deleted here, and each such object is named. A peer that fails does not stop the others; the command then ends with 6.
    """
    with progress(terminal) as tell:
        tell("pull", 0, None)
        found = exchange.pull(node, peer, programme, tell)
    if not found:
        raise _nobody(node, peer)
    if terminal.as_json:
        terminal.document(found)
    else:
        _pulled(terminal, found)
    return ExchangeError.exit_code if any(one.error for one in found) else 0


def _pulled(terminal: Terminal, found: list[Pulled]) -> None:
    numbers = [Column(name, right=True) for name in ("objects", "new", "refused", "entries", "acknowledged")]
    rows = [
        (one.peer, one.programme.rsplit(":", 1)[1], one.objects, one.new, one.refused, one.entries, one.acknowledged)
        for one in found
    ]
    terminal.table(["peer", "programme", *numbers], rows)
    for one in found:
        if one.error:
            terminal.line(f"{one.peer}: {one.error}", "bold red" if "FROZEN" in one.error else "red")
        if one.restored:
            said = f"{one.restored:,} of our own log's entries came back from {one.peer}: this node was restored"
            terminal.line(said, "bold yellow")
        for recall in one.recalls:
            terminal.line(_recalled(recall), "bold")
        if one.corroborated:
            terminal.indented(f"{count(one.corroborated, 'finding')} of {one.peer} match what this node holds")
        if one.refused:
            terminal.indented(f"{count(one.refused, 'part')} in quarantine: foedus quarantine list")


def _recalled(one: Standing) -> str:
    """Say what a peer called back, why, and what became of it here."""
    elsewhere = "; the same bytes from elsewhere stay" if one.code == "other-source" else ""
    onward = f"; called back from {', '.join(one.passed_on_to)} as well" if one.passed_on_to else ""
    return f"{one.party} called back {one.object_id} ({one.reason}): {_DONE.get(one.result, one.result)}{elsewhere}{onward}"


def _nobody(node: Node, peer: str) -> InputError:
    """Say that there is no such peer, and which there are."""
    parties = [one for held in node.agreements.in_force(node.clock.now()) for one in held.programme.parties]
    known = ", ".join(sorted({one.id for one in parties if one.nodes and one.id != node.party}))
    return InputError(
        f"no peer {peer!r}" if peer else "no peer to pull from",
        code="peer-unknown",
        hint=f"peers: {known}" if known else "foedus programme show says what is missing",
    )


@command.command(
    "push",
    examples=["foedus exchange push jpn https://taxii.example/api1/collections/UUID/ --programme nato-jpn-itpp-2023"],
)
@_PARTY
@click.argument("url")
@options.programme(required=True)
@click.option(
    "--authorization", metavar="ENV_VAR_NAME", default="", help="Variable that holds the Authorization header."
)
@prints
@on_node
def push(node: Node, terminal: Terminal, party: str, url: str, programme: str, authorization: str) -> int:
    """Push what a party is shown to a TAXII collection.

    For a party's tool that does not pull: the same bytes as its node gets. Ends with 6 if the server refused any.
    """
    done = exchange.push(node, party, programme, url, _secret(authorization))
    if terminal.as_json:
        terminal.document(done)
    else:
        terminal.line(f"{done.accepted:,} objects accepted, {done.refused:,} refused by {done.url}")
    return ExchangeError.exit_code if done.refused else 0


def _secret(name: str) -> str:
    """A secret on a command line is everybody's: it is named here and stands in the environment."""
    if not name:
        return ""
    value = os.environ.get(name)
    if value is None:
        raise InputError(
            "no such environment variable", code="variable-missing", where=name, hint=f"export {name}='Bearer …'"
        )
    return value


@command.command("feed", examples=["foedus exchange feed jpn /srv/misp/jpn --programme nato-jpn-itpp-2023"])
@_PARTY
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@options.programme(required=True)
@prints
@on_node
def feed_(node: Node, terminal: Terminal, party: str, directory: Path, programme: str) -> None:
    """Write what a party is shown as a MISP feed.

    One event a report or grouping, and one for the rest; events that did not change keep their bytes, events of what was
    withdrawn go. The directory holds nothing but the feed: let only that party read it.
    """
    _fed(terminal, feed.feed(node, party, programme, directory))


@command.command("misp", examples=["foedus exchange misp jpn event.json --programme nato-jpn-itpp-2023"])
@_PARTY
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options.programme(required=True)
@prints
@on_node
def misp(node: Node, terminal: Terminal, party: str, file: Path, programme: str) -> None:
    """Write all that a party is shown as one MISP event."""
    _fed(terminal, feed.event(node, party, programme, file))


def _fed(terminal: Terminal, done: Fed) -> None:
    if terminal.as_json:
        terminal.document(done)
        return
    terminal.line(
        f"{count(done.events, 'event')} of {count(done.objects, 'object')} released to {done.party}: {done.path}"
    )
