"""Chunks keep order, lose nothing, and don't wait for what takes long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farm.cluster.stream_batching import chunked


@given(items=st.lists(st.integers(), max_size=50), seconds=st.sampled_from([0.0001, 0.01]))
@settings(max_examples=30, deadline=None)
def test_nothing_is_lost_or_reordered(items: list[int], seconds: float) -> None:
    chunks = list(chunked(iter(items), seconds))
    assert [item for chunk in chunks for item in chunk] == items
    assert all(chunks)


def test_what_is_there_does_not_wait_for_the_next() -> None:
    more = threading.Event()

    def slow() -> Iterator[int]:
        yield 1
        assert more.wait(10)
        yield 2

    chunks = chunked(slow(), 0.01)
    assert next(chunks) == [1]
    more.set()
    assert list(chunks) == [[2]]


def test_quick_items_share_a_chunk() -> None:
    def quick() -> Iterator[int]:
        for n in range(10):
            time.sleep(0.001)
            yield n

    assert len(list(chunked(quick(), 0.2))) == 1


def test_what_is_urgent_takes_along_what_came_before_it() -> None:
    more = threading.Event()

    def items() -> Iterator[int]:
        yield from (1, 2, 0)
        assert more.wait(10)
        yield 3

    chunks = chunked(items(), 5.0, urgent=lambda item: item == 0)
    began = time.monotonic()
    assert next(chunks) == [1, 2, 0]
    more.set()
    assert list(chunks) == [[3]]
    assert time.monotonic() - began < 4


def test_an_error_comes_after_what_was_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise LookupError("two")

    chunks = chunked(failing(), 0.01)
    assert next(chunks) == [1]
    with pytest.raises(LookupError, match="two"):
        next(chunks)
