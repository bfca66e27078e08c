"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile(
    "foedus", deadline=None, max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("campaign", deadline=None, max_examples=3_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("FOEDUS_HYPOTHESIS", "foedus"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Path of a file of the real data sets, which lie beside the repository; skips where they do not."""
    base = Path(os.environ.get("FOEDUS_SHARED", ROOT.parent / "shared"))

    def path(name: str) -> Path:
        found = base / name
        if not found.exists():
            pytest.skip(f"real data set {name} is not on this machine (set FOEDUS_SHARED to where it is)")
        return found

    return path
