"""How a line to take stood in a week, as plain STIX: a grouping with its figures, notes of its words and of the method.

A figure is records and channels, each rounded down to a multiple of three; null where fewer than three channels stand behind it,
or where it could be had from others by subtraction. Shares are made of the rounded figures, so that they tell no more. No
channel, account, text or address goes along.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from foedus.areas.information.few import K, rounded
from foedus.areas.information.meaning import across, extensions
from foedus.areas.information.meaning.claims import Claim, claim
from foedus.areas.information.meaning.figures import Carried, Figure, Uptake, wilson
from foedus.areas.information.meaning.findings import NAMESPACE, Encoded, note
from foedus.areas.information.meaning.limits import SHORT
from foedus.areas.information.meaning.lines import COPIED, Subject
from foedus.model import instant, stix
from foedus.model.canonical import canonical
from foedus.model.stix import NAME_CHARACTERS

METHOD = "uptake of lines, version 1"
PARAMETERS: Mapping[str, float] = {"copied": COPIED, "claim": SHORT.claim, "least_channels": float(K)}
UNSEEN = (
    "whether anybody was convinced: uptake is no effect",
    "how many people it reached",
    "whether any of it is true",
    "records in languages that are not of the audience, or whose language could not be told",
    "the tier of channels that are not in the table",
)
LIMITS = (
    f"A copy holds at least {COPIED:.0%} of a wording's shingles; else similarity in the model of meaning of {SHORT.claim} and "
    "more (one language: rewording; two: translation). A contradicting country, number or date makes it another matter. Denials "
    "and doubts are no uptake. Own channels are not counted. Days are UTC; uptake counts within the term of the line. Records "
    "and channels are rounded down to multiples of three; a figure of fewer than three channels, or one it could be had from, is "
    "not told. Shares are of the rounded figures, with Wilson's 95 % interval. Tiers are those of the operator's table of "
    "channels (FIMI Exposure Matrix); nothing infers one. Not told: " + "; ".join(UNSEEN) + "."
)


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day: the line, the narratives against it, the partnership itself; None where nothing was said of one."""

    day: str
    uptake: Uptake | None = None
    narratives: Carried | None = None
    partnership: Carried | None = None
    voice: Mapping[str, Figure] = {}


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a line stood in a week.

    Attributes:
        owner: whose line it is.
        from_at: when the week begins.
        line: the line.
        narratives: the claims that work against it.
        days: those with anything told or hidden, in order.
        coverage: what was looked at, in figures.
        unseen: what was not tested.
    """

    owner: str
    from_at: datetime
    line: Subject
    narratives: tuple[Claim, ...]
    days: tuple[Day, ...]
    coverage: Mapping[str, str | int]
    unseen: tuple[str, ...] = UNSEEN


def id_of(owner: str, line: str, from_at: datetime) -> str:
    """Return the id of a line's week: the same however the input is cut."""
    return f"grouping--{uuid.uuid5(NAMESPACE, canonical(['line', owner, line, instant.stix_text(from_at)]).decode())}"


def encode(standing: Standing, modified_at: datetime) -> Encoded:
    """Return it as STIX objects; the same figures give the same bytes."""
    dated = {
        "spec_version": "2.1",
        "created": instant.stix_text(standing.from_at),
        "modified": instant.stix_text(modified_at),
    }
    id_ = id_of(standing.owner, standing.line.id, standing.from_at)
    words = [note(_words(standing.line), id_, dated, "line to take")]
    words += [note(one, id_, dated) for one in standing.narratives]
    words = list({one.id: one for one in words}.values())
    method = dated | {
        "type": "note",
        "id": f"note--{uuid.uuid5(NAMESPACE, canonical(['method', id_]).decode())}",
        "abstract": f"Method and limits: {METHOD}",
        "content": LIMITS,
        "object_refs": [id_],
    }
    head = dated | {
        "type": "grouping",
        "id": id_,
        "name": name(standing)[:NAME_CHARACTERS],
        "description": _description(standing),
        "context": "unspecified",
        "object_refs": sorted(one.id for one in words),
        "extensions": {extensions.UPTAKE: _said(standing)},
    }
    supports = (*words, stix.read(canonical(method)), *extensions.definitions())
    return Encoded(stix.read(canonical(head)), supports)


def name(standing: Standing) -> str:
    """Return what it is called."""
    return f"Line to take {standing.line.id}, week of {instant.stix_text(standing.from_at)[:10]}"


def _words(line: Subject) -> Claim:
    language, *others = sorted(line.wordings)
    return claim(line.wordings[language], language, {one: line.wordings[one] for one in others})


def _description(standing: Standing) -> str:
    taken = sum(_records(one.uptake.cells["taken"]) for one in standing.days if one.uptake)
    against = sum(_records(one.narratives.total) for one in standing.days if one.narratives)
    return (
        f"At least {taken} records took the line up within the week, at least {against} carried narratives against it. "
        "Uptake is no effect, and nothing is said about what is true."
    )


def _said(standing: Standing) -> dict[str, Any]:
    line = standing.line
    return {
        "extension_type": "property-extension",
        "line": {
            "id": line.id,
            "topic": line.topic,
            "wordings": dict(line.wordings),
            "audience": msgspec.to_builtins(line.audience),
            "valid_from": instant.stix_text(line.valid_from),
            "valid_until": instant.stix_text(line.valid_until),
        },
        "narratives": [{"claim": one.text, "language": one.language} for one in standing.narratives],
        "from": instant.stix_text(standing.from_at),
        "to": instant.stix_text(standing.from_at + timedelta(days=7)),
        "days": [_day(one) for one in standing.days],
        "method": f"{METHOD}; {across.METHOD}",
        "parameters": dict(PARAMETERS),
        "coverage": dict(standing.coverage),
        "unseen": list(standing.unseen),
    }


def _day(day: Day) -> dict[str, Any]:
    held: dict[str, Any] = {"day": day.day}
    if day.uptake is not None:
        held["line"] = _uptake(day.uptake)
    if day.narratives is not None:
        held["narratives"] = _carried(day.narratives)
    if day.partnership is not None:
        held["partnership"] = _carried(day.partnership) | {"carrying": _figures(day.voice)}
    return held


def _uptake(held: Uptake) -> dict[str, Any]:
    taken, topic = _records(held.cells["taken"]), _records(held.on_topic)
    said = {"on_topic": _figure(held.on_topic), **_figures(held.cells)}
    said |= {"kinds": _figures(held.kinds), "languages": _figures(held.languages), "tiers": _figures(held.tiers)}
    said["amplified"] = _figure(held.amplified)
    if held.share is not None and taken and topic:
        low, high = wilson(taken, topic)
        said |= {"share": round(taken / topic, 3), "low": low, "high": high}
        if held.drifted is not None:
            lost = rounded(round(held.drifted * (held.cells["taken"].records or 0)))
            said["drifted"] = round(lost / taken, 3)
    return said


def _carried(held: Carried) -> dict[str, Any]:
    parts = {"kinds": held.kinds, "languages": held.languages, "tiers": held.tiers}
    return {"total": _figure(held.total)} | {name: _figures(of) for name, of in parts.items()}


def _figures(held: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: _figure(one) for name, one in sorted(held.items())}


def _figure(held: Figure) -> dict[str, int] | None:
    if not held.records or not held.channels:
        return None
    return {"records": rounded(held.records), "channels": rounded(held.channels)}


def _records(held: Figure) -> int:
    return rounded(held.records or 0)
