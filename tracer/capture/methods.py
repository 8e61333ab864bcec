"""Methods of tensors that are operations under another name: `x.reshape(1, 64, 1, 64)` is `ttnn.reshape`.

They are bound in C++ and pass by ttnn's operation objects. Operators and indices are not among them: ttnn makes those
of operations itself (`x + y`, `x[:32]`). Methods without an operation of their own work on the host alone: `pad`,
`unpad`, `pad_to_tile`, `unpad_from_tile`, `to_torch`, `to_numpy`, `to_list`, `item`, `extract_shard`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class OperationCall:
    """The call of an operation that a method's call is.

    Attributes:
        name: the operation's.
        args, kwargs: its arguments, the tensor first.
    """

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)


def _reshape(tensor: Any, first: Any, *more: Any) -> OperationCall:
    return OperationCall("ttnn.reshape", (tensor, (first, *more) if more else first))


def _to(tensor: Any, *args: Any, **kwargs: Any) -> OperationCall:
    if "target_layout" in kwargs or (args and type(args[0]).__name__ == "Layout"):
        return OperationCall("ttnn.to_layout", (tensor, *args, *kwargs.values()))
    return _to_device(tensor, *args, **kwargs)


def _to_device(tensor: Any, device: Any, mem_config: Any = None, cq_id: Any = None) -> OperationCall:
    return OperationCall("ttnn.to_device", (tensor, device), _passed(memory_config=mem_config, queue_id=cq_id))


def _cpu(tensor: Any, blocking: bool = True, cq_id: Any = None) -> OperationCall:  # noqa: FBT001, FBT002 - as ttnn has it
    return OperationCall("ttnn.from_device", (tensor, blocking), _passed(queue_id=cq_id))


def _deallocate(tensor: Any, force: bool = False) -> OperationCall:  # noqa: FBT001, FBT002 - as ttnn has it
    return OperationCall("ttnn.deallocate", (tensor, force))


def _passed(**arguments: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


METHODS: dict[str, Callable[..., OperationCall]] = {
    "reshape": _reshape,
    "to": _to,
    "cpu": _cpu,
    "deallocate": _deallocate,
}
"""What the methods are, by their names; TypeError where ttnn has no such call."""
