"""Small arguments for an operation, made from the types and names of its parameters, to try its golden with."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import ttnn

from farm.worker.goldens.tables import HOW, WRITTEN
from tracer.errors import RebuildError
from tracer.signatures import Overload, Parameter, Type
from tracer.values.live import find_class

SHAPE = (1, 1, 32, 64)
"""The shape of a tensor of which nothing more is known: one row of tiles."""
_INDICES = ("index", "indices", "idx", "batch_id", "page_table", "cur_pos", "seqlens")
_NUMBERS: Mapping[str, Any] = {"dim": -1, "k": 4, "chunks": 2, "split_size": 32, "num_heads": 2, "p": 2}


class Unsynthesizable(Exception):  # noqa: N818 - it names the finding
    """No small argument can be made for a parameter: its type is one that only a device or a program makes."""


def synthesized(operation: str, overload: Overload, *, optional: bool) -> dict[str, Any]:
    """Make arguments for an overload, with host tensors.

    Args:
        operation: the operation's name.
        overload: one of its overloads.
        optional: whether parameters with a default get arguments, too, if they change what is computed.

    Raises:
        Unsynthesizable: none can be made for a required parameter.
    """
    arguments: dict[str, Any] = {}
    special = _SPECIAL.get(operation, {})
    for parameter in overload.parameters:
        if parameter.kind in ("var_positional", "var_keyword"):
            continue
        computing = parameter.name not in HOW and parameter.name not in WRITTEN
        if parameter.name in special:
            if not parameter.has_default or optional:
                arguments[parameter.name] = special[parameter.name]()
        elif not parameter.has_default:
            try:
                arguments[parameter.name] = _argument(parameter)
            except Unsynthesizable:
                if computing:
                    raise
                arguments[parameter.name] = None  # a golden doesn't look at it
        elif optional and computing:
            try:
                arguments[parameter.name] = _argument(parameter)
            except Unsynthesizable:
                continue  # it stays at its default
    return arguments


def tensor(*shape: int, integers: bool = False, dtype: Any = None) -> Any:
    """Make a host tensor: numbers between 0.1 and 0.9, or integers 0, 1, 2, ... below 8."""
    count = math.prod(shape)
    array = np.arange(count).reshape(shape) % 8 if integers else np.linspace(0.1, 0.9, count).reshape(shape)
    if integers:
        return ttnn.Tensor(array.astype(np.int32), dtype or ttnn.int32)
    made = ttnn.Tensor(array.astype(np.float32), ttnn.float32)
    return made if dtype == ttnn.float32 else ttnn.to_dtype(made, dtype or ttnn.bfloat16)


def _argument(parameter: Parameter) -> Any:
    for alternative in parameter.alternatives:
        if alternative.short == "None":
            continue
        with contextlib.suppress(Unsynthesizable):
            return _of_type(parameter.name, alternative)
    if not parameter.alternatives:
        return _of_type(parameter.name, Type("Tensor"))
    raise Unsynthesizable(f"{parameter.name}: {parameter.type}")


def _of_type(name: str, kind: Type) -> Any:
    if kind.short in ("Tensor", "object", ""):
        return tensor(*SHAPE, integers=any(each in name for each in _INDICES))
    if kind.short == "bool":
        return False
    if kind.short == "int":
        return _NUMBERS.get(name, 1)
    if kind.short == "float":
        return 0.5
    if kind.short == "str":
        return "none"
    if kind.short == "Shape":
        return ttnn.Shape(SHAPE)
    if kind.short in ("Sequence", "List", "list", "tuple", "Tuple"):
        return _sequence(name, kind)
    if kind.short == "EltwiseUnaryWithParam":
        return find_class(kind.short)(ttnn.UnaryOpType.RELU)
    if kind.short == "ComplexTensor":
        return find_class("ComplexTensor")((tensor(*SHAPE), tensor(*SHAPE)))
    return _member(kind)


def _sequence(name: str, kind: Type) -> list[Any]:
    (alternatives, *_) = kind.arguments or ((),)
    if not alternatives:
        raise Unsynthesizable(f"{name}: {kind.name}")
    if name == "dims":
        return [0, 1, 3, 2]
    return [_of_type(name, alternatives[0]) for _ in range(2)]


def _member(kind: Type) -> Any:
    """Return a member of an enum of ttnn's."""
    usual = {"DataType": ttnn.bfloat16, "Layout": ttnn.TILE_LAYOUT, "MemoryConfig": ttnn.DRAM_MEMORY_CONFIG}
    if kind.short in usual:
        return usual[kind.short]
    try:
        members = getattr(find_class(kind.short), "__members__", None)
    except RebuildError:
        members = None
    if not members:
        raise Unsynthesizable(kind.name)
    return next(iter(members.values()))


def _integers(*shape: int) -> Callable[[], Any]:
    return lambda: tensor(*shape, integers=True)


def _floats(*shape: int) -> Callable[[], Any]:
    return lambda: tensor(*shape)


def _zeros(*shape: int) -> Callable[[], Any]:
    return lambda: ttnn.Tensor(np.zeros(shape, np.int32), ttnn.int32)


def _identity(*shape: int) -> Callable[[], Any]:
    return lambda: ttnn.Tensor(np.tile(np.eye(shape[-1], dtype=np.float32), (*shape[:-1], 1, 1)), ttnn.float32)


def _value(value: Any) -> Callable[[], Any]:
    return lambda: value


_NO_DEVICE = {"device": _value(None), "mesh_device": _value(None)}
_WHOLE_NUMBERS = {name: _integers(*SHAPE) for name in ("input_tensor", "input_tensor_a", "input_tensor_b")}
_POOL = {
    "input_tensor": _floats(1, 1, 64, 8),
    "batch_size": _value(1),
    "input_h": _value(8),
    "input_w": _value(8),
    "channels": _value(8),
    "kernel_size": _value([2, 2]),
    "stride": _value([2, 2]),
    "padding": _value([0, 0]),
    "dilation": _value([1, 1]),
    "output_size": _value([2, 2]),
    "divisor_override": _value(None),
}
_SQUARE = {
    name: _floats(1, 1, 32, 32)
    for name in ("input_tensor_a", "input_tensor_b", "input", "other", "output_grad", "input_a")
}
_SQUARE["input_b"] = _SQUARE["input_a"]
_MATRICES = {
    name: _floats(32, 32)
    for name in ("input_tensor", "mat1_tensor", "mat2_tensor", "input", "weight", "output_grad", "bias")
}
_BATCHES = {name: _floats(2, 32, 32) for name in ("input", "mat2", "output_grad")}
_WEIGHTS = {name: _floats(1, 64) for name in ("weight", "bias", "gamma", "beta")}
_HEADS = {name: _floats(1, 2, 32, 64) for name in ("input_tensor_q", "input_tensor_k", "input_tensor_v")}
_PAGED = {**_HEADS, "page_table_tensor": _zeros(1, 1), "cur_pos_tensor": _zeros(1), "attn_mask": _value(None)}
_NLL_LOSS = {
    "target_tensor": _zeros(4),
    "weight_tensor": _floats(8),
    "divisor_tensor": _floats(1),
    "input_grad_tensor": _floats(4, 8),
    "reduction_mean": _value(value=True),
}
_DELTA = {
    **{name: _floats(1, 64, 2, 32) for name in ("q", "k", "v")},
    **{name: _floats(1, 64, 2) for name in ("g", "beta")},
    "initial_state": _floats(1, 2, 32, 32),
    "initial_state_block_idx": _value(None),
    "chunk_size": _value(32),
    **dict.fromkeys(("eye", "tril", "ones", "masks"), _value(None)),
}
_SPECIAL: Mapping[str, Mapping[str, Callable[[], Any]]] = {
    "ttnn.adaptive_avg_pool2d": _POOL,
    "ttnn.adaptive_max_pool2d": _POOL,
    "ttnn.avg_pool2d": _POOL,
    "ttnn.max_pool2d": _POOL,
    "ttnn.addmm": _MATRICES,
    "ttnn.allocate_tensor_on_device": {**_NO_DEVICE},
    "ttnn.allocate_tensor_on_host": {**_NO_DEVICE},
    "ttnn.all_broadcast": {"cluster_axis": _value(None)},
    "ttnn.all_gather": {"cluster_axis": _value(None)},
    "ttnn.all_reduce": {"cluster_axis": _value(None)},
    "ttnn.reduce_scatter": {"cluster_axis": _value(None)},
    "ttnn.mesh_partition": {"cluster_axis": _value(None)},
    "ttnn.batch_norm": {
        "input": _floats(1, 2, 32, 32),
        **{name: _floats(2) for name in ("running_mean", "running_var", "weight", "bias")},
    },
    "ttnn.broadcast": {"sender_coord": _value([0]), "cluster_axis": _value(None)},
    "ttnn.conv2d": {
        "input_tensor": _floats(1, 1, 64, 8),
        "weight_tensor": _floats(16, 8, 3, 3),
        "bias_tensor": _floats(1, 1, 1, 16),
        "in_channels": _value(8),
        "out_channels": _value(16),
        "batch_size": _value(1),
        "input_height": _value(8),
        "input_width": _value(8),
        "kernel_size": _value([3, 3]),
        "stride": _value([1, 1]),
        "padding": _value([1, 1]),
        "dilation": _value([1, 1]),
        "groups": _value(1),
    },
    "ttnn.concat_bw": {"grad_tensor": _floats(1, 1, 64, 64), "dim": _value(2)},
    "ttnn.embedding": {"input_tensor": _zeros(1, 32), "weight": _floats(64, 32), "padding_idx": _value(None)},
    "ttnn.embedding_bw": {
        "input_tensor": _zeros(1, 32),
        "weight_tensor": _floats(64, 32),
        "output_gradient_tensor": _floats(1, 1, 32, 32),
    },
    "ttnn.expand": {"output_shape": _value([1, 2, 32, 64])},
    "ttnn.fill_cache": {"batch_idx": _value(0), "update_idx": _value(0)},
    "ttnn.kv_cache.fill_cache_for_user_": {"batch_index": _value(0), "update_idx": _value(0)},
    "ttnn.kv_cache.update_cache_for_token_": {"input": _floats(1, 1, 1, 64), "batch_offset": _value(0)},
    "ttnn.update_cache": {"input": _floats(1, 1, 1, 64)},
    "ttnn.index_fill": {"index": _integers(4), "dim": _value(3)},
    "ttnn.indexed_fill": {"batch_id": _zeros(1, 1, 1, 1), "dim": _value(0)},
    "ttnn.interleaved_to_sharded_partial": {"num_slices": _value(1), "slice_index": _value(0)},
    "ttnn.layer_norm": {**_WEIGHTS},
    "ttnn.group_norm": {"input_tensor": _floats(1, 1, 32, 64), "num_groups": _value(2), **_WEIGHTS}
    | {"memory_config": _value(ttnn.DRAM_MEMORY_CONFIG)},
    "ttnn.linear": {"input_tensor_b": _floats(1, 1, 64, 32), "bias": _floats(1, 32), "activation": _value(None)},
    "ttnn.matmul": {"input_tensor_b": _floats(1, 1, 64, 32), "activation": _value(None)},
    "ttnn.matmul_batched_weights": {"input_tensors_b": lambda: [tensor(1, 1, 64, 32)]},
    "ttnn.moe": {
        "expert_mask_tensor": _floats(1, 1, 1, 64),
        "topk_mask_tensor": _floats(1, 1, 1, 4),
        "k": _value(4),
    },
    "ttnn.moreh_bmm": _BATCHES,
    "ttnn.moreh_bmm_backward": _BATCHES,
    "ttnn.moreh_dot_backward": {name: _floats(1, 1, 1, 64) for name in ("input", "other", "input_grad", "other_grad")}
    | {"output_grad": _floats(1, 1, 1, 1)},
    "ttnn.moreh_fold": {
        "input": _floats(1, 8, 16),
        "output_size": _value([5, 5]),
        "kernel_size": _value([2, 2]),
        "dilation": _value([1, 1]),
        "padding": _value([0, 0]),
        "stride": _value([1, 1]),
    },
    "ttnn.moreh_getitem": {"index_tensors": lambda: [ttnn.Tensor(np.zeros((4,), np.int32), ttnn.int32)]}
    | {"index_dims": _value([2])},
    "ttnn.moreh_group_norm": {"input": _floats(1, 2, 32, 64), "num_groups": _value(2)}
    | {name: _floats(1, 1, 1, 2) for name in ("gamma", "beta")},
    "ttnn.moreh_group_norm_backward": {name: _floats(1, 2, 32, 64) for name in ("input", "output_grad")}
    | {name: _floats(1, 1, 1, 2) for name in ("mean", "rstd", "gamma")}
    | {"num_groups": _value(2)},
    "ttnn.moreh_layer_norm": {name: _floats(64) for name in ("gamma", "beta")} | {"normalized_dims": _value(1)},
    "ttnn.moreh_layer_norm_backward": {name: _floats(1, 1, 32) for name in ("mean", "rstd")}
    | {"gamma": _floats(64), "normalized_dims": _value(1), "input_grad": _floats(*SHAPE)},
    "ttnn.moreh_linear": _MATRICES,
    "ttnn.moreh_linear_backward": _MATRICES,
    "ttnn.moreh_matmul": _SQUARE,
    "ttnn.moreh_matmul_backward": _SQUARE,
    "ttnn.moreh_mean_backward": {"keepdim": _value(value=True), "dim": _value(None), "input_grad_shape": _value(None)},
    "ttnn.moreh_sum_backward": {"keepdim": _value(value=True), "dim": _value(None)},
    "ttnn.moreh_nll_loss": {"input_tensor": _floats(4, 8), "target_tensor": _zeros(4), "reduction": _value("mean")}
    | {"weight_tensor": _floats(8)},
    "ttnn.moreh_nll_loss_backward": _NLL_LOSS | {"output_grad_tensor": _floats(1)},
    "ttnn.moreh_nll_loss_unreduced_backward": _NLL_LOSS | {"output_grad_tensor": _floats(4)},
    "ttnn.moreh_norm_backward": {name: _floats(1, 1, 32, 1) for name in ("output", "output_grad")}
    | {"dim": _value(3), "keepdim": _value(value=True)},
    "ttnn.pad": {
        "padding": lambda: [[0, 0], [0, 0], [0, 0], [0, 32]],
        "output_padded_shape": _value([1, 1, 32, 96]),
        "input_tensor_start": _value([0, 0, 0, 0]),
    },
    "ttnn.pearson_correlation_coefficient": {"expected": _floats(*SHAPE), "actual": _floats(*SHAPE)},
    "ttnn.point_to_point": {"sender_coord": _value([0]), "receiver_coord": _value([0])},
    "ttnn.prelu": {"input_tensor_a": _floats(1, 2, 32, 32), "weight": _floats(2)},
    "ttnn.prod_bw": {"grad_tensor": _floats(1, 1, 32, 1), "dim": _value(3)},
    "ttnn.outer": {name: _floats(64) for name in ("input_tensor_a", "input_tensor_b")},
    "ttnn.repeat": {"repeat_dims": _value([1, 1, 1, 2])},
    "ttnn.repeat_bw": {
        "grad_tensor": _floats(2, 1, 32, 64),
        "input_tensor": _floats(1, 1, 32, 64),
        "shape": _value([2, 1, 1, 1]),
    },
    "ttnn.reshape": {"shape": _value([1, 1, 64, 32])},
    "ttnn.reshape_on_device": {"W": _value(1), "Z": _value(1), "Y": _value(64), "X": _value(32)},
    "ttnn.sharded_to_interleaved_partial": {"num_slices": _value(1), "slice_index": _value(0)},
    "ttnn.slice": {name: _value([0, 0, 0, 0]) for name in ("starts", "slice_start")}
    | {name: _value([1, 1, 32, 32]) for name in ("ends", "slice_end")}
    | {name: _value([1, 1, 1, 1]) for name in ("steps", "slice_step")}
    | {"slice_dim": _value(None), "num_devices": _value(None)},
    "ttnn.sparse_matmul": {
        "input_tensor_b": _floats(1, 1, 64, 32),
        "sparsity": _floats(1, 1, 1, 1),
        **dict.fromkeys(("bias", "indices", "nnz"), _value(None)),
        "is_input_b_sparse": _value(value=True),
    },
    "ttnn.split": {"split_size": _value(32), "dim": _value(3)},
    "ttnn.to_torch": {"torch_rank": _value(None)},
    "ttnn.tosa_gather": {"input": _floats(1, 8, 4), "index": _integers(1, 8)},
    "ttnn.tosa_scatter": {"input": _floats(1, 8, 4), "index": _integers(1, 8), "src": _floats(1, 8, 4)},
    "ttnn.upsample": {"scale_factor": _value([2, 2]), "mode": _value("nearest")},
    "ttnn.view": {"shape": _value([1, 1, 64, 32])},
    "ttnn.div": {"rounding_mode": _value("floor")},
    "ttnn.rdiv": {"rounding_mode": _value("floor")},
    "ttnn.div_bw": {"rounding_mode": _value(None)},
    "ttnn.grid_sample": {
        "input_tensor": _floats(1, 8, 8, 32),
        "grid": _floats(1, 4, 4, 2),
        "mode": _value("bilinear"),
        "padding_mode": _value("zeros"),
        "grid_batching_factor": _value(None),
    },
    "ttnn.clamp": {"min": _value(0.2), "max": _value(0.8)},
    "ttnn.clip": {"min": _value(0.2), "max": _value(0.8)},
    "ttnn.clamp_bw": {"min": _value(0.2), "max": _value(0.8)},
    "ttnn.clip_bw": {"min": _value(0.2), "max": _value(0.8)},
    "ttnn.scatter": {"dim": _value(3), "index": _integers(1, 1, 32, 64), "reduce": _value(None)},
    "ttnn.transformer.chunked_flash_mla_prefill": _PAGED,
    "ttnn.transformer.chunked_scaled_dot_product_attention": {**_PAGED, "chunk_start_idx": _value(0)},
    "ttnn.transformer.paged_flash_multi_latent_attention_decode": _PAGED,
    "ttnn.transformer.paged_scaled_dot_product_attention_decode": _PAGED,
    "ttnn.transformer.split_query_key_value_and_split_heads": {"input_tensor": _floats(1, 32, 192)}
    | {"num_heads": _value(2), "num_kv_heads": _value(None), "kv_input_tensor": _value(None)},
    "ttnn.transformer.chunk_gated_delta_rule": _DELTA,
    "ttnn.transformer.fused_recurrent_gated_delta_rule": _DELTA,
    "ttnn.transformer.gated_delta_attn_seq": {
        **{name: _identity(1, 1, 32) for name in ("L_unit", "L_inv")},
        **{
            name: _floats(1, 1, 32, 32)
            for name in ("v_beta_sc", "k_bd_sc", "intra_attn", "q_decay", "k_decay_t", "dl_exp")
        },
        "initial_state": _floats(1, 32, 32),
    },
    "ttnn.transformer.joint_scaled_dot_product_attention": {
        **_HEADS,
        **{name: _floats(1, 2, 32, 64) for name in ("joint_tensor_q", "joint_tensor_k", "joint_tensor_v")},
        "joint_strategy": _value("rear"),
    },
    "ttnn.experimental.split_query_key_value_and_split_heads": {"input_tensor": _floats(1, 32, 192)}
    | {"num_heads": _value(2)},
    "ttnn.experimental.rotary_embedding": {"token_index": _value(0)},
    **dict.fromkeys(("ttnn.to_device", "ttnn.moreh_arange", "ttnn.moreh_full", "ttnn.rand", "ttnn.randn"), _NO_DEVICE),
    **{
        f"ttnn.{name}": _WHOLE_NUMBERS
        for name in (
            "bitwise_and",
            "bitwise_left_shift",
            "bitwise_not",
            "bitwise_or",
            "bitwise_right_shift",
            "bitwise_xor",
            "gcd",
            "lcm",
            "logical_left_shift",
            "logical_right_shift",
        )
    },
}
"""By operation and parameter: what its golden needs, where type and name of the parameter don't say it."""
