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

MEBIBYTE = 1 << 20
MEMORY = MemoryConfig("INTERLEAVED", "L1")
HALF_A_GIGABYTE = Tensor((1, 1, 16384, 16384), "BFLOAT16", "TILE", memory=MEMORY)
TOO_MUCH_DRAM = [
    Tensor(shape, "BFLOAT16", "TILE", memory=MemoryConfig("INTERLEAVED", "DRAM"))
    for shape in ((1, 1, 131072, 1), (1, 1, 1, 65536))
]
"""Two small tensors whose sum has 16 GiB, of the 12 GiB of a Wormhole chip."""
SMALL = Tensor((1, 1, 32, 32), "BFLOAT16", "TILE", memory=MEMORY)
ON_TWO = Tensor((1, 1, 32, 32), "BFLOAT16", "TILE", placement=Placement((1, 2), (2,), (None,)))


def test_a_fit_on_two_kinds(tmp_path: Path, farm: Farm) -> None:  # noqa: F811 - the fixture
    Master.of(
        Configuration(
            f"ttnn.{operation}",
            {f"arg{place}": tensor for place, tensor in enumerate(tensors)},
            executions=[Execution(f"m/{name}.py::test", None, 1)],
        )
        for name, operation, tensors in (
            ("large", "relu", [HALF_A_GIGABYTE]),
            ("small", "relu", [SMALL]),
            ("two", "relu", [ON_TWO]),
            ("dram", "add", TOO_MUCH_DRAM),
        )
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
        "m/dram.py::test": ("dram", "dram"),
    }
    bank = 8 * MEBIBYTE - on["m/large.py::test"]["n150"]["missing_bytes"]  # of 64 banks
    assert MEBIBYTE < bank < 1.5 * MEBIBYTE, "a core has 1.5 MiB, of which the firmware keeps a part"
    tiles = -(-131072 * 65536 // 1024 // 12)  # of 2 KiB, in a bank
    bank = tiles * 2048 - on["m/dram.py::test"]["n150"]["missing_bytes"]
    assert 1000 * MEBIBYTE < bank < 1024 * MEBIBYTE, "a bank has a GiB"
    assert on["m/small.py::test"]["n150"]["peak_l1_bytes"] > 0
    assert (tmp_path / "out" / "fit.html").is_file()


def test_a_case_from_the_field(tmp_path: Path, farm: Farm, shared_cases: Path) -> None:  # noqa: F811 - the fixture
    master = shared_cases / "14_conv_l1_overflow" / "master.json"
    code, out, error = farm(
        *("fit", "--master", str(master), "--kinds", "n150,p150", "--require", "p150", "--json"),
        *("--out", str(tmp_path / "out")),
    )
    assert code == ExitCode.GOOD, error
    [relu] = json.loads(out)["configurations"]
    assert {kind: on["fit"] for kind, on in relu["kinds"].items()} == {"n150": "l1", "p150": "accepted"}
    assert 52_760_576 // 64 > relu["kinds"]["n150"]["missing_bytes"] > 0, "its input fits, its output doesn't"
