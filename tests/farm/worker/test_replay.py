"""A call under the tracer, compared with the one that was traced."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.values import EnumMember, MemoryConfig, Placement, Tensor, Value

pytestmark = pytest.mark.ttnn
X = Tensor((32, 64), "BFLOAT16", "TILE", placement=Placement((1, 2), (2,), (None,)))
TRACED: dict[str, Value] = {
    "arg0": X,
    "arg1": 1.5,
    "dtype": EnumMember("DataType", "FLOAT32"),
    "memory_config": MemoryConfig(buffer="L1"),
}
NAMES = ("input_tensor_a", "input_tensor_b")


@pytest.fixture
def differences(mock_mesh: Any) -> Any:
    ttnn = pytest.importorskip("ttnn")
    from farm.worker.replay import Replay
    from tracer.signatures import overloads

    replay = Replay()
    x = ttnn.zeros([32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=mock_mesh)
    replay.call(ttnn.add, [x, 1.5], {"dtype": ttnn.float32, "memory_config": ttnn.L1_MEMORY_CONFIG})

    def compared(traced: dict[str, Value], names: tuple[str, ...] = NAMES) -> list[str]:
        changes: list[str] = replay.differences("ttnn.add", traced, names, overloads(ttnn.add))
        return changes

    return compared


def test_a_call_is_the_same_by_position_by_name_and_with_nones(differences: Any) -> None:
    assert differences(TRACED) == []
    rest = {name: value for name, value in TRACED.items() if not name.startswith("arg")}
    assert differences({"input_tensor_a": X, "input_tensor_b": 1.5, **rest}) == []
    assert differences({**TRACED, "output_tensor": None}) == []
    assert differences({**TRACED, "output_tensor": None}, ()) == []


def test_differences_are_named_by_argument(differences: Any) -> None:
    assert differences({**TRACED, "arg1": 2.5}) == ["input_tensor_b: 2.5 was traced, 1.5 ran"]
    other = {**TRACED, "dtype": EnumMember("DataType", "BFLOAT16")}
    assert differences(other) == ["dtype: DataType.BFLOAT16 was traced, DataType.FLOAT32 ran"]
    del other["memory_config"]
    assert differences(other)[1] == "memory_config: nothing was traced, MemoryConfig(L1_INTERLEAVED) ran"
