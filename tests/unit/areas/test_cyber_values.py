"""Normal forms."""

from __future__ import annotations

import pytest

from foedus.areas.cyber.values import Value, guess, host_of, is_reserved, normalise, refang


@pytest.mark.parametrize(
    ("kind", "written", "norm"),
    [
        ("ipv4-addr", "192.0.2.7", "ipv4-addr 192.0.2.7"),
        ("ipv6-addr", "2001:DB8:0:0:0:0:0:1", "ipv6-addr 2001:db8::1"),
        ("ipv6-addr", "2001:db8:0:1:1:1:1:1", "ipv6-addr 2001:db8:0:1:1:1:1:1"),  # RFC 5952 4.2.2: one zero group stays
        ("ipv6-addr", "::ffff:192.0.2.7", "ipv4-addr 192.0.2.7"),
        ("ipv4-addr", "192.0.2.77/24", "cidr 192.0.2.0/24"),
        ("ipv4-addr", "192.0.2.7/32", "ipv4-addr 192.0.2.7"),
        ("ipv4-addr", "１９２．０．２．７", "ipv4-addr 192.0.2.7"),
        ("domain-name", "Evil.Example.ORG.", "domain-name evil.example.org"),
        ("domain-name", "例え。テスト", "domain-name xn--r8jz45g.xn--zckzah"),
        ("domain-name", "ｅｖｉｌ．example.org", "domain-name evil.example.org"),
        ("domain-name", "한국.example", "domain-name xn--3e0b707e.example"),
        ("domain-name", "_dmarc.example.org", "domain-name _dmarc.example.org"),
        ("url", "HTTP://EVIL.example.org:80/A?b=C#frag", "url http://evil.example.org/A?b=C"),
        ("url", "https://u:p@evil.example.org:8443/", "url https://u:p@evil.example.org:8443/"),
        ("url", "http://[2001:DB8::1]:80/x", "url http://[2001:db8::1]/x"),
        ("url", "https://例え.テスト/パス", "url https://xn--r8jz45g.xn--zckzah/パス"),
        ("email-addr", "Some.One@Example.ORG", "email-addr Some.One@example.org"),
        ("md5", "D41D8CD98F00B204E9800998ECF8427E", "md5 d41d8cd98f00b204e9800998ecf8427e"),
        ("windows-registry-key", r"HKEY_LOCAL_MACHINE\Software\Run\\"[:-1], r"windows-registry-key HKLM\software\run"),
        ("windows-registry-key", r"hkcu\Software\X", r"windows-registry-key HKCU\software\x"),
        ("cve", "cve-2026-10001", "cve CVE-2026-10001"),
        ("autonomous-system", "AS0064500", "autonomous-system 64500"),
        ("mac-addr", "AA-BB-CC-00-11-22", "mac-addr aa:bb:cc:00:11:22"),
        ("file-name", "請求書.exe", "file-name 請求書.exe"),
    ],
)
def test_a_value_has_one_normal_form_and_it_is_stable(kind, written, norm):
    value = normalise(kind, written)
    assert f"{value.kind} {value.norm}" == norm
    assert normalise(value.kind, value.norm) == value


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("ipv4-addr", "192.0.2.07"),
        ("ipv4-addr", "192.0.2"),
        ("ipv4-addr", "192.0.2.256"),
        ("ipv4-addr", "192.0.2.0/33"),
        ("ipv6-addr", "fe80::1%eth0"),
        ("domain-name", "localhost"),
        ("domain-name", "-a.example"),
        ("domain-name", "a..example"),
        ("domain-name", "1.2.3.4"),
        ("domain-name", "a b.example"),
        ("url", "http://"),
        ("url", "http://a b/"),
        ("url", "evil.example.org/x"),
        ("email-addr", "@example.org"),
        ("email-addr", "a@localhost"),
        ("md5", "d41d8cd98f00b204e9800998ecf8427"),
        ("md5", "z41d8cd98f00b204e9800998ecf8427e"),
        ("windows-registry-key", r"SOFTWARE\Run"),
        ("cve", "CVE-26-1"),
        ("autonomous-system", "AS4294967296"),
        ("no-such-kind", "x"),
    ],
)
def test_what_is_no_value_of_the_kind_has_none(kind, written):
    assert normalise(kind, written) is None


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("hxxp://a[.]example/x", "http://a.example/x"),
        ("hXXps[:]//a(dot)example", "hXXps://a.example".replace("XX", "tt")),
        ("a[at]b[dot]example", "a@b.example"),
        ("203.0.113[.]9", "203.0.113.9"),
        ("http[:]//[2001:db8::1]/", "http://[2001:db8::1]/"),
    ],
)
def test_defanged_text_is_refanged(written, plain):
    assert refang(written) == plain


@pytest.mark.parametrize("plain", ["http://[2001:db8::1]/", "https://a.example/x[1]", "例え.テスト", "a@b.example"])
def test_plain_text_stays_as_it_is(plain):
    assert refang(plain) == plain


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("203.0.113[.]9", Value("ipv4-addr", "203.0.113.9", refanged=True)),
        ("203.0.113.9", Value("ipv4-addr", "203.0.113.9")),
        ("hxxp://A.example/x", Value("url", "http://a.example/x", refanged=True)),
        ("64500", None),
        ("just words", None),
        ("", None),
    ],
)
def test_an_unknown_kind_is_guessed_and_refanging_marked(written, value):
    assert guess(written) == value


@pytest.mark.parametrize(
    ("written", "reserved"),
    [
        ("10.1.2.3", True),
        ("127.0.0.1", True),
        ("198.51.100.7", True),
        ("2001:db8::1", True),
        ("http://192.168.1.1/a", True),
        ("192.168.0.0/16", True),
        ("8.8.8.8", False),
        ("http://a.example/", False),
        ("2400:4000::1", False),
    ],
)
def test_addresses_that_name_no_one_host_are_reserved(written, reserved):
    assert is_reserved(guess(written)) is reserved


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("https://u@a.example:8443/x", "a.example"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
        ("x@a.example", "a.example"),
        ("a.example", "a.example"),
        ("10.0.0.1", ""),
    ],
)
def test_the_host_of_a_value(written, host):
    assert host_of(guess(written)) == host
