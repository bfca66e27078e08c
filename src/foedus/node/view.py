"""Where what a party may see is kept: its release views and the log of what is sent to it; and what may stand in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from foedus.model.canonical import digest
from foedus.model.entry import LogInfo
from foedus.model.programme import Area
from foedus.node.chosen import Secrets
from foedus.node.home import Node
from foedus.node.signing import open_own
from foedus.release.facets import all_facets
from foedus.release.policy import Policy
from foedus.release.predicate import of_labels, predicate, sql
from foedus.store import candidates, findings
from foedus.store.bulk import chunks
from foedus.store.candidates import Facet, Predicate
from foedus.store.engine import Read, Tx
from foedus.store.findings import Held


def view_name(programme: str, party: str, area: str) -> str:
    """Return the name of a party's release view of an area."""
    return f"released|{programme}|{party}|{area}"


def reader_name(programme: str, party: str) -> str:
    """Return the reader whose views share one sequence of instants."""
    return f"{programme}|{party}"


def pair_log(node: Node, tx: Tx, programme: str, party: str) -> str:
    """Return the name of the log of what this node sends a party; opened on first use under a random origin."""
    name = f"{programme}|{node.party}|{party}"
    if tx.logs.log(name) is None:
        origin = f"{node.party}.{node.config.name}/foedus/{node.entropy(16).hex()}"
        open_own(node, tx, LogInfo(name, origin, programme, node.party, party, own=True))
    return name


def rooms_of(node: Node, area: Area) -> list[str]:
    """Return the rooms of this node that serve a programme's area."""
    return [room for room in (area.rooms if area.rooms is not None else (area.id,)) if room in node.rooms]


def keep_facets(node: Node, *policies: Policy) -> None:
    """Keep the facets under policies of every label in use, so that the predicate can compare them."""
    by_hash = {policy.hash: policy for policy in policies}
    with node.store.read() as read:
        if not candidates.unfaceted_by(read, list(by_hash)):
            return
    with node.store.write() as tx:
        for policy_hash, lacking in candidates.unfaceted_by(tx, list(by_hash)).items():
            policy = by_hash[policy_hash]
            rows = [
                Facet(one.label_id, one.owner, *of)
                for one in lacking
                for of in all_facets(one.label, one.owner, policy)
            ]
            candidates.put_facets(tx, policy_hash, rows)


def with_supports(read: Read, heads: Sequence[Held]) -> Iterator[tuple[Held, Held]]:
    """Yield each head, then its supports, each with its head: clauses match the head, labels are each object's own."""
    for some in chunks(heads):
        supports = findings.supporting(read, [head.seq for head in some])
        for head in some:
            yield head, head
            yield from ((one, head) for one in supports.get(head.seq, ()))


def secrets_of(node: Node, programme: str, party: str) -> Secrets:
    """Return what redaction for a pair needs: the key of its pseudonyms, and the one that seeds of commitments come from."""
    secret = node.keys.secret("token")
    return Secrets(bytes.fromhex(digest([secret.hex(), programme, party])), secret)


def covering(policy: Policy, party: str, area: str, at: datetime, *, again_us: int = 0) -> Predicate:
    """Return what a policy asks of findings for a party in an area; what expired before ``again_us`` may come again."""
    asked = predicate(policy, party, area, at, "")
    return Predicate(*sql(asked), policy.hash, area, again_us, sql(of_labels(asked)))
