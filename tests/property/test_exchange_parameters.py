"""Whatever a query string holds, it is read or refused with a place; and what a cursor is bound to holds it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from hypothesis import given
from hypothesis import strategies as st

from foedus.errors import MalformedRecord
from foedus.exchange.taxii.cursor import Cursors, Mark
from foedus.exchange.taxii.negotiate import acceptable, postable
from foedus.exchange.taxii.parameters import LIST_FILTERS, MAX_LIMIT, read
from foedus.model import instant

NAMES = st.sampled_from([*sorted(LIST_FILTERS), "unknown", "match[", "match[x]", ""])
VALUES = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"\A[0-9]{1,30}\Z"),
    st.datetimes().map(lambda at: at.isoformat() + "Z"),
    st.lists(st.sampled_from(["first", "last", "all", "2.1", "indicator"]), min_size=1, max_size=4).map(",".join),
)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.tuples(NAMES, VALUES), max_size=6).map(lambda p: urlencode(p, errors="replace").encode()),
    )
)
def test_a_query_is_read_or_refused_with_a_place(query):
    refused = None
    try:
        got = read(query, LIST_FILTERS)
    except MalformedRecord as error:
        refused = error
    if refused is not None:
        assert refused.http_status == 400
        assert refused.where
        assert refused.code == "parameter-malformed"
        return
    assert 1 <= got.limit <= MAX_LIMIT
    assert got.added_after_us is None or 0 <= got.added_after_us < 2**63
    assert all(isinstance(one, str) or abs(one) < 2**63 for one in got.versions)
    if got.added_after_us is not None:
        instant.text(got.added_after_us)


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1)),
    st.integers(0, 9),
    st.integers(-23 * 60, 23 * 60),
)
def test_one_instant_in_any_spelling_is_one_number(at, digits, offset_minutes):
    at = at.replace(tzinfo=UTC)
    local = at + timedelta(minutes=offset_minutes)
    fraction = f".{local.microsecond:06d}000"[: digits + 1] if digits else ""
    sign = "-" if offset_minutes < 0 else "+"
    offset = f"{sign}{abs(offset_minutes) // 60:02d}:{abs(offset_minutes) % 60:02d}"
    text = f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{offset}"
    cut = 10 ** max(6 - digits, 0)
    expected = instant.to_us(at) // cut * cut
    for spelled in (quote(text), quote(text, safe="+:"), text.replace("+", " ").replace(" ", "%20")):
        assert read(b"added_after=" + spelled.encode(), LIST_FILTERS).added_after_us == expected


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5), st.randoms())
def test_the_order_of_parameters_does_not_matter(pairs, chance):
    shuffled = pairs[:]
    chance.shuffle(shuffled)
    assert _outcome(pairs) == _outcome(shuffled)


def _outcome(pairs):
    try:
        return read(urlencode(pairs, errors="replace").encode(), LIST_FILTERS)
    except MalformedRecord as error:
        return error.code


@given(
    st.integers(0, 2**62),
    st.none() | st.integers(0, 2**62),
    st.lists(st.text(max_size=8), max_size=4),
    st.binary(min_size=1),
)
def test_a_cursor_opens_to_what_was_sealed_and_only_there(position, added_after, bound_to, secret):
    cursors = Cursors(secret)
    text = cursors.seal(Mark(position, added_after), bound_to)
    assert cursors.open(text, bound_to) == Mark(position, added_after)
    for other in ([*bound_to, ""], bound_to[:-1] or ["x"], ["".join(bound_to), "x"]):
        if other != bound_to:
            assert _refused(cursors, text, other)
    assert _refused(Cursors(secret + b"x"), text, bound_to)


@given(st.text(max_size=150), st.integers(0, 200))
def test_no_other_text_is_a_cursor(noise, place):
    cursors = Cursors(b"secret")
    text = cursors.seal(Mark(5, 7), ["kat"])
    assert _refused(cursors, noise, ["kat"])
    damaged = text[: place % len(text)] + noise + text[place % len(text) + 1 :]
    if damaged != text:
        # The last character of base64 may carry bits that mean nothing; then it is the same cursor, spelled otherwise.
        assert _refused(cursors, damaged, ["kat"]) or cursors.open(damaged, ["kat"]) == Mark(5, 7)


def _refused(cursors: Cursors, text: str, bound_to) -> bool:
    try:
        cursors.open(text, bound_to)
    except MalformedRecord as error:
        return error.code == "cursor-invalid"
    return False


@given(st.text(max_size=60))
def test_media_types_of_any_text_are_judged(text):
    acceptable(text)
    postable(text, text)
    assert acceptable(text + ", */*")
