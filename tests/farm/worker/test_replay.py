"""A call under the tracer, compared with the one that was traced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tracer.values import EnumMember, Lost, MemoryConfig, Placement, Struct, Tensor, Value

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
    from farm.worker.binding import bind
    from farm.worker.replay import Replay
    from tracer.signatures import overloads
    from tracer.values.versions import known_of

    replay = Replay()
    x = ttnn.zeros([32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=mock_mesh)
    replay.call(lambda: ttnn.add(x, 1.5, dtype=ttnn.float32, memory_config=ttnn.L1_MEMORY_CONFIG))

    def compared(traced: dict[str, Value], names: tuple[str, ...] = NAMES) -> list[str]:
        call = bind(traced, overloads(ttnn.add), names=names, known=known_of("ttnn.add"))
        changes: list[str] = replay.differences("ttnn.add", traced, call)
        return changes

    return compared


def test_a_call_is_the_same_by_position_by_name_and_with_nones(differences: Any) -> None:
    assert differences(TRACED) == []
    rest = {name: value for name, value in TRACED.items() if not name.startswith("arg")}
    assert differences({"input_tensor_a": X, "input_tensor_b": 1.5, **rest}) == []
    assert differences({**TRACED, "output_tensor": None}) == []
    assert differences({**TRACED, "output_tensor": None}, ()) == []


def test_what_a_trace_leaves_open_is_no_difference(differences: Any) -> None:
    assert differences({**TRACED, "output_tensor": ()}) == []
    assert differences({**TRACED, "dtype": Lost("{...}")}) == []
    unspread = replace(X, placement=None)
    assert differences({**TRACED, "arg0": unspread}) == []
    assert differences({**TRACED, "arg0": replace(X, storage="", memory=None, layout="")}) == []
    assert differences({**TRACED, "memory_config": Lost("<object>", "ttnn.MemoryConfig")}) == []
    other = replace(X, placement=Placement((1, 2), (1, 2), (None, 0)))
    (change,) = differences({**TRACED, "arg0": other})
    assert change.startswith("input_tensor_a: ")


def test_differences_are_named_by_argument(differences: Any) -> None:
    assert differences({**TRACED, "arg1": 2.5}) == ["input_tensor_b: 2.5 was traced, 1.5 ran"]
    other = {**TRACED, "dtype": EnumMember("DataType", "BFLOAT16")}
    assert differences(other) == ["dtype: DataType.BFLOAT16 was traced, DataType.FLOAT32 ran"]
    del other["memory_config"]
    assert differences(other)[1] == "memory_config: nothing was traced, MemoryConfig(L1_INTERLEAVED) ran"


MATMUL = "MatmulMultiCoreReuseProgramConfig"
FIELDS: tuple[tuple[str, Value], ...] = (("in0_block_w", 1), ("per_core_M", 2))
OLDER, NEWER = Struct(MATMUL, FIELDS), Struct(MATMUL, (*FIELDS, ("allowed_worker_cores", None)))


def replayed(ran: dict[str, Value], traced: dict[str, Value], call: Any) -> list[str]:
    """What differs between a call that ran and the traced one."""
    pytest.importorskip("ttnn")
    from farm.worker.replay import Replay

    replay = Replay()
    replay.arguments = ran
    return replay.differences("ttnn.matmul", traced, call)


@pytest.mark.parametrize(("traced", "ran"), [(OLDER, NEWER), (NEWER, OLDER), ((NEWER,), (OLDER,))])
def test_a_field_of_one_ttnn_alone_is_no_difference_if_it_holds_its_default(traced: Value, ran: Value) -> None:
    from farm.worker.binding import Call

    assert replayed({"config": ran}, {"config": traced}, Call((), {})) == []
    for field in (("allowed_worker_cores", 3), ("in0_block_w", 3), ("invented", None)):
        other = Struct(MATMUL, tuple({**dict(FIELDS), field[0]: field[1]}.items()))
        (text,) = replayed({"config": other}, {"config": OLDER}, Call((), {}))
        assert text.startswith("config: ")


def test_a_renamed_or_left_out_parameter_is_no_difference() -> None:
    from farm.worker.binding import bind
    from tracer.signatures import parse_overloads
    from tracer.values.versions import Default, Known

    overloads = parse_overloads("__call__(self, a: t.Tensor, b: float) -> t.Tensor\n")
    known = Known((), {"legacy": Default(True, "1.0")}.get)  # noqa: FBT003 - it is the value
    traced: dict[str, Value] = {"arg0": X, "arg1": 1.5, "legacy": True}
    call = bind(traced, overloads, names=("x", "b"), known=known)
    assert replayed({"a": X, "b": 1.5}, traced, call) == []
    assert replayed({"a": X, "b": 2.5}, traced, call) == ["b: 1.5 was traced, 2.5 ran"]
