"""Identity mismatch: what a vessel says of itself does not go together. Never a finding: it only supports one.

Definition, over what a vessel said at least twice by an instant: ``imo-digit`` its IMO number fails the check digit;
``imo-two-hulls`` another MMSI that was heard meanwhile says the same, valid one; ``flag`` the country of its MMSI is not the
one it or a register declares, territories of one state counting as one; ``changed-…`` it changed its IMO number, name, call
sign or length (by more than ``length_part``) within ``changed_d`` days before.

Source: ITU-R M.585, IMO A.1117(30); table of maritime identification digits as pyais has it. Settings: ``SETTINGS``.
Innocent explanations: reflagging lags, leasing, a set moved to another hull, typing errors, defaults; several per cent of
vessels in a day send a failed digit, none of them to deceive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from foedus.areas.maritime.methods.identity import imo_valid

KIND = "identity-mismatch"

SETTINGS: dict[str, float] = {"changed_d": 30.0, "length_part": 0.1}

_DAY_MS = 86_400_000
_ONE_STATE = (
    {"DK", "FO", "GL"}, {"CN", "HK", "MO"}, {"NL", "AW", "CW", "SX", "AN"}, {"NO", "SJ"}, {"FI", "AX"},
    {"FR", "GP", "GF", "MQ", "RE", "NC", "PF", "PM", "WF", "TF", "YT"}, {"US", "PR", "VI", "AS", "GU", "MP"},
    {"GB", "GI", "BM", "KY", "VG", "FK", "MS", "TC", "AI", "SH", "PN", "IM", "JE", "GG"}, {"NZ", "CK", "NU"}, {"AU", "CC", "CX"},
)  # fmt: skip
_THREE = {
    "PAN": "PA", "LBR": "LR", "MHL": "MH", "HKG": "HK", "SGP": "SG", "MLT": "MT", "BHS": "BS", "CHN": "CN", "GRC": "GR",
    "JPN": "JP", "CYP": "CY", "PRK": "KP", "RUS": "RU", "KOR": "KR", "USA": "US", "GBR": "GB", "NOR": "NO", "DNK": "DK",
    "DEU": "DE", "NLD": "NL", "FRA": "FR", "ITA": "IT", "ESP": "ES", "SWE": "SE", "FIN": "FI", "EST": "EE", "LVA": "LV",
    "LTU": "LT", "POL": "PL", "TUR": "TR", "IRN": "IR", "VNM": "VN", "IDN": "ID", "TWN": "TW", "COK": "CK", "CMR": "CM",
    "TGO": "TG", "TZA": "TZ", "SLE": "SL", "MNG": "MN", "PLW": "PW", "BLZ": "BZ", "GAB": "GA", "COM": "KM",
}  # fmt: skip


class Stated(NamedTuple):
    """What a vessel said of itself from an instant on, and when it said so again; empty or 0 is nothing."""

    since_ms: int
    again_ms: int
    imo: int
    call_sign: str
    name: str
    length_m: int
    flag: str


class Mark(NamedTuple):
    """One mismatch: its code, whose, since when, in words."""

    code: str
    mmsi: int
    since_ms: int
    why: str


def marks(
    mmsi: int,
    stated: Sequence[Stated],
    until_ms: int,
    *,
    registered: str = "",
    others: Iterable[int] = (),
    settings: Mapping[str, float] = SETTINGS,
) -> list[Mark]:
    """Return the mismatches of a vessel.

    Args:
        mmsi: the vessel.
        stated: what it said, in order of time.
        until_ms: what was said or repeated after it does not count.
        registered: the flag that a register declares.
        others: other vessels, heard meanwhile, that say the same IMO number.
        settings: as ``SETTINGS``.
    """
    sure = [one for one in stated if 0 <= one.again_ms <= until_ms]
    if not sure:
        return []
    last = sure[-1]
    out = list(_changes(mmsi, sure, until_ms, settings))
    if last.imo and not imo_valid(last.imo):
        out.append(Mark("imo-digit", mmsi, last.since_ms, f"IMO number {last.imo} fails its check digit"))
    for other in sorted(others) if imo_valid(last.imo) else ():
        why = f"IMO number {last.imo} is said by MMSI {other:09} too"
        out.append(Mark("imo-two-hulls", mmsi, last.since_ms, why))
    out.extend(_flag(mmsi, last, registered))
    return sorted(out, key=lambda mark: (mark.since_ms, mark.code, mark.why))


def imo_of(stated: Sequence[Stated], until_ms: int) -> int:
    """Return the IMO number a vessel surely said last by an instant; 0 none."""
    return next((one.imo for one in reversed(stated) if 0 <= one.again_ms <= until_ms), 0)


def _changes(mmsi: int, sure: Sequence[Stated], until_ms: int, settings: Mapping[str, float]) -> Iterator[Mark]:
    since = until_ms - settings["changed_d"] * _DAY_MS
    for before, after in pairwise(sure):
        if after.since_ms < since:
            continue
        for field in ("imo", "name", "call_sign"):
            was, now = getattr(before, field), getattr(after, field)
            if was and now and was != now:
                word = field.replace("_", "-")
                yield Mark(f"changed-{word}", mmsi, after.since_ms, f"{word.replace('-', ' ')} {was} became {now}")
        was, now = before.length_m, after.length_m
        if was and now and abs(now - was) > settings["length_part"] * was:
            yield Mark("changed-length", mmsi, after.since_ms, f"length {was} m became {now} m")


def _flag(mmsi: int, last: Stated, registered: str) -> Iterator[Mark]:
    mid = country_of(mmsi)
    for declared, who in ((last.flag, "declares"), (registered, "is registered under")):
        known = country(declared)
        if mid and known and not _one_state(mid, known):
            yield Mark("flag", mmsi, last.since_ms, f"MMSI of {mid}, but it {who} {known}")


def country_of(mmsi: int) -> str:
    """Return the country of a ship's MMSI as two letters; empty where unknown.

    >>> country_of(431000111), country_of(123)
    ('JP', '')
    """
    from pyais.constants import COUNTRY_MAPPING  # noqa: PLC0415 — what only shows findings must not load a decoder

    return str(COUNTRY_MAPPING.get(mmsi // 1_000_000, ("",))[0])


def country(flag: str) -> str:
    """Return a flag as two letters, from two, some from three letters, or a name; empty where unknown.

    >>> country("jp"), country("JPN"), country("Japan"), country("Unknown")
    ('JP', 'JP', 'JP', '')
    """
    from pyais.constants import COUNTRY_MAPPING  # noqa: PLC0415

    text = flag.strip().casefold()
    codes = {code.casefold(): code for code, _ in COUNTRY_MAPPING.values()}
    names = {name.casefold(): code for code, name in COUNTRY_MAPPING.values()}
    return _THREE.get(text.upper(), "") or codes.get(text, "") or names.get(text, "")


def _one_state(a: str, b: str) -> bool:
    return a == b or any(a in state and b in state for state in _ONE_STATE)
