"""Release clauses: complete, inside the term, resting on an instrument, reachable."""

from __future__ import annotations

from collections.abc import Iterator

from foedus.model.label import TLP_ORDER
from foedus.model.programme import Clause, Instrument, Programme
from foedus.programme.dates import parse_day
from foedus.programme.membership import recipients
from foedus.programme.remark import Remark
from foedus.programme.rules.levels import ladder
from foedus.programme.vocabulary import LIFTS, PROFILES, PURPOSES

EVERY_AREA = "*"
MAX_CLAUSES = 1_000


def references(programme: Programme) -> Iterator[Remark]:
    """P140, P141, P148, P154, P155, P166: what a clause names exists."""
    who = {p.id for p in programme.parties} | {g.id for g in programme.groups}
    areas = {a.id for a in programme.areas} | {EVERY_AREA}
    instruments = {i.id for i in programme.instruments}
    for base, clause in _clauses(programme):
        lists = (
            ("P140", "party or group", "from", clause.owners, who),
            ("P140", "party or group", "to", clause.to, who),
            ("P141", "area", "areas", clause.areas, areas),
            ("P154", "redaction profile", "redact", clause.redact, PROFILES),
            ("P155", "purpose", "purposes", clause.purposes, PURPOSES),
        )
        for code, word, key, names, known in lists:
            for i, name in enumerate(names):
                if name not in known:
                    yield Remark(code, f"no {word} {name!r}", f"{base}/{key}/{i}", f"known: {', '.join(sorted(known))}")
        if clause.basis is not None and clause.basis.instrument not in instruments:
            hint = f"known: {', '.join(sorted(instruments))}"
            yield Remark("P148", f"no instrument {clause.basis.instrument!r}", f"{base}/basis/instrument", hint)
        if clause.what.unless is not None and clause.what.unless not in LIFTS:
            hint = f"known: {', '.join(sorted(LIFTS))}"
            yield Remark("P166", f"unknown condition {clause.what.unless!r}", f"{base}/what/unless", hint)
        elif clause.what.unless is not None and clause.effect == "permit":
            hint = "write a forbid that it lifts"
            yield Remark("P166", "a permit with a condition", f"{base}/what/unless", hint)


def complete(programme: Programme) -> Iterator[Remark]:
    """P142 to P145: a permit says everything it permits; nothing is filled in for it."""
    for base, clause in _clauses(programme):
        if not clause.owners or not clause.to or not clause.areas:
            yield Remark(
                "P142", "a clause with an empty from, to or areas covers nothing", base, "name them, or delete it"
            )
        if clause.effect != "permit":
            continue
        what = clause.what
        needed = (
            ("P142", "purposes", clause.purposes),
            ("P142", "actions", clause.actions),
            ("P142", "retention", clause.retention),
            ("P142", "valid", clause.valid),
            ("P143", "what/max_classification", what.max_classification),
            ("P143", "what/tlp_max", what.tlp_max),
            ("P144", "what/object_types", what.object_types),
        )
        for code, key, given in needed:
            if not given:
                yield Remark(code, f"permit {clause.id!r} without {key}", f"{base}/{key}", "a permit must name it")
        if EVERY_AREA in clause.areas:
            yield Remark(
                "P145", "a permit for every area", f"{base}/areas", "name the areas; only a forbid may cover *"
            )


def classified(programme: Programme) -> Iterator[Remark]:
    """P147, P152: what is classified rests on an instrument that governs release, and goes no further than it."""
    levels = ladder(programme)
    governed = any(i.relation == "governs-release" for i in programme.instruments)
    instruments = {i.id: i for i in programme.instruments}
    for base, clause in _clauses(programme):
        if clause.effect != "permit":
            continue
        basis = instruments.get(clause.basis.instrument) if clause.basis is not None else None
        height = levels.index(ceiling) if (ceiling := clause.what.max_classification) in levels else 0
        if height > 0 and not (
            governed if clause.basis is None else basis is None or basis.relation == "governs-release"
        ):
            hint = "rest it on an instrument with relation governs-release"
            yield Remark("P147", f"{ceiling} without such an instrument", f"{base}/what/max_classification", hint)
        if basis is not None:
            yield from _wider(base, clause, basis, levels)


def _wider(base: str, clause: Clause, basis: Instrument, levels: tuple[str, ...]) -> Iterator[Remark]:
    hint = f"keep within {basis.id}"
    top, ceiling = basis.max_classification, clause.what.max_classification
    if top in levels and ceiling in levels and levels.index(ceiling) > levels.index(top):
        message = f"{ceiling}, but {basis.id} covers up to {top}"
        yield Remark("P152", message, f"{base}/what/max_classification", hint)
    start, signed = parse_day(clause.valid.start) if clause.valid else None, parse_day(basis.date)
    if start and signed and start < signed:
        yield Remark("P152", f"valid before {basis.id} was signed ({basis.date})", f"{base}/valid/from", hint)


def validity(programme: Programme) -> Iterator[Remark]:
    """P149: a clause holds inside the term."""
    term = parse_day(programme.term.start), parse_day(programme.term.until)
    for base, clause in _clauses(programme):
        if clause.valid is None:
            continue
        start, until = parse_day(clause.valid.start), parse_day(clause.valid.until)
        if not (start and until and term[0] and term[1]):
            continue
        if until < start:
            yield Remark("P149", "validity ends before it starts", f"{base}/valid", "swap or correct the days")
        elif start < term[0] or until > term[1]:
            hint = f"the term is {programme.term.start} to {programme.term.until}"
            yield Remark("P149", "validity outside the term", f"{base}/valid", hint)


def to_others(programme: Programme) -> Iterator[Remark]:
    """P150: a permit reaches somebody else than its owner."""
    for base, clause in _clauses(programme):
        owners, reached = _everyone(programme, clause.owners), _everyone(programme, clause.to)
        if clause.effect == "permit" and owners and reached and len(owners | reached) == 1:
            yield Remark(
                "P150", f"{clause.id!r} releases to its own originator only", f"{base}/to", "name the other party"
            )


def reachable(programme: Programme) -> Iterator[Remark]:
    """P151: a permit that one forbid always beats is a mistake in one of the two."""
    if len(programme.release.clauses) > MAX_CLAUSES:
        yield Remark(
            "P002", f"more than {MAX_CLAUSES} clauses", "/release/clauses", "nobody can review so many; merge them"
        )
        return
    forbids = [clause for _, clause in _clauses(programme) if clause.effect == "forbid"]
    for base, clause in _clauses(programme):
        if clause.effect != "permit":
            continue
        for forbid in forbids:
            if _always_beats(programme, forbid, clause):
                yield Remark(
                    "P151", f"forbid {forbid.id!r} beats it always", base, "narrow the forbid, or delete the permit"
                )


def _always_beats(programme: Programme, forbid: Clause, permit: Clause) -> bool:
    f, p = forbid.what, permit.what
    if f.unless or f.caveats_any or f.contains or f.max_age:
        return False
    levels = ladder(programme)
    return (
        _everyone(programme, forbid.owners) >= _everyone(programme, permit.owners)
        and _everyone(programme, forbid.to) >= _everyone(programme, permit.to)
        and (EVERY_AREA in forbid.areas or set(forbid.areas) >= set(permit.areas))
        and (not f.object_types or set(f.object_types) >= set(p.object_types))
        and (not forbid.purposes or set(forbid.purposes) >= set(permit.purposes))
        and _not_lower(f.max_classification, p.max_classification, levels)
        and _not_lower(f.tlp_max, p.tlp_max, TLP_ORDER)
        and (forbid.valid is None or (permit.valid is not None and _spans(forbid, permit)))
    )


def _not_lower(mine: str | None, other: str | None, order: tuple[str, ...]) -> bool:
    return mine is None or (mine in order and other in order and order.index(mine) >= order.index(other or ""))


def _spans(forbid: Clause, permit: Clause) -> bool:
    assert forbid.valid is not None
    assert permit.valid is not None
    return forbid.valid.start <= permit.valid.start and permit.valid.until <= forbid.valid.until


def _everyone(programme: Programme, names: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*(recipients(programme, name) for name in names))


def _clauses(programme: Programme) -> Iterator[tuple[str, Clause]]:
    for i, clause in enumerate(programme.release.clauses):
        yield f"/release/clauses/{i}", clause


RULES = (references, complete, classified, validity, to_others, reachable)
