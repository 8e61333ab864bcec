"""`input_hash`, as tt-metal computes it: what its dashboards join results by."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_ENUMS = {"buffer_type": "BufferType", "memory_layout": "TensorMemoryLayout"}
_PLAIN = (type(None), bool, int, float, str)
_MOST_KEPT = 4096


class Hasher:
    """Hashes the vectors of one suite; what a value contributes is worked out once.

    Attributes:
        module: the module's name.
        suite: the suite's.
    """

    def __init__(self, module: str, suite: str) -> None:
        self.module = module
        self.suite = suite
        self._known: dict[int, tuple[object, Any]] = {}

    def input_hash(self, vector: Mapping[str, object], invalid: str | None = None) -> str:
        """tt-metal's hash of a vector: `config_hash` where it has one, else SHA-224 of its serialised form.

        Args:
            vector: live values by name.
            invalid: why the module calls it invalid; None where it doesn't.
        """
        given = vector.get("config_hash")
        if isinstance(given, str) and given and given != "__ABSENT__":
            return given
        serialised = {name: self._serialised(value) for name, value in vector.items()}
        serialised["suite_name"] = self.suite
        serialised["validity"] = "VectorValidity.VALID" if invalid is None else "VectorValidity.INVALID"
        serialised["invalid_reason"] = invalid or ""
        serialised["status"] = "VectorStatus.CURRENT"
        serialised["sweep_name"] = self.module
        text = json.dumps(serialised, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha224(text.encode("utf-8", "surrogatepass")).hexdigest()

    def _serialised(self, value: object) -> Any:
        if type(value) in _PLAIN:
            return str(value)
        known = self._known.get(id(value))
        if known is None:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            known = self._known[id(value)] = (value, serialised(value))
        return known[1]


def serialised(value: Any) -> Any:
    """What tt-metal's vector files hold for a value: an object's own JSON with its class, else its text.

    Addresses are cut from texts, as they differ from one process to the next.
    """
    if hasattr(value, "to_json"):
        text = value.to_json()
        try:
            data: Any = _named(json.loads(text))
        except (ValueError, TypeError):
            data = text
        return {"type": str(type(value)).split("'")[1], "data": data}
    return _ADDRESS.sub("", str(value))


def _named(raw: Any) -> Any:
    """Of ttnn's JSON, which has the numbers of two enums' members, as tt-metal's files have it: by their names."""
    if isinstance(raw, list):
        return [_named(part) if isinstance(part, dict) else part for part in raw]
    if not isinstance(raw, dict):
        return raw
    return {
        key: _member(_ENUMS[key], part) if key in _ENUMS and type(part) is int else _named(part)
        for key, part in raw.items()
    }


def _member(enum: str, number: int) -> str:
    from tracer.values.live import find_class

    for name, each in find_class(enum).__members__.items():
        if each.value == number:
            return str(name)
    return f"UNKNOWN_{'BUFFER_TYPE' if enum == 'BufferType' else 'MEMORY_LAYOUT'}_{number}"
