"""What says how input stands: outages of many sources at once, the latest sources of an area, refusals by reason."""

from foedus.store import live, quarantine, state
from foedus.store.live import Outage
from foedus.store.quarantine import Refusal, Tally
from foedus.store.state import Source


def refusal(area, code):
    return Refusal(area, "s", "line 1", code, "m", "h", b"")


def test_outages_of_many_sources_come_at_once_the_latest_first_and_of_each_so_many(store):
    with store.write() as tx:
        for source in ("live:a", "live:b", "live:c"):
            for number in range(3):
                live.put_outage(tx, source, Outage(number, number + 1, "lost"))
    with store.read() as read:
        found = live.outages_of(read, ["live:a", "live:b", "live:none"], 2)
    assert found == {name: [Outage(2, 3, "lost"), Outage(1, 2, "lost")] for name in ("live:a", "live:b")}


def test_the_latest_sources_of_an_area_and_sources_by_their_ids(store):
    with store.write() as tx:
        for number in range(4):
            state.keep_source(tx, Source(f"s{number}", "cyber" if number else "maritime", "", "", None, "kim", number))
    with store.read() as read:
        assert [one.id for one in state.newest_sources(read, "cyber", 2)] == ["s3", "s2"]
        assert state.sources_named(read, ["s0", "s9"]).keys() == {"s0"}


def test_open_refusals_are_counted_by_area_and_reason_the_most_frequent_first(store, monkeypatch):
    with store.write() as tx:
        first, *_ = quarantine.put_refusals(
            tx, [refusal("cyber", "a"), refusal("cyber", "b"), refusal("cyber", "b")], 5
        )
        quarantine.put_refusals(tx, [refusal("maritime", "a")], 7)
    with store.read() as read:
        assert quarantine.open_by_code(read) == [
            Tally("cyber", "b", 2, 5),
            Tally("cyber", "a", 1, 5),
            Tally("maritime", "a", 1, 7),
        ]
        assert [one.refusal.code for one in quarantine.refusals(read, area="cyber", before_id=first + 2)] == ["b", "a"]
    with store.write() as tx:
        quarantine.settle(tx, [first], "discarded")
    monkeypatch.setattr(quarantine, "MOST_COUNTED", 2)
    with store.read() as read:
        assert quarantine.open_by_code(read) == [Tally("cyber", "b", 1, 5), Tally("maritime", "a", 1, 7)]
