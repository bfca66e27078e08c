"""What many commands take: the node's directory, ``--json``, and what the shell completes."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from foedus.cli.command import NODE, remember
from foedus.cli.terminal import Terminal
from foedus.errors import FoedusError, InputError
from foedus.node import account
from foedus.node.home import Node

_SETTINGS = "node.toml"

_Run = TypeVar("_Run", bound=Callable[..., Any])


def directory_of(ctx: click.Context) -> Path:
    """Return the node's directory: the one named, else the current one.

    Raises:
        InputError: none was named and there is no node here.
    """
    named = ctx.meta.get(NODE)
    if named is not None:
        return Path(named)
    if (Path.cwd() / _SETTINGS).is_file():
        return Path.cwd()
    raise InputError(
        "no node was named, and there is none in this directory",
        code="node-missing",
        where=str(Path.cwd()),
        hint="foedus --node DIR …, or set FOEDUS_NODE, or make one: foedus node init DIR",
    )


def prints(run: _Run) -> _Run:
    """Add ``--json`` and give the command its terminal as ``terminal``."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of words.")
    @functools.wraps(run)
    def with_terminal(*args: Any, as_json: bool, **given: Any) -> Any:
        return run(*args, terminal=Terminal(as_json=as_json), **given)

    return with_terminal  # type: ignore[return-value]


def on_node(run: _Run) -> _Run:
    """Open the node, give it to the command as ``node``, and close it after."""

    @click.option(
        "--node", type=click.Path(path_type=Path), expose_value=False, callback=remember, help="The node's directory."
    )
    @functools.wraps(run)
    def with_node(*args: Any, **given: Any) -> Any:
        with Node.open(directory_of(click.get_current_context())) as node:
            return run(*args, node=node, **given)

    return with_node  # type: ignore[return-value]


def programme(*, required: bool = False) -> Callable[[_Run], _Run]:
    """Add ``--programme``."""
    words = "Id or word of the programme" + ("." if required else "; all in force where none is named.")
    without: Any = {} if required else {"default": ""}
    return click.option("--programme", required=required, help=words, shell_complete=programmes, **without)


class Day(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.3 only
    """A calendar day, ``YYYY-MM-DD``."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day."""
        if isinstance(value, date):
            return value
        found = _day(str(value))
        return found if found is not None else self.fail(f"{value!r} is not a day; write YYYY-MM-DD", param, ctx)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # fromisoformat takes 20260601 and 2026-W23-1 as well, and nobody means those.
    return found if found.isoformat() == text else None


def handle(name: str) -> str:
    """Return the short name of a log, which needs no quotes in a shell.

    >>> handle("urn:foedus:programme:nato-jpn|nato|jpn")
    'nato-jpn/nato/jpn'
    """
    programme_id, _, pair = name.partition("|")
    return f"{programme_id.rsplit(':', 1)[-1]}/{pair.replace('|', '/')}" if pair else name


def log_of(node: Node, word: str) -> str:
    """Return the name of a log by its name, its short name, or ``sender/recipient`` where that is clear.

    Raises:
        InputError: there is no such log, or there are several.
    """
    names = [one.name for one in account.logs(node)]
    found = [name for name in names if word in (name, handle(name))]
    found = found or [name for name in names if "/" in word and handle(name).endswith(f"/{word}")]
    if len(found) == 1:
        return found[0]
    known = ", ".join(handle(name) for name in names)
    raise InputError(
        f"{'several logs' if found else 'no log'} {word!r}", code="log-unknown", hint=f"there are: {known}"
    )


def _completing(words: Callable[[Node], list[str]]) -> Callable[..., list[CompletionItem]]:
    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            with Node.open(directory_of(ctx)) as node:
                return [CompletionItem(word) for word in words(node) if word.startswith(incomplete)]
        except FoedusError:
            return []

    return complete


def _programme_words(node: Node) -> list[str]:
    return [one.word for one in node.agreements.all(node.clock.now())]


def _party_words(node: Node) -> list[str]:
    held = node.agreements.all(node.clock.now())
    return sorted({party.id for one in held for party in one.programme.parties if party.id != node.party})


def _area_words(node: Node) -> list[str]:
    held = node.agreements.all(node.clock.now())
    served = {
        area.id for one in held for area in one.programme.areas if set(area.rooms or (area.id,)) & set(node.rooms)
    }
    return sorted(served | set(node.rooms))


def _log_words(node: Node) -> list[str]:
    return [handle(one.name) for one in account.logs(node)]


programmes = _completing(_programme_words)
parties = _completing(_party_words)
areas = _completing(_area_words)
logs = _completing(_log_words)


def settings_in(file: str) -> dict[str, Any]:
    """Return the settings of a file.

    Raises:
        InputError: it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError("the file of settings cannot be read", code="file-missing", where=file) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"the file of settings is no TOML: {error}", code="settings-malformed", where=file, hint='start = "..."'
        ) from error
