"""The permutations of a suite's parameters, in tt-metal's order: the first name varies slowest.

Streamed: the values of the first name are taken one by one, those of the others are held, since they are needed again
and again. So a generator may stand anywhere, and of a million vectors one is in memory.
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
        """The parameters of each step.

        Raises:
            ModuleError: a generator raises, or a tuple has more or fewer values than there are names.
        """
        taken = 0
        values = iter(self.values)
        while True:
            try:
                value = next(values)
            except StopIteration:
                return
            except Exception as error:
                raise ModuleError(
                    f"the values of {self.name!r} raised {type(error).__name__}: {error} after {taken}"
                ) from error
            taken += 1
            yield self._step(value, taken - 1)

    def _step(self, value: Any, place: int) -> dict[str, Any]:
        if len(self.names) == 1:
            return {self.names[0]: value}
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != len(self.names):
            raise ModuleError(f"value {place} of {self.name!r} must be {len(self.names)} values, not {value!r:.80}")
        return dict(zip(self.names, value, strict=True))


def axes(parameters: object) -> list[Axis]:
    """The entries of a suite.

    Raises:
        ModuleError: it is no dict of lists by name, or has a name twice.
    """
    if not isinstance(parameters, Mapping):
        raise ModuleError(f"a suite must be a dict of values by name, not {type(parameters).__name__}")
    found = [Axis(name, values) for name, values in parameters.items()]
    names = [name for axis in found for name in axis.names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ModuleError(f"{', '.join(twice)} stands there more than once")
    return found


def permutations(found: Sequence[Axis]) -> Iterator[dict[str, Any]]:
    """Every vector of a suite.

    Raises:
        ModuleError: see `Axis.steps`; what came before it was good.
    """
    if not found:
        yield {}
        return
    first, *others = found
    held = [list(axis.steps()) for axis in others]
    for step in first.steps():
        for rest in itertools.product(*held):
            vector = dict(step)
            for part in rest:
                vector.update(part)
            yield vector


class Held:
    """A suite whose values are all held, so that its nth vector is known without those before it."""

    def __init__(self, found: Sequence[Axis]) -> None:
        self._steps = [list(axis.steps()) for axis in found]

    def __getitem__(self, index: int) -> dict[str, Any]:
        chosen = []
        for steps in reversed(self._steps):
            if not steps:
                raise IndexError(index)
            index, place = divmod(index, len(steps))
            chosen.append(steps[place])
        if index:
            raise IndexError(index)
        return {name: value for step in reversed(chosen) for name, value in step.items()}
