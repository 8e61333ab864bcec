"""The vectors of a suite, counted: none is made where the values of each name tell how many there are."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, TypeAlias

from farm.core.messages import VectorsCounted
from farm.sweeps.errors import ModuleError
from farm.sweeps.hashing import Hasher
from farm.sweeps.permutations import Axis
from farm.sweeps.traced import TracedSuite
from farm.worker.grids import Grids
from farm.worker.modules import LoadedModule

_AT_ONCE = 64
_SECONDS = 0.25
"""A slow module's counts are sent this often, so that it isn't taken for one that hangs."""

Grid: TypeAlias = tuple[int, int]
Step: TypeAlias = tuple[Mapping[str, Any], Grid]
"""One value of a name, or of several that stand together, by name; and the grid of compute cores that it names."""

# created once: `json.dumps` creates an encoder for each call with non-default options
_to_json = json.JSONEncoder(sort_keys=True).encode


def counted_suite(module: LoadedModule, suite: str) -> CountedSuite | None:
    """A suite whose vectors can be counted without hashing each; None where that takes hashes.

    That is where vectors are equal by more than their values, such as by the hash of a traced configuration, and where
    one name is in a suite twice.

    Raises:
        ModuleError: the suite breaks the contract.
    """
    if isinstance(module.parameters[suite], TracedSuite):
        return None
    axes = module.axes(suite)
    names = [name for axis in axes for name in axis.names]
    return None if len(set(names)) < len(names) or "config_hash" in names else CountedSuite(module, suite, axes)


class CountedSuite:
    """The product of the values of a suite's names. Equal values of a name count once, as in tt-metal's hash."""

    def __init__(self, module: LoadedModule, suite: str, axes: Sequence[Axis]) -> None:
        self._module = module
        self._suite = suite
        self._axes = axes
        self._hasher = Hasher(module.name, suite)
        self._grids = Grids()
        self._steps_read = [0] * len(axes)
        self._different = [0] * len(axes)

    def counts(self) -> Iterator[VectorsCounted]:
        """How many vectors there are, by the grid that they name.

        Raises:
            ModuleError: the suite breaks the contract; what was counted before is good.
        """
        first, others = self._steps()
        of_others: Counter[Grid] = Counter({(1, 1): 1})
        for steps in others:
            grids = Counter(grid for _, grid in steps)
            products: Counter[Grid] = Counter()
            for one, count in of_others.items():
                for other, times in grids.items():
                    products[_around(one, other)] += count * times
            of_others = products
        groups = ([(False, _around(grid, other), count) for other, count in of_others.items()] for _, grid in first)
        yield from self._messages(groups)

    def judged_counts(self) -> Iterator[VectorsCounted]:
        """How many vectors there are, by the grid that they name and by whether the module calls them invalid.

        Raises:
            ModuleError: as of `counts`.
        """
        judge = self._module.judge
        if judge is None:
            yield from self.counts()
            return
        vectors = self._vectors()
        batches = iter(lambda: list(islice(vectors, _AT_ONCE)), [])
        yield from self._messages(
            [(_is_invalid(judge, vector), grid, 1) for vector, grid in vectors] for vectors in batches
        )

    def _messages(self, groups: Iterable[Sequence[tuple[bool, Grid, int]]]) -> Iterator[VectorsCounted]:
        """Groups of vectors (whether they are invalid, their grid, how many), summed up and sent now and then."""
        counts: Counter[tuple[bool, Grid]] = Counter()
        problem: ModuleError | None = None
        sent = time.monotonic()
        remaining = iter(groups)
        while True:
            try:
                group = next(remaining, None)
            except ModuleError as error:
                group, problem = None, error
            for invalid, grid, count in group or ():
                counts[invalid, grid] += count
            if group is None or time.monotonic() - sent > _SECONDS:
                for (invalid, grid), count in counts.items():
                    yield VectorsCounted(self._suite, count, invalid=invalid, grid=grid)
                counts.clear()
                sent = time.monotonic()
            if group is None and (merged := math.prod(self._steps_read) - math.prod(self._different)):
                yield VectorsCounted(self._suite, 0, merged=merged)
            if problem is not None:
                raise problem
            if group is None:
                return

    def _steps(self) -> tuple[Iterator[Step], list[list[Step]]]:
        """The different steps of the first name, one by one, and those of the others, which are held."""
        if not self._axes:
            return iter([({}, (1, 1))]), []
        held = [list(self._distinct(place)) for place in range(1, len(self._axes))]
        return self._distinct(0), held

    def _distinct(self, place: int) -> Iterator[Step]:
        keys: set[str] = set()
        for values in self._axes[place].steps():
            self._steps_read[place] += 1
            key = self._key(values)
            if key not in keys:
                keys.add(key)
                self._different[place] += 1
                yield values, self._grids.of(values)

    def _key(self, values: Mapping[str, Any]) -> str:
        """A text that steps of one name have in common if their values are equal in tt-metal's hash."""
        plain = {name: self._hasher.serialised_value(name, value) for name, value in values.items()}
        try:
            return _to_json(plain)
        except (TypeError, ValueError):
            return str(plain)

    def _vectors(self) -> Iterator[tuple[dict[str, Any], Grid]]:
        """Each vector as `invalidate_vector` gets it, with the grid that it names."""
        own = {"suite_name": self._suite, "sweep_name": self._module.name}
        first, others = self._steps()
        plain = all(len(values) == 1 and grid == (1, 1) for steps in others for values, grid in steps)
        names = [name for steps in others for values, _ in steps[:1] for name in values]
        columns = [[part for values, _ in steps for part in values.values()] for steps in others]
        for start, grid in first:
            if plain:
                for each in product(*columns):
                    yield dict(zip(names, each), **start, **own), grid  # noqa: B905 - as many, and it is fast
                continue
            for rest in product(*others):
                vector = dict(start)
                around = grid
                for values, other in rest:
                    vector.update(values)
                    around = _around(around, other)
                yield {**vector, **own}, around


def _is_invalid(judge: Callable[[dict[str, Any]], Any], vector: dict[str, Any]) -> bool:
    """Whether a module calls a vector invalid; not so if it fails to say."""
    try:
        invalid, _ = judge(vector)
        return bool(invalid)
    except Exception:  # noqa: BLE001 - the vector itself reports it when it runs
        return False


def _around(one: Grid, other: Grid) -> Grid:
    """The smallest grid that holds two."""
    return max(one[0], other[0]), max(one[1], other[1])
