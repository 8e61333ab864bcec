"""The open board, as the worker holds it: opened one way at a time, and released when it ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import ttnn

from farm.core.classify import error_text
from farm.core.lacks import Lack
from farm.core.messages import (
    Checked,
    CheckProblem,
    Opened,
    Refused,
    RunBegins,
)
from farm.core.outcome import Outcome
from farm.core.payload import ModuleVector, Payload, TracedCall
from farm.core.plain_words import counted
from farm.core.verdicts import Reason, Verdict
from farm.worker.aspects import IMPORT_PATHS
from farm.worker.descriptors import Descriptors, DescriptorsLost
from farm.worker.execution import Execution
from farm.worker.hoard import Hoard
from farm.worker.lacking import Refusals, manage_fabric, without_lacks, without_other_grid
from farm.worker.module_devices import ModuleDevices
from farm.worker.module_runner import ModuleRunner, Send
from farm.worker.open_board import BoardRefused, OpenBoard, grid_of
from farm.worker.process_state import ProcessState
from farm.worker.runner import Runner
from tracer.device_config import DeviceConfig


class Session:
    """Opens, runs on and releases the one board that this process sees.

    Attributes:
        computes: whether the board computes numbers.
        canary: whether the memory around outputs is watched where a vector doesn't say.
        lacks: what boards of its backend lack.

    `send` and `on_error` are those of `ModuleRunner`; `hoard` watches what vectors leave in memory; `descriptors` are
    those that sweep modules must leave alone; `execution` makes the one of an open device, for tests.
    """

    def __init__(
        self,
        *,
        computes: bool,
        canary: bool = False,
        lacks: Sequence[Lack] = (),
        send: Send | None = None,
        on_error: Callable[[BaseException], None] | None = None,
        hoard: Hoard | None = None,
        descriptors: Descriptors | None = None,
        execution: Callable[[Any], Execution] | None = None,
    ) -> None:
        self.computes = computes
        self.canary = canary
        self._hoard = hoard or Hoard(None)
        self._used = False  # whether a vector has run
        self._descriptors = descriptors
        self._damaged = False  # whether a sweep module has damaged what this process needs
        self._execution = execution
        self.lacks = lacks
        self._refusals = Refusals(lacks)
        if not computes:
            manage_fabric()
        self._on_error = on_error
        self._devices = ModuleDevices()
        self._devices.watch()
        self._board = OpenBoard(self._devices, self._opened)
        self._modules = ModuleRunner(computes=computes, devices=self._devices, send=send, on_error=on_error)
        self._by_fixture = False  # whether a module's fixture opens the board
        self._runner: Runner | None = None

    def open(self, config: DeviceConfig) -> Opened | Refused:
        """Open the board, after releasing it where it is open another way."""
        self.close()
        if config.opened_by is not None:
            # a sweep module's fixture opens it, when the module's first vector comes
            self._by_fixture = True
            return Opened()
        return self._board.open(config)

    def _opened(self, device: Any) -> None:
        self._runner = Runner(
            device,
            computes=self.computes,
            canary=self.canary,
            on_error=self._on_error,
            announce=self._announce,
            execution=None if self._execution is None else self._execution(device),
        )

    @property
    def spent(self) -> bool:
        """Whether this process can run no other vector."""
        return self._devices.entangled or self._damaged or self._modules.spent

    @property
    def used(self) -> bool:
        """Whether a vector has run in this process."""
        return self._used

    def prepare(self, payload: Payload, request: Sequence[Payload] = ()) -> bool:
        """Clean up after the previous vector, if it was of another sweep module.

        Args:
            payload: the vector that runs next.
            request: the vectors of its request, if it is the first of them; traced calls among them are bound.

        Returns:
            Whether this process can run the vector.
        """
        if not isinstance(payload, ModuleVector) or not self._modules.is_current(payload.module):
            self._modules.leave()
        if self.spent or (self._used and self._hoard.is_too_large()):
            return False
        if request and self._runner is not None:
            self._runner.bind_ahead([each for each in request if isinstance(each, TracedCall)])
        self._used = True
        return True

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
        return without_other_grid(outcome, grid_of(self._device))

    def _run(self, payload: Payload) -> Outcome:
        match payload:
            case ModuleVector() if self._by_fixture:
                return self._watched(payload, None)
            case ModuleVector() if self._board.in_use:
                return self._watched(payload, self._board)
            case TracedCall() if self._board.in_use:
                return self._traced(payload)
            case ModuleVector() | TracedCall():
                raise RuntimeError("no board is open")
        raise TypeError(f"a worker can't run a payload of kind {payload.tag.value}")

    def _watched(self, vector: ModuleVector, board: OpenBoard | None) -> Outcome:
        """Run a vector of a sweep module; one that damages what this process needs fails."""
        if self._descriptors is None:
            return self._modules.run(vector, board)
        self._descriptors.remember()
        outcome = self._modules.run(vector, board)
        damage = self._descriptors.damage()
        self._damaged = bool(damage) or self._descriptors.running_out
        if not damage:
            return outcome
        message = f"{damage}; {outcome.message}" if outcome.message else damage
        return replace(outcome, verdict=Verdict.FAIL_ASSERT_EXCEPTION, reason=Reason.BROKEN_MODULE, message=message)

    def _traced(self, payload: TracedCall) -> Outcome:
        try:
            self._board.ready()
        except BoardRefused as error:
            return Outcome(payload.id, Verdict.BOARD_FAULT, Reason.OPEN_FAILED, str(error))
        if self._runner is None:
            raise RuntimeError("no board is open")
        return self._runner.run(payload)

    @contextlib.contextmanager
    def listing(self) -> Iterator[None]:
        """Clean up after importing a sweep module to list, at the end of a `with` block.

        Raises:
            DescriptorsLost: the module has damaged what this process needs.
        """
        before = ProcessState(without=[IMPORT_PATHS])  # vectors of an export are read as its module's own
        if self._descriptors is not None:
            self._descriptors.remember()
        try:
            yield
            if self._descriptors is not None and (damage := self._descriptors.damage()):
                raise DescriptorsLost(damage)
        finally:
            self._modules.note_changes(before.restore())
            self._devices.clear()
            self._devices.clear_fabric()
            self._modules.end_children()

    def check(self, chips: int) -> Checked:
        """Check the open board: all its chips are there, and one small operation gives the right result.

        Args:
            chips: how many the board has.
        """
        if self._devices.entangled or self._damaged:
            return Checked()  # a new process does it
        try:
            device = self._board.ready() if self._board.in_use else self._modules.device
        except BoardRefused as error:
            return Checked(CheckProblem.NOT_OPEN, str(error))
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
        return self._board.device if self._board.in_use else self._modules.device

    def _announce(self, run: int, outcome: Outcome | None = None) -> None:
        self._modules.send(RunBegins(run, None if outcome is None else outcome.as_json()))

    def close(self) -> None:
        """Release the board, and the fabric with it."""
        self._by_fixture = False
        self._modules.leave()
        self._runner = None
        self._board.close()
