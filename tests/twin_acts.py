"""Twin worlds, acts: what people of a node do about what a partner may not see, and about others; the partner sees none of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.node_pair import OPEN, Nodes, bundle, indicator, make_nodes, stix, stix_id
from tests.twin import KOREA, KOREAN, SEEN, World, one

from foedus.errors import InputError
from foedus.model.people import Person
from foedus.node import approve, grants, people, recall, sessions
from foedus.node.forks import Pair, freeze
from foedus.node.grants import Wanted
from foedus.node.recall import Order, Target
from foedus.programme.packaged import read_shipped
from foedus.store import passkeys

HELD = "NATO CONFIDENTIAL Releasable to Japan TLP:AMBER"
ORCON = "NATO RESTRICTED Releasable to Republic of Korea ORCON TLP:AMBER"
RED_MARKING = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
ANNA, CHIE = Person("anna", ("releaser",)), Person("chie", ("approver",))
_CLAUSE = 'max_classification: restricted, tlp_max: "amber+strict"}\n'


def make_base(directory: Path) -> Nodes:
    """Make NATO, Japan and Korea; what is confidential goes to Japan by four eyes alone."""
    directory.mkdir(parents=True, exist_ok=True)
    text = read_shipped("nato-japan-2023").decode()
    assert _CLAUSE in text
    asked = _CLAUSE.replace("restricted", "confidential") + "      four_eyes: confidential\n"
    path = directory / "asks.yaml"
    path.write_text(text.replace(_CLAUSE, asked, 1), encoding="utf-8")
    nodes = make_nodes(directory / "nodes", {str(path): ("nato", "jpn"), "nato-korea-2023": ("nato", "kor")})
    with nodes.open("nato") as node:
        for person in (ANNA, CHIE):
            people.add(node, person.name, person.roles, f"the password of {person.name}")
    return nodes


def held_for_four_eyes(world: World) -> None:
    world.put(bundle(indicator(510)), HELD)
    assert world.release(to="jpn")[0].counts.hold == 1


def half_approved(world: World) -> None:
    world.put(bundle(indicator(511)), HELD)
    approve.approve(world.node(), ANNA, approve.Wish(one(511), "jpn"))


def denied(world: World) -> None:
    world.put(bundle(indicator(512)), HELD)
    approve.deny(world.node(), CHIE, approve.Wish(one(512), "jpn"), "not now")


def held_by_a_person(world: World) -> None:
    world.put(bundle(indicator(513)), OPEN)
    approve.hold(world.node(), CHIE, approve.Wish(one(513), "jpn"), "wait")
    world.release(to="kor")


def newer_version_on_hold(world: World) -> None:
    """A version of what the reader sees waits for four eyes, and half of them let it go."""
    world.put(bundle(indicator(6, modified="2026-05-09T06:00:00.000Z", name="on hold")), HELD)
    assert world.release(to="jpn")[0].counts.hold >= 1
    approve.approve(world.node(), ANNA, approve.Wish(one(6), "jpn"))


def recalled_what_was_never_shown(world: World) -> None:
    """A recall of what nobody was sent is refused; one from everybody of what a third party alone was sent goes to it alone."""
    world.put(bundle(indicator(518)), HELD)
    world.put(bundle(indicator(519)), KOREA)
    world.release()
    with pytest.raises(InputError):
        recall.recall(world.node(), ANNA, Target(one(518)), Order("wrong"))
    [made] = recall.recall(world.node(), ANNA, Target(one(519)), Order("wrong"))
    assert made.party == "kor"


def counting_down(world: World) -> None:
    """Approved by two, at the very end: the countdown is not over when the partner asks."""
    world.put(bundle(indicator(514)), HELD)

    def approved() -> None:
        approve.approve(world.node(), ANNA, approve.Wish(one(514), "jpn"))
        approve.approve(world.node(), CHIE, approve.Wish(one(514), "jpn"))
        world.release()

    world.last.append(approved)


def recalled_from_a_third_party(world: World) -> None:
    """One that only the third party had, and one that the reader has as well and keeps."""
    world.put(bundle(indicator(515)), KOREA)
    world.release(to="kor")
    for object_id in (one(515), SEEN[5]):
        assert recall.recall(world.node(), ANNA, Target(object_id), Order("wrong", parties=("kor",)))


def granted_to_a_third_party(world: World) -> None:
    world.put(bundle(indicator(516)), ORCON)
    assert grants.give(world.node(), Wanted((one(516),), ("kor",)), ANNA)
    world.release(to="kor")


def frozen_with_a_third_party(world: World) -> None:
    world.release(to="kor")
    freeze(world.node(), Pair(KOREAN, "kor", "nato", f"{KOREAN}|nato|kor"), ("a note", "another note"))


def torn_for_a_third_party(world: World) -> None:
    """Part of it is torn off for the third party, which it alone may see."""
    parts = [{"marking_ref": RED_MARKING, "selectors": ["description"]}]
    told = stix("malware", 517, is_family=False, name="m", description="quiet", granular_markings=parts)
    world.put(bundle(told), KOREA)
    world.release(to="kor")


def people_of_the_node(world: World) -> None:
    """Persons, one of them a liaison of the reader's; a session, a passkey, and somebody who is not let in."""
    node = world.node()
    people.add(node, "gil", ("liaison",), "a long password", "jpn")
    sessions.open_session(node, people.add(node, "bo", ("releaser", "approver"), "a long password"), "password")
    key = passkeys.Passkey(b"id", "bo", b"handle", b"key", 1, "usb", "a key", 1)
    with node.store.write() as tx:
        passkeys.keep_passkey(tx, key)


ACTS: dict[str, Callable[[World], None]] = {
    act.__name__: act
    for act in (
        *(held_for_four_eyes, half_approved, denied, held_by_a_person, counting_down, recalled_from_a_third_party),
        *(newer_version_on_hold, recalled_what_was_never_shown),
        *(granted_to_a_third_party, torn_for_a_third_party, frozen_with_a_third_party, people_of_the_node),
    )
}
HIDDEN_BY_ACTS = [*(one(number) for number in (*range(510, 517), 518, 519)), stix_id("malware", 517)]
