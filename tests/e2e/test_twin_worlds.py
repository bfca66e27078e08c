"""Twin worlds: whatever is added that a partner may not see, every byte it can get stays the same."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.node_pair import JAPAN_AND_KOREA, make_nodes
from tests.twin import SECRETS, Twins, later, visible
from tests.twin_probe import (
    Asked,
    probed,
)

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    made = make_nodes(tmp_path_factory.mktemp("twins") / "nodes", JAPAN_AND_KOREA)
    return made.directory


@pytest.fixture
def twins(base, tmp_path):
    made = Twins(base, tmp_path)
    yield made
    made.close()


def differ(bare: Sequence[Asked], full: Sequence[Asked]) -> list[str]:
    """Name the requests that were answered differently, with both answers."""
    assert [url for url, _ in bare] == [url for url, _ in full]
    return [f"{url}\n  {one}\n  {other}" for (url, one), (_, other) in zip(bare, full, strict=True) if one != other]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_changes_no_byte_that_a_partner_can_get(twins, secret):
    twins.both(visible)
    SECRETS[secret](twins.full)
    twins.both(later)
    bare, full = map(probed, twins)
    assert len(bare) > 1_000
    assert differ(bare, full) == []
