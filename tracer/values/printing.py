"""Parts of printed objects, as ttnn prints them."""

from __future__ import annotations

import math

from tracer.values.base import TypedValue, Unprintable, Value
from tracer.values.cores import CoreRange


def printed(value: Value) -> str:
    """Return the text of a value inside an object.

    Raises:
        Unprintable: reading it would not give the value back.
    """
    if value is None:
        return "std::nullopt"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    if isinstance(value, tuple):
        if any(isinstance(part, (CoreRange, tuple)) or _is_empty(part) for part in value):
            raise Unprintable
        return f"[{', '.join(map(printed, value))}]"
    if isinstance(value, CoreRange):
        raise Unprintable  # it would be read as a set of one
    if isinstance(value, TypedValue):
        return value.printed()
    raise Unprintable


def _is_empty(value: Value) -> bool:
    """Return whether a value prints as `{}`, which only a field's type tells from others."""
    return isinstance(value, TypedValue) and value.printed() == "{}"
