"""The formats that `--vectors` reads, recognized by how they begin."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farm.core.errors import FarmError
from farm.sweeps.exports import is_export, is_master
from tracer.formats.base import HEAD_BYTES, FileHead

_FARM = re.compile(r'\{\s*"farm_vectors"\s*:')


@dataclass(frozen=True, slots=True)
class VectorFormat:
    """A format of files of vectors.

    Attributes:
        name: what the file is, for people.
        matches: returns whether a file or folder is of this format, by how it begins.
        imports_modules: whether its modules must be found and imported to read it; otherwise it holds everything that
            is needed of them.
    """

    name: str
    matches: Callable[[FileHead], bool]
    imports_modules: bool


FARM = VectorFormat(
    "a file that `farm vectors --out` wrote", lambda head: _FARM.match(head.text) is not None, imports_modules=False
)
EXPORT = VectorFormat("a vector export of tt-metal", is_export, imports_modules=True)
FORMATS = (FARM, EXPORT)
"""Every format that is read; the first that matches counts."""


def recognize(path: Path) -> VectorFormat:
    """Return the format of a file or folder.

    Raises:
        FarmError: it can't be read, or is of no format.
    """
    try:
        if path.is_dir():
            head = FileHead(path, b"", is_folder=True)
        else:
            with path.open("rb") as file:
                head = FileHead(path, file.read(HEAD_BYTES), is_folder=False)
    except OSError as error:
        raise FarmError(f"{path} can't be read: {error.strerror or error}") from error
    for each in FORMATS:
        if each.matches(head):
            return each
    if is_master(head):
        raise FarmError(f"{path} is a master: run its configurations with --suite model_traced --master {path}")
    problem = "" if head.text else ", but empty"
    formats = " nor ".join(each.name for each in FORMATS)
    raise FarmError(
        f"{path} is neither {formats}{problem}: write one with `farm vectors --out` or tt-metal's generator"
    )
