"""What the results store holds, from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import farm
from farm.core.errors import FarmError, StoreError
from farm.core.verdicts import Reason, Verdict
from farm.store import Store
from tests.farm.store_helpers import recorded_run


def test_runs(tmp_path: Path) -> None:
    place = tmp_path / "farm.db"
    with pytest.raises(StoreError):
        farm.runs(place)
    with Store.open(place) as store:
        first = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")])
        second = recorded_run(store, [(Verdict.FAIL_WATCHER, Reason.NONE, "x")])
    assert {head.id for head in farm.runs(place)} == {first, second}
    assert farm.run(first, place).counts["validated"] == 1
    assert farm.compare(first, second, place).regressed
    with pytest.raises(FarmError, match=f"are both run {second}: name an earlier run"):
        farm.compare(second, second, place)
