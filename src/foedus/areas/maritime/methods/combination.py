"""Combination: a meeting at sea, together with what evading sanctions has been seen to look like.

Definition: a rendezvous, scored by what goes with it, each part with a weight of its own: a silence of either vessel that
ends within ``around_h`` before the meeting or begins within ``around_h`` after its end; loitering of either in the same window;
a jump, a circle or an identity twin of either; identity mismatches of either; a hull that is on a watch list; a place inside
a zone somebody drew. The score is 1 - Π(1 - weight): it says how much of the pattern is there, no probability. Said from
``parts_min`` parts beside the meeting and ``score_min`` on.

Source: patterns reported by the UN Panel of Experts on resolution 1718 and by RUSI: ship-to-ship transfer at sea, AIS off
before the approach, identities of other hulls. The weights are ours, not measured. Settings: ``SETTINGS``. Innocent
explanations: those of every part; bunkering and repair at sea by vessels that have reason to fear pirates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from foedus.areas.maritime.methods.event import Event

KIND = "combination"

SETTINGS: dict[str, float] = {
    "score_min": 0.5,
    "parts_min": 1.0,
    "around_h": 24.0,
    "weight_rendezvous": 0.3,
    "weight_gap": 0.35,
    "weight_listed": 0.6,
    "weight_identity": 0.25,
    "weight_impossible": 0.3,
    "weight_loitering": 0.1,
    "weight_zone": 0.2,
}

_SORTS = {
    "gap": "gap", "loitering": "loitering", "jump": "impossible", "circle": "impossible", "identity-twin": "impossible",
    "area-interference": "impossible",
}  # fmt: skip
_HOUR_MS = 3_600_000


class Part(NamedTuple):
    """What goes with a meeting: its sort (as weights name it), in words; the event it is, if it is one."""

    sort: str
    why: str
    event: Event | None = None


def parts_of(meeting: Event, others: Sequence[Event], settings: Mapping[str, float] = SETTINGS) -> list[Part]:
    """Return what of other events goes with a meeting.

    Args:
        meeting: a rendezvous.
        others: events of the same window, and silences.
        settings: as ``SETTINGS``.
    """
    found = []
    for other in others:
        sort = _SORTS.get(other.kind)
        if sort is None or not set(other.mmsis) & set(meeting.mmsis):
            continue
        words = _silence(meeting, other, settings) if sort == "gap" else _beside(other)
        if words:
            found.append(Part(sort, words, other))
    return found


def _beside(other: Event) -> str:
    return f"{other.kind.replace('-', ' ')} of {_who(other)}"


def _silence(meeting: Event, gap: Event, settings: Mapping[str, float]) -> str:
    """How a silence lies about a meeting; empty where it has nothing to do with it."""
    reach = settings["around_h"] * _HOUR_MS
    if gap.to_ms > gap.from_ms and meeting.from_ms - reach <= gap.to_ms <= meeting.from_ms:
        return f"{_who(gap)} silent until {_hours(meeting.from_ms - gap.to_ms)} before"
    if meeting.to_ms <= gap.from_ms <= meeting.to_ms + reach:
        return f"{_who(gap)} silent from {_hours(gap.from_ms - meeting.to_ms)} after"
    return ""


def combine(meeting: Event, parts: Sequence[Part], settings: Mapping[str, float] = SETTINGS) -> Event | None:
    """Return the combination of a meeting and what goes with it, None where it is too little.

    Each sort counts once, however many parts it has; every part is explained.
    """
    sorts = sorted({part.sort for part in parts})
    missing = 1.0 - settings["weight_rendezvous"]
    for sort in sorts:
        missing *= 1.0 - settings[f"weight_{sort}"]
    score = round(1.0 - missing, 2)
    if len(sorts) < settings["parts_min"] or score < settings["score_min"]:
        return None
    together = _hours(round(float(meeting.measures["contact_s"]) * 1000))
    measures: dict[str, float | int | str] = {
        "score": score,
        "score_margin": round(score - settings["score_min"], 2),
        "part_rendezvous": f"{settings['weight_rendezvous']:g}: together for {together}",
    }
    for sort in sorts:
        words = "; ".join(dict.fromkeys(part.why for part in parts if part.sort == sort))
        measures[f"part_{sort}"] = f"{settings[f'weight_{sort}']:g}: {words}"
    return meeting._replace(kind=KIND, measures=measures)


def _who(event: Event) -> str:
    return " and ".join(f"MMSI {mmsi:09}" for mmsi in event.mmsis)


def _hours(ms: int) -> str:
    hours, minutes = divmod(round(ms / 60_000), 60)
    return f"{hours} h {minutes:02} min"
