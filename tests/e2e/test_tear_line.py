"""Parts marked apart are torn off, and what is left goes under the label of what is shown; never under a lower one."""

from __future__ import annotations

import pytest
from tests.node_pair import OPEN, bundle, make_nodes, stix, stix_id

from foedus.label import tlp
from foedus.model import commitment
from foedus.node.label import relabel_source
from foedus.node.release import release
from foedus.node.show import show, why
from foedus.node.view import view_name
from foedus.store import views

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
SENT = f"urn:foedus:programme:{WORD}|nato|jpn"
RED, AMBER, GREEN = (tlp.marking_id(level) for level in ("red", "amber", "green"))
PARAGRAPH = "agent WINTERGREEN reports from inside"


def marked(number, *, object_marking=(), **selectors):
    """A malware whose parts are marked apart: marking name to selectors."""
    granular = [
        {"marking_ref": {"red": RED, "amber": AMBER, "green": GREEN}[level], "selectors": chosen}
        for level, chosen in selectors.items()
    ]
    more = {"object_marking_refs": list(object_marking)} if object_marking else {}
    return stix("malware", number, is_family=False, name=f"worm {number}", description=PARAGRAPH, aliases=["open", "closed"],
                x_victim="Grid Operator Seven", granular_markings=granular, **more)  # fmt: skip


OBJECTS = [
    marked(1, red=["description"]),
    marked(2, red=["description", "aliases.[1]"], amber=["name"]),
    marked(3, red=["x_victim"]),
    marked(4, amber=["x_victim"]),
    marked(5, object_marking=[RED], green=["description"]),
    marked(6, red=["id"]),
    stix("tool", 7, name="secret tool", granular_markings=[{"marking_ref": RED, "selectors": ["name"]}]),
    marked(8, green=["description"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("torn") / "nodes")
    made.send("nato", bundle(*OBJECTS), OPEN)
    with made.serving_here("nato"):
        [pulled] = made.pull("jpn")
    assert (pulled.error, pulled.refused) == ("", 0)
    return made


@pytest.fixture(scope="module")
def sent(nodes):
    with nodes.open("nato") as node, node.store.read() as read:
        found = [stored.facts() for stored in read.logs.entries(SENT, 0, read.logs.size(SENT))]
    return {facts["object_id"]: facts for facts in found if "bytes_hash" in facts}


def got(nodes, number):
    with nodes.open("jpn") as node:
        return show(node, stix_id("malware", number))[0]


def test_a_red_paragraph_is_torn_off_and_the_rest_goes_under_its_own_label(nodes, sent):
    shown, entry = got(nodes, 1), sent[stix_id("malware", 1)]
    assert "description" not in shown.object
    assert "granular_markings" not in shown.object
    assert (entry["label"]["tlp"], entry["decision"], shown.partial.fault) == ("clear", "permit-redacted", "")
    assert commitment.verify(shown.object).root == entry["commitment"]


def test_the_label_is_that_of_the_strictest_part_shown(nodes, sent):
    shown, entry = got(nodes, 2), sent[stix_id("malware", 2)]
    assert shown.object["aliases"] == ["open"]
    assert shown.object["granular_markings"] == [{"marking_ref": AMBER, "selectors": ["name"]}]
    assert entry["label"]["tlp"] == "amber"
    assert "TLP:AMBER" in shown.label


def test_what_a_profile_tears_off_does_not_raise_the_label_of_the_rest(sent):
    assert sent[stix_id("malware", 3)]["label"]["tlp"] == "clear"
    assert sent[stix_id("malware", 4)]["label"]["tlp"] == "clear"


def test_what_cannot_stand_without_its_marked_parts_stays(nodes, sent):
    assert not sent.keys() & {stix_id("malware", 5), stix_id("malware", 6), stix_id("tool", 7)}


def test_what_may_go_whole_is_not_torn(sent, nodes):
    assert got(nodes, 8).object["description"] == PARAGRAPH
    assert sent[stix_id("malware", 8)]["label"]["tlp"] == "green"


def test_the_torn_paragraph_is_nowhere_at_the_receiver_but_where_it_was_open(nodes):
    for number in (1, 2):
        assert "WINTERGREEN" not in str(got(nodes, number).object)


def test_a_second_run_sends_nothing_again_and_withdraws_nothing(nodes, tmp_path):
    copy = nodes.copy(tmp_path / "copy")
    [run] = copy.release("nato")
    assert (run.counts.release, run.counts.redact, run.counts.withdrawn) == (0, 0, 0)


def test_why_says_that_the_rest_went(nodes):
    with nodes.open("nato") as node:
        [told] = why(node, stix_id("malware", 1), "jpn", enter=False)
    assert told.outcome == "withhold"
    assert told.shown_since
    assert any("without the parts" in one for one in told.sentences)


def test_a_stricter_source_takes_the_torn_view_back(nodes, tmp_path):
    copy = nodes.copy(tmp_path / "copy")
    with copy.open("nato") as node:
        [source] = {one.source for one in show(node, stix_id("malware", 1))}
        relabel_source(node, source, "PUBLIC TLP:RED", role="test")
        [run] = release(node)
        with node.store.read() as read:
            left = views.view_size(read, view_name(WORD, "jpn", "cyber"), 2**52)
    assert (run.counts.withdrawn, left) == (5, 0)
