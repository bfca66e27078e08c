"""Places of aggregation limits: counted from the ledger in a sliding window, without reading what lies before it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.account.memory_log import MemoryLog
from tests.unit.release.sample import AT, AT_US, DAY_US, clause, label, programme

from foedus.account.ledger import append
from foedus.model import instant
from foedus.model.duration import shift_us
from foedus.model.entry import Draft, LogInfo
from foedus.node.limits import used
from foedus.release.compile import compile  # noqa: A004

LOG = "urn:foedus:programme:test|nato|jpn"
US = timedelta(microseconds=1)
DAY = timedelta(days=1)


INFO = LogInfo(LOG, "nato.n/foedus/1", "urn:foedus:programme:test", "nato", "jpn", own=True)


class Counting(MemoryLog):
    """A log that counts how many of its entries are read."""

    read = 0

    def entries(self, name, start, end):
        self.read += end - start
        return super().entries(name, start, end)


def limited(id_, count=1, window="P1D", **more):
    return clause(id_, limit={"count": count, "window": window, **more})


def sent(ago, object_id="indicator--1", *, version="v1", area="cyber", clauses=("aa",), level="RESTRICTED"):
    """What one release, so long ago, left in the log."""
    return AT - ago, {
        "area": area,
        "object_id": object_id,
        "modified": version,
        "clauses": list(clauses),
        "label": msgspec.to_builtins(label(level)),
        "originator": "nato",
    }


def count(releases, *clauses, area="cyber"):
    """Return what is used up at AT after some releases, in order, with other entries between them."""
    logs, made = Counting(INFO), programme(list(clauses))
    for at, facts in releases:
        drafts = [Draft("release.sent", facts), Draft("finding.corroborated", {"at": instant.text(instant.to_us(at))})]
        append(logs, LOG, drafts, at=at, entropy=lambda size: bytes(size))
    return logs, used(logs, made, compile(made, AT, digest="d", in_force=True), (LOG, area), AT_US)


@pytest.mark.parametrize(("ago", "places"), [(DAY + US, 0), (DAY, 1), (DAY - US, 1), (US, 1), (0 * US, 1)])
def test_what_went_at_the_begin_of_the_window_counts_and_what_went_before_does_not(ago, places):
    assert count([sent(ago)], limited("aa"))[1].counts == {"aa": places}


def test_sending_again_takes_no_second_place_and_another_version_does():
    again = [sent(3 * US), sent(2 * US), sent(US, version="v2")]
    found = count(again, limited("aa"))[1]
    assert (found.counts, found.sent) == ({"aa": 2}, {("indicator--1", "v1"), ("indicator--1", "v2")})


def test_clauses_and_areas_are_counted_each_alone():
    releases = [
        sent(2 * DAY, clauses=("aa", "bb")),
        sent(US, "indicator--2", clauses=("bb", "cc")),
        sent(US, "indicator--3", area="maritime"),
    ]
    clauses = (limited("aa"), limited("bb", window="P1W"), clause("cc"))
    assert count(releases, *clauses)[1].counts == {"aa": 0, "bb": 2}
    assert count(releases, *clauses, area="maritime")[1].counts == {"aa": 1, "bb": 0}


def test_from_a_level_on_only_what_is_so_high_takes_a_place():
    releases = [sent(US, "indicator--2", level="UNCLASSIFIED"), sent(US, level="RESTRICTED")]
    assert count(releases, limited("aa", level="restricted"))[1].counts == {"aa": 1}


def test_without_limits_nothing_is_counted_and_an_empty_log_has_all_places():
    assert count([sent(US)], clause("aa"))[1] == ({}, frozenset())
    assert count([], limited("aa"))[1] == ({"aa": 0}, frozenset())


def test_what_lies_before_the_window_is_not_read():
    logs, _ = count([sent((300 - n) * DAY) for n in range(298)] + [sent(US)], limited("aa"))
    made, logs.read = programme([limited("aa")]), 0
    used(logs, made, compile(made, AT, digest="d", in_force=True), (LOG, "cyber"), AT_US)
    assert logs.read <= 2 + 10


releases = st.lists(
    st.builds(
        sent,
        st.sampled_from([0, 1, DAY_US - 1, DAY_US, DAY_US + 1, 3 * DAY_US, 7 * DAY_US, 8 * DAY_US]).map(
            lambda us: us * US
        ),
        st.sampled_from(["indicator--1", "indicator--2", "indicator--3"]),
        version=st.sampled_from(["v1", "v2"]),
        area=st.sampled_from(["cyber", "maritime"]),
        clauses=st.lists(st.sampled_from(["aa", "bb"]), min_size=1, max_size=2, unique=True),
    ),
    max_size=8,
)


@given(releases)
def test_it_equals_the_count_over_the_whole_log(made):
    ordered = sorted(made, key=lambda one: one[0])
    found = count(ordered, limited("aa"), limited("bb", window="P1W"))[1]
    for name, window in (("aa", "P1D"), ("bb", "P1W")):
        start = instant.from_us(shift_us(AT_US, window, -1))
        mine = [facts for at, facts in ordered if at >= start and facts["area"] == "cyber" and name in facts["clauses"]]
        assert found.counts[name] == len({(facts["object_id"], facts["modified"]) for facts in mine})
