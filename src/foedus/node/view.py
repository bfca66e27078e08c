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


def keep_facets(node: Node, policy: Policy) -> None:
    """Keep the facets under a policy of every label in use, so that the predicate can compare them."""
    with node.store.write() as tx:
        for label_id, owner, label in candidates.unfaceted(tx, policy.hash):
            rows = [Facet(label_id, owner, *facet) for facet in all_facets(label, owner, policy)]
            candidates.put_facets(tx, policy.hash, rows)


def with_supports(read: Read, heads: Sequence[Held]) -> Iterator[tuple[Held, Held]]:
    """Yield each head, then its supports, each with its head: clauses match the head, labels are each object's own."""
    supports = findings.supports_of(read, [head.seq for head in heads])
    for some in chunks(heads):
        wanted = {seq for head in some for seq in supports.get(head.seq, ())}
        held = {one.seq: one for one in findings.findings_of(read, sorted(wanted))}
        for head in some:
            yield head, head
            yield from ((held[seq], head) for seq in sorted(supports.get(head.seq, ())))


def secrets_of(node: Node, programme: str, party: str) -> Secrets:
    """Return what redaction for a pair needs: the key of its pseudonyms, and the one that seeds of commitments come from."""
    secret = node.keys.secret("token")
    return Secrets(bytes.fromhex(digest([secret.hex(), programme, party])), secret)


def covering(policy: Policy, party: str, area: str, at: datetime, *, again_us: int = 0) -> Predicate:
    """Return what a policy asks of findings for a party in an area; what expired before ``again_us`` may come again."""
    asked = predicate(policy, party, area, at, "")
    return Predicate(*sql(asked), policy.hash, area, again_us, sql(of_labels(asked)))
