"""Device traces: the commands of calls that ttnn records once, and that the board then runs again by itself.

The calls between `begin_trace_capture` and `end_trace_capture` are in the trace; each `execute_trace` runs all of them
again without a call that could be recorded. So how often a call's traces ran is counted beside the calls.

From `end_trace_capture` until the last trace of a device is released, what is allocated there may lie where the traces
put their intermediate tensors, and be overwritten when one of them runs. ttnn warns of the first such allocation; here,
each is reported with the line of the model.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracer.capture.replacing import Replacements
from tracer.formats.journal import UnsafeAllocation

_PARAMETERS = ("mesh_device", "trace_id")
_OWN_FOLDER = str(Path(__file__).parent) + os.sep


@dataclass(slots=True)
class _DeviceTrace:
    """The configurations called in one device trace, by number."""

    calls: set[int] = field(default_factory=set)


class DeviceTraces:
    """Watches the calls that make and run device traces, while installed.

    Attributes:
        active: whether a trace is being captured or live on any device: only then `called` has something to do.
        note: gets each unsafe allocation, once for an operation and line in a test.
    """

    def __init__(self, note: Callable[[UnsafeAllocation], None]) -> None:
        self.active = False
        self.note = note
        self._capturing: dict[int, _DeviceTrace] = {}
        self._live: dict[tuple[int, int], _DeviceTrace] = {}
        self._runs: Counter[int] = Counter()
        self._noted: set[UnsafeAllocation] = set()
        self._replacements = Replacements()

    def install(self) -> None:
        """Start watching."""
        import ttnn

        watched = {
            "begin_trace_capture": self._begins,
            "end_trace_capture": self._ends,
            "execute_trace": self._executes,
            "release_trace": self._releases,
        }
        originals = [(getattr(ttnn, name, None), watch) for name, watch in watched.items()]
        self._replacements.replace_everywhere(
            [(original, watch(original)) for original, watch in originals if original is not None]
        )

    def remove(self) -> None:
        """Stop watching and restore ttnn's own functions."""
        self._replacements.undo()

    def begin_test(self) -> None:
        """Begin a test: it counts runs and reports allocations anew."""
        self._runs.clear()
        self._noted.clear()

    def runs(self) -> list[tuple[int, int]]:
        """Return, since the test began, how often traces with a configuration's call in them ran, by its number."""
        return sorted(self._runs.items())

    def called(self, operation: str, number: int | None, arguments: Sequence[Any], result: object) -> None:
        """Receive a call of an operation that returned.

        Args:
            operation: its name.
            number: that of its configuration; None if it is not recorded.
            arguments: what it got.
            result: what it returned.
        """
        device = next(_devices((*arguments, result)), None)
        if device is None:
            return
        capture = self._capturing.get(device)
        if capture is not None:
            if number is not None:
                capture.calls.add(number)
        elif any(key[0] == device for key in self._live) and _allocates(arguments, result):
            allocation = UnsafeAllocation(operation, _model_line())
            if allocation not in self._noted:
                self._noted.add(allocation)
                self.note(allocation)

    def _begins(self, original: Any) -> Any:
        def begin_trace_capture(*args: Any, **kwargs: Any) -> Any:
            trace_id = original(*args, **kwargs)
            device, _ = _of_call(args, kwargs)
            if device is not None:
                self._capturing[device.id()] = _DeviceTrace()
                self._update()
            return trace_id

        return begin_trace_capture

    def _ends(self, original: Any) -> Any:
        def end_trace_capture(*args: Any, **kwargs: Any) -> Any:
            device, trace_id = _of_call(args, kwargs)
            trace = None if device is None else self._capturing.pop(device.id(), None)
            self._update()  # a capture whose end fails, as for want of memory, has ended, too
            result = original(*args, **kwargs)
            if device is not None and trace is not None and trace_id is not None:
                self._live[device.id(), int(trace_id)] = trace
                self._update()
            return result

        return end_trace_capture

    def _executes(self, original: Any) -> Any:
        def execute_trace(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            device, trace_id = _of_call(args, kwargs)
            if device is not None and trace_id is not None:
                trace = self._live.get((device.id(), int(trace_id)))
                self._runs.update(() if trace is None else trace.calls)
            return result

        return execute_trace

    def _releases(self, original: Any) -> Any:
        def release_trace(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            device, trace_id = _of_call(args, kwargs)
            if device is not None and trace_id is not None:
                self._live.pop((device.id(), int(trace_id)), None)
                self._update()
            return result

        return release_trace

    def _update(self) -> None:
        self.active = bool(self._capturing or self._live)


def _of_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """Return the device and the trace id of a call of ttnn's; None for what it lacks."""
    arguments = {**dict(zip(_PARAMETERS, args, strict=False)), **kwargs}
    return arguments.get(_PARAMETERS[0]), arguments.get(_PARAMETERS[1])


def _devices(values: Iterable[Any]) -> Iterator[int]:
    """Yield the ids of the devices that values are or lie on."""
    for value in values:
        if type(value).__name__ == "MeshDevice":
            yield value.id()
    for tensor in _device_tensors(values):
        device = tensor.device()
        if device is not None:  # of a deallocated tensor
            yield device.id()


def _device_tensors(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the tensors on a device, in lists and tuples, too."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _device_tensors(value)
        elif type(value).__name__ == "Tensor" and callable(getattr(value, "storage_type", None)):
            yield from [value] if value.storage_type().name == "DEVICE" and value.is_allocated() else []


def _allocates(arguments: Sequence[Any], result: object) -> bool:
    """Return whether a call returned a tensor on a device that lies where none of its arguments does."""
    before = set(map(_place, _device_tensors(arguments)))
    return any(_place(tensor) not in before for tensor in _device_tensors((result,)))


def _place(tensor: Any) -> tuple[Any, str]:
    try:
        return tensor.buffer_address(), tensor.memory_config().buffer_type.name
    except RuntimeError:  # it has no one address
        return None, ""


def _model_line() -> str:
    """Return the innermost line that is neither ttnn's nor the tracer's, relative to the working directory."""
    import ttnn

    libraries = (_OWN_FOLDER, str(Path(ttnn.__file__).parent) + os.sep)
    frame = sys._getframe(1)  # noqa: SLF001 - much faster than `inspect.stack`
    while frame is not None and frame.f_code.co_filename.startswith(libraries):
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return ""
    path = os.path.relpath(frame.f_code.co_filename)
    path = frame.f_code.co_filename if path.startswith("..") else path
    return f"{path}:{frame.f_lineno}"
