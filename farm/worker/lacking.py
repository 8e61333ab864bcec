"""What a board's backend lacks: calls that would crash are refused, and failures for a lack are none. In the worker."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NoReturn

import ttnn

from farm.core.lacks import Lack, LackingError, lack_in, lacking_functions
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from tracer.capture.replacing import Replacements

# ttnn 0.81 checks programs on a mock against the cores that its default dispatch leaves, however the mock was opened
_OUTSIDE = re.compile(
    r"targets node \((\d+),(\d+)\), which is out of bounds\. The compute worker grid .* is (\d+)x(\d+)"
)


class Refusals:
    """Makes the functions of ttnn that would crash raise `LackingError` instead, under any of their names.

    Attributes:
        messages: what each refused call since the last `clear` said. A module may have caught the exception.
    """

    def __init__(self, lacks: Iterable[Lack]) -> None:
        self.messages: list[str] = []
        reasons = dict(lacking_functions(lacks))
        Replacements().replace_named(
            ttnn, reasons, lambda name, _: functools.partial(self._refuse, f"{reasons[name]}: ttnn.{name}")
        )

    def clear(self) -> None:
        """Forget the refused calls, before a vector runs."""
        self.messages.clear()

    def judge(self, outcome: Outcome) -> Outcome:
        """The outcome; not run where its vector made a call that was refused, whatever its module made of that."""
        return _lacking(outcome, self.messages[0]) if self.messages and not outcome.verdict.fault else outcome

    def _refuse(self, message: str, *_arguments: Any, **_keywords: Any) -> NoReturn:
        self.messages.append(message)
        raise LackingError(message)


def manage_fabric() -> None:
    """Let the fabric be managed wherever a module sets one: without that, ttnn 0.66 aborts at opening a mock board."""
    set_fabric_config: Callable[..., Any] = ttnn.set_fabric_config

    @functools.wraps(set_fabric_config)
    def managed(*arguments: Any, **keywords: Any) -> Any:
        keywords.setdefault("fabric_manager_mode", ttnn.FabricManagerMode.ENABLED)
        return set_fabric_config(*arguments, **keywords)

    ttnn.set_fabric_config = managed


def without_lacks(outcome: Outcome, lacks: Iterable[Lack]) -> Outcome:
    """The outcome; not run where ttnn's words say that the vector needs what the backend lacks.

    A suite that expects failures expects them of the operation, not of the backend.
    """
    if not outcome.verdict.failed and outcome.verdict is not Verdict.XFAIL:
        return outcome
    lack = lack_in(outcome.message, lacks)
    return outcome if lack is None else _lacking(outcome, lack)


def without_other_grid(outcome: Outcome, grid: tuple[int, int]) -> Outcome:
    """The outcome; not run where ttnn refused a program on a mock board for cores that the board has.

    Args:
        outcome: of a vector on a mock board.
        grid: the columns and rows of compute cores that the board was opened with.
    """
    match = _OUTSIDE.search(outcome.message) if outcome.verdict.failed else None
    if match is None:
        return outcome
    column, row, columns, rows = map(int, match.groups())
    if column >= grid[0] or row >= grid[1]:
        return outcome
    return _lacking(
        outcome,
        f"a mock board can't tell: this ttnn checks it against {columns} x {rows} compute cores, "
        f"and it uses core ({column}, {row}) of the {grid[0]} x {grid[1]} that the board was opened with",
    )


def _lacking(outcome: Outcome, message: str) -> Outcome:
    reason = Reason.UNSUPPORTED_BY_BACKEND
    return replace(outcome, verdict=Verdict.NOT_RUN, reason=reason, message=message, traceback="")
