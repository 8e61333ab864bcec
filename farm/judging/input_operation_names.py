"""Names of operations by what they do with their numbers, as far as the choice of inputs depends on it."""

MOVEMENTS = (
    "reshape* view transpose* permute slice concat split chunk narrow pad tilize* untilize* interleaved_to_sharded* "
    "sharded_to_interleaved* reshard to_layout to_memory_config to_device from_device to_torch from_torch clone "
    "copy* move reallocate assign identity repeat repeat_interleave roll stack squeeze unsqueeze* expand fold fill* "
    "broadcast_to nlp_concat_heads* nlp_create_* create_qkv_heads* split_query_key_value_and_split_heads "
    "concatenate_heads all_gather* all_broadcast broadcast mesh_partition point_to_point neg abs tril triu rotate "
    "rotate_half convert_to_chw convert_to_hwc padded_slice slice_write nlp_kv_cache_load_slice gather scatter "
    "tosa_gather tosa_scatter index_fill* indexed_fill fill_cache* maximum minimum real imag conj complex_tensor "
    "composite_example* alt_complex_rotate90 all_to_all_dispatch* moreh_getitem halo_scatter "
    "strided_all_gather_async"
)
"""Operations whose outputs are numbers of their inputs, at most with another sign."""

COLLECTIVES = "all_reduce* reduce_scatter* all_to_all_combine deepseek_moe_reduce_scatter"
"""Operations that add up what several chips hold."""

MATMULS = (
    "matmul linear addmm matmul_batched_weights sparse_matmul outer moreh_matmul* moreh_bmm* minimal_matmul* "
    "attn_matmul* group_attn_matmul matmul_decode *_matmul_* *_matmul dit_minimal_matmul* moe_gpt moe_compute "
    "llama_rs_matmul"
)
CONVOLUTIONS = "conv1d conv2d conv_transpose2d conv3d"

ELEMENTWISE = (
    "add sub subtract mul multiply rsub mac addalpha subalpha addcmul addcdiv where lerp square squared_difference "
    "relu relu6 relu_max relu_min leaky_relu prelu elu celu selu gelu silu swish mish sigmoid sigmoid_accurate "
    "hardsigmoid hardswish hardtanh hardmish softplus softsign softcap log_sigmoid tanh xielu glu reglu geglu "
    "swiglu situ_glu clamped_silu_glu bias_gelu clamp clip cbrt atan asinh deg2rad rad2deg nextafter snake_beta "
    "ldexp xlogy div_no_nan angle bcast upsample l1_loss mse_loss"
)
"""Operations that compute each number of the output from one number of each input."""
