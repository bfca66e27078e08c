"""OpenTAXII 0.9.3 on SQLite as a peer to measure against, in a virtual environment of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx

REQUIREMENTS = ["opentaxii==0.9.3", "sqlalchemy<2", "marshmallow<4", "flask<3", "werkzeug<3", "gunicorn", "setuptools"]
CONFIG = """
domain: "127.0.0.1:{port}"
support_basic_auth: yes
return_server_error_details: no
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {{db_connection: "sqlite:///{data}/auth.db", create_tables: yes, secret: bench, token_ttl_secs: 3600}}
taxii1:
taxii2:
  contact: bench@example.org
  description: bench
  title: bench
  public_discovery: true
  allow_custom_properties: true
  max_content_length: 104857600
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "sqlite:///{data}/data.db", create_tables: yes}}
logging: {{opentaxii: error, root: error}}
"""


def environment(base: Path) -> Path:
    """Return the bin directory of the peer's virtual environment, made once per base directory."""
    venv = base / "opentaxii"
    if not (venv / "bin" / "gunicorn").exists():
        subprocess.run(["python3", "-m", "venv", venv], check=True)
        subprocess.run(
            [venv / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *REQUIREMENTS],
            check=True,
            stderr=subprocess.DEVNULL,
        )
    return venv / "bin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def opentaxii(base: Path) -> Iterator[tuple[str, int]]:
    """Run one worker; yield the URL of a collection that anybody may read and write, and the process id."""
    bin_dir, port = environment(base), free_port()
    with tempfile.TemporaryDirectory() as data:
        config = Path(data) / "config.yml"
        config.write_text(CONFIG.format(port=port, data=data))
        env = {**os.environ, "OPENTAXII_CONFIG": str(config)}

        def tool(*args: str) -> str:
            done = subprocess.run([bin_dir / args[0], *args[1:]], env=env, capture_output=True, text=True, check=True)
            return done.stdout + done.stderr

        tool("opentaxii-create-account", "-u", "bench", "-p", "bench", "-a")
        tool("opentaxii-add-api-root", "-t", "bench", "--default")
        root_id = _only_id(Path(data) / "data.db", "select id from opentaxii_api_root")
        tool("opentaxii-add-collection", "-r", root_id, "-t", "bench", "--public", "--public-write")
        collection_id = _only_id(Path(data) / "data.db", "select id from opentaxii_collection")
        server = subprocess.Popen(
            [bin_dir / "gunicorn", "-w", "1", "-b", f"127.0.0.1:{port}", "opentaxii.http:app"],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/taxii2/")
            yield f"http://127.0.0.1:{port}/taxii2/{root_id}/collections/{collection_id}/", server.pid
        finally:
            server.terminate()
            server.wait(20)


def _only_id(database: Path, query: str) -> str:
    import sqlite3

    with contextlib.closing(sqlite3.connect(database)) as connection:
        value = connection.execute(query).fetchone()[0]
    return str(uuid.UUID(value))


def _wait(url: str) -> None:
    for _ in range(200):
        with contextlib.suppress(httpx.HTTPError):
            if (
                httpx.get(
                    url, auth=("bench", "bench"), headers={"Accept": "application/taxii+json;version=2.1"}
                ).status_code
                < 500
            ):
                return
        time.sleep(0.1)
    raise RuntimeError("the peer did not start")
