"""How a board is opened: every argument of the open call."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from tracer.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """How a board is opened. None leaves a setting to ttnn's own default. Hashable: vectors are grouped by it.

    Attributes:
        mesh_shape: rows and columns of the mesh of chips.
        dispatch_core_type: `WORKER` or `ETH`: which cores dispatch runs on. It decides the compute grid: a
            Wormhole n300 opens 8 x 8 with `ETH`, its default, and 8 x 7 with `WORKER`.
        dispatch_core_axis: `ROW` or `COL`.
        fabric: member of ttnn.FabricConfig, without which collective operations can't run.
        fabric_reliability: member of ttnn.FabricReliabilityMode.
        fabric_tensix: member of ttnn.FabricTensixConfig.
        fabric_manager: member of ttnn.FabricManagerMode.
        fabric_router: the router config, as ttnn prints it; kept for the record, not rebuilt.
        l1_small_size: bytes of each core's L1 set apart for small buffers; conv2d and pooling need it.
        trace_region_size: bytes of DRAM kept for captured command traces.
        worker_l1_size: bytes of each worker core's L1 that buffers may use.
        num_command_queues: hardware command queues.
        opened_by: the sweep module whose own fixture opens the board; None where farm opens it by these settings.
    """

    mesh_shape: tuple[int, int] = (1, 1)
    dispatch_core_type: str | None = None
    dispatch_core_axis: str | None = None
    fabric: str | None = None
    fabric_reliability: str | None = None
    fabric_tensix: str | None = None
    fabric_manager: str | None = None
    fabric_router: str | None = None
    l1_small_size: int | None = None
    trace_region_size: int | None = None
    worker_l1_size: int | None = None
    num_command_queues: int | None = None
    opened_by: str | None = None

    @property
    def chips(self) -> int:
        """The number of chips of the mesh."""
        rows, columns = self.mesh_shape
        return rows * columns

    def as_json(self) -> dict[str, Any]:
        """Return the settings that are not None; `from_json` reads it back."""
        settings = {name: value for name in _NAMES if (value := getattr(self, name)) is not None}
        settings["mesh_shape"] = list(self.mesh_shape)
        return settings

    @classmethod
    def from_json(cls, raw: object) -> DeviceConfig:
        """Read what `as_json` wrote.

        Raises:
            ConfigurationError: an unknown setting, or one of the wrong type.
        """
        if not isinstance(raw, dict):
            raise ConfigurationError(f"device config must be an object, not {type(raw).__name__}")
        for name, value in raw.items():
            if name not in _NAMES:
                raise ConfigurationError(f"device config has an unknown setting {name!r}")
            if name == "mesh_shape":
                if not (
                    isinstance(value, (list, tuple))
                    and len(value) == 2
                    and all(type(n) is int and n > 0 for n in value)
                ):
                    raise ConfigurationError(f"device config: mesh_shape must be two positive ints, not {value!r}")
            elif name.endswith("_size") or name == "num_command_queues":
                if value is not None and (type(value) is not int or value < 0):
                    raise ConfigurationError(f"device config: {name} must be a non-negative int, not {value!r}")
            elif value is not None and not isinstance(value, str):
                raise ConfigurationError(f"device config: {name} must be a name, not {value!r}")
        settings = dict(raw)
        if "mesh_shape" in settings:
            settings["mesh_shape"] = tuple(settings["mesh_shape"])
        return cls(**settings)


_NAMES = tuple(field.name for field in fields(DeviceConfig))
