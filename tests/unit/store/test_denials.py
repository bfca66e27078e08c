"""Denied keys are kept once each."""

from __future__ import annotations

from foedus.store import tables
from foedus.store.denials import DeniedKey, denied_keys, deny_key


def test_a_key_denied_twice_is_one(store):
    assert tables.metadata.tables["denied_key"] is not None
    one, other = DeniedKey("a+1+x", "jpn", "log", 1), DeniedKey("b+2+y", "kor", "sign", 2)
    with store.write() as tx:
        for denied in (other, one, one):
            deny_key(tx, denied)
    with store.read() as read:
        assert denied_keys(read) == [one, other]
