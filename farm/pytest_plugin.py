"""Vectors as pytest items: `pytest -p farm.pytest_plugin --farm-op add`.

Each vector of the operations, or of the sweep modules that `--farm-module` names, is a test. A supervisor runs it in a
worker beside pytest, as `farm sweep` does: a vector that kills or hangs the worker fails, and the next one gets a new
worker. Invalid vectors and those that can't run are skipped.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farm.core.board import Board
from farm.core.errors import FarmError
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.planning.vectors import Vector
from farm.running.translation import conclude_unrunnable
from tracer.errors import TracerError

_HERE = Path(__file__).resolve()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, in a group of their own."""
    group = parser.getgroup("farm", "vectors of ttnn-farm")
    group.addoption("--farm-op", action="append", default=[], help="traced configurations of this operation")
    group.addoption("--farm-master", help="the master that has them; default: the one that comes with farm")
    group.addoption("--farm-module", action="append", default=[], help="sweep modules, by name, prefix or glob")
    group.addoption("--farm-suite", default="", help="only these suites of the modules, separated by commas")
    group.addoption("--farm-sweeps", help="the folder or file of the modules; default: a checkout of tt-metal")
    group.addoption("--farm-tt-metal", help="the checkout; default: the one around the working directory")
    group.addoption("--farm-boards", default="auto", help="as for farm sweep; the first of them is used")
    group.addoption("--farm-timeout", type=float, default=30.0, help="seconds that one vector may take")


def pytest_configure(config: pytest.Config) -> None:
    """Have pytest collect the vectors, and nothing else unless it was given paths."""
    if not _has_selection(config):
        return
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = []
    config.args.append(str(_HERE))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> VectorFile | None:
    """Collect the vectors in place of this file."""
    if file_path != _HERE or not _has_selection(parent.config):
        return None
    return VectorFile.from_parent(parent, path=file_path)


def _has_selection(config: pytest.Config) -> bool:
    return bool(config.getoption("farm_op") or config.getoption("farm_module") or config.getoption("farm_sweeps"))


class VectorFile(pytest.File):
    """All vectors that the options select."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield one item per vector, grouped by device config."""
        try:
            board, vectors = _planned(self.config)
        except (FarmError, TracerError) as error:
            raise self.CollectError(str(error)) from error
        bench = Bench(board, self.config.getoption("farm_timeout"))
        self.config.add_cleanup(bench.close)
        order = list(dict.fromkeys(vector.device_config for vector in vectors))
        for vector in sorted(vectors, key=lambda vector: order.index(vector.device_config)):
            name = f"{vector.operation}[{vector.id}]"
            yield VectorItem.from_parent(self, name=name, vector=vector, bench=bench)


class VectorItem(pytest.Item):
    """One vector.

    Attributes:
        vector: the vector.
        bench: runs it.
    """

    def __init__(self, *, vector: Vector, bench: Bench, **options: Any) -> None:
        super().__init__(**options)
        self.vector = vector
        self.bench = bench

    def runtest(self) -> None:
        """Run it, and raise unless its verdict is good."""
        outcome = self.bench.run(self.vector)
        verdict = outcome.verdict
        self.user_properties += [("verdict", verdict.value), *outcome.metrics.items()]
        if verdict is Verdict.NOT_RUN:
            pytest.skip(f"{outcome.reason.value}: {outcome.message}")
        if verdict is Verdict.XFAIL:
            pytest.xfail(outcome.message)
        if not verdict.good:
            raise VectorFailed(f"{outcome.traceback}{verdict.value}: {outcome.message}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the outcome's message, without pytest's and farm's frames."""
        if isinstance(excinfo.value, VectorFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return the operation and the id, rather than a line of this file."""
        return self.path, None, self.name


class VectorFailed(Exception):  # noqa: N818 - it names what happened
    """The verdict on a vector isn't good."""


class Bench:
    """One board and its supervisor, for all items of a session.

    Attributes:
        board: the board.
    """

    def __init__(self, board: Board, timeout: float) -> None:
        """Prepare a board; nothing is started.

        Args:
            board: the board.
            timeout: seconds that one vector may take.
        """
        from farm.board.limits import Limits
        from farm.board.supervisor import Supervisor

        self.board = board
        self._folder = tempfile.TemporaryDirectory(prefix="farm-pytest-", ignore_cleanup_errors=True)
        self._supervisor = Supervisor(board, Path(self._folder.name), Limits(vector=timeout))

    def run(self, vector: Vector) -> Outcome:
        """Run a vector, in a new worker where the last one has ended.

        Raises:
            NotRunnable: there is no ttnn.
        """
        from farm.cluster.hosts.board_memory import remembering

        if vector.unrunnable is not None:
            conclusion = conclude_unrunnable(vector.id, vector.unrunnable)
            return Outcome(vector.id, conclusion.verdict, conclusion.reason, conclusion.message)
        config = vector.config_for(self.board.kind.name)
        outcomes = list(remembering(self.board, self._supervisor.run(config, [vector.encoded()])))
        if outcomes:
            return outcomes[0]
        message = f"{self.board.id} failed its checks and is held"
        return Outcome(vector.id, Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT, message)

    def close(self) -> None:
        """Release the board."""
        self._supervisor.close()
        self._folder.cleanup()


def _planned(config: pytest.Config) -> tuple[Board, list[Vector]]:
    """The board, and the vectors that the options select."""
    from farm.core.sweep_spec import SweepSpec
    from farm.planning.board_choice import boards_of, require_ttnn
    from farm.planning.module_records import module_records
    from farm.planning.module_vectors import Planner
    from farm.planning.vectors import plan
    from tracer.master.master import Master, shipped

    def path(option: str) -> Path | None:
        value = config.getoption(option)
        return Path(value) if value else None

    boards = boards_of(config.getoption("farm_boards"), None)[:1]
    require_ttnn(boards)
    kinds = [board.kind for board in boards]
    vectors: list[Vector] = []
    master = path("farm_master")
    if config.getoption("farm_op"):
        vectors += plan(Master.read(master or shipped()), config.getoption("farm_op"), kinds)
    if config.getoption("farm_module") or config.getoption("farm_sweeps"):
        spec = SweepSpec.of(
            modules=config.getoption("farm_module"),
            tt_metal=path("farm_tt_metal"),
            sweeps=path("farm_sweeps"),
            suite=config.getoption("farm_suite"),
            master=master,
        )
        vectors += Planner().plan(module_records(spec, boards), kinds)
    return boards[0], vectors
