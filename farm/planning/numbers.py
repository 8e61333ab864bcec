"""The options of a sweep that say how numbers are made and judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from farm.core.board import Board
from farm.core.numeric_options import NumericOptions
from farm.core.spec_option import Group
from farm.core.sweep_spec import SweepSpec
from farm.judging.tolerances import may_judge
from farm.planning.tolerance_file import read_tolerances


def numeric_options(spec: SweepSpec, operations: Iterable[str]) -> NumericOptions:
    """How the numbers of a spec's traced calls are made and judged.

    Args:
        spec: the spec.
        operations: the operations of its master, which its file of tolerances may name.

    Raises:
        FarmError: the file of tolerances can't be read, or is wrong.
    """
    rows = () if spec.tolerances is None else read_tolerances(spec.tolerances, operations)
    return NumericOptions(spec.inputs, spec.seed, spec.canary, spec.repeat, rows)


def for_operation(numbers: NumericOptions, operation: str) -> NumericOptions:
    """Return the options with only those rows of tolerances that can judge an operation's outputs."""
    if not numbers.tolerances:
        return numbers
    return replace(numbers, tolerances=tuple(row for row in numbers.tolerances if may_judge(row, operation)))


def idle_rows(numbers: NumericOptions, operations: Collection[str]) -> Iterator[str]:
    """What a user should know of rows of tolerances that can judge no output of these operations, a line."""
    idle = [row.name for row in numbers.tolerances if not any(may_judge(row, name) for name in operations)]
    if idle:
        verb = "judges" if len(idle) == 1 else "judge"
        yield f"--tolerances: {', '.join(map(repr, idle))} {verb} none of these operations"


def without_numbers(spec: SweepSpec, boards: Collection[Board]) -> Iterator[str]:
    """What a user should know of numeric options and of boards that compute nothing, a line."""
    options = list(spec.present_options((Group.NUMBERS,)))
    if spec.seed and spec.sample is None:
        options.append("--seed")
    silent = [board.id for board in boards if not board.computes]
    if options and silent:
        verb = "has" if len(options) == 1 else "have"
        yield f"{', '.join(options)} {verb} no effect on {', '.join(silent)}: no numbers are computed there"
