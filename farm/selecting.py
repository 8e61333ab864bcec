"""What a sweep runs on and what it runs, from how people name both."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from farm.errors import NotRunnable

if TYPE_CHECKING:
    from farm.boards.base import Board
    from farm.vectors import Vector


def boards_of(text: str, address: str | None) -> list[Board]:
    """The boards that `--boards` names: of this host, or of a farm."""
    if address is None:
        from farm.boards.select import select_boards

        return select_boards(text)
    from farm.hosts.runs import farm_boards

    found = farm_boards(address, text)
    if found.note:
        sys.stderr.write(f"farm: {found.note}\n")
    return found.boards


def plan_master(
    path: Path, operations: Sequence[str], boards: Sequence[Board], *, may_add: bool
) -> tuple[list[Board], list[Vector]]:
    """The vectors, and the boards for them: where these are mocks that nobody named, more kinds may be needed."""
    from farm.boards.enough import add_needed_mocks
    from farm.vectors import plan
    from tracer.master import Master

    read = Master.read(path)
    if may_add and all(board.backend == "mock" for board in boards):
        return add_needed_mocks(boards, lambda kinds: plan(read, operations, kinds))
    return list(boards), plan(read, operations, dict.fromkeys(board.kind for board in boards))


def require_ttnn(boards: Sequence[Board]) -> None:
    """Says at once what the board processes would say after Ray has started.

    Raises:
        NotRunnable: a board needs ttnn, and this Python has none.
    """
    # a farm's hosts have their own
    if all(board.backend == "fake" or board.host for board in boards) or importlib.util.find_spec("ttnn") is not None:
        return
    version = ".".join(platform.python_version_tuple()[:2])
    if version in ("3.10", "3.12") and (sys.platform, platform.machine()) == ("linux", "x86_64"):
        raise NotRunnable("ttnn is not installed for this Python: pip install 'ttnn-farm[ttnn]'")
    raise NotRunnable(
        f"ttnn has no wheel for CPython {version} on {sys.platform} {platform.machine()}; use CPython 3.10 or 3.12 on "
        "x86-64 Linux, or the environment that tt-metal was built in"
    )
