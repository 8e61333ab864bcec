"""The master: the file of all operations, configurations and executions.

Every schema that tt-metal's tracer has written is read; version 2 is written, sorted, so that a diff of two masters
shows only what differs.
"""

from __future__ import annotations

import gc
import importlib.resources
import json
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracer.errors import MasterError
from tracer.formats.reader import TraceContents, read_trace, recognize
from tracer.limits import KEPT_LEVELS, is_deeper
from tracer.master import files
from tracer.master.merging import copied, join, rough_key
from tracer.master.writing import text_of
from tracer.names import canonical
from tracer.schemas.reader import read_configuration
from tracer.values.configuration import BrokenConfiguration, Configuration, Execution
from tracer.values.text import brief

LOCK_SECONDS = 60.0

__all__ = ["BrokenConfiguration", "Configuration", "Execution", "Master", "MergeSummary", "shipped", "update"]


@dataclass
class MergeSummary:
    """The counts of a merge.

    Attributes:
        added: new configurations.
        updated: configurations that the master had, seen now in another place, more often, or in more detail.
        known: configurations that the master had in every detail.
        operations: how many were added, by operation.
    """

    added: int = 0
    updated: int = 0
    known: int = 0
    operations: Counter[str] = field(default_factory=Counter)


class _Candidates:
    """Configurations of one rough key: hashed only when there is another of the key."""

    __slots__ = ("_by_content", "_unhashed")

    def __init__(self) -> None:
        self._unhashed: list[Configuration] = []
        self._by_content: dict[str, Configuration] = {}

    def add(self, configuration: Configuration) -> None:
        """Add one."""
        self._unhashed.append(configuration)

    def same_as(self, new: Configuration) -> Configuration | None:
        """Return the first one of the same content."""
        for each in self._unhashed:
            self._by_content.setdefault(each.content_hash, each)
        self._unhashed.clear()
        return self._by_content.get(new.content_hash) if self._by_content else None


class Master:
    """All configurations by operation, as read from one file or gathered by a trace.

    Attributes:
        path: the file, None where there is none.
        configurations: those of each operation, by canonical name, in the order of the file.
        broken: what could not be read; written back as it was.
        metadata: the file's own `metadata`.
        trace: what a file of another format says beside its configurations; None for a master.
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        self.configurations: dict[str, list[Configuration]] = {}
        self.broken: list[BrokenConfiguration] = []
        self.metadata: dict[str, Any] = {}
        self._broken_of: Counter[str] = Counter()
        self._counted_broken = 0
        self.trace: TraceContents | None = None
        self._by_rough_key: dict[str, dict[Hashable, _Candidates]] = {}

    @classmethod
    def read(cls, path: str | Path) -> Master:
        """Read a master of any schema, or any other format of traces (`tracer.formats`).

        Raises:
            MasterError: the file is missing, unreadable, cut off, or of no format or schema that is read. One bad
                configuration among good ones is no error: it is in `broken`.
        """
        path = Path(path)
        trace_format = recognize(path)
        with _no_collector():
            if trace_format is None:
                master = cls._of(files.load(path), str(path))
            else:
                master = cls._of_trace(read_trace(path, trace_format))
        master.path = path
        return master

    @classmethod
    def parse(cls, raw: object) -> Master:
        """Read JSON that is already loaded.

        Raises:
            MasterError: it follows no known schema.
        """
        with _no_collector():
            return cls._of(raw, "the master")

    @classmethod
    def of(cls, configurations: Iterable[Configuration]) -> Master:
        """Return a master of these configurations; those of equal content are joined."""
        master = cls()
        for each in configurations:
            master.add(each)
        return master

    @classmethod
    def _of(cls, raw: object, where: str) -> Master:
        operations = raw.get("operations") if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or not isinstance(operations, dict):
            raise MasterError(
                f"{where}: no known schema: a master is an object with 'operations' by name; {files.READ}"
            )
        master = cls()
        metadata = raw.get("metadata")
        _require_kept_levels(metadata, f"{where}: metadata")
        master.metadata = metadata if isinstance(metadata, dict) else {}
        for spelling, entry in operations.items():
            elements = entry.get("configurations") if isinstance(entry, dict) else None
            if not isinstance(elements, list):
                raise MasterError(
                    f"{where}: no known schema: {spelling!r} must hold a list of 'configurations', not {brief(entry)}"
                )
            master._read(canonical(spelling), elements, where)
        return master

    @classmethod
    def _of_trace(cls, contents: TraceContents) -> Master:
        """Return a master of the configurations of another format."""
        master = cls()
        master.trace, master.broken = contents, contents.broken
        for configuration in contents.configurations:
            configurations = master.configurations.setdefault(configuration.operation, [])
            configuration.index = len(configurations)
            configurations.append(configuration)
        return master

    def _read(self, operation: str, elements: list[Any], where: str) -> None:
        """Read an operation's list; a file may hold one for each of the two spellings of a name."""
        configurations = self.configurations.setdefault(operation, [])
        for index, raw in enumerate(elements, start=self._next_index(operation)):
            configuration = read_configuration(operation, index, raw)
            if isinstance(configuration, BrokenConfiguration):
                _require_kept_levels(raw, f"{where}: {operation}, index {index}")
                self.broken.append(configuration)
            else:
                configurations.append(configuration)

    def _next_index(self, operation: str) -> int:
        if self._counted_broken != len(self.broken):
            self._broken_of = Counter(each.operation for each in self.broken)
            self._counted_broken = len(self.broken)
        return len(self.configurations[operation]) + self._broken_of[operation]

    def __iter__(self) -> Iterator[Configuration]:
        for configurations in self.configurations.values():
            yield from configurations

    def __len__(self) -> int:
        return sum(map(len, self.configurations.values()))

    def add(self, new: Configuration) -> bool:
        """Add a configuration, or join it to the one of the same content; return whether it was new."""
        return self._add(new, MergeSummary())

    def _add(self, new: Configuration, summary: MergeSummary) -> bool:
        candidates = self._candidates(new.operation).setdefault(rough_key(new), _Candidates())
        old = candidates.same_as(new)
        if old is None:
            own = copied(new)
            candidates.add(own)
            own.index = self._next_index(new.operation)
            self.configurations[new.operation].append(own)
            summary.added += 1
            summary.operations[new.operation] += 1
            return True
        if join(old, new):
            summary.updated += 1
        else:
            summary.known += 1
        return False

    def _candidates(self, operation: str) -> dict[Hashable, _Candidates]:
        """Return the configurations of an operation by rough key, in the order of the file.

        Content hashes take long, and most of a large file's are never needed.
        """
        configurations = self.configurations.setdefault(operation, [])
        if operation not in self._by_rough_key:
            by_key = self._by_rough_key[operation] = {}
            for each in configurations:
                by_key.setdefault(rough_key(each), _Candidates()).add(each)
        return self._by_rough_key[operation]

    def forget_models(self, names: Collection[str]) -> bool:
        """Forget that models of a zoo use what they use; return whether any of it was theirs."""
        executions = [execution for each in self if names for execution in each.executions if execution.zoo]
        theirs = [execution for execution in executions if not execution.zoo.keys().isdisjoint(names)]
        for execution in theirs:
            execution.zoo = {name: model for name, model in execution.zoo.items() if name not in names}
        return bool(theirs)

    def merge(self, other: Master) -> MergeSummary:
        """Add all of another master's configurations: a union. What can't be read of another format is left out."""
        summary = MergeSummary()
        with _no_collector():
            for each in other:
                self._add(each, summary)
        if other.trace is None:
            known = set(map(_text_of_broken, self.broken))
            self.broken += [each for each in other.broken if _text_of_broken(each) not in known]
        return summary

    def text(self) -> str:
        """Return version 2, sorted: equal content gives equal text, in any order."""
        try:
            return text_of(self.configurations, self.broken, self.metadata)
        except RecursionError:  # a machine_info of that many levels, for example
            raise MasterError(f"{self.path or 'the master'}: nested deeper than {KEPT_LEVELS} levels") from None

    def write(self, path: str | Path) -> None:
        """Write version 2; readers see the old file or the new one, never half of either.

        Raises:
            MasterError: it can't be written.
        """
        files.store(Path(path), self.text())


def _text_of_broken(broken: BrokenConfiguration) -> str:
    """Return what is equal for equal configurations that can't be read."""
    return json.dumps([broken.operation, broken.index, broken.argument, broken.message, broken.raw], sort_keys=True)


def _require_kept_levels(raw: object, what: str) -> None:
    """Check that JSON can be kept and written as it is.

    Raises:
        MasterError: it can't.
    """
    if is_deeper(raw, KEPT_LEVELS):
        raise MasterError(f"{what}: nested deeper than {KEPT_LEVELS} levels; remove it from the file")


@contextmanager
def _no_collector() -> Iterator[None]:
    """Turn the garbage collector off: masters are many objects without cycles, and the search doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def update(path: str | Path, incoming: Master, models: Collection[str] = ()) -> MergeSummary:
    """Merge into a master file, which may not exist yet, nor its folder; writers of several processes wait in turn.

    Args:
        path: the file.
        incoming: what to add.
        models: models of a zoo that `incoming` has all of: what the file has of them is replaced.

    Raises:
        MasterError: the file is no master, can't be written, or another writer holds it too long.
    """
    from filelock import FileLock, Timeout  # only writers need it: a worker reads masters without

    path = Path(path)
    require_writable(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Path(f"{path}.lock").touch()  # where this fails, the lock would wait for its time limit
        with FileLock(f"{path}.lock", timeout=LOCK_SECONDS):
            master = Master.read(path) if path.exists() else Master()
            before = len(master), len(master.broken)
            renewed = master.forget_models(models)
            summary = master.merge(incoming)
            if (
                renewed
                or summary.added
                or summary.updated
                or before != (len(master), len(master.broken))
                or not path.exists()
            ):
                master.write(path)
            return summary
    except Timeout:
        raise MasterError(
            f"{path}: another process has held {path}.lock for {LOCK_SECONDS:.0f} s; try again when it is done"
        ) from None
    except OSError as error:
        raise MasterError(f"{path}: can't be locked for writing: {error.strerror or error}") from None


def require_writable(path: Path) -> None:
    """Check that a master can be written, before work that takes long.

    Raises:
        MasterError: it can't.
    """
    if reason := files.why_unwritable(path):
        raise MasterError(f"{path}: the master can't be written: {reason}")
    if path.exists() and (trace_format := recognize(path)) is not None:
        raise MasterError(
            f"{path}: is no master but a capture ({trace_format.name}), which isn't overwritten; "
            "name a master to add to"
        )


def shipped() -> Path:
    """Return the master that comes with the project, traced from its own models on mock boards."""
    return Path(str(importlib.resources.files("tracer") / "data" / "master.json"))
