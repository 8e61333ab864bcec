"""Where a run writes, looked at before work that takes long."""

from __future__ import annotations

from pathlib import Path

from farm.core.errors import FarmError
from farm.core.store_place import Place
from farm.store.opening import require_folder
from tracer.master.files import why_unwritable


def require_places(store: Place | None, out: str | Path | None) -> None:
    """Check that a run's results and its report can be written, as far as looking at folders tells.

    Args:
        store: the results store, a file or database URL; None for the default store.
        out: the folder for the report's files; None for none.

    Raises:
        FarmError: one of them can't be written.
    """
    require_folder(store)
    if out is not None and (reason := why_unwritable(Path(out) / "report")):
        raise FarmError(f"the report can't be written: {reason}: choose another folder with --out")
