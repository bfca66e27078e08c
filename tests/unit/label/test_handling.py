"""MISP's distribution narrows a label and never widens it."""

from __future__ import annotations

import pytest

from foedus.label.handling import narrow
from foedus.model.label import Category, Label

PARTIES = {"11111111-1111-4111-8111-111111111111": "jpn", "22222222-2222-4222-8222-222222222222": "nato"}
BASE = Label("PUBLIC", "UNMARKED", tlp="clear")
BOTH = ",".join(PARTIES)


@pytest.mark.parametrize("said", ["0", "5", "4", "4:", "4:33333333-3333-4333-8333-333333333333", "", "9"])
def test_what_is_for_nobody_goes_nowhere(said: str) -> None:
    assert narrow(BASE, f"handling:misp:{said}", PARTIES).caveats == ("NOFWD",)


@pytest.mark.parametrize("said", ["1", "2", "3"])
def test_a_community_is_left_to_the_clauses(said: str) -> None:
    assert narrow(BASE, f"handling:misp:{said}", PARTIES) == BASE


def test_a_sharing_group_is_its_known_parties() -> None:
    assert narrow(BASE, f"handling:misp:4:{BOTH}", PARTIES).values("Only") == ("JPN", "NATO")


def test_a_group_never_widens_what_was_narrower() -> None:
    held = Label("PUBLIC", "UNMARKED", (Category("Only", "PERMISSIVE", ("JPN",)),))
    assert narrow(held, f"handling:misp:4:{BOTH}", PARTIES).values("Only") == ("JPN",)
    other = Label("PUBLIC", "UNMARKED", (Category("Only", "PERMISSIVE", ("KOR",)),))
    assert narrow(other, f"handling:misp:4:{BOTH}", PARTIES).caveats == ("NOFWD",)
