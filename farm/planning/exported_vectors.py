"""The vectors of tt-metal's exports, streamed: their modules imported, and their values read back, by a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from farm.core.errors import NothingSelected
from farm.core.messages import ListVectors
from farm.core.sweep_module import SweepModule
from farm.planning.module_listing import Lister
from farm.sweeps.exports import ExportedVector, ExportEntry, export_files, read_export
from farm.sweeps.finding import ModuleFolder, nearest, python_files
from farm.sweeps.records import ImportedModule, ModuleProblem, Record

CHUNK = 200
"""How many vectors a worker reads at once."""


class ModuleIndex:
    """The modules of a folder, by the names that exports have for them.

    Attributes:
        place: the folder.
        import_seconds: see `SweepModule`.
    """

    def __init__(self, place: ModuleFolder, import_seconds: float) -> None:
        self.place = place
        self.import_seconds = import_seconds
        self._files = python_files(place)

    def module(self, sweep_name: str) -> SweepModule | None:
        """Return the module of a name; None if the folder has none.

        The folder may be a part of the folder of all sweeps, or hold a single file: then the last parts of the name
        count.
        """
        parts = sweep_name.split(".")
        for start in range(len(parts)):
            file = self._files.get(".".join(parts[start:]))
            if file is not None:
                return SweepModule(
                    sweep_name, file, self.place.paths, import_seconds=self.import_seconds, home=self.place.home
                )
        return None

    def problem(self, sweep_name: str) -> str:
        """Return the error about a module that the folder doesn't have."""
        return (
            f"no sweep module {sweep_name!r} in {self.place.only or self.place.folder}"
            f"{nearest(sweep_name, self._files)}; name the folder of the modules with --sweeps"
        )


class ExportListing:
    """Lists the vectors of an export.

    Attributes:
        notes: what a user should know about the export, a line each.
    """

    def __init__(
        self,
        path: Path,
        index: ModuleIndex,
        lister: Lister,
        *,
        is_selected: Callable[[str], bool],
        selects_suite: Callable[[str], bool],
    ) -> None:
        self._files, note = export_files(path)
        self.notes = (note,) if note else ()
        self._suites: dict[str, dict[str, None]] = {}  # of the export, selected or not, by module
        self._index = index
        self._lister = lister
        self._is_selected = lru_cache(is_selected)
        self._selects_suite = selects_suite
        self._modules: dict[str, SweepModule | None] = {}  # None for one that can't be imported, or is not there
        self._imported: set[str] = set()

    def records(self) -> Iterator[Record]:
        """Stream each module once, before its vectors, and the vectors and problems of the export.

        Raises:
            FarmError: a file can't be read to its end, or is no export.
            NothingSelected: no module of the export is selected.
            NotRunnable: the worker has no ttnn.
        """
        try:
            for file in self._files:
                for module, vectors in self._chunks(file):
                    yield from self._of_chunk(file, module, vectors)
        finally:
            self._lister.close()
        if self._suites and not any(map(self._is_selected, self._suites)):
            raise NothingSelected(
                f"the export has no vector of these modules; it has those of {', '.join(self._suites)}"
            )

    def selected_suites(self) -> dict[str, tuple[str, ...]]:
        """Return the suites of the selected modules that were read, whether they are selected or not."""
        return {name: tuple(suites) for name, suites in self._suites.items() if self._is_selected(name)}

    def _chunks(self, file: Path) -> Iterator[tuple[str, list[ExportEntry]]]:
        """Yield the selected entries of a file by module, some at a time."""
        module, chunk = "", list[ExportEntry]()
        for entry in read_export(file):
            self._suites.setdefault(entry.module, {})[entry.suite] = None
            if not self._is_selected(entry.module) or not self._selects_suite(entry.suite):
                continue
            if chunk and (entry.module != module or len(chunk) >= CHUNK):
                yield module, chunk
                chunk = []
            module = entry.module
            chunk.append(entry)
        if chunk:
            yield module, chunk

    def _of_chunk(self, file: Path, name: str, entries: Sequence[ExportEntry]) -> Iterator[Record]:
        for entry in entries:
            if entry.problem is not None:
                yield _placed(file, entry.problem)
        vectors = [entry.vector for entry in entries if entry.vector is not None]
        if not vectors:
            return
        if name not in self._modules:
            self._modules[name] = self._index.module(name)
            if self._modules[name] is None:
                yield ModuleProblem(name, "", f"{file}: {self._index.problem(name)}")
        module = self._modules[name]
        if module is not None:
            yield from self._of_vectors(file, module, vectors)

    def _of_vectors(self, file: Path, module: SweepModule, vectors: Sequence[ExportedVector]) -> Iterator[Record]:
        request = ListVectors(module, exported=[vector.as_json() for vector in vectors])
        for record in self._lister.records(request):
            if isinstance(record, ModuleProblem) and record.input_hash:
                yield _placed(file, record)
            elif isinstance(record, ImportedModule):
                if module.name not in self._imported:
                    self._imported.add(module.name)
                    yield record
            else:
                if isinstance(record, ModuleProblem):
                    self._modules[module.name] = None
                yield record


def _placed(file: Path, problem: ModuleProblem) -> ModuleProblem:
    """Return the problem of one vector with its place in front."""
    place = f"{file}, suite {problem.suite!r}, vector {problem.input_hash}"
    return replace(problem, message=f"{place}: {problem.message}")
