"""The vectors that a sweep names by ids of an earlier version of farm."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from farm.core.errors import StoreError
from farm.core.store_place import Place
from farm.core.sweep_spec import SweepSpec
from farm.planning.vectors import ID_LENGTH, Vector

OtherIds: TypeAlias = Mapping[str, Sequence[str]]
"""All ids of a configuration, by each one that a sweep names; only of configurations that have several."""


def other_ids(spec: SweepSpec, store: Place | None) -> OtherIds:
    """Return all ids of the vectors that a spec names, for those whose id has changed.

    Args:
        spec: what to run.
        store: the results store whose runs recorded the former ids; None for the default store.
    """
    if not spec.vectors or spec.of_modules:
        return MappingProxyType({})
    from farm.store import Store

    try:
        with Store.open(store, create=False) as opened:
            return opened.other_ids(spec.vectors)
    except StoreError:  # no run was recorded yet
        return MappingProxyType({})


def former_modules(spec: SweepSpec, store: Place | None) -> Collection[str]:
    """Return the modules whose vectors have other ids in runs of earlier versions of farm, which the plan needs.

    Args:
        spec: what to run.
        store: as of `other_ids`.
    """
    if not spec.of_modules:
        return ()
    from farm.store import Store

    try:
        with Store.open(store, create=False) as opened:
            return opened.former_modules(spec.vectors)
    except StoreError:  # no run was recorded yet
        return ()


def changed_module_ids(spec: SweepSpec, vectors: Iterable[Vector]) -> list[str]:
    """Return a line for each vector of a module that was chosen by the id that an earlier version of farm gave it."""
    if not spec.vectors:
        return []
    chosen = list(vectors)
    planned = {vector.id for vector in chosen}
    current = {vector.former_hash[:ID_LENGTH]: vector.id for vector in chosen if vector.former_hash}
    return [
        f"vector {name} has the id {current[former]} here: an earlier farm hashed vectors of modules in another form"
        for name in spec.vectors
        if planned.isdisjoint((name, name[:ID_LENGTH])) and (former := name.partition("-")[0][:ID_LENGTH]) in current
    ]


def changed_ids(spec: SweepSpec, others: OtherIds, vectors: Iterable[Vector]) -> list[str]:
    """Return a line for each vector that was chosen by another id than it has in the plan."""
    planned = {vector.id for vector in vectors} if others else set()
    return [
        f"vector {name} has the id {other} here: an earlier farm read its arguments less exactly"
        for name in spec.vectors
        if name not in planned
        for other in others.get(name, ())
        if other in planned
    ]
