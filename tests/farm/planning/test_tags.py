"""Sweeps by tag: the plan has what the models of a tag use, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from farm.core.errors import NothingSelected
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason
from farm.planning.module_records import selected_modules
from farm.planning.sweep_plan import plan_sweep
from farm.sweeps.loader import MASTER_VARIABLE
from tracer.errors import UnknownOperation
from tracer.master.master import Master
from tracer.values import Tensor
from tracer.values.configuration import Configuration, Execution
from tracer.values.zoo_model import ZooModel

MODELS = {"ttnn.relu": ZooModel(("lead", "vision")), "ttnn.silu": ZooModel(("vision",)), "ttnn.gelu": ZooModel()}


@pytest.fixture
def master(tmp_path: Path) -> Path:
    Master.of(
        Configuration(
            operation,
            {"arg0": Tensor((32, 32), "BFLOAT16", "TILE")},
            executions=[Execution("t.py::test", {"board_type": "Wormhole"}, 1, zoo={operation: model})],
        )
        for operation, model in MODELS.items()
    ).write(tmp_path / "master.json")
    return tmp_path / "master.json"


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize(
    ("tags", "operations"),
    [
        ([], ["ttnn.gelu", "ttnn.relu", "ttnn.silu"]),
        (["lead"], ["ttnn.relu"]),
        (["vision"], ["ttnn.relu", "ttnn.silu"]),
        (["lead,vision"], ["ttnn.relu", "ttnn.silu"]),
    ],
)
def test_a_tag_selects_vectors(master: Path, tags: list[str], operations: list[str], *, verify: bool) -> None:
    spec = SweepSpec.of(master=master, tags=tags, boards="fake:n300")
    planned = plan_sweep(spec, verify=verify)
    assert [vector.operation for vector in planned.vectors] == operations
    assert plan_sweep(planned.spec, verify=verify).vectors == planned.vectors


def test_a_tag_that_selects_nothing_is_named(master: Path) -> None:
    def plan(*operations: str, tag: str) -> None:
        plan_sweep(SweepSpec.of(operations, master=master, tags=[tag], boards="fake:n300"))

    with pytest.raises(
        NothingSelected, match=r"--tag led: no model in .*master.json has this tag; tags are lead, vision"
    ):
        plan(tag="led")
    with pytest.raises(NothingSelected, match="--op silu: no model with the tag lead uses ttnn.silu"):
        plan("relu", "silu", tag="lead")
    with pytest.raises(UnknownOperation, match="no operation 'sillu'; nearest: ttnn.silu"):
        plan("sillu", tag="lead")


def test_modules_get_that_part_of_the_master(master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an operation that no such model uses, there are no configurations: its module is not at fault."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "m.py").write_text("def run(): ...")
    spec = SweepSpec.of(sweeps=tmp_path, master=master, tags=["lead"])
    [module] = selected_modules(spec)
    part = Master.read(module.environment[MASTER_VARIABLE])
    assert {name: len(each) for name, each in part.configurations.items()} == {
        "ttnn.relu": 1,
        "ttnn.silu": 0,
        "ttnn.gelu": 0,
    }
    assert spec.suites == ("model_traced",)
    assert selected_modules(spec) == [module]


def test_what_can_not_be_read_is_planned_unless_it_was_seen_elsewhere(tmp_path: Path) -> None:
    def configuration(size: object, **where: object) -> dict[str, object]:
        return {"arguments": [{"arg0": {"Shape": size}}], **where}

    def of(source: str, *tags: str) -> dict[str, object]:
        return {"executions": [{"source": source, "count": 1, "zoo": {source: {"tags": list(tags)}}}]}

    operations = {
        "ttnn.relu": [configuration([1, 2], **of("a.py::t", "lead")), configuration("no", **of("a.py::t", "lead"))],
        "ttnn.silu": [configuration("no", **of("b.py::t", "other"))],
        "ttnn.gelu": [configuration("no", executions="no")],
    }
    path = tmp_path / "master.json"
    path.write_text(json.dumps({"operations": {name: {"configurations": each} for name, each in operations.items()}}))
    for spec in (SweepSpec.of(master=path, models=["a.py"]), SweepSpec.of(master=path, tags=["lead"])):
        planned = plan_sweep(spec.updated(boards="fake:n300"))
        broken = [each for each in planned.vectors if each.unrunnable and not each.content_hash]
        assert [(each.operation, each.sources) for each in broken] == [("ttnn.relu", ("a.py::t",)), ("ttnn.gelu", ())]
        assert {each.unrunnable.reason for each in broken if each.unrunnable} == {Reason.BROKEN_CONFIGURATION}
        assert len(planned.vectors) == 3
        assert [note for note in planned.notes if note.endswith("selected ones: 1")]
    [vector] = plan_sweep(SweepSpec.of(["silu"], master=path, models=["b.py"], boards="fake:n300")).vectors
    assert vector.sources == ("b.py::t",)
    with pytest.raises(NothingSelected, match="--op relu: no model named b.py uses ttnn.relu"):
        plan_sweep(SweepSpec.of(["relu"], master=path, models=["b.py"], boards="fake:n300"))


@pytest.mark.parametrize("text", ["relu.py", "m/*::test_relu", "relu*test"])
def test_a_text_selects_by_model(tmp_path: Path, text: str) -> None:
    path = tmp_path / "models.json"
    Master.of(
        Configuration(
            f"ttnn.{name}",
            {"arg0": Tensor((32, 32), "BFLOAT16", "TILE")},
            executions=[Execution(f"m/{name}.py::test_{name}", None, 1)],
        )
        for name in ("relu", "gelu")
    ).write(path)
    planned = plan_sweep(SweepSpec.of(master=path, models=[text], boards="fake:n300"))
    assert [vector.operation for vector in planned.vectors] == ["ttnn.relu"]
    assert plan_sweep(planned.spec).vectors == planned.vectors
    with pytest.raises(NothingSelected, match="--model silu.py: no source in .*models.json contains this text"):
        plan_sweep(SweepSpec.of(master=path, models=["silu.py"], boards="fake:n300"))
    with pytest.raises(NothingSelected, match="--op gelu: no model named relu uses ttnn.gelu"):
        plan_sweep(SweepSpec.of(["gelu"], master=path, models=["relu"], boards="fake:n300"))
