"""The fleet of a host by itself."""

from __future__ import annotations

from farm.cluster.fleet import FleetEvent, Outcomes
from farm.cluster.hosts.board_memory import remember
from farm.cluster.ray_fleet import RayFleet
from scheduler.board_state import Transition


class HostFleet(RayFleet):
    """A fleet of this host's own boards; the host remembers their checks and holds."""

    def wait(self, seconds: float) -> list[FleetEvent]:
        """See `Fleet`."""
        events = super().wait(seconds)
        for event in events:
            for report in event.outcomes if isinstance(event, Outcomes) else ():
                if isinstance(report, Transition):
                    remember(self._boards[report.board], report)
        return events
