"""Sweep modules of a checkout of tt-metal, through a real worker on a mock board."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.worker_handle import WorkerProcess
from farm.core.verdicts import Verdict
from farm.planning.module_listing import list_modules
from farm.planning.module_vectors import Planner
from farm.sweeps.finding import find_modules, module_folder

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

CHECKOUT = {
    "tests/sweep_framework/sweep_utils/__init__.py": "",
    "tests/sweep_framework/sweep_utils/utils.py": "def gen_shapes(): return [[1, 1, 32, 32], [1, 1, 64, 32]]\n",
    "tests/ttnn/utils_for_testing.py": "def check_with_pcc(*_): return False, '0.0'\n",
    "models/utility_functions.py": "def torch_random(shape, *_): return shape\n",
    "tests/sweep_framework/sweeps/eltwise/unary/relu/relu.py": """
import os
import ttnn
from models.utility_functions import torch_random
from sweep_utils.utils import gen_shapes as same
from tests.sweep_framework.sweep_utils.utils import gen_shapes
from tests.ttnn.utils_for_testing import check_with_pcc
assert os.path.isdir("models")
parameters = {"nightly": {"shape": gen_shapes()}}
def run(shape, *, device):
    assert os.path.samefile(os.environ["TT_METAL_HOME"], ".") and os.path.isdir("models")
    ttnn.relu(ttnn.empty(torch_random(shape), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device))
    return check_with_pcc(None, None)
""",
}


def test_a_checkout_of_tt_metal(tmp_path: Path) -> None:
    """Its `tests` and `models` are no packages: those that are installed, as this project's own, must not hide them."""
    for name, text in CHECKOUT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    process = WorkerProcess(mock_boards(KINDS["n300"], 1)[0], tmp_path / "process")
    modules = find_modules(module_folder(sweeps=tmp_path / "tests/sweep_framework/sweeps/eltwise"), ["unary"])
    assert modules[0].home == tmp_path
    modules = find_modules(module_folder(tt_metal=tmp_path), ["eltwise.unary"])
    vectors = list(Planner().plan(list_modules(modules, None, process), [KINDS["n300"]]))
    assert [(vector.operation, vector.unrunnable) for vector in vectors] == [("eltwise.unary.relu.relu", None)] * 2
    process.start()
    process.open(vectors[0].device_config, 30)
    outcomes = list(process.run([vector.encoded() for vector in vectors], 20))
    process.close()
    assert {outcome.verdict for outcome in outcomes} == {Verdict.VALIDATED}, outcomes
    assert not (tmp_path / "generated").exists()
