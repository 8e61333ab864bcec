"""Whole folders of odd modules, each vector through the supervisor of a mock board: what one does costs no other."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.board.supervisor import Supervisor
from farm.board.worker_handle import WorkerProcess
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.planning.equal_vectors import EqualVectors
from farm.planning.module_listing import list_modules
from farm.planning.module_vectors import Planner
from farm.planning.vectors import Vector
from farm.running.translation import conclude_unrunnable
from farm.sweeps.finding import find_modules, module_folder
from tracer.device_config import DeviceConfig

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

TREE = Path(__file__).parents[2] / "sweep_tree"
SWEEPS = Path("tests/sweep_framework/sweeps")

GOOD, BROKEN, RAISED = "validated", "fail_assert_exception broken_module", "fail_assert_exception exception"
XFAIL, INVALID, NOTHING = "xfail exception", "not_run invalid_vector", "not_run no_vectors"

ENDINGS: Mapping[str, Mapping[str, int]] = {
    "eltwise.unary.relu.relu": {GOOD: 4},
    "eltwise.unary.abs.abs": {GOOD: 4},
    "eltwise.unary.neg.neg": {GOOD: 2},
    "eltwise.binary.add.add": {GOOD: 2},
    "eltwise.binary.subtract.subtract": {GOOD: 2},
    "eltwise.binary.multiply.multiply": {GOOD: 1},
    "eltwise.ternary.where.where": {GOOD: 4},
    "eltwise.composite.keywords": {GOOD: 1},
    "model_traced.add_model_traced": {GOOD: 1},
    "model_traced.linear_model_traced": {GOOD: 2},
    "model_traced.hash_model_traced": {RAISED: 1},
    "model_traced.untraced_model_traced": {NOTHING: 1},
    "model_traced.empty_model_traced": {NOTHING: 1},
    "data_movement.permute.permute": {GOOD: 3},
    "data_movement.concat.concat": {GOOD: 2},
    "data_movement.slice.slice": {GOOD: 1},
    "reduction.sum.sum": {XFAIL: 2, GOOD: 2},
    "reduction.mean.mean": {RAISED: 2},
    "reduction.max.max": {RAISED: 2, XFAIL: 1},
    "matmul.answers.answers": {GOOD: 4, BROKEN: 5},
    "matmul.raises.raises": {
        RAISED: 4,
        "fail_l1_out_of_mem out_of_memory": 1,
        "fail_watcher exception": 1,
    },
    "conv2d.invalid.invalid": {INVALID: 1, GOOD: 2},
    "conv2d.invalid_raises.invalid_raises": {BROKEN: 1, GOOD: 2},
    "conv2d.invalid_bare.invalid_bare": {BROKEN: 2},
    "conv2d.no_run.no_run": {BROKEN: 1},
    "conv2d.no_parameters.no_parameters": {BROKEN: 1},
    "conv2d.list_of_suites.list_of_suites": {BROKEN: 1},
    "conv2d.missing_import.missing_import": {BROKEN: 1},
    "conv2d.exits.exits": {BROKEN: 1},
    "ccl.mesh.mesh": {GOOD: 2},
    "ccl.own_device.own_device": {GOOD: 2},
    "ccl.too_large.too_large": {RAISED: 2},
    "ccl.unnamed.unnamed": {BROKEN: 2},
    "ccl.closes.closes": {GOOD: 2, BROKEN: 1},
    "ccl.fabric_at_import.fabric_at_import": {GOOD: 2},
    "ccl.opens_at_import.opens_at_import": {GOOD: 2},
    "ccl.keeps_open.keeps_open": {GOOD: 2},
    "ccl.leaves_default.leaves_default": {GOOD: 2},
    "fused.working_directory.working_directory": {GOOD: 3},
    "fused.environment.environment": {GOOD: 2},
    "fused.environment.unchanged": {GOOD: 1},
    "fused.ends_the_process.ends_the_process": {GOOD: 2, "fail_crash_hang crash": 1},
}
"""How the vectors of each module end: verdict, reason, and how many."""


def planned(sweeps: Path, workdir: Path) -> list[Vector]:
    """All vectors of a folder of modules, and its problems."""
    modules = find_modules(module_folder(sweeps=sweeps), import_seconds=60)
    process = WorkerProcess(mock_boards(KINDS["n300"], 1)[0], workdir)
    records = EqualVectors().unique(list_modules(modules, None, process))
    return list(Planner().plan(records, [KINDS["n300"]]))


def outcomes(vectors: Sequence[Vector], workdir: Path) -> Iterator[tuple[Vector, Verdict, Reason]]:
    """The end of each vector, at its first attempt; those of one device config run together, as in a sweep."""
    for vector in vectors:
        if vector.unrunnable is not None:
            concluded = conclude_unrunnable(vector.id, vector.unrunnable)
            yield vector, concluded.verdict, concluded.reason
    by_config: dict[DeviceConfig, list[Vector]] = {}
    for vector in vectors:
        if vector.unrunnable is None:
            by_config.setdefault(vector.device_config, []).append(vector)
    supervisor = Supervisor(mock_boards(KINDS["n300"], 1)[0], workdir, Limits(vector=60))
    try:
        for config, alike in by_config.items():
            by_id = {vector.id: vector for vector in alike}
            for report in supervisor.run(config, [each.encoded() for each in alike]):
                if isinstance(report, Outcome):
                    yield by_id[report.vector_id], report.verdict, report.reason
    finally:
        supervisor.close()


def endings(sweeps: Path, workdir: Path) -> dict[str, dict[str, int]]:
    """How the vectors of each module of a folder end."""
    counts: dict[str, Counter[str]] = {}
    for vector, verdict, reason in outcomes(planned(sweeps, workdir / "listing"), workdir / "board"):
        counts.setdefault(vector.operation, Counter())[f"{verdict.value} {reason.value}".strip()] += 1
    return {name: dict(count) for name, count in counts.items()}


def test_a_folder_laid_out_as_tt_metals_tree(tmp_path: Path) -> None:
    checkout = tmp_path / "tt-metal"
    shutil.copytree(TREE, checkout)
    assert endings(checkout / SWEEPS, tmp_path) == ENDINGS


ODD: Mapping[str, Mapping[str, int]] = {
    "o01_generator": {GOOD: 8},
    "o02_lambda": {GOOD: 3},
    "o03_class": {GOOD: 4},
    "o05_fixture_mesh": {RAISED: 2},
    "o06_fixture_toobig": {RAISED: 2},
    "o07_fixture_none": {GOOD: 3},
    "o08_ret_flat_list": {BROKEN: 1},
    "o08_ret_pcc_tuple": {GOOD: 1},
    "o09_inv_raises": {GOOD: 3, BROKEN: 1},
    "o13_xfail": {XFAIL: 3, GOOD: 1},
    "o14_traced_keys": {GOOD: 2},
    "o15_kwargs": {GOOD: 1},
    "o17_mutates": {GOOD: 3},
    "o18_zip_short": {GOOD: 2},
    "o19_strings": {GOOD: 5},
    "o21_import_devices": {GOOD: 2},
    "o22_closes": {GOOD: 3, BROKEN: 1},
    "o24_duphash": {GOOD: 1},
    "o27_cwd": {GOOD: 1},
}


def test_odd_modules_from_the_field(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data.parent / "cases" / "modules"
    if not folder.is_dir():
        pytest.skip(f"no odd modules at {folder}")
    if find_spec("torch") is None:
        pytest.skip("these modules need torch")
    assert endings(folder, tmp_path) == ODD
