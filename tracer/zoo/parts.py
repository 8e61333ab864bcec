"""Building blocks of the models: weights, grids of cores, memory and kernel configs, convolutions, encoders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import ttnn

TILE = 32


def random(
    device: Any, *shape: int, dtype: Any = ttnn.bfloat16, layout: Any = ttnn.TILE_LAYOUT, memory: Any = None
) -> Any:
    """Weights or activations on the device, in DRAM unless `memory` says otherwise."""
    # the bare function: making a model's inputs is no operation of the model, and must not be traced as one
    rand = ttnn.rand.function
    tensor = rand(shape, dtype=dtype, layout=layout, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    # through the host: a device can't reshard everything that a model keeps sharded
    return tensor if memory is None else ttnn.to_device(ttnn.from_device(tensor), device, memory)


def random_on_host(*shape: int, seed: int = 0) -> Any:
    """Weights on the host in rows, as conv2d expects them."""
    return ttnn.Tensor(np.random.default_rng(seed).standard_normal(shape, dtype=np.float32), ttnn.float32)


def integers(device: Any, values: Any, dtype: Any = ttnn.int32) -> Any:
    """Token ids, positions or a page table, in rows in DRAM."""
    kind = {ttnn.int32: np.int32, ttnn.uint32: np.uint32}[dtype]
    return ttnn.to_device(ttnn.Tensor(np.asarray(values, dtype=kind), dtype), device)


def cores(columns: int, rows: int) -> Any:
    """The rectangle of cores from (0, 0)."""
    return ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(columns - 1, rows - 1))])


def sharded(layout: Any, grid: Any, shape: tuple[int, int]) -> Any:
    """Shards of `shape` in the L1 of a grid of cores, row by row."""
    spec = ttnn.ShardSpec(grid, shape, ttnn.ShardOrientation.ROW_MAJOR)
    return ttnn.MemoryConfig(layout, ttnn.BufferType.L1, spec)


def block_sharded(height: int, width: int, columns: int, rows: int) -> Any:
    """A matrix cut into one block for each core of a grid."""
    return sharded(ttnn.TensorMemoryLayout.BLOCK_SHARDED, cores(columns, rows), (height // rows, width // columns))


def kernels(device: Any, fidelity: Any = ttnn.MathFidelity.HiFi2, *, approx: bool = True, fp32: bool = False) -> Any:
    """How the compute kernels calculate."""
    return ttnn.init_device_compute_kernel_config(
        device.arch(),
        math_fidelity=fidelity,
        math_approx_mode=approx,
        fp32_dest_acc_en=fp32,
        packer_l1_acc=True,
    )


def convolution(
    device: Any,
    x: Any,
    side: int,
    channels: tuple[int, int],
    *,
    config: Any,
    compute: Any,
    batch: int = 1,
    kernel: int = 3,
    stride: int = 1,
    groups: int | None = None,
    dtype: Any = ttnn.bfloat8_b,
    sized: bool = False,
) -> tuple[Any, int]:
    """A convolution over square images, padded to keep their size, with its batch norm folded in.

    Args:
        device: where it runs.
        x: the images, flattened.
        side: their height and width.
        channels: how many come in and go out.
        config: ttnn's Conv2dConfig.
        compute: how the compute kernels calculate.
        batch: how many images there are.
        kernel: its height and width.
        stride: in both directions.
        groups: of channels; None leaves them out of the call.
        dtype: of the output.
        sized: whether the call asks for the output's size.

    Returns:
        The output and the side of its images, which is that of the input where the call doesn't ask.
    """
    inputs, outputs = channels
    out, *sizes, _ = ttnn.conv2d(
        input_tensor=x,
        weight_tensor=random_on_host(outputs, inputs // (groups or 1), kernel, kernel),
        bias_tensor=random_on_host(1, 1, 1, outputs),
        device=device,
        in_channels=inputs,
        out_channels=outputs,
        batch_size=batch,
        input_height=side,
        input_width=side,
        kernel_size=(kernel, kernel),
        stride=(stride, stride),
        padding=(kernel // 2, kernel // 2),
        **({} if groups is None else {"groups": groups}),
        dtype=dtype,
        conv_config=config,
        compute_config=compute,
        **({"return_output_dim": True} if sized else {}),
        return_weights_and_bias=True,
    )
    return out, sizes[0][0] if sizes else side


@dataclass(frozen=True)
class Encoder:
    """The parts of a transformer's encoder that is block-sharded over a grid of cores.

    Each row of cores holds one sequence, each column a part of the hidden dimension, which is whole heads.

    Attributes:
        device: where it runs.
        tokens: of one sequence, in whole tiles.
        hidden: the hidden dimension.
        heads: of attention.
        columns, rows: the grid.
    """

    device: Any
    tokens: int
    hidden: int
    heads: int
    columns: int
    rows: int = 8

    @property
    def sharding(self) -> Any:
        """How the hidden states are sharded over the cores."""
        return block_sharded(self.rows * self.tokens, self.hidden, self.columns, self.rows)

    @property
    def head_size(self) -> int:
        """The size of one head."""
        return self.hidden // self.heads

    @property
    def head_rows(self) -> int:
        """Rows of tiles of all heads that one core has in attention."""
        return self.heads * self.tokens // TILE // self.columns

    def linear(self, x: Any, inputs: int, outputs: int, subblock: int, activation: Any = None) -> Any:
        """A linear layer: each column of cores has its part of the output, computed in subblocks of this width."""
        return ttnn.linear(
            x,
            random(self.device, inputs, outputs, dtype=ttnn.bfloat8_b),
            bias=random(self.device, 1, outputs, dtype=ttnn.bfloat8_b),
            memory_config=ttnn.L1_BLOCK_SHARDED_MEMORY_CONFIG,
            dtype=ttnn.bfloat8_b,
            program_config=ttnn.MatmulMultiCoreReuseMultiCastProgramConfig(
                compute_with_storage_grid_size=(self.columns, self.rows),
                in0_block_w=inputs // TILE // self.columns,
                out_subblock_h=1,
                out_subblock_w=subblock,
                per_core_M=self.tokens // TILE,
                per_core_N=outputs // TILE // self.columns,
                transpose_mcast=False,
                fused_activation=activation,
            ),
            compute_kernel_config=kernels(self.device),
        )

    def norm(self, x: Any, residual: Any = None) -> Any:
        """Layer norm; with a residual, of the sum, in the place of `x`."""
        options = {} if residual is None else {"residual_input_tensor": residual}
        return ttnn.layer_norm(
            x,
            **options,
            weight=random(self.device, 1, self.hidden),
            bias=random(self.device, 1, self.hidden),
            epsilon=1e-12,
            memory_config=ttnn.L1_BLOCK_SHARDED_MEMORY_CONFIG,
            program_config=ttnn.LayerNormShardedMultiCoreProgramConfig(
                compute_with_storage_grid_size=(self.columns, self.rows),
                subblock_w=self.hidden // TILE // self.columns,
                block_h=self.tokens // TILE,
                block_w=self.hidden // TILE // self.columns,
                inplace=residual is not None,
            ),
            compute_kernel_config=kernels(self.device, ttnn.MathFidelity.HiFi4),
        )

    def split(self, qkv: Any) -> Any:
        """Queries, keys and values by head, height-sharded."""
        return ttnn.transformer.split_query_key_value_and_split_heads(
            qkv, memory_config=ttnn.L1_HEIGHT_SHARDED_MEMORY_CONFIG, num_heads=self.heads
        )

    def matmul(self, left: Any, right: Any, inner: int, width: int, subblock: tuple[int, int]) -> Any:
        """A product by head, height-sharded: sizes of the summed dimension and of the output's last, in elements."""
        return ttnn.matmul(
            left,
            right,
            memory_config=ttnn.L1_HEIGHT_SHARDED_MEMORY_CONFIG,
            dtype=ttnn.bfloat8_b,
            program_config=ttnn.MatmulMultiCoreReuseProgramConfig(
                compute_with_storage_grid_size=(self.columns, self.rows),
                in0_block_w=inner // TILE,
                out_subblock_h=subblock[0],
                out_subblock_w=subblock[1],
                per_core_M=self.head_rows,
                per_core_N=width // TILE,
            ),
        )

    def softmax_config(self, subblock: int) -> Any:
        """How the softmax of the scores is computed, in subblocks of this width."""
        return ttnn.SoftmaxShardedMultiCoreProgramConfig(
            compute_with_storage_grid_size=(self.columns, self.rows),
            subblock_w=subblock,
            block_h=self.head_rows,
            block_w=self.tokens // TILE,
        )

    def join(self, context: Any) -> Any:
        """The heads side by side again, block-sharded."""
        return ttnn.transformer.concatenate_heads(context, memory_config=self.sharding)
