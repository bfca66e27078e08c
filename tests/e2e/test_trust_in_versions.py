"""Evidence carries the versions of its programme: which chains of them give keys, and which do not."""

from __future__ import annotations

from datetime import date

import pytest
from tests.node_pair import OPEN, bundle, indicator, make_nodes

from foedus.account.trust import trust_of
from foedus.errors import BadSignature, InputError, InvalidProgramme
from foedus.node import programmes
from foedus.node.dispute import bundle as write
from foedus.node.dispute import programmes_of, verify

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
SENT = f"urn:foedus:programme:{WORD}|nato|jpn"
PARTIES = ("nato", "jpn")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Nodes that released under one version and agreed on the next."""
    made = make_nodes(tmp_path_factory.mktemp("versions") / "nodes")
    made.send("nato", bundle(indicator(1)), OPEN)
    path = made.directory / "nato-japan-2023.yaml"
    cards = [made.path(party) / "card.json" for party in PARTIES]
    path.write_bytes(programmes.enrol(str(path), cards, version="1.2.0", on=date(2026, 6, 1)))
    for party in PARTIES:
        with made.open(party) as node:
            path.write_bytes(programmes.sign(node, str(path), role="test"))
    for party in PARTIES:
        with made.open(party) as node:
            programmes.accept(node, str(path))
    return made


@pytest.fixture(scope="module")
def versions(nodes):
    with nodes.open("jpn") as node:
        return programmes_of(node, SENT)


def test_every_version_of_the_chain_can_be_the_trusted_one(nodes, versions):
    assert len(versions) == 2
    with nodes.open("nato") as node:
        raw = write(node, SENT, 1)
    found = verify(raw)
    assert len(set(found.programme_digests)) == 2
    for digest in found.programme_digests:
        assert verify(raw, digest) == found
    with pytest.raises(BadSignature):
        verify(raw, "0" * 64)


def test_versions_out_of_order_or_unsigned_or_none_give_no_keys(versions):
    first, second = versions
    assert trust_of(versions).programme.endswith(WORD)
    with pytest.raises(BadSignature):
        trust_of([second, first])
    with pytest.raises(BadSignature):
        trust_of([first, first])
    with pytest.raises(BadSignature) as caught:
        trust_of([first, second[: second.index(b"\nsignatures:") + 1]])
    assert "not signed by" in caught.value.message
    with pytest.raises(InvalidProgramme):
        trust_of([b"nonsense"])
    for many in ([], [first] * 65):
        with pytest.raises(InputError):
            trust_of(many)


def test_a_successor_that_strangers_signed_gives_no_keys(versions, tmp_path):
    strangers = make_nodes(tmp_path / "strangers")
    with strangers.open("nato") as node:
        [other] = programmes_of(node, SENT)
    assert trust_of([other]).digests != trust_of(versions).digests[:1]
    with pytest.raises(BadSignature) as caught:
        trust_of([versions[0], other])
    assert caught.value.code == "evidence-programme"
