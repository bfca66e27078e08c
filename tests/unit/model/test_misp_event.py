from __future__ import annotations

import json

import pytest
from tests.unit.model.misp_samples import EVENT, OTHERS, OURS, THEIRS, attribute, event, group, raw

from foedus.errors import MalformedRecord, UnsupportedFormat
from foedus.model import misp
from foedus.model.misp.event import SharingGroup, narrower


def effective(inner, part=None, *wholes):
    read = misp.read_event(raw(inner))
    held = misp.handling(read, part if part is not None else read.event, *wholes)
    return held.distribution, held.sharing_group.organisations if held.sharing_group else None


def test_wrapped_and_bare_events_are_read_and_their_bytes_kept():
    for wrapped in (True, False):
        text = raw(event(attribute()), wrapped)
        read = misp.read_event(text)
        assert (read.raw, read.uuid, read.derived, read.info) == (text, EVENT, False, "a title")
        assert (read.timestamp, read.published) == (1700000000, True)
        assert read.pointer == ("/Event" if wrapped else "")


def test_events_of_an_answer_keep_their_own_bytes():
    pieces = [raw(event(attribute())), b'{ "Event": {"info": "b"} }']
    read = list(misp.read_events(b'{"response": [' + b" , ".join(pieces) + b"]}"))
    assert [item.raw for item in read] == pieces


def test_attributes_and_objects_answered_without_event_are_read():
    found = list(misp.read_events(raw({"response": {"Attribute": [attribute()]}}, wrapped=False)))
    assert [len(item.event["Attribute"]) for item in found] == [1]
    found = list(misp.read_events(raw({"response": [{"Object": {"name": "file", "Attribute": []}}]}, wrapped=False)))
    assert found[0].derived


def test_numbers_and_flags_are_read_however_they_are_written():
    for timestamp, published in (("1700000000", "1"), (1700000000, True), ("1700000000", 1)):
        read = misp.read_event(raw(event(timestamp=timestamp, published=published)))
        assert (read.timestamp, read.published) == (1700000000, True)


def test_an_event_without_uuid_gets_the_same_one_each_time():
    text = raw({"info": "x"})
    one, two = misp.read_event(text), misp.read_event(text)
    assert one.derived
    assert one.uuid == two.uuid != misp.read_event(raw({"info": "y"})).uuid


@pytest.mark.parametrize(
    ("inner", "where"),
    [
        ({"Event": {"Attribute": ["x"]}}, "/Event/Attribute/0"),
        ({"Event": {"Attribute": [{"type": "text"}]}}, "/Event/Attribute/0/value"),
        ({"Event": {"Attribute": [{"type": 3, "value": "x"}]}}, "/Event/Attribute/0/type"),
        ({"Event": {"Object": [{"Attribute": [{"type": "text", "value": 1}]}]}}, "/Event/Object/0/Attribute/0/value"),
        ({"Event": {"info": 3}}, "/Event/info"),
        ({"response": [{"Event": {"info": "a"}}, {"Event": {"Tag": [1]}}]}, "/response/1/Event/Tag/0"),
    ],
)
def test_a_part_of_another_type_is_refused_with_its_place(inner, where):
    with pytest.raises(MalformedRecord) as caught:
        list(misp.read_events(json.dumps(inner).encode()))
    assert (caught.value.where, caught.value.code) == (where, "misp-malformed")


def test_json_of_another_tool_is_refused_with_a_place(shared):
    with pytest.raises(UnsupportedFormat) as caught:
        misp.read_event(shared("data/cyber/misp_events/git-vuln-finder-quagga.json").read_bytes())
    assert (caught.value.code, caught.value.where) == ("misp-no-event", "/Event")


def test_several_events_are_not_one():
    with pytest.raises(UnsupportedFormat, match="not one event"):
        misp.read_event(b'{"response": []}')


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("3", "5", 3),
        ("1", "5", 1),
        (3, 0, 0),
        ("0", "3", 0),
        ("1", "2", 1),
        ("2", "1", 1),
        ("3", None, 0),
        (None, "3", 0),
        ("5", "3", 0),
        ("3", "7", 0),
        ("3", "all", 0),
    ],
)
def test_a_part_is_never_wider_than_its_whole(outer, inner, expected):
    part = attribute(distribution=inner)
    assert effective(event(part, distribution=outer), part) == (expected, None)


def test_an_attribute_is_cut_by_its_object_too():
    part = attribute(distribution="5")
    assert effective(event(), part, {"distribution": "0"}) == (0, None)
    assert effective(event(), part, {"distribution": "5"}) == (3, None)


def test_a_group_lists_its_organisations_and_nothing_widens_it():
    part = attribute(distribution="4", SharingGroup=group(THEIRS, OURS))
    assert effective(event(part), part) == (4, (OURS, THEIRS))
    assert effective(event(part, distribution="1"), part) == (4, (OURS, THEIRS))
    assert effective(event(part, distribution="0"), part) == (0, None)


def test_an_inactive_empty_or_unknown_group_is_nobody():
    for held in (group(OURS, active=False), group(), None):
        part = attribute(distribution="4", SharingGroup=held)
        assert effective(event(part), part) == (4, ())


def test_of_two_groups_only_who_is_in_both_is_reached():
    inner = attribute(distribution="4", SharingGroup=group(OURS, OTHERS))
    outer = event(inner, distribution="4", SharingGroup=group(OURS, THEIRS, uuid=THEIRS))
    assert effective(outer, inner) == (4, (OURS,))


def test_narrower_does_not_depend_on_the_order():
    held = [misp.Handling(level) for level in range(4)] + [misp.Handling(4, SharingGroup(OTHERS, "g", (OURS,)))]
    for one in held:
        for other in held:
            assert narrower(one, other).distribution == narrower(other, one).distribution


def test_nothing_changed_gives_the_stored_bytes():
    text = b'{ "Event" : {"info":"\\u00e9", "n": 1.10,\n "Attribute":[]}}'
    assert misp.event_with(misp.read_event(text), {}) == text


def test_only_what_changed_is_replaced():
    text = '{"Event": {"info" : "é\\u0041",\n "Attribute": [ {"type":"text","value":"]}\\""} ], "n": 1.10 }}'.encode()
    changed = misp.event_with(
        misp.read_event(text),
        {"/Attribute/0/value": "日本", "/Attribute/0/deleted": True, "/Attribute/-": {"type": "text", "value": "b"}},
    )
    assert changed == (
        '{"Event": {"info" : "é\\u0041",\n "Attribute": [ {"type":"text","value":"日本","deleted":true} '
        ',{"type":"text","value":"b"}], "n": 1.10 }}'.encode()
    )


def test_a_change_of_a_bare_event_finds_its_place():
    read = misp.read_event(b'{"info": "a", "Tag": []}')
    assert misp.event_with(read, {"/info": "b", "/Tag/-": {"name": "t"}}) == b'{"info": "b", "Tag": [{"name":"t"}]}'


@pytest.mark.parametrize(
    "changes", [{"/Object/0/name": "x"}, {"/Tag/7": 1}, {"/Tag": [], "/Tag/0/name": "x"}, {"/info/x": 1}]
)
def test_a_change_that_leads_nowhere_is_refused(changes):
    read = misp.read_event(raw(event(Tag=[{"name": "a"}])))
    with pytest.raises(MalformedRecord) as caught:
        misp.event_with(read, changes)
    assert caught.value.code == "misp-no-such-place"
