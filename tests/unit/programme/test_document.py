import hashlib
import json
import time

import pytest
import rfc8785

from foedus.errors import InputError, InvalidProgramme
from foedus.programme import CODES, check, digest, read, read_shipped, read_valid, shipped

TWENTY = [
    ("status: in-force  ", "status: NO  ", "P005", 9),
    ("kind: itpp\n", "kind: itpp\nkind: other\n", "P004", None),
    ("language: en\n", "language: &l en\n", "P007", None),
    ("legal_effect: political  ", "legal_effect: friendly  ", "P015", None),
    ('until: "2026-12-31", notice_before_end: P9M', 'until: "2026-02-30", notice_before_end: 9M', "P103", None),
    ("at: Vilnius", "att: Vilnius", "P011", None),
    ("country: JPN\n", "country: JAP\n", "P102", None),
    ("countries: [FIN]", "countries: [NOR]", "P106", None),
    ("relation: superseded, areas_count: 9", "relation: superseded, areas_count: nine", "P013", None),
    ("number: 5\n", "number: 6\n", "P109", None),
    (
        "priority: emerging\n    supports: [dialogue, interop, resilience]",
        "priority: urgent\n    supports: [dialogue, interop, resilience]",
        "P110",
        None,
    ),
    ("indicators: [edt-watch]", "indicators: [edt-wacht]", "P112", None),
    ("source: checkpoint.exchanged", "source: checkpoint.swapped", "P121", None),
    ("scale: ogp5}\n  - {id: res-available", "scale: ogp4}\n  - {id: res-available", "P126", None),
    ("targets: {2025: 20, 2026: 30}", "targets: {2025: 20, 2026: 300}", "P130", None),
    ("area: wps, title: First", "area: wsp, title: First", "P132", None),
    ("purposes: [flight-safety, situational-awareness]", "purposes: [joy-flights]", "P155", None),
    ("redact: [coarsen-sensor-source]", "redact: [blur]", "P154", None),
    ("to: [nato, ip4]", "to: [nato, ip5]", "P140", None),
    ("thresholds: {green: 0.9, amber: 0.6}", "thresholds: {green: 0.5, amber: 0.6}", "P168", None),
]


def test_a_document_with_twenty_mistakes_reports_all_twenty_each_in_its_line():
    text = read_shipped("nato-japan-2023").decode()
    for old, new, _, _ in TWENTY:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    found = check(read(text.encode(), name="p.yaml"))
    lines = text.split("\n")
    for _, new, code, _ in TWENTY:
        fragment = new.strip().split("\n")[-1 if "\n" in new.strip() else 0].strip()
        rows = {n for n, line in enumerate(lines, 1) if fragment in line}
        rows |= {n for n, line in enumerate(lines, 1) if new.strip().split("\n")[0] in line}
        assert any(r.code == code and r.line in rows for r in found), code
    assert all(r.file == "p.yaml" and r.line and r.column and r.hint for r in found)
    assert [r.line for r in found] == sorted(r.line for r in found)


def test_every_remark_prints_as_editors_read_it():
    (remark,) = check(read(b"a: no", name="x.yaml"))[:0] or [
        r for r in check(read(b"a: no", name="x.yaml")) if r.code == "P005"
    ]
    assert str(remark).startswith("x.yaml:1:4: error P005 at /a: ambiguous plain scalar 'no' (")


@pytest.mark.parametrize("name", shipped())
def test_shipped_programmes_have_no_error(name):
    document = read_valid(read_shipped(name), name=name)
    assert document.programme.id.startswith("urn:foedus:programme:")
    assert {r.code for r in check(document)} <= {"P159"}


def test_shipped_programmes_differ_in_what_matters():
    programmes = {name: read(read_shipped(name)).programme for name in shipped()}
    assert len({p.id for p in programmes.values()}) == 5
    korea, japan = programmes["nato-korea-2023"], programmes["nato-japan-2023"]
    assert (len(korea.areas), len(japan.areas)) == (11, 16)
    assert korea.release.classification_map["kor"]["군사 III급비밀"] == "confidential"
    assert programmes["nato-new-zealand"].status == "negotiation"
    assert {p.kind for p in programmes["isac-charter"].parties} == {"organisation"}


def test_the_shipped_japan_programme_is_the_example(shared):
    assert digest(read(read_shipped("nato-japan-2023"))) == digest(
        read(shared("examples/nato-japan-2023.yaml").read_bytes())
    )


def test_read_valid_raises_with_all_findings(japan, mutate):
    raw = json.dumps(mutate(mutate(japan, "/areas/0/priority", "x"), "/areas/1/priority", "y")).encode()
    with pytest.raises(InvalidProgramme) as caught:
        read_valid(raw, name="p.json")
    assert [f.pointer for f in caught.value.findings if f.severity == "error"] == [
        "/areas/0/priority",
        "/areas/1/priority",
    ]
    assert caught.value.where.startswith("p.json:1:")
    assert "1 more" in caught.value.message


@pytest.mark.parametrize("raw", [b"a: no\nb: 1", b"", b"[]", b"3", b"spec: foedus/programme/1", b"{}"])
def test_a_broken_document_is_read_but_never_used(raw):
    document = read(raw)
    assert check(document)
    for use in (lambda: document.programme, lambda: digest(document)):
        with pytest.raises(InvalidProgramme) as caught:
            use()
        assert caught.value.findings


def test_the_digest_is_the_sha256_of_rfc_8785_without_signatures(japan):
    value = {**japan, "signatures": []}
    raw = json.dumps(value).encode()
    assert digest(read(raw)) == hashlib.sha256(rfc8785.dumps(japan)).hexdigest()


def test_the_digest_survives_json_order_and_comments_and_sees_one_digit():
    text = read_shipped("nato-japan-2023")
    value = read(text).value
    own = digest(read(text))
    assert digest(read(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode())) == own
    assert digest(read(b"# another comment\n" + text.replace(b"# ends -> ways", b"# ways"))) == own
    assert digest(read(text.replace(b"2026: 120}", b"2026: 121}"))) != own
    assert text == read(text).raw


def test_checking_the_example_takes_well_under_a_second():
    raw = read_shipped("nato-japan-2023")
    check(read(raw))
    start = time.process_time()
    check(read(raw))
    assert time.process_time() - start < 0.5


def test_codes_have_titles_of_their_own():
    assert len(set(CODES.values())) == len(CODES)


HOSTILE = {
    "unknown keys": lambda v: {**v, **{f"k{n}": 1 for n in range(60_000)}},
    "clauses": lambda v: {
        **v,
        "release": {**v["release"], "clauses": [{"effect": "permit"}, {"effect": "forbid"}] * 10_000},
    },
    "complete clauses": lambda v: {**v, "release": {**v["release"], "clauses": v["release"]["clauses"] * 300}},
    "references": lambda v: {**v, "areas": [{**v["areas"][0], "supports": ["x"] * 60_000}]},
    "countries": lambda v: {**v, "groups": [{"id": "gg", "name": "x", "countries": ["NOR"] * 90_000}]},
    "levels": lambda v: {
        **v,
        "release": {
            **v["release"],
            "classification_map": {"order": ["a", "b"], "nato": {f"{n} SECRET": "a" for n in range(40_000)}},
        },
    },
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_document_costs_seconds_not_minutes(japan, what):
    raw = json.dumps(HOSTILE[what](japan), separators=(",", ":")).encode()
    start = time.process_time()
    try:
        found = check(read(raw))
    except InvalidProgramme as error:
        found = error.findings
    assert found
    assert time.process_time() - start < 10


def test_a_programme_that_is_not_shipped_is_named_with_those_that_are():
    for name in ("atlantis", "../__init__", "nato-japan-2023.yaml"):
        with pytest.raises(InputError) as caught:
            read_shipped(name)
        assert "isac-charter" in caught.value.hint
