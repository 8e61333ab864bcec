"""farm from Python."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import farm
from farm import api
from farm.core.errors import FarmError, StoreError
from farm.core.verdicts import Reason, Verdict
from farm.store import Store
from tests.farm.store_helpers import recorded_run


def test_everything_that_is_promised_is_there() -> None:
    assert {"sweep", "trace", "runs", "run", "compare", "plan"} <= set(farm.__all__)
    assert sorted(farm.__all__) == sorted(api.__all__)
    for name in farm.__all__:
        assert getattr(farm, name) is getattr(api, name)
        assert inspect.getdoc(getattr(farm, name))
    assert not hasattr(farm, "no_such_thing")


def test_importing_farm_imports_little() -> None:
    heavy = "{'ray', 'ttnn', 'pydantic', 'sqlalchemy'}"
    told = f"import sys, farm; print(sorted({{name.split('.')[0] for name in sys.modules}} & {heavy}))"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout == "[]\n"


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


@pytest.mark.ray
def test_a_sweep_is_what_its_report_says(tmp_path: Path) -> None:
    view = farm.sweep(["add"], boards="fake:n300", limit=2, store=tmp_path / "farm.db", out=tmp_path / "out")
    assert view.counts["planned"] == view.counts["validated"] == 2
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["run"]["id"] == view.run.id
    assert report["counts"] == view.counts
    assert farm.runs(tmp_path / "farm.db")[0].id == view.run.id


def test_what_makes_no_sense_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match="is not a share"):
        farm.sweep(shard="9/8", store=tmp_path / "farm.db")
    with pytest.raises(FarmError, match="limit 0: give 1 or more"):
        farm.sweep(limit=0, store=tmp_path / "farm.db")
    with pytest.raises(FarmError, match="timeout 0"):
        farm.sweep(timeout=0, store=tmp_path / "farm.db")
    with pytest.raises(FarmError, match="modules have their own"):
        farm.plan(["add"], sweeps="tests/sweep_modules")
    with pytest.raises(FarmError, match="no suite 'nightly'"):
        farm.plan(suite="nightly")
    with pytest.raises(FarmError, match="name it with --resume"):
        farm.sweep(retry_failed=True)
    with pytest.raises(FarmError, match="but this names 2"):
        farm.trace(__file__, master=tmp_path / "m.json", board="mock:n300*2")
    assert not (tmp_path / "farm.db").exists()


def test_a_plan_is_what_a_sweep_would_run(tmp_path: Path) -> None:
    whole = farm.plan(["add"], boards="fake:n300*2")
    shares = [farm.plan(["add"], boards="fake:n300*2", shard=f"{k}/2") for k in (1, 2)]
    ids = [vector.id for vector in whole.vectors]
    assert [vector.id for vector in shares[0].vectors] == ids[::2]
    assert sorted(vector.id for share in shares for vector in share.vectors) == sorted(ids)
    assert len(farm.plan(["add"], boards="fake:n300", sample=3).vectors) == 3
    assert [vector.id for vector in farm.plan(boards="fake:n300", vectors=[ids[-1]]).vectors] == [ids[-1]]
    expected = whole.expected(tmp_path / "farm.db")
    assert expected.planned == len(ids)
    assert set(expected.boards) == {board.id for board in whole.boards}


@pytest.mark.ray
def test_a_sweep_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    place = tmp_path / "farm.db"
    first = farm.sweep(["add"], boards="fake:n300", limit=2, max_time=1e-6, store=place)
    assert first.counts["not_run"] == 2
    again = farm.sweep(resume="last", store=place)
    assert again.run.id == first.run.id
    assert again.counts["validated"] == 2
    assert again.run.command == "farm.sweep(['add'], boards='fake:n300', limit=2, max_time=1e-06)"
    assert len(farm.history("add", store=place)) == 2
    assert farm.write_report(again, tmp_path / "out", ["junit"], place) == [tmp_path / "out" / "junit.xml"]


@pytest.mark.ttnn
def test_a_trace_adds_to_a_master(tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    test = tmp_path / "test_model.py"
    test.write_text(
        "import ttnn\n\n\ndef test_block(device):\n"
        "    x = ttnn.empty([32, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)\n"
        "    ttnn.add(x, x)\n"
    )
    master = tmp_path / "master.json"
    traced = farm.trace(str(test), master=master)
    assert traced.problem is None
    assert traced.summary.added == 1
    assert farm.trace(str(test), master=master).summary.added == 0
