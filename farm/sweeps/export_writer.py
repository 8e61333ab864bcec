"""Writes vectors as tt-metal's generator exports them: a file for each module, and a manifest as their index."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, TextIO

from farm.core.errors import FarmError
from farm.core.plain_words import counted
from farm.sweeps.exports import MANIFEST
from farm.sweeps.records import ExportForm, ListedVector, Record
from tracer.errors import TraceFormatError
from tracer.formats.json_stream import nested_members
from tracer.master.files import why_unwritable


class ExportWriter:
    """Writes records to a folder.

    The files are there once all vectors are written, and nothing changes if one can't be. Where there is a file of a
    module already, its other suites are kept.

    Attributes:
        folder: where the files will be.
        lost: how many vectors have a value that isn't read back, by module, suite and parameter.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lost: Counter[tuple[str, str, str]] = Counter()
        self._examples: dict[tuple[str, str, str], str] = {}
        self._unjudged: Counter[str] = Counter()  # vectors of modules whose `invalidate_vector` is broken, by problem
        self._written: dict[str, Path] = {}  # temporary files by the name of the module
        self._time = time.localtime()

    def write(self, records: Iterable[Record]) -> Iterator[Record]:
        """Write the vectors among records as they come, and yield all records.

        Args:
            records: with the `export_form` of vectors; those of a module and suite follow one another.

        Raises:
            FarmError: a file can't be written, or one that is there can't be read.
        """
        if reason := why_unwritable(self.folder / MANIFEST):
            raise FarmError(f"the vectors can't be written: {reason}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            yield from self._files(records)
            for name, temporary in self._written.items():
                temporary.replace(self.folder / f"{name}.json")
            if self._written:
                self._write_manifest()
        except OSError as error:
            raise FarmError(f"{error.filename or self.folder} can't be written: {error.strerror or error}") from error
        finally:
            for temporary in self._written.values():
                with suppress(OSError):
                    temporary.unlink()

    def warnings(self) -> Iterator[str]:
        """Yield a line for each parameter of a suite that has values which tt-metal's runner doesn't read back.

        Another one says of which vectors it isn't known whether they are valid.
        """
        for (module, suite, name), count in self.lost.items():
            example = self._examples[module, suite, name]
            yield f"{module}, suite {suite!r}: {name} does not read back in {counted(count, 'vector')}: {example}"
        for problem, count in self._unjudged.items():
            yield f"{problem}: {counted(count, 'vector')} written as valid"

    def _files(self, records: Iterable[Record]) -> Iterator[Record]:
        with ExitStack() as stack:
            file: _ModuleFile | None = None
            for record in records:
                form = record.export_form if isinstance(record, ListedVector) else None
                if isinstance(record, ListedVector) and form is not None:
                    name = record.imported.module.name
                    if file is None or file.name != name:
                        stack.close()
                        path = self.folder / f".{name}.json.{os.getpid()}.tmp"
                        self._written[name] = path
                        file = stack.enter_context(_ModuleFile(name, path, self.folder / f"{name}.json"))
                    file.add(record.suite, record.input_hash, self._fields(record, form))
                    self._note_losses(name, record, form)
                yield record

    def _note_losses(self, module: str, record: ListedVector, form: ExportForm) -> None:
        for parameter, example in form.lost.items():
            self.lost[module, record.suite, parameter] += 1
            self._examples.setdefault((module, record.suite, parameter), example)
        if record.broken:
            self._unjudged[record.broken] += 1

    def _fields(self, record: ListedVector, form: ExportForm) -> dict[str, Any]:
        return {
            **form.fields,
            "timestamp": time.strftime("%Y-%m-%d_%H-%M-%S", self._time),
            "input_hash": record.input_hash,
            "tag": os.environ.get("USER"),
        }

    def _write_manifest(self) -> None:
        manifest = {
            "generated_at_utc": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "vector_grouping_mode": "mesh",
            "module_name": None,
            "model_traced": None,
            "suite_name": None,
            "vector_files": sorted(f"{name}.json" for name in self._written),
        }
        temporary = self.folder / f".{MANIFEST}.{os.getpid()}.tmp"
        temporary.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        temporary.replace(self.folder / MANIFEST)


class _ModuleFile:
    """The file of one module, written vector by vector; a context manager."""

    def __init__(self, name: str, path: Path, present: Path) -> None:
        self.name = name
        self._path = path
        self._present = present  # the file that this one will replace, if there is one
        self._suites: list[str] = []

    def __enter__(self) -> _ModuleFile:
        self._file: TextIO = self._path.open("w", encoding="utf-8")
        self._file.write("{")
        return self

    def __exit__(self, error_class: object, *_: object) -> None:
        try:
            if error_class is None and self._present.exists():
                self._keep()
        finally:
            self._file.write("\n  }\n}\n" if self._suites else "}\n")
            self._file.close()

    def add(self, suite: str, input_hash: str, fields: dict[str, Any]) -> None:
        if not self._suites or suite != self._suites[-1]:
            end = "\n  }," if self._suites else ""
            self._file.write(f"{end}\n  {json.dumps(suite)}: {{")
            self._suites.append(suite)
        else:
            self._file.write(",")
        vector = json.dumps(fields, indent=2).replace("\n", "\n    ")
        self._file.write(f"\n    {json.dumps(input_hash)}: {vector}")

    def _keep(self) -> None:
        """Add the suites of the present file that have not been written."""
        written = set(self._suites)
        try:
            for suite, input_hash, vector in nested_members(self._present, "suite", "vector"):
                if suite not in written and input_hash:
                    self.add(suite, input_hash, vector)
        except TraceFormatError as error:
            raise FarmError(f"{error}: its suites can't be kept; move it away, or name another folder") from error
