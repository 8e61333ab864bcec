"""The environment variables of a process that opens a board, whether it is the worker or a model's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from farm.board.backends import backend_of
from farm.board.kernel_cache import cache_environment
from farm.board.packages import packages_folder
from farm.core.board import Board
from farm.core.measures import WATCHER

QUIET: Mapping[str, str] = {"TT_LOGGER_LEVEL": "FATAL", "LOGURU_LEVEL": "ERROR"}
"""Variables that keep ttnn from logging, unless the user has set them."""
COUNT_KERNELS: Mapping[str, str] = {**QUIET, "TT_LOGGER_LEVEL": "info", "TT_LOGGER_TYPES": "BuildKernels"}
"""The same, except that ttnn prints at exit how many kernels it found in its cache."""

_OWN = frozenset({"FARM_STORE", "FARM_TOKEN_FILE", "PGPASSWORD", "PGPASSFILE"})
"""What only farm itself needs: how it opens the results store and the farm. No test gets it."""
MPI_MEMORY = ("OMPI_MCA_btl_sm_backing_directory", "OMPI_MCA_btl_vader_backing_directory")
"""Where ttnn's MPI keeps its shared memory."""


def process_environment(
    board: Board,
    workdir: Path,
    python: str,
    additional: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] = QUIET,
) -> dict[str, str]:
    """The environment of a process: this one's, the board's own, and farm's packages.

    Args:
        board: what it opens.
        workdir: a folder for what it leaves behind.
        python: its interpreter.
        additional: variables in addition to the inherited ones.
        defaults: variables that it gets unless it inherits them.

    Raises:
        NotRunnable: something that the board needs can't be written.
    """
    passed = {name: value for name, value in os.environ.items() if not name.startswith("RAY_") and name not in _OWN}
    inherited = passed | dict(additional or {})
    # farm and tracer are added by path: the host's own environment needs only ttnn
    path = os.pathsep.join(filter(None, (str(packages_folder(workdir)), inherited.get("PYTHONPATH"))))
    # ttnn's MPI leaves its shared memory behind: in this folder it goes with the process
    memory = dict.fromkeys(MPI_MEMORY, str(workdir))
    kernels = cache_environment(board, inherited, python=python)
    ttnn = backend_of(board).ttnn_environment(board, inherited, python)
    environment = {**defaults, **memory, **kernels, **inherited, **board.environment, **ttnn, "PYTHONPATH": path}
    if not board.computes:  # it runs no kernels to watch, and ttnn aborts where it finds none
        for name in WATCHER:
            environment.pop(name, None)
    return environment
