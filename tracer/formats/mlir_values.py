"""ttnn's types and attributes in MLIR as values: tensors with their layouts, memory configs, configs of operations.

The spellings of today are read (`ttcore`, `#ttnn.buffer_type<dram>`), and older ones (`tt`, `#tt.memory_space<dram>`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tracer.errors import ConfigurationError
from tracer.formats.mlir_syntax import AffineMap, Dims, Group, Node, Word, evaluate, text_of
from tracer.limits import MOST_CORES
from tracer.values import (
    CoreCoord,
    CoreGrid,
    CoreRange,
    CoreRangeSet,
    EnumMember,
    Lost,
    MemoryConfig,
    ShardSpec,
    Struct,
    Tensor,
    Value,
)
from tracer.values.spellings import in_range

DTYPES = {
    "bf16": "BFLOAT16",
    "f32": "FLOAT32",
    "bfp_bf8": "BFLOAT8_B",
    "bfp_bf4": "BFLOAT4_B",
    "bfp8": "BFLOAT8_B",
    "bfp4": "BFLOAT4_B",
    "u32": "UINT32",
    "ui32": "UINT32",
    "u16": "UINT16",
    "ui16": "UINT16",
    "u8": "UINT8",
    "ui8": "UINT8",
    "i32": "INT32",
    "si32": "INT32",
}
"""ttnn's data types by MLIR's names."""

_LAYOUTS = {"tile": "TILE", "row_major": "ROW_MAJOR"}
_BUFFERS = {"dram": "DRAM", "l1": "L1", "l1_small": "L1_SMALL", "trace": "TRACE"}
_HOST = frozenset({"system_memory", "system", "mmio"})
_MEMORY_LAYOUTS = {
    name: name.upper() for name in ("interleaved", "height_sharded", "width_sharded", "block_sharded", "single_bank")
}
_TILE = 32
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def tensor_of(node: Node) -> Tensor | Lost:
    """Return the tensor of a type `tensor<1x32xbf16, #layout>`; what the type doesn't say stays "" or None.

    Raises:
        ConfigurationError: it holds something impossible.
    """
    if not isinstance(node, Group) or node.name != "tensor" or not node.parts:
        return Lost(text_of(node), "tensor")
    dims, encoding = node.parts[0], node.parts[1] if len(node.parts) > 1 else None
    sizes, element = (dims.sizes, dims.element) if isinstance(dims, Dims) else ((), dims)
    if any(size < 0 for size in sizes):
        return Lost(text_of(node), "tensor of a shape that isn't static")
    shape = in_range(sizes, "a tensor's shape")
    if not isinstance(encoding, Group) or encoding.short not in ("ttnn_layout", "layout", "ttnn_nd_layout"):
        dtype, layout = _element(element)
        layout = layout if layout == "TILE" else ""  # without a layout, a type doesn't say that there are no tiles
        return Tensor(shape, dtype, layout, "", None) if dtype else Lost(text_of(node), "tensor")
    memref = next((each for each in encoding.parts if isinstance(each, Group) and each.name == "memref"), None)
    if memref is None or not memref.parts or not isinstance(memref.parts[0], Dims):
        return Lost(text_of(node), "tensor")
    dtype, layout = _element(memref.parts[0].element)
    space = memref.parts[1] if len(memref.parts) > 1 else None
    buffer = _last_word(space)
    if not dtype:
        return Lost(text_of(node), "tensor")
    if buffer in _HOST:
        return Tensor(shape, dtype, layout, "HOST", None)
    memory = MemoryConfig(
        _named(encoding, _MEMORY_LAYOUTS) or "INTERLEAVED",
        _BUFFERS.get(buffer, "DRAM"),
    )
    if memory.layout != "INTERLEAVED":
        memory = MemoryConfig(memory.layout, memory.buffer, _shards(encoding, memref.parts[0], layout))
    return Tensor(shape, dtype, layout, "DEVICE", memory)


def _element(node: Node) -> tuple[str, str]:
    """Return the data type and layout of an element type; "" where there is no such data type."""
    if isinstance(node, Group) and node.short == "tile":
        return DTYPES.get(_last_word(node), ""), "TILE"
    return DTYPES.get(_last_word(node), ""), "ROW_MAJOR" if isinstance(node, Word) else ""


def _last_word(node: Node) -> str:
    """Return the word that a node is, or the last one inside it: `dram` of `#ttnn.buffer_type<dram>`."""
    while isinstance(node, Group):
        if not node.parts:
            return node.short
        node = node.parts[-1]
    return node.text if isinstance(node, Word) else ""


def _shards(encoding: Group, memref: Dims, layout: str) -> ShardSpec | None:
    """Return the shard spec of a sharded layout; None where its cores aren't told."""
    side = _TILE if layout == "TILE" else 1
    if len(memref.sizes) < 2:
        return None
    height, width = (size * side for size in memref.sizes[-2:])
    cores = dict(encoding.fields).get("core_ranges")
    if cores is not None:
        return ShardSpec(_core_ranges(cores), (height, width))
    grid = next((each for each in encoding.parts if _is_grid(each)), None)
    ranges = _cores_of_grid(grid) if isinstance(grid, Group) else None
    return None if ranges is None else ShardSpec(ranges, (height, width))


def _is_grid(node: Node) -> bool:
    return (
        isinstance(node, Group)
        and node.short in ("", "grid")
        and bool(node.parts)
        and isinstance(node.parts[0], Dims)
        and len(node.parts[0].sizes) == 2
    )


def _cores_of_grid(grid: Group) -> CoreRangeSet | None:
    """Return the cores that a grid lies on: where its map puts each point, or the grid itself without one."""
    dims = grid.parts[0]
    rows, columns = dims.sizes if isinstance(dims, Dims) else (0, 0)
    mapping = next((each for each in grid.parts if isinstance(each, AffineMap)), None)
    if not 0 < rows * columns <= MOST_CORES or (mapping is None and max(rows, columns) > 16):
        return None
    if mapping is None:
        return CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(columns - 1, rows - 1)),))
    if len(mapping.names) != 2 or len(mapping.results) < 2:
        return None
    cores: set[tuple[int, int]] = set()
    try:
        for row in range(rows):
            for column in range(columns):
                point = dict(zip(mapping.names, (row, column), strict=True))
                y, x = (evaluate(result, point) for result in mapping.results[-2:])
                cores.add((x, y))
    except ValueError:
        return None
    return CoreRangeSet(tuple(_rectangles(cores)))


def _rectangles(cores: set[tuple[int, int]]) -> Iterable[CoreRange]:
    """Yield cores as rectangles: runs of a row, joined with equal runs of the rows below."""
    runs: dict[tuple[int, int], list[int]] = {}
    for y in sorted({y for _, y in cores}):
        columns = sorted(x for x, row in cores if row == y)
        start = previous = columns[0]
        for x in [*columns[1:], -1]:
            if x != previous + 1:
                runs.setdefault((start, previous), []).append(y)
                start = x
            previous = x
    ranges = []
    for (left, right), ys in runs.items():
        first = last = ys[0]
        for y in [*ys[1:], -1]:
            if y != last + 1:
                ranges.append(CoreRange(CoreCoord(left, first), CoreCoord(right, last)))
                first = y
            last = y
    return sorted(ranges, key=lambda each: (each.start.y, each.start.x))


def _core_ranges(node: Node) -> CoreRangeSet:
    """Return the core ranges of `#ttnn.core_range_set<[...]>`, `<[...]>` or `[...]`.

    Raises:
        ConfigurationError: they are something else.
    """
    while isinstance(node, Group) and node.short in ("core_range_set", "") and len(node.parts) == 1:
        node = node.parts[0]
    if isinstance(node, Group) and node.short == "core_range_set":
        return CoreRangeSet(())
    parts = node if isinstance(node, tuple) else (node,)
    ranges = []
    for part in parts:
        corners = [_corner(each) for each in part.parts] if isinstance(part, Group) else []
        if len(corners) != 2:
            raise ConfigurationError(f"a core range must have two corners, not {text_of(part)[:60]}")
        ranges.append(CoreRange(*corners))
    return CoreRangeSet(tuple(ranges))


def _corner(node: Node) -> CoreCoord:
    parts = node.parts if isinstance(node, Group) else node
    if isinstance(node, Group) and len(node.parts) == 1 and isinstance(node.parts[0], Dims):
        parts = node.parts[0].sizes
    if isinstance(parts, tuple) and len(parts) == 2 and type(parts[0]) is int and type(parts[1]) is int:
        return CoreCoord(parts[0], parts[1])
    raise ConfigurationError(f"a core must be two numbers, not {text_of(node)[:60]}")


def value_of(node: Node, field: str = "") -> Value:
    """Return the value of an attribute; `Lost` with its text where there is none.

    Args:
        node: the attribute.
        field: the name that it has, which tells what a bare word means.

    Raises:
        ConfigurationError: it holds something impossible.
    """
    if node is None or isinstance(node, (bool, int, float, str)):
        return node
    if isinstance(node, tuple):
        return tuple([value_of(part) for part in node])
    if isinstance(node, Dims):
        return node.sizes if node.element is None else Lost(text_of(node))
    if isinstance(node, Word):
        return _member(node.text, field)
    if isinstance(node, Group):
        return _group(node, field)
    return Lost(text_of(node))


_WORDS = {"dtype": "DataType", "layout": "Layout", "memory_layout": "TensorMemoryLayout", "fidelity": "MathFidelity"}


def _member(word: str, field: str) -> Value:
    """Return the member of an enum that a bare word is, as its field's name tells."""
    if field.endswith("dtype") and word in DTYPES:
        return EnumMember("DataType", DTYPES[word])
    if field == "shard_layout" and word in _MEMORY_LAYOUTS:
        return EnumMember("TensorMemoryLayout", _MEMORY_LAYOUTS[word])
    if field.endswith("layout") and word in _LAYOUTS:
        return EnumMember("Layout", _LAYOUTS[word])
    if field.endswith("fidelity"):
        return EnumMember("MathFidelity", {"hifi": "HiFi", "lofi": "LoFi"}.get(word[:4], word[:4]) + word[4:])
    if field == "op_type":
        return EnumMember("UnaryOpType", word.upper())
    return Lost(word)


def _group(node: Group, field: str) -> Value:
    name = node.short
    if name in ("supportedDataTypes", "data_type"):
        return _member(_last_word(node), "dtype")
    if name == "memory_config":
        return _memory_config(node)
    if name in ("tensor_memory_layout", "layout"):
        return _member(_last_word(node), "shard_layout" if name == "tensor_memory_layout" else "layout")
    if name in ("shape", "mesh_shape", "array") or node.name == "ttnn":
        return _numbers(node)
    if name == "topology":
        return EnumMember("Topology", _last_word(node).capitalize())
    if name == "core_coord":
        corner = _corner(node)
        return CoreGrid(x=corner.x, y=corner.y) if field == "core_grid" else corner
    if name in ("core_range_set", "core_range"):
        return _core_ranges(node)
    if name in ("device_compute_kernel_config", "compute_kernel_config") or "math_fidelity" in dict(node.fields):
        return _struct("WormholeComputeKernelConfig", node)
    if name == "unary_with_param" or (not name and "op_type" in dict(node.fields)):
        fields = dict(node.fields)
        numbers = value_of(fields.get("params"))
        params = (
            tuple(float(each) for each in numbers if isinstance(each, (int, float)))
            if isinstance(numbers, tuple)
            else ()
        )
        return Struct("UnaryWithParam", (("op_type", value_of(fields.get("op_type"), "op_type")), ("param", params)))
    if name.endswith("_config") and node.fields:
        return _struct(_class_of(name), node)
    if not name and len(node.parts) == 1 and not node.fields:
        return value_of(node.parts[0], field)
    return Lost(text_of(node))


_CLASS_PARTS = {"1d": "1D", "2d": "2d", "3d": "3d", "multicast": "MultiCast", "dram": "DRAM", "sdpa": "SDPA"}


def _class_of(name: str) -> str:
    """Return the class of ttnn that an attribute stands for: `Conv2dConfig` of `conv2d_config`."""
    return "".join(_CLASS_PARTS.get(part, part[:1].upper() + part[1:]) for part in name.split("_"))


def _struct(class_name: str, node: Group) -> Value:
    fields: list[tuple[str, Value]] = []
    for key, part in node.fields:
        snake = _CAMEL.sub("_", key).lower()
        name = {"per_core_m": "per_core_M", "per_core_n": "per_core_N"}.get(snake, snake)
        value = value_of(part, name)
        if name == "activation" and value == "":
            value = None
        elif name == "activation" and isinstance(value, str):
            value = Struct("UnaryWithParam", (("op_type", EnumMember("UnaryOpType", value.upper())), ("param", ())))
        elif name in ("hop_cores", "core_grid") and isinstance(value, Lost):
            value = CoreRangeSet(())
        fields.append((name, value))
    return Struct(class_name, tuple(fields))


def _numbers(node: Group) -> Value:
    if len(node.parts) == 1 and isinstance(node.parts[0], Dims):
        return node.parts[0].sizes
    if node.name == "ttnn":
        return value_of(node.parts[-1]) if node.parts else Lost(text_of(node))
    return tuple([value_of(part) for part in node.parts if not isinstance(part, Word)])


def _named(node: Group, names: Mapping[str, str]) -> str | None:
    """Return ttnn's name of the first part that has one; None if none has."""
    return next((names[word] for word in map(_last_word, node.parts) if word in names), None)


def _memory_config(node: Group) -> Value:
    """Return a memory config of its buffer, layout and shard spec, which come in different orders."""
    layout = _named(node, _MEMORY_LAYOUTS) or "INTERLEAVED"
    buffer = _named(node, _BUFFERS)
    if buffer is None:
        return Lost(text_of(node), "ttnn.MemoryConfig")
    spec = next((each for each in node.parts if isinstance(each, Group) and each.short == "shard_spec"), None)
    if layout == "INTERLEAVED" or spec is None:
        return MemoryConfig(layout, buffer)
    ranges = next((each for each in spec.parts if "core_range" in text_of(each) or isinstance(each, tuple)), None)
    shape = next((part.parts[0].sizes for part in spec.parts if _is_grid(part) and isinstance(part, Group)
                  and isinstance(part.parts[0], Dims)), None)  # fmt: skip
    if ranges is None or shape is None:
        return MemoryConfig(layout, buffer)
    orientation = "COL_MAJOR" if any(_last_word(each) == "col_major" for each in spec.parts) else "ROW_MAJOR"
    return MemoryConfig(layout, buffer, ShardSpec(_core_ranges(ranges), (shape[0], shape[1]), orientation))
