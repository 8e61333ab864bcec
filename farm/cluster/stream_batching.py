"""Passing on what an iterator yields in lists, so that the cost of passing is shared and nothing waits long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 1.0
"""See `chunked`."""


def chunked(items: Iterable[T], seconds: float, urgent: Callable[[T], bool] = lambda _: False) -> Iterator[list[T]]:
    """Yields what `items` yields, in order, in lists, each at most so many seconds after its first item came.

    `items` is drawn in a thread of its own: what it has yielded is passed on even while it is busy with the next.
    What it raises is raised here, after all that came before. No list is empty.

    Args:
        items: what is passed on.
        seconds: how long an item may wait for company.
        urgent: whether an item may not wait at all, nor what came before it. `items` goes on once such a one has been
            passed on, for which it waits at most `PATIENCE` seconds: what comes next may be the end of this process.
    """
    gathered: list[T] = []
    failure: list[BaseException] = []
    lock = threading.Lock()
    came, hurry, ended, passed_on = (threading.Event() for _ in range(4))

    def draw() -> None:
        try:
            for item in items:
                now = urgent(item)
                with lock:
                    gathered.append(item)
                    came.set()
                    if now:
                        passed_on.clear()
                        hurry.set()
                if now:
                    passed_on.wait(PATIENCE)
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
            if urgent(chunk[-1]):
                passed_on.set()
        if done:
            break
    if failure:
        raise failure[0]
