"""Coarse means coarse: a secret is planted in every corner of an object, and looked for in every byte that leaves."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid

import orjson
import pytest

from foedus.model.commitment import verify
from foedus.model.stix import SCO_NAMESPACE, sco_id
from foedus.release.echoes import geohash
from foedus.release.redact import prove, redact

LAT, LON, PERSON, ORG, SENSOR = 35.43217, 139.87654, "Katharina Beispiel", "Grid Operator Seven", "RADAR-KUSHIRO"
MOMENT, FILE = "2026-05-01T10:11:12.345Z", "grid operator seven.pdf"
HEAD = {
    "spec_version": "2.1",
    "id": "x-thing--84e4d88f-44ea-4bcd-bbf3-b2c1c320bcb3",
    "created": "2026-05-03T06:00:00.000Z",
    "modified": "2026-05-03T06:00:00.000Z",
}
POINT = f"{LAT},{LON}"


def encoded(text: str) -> dict[str, str]:
    """A text in the ways somebody may have written it into another field."""
    raw = text.encode()
    return {
        "plain": text,
        "upper": text.upper(),
        "hex": raw.hex(),
        "base64": base64.b64encode(raw).decode(),
        "base64-inside": base64.b64encode(b"at " + raw + b"!").decode(),
        "md5": hashlib.md5(raw).hexdigest(),
        "sha1": hashlib.sha1(raw).hexdigest(),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "uuid5": str(uuid.uuid5(SCO_NAMESPACE, json.dumps({"value": text}, separators=(",", ":")))),
    }


def points() -> dict[str, str]:
    """The position in the ways somebody may have written it."""
    return {
        **encoded(POINT),
        "spaced": f"{LAT}, {LON}",
        "rounded": f"{LAT:.3f} {LON:.3f}",
        "two": f"{LAT:.2f}N {LON:.2f}E",
        "comma": f"{LAT:.4f}; {LON:.4f}".replace(".", ","),
        "degrees": "35°25'55\"N 139°52'35\"E",
        "dashes": "35-25-55N 139-52-35E",
        "packed": "352555N 1395235E",
        "geohash": geohash(LAT, LON),
        "geohash-upper": geohash(LAT, LON, 6).upper(),
        "lon-lat": f"{LON} {LAT}",
        "url": f"https://maps.example/?q={LAT},{LON}",
        "file": f"fix_{LAT}_{LON}.jpg",
        "latitude alone": f"{LAT}",
    }


# Where a secret text may hide.
CORNERS = {
    "x_note": lambda text: {"x_note": text},
    "label": lambda text: {"labels": ["plain", text]},
    "alias": lambda text: {"aliases": [text]},
    "description": lambda text: {"description": f"seen; {text} was told"},
    "name": lambda text: {"name": f"event {text}"},
    "pattern": lambda text: {"pattern": f"[x-thing:at = '{text}']"},
    "reference": lambda text: {"external_references": [{"source_name": "cve", "description": text}]},
    "file": lambda text: {"x_file": {"name": f"{text}.jpg", "size": 7}},
    "deep": lambda text: {"extensions": {"x": {"a": [{"b": [text]}]}}},
    "key": lambda text: {"x_by_place": {text: 3}},
    "relationship": lambda text: {"relationship_type": "located-at", "description": text},
}


def leaving(obj, *profiles) -> str:
    """Every byte of it that leaves, proof too, folded; empty where it is dropped."""
    raw = json.dumps({"type": "x-thing", **HEAD, **obj}).encode()
    out = redact(raw, profiles, key=b"k" * 32)
    if out is None:
        return ""
    assert out.changed
    proven = prove(raw, out, b"s" * 32)
    verify(orjson.loads(proven.raw), proven.root)
    return proven.raw.decode().casefold()


def absent(text: str, out: str) -> None:
    assert text.casefold() not in out
    assert json.dumps(text)[1:-1].casefold() not in out


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("spelling", points())
def test_a_position_cannot_be_read_from_another_corner(corner, spelling):
    text = points()[spelling]
    out = leaving({"x_fix": {"lat_deg": LAT, "lon_deg": LON}, **CORNERS[corner](text)}, "coarsen-positions")
    absent(text, out)
    assert not re.search(r"35[.,]4[23]|139[.,]8[78]|35°25|139°52", out)


@pytest.mark.parametrize(
    "holder",
    [
        {"latitude": LAT, "longitude": LON},
        {"x_fix": {"lat_deg": LAT, "lon_deg": LON, "geohash": geohash(LAT, LON), "h3": "8f2f5a3"}},
        {"extensions": {"m": {"track": [[LON, LAT, 1_717_200_000]], "because": [hashlib.sha256(POINT.encode()).hexdigest()]}}},
        {"extensions": {"m": {"bbox": [LON, LAT, LON + 0.1, LAT + 0.1], "picture": f"<svg><circle cx='{LON}' cy='{LAT}'/></svg>"}}},
        {"x_places": [{"lat": LAT, "lon": LON, "port": "Yokohama"}], "x_number": LAT, "x_rounded": round(LAT, 3)},
        {"x_coordinates": [LON, LAT], "hashes": {"SHA-256": hashlib.sha256(POINT.encode()).hexdigest()}},
    ],
)  # fmt: skip
def test_a_position_is_coarse_in_every_field_that_holds_one(holder):
    out = leaving(holder, "coarsen-positions")
    assert not re.search(r"35\.4|139\.8|139\.9|xn76|8f2f|svg|yokohama", out)
    for text in encoded(POINT).values():
        absent(text, out)


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize(
    "spelling", ["plain", "upper", "hex", "base64", "base64-inside", "md5", "sha1", "sha256", "uuid5"]
)
@pytest.mark.parametrize(
    ("secret", "field", "profile"),
    [
        (ORG, "x_victim_name", "drop-victim-identity"),
        ("T-4711-88", "x_ticket", "drop-internal-ids"),
        (PERSON, "x_author", "pseudonymise-private-persons"),
        (SENSOR, "x_sensor", "coarsen-sensor-source"),
        ("Daily Example", "x_source", "drop-sources"),
    ],
)  # fmt: skip
def test_a_hidden_name_cannot_be_read_from_another_corner(secret, field, profile, corner, spelling):
    text = encoded(secret)[spelling]
    absent(text, leaving({field: secret, **CORNERS[corner](text)}, profile))


def test_an_observable_whose_id_is_computed_from_what_is_hidden_is_dropped():
    for obj, profile in (
        ({"type": "file", "name": FILE, "x_victim": FILE}, "drop-victim-identity"),
        ({"type": "software", "name": "x", "vendor": ORG, "x_victim": ORG}, "drop-victim-identity"),
        (
            {"type": "network-traffic", "start": MOMENT, "protocols": ["tcp"], "src_ref": "ipv4-addr--1"},
            "coarsen-times",
        ),
    ):
        obj["id"] = sco_id(obj)
        assert redact(json.dumps(obj).encode(), [profile], key=b"k") is None


def test_an_id_made_of_the_hidden_value_drops_the_object():
    made = str(uuid.uuid5(SCO_NAMESPACE, json.dumps({"name": ORG}, separators=(",", ":"))))
    assert leaving({"id": f"x-thing--{made}", "x_victim": ORG}, "drop-victim-identity") == ""


@pytest.mark.parametrize(
    "corner",
    [
        {"first_seen": MOMENT},
        {"extensions": {"m": {"start": MOMENT, "end": "2026-05-01T10:59:59Z"}}},
        {"x_seen_at": 1_777_630_272, "first_seen": MOMENT},
        {"x_seen_ms": 1_777_630_272_345, "first_seen": MOMENT},
        {"description": "at 10:11:12Z it began", "first_seen": MOMENT},
        {"x_note": "began 2026-05-01 10:11 local", "first_seen": MOMENT},
        {"labels": ["2026-05-01t10:11:12"], "first_seen": MOMENT},
    ],
)  # fmt: skip
def test_a_time_is_known_to_the_hour_only(corner):
    out = leaving(corner, "coarsen-times")
    assert not re.search(r"10:11|1777630272|:12\.345|59:59", out)
    assert "t10:00:00.000z" in out or "start" not in out


def test_an_end_does_not_fall_on_its_beginning():
    found = orjson.loads(leaving({"valid_from": MOMENT, "valid_until": "2026-05-01T10:30:00Z"}, "coarsen-times"))
    assert (found["valid_from"], found["valid_until"]) == ("2026-05-01t10:00:00.000z", "2026-05-01t11:00:00.000z")


def test_sources_go_and_numbers_of_public_lists_stay():
    references = [
        {"source_name": "cve", "external_id": "CVE-2026-1"},
        {"source_name": "Daily Example", "url": "https://daily.example/1"},
    ]
    out = leaving(
        {"external_references": references, "created_by_ref": "identity--1", "x_because": ["record:1"]}, "drop-sources"
    )
    assert "cve-2026-1" in out
    assert not re.search("daily|identity--1|record:1", out)


def test_positions_written_in_words_only_are_hidden_too():
    for text in ("fix 35.43217, 139.87654 held", "at 35°25'55\"N 139°52'35\"E", "35-25N", "3525N 13952E"):
        out = orjson.loads(leaving({"name": "x", "description": text}, "coarsen-positions"))
        assert not re.search(r"35|25'55|139", out["description"])
