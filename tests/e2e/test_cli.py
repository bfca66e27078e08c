"""The program as people use it: a process of its own, a terminal, a pipe, another node on the other side."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.node_pair import AMBER, OPEN, Nodes, bundle, free_port, indicator, make_nodes, stix_id

pytestmark = pytest.mark.e2e

FOEDUS = [sys.executable, "-c", "from foedus.cli.main import main; main(prog_name='foedus')"]
WORD = "nato-jpn-itpp-2023"


def environment(**more: str) -> dict[str, str]:
    """What a person's shell has, without settings of this one."""
    held = {name: value for name, value in os.environ.items() if not name.startswith("FOEDUS_")}
    return {**held, "COLUMNS": "100", **more}


def foedus(*args: object, node: Path | None = None, code: int = 0, **extra) -> str:
    """Run the program and return what it printed."""
    before = ["--node", str(node)] if node else []
    command = [*FOEDUS, *before, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60, check=False, **extra)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def on_terminal(*args: object, **env: str) -> str:
    """Run the program on a terminal of its own and return what came to the screen."""
    leader, follower = pty.openpty()
    command = [*FOEDUS, *map(str, args)]
    with subprocess.Popen(
        command, stdout=follower, stderr=follower, stdin=follower, env=environment(TERM="xterm", **env)
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                chunk = os.read(leader, 65_536)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
        process.wait(60)
    os.close(leader)
    return shown.decode()


@contextmanager
def serving(node: Path, *args: str):
    """Serve a node for as long as the block runs; a Ctrl-C ends it with 130."""
    command = [*FOEDUS, "--node", str(node), "node", "serve", "--no-poll", *args]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        try:
            yield first
        finally:
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=20)
        assert process.returncode == 130, rest
        assert "Traceback" not in rest


def eventually(ask):
    """Ask until a server that is starting answers."""
    end = time.monotonic() + 20
    while True:
        try:
            return ask()
        except (httpx.TransportError, AssertionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Nodes:
    """Two nodes of one programme in force that hold nothing."""
    return make_nodes(tmp_path_factory.mktemp("nodes"))


def test_from_a_file_on_one_node_to_a_receipt_from_the_other(two, tmp_path):
    nato, jpn = two.path("nato"), two.path("jpn")
    (tmp_path / "in.json").write_bytes(bundle(*(indicator(number, name="For Japan") for number in range(1, 21))))
    foedus("ingest", "cyber", tmp_path / "in.json", "--label", AMBER, node=nato)
    foedus("ingest", "cyber", "-", node=nato, input=bundle(indicator(99)).decode())
    [run] = json.loads(foedus("release", "--json", node=nato))
    assert (run["counts"]["release"], run["counts"]["withhold"]) == (20, 1)
    with serving(nato) as said:
        assert said.startswith("nato serves https://127.0.0.1:")
        [pulled] = eventually(lambda: _pulled(jpn))
    assert (pulled["objects"], pulled["new"], pulled["refused"], pulled["acknowledged"]) == (20, 20, 0, 20)
    assert "For Japan" in foedus("show", "--list", node=jpn)
    assert AMBER in foedus("label", "show", stix_id("indicator", 1), node=jpn)
    assert foedus("ledger", "verify", node=jpn).count("whole") == 3
    with serving(jpn):
        eventually(lambda: _pulled(nato))
    for node in (nato, jpn):
        assert "cyber-released" in foedus("score", node=node)
    boards = {foedus("score", "--json", "--on", "2026-06-01", node=node) for node in (nato, jpn)}
    acks = {
        next(one["actual"] for one in json.loads(board)["indicators"] if one["id"] == "cyber-ack") for board in boards
    }
    assert acks == {100}


def _pulled(node: Path):
    found = json.loads(subprocess.run([*FOEDUS, "--node", str(node), "exchange", "pull", "--json"], capture_output=True,
                                      env=environment(), check=False, timeout=60).stdout)  # fmt: skip
    assert not found[0]["error"], found
    return found


def test_own_tools_reach_a_plain_node_with_the_token_that_was_printed(two):
    port = free_port()
    token = foedus("node", "token", "viewer", node=two.path("jpn")).strip()
    with serving(two.path("jpn"), "--plain", f"127.0.0.1:{port}"):
        headers = {"authorization": f"Bearer {token}", "accept": "application/taxii+json;version=2.1"}
        url = f"http://127.0.0.1:{port}"
        answer = eventually(lambda: httpx.get(f"{url}/taxii2/", headers=headers, trust_env=False))
        assert answer.status_code == 200
        assert "<h1>jpn" in httpx.get(f"{url}/", trust_env=False).text


def test_what_a_party_is_shown_is_pushed_to_its_tool_with_a_secret_from_the_environment(two, tmp_path):
    nato, jpn = two.path("nato"), two.path("jpn")
    (tmp_path / "in.json").write_bytes(bundle(indicator(50)))
    foedus("ingest", "cyber", tmp_path / "in.json", "--label", OPEN, node=nato)
    foedus("release", node=nato)
    token = foedus("node", "token", "pusher", node=jpn).strip()
    url = f"http://127.0.0.1:{free_port()}"
    headers = {"authorization": f"Bearer {token}", "accept": "application/taxii+json;version=2.1"}
    with serving(jpn, "--plain", url.removeprefix("http://")):
        found = eventually(lambda: httpx.get(f"{url}/desk/collections/", headers=headers, trust_env=False)).json()
        [desk] = [one["id"] for one in found["collections"] if one["alias"] == "cyber"]
        push = [
            *FOEDUS,
            "--node",
            str(nato),
            "exchange",
            "push",
            "jpn",
            f"{url}/desk/collections/{desk}/",
            "--programme",
            WORD,
        ]
        secret = environment(JPN_TOOL=headers["authorization"])
        done = subprocess.run(
            [*push, "--authorization", "JPN_TOOL", "--json"], capture_output=True, env=secret, check=True
        )
        refused = subprocess.run(push, capture_output=True, env=secret, check=False)
    assert json.loads(done.stdout)["refused"] == 0
    assert json.loads(done.stdout)["accepted"] >= 1
    assert stix_id("indicator", 50) in foedus("show", "--list", node=jpn)
    assert refused.returncode == 6


def test_a_port_that_is_taken_is_an_exchange_error(two):
    port = free_port()
    with serving(two.path("jpn"), "--plain", f"127.0.0.1:{port}"):
        eventually(lambda: httpx.get(f"http://127.0.0.1:{port}/", trust_env=False))
        foedus("node", "serve", "--plain", f"127.0.0.1:{port}", "--no-poll", node=two.path("jpn"), code=6)


def test_a_terminal_gets_colour_and_progress_and_a_pipe_gets_neither(two, tmp_path):
    (tmp_path / "in.json").write_bytes(bundle(*(indicator(number) for number in range(100, 1_200))))
    nato = str(two.path("nato"))
    shown = on_terminal("--node", nato, "ingest", "cyber", tmp_path / "in.json", "--label", OPEN)
    assert "reading" in shown
    assert re.search(r"of \d+\.\d kB", shown)
    assert "\x1b[" in shown
    assert "1,100 records" in shown
    assert "\x1b[" not in on_terminal(
        "--node", nato, "ingest", "cyber", tmp_path / "in.json", "--label", OPEN, "--json"
    )
    assert "\x1b" not in foedus("ingest", "cyber", tmp_path / "in.json", "--label", OPEN, node=nato)


def test_a_reader_that_has_seen_enough_is_no_error(two):
    command = " ".join(f"'{part}'" for part in [*FOEDUS]).replace("prog_name='foedus'", "")
    line = f'set -o pipefail; {command} programme schema | head -1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment(), check=False)
    assert done.stdout.splitlines()[0] == "{"
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_the_shells_ask_and_get_completions(two):
    env = environment(_FOEDUS_COMPLETE="bash_complete", COMP_WORDS="foedus release --to ", COMP_CWORD="3",
                      FOEDUS_NODE=str(two.path("nato")))  # fmt: skip
    done = subprocess.run(FOEDUS, capture_output=True, text=True, env=env, check=True)
    assert done.stdout.split() == ["plain,jpn"]
    for shell in ("bash", "zsh", "fish"):
        env = environment(_FOEDUS_COMPLETE=f"{shell}_source")
        assert "_FOEDUS_COMPLETE" in subprocess.run(FOEDUS, capture_output=True, text=True, env=env, check=False).stdout


def test_the_demonstration_runs_through(tmp_path):
    shown = foedus("demo", "--once", "--directory", tmp_path / "demo")
    assert "Japan" in shown
    nodes = [path.parent for path in (tmp_path / "demo").glob("*/node.toml")]
    assert {one.name for one in nodes} == {"nato", "jpn", "kor"}
    assert all(foedus("ledger", "verify", node=one) for one in nodes)
