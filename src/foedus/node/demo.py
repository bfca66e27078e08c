"""The demonstration: NATO, Japan and Korea on loopback, two programmes, one turn of the line each way."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import IO, NamedTuple

import httpx
import msgspec

from foedus.errors import ExchangeError, FoedusError
from foedus.exchange.serving import serving
from foedus.node import account, line, people, programmes, show
from foedus.node.exchange import Pulled, pull
from foedus.node.home import Node
from foedus.node.ingest import Ingested, Origin
from foedus.node.init import init
from foedus.node.label import read_text
from foedus.node.pending import pending
from foedus.node.release import Run, release
from foedus.node.serve import app_of
from foedus.programme.document import read_valid
from foedus.programme.edit import put

Say = Callable[[str], None]


class Sample(NamedTuple):
    """A file that comes with the code: its name, the label a person gives it, the room it is for."""

    file: str
    label: str
    area: str = "cyber"

    def open(self) -> IO[bytes]:
        """Open it; rooms bring theirs along, what two parties exchange lies here."""
        package = __package__ if self.area == "cyber" else f"foedus.areas.{self.area}"
        return resources.files(package).joinpath("sample", self.file).open("rb")


START_AT = datetime(2026, 6, 1, tzinfo=UTC)
PARTIES = {"nato": "NATO", "jpn": "Japan", "kor": "Korea"}
PROGRAMMES = {"nato-japan-2023": ("nato", "jpn"), "nato-korea-2023": ("nato", "kor")}
SOURCES: dict[str, tuple[Sample, ...]] = {
    "nato": (
        Sample("nato-open.json", "PUBLIC TLP:CLEAR"),
        Sample("nato-misp.json", "PUBLIC TLP:CLEAR"),
        Sample("nato-restricted.json", "NATO RESTRICTED Releasable to Japan TLP:AMBER"),
        Sample("nato-orcon.json", "NATO RESTRICTED Releasable to Japan ORCON TLP:AMBER"),
        Sample("nato-confidential.json", "NATO CONFIDENTIAL TLP:AMBER+STRICT"),
        Sample("meeting.nmea", "NATO RESTRICTED Releasable to Japan TLP:AMBER", area="maritime"),
    ),
    "jpn": (
        Sample("jpn-restricted.json", "取扱注意 Releasable to NATO TLP:AMBER"),
        Sample("jpn-indicators.csv", "PUBLIC TLP:GREEN"),
        Sample("jpn-eyes-only.json", "取扱注意 JPN-EYES-ONLY TLP:AMBER+STRICT"),
        Sample("meeting.nmea", "PUBLIC TLP:CLEAR", area="maritime"),
    ),
    "kor": (Sample("kor-open.json", "PUBLIC TLP:CLEAR"),),
}
TWO_PERSONS = {"nato-japan-2023": "r-maritime"}
"""Programme → clause under which what is restricted leaves by the word of two persons."""
_WAIT_S = 30.0


def demo(directory: Path | None, once: bool, say: Say) -> int:
    """Make three nodes, run the line both ways, and keep serving until interrupted.

    Args:
        directory: where to make them; None: a temporary directory, gone at the end.
        once: end by itself after the scoreboard.
        say: told each line of what happens.

    Returns:
        0, or 1 where a ledger did not verify or nothing was exchanged.
    """
    with contextlib.ExitStack() as stack:
        base = directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="foedus-demo-")))
        base.mkdir(parents=True, exist_ok=True)
        _make(base, say)
        nodes = {party: stack.enter_context(Node.open(base / party)) for party in PARTIES}
        _programmes(base, nodes, say)
        pages = {} if once else {party: f"127.0.0.1:{_free_port()}" for party in PARTIES}
        for party in PARTIES:
            stack.enter_context(_server(base / party, pages.get(party, "")))
        _await(nodes)
        return _Show(nodes, say, pages).run(stack)


def _make(base: Path, say: Say) -> None:
    say("# Three nodes, each its own party's, on the programmes' clock from 1 June 2026")
    begun = time.monotonic()
    for party, name in PARTIES.items():
        held = [programme for programme, parties in PROGRAMMES.items() if party in parties]
        # One clock for all: what one signs must not lie in the future of another that was made later.
        now = START_AT + timedelta(seconds=time.monotonic() - begun)
        made = init(base / party, party, held, address=("127.0.0.1", _free_port()), clock_start_at=now)
        say(f"  {name:6} {made.endpoint}  {made.directory}")
    layer = base / "nato" / "layers" / "warninglist"
    layer.mkdir(parents=True)
    (layer / "public-dns.json").write_bytes(_sample("warninglist-public-dns.json"))


def _programmes(base: Path, nodes: dict[str, Node], say: Say) -> None:
    say("\n# Two programmes: cards enrolled, the next version signed and accepted by every party")
    for name, parties in PROGRAMMES.items():
        file = base / f"{name}.yaml"
        file.write_bytes(_asking(name))
        cards = [base / party / "card.json" for party in parties]
        file.write_bytes(programmes.enrol(str(file), cards, version="1.1.0", on=START_AT.date()))
        for party in parties:
            file.write_bytes(programmes.sign(nodes[party], str(file), role="demonstration"))
        for party in parties:
            held = programmes.accept(nodes[party], str(file))
        say(f"  {held.title}")
        state = "in force" if held.in_force else held.why_not
        say(f"    version {held.version}, signed by {', '.join(held.signed)}, {state}, digest {held.digest[:16]}…")


def _asking(name: str) -> bytes:
    """A shipped programme, with the clause that asks for two persons."""
    document = read_valid(programmes.bytes_of(name), name=name)
    for number, clause in enumerate(document.value["release"]["clauses"]):
        if clause["id"] == TWO_PERSONS.get(name):
            document = put(document, f"/release/clauses/{number}", "four_eyes", "restricted")
    return document.raw


@contextlib.contextmanager
def _server(directory: Path, web: str) -> Iterator[None]:
    program = "from foedus.cli.main import main; main()"
    command = [sys.executable, "-c", program, "--node", str(directory), "node", "serve", "--no-poll"]
    command += ["--web", web] if web else []
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=dict(os.environ))  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stderr is not None
        process.stderr.close()


def _await(nodes: dict[str, Node]) -> None:
    """Wait until every server takes connections; a handshake is enough."""
    for node in nodes.values():
        deadline = time.monotonic() + _WAIT_S
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        while True:
            try:
                httpx.get(f"{node.config.endpoint}/taxii2/", verify=context, timeout=5, trust_env=False)
                break
            except httpx.HTTPError as error:
                if time.monotonic() > deadline:
                    raise ExchangeError(f"{node.party}'s server did not start", where=node.config.endpoint) from error
                time.sleep(0.1)


class _Show:
    """The line, told step by step."""

    def __init__(self, nodes: dict[str, Node], say: Say, pages: dict[str, str]) -> None:
        self.nodes = nodes
        self.say = say
        self.pages = pages

    def run(self, stack: contextlib.ExitStack) -> int:
        """Run it; serve until interrupted where there are pages to serve."""
        self._ingest()
        runs = self._release()
        pulled = self._exchange()
        whole = self._ledgers()
        self._scoreboard()
        if self.pages:
            self._serve(stack)
        took = sum(one.objects for one in pulled)
        return 0 if whole and took and any(run.counts.release for run in runs) else 1

    def _ingest(self) -> None:
        self.say("\n# ingest, analyse, label")
        for party, node in self.nodes.items():
            sources = []
            for one in SOURCES[party]:
                label = read_text(node, one.label, node.clock.now())
                sources.append((one.area, one.open(), Origin(one.file, label, one.label)))
            through = line.run(node, sources, exchange=False, decide=False)
            for _, handle, _ in sources:
                handle.close()
            for ingested in through.ingested:
                self._tell_ingested(PARTIES[party], ingested)
            new = sum(one.new for one in through.analysed)
            unlabelled = sum(one.unlabelled for one in through.analysed)
            self.say(f"  {PARTIES[party]:6} holds {new} findings, {unlabelled} without a label")

    def _tell_ingested(self, name: str, one: Ingested) -> None:
        objects = "record " if one.records == 1 else "records"
        self.say(f"  {name:6} {one.uri:24} {one.records:3} {objects}   {one.label}")
        for part in one.refused:
            self.say(f"         refused, {part.where}: {part.message} ({part.hint}) [quarantine {part.number}]")

    def _release(self) -> list[Run]:
        self.say("\n# release: decided clause by clause, for each party")
        runs: list[Run] = []
        for party, node in self.nodes.items():
            for run in release(node):
                runs.append(run)
                counts = {name: n for name, n in msgspec.to_builtins(run.counts).items() if n}
                said = ", ".join(f"{_WORDS[name]} {number}" for name, number in counts.items())
                self.say(f"  {PARTIES[party]} to {PARTIES[run.party]}: {said}")
        self._explain()
        self._queue()
        return runs

    def _explain(self) -> None:
        """One explanation for each way a finding may go."""
        self.say("\n# why: one of each")
        node = self.nodes["nato"]
        told: set[str] = set()
        for row in show.rows(node, owner="nato", limit=200, every=True):
            for why in show.why(node, row.object_id, "jpn", "nato-jpn-itpp-2023", enter=False):
                outcome = "wait" if why.waits_for and not why.shown_since else why.outcome
                if outcome in told:
                    continue
                told.add(outcome)
                self.say(f"  {row.kind} “{row.title}”, {why.label}, to Japan: {outcome.upper()}")
                for sentence in why.sentences[:4]:
                    self.say(f"      {sentence}")
                for reference in why.waits_for[:1]:
                    self.say(f"      It waits for {reference}, which Japan does not see.")

    def _queue(self) -> None:
        """What nobody but people can let go."""
        self.say("\n# waiting for people (foedus release pending)")
        for one in pending(self.nodes["nato"]).items:
            titled = show.show(self.nodes["nato"], one.object_id)[0].title
            needed = "; ".join(f"{reason.code}, needs {reason.required}" for reason in one.missing)
            self.say(f"  {one.kind} “{titled}” to {PARTIES[one.party]}: {needed}")

    def _exchange(self) -> list[Pulled]:
        self.say(
            "\n# exchange: each pulls from its partners over mutual TLS, checks every object against the sender's ledger"
        )
        found: list[Pulled] = []
        for turn in ("first", "second"):
            for party, node in self.nodes.items():
                for one in pull(node):
                    found.append(one)
                    if one.error:
                        self.say(f"  {PARTIES[party]} from {PARTIES[one.peer]}: {one.error}")
                    elif turn == "first":
                        self.say(
                            f"  {PARTIES[party]} from {PARTIES[one.peer]}: {one.objects} objects received, "
                            f"{one.acknowledged} acknowledged, {one.refused} refused; "
                            f"values that both hold: {one.corroborated}"
                        )
        self._verified()
        self._korea()
        return found

    def _verified(self) -> None:
        """What came with parts torn off is checked against the root in its sender's ledger."""
        japan = self.nodes["jpn"]
        partial = [
            (row, one.partial)
            for row in show.rows(japan, owner="nato", limit=500, every=True)
            for one in show.show(japan, row.object_id)
            if one.partial
        ]
        good = [(row, one) for row, one in partial if not one.fault]
        self.say(f"  Japan got {len(partial)} of NATO's objects in part; {len(good)} verify against NATO's ledger")
        for row, one in good[:1]:
            self.say(f"    {row.kind} “{row.title}”: {one.shown} parts under root {one.root[:16]}…")

    def _korea(self) -> None:
        """What only Japan may see does not exist for Korea."""
        with_japan = {row.object_id for row in show.rows(self.nodes["jpn"], owner="nato", limit=500, every=True)}
        with_korea = {row.object_id for row in show.rows(self.nodes["kor"], owner="nato", limit=500, every=True)}
        self.say(
            f"  Japan holds {len(with_japan)} of NATO's findings, Korea {len(with_korea)}; "
            f"{len(with_japan - with_korea)} are for Japan alone and do not exist for Korea"
        )

    def _ledgers(self) -> bool:
        self.say("\n# account: every ledger recomputed from bodies to signed checkpoints, on both sides")
        whole = True
        for party, node in self.nodes.items():
            for report in account.verify(node):
                whole = whole and report.whole
                state = "whole" if report.whole else f"{len(report.faults)} faults"
                self.say(f"  {PARTIES[party]:6} {_log(report.log):40} {report.entries:3} entries  {state}")
        return whole

    def _scoreboard(self) -> None:
        self.say("\n# scoreboard, computed from the entries (NATO–Japan, as NATO's node sees it)")
        for board in account.score(self.nodes["nato"], "nato-jpn-itpp-2023"):
            for figure in board.indicators:
                if figure.entries:
                    reached, target = account.figure(figure.actual), account.figure(figure.target)
                    self.say(
                        f"  {figure.area:10} {figure.id:18} {reached:>10} of {target:>5}"
                        f"  {figure.status:6}  from {len(figure.entries)} entries"
                    )
            due = sum(1 for figure in board.indicators if not figure.entries)
            self.say(f"  {due} further indicators have no entry yet; none of them is counted as reached")

    def _serve(self, stack: contextlib.ExitStack) -> None:
        self.say("\n# serving; look at the nodes, or end with Ctrl-C")
        for party, node in self.nodes.items():
            base = stack.enter_context(serving(app_of(node, plain=True)))
            self.say(f"  {PARTIES[party]:6} status {base}/")
            self._people(party, node)
        try:
            while True:
                time.sleep(10)
                for node in self.nodes.values():
                    with contextlib.suppress(FoedusError):
                        pull(node)
        except KeyboardInterrupt:
            self.say("\nended")

    def _people(self, party: str, node: Node) -> None:
        """Somebody to sign in as, one to release and one to approve, with a password for this run alone."""
        password = node.entropy(8).hex()
        people.add(node, "anna", ("analyst", "releaser"), password)
        people.add(node, "chie", ("approver",), password)
        port = self.pages[party].rpartition(":")[2]
        self.say(
            f"         pages  http://localhost:{port}/  as anna (releaser) or chie (approver), password {password}"
        )


_WORDS = {
    "release": "released",
    "redact": "released in part",
    "hold": "held for a person",
    "withhold": "withheld",
    "dropped": "waiting for what they refer to",
    "withdrawn": "withdrawn",
    "unchanged": "unchanged",
}


def _log(name: str) -> str:
    parts = name.split("|")
    return f"{parts[1]} to {parts[2]} ({parts[0].rsplit(':', 1)[1]})" if len(parts) == 3 else "private log"


def _sample(name: str) -> bytes:
    return resources.files(__package__).joinpath("sample", name).read_bytes()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
