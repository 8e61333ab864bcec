"""The command that a report prints to run vectors again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from farm.core.sweep_spec import SweepSpec
from farm.report.rerun import rerun_command
from farm.store import RunInfo, Store
from farm.store.view import Run
from tests.farm.cli.spec_of_words import options_of_words


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


def recorded(store: Store, info: RunInfo) -> Run:
    return store.view(store.start_run(info)).run


def test_it_names_the_vectors_and_is_quoted(store: Store) -> None:
    spec = SweepSpec.of(["add"], master="my master.json", boards="mock:n300*2", limit=3, shard="1/2", max_time=9)
    line = rerun_command(recorded(store, RunInfo("farm", spec=spec)), ["v; rm -rf x"])
    assert line == (
        "farm sweep --suite model_traced --master 'my master.json' --boards 'mock:n300*2' --vector 'v; rm -rf x'"
    )


def test_the_whole_run_again_is_all_that_it_ran(store: Store) -> None:
    spec = SweepSpec.of(sweeps="sweeps", modules=["eltwise"], shard="2/3", measure=["memory"], timeout=3.5)
    line = rerun_command(recorded(store, RunInfo("farm", spec=spec)), [])
    assert options_of_words(shlex.split(line)[2:]).spec() == spec


def test_the_foreground_is_on_this_host(store: Store) -> None:
    spec = SweepSpec.of(boards="n300*2", address="10.0.0.1:6379", priority=3, max_boards=1, retries=2, watcher=True)
    line = rerun_command(recorded(store, RunInfo("farm", spec=spec)), ["v"], foreground=True)
    assert line == "farm sweep --suite model_traced --watcher --vector v --foreground"


def test_the_versions_of_ttnn_are_kept_everywhere(store: Store) -> None:
    run = recorded(store, RunInfo("farm", spec=SweepSpec.of(address="10.0.0.1:6379", ttnn=">=0.80")))
    assert rerun_command(run, []) == "farm sweep --suite model_traced --address 10.0.0.1:6379 --ttnn '>=0.80'"
    foreground = rerun_command(run, ["v"], foreground=True)
    assert foreground == "farm sweep --suite model_traced --ttnn '>=0.80' --vector v --foreground"


def test_a_run_recorded_before_the_spec(store: Store) -> None:
    details = {
        "master": "m.json",
        "operations": ["add"],
        "boards": "mock:n300*2",
        "selection": {"operations": ["add"], "vectors": [], "limit": 5, "sample": [7, 1]},
        "shard": {"index": 3, "of": 8, "planned": 100, "plan": "x"},
    }
    run = recorded(store, RunInfo("farm", suite="model_traced", details=details))
    assert run.spec == SweepSpec.of(
        ["add"], master="m.json", boards="mock:n300*2", limit=5, sample=7, seed=1, shard="3/8"
    )
    modules = {"master": "m.json", "boards": "auto", "selection": {"modules": ["a"], "suites": ["x", "y"]}}
    run = recorded(store, RunInfo("farm", details=modules))
    assert run.spec == SweepSpec.of(master="m.json", modules=["a"], suite="x,y")


def test_a_zoo_is_run_again_by_its_own_command(store: Store) -> None:
    run = recorded(store, RunInfo("farm trace --zoo z.yaml", suite="zoo", details={"manifest": "z.yaml"}))
    assert run.spec is None
    assert rerun_command(run, ["model"], foreground=True) == "farm trace --zoo z.yaml"


def test_options_that_an_older_farm_ignored_are_left_out(store: Store) -> None:
    details = {"spec": {"suite": "model_traced", "import_timeout": 3.0, "skip": ["x"], "operations": ["add"]}}
    assert recorded(store, RunInfo("farm", suite="model_traced", details=details)).spec == SweepSpec.of(["add"])


def test_a_spec_of_another_version_costs_no_report(store: Store) -> None:
    details = {"spec": {"suite": "model_traced", "an option of tomorrow": 1}, "master": "m.json"}
    run = recorded(store, RunInfo("farm sweep --tomorrow", suite="model_traced", details=details))
    assert (run.spec, run.details) == (None, {"master": "m.json"})
    assert rerun_command(run, []) == "farm sweep --tomorrow"
