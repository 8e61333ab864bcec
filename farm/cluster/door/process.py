"""The door's process on the head: python -m farm.cluster.door.process STATE_FOLDER.

`farm up` starts it, with the plan and the record of the node in the state folder, and starts it again when it ends.
"""

from __future__ import annotations

import ssl
import sys
import threading
import time
from pathlib import Path

import uvicorn

from farm.cluster.board_registry import FarmBoardRegistry
from farm.cluster.door.app import Door, door_app
from farm.cluster.door.tokens import RoleTokens
from farm.cluster.hosts.host_plan import HostPlan, load_plan
from farm.cluster.nodes.host_state import HostState, load_state
from farm.cluster.ray_credentials import HOST_CERTIFICATE, HOST_KEY
from farm.cluster.registry.action_log import FILE, Action, ActionLog
from farm.cluster.registry.client import FarmClient, connected
from farm.cluster.registry.published import PublishedFarm
from farm.cluster.registry.records import FarmView
from farm.core.door_address import listening_place
from farm.core.errors import ExitCode, FarmError, NotRunnable

VIEW_SECONDS = 0.5
"""How old a view may be that is shown to several people."""
MOST_CONNECTIONS = 200
END_SECONDS = 3
"""How long requests may still run when the door is to end."""


class OwnFarm:
    """The `DoorFarm` of this head. Any thread may call it."""

    def __init__(self, farm: FarmClient, state: HostState) -> None:
        """Make it.

        Args:
            farm: the registry.
            state: the record of the head's node.
        """
        self._boards = FarmBoardRegistry(farm, is_verified=True)
        self._published = PublishedFarm.at(state.address, state.token_file)
        self._lock = threading.Lock()
        self._view: FarmView | None = None
        self._viewed_at = 0.0

    def view(self) -> FarmView:
        """See `DoorFarm`."""
        with self._lock:
            if self._view is None or time.monotonic() - self._viewed_at > VIEW_SECONDS:
                self._view = self._published.view()
                self._viewed_at = time.monotonic()
            return self._view

    def hold(self, name: str, why: str, by: str) -> None:
        """See `DoorFarm`."""
        self._boards.hold(name, why, by)

    def release(self, name: str, by: str) -> None:
        """See `DoorFarm`."""
        self._boards.release(name, by)

    def probe(self, name: str, by: str) -> str:
        """See `DoorFarm`."""
        return self._boards.probe(name, by)

    def reset(self, name: str, by: str) -> str:
        """See `DoorFarm`."""
        return self._boards.reset(name, by)

    def actions(self, count: int) -> list[Action]:
        """See `DoorFarm`."""
        return self._boards.actions(count)


def serve(plan: HostPlan, state: HostState, folder: Path) -> None:
    """Answer at the door until SIGTERM.

    Raises:
        FarmError: the plan names no door, or an invalid one.
        NotRunnable: the farm doesn't answer.
    """
    if plan.door is None:
        raise FarmError("this host's plan has no door: `farm up --head --door HOST:PORT`")
    host, port = listening_place(plan.door)
    certificates = plan.certificates if plan.door_is_encrypted else None
    with connected(state.address, state.token_file) as farm:
        door = Door(OwnFarm(farm, state), RoleTokens(folder), ActionLog(folder / FILE))
        config = uvicorn.Config(
            door_app(door),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="off",
            limit_concurrency=MOST_CONNECTIONS,
            h11_max_incomplete_event_size=16 * 1024,
            timeout_graceful_shutdown=END_SECONDS,
            ssl_certfile=certificates / HOST_CERTIFICATE if certificates else None,
            ssl_keyfile=certificates / HOST_KEY if certificates else None,
            ssl_version=ssl.PROTOCOL_TLS_SERVER,
        )
        uvicorn.Server(config).run()


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
