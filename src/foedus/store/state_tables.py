"""Tables of quarantine, and of what the node remembers between runs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, PrimaryKeyConstraint, Table

from foedus.store.columns import TEXT, key, metadata, number, octets, ref, words

SCHEMA_VERSION = "7"

meta = Table("meta", metadata, Column("name", TEXT, primary_key=True), words("value"))

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
    Column("id", TEXT, primary_key=True),
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
    Column("room", TEXT, primary_key=True),
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

# By caller first: another caller's is then as far away as none.
submission = Table(
    "submission",
    metadata,
    words("caller"),
    words("id"),
    number("request_us"),
    octets("status"),
    PrimaryKeyConstraint("caller", "id"),
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
    # Values may be longer than what an index of PostgreSQL holds.
    PrimaryKeyConstraint("peer", "asker", "session", "kind", "norm").ddl_if(dialect="sqlite"),
    Index("learnt_by_area", "peer", "area", "at_us"),
)

collection_id = Table(
    "collection_id",
    metadata,
    words("reader"),
    words("view"),
    Column("id", TEXT, nullable=False, unique=True),
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

# Findings that parties handed in and that were not looked at beside what the node holds yet. ``taken``: labelled, and its
# values kept; the row stays until what follows from it is kept too. ``unlabelled``: called back or deleted meanwhile.
handed_in = Table(
    "handed_in",
    metadata,
    ref("finding_seq", "finding.seq"),
    Column("taken", Boolean, nullable=False),
    Column("unlabelled", Boolean, nullable=False),
    PrimaryKeyConstraint("finding_seq"),
    sqlite_with_rowid=False,
)

# How far the stream of a live source was taken: ``recorded`` bytes of it are in files of records, ``analysed`` ones in the
# room's state, which is written in the same transaction; ``heard_us`` is when something last came.
live_place = Table(
    "live_place",
    metadata,
    Column("source", TEXT, primary_key=True),
    number("recorded"),
    number("analysed"),
    number("lines"),
    number("heard_us"),
)

# When a live source was not there.
outage = Table(
    "outage",
    metadata,
    words("source"),
    number("from_us"),
    number("to_us"),
    words("cause"),
    PrimaryKeyConstraint("source", "from_us"),
)

# Where acts of the watch stand in the private log, and what people wrote with them; the log holds the hash of that.
watch_act = Table(
    "watch_act",
    metadata,
    key("seq"),
    words("object_id"),
    words("note"),
    Index("watch_act_by_object", "object_id", "seq"),
)

# How findings stand that somebody did something about, as the acts say; what has no row is open. ``last`` is the newest act.
watch_state = Table(
    "watch_state",
    metadata,
    Column("object_id", TEXT, primary_key=True),
    words("state"),
    words("assigned"),
    words("area"),
    words("kind"),
    words("owner"),
    words("method"),
    words("reason"),
    octets("sha256"),
    number("last"),
    Index("watch_state_by_state", "state", "object_id"),
    Index("watch_state_by_assigned", "assigned", "object_id"),
)

# Who had the watch, from and to which entry of the private log and which row of findings.
shift = Table(
    "shift",
    metadata,
    key(),
    words("name"),
    words("person"),
    words("after"),
    number("opened_us"),
    number("first_entry"),
    number("first_finding"),
    words("closed_by"),
    number("closed_us", nullable=True),
    number("last_entry", nullable=True),
    number("last_finding", nullable=True),
    words("to"),
)

# Up to which row of findings somebody has looked, or was told by mail.
watch_mark = Table("watch_mark", metadata, Column("name", TEXT, primary_key=True), number("seq"))
