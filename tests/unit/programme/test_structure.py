import json

import jsonschema
import pytest

from foedus.programme import check, schema
from foedus.programme.countries import COUNTRIES


@pytest.mark.parametrize(
    ("pointer", "new", "code"),
    [
        *(("/titel", "x", "P011"), ("/areas/0/titel", "x", "P011"), ("/release/clauses/0/what/tlp", "red", "P011")),
        *(
            ("/version", 1, "P013"),
            ("/areas/0/supports", "dialogue", "P013"),
            ("/areas/0/number", "1", "P013"),
            ("/areas/0/number", True, "P013"),
        ),
        *(
            ("/release", [], "P013"),
            ("/parties", None, "P013"),
            ("/indicators/0/weight", "2", "P013"),
            ("/title", 5, "P013"),
        ),
        *(
            ("/version", "1.0", "P014"),
            ("/id", "x", "P014"),
            ("/areas/0/id", "Cyber", "P014"),
            ("/term/notice_before_end", "9M", "P014"),
        ),
        *(
            ("/title", {"EN": "x"}, "P014"),
            ("/parties/1/country", "jp", "P014"),
            ("/term/until", "2026-12-31\n", "P014"),
        ),
        *(
            ("/status", "signed", "P015"),
            ("/spec", "foedus/programme/2", "P015"),
            ("/release/clauses/0/effect", "allow", "P015"),
        ),
        *(
            ("/parties/1/country", "JAP", "P102"),
            ("/parties/0/members/0/countries/3", "XXX", "P102"),
            ("/groups/0/countries/0", "AUZ", "P102"),
        ),
        *(("/term/from", "2023-02-29", "P103"), ("/milestones/0/done/date", "2024-13-01", "P103")),
    ],
)
def test_a_structural_mistake_is_named_at_its_place(japan, mutate, document, pointer, new, code):
    where = pointer + "/EN" if new == {"EN": "x"} else pointer
    found = check(document(mutate(japan, pointer, new)))
    assert (code, where) in {(r.code, r.pointer) for r in found}
    assert all(r.line and r.hint for r in found if r.severity == "error")


@pytest.mark.parametrize(
    "pointer",
    [
        "/spec",
        "/areas/3/title",
        "/parties/0/kind",
        "/release/clauses/2/what",
        "/review/first",
        "/indicators/1/baseline/date",
    ],
)
def test_a_missing_key_is_named(japan, mutate, document, pointer):
    found = check(document(mutate(japan, pointer, delete=True)))
    assert ("P012", pointer) in {(r.code, r.pointer) for r in found}


def test_a_misspelt_word_gets_a_proposal(japan, mutate, document):
    remark = next(r for r in check(document(mutate(japan, "/status", "in-forse"))) if r.code == "P015")
    assert "'in-force'" in remark.hint


def test_the_schema_takes_the_programme_and_refuses_what_structure_refuses(japan, mutate):
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    assert list(validator.iter_errors(japan)) == []
    for pointer, new in (
        ("/titel", 1),
        ("/status", "x"),
        ("/areas/0/number", "1"),
        ("/term/from", "x"),
        ("/parties", []),
    ):
        assert list(validator.iter_errors(mutate(japan, pointer, new))), pointer


NAMES = {"AText": "AuthenticText", "Prov": "Provenance", "Oblig": "Obligations", "Sel": "Selection"}


def test_the_schema_agrees_with_the_reference_on_what_both_know(shared):
    reference = json.loads(shared("examples/programme.schema.json").read_bytes())
    ours = schema()["$defs"]
    theirs = {NAMES.get(k, k): v for k, v in reference["$defs"].items()} | {"Programme": reference}
    assert set(theirs) <= set(ours)
    for name, part in theirs.items():
        assert set(part.get("properties", {})) <= set(ours[name]["properties"]), name
        assert ours[name]["additionalProperties"] is False
        assert set(ours[name].get("required", [])) <= set(part.get("required", [])), name
        for key, wanted in part.get("properties", {}).items():
            got = ours[name]["properties"][key]
            for word in ("pattern", "minItems"):
                if word in wanted:
                    assert got[word] == wanted[word], (name, key)
            if "enum" in wanted:
                assert sorted(got["enum"]) == sorted(wanted["enum"]), (name, key)


def test_the_reference_schema_takes_every_shipped_programme_like_ours(shared, japan):
    reference = json.loads(shared("examples/programme.schema.json").read_bytes())
    jsonschema.Draft202012Validator(reference).validate(japan)


def test_there_are_249_countries():
    assert len(COUNTRIES) == 249
    assert all(len(c) == 3 and c.isascii() and c.isupper() for c in COUNTRIES)
    assert {COUNTRIES[c] for c in ("JPN", "NOR", "MKD", "TUR")} == {"Japan", "Norway", "North Macedonia", "Türkiye"}
