"""A node's settings: ``node.toml``, then the environment (``FOEDUS_…``); read once, frozen.

Nothing here can make a finding releasable: that is the programme's alone.
"""

from __future__ import annotations

import os
import tomllib
from datetime import datetime
from pathlib import Path

import msgspec

from foedus.errors import InputError

FILE = "node.toml"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a node.

    Attributes:
        party: the party this node belongs to, as programmes name it.
        name: the node's own name; with the party it makes the name in its certificate.
        host: address the node serves on.
        port: port the node serves on.
        clock_start_at: for demos: what the node's clock showed when the node was made (loopback only).
        clock_since_at: for demos: the machine's time at that moment.
        max_content_length: largest body a TAXII POST may have, bytes.
        poll_every_s: how often a serving node pulls from its peers, seconds.
        ask_sessions_per_hour: how many questions which values both hold are answered, per peer and area.
        ask_points_per_day: how many points such questions may hold in a day, per peer and area.
        ask_max_values: how many values one such question or answer takes in, the newest first; at most 16384.
        session_idle_minutes: how long a person's session may rest before it ends.
        session_hours: how long a person's session lasts at most.
        session_fresh_minutes: how long after a person showed who they are a session carries acts that need it shown.
        approve_countdown_s: how long an approval can be taken back before it acts, seconds.
        approve_lasts_s: how long a request or an approval stands unless it acts, seconds.
        web: ``HOST:PORT`` on loopback at which a serving node shows its people their pages; empty: nowhere.
        web_liaisons: ``HOST:PORT`` on loopback at which it shows partners' liaison officers theirs; empty: nowhere.
        mail_to: who is told by mail of urgent findings, addresses with commas between; empty: nobody. A mail holds no content.
        mail_from: whose address such a mail has; empty: the first of ``mail_to``.
        mail_smtp: ``HOST:PORT`` of the server that takes such mail, by STARTTLS where it offers that.
        mail_command: a command that takes such mail on standard input, as ``/usr/sbin/sendmail -t -i``, in place of a server.
        mail_urgency: from which urgency on they are told, 1 to 3.
        mail_every_s: how long after one mail the next goes at the earliest, seconds.
        mail_url: where people open the pages, as a mail says it; empty: at ``web``, on localhost.
        vault_days: how long personal data is kept as it came, encrypted, days.
        pseudonym_days: after how many days accounts get other pseudonyms.
        database: address of the node's PostgreSQL database, without a password; empty: a SQLite file in the node's directory.
        layers: directory of layer files (warning lists, zones), relative to the node's directory.
    """

    party: str
    name: str = "main"
    host: str = "127.0.0.1"
    port: int = 8843
    clock_start_at: datetime | None = None
    clock_since_at: datetime | None = None
    max_content_length: int = 104_857_600
    poll_every_s: float = 30.0
    ask_sessions_per_hour: int = 4
    ask_points_per_day: int = 200_000
    ask_max_values: int = 10_000
    session_idle_minutes: int = 15
    session_hours: int = 8
    session_fresh_minutes: int = 10
    approve_countdown_s: float = 15.0
    approve_lasts_s: float = 86_400.0
    web: str = ""
    web_liaisons: str = ""
    mail_to: str = ""
    mail_from: str = ""
    mail_smtp: str = ""
    mail_command: str = ""
    mail_urgency: int = 3
    mail_every_s: float = 300.0
    mail_url: str = ""
    vault_days: int = 30
    pseudonym_days: int = 30
    database: str = ""
    layers: str = "layers"

    @property
    def endpoint(self) -> str:
        """The URL under which peers reach the node."""
        return f"https://{self.host}:{self.port}"


def read(directory: Path) -> Config:
    """Return the settings of a node's directory, overlaid with ``FOEDUS_<NAME>`` of the environment.

    Raises:
        InputError: no node there, or a setting nobody knows.
    """
    path = directory / FILE
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            "no node in this directory",
            code="node-missing",
            where=str(directory),
            hint="make one: foedus node init DIR",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not TOML: {error}", code="settings-malformed", where=str(path)) from error
    for name in Config.__struct_fields__:
        if (value := os.environ.get(f"FOEDUS_{name.upper()}")) is not None:
            values[name] = value
    try:
        return msgspec.convert(values, Config, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(str(error), code="settings-malformed", where=str(path)) from error


def write(directory: Path, config: Config) -> None:
    """Write the settings of a new node."""
    lines = ["# Settings of this node. What may be released is the programme's alone.", ""]
    for name in Config.__struct_fields__:
        value = getattr(config, name)
        if value is None:
            continue
        if isinstance(value, datetime):
            lines.append(f"{name} = {value.isoformat()}")
        else:
            lines.append(f"{name} = {msgspec.json.encode(value).decode()}")
    (directory / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
