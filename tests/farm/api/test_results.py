"""What the results store holds, from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import farm
from farm.core.errors import FarmError, StoreError
from farm.core.verdicts import Reason, Verdict
from farm.store import RunInfo, Store
from tests.farm.store_helpers import Planned, attempt, recorded_run


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


def test_history_of_a_module(tmp_path: Path) -> None:
    place = tmp_path / "farm.db"
    with Store.open(place) as store:
        run_id = store.start_run(RunInfo("farm sweep --sweeps my_sweeps"))
        modules = ("reduction.topk", "eltwise.topk", "reduction.topk_more")
        store.plan(run_id, [Planned(f"v{at}", name) for at, name in enumerate(modules)])
        store.record(run_id, [attempt(f"v{at}") for at in range(len(modules))])
    assert [each.vector_id for each in farm.history("reduction.topk", store=place)] == ["v0"]
    assert {each.vector_id for each in farm.history("topk", store=place)} == {"v0", "v1"}
    with pytest.raises(FarmError, match="no run in the store has an operation, module or vector 'reduction'"):
        farm.history("reduction", store=place)
