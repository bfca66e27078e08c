"""4774 labels: what is written is always valid; what is read is never guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from lxml import etree

from foedus.errors import InputError, LimitExceeded, MalformedRecord, UnsupportedFormat
from foedus.label import nato
from foedus.label.spif import Level, Policy, Tag, TagSet, Value
from foedus.label.stanag4774 import review_due, write
from foedus.label.stanag4774_read import read, read_clearance
from foedus.label.text import marking
from foedus.model.label import Category, Label, Succession

AT = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2031, 6, 1, tzinfo=UTC)
NS = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
FULL = msgspec.structs.replace(
    nato.label("SECRET", only=("DEU",), to=("JPN",), sensitivity=("ATOMAL",)),
    tlp="amber+strict",
    caveats=("ORCON", "JPN-EYES-ONLY"),
    originator="nato",
    originators=("jpn", "nato"),
    created_at=AT,
    review_at=LATER,
)


def sample(inner: str = "", *, context: bool = True, root: str = "originatorConfidentialityLabel") -> bytes:
    held = (
        '<Category TagName="Context" Type="PERMISSIVE"><GenericValue>NATO</GenericValue></Category>' if context else ""
    )
    return f"""<{root} xmlns="{NS}" ReviewDateTime="2031-01-01T00:00:00Z">
<ConfidentialityInformation><PolicyIdentifier>NATO</PolicyIdentifier>
<Classification>RESTRICTED</Classification>{held}{inner}</ConfidentialityInformation>
<CreationDateTime>2026-06-01T00:00:00Z</CreationDateTime></{root}>""".encode()


def codes(raw: bytes) -> list[str]:
    return [warning.code for warning in read(raw)[1]]


@pytest.fixture(scope="module")
def schema(shared) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared("data/trust/schemas/foedus-4774-structure.xsd")))


@pytest.mark.parametrize("kind", ["originator", "alternative", "metadata"])
def test_a_label_is_valid_and_reads_back(schema, kind):
    raw = write(FULL, at=LATER, kind=kind)
    schema.assertValid(etree.fromstring(raw))
    assert read(raw) == (FULL, ())


def test_creation_and_review_are_always_written(schema):
    raw = write(nato.label("SECRET"), at=AT, review_within=timedelta(days=30))
    schema.assertValid(etree.fromstring(raw))
    got, warnings = read(raw)
    assert (got.created_at, got.review_at, warnings) == (AT, AT + timedelta(days=30), ())


def test_identifiers_of_the_nato_policy_are_written():
    raw = write(nato.label("SECRET", to=("JPN",)), at=AT)
    assert re.findall(rb'URI="([^"]+)"', raw) == [
        b"urn:oid:1.3.26.1.3.1",
        b"urn:oid:1.3.26.1.4.4",
        b"urn:oid:1.3.26.1.4.2",
    ]


@pytest.mark.parametrize(
    "change", [{"tlp": "red"}, {"caveats": ("ORCON",)}, {"originator": "jpn", "originators": ("jpn", "nato")}, {}]
)
def test_each_kind_of_handling_survives_alone(change):
    label = msgspec.structs.replace(nato.label("SECRET"), created_at=AT, review_at=LATER, **change)
    raw = write(label, at=AT)
    assert read(raw) == (label, ())
    assert (b"Handling" in raw) is bool(change)


def test_a_nato_label_is_written_in_canonical_case():
    label = Label("nato", "secret", (Category("context", "PERMISSIVE", ("nato",)),))
    assert read(write(label, at=AT))[0].classification == "SECRET"
    assert b">NATO<" in write(label, at=AT)


def test_labels_of_other_policies_are_written(schema):
    label = Label("JPN", "秘", (Category("Releasable To", "PERMISSIVE", ("NATO",)),), created_at=AT, review_at=LATER)
    raw = write(label, at=AT)
    schema.assertValid(etree.fromstring(raw))
    assert read(raw) == (label, ())
    assert b"URI" not in raw


def test_a_policy_gives_identifiers_and_checks(schema):
    tag = Tag("T", "RESTRICTIVE", (Value("A", "1"), Value("OLD", "2", obsolete=True)))
    policy = Policy("P", "1.2.3", (Level("HIGH", "1", 1),), (TagSet("T", "1.2.3.4", (tag,)),))
    raw = write(Label("P", "HIGH", (Category("T", "RESTRICTIVE", ("A",)),)), at=AT, policy=policy)
    schema.assertValid(etree.fromstring(raw))
    assert re.findall(rb'URI="([^"]+)"', raw) == [b"urn:oid:1.2.3", b"urn:oid:1.2.3.4"]
    for bad in (Label("P", "LOW"), Label("P", "HIGH", (Category("T", "RESTRICTIVE", ("OLD",)),)), Label("Q", "HIGH")):
        with pytest.raises(InputError):
            write(bad, at=AT, policy=policy)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (Label("NATO", "SECRET"), "Context"),
        (Label("NATO", "SECRETISH", nato.label("SECRET").categories), "no classification"),
        (Label("NATO", "SECRET", (Category("Context", "PERMISSIVE", ("NATO", "KFOR")),)), "exactly one"),
        (Label("NATO", "SECRET", (Category("Context", "PERMISSIVE", ("NATO", "Releasable")),)), "Releasable"),
        (Label("NATO", "SECRET", (Category("Context", "PERMISSIVE", ("NATO", "Releasable")), Category("Releasable To", "PERMISSIVE", ("JPN",)))), "at least one more"),
        (Label("NATO", "SECRET", (Category("Context", "PERMISSIVE", ("NATO", "Releasable")), Category("Releasable To", "PERMISSIVE", ("NATO", "NATO")))), "at least one more"),
        (Label("NATO", "SECRET", (Category("Context", "RESTRICTIVE", ("NATO",)),)), "PERMISSIVE"),
        (Label("NATO", "SECRET", (*nato.label("SECRET").categories, Category("Colour", "INFORMATIVE", ("RED",)))), "no tag set"),
        (nato.label("SECRET", administrative=("STAFF",)), "UNCLASSIFIED only"),
        (Label("NATO", "SECRET", (*nato.label("SECRET").categories, Category("PrivacyMark", "INFORMATIVE", ("X",)))), "CLEAR"),
        (Label("JPN", "秘", (Category("Releasable To", "PERMISSIVE"),)), "no value"),
        (Label("JPN", " "), "empty name"),
        (Label("JPN", "a\x00"), "no place"),
        (Label("JPN", "秘", originator="not an id"), "originator"),
        (Label("JPN", "秘", review_at=datetime(2026, 1, 1)), "time zone"),
    ],
)  # fmt: skip
def test_what_the_rules_forbid_is_not_written(label, said):
    with pytest.raises(InputError, match=said) as caught:
        write(label, at=AT)
    assert caught.value.code == "label-not-writable"


def test_successions_are_written_one_after_the_other_and_only_they_switch(schema):
    first, second = (
        Succession(LATER, nato.label("RESTRICTED")),
        Succession(LATER + timedelta(days=1), nato.label("UNCLASSIFIED")),
    )
    label = msgspec.structs.replace(nato.label("SECRET"), created_at=AT, review_at=AT, successions=(second, first))
    raw = write(label, at=AT)
    schema.assertValid(etree.fromstring(raw))
    got, warnings = read(raw)
    assert warnings == ()
    assert [one.at for one in got.successions] == [first.at, second.at]
    assert got.at(LATER - timedelta(microseconds=1)).classification == "SECRET"
    assert got.at(LATER).classification == "RESTRICTED"
    assert got.at(second.at).classification == "UNCLASSIFIED"
    assert review_due(got, LATER)
    assert not review_due(got, AT - timedelta(days=1))


@pytest.mark.parametrize(
    "successions",
    [
        (Succession(AT - timedelta(days=1), nato.label("SECRET")),),
        (Succession(LATER, nato.label("SECRET")), Succession(LATER, nato.label("RESTRICTED"))),
        (Succession(LATER, Label("NATO", "SECRET")),),
    ],
)
def test_successions_that_make_no_sense_are_not_written(successions):
    with pytest.raises(InputError):
        write(msgspec.structs.replace(nato.label("SECRET"), successions=successions), at=AT)


def test_every_standard_identifier_of_an_originator_survives():
    for originator in ("rfc822Name:a@b.example", "userPrincipalName:DOMAIN\\name", "jID:a@b"):
        label = msgspec.structs.replace(FULL, originator=originator, originators=())
        assert read(write(label, at=AT))[0].originator == originator


def test_a_privacy_mark_survives(schema):
    label = msgspec.structs.replace(nato.label("SECRET"), created_at=AT, review_at=LATER)
    label = msgspec.structs.replace(
        label, categories=(*label.categories, Category("PrivacyMark", "INFORMATIVE", ("CLEAR",)))
    )
    raw = write(label, at=AT)
    schema.assertValid(etree.fromstring(raw))
    assert read(raw) == (label, ())


def test_a_clean_sample_has_no_warning():
    label, warnings = read(sample())
    assert warnings == ()
    assert marking(label) == "NATO RESTRICTED"


@pytest.mark.parametrize(
    "root", ["alternativeConfidentialityLabel", "metadataConfidentialityLabel", "ConfidentialityLabel"]
)
def test_every_root_is_read(root):
    assert read(sample(root=root))[0].classification == "RESTRICTED"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<CreationDateTime>2026-06-01T00:00:00Z</CreationDateTime>", "", "no-creation"),
        (' ReviewDateTime="2031-01-01T00:00:00Z"', "", "no-review"),
        ("2026-06-01T00:00:00Z", "2026-06-01T00:00:00", "no-zone"),
        ("<Classification>", '<Classification URI="urn:oid:1">', "classification-attribute"),
        ("<PolicyIdentifier>", '<PolicyIdentifier URI="http://x">', "uri"),
        ("<PolicyIdentifier>", '<PolicyIdentifier URL="urn:oid:1">', "attribute"),
        ("TagName=", "tagName=", "attribute-case"),
        ("PERMISSIVE", "permissive", "type-case"),
        ("GenericValue>", "IntegerValue>", "value-kind"),
        (f' xmlns="{NS}"', "", "namespace"),
        ("<GenericValue>NATO</GenericValue>", "", "no-value"),
        ("<GenericValue>NATO</GenericValue>", "", "prose"),
        ("</CreationDateTime>", '</CreationDateTime><x xmlns="urn:x"/>', "foreign"),
    ],
)
def test_deviations_met_in_the_wild_are_read_with_a_warning(old, new, code):
    raw = sample().decode().replace(old, new)
    assert raw != sample().decode()
    assert code in codes(raw.encode())


def test_parts_out_of_order_are_read_with_a_warning():
    raw = re.sub(rb"(<CreationDateTime>.*</CreationDateTime>)", b"", sample())
    raw = raw.replace(
        b"<ConfidentialityInformation>",
        b"<CreationDateTime>2026-06-01T00:00:00Z</CreationDateTime><ConfidentialityInformation>",
    )
    label, warnings = read(raw)
    assert label.created_at == AT
    assert [w.code for w in warnings] == ["order"]


def test_a_label_without_creation_was_created_not_later_than_received():
    raw = re.sub(rb"<CreationDateTime>.*</CreationDateTime>", b"", sample())
    assert read(raw, received_at=LATER)[0].created_at == LATER
    assert read(raw)[0].created_at is None


def test_values_are_folded_without_case():
    raw = sample().replace(b">NATO<", b">nato<").replace(b">RESTRICTED<", b"> restricted\n<")
    assert read(raw)[0] == read(sample())[0]


def test_a_comment_cannot_split_a_value():
    assert read(sample().replace(b">RESTRICTED<", b">RESTR<!-- x -->ICTED<"))[0].classification == "RESTRICTED"


def test_an_extension_nobody_understands_becomes_a_caveat_nobody_accepts():
    label, warnings = read(sample('<Secret xmlns="urn:somebody">x</Secret>'))
    assert label.caveats == ("UNKNOWN:Secret",)
    assert [w.code for w in warnings] == ["foreign"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<PolicyIdentifier>NATO</PolicyIdentifier>", "", "label-incomplete"),
        ("<Classification>RESTRICTED</Classification>", "", "label-incomplete"),
        ("<Classification>RESTRICTED", "<Classification>", "xml-text"),
        ("<Classification>RESTRICTED", "<Classification><b/>RESTRICTED", "xml-text"),
        ("</CreationDateTime>", "</CreationDateTime><CreationDateTime>2026-06-02T00:00:00Z</CreationDateTime>", "label-double"),
        ("</CreationDateTime>", "</CreationDateTime><CreationDataTime/>", "label-element"),
        ("2026-06-01T00:00:00Z", "2026-13-01T00:00:00Z", "timestamp-malformed"),
        ("PERMISSIVE", "OPEN", "category-type"),
        ('Type="PERMISSIVE"', "", "label-incomplete"),
        ("PERMISSIVE", "RESTRICTIVE", "label-invalid"),
        ("</Category>", '</Category><Category TagName="Administrative" Type="INFORMATIVE"><GenericValue>STAFF</GenericValue></Category>', "label-invalid"),
        ("</Category>", '</Category><Handling xmlns="urn:foedus:label:1" TLP="BLUE"/>', "tlp-unknown"),
        ("</Category>", '</Category><Handling xmlns="urn:foedus:label:1"><X/></Handling>', "label-element"),
        ("GenericValue>", "FreeValue>", "label-element"),
        ("</CreationDateTime>", "</CreationDateTime><OriginatorID>x</OriginatorID>", "originator-type"),
        ("</CreationDateTime>", "</CreationDateTime><SuccessionHandling/>", "label-incomplete"),
    ],
)  # fmt: skip
def test_what_would_have_to_be_guessed_is_refused_with_line_and_element(old, new, code):
    raw = sample().decode().replace(old, new)
    assert raw != sample().decode()
    with pytest.raises(MalformedRecord) as caught:
        read(raw.encode())
    assert caught.value.code == code
    assert re.fullmatch(r"line \d+, element \w+", caught.value.where)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2026-05-31T00:00:00Z", "succession-early"),
        ("2031-01-01T00:00:00", "timestamp-malformed"),
        ("2032-01-01T00:00:00Z", "succession-order"),
    ],
)
def test_successions_that_make_no_sense_are_refused(at, code):
    first, second = (
        Succession(LATER, nato.label("RESTRICTED")),
        Succession(LATER + timedelta(days=1), nato.label("UNCLASSIFIED")),
    )
    label = msgspec.structs.replace(nato.label("SECRET"), created_at=AT, successions=(first, second))
    raw = write(label, at=AT).replace(
        b"<SuccessionDateTime>2031-06-01T00:00:00Z", b"<SuccessionDateTime>" + at.encode()
    )
    with pytest.raises(MalformedRecord) as caught:
        read(raw)
    assert caught.value.code == code


def test_another_document_a_doctype_or_one_too_large_is_refused():
    for raw, error in (
        (b"<x/>", UnsupportedFormat),
        (b'<originatorConfidentialityLabel xmlns="urn:other"/>', UnsupportedFormat),
        (b"<!DOCTYPE x []>" + sample(), MalformedRecord),
        (sample("<x>" * 70 + "</x>" * 70), LimitExceeded),
        (sample(" " * 300_000), LimitExceeded),
    ):
        with pytest.raises(error):
            read(raw)


def test_published_samples_are_read_leniently_and_refused_by_the_schema(shared, schema):
    expected = {
        1: "NATO UNCLASSIFIED Releasable to ISAF, KFOR, RESOLUTE SUPPORT",
        2: "NATO UNCLASSIFIED",
        3: "NATO UNCLASSIFIED - STAFF",
        4: "NATO RESTRICTED Releasable to Japan, Switzerland, Ukraine",
        5: "NATO/EAPC CONFIDENTIAL Releasable to ISAF",
        6: "NATO/KFOR CONFIDENTIAL NATO, Ireland, Sweden, Ukraine Only",
    }
    for number, rendered in expected.items():
        raw = shared(f"data/trust/spiffing/nato-4774-17-{number}.nato").read_bytes()
        label, warnings = read(raw)
        assert {"no-creation", "no-review"} <= {warning.code for warning in warnings}
        assert not schema.validate(etree.fromstring(raw))
        assert marking(label) == rendered
        schema.assertValid(etree.fromstring(write(label, at=AT)))


def test_a_clearance_is_read():
    raw = b"""<ConfidentialityClearance xmlns="urn:nato:stanag:4774:confidentialityclearance:1:0">
    <PolicyIdentifier>NATO</PolicyIdentifier><ClassificationList><Classification>UNCLASSIFIED</Classification>
    <Classification>RESTRICTED</Classification></ClassificationList>
    <Category TagName="Releasable To" Type="PERMISSIVE"><GenericValue>JPN</GenericValue></Category>
    </ConfidentialityClearance>"""
    got, warnings = read_clearance(raw)
    assert (got.policy, got.classifications, warnings) == ("NATO", ("UNCLASSIFIED", "RESTRICTED"), ())
    assert got.categories == (Category("Releasable To", "PERMISSIVE", ("JPN",)),)
    with pytest.raises(MalformedRecord):
        read_clearance(re.sub(rb"<Classification>\w+</Classification>", b"", raw))
    with pytest.raises(UnsupportedFormat):
        read_clearance(sample())
