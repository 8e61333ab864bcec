"""The operations that the installed ttnn registers, by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import ttnn

INDEXING = "ttnn.Tensor.__getitem__"
"""An operation that ttnn exports as a method alone. tt-metal's own tracer records it, and the slices that it makes."""


class _Indexing:
    """`tensor[slices]`."""

    python_fully_qualified_name = INDEXING
    function = staticmethod(ttnn.operations.core.__getitem__)

    def __call__(self, tensor: Any, slices: Any) -> Any:
        return tensor[slices]


class MissingOperation(Exception):  # noqa: N818 - it names the finding
    """This ttnn has no operation of that name."""


@functools.cache
def find_operation(name: str) -> Callable[..., Any]:
    """Return the registered operation of this name (`ttnn.transformer.scaled_dot_product_attention`).

    Raises:
        MissingOperation: there is none; nothing but registered operations is ever called.
    """
    if name == INDEXING:
        return _Indexing()
    operation: Any = ttnn
    for part in name.split(".")[1:]:
        operation = getattr(operation, part, None)
    if getattr(operation, "python_fully_qualified_name", None) != name:
        raise MissingOperation(f"this ttnn has no operation {name}")
    return operation  # type: ignore[no-any-return]
