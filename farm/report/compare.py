"""Compare two runs vector by vector: fixed, broken, new, gone, slower by more than noise, and with another PCC."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from statistics import median

from pydantic import Field

from farm.core.plain_words import counted
from farm.core.ttnn_choice import UNKNOWN
from farm.core.verdicts import Verdict
from farm.report.tally import duration
from farm.store.view import Model, RunView, VectorView

SLOWER_SECONDS = 0.05
"""A smaller difference never counts as slower: starting a kernel's compiler costs as much."""
SLOWER_SHARE = 0.5
"""Nor does a difference below this share of the usual time."""
NOISES = 4.0
"""Nor does a difference below this many standard deviations of earlier runs."""
ENOUGH_FOR_NOISE = 4
"""Fewer earlier times give no standard deviation."""
PCC_MOVED = 5e-4
"""A smaller difference of PCC is no change."""


class Change(str, Enum):
    """How a vector differs between two runs."""

    BROKEN = "broken"
    NO_LONGER_EXECUTED = "no_longer_executed"
    SLOWER = "slower"
    PCC_LOWER = "pcc_lower"
    PCC_HIGHER = "pcc_higher"
    CHANGED = "changed"
    FIXED = "fixed"
    NEWLY_EXECUTED = "newly_executed"
    NEW = "new"
    GONE = "gone"

    @property
    def regression(self) -> bool:
        """Whether something got worse."""
        return self in REGRESSIONS


REGRESSIONS = frozenset({Change.BROKEN, Change.NO_LONGER_EXECUTED, Change.SLOWER, Change.PCC_LOWER})

MEANINGS = {
    Change.BROKEN: "ended well before and fails now",
    Change.NO_LONGER_EXECUTED: "was executed before, and was not run or hit a fault now",
    Change.SLOWER: "takes longer than before by more than noise",
    Change.PCC_LOWER: "passes with a lower PCC",
    Change.PCC_HIGHER: "passes with a higher PCC",
    Change.CHANGED: "has another verdict, neither fixed nor broken",
    Change.FIXED: "failed before and ends well now",
    Change.NEWLY_EXECUTED: "was not run or hit a fault before, and was executed now",
    Change.NEW: "was not planned before",
    Change.GONE: "is no longer planned",
}


class VectorChange(Model):
    """A change of one vector."""

    change: Change
    vector_id: str
    operation: str
    sources: list[str] = Field(description="the models it was seen in")
    before: Verdict | None
    after: Verdict | None
    detail: str = Field(description="numbers or the message, in one line")


class Comparison(Model):
    """The differences between two runs."""

    old: str
    new: str
    old_ttnn: str | None = Field(description="of the old run's boards; several are joined by a comma")
    new_ttnn: str | None = Field(description="of the new run's boards")
    same: int = Field(description="vectors with the same verdict in both")
    changes: list[VectorChange] = Field(description="regressions first; a vector may have two")

    @property
    def counts(self) -> dict[Change, int]:
        """The number of each change that occurred."""
        numbers = Counter(change.change for change in self.changes)
        return {change: numbers[change] for change in Change if numbers[change]}

    @property
    def regressed(self) -> bool:
        """Whether anything got worse."""
        return any(change.change.regression for change in self.changes)

    def ttnn_line(self) -> str:
        """Return one sentence if the runs had different versions of ttnn; otherwise nothing."""
        if self.old_ttnn == self.new_ttnn:
            return ""
        return f"The versions of ttnn differ: {self.old_ttnn or UNKNOWN} then, {self.new_ttnn or UNKNOWN} now."

    def sentences(self) -> str:
        """Return the headline, and whether the versions of ttnn differ."""
        return " ".join(sentence for sentence in (self.headline(), self.ttnn_line()) if sentence)

    def by_operation(self) -> dict[str, dict[Change, int]]:
        """Return the numbers of changes by operation."""
        return _count_by((change.operation, change.change) for change in self.changes)

    def by_model(self) -> dict[str, dict[Change, int]]:
        """Return the numbers of changes by model."""
        return _count_by((source, change.change) for change in self.changes for source in change.sources)

    def headline(self) -> str:
        """Return one sentence about all changes."""
        if not self.changes:
            return f"Nothing changed since run {self.old}: {counted(self.same, 'vector')} ended the same."
        parts = [f"{count} {change.value.replace('_', ' ')}" for change, count in self.counts.items()]
        return f"Since run {self.old}: {', '.join(parts)}; {self.same} ended the same."


def compare(old: RunView, new: RunView, earlier: Mapping[str, Sequence[float]] | None = None) -> Comparison:
    """Compare two runs.

    Args:
        old: the earlier run.
        new: the later run; vectors are the same if their ids, as this farm computes them, are.
        earlier: seconds of vectors in still earlier runs, by such an id: they show how much times vary.
    """
    before, after = _by_current_id(old), _by_current_id(new)
    earlier = earlier or {}
    changes = [_single(Change.GONE, vector) for key, vector in before.items() if key not in after]
    changes += [_single(Change.NEW, vector) for key, vector in after.items() if key not in before]
    kind_before, kind_after = _kinds(old), _kinds(new)
    same = 0
    for key, now in after.items():
        if (then := before.get(key)) is None:
            continue
        same += then.verdict is now.verdict
        change = _verdict_change(then, now)
        if change is not None:
            changes.append(_change(change, then, now, _with_versions(now.message, (old, then), (new, now))))
        elif then.verdict.good and kind_before.get(then.board) == kind_after.get(now.board):
            changes += _measured(then, now, earlier.get(key, ()))
    order = list(Change)
    changes.sort(key=lambda change: (order.index(change.change), change.operation, change.vector_id))
    return Comparison(
        old=old.run.id,
        new=new.run.id,
        old_ttnn=old.run.ttnn_version,
        new_ttnn=new.run.ttnn_version,
        same=same,
        changes=changes,
    )


def _by_current_id(run: RunView) -> dict[str, VectorView]:
    """Return the vectors by the ids that join runs; by its own where two vectors of the run are one today."""
    vectors: dict[str, VectorView] = {}
    for vector in run.vectors:
        vectors[vector.vector_id if vector.current_id in vectors else vector.current_id] = vector
    return vectors


def is_slower(before: Sequence[float], after: float) -> bool:
    """Return whether a time is longer than earlier ones by more than noise.

    Args:
        before: earlier times in seconds, at least one.
        after: the new time in seconds.
    """
    usual = median(before)
    spread = 1.4826 * median(abs(each - usual) for each in before) if len(before) >= ENOUGH_FOR_NOISE else 0.0
    return after > usual + max(SLOWER_SECONDS, SLOWER_SHARE * usual, NOISES * spread)


def _verdict_change(then: VectorView, now: VectorView) -> Change | None:
    if then.verdict is now.verdict:
        return None
    if then.verdict.executed and not now.verdict.executed:
        return Change.NO_LONGER_EXECUTED
    if now.verdict.executed and not then.verdict.executed:
        return Change.NEWLY_EXECUTED
    if then.verdict.failed and now.verdict.good:
        return Change.FIXED
    if then.verdict.good and now.verdict.failed:
        return Change.BROKEN
    return Change.CHANGED


def _measured(then: VectorView, now: VectorView, earlier: Sequence[float]) -> Iterable[VectorChange]:
    if is_slower([*earlier, then.seconds], now.seconds):
        yield _change(Change.SLOWER, then, now, f"{duration(then.seconds)} → {duration(now.seconds)}")
    pcc_then, pcc_now = pcc(then), pcc(now)
    if pcc_then is not None and pcc_now is not None and abs(pcc_now - pcc_then) > PCC_MOVED:
        moved = Change.PCC_LOWER if pcc_now < pcc_then else Change.PCC_HIGHER
        yield _change(moved, then, now, f"PCC {pcc_then:.5f} → {pcc_now:.5f}")


def pcc(vector: VectorView) -> float | None:
    """Return the PCC of a vector's last attempt; None if none was computed."""
    number = vector.metrics.get("pcc")
    return number if isinstance(number, (int, float)) and math.isfinite(number) else None


def _with_versions(message: str, then: tuple[RunView, VectorView], now: tuple[RunView, VectorView]) -> str:
    """Return a message with the versions of ttnn, if they differ and the runs' own versions don't tell which it was."""
    if len(then[0].run.ttnn_versions) < 2 and len(now[0].run.ttnn_versions) < 2:
        return message
    before, after = (
        vector.ttnn_version or (view.run.ttnn_version if vector.board and len(view.run.ttnn_versions) == 1 else None)
        for view, vector in (then, now)
    )
    if before is None or after is None or before == after:
        return message
    return f"ttnn {before} then, {after} now{f': {message}' if message else ''}"


def _kinds(view: RunView) -> dict[str | None, str]:
    return {board.id: f"{board.backend}:{board.kind}" for board in view.run.boards}


def _change(change: Change, then: VectorView, now: VectorView, detail: str) -> VectorChange:
    return VectorChange(
        change=change,
        vector_id=now.vector_id,
        operation=now.operation,
        sources=now.sources,
        before=then.verdict,
        after=now.verdict,
        detail=detail,
    )


def _single(change: Change, vector: VectorView) -> VectorChange:
    gone = change is Change.GONE
    return VectorChange(
        change=change,
        vector_id=vector.vector_id,
        operation=vector.operation,
        sources=vector.sources,
        before=vector.verdict if gone else None,
        after=None if gone else vector.verdict,
        detail=vector.message,
    )


def _count_by(pairs: Iterable[tuple[str, Change]]) -> dict[str, dict[Change, int]]:
    counts: dict[str, Counter[Change]] = defaultdict(Counter)
    for name, change in pairs:
        counts[name][change] += 1
    return {
        name: {change: counts[name][change] for change in Change if counts[name][change]} for name in sorted(counts)
    }
