"""ttnn 0.66.0 and 0.81.1, each installed into an environment of its own, on mock boards."""

from __future__ import annotations

from pathlib import Path

import pytest

import farm
from farm.core.errors import ExitCode, NotRunnable
from farm.versions.changes import Change
from farm.versions.environments import Environments
from farm.versions.sources import Released

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
pytestmark = [pytest.mark.ttnn, pytest.mark.ray]

OLD, NEW = "0.66.0", "0.81.1"
BOARDS = "mock:n150,mock:n300,mock:t3000,mock:p150"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> farm.UpgradeReport:
    """The whole shipped master under both."""
    folder = tmp_path_factory.mktemp("upgrade")
    return farm.upgrade(OLD, NEW, boards=BOARDS, store=folder / "farm.db", out=folder)


def test_mean_keeps_bfloat8_b_and_nothing_else_of_the_shipped_master_changes(report: farm.UpgradeReport) -> None:
    changed = [each for each in report.configurations if each.change is not Change.ACCEPTED_BY_BOTH]
    assert {(each.operation, each.change, each.detail) for each in changed} == {
        ("ttnn.mean", Change.OUTPUT_CHANGED, "dtype BFLOAT16 → BFLOAT8_B")
    }
    assert len(changed) == 6
    assert len(report.configurations) == sum(report.counts.values()) > 400
    assert any("efficientnet" in model for model in report.touched)
    assert report.exit_code is ExitCode.GOOD
    assert (report.old.ttnn, report.new.ttnn) == (OLD, NEW)


def test_documented_arguments_that_are_gone_are_listed(report: farm.UpgradeReport) -> None:
    [untilize] = [each for each in report.signatures if each.operation == "ttnn.untilize"]
    assert untilize.gone == ["use_pack_untilize is gone"]
    [in_place] = [each for each in report.signatures if each.operation == "ttnn.add_"]
    assert "input_a is gone; input_tensor_a, of the same type, is new" in in_place.gone


def test_a_bisection_by_output_finds_the_newer_one(report: farm.UpgradeReport) -> None:
    mean = next(each for each in report.configurations if each.change is Change.OUTPUT_CHANGED)
    found = farm.bisect(["mean"], vectors=[mean.vector_id], boards=BOARDS, pythons=[OLD, NEW], by="output")
    assert found.first == [NEW]
    assert found.after is not None
    assert "dtype BFLOAT8_B" in found.after.output
    assert [tried.ttnn for tried in found.tried] == [OLD, NEW]


def test_the_real_master_has_two_reshapes_and_a_transpose_that_are_refused_now(
    shared_data: Path, tmp_path: Path
) -> None:
    master = shared_data / "master_n300_2025-11_v1.json"
    report = farm.upgrade(
        OLD, NEW, ["reshape", "transpose"], master=master, boards="mock:n300", store=tmp_path / "farm.db"
    )
    refused = [each for each in report.configurations if each.change is Change.REFUSED_NOW]
    assert [each.operation for each in refused] == ["ttnn.reshape", "ttnn.reshape", "ttnn.transpose"]
    assert "Changing the last dimension of a sharded tensor is not supported" in refused[0].detail
    assert "Number of shards along height 224 must not exceed number of cores 64" in refused[2].detail
    assert report.exit_code is ExitCode.TEST_FAILED


def test_an_interpreter_without_ttnn_is_told_before_anything_runs(tmp_path: Path) -> None:
    import subprocess
    import sys

    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python = Environments().of(Released(OLD)).python
    with pytest.raises(NotRunnable, match=r"bare/bin/python: ttnn can't be imported by .*No module named"):
        farm.upgrade(python, bare, ["add"], boards="mock:n300", store=tmp_path / "farm.db")
    assert not (tmp_path / "farm.db").exists()
