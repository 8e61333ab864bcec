"""Files of vectors that tt-metal's generator exports: `{suite: {input_hash: vector}}`, one file or a few for a module.

Beside its parameters, an exported vector holds fields of information, which `run()` never gets. Files are read one
vector at a time, so one of a million vectors needs memory for one of them.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.core.errors import FarmError
from farm.core.plain_words import counted
from farm.core.verdicts import Reason
from farm.sweeps.information import INFORMATION
from farm.sweeps.records import ModuleProblem
from tracer.errors import TraceFormatError
from tracer.formats.base import FileHead
from tracer.formats.json_stream import loads, nested_members

MANIFEST = "generation_manifest.json"
"""The index of a folder of exports: the files in it that count."""

_OTHER_INDEX = "export_manifest.json"  # of some versions of tt-metal's generator
_ADVICE = "export it again with tt-metal's generator, or with `farm vectors --format tt-metal`"
_GROUPING = re.compile(r"(?:\.hw_[^_]+_.+_\d+c)?(?:(?:\.|__)mesh_\d+x\d+)?$")
_KEY = r'"(?:[^"\\]|\\.)*"\s*:\s*'
_BEGINNING = re.compile(rf"\{{\s*(?:\}}|{_KEY}\{{\s*(?:\}}|{_KEY}\{{))")
_MASTER = re.compile(r'\{\s*"operations"\s*:\s*\{\s*"[^"]*"\s*:\s*\{\s*"configurations"')


@dataclass(frozen=True, slots=True)
class ExportedVector:
    """A vector as an export has it.

    Attributes:
        suite: its suite.
        index: its place there.
        input_hash: its key in the file.
        values: its parameters, as `farm.sweeps.export_values` reads them, by name.
        invalid: why its module called it invalid; None if it is valid.
        sources: the models' tests that its configuration was traced in.
    """

    suite: str
    index: int
    input_hash: str
    values: Mapping[str, Any]
    invalid: str | None = None
    sources: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict; `from_json` reads it back."""
        return {
            "suite": self.suite,
            "index": self.index,
            "hash": self.input_hash,
            "values": self.values,
            "invalid": self.invalid,
            "sources": list(self.sources),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ExportedVector:
        """Read what `as_json` wrote."""
        return cls(raw["suite"], raw["index"], raw["hash"], raw["values"], raw["invalid"], tuple(raw["sources"]))


@dataclass(frozen=True, slots=True)
class ExportEntry:
    """A part of an export file: a vector, or what is there instead of one.

    Attributes:
        module: the name of the sweep module.
        suite: the suite.
        vector: the vector; None in an empty suite, and where there is a problem.
        problem: why it is no vector.
    """

    module: str
    suite: str
    vector: ExportedVector | None = None
    problem: ModuleProblem | None = None


def is_export(head: FileHead) -> bool:
    """Return whether a path is a folder or its manifest, or begins like an export: an object of objects of objects."""
    return (
        head.is_folder
        or head.path.name == MANIFEST
        or (_BEGINNING.match(head.text) is not None and _MASTER.match(head.text) is None)
    )


def is_master(head: FileHead) -> bool:
    """Return whether a file begins like a master."""
    return _MASTER.match(head.text) is not None


def export_files(path: Path) -> tuple[list[Path], str]:
    """Return the files of an export, and a note for the user about files that don't count; "" if there are none.

    An export is a file, a folder or its manifest. The files of a module follow one another.

    Raises:
        FarmError: a folder has no such file, or its manifest can't be read or names a file that is not there.
    """
    if path.name == MANIFEST:
        path = path.parent
    if not path.is_dir():
        return [path], ""
    files = [each for each in path.glob("*.json") if each.name not in (MANIFEST, _OTHER_INDEX)]
    manifest = path / MANIFEST
    if not manifest.exists():
        if not files:
            raise FarmError(f"{path} has no export of vectors (*.json) in it: {_ADVICE}")
        return _by_module(files), ""
    listed = [path / name for name in _listed(manifest)]
    missing = next((each for each in listed if not each.is_file()), None)
    if missing is not None:
        raise FarmError(f"{manifest} lists {missing.name}, which is not in {path}: {_ADVICE}")
    left_out = len(set(files) - set(listed))
    note = f"{path}: {counted(left_out, 'file')} left out that {MANIFEST} does not list" if left_out else ""
    return _by_module(set(listed)), note


def _by_module(files: Iterable[Path]) -> list[Path]:
    return sorted(files, key=lambda file: (module_name(file), file.name))


def _listed(manifest: Path) -> list[str]:
    try:
        raw = loads(manifest.read_bytes())
    except (OSError, ValueError) as error:
        raise FarmError(f"{manifest} can't be read: {error}: {_ADVICE}") from error
    names = raw.get("vector_files") if isinstance(raw, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise FarmError(f"{manifest} lists no vector_files: {_ADVICE}")
    return names


def module_name(file: Path) -> str:
    """Return the module that a file is named for, without the suffixes that group vectors: `.mesh_2x4`, `.hw_...`."""
    return without_grouping(file.name.removesuffix(".json"))


def without_grouping(name: str) -> str:
    """Return a module's name without the suffixes that group vectors."""
    return _GROUPING.sub("", name)


def read_export(file: Path) -> Iterator[ExportEntry]:
    """Yield the vectors of an export file in their order, and each suite that has none.

    Raises:
        FarmError: it can't be read to its end, or is no export; the text names the suite and vector.
    """
    of_file = module_name(file)
    suite, index = None, 0
    try:
        for name, input_hash, raw in nested_members(file, "suite", "vector"):
            index = index + 1 if name == suite else 0
            suite = name
            if isinstance(raw, dict) and not input_hash and not raw:
                yield ExportEntry(of_file, suite)
            elif not input_hash and not isinstance(raw, dict):
                raise FarmError(f"{file}: suite {suite!r} is no object of vectors by their input_hash: {_ADVICE}")
            else:
                yield _entry(of_file, suite, index, input_hash, raw)
    except TraceFormatError as error:
        raise FarmError(f"{error}: {_ADVICE}") from error


def _entry(of_file: str, suite: str, index: int, input_hash: str, raw: Any) -> ExportEntry:
    if not isinstance(raw, dict):
        return ExportEntry(of_file, suite, problem=_problem(of_file, suite, input_hash, raw))
    sweep_name = raw.get("sweep_name")
    module = without_grouping(sweep_name) if isinstance(sweep_name, str) and sweep_name else of_file
    # `VALID`, and `VectorValidity.VALID` before December 2025
    is_invalid = str(raw.get("validity")).rpartition(".")[2] == "INVALID"
    vector = ExportedVector(
        suite=suite,
        index=index,
        input_hash=input_hash,
        values={name: value for name, value in raw.items() if name not in INFORMATION},
        invalid=str(raw.get("invalid_reason") or "no reason in the export") if is_invalid else None,
        sources=_sources(raw.get("traced_source")),
    )
    return ExportEntry(module, suite, vector)


def _problem(module: str, suite: str, input_hash: str, raw: Any) -> ModuleProblem:
    message = f"it is {json.dumps(raw)[:80]}, not an object of parameters"
    return ModuleProblem(module, suite, message, Reason.BROKEN_CONFIGURATION, input_hash)


def _sources(raw: Any) -> tuple[str, ...]:
    """Return the sources of a vector: a text, a list of texts, or the text of such a list."""
    if isinstance(raw, str) and raw.startswith("["):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            raw = ast.literal_eval(raw)
    if isinstance(raw, list):
        return tuple(each for each in raw if isinstance(each, str) and each)
    return (raw,) if isinstance(raw, str) and raw else ()
