"""Equivalence between classification policies, as the programme's ``classification_map`` lists it: data, never code."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from foedus.label import nato
from foedus.label.names import fold
from foedus.model.label import Label
from foedus.model.programme import Programme

OPEN = ("PUBLIC", "UNMARKED")


class Name(NamedTuple):
    """One level of a party's own, and its place on the common ladder (the index into ``order``)."""

    policy: str
    classification: str
    rung: int


class Ladder:
    """The common ladder, lowest first, and each party's names for its rungs.

    Args:
        order: the rungs.
        maps: per party id its level names ("NATO RESTRICTED", "秘", "PUBLIC"), each with its rung.
        policies: per party id the name of its own policy (a state's alpha-3 code, else the party id in capitals).
    """

    def __init__(
        self, order: tuple[str, ...], maps: Mapping[str, Mapping[str, str]], policies: Mapping[str, str]
    ) -> None:
        self.order = order
        self.policies = dict(policies)
        self._raw = {party: dict(names) for party, names in maps.items()}
        self._maps: dict[str, dict[str, int]] = {party: self._indices(names) for party, names in self._raw.items()}

    @classmethod
    def of(cls, programme: Programme) -> Ladder:
        """Return the ladder of a programme's ``release.classification_map``."""
        written = programme.release.classification_map
        policies = {party.id: party.country or party.id.upper() for party in programme.parties}
        maps = {party: names for party, names in written.items() if isinstance(names, dict)}
        return cls(tuple(written.get("order", ())), maps, policies)

    def _indices(self, names: Mapping[str, str]) -> dict[str, int]:
        # Two spellings of one name with two rungs: the higher holds, and `problems` says so.
        indices: dict[str, int] = {}
        for name, rung in names.items():
            if rung in self.order:
                indices[fold(name)] = max(self.order.index(rung), indices.get(fold(name), 0))
        return indices

    def level(self, label: Label, party: str) -> int | None:
        """Return the rung of a label as its originator's map places it; None where nobody mapped it.

        The map may name a level as policy and classification joined by a blank, or by the classification alone; by the
        policy alone only for PUBLIC, whose one level is UNMARKED.
        """
        names = self._maps.get(party, {})
        policy, classification = label.policy, label.classification
        keys = [f"{policy} {classification}", classification]
        if nato.is_nato(label) and fold(classification) == "top secret":
            keys.append("COSMIC TOP SECRET")
        if is_open(label):
            keys.append(policy)
        return next((names[key] for key in map(fold, keys) if key in names), None)

    def level_anywhere(self, label: Label) -> int | None:
        """Return the highest rung that any of its originators' maps gives it, or any map where none of those knows it."""
        for parties in (label.owners(), tuple(self._maps)):
            known = [rung for party in parties if (rung := self.level(label, party)) is not None]
            if known:
                return max(known)
        return None

    def equivalent(self, index: int, policy: str) -> str | None:
        """Return a policy's lowest classification at or above a rung, so that nothing is ever lowered; None without one."""
        fitting = [name for name in self.names() if fold(name.policy) == fold(policy) and name.rung >= index]
        # On one rung the first in code point order, so that the answer does not hang on how the document lists them.
        return min(fitting, key=lambda name: (name.rung, name.classification)).classification if fitting else None

    def names(self) -> tuple[Name, ...]:
        """Return every party's names of its own policy, with the open ones left out."""
        return tuple(
            Name(policy, classification, self._maps[party][fold(written)])
            for party, names in self._raw.items()
            for written in names
            if fold(written) in self._maps[party] and not _is_open_name(written)
            for policy, classification in (self._own(party, written),)
        )

    def levels(self) -> dict[str, tuple[str, str]]:
        """Return how people may write levels: each written name, and with its policy, to (policy, classification)."""
        spelled: dict[str, tuple[str, str]] = {}
        for name in self.names():
            spelled[f"{name.policy} {name.classification}"] = (name.policy, name.classification)
        for name in self.names():
            if fold(name.policy) != "nato":
                spelled.setdefault(name.classification, (name.policy, name.classification))
        return spelled

    def _own(self, party: str, written: str) -> tuple[str, str]:
        policy = self.policies.get(party, party.upper())
        words = " ".join(written.split())
        if fold(words).startswith("cosmic "):
            return nato.POLICY, words.split(" ", 1)[1]
        if fold(words).startswith(fold(policy) + " "):
            return policy, words[len(policy) + 1 :]
        return policy, words

    def problems(self) -> tuple[str, ...]:
        """Return what is wrong with the map: no total order, rungs nobody listed, spellings at odds, levels not monotone."""
        found = []
        if len(set(self.order)) != len(self.order) or not self.order:
            found.append("order must list every rung once, lowest first")
        for party, names in self._raw.items():
            seen: dict[str, str] = {}
            for name, rung in names.items():
                if rung not in self.order:
                    found.append(f"{party}: {name!r} stands on {rung!r}, which is not in order")
                if seen.setdefault(fold(name), rung) != rung:
                    found.append(f"{party}: {name!r} is listed twice, on different rungs")
        found.extend(self._not_monotone())
        return tuple(found)

    def _not_monotone(self) -> list[str]:
        found = []
        for party in self._maps:
            rungs = [(name, self.level(Label(nato.POLICY, name), party)) for name in nato.LEVELS]
            known = [(name, rung) for name, rung in rungs if rung is not None]
            found += [
                f"{party}: NATO {higher} stands below NATO {lower}"
                for (lower, low), (higher, high) in pairwise(known)
                if high < low
            ]
        return found


def is_open(label: Label) -> bool:
    """Return whether the label is the one of open sources: policy PUBLIC, classification UNMARKED."""
    return fold(label.policy) == "public" and fold(label.classification) == "unmarked"


def _is_open_name(written: str) -> bool:
    return fold(written) in {"public", "unmarked", "public unmarked"}
