"""Start Ray's raylet without its two agents, which are Python processes that take longer to start than the rest of Ray.

One sends metrics and serves the dashboard; the other installs the packages of a runtime environment. A cluster of one
run has neither. The raylet insists on commands for both, ends once one of them has ended, and waits until they have
told their ports. So it gets a command that does nothing, and ports.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_SLEEP = "import ctypes, signal; ctypes.CDLL(None).prctl(1, signal.SIGKILL); signal.pause()"
"""Sleeps until the process that started it ends: 1 is PR_SET_PDEATHSIG."""
IDLE = subprocess.list2cmdline([sys.executable, "-I", "-S", "-c", _SLEEP])
"""A command that does nothing, and ends with the raylet."""
AGENTS = ("--dashboard_agent_command", "--runtime_env_agent_command")
"""The raylet's options for the agents' commands."""
PORTS = (
    "--metrics-agent-port",
    "--metrics_export_port",
    "--dashboard_agent_listen_port",
    "--runtime_env_agent_port",
)
"""Its options for their ports."""
NO_PORT = 1
"""A port at which nobody listens. For 0, the raylet waits until an agent has chosen one."""
STARTER = "start_ray_process"
"""The function of `ray._private.services` that starts a process of a node."""


class Raylets:
    """What became of the raylets that were started.

    Attributes:
        changed: whether one started without its agents.
    """

    def __init__(self) -> None:
        """Nothing has been started."""
        self.changed = False


def without_agents(command: Sequence[str]) -> list[str] | None:
    """A raylet's command that starts no agent; None where it hasn't all options that are known of agents.

    Args:
        command: the program and its options, each as `--name=value`.
    """
    replaced = {**dict.fromkeys(AGENTS, IDLE), **dict.fromkeys(PORTS, str(NO_PORT))}
    given = {word.partition("=")[0] for word in command}
    if not given.issuperset(AGENTS):
        return None
    kept = [word for word in command if word.partition("=")[0] not in replaced]
    return [*kept, *(f"{name}={value}" for name, value in replaced.items())]


@contextmanager
def without_its_agents() -> Iterator[Raylets]:
    """Start raylets without their agents during a `with` block, as far as the installed Ray can be told so.

    Yields:
        What became of them: Ray may fail to start where its raylet takes other options.
    """
    raylets = Raylets()
    try:
        services: Any = importlib.import_module("ray._private.services")
    except ImportError:
        services = None
    start = getattr(services, STARTER, None)
    if start is None:
        yield raylets
        return

    def start_bare(command: Sequence[str], *arguments: Any, **options: Any) -> Any:
        bare = without_agents(command)
        raylets.changed |= bare is not None
        return start(command if bare is None else bare, *arguments, **options)

    setattr(services, STARTER, start_bare)
    try:
        yield raylets
    finally:
        setattr(services, STARTER, start)
