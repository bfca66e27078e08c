"""The last look: text must not quote what identifies a hidden object."""

from __future__ import annotations

import json

import pytest

from foedus.release.screen import identifying, screen


def problems(hidden, **obj):
    return screen(json.dumps(obj).encode(), hidden)


@pytest.mark.parametrize(
    "text",
    ["seen at evil.example today", "EVIL.EXAMPLE", "evil[.]example", "hxxp://evil(.)example/x", "ｅｖｉｌ.example"],
)
def test_a_quoted_value_is_found_whatever_its_spelling(text):
    assert problems(["evil.example"], description=text) == ("/description",)


@pytest.mark.parametrize("text", ["evil.examples", "not-evil-example", "devil.example", ""])
def test_only_whole_values_count(text):
    assert problems(["evil.example"], description=text) == ()


def test_patterns_escaped_values_and_nested_texts_are_looked_at():
    assert problems(["C:\\x\\a.exe"], pattern="[file:name = 'C:\\\\x\\\\a.exe']") == ("/pattern",)
    assert problems(["Secret Op"], extensions={"e": {"t": ["a", "on Secret Op"]}}) == ("/extensions/e/t/1",)
    assert problems(["Secret Op"], external_references=[{"description": "Secret Op"}]) == (
        "/external_references/0/description",
    )


def test_references_and_types_are_not_text():
    assert problems(["report"], type="report", object_refs=["report--1"]) == ()


def test_short_values_and_no_values_find_nothing():
    assert problems(["ab"], name="ab") == problems([], name="ab") == ()


def test_a_hidden_object_is_known_by_names_values_aliases_and_hashes():
    obj = {"name": "Worm", "aliases": ["W32", "x"], "hashes": {"MD5": "d41d8cd98f00b204e9800998ecf8427e"}, "count": 3}
    assert identifying(obj) == ("Worm", "W32", "d41d8cd98f00b204e9800998ecf8427e")
