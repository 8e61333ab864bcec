"""The end of forked children that return into the worker's code.

A sweep module may fork. A child that comes back from the module's code would go on as a second worker on the same
board, with the same pipes. It ends at once instead, without a word. Children that C code forks are noticed as well.
"""

from __future__ import annotations

import os

_getpid, _exit = os.getpid, os._exit  # a module may put anything in place of them
_worker: int | None = None


def claim() -> None:
    """Make this process the worker. Without that, `end_forked_child` never ends anything."""
    global _worker  # noqa: PLW0603 - a process has one identity
    _worker = _getpid()


def end_forked_child() -> None:
    """End this process at once if it is a forked child of the worker."""
    if _worker is not None and _getpid() != _worker:
        _exit(0)
