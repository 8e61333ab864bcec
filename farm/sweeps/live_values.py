"""Convert values of a master to ttnn objects, by functions with the names of those in tt-metal's loader.

Live objects and None come back as they are. What can't be rebuilt is an error, never a default.
"""

from __future__ import annotations

from typing import Any

from farm.sweeps.errors import TracedConfigError
from farm.sweeps.traced import ABSENT, live
from tracer.errors import ConfigurationError
from tracer.values import EnumMember, MemoryConfig, TypedValue, Value, decode
from tracer.values.cores import CoreGrid
from tracer.values.dispatch import decode_text
from tracer.values.structs import Struct


def parse_dtype(value: Any) -> Any:
    """Return the dtype of `DataType.BFLOAT16`, `DataType::BFLOAT16`, `ttnn.bfloat16` or `BFLOAT16`.

    Raises:
        TracedConfigError: ttnn has no such dtype.
    """
    return live(EnumMember("DataType", _member(value).upper()), "dtype") if _is_text(value) else value


def parse_layout(value: Any) -> Any:
    """Return the layout of `Layout.TILE`, `Layout::TILE`, `ttnn.TILE_LAYOUT` or `TILE`.

    Raises:
        TracedConfigError: ttnn has no such layout.
    """
    if not _is_text(value):
        return value
    return live(EnumMember("Layout", _member(value).upper().removesuffix("_LAYOUT")), "layout")


def dict_to_memory_config(mem_cfg: Any) -> Any:
    """Return the memory config of its JSON, also of the form `{"type": ..., "data": ...}`; None of `__ABSENT__`.

    Raises:
        TracedConfigError: it is no memory config.
    """
    if mem_cfg == ABSENT:
        return None
    if isinstance(mem_cfg, dict) and isinstance(mem_cfg.get("data"), dict):
        mem_cfg = mem_cfg["data"]
    return _rebuilt(mem_cfg, MemoryConfig, "memory config")


def dict_to_core_grid(value: Any) -> Any:
    """Return the grid of `{"type": "CoreGrid", "value": "ttnn.CoreGrid(x=8, y=7)"}`, or of this text alone.

    Raises:
        TracedConfigError: it is no grid.
    """
    if _is_text(value):
        return _live(decode_text("CoreGrid", value), CoreGrid, "core grid", value)
    return _rebuilt(value, CoreGrid, "core grid")


def dict_to_compute_kernel_config(cfg: Any) -> Any:
    """Return the compute kernel config of its JSON.

    Raises:
        TracedConfigError: it is none.
    """
    return _rebuilt(cfg, Struct, "compute kernel config")


def dict_to_program_config(
    cfg: Any,
    input_b_memory_config: Any = None,  # noqa: ARG001 - the class follows from the fields alone
    input_a_memory_config: Any = None,  # noqa: ARG001 - see above
) -> Any:
    """Return the program config of its JSON, by its class or, in an early trace without one, by its fields.

    Raises:
        TracedConfigError: it is none.
    """
    return _rebuilt(cfg, Struct, "program config")


def _is_text(value: Any) -> bool:
    return type(value) is str and value != ABSENT


def _member(text: str) -> str:
    return text.replace("::", ".").rpartition(".")[2]


def _rebuilt(raw: Any, kind: type[TypedValue], what: str) -> Any:
    if not isinstance(raw, dict):
        return raw
    try:
        value = decode(raw)
    except ConfigurationError as error:
        raise TracedConfigError(f"{what}: {error}") from error
    return _live(value, kind, what, raw)


def _live(value: Value, kind: type[TypedValue], what: str, raw: Any) -> Any:
    if not isinstance(value, kind):
        raise TracedConfigError(f"{what}: {raw!r:.120} is none")
    return live(value, what)
