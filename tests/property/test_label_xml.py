"""Written labels are always valid and read back; no bytes make a reader fail otherwise than by its own errors."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from foedus.errors import FoedusError
from foedus.label import nato, spif
from foedus.label.stanag4774 import write
from foedus.label.stanag4774_read import read
from foedus.label.stix import marking_of, own_marking_id
from foedus.model.label import TLP_ORDER, Category, Label, Succession
from foedus.model.label import read as read_label

AT = datetime(2026, 6, 1, tzinfo=UTC)
text = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=12)
    .map(lambda s: " ".join(s.split()))
    .filter(bool)
)
instants = st.datetimes(datetime(2026, 6, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
states = st.lists(st.sampled_from(("JPN", "AUS", "KOR", "CHE")), unique=True).map(tuple)
nato_labels = st.builds(
    nato.label,
    st.sampled_from(nato.LEVELS),
    context=st.sampled_from(nato.CONTEXTS),
    only=states,
    to=states,
    sensitivity=st.lists(st.sampled_from(("ATOMAL", "CRYPTO")), unique=True).map(tuple),
)
other_labels = st.builds(
    Label,
    st.sampled_from(("JPN", "ACME", "Écosse")),
    text,
    st.lists(
        st.builds(
            Category,
            st.sampled_from(("Releasable To", "A", "B")),
            st.sampled_from(("RESTRICTIVE", "PERMISSIVE", "INFORMATIVE")),
            st.lists(text, min_size=1, max_size=3).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
)
bare = st.one_of(nato_labels, other_labels)


@st.composite
def labels(draw) -> Label:
    successions = [Succession(at, draw(bare)) for at in sorted(draw(st.sets(instants, max_size=2)))]
    return msgspec.structs.replace(
        draw(bare),
        tlp=draw(st.sampled_from((None, *TLP_ORDER))),
        caveats=tuple(draw(st.lists(st.sampled_from(("ORCON", "NOFORN", "JPN-EYES-ONLY")), unique=True))),
        originator=draw(st.sampled_from(("", "nato", "rfc822Name:a@b"))),
        created_at=AT,
        review_at=draw(instants),
        successions=tuple(Succession(one.at, msgspec.structs.replace(one.label, created_at=AT)) for one in successions),
    )


@pytest.fixture(scope="module")
def schema(shared) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared("data/trust/schemas/foedus-4774-structure.xsd")))


@given(label=labels())
def test_what_is_written_is_valid_and_reads_back_without_a_warning(schema, label):
    raw = write(label, at=AT + timedelta(days=1))
    schema.assertValid(etree.fromstring(raw))
    assert read(raw) == (label, ())


@given(label=labels())
def test_json_and_marking_hold_the_same_label(label):
    assert read_label(label.canonical()) == label
    assert marking_of(label)["id"] == own_marking_id(label) == own_marking_id(read_label(label.canonical()))


SEED = write(nato.label("SECRET", to=("JPN",)), at=AT)
POLICY = b'<SPIF><securityPolicyId name="P" id="1"/><securityClassifications><securityClassification name="L" lacv="1" hierarchy="1"/></securityClassifications></SPIF>'


@given(st.sampled_from((SEED, POLICY)), st.integers(0, 2_000), st.binary(max_size=6))
def test_damaged_bytes_fail_with_our_own_errors_only(raw, place, patch):
    place %= len(raw)
    damaged = raw[:place] + patch + raw[place + len(patch) :]
    for reader in (read, spif.read):
        with contextlib.suppress(FoedusError):
            reader(damaged)
