"""What holds for any value, pattern, list and order of input."""

from __future__ import annotations

import io
import ipaddress
from datetime import UTC, datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from foedus.areas import rooms
from foedus.areas.cyber.lists import pattern
from foedus.areas.cyber.patterns import scan
from foedus.areas.cyber.values import Value, guess, host_of, is_reserved, normalise, refang
from foedus.areas.cyber.warn import WarningList, WarningLists
from foedus.engine.run import HeldLayers, HeldRecords, analyse, records_from
from foedus.model.finding import About, Key, Seen

AT = datetime(2026, 6, 1, tzinfo=UTC)
KINDS = ("ipv4-addr", "ipv6-addr", "cidr", "domain-name", "url", "email-addr", "md5", "sha-256", "windows-registry-key", "cve",
         "autonomous-system", "mac-addr", "mutex", "file-name", "user-account")  # fmt: skip
HOSTS = st.from_regex(r"[a-zA-Z0-9äé例_-]{1,8}(\.[a-zA-Z0-9ｅ-]{1,8}){0,3}\.?", fullmatch=True)
TEXTS = st.one_of(
    st.text(max_size=60),
    HOSTS,
    st.ip_addresses().map(str),
    st.builds(
        "{}://{}:{}/{}#x".format,
        st.sampled_from(["http", "HTTPS", "hxxp"]),
        HOSTS,
        st.integers(0, 65535),
        st.text(max_size=9),
    ),
    st.builds("{}@{}".format, st.text(max_size=9), HOSTS),
    st.builds("{}/{}".format, st.ip_addresses(), st.integers(0, 140)),
)
CYBER = rooms()["cyber"]


@given(st.sampled_from(KINDS), TEXTS)
def test_a_normal_form_is_its_own_normal_form(kind, text):
    value = normalise(kind, text)
    if value is not None:
        assert normalise(value.kind, value.norm) == value
        host_of(value)
        is_reserved(value)


@given(TEXTS)
def test_guessing_never_fails_and_refanging_is_done_once(text):
    value = guess(text)
    assert value is None or guess(value.norm)[:2] == value[:2]
    assert refang(refang(text)) == refang(text) or "[" in text or "(" in text or "{" in text


@given(st.text(max_size=80))
def test_any_text_can_be_scanned_as_a_pattern(text):
    read = scan(text)
    assert read.named or read.skipped


@given(st.text(min_size=1, max_size=40))
def test_a_pattern_gives_back_the_value_it_was_made_of(text):
    assert [named.value for named in scan(pattern(Value("mutex", text))).named] == [text]


@given(st.lists(st.ip_addresses(), max_size=8), st.integers(0, 128), st.ip_addresses())
def test_cidr_lists_agree_with_the_standard_library(addresses, bits, asked):
    entries = [f"{one}/{min(bits, one.max_prefixlen)}" for one in addresses]
    lists = WarningLists((WarningList("it", "cidr", entries),))
    value = normalise("ipv4-addr", str(asked))
    address = ipaddress.ip_address(value.norm)
    inside = any(address in ipaddress.ip_network(entry, strict=False) for entry in entries)
    assert ("it" in lists.hits(value, str(asked))) is inside


@given(st.lists(st.text("abc.", min_size=1, max_size=6), max_size=6), st.text("abc.", min_size=1, max_size=12))
def test_substring_lists_agree_with_in(entries, text):
    value = Value("file-name", text)
    held = [entry.strip() for entry in entries if entry.strip()]
    assert bool(WarningLists((WarningList("it", "substring", entries),)).hits(value, text)) is any(
        one in text for one in held
    )


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"{", b"[", b'{"objects":[', b'{"Event":{', b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"]),
)
def test_any_bytes_are_taken_or_refused_with_place_and_code(raw, head):
    records = records_from(CYBER.ingest(io.BytesIO(head + raw), settings={"at": AT}), "s")
    for batch in records.refused:
        assert all(row["where"] and row["code"] for row in batch.to_pylist())


KEYS = st.lists(
    st.builds(
        Key, st.sampled_from(["md5", "url", "cve"]), st.sampled_from("abcd"), warned=st.sampled_from([(), ("list",)])
    ),
    max_size=5,
)


@given(KEYS, KEYS)
def test_one_story_is_symmetric(a, b):
    one, two = About("indicator", "t", keys=tuple(a)), About("indicator", "u", keys=tuple(b))
    there, back = CYBER.same(one, two), CYBER.same(two, one)
    assert there == back


@st.composite
def documents(draw):
    """Versions of a few indicators, each holding one of a few values."""
    held = []
    for number, day in enumerate(draw(st.lists(st.integers(1, 9), min_size=1, max_size=12))):
        of, value = draw(st.integers(0, 4)), draw(st.sampled_from(["a.example", "b.example", "c.example"]))
        held.append(
            {
                "type": "indicator", "spec_version": "2.1", "id": f"indicator--0c5d1c00-0000-4000-8000-{of:012d}",
                "created": "2026-05-01T00:00:00.000Z", "modified": f"2026-05-0{day}T00:00:{number:02d}.000Z",
                "pattern": f"[domain-name:value = '{value}']", "pattern_type": "stix", "valid_from": "2026-05-01T00:00:00Z",
                "revoked": draw(st.booleans()),
            }
        )  # fmt: skip
    return held


@given(documents(), st.integers(0, 12), st.integers(1, 4), st.integers(2, 6))
def test_what_both_see_does_not_depend_on_how_the_input_was_cut(held, at, rows, limit):
    seen = {
        ("domain-name", name): (Seen("other", "tool--0c5d1c00-0000-4000-8000-000000000009", "f" * 64),)
        for name in ("a.example", "b.example")
    }
    raw = b"\n".join(map(orjson.dumps, held))
    (batch,) = records_from(CYBER.ingest(io.BytesIO(raw), settings={}), "s").batches

    def run(batches, state):
        analysis = analyse(
            CYBER,
            HeldRecords("s", batches),
            settings={"common_limit": limit},
            layers=HeldLayers({}, seen),
            state=state,
            at=AT,
        )
        return {finding.head.id: finding for finding in analysis if not finding.document}, analysis.state

    whole, state = run([batch], b"")
    before, between = run([batch.slice(0, at)], b"")
    after, final = run([batch.slice(start, rows) for start in range(at, batch.num_rows, rows)], between)
    standing = {id_: one.head.raw for id_, one in (before | after).items() if not one.head.revoked}
    assert standing == {id_: one.head.raw for id_, one in whole.items()}
    assert orjson.loads(final)["revoked"] == orjson.loads(state)["revoked"]
