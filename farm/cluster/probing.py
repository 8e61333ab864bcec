"""Probing and resetting a board of the farm by hand, where it is: while that goes on, no run has it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from farm.cluster.actor import resources_of
from farm.cluster.registry.service import Farm
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable

PROBE_SECONDS = 300.0
RESET_SECONDS = 600.0


class BoardCheck:
    """A Ray actor that holds a board for a moment."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def probe(self) -> str:
        """Opens the board, runs one small operation, and closes it; what went wrong, or ""."""
        from farm.board.supervisor import CHECKED_AS, Limits, board_process

        limits = Limits()
        with tempfile.TemporaryDirectory(prefix="farm-probe-", ignore_cleanup_errors=True) as folder:
            process = board_process(self._board, Path(folder), limits.deadlines(self._board))
            try:
                process.start()
                process.open(CHECKED_AS, limits.open)
                process.check()
            except FarmError as error:
                return str(error)
            finally:
                process.close()
        return ""

    def reset(self) -> str:
        """Resets the board; what went wrong, or ""."""
        from farm.board.reset import Resetter
        from farm.board.supervisor import Limits

        done = Resetter(self._board, Limits().reset).reset()
        return "" if done.good else done.message or "the reset failed"


def probe(farm: Farm, board: str) -> str:
    """Checks a board that no run has, and tells the farm how that went.

    Raises:
        NotRunnable: it doesn't pass, or a run has it.
    """
    trouble = _ask(farm, board, "probe", PROBE_SECONDS)
    farm.call("checked", board, not trouble, trouble)
    if trouble:
        raise NotRunnable(f"{board} doesn't pass its check: {trouble}")
    return f"{board} passed its check"


def reset(farm: Farm, board: str) -> str:
    """Resets a board that no run has, and checks it.

    Raises:
        NotRunnable: the reset fails, the board doesn't pass its check after it, or a run has it.
    """
    if trouble := _ask(farm, board, "reset", RESET_SECONDS):
        raise NotRunnable(f"{board} was not reset: {trouble}")
    return f"{board} was reset; {probe(farm, board)}"


def _ask(farm: Farm, name: str, what: str, seconds: float) -> str:
    from farm.cluster.ray_client import ray

    board: Board = farm.call("find", name)
    view = next(each for each in farm.call("view").boards if each.id == name)
    if view.is_in_use:
        raise NotRunnable(f"{name} is in use by {view.who}, run {view.run}: hold it first, `farm boards hold {name}`")
    actor: Any = ray.remote(num_cpus=0, resources=resources_of(board))(BoardCheck).remote(board)
    try:
        told: str = ray.get(getattr(actor, what).remote(), timeout=seconds)
    except TimeoutError:
        return f"no answer in {seconds:g} s"
    except ray.exceptions.RayError as error:
        return str(error).splitlines()[0]
    finally:
        ray.kill(actor)
    return told
