"""The canary: a call runs again with guards around its output, and what changed there is told.

The first run tells how the output lies in memory. Its memory is given back, guards are placed around the hole that it
leaves, and the second run's output is the one that is judged. Runs in the worker alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import ttnn

from farm.core.classify import error_text
from farm.core.plain_words import counted
from farm.worker.bits import bits, shown
from farm.worker.device_tensors import argument_tensors, free, on_device, output_tensors
from farm.worker.execution import Execution, LiveCall
from farm.worker.guards import Guards, Layout
from farm.worker.written_arguments import may_write

LARGEST_INPUTS = 4 << 20
"""Elements of all inputs together up to which they are compared with what they held before the call."""

_MOST = 3
"""Places of damage that a message names."""


@dataclass
class Watch:
    """A call that ran a second time, with its memory watched.

    Attributes:
        live: the arguments of the run that is to be judged.
        output: its output.
        guards: those around it; None where it ran without.
        watched: the outputs that lie between guards.
        problems: why something is not watched.
    """

    live: LiveCall
    output: Any
    guards: Guards | None = None
    watched: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, list[str]]:
        """What is kept in an outcome's details."""
        return {"watched": self.watched} | ({"not_watched": self.problems} if self.problems else {})


@dataclass(frozen=True, slots=True)
class Canary:
    """Watches the memory around the outputs of one call.

    Attributes:
        execution: reads and writes memory.
        device: the open device.
        inputs: rebuilds the arguments on the device, with the same numbers.
        call: makes the call.
        operation: its name.
        names: the parameters of its positional arguments, as far as they are known.
    """

    execution: Execution
    device: Any
    inputs: Callable[[], LiveCall]
    call: Callable[[LiveCall], Any]
    operation: str
    names: Sequence[str]

    def watch(self, live: LiveCall, output: Any) -> Watch:
        """Run a call again with guards around its output.

        Args:
            live: the arguments of its first run.
            output: that of its first run; its memory is given back.

        Raises:
            Exception: what the call raises without guards, too.
        """
        arguments = [(name, tensor) for name, tensor, _ in argument_tensors(live, self.names) if on_device(tensor)]
        taken = {_place(tensor) for _, tensor in arguments}
        outputs = {_place(tensor): (label, tensor) for label, tensor in output_tensors(output) if on_device(tensor)}
        if not outputs:
            return Watch(live, output, problems=["no output is on the device"])
        in_place = bool(taken & outputs.keys())
        # what is written in place is built again, between guards
        labelled = [(f"argument {name}", tensor) for name, tensor in arguments] if in_place else []
        labelled += [each for place, each in outputs.items() if place not in taken]
        layouts = [layout for layout in (Layout.of(*each) for each in labelled) if layout is not None]
        guards = Guards(self.execution, self.device)
        free(output, live if in_place else None)
        try:
            guards.place(layouts)
            if in_place:
                live = self.inputs()
            output = self.call(live)
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            guards.remove()
            free(None, live)
            live = self.inputs()
            return Watch(live, self.call(live), problems=[f"with guards in its memory: {error_text(error)}"])
        watch = Watch(live, output, guards)
        for name, tensor, _ in argument_tensors(live, self.names):
            if in_place and on_device(tensor):
                guards.find(f"argument {name}", tensor)
        for label, tensor in output_tensors(output):
            if not on_device(tensor):
                watch.problems.append(f"{label} is not on the device")
            elif guards.find(label, tensor):
                watch.watched.append(label)
            else:
                watch.problems.append(f"{label}: ttnn put it elsewhere than between the guards")
        return watch

    def complaint(self, watch: Watch) -> str:
        """What a watched call wrote to besides its output, as text; empty if nothing. Gives all memory back.

        What can't be told is added to the watch's problems.
        """
        damages = [] if watch.guards is None else watch.guards.damages()
        damages += self._changed_arguments(watch)
        free(watch.output, watch.live)
        if watch.guards is not None:
            try:
                damages += watch.guards.damages_inside()
            except RuntimeError as error:
                watch.problems.append(f"the unused parts of its pages: {error_text(error)}")
            watch.guards.remove()
        if not damages:
            return ""
        more = f"; and {len(damages) - _MOST} more" if len(damages) > _MOST else ""
        return f"wrote outside its output: {'; '.join(damages[:_MOST])}{more}"

    def _changed_arguments(self, watch: Watch) -> list[str]:
        """The arguments that hold other numbers than before, although the operation doesn't work in place."""
        own = {_place(tensor) for _, tensor in output_tensors(watch.output) if on_device(tensor)}
        arguments = [
            each
            for each in argument_tensors(watch.live, self.names)
            if on_device(each[1]) and _place(each[1]) not in own and not may_write(self.operation, each[0])
        ]
        if sum(math.prod(tensor.shape) for _, tensor, _ in arguments) > LARGEST_INPUTS:
            watch.problems.append("the inputs are too large to compare them with what they held")
            return []
        try:
            return [text for each in arguments if (text := self._change(*each))]
        except ImportError:
            watch.problems.append("the inputs can't be compared without torch")
            return []

    def _change(self, name: str, tensor: Any, host: Any) -> str:
        for chip, (now, before) in enumerate(
            zip(self.execution.read(tensor), ttnn.get_device_tensors(host), strict=False)
        ):
            holds, held = bits(now), bits(before)
            changed = holds != held
            if count := int(np.count_nonzero(changed)):
                index = np.unravel_index(int(np.argmax(changed)), changed.shape)
                dtype = tensor.dtype.name
                return (
                    f"{counted(count, 'element')} of its argument {name} on chip {chip}, the first at "
                    f"{list(map(int, index))}: {shown(holds[index], dtype)}, before the call {shown(held[index], dtype)}"
                )
        return ""


def _place(tensor: Any) -> tuple[str, int]:
    return tensor.memory_config().buffer_type.name, int(tensor.buffer_address())
