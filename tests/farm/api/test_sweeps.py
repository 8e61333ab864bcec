"""Sweeps and plans from Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import pytest

import farm
from farm.core.errors import FarmError, NotRunnable
from farm.store import RunInfo, Store
from tests.farm.flaky_store import RestartingStore


@pytest.mark.ray
def test_a_sweep_returns_what_its_report_says(tmp_path: Path) -> None:
    view = farm.sweep(["add"], boards="fake:n300", limit=2, store=tmp_path / "farm.db", out=tmp_path / "out")
    assert view.counts["planned"] == view.counts["validated"] == 2
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["run"]["id"] == view.run.id
    assert report["counts"] == view.counts
    assert farm.runs(tmp_path / "farm.db")[0].id == view.run.id
    assert farm.spec_of(view.run.id, tmp_path / "farm.db") == farm.SweepSpec.of(["add"], boards="fake:n300", limit=2)
    assert view.run.command == "farm.sweep(['add'], boards='fake:n300', limit=2)"


def test_wrong_options_are_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match="is not a share"):
        farm.sweep(shard="9/8", store=tmp_path / "farm.db")
    with pytest.raises(FarmError, match="limit=0: give 1 or more"):
        farm.sweep(limit=0, store=tmp_path / "farm.db")
    with pytest.raises(FarmError, match="timeout=0"):
        farm.sweep(timeout=0, store=tmp_path / "farm.db")
    with pytest.raises(FarmError, match="modules have their own"):
        farm.plan(["add"], sweeps="tests/sweep_modules")
    with pytest.raises(FarmError, match="no suite 'nightly'"):
        farm.plan(suite="nightly")
    with pytest.raises(FarmError, match="name it with --resume"):
        farm.sweep(retry_failed=True)
    with pytest.raises(FarmError, match="--op and --resume can't be combined: a resumed run keeps its own vectors"):
        farm.sweep(["add"], resume="last")
    with pytest.raises(FarmError, match="--perf and --resume can't be combined"):
        farm.sweep(resume="last", measure=["perf"])
    with pytest.raises(FarmError, match="but this names 2"):
        farm.trace(__file__, master=tmp_path / "m.json", board="mock:n300*2")
    assert not (tmp_path / "farm.db").exists()


def test_a_resumed_run_keeps_its_versions_of_ttnn(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        store.start_run(RunInfo("farm sweep", suite="model_traced", spec=farm.SweepSpec.of(ttnn=">=1000")))
    with pytest.raises(NotRunnable, match="no board has a ttnn that --ttnn '>=1000' accepts"):
        farm.sweep(resume="last", store=tmp_path / "farm.db")
    with pytest.raises(NotRunnable, match="'>=2000' accepts"):
        farm.sweep(resume="last", ttnn=">=2000", store=tmp_path / "farm.db")


def test_a_resumed_run_waits_for_a_store_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Restarting(RestartingStore):
        asked: ClassVar[list[str]] = []

    with Store.open(tmp_path / "farm.db") as store:
        store.start_run(RunInfo("farm sweep", suite="model_traced", spec=farm.SweepSpec.of(ttnn=">=1000")))
    monkeypatch.setattr("farm.api.sweeps.Store", Restarting)
    monkeypatch.setattr("farm.running.store_patience.RETRY_SECONDS", 0.0)
    with pytest.raises(NotRunnable, match="no board has a ttnn"):
        farm.sweep(resume="last", store=tmp_path / "farm.db")
    assert Restarting.asked == ["open", "open", "find", "find", "view", "view"]


def test_a_plan_has_what_a_sweep_would_run(tmp_path: Path) -> None:
    whole = farm.plan(["add"], boards="fake:n300*2")
    shares = [farm.plan(["add"], boards="fake:n300*2", shard=f"{k}/2") for k in (1, 2)]
    ids = [vector.id for vector in whole.vectors]
    assert [vector.id for vector in shares[0].vectors] == ids[::2]
    assert sorted(vector.id for share in shares for vector in share.vectors) == sorted(ids)
    assert len(farm.plan(["add"], boards="fake:n300", sample=3).vectors) == 3
    assert [vector.id for vector in farm.plan(boards="fake:n300", vectors=[ids[-1]]).vectors] == [ids[-1]]
    forecast = whole.expected(tmp_path / "farm.db")
    assert forecast.planned == len(ids)
    assert set(forecast.boards) == {board.id for board in whole.boards}
    assert farm.plan(whole.spec, limit=1).vectors == whole.vectors[:1]


@pytest.mark.ray
def test_a_stopped_sweep_is_resumed(tmp_path: Path) -> None:
    place = tmp_path / "farm.db"
    first = farm.sweep(["add"], boards="fake:n300", limit=2, max_time=1e-6, store=place)
    assert first.counts["not_run"] == 2
    again = farm.sweep(resume="last", store=place)
    assert again.run.id == first.run.id
    assert again.counts["validated"] == 2
    assert again.run.command == "farm.sweep(['add'], boards='fake:n300', limit=2, max_time=1e-06)"
    assert len(farm.history("add", store=place)) == 2
    assert farm.write_report(again, tmp_path / "out", ["junit"], place) == [tmp_path / "out" / "junit.xml"]
