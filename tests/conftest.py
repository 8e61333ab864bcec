"""What tests of every package share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real masters, which is no part of the repository."""
    place = os.environ.get("FARM_SHARED_DATA")
    folder = Path(place) if place else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real masters at {folder}; name their folder in FARM_SHARED_DATA")
    return folder
