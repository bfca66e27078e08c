"""Whatever happens, a command ends with words, a code that means something, and never a trace."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner
from tests.unit.cli.conftest import run

from foedus import errors
from foedus.cli.command import Main
from foedus.programme.remark import Remark

CODES = [
    (errors.FoedusError, 1),
    (errors.InputError, 2),
    (errors.MalformedRecord, 2),
    (errors.UnsupportedFormat, 2),
    (errors.LimitExceeded, 2),
    (errors.ProgrammeError, 3),
    (errors.InvalidProgramme, 3),
    (errors.ExpiredProgramme, 3),
    (errors.UnknownParty, 3),
    (errors.ReleaseError, 4),
    (errors.NotReleasable, 4),
    (errors.LabelUnknown, 4),
    (errors.TrustError, 5),
    (errors.BadSignature, 5),
    (errors.BrokenChain, 5),
    (errors.ForkedLedger, 5),
    (errors.ExchangeError, 6),
    (errors.StoreError, 7),
]


def failing(error: BaseException | int, *args: str, env: dict | None = None):
    """Run a program whose only verb raises an error, or returns a code."""

    @click.command(cls=Main, verbs={})
    def program() -> None:
        """Do."""

    @program.command("do")
    @click.option("--json", is_flag=True)
    def do(json: bool) -> int:
        if isinstance(error, int):
            return error
        raise error

    return CliRunner(env={"FOEDUS_DEBUG": None, **(env or {})}).invoke(program, ["do", *args])


@pytest.mark.parametrize(("kind", "code"), CODES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_error_ends_with_its_own_code_and_says_where_and_what_to_do(kind, code):
    result = failing(kind("it is broken", code="x-broken", where="file.json:3", hint="mend it"))
    assert (result.exit_code, result.stdout) == (code, "")
    lines = result.stderr.splitlines()
    assert lines[0] == "error: it is broken"
    assert lines[-1] == "  code: x-broken"
    assert "  what to do: mend it" in lines
    if kind is not errors.InvalidProgramme:
        assert "  where: file.json:3" in lines


def test_every_error_class_is_covered_here():
    def below(kind):
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    assert below(errors.FoedusError) == {kind for kind, _ in CODES}


def test_an_error_is_one_json_document_where_json_was_asked_for():
    result = failing(errors.LabelUnknown("no label", where="source:1", hint="give one"), "--json")
    assert result.exit_code == 4
    said = {"code": "label-unknown", "message": "no label", "where": "source:1", "hint": "give one"}
    assert json.loads(result.stderr) == {"error": said}


def test_an_invalid_programme_lists_every_finding_as_editors_read_it():
    remarks = tuple(Remark(f"P10{n}", "it is wrong", "/areas", "mend it", "error", "p.yaml", n, 2) for n in (1, 2))
    lines = failing(errors.InvalidProgramme("two things", remarks)).stderr.splitlines()
    assert lines[1:3] == [f"p.yaml:{n}:2: P10{n}: it is wrong at /areas (mend it)" for n in (1, 2)]
    told = json.loads(failing(errors.InvalidProgramme("two things", remarks), "--json").stderr)
    assert told["error"]["findings"] == lines[1:3]


def test_an_unexpected_error_is_one_line_without_what_it_held_and_no_trace():
    result = failing(KeyError("content of a finding"))
    assert result.exit_code == 70
    assert "KeyError" in result.stderr
    assert "FOEDUS_DEBUG=1" in result.stderr
    assert "content of a finding" not in result.stderr
    assert "Traceback" not in result.stderr


def test_the_trace_is_shown_where_somebody_asks_for_it():
    result = failing(KeyError("x"), env={"FOEDUS_DEBUG": "1"})
    assert (result.exit_code, "Traceback" in result.stderr) == (70, True)


def test_an_interruption_ends_quietly_with_130():
    result = failing(KeyboardInterrupt())
    assert (result.exit_code, result.output.strip()) == (130, "")


def test_a_file_that_cannot_be_written_is_an_input_error_and_names_the_file():
    result = failing(PermissionError(13, "Permission denied", "/root/x"))
    assert result.exit_code == 2
    assert "where: /root/x" in result.stderr


def test_what_a_command_returns_is_the_exit_code():
    assert failing(5).exit_code == 5
    assert failing(0).exit_code == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nonsense"], "No such command"),
        (["ledger", "nonsense"], "No such command"),
        (["score", "--on", "20260601"], "write YYYY-MM-DD"),
        (["ingest", "cyber"], "SOURCE"),
        (["why", "x"], "--to"),
        (["ledger", "prove", "master", "-1"], "No such option"),
        (["show", "--limit", "0", "--list"], "0"),
    ],
)
def test_a_wrong_command_line_says_so_in_the_same_form(args, words):
    result = run(*args)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert words in result.stderr
    assert "--help" in result.stderr
    assert "code: usage" in result.stderr


def test_a_wrong_command_line_is_json_too_where_asked_for():
    assert json.loads(run("why", "x", "--json").stderr)["error"]["code"] == "usage"


def test_without_a_node_it_says_how_to_name_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("node", "status")
    assert result.exit_code == 2
    assert "FOEDUS_NODE" in result.stderr
    assert "foedus node init" in result.stderr


def test_a_directory_that_holds_no_node_is_named(tmp_path):
    result = run("node", "status", node=tmp_path / "nowhere")
    assert result.exit_code == 2
    assert str(tmp_path / "nowhere") in result.stderr
