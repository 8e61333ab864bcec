"""Start Ray's node without the processes that an embedded cluster doesn't need.

`ray start` has an option for one of them; `ray.init` has none. They are Python processes: together they take longer to
start and to end than the rest of Ray.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from farm.cluster.ray_client import ray

UNUSED = (
    "start_api_server",  # the dashboard and the jobs; `include_dashboard=False` still starts a process for it
    "start_log_monitor",  # sends what workers print to the driver; farm keeps logs of its own
    "start_monitor",  # the autoscaler
)
"""The methods of Ray's `Node` that start them."""
_MISFITS = (AttributeError, KeyError, TypeError, AssertionError)
"""What code raises that misses what another method should have done; Ray's own errors are others."""


@contextmanager
def without_unused_processes() -> Iterator[bool]:
    """Start no process of `UNUSED` during a `with` block; methods that the installed Ray lacks are ignored.

    Yields:
        Whether Ray was changed: it may then fail where it needs what such a method does in this version.
    """
    node = _node_class()
    methods = {name: vars(node)[name] for name in UNUSED if name in vars(node)}
    for name in methods:
        setattr(node, name, _start_nothing)
    try:
        yield bool(methods)
    finally:
        for name, method in methods.items():
            setattr(node, name, method)


def init_bare(**options: Any) -> None:
    """Call `ray.init` without the processes of `UNUSED`; with them in a version of Ray that does not start otherwise.

    Args:
        options: those of `ray.init`.

    Raises:
        Exception: Ray doesn't start.
    """
    changed = False
    try:
        with without_unused_processes() as changed:
            ray.init(**options)
    except _MISFITS:
        if not changed:
            raise
        ray.shutdown()
        ray.init(**options)


def _node_class() -> type:
    """Ray's class that starts the processes of a host; an empty class where this version has none of that name."""
    try:
        node = importlib.import_module("ray._private.node").Node
    except (ImportError, AttributeError):
        node = None
    return node if isinstance(node, type) else type("Node", (), {})


def _start_nothing(*_: object, **__: object) -> None:
    """Stands in for a method that starts a process."""
