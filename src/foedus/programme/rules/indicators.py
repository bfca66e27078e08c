"""Indicators: computable, on their scale, in their direction, inside the term."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from foedus.model.events import EVENT_FIELDS, INDICATOR_EVENTS, filtered_field
from foedus.model.programme import Compute, Indicator, Programme, Selection
from foedus.programme.remark import Remark
from foedus.programme.yaml12 import escape

_NEED_FIELD = frozenset({"distinct", "sum", "median", "p90", "max", "ratio"})
_PRIVATE = frozenset({"finding.created", "release.denied"})


def compute(programme: Programme) -> Iterator[Remark]:
    """P120 to P123: a computed indicator says how, over events that exist."""
    for i, indicator in enumerate(programme.indicators):
        base = f"/indicators/{i}"
        if indicator.method == "computed" and indicator.compute is None:
            yield Remark("P120", f"{indicator.id!r} is computed, but not said how", f"{base}/compute", "add compute")
        if indicator.compute is not None:
            yield from _computed(indicator.compute, f"{base}/compute")


def _computed(how: Compute, base: str) -> Iterator[Remark]:
    yield from _source(how.source, how.field, base)
    if how.fn == "ratio" and how.numerator is None:
        yield Remark("P122", "a ratio without numerator", f"{base}/numerator", "say which events count on top")
    if how.numerator is not None:
        yield from _source(how.numerator.source, how.numerator.field, f"{base}/numerator")
    if how.fn in _NEED_FIELD and not how.field:
        yield Remark("P123", f"{how.fn} of which field?", f"{base}/field", _fields(how.source))


def _source(source: str, field: str | None, base: str) -> Iterator[Remark]:
    if source not in INDICATOR_EVENTS:
        hint = f"known: {', '.join(sorted(INDICATOR_EVENTS))}"
        yield Remark("P121", f"unknown event kind {source!r}", f"{base}/source", hint)
        return
    if field is not None and field not in EVENT_FIELDS[source]:
        yield Remark("P156", f"{source} has no field {field!r}", f"{base}/field", _fields(source))
    if source in _PRIVATE:
        message = f"{source} stands in the owner's private log: the partner cannot verify the number"
        yield Remark("P159", message, f"{base}/source", "count an event of a pair log where you can", "warning")


def filters(programme: Programme) -> Iterator[Remark]:
    """P121 (milestones), P124, P125, P156: a filter names fields, areas and parties that exist."""
    areas = sorted(a.id for a in programme.areas)
    parties = sorted(p.id for p in programme.parties)
    for base, selection in _selections(programme):
        if base.startswith("/milestones"):
            yield from _source(selection.source, selection.field, base)
        for key, wanted in selection.where.items():
            pointer = f"{base}/where/{escape(key)}"
            field = key if key == "parties" else filtered_field(key)
            if selection.source in EVENT_FIELDS and field not in EVENT_FIELDS[selection.source]:
                yield Remark("P156", f"{selection.source} has no field {field!r}", pointer, _fields(selection.source))
            for value in wanted if isinstance(wanted, list) else [wanted]:
                if not isinstance(value, str | int | float):
                    yield Remark("P156", "neither text nor a number", pointer, "a value, or a list of values")
                elif field == "area" and value not in areas:
                    yield Remark("P124", f"no area {value!r}", pointer, f"known: {', '.join(areas)}")
                elif field == "parties" and value not in parties:
                    yield Remark("P125", f"no party {value!r}", pointer, f"known: {', '.join(parties)}")


def _selections(programme: Programme) -> Iterator[tuple[str, Compute | Selection]]:
    for i, indicator in enumerate(programme.indicators):
        if indicator.compute is not None:
            yield f"/indicators/{i}/compute", indicator.compute
            if indicator.compute.numerator is not None:
                yield f"/indicators/{i}/compute/numerator", indicator.compute.numerator
    for i, milestone in enumerate(programme.milestones):
        if milestone.evidence is not None:
            yield f"/milestones/{i}/evidence", milestone.evidence


def values(programme: Programme) -> Iterator[Remark]:
    """P126, P127, P130: baseline and targets are values the measure can take."""
    for i, indicator in enumerate(programme.indicators):
        base = f"/indicators/{i}"
        steps = programme.scales.get(indicator.scale or "")
        if steps is None and (indicator.measure == "ordinal" or indicator.scale is not None):
            known = ", ".join(sorted(programme.scales)) or "none is declared"
            yield Remark("P126", f"no scale {indicator.scale!r}", f"{base}/scale", f"known: {known}")
        words = {step.value for step in steps or ()}
        for pointer, value in _values(indicator, base):
            if steps is not None and value not in words:
                yield Remark("P127", f"{value!r} is not on the scale", pointer, f"steps: {', '.join(sorted(words))}")
            if indicator.measure in {"unit", "percentage"} and steps is None and not _is_number(value):
                yield Remark("P127", f"{value!r} is no number", pointer, f"a {indicator.measure} is a number")
            if indicator.measure == "percentage" and _is_number(value) and not 0 <= value <= 100:
                yield Remark("P130", f"{value} is no percentage", pointer, "0 to 100")


def _values(indicator: Indicator, base: str) -> Iterator[tuple[str, Any]]:
    yield f"{base}/baseline/value", indicator.baseline.value
    for year, value in indicator.targets.items():
        yield f"{base}/targets/{escape(year)}", value


def targets(programme: Programme) -> Iterator[Remark]:
    """P128, P129, P131: targets lie in the term, go in their direction, and lead away from the baseline."""
    first, last = programme.term.start[:4], programme.term.until[:4]
    for i, indicator in enumerate(programme.indicators):
        base = f"/indicators/{i}/targets"
        if not indicator.targets:
            yield Remark("P131", f"{indicator.id!r} has no target", base, "name one for each year that counts")
        for year in indicator.targets:
            if not (len(year) == 4 and year.isdigit() and first <= year <= last):
                yield Remark("P128", f"target for {year[:20]!r}", f"{base}/{escape(year)}", f"years {first} to {last}")
        yield from _course(programme, indicator, base)


def _course(programme: Programme, indicator: Indicator, base: str) -> Iterator[Remark]:
    before = _height(programme, indicator, indicator.baseline.value)
    baseline = before
    for year, value in sorted(indicator.targets.items()):
        height = _height(programme, indicator, value)
        if height is None or before is None:
            continue
        if (height < before) if indicator.direction == "up" else (height > before):
            message = f"{year}: {value} goes against direction {indicator.direction}"
            yield Remark("P129", message, f"{base}/{escape(year)}", "correct the target or the direction")
        before = height
    if indicator.targets and before is not None and before == baseline:
        year = max(indicator.targets)
        if _height(programme, indicator, indicator.targets[year]) == baseline:
            hint = "a score needs a distance between them"
            yield Remark("P131", f"target of {year} equals the baseline", f"{base}/{escape(year)}", hint)


def _height(programme: Programme, indicator: Indicator, value: Any) -> float | None:
    if indicator.scale is not None:
        steps = {step.value: step.score for step in programme.scales.get(indicator.scale, ())}
        score = steps.get(value) if isinstance(value, str) else None
        return None if score is None else float(score)
    return float(value) if _is_number(value) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fields(source: str) -> str:
    return f"fields: {', '.join(sorted(EVENT_FIELDS.get(source, ())))}"


RULES = (compute, filters, values, targets)
