"""The one door for XML: nothing is resolved, fetched or expanded, and an error names line and element.

Source: OWASP XML Security; labels are small, so a document type or a deep tree is an attack and no label.
"""

from __future__ import annotations

import re

from lxml import etree

from foedus.errors import LimitExceeded, MalformedRecord

MAX_LABEL_BYTES = 256 * 1024
MAX_DEPTH = 64
_DECLARED = re.compile(r"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


def parse(raw: bytes, *, max_bytes: int = MAX_LABEL_BYTES) -> etree._Element:
    """Return the root of an XML document; comments and processing instructions are gone, so a text is one text.

    Raises:
        LimitExceeded: too large or too deep.
        MalformedRecord: not well-formed UTF-8 XML, or one with a document type.
    """
    if len(raw) > max_bytes:
        raise LimitExceeded(f"XML larger than {max_bytes} bytes", code="xml-size")
    _refuse_document_type(raw)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        place = f"line {error.lineno}, column {error.offset}"
        # libxml2 quotes the input in its messages: only its code is repeated.
        raise MalformedRecord("not well-formed XML", code="xml-malformed", where=place) from error
    _refuse_depth(root)
    return root


def _refuse_document_type(raw: bytes) -> None:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start}"
        raise MalformedRecord("XML is not UTF-8", code="xml-encoding", where=where, hint="write UTF-8") from error
    declared = _DECLARED.match(text)
    if declared and declared[1].lower() not in {"utf-8", "us-ascii"}:
        raise MalformedRecord("XML declares an encoding other than UTF-8", code="xml-encoding", where="line 1")
    at = text.lower().find("<!doctype")
    if at >= 0 or "<!entity" in text.lower():
        line = text.count("\n", 0, max(at, 0)) + 1
        raise MalformedRecord("a document type is refused", code="xml-doctype", where=f"line {line}")


def _refuse_depth(root: etree._Element) -> None:
    row, depth = [root], 1
    while row:
        if depth > MAX_DEPTH:
            raise LimitExceeded(f"XML deeper than {MAX_DEPTH}", code="xml-depth", where=place(row[0]))
        row = [child for element in row for child in element]
        depth += 1


def place(element: etree._Element) -> str:
    """Return where an element stands, for an error."""
    return f"line {element.sourceline}, element {local(element)}"


def local(element: etree._Element) -> str:
    """Return an element's local name."""
    return str(etree.QName(element).localname)


def namespace(element: etree._Element) -> str:
    """Return an element's namespace, empty when it has none."""
    return str(etree.QName(element).namespace or "")


def token(element: etree._Element) -> str:
    """Return an element's text with blanks folded, as ``xs:token`` compares it.

    Raises:
        MalformedRecord: it has children, or no text.
    """
    text = " ".join((element.text or "").split())
    if len(element) or not text:
        raise MalformedRecord("must hold text and nothing else", code="xml-text", where=place(element))
    return text
