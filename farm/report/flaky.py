"""Estimate from a vector's history how flaky it is: the probability that it fails although nothing is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from farm.core.verdicts import Verdict
from farm.store.past import PastVector

LONGEST_FLAKE = 2
"""A vector that fails in more consecutive runs than this was broken and later fixed, not flaky."""


@dataclass(frozen=True, slots=True)
class Flakiness:
    """How often one vector flaked on one kind of board, under one version of ttnn.

    Attributes:
        vector_id, operation, kind: the vector and the kind of board.
        ttnn_version: the version of ttnn; None where all runs had the same.
        flakes: attempts that failed between good ones.
        attempts: flakes and good ones.
        verdicts: of its runs, oldest first.
    """

    vector_id: str
    operation: str
    kind: str
    ttnn_version: str | None
    flakes: int
    attempts: int
    verdicts: tuple[Verdict, ...]

    @property
    def probability(self) -> float:
        """The probability that the next attempt fails although nothing is wrong (Jeffreys' estimate)."""
        return (self.flakes + 0.5) / (self.attempts + 1)


def flakiness(past: Sequence[PastVector]) -> list[Flakiness]:
    """Return every vector that flaked, the flakiest first.

    A vector flakes when it fails and passes on another attempt of the same run, or fails in one or two runs between
    runs that it passes. Failures with no later pass are not flakes: they may be real. Each version of ttnn counts by
    itself: a vector that one refuses and another accepts is not flaky.

    Args:
        past: how vectors ended, oldest run first.
    """
    has_several = len({vector.ttnn_version for vector in past if vector.ttnn_version}) > 1
    histories: dict[tuple[str, str, str, str | None], list[Verdict]] = defaultdict(list)
    for vector in past:
        if vector.verdict.executed:
            ttnn = vector.ttnn_version if has_several else None
            histories[vector.current_id, vector.operation, vector.kind, ttnn].append(vector.verdict)
    flaky = []
    for key, verdicts in histories.items():
        flakes, good = count_flakes(verdicts)
        if flakes:
            flaky.append(Flakiness(*key, flakes=flakes, attempts=flakes + good, verdicts=tuple(verdicts)))
    return sorted(flaky, key=lambda each: (-each.probability, each.operation, each.vector_id))


def count_flakes(verdicts: Sequence[Verdict]) -> tuple[int, int]:
    """Count flakes and good attempts in a vector's verdicts, oldest first; other failures are neither."""
    spans = [(good, list(span)) for good, span in groupby(verdicts, lambda verdict: verdict.good)]
    flakes = good_attempts = 0
    for index, (good, span) in enumerate(spans):
        if good:
            good_attempts += len(span)
            flakes += span.count(Verdict.FLAKY)  # each failed once before it passed
        elif 0 < index < len(spans) - 1 and len(span) <= LONGEST_FLAKE:
            flakes += len(span)
    return flakes, good_attempts
