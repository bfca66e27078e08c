"""The TAXII server against the memory backend: every corner where servers differ."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import msgspec
import pytest
from tests.unit.exchange.asgi import asgi_client
from tests.unit.exchange.memory_backend import START_US, MemoryBackend, basic, identifier
from tests.unit.exchange.samples import envelope, indicator, indicator_id

from foedus.errors import LimitExceeded, StoreError
from foedus.exchange.taxii.server import application
from foedus.model import instant
from foedus.model.ports import Caller, Collection, Credentials, NotAtOnce

TAXII = "application/taxii+json;version=2.1"
RELEASED, SUBMIT = "released|kat", "submit|kat"
PATH = f"/foedus/collections/{identifier('kat', RELEASED)}/"
POST = f"/foedus/collections/{identifier('kat', SUBMIT)}/"


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


def client_of(backend: MemoryBackend, secret: bytes = b"s" * 32, old: tuple[bytes, ...] = ()) -> httpx.Client:
    app = application(backend, cursor_secret=secret, old_secrets=old)
    return asgi_client(app, authorization=basic("kat"), accept=TAXII)


@pytest.fixture
def client(backend: MemoryBackend) -> httpx.Client:
    return client_of(backend)


def filled(backend: MemoryBackend, count: int) -> None:
    for number in range(count):
        backend.release(RELEASED, indicator(number))


def get(client: httpx.Client, url: str, status: int = 200, **headers: str) -> httpx.Response:
    """GET, with what must hold for every answer."""
    return checked(client.get(url, headers=headers), status)


def checked(response: httpx.Response, status: int) -> httpx.Response:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == TAXII
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["vary"] == "Accept, Authorization, Accept-Encoding"
    assert "etag" not in response.headers
    if status >= 400 and response.request.method != "HEAD":
        body = response.json()
        assert body["title"]
        assert body["http_status"] == str(status)
        assert re.fullmatch("[0-9a-f]{32}", body["error_id"])
        assert re.fullmatch("[a-z0-9-]+", body["error_code"])
    return response


def ids(response: httpx.Response) -> list[str]:
    return [one["id"] for one in response.json().get("objects", [])]


def post(client: httpx.Client, body: bytes, status: int = 202, **headers: str) -> Any:
    return checked(
        client.post(POST + "objects/", content=body, headers={"content-type": TAXII} | headers), status
    ).json()


# resources


def test_discovery_gives_absolute_roots_with_the_default_among_them(client):
    body = get(client, "/taxii2/").json()
    assert body["default"] == "https://node.example/foedus/"
    assert body["default"] in body["api_roots"]


def test_a_host_that_is_no_host_gives_relative_roots(client):
    assert get(client, "/taxii2/", host='a"b').json()["default"] == "/foedus/"


def test_a_root_says_its_version_and_limit(client):
    body = get(client, "/foedus/").json()
    assert body["versions"] == [TAXII]
    assert body["max_content_length"] == 1_000_000


def test_collections_are_per_caller_and_one_is_found_by_id_and_alias(client):
    listed = get(client, "/foedus/collections/").json()["collections"]
    assert [one["title"] for one in listed] == ["released cyber", "submit cyber"]
    assert get(client, PATH).json() == get(client, "/foedus/collections/cyber/").json() == listed[0]
    other = get(client, "/foedus/collections/", authorization=basic("bel")).json()["collections"]
    assert not {one["id"] for one in other} & {one["id"] for one in listed}


def test_no_collections_is_an_empty_resource(client, backend, monkeypatch):
    monkeypatch.setattr(backend, "collections", lambda *_: [])
    assert get(client, "/foedus/collections/").content == b"{}"


def test_served_bytes_are_the_stored_bytes(client, backend):
    backend.release(RELEASED, indicator(1))
    assert get(client, PATH + "objects/").content == b'{"more":false,"objects":[' + indicator(1) + b"]}"


def test_manifest_and_versions_keep_the_objects_own_text(client, backend):
    backend.release(RELEASED, indicator(1, "2024-03-03T03:03:03.25Z"))
    line = get(client, PATH + "manifest/").json()["objects"][0]
    assert line["version"] == "2024-03-03T03:03:03.25Z"
    assert line["media_type"] == "application/stix+json;version=2.1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["date_added"])
    versions = get(client, PATH + f"objects/{indicator_id(1)}/versions/").json()
    assert versions == {"more": False, "versions": ["2024-03-03T03:03:03.25Z"]}


def test_an_object_without_a_version_is_known_by_when_it_was_added(client, backend):
    backend.release(
        RELEASED, b'{"type":"url","id":"url--00000000-0000-4000-8000-000000000001","value":"https://a.example"}'
    )
    line = get(client, PATH + "manifest/").json()["objects"][0]
    assert line["version"] == line["date_added"]
    assert ids(get(client, PATH + f"objects/?match[version]={line['date_added']}")) == [line["id"]]


def test_date_headers_name_first_and_last_of_the_page(client, backend):
    filled(backend, 3)
    for endpoint in ("objects/", "manifest/"):
        response = get(client, PATH + endpoint + "?limit=2")
        dates = [one["date_added"] for one in get(client, PATH + "manifest/?limit=2").json()["objects"]]
        assert response.headers["x-taxii-date-added-first"] == dates[0]
        assert response.headers["x-taxii-date-added-last"] == dates[1]


# where servers differ


@pytest.mark.parametrize(
    "accept",
    [TAXII, "application/taxii+json", "*/*", "text/html, application/*;q=0.1", 'application/taxii+json; version="2.1"'],
)
def test_every_accept_that_includes_taxii_is_served(client, accept):
    get(client, "/taxii2/", accept=accept)


@pytest.mark.parametrize("accept", ["text/html", "application/taxii+json;version=2.0", "application/taxii+json;q=0"])
def test_other_accepts_are_406(client, accept):
    get(client, "/taxii2/", 406, accept=accept)


def test_no_accept_is_served(client):
    del client.headers["accept"]
    get(client, "/taxii2/")


def test_a_missing_slash_is_redirected_with_its_query(client):
    response = get(client, PATH + "objects?limit=1&match[type]=tool", 308)
    assert response.headers["location"] == PATH + "objects/?limit=1&match[type]=tool"


@pytest.mark.parametrize("path", ["//evil.example/taxii2", "/nothing", "/foedus/collections/hidden/objects", ""])
def test_an_unknown_path_without_a_slash_is_404_not_a_redirect(client, path):
    get(client, "https://node.example" + path, 404)


@pytest.mark.parametrize(
    "query",
    [
        "added_after=yesterday",
        "added_after=",
        "added_after=2026-01-01T00:00:00Z&added_after=2026-01-02T00:00:00Z",
        "added_after=2026-13-01T00:00:00Z",
        "limit=0",
        "limit=-1",
        "limit=1.5",
        "limit=",
        "limit=%C2%B2",
        "limit=1&limit=1",
        "next=",
        "next=%00",
        "next=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "match[id]=",
        "match[id]=a'b",
        "match[id]=..%2f..%2fetc",
        "match[id]=indicator--1,",
        "match[type]=",
        "match[type]=a&match[type]=b",
        "match[version]=all,last",
        "match[version]=newest",
        "match[spec_version]=two",
        "match[type]=%ff",
        "limit=\u00e9".encode("latin-1").decode("latin-1"),
    ],
)
@pytest.mark.parametrize("endpoint", ["objects/", "manifest/"])
def test_a_malformed_parameter_is_400_and_not_echoed(client, query, endpoint):
    body = get(client, f"{PATH}{endpoint}?{query}", 400).json()
    assert "yesterday" not in str(body)
    assert "newest" not in str(body)


@pytest.mark.parametrize(
    "query",
    [
        "limit=1000000000000",
        "limit=" + "9" * 6000,
        "limit=0005",
        "added_after=2020-01-01T00:00:00Z",
        "added_after=2020-01-01T00:00:00.1Z",
        "added_after=2020-01-01T00:00:00.123456789Z",
        "added_after=2020-01-01T02:00:00+02:00",
        "added_after=0001-01-01T00:00:00%2B01:00",
        "match[version]=first,last,2026-01-01T00:00:00.250000Z",
        "match[version]=9999-12-31T23:59:59Z,last",
        "match[type]=indicator,x-new-type",
        "match[spec_version]=2.0,2.1",
        "unknown=1&match[colour]=red&match[id",
    ],
)
def test_liberal_input_is_served(client, backend, query):
    filled(backend, 5)
    assert len(ids(get(client, f"{PATH}objects/?{query}"))) == 5


def test_added_after_is_strictly_later(client, backend):
    filled(backend, 3)
    dates = [one["date_added"] for one in get(client, PATH + "manifest/").json()["objects"]]
    assert ids(get(client, PATH + f"objects/?added_after={dates[0]}")) == [indicator_id(1), indicator_id(2)]
    nearly = dates[1][:-1] + "999Z"
    assert ids(get(client, PATH + f"objects/?added_after={nearly}")) == [indicator_id(2)]


@pytest.mark.parametrize(
    ("query", "date"),
    [
        ("", "1970-01-01T00:00:00.000000Z"),
        ("?added_after=2026-07-01T00:00:00Z", "2026-07-01T00:00:00.000000Z"),
        ("?added_after=9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_an_empty_page_has_date_headers_and_an_empty_body(client, query, date):
    for endpoint in ("objects/", "manifest/"):
        response = get(client, PATH + endpoint + query)
        assert response.content == b"{}"
        assert response.headers["x-taxii-date-added-first"] == response.headers["x-taxii-date-added-last"] == date


def test_an_unknown_object_is_404_and_one_filtered_to_nothing_is_empty(client, backend):
    filled(backend, 1)
    get(client, PATH + f"objects/{indicator_id(9)}/", 404)
    get(client, PATH + f"objects/{indicator_id(9)}/versions/", 404)
    assert get(client, PATH + f"objects/{indicator_id(0)}/?match[spec_version]=2.0").content == b"{}"


def test_a_collection_without_rights_is_not_listed_and_404(client, backend):
    backend.extra = [Collection("f47ac10b-58cc-4372-a567-0e02b2c3d479", "x", "x", False, False, "x")]
    assert len(get(client, "/foedus/collections/").json()["collections"]) == 2
    for path in ("", "objects/", "manifest/", f"objects/{indicator_id(0)}/"):
        get(client, f"/foedus/collections/x/{path}", 404)
    checked(client.delete(f"/foedus/collections/x/objects/{indicator_id(0)}/"), 404)


def test_hidden_and_absent_answer_alike(client, backend):
    hidden = f"/foedus/collections/{identifier('bel', 'released|bel')}/"
    absent = f"/foedus/collections/{identifier('x', 'x')}/"
    for path in ("", "objects/", "manifest/", "objects"):
        one, other = get(client, hidden + path, 404), get(client, absent + path, 404)
        assert {**one.json(), "error_id": ""} == {**other.json(), "error_id": ""}
        assert one.headers == other.headers


def test_the_request_line_may_be_long(client, backend):
    filled(backend, 3)
    many = ",".join(indicator_id(number) for number in range(900))
    assert len(ids(get(client, f"{PATH}objects/?match[id]={many}"))) == 3


# order of checks


def test_without_credentials_everything_is_401_alike(client):
    del client.headers["authorization"]
    for path in ("/taxii2/", "/foedus/", "/nothing/", PATH + "objects/?limit=0", "/foedus"):
        response = get(client, path, 401, accept="text/html")
        assert response.headers["www-authenticate"].startswith("Basic realm=")
    checked(client.put("/taxii2/"), 401)


def test_checks_come_in_one_order(client):
    get(client, "/foedus/nothing/?limit=0", 404, accept="text/html")
    checked(client.put(PATH + "objects/", headers={"accept": "text/html"}), 405)
    get(client, PATH + "objects/?limit=0", 406, accept="text/html")
    checked(client.post(POST + "objects/", content=b"x" * 1_000_001, headers={"content-type": "text/plain"}), 415)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "HEAD", "DELETE", "TRACE", "BREW"])
def test_other_methods_are_405_with_allow(client, method):
    response = checked(client.request(method, POST + "objects/"), 405)
    assert response.headers["allow"] == "GET, POST"
    assert checked(client.request(method, "/taxii2/"), 405).headers["allow"] == "GET"


def test_a_mistake_of_our_own_is_an_error_resource_without_content(client, backend, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(backend, "page", broken)
    assert "secret" not in get_500(client).text


def get_500(client: httpx.Client) -> httpx.Response:
    response = client.get(PATH + "objects/")
    assert response.status_code == 500
    assert response.json()["http_status"] == "500"
    assert response.headers["content-type"] == TAXII
    return response


# paging


def walk(client: httpx.Client, url: str, query: str) -> list[str]:
    got: list[str] = []
    cursor = ""
    while True:
        body = get(client, f"{url}?{query}{cursor}").json()
        got += [one if isinstance(one, str) else one["id"] for one in body.get("objects", body.get("versions", []))]
        assert ("next" in body) == body.get("more", False)
        if not body.get("more"):
            return got
        cursor = "&next=" + body["next"]


@pytest.mark.parametrize("endpoint", ["objects/", "manifest/"])
def test_pages_by_next_give_everything_once(client, backend, endpoint):
    filled(backend, 23)
    assert walk(client, PATH + endpoint, "limit=5&match[version]=all") == [indicator_id(n) for n in range(23)]


def test_pages_by_date_give_everything_once(client, backend):
    filled(backend, 7)
    got, after = [], "2020-01-01T00:00:00Z"
    while page := ids(response := get(client, f"{PATH}objects/?limit=3&added_after={after}")):
        got += page
        after = response.headers["x-taxii-date-added-last"]
    assert got == [indicator_id(n) for n in range(7)]


def test_versions_are_paged_too(client, backend):
    texts = [f"2026-01-0{day}T00:00:00Z" for day in range(1, 8)]
    for text in texts:
        backend.release(RELEASED, indicator(1, text))
    assert walk(client, f"{PATH}objects/{indicator_id(1)}/versions/", "limit=2") == texts


def test_a_cursor_is_stateless_and_survives_a_restart_and_a_second_process(client, backend):
    filled(backend, 6)
    cursor = get(client, PATH + "objects/?limit=2").json()["next"]
    pages = [
        tuple(ids(get(one, f"{PATH}objects/?limit=2&next={cursor}")))
        for one in (client, client, client_of(backend), client_of(backend, b"n" * 32, (b"s" * 32,)))
    ]
    assert set(pages) == {(indicator_id(2), indicator_id(3))}
    get(client_of(backend, b"n" * 32), f"{PATH}objects/?limit=2&next={cursor}", 400)


def test_limit_and_added_after_may_be_left_out_with_next(client, backend):
    filled(backend, 6)
    after = instant.text(START_US)
    cursor = get(client, f"{PATH}objects/?limit=2&added_after={after}").json()["next"]
    for query in ("", "limit=1000", f"added_after={after}", f"added_after={after[:-8]}Z"):
        assert len(ids(get(client, f"{PATH}objects/?next={cursor}&{query}"))) == 4


def test_every_cursor_that_cannot_be_used_gives_the_same_400(client, backend):
    filled(backend, 6)
    for number in range(6):
        backend.release(SUBMIT, indicator(number))
        backend.release("released|bel", indicator(number))
    query = f"limit=2&match[type]=indicator&added_after={instant.text(START_US)}"
    cursor = get(client, f"{PATH}objects/?{query}").json()["next"]
    get(client, f"{PATH}objects/?{query}&next={cursor}")
    bel = f"/foedus/collections/{identifier('bel', 'released|bel')}/"
    answers = [
        get(client, f"{PATH}objects/?{query}&next={cursor[:-2]}AA", 400),
        get(client, f"{PATH}objects/?{query}&next={cursor}A", 400),
        get(client, f"{PATH}objects/?next=nonsense", 400),
        get(client, f"{PATH}objects/?next={cursor}", 400),
        get(client, f"{PATH}objects/?match[type]=tool&next={cursor}", 400),
        get(client, f"{PATH}objects/?match[type]=indicator&added_after=2026-01-01T00:00:00Z&next={cursor}", 400),
        get(client, f"{PATH}manifest/?{query}&next={cursor}", 400),
        get(client, f"{POST}objects/?{query}&next={cursor}", 400),
        get(client, f"{bel}objects/?{query}&next={cursor}", 400, authorization=basic("bel")),
    ]
    assert len({msgspec.json.encode({**one.json(), "error_id": ""}) for one in answers}) == 1


def test_version_choice_uses_the_original_added_after_not_the_position(client, backend):
    backend.release(RELEASED, indicator(1, "2026-01-01T00:00:00Z"))
    backend.release(RELEASED, indicator(2))
    backend.release(RELEASED, indicator(1, "2026-01-02T00:00:00Z"))
    assert walk(client, PATH + "objects/", "limit=1&match[version]=first") == [indicator_id(1), indicator_id(2)]


def test_a_page_whose_rest_vanished_is_empty_and_keeps_its_place(client, backend):
    filled(backend, 3)
    first = get(client, PATH + "objects/?limit=2")
    backend.tables[RELEASED].pop()
    empty = get(client, f"{PATH}objects/?next={first.json()['next']}")
    assert empty.content == b"{}"
    assert empty.headers["x-taxii-date-added-last"] == first.headers["x-taxii-date-added-last"]


# adding


def test_partial_success_is_202_and_the_status_can_be_read_again(client):
    body = post(client, envelope(indicator(1), b'{"type":"x"}', indicator(2)))
    assert (body["status"], body["total_count"], body["success_count"], body["failure_count"]) == ("complete", 3, 2, 1)
    assert len(body["successes"]) == 2
    assert len(body["failures"]) == 1
    assert "pendings" not in body
    assert body["failures"][0]["id"] == ""
    assert "object 1" in body["failures"][0]["message"]
    assert get(client, f"/foedus/status/{body['id']}/").json() == body
    get(client, f"/foedus/status/{body['id']}/", 404, authorization=basic("bel"))
    assert ids(get(client, POST + "objects/")) == [indicator_id(1), indicator_id(2)]


def test_bytes_come_back_as_they_were_sent(client):
    post(client, envelope(indicator(7)))
    assert indicator(7) in get(client, POST + "objects/").content


@pytest.mark.parametrize(
    "type_", ["application/stix+json", "application/stix+json;version=2.1", "application/taxii+json"]
)
def test_bundles_and_stix_media_types_are_taken(client, type_):
    bundle = b'{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001","objects":[' + indicator(1) + b"]}"
    assert post(client, bundle, **{"content-type": type_})["success_count"] == 1


def test_no_objects_is_202_with_counts_of_zero(client):
    body = post(client, b'{"objects":[]}')
    assert body["total_count"] == 0
    assert "successes" not in body
    assert "failures" not in body


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json"}, 415),
        ({"content-type": "application/taxii+json;version=2.0"}, 415),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": ""}, 415),
        ({"content-encoding": "gzip"}, 415),
        ({"content-encoding": "identity"}, 202),
    ],
)
def test_content_types(client, headers, status):
    post(client, envelope(indicator(1)), status, **headers)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"nonsense", 400), (b'{"objects":{}}', 400), (b"[]", 400), (b'{"type":"tool"}', 422)],
)
def test_bodies_that_cannot_be_split(client, body, status):
    post(client, body, status)


def test_a_limit_inside_a_body_of_allowed_length_is_400_not_413(client, backend, monkeypatch):
    def refuse(*_: object) -> None:
        raise LimitExceeded("too deep", code="json-too-deep")

    monkeypatch.setattr(backend, "add", refuse)
    post(client, envelope(indicator(1)), 400)


def test_a_store_that_fails_is_503_and_says_when_to_come_back(client, backend, monkeypatch):
    def fail(*_: object) -> None:
        raise StoreError("disk full at /secret")

    for name in ("identify", "page"):
        with monkeypatch.context() as patch:
            patch.setattr(backend, name, fail)
            response = get(client, PATH + "objects/", 503)
        assert response.headers["retry-after"] == "5"
        assert "secret" not in response.text


def test_a_body_of_exactly_the_limit_passes_and_one_more_is_413(client, backend):
    body = envelope(indicator(1))
    backend.max_content_length = len(body)
    post(client, body)
    post(client, body + b" ", 413)


def test_a_chunked_body_is_cut_at_the_limit(client, backend):
    backend.max_content_length = 1_000
    sent = []

    def endless():
        for _ in range(100):
            sent.append(1)
            yield b" " * 100

    response = client.post(POST + "objects/", content=endless(), headers={"content-type": TAXII})
    assert checked(response, 413).headers["connection"] == "close"


def test_a_length_beyond_every_integer_is_413(client):
    post(client, b"x", 413, **{"content-length": "9" * 5000})


@pytest.mark.parametrize(
    "hostile",
    [
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b'{"type":"tool","type":"tool","id":"tool--00000000-0000-4000-8000-000000000001"}',
        b'{"type":"tool","id":"tool--00000000-0000-4000-8000-000000000001","x":NaN}',
        b'{"type":"tool","id":"tool--00000000-0000-4000-8000-000000000001","x":"\\ud800"}',
        b'{"type":"tool","id":"tool--00000000-0000-4000-8000-000000000001","x":1E400}',
        b'{"type":"tool","id":"tool--00000000-0000-4000-8000-000000000001","x":"\xff"}',
        b"1",
        b'"text"',
        b"[" * 5000,
    ],
)
def test_a_hostile_body_never_breaks_the_next_request(client, hostile):
    response = client.post(POST + "objects/", content=envelope(hostile), headers={"content-type": TAXII})
    assert response.status_code in (202, 400, 413, 422)
    if response.status_code == 202:
        assert response.json()["success_count"] == 0
    assert post(client, envelope(indicator(1)))["success_count"] == 1
    assert ids(get(client, POST + "objects/")) == [indicator_id(1)]


# deleting


def test_delete_takes_all_versions_and_then_there_is_nothing(client, backend):
    for day in (1, 2):
        backend.release(SUBMIT, indicator(1, f"2026-01-0{day}T00:00:00Z"))
    url = f"{POST}objects/{indicator_id(1)}/"
    response = checked(client.delete(url), 200)
    assert response.content == b""
    get(client, url, 404)
    checked(client.delete(url), 404)
    assert get(client, POST + "manifest/").content == b"{}"
    post(client, envelope(indicator(1)))
    get(client, url)


def test_delete_of_the_last_version_leaves_the_others(client, backend):
    for day in (1, 2):
        backend.release(SUBMIT, indicator(1, f"2026-01-0{day}T00:00:00Z"))
    checked(client.delete(f"{POST}objects/{indicator_id(1)}/?match[version]=last"), 200)
    assert get(client, f"{POST}objects/{indicator_id(1)}/versions/").json()["versions"] == ["2026-01-01T00:00:00Z"]
    checked(client.delete(f"{POST}objects/{indicator_id(1)}/?match[version]=all,last"), 400)


def test_released_collections_are_read_only(client, backend):
    filled(backend, 1)
    checked(client.delete(f"{PATH}objects/{indicator_id(0)}/"), 403)
    checked(client.post(PATH + "objects/", content=b"{}", headers={"content-type": TAXII}), 403)


# compression


def test_gzip_only_when_asked_and_above_a_kilobyte(client, backend):
    filled(backend, 50)
    plain = get(client, PATH + "objects/", **{"accept-encoding": "identity"})
    packed = get(client, PATH + "objects/", **{"accept-encoding": "deflate, gzip;q=0.5"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert "content-encoding" not in get(client, "/taxii2/", **{"accept-encoding": "gzip"}).headers
    assert "content-encoding" not in get(client, PATH + "objects/", **{"accept-encoding": "gzip;q=0"}).headers


def test_no_gzip_on_loopback(backend):
    filled(backend, 50)
    app = application(backend, cursor_secret=b"s")
    local = asgi_client(app, client=("127.0.0.1", 1), authorization=basic("kat"))
    assert "content-encoding" not in local.get(PATH + "objects/").headers


class _OffLoop(MemoryBackend):
    """Holds nothing in memory: on the event loop it gives no answer."""

    def identify(self, credentials: Credentials) -> Caller | None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return super().identify(credentials)
        raise NotAtOnce


def test_what_memory_does_not_hold_is_answered_off_the_loop():
    backend = _OffLoop()
    filled(backend, 2)
    client = client_of(backend)
    assert ids(get(client, PATH + "objects/")) == [indicator_id(0), indicator_id(1)]
    assert get(client, "/nowhere/", 404)
