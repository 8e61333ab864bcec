"""Kinds of operations: what an operation does to numbers, which decides how close its output must be.

An operation's kind follows from its name: the first rule that matches decides. Names that no rule knows are `OTHER`;
a test pins that the registered operations of the supported versions of ttnn all have a kind.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache


class OperationKind(str, Enum):
    """What an operation does to numbers."""

    MOVEMENT = "movement"
    """Moves, copies, pads or slices elements: none changes."""
    CREATION = "creation"
    """Makes elements that follow from the call alone: constants, ranges, copies of a shape."""
    COMPARISON = "comparison"
    """Compares or tests elements, or combines truth values: zeros and ones."""
    INTEGER = "integer"
    """Arithmetic of whole numbers and bits."""
    SELECTION = "selection"
    """Chooses among its inputs' elements: maximum, clamp, where, relu. None is computed."""
    ARITHMETIC = "arithmetic"
    """Adds, subtracts, multiplies or rounds, element by element, in one step."""
    COMPOSITION = "composition"
    """Several steps of arithmetic, element by element, with roundings in between."""
    DIVISION = "division"
    """Divides, element by element: by a reciprocal that is refined."""
    REMAINDER = "remainder"
    """Divides and keeps whole numbers, or what they leave: a quotient next to a whole number may go either way."""
    FUNCTION = "function"
    """A function of one element that the vector unit computes to about the output's precision: exp, sqrt, sin."""
    APPROXIMATION = "approximation"
    """A function of one element by a coarse polynomial, a lookup table or a composition of such: gelu, erfinv."""
    TYPECAST = "typecast"
    """Converts elements to another dtype, or quantizes them."""
    MATMUL = "matmul"
    """Sums of products on the matrix unit: matmul, linear."""
    CONVOLUTION = "convolution"
    """Sums of products over a window."""
    ATTENTION = "attention"
    """Scaled dot-product attention: two matmuls with a softmax between them."""
    NORMALIZATION = "normalization"
    """Normalizes by mean and variance, or by the root mean square."""
    SOFTMAX = "softmax"
    """Exponentials, divided by their sum."""
    SUM = "sum"
    """Sums or means over a dimension: sum, mean, cumsum."""
    SPREAD = "spread"
    """Variances, deviations, norms and other sums of squares over a dimension."""
    PRODUCT = "product"
    """Products over a dimension."""
    EXTREME = "extreme"
    """Chooses elements over a dimension: max, topk, sort. Values are equal; of equal values, any index is right."""
    INDEX = "index"
    """Positions of elements: argmax, nonzero."""
    AVERAGE_POOL = "average_pool"
    """Means over a window."""
    MAX_POOL = "max_pool"
    """Maxima over a window."""
    INTERPOLATION = "interpolation"
    """Weighted means of neighbours: upsample, grid_sample."""
    EMBEDDING = "embedding"
    """Rows of a table, chosen by index."""
    ROTARY = "rotary"
    """Rotary position embedding: two products and a sum for each element."""
    GATHERING = "gathering"
    """Moves elements between chips."""
    REDUCING = "reducing"
    """Sums elements of several chips."""
    RANDOM = "random"
    """Random numbers: no golden can tell them."""
    OPTIMIZER = "optimizer"
    """A step of an optimizer."""
    LOSS = "loss"
    """A loss over all elements."""
    BACKWARD = "backward"
    """A gradient: a composition of other operations."""
    FUSED = "fused"
    """Several operations in one, with roundings in between: gated activations, mixtures of experts."""
    CONTROL = "control"
    """Nothing about numbers: buffers, prefetchers, semaphores."""
    OTHER = "other"
    """No rule knows it."""


def _names(kind: OperationKind, names: str) -> dict[str, OperationKind]:
    return dict.fromkeys(names.split(), kind)


_BY_NAME = {
    **_names(
        OperationKind.MOVEMENT,
        "add_shared_expert_weights alt_complex_rotate90 as_tensor assign bcast bitcast broadcast_to "
        "chunk clone complex_tensor concat conj convert_to_chw convert_to_hwc copy copy_device_to_host_tensor "
        "copy_host_to_device_tensor copy_host_to_device_tensor_partial deepseek_moe_post_combine_tilize dispatch "
        "dispatch_fabric2d dump_tensor expand extract fill_cache fill_cache_for_user_ fill_implicit_tile_padding fold "
        "from_buffer from_device from_torch gather halo_scatter identity imag index_fill index_fill_new indexed_fill "
        "indexed_fused_update_cache insert interleaved_to_sharded interleaved_to_sharded_partial load_tensor "
        "mesh_partition moe_expert_token_remap moe_routing_remap moreh_fold moreh_getitem move narrow "
        "nlp_kv_cache_load_slice pad padded_slice paged_fill_cache paged_fused_update_cache paged_update_cache "
        "permute prepare_conv3d_weights quantize_weights_via_host real reallocate repeat repeat_interleave reshape "
        "reshape_on_device reshard roll rotate_half scatter sharded_to_interleaved sharded_to_interleaved_partial "
        "slice slice_reshard_async slice_write split squeeze stack tilize tilize_with_val_padding "
        "tilize_with_zero_padding to_device to_layout to_memory_config to_torch tosa_gather tosa_scatter transpose "
        "transpose_rm tril triu unsqueeze unsqueeze_to_4D untilize untilize_with_unpadding update_cache "
        "update_cache_for_token_ update_padded_kv_cache view zero_padded_kv_cache",
    ),
    **_names(
        OperationKind.CREATION,
        "allocate_tensor_on_device allocate_tensor_on_host arange empty empty_like fill fill_ones_rm fill_rm full "
        "full_like moreh_arange moreh_full moreh_full_like ones ones_like zeros zeros_like",
    ),
    **_names(
        OperationKind.COMPARISON,
        "eq eqz ge gez gt gtz is_imag is_real isclose isfinite isin isinf isnan isneginf isposinf le lez logical_and "
        "logical_not logical_or logical_xor lt ltz ne nez sign signbit",
    ),
    **_names(
        OperationKind.INTEGER,
        "bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor gcd lcm "
        "logical_left_shift logical_right_shift masked_bincount offset_cumsum plus_one",
    ),
    **_names(
        OperationKind.SELECTION,
        "abs ceil clamp clip floor hardshrink hardtanh heaviside maximum minimum neg nextafter reglu relu relu6 "
        "relu_max relu_min threshold trunc where",
    ),
    **_names(
        OperationKind.ARITHMETIC,
        "add composite_example composite_example_multiple_return deg2rad dequantize frac ldexp leaky_relu multiply "
        "outer per_token_cast_back prelu rad2deg repeat_and_interleave_eltwise_mul round rsub softshrink square "
        "subtract",
    ),
    **_names(
        OperationKind.COMPOSITION,
        "addalpha addcdiv addcmul complex_mul hardmish hardsigmoid hardswish lerp mac polyval squared_difference "
        "subalpha",
    ),
    **_names(OperationKind.DIVISION, "div div_no_nan divide rdiv reciprocal softsign"),
    **_names(OperationKind.REMAINDER, "floor_div fmod remainder"),
    **_names(
        OperationKind.FUNCTION,
        "angle cbrt cos exp exp2 expm1 hypot log log10 log1p log2 log_sigmoid logaddexp logaddexp2 moreh_abs_pow "
        "polar pow rpow rsqrt sigmoid_accurate sin softcap sqrt tan tanh xlogy",
    ),
    **_names(
        OperationKind.APPROXIMATION,
        "acos acosh asin asinh atan atan2 atanh bias_gelu celu cosh digamma elu erf erfc erfinv gelu i0 i1 lgamma "
        "logit mish multigammaln polygamma selu sigmoid silu sinh snake_beta softplus swish tanhshrink unary_chain "
        "xielu",
    ),
    **_names(
        OperationKind.TYPECAST,
        "pack_scaled_fp8_kv_cache per_token_cast_to_fp8 quantize requantize to_dtype typecast",
    ),
    **_names(
        OperationKind.MATMUL,
        "addmm apply_twiddles apply_twiddles_xl attn_matmul attn_matmul_from_cache bluestein_fft fft fft_radix_pass "
        "fft_three_pass group_attn_matmul ifft linear matmul matmul_batched_weights matmul_decode matmul_wo "
        "minimal_matmul minimal_matmul_split moe_gate_mm moreh_bmm moreh_dot moreh_linear moreh_matmul sparse_matmul",
    ),
    **_names(
        OperationKind.CONVOLUTION,
        "conv1d conv2d conv3d conv_transpose2d qkv_causal_conv1d_silu qkv_causal_conv1d_silu_with_carry",
    ),
    **_names(
        OperationKind.ATTENTION,
        "affine_exclusive_scan chain_affine_transforms chunk_gated_delta_rule csa_compressor fused_msda "
        "fused_msda_from_offsets fused_recurrent_gated_delta_rule gated_delta_attn_seq hc_sum_reduce "
        "indexer_score_dsa indexer_score_msa multi_scale_deformable_attn prefix_scan prepare_chunk_recurrence "
        "recurrent_chunk_scan reduce_affine_transforms ring_indexer_score_dsa ring_mla select_final_carry sparse_sdpa "
        "sparse_sdpa_msa summarize_chunk_recurrence",
    ),
    **_names(
        OperationKind.NORMALIZATION,
        "batch_norm dit_fused_distributed_groupnorm dit_fused_distributed_layernorm dit_fused_distributed_rmsnorm "
        "dit_layernorm_post_allgather dit_rms_norm_unary_fused fused_rms_minimal "
        "group_norm layer_norm layer_norm_post_all_gather moreh_group_norm moreh_layer_norm "
        "normalize_global normalize_hw rms_norm rms_norm_post_all_gather "
        "sigmoid_gated_rms_norm wan_fused_rmsnorm_post_allgather",
    ),
    **_names(
        OperationKind.SOFTMAX,
        "attention_softmax attn_res_gather_softmax moreh_logsoftmax moreh_softmax moreh_softmin "
        "scale_causal_mask_hw_dims_softmax_in_place scale_mask_softmax scale_mask_softmax_in_place softmax "
        "softmax_in_place",
    ),
    **_names(
        OperationKind.SUM,
        "attn_res_weighted_reduce_nc cumsum deepseek_moe_fast_reduce_nc deepseek_moe_fast_reduce_nc_fused ema "
        "fast_reduce_nc fast_reduce_nc_split intimg mean moreh_cumsum moreh_mean moreh_sum post_combine_reduce "
        "scatter_add sum",
    ),
    **_names(
        OperationKind.SPREAD,
        "dit_layernorm_pre_allgather layer_norm_pre_all_gather moreh_clip_grad_norm moreh_norm "
        "pearson_correlation_coefficient rms_norm_pre_all_gather std std_hw var var_hw wan_fused_rmsnorm_pre_allgather",
    ),
    **_names(OperationKind.PRODUCT, "cumprod prod"),
    **_names(OperationKind.EXTREME, "max min sort topk topk_large_indices"),
    **_names(OperationKind.INDEX, "argmax nonzero"),
    **_names(OperationKind.AVERAGE_POOL, "adaptive_avg_pool2d avg_pool2d global_avg_pool2d"),
    **_names(OperationKind.MAX_POOL, "adaptive_max_pool2d max_pool2d"),
    **_names(OperationKind.INTERPOLATION, "grid_sample rotate upsample"),
    **_names(OperationKind.EMBEDDING, "embedding"),
    **_names(OperationKind.RANDOM, "bernoulli dropout rand randn sampling uniform"),
    **_names(OperationKind.OPTIMIZER, "moreh_adam moreh_adamw moreh_sgd"),
    **_names(OperationKind.LOSS, "l1_loss moreh_nll_loss mse_loss"),
    **_names(
        OperationKind.FUSED,
        "all_gather_matmul_async all_gather_minimal_matmul_async clamped_silu_glu deepseek_grouped_gate "
        "deepseek_moe_gate dit_minimal_matmul_addcmul_fused geglu generalized_moe_gate glu hybrid_routed_expert_moe "
        "hybrid_routed_expert_moe_forwarding_buffer llama_all_gather_matmul_async llama_rs_matmul "
        "matmul_reduce_scatter_async mhc_split_sinkhorn minimal_matmul_strided_reduce_scatter_async moe moe_compute "
        "moe_fused_swiglu moe_gpt moe_grouped_topk moe_hash_gate routed_expert_ffn situ_glu "
        "strided_all_gather_minimal_matmul_async swiglu topk_router_gpt unified_routed_expert_moe",
    ),
    **_names(
        OperationKind.REDUCING,
        "all_reduce all_reduce_async all_reduce_create_qkv_heads all_to_all_combine combine combine_fabric2d "
        "deepseek_moe_reduce_scatter llama_reduce_scatter llama_rs_create_heads reduce_scatter "
        "reduce_scatter_minimal_async reduce_scatter_minimal_direct reduce_to_root selective_reduce_combine "
        "strided_reduce_scatter_async",
    ),
    **_names(
        OperationKind.GATHERING,
        "all_broadcast all_gather all_to_all_dispatch all_to_all_dispatch_metadata broadcast "
        "compressor_state_exchange deepseek_minimal_broadcast high_bw_all_gather inbound_socket_service_sync "
        "neighbor_pad_async neighbor_pad_halo outbound_socket_service_sync point_to_point",
    ),
    **_names(
        OperationKind.CONTROL,
        "can_use_fused_msda_from_offsets_l1_value deallocate dram_prefetcher generic_op hang_device_operation "
        "is_tensor_prefetcher_supported manual_seed moe_padding_config prepare_generic_op "
        "tensor_prefetcher_block_count_for_matmul_1d test_hang_device_operation",
    ),
}
"""By the last part of the name, without the underscore of an operation that works in place."""

_BY_PATTERN = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"_(bw|backward)$", OperationKind.BACKWARD),
        (r"(concat|create|split).*(head|qkv)|concatenate_heads", OperationKind.MOVEMENT),
        (r"^(create|start|stop|wait|queue|get|test|prepare)_|_create_\w*buffers?$", OperationKind.CONTROL),
        (r"scaled_dot_product|multi_latent|mla|flash|sdpa", OperationKind.ATTENTION),
        (r"rotary_embedding", OperationKind.ROTARY),
        (r"(all_gather|all_to_all|send|recv|strided_all_gather)", OperationKind.GATHERING),
        (r"matmul", OperationKind.MATMUL),
        (r"norm", OperationKind.NORMALIZATION),
        (r"softmax", OperationKind.SOFTMAX),
        (r"conv\d?", OperationKind.CONVOLUTION),
        (r"reduce_scatter|all_reduce", OperationKind.REDUCING),
        (r"cache", OperationKind.MOVEMENT),
    )
)
"""For names that no row has: the first pattern that is found in the last part of the name."""


@lru_cache(maxsize=2048)
def kind_of(operation: str) -> OperationKind:
    """The kind of an operation.

    Args:
        operation: its dotted name, such as `ttnn.transformer.concatenate_heads`.
    """
    name = operation.rpartition(".")[2]
    plain = name.removesuffix("_")
    for each in (name, plain):
        if each in _BY_NAME:
            return _BY_NAME[each]
    return next((kind for pattern, kind in _BY_PATTERN if pattern.search(plain)), OperationKind.OTHER)
