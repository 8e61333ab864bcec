"""The master: the file of all operations, configurations and executions.

Every schema that tt-metal's tracer has written is read; version 2 is written, sorted, so that a diff of two masters
shows what differs and nothing else.
"""

from __future__ import annotations

import gc
import importlib.resources
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracer.errors import MasterError
from tracer.master import files
from tracer.master.merging import copied, join, likeness
from tracer.master.writing import text_of
from tracer.names import canonical
from tracer.schemas.reader import read_configuration
from tracer.values.configuration import BrokenConfiguration, Configuration, Execution
from tracer.values.text import brief

LOCK_SECONDS = 60.0

__all__ = ["BrokenConfiguration", "Configuration", "Execution", "Master", "MergeSummary", "shipped", "update"]


@dataclass
class MergeSummary:
    """What a merge came to.

    Attributes:
        added: configurations that were new.
        updated: configurations that were known, seen now in another place, more often, or with more said of them.
        known: configurations of which everything was known.
        operations: how many were added, by operation.
    """

    added: int = 0
    updated: int = 0
    known: int = 0
    operations: Counter[str] = field(default_factory=Counter)


class Master:
    """All configurations by operation, as read from one file or gathered by a trace.

    Attributes:
        path: the file, None where there is none.
        configurations: those of each operation, by canonical name, in the order of the file.
        broken: what could not be read; written back as it was.
        metadata: the file's own `metadata`.
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        self.configurations: dict[str, list[Configuration]] = {}
        self.broken: list[BrokenConfiguration] = []
        self.metadata: dict[str, Any] = {}
        self._known: dict[str, dict[Hashable, list[Configuration]]] = {}

    @classmethod
    def read(cls, path: str | Path) -> Master:
        """Reads a master of any schema.

        Raises:
            MasterError: the file is missing, unreadable, not JSON, or of no known schema. One bad configuration among
                good ones is no error: it is found in `broken`.
        """
        path = Path(path)
        with _no_collector():
            master = cls._of(files.load(path), str(path))
        master.path = path
        return master

    @classmethod
    def parse(cls, raw: object) -> Master:
        """The master of JSON that is already loaded.

        Raises:
            MasterError: it follows no known schema.
        """
        with _no_collector():
            return cls._of(raw, "the master")

    @classmethod
    def _of(cls, raw: object, where: str) -> Master:
        operations = raw.get("operations") if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or not isinstance(operations, dict):
            raise MasterError(f"{where}: no known schema: a master is an object with 'operations' by name")
        master = cls()
        metadata = raw.get("metadata")
        master.metadata = metadata if isinstance(metadata, dict) else {}
        for spelling, entry in operations.items():
            elements = entry.get("configurations") if isinstance(entry, dict) else None
            if not isinstance(elements, list):
                raise MasterError(
                    f"{where}: no known schema: {spelling!r} must hold a list of 'configurations', not {brief(entry)}"
                )
            master._take(canonical(spelling), elements)
        return master

    def _take(self, operation: str, elements: list[Any]) -> None:
        found = self.configurations.setdefault(operation, [])
        # the two spellings of a name may both be there
        for index, raw in enumerate(elements, start=self._taken(operation)):
            read = read_configuration(operation, index, raw)
            if isinstance(read, BrokenConfiguration):
                self.broken.append(read)
            else:
                found.append(read)

    def _taken(self, operation: str) -> int:
        """How many places of an operation's list are taken."""
        return len(self.configurations[operation]) + sum(1 for each in self.broken if each.operation == operation)

    def __iter__(self) -> Iterator[Configuration]:
        for found in self.configurations.values():
            yield from found

    def __len__(self) -> int:
        return sum(len(found) for found in self.configurations.values())

    def add(self, new: Configuration) -> bool:
        """Adds a configuration, or joins it to the one of the same content; returns whether it was new."""
        return self._add(new, MergeSummary())

    def _add(self, new: Configuration, summary: MergeSummary) -> bool:
        alike = self._index(new.operation).setdefault(likeness(new), [])
        old = next((each for each in alike if each.content_hash == new.content_hash), None)
        if old is None:
            own = copied(new)
            alike.append(own)
            own.index = self._taken(new.operation)
            self.configurations[new.operation].append(own)
            summary.added += 1
            summary.operations[new.operation] += 1
            return True
        if join(old, new):
            summary.updated += 1
        else:
            summary.known += 1
        return False

    def _index(self, operation: str) -> dict[Hashable, list[Configuration]]:
        """Configurations of an operation by what they are like; of two that a file holds twice, the first comes first.

        A content hash takes long, and few of a large file's are ever asked for.
        """
        found = self.configurations.setdefault(operation, [])
        if operation not in self._known:
            known = self._known[operation] = {}
            for each in found:
                known.setdefault(likeness(each), []).append(each)
        return self._known[operation]

    def merge(self, other: Master) -> MergeSummary:
        """Adds all of another master's configurations: a union."""
        summary = MergeSummary()
        for each in other:
            self._add(each, summary)
        self.broken += [each for each in other.broken if each not in self.broken]
        return summary

    def text(self) -> str:
        """Version 2, sorted: the same text for the same content, in whichever order it came."""
        return text_of(self.configurations, self.broken, self.metadata)

    def write(self, path: str | Path) -> None:
        """Writes version 2; readers see the old file or the new one, never half of either.

        Raises:
            MasterError: it can't be written.
        """
        files.store(Path(path), self.text())


@contextmanager
def _no_collector() -> Iterator[None]:
    """Reading makes very many objects and no cycles: looking for cycles again and again would double its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def update(path: str | Path, incoming: Master) -> MergeSummary:
    """Merges into a master file, which may not exist yet, nor its folder; writers of several processes wait in turn.

    Raises:
        MasterError: the file is no master, can't be written, or another writer holds it too long.
    """
    from filelock import FileLock, Timeout  # only writers need it: a worker reads masters without

    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=LOCK_SECONDS):
            master = Master.read(path) if path.exists() else Master()
            before = len(master), len(master.broken)
            summary = master.merge(incoming)
            if summary.added or summary.updated or before != (len(master), len(master.broken)) or not path.exists():
                master.write(path)
            return summary
    except Timeout:
        raise MasterError(
            f"{path}: another process has held {path}.lock for {LOCK_SECONDS:.0f} s; try again when it is done"
        ) from None
    except OSError as error:
        raise MasterError(f"{path}: can't be locked for writing: {error.strerror or error}") from None


def shipped() -> Path:
    """The master that comes with the project, traced from its own models on mock boards."""
    return Path(str(importlib.resources.files("tracer") / "data" / "master.json"))
