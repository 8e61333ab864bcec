"""The worker's board: opened by the worker, and reopened if a sweep module has closed or changed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ttnn

from farm.core.classify import error_text
from farm.core.measures import disable_profiler
from farm.core.messages import Opened, Refused
from farm.worker.module_devices import ModuleDevices
from tracer.device_config import DeviceConfig
from tracer.errors import RebuildError
from tracer.values.live import find_class, member


class BoardRefused(Exception):  # noqa: N818 - it names what the board did
    """The board doesn't open again after a module has closed or changed it."""


class OpenBoard:
    """Opens, keeps and releases the one board that this process sees.

    Attributes:
        device: the open mesh device; None while it isn't open.
    """

    def __init__(self, devices: ModuleDevices, opened: Callable[[Any], None]) -> None:
        """Begin with a closed board.

        Args:
            devices: what modules open and close.
            opened: called with each mesh device that is opened.
        """
        self.device: Any | None = None
        self._devices = devices
        self._opened = opened
        self._config: DeviceConfig | None = None
        self._fabric = False

    @property
    def in_use(self) -> bool:
        """Whether vectors run on it, even while a module has made it close."""
        return self._config is not None

    @property
    def is_ready(self) -> bool:
        """Whether it is open, and no module has closed it or set a fabric."""
        return self.device is not None and self._devices.board is self.device and not self._devices.fabric_left

    def open(self, config: DeviceConfig) -> Opened | Refused:
        """Open the board, after releasing it where it is open another way."""
        self.close()
        try:
            with self._devices.own():
                if config.fabric is not None:
                    _set_fabric(config)
                    self._fabric = True
                device = ttnn.open_mesh_device(ttnn.MeshShape(*config.mesh_shape), **_open_arguments(config))
        except (RuntimeError, RebuildError, ValueError) as error:
            self.close()
            return self.open(config) if disable_profiler(error) else Refused(error_text(error))
        self.device, self._config = device, config
        self._devices.open_board(device)
        self._opened(device)
        return Opened(device.get_num_devices(), grid_of(device))

    def ready(self) -> Any:
        """The open device; the board is reopened if a module has closed it or set a fabric.

        Raises:
            BoardRefused: it doesn't open any more.
            RuntimeError: it was never opened.
        """
        if self._config is None:
            raise RuntimeError("no board is open")
        if not self.is_ready:
            config = self._config
            opened = self.open(config)
            if isinstance(opened, Refused):
                self._config = config
                raise BoardRefused(f"the board doesn't open again: {opened.message}")
        return self.device

    def release(self) -> None:
        """Close the board until it is `ready` again."""
        if self.device is not None:
            device, self.device = self.device, None
            self._devices.close_board()
            try:
                with self._devices.own():
                    ttnn.close_mesh_device(device)  # does nothing where a module has closed it
            except RuntimeError:
                if not self._devices.entangled:  # else this process opens no other
                    raise
        if self._fabric:
            self._fabric = False
            with self._devices.own():
                ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)

    def close(self) -> None:
        """Release the board, and the fabric with it."""
        self.release()
        self._config = None
        self._devices.clear_fabric()


def grid_of(device: Any) -> tuple[int, int]:
    """The columns and rows of compute cores of a chip."""
    grid = device.compute_with_storage_grid_size()
    return grid.x, grid.y


def _open_arguments(config: DeviceConfig) -> dict[str, Any]:
    """The arguments of `ttnn.open_mesh_device` that the config names; the others keep ttnn's defaults."""
    sizes = ("l1_small_size", "trace_region_size", "worker_l1_size", "num_command_queues")
    arguments = {name: value for name in sizes if (value := getattr(config, name)) is not None}
    dispatch: dict[str, Any] = {}
    if config.dispatch_core_type is not None:
        dispatch["type"] = member("DispatchCoreType", config.dispatch_core_type)
    if config.dispatch_core_axis is not None:
        dispatch["axis"] = member("DispatchCoreAxis", config.dispatch_core_axis)
    if dispatch:
        arguments["dispatch_core_config"] = ttnn.DispatchCoreConfig(**dispatch)
    return arguments


def _set_fabric(config: DeviceConfig) -> None:
    """Set up the fabric as the trace had it; a mock needs the fabric manager enabled, or opening aborts the process."""
    arguments: dict[str, Any] = {"fabric_manager_mode": find_class("FabricManagerMode").ENABLED}
    if config.fabric_manager is not None:
        arguments["fabric_manager_mode"] = member("FabricManagerMode", config.fabric_manager)
    if config.fabric_reliability is not None:
        arguments["reliability_mode"] = member("FabricReliabilityMode", config.fabric_reliability)
    if config.fabric_tensix is not None:
        arguments["fabric_tensix_config"] = member("FabricTensixConfig", config.fabric_tensix)
    ttnn.set_fabric_config(member("FabricConfig", str(config.fabric)), **arguments)
