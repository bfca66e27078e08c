"""Bindings signed with the trusted key that say less, more or other than they must: a valid signature is not enough."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from tests.unit.label.test_stanag4778 import DATA, EC, URI, bound

from foedus.errors import BadSignature, MalformedRecord
from foedus.label.stanag4778 import DS, NAMESPACE, verify

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


def q(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def c14n(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def resigned(change: Callable[[etree._Element], None], *, digest: bool = True) -> bytes:
    """A binding changed and then signed again with the trusted key, its digests made to fit."""
    root = etree.fromstring(bound())
    change(root)
    info = root.find(f".//{ds('SignedInfo')}")
    inside = {
        "#binding-1": root.find(f".//{q('MetadataBinding')}"),
        "#signed-1": root.find(f".//{ds('SignatureProperties')}"),
    }
    for reference in info.findall(ds("Reference")) if digest else ():
        signed = inside.get(reference.get("URI"))
        if signed is not None:
            reference.find(ds("DigestValue")).text = base64.b64encode(hashlib.sha384(c14n(signed)).digest()).decode()
    from foedus.label.stanag4778 import _signature

    root.find(f".//{ds('SignatureValue')}").text = base64.b64encode(_signature(EC.key, c14n(info))).decode()
    return etree.tostring(root)


def outcome(raw: bytes, data: dict[str, bytes] | None = None) -> str:
    try:
        verify(raw, {URI: DATA} if data is None else data, trusted=[EC.certificate])
    except (BadSignature, MalformedRecord) as error:
        return error.code
    return "verified"


def reference(root: etree._Element, uri: str) -> etree._Element:
    return next(one for one in root.iter(ds("Reference")) if one.get("URI") == uri)


def drop_reference(uri: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        one = reference(root, uri)
        one.getparent().remove(one)

    return change


def double_reference(root: etree._Element) -> None:
    one = reference(root, URI)
    one.addnext(copy.deepcopy(one))


def foreign_reference(root: etree._Element) -> None:
    reference(root, "#binding-1").set("URI", "#signature-1")


def other_transform(algorithm: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        reference(root, "#binding-1").find(f".//{ds('Transform')}").set("Algorithm", algorithm)

    return change


def second_transform(root: etree._Element) -> None:
    one = reference(root, "#binding-1").find(f".//{ds('Transform')}")
    one.addnext(copy.deepcopy(one))


def inclusive_namespaces(root: etree._Element) -> None:
    one = reference(root, "#binding-1").find(f".//{ds('Transform')}")
    etree.SubElement(one, f"{{{EXCLUSIVE}}}InclusiveNamespaces").set("PrefixList", "mb")


def transform_on_data(root: etree._Element) -> None:
    one = reference(root, "#binding-1").find(ds("Transforms"))
    reference(root, URI).insert(0, copy.deepcopy(one))


def inclusive_signed_info(root: etree._Element) -> None:
    root.find(f".//{ds('CanonicalizationMethod')}").set("Algorithm", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")


def two_labels_in_one(root: etree._Element) -> None:
    holder = root.find(f".//{q('Metadata')}")
    holder.append(copy.deepcopy(holder[0]))


def two_originators(root: etree._Element) -> None:
    holder = root.find(f".//{q('Metadata')}")
    holder.addnext(copy.deepcopy(holder))


def without_data(root: etree._Element) -> None:
    one = root.find(f".//{q('DataReference')}")
    one.getparent().remove(one)


def data_twice(root: etree._Element) -> None:
    one = root.find(f".//{q('DataReference')}")
    one.addnext(copy.deepcopy(one))


def transforms_in_data_reference(root: etree._Element) -> None:
    etree.SubElement(root.find(f".//{q('DataReference')}"), ds("Transforms"))


def signature_inside_label(root: etree._Element) -> None:
    root.find(f".//{q('Metadata')}")[0].append(etree.Element(ds("Signature")))


def second_object(root: etree._Element) -> None:
    one = root.find(f".//{ds('Object')}")
    one.addnext(copy.deepcopy(one))


def second_certificate(root: etree._Element) -> None:
    one = root.find(f".//{ds('X509Certificate')}")
    one.addnext(copy.deepcopy(one))


def without_time(root: etree._Element) -> None:
    one = root.find(f".//{ds('SignatureProperty')}")
    one.remove(one[0])


def test_signing_again_alone_changes_nothing():
    assert outcome(resigned(lambda root: None)) == "verified"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (drop_reference(URI), "binding-uncovered"),
        (drop_reference("#binding-1"), "binding-uncovered"),
        (drop_reference("#signed-1"), "binding-uncovered"),
        (double_reference, "binding-reference"),
        (foreign_reference, "binding-reference"),
        (other_transform("http://www.w3.org/TR/1999/REC-xslt-19991116"), "binding-weak"),
        (other_transform("http://www.w3.org/TR/1999/REC-xpath-19991116"), "binding-weak"),
        (other_transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature"), "binding-weak"),
        (second_transform, "binding-transform"),
        (inclusive_namespaces, "binding-transform"),
        (transform_on_data, "binding-transform"),
        (inclusive_signed_info, "binding-weak"),
        (two_labels_in_one, "binding-content"),
        (two_originators, "binding-label"),
        (without_data, "binding-content"),
        (data_twice, "binding-content"),
        (transforms_in_data_reference, "binding-content"),
        (signature_inside_label, "binding-shape"),
        (second_object, "binding-id"),
        (second_certificate, "binding-shape"),
    ],
)
def test_a_valid_signature_over_something_else_is_refused(change, code):
    assert outcome(resigned(change)) == code


def test_a_time_is_required():
    assert outcome(resigned(without_time)) == "binding-shape"


def test_a_binding_whose_digest_is_stale_is_refused():
    def lower(root: etree._Element) -> None:
        held = next(one for one in root.iter() if one.text == "RESTRICTED")
        held.text = "UNCLASSIFIED"

    assert outcome(resigned(lower, digest=False)) == "binding-digest"
    assert outcome(resigned(lower)) == "verified"


def test_a_signature_of_another_length_is_refused():
    root = etree.fromstring(bound())
    value = root.find(f".//{ds('SignatureValue')}")
    value.text = base64.b64encode(b"\0" + base64.b64decode(value.text)).decode()
    assert outcome(etree.tostring(root)) == "binding-signature"
    value.text = "no base64!"
    assert outcome(etree.tostring(root)) == "binding-base64"


def test_keys_on_longer_curves_work():
    from tests.unit.label.test_stanag4778 import signer

    by = signer(ec.derive_private_key(9, ec.SECP521R1()))
    assert verify(bound(by=by), {URI: DATA}, trusted=[by.certificate]).uris == (URI,)
