"""The suites and vectors of sweep modules, streamed from a worker that imports the modules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, TypeAlias

from farm.board.backends import backend_of
from farm.board.backends.mock import mock_boards
from farm.board.confinement import confinement_of
from farm.board.kinds import KINDS
from farm.board.protocol import Deadlines, WorkerDied, WorkerHung
from farm.board.worker_handle import WorkerProcess
from farm.core.board import Board
from farm.core.listing_detail import Detail
from farm.core.messages import (
    Hello,
    Listing,
    ListingProblem,
    ListVectors,
    ModuleImported,
    VectorsCounted,
    VectorsListed,
)
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason
from farm.sweeps.records import CountedRecord, ImportedModule, ListedVector, ModuleProblem, Record, VectorCount
from farm.sweeps.suites import selects


class ListingProcess(Protocol):
    """A worker that can list modules."""

    def start(self) -> Hello:
        """See `Worker`."""

    def list_vectors(self, request: ListVectors, timeout: float) -> Iterator[Listing]:
        """See `WorkerProcess`."""

    def close(self) -> None:
        """See `Worker`."""


ListingIn: TypeAlias = "Callable[[Sequence[Board], Sequence[SweepModule]], ListingProcess | None]"
"""Called with a run's boards and the modules that are about to be imported for it. It may return a worker to list them
in; else they are listed in one that ends with the listing."""


class Lister:
    """Lists modules in a worker, which is restarted after it dies. `close` ends it.

    Attributes:
        process: the worker that imports the modules; it is started with the first request.
    """

    def __init__(self, process: ListingProcess) -> None:
        self.process = process
        self._running = False

    def records(self, request: ListVectors) -> Iterator[Record]:
        """Stream the answers to a request for vectors; see `counted`."""
        for record in self.counted(request):
            if not isinstance(record, VectorCount):
                yield record

    def counted(self, request: ListVectors) -> Iterator[CountedRecord]:
        """Stream the answers to a request; if the module ends or hangs the worker, the last is a `ModuleProblem`.

        Raises:
            NotRunnable: the worker has no ttnn.
        """
        module = request.module
        if not self._running:
            self.process.start()
        self._running = True
        try:
            yield from _records(request, self.process)
        except WorkerHung:
            self._running = False
            problem = f"no answer in {module.import_seconds:g} s of importing it, or of one of its generators"
            yield ModuleProblem(module.name, "", f"{module.name}: {problem}")
        except WorkerDied as error:
            self._running = False
            yield ModuleProblem(module.name, "", f"{module.name}: while it was imported, {error}")

    def close(self) -> None:
        """End the worker."""
        self.process.close()


def list_modules(
    modules: Sequence[SweepModule],
    suites: Sequence[str] | None,
    process: ListingProcess,
    former: Collection[str] = (),
    detail: Detail = Detail.VECTORS,
) -> Iterator[Record]:
    """Stream the suites and vectors of modules; none is held in memory.

    A module that can't be imported, or that ends or hangs the worker, gives a `ModuleProblem`; the next module follows.

    Args:
        modules: the modules to list.
        suites: the names of the suites to list; None for all.
        process: the worker that imports the modules. It is started here, and closed in the end.
        former: the names of the modules whose vectors' former hashes are needed.
        detail: VECTORS, or EXPORT_FORMS for vectors with their `export_form`.

    Raises:
        NotRunnable: the worker has no ttnn.
    """
    lister = Lister(process)
    try:
        for module in modules:
            yield from lister.records(ListVectors(module, suites, former=module.name in former, detail=detail))
    finally:
        lister.close()


def _records(request: ListVectors, process: ListingProcess) -> Iterator[CountedRecord]:
    module = request.module
    imported = ImportedModule(module, None, fixture=False, suites=())
    empty = request.exported is None
    for message in process.list_vectors(request, module.import_seconds):
        match message:
            case ModuleImported():
                suites_of_module, loaders = tuple(message.suites), tuple(message.loaders)
                imported = ImportedModule(module, message.timeout, message.fixture, suites_of_module, loaders)
                yield imported
            case VectorsListed():
                empty = False
                for raw in message.vectors:
                    yield ListedVector.from_json(imported, message.suite, raw)
            case VectorsCounted():
                empty = False
                number = message.vectors, message.invalid, message.grid, message.merged
                yield VectorCount(imported, message.suite, *number)
            case ListingProblem():
                empty = False
                reason = Reason.BROKEN_CONFIGURATION if message.configuration else Reason.BROKEN_MODULE
                yield ModuleProblem(module.name, message.suite, message.message, reason, message.input_hash)
    selected = [suite for suite in imported.suites if request.suites is None or selects(request.suites, suite)]
    if empty and (selected or not imported.suites):
        problem = "none of its suites has a vector" if imported.suites else "it defines no suite"
        if selected and request.suites is not None:
            problem = f"no vector in suite {', '.join(map(repr, selected))}"
        untraced = dict.fromkeys(line for loader in imported.loaders for line in loader.untraced)
        problem = "; ".join([problem, *untraced])
        yield ModuleProblem(module.name, "", f"{module.name}: nothing to run: {problem}", Reason.NO_VECTORS)


def listing_process(boards: Sequence[Board], folder: Path, spec: SweepSpec) -> ListingProcess:
    """A worker to list modules in.

    It has the environment of this host's first board that uses ttnn; where all boards are elsewhere, of a mock board of
    the first one's kind. On a farm, it runs on a host of the farm if this host has no ttnn.

    Args:
        boards: the boards that the vectors will run on.
        folder: the worker's working directory.
        spec: names the farm that has the boards, if one has, and what workers may use of their hosts.
    """
    address, confinement = spec.address, confinement_of(spec)
    with_ttnn = [board for board in boards if backend_of(board).uses_ttnn]
    if address is not None and with_ttnn and find_spec("ttnn") is None:
        from farm.cluster.module_listing import FarmListing

        return FarmListing(address, with_ttnn[0], confinement)
    of_this_host = (board for board in with_ttnn if not board.host)
    kind = with_ttnn[0].kind if with_ttnn else KINDS["n300"]
    board = next(of_this_host, None) or mock_boards(kind, 1)[0]
    return WorkerProcess(board, folder, Deadlines(confinement=confinement), board.python or sys.executable)
