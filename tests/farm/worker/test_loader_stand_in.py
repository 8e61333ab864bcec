"""tt-metal's loaders in modules outside of a checkout and inside of one, in one process that lists them all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.worker_handle import WorkerProcess
from farm.core.module_loader import LoaderProvider, ModuleLoader
from farm.core.verdicts import Reason, Verdict
from farm.planning.module_listing import list_modules
from farm.planning.module_vectors import Planner
from farm.planning.vectors import Vector
from farm.sweeps.finding import find_modules, module_folder
from farm.sweeps.loader import MASTER_VARIABLE
from farm.sweeps.records import ImportedModule, ModuleProblem, Record
from farm.worker.loader_stand_in import _StandIns
from tests.farm.sweeps.small_master import ADDS, SIGMOIDS, write_small_master

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

V1 = "tests.sweep_framework.master_config_loader"
V2 = "tests.sweep_framework.master_config_loader_v2"

FOLDER = {
    "early.py": f"from {V1} import MasterConfigLoader, unpack_traced_config\n",
    "group/late.py": f"from {V2} import MasterConfigLoader, dict_to_memory_config, parse_dtype\n",
    "group/deeper/whole.py": f"import {V2} as loaders\nMasterConfigLoader = loaders.MasterConfigLoader\n",
    # its own `tests`, which is no package, comes before installed ones; a part that is missing is an ImportError
    "own_tests.py": (
        "from tests.shapes import SHAPES\n"
        f"from {V2} import MasterConfigLoader\n"
        "try:\n    from tests.sweep_framework.sweep_utils import utils\nexcept ImportError:\n    utils = None\n"
    ),
    "tests/shapes.py": "SHAPES = [(1, 1, 32, 32)]\n",
    "own.py": "from farm.sweeps import MasterConfigLoader\n",
    "plain.py": "MasterConfigLoader = None\n",
}
BODY = """
parameters = {"sample": {"input_a_shape": [(1, 1, 32, 32)]}}
if MasterConfigLoader is not None:
    traced = MasterConfigLoader().get_suite_parameters("add")
    nothing = MasterConfigLoader().get_suite_parameters("tanhh")
    if nothing:
        parameters["nothing"] = nothing
    if traced:
        parameters["model_traced"] = traced

def run(input_a_shape, *, device, **kwargs):
    return True, ""
"""
CHECKOUT = {
    "tests/sweep_framework/master_config_loader.py": """
class MasterConfigLoader:
    def get_suite_parameters(self, operation, suite_name="model_traced", all_cases=False):
        return {"input_a_shape": [(1, 1, 32, 32)]} if operation == "add" else {}
""",
    "tests/sweep_framework/master_config_loader_v2.py": f"""
import os
from tests.sweep_framework.master_config_loader import MasterConfigLoader
assert os.environ["{MASTER_VARIABLE}"]
""",
    "tests/sweep_framework/sweeps/early.py": f"from {V1} import MasterConfigLoader\n",
    "tests/sweep_framework/sweeps/late.py": "from master_config_loader_v2 import MasterConfigLoader\n",
}


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if path.parent.name == "tests" or path.stem.startswith("master") else text + BODY)


def records(tmp_path: Path, *places: Path) -> list[Record]:
    environment = {MASTER_VARIABLE: str(write_small_master(tmp_path / "master.json"))}
    folders = [module_folder(sweeps=place) for place in places]
    modules = [module for folder in folders for module in find_modules(folder, environment=environment)]
    return list(list_modules(modules, None, WorkerProcess(mock_boards(KINDS["n300"], 1)[0], tmp_path / "process")))


def loaders(listed: list[Record]) -> dict[str, list[ModuleLoader]]:
    return {each.module.name: list(each.loaders) for each in listed if isinstance(each, ImportedModule)}


def counts(listed: list[Record]) -> dict[str, int]:
    vectors = list(Planner().plan(listed, [KINDS["n300"]]))
    return {name: sum(vector.operation == name for vector in vectors) for name in loaders(listed)}


def test_farms_loader_stands_in_outside_of_a_checkout(tmp_path: Path) -> None:
    write(tmp_path / "modules", FOLDER)
    listed = records(tmp_path, tmp_path / "modules")
    master = str(tmp_path / "master.json")
    untraced = (f"{master}: no operation 'tanhh' among the 2 there are; `farm ops` lists them",)
    by_name = {
        name: ModuleLoader(name, LoaderProvider.FARM, (master,), untraced=untraced) for name in (V1, V2, "farm.sweeps")
    }
    assert loaders(listed) == {
        "early": [by_name[V1]],
        "group.deeper.whole": [by_name[V2]],
        "group.late": [by_name[V2]],
        "own": [by_name["farm.sweeps"]],
        "own_tests": [by_name[V2]],
        "plain": [],
    }
    assert counts(listed) == {**dict.fromkeys(loaders(listed), 1 + ADDS), "plain": 1}
    assert not any(isinstance(each, ModuleProblem) for each in listed)


def test_missing_packages_are_wherever_the_path_has_a_part_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = _StandIns()
    spec = finder.find_spec("tests.sweep_framework", [])
    assert spec is not None
    folders = spec.submodule_search_locations
    assert folders is not None
    assert list(folders) == []
    (tmp_path / "tests" / "sweep_framework").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    assert list(folders) == [str(tmp_path / "tests" / "sweep_framework")]
    assert finder.find_spec("tests.shapes", []) is None
    with pytest.raises(ModuleNotFoundError, match="name a checkout that has it: --tt-metal DIR"):
        finder.find_spec("tests.sweep_framework.sweep_utils", [])


def test_a_checkout_has_its_own_loaders(tmp_path: Path) -> None:
    write(tmp_path / "tt-metal", CHECKOUT)
    listed = records(tmp_path, tmp_path / "tt-metal" / "tests" / "sweep_framework" / "sweeps")
    assert loaders(listed) == {
        "early": [ModuleLoader(V1, LoaderProvider.TT_METAL, ignores_master=True)],
        "late": [ModuleLoader("master_config_loader_v2", LoaderProvider.TT_METAL)],
    }
    assert counts(listed) == {"early": 2, "late": 2}


def guide_blocks(guide: Path) -> list[str]:
    """The guide's Python that loads traced configurations."""
    blocks = re.findall(r"^```python\n(.*?)^```", guide.read_text(), re.DOTALL | re.MULTILINE)
    return [block for block in blocks if "get_suite_parameters" in block]


def ran(tmp_path: Path, vectors: list[Vector]) -> list[tuple[Verdict, str]]:
    process = WorkerProcess(mock_boards(KINDS["n300"], 1)[0], tmp_path / "run")
    process.start()
    process.open(vectors[0].device_config, 30)
    outcomes = [outcome for each in vectors for outcome in process.run([each.encoded()], 20)]
    process.close()
    return [(outcome.verdict, outcome.message) for outcome in outcomes]


def test_the_guides_examples_run_word_for_word(tmp_path: Path, shared_data: Path) -> None:
    """Each gets what the guide leaves to the reader: `import ttnn`, an operation's name, and the rest of `run()`."""
    guide = shared_data.parent / "reference" / "guide.md"
    if not guide.is_file():
        pytest.skip(f"no guide at {guide}")
    unary, binary, simple = guide_blocks(guide)
    rest = "    return True, f'{input_shape} {input_a_dtype}'\n"
    run = "\ndef run(input_shape, *, device):\n    return True, ''\n"
    sources = {
        "unary": unary.replace("your_operation_name", "sigmoid_accurate") + rest,
        "unchanged": unary + rest,
        "binary": binary + rest,
        "simple": simple.replace("your_op", "sigmoid_accurate") + run,
    }
    (tmp_path / "guide").mkdir()
    for name, source in sources.items():
        (tmp_path / "guide" / f"{name}.py").write_text(f"import ttnn\n{source}")
    listed = records(tmp_path, tmp_path / "guide")
    [nothing] = [each for each in listed if isinstance(each, ModuleProblem)]
    assert nothing.reason is Reason.NO_VECTORS
    assert "none of its suites has a vector; " in nothing.message
    assert "no operation 'your_operation_name'" in nothing.message
    assert counts(listed) == {"unary": SIGMOIDS, "unchanged": 1, "binary": ADDS, "simple": SIGMOIDS}
    assert [[each.name for each in used] for used in loaders(listed).values()] == [[V1]] * 4
    vectors = list(Planner().plan(listed, [KINDS["n300"]]))
    answers = ran(tmp_path, [each for each in vectors if each.operation in ("unary", "binary")])
    assert [verdict for verdict, _ in answers] == [Verdict.VALIDATED] * (SIGMOIDS + ADDS)
    assert any("BFLOAT16" in message for _, message in answers)


def test_cases_from_the_field(tmp_path: Path, shared_data: Path) -> None:
    """Each with tt-metal's import and with farm's."""
    cases = shared_data.parent / "cases"
    if not cases.is_dir():
        pytest.skip(f"no cases at {cases}")
    listed = records(tmp_path, cases / "25_absent_keys", cases / "27_no_suites")
    problems = [each for each in listed if isinstance(each, ModuleProblem)]
    assert [each.reason for each in problems] == [Reason.NO_VECTORS] * 2
    for each in problems:
        assert "no operation 'scale_causal_mask_hw_dims_softmax_in_place'" in each.message
    vectors = [each for each in Planner().plan(listed, [KINDS["n300"]]) if each.unrunnable is None]
    assert [vector.suite for vector in vectors] == ["model_traced_sample"] * 4
    sample = [(Verdict.VALIDATED, "absent ['dtype']"), (Verdict.VALIDATED, "absent ['activation', 'dtype']")]
    assert ran(tmp_path, vectors) == sample * 2
