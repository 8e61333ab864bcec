"""Where a board's compiled kernels are kept between runs: a folder per host, build of ttnn, and board.

tt-metal compiles an operation's kernels at its first call, for minutes in all, and keeps them in `TT_METAL_CACHE`. Two
processes that fill one empty folder at once can read each other's half-written files, so each board has its own, which
only one process at a time uses. A build of ttnn never reads another's.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from farm.boards.base import Board

VARIABLE = "TT_METAL_CACHE"
"""tt-metal's own; where it is set, it is left as it is, as are those of its remote compile server."""
MOST_BYTES = 20 * 1024**3
"""What all folders together may hold; beyond it, those that were not used for longest are removed."""
UNUSED_SECONDS = 24 * 3600.0
"""A folder that was used since may be in use."""


def cache_environment(board: Board, environment: Mapping[str, str], root: Path | None = None) -> dict[str, str]:
    """What to add to a board process's environment, so that its kernels are kept; nothing where none are compiled.

    Args:
        board: whose process.
        environment: what it inherits.
        root: where all folders are; else the user's cache.
    """
    if board.backend in ("mock", "fake") or VARIABLE in environment or VARIABLE in board.environment:
        return {}
    top = root or platformdirs.user_cache_path("farm") / "kernels"
    folder = top / ttnn_build() / re.sub(r"[^A-Za-z0-9.-]", "_", board.id)
    with suppress(OSError):  # tt-metal then keeps them where it always does
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        prune(top)
        return {VARIABLE: str(folder)}
    return {}


def ttnn_build() -> str:
    """A short name of the ttnn of this Python that no other build has; `none` without one. Imports nothing."""
    spec = find_spec("ttnn")
    if spec is None or spec.origin is None:
        return "none"
    library = next(Path(spec.origin).parent.glob("_ttnn*.so"), Path(spec.origin))
    known = library.stat()
    return hashlib.sha256(f"{library}:{known.st_size}:{known.st_mtime_ns}".encode()).hexdigest()[:16]


def prune(top: Path, most: int = MOST_BYTES, now: float | None = None) -> None:
    """Removes the folders that were not used for longest, until the others hold no more than `most` bytes."""
    used = sorted(_folders(top), reverse=True)
    held = 0
    for moment, folder in used:
        held += sum(size for size in _sizes(folder))
        if held > most and (now or time.time()) - moment > UNUSED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _folders(top: Path) -> Iterator[tuple[float, Path]]:
    for folder in top.glob("*/*"):
        with suppress(OSError):
            yield folder.stat().st_mtime, folder


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file():
                yield path.stat().st_size
