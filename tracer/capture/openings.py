"""How boards were opened: the settings and the machine behind every open device.

None of it can be read from a live device, so the calls that open one are watched.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from tracer.capture.replacing import Replacements
from tracer.device_config import DeviceConfig

SERIES_VARIABLE = "FARM_BOARD_KIND"
"""Names the board's kind where ttnn can't tell it: mock and simulated boards, and boxes."""

COMPUTES_VARIABLE = "FARM_BOARD_COMPUTES"
"""`0` where the board computes no numbers, so that torch has nothing to compare."""

MOCK_VARIABLE = "TT_METAL_MOCK_CLUSTER_DESC_PATH"
"""Makes ttnn's every device a mock, which computes no numbers."""

_BOARD_TYPES = {"WORMHOLE_B0": "Wormhole", "BLACKHOLE": "Blackhole", "GRAYSKULL": "Grayskull"}

MACHINES = {
    "n150": ("n150", 1),
    "n150x4": ("n150", 4),
    "n300": ("n300", 1),
    "n300_2x2": ("n300", 2),
    "t3000": ("n300", 4),
    "t3k": ("n300", 4),
    "galaxy": ("tt-galaxy-wh", 32),
    "galaxy-blackhole": ("tt-galaxy-bh", 32),
    "blackhole_galaxy": ("tt-galaxy-bh", 32),
    "p100": ("p100a", 1),
    "p150": ("p150b", 1),
    "p150_x2": ("p150b", 2),
    "p150x4": ("p150b", 4),
    "p150_x4": ("p150b", 4),
    "p150x8": ("p150b", 8),
    "p150_x8": ("p150b", 8),
    "p300": ("p300a", 1),
    "p300x2": ("p300c", 4),
    "p300_x2": ("p300c", 4),
}
"""tt-metal's words for the cards of a machine, and how many it has, by kind of board and by ttnn's ClusterType."""

_OPENERS = (
    ("ttnn._ttnn.device", "open_device", ()),
    ("ttnn._ttnn.device", "CreateDevice", ("device_id", "num_command_queues", "l1_small_size", "trace_region_size")),
    ("ttnn._ttnn.device", "CreateDevices", ("device_ids", "num_command_queues", "l1_small_size", "trace_region_size")),
    ("ttnn._ttnn.multi_device", "open_mesh_device", ()),
)
_DISPATCH_PLACE = 4  # of CreateDevice's and CreateDevices' positional arguments
_FABRIC = ("ttnn._ttnn.fabric", "set_fabric_config")
_FABRIC_SETTINGS = {
    "config": "fabric",
    "reliability_mode": "fabric_reliability",
    "fabric_tensix_config": "fabric_tensix",
    "fabric_manager": "fabric_manager",
    "fabric_manager_mode": "fabric_manager",
    "router_config": "fabric_router",
}
_SIZES = ("l1_small_size", "trace_region_size", "worker_l1_size")


def board_computes() -> bool:
    """Return whether the board that this process sees computes numbers."""
    return os.environ.get(COMPUTES_VARIABLE) != "0" and not os.environ.get(MOCK_VARIABLE)


@dataclass(frozen=True)
class Opening:
    """One open device: the machine it is of, as traces name it, and how it was opened."""

    machine: dict[str, Any] | None = None
    device_config: DeviceConfig | None = None


@dataclass
class Openings:
    """Watches the calls that open devices, while installed.

    Attributes:
        last: the opening of the device opened last; calls on host tensors count as calls on that device.
        count: how many devices were opened so far.
    """

    last: Opening = field(default_factory=Opening)
    count: int = 0
    _by_id: dict[int, Opening] = field(default_factory=dict)
    _fabric: dict[str, str] = field(default_factory=dict)
    _replacements: Replacements = field(default_factory=Replacements)

    def install(self) -> None:
        """Start watching."""
        for module, name, places in _OPENERS:
            self._replacements.replace(module, name, partial(self._watched, places=places))
        self._replacements.replace(*_FABRIC, self._watched_fabric)

    def remove(self) -> None:
        """Stop watching and restore ttnn's own functions."""
        self._replacements.undo()

    def of(self, device: Any) -> Opening:
        """Return the opening behind a live device; a part of a mesh was opened as the mesh was, in its own shape."""
        opening = self._by_id.get(device.id())
        if opening is None:
            opening = self._by_id[device.id()] = self._describe(device, self.last.device_config or DeviceConfig())
        return opening

    def _watched(self, original: Any, places: tuple[str, ...]) -> Any:
        def opened(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            arguments = {**dict(zip(places, args, strict=False)), **kwargs}
            if len(args) > _DISPATCH_PLACE:
                arguments["dispatch_core_config"] = args[_DISPATCH_PLACE]
            settings = {**_settings(arguments), **self._fabric}
            for device in result.values() if isinstance(result, dict) else [result]:
                self.last = self._by_id[device.id()] = self._describe(device, DeviceConfig(**settings))
                self.count += 1
            return result

        return opened

    def _watched_fabric(self, original: Any) -> Any:
        def set_fabric_config(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            arguments = {**dict(zip(("config", "reliability_mode"), args, strict=False)), **kwargs}
            self._fabric = {
                ours: getattr(arguments[theirs], "name", None) or repr(arguments[theirs])
                for theirs, ours in _FABRIC_SETTINGS.items()
                if arguments.get(theirs) is not None
            }
            if self._fabric.get("fabric", "DISABLED") == "DISABLED":
                self._fabric = {}
            return result

        return set_fabric_config

    def _describe(self, device: Any, config: DeviceConfig) -> Opening:
        rows_columns = tuple(device.shape)
        shape = rows_columns if len(rows_columns) == 2 else (1, device.get_num_devices())
        return Opening(_machine(device, shape), replace(config, mesh_shape=shape))


def _settings(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of an open call; ttnn's own defaults are left out."""
    import ttnn

    settings = {name: int(arguments[name]) for name in _SIZES if arguments.get(name) is not None}
    for name in _SIZES:
        default = getattr(ttnn._ttnn.device, f"DEFAULT_{name.upper()}", 0)  # noqa: SLF001 - nowhere else
        if settings.get(name) == default:
            del settings[name]
    queues = arguments.get("num_command_queues")
    if queues not in (None, 1):
        settings["num_command_queues"] = int(queues)
    return {**settings, **_dispatch(arguments.get("dispatch_core_config"))}


def _dispatch(config: Any) -> dict[str, str]:
    """Return where dispatch runs, if a caller chose it: ttnn fills in its own default before the call gets here."""
    import ttnn

    default = ttnn.DispatchCoreConfig()
    settings = {}
    for setting in ("type", "axis"):
        value = getattr(config, setting, None)
        if value is not None and value != getattr(default, setting, None):
            settings[f"dispatch_core_{setting}"] = value.name
    return settings


def _machine(device: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    import ttnn

    arch = device.arch().name
    kind = os.environ.get(SERIES_VARIABLE) or ttnn.cluster.get_cluster_type().name
    machine: dict[str, Any] = {"board_type": _BOARD_TYPES.get(arch, arch)}
    if kind.lower() in MACHINES:
        machine["device_series"], machine["card_count"] = MACHINES[kind.lower()]
    machine["device_count"] = device.get_num_devices()
    machine["mesh_device_shape"] = list(shape)
    return machine
