"""Running one plan under one ttnn: an ordinary run, whose boards are opened by another interpreter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from farm.board.backends import backend_of
from farm.core.errors import FarmError
from farm.running.early_start import EarlyStart
from farm.versions.environments import Environment

if TYPE_CHECKING:
    from farm.cluster.early_cluster import EarlyCluster
    from farm.core.board import Board
    from farm.core.progress import Progress
    from farm.planning.sweep_plan import Planned
    from farm.store import RunView, Store


class RunPlan(Protocol):
    """Runs a plan under a ttnn and returns the recorded run. A double for tests needs no board."""

    def __call__(self, planned: Planned, environment: Environment, command: str, store: Store) -> RunView:
        """Run the plan's vectors on its boards, opened by the environment's interpreter."""


@dataclass(frozen=True, slots=True)
class Sweeps:
    """Runs plans as `farm sweep` does.

    Attributes:
        progress: makes the display of a run.
        cluster: a shared one, for all of the runs.
    """

    progress: Callable[[], Progress]
    cluster: EarlyCluster

    def __call__(self, planned: Planned, environment: Environment, command: str, store: Store) -> RunView:
        """See `RunPlan`."""
        from farm.running.sweep import Sweep, run_sweep  # it imports Ray, which takes seconds

        sweep = Sweep(
            command,
            planned.spec,
            opened_by(environment, planned.boards),
            planned.vectors,
            details={**planned.details, "under": environment.name, "python": environment.python},
        )
        return store.view(run_sweep(sweep, store, self.progress(), EarlyStart(planned.spec, self.cluster)))


def opened_by(environment: Environment, boards: Sequence[Board]) -> list[Board]:
    """Boards that an environment's ttnn opens.

    Raises:
        FarmError: they belong to the hosts of a farm, which have environments of their own; or no ttnn opens them.
    """
    for board in boards:
        if board.host:
            raise FarmError(f"{board.id} belongs to a farm's host: run this on a host that has the boards itself")
        if not backend_of(board).uses_ttnn:
            raise FarmError(f"{board.id} is opened without ttnn: name boards that ttnn opens, such as mock:n300")
    return [replace(board, python=environment.python) for board in boards]
