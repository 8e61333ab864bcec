"""The worker of a board."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from farm.board.backends import backend_of
from farm.board.protocol import Deadlines, Worker
from farm.board.terminal import Terminal
from farm.core.board import Board

MakeWorker: TypeAlias = Callable[[Board, Path, Deadlines, Terminal | None], Worker]
"""Makes the worker of a board, in a working directory, with time limits, and attached to a terminal if there is one."""


def make_worker(board: Board, workdir: Path, deadlines: Deadlines, terminal: Terminal | None) -> Worker:
    """The worker that fits a board's backend."""
    return backend_of(board).worker(board, workdir, deadlines, terminal)
