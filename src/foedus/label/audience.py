"""To which states a label's policy lets the finding go: the set rule that gives every audience of Tables 17 and 18."""

from __future__ import annotations

from collections.abc import Callable

from foedus.label import nato
from foedus.label.ladder import is_open
from foedus.label.names import fold
from foedus.model.label import Label

Expand = Callable[[str], frozenset[str]]


def audience(label: Label, expand: Expand) -> frozenset[str] | None:
    """Return the states (alpha-3) a label's policy lets it go to; None for everyone.

    Context gives the core of a NATO label, Only replaces it, Releasable To widens it. A label of any other policy has the
    state or body of that name as its core. The policy of open sources has no limit; its TLP has. Whoever cannot be
    expanded is nobody, so an unknown name never opens anything.

    Args:
        label: the label, effective at the instant in question (see ``Label.at``).
        expand: the members of a party, group, state or activity on the day; empty for a name nobody knows.

    >>> members = {"NATO": frozenset({"DEU", "NOR"}), "JPN": frozenset({"JPN"})}
    >>> sorted(audience(nato.label("RESTRICTED", to=("JPN",)), lambda name: members.get(name, frozenset())))
    ['DEU', 'JPN', 'NOR']
    """
    if is_open(label):
        return None
    core, wider = reach(label)
    everyone: frozenset[str] = frozenset()
    if nato.is_nato(label) and nato.permissive(label, nato.ONLY) and not nato.contexts(label):
        # Without a Context nobody outside NATO, whatever Only names.
        return _union(core, expand) & expand(nato.POLICY)
    return everyone.union(_union(core, expand), _union(wider, expand))


def reach(label: Label) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names a label is meant for: its core, and whom it is releasable to besides."""
    only = nato.permissive(label, nato.ONLY)
    if not nato.is_nato(label):
        own = fold(label.policy)
        wider = tuple(name for name in nato.permissive(label, nato.RELEASABLE_TO) if fold(name) != own)
        return only or (label.policy,), wider
    contexts = nato.contexts(label)
    if len(contexts) != 1:
        # The prose asks for exactly one: without, nobody outside NATO; with several, nobody at all.
        return ((only or (nato.POLICY,)) if not contexts else ()), ()
    opened = any(fold(value) == "releasable" for value in nato.permissive(label, nato.CONTEXT))
    return only or contexts, nato.releasable(label) if opened else ()


def _union(names: tuple[str, ...], expand: Expand) -> frozenset[str]:
    return frozenset().union(*(expand(name) for name in names)) if names else frozenset()
