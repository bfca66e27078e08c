"""What was shared together: campaigns are told of, crowds are not, however the input is cut; nothing of a post goes along."""

from __future__ import annotations

import io
import json
import random

import jsonschema
import msgspec
import pytest
from tests.information.pushed import ACCOUNTS, CLAIMS, lines, posts
from tests.unit.areas.information.conftest import AT, KEYS

from foedus.areas.information import claimed, remembered
from foedus.areas.information.about import about, same, show
from foedus.areas.information.cases import KIND
from foedus.areas.information.meaning import embed
from foedus.areas.information.meaning.extensions import CASE, schema
from foedus.engine.run import HeldLayers, analyse, records_from
from foedus.errors import MalformedRecord
from foedus.model.picture import Table, Words

FILE = "information/claims/ours.toml"
WEEK = posts(CLAIMS["en"])


def layers(language: str = "en", text: str = "") -> HeldLayers:
    said = f'[[claim]]\ntext = "{text or CLAIMS[language]}"\nlanguage = "{language}"\n'
    return HeldLayers({FILE: said.encode(), f"{FILE}.label": b"PUBLIC TLP:CLEAR"})


@pytest.fixture(scope="module")
def concluded(information):
    """Parts of posts, each a source of its own, read in their order -> what stands in the end, all that was said, the state."""

    def run(parts, held=HeldLayers(), owner="nato"):
        state, said = b"", []
        for number, part in enumerate(parts):
            settings = {"at": AT, "keys": KEYS, "time_format": "s"}
            records = records_from(information.ingest(io.BytesIO(lines(part)), settings=settings), f"file:{number}")
            analysis = analyse(information, records, settings={"owner": owner}, layers=held, state=state, at=AT)
            said += list(analysis)
            state = analysis.state
        last = {one.head.id: one for one in said}
        return [one for one in last.values() if not one.head.revoked], said, state

    return run


@pytest.fixture(scope="module")
def whole(concluded):
    """The one finding of the week with its claim written down."""
    [found] = concluded([WEEK], layers())[0]
    return found


def case(finding) -> dict:
    return json.loads(finding.head.raw)["extensions"][CASE]


def test_a_campaign_is_found_with_its_claim_and_rests_on_posts_and_the_file_of_the_claim(whole):
    assert whole.kind == KIND
    assert whole.because == ("source:file:0", f"layer:{FILE}")
    assert case(whole)["coordination"]["accounts"] == 6
    assert [one["claim"] for one in case(whole)["claims"]] == [CLAIMS["en"]]
    assert [one["technique"] for one in case(whole)["techniques"]] == ["T0084.001"]
    jsonschema.validate(case(whole), schema(CASE))


def test_a_message_that_goes_viral_is_no_coordination(concluded):
    assert concluded([posts(pushed=False)])[:2] == ([], [])


def test_nothing_of_a_post_stands_in_any_object(whole, concluded):
    raw = b"".join((whole.head.raw, *(one.object.raw for one in whole.supports)))
    read = concluded([WEEK])[2]
    accounts = set(remembered.joined(remembered.restore(read), [_none(read)]).posts["account"].to_pylist())
    assert len(accounts) == 67
    words = {word for one in WEEK for word in one["text"].split() if len(word) > 8} - set(CLAIMS["en"].split())
    hidden = {*ACCOUNTS, *accounts, *words, *(one["id"] for one in WEEK), "news.example"}
    assert [one for one in hidden if one.encode() in raw] == []


def _none(state: bytes):
    return remembered.read(remembered.restore(state).posts).slice(0, 0)


def by_day(held):
    return [[one for one in held if one["created_at"] // 86_400 == day] for day in range(20_591, 20_596)]


def test_a_week_read_by_days_ends_as_the_week_read_at_once(concluded, whole):
    standing, said, _ = concluded(by_day(WEEK), layers())
    assert [one.head.raw for one in standing] == [whole.head.raw]
    assert len(said) > 1
    assert {one.head.id for one in said if one.head.revoked} == {one.head.id for one in said} - {whole.head.id}


@pytest.mark.parametrize("seed", range(3))
def test_posts_spread_over_files_in_any_way_end_in_the_same(concluded, whole, seed):
    rng, parts = random.Random(seed), [[], [], []]
    for one in WEEK:
        rng.choice(parts).append(one)
    assert [one.head.raw for one in concluded(parts, layers())[0]] == [whole.head.raw]


def test_techniques_are_those_of_the_kinds_whose_ties_stand_out(concluded):
    rounds = list(dict.fromkeys(one["text"] for one in WEEK if one["user_id"] in ACCOUNTS))
    mark = {one: f"round{n}" for n, one in enumerate(rounds)}
    tagged = [one | {"text": f"{one['text']} #{mark.get(one['text'], f'often{n % 30}')}"} for n, one in enumerate(WEEK)]
    [found] = concluded([tagged])[0]
    assert [one["technique"] for one in case(found)["techniques"]] == ["T0084.001", "T0049.002"]
    assert b"round" not in found.head.raw.replace(b"rounds", b"")


def test_the_order_of_posts_and_a_repetition_change_nothing(concluded, whole):
    mixed = random.Random(5).sample(WEEK, len(WEEK))
    standing, said, _ = concluded([mixed, WEEK[:200]], layers())
    assert [one.head.raw for one in standing] == [whole.head.raw]
    assert len(said) == 1


def test_counts_and_instants_are_cut(whole):
    held = case(whole)
    counts = [one[name] for one in held["shared"] for name in ("accounts", "records")]
    assert [one for one in (*counts, *(hour["records"] for hour in held["timeline"])) if one < 3 or one % 3] == []
    times = [held["from"], held["to"], *(one["first"] for one in held["shared"])]
    assert {one[13:] for one in times} == {":00:00.000Z"}


def test_coordination_is_shown_apart_from_what_nobody_judged(whole):
    shown = show(whole, ())
    tables = {pane.title: pane for pane in shown.panes if isinstance(pane, Table)}
    assert {row[1] for row in tables["Judged by people"].rows} == {"nobody"}
    assert ("accounts, at least", "6") in tables["Coordination, measured"].rows
    assert any("true" in pane.text for pane in shown.panes if isinstance(pane, Words))
    assert CLAIMS["en"] in shown.title


def told(concluded, language: str, owner: str):
    [found] = concluded([posts(CLAIMS[language])], layers(language), owner)[0]
    return about(found, (), layers=HeldLayers())


@pytest.mark.skipif(not embed.installed(), reason="the extra language is not installed")
def test_one_claim_in_two_languages_is_one_story_of_two_parties(concluded):
    one, other = told(concluded, "en", "nato"), told(concluded, "ja", "jpn")
    match = same(one, other)
    assert match == same(other, one)
    assert match.score >= 0.48
    assert "similarity" in match.why
    assert {key.norm for key in one.keys if key.kind == "claim-week"} == {"2026-05-18"}


def of_claim(one, language: str, text: str):
    keys = tuple(
        msgspec.structs.replace(key, norm=f"{language} {text}") if key.kind == "claim" else key for key in one.keys
    )
    return msgspec.structs.replace(one, keys=keys)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Officials deny that the undersea cable between Japan and Guam was cut on 3 March 2026."),
        ("en", "The undersea cable between Japan and Guam was cut on 9 April 2026 by a foreign ship."),
        ("en", "A new bakery opened in Oslo."),
        ("no language", "@somebody"),
    ],
)
def test_a_denial_another_day_and_what_is_no_claim_are_no_one_story(whole, language, text):
    one = about(whole, (), layers=HeldLayers())
    assert same(one, of_claim(one, language, text)) is None


def test_without_the_model_anchors_alone_join_and_the_finding_says_what_was_not_tested(concluded, monkeypatch):
    monkeypatch.setattr(embed, "installed", lambda: False)
    [found] = concluded([WEEK], layers())[0]
    assert claimed.ABSENT in case(found)["unseen"]
    one, other = about(found, (), layers=HeldLayers()), told(concluded, "ja", "jpn")
    assert "anchors alone" in same(one, other).why


@pytest.mark.parametrize(
    "raw",
    [b"\xff", b"claim = 1", b"[[claim]]\ntext = 'x'", b"[[claim]]\ntext = 'see @me'\nlanguage = 'en'", b"claim = [1]"],
)
def test_a_file_of_claims_that_is_none_is_refused_with_its_name(raw):
    with pytest.raises(MalformedRecord) as caught:
        claimed.written(HeldLayers({FILE: raw}))
    assert caught.value.where == FILE


@pytest.mark.parametrize("size", [1, 40])
def test_a_state_that_is_none_is_refused(concluded, size):
    with pytest.raises(MalformedRecord) as caught:
        remembered.restore(concluded([WEEK[:50]])[2][:size])
    assert caught.value.code == "state-malformed"


def test_a_state_of_another_version_or_without_its_posts_is_refused():
    with pytest.raises(MalformedRecord) as caught:
        remembered.restore(remembered.dump(remembered.State(version=9)))
    assert caught.value.code == "state-version"
    with pytest.raises(MalformedRecord):
        remembered.read(b"no posts")


def test_weeks_are_kept_in_number_and_what_comes_too_late_is_not_measured(concluded):
    later = [one | {"created_at": one["created_at"] - 35 * 86_400} for one in WEEK]
    standing, _, state = concluded([WEEK, [one | {"id": f"7{one['id']}"} for one in later]], layers())
    assert len(standing) == 1
    kept = remembered.joined(remembered.restore(state), [_none(state)])
    assert (len(kept.posts), kept.fresh) == (len(WEEK), ())
