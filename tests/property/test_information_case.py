"""A case of whoever wrote it is described and shown, whatever stands in its extension."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.node_pair import stix as written

from foedus.areas.information.about import about, show
from foedus.areas.information.cases import KIND
from foedus.areas.information.meaning.extensions import CASE
from foedus.engine.run import HeldLayers
from foedus.model import stix
from foedus.model.finding import Finding

NAMES = st.sampled_from(
    ("claims", "from", "to", "coordination", "shared", "timeline", "techniques", "coverage", "unseen", "claim", "language",
     "at", "records", "chances", "parameters", "kind", "number", "accounts", "by_hand", "inauthenticity")
)  # fmt: skip
PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2026-05-18T00:00:00Z")
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_anything_in_a_case_is_described_and_shown(said):
    raw = written("incident", 1, name="x", extensions={CASE: {"extension_type": "property-extension", **said}})
    finding = Finding("information", KIND, stix.read(raw), ("source:s",), document=True)
    told = about(finding, (), layers=HeldLayers())
    assert show(finding, ()).title == told.title
    assert {key.kind for key in told.keys} <= {"claim", "claim-week"}
