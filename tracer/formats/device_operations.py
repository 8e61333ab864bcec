"""Which Python operation runs which device operation, and how their arguments correspond.

An entry holds where the Python operation's C++ calls that one device operation, with attributes that are its parameters
under the same or another name. Some device operations serve many Python operations, which an attribute tells apart: the
kind of a binary, unary or reducing operation, the type of a norm or a softmax. Where a Python operation runs several
device operations in a row, such as a convolution (halo, convolution, move), none of them alone is the call, so none is
listed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracer.formats.device_calls import DERIVED, DeviceCall, Rule, Translation, as_argument, empty_lists, ints
from tracer.formats.device_elementwise import binary, reduce, unary
from tracer.values import CoreCoord, CoreGrid, EnumMember, Struct, Value

_SUFFIXES = re.compile(r"(?:Device)?(?:Operation|Op)?$")


def rule_of(code: str) -> Rule | None:
    """Return the rule for a device operation by the name that a profiler gives it; None if there is none."""
    name = code.strip().rpartition("::")[2]
    return _RULES.get(name.lower()) or _RULES.get(_SUFFIXES.sub("", name, count=1).lower())


def _plain(
    operation: str,
    *tensors: str | None,
    derived: str = "",
    renamed: Mapping[str, str] | None = None,
    returns_output: bool = True,
) -> Rule:
    """Return the rule of a device operation that one Python operation runs, with attributes that are its parameters."""
    translation = Translation(
        operation,
        tensors or ("",),
        derived=frozenset(derived.split()) | DERIVED,
        renamed=renamed or {},
        returns_output=returns_output,
    )
    return lambda _call: translation


def _matmul(call: DeviceCall) -> Translation:
    arguments: dict[str, Value] = {}
    core = call.attributes.get("user_core_coord")
    if isinstance(core, CoreCoord):
        arguments["core_grid"] = CoreGrid(x=core.x, y=core.y)
    derived = {"bcast_batch", "user_run_batched", "untilize_out", "user_core_coord"}
    if call.attributes.get("output_tile") in _USUAL_TILES:
        derived.add("output_tile")
    return Translation(
        "ttnn.linear" if len(call.inputs) > 2 else "ttnn.matmul",
        ("", "", "bias"),
        arguments,
        derived=frozenset(derived),
        renamed={"user_fused_activation": "activation"},
        losses={} if len(call.inputs) > 1 else {"input_tensor_b": "the second operand"},
    )


_USUAL_TILES = (
    Struct("Tile", (("face_shape", (16, 16)), ("num_faces", 4), ("tile_shape", (32, 32)))),
    Struct("Tile", (("face_shape", (16, 16)), ("tile_shape", (32, 32)))),
)

_TRANSPOSED = {"CN": (0, 1), "HC": (1, 2), "WH": (2, 3), "NH": (0, 2), "NW": (0, 3), "CW": (1, 3)}


def _transpose(call: DeviceCall) -> Translation | str:
    dims = _TRANSPOSED.get(call.member("dim"))
    if dims is None:
        return f"device operation {call.code}: its dim is not recorded"
    return Translation("ttnn.transpose", arguments={"arg1": dims[0], "arg2": dims[1]}, read=frozenset({"dim"}))


_ACCUMULATIONS = {"CUMSUM": "ttnn.cumsum", "CUMPROD": "ttnn.cumprod"}


def _accumulation(call: DeviceCall) -> Translation | str:
    operation = _ACCUMULATIONS.get(call.member("op"))
    if operation is None:
        return f"device operation {call.code}: its op is not recorded"
    return Translation(
        operation,
        arguments={"arg1": call.attributes.get("dim")},
        read=frozenset({"op", "dim"}),
        renamed={"flip": "reverse_order"},
    )


def _false(call: DeviceCall, *names: str) -> frozenset[str]:
    """Return those of some attributes that are False, which is what an operation without the parameter does."""
    return frozenset(name for name in names if call.attributes.get(name) is False)


_SOFTMAXES = {
    "SOFTMAX": "ttnn.softmax",
    "SCALEMASKSOFTMAX": "ttnn.scale_mask_softmax",
    "SOFTMAXINPLACE": "ttnn.softmax_in_place",
    "SCALEMASKSOFTMAXINPLACE": "ttnn.scale_mask_softmax_in_place",
    "SCALECAUSALMASKHWSOFTMAXINPLACE": "ttnn.scale_causal_mask_hw_dims_softmax_in_place",
}


def _softmax(call: DeviceCall) -> Translation | str:
    kind = call.member("softmax_type").replace("_", "").upper()
    if not kind:
        masked = call.attributes.get("scale") is not None or len(call.inputs) > 1
        kind = "SCALEMASKSOFTMAX" if masked else "SOFTMAX"
        kind += "INPLACE" if call.attributes.get("inplace") else ""
        if call.attributes.get("is_scale_causal_mask_hw_dims_softmax"):
            kind = "SCALECAUSALMASKHWSOFTMAXINPLACE"
    operation = _SOFTMAXES.get(kind)
    if operation is None:
        return f"device operation {call.code}: no Python operation is its softmax_type {kind}"
    return Translation(
        operation,
        ("", "mask"),
        read=frozenset({"softmax_type"}),
        derived=frozenset({"inplace", "is_scale_causal_mask_hw_dims_softmax", "rank"} | _false(call, "is_causal_mask")),
    )


_STAGES = {"NOT_DISTRIBUTED": "", "PRE_ALL_GATHER": "_pre_all_gather", "POST_ALL_GATHER": "_post_all_gather"}


def _norm(call: DeviceCall) -> Translation | str:
    kind = {"RMSNORM": "rms_norm", "LAYERNORM": "layer_norm"}.get(call.member("norm_type"))
    stage = _STAGES.get(call.member("distributed_norm_stage") or "NOT_DISTRIBUTED")
    if kind is None or stage is None:
        return f"device operation {call.code}: its norm_type or distributed_norm_stage is not recorded"
    tensors: tuple[str | None, ...] = ("", "weight", "bias")
    if stage == "_post_all_gather":
        tensors = ("", "", "weight", "bias")
    elif len(call.inputs) > 1 and call.inputs[1].shape == call.inputs[0].shape:
        tensors = ("", "residual_input_tensor", "weight", "bias")  # a weight has one row
    return Translation(
        f"ttnn.{kind}{stage}",
        tensors,
        read=frozenset({"norm_type", "distributed_norm_stage"}),
        renamed={"eps": "epsilon"},
    )


def _slice(call: DeviceCall) -> Translation:
    starts, ends, steps = (
        next((sizes for name in names if (sizes := ints(call.attributes.get(name))) is not None), None)
        for names in (("slice_start", "starts", "begins"), ("slice_end", "ends"), ("step", "steps", "slice_step"))
    )
    read = frozenset({"slice_start", "slice_end", "step", "starts", "ends", "steps", "slice_step", "begins"})
    if starts is None or ends is None:
        return Translation("ttnn.slice", read=read, losses={"starts": "where the slice begins and ends"})
    if "output_tensor_end" not in call.attributes and steps is None:
        steps = (1,) * len(starts)
    return Translation("ttnn.slice", arguments={"arg1": starts, "arg2": ends, "arg3": steps}, read=read)


def _pad(call: DeviceCall) -> Translation:
    outer = ints(call.attributes.get("output_logical_shape")) or ints(call.attributes.get("output_padded_shape"))
    start = ints(call.attributes.get("input_tensor_start"))
    read = frozenset({"output_logical_shape", "output_padded_shape", "input_tensor_start", "pad_value"})
    inner = call.inputs[0].shape if call.inputs else ()
    if outer is None or start is None or not len(outer) == len(start) == len(inner):
        return Translation("ttnn.pad", read=read, losses={"padding": "how much is added on each side"})
    padding = tuple((before, whole - size - before) for before, whole, size in zip(start, outer, inner, strict=True))
    value = call.attributes.get("pad_value", 0.0)
    return Translation("ttnn.pad", arguments={"arg1": padding, "arg2": value}, read=read)


def _concat(call: DeviceCall) -> Translation:
    return Translation(
        "ttnn.concat",
        (None,) * len(call.inputs),
        {"arg0": call.inputs, "arg1": call.attributes.get("dim")},
        frozenset({"dim"}),
    )


def _shaped(operation: str, *names: str) -> Rule:
    """Return the rule of an operation whose second argument is a shape, in one of several attributes."""

    def rule(call: DeviceCall) -> Translation:
        shape = next((dims for name in names if (dims := ints(call.attributes.get(name))) is not None), None)
        if shape is None and len(call.outputs) == 1:
            shape = call.outputs[0].shape
        if shape is None:
            return Translation(operation, read=frozenset(names), losses={"shape": "the shape of the output"})
        derived = DERIVED | {"padded_output_shape"}
        return Translation(operation, arguments={"arg1": shape}, read=frozenset(names), derived=derived)

    return rule


_REPEAT = {"m_output_mem_config": "memory_config"}


def _repeat(call: DeviceCall) -> Translation:
    before = call.inputs[0].shape if call.inputs else ()
    after = call.outputs[0].shape if call.outputs else ()
    read = frozenset({"m_num_repeats", "m_is_last_dim", "num_repeats", "is_last_dim"})
    if len(before) != len(after) or any(not old or new % old for old, new in zip(before, after, strict=True)):
        return Translation("ttnn.repeat", read=read, losses={"repeat_dims": "how often each dimension is repeated"})
    times = tuple(new // old for old, new in zip(before, after, strict=True))
    return Translation(
        "ttnn.repeat", arguments={"arg1": times}, read=read, renamed={"m_output_mem_config": "memory_config"}
    )


_CHOSEN_OF_CHIPS = frozenset(
    {"ring_size", "num_devices", "using_persistent_buffers", "use_all_gather_async_llama_sharded", "reverse_order"}
    | {"use_all_gather_async_via_broadcast"}
)


def _among_chips(operation: str) -> Rule:
    """Return the rule of an operation that moves parts of a tensor between chips."""

    def rule(call: DeviceCall) -> Translation:
        usual = {name for name in ("sub_device_id",) if call.attributes.get(name) == 0}
        return Translation(
            operation,
            ("", None, None),
            derived=_CHOSEN_OF_CHIPS | usual | empty_lists(call, "semaphore"),
            renamed={
                "semaphore": "multi_device_global_semaphore",
                "optional_intermediate_mem_config": "intermediate_memory_config",
                "sub_device_id": "subdevice_id",
            },
            returns_output=False,
        )

    return rule


def _with_first(operation: str, *names: str, derived: str = "") -> Rule:
    """Return the rule of an operation whose second argument is an attribute: the first of these that is there."""

    def rule(call: DeviceCall) -> Translation:
        value = next((call.attributes[name] for name in names if call.attributes.get(name) is not None), None)
        read, apart = frozenset(names), frozenset(derived.split()) | DERIVED
        if value is None:
            return Translation(operation, read=read, derived=apart, losses={names[0]: "its value"})
        return Translation(operation, arguments={"arg1": as_argument(value)}, read=read, derived=apart)

    return rule


def _embedding(call: DeviceCall) -> Translation:
    tiled = call.attributes.get("tilized")
    arguments: dict[str, Value] = {}
    if isinstance(tiled, bool):
        arguments["layout"] = EnumMember("Layout", "TILE" if tiled else "ROW_MAJOR")
    return Translation(
        "ttnn.embedding",
        ("", ""),
        arguments,
        frozenset({"tilized"}),
        renamed={"pad_token": "padding_idx"},
        returns_output=False,  # it has the rank of the indices, which isn't recorded
    )


def _cache(call: DeviceCall) -> Translation | str:
    kind = call.member("op_type")
    if kind == "FILL":
        derived = frozenset({"update_idx", "batch_offset", "compute_kernel_config"})
        return Translation("ttnn.fill_cache", read=frozenset({"op_type"}), derived=derived)
    if kind == "UPDATE":
        return Translation("ttnn.update_cache", read=frozenset({"op_type"}), derived=frozenset({"batch_idx"}))
    return f"device operation {call.code}: its op_type is not recorded"


_CREATE_HEADS = _plain(
    "ttnn.experimental.nlp_create_qkv_heads",
    "",
    "",
    renamed={"num_q_heads": "num_heads"},
    derived="head_dim",
)
_OUTPUT_MEMORY = ("output_mem_config", "output_memory_config", "memory_config")

_RULES: dict[str, Rule] = {
    "matmul": _matmul,
    "binaryng": binary,
    "binary": binary,
    "unary": unary,
    "reduce": reduce,
    "transpose": _transpose,
    "accumulation": _accumulation,
    "softmax": _softmax,
    "layernorm": _norm,
    "layernormpreallgather": _norm,
    "layernormpostallgather": _norm,
    "slice": _slice,
    "pad": _pad,
    "concat": _concat,
    "repeat": _repeat,
    "embedding": _embedding,
    "embeddings": _embedding,
    "permute": _with_first("ttnn.permute", "dims"),
    "reshape": _shaped("ttnn.reshape", "logical_output_shape", "output_shape", "logical_shape"),
    "reshapeview": _shaped("ttnn.reshape", "logical_output_shape", "logical_shape", "output_shape"),
    "tilize": _plain("ttnn.tilize"),
    "untilize": _plain("ttnn.untilize", derived="fp32_dest_acc_en"),
    "tilizewithvalpadding": _shaped("ttnn.tilize_with_val_padding", "output_padded_shape"),
    "untilizewithunpadding": _with_first(
        "ttnn.untilize_with_unpadding", "output_tensor_end", derived="fp32_dest_acc_en"
    ),
    "interleavedtosharded": _with_first("ttnn.interleaved_to_sharded", *_OUTPUT_MEMORY),
    "shardedtointerleaved": _plain("ttnn.sharded_to_interleaved"),
    "reshard": _with_first("ttnn.reshard", *_OUTPUT_MEMORY),
    "typecast": _with_first("ttnn.typecast", "output_dtype", "dtype", derived="input_dtype fp32_dest_acc_en"),
    "move": _plain("ttnn.move", "", None, derived="move_op_parallelization_strategy"),
    "clone": _plain("ttnn.clone"),
    "argmax": _plain("ttnn.argmax", derived="output_dtype", returns_output=False),
    "topk": _plain("ttnn.topk", "", "indices_tensor"),
    "nlpcreateheads": _CREATE_HEADS,
    "nlpcreateqkvheads": _CREATE_HEADS,
    "nlpconcatheads": _plain("ttnn.experimental.nlp_concat_heads"),
    "rotaryembedding": _plain(
        "ttnn.experimental.rotary_embedding", "", "", "", derived="seq_len", renamed={"token_idx": "token_index"}
    ),
    "rotaryembeddingllama": _plain("ttnn.experimental.rotary_embedding_llama", "", "", "", ""),
    "scaleddotproductattention": _plain(
        "ttnn.transformer.scaled_dot_product_attention", "", "", "", "attn_mask", derived="head_dim_v use_mla"
    ),
    "sdpa": _plain(
        "ttnn.transformer.scaled_dot_product_attention", "", "", "", "attn_mask", derived="head_dim_v use_mla"
    ),
    "updatekvcache": _cache,
    "updatecache": _cache,
    "allgather": _among_chips("ttnn.all_gather"),
    "allgatherasync": _among_chips("ttnn.experimental.all_gather_async"),
    "reducescatterminimalasync": _among_chips("ttnn.experimental.reduce_scatter_minimal_async"),
}
"""By the device operation's name in small letters, without `DeviceOperation` at its end."""
