"""Count the vectors of a suite, without making them if the values of each name are enough."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

from farm.core.messages import VectorsCounted
from farm.sweeps.errors import ModuleError
from farm.sweeps.permutations import Axis
from farm.sweeps.traced import TracedSuite
from farm.worker.modules import LoadedModule
from farm.worker.step_keys import Grid, StepKeys, around

_SECONDS = 0.25
"""How often counts of a slow module are sent, so that it doesn't seem to hang; in seconds."""
_LOOKS = 64
"""How many vectors are counted between two readings of the clock."""

Step: TypeAlias = tuple[Mapping[str, Any], Grid]
"""One value of a name, or of several that stand together, by name; and the grid of compute cores that it names."""
Counts: TypeAlias = Counter[tuple[bool, Grid]]
"""The number of vectors, by whether they are invalid and by the grid that they name."""
Judge: TypeAlias = Callable[[dict[str, Any]], Any]
"""A module's `invalidate_vector`."""


def counted_suite(module: LoadedModule, suite: str) -> CountedSuite | None:
    """Return a suite whose vectors can be counted without hashing each; None if they must be hashed.

    They must if more than their values makes vectors equal, such as the hash of a traced configuration, or if a name is
    in the suite twice.

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
        self._keys = [StepKeys(axis) for axis in axes]
        self._own = {"suite_name": suite, "sweep_name": module.name}  # for `invalidate_vector`

    def counts(self) -> Iterator[VectorsCounted]:
        """How many vectors there are, by the grid that they name.

        Raises:
            ModuleError: the suite breaks the contract; what was counted before is good.
        """
        of_others: Counter[Grid] = Counter({(1, 1): 1})
        for steps in self._steps_of_others():
            grids = Counter(grid for _, grid in steps)
            products: Counter[Grid] = Counter()
            for one, count in of_others.items():
                for other, times in grids.items():
                    products[around(one, other)] += count * times
            of_others = products
        of_first: Counter[Grid] = Counter()

        def products_so_far() -> Counts:
            counts: Counts = Counter()
            for grid, times in of_first.items():
                for other, count in of_others.items():
                    counts[False, around(grid, other)] += count * times
            of_first.clear()
            return counts

        def count_first() -> Iterator[None]:
            if self._keys and (number := self._keys[0].number_if_all_differ()):
                of_first[1, 1] += number
                return
            for _, grid in self._first_values():
                of_first[grid] += 1
                yield

        yield from self._messages(count_first(), products_so_far)

    def judged_counts(self) -> Iterator[VectorsCounted]:
        """How many vectors there are, by the grid that they name and by whether the module calls them invalid.

        Raises:
            ModuleError: as of `counts`.
        """
        judge = self._module.judge
        if judge is None:
            yield from self.counts()
            return
        counts: Counts = Counter()

        def counts_so_far() -> Counts:
            copy = counts.copy()
            counts.clear()
            return copy

        yield from self._messages(self._judge(judge, counts), counts_so_far)

    def _messages(self, counting: Iterator[None], take: Callable[[], Counts]) -> Iterator[VectorsCounted]:
        """Count, and yield the counts at intervals."""
        problem: ModuleError | None = None
        sent = time.monotonic()
        ended = False
        while not ended:
            try:
                for _ in counting:
                    if time.monotonic() - sent > _SECONDS:
                        break
                else:
                    ended = True
            except ModuleError as error:
                ended, problem = True, error
            for (invalid, grid), count in (+take()).items():
                yield VectorsCounted(self._suite, count, invalid=invalid, grid=grid)
            sent = time.monotonic()
        if merged := math.prod(keys.read for keys in self._keys) - math.prod(keys.different for keys in self._keys):
            yield VectorsCounted(self._suite, 0, merged=merged)
        if problem is not None:
            raise problem

    def _steps_of_others(self) -> list[list[Step]]:
        """The different steps of all names but the first."""
        return [
            [(axis.step(value, place), grid) for place, (value, grid) in enumerate(keys.distinct())]
            for axis, keys in zip(self._axes[1:], self._keys[1:], strict=True)
        ]

    def _first_values(self) -> Iterator[tuple[Any, Grid]]:
        """The different values of the first name, one by one."""
        return self._keys[0].distinct() if self._keys else iter([(None, (1, 1))])

    def _judge(self, judge: Judge, counts: Counts) -> Iterator[None]:
        """Count the vectors that a module calls invalid, and the others; yields at intervals."""
        others = self._steps_of_others()
        if self._axes and len(self._axes[0].names) > 1 and not others:
            return self._judge_tuples(judge, counts)
        if all(len(values) == 1 and grid == (1, 1) for steps in others for values, grid in steps):
            return self._judge_columns(judge, counts, others)
        return self._judge_products(judge, counts, others)

    def _judge_tuples(self, judge: Judge, counts: Counts) -> Iterator[None]:
        """Judge the vectors of a suite with a single entry, of several names."""
        axis = self._axes[0]
        for place, (value, grid) in enumerate(self._first_values()):
            # as `Axis.step` does, and faster
            vector = dict(zip(axis.names, value)) if type(value) is tuple else axis.step(value, place)  # noqa: B905
            vector.update(self._own)
            counts[_is_invalid(judge, vector), grid] += 1
            if not place % _LOOKS:
                yield

    def _judge_columns(self, judge: Judge, counts: Counts, others: Sequence[Sequence[Step]]) -> Iterator[None]:
        """Judge the vectors of a suite whose entries after the first have one name and no cores; often millions."""
        names = [name for steps in others for values, _ in steps[:1] for name in values]
        columns = [[part for values, _ in steps for part in values.values()] for steps in others]
        for place, (value, grid) in enumerate(self._first_values()):
            base = {**(self._axes[0].step(value, place) if self._axes else {}), **self._own}
            invalid = vectors = 0
            for each in product(*columns):
                vector = dict(zip(names, each))  # noqa: B905 - as many, and it is fast
                vector.update(base)
                try:  # as `_is_invalid`, whose call would take as long
                    judgement, _ = judge(vector)
                    if judgement:
                        invalid += 1
                except Exception:  # noqa: BLE001, S110 - see there
                    pass
                vectors += 1
                if not vectors % _LOOKS:
                    yield
            counts[False, grid] += vectors - invalid
            counts[True, grid] += invalid
            yield

    def _judge_products(self, judge: Judge, counts: Counts, others: Sequence[Sequence[Step]]) -> Iterator[None]:
        """Judge the vectors of any suite."""
        for place, (value, grid_of_first) in enumerate(self._first_values()):
            start = self._axes[0].step(value, place) if self._axes else {}
            for steps in product(*others):
                vector = dict(start)
                grid = grid_of_first
                for values, grid_of_step in steps:
                    vector.update(values)
                    grid = around(grid, grid_of_step)
                vector.update(self._own)
                counts[_is_invalid(judge, vector), grid] += 1
                yield


def _is_invalid(judge: Judge, vector: dict[str, Any]) -> bool:
    """Whether a module calls a vector invalid; not so if it fails to say."""
    try:
        invalid, _ = judge(vector)
        return bool(invalid)
    except Exception:  # noqa: BLE001 - the vector itself reports it when it runs
        return False
