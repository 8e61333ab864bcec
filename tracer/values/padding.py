"""Padded shapes: how far a tensor's data reaches in memory beyond its logical shape.

Most follow from shape, layout, tile and shards. Those that don't (views, tensors that were distributed after they were
tiled) are recorded. tt-metal's tools hash all that is in a configuration's arguments, so a master keeps them beside:

    "arguments": {"arg0": {"type": "ttnn.Tensor", "original_shape": [1, 1, 2, 64], ...}},
    "padded_shapes": {"arg0": [1, 1, 32, 128]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracer.errors import ConfigurationError
from tracer.values.memory import MemoryConfig
from tracer.values.spellings import dimensions
from tracer.values.text import brief
from tracer.values.tile import Tile

PADDED_SHAPE = "padded_shape"
"""The key in a tensor's JSON."""
PADDED_SHAPES = "padded_shapes"
"""The key in a master's configuration."""
_TENSOR = "ttnn.Tensor"


def usual_padding(
    shape: tuple[int, ...], layout: str, tile: Tile | None, memory: MemoryConfig | None
) -> tuple[int, ...]:
    """Return the padded shape that ttnn gives a tensor by itself.

    Tiles fill the last two dimensions, which a tensor with fewer of them gains. Rows fill the width of a shard.

    Args:
        shape: logical.
        layout: member of Layout; where a trace doesn't say, nothing is padded.
        tile: None for the usual one.
        memory: None where the trace doesn't say.
    """
    if layout == "TILE":
        tile = tile or Tile()
        *outer, height, width = (1,) * (2 - len(shape)) + shape
        return (*outer, _up(height, tile.height), _up(width, tile.width))
    *outer, width = shape or (1,)
    return (*outer, _up(width, _shard_width(memory)))


def separated(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Take the padded shapes out of the JSON of arguments.

    Returns:
        The arguments without, and the padded shapes by place (`arg0`, `arg1[2]`, `config.bias`).
    """
    shapes: dict[str, list[int]] = {}

    def without(raw: Any, place: str) -> Any:
        if isinstance(raw, list):
            return [without(part, f"{place}[{number}]") for number, part in enumerate(raw)]
        if not isinstance(raw, dict):
            return raw
        if raw.get("type") == _TENSOR and PADDED_SHAPE in raw:
            shapes[place] = raw[PADDED_SHAPE]
            return {key: part for key, part in raw.items() if key != PADDED_SHAPE}
        return {key: without(part, f"{place}.{key}") for key, part in raw.items()}

    return {name: without(raw, name) for name, raw in arguments.items()}, shapes


def joined(arguments: Mapping[str, Any], shapes: object) -> dict[str, Any]:
    """Put padded shapes back into the JSON of arguments: the reverse of `separated`.

    Raises:
        ConfigurationError: they are no object of lists of ints, or one is of a place where no tensor is.
    """
    if not isinstance(shapes, dict):
        raise ConfigurationError(f"{PADDED_SHAPES} must be an object, not {brief(shapes)}")
    left = dict(shapes)

    def with_shapes(raw: Any, place: str) -> Any:
        if isinstance(raw, list):
            return [with_shapes(part, f"{place}[{number}]") for number, part in enumerate(raw)]
        if not isinstance(raw, dict):
            return raw
        if raw.get("type") == _TENSOR and place in left:
            return {**raw, PADDED_SHAPE: list(dimensions(left.pop(place), f"{PADDED_SHAPES}.{place}"))}
        return {key: with_shapes(part, f"{place}.{key}") for key, part in raw.items()}

    whole = {name: with_shapes(raw, name) for name, raw in arguments.items()}
    if left:
        raise ConfigurationError(f"{PADDED_SHAPES}: there is no tensor at {', '.join(sorted(map(str, left)))}")
    return whole


def _up(side: int, step: int) -> int:
    return -(-side // step) * step if step else side


def _shard_width(memory: MemoryConfig | None) -> int:
    """Return the width of shards; 1 where there are none."""
    if memory is None or (memory.shard_spec is None and memory.nd_shard_spec is None):
        return 1
    shape = (memory.nd_shard_spec or memory.shard_spec).shape  # type: ignore[union-attr]
    return shape[-1] if shape else 1
