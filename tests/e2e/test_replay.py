"""Decisions taken again from ledger and programme alone, after the rules have changed."""

from __future__ import annotations

import msgspec
import pytest
from tests.e2e.test_agreement_life import ANN, BO, SWAPPED, URN, accept, edited, sign
from tests.node_pair import AMBER, OPEN, bundle, indicator, make_nodes, stix

from foedus.account import bodies
from foedus.account.bodies import ReleaseSent, draft
from foedus.account.ledger import append
from foedus.errors import InputError
from foedus.node.replay import replay

pytestmark = pytest.mark.e2e
SENT = f"{URN}|nato|jpn"


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Nodes that released under one version, agreed on another and released under that one; the partner took it all."""
    made = make_nodes(tmp_path_factory.mktemp("replay") / "nodes")
    made.send("nato", bundle(indicator(1), stix("tool", 2, name="A scanner")), AMBER)
    made.send("nato", bundle(indicator(3)), OPEN)
    accept(made, sign(made, edited(made, *SWAPPED), "nato", "jpn"), "nato", "jpn", persons=(ANN, BO))
    made.release("nato")
    with made.serving_here("nato"):
        made.pull("jpn")
    return made


def sent(node):
    with node.store.read() as read:
        held = enumerate(read.logs.entries(SENT, 0, read.logs.size(SENT)))
        return [(seq, bodies.read(one)) for seq, one in held if one.entry().kind == "release.sent"]


@pytest.mark.parametrize("party", ["nato", "jpn"])
def test_every_release_comes_out_again_under_the_version_of_its_time_on_both_sides(nodes, party):
    with nodes.open(party) as node:
        found = [replay(node, SENT, seq) for seq, _ in sent(node)]
    assert [one.differs for one in found] == [()] * 3
    assert [one.version for one in found] == ["1.1.0", "1.1.0", "1.2.0"]


def test_the_same_inputs_give_the_same_bytes_on_whatever_node(nodes):
    def decided(party):
        with nodes.open(party) as node:
            return [msgspec.json.encode(replay(node, SENT, seq).decision) for seq, _ in sent(node)]

    assert decided("nato") == decided("nato") == decided("jpn")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"rules_hash": "0" * 64}, ["rules hash"]),
        ({"clauses": ("r-cyber-ip4",)}, ["clauses"]),
        ({"label_hash": "0" * 64}, ["label hash"]),
        ({"kind": "tool"}, ["outcome", "clauses"]),
        ({"area": "space"}, ["outcome", "clauses"]),
    ],
)
def test_what_was_not_decided_so_is_named(nodes, tmp_path, change, what):
    """An entry that says something else than the rules do, put at the end of the log under the first version."""
    made = nodes.copy(tmp_path / "nodes")
    with made.open("nato") as node:
        _, body = sent(node)[0]
        assert isinstance(body, ReleaseSent)
        false = draft(msgspec.structs.replace(body, **change))
        with node.store.write() as tx:
            [seq] = append(tx.logs, SENT, [false], at=node.clock.now(), entropy=node.entropy)
        found = {one.what for one in replay(node, SENT, seq).differs}
    assert found >= set(what)


def test_only_a_release_can_be_decided_again(nodes):
    with nodes.open("nato") as node:
        for seq in (0, 10_000, -1):
            with pytest.raises(InputError):
                replay(node, SENT, seq)
        with pytest.raises(InputError):
            replay(node, "master", 0)
