"""Told of what is new: counts on open pages as events, a mail that holds no content; neither moves or blocks anything."""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from contextlib import ExitStack, contextmanager
from email import message_from_bytes, policy

import httpx
import msgspec
import pytest
from tests.browsing import Watched, chromium
from tests.node_pair import OPEN, bundle, indicator, make_nodes
from tests.queued import at_hand
from tests.web_site import Visitor, site

from foedus.errors import FoedusError
from foedus.model.people import Person
from foedus.node import news, notify, people, sessions
from foedus.web import stream
from foedus.web.visit import cookie_name

pytestmark = pytest.mark.e2e
ANN, FINN = Person("ann", ("analyst",)), Person("finn", ("administrator",))
PASSWORD = "a long password"
SECRET = "Host of the ministry"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    nodes = make_nodes(tmp_path_factory.mktemp("notify") / "nodes")
    nodes.put("nato", bundle(indicator(1)), OPEN)
    with nodes.open("nato") as node:
        for person in (ANN, FINN):
            people.add(node, person.name, person.roles, PASSWORD)
    return nodes


@pytest.fixture
def nodes(base, tmp_path):
    return base.copy(tmp_path / "nodes")


@pytest.fixture
def node(nodes, monkeypatch):
    monkeypatch.setattr(stream.Streams.__init__, "__defaults__", (0.05,))
    with nodes.open("nato") as node:
        yield node


def more(nodes, *numbers, **facts):
    nodes.put("nato", bundle(*(indicator(number, name=SECRET, **facts) for number in numbers)), OPEN)


@contextmanager
def streaming(node, base, person=ANN, since=0, lang="en", **headers):
    """Open a stream and give its lines as they come."""
    visitor = Visitor(node, base, person)
    url = f"/watch/stream?since={since}&lang={lang}"
    with visitor.client, visitor.client.stream("GET", url, headers=visitor._headers(headers)) as answer:
        yield answer, answer.iter_lines()


def event(lines):
    """Return the id and the data of the next event."""
    fields = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            fields["id"] = value
        if name == "data":
            return fields.get("id"), json.loads(value)
    return None


def code(act, *given, **more):
    with pytest.raises(FoedusError) as told:
        act(*given, **more)
    return told.value.code


# On open pages


def test_events_say_how_many_came_and_never_which(nodes, node):
    since = news.news(node, ANN).upto
    with site(node) as base, streaming(node, base, since=since, lang="ja") as (answer, lines):
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-accel-buffering"] == "no"
        assert event(lines)[1]["new"] == 0
        more(nodes, 2, 3)
        _, told = event(lines)
        assert (told["new"], told["urgent"], told["said"]) == (2, 0, "新着2件")
        more(nodes, 4, indicator_types=["malicious-activity"])
        assert event(lines)[1]["new"] == 3
        assert SECRET not in str(told)


def test_a_stream_that_was_cut_goes_on_where_it_was(nodes, node):
    with site(node) as base:
        with streaming(node, base) as (_, lines):
            known, _ = event(lines)
        with streaming(node, base, last_event_id=known) as (_, lines):
            more(nodes, 2)
            assert event(lines)[1]["new"] == 2


def test_a_quiet_stream_is_kept_alive_and_ends_with_its_session(node, monkeypatch):
    monkeypatch.setattr(stream, "BEAT_TICKS", 2)
    with site(node) as base, streaming(node, base) as (_, lines):
        event(lines)
        assert next(line for line in lines if line.startswith(":")) == ": here"
        with node.store.write() as tx:
            sessions.end_all(node, tx, "ann")
        assert "event: end" in list(lines)


def test_a_stream_keeps_nobody_signed_in(node, monkeypatch):
    clock = at_hand(node)
    monkeypatch.setattr(stream, "BEAT_TICKS", 2)
    with site(node) as base, streaming(node, base) as (_, lines):
        event(lines)
        clock.on(16 * 60)
        assert "event: end" in list(lines)


def test_who_is_nobody_or_sees_no_findings_gets_no_stream(node):
    with site(node) as base, httpx.Client(base_url=base, trust_env=False) as nobody:
        assert nobody.get("/watch/stream").status_code == 401
        with streaming(node, base, FINN) as (answer, _):
            assert answer.status_code == 403


def test_streams_are_few_and_pages_work_without_one(node, monkeypatch):
    monkeypatch.setattr(stream, "MOST_EACH", 1)
    with site(node) as base, streaming(node, base) as (_, lines):
        event(lines)
        with streaming(node, base) as (answer, _):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        visitor = Visitor(node, base, ANN)
        with visitor.client:
            assert visitor.get("/situation").status_code == 200


def test_a_node_stops_though_a_stream_is_open(node):
    with ExitStack() as after:
        with site(node) as base:
            _, lines = after.enter_context(streaming(node, base))
            event(lines)
        with pytest.raises(httpx.HTTPError):
            list(lines)


def test_new_is_what_came_since_somebody_asked_to_see_it(nodes, node):
    with site(node) as base:
        visitor = Visitor(node, base, ANN)
        with visitor.client:
            assert "1 new" in visitor.get("/ledger").text
            form = visitor.form("/ledger", "/watch/seen")
            more(nodes, 2)
            assert visitor.post("/watch/seen", form).headers["location"] == "/situation"
            assert "1 new" in visitor.get("/situation").text
            assert visitor.post("/watch/seen", {**form, "upto": "-1"}).status_code == 400
            visitor.post("/watch/seen", {**form, "upto": "99999999"})
            assert news.news(node, ANN).new == 0
            visitor.post("/watch/seen", {**form, "upto": "0"})
    more(nodes, 3)
    assert news.news(node, ANN).new == 1


def test_many_are_said_to_be_many(nodes, node):
    more(nodes, *range(2, 130))
    assert news.news(node, ANN).new == news.MOST == 100


def test_in_a_browser_what_is_new_waits_until_asked_and_nothing_moves(nodes, node):
    with chromium() as browser, site(node) as base, Watched(browser, base) as there:
        there.cookie(cookie_name(node), sessions.open_session(node, ANN, "password"))
        page = there.go("/situation")
        page.keyboard.press("n")
        page.wait_for_url("**/situation")
        page.wait_for_selector("[data-news][data-live]", state="attached")
        rows, where = page.locator("tbody tr").count(), page.locator("tbody tr").first.bounding_box()
        assert not page.locator("[data-fresh]").is_visible()
        more(nodes, 2, 3)
        page.wait_for_selector("[data-fresh]:not(.still)")
        assert page.locator("[data-said]").inner_text() == "2 new"
        assert (page.locator("tbody tr").count(), page.locator("tbody tr").first.bounding_box()) == (rows, where)
        assert there.violations() == []
        page.keyboard.press("n")
        page.wait_for_selector("[data-fresh].still", state="attached")
        assert page.locator("tbody tr").count() == rows + 2
        assert there.faults == []


# By mail


class Sink(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it is given, or refuses every recipient."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.got: list[bytes] = []
        self.refuses = False


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line.split()[0].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                self.server.got.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            refused = word == b"RCPT" and self.server.refuses
            self.wfile.write(b"550 no\r\n" if refused else b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def sink():
    with Sink() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def told_by(node, server, **more):
    settings = {"mail_to": "watch@nato.example, duty@nato.example", "mail_urgency": 1, "web": "127.0.0.1:8080", **more}
    settings.setdefault("mail_smtp", f"127.0.0.1:{server.server_address[1]}" if server else "")
    node.config = msgspec.structs.replace(node.config, **settings)
    notify.tell_due(node)


def test_a_mail_says_how_many_and_where_and_nothing_of_any(nodes, node, sink):
    at_hand(node)
    told_by(node, sink)
    assert sink.got == []
    more(nodes, 2, 3)
    notify.tell_due(node)
    [raw] = sink.got
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == "Foedus nato: 2 findings of urgency 1 or more"
    assert (mail["To"], mail["From"]) == ("watch@nato.example, duty@nato.example", "watch@nato.example")
    text = mail.get_content()
    assert "Open http://localhost:8080/situation?watch=open" in text
    assert "緊急度1以上の所見が2件あります" in text
    assert "ministry" not in str(mail)
    assert "indicator" not in str(mail)


def test_mails_do_not_follow_each_other_closely_and_say_nothing_twice(nodes, node, sink):
    clock = at_hand(node)
    told_by(node, sink)
    for number in (2, 3):
        more(nodes, number)
        notify.tell_due(node)
    assert len(sink.got) == 1
    clock.on(301)
    notify.tell_due(node)
    notify.tell_due(node)
    assert len(sink.got) == 2
    assert b"1 finding of urgency" in sink.got[1]
    assert notify.tell(node, at_once=True).findings == 0


def test_what_could_not_be_sent_is_said_by_the_next_mail(nodes, node, sink):
    clock = at_hand(node)
    told_by(node, sink)
    sink.refuses = True
    more(nodes, 2)
    assert code(notify.tell_due, node) == "mail-refused"
    notify.tell_due(node)
    sink.refuses = False
    clock.on(301)
    notify.tell_due(node)
    assert len(sink.got) == 1


def test_a_command_takes_the_mail_instead(nodes, node, tmp_path):
    keep = tmp_path / "kept"
    command = f"{sys.executable} -c \"import sys; open(r'{keep}', 'wb').write(sys.stdin.buffer.read())\""
    told_by(node, None, mail_command=command, mail_url="https://watch.nato.example/")
    more(nodes, 2)
    assert notify.tell(node, at_once=True).to == ("watch@nato.example", "duty@nato.example")
    assert (
        "Open https://watch.nato.example/" in message_from_bytes(keep.read_bytes(), policy=policy.default).get_content()
    )


@pytest.mark.parametrize(
    "settings",
    [{"mail_smtp": "127.0.0.1:1"}, {"mail_smtp": "nowhere"}, {"mail_command": "/bin/false"}, {"mail_from": "a\nb"}],
)
def test_settings_that_cannot_be_are_an_error_and_lose_nothing(nodes, node, sink, settings):
    told_by(node, sink, **settings)
    more(nodes, 2)
    assert code(notify.tell, node, at_once=True) == "mail-refused"
    told_by(node, sink, **{**dict.fromkeys(settings, ""), "mail_smtp": f"127.0.0.1:{sink.server_address[1]}"})
    assert notify.tell(node, at_once=True).findings == 1


def test_by_default_nobody_is_told(nodes, node, sink):
    more(nodes, 2)
    notify.tell_due(node)
    assert code(notify.tell, node, at_once=True) == "mail-off"
    assert sink.got == []
