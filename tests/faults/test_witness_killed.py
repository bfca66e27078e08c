"""A witness killed in the middle of submissions: what it answered it remembers, and it never goes back."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import httpx
import pytest
from tests.node_pair import OPEN, bundle, indicator, make_nodes

from foedus.account import merkle
from foedus.exchange.witness import Submission, body_of, origin_hash

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
THEIRS = f"urn:foedus:programme:{WORD}|jpn|nato"
SERVE = (
    "import sys; from pathlib import Path; from foedus.node.home import Node; from foedus.node.serve import serve\n"
    "with Node.open(Path(sys.argv[1])) as node: serve(node, poll=False)"
)
RUNS = 3


def ask(client: httpx.Client, method: str, path: str, content: bytes | None = None) -> httpx.Response | None:
    with suppress(httpx.TransportError):
        return client.request(method, f"/peer/{WORD}/{path}", content=content)
    return None


def test_what_a_killed_witness_answered_it_remembers(tmp_path):
    nodes = make_nodes(tmp_path / "nodes")
    for number in range(12):
        nodes.send("jpn", bundle(indicator(number)), OPEN)
    with nodes.open("jpn") as node, node.store.read() as read:
        kept = read.logs.checkpoints(THEIRS, 0)
        origin = origin_hash(kept[0].origin)
        proofs = {
            (old.size, new.size): merkle.consistency(old.size, new.size, lambda wanted: read.logs.nodes(THEIRS, wanted))
            for old in kept for new in kept if old.size <= new.size
        }  # fmt: skip
    draw, answered, last = random.Random("witness"), 0, 0
    for _ in range(RUNS):
        process = subprocess.Popen([sys.executable, "-c", SERVE, str(nodes.path("nato"))], stderr=subprocess.DEVNULL)
        with nodes.client("jpn", "nato") as client:
            end = time.monotonic() + 30
            while time.monotonic() < end and (held := ask(client, "GET", f"{origin}/checkpoint")) is None:
                time.sleep(0.02)
            assert held is not None
            last = int(held.text.split("\n")[1]) if held.status_code == 200 else 0
            assert last >= answered, "an answer was given for more"
            death = threading.Timer(draw.uniform(0.0, 0.1), os.kill, (process.pid, signal.SIGKILL))
            death.start()
            for one in [one for one in kept if one.size > last]:
                proof = proofs[last, one.size] if last else []
                reply = ask(client, "POST", "add-checkpoint", body_of(Submission(last, proof, one.note)))
                if reply is None:
                    break
                assert reply.status_code == 200
                answered = last = one.size
        death.join()
        process.wait(20)
    assert last >= answered
