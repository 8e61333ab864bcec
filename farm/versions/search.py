"""A binary search for the first of several versions that differs from the oldest. Pure: the judge does the IO."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Observed = TypeVar("Observed", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Boundary(Generic[Observed]):
    """The result of a search.

    Attributes:
        first: the candidates among which the first that differs is: one, or several where those before the last of them
            could not be judged; empty if the newest doesn't differ from the oldest.
        before: what was seen of the candidate before them, and of the oldest.
        after: what was seen of the last of them; None without any.
    """

    first: tuple[int, ...]
    before: Observed
    after: Observed | None = None


class CantJudge(Exception):  # noqa: N818 - it names the finding
    """A candidate can't be judged: it can't be made, or its boards don't open."""


class EndUnjudged(Exception):  # noqa: N818 - see CantJudge
    """The oldest or the newest candidate can't be judged, so that there is nothing to search between.

    Attributes:
        index: the candidate.
    """

    def __init__(self, index: int, why: str) -> None:
        super().__init__(why)
        self.index = index


def search(count: int, judge: Callable[[int], Observed]) -> Boundary[Observed]:
    """Find the first candidate that differs from the oldest, judging as few as possible.

    Candidates that can't be judged are gone round: the nearest others to the middle are judged instead.

    >>> search(8, lambda index: "old" if index < 5 else "new").first
    (5,)

    Args:
        count: the number of candidates, two or more, oldest first.
        judge: says what is seen of a candidate; raises `CantJudge` if that can't be told.

    Raises:
        EndUnjudged: the oldest or the newest can't be judged.
    """
    low, high = 0, count - 1
    before, after = _end(low, judge), _end(high, judge)
    if before == after:
        return Boundary((), before)
    unjudged: set[int] = set()
    while (middle := _middle(range(low + 1, high), unjudged)) is not None:
        try:
            observation = judge(middle)
        except CantJudge:
            unjudged.add(middle)
            continue
        if observation == before:
            low = middle
        else:
            high, after = middle, observation
    return Boundary(tuple(range(low + 1, high + 1)), before, after)


def _end(index: int, judge: Callable[[int], Observed]) -> Observed:
    try:
        return judge(index)
    except CantJudge as error:
        raise EndUnjudged(index, str(error)) from error


def _middle(between: range, unjudged: set[int]) -> int | None:
    """The candidate nearest to the middle that may be judged; None if there is none."""
    centre = (between.start + between.stop - 1) / 2
    judgeable = (index for index in between if index not in unjudged)
    return min(judgeable, key=lambda index: abs(index - centre), default=None)
