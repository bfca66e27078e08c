"""The frame of every command: help that teaches, errors in words, exit codes that mean something."""

from __future__ import annotations

import functools
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from foedus.cli.terminal import report
from foedus.errors import FoedusError, InputError

_Run = TypeVar("_Run", bound=Callable[..., Any])

INTERRUPTED, UNEXPECTED = 130, 70

NODE = "foedus.node"
"""Under which key a command line remembers the directory it named."""

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def remember(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    """Keep the directory named; the word after the verb goes before the word in front of it."""
    if value is not None:
        ctx.meta[NODE] = value


class Command(click.Command):
    """A command whose help says what is entered in the ledger, and shows how it is used.

    Args:
        examples: command lines as one would type them.
        ledger: what it enters in which log; empty: nothing.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), ledger: str = "", **attributes: Any) -> None:
        attributes["context_settings"] = {**_SETTINGS, **attributes.get("context_settings", {})}
        super().__init__(*args, **attributes)
        self.examples = tuple(examples)
        self.ledger = ledger

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the ledger's part and the examples."""
        _teach(formatter, self.ledger, self.examples)
        super().format_epilog(ctx, formatter)


class Group(click.Group):
    """A group of commands."""

    command_class = Command

    def __init__(self, *args: Any, **attributes: Any) -> None:
        attributes["context_settings"] = {**_SETTINGS, **attributes.get("context_settings", {})}
        super().__init__(*args, **attributes)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order people use them, which is that of the file."""
        del ctx
        return list(self.commands)


class Verb(Group):
    """A group whose own name does something too, when no command of it is named; see ``unless_command``.

    Args:
        examples: command lines as one would type them.
        ledger: what it enters in which log; empty: nothing.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), ledger: str = "", **attributes: Any) -> None:
        super().__init__(*args, invoke_without_command=True, **attributes)
        self.examples = tuple(examples)
        self.ledger = ledger

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the ledger's part and the examples."""
        _teach(formatter, self.ledger, self.examples)
        super().format_epilog(ctx, formatter)


def unless_command(run: _Run) -> _Run:
    """Let a verb do nothing of its own where one of its commands was named; goes above all that opens something."""

    @functools.wraps(run)
    def alone(*args: Any, **given: Any) -> Any:
        return run(*args, **given) if click.get_current_context().invoked_subcommand is None else None

    return alone  # type: ignore[return-value]


def _teach(formatter: click.HelpFormatter, ledger: str, examples: Sequence[str]) -> None:
    with formatter.section("Ledger"):
        formatter.write_text(ledger or "Nothing is entered.")
    with formatter.section("Example" if len(examples) == 1 else "Examples"):
        for line in examples:
            formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Main(Group):
    """The program: verbs are imported when they are used, errors become words and exit codes.

    Args:
        verbs: name to module and one-line summary, so that ``--help`` imports none of them.
    """

    def __init__(self, *args: Any, verbs: Mapping[str, tuple[str, str]], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the line."""
        del ctx
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb."""
        if cmd_name not in self.verbs:
            return super().get_command(ctx, cmd_name)
        found: click.Command = getattr(importlib.import_module(self.verbs[cmd_name][0]), "command")  # noqa: B009 — a module's attribute by contract
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs with their summaries, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.verbs.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete verbs without importing them."""
        found = [CompletionItem(name, help=verb[1]) for name, verb in self.verbs.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run a command line; errors end it with their own exit code.

        A command returns None, or the exit code that says what it found.
        """
        given = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        try:
            code = super().main(given, *rest, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read us has seen enough; what is still in the buffer must not complain at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except (click.Abort, KeyboardInterrupt):
            sys.exit(INTERRUPTED)
        except Exception as error:  # noqa: BLE001 — the outermost frame: nothing may end in a trace
            sys.exit(_told(error, as_json="--json" in given))
        sys.exit(code if isinstance(code, int) else 0)


def _told(error: Exception, *, as_json: bool) -> int:
    """Report an error and return the exit code that stands for it."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    if os.environ.get("FOEDUS_DEBUG"):
        traceback.print_exception(error)
    said = _words(error)
    report(said or _unexpected(error), as_json=as_json)
    return said.exit_code if said else UNEXPECTED


def _words(error: Exception) -> FoedusError | None:
    if isinstance(error, FoedusError):
        return error
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "foedus"
        return InputError(error.format_message(), code="usage", hint=f"{path} --help")
    if isinstance(error, click.ClickException):
        return InputError(error.format_message(), code="usage")
    if isinstance(error, OSError):
        return InputError(error.strerror or type(error).__name__, code="file", where=str(error.filename or ""))
    return None


def _unexpected(error: Exception) -> FoedusError:
    return FoedusError(
        f"unexpected {type(error).__name__}; this is a fault of foedus, not of your input",
        code="unexpected",
        hint="set FOEDUS_DEBUG=1 and run it again for the trace",
    )
