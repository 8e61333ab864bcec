"""How operations, configurations and values are shown: one line each, nothing hidden but what is usual.

Usual, and so left out of a tensor's line, are the layout TILE, the storage DEVICE and the tile 32 x 32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tracer.master.writing import execution_json
from tracer.values.configuration import POSITION, Configuration, Execution
from tracer.values.types import (
    CoreCoord,
    CoreGrid,
    CoreRange,
    CoreRangeSet,
    EnumMember,
    Handle,
    Lost,
    Mapping,
    MemoryConfig,
    NdShardSpec,
    Placement,
    Shape,
    ShardSpec,
    Struct,
    Tensor,
    Tile,
    TorchTensor,
    Value,
)
from tracer.values.v2 import encode


def show(value: Value) -> str:
    """A value in one line."""
    return _SHOW[type(value)](value)


def argument_lines(configuration: Configuration) -> list[str]:
    """Every argument in a line of its own; Nones at the end of the positional ones share one."""
    arguments = list(configuration.arguments.items())
    lines: list[str] = []
    nones: list[str] = []
    for place, (name, value) in enumerate(arguments):
        if value is None and POSITION.fullmatch(name) and _only_nones_follow(arguments[place:]):
            nones.append(name)
            continue
        known = configuration.name_of(name)
        lines.append(f"{clean(name)}{f' ({clean(known)})' if known else ''}: {show(value)}")
    if nones:
        first = sum(1 for name in configuration.arguments if POSITION.fullmatch(name)) - len(nones)
        lines.insert(first, f"{nones[0]}: None" if len(nones) == 1 else f"{nones[0]} to {nones[-1]}: None")
    return lines


def _only_nones_follow(arguments: list[tuple[str, Value]]) -> bool:
    return all(value is None for name, value in arguments if POSITION.fullmatch(name))


def result_lines(configuration: Configuration) -> list[str]:
    """What the traced call came to, as far as the trace says."""
    lines = [] if configuration.output is None else [f"output: {show(configuration.output)}"]
    return lines if configuration.raised is None else [*lines, f"raised: {clean(configuration.raised)}"]


def execution_line(seen: Execution) -> str:
    """Where a configuration was seen: source, machine, count."""
    parts = [clean(seen.source) or "a source that is not recorded"]
    if seen.machine:
        parts.append(f"on {_machine(seen.machine)}")
    if seen.count is not None:
        parts.append("once" if seen.count == 1 else f"{seen.count} times")
    missing = [what for what, kept in (("machine", seen.machine or None), ("count", seen.count)) if kept is None]
    if missing:
        parts.append(f"{' and '.join(missing)} not recorded")
    if seen.device_config is not None:
        settings = {key: part for key, part in seen.device_config.as_json().items() if key != "mesh_shape"}
        opened = [f"{key}={clean(str(part))}" for key, part in settings.items()]
        parts.append("opened " + " ".join([_by(seen.device_config.mesh_shape), *opened]))
    if seen.trace_uid:
        parts.append(f"trace {clean(seen.trace_uid)}")
    return f"seen in {', '.join(parts)}"


def configuration_json(configuration: Configuration) -> dict[str, Any]:
    """A configuration for machines: hashes, version 2's arguments, what was lost, and where it was seen."""
    return {
        "operation": configuration.operation,
        "index": configuration.index,
        "config_hash": configuration.config_hash,
        "content_hash": configuration.content_hash,
        "arguments": configuration.encoded,
        "argument_names": list(configuration.names),
        "lost": list(configuration.lost),
        "output": encode(configuration.output),
        "raised": configuration.raised,
        "executions": [execution_json(seen) for seen in configuration.executions],
    }


def clean(text: str) -> str:
    """Text of a file, safe on a terminal and in one line: what doesn't print is escaped."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _machine(machine: dict[str, Any]) -> str:
    series = machine.get("device_series")
    if isinstance(series, list):
        series = "+".join(map(str, series))
    words = [str(word) for word in (machine.get("board_type"), series) if word]
    cards, mesh = machine.get("card_count"), machine.get("mesh_device_shape")
    if type(cards) is int and cards != 1:
        words.append(f"x{cards}")
    if isinstance(mesh, list):
        words.append(f"mesh {_by(mesh)}")
    return clean(" ".join(words)) or "a machine of no name"


def _by(sides: Any) -> str:
    return "x".join(map(str, sides))


def _list(parts: tuple[object, ...]) -> str:
    return f"[{', '.join(map(str, parts))}]"


def _core(value: CoreCoord) -> str:
    return f"({value.x},{value.y})"


def _core_range(value: CoreRange) -> str:
    return f"{_core(value.start)}→{_core(value.end)}"


def _grid(value: CoreRangeSet) -> str:
    return _list(tuple(map(_core_range, value.ranges)))


def _shard(value: ShardSpec) -> str:
    return f"shard(shard_shape={_list(value.shape)}, grid={_grid(value.grid)}, orientation={value.orientation})"


def _nd_shard(value: NdShardSpec) -> str:
    return (
        f"nd_shard(shard_shape={_list(value.shape)}, grid={_grid(value.grid)}, "
        f"orientation={value.orientation}, distribution={value.distribution})"
    )


def _memory(value: MemoryConfig) -> list[str]:
    parts = [f"{value.buffer}_{value.layout}"]
    if value.shard_spec is not None:
        parts.append(_shard(value.shard_spec))
    if value.nd_shard_spec is not None:
        parts.append(_nd_shard(value.nd_shard_spec))
    return parts


def _tile(value: Tile) -> str:
    turned = [name for name in ("transpose_within_face", "transpose_of_faces") if getattr(value, name)]
    return " ".join([_by((value.height, value.width)), *turned])


def _placement(value: Placement) -> str:
    spread = ["replicate" if dim is None else f"shard({dim})" for dim in value.dims]
    over = "" if value.distribution_shape == value.mesh_shape else f" over {_list(value.distribution_shape)}"
    return f"[{', '.join(spread)}]{over} on mesh {_by(value.mesh_shape)}"


def _tensor(value: Tensor) -> str:
    parts = [f"shape={_list(value.shape)}", f"dtype={value.dtype}"]
    if value.layout != "TILE":
        parts.append(f"layout={value.layout or 'not recorded'}")
    if value.storage != "DEVICE":
        parts.append(f"storage={value.storage or 'not recorded'}")
    if value.memory is not None:
        first, *rest = _memory(value.memory)
        parts += [f"memory={first}", *rest]
    else:
        parts.append("memory=not recorded")
    if value.tile is not None:
        parts.append(f"tile={_tile(value.tile)}")
    if value.placement is not None:
        parts.append(f"placement={_placement(value.placement)}")
    return f"Tensor({', '.join(parts)})"


def _lost(value: Lost) -> str:
    kind = f"{value.type}: " if value.type and not value.left.startswith("[ unsupported type") else ""
    return f"lost({clean(kind + value.left)})"


def _plain(value: object) -> str:
    return clean(repr(value))


_SHOW: dict[type, Callable[[Any], str]] = {
    type(None): str,
    bool: str,
    int: str,
    float: repr,
    str: _plain,
    tuple: lambda value: _list(tuple(map(show, value))),
    Tensor: _tensor,
    TorchTensor: lambda value: f"torch.Tensor(shape={_list(value.shape)}, dtype={value.dtype})",
    MemoryConfig: lambda value: f"MemoryConfig({', '.join(_memory(value))})",
    ShardSpec: _shard,
    NdShardSpec: _nd_shard,
    Shape: lambda value: f"Shape({_list(value.dims)})",
    EnumMember: lambda value: clean(f"{value.type}.{value.name}" if value.type else value.name),
    CoreCoord: _core,
    CoreRange: _core_range,
    CoreRangeSet: _grid,
    CoreGrid: lambda value: f"CoreGrid(x={value.x}, y={value.y})",
    Tile: lambda value: f"Tile({_tile(value)})",
    Placement: lambda value: f"Placement({_placement(value)})",
    Struct: lambda value: f"{clean(value.type)}({', '.join(_fields(value.fields, '='))})",
    Mapping: lambda value: f"{{{', '.join(_fields(value.items, ': '))}}}",
    Handle: lambda value: f"<{clean(value.type)}>",
    Lost: _lost,
}


def _fields(fields: tuple[tuple[str, Value], ...], sign: str) -> Iterator[str]:
    return (f"{clean(key)}{sign}{show(value)}" for key, value in fields)
