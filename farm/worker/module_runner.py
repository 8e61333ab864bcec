"""Running one vector of a sweep module: its values, its `run()`, and what the answer means."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any

from farm.core.classify import error_text, judge_answer
from farm.core.errors import WorkerInterrupted
from farm.core.measures import disable_profiler
from farm.core.messages import Prepared, Preparing, RunBegins
from farm.core.outcome import Outcome
from farm.core.payload import ModuleVector
from farm.core.sweep_module import SweepModule
from farm.core.verdicts import Reason, Verdict
from farm.sweeps.errors import ModuleError, Unencodable
from farm.sweeps.values import decode
from farm.worker import children
from farm.worker.assertions.numbers_read_back import is_about_numbers
from farm.worker.children import Children
from farm.worker.measuring import measure
from farm.worker.module_attempt import ModuleAttempt, trace_in_module
from farm.worker.module_devices import ModuleDevices
from farm.worker.modules import LoadedModule, forget, is_loaded, load
from farm.worker.names import SharedCode
from farm.worker.open_board import BoardRefused, OpenBoard
from farm.worker.own_process import end_forked_child
from farm.worker.printed import complain
from farm.worker.process_state import Changes, ProcessState
from farm.worker.vector_hashes import hasher_of_single_vectors

FIXTURE_SECONDS = 120.0
"""How long a fixture may take to open the board."""

Send = Callable[[Preparing | Prepared | RunBegins], None]


class Misplaced(Exception):  # noqa: N818 - it names the finding
    """The module has another vector at the place that this one was listed at."""


class ModuleRunner:
    """Runs vectors of sweep modules.

    Attributes:
        computes: whether the board computes numbers; where not, a module's own comparison means nothing.
        devices: what modules open and close.
        children: the processes that modules start.
        spent: whether a module has left something behind that can't be put back: no other vector should run here.
        send: sends the supervisor messages, such as that a step with a time limit of its own begins.
        on_error: gets an exception of `run()` before it becomes an outcome: a debugger.
    """

    def __init__(
        self,
        *,
        computes: bool,
        devices: ModuleDevices,
        send: Send | None = None,
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None:
        self.computes = computes
        self.devices = devices
        self.children = Children()
        self.spent = False
        self.send = send or (lambda _message: None)
        self.on_error = on_error
        self._fixture: tuple[str, Any, Any] | None = None  # its module's name, the generator, its device
        self._teardown_problem = ""
        self._current: SweepModule | None = None  # the module that ran last
        self._outside: ProcessState | None = None  # the state before it
        self._inside: dict[Path, ProcessState] = {}  # the state that each module left, while others run
        self._between: ProcessState | None = None  # the state between its vectors
        self._shared = SharedCode()

    @property
    def device(self) -> Any | None:
        """The device that a module's fixture has opened; None where none has."""
        return None if self._fixture is None else self._fixture[2]

    def run(self, vector: ModuleVector, board: OpenBoard | None) -> Outcome:
        """Run one vector on the open board, or on the device that the module's fixture opens if there is none."""
        attempt = ModuleAttempt(vector, computes=self.computes)
        verdict, reason, message = self._judged(attempt, board)
        if self.devices.vector_device_closed:
            verdict, reason, message = _with_closed_device(verdict, reason, message)
            self.close()  # where a fixture opened it, it opens another one for the next vector
        self.devices.end_vector()
        self._clean_up(attempt)
        outcome = attempt.outcome(verdict, reason, message, self._teardown_problem)
        self._teardown_problem = ""
        return outcome

    def _clean_up(self, attempt: ModuleAttempt) -> None:
        """End or put back what a vector left behind."""
        if ended := self.children.end():
            attempt.measurements.notes.append(children.in_words(ended))
            attempt.left_behind.append("processes")
        if self._between is not None:
            changes = self.note_changes(self._between.restore())
            attempt.left_behind += (*changes.restored, *changes.lasting)
            if changes.note:
                attempt.measurements.notes.append(changes.note)

    def _judged(self, attempt: ModuleAttempt, board: OpenBoard | None) -> tuple[Verdict, Reason, str]:
        """Run a vector; return its verdict, reason and message, whatever its module does."""
        vector, measurements = attempt.vector, attempt.measurements

        def announce(run: int, answer: Any) -> None:
            first: dict[str, Any] | None = None
            if answer is not None:
                judgement = judge_answer(answer, computes=self.computes)
                first = attempt.outcome(*judgement, self._teardown_problem).as_json()
            self.send(RunBegins(run, first))

        try:
            module = self._module(vector.module, board)
            values = _values(module, vector)
            device = self._device(module) if board is None else self._ready(board)
            self.devices.begin_vector(device)
            self.children.begin()
            if self._between is None:
                self._between = ProcessState(imports=True)
            attempt.restart_clock()
            answer = copy_context().run(
                measure,
                partial(self._answer, module, values, device),
                device,
                vector.modes,
                measurements,
                computes=self.computes,
                opted_out=lambda: module.skips_device_perf,
                announce=announce,
            )
            verdict, reason, message = judge_answer(answer, computes=self.computes)
            if verdict.failed and measurements.suspicion:
                message = f"{measurements.suspicion}; the module said: {message}"
                return Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT, message
            return verdict, reason, message
        except WorkerInterrupted:
            raise
        except (ModuleError, Unencodable) as error:
            return Verdict.FAIL_ASSERT_EXCEPTION, Reason.BROKEN_MODULE, str(error)
        except BoardRefused as error:
            return Verdict.BOARD_FAULT, Reason.OPEN_FAILED, str(error)
        except Misplaced as error:
            return Verdict.NOT_RUN, Reason.VECTOR_CHANGED, str(error)
        except BaseException as error:  # noqa: BLE001 - whatever a module raises is its vector's verdict
            if self.on_error is not None:
                self.on_error(error)
            attempt.traceback = trace_in_module(error, str(vector.module.file))
            return judge_answer(error, computes=self.computes)

    def _answer(self, module: LoadedModule, values: Mapping[str, Any], device: Any) -> Any:
        """What `run()` returns. An assertion on numbers that no board computed is a comparison like a returned one."""
        try:
            return module.call(values, device)
        except AssertionError as error:
            if self.computes or not is_about_numbers(error, _is_tensor):
                raise
            return False, error_text(error)
        finally:
            end_forked_child()

    def close(self) -> None:
        """Let the fixture release the board."""
        self._between = None  # a fixture may change it
        if self._fixture is None:
            return
        (name, generator, _), self._fixture = self._fixture, None
        try:
            next(generator)
        except StopIteration:
            return
        except WorkerInterrupted:
            raise
        except BaseException as error:  # noqa: BLE001 - it belongs to no vector; the next outcome carries it
            self._teardown_problem = f"mesh_device_fixture() of {name} raised after its yield: {error_text(error)}"
        else:
            self._teardown_problem = f"mesh_device_fixture() of {name} yields more than once"
            _close(generator)
        finally:
            end_forked_child()
        complain(self._teardown_problem)

    def is_current(self, module: SweepModule) -> bool:
        """Whether the vector that ran last was of this module."""
        return self._current is not None and self._current.file == module.file

    def leave(self) -> None:
        """Clean up after the module that ran last: devices, processes, environment variables, the working directory."""
        self.close()
        if self._current is None or self._outside is None:
            return
        module, self._current = self._current, None
        if self.devices.opened:
            forget(module)  # it may keep a device, which is closed now: it is imported again when its turn comes
            self._inside.pop(module.file, None)
        else:
            self._inside[module.file] = ProcessState()
        self._shared.restore()
        self.note_changes(self._outside.restore())  # first: ttnn's default device must not be one that is closed
        self.devices.clear()
        self.end_children()

    def note_changes(self, changes: Changes) -> Changes:
        """Note what a module has left behind; returns it."""
        self.spent |= bool(changes.lasting)
        return changes

    def end_children(self) -> None:
        """End the processes that modules started."""
        self.children.forget()
        self.children.end()

    def _module(self, module: SweepModule, board: OpenBoard | None) -> LoadedModule:
        if not self.is_current(module):
            self.leave()
            self._shared.note()
            self._current, self._outside = module, ProcessState()
            if module.file in self._inside:
                self._inside[module.file].restore()
        if is_loaded(module):
            return load(module)
        # a board can't be opened twice, and the fabric can't be set while it is open
        opening = nullcontext() if board is None else self.devices.before_opening(board.release)
        with self._preparing(f"importing {module.name}", module.import_seconds), opening:
            return load(module)

    def _ready(self, board: OpenBoard) -> Any:
        """The open board's device."""
        if board.is_ready:
            return board.device
        self._between = None
        try:
            with self._preparing("opening the board again", FIXTURE_SECONDS):
                return board.ready()
        except BoardRefused as error:
            if self.devices.any_left:
                raise ModuleError(f"it keeps a device open, so the board doesn't open: {error}") from error
            raise

    def _device(self, module: LoadedModule) -> Any:
        """The device that the module's fixture opened; it stays open for the module's vectors."""
        if self._fixture is not None and self._fixture[0] == module.name:
            return self._fixture[2]
        self.close()
        if module.fixture is None:
            raise ModuleError(f"{module.name} has no mesh_device_fixture() any more")
        opened = self.devices.opened
        with self._preparing(f"mesh_device_fixture() of {module.name}", FIXTURE_SECONDS):
            generator = module.fixture()
            try:
                try:
                    device, _name = next(generator)
                except RuntimeError as error:
                    if not disable_profiler(error):
                        raise
                    generator = module.fixture()
                    device, _name = next(generator)
            except WorkerInterrupted:
                raise
            except BaseException as error:
                self._abandon(generator)
                if isinstance(error, StopIteration):
                    raise ModuleError(f"mesh_device_fixture() of {module.name} ends without a device") from None
                if isinstance(error, (TypeError, ValueError)):
                    raise ModuleError(
                        f"mesh_device_fixture() of {module.name} must yield (device, name): {error_text(error)}"
                    ) from error
                raise
        self._fixture = module.name, generator, device
        self.devices.opened = opened  # the fixture closes what it opened, and opens it again
        return device

    def _abandon(self, generator: Any) -> None:
        """End a fixture that gave no device, and close what it has opened."""
        _close(generator)
        opened = self.devices.opened
        self.devices.clear()
        self.devices.opened = opened  # the module may still hold what is closed now: see `leave`

    @contextlib.contextmanager
    def _preparing(self, step: str, seconds: float) -> Iterator[None]:
        self.send(Preparing(step, seconds))
        try:
            yield
        finally:
            end_forked_child()
        self.send(Prepared())


def _with_closed_device(verdict: Verdict, reason: Reason, message: str) -> tuple[Verdict, Reason, str]:
    """The verdict, reason and message of a vector whose `run()` closed its device."""
    closed = "run() closed the device that it was given"
    if not verdict.good:
        return verdict, reason, f"{message}; {closed}"
    return Verdict.FAIL_ASSERT_EXCEPTION, Reason.BROKEN_MODULE, closed


def _close(generator: Any) -> None:
    """Close a fixture's generator, whatever it raises."""
    try:
        generator.close()
    except WorkerInterrupted:
        raise
    except BaseException:  # noqa: BLE001 - it has failed before
        return


def _is_tensor(value: object) -> bool:
    import ttnn

    return isinstance(value, ttnn.Tensor)


def _values(module: LoadedModule, vector: ModuleVector) -> dict[str, Any]:
    """The vector's values; where some can't be written down, the module's own, once their hash is checked."""
    if not vector.unwritten:
        return {name: decode(raw) for name, raw in vector.values.items()}
    suite, index = vector.suite, vector.index
    values = module.nth(suite, index)
    hasher, invalidity = hasher_of_single_vectors(module, suite), module.invalidity(suite, values)
    input_hash = hasher.input_hash(index, values, invalidity)
    if vector.input_hash not in (input_hash, hasher.former_hash(values, invalidity)):
        raise Misplaced(
            f"{', '.join(vector.unwritten)} can't be written down, and vector {index} of suite {suite!r} of "
            f"{module.name} is another one now: its hash is {input_hash[:16]}, not {vector.input_hash[:16]}"
        )
    return values
