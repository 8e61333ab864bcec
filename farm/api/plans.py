"""What a sweep would run, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from farm.api.documented import lists_fields
from farm.core.store_place import Place
from farm.core.sweep_spec import SweepSpec
from farm.planning.sweep_plan import Planned, plan_sweep

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from farm.core.sweep_options import SweepOptions


@lists_fields
def plan(
    operations: Sequence[str] | SweepSpec = (), *, store: Place | None = None, **options: Unpack[SweepOptions]
) -> Planned:
    """What `farm.sweep` would run with the same arguments, and on which boards.

    Args:
        operations: operations of a master, in any spelling; without any, all run. Or a `SweepSpec`, whose fields
            `options` replace.
        store: the results store, which knows former ids of vectors; None for the default store.
        options: the fields of `SweepSpec`, listed below.

    Raises:
        FarmError: an option is wrong, or names something that doesn't exist.
        NothingSelected: the options select no vector.
        NotRunnable: sweep modules must be imported, and there is no ttnn for it.
        TracerError: the master can't be read, or has no such operation.
    """
    return plan_sweep(combined(operations, options), store=store)


def spec_of(run: str = "last", store: Place | None = None) -> SweepSpec:
    """The spec of a run: `farm.sweep(farm.spec_of("last"))` runs again what the last run ran, in a new run.

    Args:
        run: its id, the beginning of an id, or `last`.
        store: the results store, a file or database URL; None for the default store.

    Raises:
        StoreError: there is no such run.
        FarmError: the run isn't a sweep, such as that of a zoo.
    """
    from farm.core.errors import FarmError
    from farm.store import Store

    with Store.open(store, create=False) as opened:
        head = opened.view(opened.find(run)).run
    if head.spec is None:
        raise FarmError(f"run {head.id} is not a sweep that can be run again; its command was: {head.command}")
    return head.spec


def combined(operations: Sequence[str] | SweepSpec, options: SweepOptions) -> SweepSpec:
    """The spec that a call's arguments mean.

    Raises:
        FarmError: an option is wrong.
    """
    if isinstance(operations, SweepSpec):
        return operations.updated(**options) if options else operations
    return SweepSpec.of(operations, **options)
