"""Start parts of a run while its sweep modules are imported: the cluster, and the worker of its first board.

The worker that lists a single module then serves a board, since it has already imported ttnn and the module. Several
modules are listed in a separate process, so that what one leaves behind does not affect the run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from farm.board.backends import backend_of
from farm.board.confinement import confinement_of
from farm.board.handover import ReadyWorker, RunningWorker
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.board.signals import Process
from farm.cluster.early_cluster import EarlyCluster
from farm.core.board import Board
from farm.core.errors import FarmError
from farm.core.measures import COLD
from farm.core.messages import (
    Hello,
    Listing,
    ListingEnd,
    ListingProblem,
    ListVectors,
)
from farm.core.scratch import Scratch
from farm.core.store_place import Place
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.planning.board_choice import boards_of, require_ttnn, with_environment
from farm.planning.module_records import selected_modules
from tracer.errors import TracerError

SCRATCH_PREFIX = "farm-worker-"
REAP_SECONDS = 5.0
"""How long to wait for a worker that its new supervisor has ended."""


class FirstWorker:
    """A worker that lists a module, and serves a board afterwards if the module has no problem; see `ListingProcess`.

    Attributes:
        board: the board that it opens once it is handed over.
    """

    def __init__(self, board: Board, limits: Limits) -> None:
        self.board = board
        self._folder = Scratch(Path(tempfile.gettempdir()), SCRATCH_PREFIX)
        python = board.python or sys.executable
        self._worker = ReadyWorker(board, self._folder.path, limits.deadlines(board), python)
        self._listed = False
        self._process: Process | None = None

    def begin(self) -> None:
        """Start the worker, and return at once."""
        self._worker.begin()

    def start(self) -> Hello:
        """See `ListingProcess`."""
        return self._worker.start()

    def list_vectors(self, request: ListVectors, timeout: float) -> Iterator[Listing]:
        """See `ListingProcess`."""
        self._listed = False
        sound = True
        for message in self._worker.list_vectors(request, timeout):
            sound = sound and not isinstance(message, ListingProblem)
            self._listed = sound and isinstance(message, ListingEnd)
            yield message

    def close(self) -> None:
        """Keep the worker if it has listed its module to the end; otherwise end it."""
        if not self._listed:
            self.end()

    def hand_over(self) -> RunningWorker | None:
        """The worker, for the board's supervisor, once; None if there is none."""
        listed, self._listed = self._listed, False
        return self._worker.hand_over() if listed else None

    def started(self, pid: int) -> None:
        """Note that the board's worker has started: if it is this one, leave it to its supervisor."""
        running = self._worker.hand_over()
        if running is not None and running.pid == pid:
            self._process = self._worker.let_go()

    def end(self) -> None:
        """End the worker unless a supervisor has taken it over, which has ended it by now."""
        self._worker.close()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(REAP_SECONDS)
        self._folder.close()


class EarlyStart:
    """Starts what a run needs while it is planned; ends all of it with its `with` block.

    Attributes:
        cluster: the cluster for boards of this host.
        spec: what the run is planned from.
    """

    def __init__(self, spec: SweepSpec, cluster: EarlyCluster | None = None) -> None:
        """Start nothing yet.

        Args:
            spec: what the run is planned from.
            cluster: a shared one, which this object doesn't end; None for one of the run's own.
        """
        self.cluster = EarlyCluster() if cluster is None else cluster
        self.spec = spec
        self._first: FirstWorker | None = None

    def __enter__(self) -> EarlyStart:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.cluster.shared:
            self.cluster.stop()  # while the worker ends
        try:
            if self._first is not None:
                self._first.end()
        finally:
            if not self.cluster.shared:
                self.cluster.close()

    def begin(self, store: Place | None = None, out: Path | None = None) -> None:
        """Start the cluster, and the worker that will list a single module: ttnn and Ray take longer than the rest.

        It is called before the run is planned, and finds the boards and the modules as the plan does. It leaves what is
        wrong with them to the plan to report, and then starts no cluster, which would take seconds to end.

        Args:
            store: the results store; see `require_places`.
            out: the folder for the report's files; see `require_places`.
        """
        if self.spec.address is not None or not self.spec.of_modules or self.spec.vectors_file is not None:
            return
        with suppress(FarmError, TracerError):
            named = boards_of(self.spec.boards, None, lambda _note: None, ttnn=self.spec.ttnn)
            require_ttnn(named)
            boards = with_environment(named, self.spec.measure, watcher=self.spec.watcher)
            self._first = self._worker_for(boards, selected_modules(self.spec))
            if self._first is not None:
                self._first.begin()
            self.cluster.prepare()
            from farm.running.places import require_places  # it imports much, while the worker starts

            require_places(store, out)
            self._start_cluster(boards)

    def listing(self, boards: Sequence[Board], modules: Sequence[SweepModule]) -> FirstWorker | None:
        """Start the cluster of a run whose modules are about to be imported.

        Args:
            boards: the run's boards.
            modules: those to import.

        Returns:
            The worker to list them in; None for one that ends with the listing.
        """
        if self.spec.address is not None:
            return None
        self._start_cluster(boards)
        if self._first is None:
            self._first = self._worker_for(boards, modules)
        return self._first

    def _start_cluster(self, boards: Sequence[Board]) -> None:
        # mock boards of further kinds may join once the vectors are known
        self.cluster.start(len(boards) + len(KINDS), workers=len(boards))

    def _worker_for(self, boards: Sequence[Board], modules: Sequence[SweepModule]) -> FirstWorker | None:
        """The worker that lists the modules and then serves a board, not started; None if no worker can do both."""
        with_ttnn = [board for board in boards if backend_of(board).uses_ttnn]
        if self.spec.isolate is not None:
            return None  # a worker that imported a module must run no vector
        # a cache of kernels that a worker may empty is in the folder in which it was started
        if len(modules) != 1 or not with_ttnn or COLD.items() <= with_ttnn[0].environment.items():
            return None
        confinement = confinement_of(self.spec, len(boards))
        return FirstWorker(with_ttnn[0], Limits(vector=self.spec.timeout, confinement=confinement))

    def worker_of(self, board: Board) -> RunningWorker | None:
        """The worker that is ready for a board, once; None if there is none."""
        return self._first.hand_over() if self._first is not None and self._first.board == board else None

    def started(self, board: str, pid: int) -> None:
        """Note that the worker of a board has started, perhaps the one that was ready."""
        if self._first is not None and self._first.board.id == board:
            self._first.started(pid)
