"""One small call of each kind of operation, for the table of bendings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from farm.core.payload import TracedCall
from farm.judging.operation_kinds import OperationKind as Kind
from tracer.values import (
    CoreCoord,
    CoreRange,
    CoreRangeSet,
    EnumMember,
    Handle,
    MemoryConfig,
    Placement,
    ShardSpec,
    Tensor,
)
from tracer.values import encode as encode_value

CORES = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(1, 0)),))
SHARDED = MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(CORES, (32, 64)))
SPLIT = Placement((1, 2), (1, 2), (None, 3))
"""Two chips, each with its part of the last dimension."""


def tile(*shape: int, dtype: str = "BFLOAT16", **more: Any) -> Tensor:
    """A tensor in tiles."""
    return Tensor(shape, dtype, "TILE", **more)


def rows(*shape: int, dtype: str = "BFLOAT16", **more: Any) -> Tensor:
    """A row-major tensor."""
    return Tensor(shape, dtype, "ROW_MAJOR", **more)


@dataclass(frozen=True, slots=True)
class Sample:
    """A small call of an operation.

    Attributes:
        kind: the operation's kind.
        operation: its dotted name.
        arguments: its arguments by ttnn's parameter names.
        note: what distinguishes it from another sample of the operation.
    """

    kind: Kind
    operation: str
    arguments: Mapping[str, Any]
    note: str = ""

    @property
    def name(self) -> str:
        """The operation, and what distinguishes the sample."""
        return f"{self.operation} ({self.note})" if self.note else self.operation

    @property
    def call(self) -> TracedCall:
        """The call as a payload."""
        encoded = {name: encode_value(value) for name, value in self.arguments.items()}
        return TracedCall(f"sample of {self.operation}", self.operation, encoded)


X = tile(1, 1, 64, 64)
LINEAR = EnumMember("Topology", "Linear")
SAMPLES = (
    Sample(Kind.MOVEMENT, "ttnn.permute", {"input_tensor": tile(1, 2, 32, 64), "dims": (0, 1, 3, 2)}),
    Sample(Kind.CREATION, "ttnn.full_like", {"tensor": X, "fill_value": 1.5}),
    Sample(Kind.COMPARISON, "ttnn.gt", {"input_tensor_a": X, "input_tensor_b": X}),
    Sample(
        Kind.INTEGER,
        "ttnn.bitwise_and",
        {"input_tensor_a": tile(1, 1, 64, 64, dtype="INT32"), "input_tensor_b": tile(1, 1, 64, 64, dtype="INT32")},
    ),
    Sample(Kind.SELECTION, "ttnn.relu", {"input_tensor": X}),
    Sample(Kind.ARITHMETIC, "ttnn.add", {"input_tensor_a": X, "input_tensor_b": X}),
    Sample(
        Kind.ARITHMETIC,
        "ttnn.add",
        {
            "input_tensor_a": tile(1, 1, 64, 64, memory=SHARDED),
            "input_tensor_b": tile(1, 1, 64, 64, memory=SHARDED),
            "memory_config": SHARDED,
        },
        "sharded",
    ),
    Sample(
        Kind.ARITHMETIC,
        "ttnn.multiply",
        {"input_tensor_a": tile(1, 1, 64, 64, placement=SPLIT), "input_tensor_b": tile(1, 1, 64, 64, placement=SPLIT)},
        "two chips",
    ),
    Sample(
        Kind.ARITHMETIC,
        "ttnn.add",
        {
            "input_tensor_a": tile(1, 1, 64, 64, dtype="BFLOAT4_B"),
            "input_tensor_b": tile(1, 1, 64, 64, dtype="BFLOAT4_B"),
        },
        "BFLOAT4_B",
    ),
    Sample(Kind.ARITHMETIC, "ttnn.add_", {"input_tensor_a": X, "input_tensor_b": X}),
    Sample(Kind.COMPOSITION, "ttnn.addcmul", {"input_a": X, "input_b": X, "input_c": X, "value": 0.5}),
    Sample(Kind.DIVISION, "ttnn.div", {"input_tensor_a": X, "input_tensor_b": X}),
    Sample(Kind.REMAINDER, "ttnn.remainder", {"input_tensor_a": X, "input_tensor_b": X}),
    Sample(Kind.FUNCTION, "ttnn.exp", {"input_tensor": X}),
    Sample(Kind.APPROXIMATION, "ttnn.gelu", {"input_tensor": X}),
    Sample(Kind.TYPECAST, "ttnn.typecast", {"input_tensor": X, "dtype": EnumMember("DataType", "BFLOAT8_B")}),
    Sample(Kind.MATMUL, "ttnn.matmul", {"input_tensor_a": X, "input_tensor_b": tile(1, 1, 64, 96)}),
    Sample(
        Kind.CONVOLUTION,
        "ttnn.conv2d",
        {
            "input_tensor": rows(1, 1, 256, 32),
            "weight_tensor": rows(32, 32, 3, 3, dtype="FLOAT32", storage="HOST", memory=None),
            "device": Handle("MeshDevice"),
            "in_channels": 32,
            "out_channels": 32,
            "batch_size": 1,
            "input_height": 16,
            "input_width": 16,
            "kernel_size": (3, 3),
            "stride": (1, 1),
            "padding": (1, 1),
        },
    ),
    Sample(
        Kind.ATTENTION,
        "ttnn.transformer.scaled_dot_product_attention",
        {
            "input_tensor_q": tile(1, 2, 64, 64),
            "input_tensor_k": tile(1, 2, 64, 64),
            "input_tensor_v": tile(1, 2, 64, 64),
            "is_causal": True,
        },
    ),
    Sample(
        Kind.NORMALIZATION,
        "ttnn.layer_norm",
        {"input_tensor": X, "weight": tile(1, 1, 1, 64), "bias": tile(1, 1, 1, 64), "epsilon": 1e-5},
    ),
    Sample(Kind.SOFTMAX, "ttnn.softmax", {"input_tensor": X, "dim": -1}),
    Sample(Kind.SUM, "ttnn.sum", {"input_tensor": tile(1, 2, 64, 64), "dim": -1, "keepdim": True}),
    Sample(Kind.SPREAD, "ttnn.std", {"input_tensor": tile(1, 2, 64, 64), "dim": -1, "keepdim": True}),
    Sample(Kind.PRODUCT, "ttnn.prod", {"input_tensor": tile(1, 2, 64, 64), "dim": 1, "keepdim": True}),
    Sample(Kind.EXTREME, "ttnn.max", {"input_tensor": tile(1, 2, 64, 64), "dim": -1, "keepdim": True}),
    Sample(Kind.EXTREME, "ttnn.topk", {"input_tensor": tile(1, 1, 64, 256), "k": 32}),
    Sample(Kind.INDEX, "ttnn.argmax", {"input_tensor": rows(1, 1, 64, 64), "dim": -1, "keepdim": True}),
    Sample(
        Kind.AVERAGE_POOL,
        "ttnn.avg_pool2d",
        {
            "input_tensor": rows(1, 1, 256, 32),
            "batch_size": 1,
            "input_h": 16,
            "input_w": 16,
            "channels": 32,
            "kernel_size": (2, 2),
            "stride": (2, 2),
            "padding": (0, 0),
        },
    ),
    Sample(
        Kind.MAX_POOL,
        "ttnn.max_pool2d",
        {
            "input_tensor": rows(1, 1, 256, 32),
            "batch_size": 1,
            "input_h": 16,
            "input_w": 16,
            "channels": 32,
            "kernel_size": (2, 2),
            "stride": (2, 2),
            "padding": (0, 0),
            "dilation": (1, 1),
        },
    ),
    Sample(Kind.INTERPOLATION, "ttnn.upsample", {"input_tensor": rows(1, 8, 8, 32), "scale_factor": 2}),
    Sample(
        Kind.GATHERING,
        "ttnn.all_gather",
        {"input_tensor": tile(1, 1, 64, 32, placement=SPLIT), "dim": 3, "topology": LINEAR},
    ),
    Sample(
        Kind.REDUCING,
        "ttnn.reduce_scatter",
        {"input_tensor": tile(1, 1, 64, 64, placement=SPLIT), "dim": 3, "topology": LINEAR},
    ),
    Sample(
        Kind.EMBEDDING,
        "ttnn.embedding",
        {"input_tensor": rows(1, 64, dtype="UINT32"), "weight": rows(512, 64)},
    ),
    Sample(
        Kind.ROTARY,
        "ttnn.experimental.rotary_embedding",
        {
            "input_tensor": tile(1, 1, 32, 64),
            "cos_cache": tile(1, 1, 64, 64),
            "sin_cache": tile(1, 1, 64, 64),
            "token_index": 3,
        },
    ),
    Sample(Kind.LOSS, "ttnn.mse_loss", {"input_reference": X, "input_prediction": X}),
    Sample(Kind.BACKWARD, "ttnn.mul_bw", {"grad_tensor": X, "input_tensor": X, "other_tensor": X}),
    Sample(Kind.FUSED, "ttnn.swiglu", {"input_tensor": tile(1, 1, 64, 128), "dim": -1}),
)
