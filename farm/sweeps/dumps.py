"""Vectors in a file: JSON, a line for each, so that a million of them is written and read one by one.

The first line says what the file is; a line with `module` says whose vectors follow, one with `problem` what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from farm.core.errors import FarmError
from farm.core.files import open_atomically
from farm.core.sweep_module import SweepModule
from farm.sweeps.records import Imported, Listed, Problem, Record
from farm.sweeps.values import VERSION
from tracer.errors import TracerError

_HEAD = "farm_vectors"


def write(path: Path, records: Iterable[Record]) -> Iterator[Record]:
    """Writes records to a file as they come, and hands them on. The file is there once all are written.

    Raises:
        FarmError: it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_atomically(path) as file:
            file.write(_line({_HEAD: VERSION}).encode())
            for record in records:
                file.write(_line(_raw(record)).encode())
                yield record
    except OSError as error:
        raise FarmError(f"{path} can't be written: {error.strerror or error}") from error


def read(path: Path) -> Iterator[Record]:
    """The records of a file that `write` wrote.

    Raises:
        FarmError: the file is missing, no such file, of a newer farm, or broken; the text names the line.
    """
    try:
        with path.open(encoding="utf-8") as file:
            of: Imported | None = None
            for number, line in enumerate(file, start=1):
                try:
                    raw = json.loads(line)
                    if number == 1:
                        _check_head(path, raw)
                        continue
                    record = _record(raw, of)
                except (ValueError, KeyError, TypeError, AttributeError, TracerError) as error:
                    told = f"{type(error).__name__}: {error}"
                    raise FarmError(f"{path}, line {number}: no vector of `farm vectors --out`: {told}") from error
                if isinstance(record, Imported):
                    of = record
                yield record
            if not file.tell():
                raise FarmError(f"{path} is empty: `farm vectors --out` writes such files")
    except UnicodeDecodeError as error:
        raise FarmError(f"{path} is no file of vectors: {error.reason}") from error
    except OSError as error:
        raise FarmError(f"{path} can't be read: {error.strerror or error}") from error


def _check_head(path: Path, raw: Any) -> None:
    version = raw.get(_HEAD) if isinstance(raw, dict) else None
    if version != VERSION:
        told = "it is no file of vectors" if version is None else f"its version is {version}, this farm reads {VERSION}"
        raise FarmError(f"{path}: {told}: make one with `farm vectors --out`")


def _line(raw: dict[str, Any]) -> str:
    return json.dumps(raw, separators=(",", ":")) + "\n"


def _raw(record: Record) -> dict[str, Any]:
    if isinstance(record, Imported):
        told = {"timeout": record.timeout, "fixture": record.fixture, "suites": list(record.suites)}
        return {"module": {**record.module.as_json(), **told}}
    if isinstance(record, Problem):
        raw = {"problem": record.message, "module_name": record.module, "suite": record.suite}
        return {**raw, "configuration": True} if record.configuration else raw
    return {"suite": record.suite, **record.as_json()}


def _record(raw: dict[str, Any], of: Imported | None) -> Record:
    if "module" in raw:
        given = raw["module"]
        return Imported(SweepModule.from_json(given), given["timeout"], bool(given["fixture"]), tuple(given["suites"]))
    if "problem" in raw:
        return Problem(raw["module_name"], raw["suite"], raw["problem"], bool(raw.get("configuration")))
    if of is None:
        raise ValueError("a vector before its module")
    return Listed.of_message(of, raw["suite"], raw)
