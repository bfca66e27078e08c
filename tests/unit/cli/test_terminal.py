"""What is printed can be read, copied and piped; what others wrote cannot drive the terminal."""

from __future__ import annotations

import io
import json

import msgspec
import pytest
from rich.console import Console
from tests.node_pair import OPEN, bundle, indicator, stix_id
from tests.unit.cli.conftest import done, run, told

from foedus.cli import progress as bars
from foedus.cli.options import handle
from foedus.cli.progress import progress
from foedus.cli.terminal import Column, Terminal, plain

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"


class Report(msgspec.Struct):
    """A report whose fields stand in no alphabetical order."""

    second: int
    first: str


def test_a_document_keeps_the_order_of_its_fields_and_utf8(capsys):
    Terminal(as_json=True).document(Report(1, "秘"))
    assert capsys.readouterr().out == '{\n  "second": 1,\n  "first": "秘"\n}\n'


def test_controls_are_escaped_in_a_document_and_read_back_the_same(capsys):
    Terminal(as_json=True).document({"name": EVIL})
    out = capsys.readouterr().out
    assert not set(out) & set(EVIL) - set("]0;owned[2J31m")
    assert json.loads(out) == {"name": EVIL}


@pytest.mark.parametrize("how", ["line", "heading", "indented"])
def test_controls_show_themselves_in_words(how, capsys):
    getattr(Terminal(), how)(EVIL)
    out = capsys.readouterr().out
    assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert "\\x1b" in out


def test_a_hostile_name_cannot_act_through_any_view_of_it(fresh):
    fresh.nodes.put("nato", bundle(indicator(66, name=f"x{EVIL}", description=EVIL)), OPEN)
    for args in (["show", "--list"], ["show", stix_id("indicator", 66)], ["show", stix_id("indicator", 66), "--json"]):
        out = done(*args, node=fresh.nato)
        assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e"}


def test_markup_of_others_is_text(capsys):
    Terminal().table(["a"], [["[bold]x[/bold] :smile:"]])
    assert "[bold]x[/bold] :smile:" in capsys.readouterr().out


def test_ids_in_whole_columns_are_never_broken(capsys):
    wide = "indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75"
    Terminal().table([Column("id", whole=True), "text"], [[wide, "word " * 40]])
    assert wide in capsys.readouterr().out


def test_numbers_stand_right_and_no_line_ends_in_blanks(capsys):
    Terminal().table(["what", Column("n", right=True)], [["a", 5], ["b", 12_345]])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].endswith("     5")
    assert lines[-1].endswith("12,345")
    assert all(line == line.rstrip() and len(line) <= 100 for line in lines)


def test_there_is_no_colour_where_there_is_no_terminal(two):
    assert "\x1b" not in run("release", "--explain", node=two.nato).output


def test_no_view_is_wider_than_a_hundred_columns(two):
    for args in (["node", "status"], ["score"], ["ledger", "show"], ["ledger", "show", "nato/jpn"], ["label", "sources"],
                 ["show", "--list"], ["programme", "list"], ["programme", "show", "nato-jpn-itpp-2023"]):  # fmt: skip
        assert max(len(line) for line in done(*args, node=two.nato).splitlines()) <= 100, args


def test_progress_is_silent_without_a_terminal_and_with_json(monkeypatch, capsys):
    with progress(Terminal()) as tell:
        tell("ingest", 1, 2)
    monkeypatch.setattr(bars, "Console", lambda stderr: Console(file=io.StringIO(), force_terminal=True))
    with progress(Terminal(as_json=True)) as tell:
        tell("ingest", 1, 2)
    assert capsys.readouterr() == ("", "")


def test_progress_counts_bytes_with_a_total_and_objects_without(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(bars, "Console", lambda stderr: Console(file=shown, force_terminal=True, width=100))
    with progress(Terminal()) as tell:
        tell("ingest", 500_000, 2_000_000)
        tell("analyse", 1_500, None)
    text = shown.getvalue()
    assert "reading" in text
    assert "500.0 kB of 2.0 MB" in text
    assert "analysing" in text
    assert "1,500" in text


def test_a_log_has_a_name_that_needs_no_quotes():
    assert handle("master") == "master"
    assert handle("urn:foedus:programme:nato-jpn|nato|jpn") == "nato-jpn/nato/jpn"


def test_plain_leaves_text_alone():
    assert plain("NATO–Japan 秘\n") == "NATO–Japan 秘\n"


def test_the_same_numbers_stand_in_words_and_in_json(two):
    logs = told("ledger", "show", node=two.nato)
    words = done("ledger", "show", node=two.nato)
    for log in logs:
        [line] = [line for line in words.splitlines() if line.startswith(f"{handle(log['name'])} ")]
        assert line.split()[-3:] == [str(log[name]) for name in ("entries", "signed", "signatures")]
