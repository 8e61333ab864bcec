"""Sweep modules listed by a worker that imports them: their suites and vectors, streamed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from farm.board.backends import backend_of
from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.protocol import WorkerDied, WorkerHung
from farm.board.worker_handle import WorkerProcess
from farm.core.board import Board
from farm.core.messages import Hello, Listing, ListingProblem, ListVectors, ModuleImported, VectorsListed
from farm.core.sweep_module import SweepModule
from farm.sweeps.records import ImportedModule, ListedVector, ModuleProblem, Record


class ListingProcess(Protocol):
    """What listing needs of a worker."""

    def start(self) -> Hello:
        """See `Worker`."""

    def list_vectors(self, request: ListVectors, timeout: float) -> Iterator[Listing]:
        """See `WorkerProcess`."""

    def close(self) -> None:
        """See `Worker`."""


def list_modules(
    modules: Sequence[SweepModule], suites: Sequence[str] | None, process: ListingProcess
) -> Iterator[Record]:
    """The vectors of modules, as a worker that imports them tells of them. Nothing is held.

    A module that can't be imported, or that ends or hangs the process, gives a `ModuleProblem`; the next one follows.

    Args:
        modules: which.
        suites: the names of suites to list; None for all.
        process: imports them. It is started, and ended at last.

    Raises:
        NotRunnable: there is no ttnn for the process.
    """
    running = False
    try:
        for module in modules:
            if not running:
                process.start()
            running = True
            try:
                yield from _listed(module, suites, process)
            except WorkerHung:
                running = False
                waited = f"no answer in {module.import_seconds:g} s of importing it, or of one of its generators"
                yield ModuleProblem(module.name, "", f"{module.name}: {waited}")
            except WorkerDied as error:
                running = False
                yield ModuleProblem(module.name, "", f"{module.name}: while it was imported, {error}")
    finally:
        process.close()


def _listed(module: SweepModule, suites: Sequence[str] | None, process: ListingProcess) -> Iterator[Record]:
    imported = ImportedModule(module, None, fixture=False, suites=())
    for message in process.list_vectors(ListVectors(module, suites), module.import_seconds):
        match message:
            case ModuleImported():
                imported = ImportedModule(module, message.timeout, message.fixture, tuple(message.suites))
                yield imported
            case VectorsListed():
                for raw in message.vectors:
                    yield ListedVector.from_json(imported, message.suite, raw)
            case ListingProblem():
                yield ModuleProblem(module.name, message.suite, message.message, message.configuration)


def listing_process(boards: Sequence[Board], folder: Path, address: str | None = None) -> ListingProcess:
    """A process to list modules in: with the environment of this host's first board, of a mock where it has none.

    Args:
        boards: where they are to run.
        folder: for what the process leaves behind.
        address: of the farm that has the boards: the process is there if this host has no ttnn.
    """
    if address is not None and find_spec("ttnn") is None:
        from farm.cluster.module_listing import FarmListing

        there = next((board for board in boards if backend_of(board).uses_ttnn), None)
        if there is not None:
            return FarmListing(address, there)
    here = (board for board in boards if backend_of(board).uses_ttnn and not board.host)
    real = next(here, None) or mock_boards(KINDS["n300"], 1)[0]
    return WorkerProcess(real, folder, python=real.python or sys.executable)
