"""How often garbage is looked for."""

from __future__ import annotations

import gc
from contextlib import suppress

from farm.core.gc_tuning import ALLOCATIONS, fewer_collections


def test_it_is_looked_for_less_often_until_the_end() -> None:
    before = gc.get_threshold()
    with suppress(ZeroDivisionError), fewer_collections():
        assert gc.get_threshold() == (ALLOCATIONS, *before[1:])
        raise ZeroDivisionError
    assert gc.get_threshold() == before


def test_who_turned_it_off_keeps_it_off() -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with fewer_collections():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
