"""Write the reference pages that follow from the code: errors, settings, commands. `make docs` and a test run it.

python docs/make_reference.py           writes docs/reference/*.md
python docs/make_reference.py --check   exits 1 and names the pages that are out of date
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path

import click

import foedus
from foedus import errors
from foedus.cli.main import main as cli
from foedus.node import config
from foedus.web.app import DESCRIPTION
from foedus.web.openapi import description
from foedus.web.pages import PAGES as WEB

ROOT = Path(__file__).resolve().parents[1]


def errors_page() -> str:
    lines = [
        "# Errors",
        "",
        "Every error has a stable code, a place and, where there is something to do, a hint. The command line exits with the",
        "number of its class; HTTP answers with the status. To a partner a release error is always 404.",
        "",
        "```text",
        inspect.getdoc(errors).split("\n\n", 2)[1],
        "```",
        "",
        "## Codes",
        "",
        "| code | raised in |",
        "|---|---|",
    ]
    return (
        "\n".join(
            [*lines, *(f"| `{code}` | {', '.join(sorted(places))} |" for code, places in sorted(codes().items()))]
        )
        + "\n"
    )


def codes() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "src" / "foedus").rglob("*.py")):
        place = f"`{path.relative_to(ROOT / 'src' / 'foedus').parts[0]}`"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                if isinstance(node.value.value, str) and re.fullmatch(r"[a-zA-Z][a-zA-Z0-9-]+", node.value.value):
                    found.setdefault(node.value.value, set()).add(place)
    return found


def settings_page() -> str:
    described = re.findall(r"^    (\w+): (.+)$", inspect.getdoc(config.Config) or "", re.MULTILINE)
    lines = [
        "# Settings",
        "",
        "`node.toml` in the node's directory; `FOEDUS_<NAME>` in the environment wins. None of them can make a finding",
        "releasable: that is the programme's alone. `FOEDUS_NODE` names the node's directory for every command.",
        "",
        "| setting | what it is | default |",
        "|---|---|---|",
    ]
    defaults = dict(
        zip(reversed(config.Config.__struct_fields__), reversed(config.Config.__struct_defaults__), strict=False)
    )
    for name, text in described:
        default = defaults.get(name, "(required)")
        lines.append(f"| `{name}` | {text} | {'' if default is None else default} |")
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    lines = ["# Commands", "", "`foedus COMMAND --help` teaches each; every command that prints takes `--json`.", ""]

    def walk(command: click.Command, words: list[str]) -> None:
        context = click.Context(command, info_name=" ".join(words), terminal_width=80)
        lines.extend(
            [f"{'#' * min(len(words) + 1, 4)} `{' '.join(words)}`", "", "```text", command.get_help(context), "```", ""]
        )
        if isinstance(command, click.Group):
            for name in sorted(command.list_commands(context)):
                walk(command.get_command(context, name), [*words, name])

    walk(cli, ["foedus"])
    return "\n".join(lines)


def http_page() -> str:
    found = description((*WEB, DESCRIPTION), "the session's cookie", foedus.__version__)
    lines = [
        "# Addresses of the pages",
        "",
        "What `/openapi.json` of a node describes in full. Every page that gives `text/html` gives `.json` and `.csv` too.",
        "",
        "| address | does | takes | gives |",
        "|---|---|---|---|",
    ]
    for path, item in found["paths"].items():
        for method, one in item.items():
            if path.removesuffix(".csv") in found["paths"] and path.endswith(".csv"):
                continue
            if path.removesuffix(".json") in found["paths"] and path.endswith(".json"):
                continue
            names = [given["name"] for given in one["parameters"] if given["in"] == "query"]
            for body in one.get("requestBody", {}).get("content", {}).values():
                names += body["schema"]["properties"]
            gives = one["responses"]["200"].get("content", {"303": ""})
            takes = ", ".join(f"`{name}`" for name in names)
            lines.append(f"| `{method.upper()} {path}` | {one['summary']} | {takes} | `{next(iter(gives))}` |")
    return "\n".join(lines) + "\n"


PAGES = {"errors": errors_page, "settings": settings_page, "cli": cli_page, "http": http_page}


def run(check: bool) -> int:
    stale = []
    for name, make in PAGES.items():
        path = ROOT / "docs" / "reference" / f"{name}.md"
        text = make()
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(str(path.relative_to(ROOT)))
        elif not check:
            path.write_text(text, encoding="utf-8")
    if stale:
        print("out of date, run python docs/make_reference.py:", ", ".join(stale))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(run("--check" in sys.argv))
