"""Values, and the texts of them, that several tests of codecs use."""

from __future__ import annotations

from tracer.values import CoreCoord, CoreRange, CoreRangeSet, EnumMember, MemoryConfig, ShardSpec, Struct

FIRST = CoreRange(CoreCoord(0, 0), CoreCoord(7, 6))
SECOND = CoreRange(CoreCoord(0, 7), CoreCoord(3, 7))
GRID = CoreRangeSet((FIRST, SECOND))
SHARDED = MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(GRID, (224, 32), "COL_MAJOR"))
STARTS_AND_ENDS = [
    {"start": {"x": 0, "y": 0}, "end": {"x": 7, "y": 6}},
    {"start": {"x": 0, "y": 7}, "end": {"x": 3, "y": 7}},
]
PRINTED_SPEC = (
    'ShardSpec{grid=[{"start":{"x":0,"y":0},"end":{"x":7,"y":6}, {"start":{"x":0,"y":7},"end":{"x":3,"y":7}], '
    "shape=[224, 32], orientation=ShardOrientation::COL_MAJOR}"
)
ACTIVATION = Struct("UnaryWithParam", (("op_type", EnumMember("UnaryOpType", "GELU")), ("param", (1.0,))))
MATMUL = "MatmulMultiCoreReuseMultiCast1DProgramConfig"
