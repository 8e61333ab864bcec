"""What every report rests on: the verdict of a vector follows from its recorded attempts."""

from __future__ import annotations

from farm.core.verdicts import Reason, Verdict
from farm.store import RunView
from farm.store.view import VectorView

_WITHOUT_ATTEMPT = (Reason.BROKEN_MODULE, Reason.OPEN_FAILED)
"""Reasons of verdicts that need no attempt: of what doesn't import, and of what no board opens for."""


def unfounded_vectors(view: RunView) -> list[VectorView]:
    """Return the vectors of a run whose verdict doesn't follow from their recorded attempts; there should be none."""
    return [vector for vector in view.vectors if vector.concluded and not _is_founded(vector)]


def _is_founded(vector: VectorView) -> bool:
    if vector.verdict is Verdict.NOT_RUN or vector.reason in _WITHOUT_ATTEMPT:
        return True
    if vector.verdict is Verdict.FLAKY:
        return any(each.verdict.good for each in vector.history) and len(vector.history) > 1
    return any((each.verdict, each.reason) == (vector.verdict, vector.reason) for each in vector.history)
