"""A master that doesn't change when the shipped one does."""

from __future__ import annotations

from pathlib import Path

from tracer.device_config import DeviceConfig
from tracer.master.master import Master
from tracer.values import (
    CoreCoord,
    CoreRange,
    CoreRangeSet,
    EnumMember,
    MemoryConfig,
    ShardSpec,
    Tensor,
    Value,
)
from tracer.values.configuration import Configuration, Execution

ADDS = 3
SIGMOIDS = 2

_SHARDS = ShardSpec(CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(7, 7)),)), (32, 32))
_SHARDED = MemoryConfig("HEIGHT_SHARDED", "L1", _SHARDS)
_L1 = MemoryConfig(buffer="L1")


def write_small_master(path: Path) -> Path:
    """Writes it and returns where it is: `ADDS` of ttnn.add, `SIGMOIDS` of ttnn.sigmoid_accurate, all of an n300."""
    one, other = Tensor((1, 1, 32, 64), "BFLOAT16", "TILE"), Tensor((1, 1, 32, 1), "BFLOAT8_B", "TILE", memory=_L1)
    tall = Tensor((1, 1, 2048, 32), "BFLOAT16", "TILE", memory=_SHARDED)
    calls: list[tuple[str, dict[str, Value]]] = [
        ("ttnn.add", {"arg0": one, "arg1": one}),
        ("ttnn.add", {"arg0": one, "arg1": other, "memory_config": _L1}),
        ("ttnn.add", {"arg0": one, "arg1": one, "dtype": EnumMember("DataType", "FLOAT32")}),
        ("ttnn.sigmoid_accurate", {"arg0": one}),
        ("ttnn.sigmoid_accurate", {"arg0": tall, "memory_config": _SHARDED}),
    ]
    machine = {"board_type": "Wormhole", "device_series": "n300", "card_count": 1}
    seen = Execution("model.py::test", machine, 1, device_config=DeviceConfig(dispatch_core_type="ETH"))
    master = Master()
    for operation, arguments in calls:
        master.add(Configuration(operation, arguments, executions=[seen]))
    master.write(path)
    return path
