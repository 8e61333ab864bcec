"""One selection on several kinds, from the spec to the report, without ttnn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.board.kinds import KINDS
from farm.core.errors import ExitCode, FarmError
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason, Verdict
from farm.fitting.fits import Fit
from farm.fitting.report import FitReport
from farm.fitting.running import kinds_named, plan_kinds, run_kinds
from farm.planning.shortfalls import NoMesh
from farm.running.interrupt import RunInterrupted
from farm.store import Ended, Store
from tests.farm.fitting.doubles import L1, RecordedRuns
from tracer.master.master import Master
from tracer.values import Placement, Tensor
from tracer.values.configuration import Configuration, Execution

REFUSED = (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "TT_FATAL: rank 3")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


@pytest.fixture
def master(tmp_path: Path) -> Path:
    pair = Placement((1, 2), (2,), (None,))
    tensors = [Tensor((32, 32 * size), "BFLOAT16", "TILE") for size in (1, 2, 3)]
    tensors.append(Tensor((32, 32), "BFLOAT16", "TILE", placement=pair))
    Master.of(
        Configuration("ttnn.relu", {"arg0": tensor}, executions=[Execution(f"m/{number}.py::test", None, 1)])
        for number, tensor in enumerate(tensors)
    ).write(tmp_path / "master.json")
    return tmp_path / "master.json"


def fit(store: Store, master: Path, runs: RecordedRuns, *kinds: str, models: tuple[str, ...] = ()) -> FitReport:
    plans = plan_kinds(SweepSpec.of(master=master, models=models), kinds_named(kinds)[0])
    return run_kinds(plans, runs, "farm fit", store)


def test_one_selection_runs_on_each_kind(store: Store, master: Path) -> None:
    runs = RecordedRuns({"n150": {1: L1}, "n300": {2: REFUSED}})
    report = fit(store, master, runs, "n150", "N300")
    assert runs.ran == ["farm fit (on n150)", "farm fit (on n300)"]
    by_kind = {name: [each.kinds[name].fit for each in report.configurations] for name in report.names}
    assert by_kind == {
        "n150": [Fit.MESH, Fit.L1, Fit.ACCEPTED, Fit.ACCEPTED],
        "n300": [Fit.ACCEPTED, Fit.ACCEPTED, Fit.REFUSED, Fit.ACCEPTED],
    }
    lacking = report.configurations[1].kinds["n150"]
    assert (lacking.missing_bytes, lacking.peak_l1_bytes) == (40640, None)
    assert report.configurations[1].kinds["n300"].peak_l1_bytes == 4096
    assert report.configurations[0].kinds["n300"].peak_l1_bytes is None  # nobody told it
    assert report.models["m/3.py::test"]["n150"][Fit.MESH] == 1
    assert report.operations["ttnn.relu"]["n300"][Fit.ACCEPTED] == 3
    assert report.peaks == {"ttnn.relu": {"n150": 8192, "n300": 8192}}
    assert all(sum(counts.values()) == 4 for counts in report.counts.values())
    assert [(group.fit, group.kinds) for group in report.groups()] == [
        (Fit.L1, ("n150",)),
        (Fit.MESH, ("n150",)),
        (Fit.REFUSED, ("n300",)),
    ]


def test_kinds_are_planned_from_one_reading(master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SweepSpec.of(master=master)
    kinds = list(KINDS.values())
    alone = [plan_kinds(spec, [kind])[0] for kind in kinds]
    read: list[str | Path] = []
    whole = Master.read(master)

    def counted_read(path: str | Path) -> Master:
        read.append(path)
        return whole

    monkeypatch.setattr(Master, "read", counted_read)
    assert plan_kinds(spec, kinds) == alone
    assert read == [master]
    assert [plan.planned.spec.boards.partition("*")[0] for plan in alone] == [f"mock:{kind.name}" for kind in kinds]
    assert {type(each) for each in alone[0].shortfalls.values()} == {NoMesh}


def test_a_part_of_the_models(store: Store, master: Path) -> None:
    report = fit(store, master, RecordedRuns(), "n150", models=("m/1", "m/*2.py"))
    assert list(report.models) == ["m/1.py::test", "m/2.py::test"]
    assert report.fitting == ["n150"]


def test_the_exit_code(store: Store, master: Path) -> None:
    report = fit(store, master, RecordedRuns(), "n150", "n300")
    assert report.exit_code() is ExitCode.GOOD
    assert report.exit_code(["n300"]) is ExitCode.GOOD
    assert report.exit_code(["n150", "n300"]) is ExitCode.TEST_FAILED


def test_the_headline_names_kinds_with_as_many_misfits_together(store: Store, master: Path) -> None:
    report = fit(store, master, RecordedRuns({"n300": {1: L1, 2: L1}}), "n150", "n300", "p150", "p300")
    assert report.headline() == (
        "4 configurations: everything that could be judged fits p300; 2 don't fit n300; 1 doesn't fit n150, p150."
    )


def test_nothing_could_be_judged(store: Store, master: Path) -> None:
    fault = (Verdict.BOARD_FAULT, Reason.OPEN_FAILED, "it does not open")
    faults = {kind: dict.fromkeys(range(4), fault) for kind in ("n300", "p300")}
    report = fit(store, master, RecordedRuns(faults), "n300", "p300")
    assert report.exit_code() is ExitCode.NOT_RUN
    assert report.headline() == "None of 4 configurations could be judged on any kind."
    report = fit(store, master, RecordedRuns({"n300": faults["n300"]}), "n300", "p300")
    assert report.exit_code() is ExitCode.GOOD
    assert report.exit_code(["n300"]) is ExitCode.NOT_RUN


def test_a_stopped_run_ends_all(store: Store, master: Path) -> None:
    runs = RecordedRuns(ended=Ended.STOPPED)
    with pytest.raises(RunInterrupted):
        fit(store, master, runs, "n150", "n300")
    assert len(runs.ran) == 1


def test_kinds_by_name() -> None:
    assert [kind.name for kind in kinds_named(())[0]] == list(KINDS)
    chosen, required = kinds_named(["n150", "N150", "p150a"], ["p150"])
    assert ([kind.name for kind in chosen], required) == (["n150", "p150"], ["p150"])
    with pytest.raises(FarmError, match="no board kind 'n151': did you mean n150"):
        kinds_named(["n151"])
    with pytest.raises(FarmError, match="--require p100: --kinds leaves p100 out"):
        kinds_named(["n150"], ["p100"])


def test_what_does_not_run_on_mock_boards() -> None:
    with pytest.raises(FarmError, match="sweep modules open their boards themselves"):
        plan_kinds(SweepSpec.of(modules=["eltwise"]), kinds_named(["n150"])[0])
    with pytest.raises(FarmError, match="leave the farm's address out"):
        plan_kinds(SweepSpec.of(address="head:6379"), kinds_named(["n150"])[0])


def test_a_real_master(store: Store, shared_data: Path) -> None:
    report = fit(store, shared_data / "master_n300_2025-11_v1.json", RecordedRuns(), "n150", "n300", "p150")
    total = len(report.configurations)
    assert total > 0
    assert all(sum(counts.values()) == total for counts in report.counts.values())
    assert report.counts["n300"][Fit.MESH] == 0, "it was traced there"
    assert report.counts["n150"][Fit.MESH] > 0
