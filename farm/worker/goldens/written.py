"""What a call wrote into tensors that it was given: its output tensors, and inputs that it changes in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ttnn

from farm.worker.execution import LiveCall
from farm.worker.goldens.tables import GIVEN_OUTPUTS, IN_PLACE
from tracer.signatures import Overload


def written(
    operation: str, overload: Overload | None, golden: Any, live: LiveCall, output: Any
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the tensors that a call wrote, without those that it returned: parameter, golden, tensor.

    Args:
        operation: the operation's name.
        overload: its parameters; required ones are inputs, whatever their name.
        golden: what the golden returned.
        live: the call.
        output: what the call returned.
    """
    returned = list(_tensors(output))
    in_place = IN_PLACE.get(operation)
    for name, value in live.keywords.items():
        parameter = None if overload is None else overload.by_name.get(name)
        given = name in GIVEN_OUTPUTS and parameter is not None and parameter.has_default
        if value is None or not (given or name == in_place):
            continue
        tensors = list(_tensors(value))
        if tensors and not all(any(_is_same(each, other) for other in returned) for each in tensors):
            yield name, _expected(golden, None if name == in_place else GIVEN_OUTPUTS[name]), value


def _expected(golden: Any, position: int | None) -> Any:
    if position is None or not isinstance(golden, (list, tuple)):
        return golden
    return golden[position] if position < len(golden) else None


def _tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, ttnn.Tensor):
        yield value


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two tensors are one in memory."""
    if one is other:
        return True
    on_device = all(ttnn.is_tensor_storage_on_device(each) and each.is_allocated() for each in (one, other))
    return on_device and one.buffer_address() == other.buffer_address()
