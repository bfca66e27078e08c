"""A binding holds only as a whole: data, label, pairing, signer, algorithms."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier

from foedus.errors import BadSignature, FoedusError, InputError, LimitExceeded, MalformedRecord, UnsupportedFormat
from foedus.label import nato
from foedus.label.stanag4778 import DS, NAMESPACE, Signer, bind, verify
from foedus.model.canonical import canonical
from foedus.model.label import Label

AT = datetime(2026, 6, 1, tzinfo=UTC)
DATA = canonical({"type": "indicator", "id": "indicator--1", "pattern": "[a:b = 1]"})
URI = "./object.json"


def signer(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Signer:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "label test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    return Signer(key, certificate)


EC = signer(ec.derive_private_key(7, ec.SECP256R1()))
OTHER = signer(ec.derive_private_key(8, ec.SECP256R1()))
RSA = signer(rsa.generate_private_key(65537, 2048))
LABEL = nato.label("RESTRICTED", to=("JPN",))
SECRET = nato.label("SECRET", to=("JPN",))


def bound(label: Label = LABEL, data: bytes = DATA, by: Signer = EC) -> bytes:
    return bind(label, data, uri=URI, signer=by, at=AT)


def refused(raw: bytes, data: dict[str, bytes] | None = None, by: Signer = EC) -> str:
    with pytest.raises(FoedusError) as caught:
        verify(raw, {URI: DATA} if data is None else data, trusted=[by.certificate])
    assert isinstance(caught.value, BadSignature | MalformedRecord)
    return caught.value.code


@pytest.mark.parametrize("by", [EC, RSA], ids=["ecdsa", "rsa"])
def test_what_was_bound_is_what_is_verified(by):
    label = Label(
        "NATO", "RESTRICTED", LABEL.categories, tlp="amber", caveats=("ORCON",), alternatives=(Label("JPN", "秘"),)
    )
    got = verify(bound(label, by=by), {URI: DATA}, trusted=[OTHER.certificate, by.certificate])
    assert (got.label.classification, got.label.tlp, got.label.caveats) == ("RESTRICTED", "amber", ("ORCON",))
    assert [(a.policy, a.classification) for a in got.label.alternatives] == [("JPN", "秘")]
    assert (got.uris, got.signed_at) == ((URI,), AT)
    assert got.signer == by.certificate.fingerprint(hashes.SHA256()).hex()


def test_one_input_has_one_output():
    assert bound() == bound()


@pytest.mark.parametrize("by", [EC, RSA], ids=["ecdsa", "rsa"])
def test_another_implementation_of_xml_signature_agrees(by):
    config = SignatureConfiguration(
        expect_references=3,
        signature_methods=frozenset({SignatureMethod.ECDSA_SHA256, SignatureMethod.RSA_SHA256}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA384}),
        require_x509=True,
        location="./",
    )
    results = XMLVerifier().verify(
        bound(by=by), x509_cert=by.certificate, uri_resolver={URI: DATA}.__getitem__, expect_config=config
    )
    assert len(results) == 3


def test_it_is_valid_by_the_schemas(shared):
    root = etree.fromstring(bound())
    for name in ("4778", "4774"):
        schema = etree.XMLSchema(etree.parse(shared(f"data/trust/schemas/foedus-{name}-structure.xsd")))
        element = root if name == "4778" else root.find(f".//{{{NAMESPACE}}}Metadata")[0]
        schema.assertValid(etree.fromstring(etree.tostring(element)))


def test_digests_are_sha_384():
    raw = bound()
    assert set(re.findall(rb'DigestMethod Algorithm="([^"]+)"', raw)) == {
        b"http://www.w3.org/2001/04/xmldsig-more#sha384"
    }


def test_changed_data_is_detected():
    assert refused(bound(), {URI: DATA + b" "}) == "binding-digest"


def test_every_changed_byte_of_label_and_signature_is_detected():
    raw = bound()
    start = raw.index(b"<ds:Signature ")
    for place in range(start, len(raw), 7):
        changed = bytearray(raw)
        changed[place] ^= 1
        try:
            got = verify(bytes(changed), {URI: DATA}, trusted=[EC.certificate])
        except FoedusError:
            continue
        # Only bytes that carry no meaning may differ: then everything read is the same.
        assert got.label == verify(raw, {URI: DATA}, trusted=[EC.certificate]).label
        assert (got.uris, got.signed_at) == ((URI,), AT)


def test_a_label_of_another_binding_is_detected():
    raw, other = bound(), bound(SECRET)
    for tag in (rb"<mb:MetadataBinding .*</mb:MetadataBinding>", rb"<mb:Metadata .*</mb:Metadata>"):
        moved = re.sub(tag, re.search(tag, raw, re.DOTALL)[0].replace(b"\\", b"\\\\"), other, flags=re.DOTALL)
        assert moved != other
        assert refused(moved) == "binding-digest"


def test_data_of_another_binding_is_detected():
    assert refused(bound(), {URI: canonical({"id": "indicator--2"})}) == "binding-digest"


def test_data_under_another_name_is_detected():
    assert refused(bound(), {"./other.json": DATA}) == "binding-data"
    assert refused(bound(), {URI: DATA, "./other.json": DATA}) == "binding-data"
    assert refused(bound(), {}) == "binding-data"


def test_a_signer_nobody_trusts_is_refused():
    assert refused(bound(by=OTHER)) == "binding-signer"


def test_a_signature_by_another_key_under_a_trusted_certificate_is_refused():
    assert refused(bound(by=Signer(OTHER.key, EC.certificate))) == "binding-signature"
    assert refused(bound(by=Signer(OTHER.key, RSA.certificate)), by=RSA) == "binding-signature"


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        (b"2001/04/xmldsig-more#sha384", b"2000/09/xmldsig#sha1"),
        (b"2001/04/xmldsig-more#sha384", b"2001/04/xmldsig-more#md5"),
        (b"2001/04/xmldsig-more#sha384", b"2001/04/xmldsig-more#sha224"),
        (b"2001/04/xmldsig-more#ecdsa-sha256", b"2001/04/xmldsig-more#ecdsa-sha1"),
        (b"2001/04/xmldsig-more#ecdsa-sha256", b"2000/09/xmldsig#hmac-sha1"),
    ],
)
def test_weak_algorithms_are_refused(strong, weak):
    assert refused(bound().replace(strong, weak)) in {"binding-weak", "binding-signature"}


def test_a_weak_digest_is_refused_even_when_properly_signed(monkeypatch):
    monkeypatch.setattr("foedus.label.stanag4778._SHA384", "http://www.w3.org/2000/09/xmldsig#sha1")
    monkeypatch.setattr(hashlib, "sha384", hashlib.sha1)
    assert refused(bound()) == "binding-weak"


def test_a_weak_key_signs_nothing():
    with pytest.raises(BadSignature, match="too weak"):
        bound(by=signer(rsa.generate_private_key(65537, 1024)))


def wrapped(raw: bytes) -> bytes:
    """The signed binding moved into the signature's Object, another label in its place."""
    root = etree.fromstring(raw)
    binding = root.find(f".//{{{NAMESPACE}}}MetadataBinding")
    fake = etree.fromstring(etree.tostring(binding).replace(b"RESTRICTED", b"UNCLASSIFIED"))
    fake.set("Id", "binding-2")
    container = binding.getparent()
    root.find(f"{{{DS}}}Signature").find(f"{{{DS}}}Object").append(binding)
    container.append(fake)
    return etree.tostring(root)


def test_signature_wrapping_is_refused():
    assert refused(wrapped(bound())) in {"binding-digest", "binding-reference"}
    assert refused(wrapped(bound()).replace(b'Id="binding-2"', b'Id="binding-1"')) == "binding-id"


def test_an_unsigned_binding_beside_a_signed_one_is_refused():
    raw = bound()
    binding = re.search(rb"<mb:MetadataBinding .*</mb:MetadataBinding>", raw, re.DOTALL)[0]
    beside = raw.replace(binding, binding + binding.replace(b'Id="binding-1"', b""))
    assert refused(beside) == "binding-shape"
    container = re.search(rb"<mb:MetadataBindingContainer>.*</mb:MetadataBindingContainer>", raw, re.DOTALL)[0]
    assert refused(raw.replace(container, container * 2)) == "binding-shape"


def test_a_binding_without_signature_is_refused():
    raw = re.sub(rb"<ds:Signature .*</ds:Signature>", b"", bound(), flags=re.DOTALL)
    assert refused(raw) == "binding-shape"


def test_a_document_type_is_refused():
    with pytest.raises(MalformedRecord) as caught:
        verify(bound().replace(b"?>\n", b"?>\n<!DOCTYPE x []>\n", 1), {URI: DATA}, trusted=[EC.certificate])
    assert caught.value.code == "xml-doctype"


def test_another_document_or_one_too_large_is_refused():
    with pytest.raises(UnsupportedFormat):
        verify(b"<x/>", {URI: DATA}, trusted=[EC.certificate])
    with pytest.raises(LimitExceeded):
        verify(b"<x>" + b" " * 2**20 + b"</x>", {URI: DATA}, trusted=[EC.certificate])


@pytest.mark.parametrize("uri", ["", "#binding-1"])
def test_data_needs_a_uri_of_its_own(uri):
    with pytest.raises(InputError):
        bind(LABEL, DATA, uri=uri, signer=EC, at=AT)
