"""The operations that the installed ttnn registers, by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import ttnn


class MissingOperation(Exception):  # noqa: N818 - it names the finding
    """This ttnn has no operation of that name."""


@functools.cache
def find_operation(name: str) -> Callable[..., Any]:
    """The registered operation of this name (`ttnn.transformer.scaled_dot_product_attention`).

    Raises:
        MissingOperation: there is none; nothing but registered operations is ever called.
    """
    found: Any = ttnn
    for part in name.split(".")[1:]:
        found = getattr(found, part, None)
    if getattr(found, "python_fully_qualified_name", None) != name:
        raise MissingOperation(f"this ttnn has no operation {name}")
    return found  # type: ignore[no-any-return]
