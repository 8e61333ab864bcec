"""`farm fit` with the real ttnn on mock boards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from farm.core.errors import ExitCode
from tests.farm.cli.test_report import Farm, farm  # noqa: F401 - a fixture
from tracer.master.master import Master
from tracer.values import MemoryConfig, Placement, Tensor
from tracer.values.configuration import Configuration, Execution

pytest.importorskip("ttnn")

MEMORY = MemoryConfig("INTERLEAVED", "L1")
GIGABYTE = Tensor((1, 1, 16384, 16384), "BFLOAT16", "TILE", memory=MEMORY)
SMALL = Tensor((1, 1, 32, 32), "BFLOAT16", "TILE", memory=MEMORY)
ON_TWO = Tensor((1, 1, 32, 32), "BFLOAT16", "TILE", placement=Placement((1, 2), (2,), (None,)))


def test_a_fit_on_two_kinds(tmp_path: Path, farm: Farm) -> None:  # noqa: F811 - the fixture
    Master.of(
        Configuration("ttnn.relu", {"arg0": tensor}, executions=[Execution(f"m/{name}.py::test", None, 1)])
        for name, tensor in (("large", GIGABYTE), ("small", SMALL), ("two", ON_TWO))
    ).write(tmp_path / "master.json")
    code, _, error = farm(
        *("fit", "--master", str(tmp_path / "master.json"), "--kinds", "n150,n300"),
        *("--require", "n300", "--out", str(tmp_path / "out")),
    )
    assert code == ExitCode.TEST_FAILED, error
    raw = json.loads((tmp_path / "out" / "fit.json").read_text(encoding="utf-8"))
    on = {each["sources"][0]: each["kinds"] for each in raw["configurations"]}
    assert {name: (kinds["n150"]["fit"], kinds["n300"]["fit"]) for name, kinds in on.items()} == {
        "m/large.py::test": ("l1", "l1"),
        "m/small.py::test": ("accepted", "accepted"),
        "m/two.py::test": ("mesh", "accepted"),
    }
    assert on["m/large.py::test"]["n150"]["missing_bytes"] > 0
    assert on["m/small.py::test"]["n150"]["peak_l1_bytes"] > 0
    assert (tmp_path / "out" / "fit.html").is_file()
