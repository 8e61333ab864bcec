"""What tests of the worker do to their process."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import pytest

PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(autouse=True)
def _no_adopted_orphans() -> Iterator[None]:
    """Undo that this process adopts orphans, as a worker does: later tests look for orphans, and for children."""
    yield
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
