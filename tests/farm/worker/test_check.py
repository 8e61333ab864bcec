"""Comparing how an output is described with what was traced."""

from __future__ import annotations

from farm.worker.check import differences
from tracer.values import CoreCoord, CoreRange, CoreRangeSet, MemoryConfig, ShardSpec, Tensor


def test_differences_name_what_differs() -> None:
    traced = Tensor((1, 32), "BFLOAT16", "TILE")
    assert differences(traced, traced) == []
    other = Tensor((1, 64), "FLOAT32", "TILE", memory=MemoryConfig(buffer="L1"))
    changes = differences(traced, other)
    assert [text.split()[0] for text in changes] == ["shape", "dtype", "memory"]
    assert "[1, 32] was traced, this call gave [1, 64]" in changes[0]
    assert differences((traced, traced), (traced,)) == ["the trace has 2 outputs, this call gave 1"]
    assert differences((traced, traced), (traced, other))[0].startswith("output 1: shape")
    assert differences(traced, None) == ["a tensor was traced, this call gave NoneType"]
    assert differences(None, other) == [], "nothing was traced, nothing is contradicted"


def test_shards_need_not_be_on_the_traced_cores_of_another_architecture() -> None:
    def sharded(columns: int, layout: str = "HEIGHT_SHARDED") -> Tensor:
        cores = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(columns - 1, 0)),))
        memory = MemoryConfig(layout, "L1", ShardSpec(cores, (32, 32)))
        return Tensor((1, 1, 256, 32), "BFLOAT16", "TILE", memory=memory)

    assert differences(sharded(8), sharded(11)) != []
    assert differences((sharded(8),), (sharded(11),), same_cores=False) == []
    assert differences(sharded(8), sharded(11, "WIDTH_SHARDED"), same_cores=False) != []
    on_host = Tensor((1, 1, 256, 32), "BFLOAT16", "TILE", storage="HOST")
    assert len(differences(sharded(8), on_host, same_cores=False)) == 2, "its storage, and no memory config"
