"""Atomic writes: a reader sees the old file or the new one, never a part of one."""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def open_atomically(path: Path, *, mode: int | None = None, sync: bool = False) -> Iterator[IO[bytes]]:
    """Open a binary file that takes the place of `path` when the `with` block ends without an error.

    After an error the temporary file is removed and `path` is as it was.

    Args:
        path: the file to write; its folder must exist. A symbolic link is replaced, not followed.
        mode: the file's permissions, whatever the umask; None for those of any new file.
        sync: wait until the content is on the disk, for files that must survive a power cut.

    Raises:
        OSError: the file can't be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(descriptor, mode)
            yield file
            if sync:
                file.flush()
                os.fsync(descriptor)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_atomically(path: Path, content: str | bytes, *, mode: int | None = None, sync: bool = False) -> None:
    """Write a whole file at once; text is encoded as UTF-8. See `open_atomically`."""
    with open_atomically(path, mode=mode, sync=sync) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def write_state(path: Path, content: str | bytes, *, mode: int = 0o600) -> None:
    """Write a file of state that must survive a power cut, and make its folder where there is none.

    Raises:
        OSError: the file can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomically(path, content, mode=mode, sync=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some file systems have no such call; the content is on the disk
            os.fsync(folder)
    finally:
        os.close(folder)


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that another can take its place and a person can look at it; returns its new name.

    Raises:
        OSError: it can't be renamed.
    """
    names = (path.with_name(f"{path.name}.damaged-{number}") for number in itertools.count(1))
    aside = next(name for name in names if not os.path.lexists(name))
    return path.rename(aside)
