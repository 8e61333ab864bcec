"""Raw traces, and the folders that people keep them in: this tracer's own, those of tt-metal's, and other captures.

A file that can't be read is reported and costs nothing else.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tracer.capture.excluded import EXCLUDED
from tracer.errors import CaptureError, ConfigurationError, ForeignFileError, MasterError
from tracer.formats.graph_report import is_beside_report
from tracer.formats.journal import PASSED, Journal, TracedTest, read_journal
from tracer.formats.operation_trace import call_files, call_folders, read_call, read_folder
from tracer.formats.raw_trace import RawTrace
from tracer.formats.reader import head_of, is_missing, names, recognize
from tracer.master.master import Master
from tracer.master.origin import origin_line
from tracer.values.configuration import Configuration, Execution
from tracer.values.text import counted

SUFFIX = ".jsonl"
_NOT_A_WORD = re.compile(r"[^\w.-]+")


@dataclass
class Loaded:
    """The contents of raw traces and captures.

    Attributes:
        master: the configurations.
        files: how many files were read.
        captures: what captures of other formats are, and what they don't tell: a line each.
        left_out: tests that didn't pass, and so don't count.
        broken: what is wrong with files that could not be read, or not to their end.
    """

    master: Master = field(default_factory=Master)
    files: int = 0
    captures: list[str] = field(default_factory=list)
    left_out: list[TracedTest] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def files_of(trace: Path) -> list[Path]:
    """Return the file of a raw trace, and those beside it of pytest-xdist's workers."""
    return [trace, *sorted(trace.parent.glob(f"{trace.stem}.*{trace.suffix}"))]


def read_whole(trace: Path) -> Journal:
    """Read a raw trace with those of pytest-xdist's workers.

    Raises:
        CaptureError: one of them can't be read.
    """
    first, *workers = map(read_journal, files_of(trace))
    for worker in workers:
        first.take(worker)
    return first


def keep(trace: Path, folder: Path, name: str) -> Path:
    """Copy a raw trace into a folder, which may be new, under a name that says what it is of.

    Raises:
        CaptureError: it can't be written.
    """
    try:
        data = trace.read_bytes()
        copy = folder / f"{slug(name)}-{hashlib.sha256(data).hexdigest()[:8]}{SUFFIX}"
        folder.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
    except OSError as error:
        raise CaptureError(f"can't keep the raw trace in {folder}: {error.strerror or error}") from error
    return copy


def slug(name: str) -> str:
    """Return a name that a file can have."""
    return _NOT_A_WORD.sub("-", name).strip("-.")[-80:] or "trace"


def load_traces(path: Path, *, all_tests: bool = False) -> Loaded:
    """Read a file, or every raw trace and capture in a folder and the folders in it.

    Args:
        path: the file or folder.
        all_tests: whether tests that didn't pass count, too.

    Raises:
        CaptureError: there is no such path, or it holds nothing of the formats that are read.
    """
    if is_missing(path):
        raise CaptureError(f"{path}: no such file or folder; name raw traces, as `--store` writes them, or a capture")
    loaded = Loaded()
    if head_of(path).is_folder:
        folders = call_folders(path)
        inside = sorted(path.rglob("*"))
        loaded.broken += [f"{each}: can't be read: Permission denied" for each in (path, *inside) if _is_closed(each)]
        for file in filter(_may_be_file, inside):
            if is_beside_report(file):
                continue  # the report is read by it
            if file.suffix == SUFFIX:
                _load_journal(file, loaded, all_tests=all_tests)
            else:
                _load_capture(file, loaded)
        for calls in folders:
            _load_calls(calls, path, loaded, all_tests=all_tests)
    elif isinstance(recognize(path), RawTrace):
        _load_journal(path, loaded, all_tests=all_tests)
    else:
        _load_master(path, loaded)
    if not loaded.files and not loaded.broken and not loaded.left_out:
        raise CaptureError(
            f"{path}: holds no raw trace: neither *{SUFFIX}, nor tt-metal's *.json, one for each call, nor a "
            f"{', '.join(names())}"
        )
    return loaded


def _is_closed(path: Path) -> bool:
    """Return whether a path is a folder that can't be looked into; nothing in it is found, and nothing says so."""
    with suppress(OSError):
        return path.is_dir() and not os.access(path, os.R_OK | os.X_OK)
    return False


def _may_be_file(path: Path) -> bool:
    """Return whether a path is a file, or can't be looked at: reading it then says why."""
    try:
        return path.is_file()
    except OSError:
        return True


def _load_capture(file: Path, loaded: Loaded) -> None:
    """Read a file of a folder if it is a capture; whatever else is in a folder is passed over."""
    try:
        if recognize(file) is not None:
            _load_master(file, loaded)
    except ForeignFileError:
        return
    except MasterError as error:
        loaded.broken.append(str(error))


def _load_master(file: Path, loaded: Loaded) -> None:
    """Read a capture or a master.

    Raises:
        MasterError: it can't be read.
    """
    master = Master.read(file)
    loaded.master.merge(master)
    loaded.files += 1
    loaded.captures += [line] if (line := origin_line(master)) else []
    loaded.broken += [f"{file}: {each}" for each in master.broken]


def _load_journal(path: Path, loaded: Loaded, *, all_tests: bool) -> None:
    try:
        journal = read_journal(path)
        loaded.master.merge(Master.of(journal.configurations(all_tests=all_tests)))
    except (CaptureError, ConfigurationError, KeyError, TypeError, ValueError) as error:
        loaded.broken.append(str(error) if str(path) in str(error) else f"{path}: {error!r}")
        return
    loaded.files += 1
    loaded.left_out += [] if all_tests else journal.left_out
    if journal.cut or journal.exit_status is None:
        passed = sum(1 for test in journal.tests if test.outcome == PASSED)
        loaded.broken.append(f"{path}: breaks off after {counted(passed, 'test')} that passed; these were taken")


def _load_calls(calls: Path, top: Path, loaded: Loaded, *, all_tests: bool) -> None:
    """Read a folder of tt-metal's files, one for each call."""
    try:
        traced = read_folder(calls, top)
    except CaptureError as error:
        loaded.broken.append(str(error))
        return
    outcome = PASSED if traced.outcome is None else traced.outcome
    if outcome != PASSED and not all_tests:
        loaded.left_out.append(TracedTest(traced.source, outcome))
        return
    configurations: dict[str, Configuration] = {}
    counts: Counter[str] = Counter()
    for path in call_files(calls):
        if recognize(path) is not None:
            continue  # a capture beside them
        try:
            configuration = read_call(path)
        except CaptureError as error:
            loaded.broken.append(str(error))
            continue
        loaded.files += 1
        if configuration.operation not in EXCLUDED:
            configurations.setdefault(configuration.content_hash, configuration)
            counts[configuration.content_hash] += 1
    for content, configuration in configurations.items():
        execution = Execution(traced.source, traced.machine, counts[content], traced.trace_uid)
        configuration.executions.append(execution)
        loaded.master.add(configuration)
