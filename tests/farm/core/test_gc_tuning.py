"""The threshold of the garbage collector."""

from __future__ import annotations

import gc
from contextlib import suppress

from farm.core.gc_tuning import ALLOCATIONS, fewer_collections


def test_the_threshold_is_raised_until_the_end_of_the_block() -> None:
    before = gc.get_threshold()
    with suppress(ZeroDivisionError), fewer_collections():
        assert gc.get_threshold() == (ALLOCATIONS, *before[1:])
        raise ZeroDivisionError
    assert gc.get_threshold() == before


def test_a_collector_that_is_off_stays_off() -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with fewer_collections():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
