"""Passing on what an iterator yields in lists, so that the cost of passing is shared and nothing waits long."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def chunked(items: Iterable[T], seconds: float) -> Iterator[list[T]]:
    """Yields what `items` yields, in order, in a list every so many seconds and at the end.

    `items` is drawn in a thread of its own: what it has yielded is passed on even while it is busy with the next.
    What it raises is raised here, after all that came before. No list is empty.
    """
    gathered: list[T] = []
    failure: list[BaseException] = []
    lock = threading.Lock()
    finished = threading.Event()

    def draw() -> None:
        try:
            for item in items:
                with lock:
                    gathered.append(item)
        except BaseException as error:  # noqa: BLE001 - raised again, in the thread that asked
            failure.append(error)
        finally:
            finished.set()

    threading.Thread(target=draw, daemon=True, name="chunked").start()
    while True:
        ended = finished.wait(seconds)
        with lock:
            chunk, gathered = gathered, []
        if chunk:
            yield chunk
        if ended:
            break
    if failure:
        raise failure[0]
