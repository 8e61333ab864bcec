"""The door's process on the head: python -m farm.cluster.door.process STATE_FOLDER.

`farm up` starts it, with the plan and the record of the node in the state folder, and starts it again when it ends.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from farm.cluster.board_registry import FarmBoardRegistry
from farm.cluster.door.app import Door, door_app
from farm.cluster.door.head_jobs import HeadJobs, ray_output_path
from farm.cluster.door.job_desk import JobRules
from farm.cluster.door.job_policy import JobPolicy
from farm.cluster.door.server import door_server
from farm.cluster.door.tokens import RoleTokens
from farm.cluster.hosts.host_plan import HostPlan, load_plan
from farm.cluster.nodes.host_state import HostState, load_state
from farm.cluster.registry.action_log import FILE, Action, ActionLog
from farm.cluster.registry.client import FarmClient, connected
from farm.cluster.registry.published import PublishedFarm
from farm.cluster.registry.records import FarmView
from farm.core.door_address import listening_place
from farm.core.errors import ExitCode, FarmError, NotRunnable

VIEW_SECONDS = 0.5
"""How old a view may be that is shown to several people."""


class OwnFarm:
    """The `DoorFarm` of this head. Any thread may call it."""

    def __init__(self, farm: FarmClient, state: HostState, log: ActionLog) -> None:
        """Make it.

        Args:
            farm: the registry.
            state: the record of the head's node.
            log: the head's log of actions.
        """
        self._boards = FarmBoardRegistry(farm, is_verified=True)
        self._log = log
        self._published = PublishedFarm.at(state.address, state.token_file)
        self._lock = threading.Lock()
        self._view: FarmView | None = None
        self._viewed_at = 0.0
        self._has_changed = False

    def view(self) -> FarmView:
        """See `DoorFarm`. It shows what was done before by this door."""
        with self._lock:
            if self._has_changed:
                self._published.view()  # the next one is published after this moment
                self._view, self._has_changed = None, False
            if self._view is None or time.monotonic() - self._viewed_at > VIEW_SECONDS:
                self._view = self._published.view()
                self._viewed_at = time.monotonic()
            return self._view

    def hold(self, name: str, why: str, by: str) -> None:
        """See `DoorFarm`."""
        self._boards.hold(name, why, by)
        self._has_changed = True

    def release(self, name: str, by: str) -> None:
        """See `DoorFarm`."""
        self._boards.release(name, by)
        self._has_changed = True

    def probe(self, name: str, by: str) -> str:
        """See `DoorFarm`."""
        try:
            return self._boards.probe(name, by)
        finally:
            self._has_changed = True

    def reset(self, name: str, by: str) -> str:
        """See `DoorFarm`."""
        try:
            return self._boards.reset(name, by)
        finally:
            self._has_changed = True

    def actions(self, count: int) -> list[Action]:
        """See `DoorFarm`. The file is this host's: the registry, which may be busy, need not read it."""
        return self._log.last(count)


def serve(plan: HostPlan, state: HostState, folder: Path) -> None:
    """Answer at the door until SIGTERM.

    Raises:
        FarmError: the plan names no door, or an invalid one.
        NotRunnable: the farm doesn't answer.
    """
    if plan.door is None:
        raise FarmError("this host's plan has no door: `farm up --head --door HOST:PORT`")
    place = listening_place(plan.door)
    certificates = plan.certificates if plan.door_is_encrypted else None
    with connected(state.address, state.token_file) as farm:
        log = ActionLog(folder / FILE)
        rules = JobRules(JobPolicy(state.address, plan.job_isolation), plan.job_size)
        jobs = HeadJobs(plan.jobs_url, state.token_file, ray_output_path)
        door = Door(OwnFarm(farm, state, log), RoleTokens(folder), log, (jobs, rules))
        door_server(door_app(door), place, certificates).run()


def main() -> int:
    """Serve the door of the state folder that is the first argument; returns the exit code."""
    folder = Path(sys.argv[1])
    try:
        plan, state = load_plan(folder), load_state(folder)
        if plan is None or state is None or not state.head:
            raise NotRunnable(f"this host is no farm's head: nothing in {folder} says so")
        serve(plan, state, folder)
    except FarmError as error:
        sys.stderr.write(f"the door: {error}\n")
        return int(error.exit_code)
    return int(ExitCode.GOOD)


if __name__ == "__main__":
    sys.exit(main())
