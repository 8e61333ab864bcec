"""Planning: one vector for each configuration, none dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from farm.board.kinds import KINDS
from farm.core.errors import NothingSelected
from farm.core.payload import TracedCall, Unreadable
from farm.core.verdicts import Reason
from farm.planning.vectors import plan
from tracer.device_config import DeviceConfig
from tracer.errors import UnknownOperation
from tracer.master.master import Master, shipped
from tracer.master.queries import Filter
from tracer.value_statistics import ValueStatistics

TENSOR = {
    "type": "ttnn.Tensor",
    "original_shape": [1, 1, 32, 32],
    "original_dtype": "DataType.BFLOAT16",
    "layout": "Layout.TILE",
    "storage_type": "StorageType.DEVICE",
    "memory_config": {"memory_layout": "TensorMemoryLayout.INTERLEAVED", "buffer_type": "BufferType.DRAM"},
}


def master(**operations: list[Any]) -> Master:
    return Master.parse({"operations": {f"ttnn.{name}": {"configurations": raw} for name, raw in operations.items()}})


def test_one_vector_for_each_configuration_the_same_or_not() -> None:
    one, other = {"arguments": {"arg0": TENSOR}}, {"arguments": {"arg0": TENSOR, "arg1": 2}}
    vectors = plan(master(add=[one, other, one], relu=[one]))
    assert [vector.operation for vector in vectors] == ["ttnn.add"] * 3 + ["ttnn.relu"]
    assert len({vector.id for vector in vectors}) == 4
    assert vectors[2].id == f"{vectors[0].id}-2"
    assert vectors[0].content_hash == vectors[2].content_hash


def test_a_broken_configuration_is_planned_and_says_why() -> None:
    broken = {"arguments": {"arg0": {**TENSOR, "original_shape": "no shape"}}}
    vectors = plan(master(add=[{"arguments": {"arg0": TENSOR}}, broken]))
    assert [vector.unrunnable is None for vector in vectors] == [True, False]
    unrunnable = vectors[1].unrunnable
    assert unrunnable is not None
    assert unrunnable.reason is Reason.BROKEN_CONFIGURATION
    assert "ttnn.add" in unrunnable.message
    assert "arg0" in unrunnable.message


@pytest.mark.parametrize("verify", [False, True])
def test_every_call_of_a_plan_says_whether_to_verify_its_trace(*, verify: bool) -> None:
    broken = {"arguments": {"arg0": {**TENSOR, "original_shape": "no shape"}}}
    call, unreadable = plan(master(add=[{"arguments": {"arg0": TENSOR}}, broken]), verify=verify)
    assert isinstance(call.payload, TracedCall)
    assert call.payload.verify is verify
    assert isinstance(unreadable.payload, Unreadable)


def test_operations_are_selected_by_name() -> None:
    both = master(add=[{"arguments": {"arg0": TENSOR}}], relu=[{"arguments": {"arg0": TENSOR}}])
    assert [vector.operation for vector in plan(both, ["relu"])] == ["ttnn.relu"]
    assert len(plan(both, ["add", "ttnn::add", "ttnn.relu"])) == 2
    with pytest.raises(UnknownOperation, match="relu"):
        plan(both, ["relo"])


def test_an_empty_master_selects_nothing() -> None:
    with pytest.raises(NothingSelected, match="farm trace"):
        plan(master())


def test_a_vector_that_no_board_can_run_says_so_in_the_plan() -> None:
    config = {"mesh_shape": [4, 8]}
    galaxy = {"arguments": {"arg0": TENSOR}, "executions": [{"source": "m", "device_config": config}]}
    (vector,) = plan(master(add=[galaxy]), kinds=[KINDS["n300"]])
    assert vector.unrunnable is not None
    assert vector.unrunnable.reason is Reason.UNSATISFIABLE
    assert "4 x 8" in vector.unrunnable.message
    assert not vector.device_config_inferred
    (vector,) = plan(master(add=[galaxy]), kinds=[KINDS["n300"], KINDS["galaxy"]])
    assert vector.kinds == {"galaxy"}


def test_a_trace_on_one_product_leaves_another_its_own_device_config() -> None:
    def seen(series: str, **config: str) -> dict[str, Any]:
        machine = {"board_type": "any", "device_series": series, "card_count": 1}
        return {"source": "m", "machine_info": machine, "device_config": {"mesh_shape": [1, 1], **config}}

    executions = [seen("n300", dispatch_core_type="ETH"), seen("p150b")]
    one = {"arguments": {"arg0": TENSOR}, "executions": executions}
    [vector] = plan(master(add=[one]), kinds=[KINDS["n300"], KINDS["p150"]])
    assert vector.config_for("n300").dispatch_core_type == "ETH"
    assert vector.config_for("p150").dispatch_core_type is None
    [vector] = plan(master(add=[{**one, "executions": executions[:1]}]), kinds=[KINDS["p150"]])
    assert vector.unrunnable is None
    assert vector.device_config == DeviceConfig()
    assert not vector.device_config_inferred
    assert isinstance(vector.payload, TracedCall)
    assert vector.payload.openings == tuple(each.as_json() for each in vector.openings), (
        "so that a resumed run is planned alike"
    )


def test_a_call_says_which_architectures_its_output_is_of() -> None:
    wormhole, blackhole = ({"source": "m", "machine_info": {"board_type": name}} for name in ("Wormhole", "Blackhole"))
    for executions, archs in (
        ([wormhole], ("wormhole_b0",)),
        ([wormhole, blackhole], ("blackhole", "wormhole_b0")),
        ([wormhole, {"source": "m"}], ()),
    ):
        for output in (TENSOR, None):
            one = {"arguments": {"arg0": TENSOR}, "executions": executions, "output": output}
            [vector] = plan(master(add=[one]))
            assert isinstance(vector.payload, TracedCall)
            assert vector.payload.output_archs == (archs if output else ())


def test_a_call_has_the_statistics_of_the_traced_numbers() -> None:
    one = {"count": 10, "minimum": -1, "maximum": 3, "mean": 0.5}
    other = {"count": 10, "minimum": 0, "maximum": 5, "mean": 1.5, "nans": 0.5}
    seen = [
        {"source": "a.py", "value_statistics": {"arg0": one, "arg1": {"count": 0}}},
        {"source": "b.py", "value_statistics": {"arg0": other}},
    ]
    [vector] = plan(master(add=[{"arguments": {"arg0": TENSOR, "arg1": TENSOR}, "executions": seen}]))
    [plain] = plan(master(add=[{"arguments": {"arg0": TENSOR, "arg1": TENSOR}}]))
    assert isinstance(vector.payload, TracedCall)
    assert vector.payload.statistics == {"arg0": ValueStatistics(20, -1, 5, 0.833333333, nans=0.25)}
    assert vector.id == plain.id


def test_what_was_traced_on_a_product_runs_on_it() -> None:
    traced = Filter(board="p150")
    vectors = plan(Master.read(shipped()), kinds=[KINDS["p150"]])
    runnable = {vector.content_hash for vector in vectors if vector.unrunnable is None}
    assert {each.content_hash for each in Master.read(shipped()) if traced.takes(each)} <= runnable


def test_the_real_master_is_planned_whole(shared_data: Path) -> None:
    vectors = plan(Master.read(shared_data / "master_n300_2025-11_v1.json"), kinds=[KINDS["n300"]])
    assert len(vectors) == len({vector.id for vector in vectors}) == 555
    assert all(vector.unrunnable is None for vector in vectors)
    assert all(vector.device_config_inferred for vector in vectors)
    assert len({vector.device_config for vector in vectors}) == 3, "plain, with small L1, and a mesh of both chips"


def test_shards_over_dram_banks_need_the_board_of_the_trace() -> None:
    [vector] = [
        each
        for each in plan(Master.read(shipped()), ["linear"], [KINDS["n300"]])
        if isinstance(each.payload, TracedCall) and each.payload.archs == ("blackhole",)
    ][:1]
    assert vector.unrunnable is not None
    assert vector.unrunnable.reason is Reason.UNSATISFIABLE
    assert "of Blackhole" in vector.unrunnable.message
