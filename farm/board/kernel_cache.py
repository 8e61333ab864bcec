"""Where a host's compiled kernels are kept between runs: one folder per build of ttnn, which all its boards share.

tt-metal compiles an operation's kernels at its first call, for minutes in all, and keeps them in `TT_METAL_CACHE`. What
one board's process has compiled the others need not. Two that fill an empty folder at once can trip over each other's
half-written firmware, so boards that open in a way they never did before, with this folder, open one after the other;
a kernel that is caught half-written all the same is a fault of the host's, and its vector is tried again. A build of
ttnn never reads another's.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from farm.board.backends import backend_of
from farm.core.board import Board
from farm.core.measures import COLD, KERNELS_VARIABLE
from tracer.device_config import DeviceConfig

VARIABLE = KERNELS_VARIABLE
"""tt-metal's own; where it is set, it is left as it is, as are those of its remote compile server."""
SERVER = "TT_METAL_JIT_SERVER_"
"""How the variables of tt-metal's remote compile server begin. Its clients can't share a folder."""
MOST_BYTES = 20 * 1024**3
"""What all folders together may hold; beyond it, kernels that were not used for longest are removed."""
UNUSED_SECONDS = 24 * 3600.0
"""A kernel that was used since may be in use."""
PRUNE_SECONDS = 3600.0
"""How often a host looks at what its folders hold."""
COLD_SECONDS = 300.0
"""How long a board may wait for others to open for the first time, before it opens beside them."""

_MARKS = ".opened"
_TAIL = 1 << 20
_STATS = re.compile(r"JIT cache stats: (\d+)/(\d+) hits")


def cache_environment(
    board: Board, environment: Mapping[str, str], root: Path | None = None, python: str = sys.executable
) -> dict[str, str]:
    """What to add to a worker's environment, so that its kernels are kept; nothing where none are compiled.

    Args:
        board: whose process.
        environment: what it inherits.
        root: where all folders are; else the user's cache.
        python: the interpreter whose ttnn it is.
    """
    if not backend_of(board).compiles_kernels or {VARIABLE, *COLD} & {*environment, *board.environment}:
        return {}
    top = root or platformdirs.user_cache_path("farm") / "kernels"
    # a home may be shared by hosts: neither locks nor what was compiled for a host's processor are
    folder = top / socket.gethostname() / ttnn_build(python)
    if any(name.startswith(SERVER) for name in (*environment, *board.environment)):
        folder /= re.sub(r"[^A-Za-z0-9.-]", "_", board.id)
    with suppress(OSError):  # tt-metal then keeps them where it always does
        folder.mkdir(parents=True, exist_ok=True)
        _prune_sometimes(top)
        return {VARIABLE: str(folder)}
    return {}


@contextlib.contextmanager
def opening(folder: Path, board: Board, config: DeviceConfig, wait: float = COLD_SECONDS) -> Iterator[None]:
    """Opens a board in a `with` block: alone, where this board never was opened so with this folder.

    Args:
        folder: `TT_METAL_CACHE` of its process.
        board: which.
        config: how it is opened.
        wait: seconds to wait for others at most.
    """
    more = sorted(board.environment.items())
    mark = hashlib.sha256(repr((board.id, config, more)).encode()).hexdigest()[:24]
    marks = folder / _MARKS
    if (marks / mark).exists():
        yield
        return
    with contextlib.ExitStack() as held:
        with suppress(OSError, Timeout):  # then it opens beside others, as tt-metal's own processes do
            marks.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(marks / "lock", timeout=wait))
        yield
        with suppress(OSError):
            (marks / mark).touch()


def hits(log: Path, since: int = 0) -> tuple[int, int] | None:
    """How many kernels an ended process found compiled, and how many it needed, where its ttnn printed that.

    Args:
        log: what it printed.
        since: how long that was before it began.
    """
    with suppress(OSError), log.open("rb") as opened:
        size = log.stat().st_size
        opened.seek(max(since if since <= size else 0, size - _TAIL))
        found = _STATS.findall(opened.read().decode(errors="replace"))
        if found:
            return int(found[-1][0]), int(found[-1][1])
    return None


def ttnn_build(python: str = sys.executable) -> str:
    """A short name of the ttnn of a Python that no other build has; `none` without one. Imports nothing."""
    if python != sys.executable:
        return hashlib.sha256(python.encode()).hexdigest()[:16]
    spec = find_spec("ttnn")
    if spec is None or spec.origin is None:
        return "none"
    library = next(Path(spec.origin).parent.glob("_ttnn*.so"), Path(spec.origin))
    known = library.stat()
    return hashlib.sha256(f"{library}:{known.st_size}:{known.st_mtime_ns}".encode()).hexdigest()[:16]


def prune(top: Path, most: int = MOST_BYTES, now: float | None = None) -> None:
    """Removes the kernels that were not used for longest, until the others hold no more than `most` bytes."""
    held = 0
    for used, folder, size in sorted(_kernels(top), reverse=True):
        held += size
        if held > most and (now or time.time()) - used > UNUSED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _prune_sometimes(top: Path) -> None:
    """Prunes once in a while, and on a host only one process at a time."""
    stamp = top / ".pruned"
    with suppress(OSError, Timeout), FileLock(top / ".pruning", timeout=0):
        if not stamp.exists() or time.time() - stamp.stat().st_mtime > PRUNE_SECONDS:
            stamp.touch()
            prune(top)


def _kernels(top: Path) -> Iterator[tuple[float, Path, int]]:
    """Every compiled kernel's folder, and every firmware's: when it was used last, and its bytes."""
    for found, inner, _ in os.walk(top):
        folder = Path(found)
        if folder.name != "firmware" and folder.parent.parent.name != "kernels":
            continue
        inner.clear()
        used, size = 0.0, 0
        for path in folder.rglob("*"):
            with suppress(OSError):
                known = path.stat()
                if path.is_file():
                    used, size = max(used, known.st_atime, known.st_mtime), size + known.st_size
        yield used, folder, size
