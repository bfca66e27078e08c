"""Identity: what a number is, and whether it is well made. Flags of quality, never a finding alone.

Definition: classes of MMSI by ITU-R M.585; the check digit of an IMO number; and changes of what a vessel says of
itself. Several per cent of vessels in a day send a failed digit (official numbers typed in, padding), none of them
to deceive.

Source: ITU-R M.585, IMO A.1117(30). Innocent explanations: typing errors, reflagging, a set moved to another hull,
defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from foedus.areas.maritime.methods.event import Fixes

PLACEHOLDERS = frozenset({0, 111_111_111, 123_456_789, 222_222_222, 333_333_333, 444_444_444, 555_555_555, 666_666_666,
                          777_777_777, 888_888_888, 987_654_321, 999_999_999})  # fmt: skip

_PREFIXES = (
    ("111", "aircraft"), ("00", "coast station"), ("0", "group"), ("970", "search transmitter"),
    ("972", "man overboard"), ("974", "emergency beacon"), ("98", "craft of a mother ship"),
    ("99", "aid to navigation"), ("8", "handheld radio"),
)  # fmt: skip


class Said(NamedTuple):
    """What a vessel said of itself at an instant; empty or 0 is nothing."""

    t_ms: int
    mmsi: int
    imo: int
    call_sign: str
    name: str
    length_m: int


class Flag(NamedTuple):
    """One quality flag: ``imo-digit``, ``imo-two-hulls``, or ``changed-`` and the field; since when, about whom."""

    code: str
    t_ms: int
    mmsis: tuple[int, ...]


def vessel_class(mmsi: int) -> str:
    """Class of an MMSI.

    >>> [vessel_class(n) for n in (244660000, 992456789, 2190045, 111232506, 123456789, 12345)]
    ['ship', 'aid to navigation', 'coast station', 'aircraft', 'placeholder', 'placeholder']
    """
    if mmsi in PLACEHOLDERS or not 1_000_000 <= mmsi <= 999_999_999:
        return "placeholder"
    digits = f"{mmsi:09d}"
    for prefix, name in _PREFIXES:
        if digits.startswith(prefix):
            return name
    return "ship" if 201 <= mmsi // 1_000_000 <= 775 else "placeholder"


def ships(tracks: Iterable[Fixes]) -> list[Fixes]:
    """Tracks of ships; only these enter the other methods."""
    return [track for track in tracks if vessel_class(track.mmsi) == "ship"]


def imo_valid(imo: int) -> bool:
    """Whether the check digit of a seven-digit IMO number is right.

    >>> imo_valid(9074729), imo_valid(9074728), imo_valid(0)
    (True, False, False)
    """
    if not 1_000_000 <= imo <= 9_999_999:
        return False
    digits = [int(digit) for digit in str(imo)]
    return sum(digit * (7 - n) for n, digit in enumerate(digits[:6])) % 10 == digits[6]


def flags(said: Sequence[Said]) -> list[Flag]:
    """Quality flags of static data; a value counts once it was said twice, as a damaged message may pass its checksum.

    Returns:
        Flags by instant.
    """
    out = list(_digits(said))
    for field in ("imo", "call_sign", "name"):
        out.extend(_changes(said, field))
    out.extend(_two_hulls(said))
    return sorted(out, key=lambda flag: (flag.t_ms, flag.code, flag.mmsis))


def _digits(said: Sequence[Said]) -> Iterable[Flag]:
    told: set[tuple[int, int]] = set()
    for one in sorted(said):
        if one.imo and (one.mmsi, one.imo) not in told and not imo_valid(one.imo):
            told.add((one.mmsi, one.imo))
            yield Flag("imo-digit", one.t_ms, (one.mmsi,))


def _changes(said: Sequence[Said], field: str) -> Iterable[Flag]:
    current: dict[int, object] = {}
    waiting: dict[int, Said] = {}
    for one in sorted(said):
        value = getattr(one, field)
        if not value or value == current.get(one.mmsi):
            waiting.pop(one.mmsi, None)
            continue
        first = waiting.get(one.mmsi)
        if first is None or getattr(first, field) != value:
            waiting[one.mmsi] = one
            continue
        if one.mmsi in current:
            yield Flag(f"changed-{field.replace('_', '-')}", first.t_ms, (one.mmsi,))
        current[one.mmsi] = value
        del waiting[one.mmsi]


def _two_hulls(said: Sequence[Said]) -> Iterable[Flag]:
    """IMO numbers said by two MMSIs in overlapping time."""
    spans: dict[int, dict[int, list[int]]] = {}
    for one in said:
        if imo_valid(one.imo):
            spans.setdefault(one.imo, {}).setdefault(one.mmsi, []).append(one.t_ms)
    for _, held in sorted(spans.items()):
        twice = sorted((mmsi, min(t), max(t)) for mmsi, t in held.items() if len(t) > 1)
        for n, (mmsi, start, end) in enumerate(twice):
            for other, begun, ended in twice[n + 1 :]:
                if max(start, begun) < min(end, ended):
                    yield Flag("imo-two-hulls", max(start, begun), (mmsi, other))
