"""Warning lists: each type with a hit and a near miss."""

from __future__ import annotations

import time

import pytest

from foedus.areas.cyber.values import guess
from foedus.areas.cyber.warn import RESERVED, WarningList, WarningLists, read_list, warning_lists
from foedus.errors import MalformedRecord


def hits(lists: WarningLists, written: str) -> tuple[str, ...]:
    return lists.hits(guess(written), written)


@pytest.mark.parametrize(
    ("type_", "entry", "hit", "miss"),
    [
        ("string", "Evil.example", "evil.example", "a.evil.example"),
        (
            "string",
            "D41D8CD98F00B204E9800998ECF8427E",
            "d41d8cd98f00b204e9800998ecf8427e",
            "e41d8cd98f00b204e9800998ecf8427e",
        ),
        ("substring", "0-mail.com", "a@0-mail.com", "a@0-mall.com"),
        ("substring", "abc", "http://x.example/zabcz", "http://x.example/zabz"),
        ("hostname", "bit.ly", "https://www.bit.ly/x", "https://rabbit.ly/x"),
        ("hostname", ".dyn.example", "host.dyn.example", "dyn.example.org"),
        ("hostname", "https://a.example/list", "a.example", "b.example"),
        ("cidr", "45.0.0.0/8", "45.1.2.3", "46.1.2.3"),
        ("cidr", "8.8.8.8", "8.8.8.8", "8.8.8.9"),
        ("cidr", "2400:CB00::/32", "2400:cb00:1::1", "2400:cb01::1"),
        ("cidr", "45.0.0.0/8", "45.1.0.0/16", "44.0.0.0/6"),
        ("cidr", "45.0.0.0/8", "http://45.1.2.3/x", "http://46.1.2.3/x"),
        ("regex", r"^https?://[^/]*\.example/", "http://a.example/x", "http://a.example.org/x"),
        ("regex", r"/\.onion$/", "abc.onion", "abc.onion.example"),
    ],
)
def test_a_list_warns_of_its_entries_and_not_of_their_neighbours(type_, entry, hit, miss):
    lists = WarningLists((WarningList("it", type_, [entry]),))
    assert hits(lists, hit) == ("it",)
    assert hits(lists, miss) == ()


def test_matching_attributes_limit_a_list_to_their_kinds():
    lists = WarningLists((WarningList("it", "string", ["a.example"], ["url"]),))
    assert hits(lists, "a.example") == ()
    assert hits(WarningLists((WarningList("it", "string", ["a.example"], ["domain|ip"]),)), "a.example") == ("it",)


def test_an_entry_that_is_no_network_does_not_spoil_its_list():
    assert hits(WarningLists((WarningList("it", "cidr", ["nonsense", "45.0.0.0/8"]),)), "45.1.1.1") == ("it",)


def test_private_and_documentation_addresses_are_warned_without_any_list():
    assert hits(WarningLists(()), "198.51.100.1") == (RESERVED,)


@pytest.mark.parametrize(
    "raw",
    [b"[]", b'{"name": "x"}', b'{"name": "x", "list": [], "type": "odd"}', b'{"name":"x","list":["("],"type":"regex"}'],
)
def test_what_is_no_warning_list_is_refused_and_named(raw):
    with pytest.raises(MalformedRecord):
        read_list(raw)
    assert len(warning_lists({"warninglist/x": raw}).broken) == 1


@pytest.fixture(scope="session")
def real(shared):
    folder = shared("data/cyber/warninglists")
    return warning_lists({f"warninglist/{path.name}": path.read_bytes() for path in folder.glob("*.json")})


@pytest.mark.shared_data
def test_all_real_lists_load(real):
    assert (len(real.lists), real.broken) == (26, ())


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("8.8.8.8", "public DNS"),
        ("1.1.1.1", "public DNS"),
        ("evil.dyndns.org", "dynamic DNS"),
        ("https://bit.ly/3x", "URL Shorteners"),
        ("someone@0-mail.com", "disposable"),
        ("d41d8cd98f00b204e9800998ecf8427e", "empty files"),
        ("44d88612fea8a8f36de82e1278abb02f", "EICAR"),
        ("fe80::1", "link local"),
        ("100.64.0.1", "RFC 6598"),
        ("104.16.0.1", "Cloudflare"),
    ],
)
def test_what_is_everywhere_does_not_alarm(real, written, named):
    assert any(named.lower() in name.lower() for name in hits(real, written)), hits(real, written)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    "written",
    ["update.kohaku-cdn.example", "a@kohaku.example", "a" * 64, "http://kohaku.example/bit.ly", "192.42.116.16"],
)
def test_ordinary_values_are_not_warned(real, written):
    assert hits(real, written) == ()


@pytest.mark.shared_data
def test_a_look_up_does_not_scan_the_lists(real):
    values = [(guess(written), written) for written in ("45.77.1.2", "mail.kohaku.example", "a@kohaku.example")]
    began = time.process_time()
    for value, written in values * 300:
        real.hits(value, written)
    assert (time.process_time() - began) / 900 < 0.001
