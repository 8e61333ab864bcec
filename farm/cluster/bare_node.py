"""Start Ray's node without the processes that an embedded cluster doesn't need.

`ray start` has an option for one of them; `ray.init` has none. They are Python processes: together they take longer to
start and to end than the rest of Ray.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from farm.cluster.bare_raylet import Raylets, without_its_agents
from farm.cluster.ray_signals import end_ray, start_ray

UNUSED = (
    "start_api_server",  # the dashboard and the jobs; `include_dashboard=False` still starts a process for it
    "start_log_monitor",  # sends what workers print to the driver; farm keeps logs of its own
    "start_monitor",  # the autoscaler
)
"""The methods of Ray's `Node` that start them."""
CLUSTERS = "ENABLE_RAY_CLUSTER"
"""The constant that says if Ray supports clusters of several hosts on this system."""
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


@contextmanager
def on_loopback() -> Iterator[None]:
    """Let Ray listen on the loopback address alone during a `with` block.

    Ray replaces a loopback address that it is given by one that other hosts reach, except where it doesn't support
    clusters of several hosts: on those systems it listens as it should here. A version of Ray without that exception
    listens for other hosts, too.
    """
    constants = _ray_module("ray_constants")
    supported = getattr(constants, CLUSTERS, None)
    if supported is None:
        yield
        return
    setattr(constants, CLUSTERS, False)
    try:
        yield
    finally:
        setattr(constants, CLUSTERS, supported)


def init_bare(**options: Any) -> None:
    """Call `ray.init` without the processes of `UNUSED` and the raylet's agents.

    With all of them in a version of Ray that does not start otherwise.

    Args:
        options: those of `ray.init`.

    Raises:
        Exception: Ray doesn't start.
    """
    methods_left_out = False
    raylets = Raylets()
    try:
        with without_unused_processes() as methods_left_out, without_its_agents() as raylets:
            start_ray(**options)
    except Exception as error:
        if not (raylets.changed or (methods_left_out and isinstance(error, _MISFITS))):
            raise
        end_ray()
        start_ray(**options)


def _node_class() -> type:
    """Ray's class that starts the processes of a host; an empty class where this version has none of that name."""
    node = getattr(_ray_module("node"), "Node", None)
    return node if isinstance(node, type) else type("Node", (), {})


def _ray_module(name: str) -> ModuleType | None:
    """A module of Ray's internals; None where this version has none of that name."""
    try:
        return importlib.import_module(f"ray._private.{name}")
    except ImportError:
        return None


def _start_nothing(*_: object, **__: object) -> None:
    """Stands in for a method that starts a process."""
