"""Start Ray's node without the processes that an embedded cluster doesn't need.

`ray start` has an option for one of them; `ray.init` has none. They are Python processes: together they take longer to
start and to end than the rest of Ray.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from farm.cluster.ray_client import ray

UNUSED = (
    "start_api_server",  # the dashboard and the jobs; `include_dashboard=False` still starts a process for it
    "start_log_monitor",  # sends what workers print to the driver; farm keeps logs of its own
    "start_monitor",  # the autoscaler
)
"""The methods of Ray's `Node` that start them."""


@contextmanager
def without_unused_processes() -> Iterator[None]:
    """Start no process of `UNUSED` during a `with` block; methods that the installed Ray lacks are ignored."""
    node = ray._private.node.Node  # noqa: SLF001 - Ray has no option for it
    methods = {name: vars(node)[name] for name in UNUSED if name in vars(node)}
    for name in methods:
        setattr(node, name, _start_nothing)
    try:
        yield
    finally:
        for name, method in methods.items():
            setattr(node, name, method)


def _start_nothing(*_: object, **__: object) -> None:
    """Stands in for a method that starts a process."""
