"""Tables of people and tools: who they are, how they sign in."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, LargeBinary, PrimaryKeyConstraint, Table

from foedus.store.columns import TEXT, key, metadata, number, octets, words

account = Table(
    "account",
    metadata,
    Column("name", TEXT, primary_key=True),
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
    Column("name", TEXT, primary_key=True),
    words("roles"),
    words("party"),
    words("password_hash"),
    Column("disabled", Boolean, nullable=False),
)

# Sessions of people; only the hash of a token is kept, and it changes with every privileged use.
session = Table(
    "session",
    metadata,
    Column("id", TEXT, primary_key=True),
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
