"""The vectors that a sweep names by ids of an earlier version of farm."""

from __future__ import annotations

from pathlib import Path

from farm.core.errors import StoreError
from farm.core.sweep_spec import SweepSpec


def with_current_ids(spec: SweepSpec, store: str | Path | None) -> tuple[SweepSpec, list[str]]:
    """Return a spec with today's ids of the vectors that it names, and a line for each that changed.

    Args:
        spec: what to run.
        store: the results store whose runs recorded the former ids; None for the default store.
    """
    if not spec.vectors or spec.of_modules:
        return spec, []
    from farm.store import Store

    try:
        with Store.open(store, create=False) as opened:
            current = opened.current_ids(spec.vectors)
    except StoreError:  # no run was recorded yet
        return spec, []
    ids = dict.fromkeys(current.get(each, each) for each in spec.vectors)
    notes = [
        f"vector {former} is {now} now: its arguments are read more exactly than by the farm that ran it"
        for former, now in current.items()
    ]
    return spec.updated(vectors=tuple(ids)), notes
