"""The options of a sweep that say how numbers are made and judged."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from farm.core.board import Board
from farm.core.numeric_options import NumericOptions
from farm.core.spec_option import Group
from farm.core.sweep_spec import SweepSpec


def numeric_options(spec: SweepSpec) -> NumericOptions:
    """How the numbers of a spec's traced calls are made and judged."""
    return NumericOptions(spec.inputs, spec.seed, spec.canary, spec.repeat)


def without_numbers(spec: SweepSpec, boards: Collection[Board]) -> Iterator[str]:
    """What a user should know of numeric options and of boards that compute nothing, a line."""
    options = list(spec.present_options((Group.NUMBERS,)))
    if spec.seed and spec.sample is None:
        options.append("--seed")
    silent = [board.id for board in boards if not board.computes]
    if options and silent:
        verb = "has" if len(options) == 1 else "have"
        yield f"{', '.join(options)} {verb} no effect on {', '.join(silent)}: no numbers are computed there"
