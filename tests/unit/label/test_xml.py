"""The door for XML: nothing is expanded or fetched, and errors name the place."""

from __future__ import annotations

import pytest

from foedus.errors import LimitExceeded, MalformedRecord
from foedus.label import xml

BOMB = b'<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (BOMB, "xml-doctype"),
        (b'<?xml version="1.0"?>\n<!doctype a SYSTEM "file:///etc/passwd"><a/>', "xml-doctype"),
        (b"<a><b></a>", "xml-malformed"),
        (b"", "xml-malformed"),
        (b"<a>&b;</a>", "xml-malformed"),
        ("<a/>".encode("utf-16"), "xml-encoding"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "xml-encoding"),
        (b"<a>\xff</a>", "xml-encoding"),
    ],
)
def test_what_is_refused_has_a_code(raw, code):
    with pytest.raises(MalformedRecord) as caught:
        xml.parse(raw)
    assert caught.value.code == code
    assert caught.value.where


def test_size_and_depth_are_limited():
    with pytest.raises(LimitExceeded):
        xml.parse(b"<a>" + b" " * xml.MAX_LABEL_BYTES + b"</a>")
    assert xml.parse(b"<a>" * 64 + b"</a>" * 64) is not None
    with pytest.raises(LimitExceeded):
        xml.parse(b"<a>" * 65 + b"</a>" * 65)


def test_a_comment_does_not_split_a_text():
    assert xml.token(xml.parse(b"<a>TOP <!-- x -->SEC<?pi y?>RET</a>")) == "TOP SECRET"


def test_blanks_fold_and_children_are_no_text():
    assert xml.token(xml.parse(b"<a>\n TOP\t SECRET </a>")) == "TOP SECRET"
    for raw in (b"<a> </a>", b"<a>x<b/>y</a>"):
        with pytest.raises(MalformedRecord, match="line 1, element a"):
            xml.token(xml.parse(raw))
