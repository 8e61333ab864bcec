"""Which version of ttnn gave which verdict, in a run whose boards have several; nothing of a run with one."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from farm.core.ttnn_choice import UNKNOWN, by_age
from farm.core.verdicts import Verdict
from farm.store.view import RunView, VectorView

NO_BOARD = "none"
"""What stands in place of a version for vectors that no board tried."""


@dataclass(frozen=True, slots=True)
class TtnnVerdicts:
    """The verdicts that one version of ttnn gave.

    Attributes:
        version: the version; `unknown` where it is not, and `none` for vectors that no board tried.
        counts: the verdicts that occurred.
    """

    version: str
    counts: tuple[tuple[Verdict, int], ...]

    @property
    def total(self) -> int:
        """The number of vectors."""
        return sum(count for _, count in self.counts)

    def words(self) -> str:
        """Return `3 validated, 1 fail_crash_hang`."""
        return ", ".join(f"{count} {verdict.value}" for verdict, count in self.counts)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A vector that had different verdicts under different versions of ttnn.

    Attributes:
        vector: the vector.
        verdicts: the last verdict that each version gave, oldest version first.
    """

    vector: VectorView
    verdicts: tuple[tuple[str, Verdict], ...]

    def words(self) -> str:
        """Return `fail_crash_hang with 0.66.0, validated with 0.81.1`."""
        return ", ".join(f"{verdict.value} with {version}" for version, verdict in self.verdicts)


def verdicts_by_ttnn(view: RunView) -> tuple[TtnnVerdicts, ...]:
    """Count a run's verdicts by the ttnn of each vector's last attempt, oldest first; nothing if there is only one."""
    if len(view.run.ttnn_versions) < 2:
        return ()
    counts: dict[str, Counter[Verdict]] = defaultdict(Counter)
    for vector in view.vectors:
        counts[_version(vector)][vector.verdict] += 1
    return tuple(
        TtnnVerdicts(
            version, tuple((verdict, counts[version][verdict]) for verdict in Verdict if counts[version][verdict])
        )
        for version in by_age(counts)
    )


def disagreements(view: RunView) -> tuple[Disagreement, ...]:
    """Return the vectors that had different verdicts under different versions of ttnn, in the plan's order.

    Faults of a board, a host or farm say nothing about ttnn, so they don't count.
    """
    differing = []
    for vector in view.vectors:
        verdicts = {
            attempt.ttnn_version: attempt.verdict
            for attempt in vector.history
            if attempt.ttnn_version is not None and attempt.verdict.executed
        }
        if len(set(verdicts.values())) > 1:
            ordered = tuple((version, verdicts[version]) for version in by_age(verdicts))
            differing.append(Disagreement(vector, ordered))
    return tuple(differing)


def _version(vector: VectorView) -> str:
    return vector.ttnn_version or (NO_BOARD if vector.board is None else UNKNOWN)
