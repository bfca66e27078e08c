"""Certificates of nodes: who is believed, and who is refused with which code."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from foedus.errors import InputError, TrustError
from foedus.exchange.tls import NodeName, Pins, create_ca, issue, load_identity, party_of, spki_sha256

AT = datetime(2026, 6, 1, tzinfo=UTC)
entropy = random.Random(1).randbytes
KAT, BEL, STRANGER = (create_ca(party, entropy, AT) for party in ("kat", "bel", "kat"))
PINS = Pins(
    {("kat", "main"): {spki_sha256(KAT.certificate)}, ("bel", "main"): {spki_sha256(BEL.certificate)}},
    [KAT.certificate, BEL.certificate, STRANGER.certificate],
)


def leaf(ca=KAT, party: str = "kat", node: str = "main", at: datetime = AT) -> bytes:
    return issue(ca, NodeName(party, node), ["localhost"], entropy, at).certificate.public_bytes(Encoding.DER)


def code_of(der: bytes | None, now: datetime = AT) -> str:
    with pytest.raises(TrustError) as caught:
        party_of(der, PINS, now)
    return caught.value.code


def test_a_leaf_of_the_pinned_ca_is_its_party():
    assert party_of(leaf(), PINS, AT) == "kat"
    assert party_of(leaf(BEL, "bel"), PINS, AT) == "bel"


def test_each_refusal_has_its_own_code():
    assert code_of(None) == code_of(b"") == "certificate-missing"
    assert code_of(b"nonsense") == "certificate-malformed"
    assert code_of(leaf(STRANGER)) == "certificate-unknown-ca"
    assert code_of(leaf(BEL, "kat")) == "certificate-wrong-party"
    assert code_of(leaf(KAT, "kat", "other")) == "certificate-wrong-party"
    assert code_of(leaf(), AT + timedelta(days=31)) == "certificate-expired"
    assert code_of(leaf(), AT - timedelta(days=1)) == "certificate-not-yet-valid"


def test_a_certificate_known_once_still_expires():
    der = leaf()
    assert party_of(der, PINS, AT) == "kat"
    assert code_of(der, AT + timedelta(days=31)) == "certificate-expired"


def test_a_ca_certificate_is_no_node():
    assert code_of(KAT.certificate.public_bytes(Encoding.DER)) == "certificate-malformed"


def test_a_damaged_certificate_is_refused_wherever_the_bit_flips():
    der = leaf()
    for place in range(0, len(der), 7):
        damaged = der[:place] + bytes([der[place] ^ 1]) + der[place + 1 :]
        assert code_of(damaged).startswith("certificate-")


def test_two_node_names_in_one_certificate_are_refused():
    identity = issue(KAT, NodeName("kat", "main:x"), ["localhost"], entropy, AT)
    assert code_of(identity.certificate.public_bytes(Encoding.DER)) == "certificate-malformed"


def test_a_leaf_names_node_and_endpoint():
    certificate = issue(KAT, NodeName("kat", "main"), ["node.example", "127.0.0.1", "::1"], entropy, AT).certificate
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:foedus:node:kat:main"]
    assert names.get_values_for_type(x509.DNSName) == ["node.example"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


@pytest.mark.parametrize(("hosts", "days"), [(["localhost"], 31), (["localhost"], 0), ([], 30)])
def test_long_lives_and_no_host_are_refused(hosts, days):
    with pytest.raises(InputError):
        issue(KAT, NodeName("kat", "main"), hosts, entropy, AT, days=days)


def test_the_same_entropy_makes_the_same_certificates():
    one, two = (create_ca("kat", random.Random(5).randbytes, AT) for _ in range(2))
    assert one.certificate_pem() == two.certificate_pem()
    assert one.key_pem() == two.key_pem()


def test_an_identity_goes_to_pem_and_back():
    again = load_identity(KAT.certificate_pem(), KAT.key_pem())
    assert again.certificate == KAT.certificate
    assert again.key_pem() == KAT.key_pem()
    with pytest.raises(InputError):
        load_identity(b"", b"")
