"""The canary: a call runs again with redzones around its output, and what changed there is told.

The first run tells how the output lies in memory. Its memory is given back, redzones are placed around the hole that it
leaves, and the second run's output is the one that is judged. Runs in the worker alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import ttnn

from farm.core.classify import classify, error_text
from farm.core.plain_words import counted
from farm.core.verdicts import Verdict
from farm.worker.bits import bits, shown
from farm.worker.device_tensors import argument_tensors, free, on_device, output_tensors
from farm.worker.execution import Execution, LiveCall
from farm.worker.redzones import Hole, Layout, Redzones
from farm.worker.written_arguments import may_write

LARGEST_INPUTS = 4 << 20
"""Elements of all inputs together up to which they are compared with what they held before the call."""
LARGEST_INPUTS_UNASKED = 1 << 18
"""The same where memory is watched by default: reading more back would take too much of a vector's time."""

_MORE_HOLES = 2
"""Holes that there are more for an output that was put elsewhere."""
_MOST = 3
"""Places of damage that a message names."""


@dataclass
class Watch:
    """A call that ran a second time, with its memory watched.

    Attributes:
        live: the arguments of the run that is to be judged.
        output: its output.
        redzones: those around it; None where it ran without.
        watched: the outputs that lie between redzones.
        elsewhere: those that ttnn put elsewhere.
        problems: what else is not watched, and why.
        damages: what changed, as far as it was looked at.
        layouts: those that redzones were placed around.
        rebuilds: whether the arguments are among them.
    """

    live: LiveCall
    output: Any
    redzones: Redzones | None = None
    watched: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)
    layouts: Sequence[Layout] = ()
    rebuilds: bool = False

    def as_json(self) -> dict[str, list[str]]:
        """What is kept in an outcome's details."""
        problems = [f"{label}: ttnn put it elsewhere than between redzones" for label in self.elsewhere] + self.problems
        return {"watched": self.watched} | ({"not_watched": problems} if problems else {})


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
        largest_inputs: elements of all inputs together up to which they are compared.
    """

    execution: Execution
    device: Any
    inputs: Callable[[], LiveCall]
    call: Callable[[LiveCall], Any]
    operation: str
    names: Sequence[str]
    largest_inputs: int

    def watch(self, live: LiveCall, output: Any) -> Watch:
        """Run a call again with redzones around its output.

        Args:
            live: the arguments of its first run.
            output: that of its first run; its memory is given back.

        Raises:
            Exception: what the call raises without redzones, too.
        """
        try:
            layouts, rebuilds = self._layouts(live, output)
        except Exception as error:  # noqa: BLE001 - no mistake of the canary's may cost the vector its verdict
            return Watch(live, output, problems=[f"farm can't tell how its output lies: {error_text(error)}"])
        if not layouts:
            return Watch(live, output, problems=["no output is on the device"])
        free(output, live if rebuilds else None)
        watch = self._redzoneed(live, layouts, rebuilds=rebuilds)
        elsewhere = [layout for layout in layouts if layout.label in watch.elsewhere]
        if watch.redzones is None or not elsewhere:
            return watch
        # a call of several operations may put other tensors into the holes: there are more of them now
        damages = watch.redzones.damages()
        watch.redzones.remove()
        free(watch.output, watch.live if rebuilds else None)
        watch = self._redzoneed(watch.live, layouts + elsewhere * _MORE_HOLES, rebuilds=rebuilds)
        watch.damages += damages
        return watch

    def _layouts(self, live: LiveCall, output: Any) -> tuple[list[Layout], bool]:
        """The layouts that holes are needed for, and whether the arguments are among them.

        They are where the call works in place or gives an argument's memory back: then they are built again.
        """
        arguments = [
            (name, tensor)
            for name, tensor, _ in argument_tensors(live, self.names)
            if tensor.storage_type() == ttnn.StorageType.DEVICE
        ]
        taken = {_place(tensor) for _, tensor in arguments if on_device(tensor)}
        outputs = {_place(tensor): (label, tensor) for label, tensor in output_tensors(output) if on_device(tensor)}
        rebuilds = bool(taken & outputs.keys()) or not all(on_device(tensor) for _, tensor in arguments)
        labelled = [(f"argument {name}", tensor) for name, tensor in arguments] if rebuilds else []
        labelled += [each for place, each in outputs.items() if place not in taken]
        layouts = [layout for layout in (Layout.of(*each) for each in labelled) if layout is not None]
        return (layouts if outputs else []), rebuilds

    def _redzoneed(self, live: LiveCall, layouts: Sequence[Layout], *, rebuilds: bool) -> Watch:
        """Run the call with redzones around holes for these layouts; without, where it fails with them."""
        redzones = Redzones(self.execution, self.device)
        try:
            redzones.place(layouts)
            if rebuilds:
                live = self.inputs()
            output = self.call(live)
        except Exception as error:
            redzones.remove()
            if not tells_of_the_call(error):
                raise
            return self._without(live, error_text(error))
        watch = Watch(live, output, redzones, layouts=layouts, rebuilds=rebuilds)
        try:
            self._find(watch, redzones, rebuilds=rebuilds)
        except Exception as error:  # noqa: BLE001 - see above
            watch.problems.append(f"farm can't tell where its output lies: {error_text(error)}")
        return watch

    def _find(self, watch: Watch, redzones: Redzones, *, rebuilds: bool) -> None:
        """Find the holes that the tensors of a call lie in."""
        for name, tensor, _ in argument_tensors(watch.live, self.names):
            if rebuilds and on_device(tensor):
                redzones.find(f"argument {name}", tensor)
        for label, tensor in output_tensors(watch.output):
            if not on_device(tensor):
                watch.problems.append(f"{label} is not on the device")
            elif redzones.find(label, tensor):
                watch.watched.append(label)
            else:
                watch.elsewhere.append(label)

    def _without(self, live: LiveCall, complaint: str) -> Watch:
        """Run the call without redzones, as it failed with them."""
        free(None, live)
        live = self.inputs()
        return Watch(live, self.call(live), problems=[f"with redzones in its memory: {complaint}"])

    def complaint(self, watch: Watch) -> str:
        """What a watched call wrote to besides its output, as text; empty if nothing. Gives all memory back.

        What can't be told is added to the watch's problems.
        """
        damages = watch.damages + ([] if watch.redzones is None else watch.redzones.damages())
        damages += self._changed_arguments(watch)
        inside: list[tuple[Hole, str]] = []
        if watch.redzones is not None:
            try:
                inside += watch.redzones.damages_inside()
            except RuntimeError as error:
                watch.problems.append(f"what outputs do not use of their places: {error_text(error)}")
            watch.problems += [f"what {label} does not use of its place" for label in watch.redzones.unseen]
            watch.redzones.remove()
        free(watch.output, watch.live)
        if inside:
            damages += self._confirmed(watch, inside)
        if not damages:
            return ""
        more = f"; and {len(damages) - _MOST} more" if len(damages) > _MOST else ""
        return f"wrote outside its output: {'; '.join(damages[:_MOST])}{more}"

    def _confirmed(self, watch: Watch, inside: Sequence[tuple[Hole, str]]) -> list[str]:
        """What changed inside holes that held no other tensor before: the call is made again to see its allocations."""
        redzones = Redzones(self.execution, self.device)
        live = None if watch.rebuilds else self.inputs()
        try:
            redzones.place(watch.layouts)
            arguments = live or self.inputs()
            shared, output = redzones.shared(lambda: self.call(arguments))
            free(output, arguments)
        except (RuntimeError, ValueError, IndexError) as error:
            if not tells_of_the_call(error):
                raise
            watch.problems.append(f"what outputs do not use of their places: {error_text(error)}")
            return []
        finally:
            redzones.remove()
        watch.problems += [
            f"what {hole.label} does not use of its place, as the call puts other tensors there"
            for hole, _ in inside
            if hole.place in shared
        ]
        return [text for hole, text in inside if hole.place not in shared]

    def _changed_arguments(self, watch: Watch) -> list[str]:
        """The arguments that hold other numbers than before, although the operation doesn't work in place."""
        own = {_place(tensor) for _, tensor in output_tensors(watch.output) if on_device(tensor)}
        arguments = [
            each
            for each in argument_tensors(watch.live, self.names)
            if on_device(each[1]) and _place(each[1]) not in own and not may_write(self.operation, each[0])
        ]
        if sum(math.prod(tensor.shape) for _, tensor, _ in arguments) > self.largest_inputs:
            watch.problems.append("the inputs are too large to compare them with what they held")
            return []
        try:
            return [text for each in arguments if (text := self._change(*each))]
        except ImportError:
            watch.problems.append("the inputs can't be compared without torch")
            return []

    def _change(self, name: str, tensor: Any, host: Any) -> str:
        """How an argument changed, on the first chip where it did; empty where it did not."""
        chips = zip(self.execution.read(tensor), ttnn.get_device_tensors(host), strict=False)
        for chip, (now, before) in enumerate(chips):
            holds, held = bits(now), bits(before)
            changed = holds != held
            if count := int(np.count_nonzero(changed)):
                index = np.unravel_index(int(np.argmax(changed)), changed.shape)
                words = shown(holds[index], tensor.dtype.name), shown(held[index], tensor.dtype.name)
                return (
                    f"{counted(count, 'element')} of its argument {name} on chip {chip}, the first at "
                    f"{list(map(int, index))}: {words[0]}, before the call {words[1]}"
                )
        return ""


def tells_of_the_call(error: Exception) -> bool:
    """Whether an exception tells of the call alone; not of a hang, a board or a host."""
    return classify(str(error))[0] in (Verdict.FAIL_ASSERT_EXCEPTION, Verdict.FAIL_L1_OUT_OF_MEM)


def _place(tensor: Any) -> tuple[str, int]:
    return tensor.memory_config().buffer_type.name, int(tensor.buffer_address())
