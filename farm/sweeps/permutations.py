"""The permutations of a suite's parameters, in tt-metal's order: the first name varies slowest.

Streamed: the values of the first name are read one by one, those of the others are held, since they are needed again
and again. So any name may have a generator, and of a million vectors one is in memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from farm.sweeps.errors import ModuleError


class Axis:
    """One entry of a suite: a name and its values, or names joined by commas and tuples of values.

    Attributes:
        name: as the module has it.
        names: the parameters.
        values: of each step.
    """

    def __init__(self, name: object, values: object) -> None:
        if not isinstance(name, str) or not all(part.strip() for part in name.split(",")):
            raise ModuleError(f"{name!r} is no name of a parameter")
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise ModuleError(f"{name!r} must have a list of values, not {type(values).__name__} {values!r:.80}")
        self.name = name
        self.names = tuple(part.strip() for part in name.split(","))
        self.values: Iterable[Any] = values

    def steps(self) -> Iterator[dict[str, Any]]:
        """Yield the parameters of each step.

        Raises:
            ModuleError: a generator raises, or a tuple has more or fewer values than there are names.
        """
        values = iter(self.values)
        for place in itertools.count():
            try:
                value = next(values)
            except StopIteration:
                return
            except Exception as error:
                raise ModuleError(
                    f"the values of {self.name!r} raised {type(error).__name__}: {error} after {place}"
                ) from error
            yield self._step(value, place)

    def _step(self, value: Any, place: int) -> dict[str, Any]:
        if len(self.names) == 1:
            return {self.names[0]: value}
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != len(self.names):
            raise ModuleError(f"value {place} of {self.name!r} must be {len(self.names)} values, not {value!r:.80}")
        return dict(zip(self.names, value, strict=True))


def axes(parameters: object) -> list[Axis]:
    """Return the entries of a suite.

    Raises:
        ModuleError: it is no dict of lists by name, or has a name twice.
    """
    if not isinstance(parameters, Mapping):
        raise ModuleError(f"a suite must be a dict of values by name, not {type(parameters).__name__}")
    entries = [Axis(name, values) for name, values in parameters.items()]
    names = [name for axis in entries for name in axis.names]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ModuleError(f"{', '.join(repeated)} stands there more than once")
    return entries


def permutations(entries: Sequence[Axis]) -> Iterator[dict[str, Any]]:
    """Yield every vector of a suite.

    Raises:
        ModuleError: see `Axis.steps`; the vectors before it are good.
    """
    if not entries:
        yield {}
        return
    first, *others = entries
    steps_of_others = [list(axis.steps()) for axis in others]
    for step in first.steps():
        for rest in itertools.product(*steps_of_others):
            vector = dict(step)
            for part in rest:
                vector.update(part)
            yield vector


class IndexedVectors:
    """The vectors of a suite by index; the values of all its names are held in memory."""

    def __init__(self, entries: Sequence[Axis]) -> None:
        self._steps = [list(axis.steps()) for axis in entries]

    def __getitem__(self, index: int) -> dict[str, Any]:
        reversed_steps = []
        for steps in reversed(self._steps):
            if not steps:
                raise IndexError(index)
            index, place = divmod(index, len(steps))
            reversed_steps.append(steps[place])
        if index:
            raise IndexError(index)
        return {name: value for step in reversed(reversed_steps) for name, value in step.items()}
