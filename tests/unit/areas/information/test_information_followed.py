"""Lines to take: their uptake against narratives is told by day, language and tier; nobody's channel, nothing small, no cut of the input."""

from __future__ import annotations

import io
import json
import random

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.areas.information.conftest import AT, KEYS

from foedus.areas.information import channels, messages, remembered, retention
from foedus.areas.information.about import about, show
from foedus.areas.information.analyse import received
from foedus.areas.information.followed import KIND
from foedus.areas.information.meaning import extensions, standing
from foedus.areas.information.meaning.figures import Figure
from foedus.engine.run import HeldLayers, analyse, records_from
from foedus.errors import MalformedRecord
from foedus.model.picture import Series, Table

LINE = "Engineers of three countries repair the cable in the strait this week."
AGAINST = "Foreign soldiers cut the cable in the strait and hide it from the people."
LINES = f"""
[[line]]
id = "repair"
topic = "cable"
from = 2026-05-18
until = 2026-05-31
texts = {{ en = "{LINE}", ja = "三か国の技術者が今週海峡のケーブルを修理する。" }}

[partnership]
en = ["the Northern Partnership"]
"""
CLAIM = f'[[claim]]\ntext = "{AGAINST}"\nlanguage = "en"\ntopic = "cable"\n'
ROW = 'source = "list of 2026"\non = 2026-05-01\nassessor = "Jun Sato"\n'
TABLE = "\n".join(
    [f'[[channel]]\nname = "Paper-{n}.example"\ntier = "media"\ncountry = "NO"\n{ROW}' for n in range(4)]
    + [f'[[channel]]\nname = "ministry.example"\ntier = "official"\nown = true\n{ROW}']
)
FILES = {
    "information/lines/ours.toml": LINES.encode(), "information/claims/ours.toml": CLAIM.encode(),
    "information/channels/ours.toml": TABLE.encode(),
}  # fmt: skip
DAY = 1_779_062_400  # Monday 18 May 2026


def post(number: int, who: str, text: str, day: int = 0) -> dict:
    return {"id": f"p{number}", "user_id": f"zz_{who}", "text": text, "created_at": DAY + day * 86_400 + 60 * number}


def week() -> list[dict]:
    """Three accounts take the line up and four carry what is against it on Monday; two take it up on Tuesday."""
    said = [(f"taker{n}", f"{LINE} Day {n}", 0) for n in range(3)] + [
        (f"foe{n}", f"Look: {AGAINST}", 0) for n in range(4)
    ]
    said += [(f"late{n}", LINE, 1) for n in range(2)] + [
        (f"fan{n}", "We like the Northern Partnership a lot.", 1) for n in range(3)
    ]
    return [post(number, *one) for number, one in enumerate(said)]


def article(number: int, channel: str, text: str = LINE, day: int = 20) -> tuple[bytes, dict]:
    page = f"Cable news number {number} of the morning\n\nOSLO, May {day} (Wire) - {text} It is fair weather in town, and people walk."
    return page.encode(), {
        "channel": channel,
        "published": f"2026-05-{day}T0{number}:00:00Z",
        "url": f"https://{channel}/{number}",
    }


@pytest.fixture(scope="module")
def followed(information):
    """Parts, each a source: posts, or an article with its settings -> what stands of the lines, all that was said, the state."""

    def run(parts, files=FILES, state=b""):
        said = []
        for number, part in enumerate(parts):
            raw, own = (
                part
                if isinstance(part, tuple)
                else (b"\n".join(json.dumps(one).encode() for one in part), {"time_format": "s"})
            )
            told = {"at": AT, "keys": KEYS} | own
            records = records_from(information.ingest(io.BytesIO(raw), settings=told), f"file:{number}")
            analysis = analyse(
                information, records, settings={"owner": "nato"}, layers=HeldLayers(files), state=state, at=AT
            )
            said += [one for one in analysis if one.kind == KIND]
            state = analysis.state
        last = {one.head.id: one for one in said}
        return [one for one in last.values() if not one.head.revoked], said, state

    return run


PAPERS = [article(n, f"paper-{n}.example") for n in range(4)]
OWN = [article(n, "ministry.example", day=21) for n in range(4, 7)]


@pytest.fixture(scope="module")
def stood(followed):
    [found] = followed([week(), *PAPERS, *OWN])[0]
    return found


def told(finding) -> dict:
    return json.loads(finding.head.raw)["extensions"][extensions.UPTAKE]


def day_of(finding, day: str) -> dict:
    return next(one for one in told(finding)["days"] if one["day"] == day)


def test_a_line_is_told_with_narratives_against_it_by_day_and_rests_on_every_file(stood):
    monday = day_of(stood, "2026-05-18")
    assert monday["line"]["taken"] == {"records": 3, "channels": 3}
    assert monday["narratives"]["total"] == {"records": 3, "channels": 3}
    assert {f"layer:{name}" for name in FILES} < set(stood.because)
    assert [one["claim"] for one in told(stood)["narratives"]] == [AGAINST]
    jsonschema.validate(told(stood), extensions.schema(extensions.UPTAKE))


def test_the_tier_is_that_of_the_table_and_whoever_is_not_in_it_has_none(stood):
    assert day_of(stood, "2026-05-20")["line"]["tiers"] == {"media": {"records": 3, "channels": 3}}
    assert day_of(stood, "2026-05-18")["line"]["tiers"] == {"unknown": {"records": 3, "channels": 3}}
    rows = next(pane for pane in show(stood, ()).panes if isinstance(pane, Table) and "tier" in pane.title).rows
    assert ("2026-05-18", "the line", "tier", "not in the table", "3 (3)") in rows


def test_own_channels_are_no_uptake(stood):
    assert [one["day"] for one in told(stood)["days"]] == ["2026-05-18", "2026-05-19", "2026-05-20"]
    assert told(stood)["coverage"]["of them by own channels, not counted"] == 3


def test_two_channels_are_not_told(stood):
    tuesday = day_of(stood, "2026-05-19")
    assert tuesday["line"]["taken"] is None
    assert "share" not in tuesday["line"]
    assert set(tuesday["line"]["tiers"].values()) == {None}


def test_what_is_said_of_the_partnership_is_told_beside(stood):
    held = day_of(stood, "2026-05-19")["partnership"]
    assert held["total"] == {"records": 3, "channels": 3}
    assert held["carrying"] == {"neither": {"records": 3, "channels": 3}}


def test_no_channel_account_text_or_address_stands_in_any_object(stood):
    raw = b"".join((stood.head.raw, *(one.object.raw for one in stood.supports))).lower()
    hidden = ("paper-", "ministry", "zz_", "taker", "fan0", "fair weather", "p0", "cable news", "https://paper")
    assert [one for one in hidden if one.encode() in raw] == []


def test_method_and_limits_go_along_as_a_note_about_it(stood):
    notes = [json.loads(one.object.raw) for one in stood.supports if one.object.type == "note"]
    [method] = [one for one in notes if one["abstract"].startswith("Method")]
    assert method["object_refs"] == [stood.head.id]
    assert "uptake is no effect" in method["content"]
    assert {one["labels"][0] for one in notes if "labels" in one} == {"line to take", "narrative"}


def test_the_picture_draws_the_line_against_narratives(stood):
    shown = show(stood, ())
    [series] = [pane for pane in shown.panes if isinstance(pane, Series)]
    assert {line.name: line.value[0] for line in series.lines} == {
        "the line": 3, "narratives against it": 3, "the partnership, named": 0,
    }  # fmt: skip
    assert LINE in shown.title


def test_its_period_is_the_week_and_it_holds_no_key(stood):
    said = about(stood, (), layers=HeldLayers())
    assert (f"{said.from_at:%F}", f"{said.to_at:%F}", said.keys) == ("2026-05-18", "2026-05-25", ())


@pytest.mark.parametrize("seed", range(2))
def test_every_cut_and_order_of_the_input_ends_in_the_same(followed, stood, seed):
    rng = random.Random(seed)
    posts = rng.sample(week(), len(week()))
    parts = [posts[:4], *PAPERS, posts[4:], *OWN]
    rng.shuffle(parts)
    # The source a record came from is what it rests on, whatever it is called.
    assert [one.head.raw for one in followed(parts)[0]] == [stood.head.raw]


def test_the_same_again_says_nothing_new_and_a_line_taken_out_is_revoked(followed):
    _, _, state = followed([week()])
    assert followed([week()[:3]], state=state)[1] == []
    [gone] = followed(
        [[post(99, "other", "It rains in Oslo today.")]], FILES | {"information/lines/ours.toml": b""}, state
    )[1]
    assert gone.head.revoked


def test_without_lines_nothing_is_said_of_articles(followed):
    assert followed([*PAPERS], {})[:2] == ([], [])


def test_articles_that_are_carried_end_with_their_source(followed):
    def origins(state: bytes) -> set[str]:
        articles = remembered.restore(remembered.restore(state).articles)
        return set(remembered.read(articles.posts)["origin"].to_pylist())

    state = followed([week(), *PAPERS])[2]
    assert origins(state) == {f"file:{n}" for n in range(1, 5)}
    left = retention.forget(state, {"file:0", "file:2"})
    assert origins(left) == {"file:1", "file:3", "file:4"}
    assert remembered.restore(left).posts == b""


def test_a_partners_finding_is_of_the_kind_and_shows_whatever_stands_in_it(stood):
    assert received(stood.head, "s", "").kind == KIND
    raw = stood.head.raw.replace(b'"days":[{', b'"days":[7,{"day":"x"},{"day":"2026-05-18","line":[]},{').replace(
        b'"share":', b'"share":"",":":'
    )
    broken = type(stood.head)(
        **{name: getattr(stood.head, name) for name in stood.head.__struct_fields__} | {"raw": raw}
    )
    assert show(received(broken, "s", ""), ()).panes


@given(st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=60)
def test_a_figure_that_is_told_is_a_multiple_of_three(records, channel):
    held = standing._figure(Figure(records, channel))
    assert held is None or {value % 3 for value in held.values()} == {0}


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff", b"channel = 1", b'[[channel]]\nname = "a"\n', f'[[channel]]\nname = "a"\ntier = "private"\n{ROW}'.encode(),
        f'[[channel]]\nname = "a"\ntier = "aligned"\n{ROW}'.encode(), f'[[channel]]\nname = " "\ntier = "media"\n{ROW}'.encode(),
        f'[[channel]]\nname = "a"\ntier = "media"\n{ROW}[[channel]]\nname = "@A"\ntier = "official"\n{ROW}'.encode(),
        f'[[channel]]\nname = "a"\ntier = "media"\nscore = 1\n{ROW}'.encode(),
    ],
)  # fmt: skip
def test_a_table_of_channels_that_is_none_is_refused_with_its_name(raw):
    with pytest.raises(MalformedRecord) as caught:
        channels.listed(HeldLayers({"information/channels/x.toml": raw}))
    assert caught.value.where == "information/channels/x.toml"


HEAD = '[[line]]\nid = "a"\nfrom = 2026-05-18\nuntil = 2026-05-19\n'


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff", b"line = 1", HEAD.encode(), f"{HEAD}texts = {{}}".encode(), f'{HEAD}texts = {{ en = "see @me" }}'.encode(),
        f'{HEAD.replace("19", "01")}texts = {{ en = "x" }}'.encode(), f'{HEAD}persons = ["a"]\ntexts = {{ en = "x" }}'.encode(),
        f'{HEAD}texts = {{ en = "x" }}\n{HEAD}texts = {{ en = "y" }}'.encode(), HEAD.replace('"a"', '"@A"').encode() + b'texts = { en = "x" }',
    ],
)  # fmt: skip
def test_a_file_of_lines_that_is_none_is_refused_with_its_name(raw):
    with pytest.raises(MalformedRecord) as caught:
        messages.written(HeldLayers({"information/lines/x.toml": raw}))
    assert caught.value.where == "information/lines/x.toml"
