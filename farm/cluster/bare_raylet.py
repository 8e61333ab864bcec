"""A raylet without its two agents, which are Python processes that take longer to start than the rest of Ray.

One sends metrics and serves the dashboard; the other installs the packages of a runtime environment. A cluster of one
run has neither. The raylet insists on commands for both, ends once one of them has ended, and waits until they have
told their ports. So it gets a command that does nothing, and ports.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

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


def without_agents(command: Sequence[str]) -> list[str] | None:
    """A raylet's command that starts no agent; None where it hasn't all options that are known of agents.

    Args:
        command: the program and its options, each as `--name=value`.
    """
    replaced = {**dict.fromkeys(AGENTS, IDLE), **dict.fromkeys(PORTS, str(NO_PORT))}
    names = {word.partition("=")[0] for word in command}
    if not names.issuperset(AGENTS):
        return None
    kept = [word for word in command if word.partition("=")[0] not in replaced]
    return [*kept, *(f"{name}={value}" for name, value in replaced.items())]
