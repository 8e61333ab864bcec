"""A store of its own for each test, and two recorded runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.core.verdicts import Reason, Verdict
from farm.store import RunView, Store
from tests.farm.report.examples import MIXED
from tests.farm.store_helpers import recorded_run


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


@pytest.fixture
def mixed(store: Store) -> RunView:
    return store.view(recorded_run(store, MIXED))


@pytest.fixture
def good(store: Store) -> RunView:
    return store.view(recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")] * 3))
