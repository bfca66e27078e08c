"""Joining labels: order and repetition do not matter, and nobody sees more of the whole than of a part."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from foedus.errors import LabelUnknown
from foedus.label import nato
from foedus.label.audience import audience
from foedus.label.dominance import Terms, hierarchy, join, leq
from foedus.label.ladder import Ladder
from foedus.label.text import marking, parse_text
from foedus.label.tlp import rank
from foedus.model.label import TLP_ORDER, Category, Label

GROUPS = {
    "NATO": frozenset({"DEU", "NOR", "USA"}),
    "KFOR": frozenset({"DEU", "CHE"}),
    "EAPC": frozenset({"DEU", "NOR", "USA", "CHE"}),
}
STATES = ("DEU", "NOR", "USA", "CHE", "JPN", "AUS")


def expand(name: str) -> frozenset[str]:
    return GROUPS.get(name.upper(), frozenset({name.upper()}) if name.upper() in STATES else frozenset())


LADDER = Ladder(
    ("u", "r", "c", "s"),
    {
        "nato": dict(zip((f"NATO {level}" for level in nato.LEVELS), "urcs", strict=False)),
        "jpn": {"取扱注意": "r", "秘": "c", "特定秘密": "s"},
    },
    {"nato": "NATO", "jpn": "JPN"},
)
TERMS = Terms(expand=expand, ladder=LADDER, target="NATO")

names = st.sampled_from((*STATES, "EAPC", "nowhere"))
some = st.lists(names, unique=True, max_size=3).map(tuple)
extras = st.fixed_dictionaries(
    {
        "tlp": st.sampled_from((None, *TLP_ORDER)),
        "caveats": st.lists(st.sampled_from(("NOFORN", "ORCON")), unique=True).map(lambda found: tuple(sorted(found))),
        "originator": st.sampled_from(("", "nato", "jpn")),
        "created_at": st.sampled_from((None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))),
    }
)


def nato_labels(contexts=("NATO", "KFOR")):
    return st.builds(
        nato.label,
        st.sampled_from(nato.LEVELS[:4]),
        context=st.sampled_from(contexts),
        only=some,
        to=some.map(lambda found: tuple(one for one in found if one not in contexts)),
        sensitivity=st.lists(st.sampled_from(("ATOMAL", "CRYPTO")), unique=True).map(tuple),
    )


national = st.builds(
    lambda level, to: Label("JPN", level, (Category("Releasable To", "PERMISSIVE", to),) if to else ()),
    st.sampled_from(("取扱注意", "秘", "特定秘密")),
    st.lists(st.sampled_from(("NATO", "USA", "AUS")), unique=True).map(tuple),
)
labels = st.builds(
    lambda label, more: msgspec.structs.replace(label, **more),
    st.one_of(nato_labels(), national, st.just(Label("PUBLIC", "UNMARKED"))),
    extras,
)


def joined(*given: Label) -> Label | None:
    try:
        return join(given, TERMS)
    except LabelUnknown:
        return None


@given(labels, labels)
def test_order_does_not_matter(a, b):
    assert joined(a, b) == joined(b, a)


@given(labels, labels)
def test_repetition_does_not_matter(a, b):
    assert joined(a, a) == a
    whole = joined(a, b)
    if whole is not None:
        assert joined(whole, whole) == whole
        assert joined(a, b, a, b) == whole


@given(labels, labels, labels)
def test_grouping_does_not_matter_where_it_is_defined(a, b, c):
    ab, bc = joined(a, b), joined(b, c)
    left = joined(ab, c) if ab is not None else None
    right = joined(a, bc) if bc is not None else None
    if left is not None and right is not None:
        assert left == right


@given(st.lists(labels, min_size=1, max_size=4))
def test_the_whole_is_never_more_releasable_than_a_part(parts):
    whole = joined(*parts)
    if whole is None:
        return
    reached = audience(whole, expand)
    for part in parts:
        limit = audience(part, expand)
        assert limit is None or (reached is not None and reached <= limit)
        assert rank(whole.tlp) >= rank(part.tlp)
        assert set(part.caveats) <= set(whole.caveats)
        assert set(part.owners()) <= set(whole.owners())
        assert set(part.values("Additional Sensitivity")) <= set(whole.values("Additional Sensitivity"))
        if part.policy == whole.policy and part.policy != "PUBLIC":
            assert hierarchy(part, TERMS) <= hierarchy(whole, TERMS)


@given(st.lists(labels, min_size=1, max_size=3))
def test_every_part_is_at_most_the_whole(parts):
    whole = joined(*parts)
    if whole is not None and whole.policy == "NATO":
        assert all(leq(part, whole, TERMS) for part in parts)


@given(
    nato_labels(), st.sampled_from((None, *TLP_ORDER)), st.sampled_from(((), ("ORCON",), ("JPN-EYES-ONLY", "NOFWD")))
)
def test_a_marking_reads_back_as_its_label(label, tlp, caveats):
    label = msgspec.structs.replace(label, tlp=tlp, caveats=caveats)
    assert msgspec.structs.replace(parse_text(marking(label), names=["nowhere"])) == _upper(label)


def _upper(label: Label) -> Label:
    categories = tuple(
        Category(c.tag_set, c.type, tuple(v.upper() if v == "nowhere" else v for v in c.values))
        for c in label.categories
    )
    return msgspec.structs.replace(label, categories=categories)
