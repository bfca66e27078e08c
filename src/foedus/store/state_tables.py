"""Tables of logs, quarantine, and what the node remembers between runs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from foedus.store.columns import key, metadata, number, octets, ref, words

SCHEMA_VERSION = "3"

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

# Sessions of people; only the hash of a token is kept, and it changes with every privileged use.
session = Table(
    "session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("token_sha256", LargeBinary, nullable=False, unique=True),
    words("name"),
    words("method"),
    number("opened_us"),
    number("confirmed_us"),
    number("used_us"),
)

# Tries to sign in that have not succeeded, for as long as they count; ``who`` is a keyed hash of the name tried.
sign_in_try = Table(
    "sign_in_try",
    metadata,
    key(),
    octets("who"),
    number("at_us"),
    Index("sign_in_try_by_name", "who", "at_us"),
    Index("sign_in_try_by_age", "at_us"),
)

# Refusals that wait to be entered together: one row a person (empty: nobody here) and reason.
sign_in_refusal = Table(
    "sign_in_refusal",
    metadata,
    words("name"),
    words("reason"),
    number("entered_us"),
    number("waiting"),
    PrimaryKeyConstraint("name", "reason"),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    words("name"),
    octets("handle"),
    octets("public_key"),
    number("sign_count"),
    words("transports"),
    words("label"),
    number("added_us"),
    number("used_us", nullable=True),
    Index("passkey_by_name", "name"),
)

# Questions put to authenticators, each for one answer.
challenge = Table(
    "challenge",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    words("name"),
    octets("handle"),
    number("until_us"),
    Index("challenge_by_age", "until_us"),
)
# The newest state of each partner's log that this node vouches for, with its own cosignature.
witnessed = Table(
    "witnessed",
    metadata,
    Column("log", Text, primary_key=True),
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
lease = Table("lease", metadata, Column("log", Text, primary_key=True), words("place"))
# Where in the private log people's acts about a release stand; what each says is read from there. ``open``: it may still count.
approval = Table(
    "approval",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    words("programme"),
    words("party"),
    words("area"),
    words("object_id"),
    words("version"),
    words("kind"),
    number("at_us"),
    Column("open", Boolean, nullable=False),
    Index("approval_by_open", "open", "programme", "party", "kind"),
)

# Recalls: entries of own logs (made) and of partners' logs (taken), and what was answered; lists are JSON.
recall = Table(
    "recall",
    metadata,
    ref("log_id", "log.id"),
    number("seq"),
    words("area"),
    words("object_id"),
    words("versions"),
    words("reason"),
    number("at_us"),
    number("deadline_us"),
    number("lifted_us", nullable=True),
    number("answered_us", nullable=True),
    number("answer_seq", nullable=True),
    words("result"),
    words("code"),
    words("passed_on"),
    PrimaryKeyConstraint("log_id", "seq"),
    Index("recall_by_object", "object_id"),
    sqlite_with_rowid=False,
)

# Which sendings were recalled, each at most once, and the bytes they stood for.
recalled = Table(
    "recalled",
    metadata,
    ref("log_id", "log.id"),
    number("sent_seq"),
    number("recall_seq"),
    words("object_id"),
    words("version"),
    octets("bytes_sha256"),
    PrimaryKeyConstraint("log_id", "sent_seq"),
    Index("recalled_by_bytes", "bytes_sha256"),
    sqlite_with_rowid=False,
)

# Of findings with granular markings: the label of the rest, once what is marked apart is torn off.
torn = Table(
    "torn",
    metadata,
    Column("finding_seq", BigInteger, primary_key=True, autoincrement=False),
    number("label_id"),
)

# Consents of originators, own ones too; a withdrawal may come before its grant, and then nothing but it is known.
grant_ = Table(
    "grant_given",
    metadata,
    words("owner"),
    words("programme"),
    words("id"),
    words("holder"),
    words("object_id"),
    words("versions"),
    words("recipients"),
    words("purposes"),
    words("clause"),
    number("until_us"),
    number("given_us"),
    number("withdrawn_us", nullable=True),
    PrimaryKeyConstraint("owner", "programme", "id"),
    Index("grant_by_object", "programme", "object_id"),
    sqlite_with_rowid=False,
)

# What parties that hold own objects ask consent for.
grant_asked = Table(
    "grant_asked",
    metadata,
    words("asker"),
    words("programme"),
    words("id"),
    words("object_id"),
    words("recipients"),
    words("purposes"),
    number("at_us"),
    PrimaryKeyConstraint("asker", "programme", "id"),
    sqlite_with_rowid=False,
)

# What entries of partners' logs say that received objects are bound by.
bound = Table(
    "bound",
    metadata,
    ref("log_id", "log.id"),
    number("seq"),
    words("object_id"),
    words("version"),
    words("owner"),
    words("area"),
    words("purposes"),
    words("onward"),
    words("action"),
    number("until_us", nullable=True),
    PrimaryKeyConstraint("log_id", "seq"),
    Index("bound_by_object", "object_id", "version"),
    sqlite_with_rowid=False,
)

# Holds that two persons lifted in need, until when, and what an auditor said of it.
glass = Table(
    "break_glass",
    metadata,
    Column("id", Text, primary_key=True),
    words("programme"),
    words("party"),
    words("area"),
    words("object_id"),
    words("version"),
    words("sha256"),
    words("reason"),
    words("by"),
    words("second"),
    number("at_us"),
    number("until_us"),
    words("reviewer"),
    words("verdict"),
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

# Recalls that wait until something may be signed for the party again; each row is one sending called back.
recall_waiting = Table(
    "recall_waiting",
    metadata,
    ref("log_id", "log.id"),
    number("sent_seq"),
    words("object_id"),
    words("version"),
    octets("bytes_sha256"),
    words("reason"),
    number("at_us"),
    PrimaryKeyConstraint("log_id", "sent_seq"),
    sqlite_with_rowid=False,
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
