"""Table of the vault: what is kept there, of which source, until when; what it is stands sealed."""

from __future__ import annotations

from sqlalchemy import Index, Table

from foedus.store.columns import key, metadata, number, octets, words

# A capture's bytes lie in ``file``; ``sealed`` is then the key they are sealed with, sealed itself. Without the row the file
# says nothing any more.
vault = Table(
    "vault",
    metadata,
    key(),
    words("kind"),
    words("area"),
    words("source"),
    words("name"),
    words("file"),
    number("at_us"),
    number("until_us"),
    octets("sealed"),
    Index("vault_by_name", "kind", "name"),
    Index("vault_by_end", "until_us"),
)
