"""`input_hash` in the form that tt-metal had until December 2025, in which every value was text.

Runs of earlier versions of farm recorded it: their vectors are found by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from farm.sweeps.hashing import ADDRESS, with_enum_names
from farm.sweeps.identity_cache import IdentityCache
from farm.sweeps.traced import ABSENT

_SCALARS = (type(None), bool, int, float, str)


class FormerHasher:
    """Hashes the vectors of one suite in the former form; each object is serialised once.

    Attributes:
        module: the module's name.
        suite: the suite's.
    """

    def __init__(self, module: str, suite: str) -> None:
        self.module = module
        self.suite = suite
        self._texts = IdentityCache(_text)

    def input_hash(self, vector: Mapping[str, object], invalid: str | None = None) -> str:
        """Return the former hash of a vector: its `config_hash` if it has one, else the SHA-224 of its serialised form.

        Args:
            vector: live values by name.
            invalid: why the module calls it invalid, as text; None if it is valid.
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
        return str(value) if type(value) in _SCALARS else self._texts.of(value)


def _text(value: Any) -> Any:
    """Return what vector files held for a value: an object's own JSON with its class, else its text.

    Addresses are removed from texts, as they differ between processes.
    """
    if hasattr(value, "to_json"):
        text = value.to_json()
        try:
            data: Any = with_enum_names(json.loads(text))
        except (ValueError, TypeError):
            data = text
        return {"type": str(type(value)).split("'")[1], "data": data}
    return ADDRESS.sub("", str(value))
