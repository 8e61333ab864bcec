"""Probing and resetting one board of the farm by hand, on its host; meanwhile no run has it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from farm.board.limits import Limits
from farm.board.reset import Reset
from farm.board.supervisor import Supervisor
from farm.cluster.board_resources import resources_of
from farm.cluster.registry.client import FarmClient
from farm.cluster.registry.service import RegistryActor
from farm.core.board import Board
from farm.core.errors import NotRunnable

PROBE_SECONDS = 300.0
RESET_SECONDS = 600.0
_Result = TypeVar("_Result")


class BoardCheck:
    """Holds a board for a moment; a Ray actor on the board's host, or an object on this one."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def probe(self) -> str:
        """Open the board, run one small operation, and close it; what went wrong, or ""."""
        with self._supervisor() as supervisor:
            return supervisor.probe()

    def reset(self) -> Reset:
        """Reset the board."""
        with self._supervisor() as supervisor:
            return supervisor.reset()

    @contextmanager
    def _supervisor(self) -> Iterator[Supervisor]:
        with tempfile.TemporaryDirectory(prefix="farm-probe-", ignore_cleanup_errors=True) as folder:
            yield Supervisor(self._board, Path(folder), Limits())


def probe(farm: FarmClient, board: str) -> str:
    """Check a board that no run has, and report the result to the farm.

    Raises:
        NotRunnable: it doesn't pass, or a run has it.
    """
    try:
        trouble = _on_its_host(farm, board, BoardCheck.probe, PROBE_SECONDS)
    except _NoAnswer as error:
        trouble = str(error)
    farm.call(RegistryActor.checked, board, passed=not trouble, message=trouble)
    if trouble:
        raise NotRunnable(f"{board} doesn't pass its check: {trouble}")
    return f"{board} passed its check"


def reset(farm: FarmClient, board: str, by: str, *, verified: bool = False) -> str:
    """Reset a board that no run has, and check it; `verified` says that the door knows `by` by a role token.

    Raises:
        NotRunnable: the reset fails, the board doesn't pass its check after it, or a run has it.
    """
    began = time.monotonic()
    try:
        result = _on_its_host(farm, board, BoardCheck.reset, RESET_SECONDS)
    except _NoAnswer as error:
        result = Reset(good=False, seconds=time.monotonic() - began, message=str(error))
    farm.call(RegistryActor.was_reset, board, by, message=result.message, seconds=result.seconds, verified=verified)
    if not result.good:
        raise NotRunnable(f"{board} was not reset: {result.message}")
    return f"{board} was reset; {probe(farm, board)}"


class _NoAnswer(Exception):  # noqa: N818 - named for what happened
    """The board's host did not answer, or what it ran there died."""


def _on_its_host(farm: FarmClient, name: str, method: Callable[[BoardCheck], _Result], seconds: float) -> _Result:
    """Call a method of a board's `BoardCheck` on its host; return its result.

    Raises:
        NotRunnable: a run has the board.
        _NoAnswer: there is no result.
    """
    from farm.cluster.ray_client import ray

    board = farm.call(RegistryActor.find, name)
    view = next(each for each in farm.call(RegistryActor.view).boards if each.id == name)
    if view.is_in_use:
        raise NotRunnable(f"{name} is in use by {view.who}, run {view.run}: hold it first, `farm boards hold {name}`")
    actor: Any = ray.remote(num_cpus=0, resources=resources_of(board))(BoardCheck).remote(board)
    try:
        result: _Result = ray.get(getattr(actor, method.__name__).remote(), timeout=seconds)
    except TimeoutError as error:
        raise _NoAnswer(f"no answer in {seconds:g} s") from error
    except ray.exceptions.RayError as error:
        raise _NoAnswer(str(error).splitlines()[0]) from error
    finally:
        ray.kill(actor)
    return result
