from __future__ import annotations

import copy
import json

from hypothesis import given
from hypothesis import strategies as st
from stix2patterns.validator import run_validator

from foedus.errors import InputError
from foedus.model import misp
from foedus.model.misp import observable
from foedus.model.misp.event import Handling, SharingGroup, narrower, reach

UUID = "11111111-0000-4000-8000-000000000000"
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
HEX = st.text("0123456789abcdef", min_size=32, max_size=32)
HASHES = st.sampled_from(sorted(observable.HASHES))
ADDRESS = st.ip_addresses().map(str)
PORT = st.integers(0, 65535).map(str)


def joined(*strategies):
    return st.tuples(*strategies).map("|".join)


PLAIN = TEXT.filter(lambda text: "|" not in text)
VALUES = st.one_of(
    st.tuples(st.sampled_from(["domain", "hostname", "url", "link", "email-src", "mutex", "filename", "regkey"]), TEXT),
    st.tuples(st.sampled_from(["ip-src", "ip-dst"]), ADDRESS),
    st.tuples(st.sampled_from(["ip-src|port", "ip-dst|port"]), joined(ADDRESS, PORT)),
    st.tuples(st.just("hostname|port"), joined(PLAIN, PORT)),
    st.tuples(st.just("domain|ip"), joined(PLAIN, ADDRESS)),
    st.tuples(st.just("md5"), HEX),
    st.tuples(HASHES, HEX | TEXT),
    st.tuples(st.sampled_from(["filename|md5", "malware-sample"]), joined(PLAIN, HEX)),
    st.tuples(st.just("regkey|value"), joined(PLAIN, TEXT)),
    st.tuples(st.just("AS"), st.integers(0, 2**32).map(lambda number: f"AS{number}") | TEXT),
    st.tuples(TEXT, TEXT),
)
GROUPS = st.sets(st.sampled_from("abc")).map(lambda names: SharingGroup("u", "", tuple(sorted(names))))
HELD = st.integers(0, 3).map(Handling) | GROUPS.map(lambda group: Handling(4, group))


def allowed(held: Handling, organisation: str) -> bool:
    """Whether the group, where one is named, lists the organisation."""
    return held.distribution != 0 and (held.sharing_group is None or organisation in held.sharing_group.organisations)


@given(VALUES, st.booleans(), TEXT)
def test_every_attribute_comes_back_from_its_view(typed, to_ids, comment):
    kind, value = typed
    attribute = {"uuid": UUID, "type": kind, "category": "Other", "value": value, "to_ids": to_ids, "comment": comment}
    raw = json.dumps({"Event": {"info": "x", "Attribute": [{**attribute, "timestamp": "1700000000"}]}}).encode()
    lists = misp.from_stix([item.object.raw for item in misp.to_stix(misp.read_event(raw))])
    assert [{key: item[key] for key in attribute} for item in lists["Attribute"]] == [attribute]


@given(VALUES)
def test_every_pattern_is_valid(typed):
    pattern = observable.pattern(*typed)
    assert not pattern or run_validator(pattern, stix_version="2.1") == []


@given(HELD, HELD, st.sampled_from("abc"))
def test_what_both_allow_is_never_wider_than_either(one, other, organisation):
    both = narrower(one, other)
    assert reach(both) <= min(reach(one), reach(other))
    assert not allowed(both, organisation) or (allowed(one, organisation) and allowed(other, organisation))


UNKNOWN = TEXT.filter(lambda name: not name.isascii() or not name.isidentifier())


@given(
    st.dictionaries(UNKNOWN, st.text(st.characters(exclude_categories=("Cs",))), max_size=4), TEXT, st.integers(0, 4)
)
def test_a_change_touches_nothing_else(rest, info, indent):
    raw = json.dumps({"Event": {**rest, "info": "x", "Attribute": []}}, indent=indent).encode()
    changed = misp.event_with(misp.read_event(raw), {"/info": info})
    assert json.loads(changed)["Event"] == {**rest, "info": info, "Attribute": []}
    assert misp.event_with(misp.read_event(changed), {"/info": "x"}) == raw


JUNK = st.sampled_from(
    [None, 1, -1, 1.5, True, "", "x", "4", [], {}, [None], ["x"], [[]], [{}], {"a": []}, {"uuid": 3}, 10**15]
)


def everything():
    tag = [{"name": "tlp:green", "colour": "#fff"}]
    group = {
        "uuid": UUID,
        "name": "g",
        "active": True,
        "SharingGroupOrg": [{"Organisation": {"uuid": UUID, "name": "o"}}],
    }
    galaxy = [
        {
            "type": "tool",
            "GalaxyCluster": [{"uuid": UUID, "type": "tool", "value": "v", "meta": {"external_id": ["T1098"]}}],
        }
    ]
    sighting = [{"uuid": UUID, "type": "2", "date_sighting": "1", "Organisation": {"uuid": UUID, "name": "o"}}]
    proposal = [{"type": "text", "value": "x", "category": "Other"}]
    attribute = {"uuid": UUID, "type": "domain", "category": "Other", "value": "x", "to_ids": True, "comment": "c"}
    attribute |= {"timestamp": "1", "first_seen": "2026-01-01T00:00:00Z", "distribution": "4", "SharingGroup": group}
    attribute |= {"Tag": tag, "Galaxy": galaxy, "Sighting": sighting, "ShadowAttribute": proposal}
    reference = [{"uuid": UUID, "referenced_uuid": UUID, "relationship_type": "uses"}]
    holder = {
        "uuid": UUID,
        "name": "file",
        "meta-category": "file",
        "Attribute": [attribute],
        "ObjectReference": reference,
    }
    report = [{"uuid": UUID, "name": "n", "content": "c", "distribution": "5"}]
    head = {
        "uuid": UUID,
        "info": "x",
        "date": "2026-01-01",
        "timestamp": "1",
        "published": True,
        "Orgc": {"uuid": UUID, "name": "o"},
    }
    return {**head, "Attribute": [attribute], "Object": [holder], "Tag": tag, "Galaxy": galaxy, "EventReport": report}


def places(value, at=()):
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*at, key)
        if isinstance(item, dict | list):
            yield from places(item, (*at, key))


@given(st.lists(st.tuples(st.sampled_from(sorted(places(everything()), key=str)), JUNK), min_size=1, max_size=3))
def test_whatever_an_event_holds_it_is_shown_or_refused_with_a_place(changes):
    inner = everything()
    for at, junk in changes:
        holder = inner
        try:
            for step in at[:-1]:
                holder = holder[step]
            holder[at[-1]] = copy.deepcopy(junk)
        except (KeyError, IndexError, TypeError):
            continue
    try:
        shown = misp.to_stix(misp.read_event(json.dumps({"Event": inner}).encode()))
    except InputError as error:
        assert error.where  # noqa: PT017
        return
    misp.from_stix([item.object.raw for item in shown])
