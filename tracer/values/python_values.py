"""Python's own values: None, numbers, text, sequences."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from pathlib import PurePath
from typing import Any

from tracer.values.base import LiveClass, LiveReader, Value
from tracer.values.cores import CoreRangeSet, are_ranges
from tracer.values.dispatch import (
    NUMBERS,
    describe,
    encode,
    interpret,
    register_node,
    register_python,
    register_reader,
    show,
)
from tracer.values.keys import keys
from tracer.values.lost import Lost
from tracer.values.python_objects import written_out
from tracer.values.text import bracketed, clean

_LONGEST_ARRAY = 64
"""Numbers of an array that is taken for a list of ints, such as a shape."""


def register() -> None:
    """Add Python's own types to the tables of `tracer.values.dispatch`."""
    register_python(type(None), _as_is, str)
    register_python(bool, _as_is, str)
    register_python(int, _as_is, str)
    register_python(float, _encode_float, repr)
    register_python(str, _encode_text, lambda value: clean(repr(value)))
    register_python(
        tuple, lambda value: [encode(part) for part in value], lambda value: bracketed([show(part) for part in value])
    )
    register_reader(_reader)
    register_node(list, _interpret_sequence)
    register_node(tuple, _interpret_sequence)


def _as_is(value: Any) -> Any:
    return value


def _encode_float(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _encode_text(value: str) -> Any:
    return {"type": "str", "items": value} if value in NUMBERS else value


def _interpret_sequence(node: list[Any] | tuple[Any, ...]) -> Value:
    return CoreRangeSet.read(node) if are_ranges(node) else tuple([interpret(part) for part in node])


def _reader(live_class: LiveClass) -> LiveReader | None:
    if live_class in _EXACT:
        return _EXACT[live_class]
    for base, reader in _SUBCLASSES:
        if issubclass(live_class, base):
            return reader
    if live_class.__module__.partition(".")[0] == "numpy" and hasattr(live_class, "item"):
        return LiveReader(_describe_array)
    return None


def _describe_sequence(live: Iterable[Any]) -> Value:
    return tuple(describe(each) for each in live)


def _describe_array(live: Any) -> Value:
    """Describe a number of numpy, or a short list of whole numbers; of larger arrays, the shape is kept."""
    if live.ndim == 0:
        return describe(live.item())
    if live.ndim == 1 and live.size <= _LONGEST_ARRAY and live.dtype.kind in "iu":
        return tuple(live.tolist())
    return Lost.of(live, f"array of shape {tuple(live.shape)}")


def _float_key(value: float) -> Hashable:
    # repr tells 0.0 from -0.0, and one nan is as good as another
    return (float, value if value and value == value else repr(value))  # noqa: PLR0124 - nan


# True == 1 == 1.0: each type has keys of its own
_EXACT = {
    type(None): LiveReader(_as_is, _as_is),
    int: LiveReader(_as_is, _as_is),
    str: LiveReader(_as_is, _as_is),
    bool: LiveReader(_as_is, lambda value: (bool, value)),
    float: LiveReader(_as_is, _float_key),
}
_SUBCLASSES = (
    (str, LiveReader(str)),
    (PurePath, LiveReader(str)),
    (tuple, LiveReader(_describe_sequence, keys)),
    (list, LiveReader(_describe_sequence, keys)),
    (range, LiveReader(written_out)),
    (int, LiveReader(int)),
    (float, LiveReader(float)),
)
