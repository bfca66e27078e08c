"""``foedus node``: make a node, serve it, see how it stands."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from foedus.cli.command import Group
from foedus.cli.options import handle, on_node, prints
from foedus.cli.terminal import Column, Terminal, count, day_and_time, lines_to_stderr, styled
from foedus.model import instant
from foedus.node import deny as denying
from foedus.node import init as making
from foedus.node import programmes, rotation
from foedus.node.home import Node
from foedus.node.serve import serve
from foedus.node.setup import Setup
from foedus.node.status import Status, halts
from foedus.node.status import status as status_of

_DATABASE = "PostgreSQL database to use, without a password, as postgresql:///foedus; else a file in the directory."


@click.group("node", cls=Group, short_help="Make a node, serve it, see how it stands.")
def command() -> None:
    """Make a node, serve it, see how it stands.

    A node is one party's directory: settings, keys, database, records. Nothing outside it is touched, but for a database that
    is kept in PostgreSQL.
    """


@command.command(
    "init",
    ledger="The node's private log is opened.",
    examples=["foedus node init nato --party nato --programme nato-japan-2023 --port 9101"],
)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--party", required=True, help="The party the node belongs to, as programmes name it.")
@click.option(
    "--programme", "names", multiple=True, required=True, help="Programme file, or one that ships. Repeatable."
)
@click.option("--name", default="main", show_default=True, help="The node's own name.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address that peers reach.")
@click.option("--port", default=8843, show_default=True, help="Port that peers reach.")
@click.option("--database", default="", metavar="ADDRESS", help=_DATABASE)
@click.option("--clock", metavar="INSTANT", help="For demonstrations on loopback: what the node's clock shows now.")
@prints
def init(
    terminal: Terminal, directory: Path, party: str, names: tuple[str, ...], clock: str | None, **place: Any
) -> None:
    """Make a node in a new directory.

    Keys, a certificate authority and a certificate are made, and the programmes are kept as proposals. Give card.json to
    whoever enrols the nodes; the programme is in force here once all parties signed it and it was accepted.
    """
    start: datetime | None = instant.parse(clock) if clock else None
    where = (str(place["host"]), int(place["port"]))
    rest = {"name": place["name"], "address": where, "database": place["database"]}
    made = making.init(directory, party, names, clock_start_at=start, **rest)
    if terminal.as_json:
        terminal.document(made)
        return
    terminal.heading(f"A node of {made.party} was made.")
    terminal.facts(
        [
            ("directory", made.directory),
            ("serves at", made.endpoint),
            ("programmes", ", ".join(made.programmes)),
            ("public card", made.card),
        ]
    )
    terminal.line(f"Next: foedus --node {made.directory} node status")


@command.command(
    "setup",
    ledger="The node's private log is opened; person.added, for the first administrator.",
    examples=["foedus node setup nato", "foedus node setup nato --web 127.0.0.1:8090"],
)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--web", default="127.0.0.1:8080", show_default=True, metavar="HOST:PORT", help="Where the form is, loopback only."
)
@click.option("--database", default="", metavar="ADDRESS", help=_DATABASE)
@prints
def setup(terminal: Terminal, directory: Path, web: str, database: str) -> None:
    """Make a node in a new directory with a browser.

    Prints an address that is good once: who opens it on this machine chooses programme and party, and is the node's first
    administrator. Ends when the node was made.
    """
    from foedus.web.first_run import application  # noqa: PLC0415 — templates are only for who wants pages

    waiting = Setup(directory, web, database)
    with lines_to_stderr() as console:
        console.print(
            f"Open http://localhost:{waiting.address[1]}/?token={waiting.token} (Ctrl-C ends it)", soft_wrap=True
        )
    made = waiting.wait(application(waiting))
    if terminal.as_json:
        terminal.document(made)
        return
    terminal.line(f"A node of {made.party} was made. Next: foedus --node {made.directory} node serve")


@command.command(
    "serve",
    ledger="What peers ask, send and acknowledge; what is pulled, and what live sources bring, meanwhile.",
    examples=[
        "foedus --node nato node serve --web 127.0.0.1:8080",
        "foedus --node nato node serve --plain 127.0.0.1:8081",
    ],
)
@click.option("--plain", metavar="HOST:PORT", default="", help="Serve own tools and the status page, loopback only.")
@click.option("--web", metavar="HOST:PORT", default="", help="Serve the pages of the node's people too, loopback only.")
@click.option(
    "--web-liaisons", metavar="HOST:PORT", default="", help="And those of partners' liaison officers, loopback only."
)
@click.option("--no-poll", is_flag=True, help="Do not pull from the peers meanwhile.")
@on_node
def serve_(node: Node, plain: str, web: str, web_liaisons: str, no_poll: bool) -> None:
    """Serve until interrupted.

    Peers are served TAXII 2.1 and ledger evidence over TLS with client certificates; the node pulls from them meanwhile.
    With --plain the party's own tools and the status page are served on loopback instead, without TLS. With --web, or the
    setting web, the node's people find their pages at that address of this machine; with --web-liaisons, partners' liaison
    officers find there what their own party was given. Live sources are read meanwhile: foedus source.
    """
    given = {name: value for name, value in (("web", web), ("web_liaisons", web_liaisons)) if value}
    node.config = msgspec.structs.replace(node.config, **given)
    pages = {}
    if node.config.web or node.config.web_liaisons:
        from foedus.web.app import application, for_liaisons  # noqa: PLC0415 — templates are only for who wants pages

        made = ((node.config.web, application), (node.config.web_liaisons, for_liaisons))
        pages = {address: of(node) for address, of in made if address}
    with lines_to_stderr() as console:
        base = f"http://{plain}" if plain else node.config.endpoint
        console.print(f"{node.party} serves {base} (Ctrl-C ends it)")
        for one in programmes.held(node):
            console.print(f"  {base}/{one.word}/  {'in force' if one.in_force else f'not in force: {one.why_not}'}")
        if node.config.web:
            console.print(f"  pages for {node.party}'s people: http://localhost:{node.config.web.rpartition(':')[2]}/")
        if node.config.web_liaisons:
            console.print(f"  pages for liaisons: http://localhost:{node.config.web_liaisons.rpartition(':')[2]}/")
    serve(node, plain=plain, poll=not no_poll, web=pages)


@command.command("card", examples=["foedus --node nato node card -o nato-card.json"])
@click.option("-o", "output", type=click.Path(path_type=Path), help="File to write; standard output where absent.")
@prints
@on_node
def card(node: Node, terminal: Terminal, output: Path | None) -> None:
    """Print the node's public card.

    It holds the public keys, the certificate authority and the endpoint: what a programme enrols. Nothing in it is secret.
    """
    text = programmes.card_json(node)
    if output is None:
        terminal.text(text)
        return
    output.write_text(text, encoding="utf-8")
    _say(terminal, {"file": str(output)}, f"The card of {node.party} is in {output}.")


@command.command("token", examples=["foedus --node nato node token opencti"])
@click.argument("name")
@prints
@on_node
def token(node: Node, terminal: Terminal, name: str) -> None:
    """Make a token for one of the party's own tools and print it once.

    Only its hash is kept. Use it as Bearer token, or as the password of HTTP Basic with the tool's name. The same name
    again replaces it.
    """
    secret = making.token(node, name)
    if terminal.as_json:
        terminal.document({"name": name, "token": secret})
        return
    with lines_to_stderr() as console:
        console.print(f"Token of {name!r}; it is shown this once:")
    terminal.text(f"{secret}\n")


@command.command("revoke", examples=["foedus --node nato node revoke opencti"])
@click.argument("name")
@prints
@on_node
def revoke(node: Node, terminal: Terminal, name: str) -> None:
    """Forget a tool's token: it is refused from now on."""
    making.revoke(node, name)
    _say(terminal, {"name": name, "revoked": True}, f"{name!r} is refused from now on.")


@command.command("renew", examples=["foedus --node nato node renew"])
@prints
@on_node
def renew(node: Node, terminal: Terminal) -> None:
    """Issue the node a new certificate by its own authority.

    Peers know the authority, so nothing changes for them. A serving node shows it from the next connection on.
    """
    node.renew()
    until = status_of(node).certificate_until
    _say(terminal, {"certificate_until": until}, f"The new certificate is good until {day_and_time(until)} UTC.")


@command.command(
    "rotate-keys",
    ledger="With --finish: key.changed for each signing key, in the private log and in the pairs', signed by the key that goes.",
    examples=[
        "foedus --node nato node rotate-keys --role log --role cosign",
        "foedus --node nato node rotate-keys --finish",
    ],
)
@click.option("--role", "roles", multiple=True, type=click.Choice(rotation.ROTATED), help="Which key. Repeatable.")
@click.option("--finish", is_flag=True, help="Use the next keys; the version in force must name them.")
@prints
@on_node
def rotate_keys(node: Node, terminal: Terminal, roles: tuple[str, ...], finish: bool) -> None:
    """Make new keys for the node, and use them once the programme names them.

    First the next keys are made beside those in use, and card-next.json is written: enrol it in the next version, let the old
    card hold for some days, and have the version signed and accepted. Then --finish puts the next keys in use and destroys
    the old ones.
    """
    if finish:
        changed = rotation.finish(node)
        _say(
            terminal,
            {"changed": changed},
            f"In use now: new keys for {', '.join(changed)}. The old ones are destroyed.",
        )
        return
    rotation.begin(node, roles)
    card = str(node.directory / rotation.CARD)
    _say(terminal, {"card": card, "made": list(roles)}, f"Next keys for {', '.join(roles)} are made; enrol {card}.")


@command.command(
    "deny",
    ledger="key.denied for each key, in the private log.",
    examples=["foedus --node nato node deny jpn/main --reason 'Their node was stolen.'"],
)
@click.argument("name", metavar="PARTY/NODE")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(tuple(denying.FIELDS)),
    help="Which key; all but sign where absent.",
)
@click.option("--reason", required=True, help="Why; it is entered.")
@prints
@on_node
def deny(node: Node, terminal: Terminal, name: str, roles: tuple[str, ...], reason: str) -> None:
    """Take the keys of a partner's node no more, from now on and for ever.

    It acts at once and on this node alone: connections, checkpoints and receipts with these keys are refused; what they signed
    before still verifies. The partner gives itself new keys in the next version, signed with its sign key.
    """
    found = denying.deny(node, name, roles, reason)
    _say(
        terminal, {"denied": msgspec.to_builtins(found)}, f"Refused from now on: {count(len(found), 'key')} of {name}."
    )


@command.command("status", examples=["foedus --node nato node status", "foedus --node nato node status --json"])
@prints
@on_node
def status(node: Node, terminal: Terminal) -> None:
    """Show how the node stands.

    Programmes and whether they are in force, what is held, what each party is shown, what waits (for people here, for the
    party to take it, for its answer to a recall), and how far the ledgers are signed.
    """
    found = status_of(node)
    if terminal.as_json:
        terminal.document(found)
        return
    terminal.heading(f"{found.party} · {found.name}")
    halted(terminal, node)
    terminal.facts(
        [
            ("directory", found.directory),
            ("serves at", found.endpoint),
            ("its clock", f"{day_and_time(found.at)} UTC"),
            ("certificate", f"until {day_and_time(found.certificate_until)} UTC"),
            ("tools", ", ".join(found.tools) or "none"),
            ("holds", ", ".join(f"{one.name}: {count(one.findings, 'finding')}" for one in found.rooms)),
            ("quarantine", f"{count(found.quarantine, 'part')} to look at" if found.quarantine else "empty"),
            ("live sources", found.sources_fault or ", ".join(f"{one.name}: {one.state}" for one in found.sources)),
            ("recalls", _recalls(found)),
        ]
    )
    _programmes(terminal, found)
    terminal.line()
    terminal.heading("Due next (all: foedus programme due)")
    for one in found.due:
        overdue = "  OVERDUE" if one.due.days < 0 else ""
        terminal.indented(f"{one.due.day}{overdue}  {one.due.text}  {one.programme}".rstrip(), "red" if overdue else "")
    _released(terminal, found)
    _waits(terminal, found)
    _logs(terminal, found)


def _recalls(found: Status) -> str:
    overdue = f", {found.recalls_overdue} of them overdue" if found.recalls_overdue else ""
    return f"{found.recalls_open} not confirmed{overdue}" if found.recalls_open else ""


def _programmes(terminal: Terminal, found: Status) -> None:
    terminal.line()
    terminal.heading("Programmes")
    rows = [
        (
            one.word,
            one.version,
            ", ".join(one.parties),
            styled("yes", "green") if one.in_force else f"no: {one.why_not}",
        )
        for one in found.programmes
    ]
    terminal.table([Column("programme", whole=True), "version", "parties", "in force"], rows)


def _released(terminal: Terminal, found: Status) -> None:
    terminal.line()
    terminal.heading("What others are shown")
    rows = [
        (one.party, one.programme.rsplit(":", 1)[1], one.area, one.objects) for one in found.released if one.objects
    ]
    if rows:
        terminal.table(["party", "programme", "area", Column("objects", right=True)], rows)
    else:
        terminal.indented("nothing yet")


def _waits(terminal: Terminal, found: Status) -> None:
    if found.waits:
        terminal.line()
        terminal.heading("What waits")
        numbers = [Column(name, right=True) for name in ("on hold", "without receipt", "recalls not confirmed")]
        rows = [
            (one.party, one.programme.rsplit(":", 1)[1], one.on_hold, one.without_receipt, one.recalls)
            for one in found.waits
        ]
        terminal.table(["with", "programme", *numbers], rows)


def _logs(terminal: Terminal, found: Status) -> None:
    terminal.line()
    terminal.heading("Ledgers")
    logs_table(terminal, found.logs)


def halted(terminal: Terminal, node: Node) -> None:
    """Say loudly for whom nothing is signed, and what to do."""
    for one in halts(node):
        terminal.line(f"{'FROZEN' if one.frozen else 'HALTED'} {one.why}", "bold red")


def logs_table(terminal: Terminal, logs: Any) -> None:
    """Print the state of logs."""
    rows = [
        (handle(one.name), "ours" if one.own else "theirs", one.entries, one.signed, one.signatures) for one in logs
    ]
    numbers = [Column(name, right=True) for name in ("entries", "signed", "signatures")]
    terminal.table([Column("log", whole=True), "whose", *numbers], rows)


def _say(terminal: Terminal, document: dict[str, Any], words: str) -> None:
    if terminal.as_json:
        terminal.document(msgspec.to_builtins(document))
    else:
        terminal.line(words)
