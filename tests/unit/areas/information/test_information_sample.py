"""The sample of a campaign: made as it is said to be, and found as the pages say."""

from __future__ import annotations

from importlib import resources

import pytest
from tests.information.campaign_sample import PUSHED, packed, posts

from foedus.areas.information.meaning import embed

RAW = resources.files("foedus.areas.information").joinpath("sample", "campaign.jsonl.gz").read_bytes()


def test_it_is_what_its_maker_writes():
    assert packed() == RAW


def test_the_campaign_is_found_in_both_weeks_and_nothing_else(conclude):
    found = conclude(RAW, time_format="s")
    assert [one.kind for one in found] == ["coordination", "coordination", "campaign"]
    said = b"".join(one.head.raw for one in found)
    assert not any(one["text"].encode() in said for one in posts())


@pytest.mark.skipif(not embed.installed(), reason="the extra language is not installed")
def test_its_languages_are_seen_as_one_content(conclude):
    assert {language for said in PUSHED for language in said} == {"en", "ja", "ko"}
    found = conclude(RAW, time_format="s")
    assert all(b'"T0084"' in one.head.raw for one in found if one.kind == "coordination")
