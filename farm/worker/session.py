"""The open board, as the worker holds it: opened one way at a time, and released when it ends."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Callable
from typing import Any

import ttnn

from farm.core.classify import words
from farm.core.measures import profiler_given_up
from farm.core.outcome import Outcome
from farm.core.payload import ModuleVector, Payload, TracedCall
from farm.worker.module_runner import ModuleRunner, Tell
from farm.worker.runner import Runner
from tracer.device_config import DeviceConfig
from tracer.errors import RebuildError
from tracer.values.live import find_class, member


@functools.cache
def ttnn_version() -> str:
    """The version of the ttnn of this process; `built` where it is a checkout's, which has none."""
    told = getattr(ttnn, "__version__", None)
    if told is not None:
        return str(told)
    try:
        return importlib.metadata.version("ttnn")
    except importlib.metadata.PackageNotFoundError:
        return "built"


class Session:
    """Opens, runs on and releases the one board that this process sees.

    Attributes:
        computes: whether the board computes numbers.

    `tell` and `on_error` are those of `ModuleRunner`.
    """

    def __init__(
        self, *, computes: bool, tell: Tell | None = None, on_error: Callable[[BaseException], None] | None = None
    ) -> None:
        self.computes = computes
        self._on_error = on_error
        self._modules = ModuleRunner(computes=computes, tell=tell, on_error=on_error)
        self._by_fixture = False
        self._runner: Runner | None = None
        self._fabric = False

    def open(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Opens the board, after releasing it where it is open another way; the reply to the request."""
        self.close()
        try:
            config = DeviceConfig.from_json(raw)
            if config.opened_by is not None:
                # a sweep module's fixture opens it, when the module's first vector comes
                self._by_fixture = True
                return {"opened": {"by": config.opened_by}}
            if config.fabric is not None:
                _set_fabric(config)
                self._fabric = True
            device = ttnn.open_mesh_device(ttnn.MeshShape(*config.mesh_shape), **_open_arguments(config))
        except (RuntimeError, RebuildError, ValueError) as error:
            self.close()
            if profiler_given_up(error):
                return self.open(raw)
            return {"refused": words(error)}
        self._runner = Runner(device, computes=self.computes)
        self._runner.on_error = self._on_error
        grid = device.compute_with_storage_grid_size()
        return {"opened": {"chips": device.get_num_devices(), "grid": [grid.x, grid.y]}}

    def run(self, payload: Payload) -> Outcome:
        """Run one vector on the open board.

        Raises:
            RuntimeError: no board is open.
            TypeError: a worker doesn't run payloads of this kind.
        """
        if self._runner is None and not (self._by_fixture and isinstance(payload, ModuleVector)):
            raise RuntimeError("no board is open")
        match payload:
            case ModuleVector():
                return self._modules.run(payload, None if self._runner is None else self._runner.device)
            case TracedCall() if self._runner is not None:
                return self._runner.run(payload)
        raise TypeError(f"a worker can't run a payload of kind {payload.tag.value}")

    def check(self, chips: int) -> str | None:
        """Whether the open board is sound: all its chips are there, and one small operation does what it should.

        Args:
            chips: how many the board has.

        Returns:
            None, or what is wrong.
        """
        device = self._modules.device if self._runner is None else self._runner.device
        if device is None:
            return None if self._by_fixture else "no board is open"
        try:
            found = ttnn.get_num_devices()
            if found < chips:
                return f"{found} of {chips} chips are there"
            ones = ttnn.full((1, 1, 32, 32), 1.0, dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
            two = ttnn.add(ones, 1.0)
            ttnn.synchronize_device(device)
            if self.computes and two.cpu().to_list()[0][0][0][0] != 2.0:
                return "one and one is not two"
        except Exception as error:  # noqa: BLE001 - whatever it is, the board doesn't do what every board does
            return words(error)
        return None

    def close(self) -> None:
        """Releases the board, and the fabric with it."""
        self._by_fixture = False
        self._modules.close()
        if self._runner is not None:
            device, self._runner = self._runner.device, None
            ttnn.close_mesh_device(device)
        if self._fabric:
            self._fabric = False
            ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)


def _open_arguments(config: DeviceConfig) -> dict[str, Any]:
    """The arguments of `ttnn.open_mesh_device` that were given; ttnn's defaults stay where none were."""
    sizes = ("l1_small_size", "trace_region_size", "worker_l1_size", "num_command_queues")
    given = {name: value for name in sizes if (value := getattr(config, name)) is not None}
    dispatch: dict[str, Any] = {}
    if config.dispatch_core_type is not None:
        dispatch["type"] = member("DispatchCoreType", config.dispatch_core_type)
    if config.dispatch_core_axis is not None:
        dispatch["axis"] = member("DispatchCoreAxis", config.dispatch_core_axis)
    if dispatch:
        given["dispatch_core_config"] = ttnn.DispatchCoreConfig(**dispatch)
    return given


def _set_fabric(config: DeviceConfig) -> None:
    """Sets the fabric up, as the trace had it; a mock needs its manager enabled, or opening aborts the process."""
    given: dict[str, Any] = {
        "fabric_manager_mode": find_class("FabricManagerMode").ENABLED,
    }
    if config.fabric_manager is not None:
        given["fabric_manager_mode"] = member("FabricManagerMode", config.fabric_manager)
    if config.fabric_reliability is not None:
        given["reliability_mode"] = member("FabricReliabilityMode", config.fabric_reliability)
    if config.fabric_tensix is not None:
        given["fabric_tensix_config"] = member("FabricTensixConfig", config.fabric_tensix)
    ttnn.set_fabric_config(member("FabricConfig", str(config.fabric)), **given)
