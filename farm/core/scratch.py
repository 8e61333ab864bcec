"""Temporary folders that are removed with their process; those of killed processes are removed by the next one."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock


class Scratch:
    """A private folder; also a context manager that gives its path.

    Attributes:
        path: the folder.
    """

    def __init__(self, place: Path, prefix: str) -> None:
        """Make the folder, and remove those of the same prefix whose processes have ended.

        Args:
            place: the folder to make it in.
            prefix: the beginning of its name.
        """
        for abandoned in place.glob(f"{prefix}*"):
            with suppress(OSError), FileLock(abandoned / "lock", blocking=False):
                shutil.rmtree(abandoned, ignore_errors=True)
        hidden = Path(tempfile.mkdtemp(prefix=f".{prefix}", dir=place))
        self._lock = FileLock(hidden / "lock")
        self._lock.acquire()
        # renamed only once its lock is held: other processes look for abandoned folders by this name
        self.path = hidden.rename(place / hidden.name.lstrip("."))

    def close(self) -> None:
        """Remove the folder with all its files."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()
