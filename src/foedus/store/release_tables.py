"""Tables of what people and partners decide about releases, and of what received objects are bound by."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, PrimaryKeyConstraint, Table

from foedus.store.columns import ID, TEXT, metadata, number, octets, ref, words

# Where in the private log people's acts about a release stand; what each says is read from there. ``open``: it may still count.
approval = Table(
    "approval",
    metadata,
    Column("seq", ID, primary_key=True, autoincrement=False),
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
    Column("id", TEXT, primary_key=True),
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
