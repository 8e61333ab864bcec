"""Passing on what an iterator yields in lists, so that the cost of passing is shared and nothing waits long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def chunked(items: Iterable[T], seconds: float, urgent: Callable[[T], bool] = lambda _: False) -> Iterator[list[T]]:
    """Yields what `items` yields, in order, in lists, each at most so many seconds after its first item came.

    `items` is drawn in a thread of its own: what it has yielded is passed on even while it is busy with the next.
    What it raises is raised here, after all that came before. No list is empty.

    Args:
        items: what is passed on.
        seconds: how long an item may wait for company.
        urgent: whether an item may not wait at all, nor what came before it.
    """
    gathered: list[T] = []
    failure: list[BaseException] = []
    lock = threading.Lock()
    came, hurry, ended = threading.Event(), threading.Event(), threading.Event()

    def draw() -> None:
        try:
            for item in items:
                with lock:
                    gathered.append(item)
                    came.set()
                    if urgent(item):
                        hurry.set()
        except BaseException as error:  # noqa: BLE001 - raised again, in the thread that asked
            failure.append(error)
        finally:
            with lock:
                ended.set()
                hurry.set()
                came.set()

    threading.Thread(target=draw, daemon=True, name="chunked").start()
    while True:
        came.wait()
        hurry.wait(seconds)
        with lock:
            chunk, gathered = gathered, []
            if not (done := ended.is_set()):
                came.clear()
                hurry.clear()
        if chunk:
            yield chunk
        if done:
            break
    if failure:
        raise failure[0]
