"""`input_hash`, as tt-metal computes it since December 2025: what its dashboards join results by.

tt-metal hashes the JSON of what its vector files hold for a vector: JSON's own types as they are, element by element in
lists and dicts; ttnn's objects as their JSON with their class; everything else as text. `farm.sweeps.former_hashing`
has the form before, in which every value was text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from farm.sweeps.traced import ABSENT

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_ENUMS = {"buffer_type": "BufferType", "memory_layout": "TensorMemoryLayout"}
_AS_THEY_ARE = (str, int, float, bool, type(None))
_TEXT_ONLY = (tuple, set, frozenset, bytes, complex, range, slice)
_CACHE_SIZE = 4096


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
        self._cache: dict[int, tuple[object, Any]] = {}

    def input_hash(self, vector: Mapping[str, object], invalidity: Invalidity | None = None) -> str:
        """Return tt-metal's hash of a vector: its `config_hash` if it has one, else that of its serialised form.

        Args:
            vector: live values by name.
            invalidity: what the module says of an invalid vector; None if it is valid.
        """
        config_hash = vector.get("config_hash")
        if isinstance(config_hash, str) and config_hash and config_hash != ABSENT:
            return config_hash
        return hash_of(self.serialised_vector(vector, invalidity))

    def serialised_vector(self, vector: Mapping[str, object], invalidity: Invalidity | None = None) -> dict[str, Any]:
        """Return what tt-metal's vector files hold for a vector, without `timestamp`, `input_hash` and `tag`.

        Args:
            vector: live values by name.
            invalidity: as of `input_hash`.
        """
        parts = {name: self._serialised(value) for name, value in vector.items()}
        parts["suite_name"] = self.suite
        parts["validity"] = VectorValidity.VALID if invalidity is None else VectorValidity.INVALID
        parts["invalid_reason"] = "" if invalidity is None else self._serialised(invalidity.reason)
        parts["status"] = "VectorStatus.CURRENT"
        parts["sweep_name"] = self.module
        return parts

    def _serialised(self, value: object) -> Any:
        if isinstance(value, _AS_THEY_ARE):
            return value
        entry = self._cache.get(id(value))
        if entry is None:
            if len(self._cache) >= _CACHE_SIZE:
                self._cache.clear()
            entry = self._cache[id(value)] = (value, serialised(value))
        return entry[1]


def hash_of(serialised_vector: Mapping[str, Any]) -> str:
    """Return the SHA-224 of a serialised vector's JSON, in hexadecimal.

    Where it has no JSON, since the keys of a dict in it can't be sorted or are no JSON keys, tt-metal hashes Python's
    text of it.
    """
    try:
        text = json.dumps(serialised_vector, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (TypeError, ValueError):
        text = _ADDRESS.sub("", str(serialised_vector))
    return hashlib.sha224(text.encode("utf-8", "surrogatepass")).hexdigest()


def serialised(value: object) -> Any:
    """Return what tt-metal's vector files hold for a value.

    The text of a value is the same in every process, so that its hash is: addresses are removed from it, and the
    elements of sets are sorted. tt-metal's hash of such a value changes with each process.
    """
    try:
        return _structured(value)
    except RecursionError:  # a list that contains itself
        return _text(value)


def _structured(value: Any) -> Any:
    if isinstance(value, _AS_THEY_ARE):
        return value
    if isinstance(value, dict):
        return {key: _structured(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_structured(part) for part in value]
    if type(value) in _TEXT_ONLY or isinstance(value, type):
        return _text(value)
    try:
        return _of_object(value)
    except Exception:  # noqa: BLE001 - its `to_json` raises, so it has none
        return _text(value)


def _of_object(value: Any) -> Any:
    if "to_json" not in dir(value):
        return _text(value)
    text = value.to_json()
    try:
        data: Any = json.loads(text)
    except (ValueError, TypeError):
        data = text
    if isinstance(data, dict):
        data = with_enum_names(data)
    return {"type": str(type(value)).split("'")[1], "data": data}


def _text(value: object) -> str:
    try:
        text = _with_sorted_sets(value) if type(value) in _TEXT_ONLY else str(value)
    except Exception:  # noqa: BLE001 - it has no text
        text = f"<{type(value).__module__}.{type(value).__qualname__} object>"
    return _ADDRESS.sub("", text) if " at 0x" in text else text


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
        key: _member(_ENUMS[key], part) if key in _ENUMS and type(part) is int else with_enum_names(part)
        for key, part in raw.items()
    }


def _member(enum: str, number: int) -> str:
    from tracer.values.live import find_class

    for name, member in find_class(enum).__members__.items():
        if member.value == number:
            return str(name)
    return f"UNKNOWN_{'BUFFER_TYPE' if enum == 'BufferType' else 'MEMORY_LAYOUT'}_{number}"
