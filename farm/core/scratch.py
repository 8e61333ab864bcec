"""Folders for as long as a process lives. What killed ones left behind goes when the next is made."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock


class Scratch:
    """A private folder; also a context manager.

    Attributes:
        path: where it is.
    """

    def __init__(self, place: Path, prefix: str) -> None:
        """Makes it, and removes those of the same prefix whose processes are gone.

        Args:
            place: the folder to make it in.
            prefix: what its name begins with.
        """
        for left in place.glob(f"{prefix}*"):
            with suppress(OSError), FileLock(left / "lock", blocking=False):
                shutil.rmtree(left, ignore_errors=True)
        hidden = Path(tempfile.mkdtemp(prefix=f".{prefix}", dir=place))
        self._lock = FileLock(hidden / "lock")
        self._lock.acquire()
        # under this name others see it, and see that it is in use
        self.path = hidden.rename(place / hidden.name.lstrip("."))

    def close(self) -> None:
        """Removes it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()
