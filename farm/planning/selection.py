"""What a sweep runs and what it runs on, from how people name both."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from farm.board.backends import backend_of
from farm.core.errors import FarmError, NothingSelected, NotRunnable
from farm.core.ttnn_install import install_hint

if TYPE_CHECKING:
    from farm.core.board import Board
    from farm.planning.module_choice import ModuleSelection
    from farm.planning.vectors import Vector

MODEL_TRACED = "model_traced"
"""The suite of a master's configurations."""
Mode = Literal["perf", "perf_with_cache", "device_perf", "memory"]
"""What may be measured of vectors beside the verdict; see `farm.worker.measuring`."""


def _to_stderr(text: str) -> None:
    sys.stderr.write(f"farm: {text}\n")


def boards_of(text: str, address: str | None, note: Callable[[str], None] = _to_stderr) -> list[Board]:
    """The boards that `--boards` names: of this host, or of a farm."""
    if address is None:
        from farm.cluster.hosts.board_memory import usable_boards

        return _with_python(usable_boards(text, note))
    from farm.cluster.farm_runs import farm_boards

    found = farm_boards(address, text)
    if found.note:
        note(found.note)
    return found.boards


def _with_python(boards: Sequence[Board]) -> list[Board]:
    """This host's boards, opened by the ttnn of the interpreter that the settings name, where they name one.

    Raises:
        FarmError: it is no program.
    """
    from farm.core.settings import load_settings

    python = load_settings().python
    if python is None:
        return list(boards)
    if shutil.which(python) is None:
        raise FarmError(f"FARM_PYTHON {python} is no program that can be run: name an interpreter that has ttnn")
    return [replace(board, python=python) if backend_of(board).uses_ttnn else board for board in boards]


def with_environment(boards: Sequence[Board], measure: Collection[Mode], *, watcher: bool = False) -> list[Board]:
    """The boards, with what the environment of their processes must say for what is measured.

    Raises:
        FarmError: there is no such measure.
    """
    from farm.core.measures import COLD, MODES, PROFILER, WATCHER

    if unknown := sorted(set(measure) - set(MODES)):
        raise FarmError(f"{unknown[0]!r} can't be measured: choose of {', '.join(MODES)}")
    more = {
        **(PROFILER if "device_perf" in measure else {}),
        **(COLD if "perf_with_cache" in measure else {}),
        **(WATCHER if watcher else {}),
    }
    return [replace(board, environment={**board.environment, **more}) for board in boards] if more else list(boards)


def for_later_boards(vectors: Iterable[Vector], boards: Sequence[Board]) -> Iterator[Vector]:
    """The vectors, which on a farm may also run on boards of kinds that join it later."""
    from farm.board.kinds import KINDS
    from farm.planning.placement import Placer

    on_farm = any(board.host for board in boards)
    placer = Placer(KINDS.values())
    for vector in vectors:
        if on_farm and vector.kinds:
            yield replace(vector, setup=placer.place(vector.needs, vector.known_config).setup)
        else:
            yield vector


def plan_master(
    path: Path, operations: Sequence[str], boards: Sequence[Board], measure: Collection[Mode] = (), *, may_add: bool
) -> tuple[list[Board], Sequence[Vector]]:
    """The vectors, and the boards for them: where these are mocks that nobody named, more kinds may be needed."""
    from farm.planning.mock_coverage import add_needed_mocks
    from farm.planning.vectors import plan as plan_vectors
    from tracer.master.master import Master

    read = Master.read(path)
    if may_add and all(backend_of(board).extendable for board in boards):
        return add_needed_mocks(boards, lambda kinds: plan_vectors(read, operations, kinds, sorted(measure)))
    kinds = dict.fromkeys(board.kind for board in boards)
    return list(boards), list(for_later_boards(plan_vectors(read, operations, kinds, sorted(measure)), boards))


def plan_modules(
    choice: ModuleSelection,
    boards: Sequence[Board],
    measure: Collection[Mode] = (),
    *,
    may_add: bool = False,
    take: Callable[[Iterable[Vector]], Sequence[Vector]] | None = None,
    note: Callable[[str], None] = _to_stderr,
    address: str | None = None,
) -> tuple[list[Board], Sequence[Vector]]:
    """The vectors of sweep modules, as one worker lists them that imports them, and the boards for them.

    Args:
        choice: which modules.
        boards: where they are to run.
        measure: what to measure of them.
        may_add: whether mocks of further kinds may be added where vectors need them.
        take: takes of the stream of vectors those that are wanted; all, unless given.
        note: told of what is worth knowing.
        address: of the farm that has the boards.

    Raises:
        NothingSelected: there is no vector.
    """
    from farm.planning.module_choice import module_records
    from farm.planning.module_vectors import Planner
    from farm.planning.spool import spooled

    planner = Planner(sorted(measure))
    records = module_records(choice, boards, note, address)
    vectors = (take or spooled)(for_later_boards(planner.plan(records, [board.kind for board in boards]), boards))
    chosen = list(boards)
    if may_add and all(backend_of(board).extendable for board in boards):
        from farm.planning.mock_coverage import add_needed_mocks

        chosen, vectors = add_needed_mocks(boards, partial(planner.again, vectors), vectors)
    if not vectors:
        raise NothingSelected("the modules have no vector in this selection; `farm vectors --count` counts them")
    return chosen, vectors


def require_ttnn(boards: Sequence[Board]) -> None:
    """Says at once what the workers would say after Ray has started.

    Raises:
        NotRunnable: a board needs ttnn, and this Python has none.
    """
    # a farm's hosts have their own, and so has an interpreter that was named
    elsewhere = all(not backend_of(board).uses_ttnn or board.host or board.python for board in boards)
    if elsewhere or importlib.util.find_spec("ttnn") is not None:
        return
    raise NotRunnable(f"ttnn can't be imported; {install_hint()}")
