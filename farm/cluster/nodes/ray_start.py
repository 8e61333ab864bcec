"""`python -m farm.cluster.nodes.ray_start OPTIONS`: `ray start`, without processes that nobody uses in a farm.

Ray's dashboard is a dozen Python processes, of which a farm needs the two that take jobs. Ray's client server lets
programs in that are no part of the farm. And each node starts as many idle workers as it has cores, however few
boards it has. `ray start` has no option for any of these.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from farm.cluster.ray_processes import changed_commands, without_methods

UNUSED = ("start_ray_client_server",)
"""The methods of Ray's `Node` that start it."""
IDLE_WORKERS = "--num_prestart_python_workers"
"""The raylet's option for the workers that it starts before anybody needs one."""
DASHBOARD = "dashboard.py"
"""The program of the dashboard."""
PARTS = {
    "JobHead": "ray.dashboard.modules.job.job_head",  # takes jobs
    "NodeHead": "ray.dashboard.modules.node.node_head",  # tells it which host is the head
}
"""The parts of the dashboard that jobs need: classes, by whose names they are loaded, and their modules."""


def without_idle_workers(command: Sequence[str]) -> list[str] | None:
    """A raylet's command that starts workers only as they are needed; None for another program.

    Args:
        command: the program and its options, each as `--name=value`.
    """
    kept = [word for word in command if word.partition("=")[0] != IDLE_WORKERS]
    return None if len(kept) == len(command) else [*kept, f"{IDLE_WORKERS}=0"]


def jobs_alone(command: Sequence[str]) -> list[str] | None:
    """A dashboard's command that takes jobs and does nothing else; None for another program.

    Args:
        command: the interpreter, the program and its options.
    """
    if not any(Path(word).name == DASHBOARD for word in command):
        return None
    return [*command, f"--modules-to-load={','.join(PARTS)}"]


def has_parts() -> bool:
    """Whether the installed Ray has the parts that are known: else its dashboard would not start."""
    return all(_defines(module, name) for name, module in PARTS.items())


def main() -> None:
    """Run `ray start` with this process's arguments."""
    sys.argv = ["ray", "start", *sys.argv[1:]]
    with ExitStack() as changes:
        changes.enter_context(without_methods(UNUSED))
        changes.enter_context(changed_commands(without_idle_workers))
        if has_parts():
            changes.enter_context(changed_commands(jobs_alone))
        import_module("ray.scripts.scripts").main()


def _defines(module: str, name: str) -> bool:
    """Whether a module's text defines a class: to import it would take longer than all else here."""
    try:
        spec = find_spec(module)
    except ImportError:
        return False
    if spec is None or spec.origin is None:
        return False
    return f"class {name}(" in Path(spec.origin).read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
