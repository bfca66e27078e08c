"""Recurring: the same set of accounts in cases of several weeks, as one campaign; who is behind it is not asked.

Two cases are of one set where ``SAME`` of the accounts of the smaller, and ``K`` at least, are in both. Accounts are keyed: a set
is known again within one window of the node's keys, and nowhere else. What is remembered of a case goes with its sources.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import msgspec

from foedus.areas.information.extensions import LAYER
from foedus.areas.information.few import K, rounded
from foedus.areas.information.meaning import extensions, opencti_ids
from foedus.areas.information.remembered import WEEK_S, WEEKS, Recurs, Said, State, day_of, monday_s
from foedus.model import instant, stix
from foedus.model.canonical import canonical, digest
from foedus.model.finding import Finding, Support

KIND = "campaign"
METHOD = "recurrence of sets of accounts, version 1"
SAME = 0.5


class Recurrence(NamedTuple):
    """A set that came back: its name, its cases by id, how many accounts are in cases of two weeks and more."""

    name: str
    first: str
    cases: Mapping[str, Said]
    accounts: int

    @property
    def id(self) -> str:
        """The id that OpenCTI gives a campaign of this name."""
        return opencti_ids.named(KIND, self.name)

    @property
    def said(self) -> Recurs:
        """What is remembered of it."""
        weeks = [one.week for one in self.cases.values()]
        told = digest([self.name, sorted(set(weeks)), rounded(self.accounts), sorted(self.cases)])
        return Recurs(told, tuple(self.cases), self.first)


def told(state: State, withdrawn: Collection[str], whose: tuple[str, str], now: str) -> Iterator[Finding]:
    """Yield the campaigns that are new or changed, and those that no longer stand since a case of theirs does not."""
    made = {one.id: one for one in _campaigns(state)}
    for id_, was in list(state.campaigns.items()):
        if id_ in made:
            continue
        if set(was.cases) & set(withdrawn):
            del state.campaigns[id_]
            yield _withdrawn(id_, was.first, now, whose[1])
        elif not set(was.cases) & set(state.said):  # all its weeks are past
            del state.campaigns[id_]
    for id_, one in made.items():
        if state.campaigns.get(id_) != one.said:
            state.campaigns[id_] = one.said
            yield _finding(one, now)


def _campaigns(state: State) -> list[Recurrence]:
    """Sets in cases of two weeks and more; each case is told which it belongs to, so that its name outlives the first week."""
    since = max((one.week for one in state.said.values()), default=0) - WEEKS + 1
    found = []
    for ids in _alike({id_: set(one.accounts) for id_, one in state.said.items() if one.accounts}):
        cases = {id_: state.said[id_] for id_ in sorted(ids)}
        if len({one.week for one in cases.values()}) > 1:
            old = [one.root for one in cases.values() if one.root and one.root[:10] < day_of(since)]
            root = min([*old, *(f"{day_of(one.week)}, group {digest(id_)[:8]}" for id_, one in cases.items())])
            state.said.update({id_: msgspec.structs.replace(one, root=root) for id_, one in cases.items()})
            name = f"Shared together again, first in the week of {root}"
            found.append(Recurrence(name, root[:10], cases, _recurring(list(cases.values()))))
    return found


def _alike(sets: Mapping[str, set[str]]) -> list[set[str]]:
    """Cases tied by the same set, however far."""
    groups = [{id_} for id_ in sorted(sets)]
    for a, b in combinations(sorted(sets), 2):
        both = len(sets[a] & sets[b])
        if both >= K and both >= SAME * min(len(sets[a]), len(sets[b])):
            tied = [one for one in groups if a in one or b in one]
            groups = [one for one in groups if one not in tied] + [set().union(*tied)]
    return sorted(groups, key=min)


def _recurring(cases: Sequence[Said]) -> int:
    weeks: dict[str, set[int]] = {}
    for one in cases:
        for account in one.accounts:
            weeks.setdefault(account, set()).add(one.week)
    return sum(len(held) > 1 for held in weeks.values())


def _finding(one: Recurrence, now: str) -> Finding:
    weeks = sorted({said.week for said in one.cases.values()})
    because = tuple(sorted({f"source:{origin}" for said in one.cases.values() for origin in said.origins}))
    dated = {"spec_version": "2.1", "created": f"{one.first}T00:00:00.000Z", "modified": now}
    accounts = rounded(one.accounts)
    head = dated | {
        "type": KIND,
        "id": one.id,
        "name": one.name,
        "description": f"At least {accounts} accounts shared together in {len(weeks)} weeks, more than chance explains. "
        "Nothing is said about who is behind it, nor about what is true.",
        "first_seen": f"{one.first}T00:00:00.000Z",
        "last_seen": instant.stix_text(instant.from_us((monday_s(weeks[-1]) + WEEK_S) * 1_000_000)),
        "extensions": {
            extensions.CAMPAIGN: {
                "extension_type": "property-extension",
                "method": METHOD,
                "parameters": {"same": SAME},
                "weeks": [day_of(week) for week in weeks],
                "accounts": accounts,
            }
        },
    }
    links = [Support(_link(one.id, case, dated), because) for case in one.cases]
    supports = (*links, *(Support(held, (LAYER,)) for held in extensions.definitions()))
    return Finding("information", KIND, stix.read(canonical(head)), because, supports)


def _link(campaign: str, case: str, dated: dict[str, str]) -> stix.StixObject:
    """That a case belongs to a campaign, in the one verb that OpenCTI takes between them."""
    id_ = opencti_ids.relationship("related-to", campaign, case)
    ends = {"relationship_type": "related-to", "source_ref": campaign, "target_ref": case}
    return stix.read(canonical(dated | {"type": "relationship", "id": id_} | ends))


def _withdrawn(id_: str, first: str, now: str, source: str) -> Finding:
    dated = {"spec_version": "2.1", "created": f"{first}T00:00:00.000Z", "modified": now}
    head = dated | {"type": KIND, "id": id_, "revoked": True, "name": "No longer concluded"}
    return Finding("information", KIND, stix.read(canonical(head)), (f"source:{source}",))
