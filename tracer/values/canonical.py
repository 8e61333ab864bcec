"""The canonical form of a configuration, and the two hashes that identify it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from tracer.errors import ConfigurationError
from tracer.limits import KEPT_LEVELS
from tracer.values.base import Value
from tracer.values.dispatch import encode
from tracer.values.lost import ADDRESS
from tracer.values.placement import Placement
from tracer.values.tensor import Tensor

_VERSION = "ttnn-farm configuration 1\n"
"""Precedes the text that is hashed: a change of the canonical form must change every hash."""
_SHARDED = re.compile(r"PlacementShard\((\d+)\)")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_text(operation: str, encoded: Mapping[str, Any]) -> str:
    """Return the canonical form: compact, sorted JSON, equal for equal calls in every schema.

    A placement on a single chip spreads nothing, and not every trace states it: it is left out.
    """
    return _ENCODER.encode([operation, _without_chip_placements(encoded)])


def hash_of(text: str) -> str:
    """Return the content hash of a canonical form."""
    return hashlib.sha256((_VERSION + text).encode()).hexdigest()


def content_hash(operation: str, arguments: Mapping[str, Value]) -> str:
    """Return the SHA-256 of the canonical form of a call, as 64 hex digits: the identity of a configuration."""
    return hash_of(canonical_text(operation, {name: encode(value) for name, value in arguments.items()}))


def _without_chip_placements(encoded: Any) -> Any:
    """Return encoded values without the placements of tensors on a single chip, at any depth."""
    if isinstance(encoded, dict):
        if encoded.get("type") in Tensor.JSON_TYPES:
            placement = encoded.get("tensor_placement")
            if placement is not None and Placement.decode(placement).is_of_one_chip:
                return {key: part for key, part in encoded.items() if key != "tensor_placement"}
            return encoded
        return {key: _without_chip_placements(part) for key, part in encoded.items()}
    if isinstance(encoded, list):
        return [_without_chip_placements(part) for part in encoded]
    return encoded


def config_hash(operation: str, arguments: Mapping[str, Any], machine: Mapping[str, Any] | None) -> str:
    """Return the hash that tt-metal's tools join results by.

    Args:
        operation: its Python name.
        arguments: version 2's JSON of each, as a file has it or as `encode` wrote it.
        machine: the `machine_info` of the first execution; None if a trace has none.

    Raises:
        ConfigurationError: parts that no reader looks at are nested deeper than Python can follow.
    """
    try:
        normal = _normal(dict(arguments))
    except RecursionError:
        raise ConfigurationError(f"{operation}: arguments are nested deeper than {KEPT_LEVELS} levels") from None
    text = json.dumps(
        {
            "operation": operation,
            "arguments": normal,
            "hardware": _hardware(machine or {}),
            "mesh": _mesh(machine or {}),
        },
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def hashed_machine(machine: Mapping[str, Any] | None) -> str:
    """Return what of a machine `config_hash` covers, as text: equal texts mean equal hashes."""
    return json.dumps([_hardware(machine or {}), _mesh(machine or {})], sort_keys=True)


def _hardware(machine: Mapping[str, Any]) -> list[Any] | None:
    """Return board type, series and number of cards; of the older lists of series, the first."""
    if not machine.get("board_type"):
        return None
    series = machine.get("device_series")
    if isinstance(series, list):
        series = series[0] if series else None
    return [machine["board_type"], series, machine.get("card_count", 1)]


def _mesh(machine: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the mesh if the machine info is of the older kind that lists placements; else it is in the arguments."""
    placements = machine.get("tensor_placements")
    first = placements[0] if isinstance(placements, list) and placements else None
    shape = first.get("mesh_device_shape") if isinstance(first, dict) else None
    if isinstance(shape, str):
        try:
            shape = json.loads(shape)
        except ValueError:
            shape = None
    if not isinstance(first, dict) or not shape:
        return None
    sharded = _SHARDED.search(str(first.get("placement", "")))
    return {
        "mesh_shape": shape,
        "placement_type": "shard" if sharded else "replicate",
        "shard_dim": int(sharded[1]) if sharded else None,
    }


def _normal(raw: Any) -> Any:
    """Remove from arguments what differs between two runs of the same call."""
    if isinstance(raw, dict):
        return {
            key: "None" if key == "shard_spec" and part is None else _normal(part)
            for key, part in raw.items()
            if not (key == "hash" and type(part) is int)
        }
    if isinstance(raw, list):
        return [_normal(part) for part in raw]
    if isinstance(raw, str):
        return ADDRESS.sub("", raw)
    return raw
