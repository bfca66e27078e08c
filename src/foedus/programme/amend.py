"""Amend: the difference of two versions in words, each change classed as tightening, loosening or neutral for release.

Every difference is told, in one sentence (``sentences``). In doubt about a release
rule the class is loosening, because that is the one which needs everybody's signature.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Literal

import msgspec

from foedus.model.label import TLP_ORDER
from foedus.model.programme import Party, Programme, in_language, to_builtins
from foedus.programme import sentences, width
from foedus.programme.agree import SIGNING
from foedus.programme.dates import parse_day
from foedus.programme.membership import group_of, members_on
from foedus.programme.rules.clauses import EVERY_AREA
from foedus.programme.rules.levels import ladder
from foedus.programme.yaml12 import escape

Effect = Literal["tightening", "loosening", "neutral"]

_CHAIN = frozenset({"version", "previous", "signatures", "amendments"})


class Change(msgspec.Struct, frozen=True):
    """One difference: a sentence, the JSON pointer (in the new version; in the old one where it is gone), its effect."""

    text: str
    place: str
    effect: Effect


class _Two(msgspec.Struct, frozen=True):
    old: Programme
    new: Programme
    day: date


class _Leaf(msgspec.Struct, frozen=True):
    path: tuple[str, ...]
    place: str
    old: Any
    new: Any


def diff(old: Programme, new: Programme, day: date) -> tuple[Change, ...]:
    """Return every difference of two versions, groups expanded to their states on a day.

    Version number, chain, signatures and the list of amendments themselves are left out.
    """
    two = _Two(old, new, day)
    before, after = ({k: v for k, v in to_builtins(p).items() if k not in _CHAIN} for p in (old, new))
    return tuple(change for leaf in _leaves(before, after, (), "") for change in _say(leaf, two))


def _leaves(old: Any, new: Any, path: tuple[str, ...], place: str) -> Iterator[_Leaf]:
    if old == new:
        return
    before, after = _keyed(old, path), _keyed(new, path)
    if before is None or after is None:
        yield _Leaf(path, place, old, new)
        return
    for key in dict.fromkeys((*after, *before)):
        was, at_old = before.get(key, (None, ""))
        now, at_new = after.get(key, (None, at_old))
        yield from _leaves(was, now, (*path, key), f"{place}/{at_new}")


def _keyed(value: Any, path: tuple[str, ...]) -> dict[str, tuple[Any, str]] | None:
    # A mapping by its keys, a list of things with ids by their ids; each with its token in a JSON pointer.
    if isinstance(value, Mapping):
        return {key: (item, escape(key)) for key, item in value.items()}
    if isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) and "id" in item for item in value):
        found: dict[str, tuple[Any, str]] = {}
        for i, item in enumerate(value):
            # Two cards of one node, while its keys change: the second goes by a name of its own.
            found[item["id"] if item["id"] not in found else f"{item['id']} ({i + 1})"] = (item, str(i))
        return found
    # An absent list of such things is an empty one, so that the first and the last are told like every other.
    return {} if not value and path and path[-1] in sentences.COLLECTIONS else None


def _say(leaf: _Leaf, two: _Two) -> Iterator[Change]:
    match leaf.path:
        case ("release", "clauses", name):
            yield _whole_clause(leaf, name, two)
        case ("release", "clauses", name, *field):
            yield from _clause(leaf, name, "/".join(field), two)
        case ("release", "classification_map", party, name):
            yield _level_name(leaf, party, name, two)
        case ("release", "classification_map", party) if leaf.new is None and party != "order":
            yield _generic(leaf, "tightening")  # what it marks is unknown from now on, and stays
        case ("release", "classification_map", *_):
            yield _generic(leaf, "loosening")
        case ("release", "markings", _):
            yield _generic(leaf, "tightening" if leaf.new is None else "loosening")
        case ("release", "obligations_default", name):
            yield _obligation(leaf, name)
        case ("groups", name, "countries"):
            yield from _group(leaf, name, two)
        case ("parties", name, "members"):
            yield from _members(leaf, name, two)
        case ("parties", name, *field):
            yield _party(leaf, name, "/".join(field), two)
        case ("areas", name, "rooms"):
            yield from _listed(leaf, f"area {name}", "room", width.WIDER)
        case ("term", "from" | "until" as end):
            earlier = str(leaf.new) < str(leaf.old)
            yield _generic(leaf, "loosening" if earlier == (end == "from") else "tightening")
        case ("status",):
            runs = leaf.old in SIGNING, leaf.new in SIGNING
            yield _generic(leaf, "neutral" if runs[0] == runs[1] else "loosening" if runs[1] else "tightening")
        case ("indicators", name, "targets", year):
            yield Change(
                f"target {name} {year}: {sentences.value(leaf.old)} -> {sentences.value(leaf.new)}",
                leaf.place,
                "neutral",
            )
        case _:
            yield _generic(leaf, "neutral")


def _generic(leaf: _Leaf, effect: Effect) -> Change:
    return Change(sentences.change(leaf.path, leaf.old, leaf.new), leaf.place, effect)


def _effect(way: int) -> Effect:
    # Unclear counts as loosening: it is the class that asks everybody.
    return "tightening" if way < 0 else "loosening"


def _who(programme: Programme, names: list[str]) -> list[str]:
    shown: list[str] = []
    for name in names:
        group, party = group_of(programme, name), programme.party(name)
        named = party.country or in_language(party.name) if party else name
        shown += group.countries if group else [named]
    return list(dict.fromkeys(shown))


def _scope(clause: Mapping[str, Any]) -> str:
    what = clause["what"]
    kinds = len(what.get("object_types", ()))
    parts = [f"{kinds} object types" if kinds else "everything", f"in {sentences.value(clause['areas'])}"]
    if what.get("max_classification"):
        parts.append(f"up to {what['max_classification']}, TLP {what.get('tlp_max')}")
    if what.get("caveats_any") or what.get("contains"):
        parts.append("marked " + sentences.value([*what.get("caveats_any", ()), *what.get("contains", ())]))
    return " ".join(parts)


def _whole_clause(leaf: _Leaf, name: str, two: _Two) -> Change:
    clause, programme = (leaf.new, two.new) if leaf.new is not None else (leaf.old, two.old)
    who, scope = ", ".join(_who(programme, clause["to"])), _scope(clause)
    added, permit = leaf.new is not None, clause["effect"] == "permit"
    verb = ("gain" if added else "lose") if permit else ("no longer get" if added else "are no longer kept from")
    rule = "new" if added else "removed"
    return Change(f"{who} {verb} {scope} ({rule} clause {name})", leaf.place, _effect(1 if added == permit else -1))


def _clause(leaf: _Leaf, name: str, field: str, two: _Two) -> Iterator[Change]:
    clause = next(c for c in two.new.release.clauses if c.id == name)
    old = next(c for c in two.old.release.clauses if c.id == name)
    sign = 1 if clause.effect == "permit" else -1
    who = ", ".join(_who(two.new, list(clause.to)))
    if field in {"provenance", "basis"} or field.startswith(("provenance/", "basis/")):
        yield _generic(leaf, "neutral")
    elif field in {"to", "from"} and clause.effect == "forbid" and (left := _left(leaf, two)):
        yield Change(f"{', '.join(left)} left and no longer stands in {name}", leaf.place, "neutral")
    elif field == "effect":
        yield Change(f"{name} turns from {leaf.old} to {leaf.new} for {who}", leaf.place, _effect(sign))
    elif field == "to":
        before, after = _who(two.old, list(old.to)), _who(two.new, list(clause.to))
        yield from _gains(leaf, before, after, f"to the recipients of {name}", sign)
    elif field in _LISTS:
        word, way = _LISTS[field]
        # On a forbid an empty list means everything, so filling it narrows what it strikes.
        # "*" is every area: what stands beside it or replaces it is no single gain or loss.
        if field == "areas" and (EVERY_AREA in leaf.old) != (EVERY_AREA in leaf.new):
            text = sentences.everything(name, word, leaf.old, leaf.new)
            yield Change(text, leaf.place, _effect(sign if EVERY_AREA in leaf.new else -sign))
        elif clause.effect == "forbid" and not (leaf.old and leaf.new):
            yield Change(
                sentences.everything(name, word, leaf.old, leaf.new), leaf.place, _effect(1 if leaf.new else -1)
            )
        else:
            # A permit is told from those who receive; a forbid, an originator or a profile from the clause.
            told = clause.effect == "permit" and field not in {"from", "redact"}
            subject, under = (who, f" under {name}") if told else (f"clause {name}", "")
            yield from _listed(leaf, subject, word, way * sign, under)
    else:
        say = sentences.of_permit if clause.effect == "permit" else sentences.of_forbid
        text = say(name, who, field, leaf.old, leaf.new)
        if field == "what/unless":
            yield Change(text, leaf.place, _effect(-1 if leaf.new is None else 1))
        else:
            way = width.of_field(field, leaf.old, leaf.new, ladder(two.new))
            yield Change(text, leaf.place, _effect(way * sign))


def _left(leaf: _Leaf, two: _Two) -> list[str]:
    """Return who was taken out of a list because it is a party no more, where nothing else of it changed."""
    went = [name for name in leaf.old or () if name not in (leaf.new or ())]
    gone = all(two.old.party(name) and two.new.party(name) is None for name in went)
    return went if gone and leaf.new and set(leaf.new) <= set(leaf.old) else []


_LISTS: Mapping[str, tuple[str, int]] = {
    "from": ("originator", width.WIDER),
    "areas": ("area", width.WIDER),
    "what/object_types": ("object type", width.WIDER),
    "what/caveats_any": ("caveat", width.WIDER),
    "what/contains": ("content class", width.WIDER),
    "purposes": ("purpose", width.WIDER),
    "caveats": ("accepted caveat", width.WIDER),
    "redact": ("redaction profile", width.NARROWER),
}


def _listed(leaf: _Leaf, who: str, word: str, way: int, under: str = "") -> Iterator[Change]:
    old, new = list(leaf.old or ()), list(leaf.new or ())
    one = "" if ", " in who else "s"
    for verb, names, turn in (
        (f"gain{one}", [n for n in new if n not in old], way),
        (f"lose{one}", [n for n in old if n not in new], -way),
    ):
        if names:
            many = "s" if len(names) > 1 else ""
            text = f"{who} {verb} {len(names)} {word}{many}{under}: {sentences.value(names)}"
            yield Change(text, leaf.place, _effect(turn))
    if sorted(old) == sorted(new):
        yield _generic(leaf, "neutral")


def _gains(leaf: _Leaf, before: list[str], after: list[str], to_what: str, sign: int) -> Iterator[Change]:
    joined, left = [n for n in after if n not in before], [n for n in before if n not in after]
    if joined:
        yield Change(f"{', '.join(joined)} added {to_what}", leaf.place, _effect(sign))
    if left:
        yield Change(f"{', '.join(left)} taken from {to_what[3:]}", leaf.place, _effect(-sign))
    if not joined and not left:
        yield _generic(leaf, "neutral")


def _group(leaf: _Leaf, name: str, two: _Two) -> Iterator[Change]:
    under = [c.id for c in two.new.release.clauses if c.effect == "permit" and name in (*c.to, *c.owners)]
    clauses = f" (clauses {', '.join(under)})" if under else ""
    yield from _gains(leaf, list(leaf.old or ()), list(leaf.new or ()), f"to group {name}{clauses}", 1)


def _members(leaf: _Leaf, name: str, two: _Two) -> Iterator[Change]:
    old, new = two.old.party(name), two.new.party(name)
    assert old is not None
    assert new is not None
    told: set[tuple[str, int]] = set()
    for day in _turning_days(old, new, two.day):
        before, after = members_on(old, day), members_on(new, day)
        for country, way in (*((c, 1) for c in sorted(after - before)), *((c, -1) for c in sorted(before - after))):
            if (country, way) not in told:
                told.add((country, way))
                verb = "is a member of" if way > 0 else "is no longer a member of"
                yield Change(f"{country} {verb} {name} on {day.isoformat()}", leaf.place, _effect(way))
    if not told:
        yield _generic(leaf, "neutral")


def _turning_days(old: Party, new: Party, day: date) -> list[date]:
    members = [m for party in (old, new) for m in party.members]
    starts = [parse_day(m.start) for m in members]
    ends = [found + timedelta(days=1) for m in members if (found := parse_day(m.until or "")) and found < date.max]
    return sorted({day, *(found for found in [*starts, *ends] if found is not None and found > day)})


def _party(leaf: _Leaf, name: str, field: str, two: _Two) -> Change:
    orders: Mapping[str, tuple[str, ...]] = {"clearance": ladder(two.new), "tlp_max": TLP_ORDER}
    defaults = {"clearance": "unclassified", "tlp_max": "clear"}
    if field in orders:
        old, new = leaf.old or defaults[field], leaf.new or defaults[field]
        text = f"{name} may receive up to {'TLP ' if field == 'tlp_max' else ''}{new} instead of {old}"
        return Change(text, leaf.place, _effect(width.of_step(old, new, orders[field])))
    if field == "":
        verb = "leaves" if leaf.new is None else "joins"
        whole = leaf.old if leaf.new is None else leaf.new
        text = f"{name} {verb} as a party: {in_language(whole['name'])}, {whole['kind']}"
        return Change(text, leaf.place, "tightening" if leaf.new is None else "loosening")
    part, _, rest = field.partition("/")
    if part in {"kind", "country", "misp_orgs"}:
        return _generic(leaf, "loosening")
    if part == "nodes" and "/" not in rest and (leaf.old is None or leaf.new is None):
        verb = "enrolled" if leaf.old is None else "removed"
        return Change(f"node {rest} of {name} {verb}", leaf.place, "neutral")
    return _generic(leaf, "neutral")


def _level_name(leaf: _Leaf, party: str, name: str, two: _Two) -> Change:
    # A name mapped lower, or known at last, lets more go; a name mapped higher, or unknown again, lets less go.
    if leaf.old is None or leaf.new is None:
        if leaf.old is None:
            return Change(f"{party}: {name!r} counts as {leaf.new}, unknown before", leaf.place, "loosening")
        return Change(
            f"{party}: {name!r} is no longer known, before it counted as {leaf.old}", leaf.place, "tightening"
        )
    way = -width.of_step(leaf.old, leaf.new, ladder(two.new))
    return Change(f"{party}: {name!r} counts as {leaf.new} instead of {leaf.old}", leaf.place, _effect(way))


_STRICT: Mapping[str, tuple[str, ...]] = {
    "encrypt_in_transit": ("must", "may"),
    "onward": ("originator-consent", "clause-only"),
}


def _obligation(leaf: _Leaf, name: str) -> Change:
    if name in _STRICT:
        return _generic(leaf, _effect(width.of_step(leaf.old, leaf.new, _STRICT[name])))
    if name == "notify_recall_within":
        return _generic(leaf, _effect(width.of_field("retention/delete_after", leaf.old, leaf.new, ())))
    return _generic(leaf, _effect(width.UNCLEAR))
