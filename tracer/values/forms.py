"""Turns what the schemas hold - JSON, or text as `tracer.values.cpptext` parsed it - into typed values.

Each schema spells the same things its own way; the spellings meet here: core grids as `[{x, y}, {x, y}]`,
`[[{x, y}, {x, y}], ...]`, `[{start, end}]` or printed ranges; shapes as lists or `{224, 224}`; enum members as
`DataType::X`, `DataType.X` or `ttnn.x`; orientations also as 0 and 1. What fits none of them is an error with its own
words: nothing is ever filled in.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tracer.errors import ConfigurationError
from tracer.values.cpptext import Call, CppTextError, Range, Word, parse
from tracer.values.types import (
    CoreCoord,
    CoreRange,
    CoreRangeSet,
    MemoryConfig,
    NdShardSpec,
    Placement,
    ShardSpec,
    Tile,
)

_ORIENTATIONS = {0: "ROW_MAJOR", 1: "COL_MAJOR"}
_NOTHING = frozenset({"None", "nullopt", "std::nullopt"})


@lru_cache(maxsize=4096)
def member_name(text: str, what: str) -> str:
    """`X` of `Type::X`, `Type.X` or `X`; ttnn's own aliases (`ttnn.bfloat16`, `ttnn.TILE_LAYOUT`) by their members."""
    name = text.replace("::", ".").rpartition(".")[2]
    if text.startswith("ttnn."):
        name = name.upper().removesuffix("_LAYOUT")
    if not name.isidentifier():
        raise ConfigurationError(f"{what} must be the name of a member, not {text!r}")
    return name


def member(raw: object, what: str) -> str:
    """The name of an enum member in any spelling."""
    if type(raw) is str:
        return member_name(raw, what)
    if isinstance(raw, Word):
        return raw.name
    raise ConfigurationError(f"{what} must be the name of a member, not {brief(raw)}")


def shape(raw: object, what: str) -> tuple[int, ...]:
    """A shape as a list, or as the text of one."""
    if isinstance(raw, str):
        raw = parsed(raw, what)
    if isinstance(raw, Call) and len(raw.fields) == 1:
        raw = raw.fields[0][1]
    if isinstance(raw, (list, tuple)):
        dims = tuple(raw)
        for dim in dims:
            if type(dim) is not int:
                break
        else:
            return dims
    raise ConfigurationError(f"{what} must be a list of ints, not {brief(raw)}")


def pair(raw: object, what: str) -> tuple[int, int]:
    """A shape of two."""
    dims = shape(raw, what)
    if len(dims) != 2:
        raise ConfigurationError(f"{what} must be two ints, not {list(dims)}")
    return dims[0], dims[1]


def core(raw: object, what: str = "core") -> CoreCoord:
    """One core: `{x, y}`, `(x=8,y=8)`, `8-8` or `8,8`."""
    x: object = None
    y: object = None
    if isinstance(raw, dict) and raw.keys() == {"x", "y"}:
        x, y = raw["x"], raw["y"]
    elif isinstance(raw, Call) and tuple(name for name, _ in raw.fields) == ("x", "y"):
        x, y = raw.fields[0][1], raw.fields[1][1]
    elif isinstance(raw, Range):
        x, y = raw.start, raw.end
    elif isinstance(raw, (list, tuple)) and len(raw) == 2:
        x, y = raw
    if type(x) is not int or type(y) is not int:
        raise ConfigurationError(f"{what} must be an x and a y, not {brief(raw)}")
    return CoreCoord(x, y)


def core_range(raw: object, what: str = "core range") -> CoreRange:
    """A rectangle of cores: `{start, end}`, a list of two cores, or a printed range."""
    if isinstance(raw, dict) and "start" in raw and "end" in raw:
        return CoreRange(core(raw["start"], what), core(raw["end"], what))
    if isinstance(raw, (list, tuple)) and len(raw) == 1:
        raw = raw[0]
    if isinstance(raw, Range):
        return CoreRange(core(raw.start, what), core(raw.end, what))
    if isinstance(raw, (list, tuple)) and len(raw) == 2:
        return CoreRange(core(raw[0], what), core(raw[1], what))
    raise ConfigurationError(f"{what} must have a start and an end, not {brief(raw)}")


def core_ranges(raw: object, what: str = "grid") -> CoreRangeSet:
    """A set of core rectangles in any spelling."""
    if isinstance(raw, str):
        raw = parsed(raw, what)
    if isinstance(raw, dict) and "start" in raw:
        raw = [raw]
    if not isinstance(raw, (list, tuple)):
        raise ConfigurationError(f"{what} must be a list of core ranges, not {brief(raw)}")
    if len(raw) == 2 and all(isinstance(corner, dict) and corner.keys() == {"x", "y"} for corner in raw):
        return CoreRangeSet((core_range(raw, what),))
    return CoreRangeSet(tuple([core_range(part, what) for part in raw]))


def orientation(raw: object, what: str = "orientation") -> str:
    """ROW_MAJOR or COL_MAJOR: by name, or as the 0 or 1 that ttnn's `to_json` writes."""
    if type(raw) is int and raw in _ORIENTATIONS:
        return _ORIENTATIONS[raw]
    return member(raw, what)


def nothing(raw: object) -> bool:
    """Whether this is a None, in any spelling."""
    return raw is None or (isinstance(raw, str) and raw in _NOTHING)


def shard_spec(raw: object, what: str = "shard_spec") -> ShardSpec:
    """A shard spec as an object, or as the text of one."""
    given = _fields(raw, what)
    dims = given.get("shape", given.get("shard_shape"))
    if "grid" not in given or dims is None or "orientation" not in given:
        raise ConfigurationError(f"{what} must have a grid, a shape and an orientation, not {sorted(given)}")
    return ShardSpec(
        core_ranges(given["grid"], f"{what}.grid"),
        pair(dims, f"{what}.shape"),
        orientation(given["orientation"], f"{what}.orientation"),
    )


def nd_shard_spec(raw: object, what: str = "nd_shard_spec") -> NdShardSpec:
    """An nd shard spec as an object, or as the text of one."""
    given = _fields(raw, what)
    dims = given.get("shard_shape", given.get("shape"))
    if "grid" not in given or dims is None or "orientation" not in given:
        raise ConfigurationError(f"{what} must have a grid, a shard_shape and an orientation, not {sorted(given)}")
    return NdShardSpec(
        core_ranges(given["grid"], f"{what}.grid"),
        shape(dims, f"{what}.shard_shape"),
        orientation(given["orientation"], f"{what}.orientation"),
        member(given.get("shard_distribution_strategy", "ROUND_ROBIN_1D"), f"{what}.shard_distribution_strategy"),
    )


def memory_config(raw: object, what: str = "memory_config") -> MemoryConfig:
    """A memory config in any spelling.

    An nd shard spec that ttnn only derived from the shard spec (`created_with_nd_shard_spec` 0) repeats it and is left
    out; where the shard spec was derived from the nd one, the nd one says what the call said, and stays.
    """
    given = _fields(raw, what)
    if "memory_layout" not in given or "buffer_type" not in given:
        raise ConfigurationError(f"{what} must have a memory_layout and a buffer_type, not {sorted(given)}")
    layout = member(given["memory_layout"], f"{what}.memory_layout")
    buffer = member(given["buffer_type"], f"{what}.buffer_type")
    shard, nd = given.get("shard_spec"), given.get("nd_shard_spec")
    spec = None if nothing(shard) else shard_spec(shard, f"{what}.shard_spec")
    derived = spec is not None and given.get("created_with_nd_shard_spec", True) == 0
    nd_spec = None if derived or nothing(nd) else nd_shard_spec(nd, f"{what}.nd_shard_spec")
    return MemoryConfig(layout, buffer, spec, nd_spec)


def tile(raw: object, what: str = "tile") -> Tile:
    """A tile from its JSON."""
    given = _fields(raw, what)
    if "tile_shape" in given:
        height, width = pair(given["tile_shape"], f"{what}.tile_shape")
    elif type(given.get("height")) is int and type(given.get("width")) is int:
        height, width = given["height"], given["width"]
    else:
        raise ConfigurationError(f"{what} must have a tile_shape, not {sorted(given)}")
    return Tile(
        height, width, bool(given.get("transpose_within_face", False)), bool(given.get("transpose_of_faces", False))
    )


def placement(raw: object, what: str = "tensor_placement") -> Placement:
    """A tensor's placement on a mesh; all three parts may be lists or the text of lists."""
    given = _fields(raw, what)
    spread = given.get("placement", given.get("placements"))
    mesh = given.get("mesh_device_shape", given.get("shape"))
    if spread is None or mesh is None:
        raise ConfigurationError(f"{what} must have a placement and a mesh_device_shape, not {sorted(given)}")
    mesh_shape = shape(mesh, f"{what}.mesh_device_shape")
    distribution = given.get("distribution_shape")
    return Placement(
        mesh_shape,
        mesh_shape if nothing(distribution) else shape(distribution, f"{what}.distribution_shape"),
        _dims(spread if isinstance(spread, str) else str(spread), what),
    )


@lru_cache(maxsize=1024)
def _dims(text: str, what: str) -> tuple[int | None, ...]:
    """`['PlacementReplicate', 'PlacementShard(-1)']`: the tensor dimension that each mesh dimension shards, or None."""
    parts = parsed(text.replace("'", ""), what)
    if not isinstance(parts, (list, tuple)):
        raise ConfigurationError(f"{what}: placement must be a list, not {text!r}")
    found: list[int | None] = []
    for part in parts:
        dims = [raw for _, raw in part.fields] if isinstance(part, Call) else []
        if isinstance(part, (Word, Call)) and part.name == "PlacementReplicate" and not dims:
            found.append(None)
        elif isinstance(part, Call) and part.name == "PlacementShard" and len(dims) == 1 and type(dims[0]) is int:
            found.append(dims[0])
        else:
            raise ConfigurationError(f"{what}: placement must be replicas and shards, not {text!r}")
    return tuple(found)


def parsed(text: str, what: str) -> Any:
    """Text that must parse."""
    try:
        return parse(text)
    except CppTextError as error:
        raise ConfigurationError(f"{what}: {error}") from None


def brief(raw: object) -> str:
    """A value in an error line."""
    text = repr(raw)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _fields(raw: object, what: str) -> dict[str, Any]:
    """The fields of an object given as JSON, as a printed call, or as the text of either."""
    if isinstance(raw, str):
        raw = parsed(raw, what)
    if isinstance(raw, dict):
        return raw
    if isinstance(raw, Call):
        return dict(raw.fields)
    raise ConfigurationError(f"{what} must be an object, not {brief(raw)}")
