"""`input_hash`, as tt-metal computes it: what its dashboards join results by."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from farm.sweeps.traced import ABSENT

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_ENUMS = {"buffer_type": "BufferType", "memory_layout": "TensorMemoryLayout"}
_SCALARS = (type(None), bool, int, float, str)
_CACHE_SIZE = 4096


class Hasher:
    """Hashes the vectors of one suite; each object is serialised once.

    Attributes:
        module: the module's name.
        suite: the suite's.
    """

    def __init__(self, module: str, suite: str) -> None:
        self.module = module
        self.suite = suite
        self._cache: dict[int, tuple[object, Any]] = {}

    def input_hash(self, vector: Mapping[str, object], invalid: str | None = None) -> str:
        """Return tt-metal's hash of a vector: its `config_hash` if it has one, else the SHA-224 of its serialised form.

        Args:
            vector: live values by name.
            invalid: why the module calls it invalid; None if it is valid.
        """
        config_hash = vector.get("config_hash")
        if isinstance(config_hash, str) and config_hash and config_hash != ABSENT:
            return config_hash
        parts = {name: self._serialised(value) for name, value in vector.items()}
        parts["suite_name"] = self.suite
        parts["validity"] = "VectorValidity.VALID" if invalid is None else "VectorValidity.INVALID"
        parts["invalid_reason"] = invalid or ""
        parts["status"] = "VectorStatus.CURRENT"
        parts["sweep_name"] = self.module
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha224(text.encode("utf-8", "surrogatepass")).hexdigest()

    def _serialised(self, value: object) -> Any:
        if type(value) in _SCALARS:
            return str(value)
        entry = self._cache.get(id(value))
        if entry is None:
            if len(self._cache) >= _CACHE_SIZE:
                self._cache.clear()
            entry = self._cache[id(value)] = (value, serialised(value))
        return entry[1]


def serialised(value: Any) -> Any:
    """Return what tt-metal's vector files hold for a value: an object's own JSON with its class, else its text.

    Addresses are removed from texts, as they differ between processes.
    """
    if hasattr(value, "to_json"):
        text = value.to_json()
        try:
            data: Any = _with_enum_names(json.loads(text))
        except (ValueError, TypeError):
            data = text
        return {"type": str(type(value)).split("'")[1], "data": data}
    return _ADDRESS.sub("", str(value))


def _with_enum_names(raw: Any) -> Any:
    """Replace the numbers of enum members in ttnn's JSON by their names, as in tt-metal's files."""
    if isinstance(raw, list):
        return [_with_enum_names(part) if isinstance(part, dict) else part for part in raw]
    if not isinstance(raw, dict):
        return raw
    return {
        key: _member(_ENUMS[key], part) if key in _ENUMS and type(part) is int else _with_enum_names(part)
        for key, part in raw.items()
    }


def _member(enum: str, number: int) -> str:
    from tracer.values.live import find_class

    for name, member in find_class(enum).__members__.items():
        if member.value == number:
            return str(name)
    return f"UNKNOWN_{'BUFFER_TYPE' if enum == 'BufferType' else 'MEMORY_LAYOUT'}_{number}"
