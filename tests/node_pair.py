"""Whole nodes for tests: made, enrolled, signed, accepted; served by processes of their own over mutual TLS."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

import httpx
from cryptography import x509
from tests import postgres

from foedus.exchange import tls
from foedus.exchange.serving import serving
from foedus.model import ijson
from foedus.node import account, programmes
from foedus.node.analyse import Analysed, analyse
from foedus.node.exchange import Pulled, pull
from foedus.node.home import Node
from foedus.node.ingest import Ingested, Origin, ingest
from foedus.node.init import init, token
from foedus.node.label import read_text
from foedus.node.release import Run, release
from foedus.node.serve import app_of, context_of
from foedus.node.show import Why, why
from foedus.store import freezes

START = datetime(2026, 6, 1, tzinfo=UTC)
JAPAN = {"nato-japan-2023": ("nato", "jpn")}
JAPAN_AND_KOREA = {**JAPAN, "nato-korea-2023": ("nato", "kor")}
OPEN = "PUBLIC TLP:CLEAR"
AMBER = "NATO RESTRICTED Releasable to Japan TLP:AMBER"
TAXII = "application/taxii+json;version=2.1"
_SERVE = (
    "import sys; from pathlib import Path; from foedus.node.home import Node; from foedus.node.serve import serve\n"
    "with Node.open(Path(sys.argv[1])) as node: serve(node, poll=False)"
)


_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = itertools.cycle(range(20_000 + _WORKER % 10 * 1_000, 21_000 + _WORKER % 10 * 1_000))


def free_port() -> int:
    """Return a port nobody listens on: below those that outgoing connections take, and of this worker alone."""
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError


class Nodes:
    """Nodes in one directory, a folder a party."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, party: str) -> Path:
        """Return a node's directory."""
        return self.directory / party

    def open(self, party: str) -> Node:
        """Open a node; close it after."""
        return Node.open(self.path(party))

    def copy(self, to: Path) -> Nodes:
        """Return the same nodes in another directory, each made to believe that it alone signs."""
        found = self.copied(to)
        for settings in to.glob("*/node.toml"):
            with found.open(settings.parent.name) as node:
                adopt(node)
        return found

    def copied(self, to: Path) -> Nodes:
        """Return a copy of all files, as somebody makes one who does not know better."""
        shutil.copytree(self.directory, to)
        for settings in to.glob("*/node.toml"):
            postgres.copy_of(settings)
        return Nodes(to)

    # One verb each, in a process that opens the node for it, as on the command line.

    def ingest(self, party: str, source: bytes | BinaryIO, label: str, *, name: str = "a source") -> Ingested:
        """Ingest cyber bytes under a label; an empty one is none."""
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        with self.open(party) as node:
            given = read_text(node, label, node.clock.now()) if label else None
            return ingest(node, "cyber", stream, Origin(name, given, label))

    def analyse(self, party: str) -> Analysed:
        """Analyse what waits."""
        with self.open(party) as node:
            return analyse(node, "cyber")

    def put(self, party: str, source: bytes | BinaryIO, label: str = OPEN) -> Ingested:
        """Ingest and analyse."""
        done = self.ingest(party, source, label)
        self.analyse(party)
        return done

    def release(self, party: str) -> list[Run]:
        """Release to everybody."""
        with self.open(party) as node:
            return release(node)

    def pull(self, party: str) -> list[Pulled]:
        """Pull from everybody."""
        with self.open(party) as node:
            return pull(node)

    def send(self, party: str, source: bytes | BinaryIO, label: str = OPEN) -> list[Run]:
        """Ingest, analyse and release."""
        self.put(party, source, label)
        return self.release(party)

    def why(self, party: str, object_id: str, to: str, programme: str = "") -> Why:
        """Explain, without an entry."""
        with self.open(party) as node:
            return why(node, object_id, to, programme, enter=False)[0]

    def faults(self, party: str) -> list[account.Report]:
        """Return the reports of logs that are not whole."""
        with self.open(party) as node:
            return [report for report in account.verify(node) if not report.whole]

    # Over the network.

    @contextlib.contextmanager
    def serving(self, *parties: str) -> Iterator[None]:
        """Serve nodes, each in its own process; fails when one of them reports a mistake of its own."""
        with contextlib.ExitStack() as stack:
            started = [stack.enter_context(self._process(party)) for party in parties]
            for process, port in started:
                _await(process, port)
            yield

    @contextlib.contextmanager
    def _process(self, party: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
        with self.open(party) as node:
            port = node.config.port
        errors = self.directory / f"{party}.errors"
        with errors.open("wb") as sink:
            process = subprocess.Popen([sys.executable, "-c", _SERVE, str(self.path(party))], stderr=sink)
            try:
                yield process, port
            finally:
                process.terminate()
                process.wait(20)
        said = errors.read_text()
        assert "Traceback" not in said, said

    @contextlib.contextmanager
    def serving_here(self, *parties: str) -> Iterator[None]:
        """Serve nodes in threads of this process: as real, and quicker to start."""
        with contextlib.ExitStack() as stack:
            for party in parties:
                node = stack.enter_context(self.open(party))
                config = node.config
                stack.enter_context(serving(app_of(node, plain=False), config.host, config.port, context_of(node)))
            yield

    def url(self, party: str) -> str:
        """Return a node's endpoint."""
        with self.open(party) as node:
            return node.config.endpoint

    def ca(self, party: str) -> Path:
        """Return the file of a party's CA."""
        return self.path(party) / "keys" / "ca.pem"

    def certificate(self, party: str) -> tuple[Path, Path]:
        """Return the files of a node's certificate and key."""
        return self.path(party) / "keys" / "tls.pem", self.path(party) / "keys" / "tls.key"

    def client(self, party: str, to: str) -> httpx.Client:
        """Return a plain HTTP client with a party's certificate, for another party's node."""
        return self.client_with(to, *self.certificate(party))

    def client_with(self, to: str, *own: Path) -> httpx.Client:
        """Return a client with any certificate, or none."""
        ca = x509.load_pem_x509_certificate(self.ca(to).read_bytes())
        context = tls.client_context(ca, *own)
        headers = {"accept": TAXII}
        return httpx.Client(base_url=self.url(to), verify=context, headers=headers, trust_env=False, timeout=30)

    def desk(self, party: str, tool: str = "tool") -> httpx.Client:
        """Return a client of a party's own tool, with its token."""
        with self.open(party) as node:
            secret = token(node, tool)
        client = self.client_with(party)
        client.headers["authorization"] = f"Bearer {secret}"
        return client


def adopt(node: Node) -> None:
    """Make a copy of a node believe that it alone signs."""
    with node.store.write() as tx:
        for info in tx.logs.logs():
            if info.own and info.recipient:
                freezes.put_place(tx, info.name, node.lease.place())


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert process.poll() is None, "the node's server ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError("the node's server did not start")


def make_nodes(
    directory: Path,
    agreed: Mapping[str, Sequence[str]] | None = None,
    *,
    unsigned: Sequence[str] = (),
    start_at: datetime | None = START,
) -> Nodes:
    """Make the nodes of some shipped programmes, enrolled with all of them.

    Args:
        directory: an empty one.
        agreed: parties by shipped programme; NATO and Japan under theirs where None.
        unsigned: parties that accept but do not sign.
        start_at: what all clocks show at first; None: they show the machine's time.
    """
    held = JAPAN if agreed is None else agreed
    nodes = Nodes(directory)
    for party in dict.fromkeys(one for parties in held.values() for one in parties):
        names = [name for name, parties in held.items() if party in parties]
        path, address = nodes.path(party), ("127.0.0.1", free_port())
        init(path, party, names, address=address, clock_start_at=start_at, database=postgres.chosen(path))
    for name, parties in held.items():
        agree(nodes, name, parties, unsigned)
    return nodes


def agree(nodes: Nodes, name: str, parties: Sequence[str], unsigned: Sequence[str] = ()) -> Path:
    """Enrol the parties' cards in a programme, have it signed and accepted; return the file."""
    path = nodes.directory / f"{name}.yaml"
    cards = [nodes.path(party) / "card.json" for party in parties]
    path.write_bytes(programmes.enrol(name, cards, version="1.1.0", on=date(2026, 6, 1)))
    for party in parties:
        if party not in unsigned:
            with nodes.open(party) as node:
                path.write_bytes(programmes.sign(node, str(path), role="test"))
    for party in parties:
        with nodes.open(party) as node:
            programmes.accept(node, str(path))
    return path


# What a client sees.


def collection(client: httpx.Client, root: str, alias: str) -> str:
    """Return the path of a collection by its alias."""
    found = client.get(f"/{root}/collections/").raise_for_status().json()["collections"]
    [one] = [one for one in found if one["alias"] == alias]
    return f"/{root}/collections/{one['id']}/"


def read_all(client: httpx.Client, path: str, **params: str) -> list[bytes]:
    """Return every object of a collection, byte for byte, page by page."""
    asked = {"match[version]": "all", "match[spec_version]": "2.0,2.1", "limit": "1000", **params}
    found: list[bytes] = []
    while True:
        answer = client.get(f"{path}objects/", params=asked).raise_for_status()
        found += objects_of(answer.content)
        envelope = answer.json()
        if not envelope.get("more"):
            return found
        asked["next"] = envelope["next"]


def objects_of(raw: bytes) -> list[bytes]:
    """Return the bytes of the objects in a bundle or envelope."""
    if b'"objects"' not in raw:
        return []
    found: list[bytes] = []
    for piece in ijson.split([raw]):
        assert isinstance(piece, ijson.Piece), piece
        found.append(piece.raw)
    return found


# What goes in.


def bundle(*objects: bytes) -> bytes:
    """Return a STIX bundle of objects as they are."""
    return (
        b'{"type":"bundle","id":"bundle--6d1f5c2e-2d10-4f3a-8c1e-3f6b8c2a9d10","objects":[' + b",".join(objects) + b"]}"
    )


def stix_id(type_: str, number: int) -> str:
    """Return a made-up id."""
    return f"{type_}--00000000-0000-4000-8000-{number:012x}"


def stix(type_: str, number: int, **more: object) -> bytes:
    """Return a STIX object of a type, numbered."""
    held = {
        "type": type_,
        "spec_version": "2.1",
        "id": stix_id(type_, number),
        "created": "2026-05-03T06:00:00.000Z",
        "modified": "2026-05-03T06:00:00.000Z",
        **more,
    }
    return json.dumps(held, ensure_ascii=False).encode()


def indicator(number: int, **more: object) -> bytes:
    """Return an indicator of a host of its own."""
    given = {"pattern": f"[domain-name:value = 'host{number}.example']", "pattern_type": "stix"}
    return stix("indicator", number, **{**given, "valid_from": "2026-05-03T06:00:00Z", **more})
