"""Folders that are sent to the hosts of a farm, with the models that run in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from farm.core.errors import FarmError

MAX_BYTES = 50_000_000
"""The largest packed folder: for models' code and a few small files, not for weights."""

_SKIPPED = frozenset({".git", ".venv", "__pycache__", "generated", "node_modules", ".pytest_cache"})


def pack(folder: Path) -> bytes:
    """Pack a folder's files into one archive, without the files that tools leave behind.

    Raises:
        FarmError: it can't be read, or is too large to send.
    """
    packed = io.BytesIO()
    try:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in _files(folder):
                archive.write(path, path.relative_to(folder))
                if packed.tell() > MAX_BYTES:
                    raise FarmError(
                        f"{folder} is too large to send to the hosts (over {MAX_BYTES / 1e6:.0f} MB packed); "
                        "put it there yourself, and name it as workdir: {host: PATH}"
                    )
    except OSError as error:
        raise FarmError(f"{folder} can't be sent to the hosts: {error}") from error
    return packed.getvalue()


def unpack(packed: bytes, folder: Path) -> Path:
    """Unpack a folder into a new one, and return it."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder)  # zipfile itself keeps paths inside
    return folder


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _SKIPPED:
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path
