"""What two owners both see: concluded once, revised, withdrawn, never from noise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest
import stix2

from foedus.areas.cyber import overlap
from foedus.errors import MalformedRecord
from foedus.model.finding import Seen

AT = datetime(2026, 6, 1, tzinfo=UTC)
THEIRS = Seen("jpn", "indicator--0c5d1c00-0000-4000-8000-0000000000ff", "f" * 64)
WARNING = {"warninglist/x": b'{"name": "everywhere", "type": "hostname", "list": ["evil.example"], "version": 3}'}


def indicator(number: int, value: str = "evil.example", *, modified: str = "2026-05-01", revoked: bool = False) -> dict:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--0c5d1c00-0000-4000-8000-{number:012d}",
        "created": "2026-05-01T00:00:00.000Z",
        "modified": f"{modified}T00:00:00.000Z",
        "pattern": f"[domain-name:value = '{value}']",
        "pattern_type": "stix",
        "valid_from": "2026-05-01T00:00:00Z",
        "revoked": revoked,
    }


def lines(*objects: dict) -> bytes:
    return b"\n".join(map(orjson.dumps, objects))


def seen(*values: str, by=(THEIRS,)) -> dict:
    return {("domain-name", value): by for value in values or ("evil.example",)}


def conclusions(findings) -> list:
    return [finding for finding in findings if not finding.document]


def test_a_value_of_two_owners_is_concluded_once_with_its_occurrences(conclude):
    findings, _ = conclude(lines(indicator(1), indicator(2)), seen=seen(), owner="nato")
    (found,) = conclusions(findings)
    ours = {f"object:{one.head.sha256}" for one in findings if one.document}
    assert found.kind == "both-see-it"
    assert set(found.because) == ours | {"source:s", f"object:{THEIRS.sha256}"}
    assert found.supports[0].object.id == orjson.loads(found.head.raw)["object_refs"][0]
    assert {reference.target for reference in found.head.references} >= {THEIRS.object_id, indicator(1)["id"]}
    note = stix2.parse(found.head.raw.decode())
    assert note.created == note.modified == AT
    stix2.parse(found.supports[0].object.raw.decode())


@pytest.mark.parametrize("by", [(), (Seen("nato", THEIRS.object_id, "f" * 64),)])
def test_what_only_one_owner_holds_is_not_concluded(conclude, by):
    assert conclusions(conclude(lines(indicator(1)), seen=seen(by=by), owner="nato")[0]) == []


def test_warned_values_are_not_concluded(conclude):
    assert conclusions(conclude(lines(indicator(1)), seen=seen(), files=WARNING)[0]) == []


def test_a_flood_value_is_common_and_concludes_nothing(conclude):
    flood = [indicator(number) for number in range(300)]
    findings, state = conclude(lines(*flood, indicator(999, "rare.example")), seen=seen("evil.example", "rare.example"))
    assert [b"rare.example" in one.head.raw for one in conclusions(findings)] == [True]
    assert len(state) < 2_000


def test_the_limit_counts_both_sides(conclude):
    objects = lines(indicator(1), indicator(2))
    assert conclusions(conclude(objects, seen=seen(), common_limit=2)[0]) == []
    assert len(conclusions(conclude(objects, seen=seen(), common_limit=3)[0])) == 1


def test_the_same_again_says_nothing_new(conclude):
    objects = lines(indicator(1))
    _, state = conclude(objects, seen=seen())
    again, after = conclude(objects, seen=seen(), state=state, at=AT + timedelta(days=1))
    assert conclusions(again) == []
    assert after == state


def test_one_more_holder_is_a_new_version_of_the_same_finding(conclude):
    first, state = conclude(lines(indicator(1)), seen=seen())
    second, _ = conclude(lines(indicator(2)), seen=seen(), state=state, at=AT + timedelta(days=1))
    (a,), (b,) = conclusions(first), conclusions(second)
    assert (a.head.id, a.head.created_ns) == (b.head.id, b.head.created_ns)
    assert a.head.version_ns < b.head.version_ns
    assert set(a.because) < set(b.because)


@pytest.mark.parametrize(
    "later",
    [indicator(1, revoked=True, modified="2026-05-02"), indicator(1, "other.example", modified="2026-05-02")],
)
def test_a_document_that_no_longer_holds_the_value_withdraws_the_finding(conclude, later):
    _, state = conclude(lines(indicator(1)), seen=seen())
    (gone,) = conclusions(conclude(lines(later), seen=seen(), state=state, at=AT + timedelta(days=1))[0])
    assert gone.head.revoked
    stix2.parse(gone.head.raw.decode())
    assert conclusions(conclude(lines(indicator(1), later), seen=seen())[0]) == []


def test_an_observable_whose_value_changed_under_its_id_withdraws_the_finding(conclude):
    name = "domain-name--0c5d1c00-0000-4000-8000-000000000001"
    _, state = conclude(lines({"type": "domain-name", "id": name, "value": "evil.example"}), format="stix", seen=seen())
    later, _ = conclude(
        lines({"type": "domain-name", "id": name, "value": "other.example"}), format="stix", seen=seen(), state=state
    )
    assert [one.head.revoked for one in conclusions(later)] == [True]


def test_a_revoked_document_does_not_come_back_by_an_older_version(conclude):
    gone = indicator(1, revoked=True, modified="2026-05-02")
    assert conclusions(conclude(lines(gone, indicator(1)), seen=seen())[0]) == []
    _, state = conclude(lines(gone), seen=seen())
    assert conclusions(conclude(lines(indicator(1)), seen=seen(), state=state)[0]) == []


def test_an_older_version_does_not_replace_a_newer_one(conclude):
    newer = indicator(1, modified="2026-05-02")
    held = seen("evil.example", "older.example")
    both, _ = conclude(lines(newer, indicator(1), indicator(1, "older.example")), seen=held)
    assert conclusions(both) == conclusions(conclude(lines(newer), seen=held)[0])


@pytest.mark.parametrize("raw", [b"{", b'{"version": 9}', b"[]"])
def test_a_state_of_something_else_is_refused(raw):
    with pytest.raises(MalformedRecord):
        overlap.restore(raw)


@pytest.mark.parametrize(
    ("kind", "norm"),
    [
        ("ipv4-addr", "8.8.8.8"), ("ipv6-addr", "2400::1"), ("cidr", "8.0.0.0/8"), ("cidr", "2400::/32"), ("domain-name", "a.example"),
        ("url", "http://a.example/"), ("email-addr", "a@b.example"), ("mac-addr", "aa:bb:cc:00:11:22"), ("md5", "d" * 32),
        ("sha-1", "d" * 40), ("sha-224", "d" * 56), ("sha-256", "d" * 64), ("sha-384", "d" * 96), ("sha-512", "d" * 128),
        ("file-name", "x"), ("mutex", "m"), ("autonomous-system", "64500"), ("windows-registry-key", "HKLM\\x"),
        ("user-account", "u"), ("cve", "CVE-2026-10001"),
    ],
)  # fmt: skip
def test_every_kind_of_value_has_an_object_that_names_it_again(kind, norm):
    from foedus.areas.cyber.occurrences import occurrences
    from foedus.areas.cyber.warn import WarningLists

    made = overlap.value_object(kind, norm, "2026-06-01T00:00:00.000Z")
    stix2.parse(made.raw.decode(), allow_custom=kind in {"sha-224", "sha-384"})
    assert [(key.kind, key.norm) for key in occurrences(orjson.loads(made.raw), WarningLists(()))[0]] == [(kind, norm)]


def test_what_is_remembered_is_bounded(conclude, monkeypatch):
    monkeypatch.setattr(overlap, "MAX_PAIRS", 10)
    values = [f"v{number}.example" for number in range(50)]
    findings, _ = conclude(lines(*(indicator(n, value) for n, value in enumerate(values))), seen=seen(*values))
    assert len(conclusions(findings)) == 10
