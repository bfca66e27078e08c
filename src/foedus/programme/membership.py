"""Membership by day: what "release to NATO" means depends on the day it is asked."""

from __future__ import annotations

from datetime import date

from foedus.errors import UnknownParty
from foedus.model.programme import Group, Party, Programme
from foedus.programme.dates import holds


def members_on(party: Party, day: date) -> frozenset[str]:
    """Return the countries a party stands for on a day (alpha-3); a state is its own member.

    >>> members_on(Party(id="jpn", kind="state", name="Japan", country="JPN"), date(2026, 6, 1))
    frozenset({'JPN'})
    """
    own = {party.country} if party.country else set()
    dated = (m.countries for m in party.members if holds(m.start, m.until, day))
    return frozenset(own.union(*dated))


def expand(programme: Programme, name: str, day: date) -> frozenset[str]:
    """Return the countries behind the id of a party or group on a day.

    Raises:
        UnknownParty: the programme names no such party or group.
    """
    party = programme.party(name)
    if party is not None:
        return members_on(party, day)
    group = group_of(programme, name)
    if group is None:
        raise UnknownParty(f"no party or group {name!r}", where=programme.id, hint="see parties and groups")
    return frozenset(group.countries)


def group_of(programme: Programme, name: str) -> Group | None:
    """Return the group of an id, or None."""
    return next((group for group in programme.groups if group.id == name), None)


def recipients(programme: Programme, name: str) -> frozenset[str]:
    """Return who may receive under the id of a party or group: party ids, countries where no party stands for them.

    A group of states reaches a state that is a party through that party.
    """
    group = group_of(programme, name)
    if group is None:
        return frozenset({name})
    parties = {party.country: party.id for party in programme.parties if party.kind == "state"}
    return frozenset(parties.get(country, country) for country in group.countries)
