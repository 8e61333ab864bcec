"""The numbers of the tensors that traced calls get: which are read, when, and how.

Reading a tensor back takes long, so only some calls of a configuration are read, fewer for large tensors. It allocates
nothing on the device and runs no program there; the model waits while it is done.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from tracer.capture.command_recording import CommandRecording
from tracer.formats.values_read import ValuesRead
from tracer.value_statistics import ValueStatistics

if TYPE_CHECKING:
    from tracer.capture.measuring import Array

READ_CALLS = frozenset(2**power - 1 for power in range(8))
"""The calls of a configuration in each test that are read, counted from 0: the 1st, 2nd, 4th, 8th, ... 128th."""
LARGE = 1 << 22
"""Tensors of more numbers on a chip are read in the first call alone, and from one chip."""
LARGEST = 1 << 27
"""Tensors of more numbers on a chip are not read."""
MOST_CHIPS = 4
"""From how many chips of a mesh a tensor's parts are read, evenly spaced."""

ToHost: TypeAlias = Callable[[Any], Any]
"""Copies a tensor of one chip from the device to the host."""

_ARRAYS = {"UINT32": "uint32", "UINT16": "uint16", "UINT8": "uint8", "INT32": "int32", "INT8": "int8"}
_AS_FLOAT32 = frozenset({"FLOAT32", "BFLOAT8_B", "BFLOAT4_B"})
"""What ttnn itself makes float32 arrays of. Other floats have no numpy dtype: ttnn converts them first."""


def to_host(tensor: Any) -> Any:
    """Read a tensor back from the device."""
    return tensor.cpu()


class ValueReader:
    """Reads the numbers of tensors and keeps their statistics.

    Attributes:
        computes: whether the board computes numbers; otherwise tensors on it hold nothing, and only those on the host
            are looked at.
        read: what was read so far.
    """

    def __init__(self, *, computes: bool, to_host: ToHost = to_host) -> None:
        self.computes = computes
        self.read = ValuesRead(computes)
        self._to_host = to_host
        self._recording = CommandRecording()

    def install(self) -> None:
        """Start to watch when ttnn can't be read from."""
        self._recording.install()

    def remove(self) -> None:
        """Stop watching."""
        self._recording.remove()

    def statistics(self, args: Sequence[Any], kwargs: Mapping[str, Any], *, first: bool) -> dict[str, ValueStatistics]:
        """Return the statistics of the tensors in a call, before it is made, by place: `arg0`, `arg2[1]`, `bias`.

        What can't be read is left out, and counted in `read`: no model suffers for it.

        Args:
            args: the arguments passed by position.
            kwargs: those passed by name.
            first: whether it is the first call of its configuration in this test.
        """
        began = time.monotonic()
        values = {**{f"arg{place}": value for place, value in enumerate(args)}, **kwargs}
        by_place = {}
        for name, value in values.items():
            for place, tensor in _tensors(name, value):
                statistics = self._of_tensor(tensor, first=first)
                if statistics is not None:
                    by_place[place] = statistics
        self.read.tensors += len(by_place)
        self.read.seconds += time.monotonic() - began
        return by_place

    def _of_tensor(self, tensor: Any, *, first: bool) -> ValueStatistics | None:
        on_host = tensor.storage_type().name == "HOST"
        if not (on_host or self.computes) or not tensor.is_allocated():
            return None
        size = math.prod(tensor.shape)  # of one chip's part
        if size > LARGE and not first:
            return None
        from tracer.capture.measuring import measured  # numpy, which only those who keep values need

        try:
            statistics = measured(self._arrays(tensor, size, on_host=on_host))
        except Exception as error:  # noqa: BLE001 - whatever ttnn raises, the model must go on as without the tracer
            self.read.unread[_reason(error)] += 1
            return None
        if statistics is not None and not self.computes and statistics.zeros == 1:
            return None  # the model may have read it back from a board that computes nothing
        return statistics

    def _arrays(self, tensor: Any, size: int, *, on_host: bool) -> Iterator[Array]:
        """Yield the numbers on some chips; a chip's part is of this size."""
        import ttnn

        if self._recording.runs:
            raise _UnreadError("ttnn was recording commands or a graph")
        if size > LARGEST:
            raise _UnreadError(f"it has more than {LARGEST} numbers on a chip")
        parts = ttnn.get_device_tensors(tensor)
        chips = 1 if size > LARGE else MOST_CHIPS
        for part in parts[:: math.ceil(len(parts) / chips)]:
            yield _array(part if on_host else self._to_host(part))


def _tensors(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the tensors in an argument, each with its place."""
    if isinstance(value, (list, tuple)):
        for position, part in enumerate(value):
            yield from _tensors(f"{place}[{position}]", part)
    elif type(value).__name__ == "Tensor" and type(value).__module__.partition(".")[0] == "ttnn":
        yield place, value


def _array(tensor: Any) -> Array:
    """Return the numbers of a host tensor of one chip, without padding."""
    import ttnn

    dtype = tensor.dtype.name
    if dtype in _ARRAYS:
        array: Array = tensor.to_numpy()
        return array.view(_ARRAYS[dtype])  # ttnn 0.66 makes signed arrays of unsigned tensors
    if dtype not in _AS_FLOAT32:
        # the function itself: the operation around it may be watched, by ttnn's own reports or another tracer
        tensor = ttnn.to_dtype.function(tensor, ttnn.float32)
    return tensor.to_numpy()  # type: ignore[no-any-return]


class _UnreadError(Exception):
    """A tensor isn't read; the text says why."""


def _reason(error: Exception) -> str:
    """Return why a tensor wasn't read, without what ttnn adds to it: where in its sources, and a backtrace."""
    if isinstance(error, _UnreadError):
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[lines.index("info:") + 1] if "info:" in lines[:-1] else lines[0] if lines else ""
    return f"{type(error).__name__}: {text}"[:200]
