"""Who calls: kept between requests, and forgotten with any change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foedus.model.ports import Caller, Credentials, NotAtOnce
from foedus.node import init
from foedus.node.backend import Backend
from foedus.node.home import Node

TOOL = Caller("siem", "nato", "tool")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    init.init(tmp_path / "nato", "nato", [])
    with Node.open(tmp_path / "nato") as opened:
        yield opened


def bearer(token: str) -> Credentials:
    return Credentials(authorization=f"Bearer {token}")


def test_a_caller_known_this_second_is_named_at_once(node, monkeypatch):
    shown = bearer(init.token(node, "siem"))
    monkeypatch.setattr(Backend, "now_us", lambda _: 1_000_000)
    backend = Backend(node)
    with pytest.raises(NotAtOnce), backend.at_once():
        backend.identify(shown)
    assert backend.identify(shown) == TOOL
    with backend.at_once():
        assert backend.identify(shown) == TOOL
    monkeypatch.setattr(Backend, "now_us", lambda _: 2_000_000)
    with pytest.raises(NotAtOnce), backend.at_once():
        backend.identify(shown)


def test_a_token_revoked_by_another_process_is_refused_by_the_next_request(node):
    shown = bearer(init.token(node, "siem"))
    backend = Backend(node)
    assert [backend.identify(shown) for _ in range(3)] == [TOOL] * 3
    with Node.open(node.directory) as other:
        init.revoke(other, "siem")
    assert backend.identify(shown) is None


def test_a_stranger_stays_one_until_there_is_an_account(node):
    backend = Backend(node)
    stranger = Credentials(authorization="Bearer nothing")
    assert [backend.identify(stranger) for _ in range(2)] == [None, None]
    assert backend.identify(Credentials()) is None
    assert backend.identify(bearer(init.token(node, "siem"))) == TOOL


def test_no_credential_stays_in_memory(node):
    token = init.token(node, "siem")
    backend = Backend(node)
    backend.identify(bearer(token))
    assert len(backend._callers[1]) == 1
    assert token.encode() not in b"".join(backend._callers[1])
