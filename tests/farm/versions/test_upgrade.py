"""Two runs of one selection, from the spec to the report, without ttnn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.kinds import kind_of_traced_cards
from farm.core.errors import ExitCode, FarmError
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason, Verdict
from farm.planning.sweep_plan import plan_sweep
from farm.store import Ended, Store
from farm.versions.changes import Change
from farm.versions.pinning import pinned
from farm.versions.report import UpgradeReport
from farm.versions.upgrade import Upgrade
from tests.farm.versions.doubles import REFUSED, RecordedRuns, fake_environments, no_signatures

SPEC = SweepSpec.of(["add"], boards="mock:n300", limit=4)
LOST = (Verdict.NOT_RUN, Reason.LOST_ARGUMENT, "the trace lost it")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


def rehearse(store: Store, folder: Path, runs: RecordedRuns, spec: SweepSpec = SPEC) -> UpgradeReport:
    upgrade = Upgrade(fake_environments(folder / "cache"), runs, no_signatures)
    return upgrade.rehearse(upgrade.prepare("0.66.0", "0.81.1", spec), "farm upgrade", store)


def test_one_selection_runs_under_both_and_is_compared(store: Store, tmp_path: Path) -> None:
    runs = RecordedRuns({"0.66.0": {1: REFUSED, 3: LOST}, "0.81.1": {0: REFUSED, 3: LOST}})
    report = rehearse(store, tmp_path, runs)
    assert runs.ran == [
        ("0.66.0", "farm upgrade (under ttnn 0.66.0)"),
        ("0.81.1", "farm upgrade (under ttnn 0.81.1)"),
    ]
    expected = {Change.REFUSED_NOW: 1, Change.ACCEPTED_NOW: 1, Change.ACCEPTED_BY_BOTH: 1, Change.NOT_JUDGED: 1}
    assert {change: count for change, count in report.counts.items() if count} == expected
    assert sum(report.counts.values()) == 4
    assert report.configurations[0].change is Change.REFUSED_NOW, "the worst comes first"
    assert report.exit_code is ExitCode.TEST_FAILED
    assert (report.old.ttnn, report.new.ttnn) == ("0.66.0", "0.81.1")
    assert [store.view(run.run).run.command for run in (report.old, report.new)] == [command for _, command in runs.ran]
    assert report.headline() == (
        "From ttnn 0.66.0 to 0.81.1: 1 refused now, 1 accepted only now, of 4 configurations. 1 could not be judged."
    )


def test_models_and_operations_that_are_touched(store: Store, tmp_path: Path) -> None:
    report = rehearse(store, tmp_path, RecordedRuns({"0.81.1": {0: REFUSED}}))
    [broken] = [each for each in report.configurations if each.change is Change.REFUSED_NOW]
    assert broken.sources
    assert set(report.touched) == set(broken.sources)
    assert report.operations == {"ttnn.add": report.counts}
    first = next(iter(report.models.values()))
    assert first[Change.REFUSED_NOW] == 1, "the most broken come first"
    assert any(line.startswith("arg0") or "input" in line for line in broken.configuration)


def test_nothing_changes(store: Store, tmp_path: Path) -> None:
    report = rehearse(store, tmp_path, RecordedRuns())
    assert report.exit_code is ExitCode.GOOD
    assert report.headline() == "From ttnn 0.66.0 to 0.81.1: nothing changes in 4 of 4 configurations."


def test_nothing_could_be_judged(store: Store, tmp_path: Path) -> None:
    lost = {"0.81.1": dict.fromkeys(range(4), LOST)}
    report = rehearse(store, tmp_path, RecordedRuns(lost))
    assert report.exit_code is ExitCode.NOT_RUN
    assert "none of 4 configurations could be judged" in report.headline()


def test_what_a_stopped_run_left_out_is_not_compared(store: Store, tmp_path: Path) -> None:
    runs = RecordedRuns(ended=Ended.STOPPED)
    with pytest.raises(KeyboardInterrupt):
        rehearse(store, tmp_path, runs)
    assert len(runs.ran) == 1, "the second run doesn't start"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (SweepSpec.of(["add"], boards="fake:n300", limit=1), "opened without ttnn"),
        (SweepSpec.of(modules=["eltwise"]), "belong to the ttnn of their checkout"),
        (SweepSpec.of(["add"], address="10.0.0.1:6379"), "on the boards of this host alone"),
    ],
)
def test_what_can_not_run_under_another_ttnn(store: Store, tmp_path: Path, spec: SweepSpec, message: str) -> None:
    runs = RecordedRuns()
    with pytest.raises(FarmError, match=message):
        rehearse(store, tmp_path, runs, spec)
    assert not runs.ran


def test_the_same_ttnn_twice(tmp_path: Path) -> None:
    upgrade = Upgrade(fake_environments(tmp_path), RecordedRuns(), no_signatures)
    with pytest.raises(FarmError, match=r"are both 0.66.0: name two"):
        upgrade.prepare("0.66.0", "v0.66.0", SPEC)


def test_each_vector_runs_on_one_kind_under_both() -> None:
    spec = SweepSpec.of(["conv2d"], boards="mock:p150,mock:n150,mock:n300")
    free = plan_sweep(spec)
    assert any(len(vector.kinds) > 1 for vector in free.vectors), "else there is nothing to pin"
    for vector, one in zip(free.vectors, pinned(free).vectors, strict=True):
        assert (one.id, one.text) == (vector.id, vector.text)
        [kind] = one.kinds
        assert one.config_for(kind) == vector.config_for(kind)
        traced = {kind_of_traced_cards(opening.series, opening.cards) for opening in vector.openings}
        names = {each.name for each in traced if each is not None} & vector.kinds
        assert not names or kind in names, "on the kind that it was traced on, if that is there"


def test_boards_that_judge_differently_are_not_mixed(tmp_path: Path) -> None:
    upgrade = Upgrade(fake_environments(tmp_path), RecordedRuns(), no_signatures)
    planned = plan_sweep(SPEC)
    computing = replace(planned.boards[0], computes=True)
    with pytest.raises(FarmError, match="name boards of one backend"):
        pinned(replace(planned, boards=[*planned.boards, computing]))
    assert upgrade.prepare("0.66.0", "0.81.1", SPEC).planned.boards == planned.boards
