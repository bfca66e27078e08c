"""Hidden and absent are the same, and what a partner may not see leaves no trace in what it sees."""

from __future__ import annotations

import json
import threading

import httpx
import pytest
from tests.node_pair import AMBER, OPEN, bundle, collection, indicator, make_nodes, objects_of, stix, stix_id

from foedus.node.label import relabel_source

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
SECRET = "NATO SECRET TLP:RED"
HIDDEN, ABSENT = stix_id("indicator", 500), stix_id("indicator", 999)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """NATO with 30 open objects released to Japan and one that is not."""
    made = make_nodes(tmp_path_factory.mktemp("twin") / "nodes")
    made.put("nato", bundle(*(indicator(number) for number in range(30))), OPEN)
    made.send("nato", bundle(indicator(500)), SECRET)
    return made


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


def told(answer: httpx.Response) -> tuple[object, ...]:
    """An answer without what is the moment's: date and the number of an error."""
    headers = sorted((name, value) for name, value in answer.headers.multi_items() if name != "date")
    body = answer.content
    if answer.status_code >= 400:
        body = json.dumps({**answer.json(), "error_id": ""}).encode()
    return answer.status_code, headers, body


@pytest.mark.parametrize(
    "path",
    [
        "objects/{id}/",
        "objects/{id}/versions/",
        "objects/?match[id]={id}",
        "manifest/?match[id]={id}",
        "objects/?match[id]={id}&match[version]=all&limit=1",
        "objects/{id}/?match[version]=first",
    ],
)
def test_a_hidden_id_and_an_absent_one_give_the_same_answer(nodes, path):
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        at = collection(partner, WORD, "released-cyber")
        hidden, absent = (partner.get(at + path.format(id=one)) for one in (HIDDEN, ABSENT))
        assert told(hidden) == told(absent)
        assert HIDDEN.encode() not in hidden.content
        assert hidden.status_code == (200 if "?match[id]" in path else 404)


def view(partner: httpx.Client) -> list[tuple[object, ...]]:
    """All that the partner can ask for: bytes, headers, cursors."""
    answers = [partner.get("/taxii2/"), partner.get(f"/{WORD}/"), partner.get(f"/{WORD}/collections/")]
    for one in answers[-1].json()["collections"]:
        at = f"/{WORD}/collections/{one['id']}/"
        for path in ("", "objects/", "manifest/", "objects/?limit=7", "manifest/?limit=7&match[version]=all"):
            answers.append(partner.get(at + path))
            if cursor := answers[-1].json().get("next"):
                answers.append(partner.get(at + path, params={**answers[-1].request.url.params, "next": cursor}))
    answers += [partner.get(f"/peer/{WORD}/{what}") for what in ("checkpoint", "entries?start=0")]
    return [told(answer) for answer in answers]


def test_a_view_stays_the_same_when_what_it_may_not_see_is_added(nodes):
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        before = view(partner)
        assert len(before) > 15
        nodes.put("nato", bundle(*(indicator(number, name="secret") for number in range(600, 640))), SECRET)
        # A hidden newer version of an object it sees, a hidden relation to one, and one that refers to a hidden one.
        nodes.put("nato", bundle(indicator(3, modified="2026-05-09T06:00:00.000Z", name="secret")), SECRET)
        relation = {"relationship_type": "related-to", "target_ref": stix_id("indicator", 3)}
        nodes.put("nato", bundle(stix("relationship", 1, source_ref=HIDDEN, **relation)), SECRET)
        nodes.put("nato", bundle(stix("relationship", 2, source_ref=HIDDEN, **relation)), OPEN)
        nodes.put("nato", b'{"type":"bundle","objects":[{"type":"indicator"}]}', OPEN)
        nodes.release("nato")
        assert view(partner) == before


def test_a_partner_cannot_use_another_ones_cursor_or_query(nodes):
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        at = collection(partner, WORD, "released-cyber")
        cursor = partner.get(f"{at}objects/", params={"limit": "7"}).json()["next"]
        wrong = partner.get(f"{at}manifest/", params={"limit": "7", "next": cursor})
        made_up = partner.get(f"{at}objects/", params={"limit": "7", "next": cursor[:-2] + "AA"})
        assert (wrong.status_code, told(wrong)) == (400, told(made_up))


def test_a_late_release_reaches_a_polling_client_exactly_once(nodes):
    late = nodes.put("nato", bundle(indicator(700)), SECRET).source
    nodes.release("nato")
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        at = collection(partner, WORD, "released-cyber")
        first = partner.get(f"{at}objects/")
        assert len(objects_of(first.content)) == 30
        mark = first.headers["x-taxii-date-added-last"]
        assert partner.get(f"{at}objects/", params={"added_after": mark}).content == b"{}"
        with nodes.open("nato") as node:
            assert relabel_source(node, late, OPEN, role="test").findings == 1
        nodes.send("nato", bundle(indicator(701)), OPEN)
        second = partner.get(f"{at}objects/", params={"added_after": mark})
        assert sorted(objects_of(second.content)) == sorted([indicator(700), indicator(701)])
        assert second.headers["x-taxii-date-added-first"] > mark
        after = second.headers["x-taxii-date-added-last"]
        nodes.release("nato")
        assert partner.get(f"{at}objects/", params={"added_after": after}).content == b"{}"
    with nodes.serving_here("nato"):
        assert [one.new for one in nodes.pull("jpn")] == [32]


def test_a_label_made_stricter_withdraws_and_a_look_shows_nothing(nodes):
    source = nodes.put("nato", bundle(indicator(800)), AMBER).source
    nodes.release("nato")
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        at = collection(partner, WORD, "released-cyber")
        assert partner.get(f"{at}objects/{stix_id('indicator', 800)}/").status_code == 200
        with nodes.open("nato") as node:
            relabel_source(node, source, SECRET, role="test")
        assert [run.counts.withdrawn for run in nodes.release("nato")] == [1]
        gone = partner.get(f"{at}objects/{stix_id('indicator', 800)}/")
        assert told(gone) == told(partner.get(f"{at}objects/{ABSENT}/"))


def test_a_client_that_polls_while_releases_run_gets_everything_once(nodes):
    def work() -> None:
        for number in range(1_000, 1_200, 25):
            nodes.send("nato", bundle(*(indicator(number + offset) for offset in range(25))), OPEN)

    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as partner:
        at = collection(partner, WORD, "released-cyber")
        got: list[bytes] = []
        mark = "2020-01-01T00:00:00Z"
        writer = threading.Thread(target=work)
        writer.start()
        last = False
        while not last:
            last = not writer.is_alive()
            answer = partner.get(f"{at}objects/", params={"added_after": mark, "limit": "1000"})
            got += objects_of(answer.content)
            mark = answer.headers.get("x-taxii-date-added-last", mark)
        writer.join()
    assert sorted(got) == sorted(indicator(number) for number in (*range(30), *range(1_000, 1_200)))
