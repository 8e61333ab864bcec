"""Pass on the items of an iterator in lists, so that sending costs less and no item waits long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 1.0
"""See `chunked`."""


def chunked(
    items: Iterable[T],
    seconds: float,
    urgent: Callable[[T], bool] = lambda _: False,
    wait: Callable[[threading.Event, float], object] = threading.Event.wait,
) -> Iterator[list[T]]:
    """Yield what `items` yields, in order, in lists, each at most `seconds` after its first item came.

    A thread of its own draws from `items`: what was yielded is passed on even while the next item takes long. An error
    of `items` is raised here, after all that came before it. No list is empty.

    Args:
        items: what is passed on.
        seconds: how long an item may wait for company.
        urgent: whether an item may not wait, nor what came before it. After such an item, `items` goes on once it has
            been passed on, or after `PATIENCE` seconds: what comes next may end this process.
        wait: waits for an event, for so many seconds at most.
    """
    gathered: list[T] = []
    failure: list[BaseException] = []
    lock = threading.Lock()
    came, hurry, ended, passed_on = (threading.Event() for _ in range(4))

    def draw() -> None:
        try:
            for item in items:
                is_urgent = urgent(item)
                with lock:
                    gathered.append(item)
                    came.set()
                    if is_urgent:
                        passed_on.clear()
                        hurry.set()
                if is_urgent:
                    passed_on.wait(PATIENCE)
        except BaseException as error:  # noqa: BLE001 - raised again, in the thread that iterates
            failure.append(error)
        finally:
            with lock:
                ended.set()
                hurry.set()
                came.set()

    threading.Thread(target=draw, daemon=True, name="chunked").start()
    while True:
        came.wait()
        wait(hurry, seconds)
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
