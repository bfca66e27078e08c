"""The tour of the docs, walked in the demonstration as it serves: sensor, two persons, partner, recall, review."""

from __future__ import annotations

import pytest
from tests.browsing import chromium
from tests.tour import Tour, demonstration, walk


@pytest.mark.e2e
def test_one_finding_goes_from_the_sensor_to_the_review(tmp_path):
    with demonstration() as pages, chromium() as browser, Tour(browser, tmp_path) as tour:
        assert pages.keys() == {"NATO", "Japan", "Korea"}
        assert walk(pages, tour).startswith("incident--")
        # What was called back is one 404 at the partner, and the browser says so.
        assert [one for one in tour.faults if "404" not in one] == []
    assert len(list(tmp_path.glob("*.png"))) == 8
