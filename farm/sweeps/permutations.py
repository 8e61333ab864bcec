"""The permutations of a suite's parameters, as tt-metal makes them: the first name varies slowest.

The values of the first name are read one by one, those of the others are held in memory, since they are needed
repeatedly. So only one of a million vectors is in memory.
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
        first_only: whether only its first step counts, because the values of a later name can be read only once.
    """

    def __init__(self, name: object, values: object) -> None:
        if not isinstance(name, str):
            raise ModuleError(f"{name!r} is no name of a parameter")
        if not isinstance(values, Iterable):
            raise ModuleError(f"{name!r} must have a list of values, not {type(values).__name__} {values!r:.80}")
        self.name = name
        self.names = tuple(name.split(","))
        self.values: Iterable[Any] = values
        self.first_only = False

    def steps(self) -> Iterator[dict[str, Any]]:
        """Yield the parameters of each step.

        Raises:
            ModuleError: a generator raises, or a value isn't one for each of several names.
        """
        for place, value in enumerate(self.each()):
            yield self.step(value, place)

    def each(self) -> Iterator[Any]:
        """Yield the values as they are.

        Raises:
            ModuleError: a generator raises.
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
            yield value
            if self.first_only:
                return

    def step(self, value: Any, place: int) -> dict[str, Any]:
        """Return the parameters of one value.

        Raises:
            ModuleError: it isn't one for each of several names.
        """
        if len(self.names) == 1:
            return {self.name: value}
        if not isinstance(value, Iterable):
            raise ModuleError(f"value {place} of {self.name!r} must be a tuple of values, not {value!r:.80}")
        return dict(
            zip(self.names, value, strict=False)
        )  # surplus values are dropped, and names without a value left out


def axes(parameters: object) -> list[Axis]:
    """Return the entries of a suite, the outermost first.

    Raises:
        ModuleError: it is no dict of lists by name, and no list of such pairs.
    """
    if isinstance(parameters, Mapping):
        entries = [Axis(name, values) for name, values in parameters.items()]
    elif isinstance(parameters, (list, tuple)) and all(
        isinstance(each, tuple) and len(each) == 2 for each in parameters
    ):
        entries = [Axis(name, values) for name, values in reversed(parameters)]  # of pairs, the first varies fastest
    else:
        raise ModuleError(f"a suite must be a dict of values by name, not {type(parameters).__name__}")
    last_read_once = max((place for place, axis in enumerate(entries) if isinstance(axis.values, Iterator)), default=0)
    for axis in entries[:last_read_once]:
        axis.first_only = True
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

    def values(self) -> Iterator[tuple[str, Any]]:
        """Yield every value of every parameter, with the parameter's name; those of one parameter in their order."""
        for steps in self._steps:
            for step in steps:
                yield from step.items()

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
