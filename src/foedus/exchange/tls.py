"""TLS between nodes: each party's own CA, pinned by the others; the party comes from the pinned CA *and* the name.

Only certificate validity uses wall time, and even that is an argument here.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from foedus.errors import InputError, TrustError
from foedus.model.ports import Entropy

MAX_LEAF_DAYS = 30
# The order of P-256; keys are drawn from 40 bytes, so that the bias of the remainder is below 2^-64.
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_CLOCK_SLACK = timedelta(minutes=5)
_NODE_NAME = re.compile(r"urn:foedus:node:([^:]+):([^:]+)")
_KNOWN_LEAVES = 1_024


class Identity(NamedTuple):
    """A certificate with its key: a CA's or a node's."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def certificate_pem(self) -> bytes:
        """Return the certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self) -> bytes:
        """Return the private key as PEM, unencrypted: keep the file at mode 0600."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class NodeName(NamedTuple):
    """Which node of which party; spelled ``urn:foedus:node:<party>:<node>`` in a certificate."""

    party: str
    node: str

    def urn(self) -> str:
        """Return the SAN URI.

        >>> NodeName("kat", "main").urn()
        'urn:foedus:node:kat:main'
        """
        return f"urn:foedus:node:{self.party}:{self.node}"


def load_identity(certificate_pem: bytes, key_pem: bytes) -> Identity:
    """Return an identity from its two PEM texts.

    Raises:
        InputError: one of them is none, or the key is no P-256 key.
    """
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        key = load_pem_private_key(key_pem, None)
    except (ValueError, TypeError) as error:
        raise InputError("no PEM certificate and key", code="identity-malformed", hint="make a new one") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise InputError("not a P-256 key", code="identity-malformed", hint="make a new one")
    return Identity(certificate, key)


def spki_sha256(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the public key's DER (SubjectPublicKeyInfo), hex: what a card pins."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def create_ca(party: str, entropy: Entropy, at: datetime, *, days: int = 3650) -> Identity:
    """Return a new CA of a party, ECDSA P-256, which may sign nodes and nothing below."""
    key = _new_key(entropy)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{party} node CA")])
    usage = _key_usage(signs_certificates=True)
    builder = (
        _builder(name, name, key, entropy, (at - _CLOCK_SLACK, at + timedelta(days=days)))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return Identity(builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True), key)


def issue(
    ca: Identity, name: NodeName, hosts: Sequence[str], entropy: Entropy, at: datetime, *, days: int = MAX_LEAF_DAYS
) -> Identity:
    """Return a new certificate and key of a node, for both ends of a connection.

    Args:
        ca: the party's CA.
        name: party and node, for the SAN URI.
        hosts: DNS names and addresses of the node's endpoint.
        entropy: where key and serial number come from.
        at: wall time.
        days: at most 30.

    Raises:
        InputError: a longer life, or no host.
    """
    if not 0 < days <= MAX_LEAF_DAYS or not hosts:
        raise InputError(
            "a node's certificate needs a host and lives at most 30 days",
            code="certificate-request",
            hint="renew it instead",
        )
    key = _new_key(entropy)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name.party} {name.node}"[:64])])
    names = [x509.UniformResourceIdentifier(name.urn()), *(_host_name(host) for host in hosts)]
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    ca_key = ca.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(subject, ca.certificate.subject, key, entropy, (at - _CLOCK_SLACK, at + timedelta(days=days)))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_key), critical=False)
    )
    return Identity(builder.sign(ca.key, hashes.SHA256(), ecdsa_deterministic=True), key)


def server_context(certificate: Path, key: Path, cas: Iterable[x509.Certificate], *, required: bool) -> ssl.SSLContext:
    """Return a server's context: TLS 1.3 only, client certificates of the pinned CAs and of nobody else.

    Args:
        certificate: PEM file of the node's certificate.
        key: PEM file of its key.
        cas: the CA certificates of all parties that may connect.
        required: True: no connection without a certificate; False: tools may come without one and log in otherwise.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return _pinned(context, cas, (certificate, key))


def following(newest: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Return a server's context that gives each new connection the newest one: certificate, and CAs that are believed.

    Args:
        newest: makes it, or returns the one before; asked in each handshake, and may not fail.
    """
    context = newest()

    def take(connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _before: ssl.SSLContext) -> None:
        connection.context = newest()

    # OpenSSL asks for a certificate in the middle of a handshake, after the name the client calls, whether or not it does.
    context.sni_callback = take
    return context


def client_context(
    ca: x509.Certificate, certificate: Path | None = None, key: Path | None = None, *others: x509.Certificate
) -> ssl.SSLContext:
    """Return a client's context for one peer: TLS 1.3 only, that peer's CA only, with our own certificate where we have one.

    While a peer changes its CA, the ``others`` that its cards name count as well.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _pinned(context, [ca, *others], (certificate, key) if certificate and key else None)


class Pins:
    """Which CA signs for which node, and the CA certificates that fit.

    Args:
        pins: SPKI SHA-256 (hex) of the CA, by party and node id, as the programme's cards say; several while it changes.
        cas: CA certificates; those that no pin names are left out.
    """

    def __init__(self, pins: Mapping[tuple[str, str], Collection[str]], cas: Iterable[x509.Certificate]) -> None:
        self._pins = dict(pins)
        pinned = {spki for spkis in self._pins.values() for spki in spkis}
        self.cas = {spki: ca for ca in cas if (spki := spki_sha256(ca)) in pinned}
        self._verified: dict[bytes, tuple[NodeName, x509.Certificate]] = {}

    def verified(self, der: bytes) -> tuple[NodeName, x509.Certificate]:
        """Return whose certificate it is, at any time; kept, for every request of a connection asks.

        Raises:
            TrustError: it is malformed, of a CA that nobody pinned, or of another party's CA.
        """
        known = self._verified.get(der)
        if known is None:
            known = self._verify(der)
            if len(self._verified) >= _KNOWN_LEAVES:
                self._verified.clear()
            self._verified[der] = known
        return known

    def _verify(self, der: bytes) -> tuple[NodeName, x509.Certificate]:
        name, certificate = _read(der)
        signers = [spki for spki, ca in self.cas.items() if _issued_by(certificate, ca)]
        if not signers:
            raise TrustError(
                "no pinned CA made this certificate", code="certificate-unknown-ca", hint="enrol the node's card"
            )
        if set(signers).isdisjoint(self._pins.get((name.party, name.node), ())):
            raise TrustError("its CA does not sign for the party it names", code="certificate-wrong-party")
        return name, certificate


def party_of(der: bytes | None, pins: Pins, now: datetime) -> str:
    """Return the party whose node showed a certificate.

    Args:
        der: the leaf as TLS gave it, None where there was none.
        pins: the programme's pins.
        now: wall time.

    Raises:
        TrustError: ``certificate-missing``, ``-malformed``, ``-unknown-ca``, ``-wrong-party``, ``-not-yet-valid``, ``-expired``.
    """
    if not der:
        raise TrustError(
            "no client certificate", code="certificate-missing", hint="connect with the node's certificate"
        )
    name, certificate = pins.verified(der)
    if now < certificate.not_valid_before_utc:
        raise TrustError("the certificate is not valid yet", code="certificate-not-yet-valid", hint="check both clocks")
    if now > certificate.not_valid_after_utc:
        raise TrustError("the certificate expired", code="certificate-expired", hint="the peer must renew it")
    return name.party


def _read(der: bytes) -> tuple[NodeName, x509.Certificate]:
    try:
        certificate = x509.load_der_x509_certificate(der)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    except (ValueError, x509.ExtensionNotFound) as error:
        raise TrustError("no certificate of a node", code="certificate-malformed") from error
    found = [match for uri in uris if (match := _NODE_NAME.fullmatch(uri))]
    if len(found) != 1:
        raise TrustError("a certificate must name one node", code="certificate-malformed")
    return NodeName(found[0][1], found[0][2]), certificate


def _issued_by(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(ca)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _pinned(context: ssl.SSLContext, cas: Iterable[x509.Certificate], own: tuple[Path, Path] | None) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    pem = b"".join(ca.public_bytes(Encoding.PEM) for ca in cas)
    if pem:
        context.load_verify_locations(cadata=pem.decode())
    if own:
        context.load_cert_chain(*own)
    return context


def _new_key(entropy: Entropy) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(entropy(40)) % (_P256_ORDER - 1) + 1, ec.SECP256R1())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    entropy: Entropy,
    life: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(entropy(19)) | 1)
        .not_valid_before(life[0])
        .not_valid_after(life[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
