"""The tensors among the arguments and outputs of calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ttnn

from farm.worker.execution import LiveCall


def output_tensors(output: Any) -> list[tuple[str, Any]]:
    """The tensors that a call returned, each with a name: `output`, or `output 1`, `output 2`, ... of several."""
    tensors = list(_tensors(output))
    if len(tensors) == 1:
        return [("output", tensors[0])]
    return [(f"output {number}", tensor) for number, tensor in enumerate(tensors, 1)]


def argument_tensors(live: LiveCall, names: Sequence[str] = ()) -> Iterator[tuple[str, Any, Any]]:
    """Yield the tensors that a call takes: its parameter, the tensor, and the host tensor with the same numbers.

    Args:
        live: the call.
        names: the parameters of its positional arguments, as far as known.
    """
    for place, (value, host) in enumerate(zip(live.positional, live.host_positional, strict=True)):
        name = names[place] if place < len(names) else f"arg{place}"
        yield from ((name, *pair) for pair in zip(_tensors(value), _tensors(host), strict=True))
    for name, value in live.keywords.items():
        yield from ((name, *pair) for pair in zip(_tensors(value), _tensors(live.host_keywords[name]), strict=True))


def on_device(tensor: Any) -> bool:
    """Whether a tensor holds memory of the device."""
    return bool(tensor.storage_type() == ttnn.StorageType.DEVICE and tensor.is_allocated())


def free(output: Any, live: LiveCall | None = None) -> None:
    """Give back the device's memory of an output and of a call's arguments."""
    arguments = () if live is None else (live.positional, live.keywords)
    for tensor in _tensors((output, *arguments)):
        if on_device(tensor):
            ttnn.deallocate(tensor)


def _tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, ttnn.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, Mapping):
        yield from _tensors(list(value.values()))
