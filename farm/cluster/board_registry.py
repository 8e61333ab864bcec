"""What a person sees of boards, and does with one: for the boards of a farm, or of a host that is in none."""

from __future__ import annotations

from typing import Protocol

from farm.board.reset_journal import BoardReset
from farm.cluster import probing
from farm.cluster.registry.action_log import Action, ActionKind
from farm.cluster.registry.client import FarmClient
from farm.cluster.registry.records import FarmView
from farm.cluster.registry.service import RegistryActor

_READ = 100_000
"""How many of the last actions are looked through for resets."""


class ViewSource(Protocol):
    """Boards to look at."""

    def view(self) -> FarmView:
        """The boards at this moment."""


class BoardActs(Protocol):
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


class BoardRegistry(BoardActs, Protocol):
    """Boards to act on, whose resets are known."""

    def resets(self) -> list[BoardReset]:
        """The resets of boards, by runs and by hand, the oldest first."""


class FarmBoardRegistry:
    """The `BoardRegistry` of a farm's boards."""

    def __init__(self, farm: FarmClient, *, is_verified: bool = False) -> None:
        """Make it.

        Args:
            farm: the farm's registry.
            is_verified: whether those who act are known by role tokens; otherwise they name themselves.
        """
        self._farm = farm
        self._is_verified = is_verified

    def hold(self, name: str, why: str, by: str) -> None:
        """See `BoardRegistry`."""
        self._farm.call(RegistryActor.hold, name, why, by, verified=self._is_verified)

    def release(self, name: str, by: str) -> None:
        """See `BoardRegistry`."""
        self._farm.call(RegistryActor.release, name, by, verified=self._is_verified)

    def probe(self, name: str, by: str) -> str:
        """See `BoardRegistry`."""
        self._farm.call(RegistryActor.begins, ActionKind.PROBE, name, by, verified=self._is_verified)
        return probing.probe(self._farm, name)

    def reset(self, name: str, by: str) -> str:
        """See `BoardRegistry`."""
        self._farm.call(RegistryActor.begins, ActionKind.RESET, name, by, verified=self._is_verified)
        return probing.reset(self._farm, name, by, verified=self._is_verified)

    def actions(self, count: int) -> list[Action]:
        """See `BoardRegistry`."""
        return self._farm.call(RegistryActor.actions, count)

    def resets(self) -> list[BoardReset]:
        """See `BoardRegistry`; those whose end is among the head's last actions."""
        return [reset for action in self.actions(_READ) if (reset := reset_of(action)) is not None]


def reset_of(action: Action) -> BoardReset | None:
    """The reset that an action ended; None for other actions."""
    if action.action not in (ActionKind.RESET_ENDED, ActionKind.RESET_FAILED):
        return None
    good, seconds = action.action is ActionKind.RESET_ENDED, action.seconds
    began = action.at - (seconds or 0.0)
    return BoardReset(at=began, board=action.name, by=action.who, good=good, seconds=seconds, message=action.detail)
