"""Distribution and sharing group of MISP stay at home."""

from __future__ import annotations

import orjson

from foedus.model.misp import EXTENSION
from foedus.release.handling import without_handling

ID = "indicator--00000000-0000-4000-8000-000000000001"


def test_distribution_and_group_go_and_the_rest_stays() -> None:
    said = {"extension_type": "property-extension", "distribution": 4, "sharing_group": "x", "attribute": "a"}
    out = without_handling(orjson.dumps({"type": "indicator", "id": ID, "extensions": {EXTENSION: said}}))
    assert out.changed
    assert orjson.loads(out.raw)["extensions"][EXTENSION] == {"extension_type": "property-extension", "attribute": "a"}


def test_what_says_nothing_keeps_its_bytes() -> None:
    raw = b'{"type": "indicator",  "id": "%s"}' % ID.encode()
    assert without_handling(raw)[:2] == (raw, False)
