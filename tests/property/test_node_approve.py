"""Whatever people do in whatever order, nothing goes without the persons it needs, for exactly what they approved."""

from __future__ import annotations

import shutil
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.node_pair import AMBER, adopt
from tests.queued import (
    ANNA,
    BOTH,
    CHIE,
    OPEN_ONES,
    OTHERS,
    SECRET_ONE,
    at_hand,
    make,
    shown,
    wish,
)

from foedus.errors import NotReleasable
from foedus.model.people import Person
from foedus.node.approve import Told, approve, cancel, deny, hold
from foedus.node.home import Node
from foedus.node.label import relabel_source
from foedus.node.release import release, release_due
from foedus.store.findings import versions_of

OBJECTS = st.sampled_from((SECRET_ONE, OPEN_ONES[2]))
PEOPLE = st.sampled_from((ANNA, CHIE, BOTH, Person("ira", ("releaser",)), OTHERS[0]))
LABELS = st.sampled_from((AMBER, AMBER.replace("AMBER", "GREEN")))
Did = tuple[str, str, str, float, str]
"""What was done, by whom, for which hash, when, under which label of the two findings under four eyes."""


def machine(base: Path, work: Path, went: set[str]) -> type[RuleBasedStateMachine]:
    """Return the machine over copies of a node; ``went`` is told what went."""

    class Machine(RuleBasedStateMachine):
        """Acts of people, time and releases; what the acts amount to is told here once more, in its own words."""

        @initialize()
        def copied(self) -> None:
            shutil.rmtree(work, ignore_errors=True)
            shutil.copytree(base, work)
            self.node = Node.open(work)
            adopt(self.node)
            self.clock = at_hand(self.node)
            self.began = self.clock.now()
            self.did: dict[str, list[Did]] = {}
            self.label = AMBER
            self.before = shown(self.node)

        def teardown(self) -> None:
            if hasattr(self, "node"):
                self.node.close()

        def now(self) -> float:
            return (self.clock.now() - self.began).total_seconds()

        def tell(self, act, object_id: str, person: Person, *more: str) -> None:
            try:
                told: Told = act(self.node, person, wish(object_id), *more)
            except NotReleasable:
                return
            self.did.setdefault(object_id, []).append((told.done, person.name, told.hash, self.now(), self.label))

        @rule(object_id=OBJECTS, person=PEOPLE)
        def approves(self, object_id: str, person: Person) -> None:
            self.tell(approve, object_id, person)

        @rule(object_id=OBJECTS, two=st.permutations((ANNA, CHIE, BOTH)))
        def approve_together(self, object_id: str, two: list[Person]) -> None:
            for person in two[:2]:
                self.tell(approve, object_id, person)

        @rule(object_id=OBJECTS, person=PEOPLE)
        def denies(self, object_id: str, person: Person) -> None:
            self.tell(deny, object_id, person)

        @rule(object_id=OBJECTS, person=PEOPLE)
        def cancels(self, object_id: str, person: Person) -> None:
            self.tell(cancel, object_id, person)

        @rule(object_id=OBJECTS, person=PEOPLE)
        def holds(self, object_id: str, person: Person) -> None:
            self.tell(hold, object_id, person, "because")

        @rule(label=LABELS)
        def relabels(self, label: str) -> None:
            if label != self.label:
                with self.node.store.read() as read:
                    source = versions_of(read, SECRET_ONE)[0].source
                relabel_source(self.node, source, label, role="test")
                self.label = label

        @rule(seconds=st.sampled_from((1, 60, 40_000)))
        def waits(self, seconds: int) -> None:
            if self.now() + seconds < 80_000:
                self.clock.on(seconds)

        @rule(run=st.sampled_from((release, release_due)), seconds=st.sampled_from((0, 14, 15)))
        def releases(self, run, seconds: int) -> None:
            self.clock.on(seconds)
            run(self.node)

        @invariant()
        def only_what_was_approved_goes(self) -> None:
            if not hasattr(self, "node"):
                return
            now = shown(self.node)
            for object_id in now - self.before:
                assert self.may_go(object_id), (object_id, self.did.get(object_id), self.now())
                went.add(object_id)
            self.before = now

        def may_go(self, object_id: str) -> bool:
            """Say whether the last word is an approval, old enough, and the request before it another person's."""
            history = self.did.get(object_id, [])
            if not history or history[-1][0] != "approved" or self.now() - history[-1][3] < 15:
                return False
            if object_id != SECRET_ONE:
                return True
            (asked, who, bound, _, under), (_, approver, also_bound, _, also_under) = history[-2:]
            same = bound == also_bound and under == also_under == self.label
            return asked == "requested" and who != approver and same

    return Machine


def test_no_sequence_of_acts_lets_go_what_was_not_approved(tmp_path_factory):
    directory = tmp_path_factory.mktemp("machine")
    make(directory / "base")
    nato = directory / "base" / "nodes" / "nato"
    went: set[str] = set()
    made = machine(nato, directory / "work", went)
    run_state_machine_as_test(made, settings=settings(max_examples=25, stateful_step_count=25))
    # The machine shows something only where things do go.
    assert went == {SECRET_ONE, OPEN_ONES[2]}
