"""A label bound to data by a signed STANAG 4778 sidecar, and the check that both belong together.

The data is referenced, as ``./object.json`` with the RFC 8785 bytes of the object; there is no 4778 profile for JSON that
anybody here has read, so this is a binding data object and no JSON profile.

Source: ADatP-4778 Ed A v1 (second hand), schema 1.4; W3C XML Signature 1.1; exclusive canonicalisation throughout.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from lxml import etree

from foedus.errors import BadSignature, InputError, MalformedRecord, UnsupportedFormat
from foedus.label import stanag4774, xml
from foedus.label.stanag4774_read import Warning as LabelWarning
from foedus.label.stanag4774_read import read_element
from foedus.model import instant
from foedus.model.label import Label

NAMESPACE: Final = "urn:nato:stanag:4778:bindinginformation:1:0"
XMIME: Final = "http://www.w3.org/2005/05/xmlmime"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
MEDIA_TYPE: Final = "application/vnd.nato.bindingdataobject+xml"

_EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#sha384"
_DIGESTS: Final = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    _SHA384: "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
_ECDSA: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
_RSA: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_LABEL_TYPE: Final = "application/vnd.nato.confidentialitylabel+xml"
_MAX_BYTES: Final = 1024 * 1024
_MIN_RSA_BITS: Final = 2048

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Bound(msgspec.Struct, frozen=True):
    """A verified binding: the label, its alternatives inside it, the data it speaks of, who signed and when."""

    label: Label
    uris: tuple[str, ...]
    signed_at: datetime
    signer: str
    warnings: tuple[LabelWarning, ...] = ()


class Signer(msgspec.Struct, frozen=True):
    """Whoever signs: an ECDSA or RSA key (2048 bits or more) with its certificate."""

    key: PrivateKey
    certificate: x509.Certificate


def bind(label: Label, data: bytes, *, uri: str, signer: Signer, at: datetime) -> bytes:
    """Return a signed sidecar that binds a label, and its alternatives, to data.

    Digests are SHA-384; ECDSA signs deterministically (RFC 6979), so one input has one output.

    Args:
        label: the originator's label.
        data: the bytes bound, for a STIX object its RFC 8785 form.
        uri: what the sidecar calls them, such as ``./object.json``.
        signer: key and certificate.
        at: the time of signing; also of creation, where the label does not say so.

    Raises:
        InputError: a label that cannot be written, a URI that is empty or a fragment, or a key too weak.
    """
    if not uri or uri.startswith("#"):
        raise InputError("the data needs a URI of its own", code="binding-uri")
    root = etree.Element(_q("BindingInformation"), nsmap={"mb": NAMESPACE, "ds": DS, "xmime": XMIME})
    binding = etree.SubElement(etree.SubElement(root, _q("MetadataBindingContainer")), _q("MetadataBinding"))
    binding.set("Id", "binding-1")
    _metadata(binding, stanag4774.element(label, at=at))
    for alternative in label.alternatives:
        _metadata(binding, stanag4774.element(alternative, at=at, kind="alternative"))
    etree.SubElement(binding, _q("DataReference")).set("URI", uri)
    _sign(root, binding, {uri: data}, signer, at)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _metadata(binding: etree._Element, label: etree._Element) -> None:
    holder = etree.SubElement(binding, _q("Metadata"))
    holder.set(f"{{{XMIME}}}contentType", _LABEL_TYPE)
    holder.append(label)


def _sign(
    root: etree._Element, binding: etree._Element, data: Mapping[str, bytes], signer: Signer, at: datetime
) -> None:
    signature = etree.Element(_ds("Signature"), nsmap={"ds": DS})
    signature.set("Id", "signature-1")
    root.insert(0, signature)
    info = _sub(signature, "SignedInfo")
    _sub(info, "CanonicalizationMethod", Algorithm=_EXCLUSIVE)
    is_ec = isinstance(signer.key, ec.EllipticCurvePrivateKey)
    _sub(info, "SignatureMethod", Algorithm=_ECDSA if is_ec else _RSA)
    value = _sub(signature, "SignatureValue")
    certificate = signer.certificate.public_bytes(serialization.Encoding.DER)
    _sub(_sub(_sub(signature, "KeyInfo"), "X509Data"), "X509Certificate").text = _b64(certificate)
    properties = _sub(_sub(signature, "Object"), "SignatureProperties", Id="signed-1")
    stamp = _sub(properties, "SignatureProperty", Target="#signature-1")
    etree.SubElement(stamp, "{urn:foedus:signed:1}SigningTime", nsmap={"s": "urn:foedus:signed:1"}).text = instant.text(
        instant.to_us(at)
    )
    for uri, content in data.items():
        _reference(info, uri, content, canonical=False)
    for element in (binding, properties):
        _reference(info, f"#{element.get('Id')}", _canonical(element), canonical=True)
    value.text = _b64(_signature(signer.key, _canonical(info)))


def _reference(info: etree._Element, uri: str, content: bytes, *, canonical: bool) -> None:
    reference = _sub(info, "Reference", URI=uri)
    if canonical:
        _sub(_sub(reference, "Transforms"), "Transform", Algorithm=_EXCLUSIVE)
    _sub(reference, "DigestMethod", Algorithm=_SHA384)
    _sub(reference, "DigestValue").text = _b64(hashlib.sha384(content).digest())


def _signature(key: PrivateKey, message: bytes) -> bytes:
    _refuse_weak(key.public_key())
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    der = key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    size = (key.curve.key_size + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(der))


def verify(raw: bytes, data: Mapping[str, bytes], *, trusted: Collection[x509.Certificate]) -> Bound:
    """Return what a sidecar binds, once everything in it has proven to be what was signed.

    Args:
        raw: the sidecar.
        data: the bytes of each URI it references; of none more and of none less.
        trusted: the certificates whose signature counts; compared byte for byte, no path is built.

    Raises:
        BadSignature: signer not trusted, weak algorithm, a digest or signature that does not match, or a binding that the
            signature does not cover (``binding-*`` codes name which).
        MalformedRecord: no binding that can be read without guessing.
        UnsupportedFormat: no STANAG 4778 binding information.
    """
    root = xml.parse(raw, max_bytes=_MAX_BYTES)
    if root.tag != _q("BindingInformation"):
        raise UnsupportedFormat("no STANAG 4778 binding information", code="binding-unsupported", where=xml.place(root))
    signature, binding = _shape(root)
    labels, uris = _contents(binding)
    if set(uris) != set(data):
        raise BadSignature(
            "the data at hand is not the data it references", code="binding-data", where=xml.place(binding)
        )
    info = _only(signature, _ds("SignedInfo"))
    certificate = _signer(signature, trusted)
    _verify_value(info, _text_b64(_only(signature, _ds("SignatureValue"))), certificate)
    properties = _only(_only(signature, _ds("Object")), _ds("SignatureProperties"))
    _verify_references(info, {f"#{e.get('Id')}": e for e in (binding, properties)}, data)
    signed_at = _signed_at(properties)
    label = msgspec.structs.replace(labels[0][0], alternatives=tuple(other for other, _ in labels[1:]))
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    return Bound(label, uris, signed_at, fingerprint, tuple(w for _, found in labels for w in found))


def _shape(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """Return signature and binding: exactly one of each, each in its place, and no Id twice."""
    if [child.tag for child in root] != [_ds("Signature"), _q("MetadataBindingContainer")]:
        raise BadSignature("not one signature and one container", code="binding-shape", where=xml.place(root))
    signature, container = root
    binding = _only(container, _q("MetadataBinding"))
    if len(container) != 1 or sum(1 for _ in root.iter(_ds("Signature"))) != 1:
        raise BadSignature("something unsigned stands beside it", code="binding-shape", where=xml.place(container))
    ids = [value for element in root.iter() for name, value in element.attrib.items() if _is_id(str(name))]
    if len(set(ids)) != len(ids) or not binding.get("Id"):
        raise BadSignature("an Id is missing or stands twice", code="binding-id", where=xml.place(binding))
    return signature, binding


def _is_id(name: str) -> bool:
    return name.rpartition("}")[2].lower() == "id"


def _contents(binding: etree._Element) -> tuple[list[tuple[Label, tuple[LabelWarning, ...]]], tuple[str, ...]]:
    labels: list[tuple[Label, tuple[LabelWarning, ...]]] = []
    uris: list[str] = []
    for child in binding:
        if child.tag == _q("Metadata") and len(child) == 1 and not uris:
            kind = "alternative" if labels else "originator"
            if xml.local(child[0]) != f"{kind}ConfidentialityLabel":
                raise MalformedRecord(f"must hold one {kind} label", code="binding-label", where=xml.place(child))
            labels.append(read_element(child[0]))
        elif child.tag == _q("DataReference") and labels and not len(child):
            uris.append(str(child.get("URI", "")))
        else:
            raise MalformedRecord("is not read here", code="binding-content", where=xml.place(child))
    if not labels or not uris or len(set(uris)) != len(uris) or any(not uri or uri[0] == "#" for uri in uris):
        raise MalformedRecord("needs a label and data", code="binding-content", where=xml.place(binding))
    return labels, tuple(uris)


def _signer(signature: etree._Element, trusted: Collection[x509.Certificate]) -> x509.Certificate:
    held = _only(_only(_only(signature, _ds("KeyInfo")), _ds("X509Data")), _ds("X509Certificate"))
    der = _text_b64(held)
    for certificate in trusted:
        if certificate.public_bytes(serialization.Encoding.DER) == der:
            return certificate
    raise BadSignature("the signer's certificate is not trusted", code="binding-signer", where=xml.place(held))


def _verify_value(info: etree._Element, value: bytes, certificate: x509.Certificate) -> None:
    _algorithm(_only(info, _ds("CanonicalizationMethod")), {_EXCLUSIVE})
    method = _algorithm(_only(info, _ds("SignatureMethod")), {_ECDSA, _RSA})
    key = certificate.public_key()
    _refuse_weak(key)
    message = _canonical(info)
    try:
        if method == _ECDSA and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(value, key), message, ec.ECDSA(hashes.SHA256()))
            return
        if method == _RSA and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, message, padding.PKCS1v15(), hashes.SHA256())
            return
    except InvalidSignature as error:
        raise BadSignature("the signature does not match", code="binding-signature", where=xml.place(info)) from error
    raise BadSignature("the key is not of the method's kind", code="binding-signature", where=xml.place(info))


def _der(value: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the DER form of XML Signature's r and s, both of the curve's full length."""
    size = (key.curve.key_size + 7) // 8
    if len(value) != 2 * size:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big"))


def _refuse_weak(key: object) -> None:
    strong_ec = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(
        key.curve, ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1
    )
    strong_rsa = isinstance(key, rsa.RSAPublicKey) and key.key_size >= _MIN_RSA_BITS
    if not strong_ec and not strong_rsa:
        hint = "ECDSA on P-256, P-384 or P-521, or RSA from 2048 bits on"
        raise BadSignature("the key is too weak or of no known kind", code="binding-weak", hint=hint)


def _verify_references(info: etree._Element, inside: Mapping[str, etree._Element], data: Mapping[str, bytes]) -> None:
    expected = {uri: _canonical(element) for uri, element in inside.items()} | dict(data)
    seen = set()
    for reference in info.findall(_ds("Reference")):
        uri = str(reference.get("URI", ""))
        if uri not in expected or uri in seen:
            raise BadSignature(
                "a reference to nothing that is used", code="binding-reference", where=xml.place(reference)
            )
        seen.add(uri)
        transforms = [_algorithm(one, {_EXCLUSIVE}) for one in _transforms(reference)]
        if transforms != ([_EXCLUSIVE] if uri in inside else []):
            raise BadSignature("a transform that is not allowed", code="binding-transform", where=xml.place(reference))
        digest = _DIGESTS[_algorithm(_only(reference, _ds("DigestMethod")), set(_DIGESTS))]
        if _text_b64(_only(reference, _ds("DigestValue"))) != hashlib.new(digest, expected[uri]).digest():
            raise BadSignature(
                "a digest does not match what it stands for", code="binding-digest", where=xml.place(reference)
            )
    if seen != set(expected):
        raise BadSignature("something is not covered by the signature", code="binding-uncovered", where=xml.place(info))


def _transforms(reference: etree._Element) -> Iterator[etree._Element]:
    for holder in reference.findall(_ds("Transforms")):
        for child in holder:
            # An exclusive canonicalisation with an InclusiveNamespaces list is another one.
            if child.tag != _ds("Transform") or len(child):
                raise BadSignature("a transform that is not allowed", code="binding-transform", where=xml.place(child))
            yield child


def _algorithm(element: etree._Element, allowed: Collection[str]) -> str:
    algorithm = str(element.get("Algorithm", ""))
    if algorithm not in allowed or len(element):
        raise BadSignature("an algorithm that is weak or unknown", code="binding-weak", where=xml.place(element))
    return algorithm


def _signed_at(properties: etree._Element) -> datetime:
    stamp = _only(_only(properties, _ds("SignatureProperty")), "{urn:foedus:signed:1}SigningTime")
    return instant.parse(xml.token(stamp))


def _only(parent: etree._Element, tag: str) -> etree._Element:
    found = parent.findall(tag)
    if len(found) != 1:
        name = tag.rpartition("}")[2]
        raise MalformedRecord(f"needs exactly one {name}", code="binding-shape", where=xml.place(parent))
    return found[0]


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _text_b64(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except ValueError as error:
        raise MalformedRecord("is no base64", code="binding-base64", where=xml.place(element)) from error


def _sub(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, _ds(name), attributes)


def _q(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"
