"""What a person sees of boards, and does with one: for the boards of a farm, or of a host that is in none."""

from __future__ import annotations

from typing import Protocol

from farm.cluster import probing
from farm.cluster.registry.action_log import Action, ActionKind
from farm.cluster.registry.client import FarmClient
from farm.cluster.registry.records import FarmView
from farm.cluster.registry.service import RegistryActor


class ViewSource(Protocol):
    """Boards to look at."""

    def view(self) -> FarmView:
        """The boards at this moment."""


class BoardRegistry(Protocol):
    """Boards to act on, each named by its id. A name that no board has is a `FarmError`.

    `by` is the user and host that act.
    """

    def hold(self, name: str, why: str, by: str) -> None:
        """Keep a board from all runs."""

    def release(self, name: str, by: str) -> None:
        """Let a held board be used again."""

    def probe(self, name: str, by: str) -> str:
        """Check a board, and return what to tell the user.

        Raises:
            NotRunnable: it doesn't pass, or a run has it.
        """

    def reset(self, name: str, by: str) -> str:
        """Reset a board, check it, and return what to tell the user.

        Raises:
            NotRunnable: the reset fails, the board doesn't pass its check after it, or a run has it.
        """

    def actions(self, count: int) -> list[Action]:
        """The last actions that were logged, the oldest first."""


class FarmBoardRegistry:
    """The `BoardRegistry` of a farm's boards."""

    def __init__(self, farm: FarmClient) -> None:
        self._farm = farm

    def hold(self, name: str, why: str, by: str) -> None:
        """See `BoardRegistry`."""
        self._farm.call(RegistryActor.hold, name, why, by)

    def release(self, name: str, by: str) -> None:
        """See `BoardRegistry`."""
        self._farm.call(RegistryActor.release, name, by)

    def probe(self, name: str, by: str) -> str:
        """See `BoardRegistry`."""
        self._farm.call(RegistryActor.begins, ActionKind.PROBE, name, by)
        return probing.probe(self._farm, name)

    def reset(self, name: str, by: str) -> str:
        """See `BoardRegistry`."""
        self._farm.call(RegistryActor.begins, ActionKind.RESET, name, by)
        return probing.reset(self._farm, name)

    def actions(self, count: int) -> list[Action]:
        """See `BoardRegistry`."""
        return self._farm.call(RegistryActor.actions, count)
