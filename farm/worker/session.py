"""The open board, as the worker holds it: opened one way at a time, and released when it ends."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import ttnn

from farm.core.classify import error_text
from farm.core.lacks import Lack
from farm.core.measures import disable_profiler
from farm.core.messages import Checked, CheckProblem, Opened, Refused, RunBegins
from farm.core.outcome import Outcome
from farm.core.payload import ModuleVector, Payload, TracedCall
from farm.core.plain_words import counted
from farm.worker.execution import Execution
from farm.worker.lacking import Refusals, manage_fabric, without_lacks, without_other_grid
from farm.worker.module_runner import ModuleRunner, Send
from farm.worker.runner import Runner
from tracer.device_config import DeviceConfig
from tracer.errors import RebuildError
from tracer.values.live import find_class, member


@functools.cache
class Session:
    """Opens, runs on and releases the one board that this process sees.

    Attributes:
        computes: whether the board computes numbers.
        canary: whether the memory around outputs is watched where a vector doesn't say.
        lacks: what boards of its backend lack.

    `send` and `on_error` are those of `ModuleRunner`; `execution` makes the one of an open device, for tests.
    """

    def __init__(
        self,
        *,
        computes: bool,
        canary: bool = False,
        lacks: Sequence[Lack] = (),
        send: Send | None = None,
        on_error: Callable[[BaseException], None] | None = None,
        execution: Callable[[Any], Execution] | None = None,
    ) -> None:
        self.computes = computes
        self.canary = canary
        self._execution = execution
        self.lacks = lacks
        self._refusals = Refusals(lacks)
        if not computes:
            manage_fabric()
        self._on_error = on_error
        self._modules = ModuleRunner(computes=computes, send=send, on_error=on_error)
        self._by_fixture = False  # whether a module's fixture opens the board
        self._runner: Runner | None = None
        self._fabric = False

    def open(self, config: DeviceConfig) -> Opened | Refused:
        """Open the board, after releasing it where it is open another way."""
        self.close()
        if config.opened_by is not None:
            # a sweep module's fixture opens it, when the module's first vector comes
            self._by_fixture = True
            return Opened()
        try:
            if config.fabric is not None:
                _set_fabric(config)
                self._fabric = True
            device = ttnn.open_mesh_device(ttnn.MeshShape(*config.mesh_shape), **_open_arguments(config))
        except (RuntimeError, RebuildError, ValueError) as error:
            self.close()
            return self.open(config) if disable_profiler(error) else Refused(error_text(error))
        self._runner = Runner(
            device,
            computes=self.computes,
            canary=self.canary,
            on_error=self._on_error,
            announce=self._announce,
            execution=None if self._execution is None else self._execution(device),
        )
        return Opened(device.get_num_devices(), _grid(device))

    def run(self, payload: Payload) -> Outcome:
        """Run one vector on the open board.

        Raises:
            RuntimeError: no board is open.
            TypeError: a worker doesn't run payloads of this kind.
        """
        self._refusals.clear()
        outcome = without_lacks(self._refusals.judge(self._run(payload)), self.lacks)
        if self.computes or not outcome.verdict.failed or self._device is None:
            return outcome
        return without_other_grid(outcome, _grid(self._device))

    def _run(self, payload: Payload) -> Outcome:
        match payload:
            case ModuleVector() if self._by_fixture or self._runner is not None:
                return self._modules.run(payload, None if self._runner is None else self._runner.device)
            case TracedCall() if self._runner is not None:
                return self._runner.run(payload)
            case ModuleVector() | TracedCall():
                raise RuntimeError("no board is open")
        raise TypeError(f"a worker can't run a payload of kind {payload.tag.value}")

    def check(self, chips: int) -> Checked:
        """Check the open board: all its chips are there, and one small operation gives the right result.

        Args:
            chips: how many the board has.
        """
        device = self._device
        if device is None:
            return Checked() if self._by_fixture else Checked(CheckProblem.NOT_OPEN, "no board is open")
        try:
            present = ttnn.get_num_devices()
            if present < chips:
                return Checked(CheckProblem.CHIPS_MISSING, f"ttnn sees {present} of {counted(chips, 'chip')}")
            ones = ttnn.full((1, 1, 32, 32), 1.0, dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
            two = ttnn.add(ones, 1.0)
            ttnn.synchronize_device(device)
            if self.computes and (result := two.cpu().to_list()[0][0][0][0]) != 2.0:
                return Checked(CheckProblem.WRONG_RESULT, f"self-test failed: 1 + 1 returned {result:g}")
        except Exception as error:  # noqa: BLE001 - whatever it raises, the board fails a call that every board can do
            return Checked(CheckProblem.EXCEPTION, error_text(error))
        return Checked()

    @property
    def _device(self) -> Any | None:
        return self._modules.device if self._runner is None else self._runner.device

    def _announce(self, run: int) -> None:
        self._modules.send(RunBegins(run))

    def close(self) -> None:
        """Release the board, and the fabric with it."""
        self._by_fixture = False
        self._modules.close()
        if self._runner is not None:
            device, self._runner = self._runner.device, None
            ttnn.close_mesh_device(device)
        if self._fabric:
            self._fabric = False
            ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)


def _grid(device: Any) -> tuple[int, int]:
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
