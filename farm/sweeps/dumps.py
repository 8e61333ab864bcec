"""Vectors in a file: JSON, a line for each, so that a million of them is written and read one by one.

The first key of a line says what it is: `farm_vectors` the head with the version, `module` the module whose vectors
follow, `suite` a vector, `problem` what is wrong with a module.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from farm.core.errors import FarmError
from farm.core.sweep_module import SweepModule
from farm.sweeps.records import ImportedModule, ListedVector, ModuleProblem, Record
from tracer.errors import TracerError
from tracer.master.files import why_unwritable

VERSION = 2
"""Of the file: raised when values or hashes in it change their meaning. Version 1 has the former `input_hash`."""
_HEAD = "farm_vectors"
_MODULE = re.compile(r'\s*\{\s*"module"\s*:')
_FOREIGN = "is not a file that `farm vectors --out` wrote"


def write(path: Path, records: Iterable[Record]) -> Iterator[Record]:
    """Write records to a file as they come, and yield them. The file is there once all are written.

    Raises:
        FarmError: it can't be written.
    """
    if reason := why_unwritable(path):
        raise FarmError(f"the vectors can't be written: {reason}")
    # not `write_atomically`: a million vectors are not held in memory
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            file.write(_line({_HEAD: VERSION}))
            for record in records:
                file.write(_line(_as_json(record)))
                yield record
        temporary.replace(path)
    except OSError as error:
        raise FarmError(f"{path} can't be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def read_modules(path: Path) -> Iterator[SweepModule]:
    """Yield the modules of a file that `write` wrote; the vectors are passed over, which is many times faster.

    Raises:
        FarmError: see `read`.
    """
    return (each.module for each in read(path, only=_MODULE) if isinstance(each, ImportedModule))


def read(path: Path, only: re.Pattern[str] | None = None) -> Iterator[Record]:
    """Yield the records of a file that `write` wrote.

    Args:
        path: the file.
        only: what the lines after the head begin with that are read; None for all.

    Raises:
        FarmError: the file is missing, no such file, of a newer farm, or broken; the text names the line.
    """
    try:
        with path.open(encoding="utf-8") as file:
            imported: ImportedModule | None = None
            for number, line in enumerate(file, start=1):
                if only is not None and number > 1 and only.match(line) is None:
                    continue
                try:
                    raw = json.loads(line)
                    if number == 1:
                        _check_head(path, raw)
                        continue
                    record = _from_json(raw, imported)
                except (ValueError, KeyError, TypeError, AttributeError, TracerError) as error:
                    if number == 1:
                        raise FarmError(f"{path} {_FOREIGN}") from error
                    problem = f"{type(error).__name__}: {error}"
                    raise FarmError(f"{path}, line {number} can't be read ({problem}): write the file again") from error
                if isinstance(record, ImportedModule):
                    imported = record
                yield record
            if not file.tell():
                raise FarmError(f"{path} {_FOREIGN}: it is empty")
    except UnicodeDecodeError as error:
        raise FarmError(f"{path} {_FOREIGN}") from error
    except OSError as error:
        raise FarmError(f"{path} can't be read: {error.strerror or error}") from error


def _check_head(path: Path, raw: Any) -> None:
    version = raw.get(_HEAD) if isinstance(raw, dict) else None
    if version is None:
        raise FarmError(f"{path} {_FOREIGN}")
    if version != VERSION:
        raise FarmError(
            f"{path}: its version is {version}, this farm reads {VERSION}: make one with `farm vectors --out`"
        )


def _line(raw: dict[str, Any]) -> str:
    return json.dumps(raw, separators=(",", ":")) + "\n"


def _as_json(record: Record) -> dict[str, Any]:
    match record:
        case ImportedModule():
            return {"module": record.as_json()}
        case ListedVector():
            return {"suite": record.suite, **record.as_json()}
        case ModuleProblem():
            return record.as_json()


def _from_json(raw: dict[str, Any], imported: ImportedModule | None) -> Record:
    kind = next(iter(raw.keys()), None)
    if kind == "module":
        return ImportedModule.from_json(raw["module"])
    if kind == "problem":
        return ModuleProblem.from_json(raw)
    if imported is None:
        raise ValueError("a vector before its module")
    return ListedVector.from_json(imported, raw["suite"], raw)
