"""`input_hash`, as tt-metal has computed it since December 2025; its dashboards join results by it.

tt-metal hashes the JSON of what its vector files hold for a vector: JSON's own types as they are, element by element in
lists and dicts; ttnn's objects as their JSON with their class; everything else as text. `farm.sweeps.former_hashing`
has the form of earlier versions of farm, in which every value is text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from json.encoder import encode_basestring
from typing import Any

from farm.sweeps.identity_cache import IdentityCache
from farm.sweeps.traced import ABSENT

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""The part of an object's text that differs between processes."""
ENUM_FIELDS = {"buffer_type": "BufferType", "memory_layout": "TensorMemoryLayout"}
"""The enums whose members ttnn's JSON holds as numbers, and tt-metal's files by name; by field."""
_AS_THEY_ARE = (str, int, float, bool, type(None))
_TEXT_ONLY = (tuple, set, frozenset, bytes, complex, range, slice)
_ORDERS = 64
# created once: `json.dumps` creates an encoder for each call with non-default options
_to_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


class VectorValidity(str, Enum):
    """Whether a module calls a vector valid; in tt-metal's vector files as its value."""

    VALID = "VALID"
    INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class Invalidity:
    """A module's statement that a vector is invalid.

    Attributes:
        reason: as `invalidate_vector` returned it, of any type.
    """

    reason: object

    @property
    def text(self) -> str:
        """The reason, for people."""
        return str(self.reason or "") or "invalidate_vector() gave no reason"


class Hasher:
    """Hashes the vectors of one suite; each object is serialised once.

    Attributes:
        module: the module's name, by dots.
        suite: the suite's.
    """

    def __init__(self, module: str, suite: str) -> None:
        self.module = module
        self.suite = suite
        self._written = IdentityCache(_serialise)
        self._numbers: dict[tuple[str, str], dict[int, tuple[object, int]]] = {}  # of values, by their addresses
        self._orders: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        self._own = {name: _to_json(part) for name, part in self._parts_of_suite().items()}

    def input_hash(self, vector: Mapping[str, object], invalidity: Invalidity | None = None) -> str:
        """Return tt-metal's hash of a vector: its `config_hash` if it has one, else that of its serialised form.

        Args:
            vector: live values by name.
            invalidity: what the module says of an invalid vector; None if it is valid.
        """
        config_hash = vector.get("config_hash")
        if isinstance(config_hash, str) and config_hash and config_hash != ABSENT:
            return config_hash
        if invalidity is not None:
            return hash_of(self.serialised_vector(vector, invalidity))
        try:
            text = self._json(vector)
        except (TypeError, ValueError):  # a value has no JSON
            return hash_of(self.serialised_vector(vector))
        return _hash(text)

    def serialised_vector(self, vector: Mapping[str, object], invalidity: Invalidity | None = None) -> dict[str, Any]:
        """Return what tt-metal's vector files hold for a vector, without `timestamp`, `input_hash` and `tag`.

        Args:
            vector: live values by name.
            invalidity: as of `input_hash`.
        """
        values = {name: self.serialised_value(name, value) for name, value in vector.items()}
        return {**values, **self._parts_of_suite(invalidity)}

    def serialised_value(self, name: str, value: object) -> Any:
        """Return what tt-metal's vector files hold for a value of a parameter.

        Values whose texts differ only by addresses are numbered in the order in which they come here. So before
        hashing a vector from the middle of a suite, pass all values of each parameter in their order.
        """
        if isinstance(value, _AS_THEY_ARE):
            return value
        written = self._written.of(value)
        return self._numbered(name, value, written.parts) if written.without_address else written.parts

    def _parts_of_suite(self, invalidity: Invalidity | None = None) -> dict[str, Any]:
        return {
            "suite_name": self.suite,
            "validity": VectorValidity.VALID if invalidity is None else VectorValidity.INVALID,
            "invalid_reason": "" if invalidity is None else serialised(invalidity.reason),
            "status": "VectorStatus.CURRENT",
            "sweep_name": self.module,
        }

    def _json(self, vector: Mapping[str, object]) -> str:
        """Return the JSON of a valid vector, put together from that of its values: they repeat from vector to vector.

        Raises:
            TypeError, ValueError: a value has no JSON.
        """
        order = self._orders.get(tuple(vector))
        if order is None:
            if len(self._orders) >= _ORDERS:
                self._orders.clear()
            names = sorted({*vector, *self._own})
            order = self._orders[tuple(vector)] = [(name, f"{_to_json(name)}:") for name in names]
        own = self._own
        parts = [key + (own[name] if name in own else self._json_of(name, vector[name])) for name, key in order]
        return f"{{{','.join(parts)}}}"

    def _json_of(self, name: str, value: object) -> str:
        if type(value) is str:
            return encode_basestring(value)
        if type(value) is int:
            return repr(value)
        if isinstance(value, _AS_THEY_ARE):
            return _to_json(value)
        written = self._written.of(value)
        return _to_json(self._numbered(name, value, written.parts)) if written.without_address else written.json

    def _numbered(self, name: str, value: object, parts: Any) -> Any:
        """Tell a value from others of the same parameter that differ from it in nothing but an address."""
        numbers = self._numbers.setdefault((name, ADDRESS.sub("", repr(parts))), {})
        _, number = numbers.setdefault(id(value), (value, len(numbers) + 1))
        if number == 1:
            return parts
        return f"{parts} #{number}" if isinstance(parts, str) else {"value": parts, "number": number}


def hash_of(serialised_vector: Mapping[str, Any]) -> str:
    """Return the SHA-224 of a serialised vector's JSON, in hexadecimal.

    Where it has no JSON, since the keys of a dict in it can't be sorted or are no JSON keys, tt-metal hashes Python's
    text of it.
    """
    try:
        text = _to_json(serialised_vector)
    except (TypeError, ValueError):
        text = ADDRESS.sub("", str(serialised_vector))
    return _hash(text)


def _hash(text: str) -> str:
    return hashlib.sha224(text.encode("utf-8", "surrogatepass")).hexdigest()


def serialised(value: object) -> Any:
    """Return what tt-metal's vector files hold for a value.

    The text of a value is the same in every process, so that its hash is: addresses are removed from it, and the
    elements of sets are sorted. tt-metal's hash of such a value changes with each process.
    """
    return _serialise(value).parts


@dataclass(frozen=True)
class _Written:
    """A serialised value, and whether its text lost an address, so that other values may have the same."""

    parts: Any
    without_address: bool

    @cached_property
    def json(self) -> str:
        """Its JSON.

        Raises:
            TypeError, ValueError: it has none.
        """
        return _to_json(self.parts)


def _serialise(value: object) -> _Written:
    serialiser = _Serialiser()
    try:
        parts = serialiser.structured(value)
    except RecursionError:  # a list that contains itself
        parts = serialiser.text(value)
    return _Written(parts, serialiser.without_address)


class _Serialiser:
    """Serialises one value.

    Attributes:
        without_address: whether an address was removed from a text.
    """

    def __init__(self) -> None:
        self.without_address = False

    def structured(self, value: Any) -> Any:
        """Serialise a value, or a part of it."""
        if isinstance(value, _AS_THEY_ARE):
            return value
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, _AS_THEY_ARE):
                    self.text(key)
            return {key: self.structured(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.structured(part) for part in value]
        if type(value) in _TEXT_ONLY or isinstance(value, type):
            return self.text(value)
        try:
            return self._object(value)
        except Exception:  # noqa: BLE001 - its `to_json` raises, so it has none
            return self.text(value)

    def text(self, value: object) -> str:
        """Return a value's text without addresses."""
        try:
            text = _with_sorted_sets(value) if type(value) in _TEXT_ONLY else str(value)
        except Exception:  # noqa: BLE001 - it has no text
            self.without_address = True
            return f"<{type(value).__module__}.{type(value).__qualname__} object>"
        if " at 0x" in text:
            text, count = ADDRESS.subn("", text)
            self.without_address = self.without_address or count > 0
        return text

    def _object(self, value: Any) -> Any:
        if "to_json" not in dir(value):
            return self.text(value)
        text = value.to_json()
        try:
            data: Any = json.loads(text)
        except (ValueError, TypeError):
            data = text
        if isinstance(data, dict):
            data = with_enum_names(data)
        return {"type": str(type(value)).split("'")[1], "data": data}


def _with_sorted_sets(value: object) -> str:
    """Return a value's text with the elements of sets in a fixed order, where theirs is another in each process."""
    if type(value) in (set, frozenset) and isinstance(value, set | frozenset) and not all(map(_has_fixed_hash, value)):
        elements = ", ".join(sorted(map(_with_sorted_sets, value)))
        return f"{{{elements}}}" if type(value) is set else f"frozenset({{{elements}}})"
    if type(value) is tuple and any(type(part) in (tuple, set, frozenset) for part in value):
        return f"({', '.join(map(_with_sorted_sets, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def _has_fixed_hash(value: object) -> bool:
    """Whether Python's hash of a value is the same in every process."""
    return isinstance(value, int | float) or (isinstance(value, tuple | frozenset) and all(map(_has_fixed_hash, value)))


def with_enum_names(raw: Any) -> Any:
    """Replace the numbers of enum members in ttnn's JSON by their names, as in tt-metal's files."""
    if isinstance(raw, list):
        return [with_enum_names(part) if isinstance(part, dict) else part for part in raw]
    if not isinstance(raw, dict):
        return raw
    return {
        key: _member(ENUM_FIELDS[key], part) if key in ENUM_FIELDS and type(part) is int else with_enum_names(part)
        for key, part in raw.items()
    }


def _member(enum: str, number: int) -> str:
    from tracer.values.live import find_class

    for name, member in find_class(enum).__members__.items():
        if member.value == number:
            return str(name)
    return f"UNKNOWN_{'BUFFER_TYPE' if enum == 'BufferType' else 'MEMORY_LAYOUT'}_{number}"
