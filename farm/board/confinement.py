"""What a worker may use of its host."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from farm.board.memory_share import default_share
from farm.board.memory_watch import host_memory
from farm.core.errors import FarmError
from farm.core.isolation import Isolation
from farm.core.payload import EncodedVector, Tag
from farm.core.settings import load_settings
from farm.core.sizes import parse_size
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.sweeps import dumps
from farm.sweeps.finding import module_folder
from farm.sweeps.loader import MASTER_VARIABLE


@dataclass(frozen=True, slots=True)
class Confinement:
    """What a worker may use of its host.

    Attributes:
        memory: bytes of the host's memory; None for the host's own setting, or an equal share for each of its boards.
        boards: how many boards of the host may have a worker at the same time.
        isolation: what separates the vectors of sweep modules; None for nothing.
        readable: folders and files that the modules need.
    """

    memory: int | None = None
    boards: int = 1
    isolation: Isolation | None = None
    readable: tuple[str, ...] = ()

    def share(self) -> int:
        """The bytes that a worker on this host may use: what the run asks for, but no more than the host's setting."""
        setting = None
        with suppress(FarmError):  # the command that reads a broken setting says so
            setting = load_settings().worker_memory
        limits = [size for size in (self.memory, None if setting is None else parse_size(setting)) if size is not None]
        return min(limits) if limits else default_share(host_memory(), self.boards)

    def separates(self, vectors: Iterable[EncodedVector]) -> bool:
        """Whether each of some vectors runs in a worker of its own."""
        return self.isolation is not None and any(each.tag is Tag.MODULE_VECTOR for each in vectors)


def confinement_of(spec: SweepSpec, boards: int = 1) -> Confinement:
    """What the workers of a sweep may use.

    Args:
        spec: the sweep's spec.
        boards: how many boards of this host may have a worker at the same time.

    Raises:
        FarmError: a file of vectors names modules in a folder that the sweep doesn't name.
    """
    memory = None if spec.worker_memory is None else parse_size(spec.worker_memory)
    readable = (
        _read_by_modules(spec) if spec.isolate in (Isolation.USER, Isolation.CONTAINER) and spec.of_modules else ()
    )
    return Confinement(memory, boards, spec.isolate, tuple(str(path.absolute()) for path in readable))


def _read_by_modules(spec: SweepSpec) -> Iterator[Path]:
    """The folders and files that the modules of a sweep are in, import and read."""
    master = os.environ.get(MASTER_VARIABLE)
    yield from (path for path in (spec.master, spec.vectors_file, Path(master) if master else None) if path is not None)
    folders: tuple[Path, ...] = ()
    with suppress(FarmError):  # there is none; planning says so, if it needs one
        place = module_folder(spec.tt_metal, spec.sweeps, selectors=spec.modules)
        folders = (place.folder, *place.paths, *filter(None, (place.home,)))
    yield from folders
    if spec.vectors_file is not None and spec.isolate is Isolation.CONTAINER:
        _check_named(spec.vectors_file, folders)


def _check_named(file: Path, folders: Sequence[Path]) -> None:
    """Refuse a file of vectors whose modules are elsewhere: its writer doesn't choose what a container shows."""
    modules: list[SweepModule] = []
    with suppress(FarmError):  # a file of another format, whose modules are those of the sweep; or planning tells of it
        modules.extend(dumps.read_modules(file))
    for module in modules:
        if not any(module.file.is_relative_to(folder) for folder in folders):
            folder = module.file.parent
            raise FarmError(
                f"{file} has modules in {folder}, which a container does not show: "
                f"if they may read it, add --sweeps {folder}"
            )
