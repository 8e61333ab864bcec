"""Lists of items keep their order, lose nothing, and don't wait for an item that takes long."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farm.cluster.stream_batching import chunked

PATIENT = 60.0
"""Seconds that a test waits for what must happen."""


@given(items=st.lists(st.integers(), max_size=50), seconds=st.sampled_from([0.0001, 0.01]))
@settings(max_examples=30, deadline=None)
def test_no_item_is_lost_or_reordered(items: list[int], seconds: float) -> None:
    chunks = list(chunked(iter(items), seconds))
    assert [item for chunk in chunks for item in chunk] == items
    assert all(chunks)


def test_an_item_does_not_wait_for_the_next() -> None:
    more = threading.Event()

    def slow() -> Iterator[int]:
        yield 1
        assert more.wait(PATIENT)
        yield 2

    chunks = chunked(slow(), 0.01)
    assert next(chunks) == [1]
    more.set()
    assert list(chunks) == [[2]]


def test_items_that_come_while_the_first_one_waits_share_its_list() -> None:
    first_waits, all_came = threading.Event(), threading.Event()

    def quick() -> Iterator[int]:
        yield 0
        assert first_waits.wait(PATIENT)
        yield from range(1, 10)
        all_came.set()

    def wait(_event: threading.Event, seconds: float) -> None:
        assert seconds == 0.2
        first_waits.set()
        assert all_came.wait(PATIENT)

    assert list(chunked(quick(), 0.2, wait=wait)) == [list(range(10))]


def test_an_urgent_item_takes_along_what_came_before_it() -> None:
    more = threading.Event()

    def items() -> Iterator[int]:
        yield from (1, 2, 0)
        assert more.wait(PATIENT)
        yield 3

    def wait(event: threading.Event, _seconds: float) -> None:
        assert event.wait(PATIENT), "only the urgent item, or the end, may end this"

    chunks = chunked(items(), 5.0, urgent=lambda item: item == 0, wait=wait)
    assert next(chunks) == [1, 2, 0]
    more.set()
    assert list(chunks) == [[3]]


def test_an_error_comes_after_the_items_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise LookupError("two")

    chunks = chunked(failing(), 0.01)
    assert next(chunks) == [1]
    with pytest.raises(LookupError, match="two"):
        next(chunks)
