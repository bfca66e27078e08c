"""``foedus release pending|approve|deny|cancel|hold``: what waits for people, and what they decide about it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from foedus.cli import options
from foedus.cli.command import Command
from foedus.cli.options import on_node, prints
from foedus.cli.person import by_person
from foedus.cli.terminal import Terminal, count, day_and_time
from foedus.errors import InputError, MalformedRecord, ReleaseError
from foedus.model.people import Person
from foedus.node import approve as acts
from foedus.node.approve import Told, Wish
from foedus.node.difference import difference
from foedus.node.home import Node
from foedus.node.pending import MOST, Detail, Waiting, detail
from foedus.node.pending import pending as queue_page

_Run = TypeVar("_Run", bound=Callable[..., Any])

_TO = click.option("--to", "party", required=True, help="For which party.", shell_complete=options.parties)
_HASH = click.option("--hash", "hash_", default="", help="Only if what would go is exactly this; see pending.")
_REASON = click.option("--reason", default="", help="Why; it is entered in the private log.")
_OBJECTS = click.argument("object_ids", metavar="OBJECT...", nargs=-1, required=True)


@click.command(
    "pending",
    cls=Command,
    examples=[
        "foedus --node nato release pending --to jpn",
        "foedus --node nato release pending indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75 --to jpn --out outgoing.json",
    ],
)
@click.argument("object_id", metavar="[OBJECT]", default="")
@click.option("--to", "party", default="", help="Only for this party.", shell_complete=options.parties)
@options.programme()
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write what would go of OBJECT to this file, byte for byte."
)
@click.option(
    "--set", "set_file", type=click.Path(path_type=Path), help="Write what one approver can let go, for approve --set."
)
@_HASH
@click.option("--limit", type=click.IntRange(1), default=MOST, show_default=True, help="How many to list.")
@click.option("--after", default="", help="Go on where a list ended.")
@prints
@on_node
def pending(node: Node, terminal: Terminal, object_id: str, party: str, programme: str, **page: Any) -> None:
    """List what is on hold: what is missing, who can give it, what would go.

    With OBJECT and --to it shows exactly what would be sent: every object before and after redaction, label, purpose,
    duties, the hash that an approval binds, and which other parties have it.
    """
    if object_id:
        if not party:
            raise InputError("for which party", code="usage", where=object_id, hint="--to PARTY")
        _one(terminal, detail(node, object_id, party, programme, page["hash_"]), page["out"])
        return
    found = queue_page(node, party, programme, limit=page["limit"], after=page["after"])
    if page["set_file"] is not None:
        page["set_file"].write_bytes(msgspec.json.format(msgspec.json.encode(_wishes(found.items)), indent=1))
    if terminal.as_json:
        terminal.document(found)
        return
    for waiting in found.items:
        _waiting(terminal, waiting)
    terminal.line(f"{count(len(found.items), 'finding')} on hold." if found.items else "Nothing is on hold.")
    if found.next:
        terminal.indented(f"more: foedus release pending --after '{found.next}'", "dim")


def _wishes(items: Sequence[Waiting]) -> list[Wish]:
    """Return what one approver can let go now."""
    ready = [one for one in items if one.persons == 1 and one.goes and one.state in ("waiting", "requested")]
    return [Wish(one.object_id, one.party, one.programme, one.hash) for one in ready]


def _waiting(terminal: Terminal, one: Waiting) -> None:
    terminal.heading(one.object_id)
    terminal.facts(_facts(one))
    terminal.line()


def _facts(one: Waiting) -> list[tuple[str, object]]:
    missing = [f"{r.code}, needs {r.required}" + (f" ({r.clause})" if r.clause else "") for r in one.missing]
    who = [f"{role}: {', '.join(names) or 'nobody of this node'}" for role, names in one.who.items()]
    decided = one.state in ("counting", "due")
    return [
        ("to", f"{one.party}, {one.programme.rsplit(':', 1)[1]}, area {one.area}"),
        ("version", one.version),
        ("label", one.label),
        ("on hold since", f"{day_and_time(one.since)} UTC"),
        ("missing", "" if decided else "; ".join(missing)),
        (
            "who can give it",
            "" if decided else "; ".join(who) if one.persons else "no approval can: the originator's grant",
        ),
        ("state", _state(one)),
        ("void", one.void and f"what was approved changed: {one.void}"),
        ("waits", "" if one.goes else "it refers to what the party does not see"),
        ("hash", one.hash),
    ]


def _state(one: Waiting) -> str:
    """Say how far it is, as ``approve`` and its kin say it."""
    until = f"{day_and_time(one.until)} UTC" if one.until else ""
    return {
        "requested": f"requested by {one.by}, until {until}",
        "counting": f"approved by {one.by}; it goes at {until}, unless somebody cancels it",
        "due": f"approved by {one.by}; it goes with the next release",
        "denied": f"denied or held back by {one.by}",
    }.get(one.state, one.state)


def _one(terminal: Terminal, found: Detail, out: Path | None) -> None:
    if out is not None:
        for number, sent in enumerate(found.objects):
            place = out if number == 0 else out.with_name(f"{out.name}.{number}")
            place.write_bytes(sent.sent.encode())
    if terminal.as_json:
        terminal.document(found)
        return
    _waiting(terminal, found.waiting)
    for sentence in found.waiting.sentences:
        terminal.indented(sentence)
    terminal.line()
    terminal.facts([("purpose", found.purpose), ("profiles", ", ".join(found.profiles))])
    terminal.facts([("others have it", ", ".join(f"{party} since {day_and_time(at)}" for party, at in found.others))])
    for sent in found.objects:
        terminal.line()
        terminal.heading(f"{sent.object_id} ({sent.label}) {'goes redacted' if sent.changed else 'goes as it is'}")
        for line in difference(sent.stored, sent.sent):
            terminal.indented(line, "red" if line.startswith("-") else "green" if line.startswith("+") else "")


def _deciding(run: _Run) -> _Run:
    """Add what every decision of a person takes; give the command the wishes as ``wishes``."""

    @_OBJECTS
    @_TO
    @options.programme()
    @_HASH
    @functools.wraps(run)
    def with_wishes(*args: Any, object_ids: Sequence[str], party: str, programme: str, hash_: str, **given: Any) -> Any:
        return run(*args, wishes=_named(object_ids, party, programme, hash_), **given)

    return with_wishes  # type: ignore[return-value]


def _named(object_ids: Sequence[str], party: str, programme: str, hash_: str) -> list[Wish]:
    if hash_ and len(object_ids) != 1:
        raise InputError("a hash stands for one object", code="usage", hint="name one OBJECT, or a set: --set FILE")
    return [Wish(one, party, programme, hash_) for one in object_ids]


@click.command(
    "approve",
    cls=Command,
    ledger="approval.requested or approval.given, with person, role and hash, in the private log; approval.voided where what "
    "was approved changed; at the end of the countdown release.sent in the log of the pair.",
    examples=[
        "foedus --node nato release approve indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75 --to jpn --as chie",
        "foedus --node nato release approve --all --to jpn --as chie",
        "foedus --node nato release approve --set reviewed.json --as chie",
    ],
)
@click.argument("object_ids", metavar="[OBJECT]...", nargs=-1)
@click.option("--to", "party", default="", help="For which party.", shell_complete=options.parties)
@options.programme()
@_HASH
@click.option(
    "--all", "everything", is_flag=True, help="All that one approver can let go; lists it with hashes and asks."
)
@click.option("--set", "set_file", type=click.Path(path_type=Path), help="Exactly what pending --set wrote.")
@_REASON
@prints
@on_node
@by_person
def approve(node: Node, terminal: Terminal, person: Person, object_ids: Sequence[str], reason: str, **what: Any) -> int:
    """Approve what is on hold; it goes once the countdown is over.

    What a clause puts under four eyes takes two: a releaser's approve requests it, another person's as approver lets it go.
    An approval holds for the exact bytes, label, recipient, purpose and rules it was given for; any change voids it.
    """
    named = bool(object_ids) + what["everything"] + (what["set_file"] is not None)
    if named != 1 or not (what["party"] or what["set_file"]):
        raise InputError(
            "what, and for whom", code="usage", hint="OBJECT... --to PARTY, --all --to PARTY, or --set FILE"
        )
    if object_ids:
        wishes = _named(object_ids, what["party"], what["programme"], what["hash_"])
        return _tell(terminal, acts.each(lambda one: acts.approve(node, person, one, reason), wishes))
    if what["set_file"] is not None:
        return _tell(terminal, acts.approve_set(node, person, _read_set(what["set_file"]), reason))
    wishes = _everything(node, what["party"], what["programme"])
    for wish in wishes:
        click.echo(f"{wish.object_id} {wish.party} {wish.hash}", err=True)
    click.confirm(f"Approve exactly these {len(wishes)}?", abort=True, err=True)
    return _tell(terminal, acts.approve_set(node, person, wishes, reason))


def _everything(node: Node, party: str, programme: str) -> list[Wish]:
    page = queue_page(node, party, programme)
    found = _wishes(page.items)
    while page.next:
        page = queue_page(node, party, programme, after=page.next)
        found += _wishes(page.items)
    return found


def _read_set(path: Path) -> list[Wish]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Wish])
    except msgspec.DecodeError as error:
        raise MalformedRecord(
            f"not a set: {error}",
            code="set-malformed",
            where=str(path),
            hint="foedus release pending --set FILE writes one",
        ) from error


@click.command(
    "deny",
    cls=Command,
    ledger="approval.denied, with person and reason, in the private log.",
    examples=[
        "foedus --node nato release deny indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75 --to jpn --as chie --reason secret"
    ],
)
@_deciding
@_REASON
@prints
@on_node
@by_person
def deny(node: Node, terminal: Terminal, person: Person, wishes: list[Wish], reason: str) -> int:
    """Deny what is on hold: it stays until an approver decides otherwise."""
    return _tell(terminal, acts.each(lambda one: acts.deny(node, person, one, reason), wishes))


@click.command(
    "cancel",
    cls=Command,
    ledger="approval.cancelled, with person and what was taken back, in the private log.",
    examples=["foedus --node nato release cancel indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75 --to jpn --as chie"],
)
@_deciding
@prints
@on_node
@by_person
def cancel(node: Node, terminal: Terminal, person: Person, wishes: list[Wish]) -> int:
    """Take back what stands: an approval during its countdown, a request, a denial or a hold.

    What has gone is not taken back here: recall it.
    """
    return _tell(terminal, acts.each(lambda one: acts.cancel(node, person, one), wishes))


@click.command(
    "hold",
    cls=Command,
    ledger="decision.held, with person and reason, in the private log.",
    examples=[
        "foedus --node nato release hold indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75 --to jpn --as anna --reason 'ask first'"
    ],
)
@_deciding
@_REASON
@prints
@on_node
@by_person
def hold(node: Node, terminal: Terminal, person: Person, wishes: list[Wish], reason: str) -> int:
    """Hold back what would go.

    Every version of it stays until somebody takes the hold back, or an approver approves a version.
    """
    return _tell(terminal, acts.each(lambda one: acts.hold(node, person, one, reason), wishes))


def _goes(one: Told) -> list[tuple[str, object]]:
    """Say when what is approved goes, and how to stop it."""
    if not one.until:
        return []
    stop = f"foedus release cancel {one.object_id} --to {one.party}"
    return [("goes at", f"{day_and_time(one.until)} UTC"), ("until then", stop)]


def _tell(terminal: Terminal, told: Sequence[Told]) -> int:
    """Say what came of each wish; return 4 where one was refused."""
    if terminal.as_json:
        terminal.document(told)
    else:
        for one in told:
            terminal.line(f"{one.object_id} to {one.party}: {one.done}", "red" if one.code else "")
            terminal.facts(_goes(one))
            terminal.facts([("hash", one.hash), ("why", one.message), ("what to do", one.hint), ("code", one.code)])
    return ReleaseError.exit_code if any(one.code for one in told) else 0
