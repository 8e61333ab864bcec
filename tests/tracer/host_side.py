"""Capture on the host alone, as `.ci/run` tests it with the oldest ttnn and the newest.

No device is opened. The oldest looks for chips even so: TT_METAL_MOCK_CLUSTER_DESC_PATH must name a mock's descriptor.

uv run --isolated --no-project --with ttnn==0.81.1 --with pytest python -m pytest --noconftest tests/tracer/host_side.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tracer.capture.recorder import Capture
from tracer.capture.value_reader import ValueReader
from tracer.formats.journal import read_journal
from tracer.signatures import overloads
from tracer.values import EnumMember, MemoryConfig, Tensor, describe
from tracer.values.keys import safe_keys

ttnn: Any = pytest.importorskip("ttnn")
np: Any = pytest.importorskip("numpy")

WEIGHTS = Tensor((2, 32), "FLOAT32", "ROW_MAJOR", storage="HOST", memory=MemoryConfig())


def test_calls_on_host_tensors_are_traced(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    capture = Capture(path, leave_out=frozenset())
    tensor = ttnn.Tensor(np.zeros((2, 32), dtype=np.float32), ttnn.float32)
    capture.start()
    capture.begin("test")
    ttnn.reshape(tensor, (1, 2, 32))
    ttnn.reshape(tensor, (1, 2, 32))
    ttnn.to_dtype(tensor, ttnn.bfloat16)
    capture.end("test", "passed")
    capture.finish(0)
    capture.stop()
    journal = read_journal(path)
    by_operation = {each.operation: each for each in journal.configurations()}
    assert by_operation["ttnn.reshape"].arguments == {"arg0": WEIGHTS, "arg1": (1, 2, 32)}
    assert by_operation["ttnn.reshape"].executions[0].count == 2
    assert by_operation["ttnn.reshape"].names[0] == "input_tensor"
    output = by_operation["ttnn.reshape"].output
    assert isinstance(output, Tensor)
    assert output.shape == (1, 2, 32)
    assert by_operation["ttnn.to_dtype"].arguments["arg1"] == EnumMember("DataType", "BFLOAT16")


@pytest.mark.parametrize(
    "dtype", ["FLOAT32", "BFLOAT16", "BFLOAT8_B", "BFLOAT4_B", "UINT32", "INT32", "UINT16", "UINT8"]
)
@pytest.mark.parametrize("layout", ["TILE", "ROW_MAJOR"])
def test_the_numbers_of_every_dtype_are_read(tmp_path: Path, dtype: str, layout: str) -> None:
    if dtype.endswith("_B") and layout == "ROW_MAJOR":
        pytest.skip("block floats have tiles alone")
    path = tmp_path / "trace.jsonl"
    largest = {"UINT32": 2**32 - 1, "UINT16": 2**16 - 1, "UINT8": 255}.get(dtype, 48)
    first = 0 if dtype.startswith("UINT") else -3
    kinds = {"UINT32": np.uint32, "INT32": np.int32, "UINT16": np.uint16, "UINT8": np.uint8}
    numbers = np.full((3, 40), first).astype(kinds.get(dtype, np.float32))
    numbers[1, 32:] = largest  # blocks of 16 numbers share an exponent
    of_dtype = ttnn.float32 if dtype == "BFLOAT16" else getattr(ttnn.DataType, dtype)
    tensor = ttnn.Tensor(numbers, of_dtype, layout=getattr(ttnn.Layout, layout))
    if dtype == "BFLOAT16":
        tensor = ttnn.to_dtype(tensor, ttnn.bfloat16)
    capture = Capture(path, frozenset(), ValueReader(computes=False))
    capture.start()
    capture.begin("test")
    ttnn.reshape(tensor, (1, 3, 40))
    capture.end("test", "passed")
    capture.finish(0)
    capture.stop()
    [configuration] = read_journal(path).configurations()
    mean = (largest * 8 + first * 112) / 120
    statistics = configuration.statistics["arg0"]
    assert [statistics.count, statistics.minimum, statistics.maximum] == [120, first, largest]
    assert statistics.mean == pytest.approx(mean, rel=1e-6)
    assert statistics.zeros == pytest.approx(112 / 120 if first == 0 else 0)


def test_the_signatures_of_all_operations_read() -> None:
    names = ttnn.query_registered_operations()
    read = [overloads(each) for each in names]  # a docstring that isn't understood raises
    assert len(names) > 400
    assert sum(map(bool, read)) > 400


def test_keys_tell_apart_what_descriptions_tell_apart() -> None:
    cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(1, 0))])
    one_by_one = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(x, 0), ttnn.CoreCoord(x, 0)) for x in (0, 1)])
    row, column = ttnn.ShardOrientation.ROW_MAJOR, ttnn.ShardOrientation.COL_MAJOR
    shards = [
        ("HEIGHT_SHARDED", cores, [32, 64], row),
        ("HEIGHT_SHARDED", cores, [32, 64], column),
        ("HEIGHT_SHARDED", cores, [64, 64], row),
        ("HEIGHT_SHARDED", one_by_one, [32, 64], row),
        ("WIDTH_SHARDED", cores, [64, 32], row),
        ("BLOCK_SHARDED", cores, [64, 32], row),
    ]
    memories = [ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG]
    for layout, *spec in shards:
        memory_layout = getattr(ttnn.TensorMemoryLayout, layout)
        memories.append(ttnn.MemoryConfig(memory_layout, ttnn.BufferType.L1, ttnn.ShardSpec(*spec)))
    # as ttnn compares them, equal to one of those before
    nd_shards = [ttnn.NdShardSpec(ttnn.Shape(shape), cores) for shape in ([32, 64], [64, 32])]
    memories += [ttnn.MemoryConfig(ttnn.BufferType.L1, spec) for spec in nd_shards]
    tiles = [ttnn.Tile([32, 32]), ttnn.Tile([32, 32], transpose_tile=True), ttnn.Tile([16, 32])]

    def tensors() -> list[Any]:
        def tensor(shape: Any = (64, 64), dtype: Any = ttnn.float32, **more: Any) -> Any:
            options = {"layout": ttnn.TILE_LAYOUT, "memory_config": ttnn.DRAM_MEMORY_CONFIG, "tile": tiles[0]} | more
            return ttnn.Tensor([0.0] * 4096, list(shape), dtype, device=None, **options)

        return [
            *(tensor(memory_config=memory) for memory in memories),
            *(tensor(tile=tile) for tile in tiles),
            *(tensor(shape) for shape in ((1, 64, 64), (32, 128), (128, 32))),
            *(tensor(dtype=ttnn.bfloat16), tensor(layout=ttnn.ROW_MAJOR_LAYOUT)),
            *(
                ttnn.from_host_shards([tensor() for _ in range(rows * columns)], ttnn.MeshShape(rows, columns))
                for rows, columns in ((1, 1), (1, 2), (2, 1), (2, 2), (1, 4))
            ),
        ]

    for one, ones_key in zip(tensors(), safe_keys(tensors()), strict=True):
        for other, others_key in zip(tensors(), safe_keys(tensors()), strict=True):
            same = describe(one) == describe(other)
            assert ((ones_key, hash(ones_key)) == (others_key, hash(others_key))) == same, (one, other)
    assert len({repr(describe(each)) for each in tensors()}) == len(memories) + 2 + 3 + 2 + 4
