"""Leaks that other platforms had, by their numbers: each scenario on the surface of Foedus that comes nearest to it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.node_pair import AMBER, JAPAN_AND_KOREA, OPEN, bundle, indicator, make_nodes, objects_of, stix, stix_id
from tests.twin import (
    GREEN,
    HIDDEN,
    MISSING,
    PROGRAMME,
    RED,
    SEEN,
    SHARED,
    WORD,
    Door,
    Got,
    Twins,
    World,
    hidden_marking,
    hidden_relation,
    later,
    one,
    red,
    relation,
    submit,
    third_party,
    visible,
)
from tests.twin_probe import Probe, exported, probed

from foedus.node.exchange import released
from foedus.node.feed import feed
from foedus.node.label import relabel_source
from foedus.node.show import rows, show
from foedus.node.status import status
from foedus.node.view import view_name
from foedus.store import values, views
from foedus.web.pages import PAGES

pytestmark = pytest.mark.e2e
SHELF = f"/{WORD}/collections/released-cyber/"
VIEW = view_name(PROGRAMME, "jpn", "cyber")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_nodes(tmp_path_factory.mktemp("leaks") / "nodes", JAPAN_AND_KOREA).directory


@pytest.fixture
def twins(base, tmp_path):
    made = Twins(base, tmp_path)
    made.both(visible)
    yield made
    made.close()


@pytest.fixture
def full(twins):
    return twins.full


def entries(door: Door) -> Iterator[dict]:
    """The bodies of the pair's ledger, as the partner reads them."""
    from base64 import b64decode

    for line in door("GET", f"/peer/{WORD}/entries").body.splitlines():
        yield json.loads(b64decode(json.loads(line)["body"]))


def ids(got: Got) -> list[str]:
    return [json.loads(raw)["id"] for raw in objects_of(got.body)]


def said(world: World) -> bytes:
    """All that a partner reads, in one: bodies of answers as they are, neither compressed nor refusals."""
    answers = (got for _, got in probed(world, changing=False))
    return b"\n".join(got.body for got in answers if got.status == 200 and not got.header("content-encoding"))


def test_opencti_3319_counts_do_not_include_what_is_restricted(twins, tmp_path):
    """Counts of relations. A partner gets no count; those behind its view (tally, holders, feed) are of the view alone."""
    hidden_relation(twins.full)
    twins.full.put(bundle(*(indicator(3_000 + n, pattern=SHARED) for n in range(5))), RED)
    twins.both(World.release)
    counted = []
    for world in twins:
        with world.node().store.read() as read:
            holders = values.holders(read, "domain-name", "shared.example", in_view=VIEW)
            tally = [one._replace(label_id=0) for one in views.tally(read, VIEW)]
        fed = feed(world.node(), "jpn", PROGRAMME, tmp_path / str(id(world)))
        shown = [one.objects for one in status(world.node()).released if one.party == "jpn"]
        counted.append((holders.held, [one.written for one in holders.newest], tally, fed.objects, fed.events, shown))
    assert counted[0] == counted[1]
    assert counted[0][0] == 1


def test_opencti_11496_6867_a_restricted_relation_between_two_clear_entities_cannot_be_inferred(twins, tmp_path):
    """An entities view. All that is said of both ends, in every answer and export, is what is said without the relation."""
    hidden_relation(twins.full)
    twins.both(World.release)
    bare, full = map(said, twins)
    assert bare == full
    assert HIDDEN["relation"].encode() not in full
    assert all(HIDDEN["relation"].encode() not in held for held in exported(twins.full, tmp_path / "out").values())


def test_opencti_6785_history_does_not_name_a_restricted_entity(full):
    """History messages. The pair's ledger, whose bodies hold ids and hashes, also of what was pruned away."""
    full.put(bundle(indicator(500, name="OPERATION QUIET")), RED)
    full.put(bundle(stix("report", 7, name="r", published="2026-05-03T06:00:00Z", object_refs=[SEEN[0], one(500)])))
    full.release()
    history = list(entries(full.door()))
    assert stix_id("report", 7) in [held.get("object_id") for held in history]
    assert "QUIET" not in str(history)
    assert one(500) not in str(history)


def test_opencti_2869_a_lowered_marking_leaves_no_word_of_the_former_one(full):
    """A history entry that names the marking removed. The ledger's entry, label and bytes are the present ones alone."""
    source = full.put(bundle(indicator(510)), RED).source
    full.release()
    relabel_source(full.node(), source, OPEN, role="test")
    full.release()
    [sent] = [held for held in entries(full.door()) if held.get("object_id") == one(510)]
    assert sent["label"]["tlp"] == "clear"
    assert b"SECRET" not in said(full)
    assert b"red" not in json.dumps(sent).encode()


def test_opencti_11497_3208_3268_12601_a_relation_to_a_hidden_entity_is_no_oracle(full):
    """An error page. An object whose end is hidden is as absent as one whose end nobody has; nothing breaks."""
    red(full)
    full.put(bundle(relation(10, SEEN[0], one(500)), relation(11, SEEN[0], MISSING)))
    full.release()
    door = full.door()
    hidden, absent, none = (door("GET", f"{SHELF}objects/{stix_id('relationship', n)}/") for n in (10, 11, 12))
    bodies = [json.loads(got.body) | {"error_id": ""} for got in (hidden, absent, none)]
    assert (hidden.status, bodies[0], bodies[1]) == (404, bodies[1], bodies[2])
    assert hidden.headers == absent.headers == none.headers
    assert max(got.status for _, got in probed(full, changing=False)) < 500


def test_opencti_2700_creating_what_exists_restricted_goes_as_for_something_new(full):
    """A POST of an object that exists hidden, in content or in id: status, reading back and deleting are those of a new one."""
    hidden_relation(full)
    told = []
    for number in (500, 600):
        sent = relation(number, SEEN[0], SEEN[1])
        answer = json.loads(submit(full, "jpn", bundle(sent)).body)
        at = f"/{WORD}/collections/submit-cyber/objects/{stix_id('relationship', number)}/"
        door = full.door()
        back = door("GET", at)
        assert objects_of(back.body) == [sent]
        again = json.loads(submit(full, "jpn", bundle(relation(number, SEEN[0], SEEN[2]))).body)
        gone = (door("DELETE", at).status, door("GET", at).status)
        outcomes = [(held["success_count"], held["failure_count"]) for held in (answer, again)]
        told.append((outcomes, again["failures"][0]["message"], back.status, gone))
    assert told[0] == told[1]
    assert told[0][0] == [(1, 0), (0, 1)]


def test_opencti_10006_no_filter_tells_which_markings_or_types_exist(full):
    """Suggestions of a filter. A filter for a hidden marking, type or version is answered as one for what nobody has."""
    hidden_marking(full)
    red(full)
    door = full.door()
    for hidden, absent in (
        (f"match[id]={stix_id('marking-definition', 500)}", f"match[id]={stix_id('marking-definition', 501)}"),
        (f"match[id]={GREEN}", f"match[id]={MISSING}"),
        ("match[type]=malware", "match[type]=x-none"),
        ("match[type]=marking-definition", "match[type]=tool"),
    ):
        for kind in ("objects", "manifest"):
            first, second = (door("GET", f"{SHELF}{kind}/?{query}") for query in (hidden, absent))
            assert first == second
            assert first.body == b"{}"


def test_opencti_7348_an_export_holds_what_the_view_shows_and_nothing_more(full, tmp_path):
    """Exports that ignored the largest shareable marking. Feed, event and push are made of the view, never of the store."""
    red(full)
    third_party(full)
    full.put(bundle(indicator(505)), "")
    full.release()
    files = exported(full, tmp_path / "out")
    pushed = sorted(json.loads(raw)["id"] for raw in released(full.node(), "jpn", PROGRAMME))
    assert pushed == sorted(ids(full.door()("GET", f"{SHELF}objects/?match[version]=all&match[spec_version]=2.0,2.1")))
    for name in ("red", "korea", "target", "address"):
        assert all(HIDDEN[name].partition("--")[2].encode() not in held for held in files.values())
    assert all(b"host501.example" not in held and b"host505.example" not in held for held in files.values())


def test_opencti_6068_12524_what_is_derived_inherits_the_strictest_marking(full):
    """Derived objects. A conclusion over something hidden is as hidden, whatever the other ground is."""
    full.put(bundle(indicator(520, pattern="[domain-name:value = 'both.example']")), OPEN, "jpn")
    full.release("jpn")
    full.put(bundle(indicator(521, pattern="[domain-name:value = 'both.example']")), RED)
    before = said(full)
    full.pull("nato", "jpn")
    full.release()
    node = full.node()
    made = [held for row in rows(node, kind="both-see-it") for held in show(node, row.object_id)[:1]]
    [held] = [held for held in made if "both.example" in held.object["content"]]
    assert "SECRET" in held.label
    assert held.object["id"].encode() not in said(full)
    assert b"both.example" not in before + said(full)


def test_opencti_4537_5681_added_after_and_next_together_lose_nothing(full):
    """A client that drops ``added_after`` once it has a cursor, changes its limit, or keeps both, gets everything once."""
    door = full.door()
    everything = ids(door("GET", f"{SHELF}objects/?match[version]=all"))
    for kept in ("", "&added_after=2026-01-01T00:00:00Z"):
        got = door("GET", f"{SHELF}objects/?match[version]=all&limit=2&added_after=2026-01-01T00:00:00Z")
        found = ids(got)
        for limit in (1, 3, 2, 1_000):
            cursor = json.loads(got.body)["next"]
            got = door("GET", f"{SHELF}objects/?match[version]=all&limit={limit}{kept}&next={cursor}")
            found += ids(got)
        assert found == everything


def test_misp_1668_10019_10818_members_of_a_group_are_not_told_to_each_other(twins, tmp_path):
    """Members of a sharing group. What goes to a second partner as well says nothing of it, anywhere."""
    told = []
    for world in twins:
        if world is twins.full:
            world.release(to="kor")
            world.pull("kor")
            third_party(world)
        later(world)
        told.append([got for _, got in probed(world)])
        text = b"".join(got.body for got in told[-1]) + b"".join(exported(world, tmp_path / f"out{id(world)}").values())
        assert b"kor-itpp" not in text
        assert b'"kor"' not in text
    assert told[0] == told[1]


def test_misp_8368_no_side_channel_brings_the_roster_back(twins):
    """The roster hidden, but not in index and graph. The lists that a partner gets name and count nobody but the pair."""
    third_party(twins.full)
    lists = ("/taxii2/", f"/{WORD}/", f"/{WORD}/collections/", f"{SHELF}manifest/", f"/peer/{WORD}/entries")
    bare, full = ([world.door()("GET", url) for url in lists] for world in twins)
    assert bare == full
    assert {tuple(held["parties"]) for held in entries(twins.full.door())} <= {("nato", "jpn"), ("jpn", "nato")}


def test_cti_taxii2_50_paging_stands_while_the_set_changes(full):
    """Pages by offset shift under a reader. Pages by cursor do not: what leaves is gone, what comes is at the end."""
    source = full.put(bundle(*map(indicator, range(50, 56))), AMBER).source
    full.release()
    door = full.door()
    before = ids(door("GET", f"{SHELF}objects/?match[version]=all"))
    found: list[str] = []
    cursor = ""
    for number in range(40):
        page = door("GET", f"{SHELF}objects/?match[version]=all&limit=3{cursor}")
        found += ids(page)
        if number == 1:
            relabel_source(full.node(), source, RED, role="test")
            full.put(bundle(*map(indicator, range(60, 63))))
            full.release()
        if not json.loads(page.body).get("more"):
            break
        cursor = f"&next={json.loads(page.body)['next']}"
    left = [held for held in before if held not in {one(number) for number in range(50, 56)}]
    assert [held for held in found if held in left] == left
    assert found[-3:] == [one(number) for number in range(60, 63)]
    assert len(found) == len(set(found)) + 1  # one object has two versions


def test_cti_taxii2_23_what_one_transaction_releases_has_dates_of_its_own(full):
    """Equal dates in one transaction break paging by date. Here each object has its own, and paging by date loses nothing."""
    probe = Probe(full.door())
    lines = json.loads(probe(f"{SHELF}manifest/?match[version]=all").body)["objects"]
    assert len({held["date_added"] for held in lines}) == len(lines)
    found: list[str] = []
    mark = "2020-01-01T00:00:00Z"
    while page := ids(got := probe(f"{SHELF}objects/?match[version]=all&limit=2&added_after={mark}")):
        found += page
        mark = got.header("x-taxii-date-added-last")
    assert found == [held["id"] for held in lines]


# Released late.


EARLIER = indicator(0, created="2026-05-01T06:00:00.000Z", modified="2026-05-02T06:00:00.000Z", name="first")


def late(world: World) -> str:
    """Ingest on day one what goes out on day nine; return the mark of a client that polled on day five."""
    older = [indicator(number) for number in range(70, 75)]
    source = world.put(bundle(*older, EARLIER), RED).source
    world.pass_(days=4)
    world.release()
    mark = world.door()("GET", f"{SHELF}objects/?match[version]=all").header("x-taxii-date-added-last")
    world.pass_(days=4)
    relabel_source(world.node(), source, OPEN, role="test")
    world.release()
    return mark


LATE = [one(70), one(71), one(72), one(73), one(74), one(0)]


def test_what_is_released_late_reaches_whoever_polls_by_date_once(full):
    mark = late(full)
    door = full.door()
    for query in (f"added_after={mark}", "added_after=2026-06-05T00:00:00Z"):
        got = door("GET", f"{SHELF}objects/?match[version]=all&{query}")
        assert ids(got) == LATE
        assert got.header("x-taxii-date-added-first").startswith("2026-06-09T")
        after = got.header("x-taxii-date-added-last")
        assert door("GET", f"{SHELF}objects/?match[version]=all&added_after={after}").body == b"{}"
    full.pass_(days=1)
    full.release()
    assert door("GET", f"{SHELF}objects/?match[version]=all&added_after={after}").body == b"{}"


def test_an_older_version_released_late_comes_last_and_leaves_the_newer_one_current(full):
    mark = late(full)
    door = full.door()
    assert one(0) in ids(door("GET", f"{SHELF}objects/?added_after={mark}"))
    current = json.loads(door("GET", f"{SHELF}objects/{one(0)}/").body)["objects"]
    assert [held["name"] for held in current] == ["second"]
    versions = json.loads(door("GET", f"{SHELF}objects/{one(0)}/versions/").body)["versions"]
    assert versions[-1] == "2026-05-02T06:00:00.000Z"


def test_the_nodes_own_client_takes_what_is_released_late_once(full):
    full.pull()
    late(full)
    brought = [full.pull()[0].objects for _ in range(2)]
    assert brought == [len(LATE), 0]
    assert {one(number) for number in range(70, 75)} <= {row.object_id for row in rows(full.node("jpn"), limit=200)}


def test_taxii2client_takes_what_is_released_late_once(full):
    from taxii2client import v21
    from taxii2client.common import _HTTPConnection

    mark = late(full)
    certificate = tuple(map(str, full.nodes.certificate("jpn")))
    connection = _HTTPConnection(verify=str(full.nodes.ca("nato")), cert=certificate, version="2.1")
    connection.session.trust_env = False
    with full.serving("nato"):
        url = full.nodes.url("nato") + f"/{WORD}/collections/"
        listed = json.loads(full.door()("GET", f"/{WORD}/collections/").body)["collections"]
        [shelf] = [held["id"] for held in listed if held["alias"] == "released-cyber"]
        held = v21.Collection(f"{url}{shelf}/", conn=connection)
        asked = {"added_after": mark, "version": "all"}
        pages = list(v21.as_pages(held.get_objects, per_request=2, **asked))
        connection.close()
    assert [got["id"] for page in pages for got in page["objects"]] == LATE


def test_the_pages_of_a_nodes_people_are_none_to_a_partner(full):
    """Every page's path, with its twins: one answer, that of a path which nothing ever had."""
    door = full.door("jpn")
    nowhere = door("GET", "/nowhere")
    assert nowhere.status == 404
    paths = {page.path.split("{")[0] for page in PAGES} - {"/"}
    for path in sorted({*paths, *(f"{page.rstrip('/')}{twin}" for page in paths for twin in (".json", ".csv"))}):
        assert door("GET", path)._replace(headers=()) == nowhere._replace(headers=()), path
