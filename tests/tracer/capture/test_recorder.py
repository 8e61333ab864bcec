"""Capture on a real mock mesh, in this process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tracer.capture.excluded import EXCLUDED, excluded_operations
from tracer.capture.recorder import Capture, _device_of
from tracer.formats.journal import Journal, read_journal
from tracer.values import EnumMember, Handle, Lost, MemoryConfig, Placement, Tensor
from tracer.values.configuration import Configuration
from tracer.values.keys import safe_keys

pytestmark = pytest.mark.ttnn
EVERYWHERE = Placement((1, 2), (2,), (None,))
X = Tensor((32, 64), "BFLOAT16", "TILE", placement=EVERYWHERE)


class Traced:
    """A capture of one test, and what it wrote."""

    def __init__(self, path: Path, leave_out: frozenset[str] = EXCLUDED) -> None:
        self.path = path
        self.capture = Capture(path, leave_out)
        self.stopped = False

    def __enter__(self) -> Traced:
        self.capture.start()
        self.capture.begin("test")
        return self

    def __exit__(self, *_: object) -> None:
        if not self.stopped:
            self.stopped = True
            self.capture.end("test", "passed")
            self.capture.finish(0)
            self.capture.stop()

    @property
    def journal(self) -> Journal:
        """What was traced; asking for it ends the tracing."""
        self.__exit__()
        return read_journal(self.path)

    @property
    def configurations(self) -> list[Configuration]:
        return list(self.journal.configurations())

    @property
    def counts(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        for each in self.configurations:
            counted[each.operation] = counted.get(each.operation, 0) + (each.executions[0].count or 0)
        return counted


@pytest.fixture
def traced(tmp_path: Path, mock_mesh: Any) -> Iterator[Traced]:
    with Traced(tmp_path / "trace") as started:
        yield started


@pytest.fixture
def ttnn(mock_mesh: Any) -> Any:
    return pytest.importorskip("ttnn")


@pytest.fixture
def x(ttnn: Any, mock_mesh: Any) -> Any:
    return ttnn.zeros.function([32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=mock_mesh)


def test_a_torch_tensor_is_on_no_device_of_ttnn() -> None:
    torch = pytest.importorskip("torch")
    assert _device_of([torch.zeros(2), [torch.zeros(2)]]) is None


def test_arguments_by_position_and_by_name_and_the_output(ttnn: Any, traced: Traced, x: Any) -> None:
    ttnn.add(x, 1.5, dtype=ttnn.float32, memory_config=ttnn.L1_MEMORY_CONFIG)
    (configuration,) = traced.configurations
    assert configuration.operation == "ttnn.add"
    assert configuration.arguments == {
        "arg0": X,
        "arg1": 1.5,
        "dtype": EnumMember("DataType", "FLOAT32"),
        "memory_config": MemoryConfig(buffer="L1"),
    }
    assert list(configuration.arguments) == ["arg0", "arg1", "dtype", "memory_config"]
    assert configuration.names == ("input_tensor_a", "input_tensor_b")
    assert configuration.output == Tensor(
        (32, 64), "FLOAT32", "TILE", memory=MemoryConfig(buffer="L1"), placement=EVERYWHERE
    )
    (seen,) = configuration.executions
    assert seen.machine is not None
    assert (seen.machine["board_type"], seen.machine["mesh_device_shape"]) == ("Wormhole", [1, 2])
    assert seen.machine["device_count"] == 2


def test_a_name_imported_before_is_seen_and_equal_calls_are_counted(ttnn: Any, tmp_path: Path, x: Any) -> None:
    imported_before = ttnn.add
    with Traced(tmp_path / "trace") as traced:
        for other in (1, 1, 1.0, True, x, x):
            imported_before(x, other)
    counts = {repr(each.arguments["arg1"])[:6]: each.executions[0].count for each in traced.configurations}
    assert counts == {"1": 2, "1.0": 1, "True": 1, "Tensor": 2}
    assert (traced.capture.calls, traced.capture.configurations) == (6, 4)


def test_only_the_outermost_call_is_the_model_s(ttnn: Any, traced: Traced, x: Any) -> None:
    from ttnn.decorators import FastOperation

    def composed(a: Any) -> Any:
        return ttnn.relu(ttnn.add(a, 1))

    outer = FastOperation("ttnn.composed", composed, None, None, None, False, False)  # noqa: FBT003 - as ttnn has it
    outer(x)
    ttnn.relu(x)
    assert traced.counts == {"ttnn.composed": 1, "ttnn.relu": 1}


def test_methods_and_operators_are_seen_by_what_they_call(ttnn: Any, traced: Traced, x: Any) -> None:
    _ = x[0:32, 0:32]
    _ = x + x
    assert traced.counts == {"ttnn.slice": 1, "ttnn.add": 1}
    sliced = next(each for each in traced.configurations if each.operation == "ttnn.slice")
    assert sliced.names == ("input_tensor", "slice_start", "slice_end", "slice_step")


def test_methods_that_are_operations_under_another_name_are_named_as_these(ttnn: Any, traced: Traced, x: Any) -> None:
    x.reshape(1, 1, 64, 32)
    x.reshape([1, 32, 64])
    ttnn.reshape(x, [1, 32, 64])
    with pytest.raises(TypeError):
        x.reshape()
    ttnn.deallocate(x.cpu())
    assert traced.counts == {"ttnn.reshape": 3}
    assert {each.arguments["arg1"] for each in traced.configurations} == {(1, 1, 64, 32), (1, 32, 64)}
    assert all(each.names == ("input_tensor", "shape") for each in traced.configurations)


def test_methods_for_moving_tensors_are_traced_if_their_operations_are(
    ttnn: Any, tmp_path: Path, x: Any, mock_mesh: Any
) -> None:
    original = vars(ttnn.Tensor)["cpu"]
    with Traced(tmp_path / "trace", leave_out=frozenset()) as traced:
        host = x.cpu()
        host.to(ttnn.ROW_MAJOR_LAYOUT).to(mock_mesh, ttnn.L1_MEMORY_CONFIG).deallocate(force=True)
    assert vars(ttnn.Tensor)["cpu"] is original
    assert traced.counts == {
        "ttnn.from_device": 1,
        "ttnn.to_layout": 1,
        "ttnn.to_device": 1,
        "ttnn.deallocate": 1,
    }


def test_the_names_are_those_of_the_overload_that_ttnn_took(ttnn: Any, traced: Traced, x: Any) -> None:
    ttnn.slice(ttnn.reshape(x, (1, 1, 32, 64)), [0, 0, 0, 0], [1, 1, 32, 32], [1, 1, 1, 1])
    ttnn.reshape(x, [1, 32, 64], [1, 32, 64])
    names = {each.names for each in traced.configurations}
    assert names == {
        ("input_tensor", "shape"),
        ("input_tensor", "starts", "ends", "steps"),
        ("input_tensor", "logical_shape", "padded_shape"),
    }


def test_plumbing_is_left_out_with_all_it_calls(ttnn: Any, traced: Traced, x: Any, mock_mesh: Any) -> None:
    ttnn.to_memory_config(x, ttnn.L1_MEMORY_CONFIG)
    ttnn.to_device(ttnn.from_device(x), mock_mesh)
    ttnn.deallocate(ttnn.to_layout(x, ttnn.ROW_MAJOR_LAYOUT))
    assert traced.counts == {}


def test_the_list_of_plumbing_is_of_real_operations_and_can_be_changed(ttnn: Any) -> None:
    names = {each.python_fully_qualified_name for each in ttnn.query_registered_operations(include_experimental=True)}
    assert names >= EXCLUDED
    changed = excluded_operations(also=["to_layout"], without=["ttnn::rand"])
    assert EXCLUDED - changed == {"ttnn.to_layout"}
    assert changed - EXCLUDED == {"ttnn.rand"}


def test_a_call_that_raises_is_kept_and_marked(ttnn: Any, traced: Traced, x: Any) -> None:
    with pytest.raises(RuntimeError):
        ttnn.matmul(x, x)
    (configuration,) = traced.configurations
    assert configuration.output is None
    assert configuration.raised is not None
    assert configuration.raised.startswith("RuntimeError: TT_FATAL")
    assert "Mismatch: width=64 height=32" in configuration.raised
    assert "backtrace" not in configuration.raised


def test_arguments_are_those_before_the_call(ttnn: Any, traced: Traced, x: Any) -> None:
    result = ttnn.add_(x, 1)
    ttnn.relu(x, output_tensor=result)
    in_place, into = traced.configurations
    assert in_place.arguments["arg0"] == X == in_place.output
    assert into.arguments == {"arg0": X, "output_tensor": X}


def test_lists_of_tensors_and_devices(ttnn: Any, traced: Traced, x: Any, mock_mesh: Any) -> None:
    ttnn.concat([x, x], dim=0)
    ttnn.ones([1, 32], device=mock_mesh)
    concat, ones = traced.configurations
    assert concat.arguments == {"arg0": (X, X), "dim": 0}
    assert ones.arguments == {"arg0": (1, 32), "device": Handle("MeshDevice")}


def test_threads_have_calls_of_their_own(ttnn: Any, traced: Traced, x: Any) -> None:
    def work() -> None:
        for _ in range(200):
            ttnn.relu(x)

    threads = [threading.Thread(target=work) for _ in range(4)]
    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switching)
    assert traced.counts == {"ttnn.relu": 800}


def test_calls_between_tests_do_not_count_and_stopping_leaves_ttnn_as_it_was(ttnn: Any, tmp_path: Path, x: Any) -> None:
    from ttnn.decorators import FastOperation, Operation

    before = (FastOperation.__call__, Operation.__call__, ttnn.open_device, ttnn.set_fabric_config)
    with Traced(tmp_path / "trace") as traced:
        assert FastOperation.__call__ is not before[0]
        ttnn.relu(x)
        traced.capture.end("test", "passed")
        ttnn.gelu(x)
        traced.capture.begin("next")
        ttnn.relu(x)
    assert (FastOperation.__call__, Operation.__call__, ttnn.open_device, ttnn.set_fabric_config) == before
    assert [(test.source, sum(test.counts.values())) for test in traced.journal.tests] == [("test", 1), ("next", 1)]


def test_keys_tell_apart_what_descriptions_tell_apart(ttnn: Any, x: Any, mock_mesh: Any) -> None:
    from tracer.values import describe

    cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(0, 0))])
    spec = ttnn.ShardSpec(cores, [32, 64], ttnn.ShardOrientation.ROW_MAJOR)
    shards = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, spec)
    # equal to the one before, as ttnn compares them
    nd_shards = ttnn.MemoryConfig(ttnn.BufferType.L1, ttnn.NdShardSpec(ttnn.Shape([32, 64]), cores))
    tensors = [
        ttnn.zeros([32, 64], dtype=dtype, layout=layout, device=mock_mesh, memory_config=memory)
        for dtype in (ttnn.bfloat16, ttnn.float32)
        for layout in (ttnn.TILE_LAYOUT, ttnn.ROW_MAJOR_LAYOUT)
        for memory in (ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG, shards, nd_shards)
    ]
    halves = [ttnn.Tensor([0.0] * 2048, [32, 64], ttnn.bfloat16, ttnn.TILE_LAYOUT) for _ in range(2)]
    objects = [
        *(0, 0.0, -0.0, False, None, "", (), 1, 1.0, True, float("nan"), "nan", "1", (1,), (True,), {"a": 1}),
        *(ttnn.bfloat16, ttnn.TILE_LAYOUT, ttnn.UnaryOpType.EXP, ttnn.BufferType.DRAM, ttnn.StorageType.HOST),
        *(
            ttnn.DRAM_MEMORY_CONFIG,
            ttnn.L1_MEMORY_CONFIG,
            shards,
            nd_shards,
            mock_mesh,
            ttnn.Shape([1]),
            ttnn.CoreGrid(x=1, y=1),
        ),
        *(ttnn.UnaryWithParam(ttnn.UnaryOpType.GELU, parameter) for parameter in (0.0, 1.0)),
        *(ttnn.WormholeComputeKernelConfig(packer_l1_acc=accumulates) for accumulates in (False, True)),
        *tensors,
        ttnn.from_device(tensors[0]),
        # each chip has a part, where of the tensors before each had the whole
        ttnn.to_device(ttnn.from_host_shards(halves, ttnn.MeshShape(1, 2)), mock_mesh),
        ttnn.zeros([64, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=mock_mesh),
    ]
    for one in objects:
        for other in objects:
            same = repr(describe(one)) == repr(describe(other))
            assert (known_by(one) == known_by(other)) == same, (one, other)
    again = ttnn.zeros([32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=mock_mesh)
    assert known_by(again) == known_by(tensors[0])


def known_by(value: object) -> tuple[object, int]:
    """What a dictionary compares: the key and its hash."""
    key = safe_keys([value])
    return key, hash(key)


def test_a_key_keeps_no_tensor_alive(x: Any) -> None:
    before = sys.getrefcount(x)
    kept = safe_keys([x, [x]])
    assert sys.getrefcount(x) == before
    assert kept == safe_keys([x, [x]])


def test_what_can_t_be_read_is_described(ttnn: Any, traced: Traced) -> None:
    class Unreadable:
        def __repr__(self) -> str:
            raise RuntimeError("no text")

    for _ in range(2):
        with pytest.raises(TypeError):
            ttnn.relu(Unreadable())
    (configuration,) = traced.configurations
    assert configuration.executions[0].count == 2
    assert isinstance(configuration.arguments["arg0"], Lost)


def test_names_are_of_an_overload_that_the_call_gives_enough(ttnn: Any, traced: Traced, x: Any) -> None:
    # an overload of other names wants a fourth argument
    ttnn.slice(x, [0, 0], [32, 32])
    assert [each.names for each in traced.configurations] == [("input_tensor", "slice_start", "slice_end")]
