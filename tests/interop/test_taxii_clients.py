"""Real TAXII clients against a real server on loopback: plain HTTP, Basic authentication."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest
from tests.unit.exchange.memory_backend import MemoryBackend, basic, identifier
from tests.unit.exchange.samples import envelope, indicator, indicator_id

from foedus.exchange.serving import serving
from foedus.exchange.session import Patience, Session
from foedus.exchange.taxii.client import pull
from foedus.exchange.taxii.push import push
from foedus.exchange.taxii.server import application
from foedus.model import instant
from foedus.model.ports import PullState

pytestmark = pytest.mark.interop
TAXII = "application/taxii+json;version=2.1"
RELEASED = identifier("kat", "released|kat")
SUBMIT = identifier("kat", "submit|kat")
COUNT = 230


@pytest.fixture
def backend():
    made = MemoryBackend()
    for number in range(COUNT):
        made.release("released|kat", indicator(number))
    return made


@pytest.fixture
def url(backend):
    with serving(application(backend, cursor_secret=b"s" * 32)) as base:
        yield base


@pytest.fixture
def taxii2():
    from taxii2client import v21

    return v21


@pytest.fixture
def connection():
    """taxii2-client's own connection, closed afterwards."""
    from taxii2client.common import _HTTPConnection

    made = _HTTPConnection("kat", "pw", version="2.1")
    made.session.trust_env = False
    yield made
    made.close()


def test_taxii2client_walks_from_discovery_to_every_object(url, taxii2, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    server = taxii2.Server(url + "/taxii2/", user="kat", password="pw")
    assert server.default is not None
    assert server.default.url == url + "/foedus/"
    assert server.default.max_content_length == 1_000_000
    released, submit = server.default.collections
    assert (released.id, released.can_write, submit.can_write) == (RELEASED, False, True)
    for ask in (released.get_objects, released.get_manifest):
        pages = list(taxii2.as_pages(ask, per_request=50))
        assert [one["id"] for page in pages for one in page["objects"]] == [indicator_id(n) for n in range(COUNT)]
        assert len(pages) == 5


def test_taxii2client_lowers_its_limit_when_the_first_page_is_short(url, taxii2, connection, backend):
    for number in range(COUNT, 1_300):
        backend.release("released|kat", indicator(number))
    released = taxii2.Collection(f"{url}/foedus/collections/{RELEASED}", conn=connection)
    pages = list(taxii2.as_pages(released.get_objects, per_request=5_000))
    assert [len(one["objects"]) for one in pages] == [1_000, 300]


def test_taxii2client_filters(url, taxii2, connection, backend):
    released = taxii2.Collection(f"{url}/foedus/collections/{RELEASED}", conn=connection)
    last = released.get_manifest()["objects"][-2]["date_added"]
    whole_second = datetime(2026, 6, 1, tzinfo=UTC)
    assert len(released.get_objects(added_after=whole_second)["objects"]) == COUNT
    assert [one["id"] for one in released.get_objects(added_after=last)["objects"]] == [indicator_id(COUNT - 1)]
    assert (
        len(released.get_objects(id=[indicator_id(1), indicator_id(2)], version="all", spec_version="2.1")["objects"])
        == 2
    )
    assert released.get_objects(type="tool") == {}
    assert released.get_object(indicator_id(1))["objects"][0]["id"] == indicator_id(1)
    assert released.object_versions(indicator_id(1))["versions"] == ["2026-01-01T00:00:00.25Z"]
    with pytest.raises(Exception, match="404"):
        released.get_object(indicator_id(9_999))


def test_taxii2client_adds_reads_status_and_deletes(url, taxii2, connection):
    submit = taxii2.Collection(f"{url}/foedus/collections/{SUBMIT}/", conn=connection)
    status = submit.add_objects(envelope(indicator(1), b'{"type":"tool"}').decode())
    assert (status.status, status.success_count, status.failure_count) == ("complete", 1, 1)
    status.refresh()
    assert taxii2.ApiRoot(url + "/foedus/", conn=connection).get_status(status.id).total_count == 2
    submit.delete_object(indicator_id(1))
    with pytest.raises(Exception, match="404"):
        submit.get_object(indicator_id(1))


def test_stix2_source_and_sink(url, taxii2, connection):
    import stix2
    from stix2.datastore.taxii import TAXIICollectionSink, TAXIICollectionSource

    source = TAXIICollectionSource(taxii2.Collection(f"{url}/foedus/collections/{RELEASED}/", conn=connection))
    assert source.get(indicator_id(3)).id == indicator_id(3)
    assert source.get(indicator_id(9_999)) is None
    assert len(source.query()) == COUNT
    assert len(source.query([stix2.Filter("type", "=", "indicator"), stix2.Filter("name", "=", "café / 7")])) == 1
    assert [one.id for one in source.all_versions(indicator_id(3))] == [indicator_id(3)]

    submit = taxii2.Collection(f"{url}/foedus/collections/{SUBMIT}/", conn=connection)
    tool = stix2.Tool(name="x")
    TAXIICollectionSink(submit).add(tool)
    assert TAXIICollectionSource(submit).get(tool.id) == tool


def test_cytaxii2(url, monkeypatch):
    from cytaxii2 import cytaxii2

    monkeypatch.setenv("NO_PROXY", "*")
    client = cytaxii2.cytaxii2(url + "/taxii2/", "kat", "pw")
    assert client.discovery_request()["response"]["default"] == url + "/foedus/"
    assert client.root_discovery()["response"]["versions"] == [TAXII]
    assert len(client.collection_request()["response"]["collections"]) == 2
    assert client.collection_data_request(RELEASED)["response"]["can_read"] is True
    got, cursor = [], None
    while True:
        body = client.poll_request(RELEASED, limit=100, next=cursor)["response"]
        got += [one["id"] for one in body["objects"]]
        if not body["more"]:
            break
        cursor = body["next"]
    assert got == [indicator_id(n) for n in range(COUNT)]
    posted = client.inbox_request(SUBMIT, envelope(indicator(1)))
    assert posted["status_code"] == 202
    assert posted["response"]["success_count"] == 1
    wrong = client.poll_request(RELEASED, added_after="yesterday")
    assert wrong["status_code"] == 400
    assert wrong["response"]["http_status"] == "400"
    assert client.poll_request("f47ac10b-58cc-4372-a567-0e02b2c3d479")["response"]["http_status"] == "404"


def test_a_client_that_keeps_milliseconds_and_drops_added_after_as_opencti_does(url, backend):
    """Its ingester stores Date-Added-Last through a JavaScript date and keeps ``next`` alone between polls."""
    objects = f"{url}/foedus/collections/{RELEASED}/objects/"
    headers = {"authorization": basic("kat"), "accept": TAXII, "accept-encoding": "gzip"}
    with httpx.Client(headers=headers, trust_env=False) as client:
        params = {"limit": "100", "added_after": "2020-01-01T00:00:00.000Z"}
        got = []
        while True:
            answer = client.get(objects, params=params)
            got += [one["id"] for one in answer.json()["objects"]]
            if not answer.json()["more"]:
                break
            params = {"limit": "100", "next": answer.json()["next"]}
        assert got == [indicator_id(n) for n in range(COUNT)]
        backend.clock_us = -(-backend.clock_us // 1_000) * 1_000 - 1_000
        backend.release("released|kat", indicator(COUNT))  # its date is a whole millisecond, as the store's are
        last = client.get(objects).headers["x-taxii-date-added-last"]
        assert client.get(objects, params={"added_after": last[:-4] + "Z"}).content == b"{}"


def test_our_own_client_against_our_own_server(url, backend):
    patience = Patience(lambda _: None, lambda: instant.parse("2026-06-01T00:00:00Z"), lambda: 0.0)
    with httpx.Client(auth=("kat", "pw"), trust_env=False) as client:
        session = Session(client, url, patience)
        pages = list(pull(session, f"{url}/foedus/collections/{RELEASED}/", PullState()))
        assert [raw for page in pages for raw in page.objects] == [indicator(n) for n in range(COUNT)]
        submit = f"{url}/foedus/collections/{SUBMIT}/"
        results = list(push(session, url + "/foedus/", submit, [indicator(n) for n in range(3)], 1_000_000))
        assert [len(one.accepted) for one in results] == [3]


def test_a_large_body_is_413_and_the_connection_lives_on(url, backend):
    backend.max_content_length = 100_000
    with httpx.Client(headers={"authorization": basic("kat"), "content-type": TAXII}, trust_env=False) as client:
        objects = f"{url}/foedus/collections/{SUBMIT}/objects/"
        assert client.post(objects, content=b" " * 3_000_000).status_code == 413
        assert client.post(objects, content=iter([b" " * 50_000] * 60)).status_code == 413
        assert client.post(objects, content=envelope(indicator(1))).json()["success_count"] == 1


def test_hundred_ids_make_a_line_that_passes(url):
    many = ",".join(indicator_id(n) for n in range(1_000))
    with httpx.Client(headers={"authorization": basic("kat")}, trust_env=False) as client:
        answer = client.get(f"{url}/foedus/collections/{RELEASED}/objects/?match[id]={many}")
    assert len(json.loads(answer.content)["objects"]) == COUNT
