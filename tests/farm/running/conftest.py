"""Fixtures of the tests of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.store import Store
from tests.farm.local_fleet import SupervisorDied


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


@pytest.fixture
def supervisor_death_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor that ends its process raises `SupervisorDied` instead."""

    def exit_(code: int) -> None:
        raise SupervisorDied(code)

    monkeypatch.setattr(os, "_exit", exit_)
