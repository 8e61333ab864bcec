"""Start Ray's node without the processes that an embedded cluster doesn't need.

`ray start` has an option for one of them; `ray.init` has none. They are Python processes: together they take longer to
start and to end than the rest of Ray.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from farm.cluster.bare_raylet import without_agents
from farm.cluster.ray_processes import Commands, changed_commands, ray_module, without_methods
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
def on_loopback() -> Iterator[None]:
    """Let Ray listen on the loopback address alone during a `with` block.

    Ray replaces a loopback address that it is given by one that other hosts reach, except where it doesn't support
    clusters of several hosts: on those systems it listens as it should here. A version of Ray without that exception
    listens for other hosts, too.
    """
    constants = ray_module("ray_constants")
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
    commands = Commands()
    try:
        with without_methods(UNUSED) as methods_left_out, changed_commands(without_agents) as commands:
            start_ray(**options)
    except Exception as error:
        if not (commands.changed or (methods_left_out and isinstance(error, _MISFITS))):
            raise
        end_ray()
        start_ray(**options)
