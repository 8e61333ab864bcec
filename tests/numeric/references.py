"""Torch references of the main operations, written apart from ttnn's goldens: a wrong call of a golden shows.

Each takes the arguments by ttnn's parameter names, tensors as float64 or integers, and returns the output or a list of
outputs. What only says how or where to compute is swallowed by `**_`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own custom

Reference = Callable[..., Any]
REFERENCES: dict[str, Reference] = {}

MeshReference = Callable[..., list[Any]]
"""Takes the parts of the tensors, one for each chip of a line, and the other arguments; returns the output's parts."""
MESH_REFERENCES: dict[str, MeshReference] = {}


def reference(*names: str) -> Callable[[Reference], Reference]:
    """Register a reference under operations' names."""

    def register(function: Reference) -> Reference:
        REFERENCES.update(dict.fromkeys(names, function))
        return function

    return register


ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "relu": torch.relu,
    "gelu": F.gelu,
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "exp": torch.exp,
    "tanh": torch.tanh,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "neg": torch.neg,
    "abs": torch.abs,
    "log": torch.log,
    "recip": torch.reciprocal,
    "relu6": lambda x: torch.clamp(x, 0, 6),
}


def _activated(value: Any, activations: Any) -> Any:
    if activations is None:
        return value
    each: Any
    for each in [activations] if isinstance(activations, str) else activations:
        kind = getattr(each, "op_type", each)
        value = ACTIVATIONS[str(getattr(kind, "name", kind)).lower()](value)
    return value


_OPERANDS = ("input_tensor_a", "input_tensor_b", "input_a", "input_b", "a", "b", "value", "scalar", "other")


def _binary(function: Callable[[Any, Any], Any]) -> Reference:
    def compute(
        *operands: Any,
        activations: Any = None,
        input_tensor_a_activations: Any = None,
        input_tensor_b_activations: Any = None,
        **named: Any,
    ) -> Any:
        first, second = [*operands, *(value for name, value in named.items() if name in _OPERANDS)]
        first = _activated(first, input_tensor_a_activations)
        second = _activated(second, input_tensor_b_activations)
        return _activated(function(first, second), activations)

    return compute


for _names, _function in {
    ("ttnn.add", "ttnn.add_"): lambda a, b: a + b,
    ("ttnn.subtract", "ttnn.subtract_"): lambda a, b: a - b,
    ("ttnn.multiply", "ttnn.multiply_"): lambda a, b: a * b,
    ("ttnn.eq",): lambda a, b: torch.as_tensor(a == b).double(),
}.items():
    reference(*_names)(_binary(_function))


@reference("ttnn.matmul", "ttnn.linear")
def matmul(
    *,
    input_tensor_a: Any,
    input_tensor_b: Any,
    bias: Any = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    activation: Any = None,
    program_config: Any = None,
    **_: Any,
) -> Any:
    """Matrix product, with the activation of the call or of its program config."""
    first = input_tensor_a.transpose(-1, -2) if transpose_a else input_tensor_a
    second = input_tensor_b.transpose(-1, -2) if transpose_b else input_tensor_b
    product = first @ second
    if bias is not None:
        product = product + bias
    fused = getattr(program_config, "fused_activation", None)
    return _activated(product, activation if activation is not None else fused and [fused])


@reference("ttnn.softmax")
def softmax(*, input_tensor: Any, dim: int = -1, **_: Any) -> Any:
    """Softmax along a dimension."""
    return torch.softmax(input_tensor, dim)


@reference("ttnn.layer_norm")
def layer_norm(
    *,
    input_tensor: Any,
    epsilon: float = 1e-12,
    weight: Any = None,
    bias: Any = None,
    residual_input_tensor: Any = None,
    **_: Any,
) -> Any:
    """Layer normalization over the last dimension."""
    value = input_tensor if residual_input_tensor is None else input_tensor + residual_input_tensor
    centred = value - value.mean(-1, keepdim=True)
    normal = centred / torch.sqrt(centred.square().mean(-1, keepdim=True) + epsilon)
    normal = normal if weight is None else normal * _flat(weight, normal)
    return normal if bias is None else normal + _flat(bias, normal)


@reference("ttnn.rms_norm")
def rms_norm(
    *,
    input_tensor: Any,
    epsilon: float = 1e-12,
    weight: Any = None,
    bias: Any = None,
    residual_input_tensor: Any = None,
    **_: Any,
) -> Any:
    """Root mean square normalization over the last dimension."""
    value = input_tensor if residual_input_tensor is None else input_tensor + residual_input_tensor
    normal = value / torch.sqrt(value.square().mean(-1, keepdim=True) + epsilon)
    normal = normal if weight is None else normal * _flat(weight, normal)
    return normal if bias is None else normal + _flat(bias, normal)


def _flat(weight: Any, value: Any) -> Any:
    """Weights of the last dimension; row-major ones come as rows of 32."""
    return weight.reshape(-1)[: value.shape[-1]] if weight.numel() >= value.shape[-1] else weight


@reference("ttnn.transformer.scaled_dot_product_attention")
def attention(
    *,
    input_tensor_q: Any,
    input_tensor_k: Any,
    input_tensor_v: Any,
    attn_mask: Any = None,
    is_causal: bool = True,
    scale: float | None = None,
    **_: Any,
) -> Any:
    """Attention with grouped keys and values."""
    groups = input_tensor_q.shape[1] // input_tensor_k.shape[1]
    keys = input_tensor_k.repeat_interleave(groups, dim=1)
    values = input_tensor_v.repeat_interleave(groups, dim=1)
    scores = input_tensor_q @ keys.transpose(-1, -2) * (scale or input_tensor_q.shape[-1] ** -0.5)
    if is_causal:
        scores = scores + torch.full(scores.shape[-2:], float("-inf")).triu(1)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return torch.softmax(scores, -1) @ values


@reference("ttnn.embedding")
def embedding(*, input_tensor: Any, weight: Any, **_: Any) -> Any:
    """Rows of a table."""
    return weight.reshape(-1, weight.shape[-1])[input_tensor.long()]


@reference("ttnn.permute")
def permute(*, input_tensor: Any, dims: Sequence[int], **_: Any) -> Any:
    """Permuted dimensions."""
    return input_tensor.permute(*dims)


@reference("ttnn.transpose")
def transpose(*, input_tensor: Any, dim1: int, dim2: int, **_: Any) -> Any:
    """Two dimensions swapped."""
    return input_tensor.transpose(dim1, dim2)


@reference("ttnn.concat")
def concat(*, tensors: Sequence[Any], dim: int = 0, **_: Any) -> Any:
    """Tensors one after the other."""
    return torch.cat(list(tensors), dim)


@reference("ttnn.slice")
def slices(*, input_tensor: Any, slice_start: Any, slice_end: Any, slice_step: Any = None, **_: Any) -> Any:
    """A part of a tensor."""
    steps = slice_step or [1] * len(slice_start)
    return input_tensor[tuple(slice(*each) for each in zip(slice_start, slice_end, steps, strict=True))]


@reference("ttnn.sum")
def total(*, input_tensor: Any, dim: Any = None, keepdim: bool = False, scalar: float = 1.0, **_: Any) -> Any:
    """Sum over dimensions."""
    return input_tensor.sum(_dims(input_tensor, dim), keepdim=keepdim) * scalar


@reference("ttnn.mean")
def mean(*, input_tensor: Any, dim: Any = None, keepdim: bool = False, scalar: float = 1.0, **_: Any) -> Any:
    """Mean over dimensions."""
    return input_tensor.mean(_dims(input_tensor, dim), keepdim=keepdim) * scalar


def _dims(value: Any, dim: Any) -> list[int]:
    if dim is None:
        return list(range(value.ndim))
    return [dim] if isinstance(dim, int) else list(dim)


def _unary(function: Callable[[Any], Any]) -> Reference:
    return lambda *, input_tensor, **_: function(input_tensor)


for _names, _function in {
    ("ttnn.silu",): F.silu,
    ("ttnn.sigmoid", "ttnn.sigmoid_accurate"): torch.sigmoid,
    ("ttnn.gelu",): F.gelu,
    ("ttnn.exp",): torch.exp,
    ("ttnn.relu",): torch.relu,
    ("ttnn.sqrt",): torch.sqrt,
}.items():
    reference(*_names)(_unary(_function))


@reference(
    "ttnn.typecast",
    "ttnn.tilize",
    "ttnn.untilize",
    "ttnn.interleaved_to_sharded",
    "ttnn.sharded_to_interleaved",
    "ttnn.to_memory_config",
    "ttnn.to_layout",
    "ttnn.reshape",
    "ttnn.unsqueeze_to_4D",
    "ttnn.clone",
)
def same_numbers(**arguments: Any) -> Any:
    """The first tensor, in another dtype, layout, memory or shape."""
    return next(value for value in arguments.values() if isinstance(value, torch.Tensor))


@reference("ttnn.topk")
def topk(*, input_tensor: Any, k: int = 32, dim: int = -1, largest: bool = True, **_: Any) -> Any:
    """The largest elements, and where they are."""
    values, indices = torch.topk(input_tensor, k, dim, largest)
    return [values, indices]


@reference("ttnn.argmax")
def argmax(*, input_tensor: Any, dim: Any = None, keepdim: bool = False, **_: Any) -> Any:
    """Where the largest elements are."""
    return torch.argmax(input_tensor, dim, keepdim=keepdim)


def all_gather(parts: list[Any], *, dim: int, **_: Any) -> list[Any]:
    """Each chip gets all parts."""
    return [torch.cat(parts, dim)] * len(parts)


def reduce_scatter(parts: list[Any], *, dim: int, **_: Any) -> list[Any]:
    """Each chip gets its share of the sum."""
    return list(torch.stack(parts).sum(0).chunk(len(parts), dim))


def all_reduce(parts: list[Any], **_: Any) -> list[Any]:
    """Each chip gets the sum."""
    return [torch.stack(parts).sum(0)] * len(parts)


MESH_REFERENCES.update(
    {
        "ttnn.all_gather": all_gather,
        "ttnn.all_reduce": all_reduce,
        "ttnn.reduce_scatter": reduce_scatter,
        "ttnn.experimental.all_gather_async": all_gather,
    }
)
