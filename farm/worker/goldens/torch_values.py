"""Live arguments as torch has them: one chip's part of each tensor, in single precision where that is safe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import ttnn

from tracer.values.live import find_class


def part_of(value: Any, chip: int) -> Any:
    """Return a value with its host tensors as one chip has them."""
    return _mapped(value, lambda tensor: _part(tensor, chip))


def torch_of(value: Any) -> Any:
    """Return a value with its host tensors, which have one part, in torch; shapes become tuples."""
    return _mapped(value, tensor_to_torch)


def parts_of(tensor: Any, chips: int) -> list[Any]:
    """Return a host tensor in torch, as each chip has it."""
    parts = ttnn.get_device_tensors(tensor)
    return [tensor_to_torch(parts[chip if len(parts) > 1 else 0]) for chip in range(chips)]


def differs_by_chip(value: Any) -> bool:
    """Return whether a value holds a tensor that is not the same on all chips."""
    found: list[bool] = []

    def note(tensor: Any) -> Any:
        found.append(len(ttnn.get_device_tensors(tensor)) > 1)
        return tensor

    _mapped(value, note)
    return any(found)


def tensor_to_torch(tensor: Any) -> Any:
    """Return a host tensor in torch. Torch has no numbers of eight-bit floating point that it computes with."""
    if tensor.dtype.name == "FP8_E4M3":
        tensor = ttnn.to_dtype(tensor, ttnn.float32)
    return ttnn.to_torch(tensor)


def precise(value: Any) -> Any:
    """Return a value with its torch tensors of half precision in single precision, and copies of the others.

    Goldens may write into their arguments, which other chips' goldens need.
    """
    import torch

    if isinstance(value, torch.Tensor):
        return torch.from_numpy(numbers(value)) if value.dtype in (torch.bfloat16, torch.float16) else value.clone()
    return _in_containers(value, precise)


def signed(value: Any) -> Any:
    """Return a value with its torch tensors of unsigned integers as wider ones with sign: torch computes more of them.

    Returns None where it has no unsigned ones.
    """
    import torch

    found = False

    def widen(each: Any) -> Any:
        nonlocal found
        if isinstance(each, torch.Tensor):
            if each.dtype not in (torch.uint16, torch.uint32):
                return each
            found = True
            return each.to(torch.int64)
        return _in_containers(each, widen)

    widened = widen(value)
    return widened if found else None


def copied(value: Any) -> Any:
    """Return a value with copies of its torch tensors."""
    import torch

    return value.clone() if isinstance(value, torch.Tensor) else _in_containers(value, copied)


def with_gradients(value: Any) -> Any:
    """Return a value whose torch tensors of floating point record gradients, as goldens of backward passes need."""
    import torch

    if isinstance(value, torch.Tensor):
        differentiable = value.dtype.is_floating_point or value.dtype.is_complex
        return value.requires_grad_() if differentiable else value
    return _in_containers(value, with_gradients)


def numbers(tensor: Any) -> Any:
    """Return a torch tensor as an array: integers as 64-bit integers, others in a precision that holds them."""
    import torch

    tensor = tensor.detach()
    if tensor.dtype in (torch.float32, torch.float64):
        return tensor.numpy()
    if tensor.dtype == torch.bfloat16:
        # its bits are the upper half of a float32's; torch would use all cores for it, which other workers use, too
        upper = tensor.contiguous().view(torch.int16).numpy().view(np.uint16).astype(np.uint32)
        return np.left_shift(upper, np.uint32(16), out=upper).view(np.float32)
    return tensor.float().numpy() if tensor.dtype.is_floating_point else tensor.to(torch.int64).numpy().astype(np.int64)


def is_complex_tensor(value: Any) -> bool:
    """Return whether a value is ttnn's pair of a real and an imaginary tensor."""
    return isinstance(value, find_class("ComplexTensor"))


def _part(tensor: Any, chip: int) -> Any:
    parts = ttnn.get_device_tensors(tensor)
    return parts[chip if len(parts) > 1 else 0]


def _mapped(value: Any, convert: Callable[[Any], Any]) -> Any:
    """Return a value with its ttnn tensors converted."""
    if isinstance(value, ttnn.Tensor):
        return convert(value)
    if isinstance(value, ttnn.Shape):
        return tuple(value)
    if is_complex_tensor(value):
        import torch

        real, imaginary = _mapped(value.real, convert), _mapped(value.imag, convert)
        if isinstance(real, torch.Tensor):
            return torch.complex(real.float(), imaginary.float())
        return find_class("ComplexTensor")((real, imaginary))
    return _in_containers(value, lambda each: _mapped(each, convert))


def _in_containers(value: Any, convert: Callable[[Any], Any]) -> Any:
    if type(value) in (list, tuple):
        return type(value)(convert(each) for each in value)
    if isinstance(value, dict):
        return {name: convert(each) for name, each in value.items()}
    return value
