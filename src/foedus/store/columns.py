"""What the tables are made of: one metadata, and the columns that recur."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, MetaData, Text

metadata = MetaData()

# Text sorts by its bytes, wherever the server stands.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")

# SQLite makes a rowid of an INTEGER primary key only; elsewhere ids need 64 bits.
ID = BigInteger().with_variant(Integer, "sqlite")


def key(name: str = "id") -> Column[int]:
    """Return a numbered primary key."""
    return Column(name, ID, primary_key=True)


def ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    """Return a reference to another table's key."""
    return Column(name, ID, ForeignKey(target), nullable=nullable)


def words(name: str) -> Column[str]:
    """Return a column of text, never null."""
    return Column(name, TEXT, nullable=False)


def number(name: str, *, nullable: bool = False) -> Column[int]:
    """Return a column of 64-bit integers; instants are ``_us`` or ``_ns`` since 1970."""
    return Column(name, BigInteger, nullable=nullable)


def octets(name: str, *, nullable: bool = False) -> Column[bytes]:
    """Return a column of bytes."""
    return Column(name, LargeBinary, nullable=nullable)
