"""Help teaches: every command has a summary, says what is entered in the ledger, and shows an example."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import click
import pytest
from click.shell_completion import ShellComplete
from tests.unit.cli.conftest import WORD, run

from foedus.cli.main import VERBS, main


def commands(group: click.Group, path: tuple[str, ...] = ()):
    """Yield every command of a group with its path."""
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        found = group.get_command(ctx, name)
        assert found is not None
        if isinstance(found, click.Group):
            if found.invoke_without_command:
                yield (*path, name), found
            yield from commands(found, (*path, name))
        else:
            yield (*path, name), found


ALL = list(commands(main))
IDS = [" ".join(path) for path, _ in ALL]

EXPECTED = """node init|node setup|node serve|node card|node token|node revoke|node renew|node rotate-keys|node deny|node status|
programme check|programme show|programme due|programme digest|programme schema|programme diff|programme impact|
programme calendar|programme iati|programme attest|programme publish|programme list|programme enrol|programme amend|programme sign|programme accept|
source add|source list|source remove|ingest|analyse|label show|label sources|label source|release|release pending|release approve|release deny|release cancel|release hold|
recall make|recall lift|recall list|recall show|grant give|grant withdraw|grant ask|grant list|break-glass ask|
break-glass agree|break-glass list|break-glass review|exchange pull|exchange push|exchange feed|exchange misp|
ask|ledger show|ledger verify|ledger prove|ledger replay|ledger reconcile|ledger thaw|ledger dispute|
ledger equivocation|score|why|show|export|quarantine list|quarantine show|quarantine retry|quarantine discard|
vault list|vault open|vault replay|people add|people list|people roles|people password|people disable|people enable|people sessions|
people sign-in|people sign-out|people passkeys|people remove-passkey|demo|
watch list|watch show|watch acknowledge|watch assign|watch dismiss|watch undo|watch methods|watch open|watch note|watch close|watch shift|watch notify"""


def test_the_commands_are_the_fixed_ones_and_docs_tools_can_walk_them():
    assert isinstance(main, click.Group)
    assert set(IDS) == set(EXPECTED.replace("\n", "").split("|"))


@pytest.mark.parametrize("path", [path for path, _ in ALL], ids=IDS)
def test_every_help_has_a_summary_an_example_and_the_ledgers_part(path):
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"foedus {' '.join(path)}" in " ".join(
        result.stdout.split("Example")[1].replace("--node nato ", "").replace("--node jpn ", "").split()
    )
    assert "Ledger:" in result.stdout


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_every_example_is_a_command_line_that_can_be_parsed(path, command):
    for example in command.examples:
        words = shlex.split(example.rpartition("| ")[2].partition(" >")[0])
        assert words[0] == "foedus"
        rest = words[3:] if words[1] == "--node" else words[1:]
        assert tuple(rest[: len(path)]) == path
        made = command.make_context(path[-1], rest[len(path) :], resilient_parsing=True)
        assert made.args == []


@pytest.mark.parametrize("command", [command for _, command in ALL], ids=IDS)
def test_every_option_and_the_summary_say_what_they_are(command):
    assert all(param.help for param in command.params if isinstance(param, click.Option))
    assert 10 < len(command.get_short_help_str(100)) < 90


def test_every_command_that_prints_takes_json():
    without = {" ".join(path) for path, command in ALL if not any("--json" in param.opts for param in command.params)}
    assert without == {"node serve", "demo"}


def test_the_overview_says_of_each_verb_what_the_verb_says():
    for name, (_, summary) in VERBS.items():
        found = main.get_command(click.Context(main), name)
        assert found is not None
        assert found.name == name
        assert found.get_short_help_str(100) == summary


def test_the_overview_shows_how_to_complete_and_what_exit_codes_mean():
    shown = run("--help").stdout
    assert "_FOEDUS_COMPLETE=zsh_source" in shown
    assert "70 a fault of foedus" in shown
    assert all(name in shown for name in VERBS)


def test_version_is_the_packages():
    from foedus import __version__

    assert __version__ in run("--version").stdout


def test_help_imports_no_verb_and_no_node():
    code = (
        "import sys; from foedus.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('foedus.node')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True)
    assert done.stderr.strip() == "[]"


def completed(*words: str, node=None) -> list[str]:
    """What the shell offers for the last word."""
    before = ["--node", str(node)] if node else []
    found = ShellComplete(main, {}, "foedus", "_FOEDUS_COMPLETE").get_completions([*before, *words[:-1]], words[-1])
    return [item.value for item in found]


def test_verbs_are_completed():
    assert completed("le") == ["ledger"]
    assert completed("ledger", "") == [
        *("show", "verify", "prove", "replay", "reconcile", "thaw", "dispute", "equivocation")
    ]
    assert "--version" in completed("--")


def test_parties_areas_programmes_and_logs_are_completed_from_the_node(fresh):
    assert completed("release", "--to", "", node=fresh.nato) == ["jpn"]
    assert completed("ingest", "cy", node=fresh.nato) == ["cyber"]
    assert completed("score", "--programme", "n", node=fresh.nato) == [WORD]
    assert f"{WORD}/nato/jpn" in completed("ledger", "show", "", node=fresh.nato)


def test_completion_without_a_node_offers_nothing_and_does_not_fail(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert completed("release", "--to", "") == []
