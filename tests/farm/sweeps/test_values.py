from __future__ import annotations

import enum
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.sweeps.errors import Unencodable
from farm.sweeps.shapes import BinaryShape
from farm.sweeps.values import Encoder, decode, encode
from tracer.values import describe

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5), st.binary(max_size=5)
)
HASHABLE = st.recursive(SCALARS, lambda inner: st.tuples(inner, inner), max_leaves=4)
VALUES = st.recursive(
    SCALARS | st.sets(st.integers(), max_size=3) | st.frozensets(st.text(max_size=3), max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=3)
    ),
    max_leaves=12,
)


def there_and_back(value: object) -> Any:
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)))


def same(one: object, other: object) -> bool:
    """Equal, and of the same types all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return same(list(one.items()), list(other.items()))
    return one == other


@given(VALUES)
def test_everything_nested_reads_back(value: object) -> None:
    assert same(there_and_back(value), value)


def test_what_json_has_no_form_for() -> None:
    for value in (math.inf, -math.inf, 1j, range(1, 9, 2), slice(None, 3, None), BinaryShape((1, 2), (3, 4))):
        read = there_and_back(value)
        assert type(read) is type(value)
        assert read == value
    assert math.isnan(there_and_back(math.nan))
    assert there_and_back(BinaryShape((1, 2), (3, 4)))["other"] == (3, 4)


class Own(enum.Enum):
    DataType = 1


class OwnInt(int):
    pass


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(object(), id="object"),
        pytest.param(lambda: 1, id="lambda"),
        pytest.param(Own.DataType, id="member of a foreign enum"),
        pytest.param(OwnInt(3), id="subclass of int"),
        pytest.param([1, {"deep": object()}], id="nested object"),
        pytest.param(open, id="builtin function"),
        pytest.param(ValueError("no"), id="exception"),
    ],
)
def test_what_would_not_read_back_is_refused(value: object) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    with pytest.raises(Unencodable):
        encode(value)
    assert isinstance(Encoder().encode(value), Unencodable)


@pytest.mark.parametrize(
    "raw",
    [
        {"code": "__import__('os').getcwd()"},
        {"tuple": 3},
        {"a": 1, "b": 2},
        {},
        {"float": "1e3"},
        {"numpy": ["ndarray", 3]},
        {"operation": "ttnn.graph"},
        {"operation": "os.system"},
        {"ttnn": {"type": "NoSuchClass", "value": "NoSuchClass.X"}},
    ],
    ids=str,
)
def test_unknown_forms_are_refused_and_never_run(raw: object) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    with pytest.raises(Unencodable):
        decode(raw)


def test_too_deep_is_refused() -> None:
    value: list[Any] = []
    for _ in range(100):
        value = [value]
    with pytest.raises(Unencodable, match="nested more than"):
        encode(value)


def test_an_object_is_looked_at_once() -> None:
    encoder = Encoder()
    value = (1, [2.5])
    assert encoder.encode(value) is encoder.encode(value)


def test_ttnns_objects_read_back() -> None:
    ttnn = pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(3, 1))])
    shard = ttnn.ShardSpec(cores, [32, 64], ttnn.ShardOrientation.COL_MAJOR)
    sharded = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, shard)
    values = [
        ttnn.bfloat8_b,
        ttnn.ROW_MAJOR_LAYOUT,
        ttnn.DRAM_MEMORY_CONFIG,
        sharded,
        ttnn.CoreGrid(x=3, y=2),
        cores,
        ttnn.MathFidelity.HiFi2,
        ttnn.Shape([1, 2, 3]),
        ttnn.add,
        ttnn.transformer.scaled_dot_product_attention,
        ttnn.WormholeComputeKernelConfig(math_fidelity=ttnn.MathFidelity.LoFi, fp32_dest_acc_en=True),
    ]
    for value in values:
        nested = {"deep": [(value, None)]}
        read = there_and_back(nested)["deep"][0][0]
        assert type(read) is type(value)
        assert describe(read) == describe(value)


def test_numpys_and_torchs_numbers_and_types_read_back() -> None:
    torch = pytest.importorskip("torch")
    numpy = pytest.importorskip("numpy")
    assert there_and_back([torch.bfloat16, (torch.float32,)]) == [torch.bfloat16, (torch.float32,)]
    read = there_and_back(numpy.float32(1.5))
    assert (type(read), read) == (numpy.float32, 1.5)
    with pytest.raises(Unencodable, match="numbers"):
        encode(torch.zeros(2))
