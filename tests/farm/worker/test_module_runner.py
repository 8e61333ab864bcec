"""Every measurement of every kind of module, on an open mock mesh, and what its assertions come to there."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from farm.core.measures import MODES
from farm.core.outcome import Outcome
from farm.core.payload import ModuleVector
from farm.core.sweep_module import SweepModule
from farm.core.verdicts import Reason, Verdict
from farm.sweeps.values import encode
from tests.farm.worker import opened_mesh

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

from farm.worker.module_devices import ModuleDevices
from farm.worker.module_runner import ModuleRunner
from farm.worker.open_board import OpenBoard

HEAD = """
import ttnn
from tests.farm.worker.opened_mesh import mesh

parameters = {"nightly": {"way": ["good"]}}
"""
RUN = """
def run(way, *, device):
    device = device or mesh
    x = ttnn.ones([1, 1, 32, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    y = ttnn.neg(x)
    if way == "numbers":
        first, *_ = ttnn.get_device_tensors(y)
        assert first.cpu().to_list()[0][0][0][0] == -1.0, "PCC"
    assert way != "size", y.shape
    return [(y.shape[-1] == 32, "1.0"), 3_000_000]
"""
NO_TIME = RUN.replace('[(y.shape[-1] == 32, "1.0"), 3_000_000]', 'y.shape[-1] == 32, "1.0"')
ONCE = RUN.replace("    device = device or mesh", "    globals().pop('parameters')\n    device = device or mesh")
MESH_FIXTURE = 'def mesh_device_fixture():\n    yield mesh, "n300 (1 x 2)"\n'
NO_DEVICE_FIXTURE = 'def mesh_device_fixture():\n    yield None, "opened in run"\n'

NO_DEVICE_PERF = "device perf not available: a mock board runs nothing"
PERF = {"e2e_perf_ms": 3.0, "e2e_perf_warm_ms": 3.0}
CACHES = {"e2e_perf_uncached_ms": 3.0, "e2e_perf_cached_ms": 3.0}


class Modules:
    """Runs vectors of modules that a test writes."""

    def __init__(self, folder: Path, device: Any) -> None:
        self.folder = folder
        self.device = device
        self.number = 0

    def run(self, text: str, *modes: str, way: str = "good", suite: str = "nightly") -> Outcome:
        """Run the only vector of a module with this text."""
        self.number += 1
        file = self.folder / f"module_{self.number}.py"
        file.write_text(textwrap.dedent(text))
        module = SweepModule(f"module_{self.number}", file)
        vector = ModuleVector("v", module, suite, values={"way": encode(way)}, modes=modes)
        devices = ModuleDevices()
        board = OpenBoard(devices, lambda _device: None)
        board.device = self.device
        devices.open_board(self.device)
        self.runner = ModuleRunner(computes=False, devices=devices)
        return self.runner.run(vector, None if "mesh_device_fixture" in text else board)


@pytest.fixture
def modules(tmp_path: Path, mock_mesh: Any, monkeypatch: pytest.MonkeyPatch) -> Modules:
    monkeypatch.setattr(opened_mesh, "mesh", mock_mesh)
    return Modules(tmp_path, mock_mesh)


@pytest.mark.parametrize("fixture", ["", MESH_FIXTURE, NO_DEVICE_FIXTURE], ids=["none", "mesh", "without device"])
@pytest.mark.parametrize("mode", MODES)
def test_each_measurement_of_each_kind_of_module(modules: Modules, fixture: str, mode: str) -> None:
    outcome = modules.run(HEAD + fixture + RUN, mode)
    assert (outcome.verdict, outcome.message) == (Verdict.VALIDATED, "1.0")
    opens_itself = fixture == NO_DEVICE_FIXTURE
    if mode == "memory":
        assert ("peak_l1_memory_per_core_bytes" in outcome.metrics) is not opens_itself
        assert outcome.measuring_notes == ("memory not available: the module opens the board itself",) * opens_itself
    else:
        assert outcome.metrics == {"perf": PERF, "perf_with_cache": CACHES, "device_perf": {}}[mode]
        first_cached = ("the first run may find cached programs: the module opens the board itself",) * opens_itself
        notes = {"perf": (), "perf_with_cache": first_cached, "device_perf": (NO_DEVICE_PERF,)}
        assert outcome.measuring_notes == notes[mode]


def test_what_is_missing_is_said(modules: Modules) -> None:
    without_time = modules.run(HEAD + NO_TIME, "perf")
    assert (without_time.verdict, without_time.metrics) == (Verdict.VALIDATED, {})
    assert without_time.measuring_notes == ("perf not available: run() returned no time",)
    once = modules.run(HEAD + ONCE, "perf")
    assert (once.verdict, once.metrics) == (Verdict.VALIDATED, {"e2e_perf_ms": 3.0})
    assert once.measuring_notes == ("perf not available: a second run raised: KeyError: 'parameters'",)


@pytest.mark.parametrize(
    ("way", "suite", "verdict"),
    [
        ("numbers", "nightly", Verdict.VALIDATED),
        ("numbers", "xfail", Verdict.VALIDATED),
        ("size", "nightly", Verdict.FAIL_ASSERT_EXCEPTION),
        ("size", "xfail", Verdict.XFAIL),
    ],
)
def test_assertions_on_a_board_that_computes_nothing(modules: Modules, way: str, suite: str, verdict: Verdict) -> None:
    outcome = modules.run(HEAD + RUN, "memory", way=way, suite=suite)
    assert outcome.verdict is verdict
    not_compared = "not compared, since a mock board computes no numbers; the module said: AssertionError: PCC"
    assert (outcome.message == not_compared) is (way == "numbers")


FIXTURE = """
def mesh_device_fixture():
    {before}
    yield mesh, "n300 (1 x 2)"
    {after}
"""


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "SystemExit(3)", "GeneratorExit", "BaseException('words')"])
def test_whatever_a_fixture_raises_is_its_own(modules: Modules, raised: str, capfd: pytest.CaptureFixture[str]) -> None:
    before = modules.run(HEAD + FIXTURE.format(before=f"raise {raised}", after="pass") + RUN)
    assert (before.verdict, before.reason) == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION)
    after = modules.run(HEAD + FIXTURE.format(before="pass", after=f"raise {raised}") + RUN)
    assert after.verdict is Verdict.VALIDATED
    modules.runner.close()
    assert "raised after its yield" in capfd.readouterr().err
