"""The raw traces of a zoo: a file for each model, complete or not."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import platformdirs

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import NotRunnable
from farm.core.files import write_atomically
from farm.store import Store
from farm.store.records import BoardEvent
from farm.zoo.manifest import Entry, Manifest
from tracer.capture.raw_traces import files_of, read_whole, slug
from tracer.errors import TracerError
from tracer.formats.journal import Journal


class Traces:
    """A folder with the raw traces of a manifest's models.

    Attributes:
        folder: the folder.
        values: whether a trace without statistics of values is incomplete.
    """

    def __init__(self, folder: Path, manifest: Manifest, *, values: bool = False) -> None:
        self.folder = folder
        self.values = values
        self._entries = {entry.name: entry for entry in manifest.entries}

    @classmethod
    def of(cls, manifest: Manifest, folder: Path | None, *, values: bool = False) -> Traces:
        """The traces of a manifest in a folder; None for the manifest's own folder in the user's data."""
        default = platformdirs.user_data_path("farm") / "zoo" / slug(str(manifest.path))
        return cls(folder or default, manifest, values=values)

    def path(self, entry: Entry) -> Path:
        """The file of a model's trace; a model whose entry changes gets another file."""
        return self.folder / f"{entry.name}-{entry.digest[:8]}.jsonl"

    def journal(self, entry: Entry) -> Journal | None:
        """A model's trace; None without a readable one."""
        try:
            return read_whole(self.path(entry))
        except TracerError:
            return None

    def is_complete(self, entry: Entry) -> bool:
        """Whether a model's trace exists up to a successful end."""
        journal = self.journal(entry)
        if journal is None or journal.exit_status != 0 or journal.cut:
            return False
        return journal.reading is not None or not self.values

    def clear(self) -> None:
        """Remove all traces, for a run that starts from scratch."""
        for entry in self._entries.values():
            for path in files_of(self.path(entry)):
                path.unlink(missing_ok=True)

    def keep(self, name: str, packed: Mapping[str, str]) -> None:
        """Keep a trace that arrived; an incomplete one never replaces a complete one.

        Args:
            name: the model's name.
            packed: its files, see `Outcome.raw_trace`.

        Raises:
            NotRunnable: it can't be written.
        """
        entry = self._entries[name]
        if self.is_complete(entry):
            return
        path = self.path(entry)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for old in files_of(path):
                old.unlink(missing_ok=True)
            # the first file says whether the trace is complete, so it comes last
            for suffix, data in sorted(packed.items(), reverse=True):
                write_atomically(path.with_stem(path.stem + suffix), zlib.decompress(base64.b64decode(data)))
        except OSError as error:
            raise NotRunnable(f"can't keep the raw trace {path}: {error.strerror or error}") from error


class ZooStore(Store):
    """A results store that keeps raw traces in files of their own, before the outcome they came with is recorded.

    Attributes:
        traces: keeps them.
        note: receives a line about the end of each attempt.
    """

    traces: Traces
    note: Callable[[str], None]

    def record(
        self,
        run_id: str,
        attempts: Sequence[Attempt] = (),
        conclusions: Sequence[Conclusion] = (),
        events: Sequence[BoardEvent] = (),
        *,
        batch: int | None = None,
    ) -> None:
        """See `Store`."""
        super().record(run_id, self.storable(attempts), conclusions, events, batch=batch)
        for attempt in attempts:
            outcome = attempt.outcome
            line = f"{outcome.vector_id}: {outcome.verdict.value} on {attempt.board} in {outcome.seconds:.1f} s"
            self.note(f"{line}: {outcome.message}" if outcome.message else line)

    def storable(self, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
        """See `Store`; traces are kept first."""
        return [self._without_trace(attempt) for attempt in attempts]

    def _without_trace(self, attempt: Attempt) -> Attempt:
        outcome = attempt.outcome
        if outcome.raw_trace is None:
            return attempt
        self.traces.keep(outcome.vector_id, outcome.raw_trace)
        return replace(attempt, outcome=replace(outcome, raw_trace=None))
