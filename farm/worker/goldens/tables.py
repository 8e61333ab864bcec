"""What must be known of single goldens, and can't be read from their signatures: closed tables, each row with why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

WRITTEN = frozenset(
    (
        "output_tensor",
        "output_tensors",
        "optional_tensor",
        "optional_output_tensor",
        "optional_output_tensors",
        "optional_output_mapping_tensor",
        "optional_output_reduced_tensor",
        "preallocated_output",
        "output",
        "out",
        "output_tensor_l",
        "output_tensor_s",
        "output_tensor_m",
        "input_grad",
        "other_grad",
        "input_a_grad",
        "input_b_grad",
        "mat2_grad",
        "weight_grad",
        "bias_grad",
        "gamma_grad",
        "beta_grad",
        "input_grad_tensor",
        "param_out",
        "exp_avg_out",
        "exp_avg_sq_out",
        "max_exp_avg_sq_out",
        "momentum_buffer_out",
        "total_norm",
        "intermediate_tensor",
        "persistent_output_tensor",
        "persistent_output_buffer_k",
        "persistent_output_buffer_v",
        "persistent_output_buffer_kv",
    )
)
"""Parameters of tensors that an operation writes: their numbers before the call don't matter to a golden."""

HOW = frozenset(
    (
        # where the output goes, and in which form
        "memory_config",
        "sharded_memory_config",
        "output_memory_config",
        "intermediate_memory_config",
        "input_grad_memory_config",
        "mat2_grad_memory_config",
        "weight_grad_memory_config",
        "bias_grad_memory_config",
        "gamma_grad_memory_config",
        "beta_grad_memory_config",
        "mean_memory_config",
        "rstd_memory_config",
        "param_out_memory_config",
        "momentum_buffer_out_memory_config",
        "override_memory_config",
        "layout",
        "output_layout",
        "untilize_out",
        "dtype",
        "output_dtype",
        "tile",
        "output_tile",
        "grid",
        "grid_size",
        "shard_shape",
        "shard_scheme",
        "shard_orientation",
        "keep_l1_aligned",
        "padded_shape",
        "pad_value",
        "reshape_tile_mode",
        "skip_padding_fill",
        "recreate_mapping_tensor",
        "embeddings_type",
        "device",
        "mesh_device",
        "mesh_mapper",
        "mesh_composer",
        "cache_file_name",
        "cache_dump_mode",
        "return_weights_and_bias",
        # which queue, cores and links compute it
        "queue_id",
        "cq_id",
        "blocking",
        "sub_core_grids",
        "sub_core_grid",
        "sub_device_id",
        "subdevice_id",
        "core_grid",
        "compute_with_storage_grid_size",
        "input_mux_cores",
        "use_multicore",
        "use_low_perf",
        "use_legacy",
        "use_2d_core_grid",
        "num_links",
        "topology",
        "chunks_per_sync",
        "num_workers_per_link",
        "num_buffers_per_channel",
        "use_l1_small_for_semaphores",
        "use_noc1_only",
        "multi_device_global_semaphore",
        "global_semaphore",
        "global_cb",
        "prefetcher_pipes",
        "enable_performance_mode",
        "enable_secondary_dm",
        "ccl_core_grid_offset",
        "use_column_major_ccl",
        # how it is computed
        "program_config",
        "compute_kernel_config",
        "compute_config",
        "slice_config",
        "dram_slice_config",
        "applied_shard_scheme",
        "config_tensor_in_dram",
        "deallocate_input",
        "reallocate_output",
        "reallocate_halo_output",
        "fast_and_approximate_mode",
        "numeric_stable",
        "vector_mode",
        "strategy",
        "num_out_blocks",
        "use_welford",
        "inplace",
        "recip_tensor",
        "reciprocals",
        "input_mask",
        "negative_mask",
        "disable_compensated_sum",
        "use_falcon7b_backend",
        "k_chunk_size",
        "grid_batching_factor",
        "attn_mask_block_map",
        "wy_inverse",
        "eye",
        "tril",
        "ones",
        "masks",
        # of random numbers, which no golden foresees
        "seed",
        # which outputs are wanted: the others are None
        "are_required_outputs",
    )
)
"""Parameters that say where or how an operation works, but not what it computes: a golden may lack them."""

ALIASES: Mapping[str, Mapping[str, str]] = {
    # between these, the golden has parameters that say only how, so positions don't correspond
    "ttnn.interleaved_to_sharded_partial": {"slice_index": "slice"},
}
"""By operation: the golden's name of a parameter that neither its name nor its position finds."""


class SpecialNumbers:
    """Stands in for the device of which some goldens ask its not-a-number and its infinity: those of floating point."""

    def sfpu_nan(self) -> float:
        """Return what stands for not-a-number."""
        return math.nan

    def sfpu_inf(self) -> float:
        """Return what stands for infinity."""
        return math.inf


FILLED: Mapping[tuple[str, str], Any] = {
    # of every operation
    ("", "device"): SpecialNumbers(),
    # 0.66.0: an `arange` with an end alone starts at 0 and steps by 1; its golden wants all three
    ("ttnn.arange", "start"): 0,
    ("ttnn.arange", "step"): 1,
    # 0.66.0: the golden names it, and must not be compared with: the memory is left as it is
    ("ttnn.empty_like", "fill_value"): 0.0,
    # 0.66.0: without a scale, it is 1
    ("ttnn.scale_mask_softmax", "scalar"): 1.0,
    ("ttnn.scale_mask_softmax_in_place", "scalar"): 1.0,
    ("ttnn.scale_causal_mask_hw_dims_softmax_in_place", "scalar"): 1.0,
    # the golden slices, whatever the shards
    ("ttnn.interleaved_to_sharded_partial", "grid_size"): None,
    ("ttnn.interleaved_to_sharded_partial", "shard_spec"): None,
}
"""By operation and the golden's parameter: the value of one that the golden requires and the call may lack."""

SKIPS = frozenset(("ttnn.empty", "ttnn.empty_like"))
"""Operations whose golden, in 0.66.0, is whatever the memory held."""

KEEPS_DTYPES = frozenset(
    f"ttnn.{name}"
    for name in (
        # what they give beyond their domain depends on it, as on the device: an infinity in BFLOAT16, NaN in FLOAT32
        *("acos", "acosh", "asin"),
        # they attach another policy to each, and compute in single precision by themselves
        *("cosh", "fmod", "gelu", "gelu_bw", "remainder", "sinh", "tanh"),
        # its bits are the result, or its next number
        *("bitcast", "nextafter"),
    )
)
"""Operations whose goldens must get the inputs' own dtypes.

The inputs of the others are made single precision, so that a golden is more precise than the output that it judges.
With small numbers, each golden that is not in this list was compared with itself on inputs of its own dtype; a test
does it again.
"""

NEEDS_ARGUMENT: Mapping[str, str] = {
    # it takes one row of the cosines and sines; without a token, the operation takes one for each row of its input
    "ttnn.experimental.rotary_embedding": "token_index",
}
"""By operation: the parameter without which its golden computes something else, or nothing."""

SCALARS_AS_TENSORS = frozenset(
    # torch takes these of two tensors alone
    f"ttnn.{name}"
    for name in (
        "ldexp",
        "ldexp_",
        "logaddexp",
        "logaddexp_",
        "logaddexp2",
        "logaddexp2_",
        "logical_and",
        "logical_and_",
        "logical_or",
        "logical_or_",
        "logical_xor",
        "logical_xor_",
        "maximum",
        "minimum",
    )
)
"""Operations whose goldens take a number as their second operand only as a tensor."""

SCALARS_AS_FLOATS = frozenset(("ttnn.div_no_nan",))
"""Operations whose goldens take a whole number as their second operand only as a float."""

WHOLE_NUMBERS: Mapping[str, str] = {
    # ttnn takes the order as a float, torch as an int
    "ttnn.polygamma_bw": "n",
}
"""By operation: the parameter whose float, which is whole, its golden wants as an int."""

CONDITIONS: Mapping[str, int] = {
    # ttnn takes any number, torch booleans; later goldens convert by themselves
    "ttnn.where": 0,
    "ttnn.where_bw": 1,
}
"""By operation: the position of the golden's argument that it wants as booleans."""

MATRICES: Mapping[str, int] = {
    # ttnn takes a table of [1, 1, rows, columns], too
    "ttnn.embedding": 1,
}
"""By operation: the position of the golden's argument that it wants in two dimensions."""

IN_PLACE: Mapping[str, str] = {
    "ttnn.assign": "input_b",
    "ttnn.copy": "input_b",
    "ttnn.copy_device_to_host_tensor": "host_tensor",
    "ttnn.copy_host_to_device_tensor": "device_tensor",
    "ttnn.fill_cache": "cache_tensor",
    "ttnn.update_cache": "cache",
    "ttnn.kv_cache.fill_cache_for_user_": "cache",
    "ttnn.kv_cache.update_cache_for_token_": "cache",
    "ttnn.plus_one": "input_tensor",
    "ttnn.scale_causal_mask_hw_dims_softmax_in_place": "input_tensor",
    "ttnn.scale_mask_softmax_in_place": "input_tensor",
    "ttnn.softmax_in_place": "input_tensor",
    "ttnn.transformer.attention_softmax_": "tensor",
    "ttnn.logical_not_": "input_tensor",
    "ttnn.experimental.slice_write": "output_tensor",
    **{
        f"ttnn.{name}_": "input_a"
        for name in (
            *("bias_gelu", "divide", "eq", "ge", "gt", "ldexp", "le", "logaddexp", "logaddexp2", "logical_and"),
            *("logical_or", "logical_xor", "lt", "multiply", "ne", "rsub", "squared_difference"),
        )
    },
    "ttnn.add_": "input_tensor_a",
    "ttnn.subtract_": "input_tensor_a",
}
"""By operation: the parameter whose tensor it writes, if the call has an argument of that name."""

GIVEN_OUTPUTS: Mapping[str, int | None] = {
    "output_tensor": None,
    "output_tensors": None,
    "optional_tensor": None,
    "optional_output_tensor": None,
    "optional_output_tensors": None,
    "preallocated_output": None,
    "output": None,
    "out": None,
    "input_grad": 0,
    "input_a_grad": 0,
    "other_grad": 1,
    "input_b_grad": 1,
    "mat2_grad": 1,
    "weight_grad": 1,
    "bias_grad": 2,
    "gamma_grad": 1,
    "beta_grad": 2,
    "input_grad_tensor": 0,
    "param_out": 0,
}
"""Parameters of tensors that get an output, and which one: None for all that the golden returns."""

POOLS = frozenset(
    f"ttnn.{name}" for name in ("adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool2d", "grid_sample", "max_pool2d")
)
"""Operations whose goldens import helpers from tt-metal's tests; see `pool_helpers`."""

CROPPED = frozenset(("ttnn.pad", "ttnn.reshape"))
"""Operations whose golden has the output's padded shape, where the output's own shape is smaller."""

FIRST_OUTPUT = frozenset(("ttnn.conv2d",))
"""Operations whose goldens compute the first output alone: the others are sizes and prepared weights."""

SPANS_CHIPS = frozenset(
    (
        # their goldens compute a whole mesh, or what a chip gets from others, from values that one chip doesn't have
        "ttnn.all_to_all_combine",
        "ttnn.all_to_all_dispatch",
        "ttnn.fused_rms_minimal",
        "ttnn.moe_expert_token_remap",
        "ttnn.moe_routing_remap",
        "ttnn.reduce_to_root",
        "ttnn.transformer.exp_ring_joint_scaled_dot_product_attention",
        "ttnn.transformer.ring_distributed_scaled_dot_product_attention",
        "ttnn.transformer.ring_joint_scaled_dot_product_attention",
        "ttnn.transformer.ring_mla",
        "ttnn.transformer.sparse_sdpa",
        "ttnn.transformer.sparse_sdpa_msa",
    )
)
"""Operations in which chips exchange data and whose goldens can't be computed chip by chip."""

NEEDS_MORE: Mapping[str, str] = {
    "ttnn.from_buffer": "the buffer's numbers",
    "ttnn.load_tensor": "the file's contents",
}
"""By operation: what its golden needs and no trace holds."""

SKIPS = frozenset(("ttnn.empty", "ttnn.empty_like"))
"""Operations whose golden, in 0.66.0, is whatever the memory held."""

KEEPS_DTYPES = frozenset(
    f"ttnn.{name}"
    for name in (
        # what they give beyond their domain depends on it, as on the device: an infinity in BFLOAT16, NaN in FLOAT32
        *("acos", "acosh", "asin"),
        # they attach another policy to each, and compute in single precision by themselves
        *("cosh", "fmod", "gelu", "gelu_bw", "remainder", "sinh", "tanh"),
        # its bits are the result, or its next number
        *("bitcast", "nextafter"),
    )
)
"""Operations whose goldens must get the inputs' own dtypes.

The inputs of the others are made single precision, so that a golden is more precise than the output that it judges.
With small numbers, each golden that is not in this list was compared with itself on inputs of its own dtype; a test
does it again.
"""
