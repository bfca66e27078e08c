"""Tables of logs, quarantine, and what the node remembers between runs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from foedus.store.columns import key, metadata, number, octets, ref, words

SCHEMA_VERSION = "1"

meta = Table("meta", metadata, Column("name", Text, primary_key=True), words("value"))

log = Table(
    "log",
    metadata,
    key(),
    Column("name", Text, nullable=False, unique=True),
    words("origin"),
    words("programme"),
    words("sender"),
    words("recipient"),
    Column("own", Boolean, nullable=False),
    number("size"),
)

entry = Table(
    "entry",
    metadata,
    ref("log_id", "log.id"),
    number("seq"),
    octets("leaf"),
    octets("salt"),
    octets("body"),
    PrimaryKeyConstraint("log_id", "seq"),
    sqlite_with_rowid=False,
)

node = Table(
    "node",
    metadata,
    ref("log_id", "log.id"),
    Column("level", Integer, nullable=False),
    number("position"),
    octets("hash"),
    PrimaryKeyConstraint("log_id", "level", "position"),
    sqlite_with_rowid=False,
)

checkpoint = Table(
    "checkpoint",
    metadata,
    ref("log_id", "log.id"),
    number("size"),
    octets("root"),
    words("note"),
    PrimaryKeyConstraint("log_id", "size"),
    sqlite_with_rowid=False,
)

intent = Table(
    "intent",
    metadata,
    ref("log_id", "log.id"),
    number("size"),
    octets("root"),
    PrimaryKeyConstraint("log_id", "size"),
    sqlite_with_rowid=False,
)

# Which entries of partners' logs say that which bytes were sent.
sent = Table(
    "sent",
    metadata,
    ref("log_id", "log.id"),
    number("seq"),
    words("area"),
    octets("bytes_sha256"),
    PrimaryKeyConstraint("log_id", "seq"),
    Index("sent_by_bytes", "log_id", "bytes_sha256"),
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    key(),
    number("at_us"),
    words("area"),
    words("source"),
    words("where"),
    words("code"),
    words("message"),
    words("hint"),
    octets("raw"),
    words("state"),
    Index("quarantine_by_state", "state", "id"),
)

source = Table(
    "source",
    metadata,
    Column("id", Text, primary_key=True),
    words("area"),
    words("uri"),
    words("sha256"),
    ref("label_id", "label.id", nullable=True),
    words("given_by"),
    number("at_us"),
    Index("source_by_area", "area", "at_us"),
)

room_state = Table(
    "room_state",
    metadata,
    Column("room", Text, primary_key=True),
    number("version"),
    octets("state"),
)

pull_state = Table(
    "pull_state",
    metadata,
    words("peer"),
    words("collection"),
    words("added_after"),
    words("next"),
    words("page_hash"),
    PrimaryKeyConstraint("peer", "collection"),
)

submission = Table(
    "submission",
    metadata,
    Column("id", Text, primary_key=True),
    words("caller"),
    number("request_us"),
    octets("status"),
    Index("submission_by_age", "request_us"),
)

# Questions of partners that were answered: what limits count, and which sessions were used.
asked = Table(
    "asked",
    metadata,
    words("peer"),
    octets("session"),
    words("area"),
    number("at_us"),
    number("points"),
    PrimaryKeyConstraint("peer", "session"),
    Index("asked_by_area", "peer", "area", "at_us"),
)

# What asking brought, whoever asked: values that a peer holds as well.
learnt = Table(
    "learnt",
    metadata,
    words("peer"),
    words("asker"),
    octets("session"),
    words("programme"),
    words("area"),
    number("at_us"),
    words("kind"),
    words("norm"),
    PrimaryKeyConstraint("peer", "asker", "session", "kind", "norm"),
    Index("learnt_by_area", "peer", "area", "at_us"),
)

collection_id = Table(
    "collection_id",
    metadata,
    words("reader"),
    words("view"),
    Column("id", Text, nullable=False, unique=True),
    PrimaryKeyConstraint("reader", "view"),
)

programme_version = Table(
    "programme_version",
    metadata,
    words("programme"),
    words("version"),
    words("digest"),
    octets("raw"),
    words("state"),
    number("at_us"),
    PrimaryKeyConstraint("programme", "digest"),
)

account = Table(
    "account",
    metadata,
    Column("name", Text, primary_key=True),
    words("party"),
    words("role"),
    words("password_hash"),
    Column("token_sha256", LargeBinary, unique=True),
    Column("disabled", Boolean, nullable=False),
)

# People of the own party; roles joined by blanks. A person is disabled, never deleted: entries name them.
person = Table(
    "person",
    metadata,
    Column("name", Text, primary_key=True),
    words("roles"),
    words("party"),
    words("password_hash"),
    Column("disabled", Boolean, nullable=False),
)

# Keys of partners that this node takes no more, whatever the programme says.
denied_key = Table(
    "denied_key",
    metadata,
    Column("value", Text, primary_key=True),
    words("party"),
    words("role"),
    number("at_us"),
)
