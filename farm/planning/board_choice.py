"""The boards that a sweep's `--boards` names, ready for its measurements."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from farm.board.backends import backend_of
from farm.core.errors import FarmError, NotRunnable
from farm.core.ttnn_choice import TtnnChoice, left_out_note, versions_of
from farm.core.ttnn_install import install_hint, installed_ttnn

if TYPE_CHECKING:
    from farm.core.board import Board


def _to_stderr(text: str) -> None:
    sys.stderr.write(f"farm: {text}\n")


def boards_of(
    selector: str, address: str | None, note: Callable[[str], None] = _to_stderr, *, ttnn: str | None = None
) -> list[Board]:
    """The boards that a selector names: of this host, or of the farm at an address.

    Args:
        selector: what `--boards` takes: `auto`, or a list such as `mock:n300*2,silicon`.
        address: HOST:PORT of a farm's head; None for this host.
        note: gets a line for each board that is left out, such as a held one.
        ttnn: what `--ttnn` takes: a specifier of the versions of ttnn that may open the boards; None for any.

    Raises:
        FarmError: the selector names an unknown kind, or a board that isn't there.
        NotRunnable: no board has such a ttnn.
    """
    if address is None:
        from farm.cluster.hosts.board_memory import usable_boards

        boards = _with_own_python(usable_boards(selector, note))
        if ttnn is not None:
            boards = _opened_by(TtnnChoice(ttnn), boards, note)
        alike = {(board.backend, board.python): board for board in boards}  # an interpreter is asked once
        for line in sorted({backend_of(each).ttnn_note(os.environ, each.python) for each in alike.values()} - {""}):
            note(line)
        return boards
    from farm.cluster.farm_runs import farm_boards
    from farm.cluster.selection import FarmSelection

    selected = farm_boards(address, FarmSelection.parse(selector, ttnn))
    for line in selected.notes:
        note(line)
    return selected.boards


def _opened_by(choice: TtnnChoice, boards: Sequence[Board], note: Callable[[str], None]) -> list[Board]:
    """This host's boards that a chosen version of ttnn opens.

    Raises:
        NotRunnable: there is none.
    """
    versions: dict[str, str | None] = {}
    for python in {board.python for board in boards if backend_of(board).uses_ttnn}:
        install = installed_ttnn(python)
        versions[python] = None if install is None else install.version
    accepted, left_out = choice.split(
        replace(board, ttnn=versions[board.python]) if backend_of(board).uses_ttnn else board for board in boards
    )
    if not accepted:
        raise NotRunnable(
            f"no board has a ttnn that --ttnn '{choice.specifier}' accepts: this host's ttnn is "
            f"{versions_of(left_out)}; FARM_PYTHON names an interpreter with another"
        )
    if left_out:
        note(left_out_note(left_out))
    return accepted


def _with_own_python(boards: Sequence[Board]) -> list[Board]:
    """This host's boards, opened by the interpreter that the settings name, if they name one.

    Raises:
        FarmError: the interpreter can't be run.
    """
    from farm.core.settings import load_settings

    python = load_settings().python
    if python is None:
        return list(boards)
    if shutil.which(python) is None:
        raise FarmError(f"FARM_PYTHON {python} can't be run: name an interpreter that has ttnn")
    return [replace(board, python=python) if backend_of(board).uses_ttnn else board for board in boards]


def with_environment(boards: Sequence[Board], measure: Collection[str], *, watcher: bool = False) -> list[Board]:
    """The boards, with the environment variables that their workers need for measurements and the watcher."""
    from farm.core.measures import COLD, PROFILER, WATCHER

    more = {
        **(PROFILER if "device_perf" in measure else {}),
        **(COLD if "perf_with_cache" in measure else {}),
        **(WATCHER if watcher else {}),
    }
    return [replace(board, environment={**board.environment, **more}) for board in boards] if more else list(boards)


def require_ttnn(boards: Sequence[Board]) -> None:
    """Report a missing ttnn at once, rather than after Ray and the workers have started.

    Raises:
        NotRunnable: a board needs the ttnn of this Python, which has none.
    """
    # the hosts of a farm have their own ttnn, and so has an interpreter that the settings name
    elsewhere = all(not backend_of(board).uses_ttnn or board.host or board.python for board in boards)
    if not elsewhere and importlib.util.find_spec("ttnn") is None:
        raise NotRunnable(f"ttnn can't be imported; {install_hint()}")
