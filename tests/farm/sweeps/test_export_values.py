"""Values of tt-metal's vector exports, read back as its runner reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from farm.sweeps.errors import Unencodable
from farm.sweeps.export_values import read_back

pytestmark = pytest.mark.ttnn
ttnn = pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1", 1),
        ("0.5", 0.5),
        ("None", None),
        ("True", True),
        ("(1, 32)", (1, 32)),
        ("{'a': (1,)}", {"a": (1,)}),
        ("{1, 2}", {1, 2}),
        ("'quoted'", "quoted"),
        ("1+2j", 1 + 2j),
        ("relu", "relu"),
        ("sum", "sum"),
        ("", ""),
        ("a.b", "a.b"),
        (".", "."),
        ("ttnn.bfloat16", "ttnn.bfloat16"),
        ("Tensor.shape", "Tensor.shape"),
        ("DataType.NONE_SUCH", "DataType.NONE_SUCH"),
        ("__import__('os').getcwd()", "__import__('os').getcwd()"),
        ("{[]: 1}", "{[]: 1}"),
        ("(" * 5000, "(" * 5000),
        ("-" * 50_000 + "1", "-" * 50_000 + "1"),
        ("\\d", "\\d"),
        ("CoreGrid(x=8, y=8)", "CoreGrid(x=8, y=8)"),
        (7, 7),
        (None, None),
        (["1", ["(2,)", {"k": "3"}]], [1, [(2,), {"k": 3}]]),
        ({"1": "None", "n": {"m": "x"}}, {"1": None, "n": {"m": "x"}}),
        ({"type": "linear", "data": "1"}, {"type": "linear", "data": 1}),
        ({"type": "MemoryConfig", "data": {}, "more": 1}, {"type": "MemoryConfig", "data": {}, "more": 1}),
    ],
    ids=lambda part: repr(part)[:30],
)
def test_what_needs_no_object_of_ttnn(raw: Any, value: Any) -> None:
    assert read_back(raw) == value
    assert type(read_back(raw)) is type(value)


def test_members_of_enums() -> None:
    assert read_back("DataType.BFLOAT16") is ttnn.bfloat16
    assert read_back(["ttnn.Layout.TILE", {"fidelity": "MathFidelity.HiFi4"}]) == [
        ttnn.TILE_LAYOUT,
        {"fidelity": ttnn.MathFidelity.HiFi4},
    ]


@pytest.mark.parametrize("name", ["ttnn._ttnn.tensor.MemoryConfig", "MemoryConfig", "tt_lib.tensor.MemoryConfig"])
def test_objects_are_built_by_their_class(name: str) -> None:
    grid = [{"start": {"x": 0, "y": 0}, "end": {"x": 1, "y": 3}}]
    shards = {"grid": grid, "shape": [32, 64], "orientation": 0}
    data = {"buffer_type": "L1", "memory_layout": "HEIGHT_SHARDED", "shard_spec": shards}
    cores = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(1, 3))})
    spec = ttnn.ShardSpec(cores, [32, 64], ttnn.ShardOrientation.ROW_MAJOR)
    config = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, spec)
    # without the fields that the JSON of older ttnns lacks
    assert read_back({"type": name, "data": data}) == config
    assert read_back({"type": name, "data": json.dumps({**data, "buffer_type": 1, "memory_layout": 2})}) == config
    assert read_back({"type": "ttnn._ttnn.tensor.CoreRangeSet", "data": grid}) == cores
    assert read_back({"nested": [{"type": "ShardSpec", "data": shards}]}) == {"nested": [spec]}


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("ttnn._ttnn.tensor.NoSuchConfig", {}, "unknown type 'ttnn._ttnn.tensor.NoSuchConfig': this ttnn has no such"),
        ("NoSuchConfig", {}, "unknown type 'NoSuchConfig'"),
        ("os.PathLike", {}, "unknown type 'os.PathLike'"),
        ("ttnn.CoreGrid", {"x": 1}, "unknown type 'ttnn.CoreGrid': this ttnn can't build it from JSON"),
        ("MemoryConfig", {"buffer_type": "NONE_SUCH"}, "MemoryConfig can't be built from '{\"buffer_type\": "),
        ("ttnn.CoreCoord", 3, "ttnn.CoreCoord can't be built from 3: TypeError: "),
    ],
)
def test_what_this_ttnn_can_not_build_is_named(name: str, data: Any, problem: str) -> None:
    with pytest.raises(Unencodable) as raised:
        read_back({"type": name, "data": data})
    assert str(raised.value).startswith(problem)
    assert len(str(raised.value).splitlines()) == 1
