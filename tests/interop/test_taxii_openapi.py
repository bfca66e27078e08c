"""Generated requests after the server's own OpenAPI description: no 5xx, right media types, bodies of the right shape."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, settings
from tests.unit.exchange.memory_backend import MemoryBackend, basic, identifier
from tests.unit.exchange.samples import envelope, indicator, indicator_id

from foedus.exchange.serving import serving
from foedus.exchange.taxii.server import application
from foedus.model.ports import Caller

pytestmark = pytest.mark.interop
schemathesis = pytest.importorskip("schemathesis")
DESCRIPTION = json.loads((files("foedus.exchange.taxii") / "openapi.json").read_bytes())
# So that generated paths often hit something: the values that exist, beside whatever comes to mind.
KNOWN = {
    "root": "foedus",
    "collection": identifier("kat", "submit|kat"),
    "object": indicator_id(1),
    "status": "00000000-0000-4000-8000-000000000000",
}
schema = schemathesis.openapi.from_dict(DESCRIPTION)


@pytest.fixture(scope="module")
def backend():
    made = MemoryBackend()
    caller = Caller("kat", "kat", "tool")
    made.add(caller, "foedus", made.collections(caller, "foedus")[1], envelope(*map(indicator, range(5))))
    return made


@pytest.fixture(scope="module")
def url(backend):
    with serving(application(backend, cursor_secret=b"s" * 32)) as base:
        yield base


@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_the_description_allows_never_breaks_the_server(case, url, backend):
    backend.release("submit|kat", indicator(1))  # generated requests delete it
    for name in set(case.path_parameters) & set(KNOWN):
        if len(str(case.path_parameters[name])) % 4:
            case.path_parameters[name] = KNOWN[name]
    response = case.call(base_url=url, headers={"authorization": basic("kat")})
    assert response.status_code < 500
    assert response.headers["content-type"] == ["application/taxii+json;version=2.1"]
    case.validate_response(response, excluded_checks=_lax())


def _lax():
    """Checks about what a server must refuse: ours ignores unknown parameters and takes more than the description says."""
    from schemathesis.specs.openapi import checks

    names = (
        "negative_data_rejection",
        "positive_data_acceptance",
        "ignored_auth",
        "missing_required_header",
        "unsupported_method",
        "use_after_free",
        "ensure_resource_availability",
    )
    return [getattr(checks, name) for name in names if hasattr(checks, name)]


def test_the_description_names_every_endpoint_and_method():
    found = {(path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods}
    assert len(found) == 11
    assert ("/{root}/collections/{collection}/objects/{object}/", "delete") in found
