"""The values of vectors, written down: typed, and read without ever evaluating anything.

JSON's own types stand for themselves, an array for a list. Every other value is an object with one key that says what
it is: `tuple`, `dict`, `set`, `float`, `range`, ..., `operation` for one of ttnn's operations, and `ttnn` for every
object that `tracer.values` encodes: dtypes, layouts, memory configs with their shard specs, core grids, program and
compute configs, torch dtypes. Values nest freely.

A value that would read back differently is refused when it is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from farm.sweeps.errors import Unencodable
from farm.sweeps.identity_cache import IdentityCache
from farm.sweeps.shapes import BinaryShape

DEEPEST = 32
"""Values nested deeper are refused."""

_JSON_TYPES = (type(None), bool, int, str)


class Encoder:
    """Encodes values, each object once: a suite repeats the same few."""

    def __init__(self) -> None:
        self._encoded = IdentityCache(_encoded)

    def encode(self, value: object) -> Any:
        """Return the JSON of a value, or an `Unencodable` that says why it has none."""
        return value if type(value) in _JSON_TYPES else self._encoded.of(value)


def _encoded(value: object) -> Any:
    try:
        return encode(value)
    except Unencodable as error:
        return error


def encode(value: object, depth: int = 0) -> Any:
    """Return the JSON of a value.

    Raises:
        Unencodable: it has no form, or would read back differently.
    """
    kind = type(value)
    if kind in _JSON_TYPES:
        return value
    if depth > DEEPEST:
        raise Unencodable(f"it is nested more than {DEEPEST} deep")
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        return encoder(value, depth + 1)
    operation = getattr(value, "python_fully_qualified_name", None)
    if isinstance(operation, str):
        return _checked({"operation": operation}, value)
    if kind.__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return {"numpy": [kind.__name__, encode(value.item(), depth + 1)]}
    return _encode_ttnn(value)


def decode(raw: Any) -> Any:
    """Return the value of what `encode` wrote.

    Raises:
        Unencodable: it is no such JSON, or this ttnn has no such object.
    """
    kind = type(raw)
    if kind is list:
        return [decode(part) for part in raw]
    if kind is not dict:
        return raw
    if len(raw) != 1:
        raise Unencodable(f"an encoded value has one key that says what it is, not {sorted(raw)}")
    [(name, body)] = raw.items()
    decoder = _DECODERS.get(name)
    if decoder is None:
        raise Unencodable(f"no form {name!r} of an encoded value: it may be of a newer farm")
    try:
        return decoder(body)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise Unencodable(f"{name} {body!r:.80}: {error}") from error


def _checked(raw: Any, value: object) -> Any:
    """Return JSON once it is known to read back as the same value."""
    decoded = decode(raw)
    same = type(decoded) is type(value) and (decoded is value or decoded == value or _described_alike(decoded, value))
    if not same:
        raise Unencodable(f"{type(value).__name__} {value!r:.80} would not read back the same")
    return raw


def _described_alike(one: object, other: object) -> bool:
    from tracer.values import describe

    return describe(one) == describe(other)


def _encode_ttnn(value: object) -> Any:
    from tracer.values import TypedValue, describe, walk
    from tracer.values import encode as encode_value

    described = describe(value)
    for part in walk(described):
        if isinstance(part, TypedValue) and part.NOT_KEPT:
            name = f"{type(value).__module__}.{type(value).__qualname__}"
            raise Unencodable(f"{name} can't be written down: its {part.NOT_KEPT} would be lost")
    return _checked({"ttnn": encode_value(described)}, value)


def _decode_ttnn(raw: Any) -> Any:
    """Return an object of ttnn, or a torch dtype, from version 2's JSON."""
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


def _decode_operation(name: str) -> Any:
    try:
        from tracer.values.operations import MissingOperation, find_operation
    except ImportError as error:
        raise Unencodable(f"{name} needs ttnn: {error}") from error
    try:
        return find_operation(name)
    except MissingOperation as error:
        raise Unencodable(str(error)) from error


def _decode_numpy(body: list[Any]) -> Any:
    import numpy as np

    name, value = body
    kind = getattr(np, name, None)
    if not (isinstance(kind, type) and issubclass(kind, np.generic)):
        raise Unencodable(f"numpy has no number {name!r}")
    return kind(decode(value))


def _encode_float(value: float, _depth: int) -> Any:
    # JSON has no infinities; and 1.0 must not come back as 1
    return value if math.isfinite(value) else {"float": repr(value)}


def _encode_dict(value: dict[Any, Any], depth: int) -> Any:
    return {"dict": [[encode(key, depth), encode(part, depth)] for key, part in value.items()]}


_ENCODERS: dict[type, Callable[[Any, int], Any]] = {
    float: _encode_float,
    list: lambda value, depth: [encode(part, depth) for part in value],
    tuple: lambda value, depth: {"tuple": [encode(part, depth) for part in value]},
    dict: _encode_dict,
    set: lambda value, depth: {"set": [encode(part, depth) for part in sorted(value, key=repr)]},
    frozenset: lambda value, depth: {"frozenset": [encode(part, depth) for part in sorted(value, key=repr)]},
    complex: lambda value, depth: {"complex": [encode(value.real, depth), encode(value.imag, depth)]},
    bytes: lambda value, _depth: {"bytes": value.hex()},
    range: lambda value, _depth: {"range": [value.start, value.stop, value.step]},
    slice: lambda value, depth: {"slice": [encode(part, depth) for part in (value.start, value.stop, value.step)]},
    BinaryShape: lambda value, depth: {"shapes": [encode(value["self"], depth), encode(value["other"], depth)]},
}
_DECODERS: dict[str, Callable[[Any], Any]] = {
    "float": lambda body: {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[body],
    "tuple": lambda body: tuple([decode(part) for part in body]),
    "dict": lambda body: {decode(key): decode(part) for key, part in body},
    "set": lambda body: {decode(part) for part in body},
    "frozenset": lambda body: frozenset(decode(part) for part in body),
    "complex": lambda body: complex(*[decode(part) for part in body]),
    "bytes": bytes.fromhex,
    "range": lambda body: range(*body),
    "slice": lambda body: slice(*[decode(part) for part in body]),
    "shapes": lambda body: BinaryShape(*[decode(part) for part in body]),
    "operation": _decode_operation,
    "numpy": _decode_numpy,
    "ttnn": _decode_ttnn,
}
