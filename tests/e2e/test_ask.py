"""Two served nodes ask each other which values both hold: what is learnt, what is not, and what stands in the ledgers."""

from __future__ import annotations

import base64
import json
import os
from datetime import timedelta

import pytest
from tests.node_pair import AMBER, JAPAN_AND_KOREA, OPEN, bundle, indicator, make_nodes
from tests.unit.cli import conftest as cli

from foedus.errors import ExchangeError, InputError
from foedus.exchange.intersect import Context, Side, packed, unpacked
from foedus.exchange.serving import serving
from foedus.model import instant, stix
from foedus.model.finding import About, Finding, Key, Support
from foedus.node import account
from foedus.node.ask import ask, known
from foedus.node.label import read_text
from foedus.node.offered import offered
from foedus.node.pairs import Pairs
from foedus.node.serve import app_of, context_of
from foedus.release.edits import Edit
from foedus.release.profiles import PROFILES
from foedus.store.objects import Arrival, put_findings

pytestmark = pytest.mark.e2e
WORD = "nato-jpn-itpp-2023"
PROGRAMME = f"urn:foedus:programme:{WORD}"
URL = f"/peer/{WORD}/ask"
SECRET = "NATO SECRET TLP:RED"
B64 = base64.b64encode


def host(number: int) -> tuple[str, str]:
    return ("domain-name", f"host{number}.example")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """NATO holds ten hosts, Japan ten; they share 7, 8 and 9, but 9 is at NATO in what may never go to Japan."""
    made = make_nodes(tmp_path_factory.mktemp("ask") / "nodes", JAPAN_AND_KOREA)
    made.put("nato", bundle(*(indicator(number) for number in range(7))), OPEN)
    made.put("nato", bundle(indicator(7), indicator(8)), AMBER)
    made.put("nato", bundle(indicator(9)), SECRET)
    made.put("nato", bundle(indicator(30)), "")
    made.put("jpn", bundle(*(renumbered(number) for number in (*range(7, 17), 30))), OPEN)
    return made


def renumbered(number: int) -> bytes:
    """Another party's indicator of the same host: another id."""
    return indicator(number + 1_000, pattern=f"[domain-name:value = 'host{number}.example']")


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


def entries(nodes, party: str, kind: str) -> list[dict]:
    with nodes.open(party) as node:
        return [line.body for line in account.show(node, "master", 0, 10_000) if line.kind == kind]


def question(side: Side, session: bytes, area: str = "cyber", **other) -> dict:
    said = {"session": session, "area": area, "points": packed(side.points), **other}
    return {name: B64(value).decode() if isinstance(value, bytes) else value for name, value in said.items()}


def side_of(session: bytes, values=(), programme: str = PROGRAMME) -> Side:
    return Side(Context(session, programme, "cyber"), values, os.urandom(32), os.urandom)


def asked(client, session: bytes | None = None, area: str = "cyber", url: str = URL, **other):
    session = session or os.urandom(16)
    return client.post(url, json=question(side_of(session), session, area, **other))


def test_both_learn_what_both_may_tell_and_nothing_else(nodes):
    with nodes.serving_here("nato"), nodes.open("jpn") as node:
        found = ask(node, "nato", "cyber")
    assert [(one.kind, one.value) for one in found.shared] == [host(7), host(8)]
    assert found.shared[0].findings == (json.loads(renumbered(7))["id"],)
    assert (found.values, found.left_out, found.points, found.peer_points, found.told) == (11, 0, 64, 64, True)
    for party, other in (("jpn", "nato"), ("nato", "jpn")):
        with nodes.open(party) as node:
            learnt = [(one.kind, one.value, one.asker) for one in known(node, other, "cyber")]
        assert learnt == [(*host(7), "jpn"), (*host(8), "jpn")]


def test_the_same_the_other_way_round(nodes):
    with nodes.serving_here("jpn"), nodes.open("nato") as node:
        found = ask(node, "jpn", "cyber", WORD)
    assert [(one.kind, one.value) for one in found.shared] == [host(7), host(8)]


def test_only_what_a_decision_lets_go_is_compared(nodes):
    with nodes.open("nato") as node:
        at = node.clock.now()
        japan = offered(node, node.agreements.of(WORD, at), "jpn", "cyber").values
        korea = next(one for one in node.agreements.in_force(at) if one.programme.party("kor"))
        seen_by_korea = offered(node, korea, "kor", "cyber").values
    assert set(japan) == {host(number) for number in range(9)}
    assert set(seen_by_korea) == {host(number) for number in range(7)}, "what is for Japan alone is not Korea's"


def test_what_others_own_is_not_compared(nodes):
    nodes.release("jpn")
    with nodes.serving_here("jpn"):
        [pulled] = [one for one in nodes.pull("nato") if one.peer == "jpn"]
    assert pulled.new > 0
    with nodes.open("nato") as node:
        held = offered(node, node.agreements.of(WORD, node.clock.now()), "jpn", "cyber").values
    assert set(held) == {host(number) for number in range(9)}


def test_a_newer_version_or_a_revocation_takes_a_value_back(nodes):
    later = {"modified": "2026-05-04T06:00:00.000Z"}
    nodes.put("nato", bundle(indicator(7, revoked=True, **later)), AMBER)
    nodes.put("nato", bundle(indicator(8, name="Now secret", **later)), SECRET)
    with nodes.open("nato") as node:
        held = offered(node, node.agreements.of(WORD, node.clock.now()), "jpn", "cyber").values
    assert set(held) == {host(number) for number in range(7)}


def compared(nodes) -> set:
    with nodes.open("nato") as node:
        return set(offered(node, node.agreements.of(WORD, node.clock.now()), "jpn", "cyber").values)


@pytest.mark.parametrize(
    ("profile", "left"),
    [
        (lambda _obj, _key: [Edit(("pattern",), "[domain-name:value = 'elsewhere.example']")], set()),
        (lambda _obj, _key: None, set()),
        (lambda _obj, _key: [Edit(("description",), "hidden")], {host(7), host(8)}),
    ],
    ids=["the value", "the whole object", "something else"],
)
def test_what_redaction_hides_is_not_compared(nodes, monkeypatch, profile, left):
    monkeypatch.setitem(PROFILES, "drop-internal-ids", profile)
    assert compared(nodes) & {host(7), host(8), ("domain-name", "elsewhere.example")} == left


def test_what_is_held_until_a_person_acts_is_not_compared(nodes):
    nodes.put("nato", bundle(indicator(40)), f"{AMBER} ORCON")
    assert nodes.why("nato", json.loads(indicator(40))["id"], "jpn", WORD).outcome == "hold"
    assert host(40) not in compared(nodes)


def test_what_only_a_supporting_object_holds_is_not_compared(nodes):
    head, support = (stix.read(raw) for raw in (indicator(50), indicator(51)))
    with nodes.open("nato") as node:
        label = read_text(node, OPEN, node.clock.now())
        now_us = instant.to_us(node.clock.now())
        keys = tuple(Key(*host(number)) for number in (50, 51))
        finding = Finding("cyber", "indicator", head, (), (Support(support, label=label),), owner="nato", label=label)
        with node.store.write() as tx:
            put_findings(tx, [Arrival(finding, About("indicator", "a", keys=keys), "a", now_us, now_us)], now_us)
    assert compared(nodes) & {host(50), host(51)} == {host(50)}


def test_the_newest_are_compared_where_there_are_too_many(nodes, monkeypatch):
    monkeypatch.setenv("FOEDUS_ASK_MAX_VALUES", "3")
    with nodes.open("nato") as node:
        held = offered(node, node.agreements.of(WORD, node.clock.now()), "jpn", "cyber")
    assert (set(held.values), held.left_out) == ({host(6), host(7), host(8)}, 6)


def test_both_sides_enter_sizes_and_numbers_and_never_a_value(nodes):
    with nodes.serving_here("nato"), nodes.open("jpn") as node:
        found = ask(node, "nato", "cyber")
    said = {"programme": PROGRAMME, "parties": ["jpn", "nato"], "area": "cyber", "session": found.session, "points": 64}
    for party, first in (("jpn", "ask.made"), ("nato", "ask.answered")):
        [begun], [learnt] = entries(nodes, party, first), entries(nodes, party, "ask.learnt")
        assert begun.items() >= said.items()
        assert learnt.items() >= {**said, "peer_points": 64, "matches": 2}.items()
        assert "host" not in json.dumps([begun, learnt])
        assert nodes.faults(party) == []


def test_the_command_says_what_both_learnt_and_shows_it_again(nodes):
    with nodes.serving_here("nato"):
        said = cli.done("ask", "nato", "--area", "cyber", node=nodes.path("jpn"))
        found = cli.told("ask", "nato", "--area", "cyber", node=nodes.path("jpn"))
    assert "2 of 11 values compared are also nato's" in said
    assert "host7.example" in said
    assert "nato learnt the same values" in said
    assert [one["value"] for one in found["shared"]] == ["host7.example", "host8.example"]
    again = cli.told("ask", "jpn", "--area", "cyber", "--known", node=nodes.path("nato"))
    assert {(one["value"], one["asker"]) for one in again} == {("host7.example", "jpn"), ("host8.example", "jpn")}
    assert "host8.example" in cli.done("ask", "jpn", "--area", "cyber", "--known", node=nodes.path("nato"))
    nothing = cli.done("ask", "kor", "--area", "cyber", "--known", node=nodes.path("nato"))
    assert "Nothing was learnt" in nothing


def test_a_partner_that_does_not_take_its_part_is_said_and_the_rest_stands(nodes, monkeypatch):
    def gone(*_):
        raise ExchangeError("no answer")

    monkeypatch.setattr("foedus.exchange.asking.AskClient.back", gone)
    with nodes.serving_here("nato"):
        said = cli.done("ask", "nato", "--area", "cyber", node=nodes.path("jpn"))
    assert "did not take its part" in said
    assert len(entries(nodes, "jpn", "ask.learnt")) == 1
    assert entries(nodes, "nato", "ask.learnt") == []


HOSTILE = {
    "a point of low order": lambda answer: answer._replace(points=sorted([*answer.points[1:], bytes(32)])),
    "not as many as were sent": lambda answer: answer._replace(twice=[*answer.twice, *answer.points]),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_an_answer_that_is_none_ends_the_question(nodes, monkeypatch, change):
    honest = Pairs.ask
    monkeypatch.setattr(Pairs, "ask", lambda *given: change(honest(*given)))
    with nodes.serving_here("nato"), nodes.open("jpn") as node, pytest.raises(ExchangeError) as caught:
        ask(node, "nato", "cyber")
    assert caught.value.code == "peer-malformed"
    assert entries(nodes, "jpn", "ask.learnt") == []


def test_what_was_asked_is_entered_even_where_no_answer_comes(nodes):
    with nodes.open("jpn") as node, pytest.raises(ExchangeError) as caught:
        ask(node, "nato", "cyber")
    assert caught.value.code == "exchange-unreachable"
    assert len(entries(nodes, "jpn", "ask.made")) == 1
    assert entries(nodes, "jpn", "ask.learnt") == []


def test_no_value_and_no_hash_of_one_goes_over_the_wire_twice_alike(nodes):
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as client:
        bodies = [asked(client).raise_for_status().json() for _ in range(2)]
    lists = [unpacked(base64.b64decode(body["points"]), ascending=True) for body in bodies]
    assert not set(lists[0]) & set(lists[1])


def plain(answer) -> tuple:
    """An answer without what differs between any two."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "server")}
    return answer.status_code, {**answer.json(), "error_id": ""}, headers


def test_third_parties_unknown_areas_and_unknown_programmes_are_answered_alike(nodes):
    with nodes.serving_here("nato"), nodes.client("kor", "nato") as korea, nodes.client("jpn", "nato") as japan:
        answers = [
            asked(korea),
            asked(korea, url="/peer/no-such-programme/ask"),
            asked(japan, area="no-such-area"),
            asked(japan, url="/peer/no-such-programme/ask"),
            korea.post(f"{URL}-back", json=back_of(os.urandom(16))),
        ]
        assert asked(japan).status_code == 200
    assert [one.status_code for one in answers] == [404] * len(answers)
    assert all(plain(one) == plain(answers[0]) for one in answers)
    assert entries(nodes, "nato", "ask.refused") == []


def back_of(session: bytes, points: list[bytes] | None = None) -> dict:
    twice = side_of(session).points if points is None else points
    return {"session": B64(session).decode(), "twice": B64(packed(twice)).decode()}


def test_a_session_is_for_one_use(nodes):
    session = os.urandom(16)
    mine = side_of(session, [host(7)])
    with nodes.serving_here("nato"), nodes.client("jpn", "nato") as client:
        answer = client.post(URL, json=question(mine, session)).raise_for_status().json()
        twice = mine.again(unpacked(base64.b64decode(answer["points"]), ascending=True))
        again = client.post(URL, json=question(mine, session))
        assert (again.status_code, again.json()["error_code"]) == (400, "ask-repeated")
        with nodes.client("kor", "nato") as other:
            assert other.post(f"{URL}-back", json=back_of(session, twice)).status_code == 404
        ends = [client.post(f"{URL}-back", json=back_of(session, twice)).status_code for _ in range(2)]
    assert ends == [200, 404]
    [learnt] = entries(nodes, "nato", "ask.learnt")
    assert learnt["matches"] == 1


def test_a_session_ends_after_five_minutes(nodes):
    session = os.urandom(16)
    with nodes.open("nato") as node:
        clock = Moved(node.clock)
        node.clock = clock
        with served(node), nodes.client("jpn", "nato") as client:
            for minutes, status in ((4, 200), (6, 404)):
                session = os.urandom(16)
                assert asked(client, session).status_code == 200
                clock.by += timedelta(minutes=minutes)
                assert client.post(f"{URL}-back", json=back_of(session)).status_code == status


class Moved:
    def __init__(self, clock) -> None:
        self.clock, self.by = clock, timedelta(0)

    def now(self):
        return self.clock.now() + self.by


def served(node):
    return serving(app_of(node, plain=False), node.config.host, node.config.port, context_of(node))


def test_questions_are_limited_by_the_hour_and_the_first_refusal_is_entered(nodes):
    with nodes.open("nato") as node:
        clock = Moved(node.clock)
        node.clock = clock
        with served(node), nodes.client("jpn", "nato") as client:
            answers = [asked(client) for _ in range(6)]
            assert [one.status_code for one in answers] == [200, 200, 200, 200, 429, 429]
            assert answers[-1].headers["retry-after"] == "3600"
            clock.by = timedelta(minutes=61)
            assert asked(client).status_code == 200
    [refused] = entries(nodes, "nato", "ask.refused")
    assert (refused["parties"], refused["area"], refused["limit"]) == (["jpn", "nato"], "cyber", "sessions-per-hour")


def test_points_are_limited_by_the_day_also_after_a_restart(nodes, monkeypatch):
    monkeypatch.setenv("FOEDUS_ASK_POINTS_PER_DAY", "127")
    for status in (200, 429):
        with nodes.serving_here("nato"), nodes.client("jpn", "nato") as client:
            assert asked(client).status_code == status
    assert entries(nodes, "nato", "ask.refused")[0]["limit"] == "points-per-day"


def test_a_limit_reached_is_told_to_who_asks(nodes, monkeypatch):
    monkeypatch.setenv("FOEDUS_ASK_SESSIONS_PER_HOUR", "0")
    with nodes.serving_here("nato"), nodes.open("jpn") as node, pytest.raises(ExchangeError) as caught:
        ask(node, "nato", "cyber")
    assert (caught.value.code, caught.value.retryable) == ("exchange-too-often", True)
    assert caught.value.hint == "again in 3600 s"


BAD = {
    "no JSON": b"{",
    "another document": b"[1]",
    "no session": json.dumps({"area": "cyber", "points": ""}).encode(),
    "a short session": json.dumps({"session": "AAAA", "area": "cyber", "points": ""}).encode(),
    "no base64": json.dumps({"session": "!" * 24, "area": "cyber", "points": ""}).encode(),
    "no points": json.dumps({"session": B64(b"s" * 16).decode(), "area": "cyber", "points": ""}).encode(),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
@pytest.mark.parametrize("path", [URL, f"{URL}-back"])
def test_bad_input_is_refused_and_not_echoed(base, serving_nato, path, body):
    with base.client("jpn", "nato") as client:
        answer = client.post(path, content=body)
    assert answer.status_code == 400
    assert answer.json()["error_code"] in ("ask-malformed", "points-malformed")
    assert "cyber" not in answer.text


@pytest.fixture(scope="module")
def serving_nato(base):
    with base.serving_here("nato"):
        yield


def test_too_much_and_other_methods_are_refused(base, serving_nato):
    with base.client("jpn", "nato") as client:
        assert client.post(URL, content=b" " * 800_000).status_code == 413
        assert client.get(URL).status_code == 405
    with base.client_with("nato") as nobody:
        assert nobody.post(URL, content=b"{}").status_code == 401


def test_points_of_low_order_are_refused_over_the_wire(base, serving_nato):
    session = os.urandom(16)
    points = sorted([*side_of(session).points[1:], bytes(32)])
    with base.client("jpn", "nato") as client:
        answer = asked(client, session, points=packed(points))
    assert (answer.status_code, answer.json()["error_code"]) == (400, "points-malformed")


@pytest.mark.parametrize(
    ("party", "area", "programme", "error", "code"),
    [
        ("jpn", "cyber", "", InputError, "party-own"),
        ("kor", "cyber", "", InputError, "ask-not-covered"),
        ("nato", "no-such-area", "", InputError, "ask-not-covered"),
        ("nato", "cyber", "no-such", InputError, "programme-unknown"),
    ],
)
def test_who_or_what_cannot_be_asked_is_said_before_anything_leaves(nodes, party, area, programme, error, code):
    with nodes.open("jpn") as node, pytest.raises(error) as caught:
        ask(node, party, area, programme)
    assert (caught.value.code, bool(caught.value.hint)) == (code, True)
    assert entries(nodes, "jpn", "ask.made") == []
