"""How flaky a vector is: the probability that it fails although nothing is wrong, from its history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from farm.core.verdicts import Verdict
from farm.store.past import PastVector

LONGEST_FLAKE = 2
"""A vector that fails in more runs than this one after the other was broken, and later fixed."""


@dataclass(frozen=True, slots=True)
class Flakiness:
    """What history says of one vector on one kind of board.

    Attributes:
        vector_id, operation, kind: which.
        flakes: tries that failed between good ones.
        tries: all that count: flakes and good ones.
        verdicts: of its runs, oldest first.
    """

    vector_id: str
    operation: str
    kind: str
    flakes: int
    tries: int
    verdicts: tuple[Verdict, ...]

    @property
    def probability(self) -> float:
        """Of failing on its next try though nothing is wrong (Jeffreys' estimate)."""
        return (self.flakes + 0.5) / (self.tries + 1)


def flakiness(past: Sequence[PastVector]) -> list[Flakiness]:
    """Every vector that ever flaked, the flakiest first.

    A vector flakes when it fails and passes on another try of the same run, or fails in a run or two between runs
    that it passes. Failures that nothing followed are no flakes: they may be real.

    Args:
        past: how vectors ended, oldest run first.
    """
    stories: dict[tuple[str, str, str], list[Verdict]] = defaultdict(list)
    for each in past:
        if each.verdict.good or each.verdict.failed:
            stories[each.vector_id, each.operation, each.kind].append(each.verdict)
    found = []
    for key, verdicts in stories.items():
        flakes, good = count_flakes(verdicts)
        if flakes:
            found.append(Flakiness(*key, flakes=flakes, tries=flakes + good, verdicts=tuple(verdicts)))
    return sorted(found, key=lambda each: (-each.probability, each.operation, each.vector_id))


def count_flakes(verdicts: Sequence[Verdict]) -> tuple[int, int]:
    """Flakes and good tries in a vector's verdicts, oldest first; other failures count as neither."""
    spans = [(good, list(span)) for good, span in groupby(verdicts, lambda verdict: verdict.good)]
    flakes = good_tries = 0
    for place, (good, span) in enumerate(spans):
        if good:
            good_tries += len(span)
            flakes += span.count(Verdict.FLAKY)  # each failed once before it passed
        elif 0 < place < len(spans) - 1 and len(span) <= LONGEST_FLAKE:
            flakes += len(span)
    return flakes, good_tries
