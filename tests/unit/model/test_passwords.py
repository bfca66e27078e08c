"""Passwords are long, none of the first that anybody tries, and may hold anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.model.passwords import MAX_CHARS, normal, weakness

TRIED = "one of the first that anybody tries"


@pytest.mark.parametrize(
    "password",
    [
        "four quiet herons at dusk",
        "aaaaaaaaaaab",
        "パスワードは長いほど良い",
        "            x            ",
        "twelve chars",
        "🦢🦢🦢🦩🦩🦩🦆🦆🦆🐓🐓🦃",
        "ann was here",
        "x" + "ab" * 511 + "y",
    ],
)
def test_anything_long_is_taken(password):
    assert weakness(password, ("ann", "nato")) == ""


@pytest.mark.parametrize(
    "password",
    [
        *(
            "password1234",
            "Password2026!",
            "P@ssw0rd12345",
            "passwordpassword",
            "123456789012",
            "098765432109",
            "000000000000",
        ),
        *(
            "abcabcabcabc",
            "qwertyuiop12",
            "qwertyuiopas",
            "1qaz2wsx3edc",
            "letmein!!!!!",
            "administrator",
            "iloveyou1234",
        ),
        *(
            "correct horse battery staple",
            "CorrectHorseBatteryStaple",
            "Welcome20262026",
            "changeme1234",
            "            ",
        ),
    ],
)
def test_the_first_that_anybody_tries_are_not(password):
    assert weakness(password) == TRIED


@pytest.mark.parametrize(
    "password", ["ann-ann-ann-ann", "ANN123456789", "A.N.N.000000", "annannannann", "nato20262026"]
)
def test_the_name_and_the_words_beside_it_are_not(password):
    assert weakness(password, ("ann", "nato", "")) == "the name, or a word that stands beside it"


def test_length_is_counted_in_characters_as_kept():
    assert weakness("a lamp for u") == ""
    assert weakness("a lamp for ") == "shorter than 12 characters"
    assert weakness(normal("e\u0301" * 6 + "abcde")) == "shorter than 12 characters"
    assert weakness("0x" + "ab" * 510 + "yz") == ""
    assert weakness("x" * (MAX_CHARS + 1)) == "longer than 1,024 characters"


@given(st.text(max_size=40), st.lists(st.text(max_size=10), max_size=3))
def test_whatever_is_typed_gets_an_answer_and_nothing_short_is_taken(password, known):
    assert weakness(normal(password), known) or len(normal(password)) >= 12
