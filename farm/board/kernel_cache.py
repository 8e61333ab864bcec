"""The cache of compiled kernels between runs: one folder per build of ttnn, shared by all boards of a host.

tt-metal compiles an operation's kernels at its first call, for minutes in all, and keeps them in `TT_METAL_CACHE`. A
kernel that one board's worker has compiled need not be compiled by the others. Two workers that fill an empty folder at
the same time can read each other's half-written firmware. So boards open one after the other if a device config is
new to the folder. If a half-written kernel is read nevertheless, that is a host fault, and the vector is retried.
No build of ttnn reads the kernels of another.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from farm.board.backends import backend_of
from farm.core.board import Board
from farm.core.measures import COLD, KERNELS_VARIABLE
from farm.core.ttnn_install import installed_ttnn
from tracer.device_config import DeviceConfig

SERVER = "TT_METAL_JIT_SERVER_"
"""The prefix of the variables of tt-metal's remote compile server, whose clients can't share a folder."""
MAX_BYTES = 20 * 1024**3
"""The size of all folders together beyond which the least recently used kernels are removed."""
UNUSED_SECONDS = 24 * 3600.0
"""A kernel that was used within this time may be in use."""
PRUNE_SECONDS = 3600.0
"""The interval at which a host checks the size of its folders."""
COLD_SECONDS = 300.0
"""How long a board waits for others that open for the first time, before it opens alongside them."""

_MARKS = ".opened"
_STATS = re.compile(r"JIT cache stats: (\d+)/(\d+) hits")
_LOG = logging.getLogger(__name__)


def cache_environment(
    board: Board, environment: Mapping[str, str], root: Path | None = None, python: str = sys.executable
) -> dict[str, str]:
    """The variables to add to a process's environment so that its kernels are kept; none if none are compiled.

    Args:
        board: the board that the process opens.
        environment: the environment that it inherits.
        root: the folder of all caches; None for the user's cache folder.
        python: the process's interpreter.
    """
    if not backend_of(board).compiles_kernels or {KERNELS_VARIABLE, *COLD} & {*environment, *board.environment}:
        return {}
    top = root or platformdirs.user_cache_path("farm") / "kernels"
    # hosts may share a home, but neither locks nor code compiled for a host's processor
    folder = top / socket.gethostname() / ttnn_build(python)
    if any(name.startswith(SERVER) for name in (*environment, *board.environment)):
        folder /= re.sub(r"[^A-Za-z0-9.-]", "_", board.id)
    with suppress(OSError):  # tt-metal then uses its default folder
        folder.mkdir(parents=True, exist_ok=True)
        _prune_sometimes(top)
        return {KERNELS_VARIABLE: str(folder)}
    return {}


@contextlib.contextmanager
def opening(folder: Path, board: Board, config: DeviceConfig, wait: float = COLD_SECONDS) -> Iterator[None]:
    """Open a board in a `with` block, one board at a time if this device config is new to the board and the folder.

    Args:
        folder: `TT_METAL_CACHE` of its worker.
        board: the board.
        config: how it is opened.
        wait: the most seconds to wait for other boards.
    """
    variables = sorted(board.environment.items())
    mark = hashlib.sha256(repr((board.id, config, variables)).encode()).hexdigest()[:24]
    marks = folder / _MARKS
    if (marks / mark).exists():
        yield
        return
    with contextlib.ExitStack() as stack:
        with suppress(OSError, Timeout):  # then it opens alongside others, as tt-metal's own processes do
            marks.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(marks / "lock", timeout=wait))
        yield
        with suppress(OSError):
            (marks / mark).touch()


def hits(printed: str) -> tuple[int, int] | None:
    """How many kernels an ended process found in its cache, and how many it needed; None if ttnn didn't print it.

    Args:
        printed: the end of the process's output.
    """
    matches = _STATS.findall(printed)
    return (int(matches[-1][0]), int(matches[-1][1])) if matches else None


def ttnn_build(python: str = sys.executable) -> str:
    """A short name for the ttnn of a Python, different for each build; `none` without one. Imports nothing."""
    install = installed_ttnn(python)
    return "none" if install is None else install.build


def prune(top: Path, most: int = MAX_BYTES, now: float | None = None) -> None:
    """Remove the least recently used kernels until the rest takes no more than `most` bytes."""
    kept = removed = 0
    for used, folder, size in sorted(_kernels(top), reverse=True):
        kept += size
        if kept > most and (now or time.time()) - used > UNUSED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    if removed:
        _LOG.info("%s: removed the %d least recently used kernels", top, removed)


def _prune_sometimes(top: Path) -> None:
    """Prune at intervals, in only one process of a host at a time."""
    stamp = top / ".pruned"
    with suppress(OSError, Timeout), FileLock(top / ".pruning", timeout=0):
        if not stamp.exists() or time.time() - stamp.stat().st_mtime > PRUNE_SECONDS:
            stamp.touch()
            prune(top)


def _kernels(top: Path) -> Iterator[tuple[float, Path, int]]:
    """Every compiled kernel's and firmware's folder: when it was last used (Unix time), the folder, its bytes."""
    for name, inner, _ in os.walk(top):
        folder = Path(name)
        if folder.name != "firmware" and folder.parent.parent.name != "kernels":
            continue
        inner.clear()
        used, size = 0.0, 0
        for path in folder.rglob("*"):
            with suppress(OSError):
                state = path.stat()
                if path.is_file():
                    used, size = max(used, state.st_atime, state.st_mtime), size + state.st_size
        yield used, folder, size
