"""The values of vectors, written down: typed, versioned, and read without ever evaluating anything.

JSON's own types stand for themselves, an array for a list. Every other value is an object with one key that tells what
it is: `tuple`, `dict`, `set`, `float`, `range`, ..., `operation` for one of ttnn's operations, and `ttnn` for whatever
`tracer.values.v2` has a form for: dtypes, layouts, memory configs with their shard specs, core grids, program and
compute configs, torch dtypes. Nothing needs to be at the top: any of them may be inside any other.

What reads back other than it was is refused when it is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from farm.sweeps.errors import Unencodable
from farm.sweeps.shapes import BinaryShape

VERSION = 1
"""Of the encoding: raised when a form changes its meaning."""
DEEPEST = 32

_PLAIN = (type(None), bool, int, str)
_MOST_KEPT = 4096


class Encoder:
    """Writes values. Those seen before are known again, since a suite repeats the same few objects."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, Any]] = {}

    def encode(self, value: object) -> Any:
        """The JSON of a value, or an `Unencodable` that says why it has none."""
        if type(value) in _PLAIN:
            return value
        known = self._known.get(id(value))
        if known is None:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            try:
                made: Any = encode(value)
            except Unencodable as error:
                made = error
            # the object is held too: its id is its own only while it lives
            known = self._known[id(value)] = (value, made)
        return known[1]


def encode(value: object, depth: int = 0) -> Any:
    """The JSON of a value.

    Raises:
        Unencodable: it has no form, or would read back differently.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if depth > DEEPEST:
        raise Unencodable(f"it is nested more than {DEEPEST} deep")
    writer = _WRITERS.get(kind)
    if writer is not None:
        return writer(value, depth + 1)
    operation = getattr(value, "python_fully_qualified_name", None)
    if isinstance(operation, str):
        return _checked({"operation": operation}, value)
    if kind.__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return {"numpy": [kind.__name__, encode(value.item(), depth + 1)]}
    return _of_ttnn(value)


def decode(raw: Any) -> Any:
    """The value of what `encode` wrote.

    Raises:
        Unencodable: it is no such JSON, or this ttnn has no such object.
    """
    kind = type(raw)
    if kind is list:
        return [decode(part) for part in raw]
    if kind is not dict:
        return raw
    if len(raw) != 1:
        raise Unencodable(f"a written value has one key that says what it is, not {sorted(raw)}")
    [(name, given)] = raw.items()
    reader = _READERS.get(name)
    if reader is None:
        raise Unencodable(f"no form {name!r} of a written value: it may be of a newer farm")
    try:
        return reader(given)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise Unencodable(f"{name} {given!r:.80}: {error}") from error


def _checked(raw: Any, value: object) -> Any:
    """What was written, once it is known to read back as the same."""
    read = decode(raw)
    if type(read) is not type(value) or not (read is value or read == value or _described_alike(read, value)):
        raise Unencodable(f"{type(value).__name__} {value!r:.80} would not read back the same")
    return raw


def _described_alike(one: object, other: object) -> bool:
    from tracer.values import describe

    return describe(one) == describe(other)


def _of_ttnn(value: object) -> Any:
    from tracer.values import TypedValue, describe, walk
    from tracer.values import encode as encode_value

    described = describe(value)
    for part in walk(described):
        if isinstance(part, TypedValue) and part.NOT_KEPT:
            name = f"{type(value).__module__}.{type(value).__qualname__}"
            raise Unencodable(f"{name} can't be written down: its {part.NOT_KEPT} would be lost")
    return _checked({"ttnn": encode_value(described)}, value)


def _live(raw: Any) -> Any:
    """An object of ttnn's, or a torch dtype, from version 2's JSON."""
    try:
        from tracer.values.live import Rebuilder
    except ImportError as error:
        raise Unencodable(f"{raw!r:.80} needs ttnn: {error}") from error
    from tracer.errors import TracerError
    from tracer.values import decode as decode_value

    try:
        return Rebuilder(None).live(decode_value(raw))
    except TracerError as error:
        raise Unencodable(str(error)) from error


def _operation(name: str) -> Any:
    try:
        from tracer.values.operations import MissingOperation, find_operation
    except ImportError as error:
        raise Unencodable(f"{name} needs ttnn: {error}") from error
    try:
        return find_operation(name)
    except MissingOperation as error:
        raise Unencodable(str(error)) from error


def _numpy(given: list[Any]) -> Any:
    import numpy as np

    name, value = given
    kind = getattr(np, name, None)
    if not (isinstance(kind, type) and issubclass(kind, np.generic)):
        raise Unencodable(f"numpy has no number {name!r}")
    return kind(decode(value))


def _float(value: float, _depth: int) -> Any:
    # JSON has no infinities; and 1.0 must not come back as 1
    return value if math.isfinite(value) else {"float": repr(value)}


def _parts(name: str) -> Callable[[Any, int], Any]:
    return lambda value, depth: {name: [encode(part, depth) for part in value]}


def _dict(value: dict[Any, Any], depth: int) -> Any:
    return {"dict": [[encode(key, depth), encode(part, depth)] for key, part in value.items()]}


_WRITERS: dict[type, Callable[[Any, int], Any]] = {
    float: _float,
    list: lambda value, depth: [encode(part, depth) for part in value],
    tuple: _parts("tuple"),
    dict: _dict,
    set: lambda value, depth: {"set": [encode(part, depth) for part in sorted(value, key=repr)]},
    frozenset: lambda value, depth: {"frozenset": [encode(part, depth) for part in sorted(value, key=repr)]},
    complex: lambda value, depth: {"complex": [encode(value.real, depth), encode(value.imag, depth)]},
    bytes: lambda value, _depth: {"bytes": value.hex()},
    range: lambda value, _depth: {"range": [value.start, value.stop, value.step]},
    slice: lambda value, depth: {"slice": [encode(part, depth) for part in (value.start, value.stop, value.step)]},
    BinaryShape: lambda value, depth: {"shapes": [encode(value["self"], depth), encode(value["other"], depth)]},
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "float": lambda given: {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[given],
    "tuple": lambda given: tuple([decode(part) for part in given]),
    "dict": lambda given: {decode(key): decode(part) for key, part in given},
    "set": lambda given: {decode(part) for part in given},
    "frozenset": lambda given: frozenset(decode(part) for part in given),
    "complex": lambda given: complex(*[decode(part) for part in given]),
    "bytes": bytes.fromhex,
    "range": lambda given: range(*given),
    "slice": lambda given: slice(*[decode(part) for part in given]),
    "shapes": lambda given: BinaryShape(*[decode(part) for part in given]),
    "operation": _operation,
    "numpy": _numpy,
    "ttnn": _live,
}
