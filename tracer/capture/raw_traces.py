"""Raw traces that lie in a folder: this tracer's own, and those of tt-metal's, which writes one file per call.

A file that can't be read is told of and costs nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracer.capture.journal import PASSED, Journal, TracedTest, read_journal
from tracer.capture.plumbing import PLUMBING
from tracer.errors import CaptureError, ConfigurationError
from tracer.master.master import Master
from tracer.names import canonical
from tracer.values import decode
from tracer.values.configuration import Configuration, Execution

SUFFIX = ".jsonl"
_METADATA, _STATUS = "_trace_metadata.json", "_status.json"
_NOT_A_WORD = re.compile(r"[^\w.-]+")


@dataclass
class Loaded:
    """What a folder of raw traces holds.

    Attributes:
        master: the configurations.
        files: how many files were read.
        left_out: tests that didn't pass, and so don't count.
        broken: what is wrong with files that could not be read, or not to their end.
    """

    master: Master = field(default_factory=Master)
    files: int = 0
    left_out: list[TracedTest] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def files_of(trace: Path) -> list[Path]:
    """The file of a raw trace, and those beside it of pytest-xdist's workers."""
    return [trace, *sorted(trace.parent.glob(f"{trace.stem}.*{trace.suffix}"))]


def read_whole(trace: Path) -> Journal:
    """Reads a raw trace with those of pytest-xdist's workers.

    Raises:
        CaptureError: one of them can't be read.
    """
    first, *workers = map(read_journal, files_of(trace))
    for worker in workers:
        first.take(worker)
    return first


def keep(trace: Path, folder: Path, name: str) -> Path:
    """Copies a raw trace into a folder, which may be new, under a name that says what it is of.

    Raises:
        CaptureError: it can't be written.
    """
    try:
        data = trace.read_bytes()
        kept = folder / f"{slug(name)}-{hashlib.sha256(data).hexdigest()[:8]}{SUFFIX}"
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(data)
    except OSError as error:
        raise CaptureError(f"can't keep the raw trace in {folder}: {error.strerror or error}") from error
    return kept


def slug(name: str) -> str:
    """A name as that of a file."""
    return _NOT_A_WORD.sub("-", name).strip("-.")[-80:] or "trace"


def load_traces(folder: Path, *, all_tests: bool = False) -> Loaded:
    """Reads every raw trace in a folder and those in it.

    Args:
        folder: where they are.
        all_tests: whether tests that didn't pass count, too.

    Raises:
        CaptureError: it is no folder, or holds no raw trace at all.
    """
    if not folder.is_dir():
        raise CaptureError(f"{folder}: no such folder; name one of raw traces, as `--store` writes them")
    loaded = Loaded()
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        try:
            journal = read_journal(path)
            loaded.master.merge(journal.master(all_tests=all_tests))
        except (CaptureError, ConfigurationError, KeyError, TypeError, ValueError) as error:
            loaded.broken.append(str(error) if str(path) in str(error) else f"{path}: {error!r}")
            continue
        loaded.files += 1
        loaded.left_out += [] if all_tests else journal.left_out
        if journal.cut or journal.exit_status is None:
            loaded.broken.append(f"{path}: breaks off after {_whole(journal)}; that much of it was taken")
    for calls in sorted({path.parent for path in folder.rglob("*.json") if not path.name.startswith("_")}):
        _load_calls(calls, folder, loaded, all_tests=all_tests)
    if not loaded.files and not loaded.broken and not loaded.left_out:
        raise CaptureError(f"{folder}: holds no raw trace: neither *{SUFFIX} nor tt-metal's *.json, one for each call")
    return loaded


def _whole(journal: Journal) -> str:
    passed = sum(1 for test in journal.tests if test.outcome == PASSED)
    return f"{passed} test{'' if passed == 1 else 's'} that passed"


def _load_calls(calls: Path, top: Path, loaded: Loaded, *, all_tests: bool) -> None:
    """Reads a folder of tt-metal's raw trace: a file for each call, a word on the test, another on the machine."""
    try:
        status, metadata = _beside(calls, calls, _STATUS), _beside(calls, top, _METADATA)
    except CaptureError as error:
        loaded.broken.append(str(error))
        return
    source = str(status.get("test_nodeid") or metadata.get("test_source") or "")
    outcome = str(status.get("status", PASSED))
    if outcome != PASSED and not all_tests:
        loaded.left_out.append(TracedTest(source, outcome))
        return
    found: dict[str, Configuration] = {}
    counts: Counter[str] = Counter()
    for path in sorted(calls.glob("*.json")):
        if path.name.startswith("_"):
            continue
        try:
            configuration = _call(_json(path))
        except CaptureError as error:
            loaded.broken.append(str(error))
            continue
        except (ConfigurationError, KeyError, TypeError, AttributeError) as error:
            loaded.broken.append(f"{path}: is no call of a raw trace: {error}")
            continue
        loaded.files += 1
        if configuration.operation not in PLUMBING:
            found.setdefault(configuration.content_hash, configuration)
            counts[configuration.content_hash] += 1
    machine = metadata.get("machine_info")
    for content, configuration in found.items():
        seen = Execution(source, machine if isinstance(machine, dict) else None, counts[content])
        seen.trace_uid = metadata.get("trace_uid")
        configuration.executions.append(seen)
        loaded.master.add(configuration)


def _call(raw: dict[str, Any]) -> Configuration:
    arguments = {f"arg{each['position']}": decode(each["value"]) for each in raw.get("args", [])}
    arguments |= {name: decode(part) for name, part in raw.get("kwargs", {}).items()}
    return Configuration(canonical(raw["operation_name"]), arguments)


def _beside(folder: Path, top: Path, name: str) -> dict[str, Any]:
    """The object in the nearest file of a name, in a folder or those above it up to the top one."""
    for place in (folder, *folder.parents):
        if (place / name).is_file():
            return _json(place / name)
        if place == top:
            break
    return {}


def _json(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CaptureError(f"{path}: is no whole JSON file: {error}") from error
    if not isinstance(raw, dict):
        raise CaptureError(f"{path}: is no call of a raw trace: not an object")
    return raw
