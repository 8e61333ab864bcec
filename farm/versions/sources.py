"""The names of a ttnn: a released version, an interpreter that has one, or a wheel file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from packaging.version import InvalidVersion, Version

from farm.core.errors import FarmError


@dataclass(frozen=True, slots=True)
class Released:
    """A released version, which a package index has."""

    version: str

    def __str__(self) -> str:
        return self.version


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter whose environment has a ttnn."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel file, such as one that a checkout was built into."""

    path: Path

    def __str__(self) -> str:
        return self.path.name


Source: TypeAlias = Released | Interpreter | Wheel


def parse_source(text: str, option: str) -> Source:
    """Read the name of a ttnn.

    >>> parse_source("v0.81.1", "--to")
    Released(version='0.81.1')

    Args:
        text: a version, the path or name of an interpreter, the folder of an environment, or the path of a wheel.
        option: the option that it is the value of, for messages.

    Raises:
        FarmError: it is none of them, or the file isn't there.
    """
    path = Path(text).expanduser()
    if path.suffix == ".whl":
        if not path.is_file():
            raise FarmError(f"{option} {text}: there is no such wheel")
        return Wheel(path.absolute())
    if text and path.is_dir():
        return _of_folder(path, option)
    try:
        return Released(str(Version(text)))
    except InvalidVersion:
        pass
    place = shutil.which(str(path))
    if place is None:
        raise FarmError(
            f"{option} {text}: this is no version (0.81.1), and no interpreter or wheel file of this name is there"
        )
    # not resolved: an environment's interpreter is a link, and what it links to has no ttnn
    return Interpreter(Path(place).absolute())


def _of_folder(folder: Path, option: str) -> Interpreter:
    python = folder / "bin" / "python"
    if shutil.which(str(python)) is None:
        raise FarmError(f"{option} {folder}: this folder has no bin/python: name an interpreter")
    return Interpreter(python.absolute())
