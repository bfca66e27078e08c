"""Tables of findings, labels, values and views; every statement over them is valid in SQLite and in PostgreSQL.

Bytes are addressed by their hash (``blob``) and never rewritten; what pages filter by stands in columns beside them. ``view_row``
is clustered by (view, added_us): a page is one range scan. Rows that left a view move to ``view_past``, so that what is gone
costs a reader nothing.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from foedus.store.columns import TEXT, key, metadata, number, octets, ref, words

blob = Table(
    "blob",
    metadata,
    key(),
    # Not unique: what a party hands in is written without a look whether somebody else's bytes are the same.
    Column("sha256", LargeBinary, nullable=False, index=True),
    octets("raw"),
)

label = Table(
    "label",
    metadata,
    key(),
    Column("hash", TEXT, nullable=False, unique=True),
    octets("canonical"),
)

# Which labels stand on findings of which owners: what a policy needs facets for.
label_use = Table(
    "label_use",
    metadata,
    ref("label_id", "label.id"),
    words("owner"),
    PrimaryKeyConstraint("label_id", "owner"),
    sqlite_with_rowid=False,
)

# A label under a policy, as integers and masks; what they mean is the policy's, here they are only compared.
label_facet = Table(
    "label_facet",
    metadata,
    words("policy_hash"),
    ref("label_id", "label.id"),
    words("owner"),
    number("from_us"),
    number("until_us"),
    number("level"),
    number("tlp"),
    number("cats"),
    number("caveats"),
    number("audience"),
    number("unknown"),
    PrimaryKeyConstraint("policy_hash", "label_id", "owner", "from_us"),
    sqlite_with_rowid=False,
)

# Findings that pages cannot tell apart by anything but time and place: what they filter by, and how many there are.
finding_class = Table(
    "finding_class",
    metadata,
    key(),
    words("room"),
    words("kind"),
    Column("story", Boolean, nullable=False),
    words("owner"),
    number("label_id"),
    Column("urgency", Integer, nullable=False),
    Column("placed", Boolean, nullable=False),
    number("held"),
    UniqueConstraint("room", "kind", "story", "owner", "label_id", "urgency", "placed"),
)

# The same by day, and by square of the earth where a place is said; ``cell`` -1: none is. Kept with each finding.
finding_tally = Table(
    "finding_tally",
    metadata,
    ref("class_id", "finding_class.id"),
    number("day"),
    Column("cell", Integer, nullable=False),
    number("held"),
    PrimaryKeyConstraint("class_id", "day", "cell"),
    sqlite_with_rowid=False,
)

finding = Table(
    "finding",
    metadata,
    key("seq"),
    words("object_id"),
    words("owner"),
    number("version_ns"),
    ref("blob_id", "blob.id"),
    words("type"),
    words("kind"),
    words("room"),
    words("version"),
    number("created_ns"),
    words("spec_version"),
    Column("head", Boolean, nullable=False),
    Column("document", Boolean, nullable=False),
    words("source"),
    ref("label_id", "label.id", nullable=True),
    number("labelled_us"),
    number("reference_us"),
    number("stored_us"),
    words("title"),
    Column("urgency", Integer, nullable=False),
    Column("confidence", Integer),
    number("from_us", nullable=True),
    number("to_us", nullable=True),
    Column("revoked", Boolean, nullable=False),
    words("created_by"),
    words("contains"),
    words("because"),
    words("places"),
    words("pointer"),
    number("until_us", nullable=True),
    # When it happened, or when it was stored where that is not said; and its class while it is current and a finding.
    number("happened_us"),
    ref("class_id", "finding_class.id", nullable=True),
    UniqueConstraint("object_id", "owner", "version_ns", "blob_id", "source"),
    Index("finding_by_room", "room", "head", "seq"),
    Index("finding_by_label", "label_id", "owner", "room", "head", "seq"),
    Index("finding_by_source", "source", "seq"),
    Index("finding_by_blob", "blob_id"),
)

Index(
    "finding_by_end",
    finding.c.until_us,
    sqlite_where=text("until_us IS NOT NULL"),
    postgresql_where=text("until_us IS NOT NULL"),
)

# With the end in it, so that a page is read from it alone until its rows are known.
Index(
    "finding_by_class",
    finding.c.class_id,
    finding.c.happened_us,
    finding.c.seq,
    finding.c.until_us,
    sqlite_where=text("class_id IS NOT NULL"),
    postgresql_where=text("class_id IS NOT NULL"),
)

# Few among many, and asked for whenever something is labelled.
Index(
    "finding_marking",
    finding.c.seq,
    sqlite_where=text("type = 'marking-definition'"),
    postgresql_where=text("type = 'marking-definition'"),
)

support = Table(
    "support",
    metadata,
    ref("head_seq", "finding.seq"),
    ref("seq", "finding.seq"),
    PrimaryKeyConstraint("head_seq", "seq"),
    sqlite_with_rowid=False,
)

value = Table(
    "value",
    metadata,
    key(),
    words("kind"),
    words("norm"),
    words("warned"),
    # Values may be longer than what an index of PostgreSQL holds whole: there it holds their hash.
    UniqueConstraint("kind", "norm").ddl_if(dialect="sqlite"),
    Index("value_by_norm", "norm", postgresql_using="hash").ddl_if(dialect="postgresql"),
)

occurrence = Table(
    "occurrence",
    metadata,
    ref("value_id", "value.id"),
    ref("finding_seq", "finding.seq"),
    words("pointer"),
    words("written"),
    PrimaryKeyConstraint("value_id", "finding_seq"),
    Index("occurrence_by_finding", "finding_seq", "value_id"),
    sqlite_with_rowid=False,
)

match = Table(
    "match",
    metadata,
    ref("a_seq", "finding.seq"),
    ref("b_seq", "finding.seq"),
    Column("score_ppm", Integer, nullable=False),
    words("why"),
    number("at_us"),
    PrimaryKeyConstraint("a_seq", "b_seq"),
    Index("match_by_b", "b_seq", "a_seq"),
    sqlite_with_rowid=False,
)

reader = Table("reader", metadata, Column("name", TEXT, primary_key=True), number("last_us"))

view = Table(
    "view",
    metadata,
    key(),
    Column("name", TEXT, nullable=False, unique=True),
    Column("reader", TEXT, ForeignKey("reader.name"), nullable=False),
    number("generation"),
)


def _shown() -> list[Column[int] | Column[str] | Column[bool]]:
    """Columns of a row that is, or was, in a view."""
    return [
        ref("view_id", "view.id"),
        number("added_us"),
        words("object_id"),
        words("version"),
        number("version_ns"),
        words("type"),
        words("spec_version"),
        ref("blob_id", "blob.id"),
        number("expires_us", nullable=True),
        ref("finding_seq", "finding.seq"),
        ref("label_id", "label.id", nullable=True),
    ]


# ``sole``: no other row of this object is in the view, so that first, last and latest are known without a look.
# ``once``: when it has expired it is not shown again by itself.
view_row = Table(
    "view_row",
    metadata,
    *_shown(),
    Column("sole", Boolean, nullable=False),
    Column("once", Boolean, nullable=False),
    PrimaryKeyConstraint("view_id", "added_us"),
    Index("view_row_by_object", "object_id", "view_id", "spec_version", "version_ns", "added_us"),
    Index("view_row_by_type", "view_id", "type", "added_us"),
    Index("view_row_by_finding", "finding_seq", "view_id"),
    sqlite_with_rowid=False,
)
Index(
    "view_row_by_expiry",
    view_row.c.view_id,
    view_row.c.expires_us,
    sqlite_where=text("expires_us IS NOT NULL"),
    postgresql_where=text("expires_us IS NOT NULL"),
)


def in_view(view_id: ColumnElement[int] | int) -> ColumnElement[bool]:
    """Say that a row found by object, finding or type is in a view.

    Written as a range: without statistics SQLite would rather walk through the whole view than take the index by object. And
    as one that this index can seek: rows of the same object in other readers' views are then no work for this one, so that
    what a reader may not see does not even cost it time.
    """
    return view_row.c.view_id.between(view_id, view_id)


view_past = Table(
    "view_past",
    metadata,
    *_shown(),
    number("withdrawn_us"),
    PrimaryKeyConstraint("view_id", "added_us"),
    Index("view_past_by_object", "view_id", "object_id"),
    sqlite_with_rowid=False,
)

view_tally = Table(
    "view_tally",
    metadata,
    ref("view_id", "view.id"),
    number("day"),
    words("kind"),
    words("owner"),
    number("label_id"),
    number("shown"),
    number("heads"),
    PrimaryKeyConstraint("view_id", "day", "kind", "owner", "label_id"),
    sqlite_with_rowid=False,
)
