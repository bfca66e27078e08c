"""The pattern scanner, against the standard's grammar as oracle."""

from __future__ import annotations

import pytest
from stix2patterns.v21.pattern import Pattern

from foedus.areas.cyber.patterns import scan

HASH = "a" * 64

PATTERNS = [
    "[ipv4-addr:value = '198.51.100.1']",
    " [ file:hashes.'SHA-256'  =  '" + HASH + "' ] ",
    "[file:hashes.MD5 = 'x' AND file:name = 'a b']",
    r"[windows-registry-key:key = 'HKLM\\Software\\It\'s']",
    "[url:value IN ('http://a.example/', 'http://b.example/') OR domain-name:value = 'c.example']",
    "[file:size = 10 AND file:name = 'x']",
    "([a:b = 'x'] AND [c:d = 'y']) OR [e:f = 'z']",
    "[(a:b = 'x' OR a:b = 'y') AND c:d = 'z']",
    "[network-traffic:dst_ref.value = '198.51.100.1' AND network-traffic:dst_port = 443]",
    "[process:extensions.'windows-process-ext'.priority = 'x']",
    "[email-message:body_multipart[*].body_raw_ref.name = 'x']",
    "[a:b = 'x'] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
    "[a:b = 'x'] REPEATS 5 TIMES",
    "[file:name = '請求書.exe']",
]


def oracle(pattern: str) -> list[tuple[str, str]]:
    """(type, value) of every equality, as the ANTLR grammar reads it."""
    found = []
    for type_, comparisons in Pattern(pattern).inspect().comparisons.items():
        for _, sign, value in comparisons:
            if sign == "=":
                found.append((type_, value))
            elif sign == "IN":
                found += [(type_, one) for one in value.strip("()").split(",")]
    return sorted((type_, value) for type_, value in found)


def quoted(value: str) -> str:
    if value.lstrip("-").isdigit():
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


@pytest.mark.parametrize("pattern", PATTERNS)
def test_equalities_are_those_of_the_standards_grammar(pattern):
    read = scan(pattern)
    assert sorted((named.type, quoted(named.value)) for named in read.named) == oracle(pattern)
    assert read.skipped == 0


@pytest.mark.parametrize(
    ("pattern", "named", "skipped"),
    [
        ("[a:b LIKE 'x%']", 0, 1),
        ("[a:b MATCHES '^x']", 0, 1),
        ("[a:b NOT = 'x' AND c:d = 'y']", 1, 1),
        ("[a:b != 'x']", 0, 1),
        ("[a:b NOT IN ('x', 'y')]", 0, 1),
        ("[a:b > 5]", 0, 1),
        ("[a:b ISSUBSET '198.51.100.0/24']", 0, 1),
        ("[EXISTS a:b]", 0, 1),
        ("[a:b IN ('x', h'00')]", 0, 1),
        ("[a:b = t'2026-01-01T00:00:00Z']", 0, 1),
        ("[a:b = 'x'] FOLLOWEDBY [c:d = 'y']", 0, 2),
        ("[a:b = 'x'] AND [c:d = 'y'] WITHIN 60 SECONDS", 0, 2),
        ("[a:b = 'FOLLOWEDBY']", 1, 0),
    ],
)
def test_what_is_no_plain_equality_is_skipped_and_counted(pattern, named, skipped):
    read = scan(pattern)
    assert (len(read.named), read.skipped) == (named, skipped)
    Pattern(pattern)  # each of them is a pattern


@pytest.mark.parametrize(
    "text", ["", "x", "a:b = 'x'", "[", "]", "[a:b = 'x'", "[[a:b = 'x']]", "[a:b = 'x]", "[a:b = 'x']]", "[\x00]"]
)
def test_what_is_no_pattern_names_nothing(text):
    assert scan(text) == ((), 1)


def test_a_long_pattern_takes_linear_time():
    many = " OR ".join(f"ipv4-addr:value = '10.0.{n // 256}.{n % 256}'" for n in range(20_000))
    assert len(scan(f"[{many}]").named) == 20_000
    assert scan("[a:b = '" + "\\\\" * 200_000).skipped == 1
