"""Tables of logs, what they prove, and what keeps them from being signed twice."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table

from foedus.store.columns import TEXT, key, metadata, number, octets, ref, words

log = Table(
    "log",
    metadata,
    key(),
    Column("name", TEXT, nullable=False, unique=True),
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

# Which entries of own logs sent which object: what a recall looks for.
sending = Table(
    "sending",
    metadata,
    ref("log_id", "log.id"),
    words("object_id"),
    number("seq"),
    PrimaryKeyConstraint("log_id", "object_id", "seq"),
    sqlite_with_rowid=False,
)

# The newest state of each partner's log that this node vouches for, with its own cosignature.
witnessed = Table(
    "witnessed",
    metadata,
    Column("log", TEXT, primary_key=True),
    words("origin"),
    number("size"),
    octets("root"),
    words("note"),
)

# Pairs in which one side signed two histories of a log; what shows it is kept for ever, ``thawed_us`` says when people went on.
freeze = Table(
    "freeze",
    metadata,
    key(),
    words("programme"),
    words("peer"),
    words("log"),
    words("origin"),
    number("at_us"),
    words("first"),
    words("second"),
    number("thawed_us", nullable=True),
)

# The directory in which an own log of a pair was last known to be the newest there is.
lease = Table("lease", metadata, Column("log", TEXT, primary_key=True), words("place"))

# Keys of partners that this node takes no more, whatever the programme says.
denied_key = Table(
    "denied_key",
    metadata,
    Column("value", TEXT, primary_key=True),
    words("party"),
    words("role"),
    number("at_us"),
)
