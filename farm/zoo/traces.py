"""The raw traces of a zoo: a file for each model, whole or as far as it came."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import platformdirs

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import NotRunnable
from farm.core.files import write_atomically
from farm.core.payload import ModelTrace, encode
from farm.planning.vectors import Vector
from farm.store import Store
from farm.store.records import BoardEvent, Plannable
from farm.zoo.manifest import Entry, Manifest
from tracer.capture.journal import Journal
from tracer.capture.raw_traces import files_of, read_whole, slug
from tracer.errors import TracerError


class Traces:
    """A folder with the raw traces of one manifest's models.

    Attributes:
        folder: where they are.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self._entries = {entry.name: entry for entry in manifest.entries}

    @classmethod
    def of(cls, manifest: Manifest, folder: Path | None) -> Traces:
        """Those in a folder; without one, in the user's own data, where each manifest has its place."""
        own = platformdirs.user_data_path("farm") / "zoo" / slug(str(manifest.path))
        return cls(folder or own, manifest)

    def path(self, entry: Entry) -> Path:
        """The file of a model; another where the manifest says something else of it."""
        return self.folder / f"{entry.name}-{entry.digest[:8]}.jsonl"

    def journal(self, entry: Entry) -> Journal | None:
        """A model's trace; None where there is none that can be read."""
        try:
            return read_whole(self.path(entry))
        except TracerError:
            return None

    def whole(self, entry: Entry) -> bool:
        """Whether a model's trace is there to its good end."""
        journal = self.journal(entry)
        return journal is not None and journal.exit_status == 0 and not journal.cut

    def clear(self) -> None:
        """Forgets all, for a run that starts anew."""
        for entry in self._entries.values():
            for path in files_of(self.path(entry)):
                path.unlink(missing_ok=True)

    def keep(self, name: str, packed: Mapping[str, str]) -> None:
        """Keeps a trace as it came; what failed never takes the place of a whole one.

        Args:
            name: of the model.
            packed: its files, see `Outcome.raw_trace`.

        Raises:
            NotRunnable: it can't be written.
        """
        entry = self._entries[name]
        if self.whole(entry):
            return
        path = self.path(entry)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for old in files_of(path):
                old.unlink(missing_ok=True)
            # the first file says whether the trace is whole, so it comes last
            for added, data in sorted(packed.items(), reverse=True):
                write_atomically(path.with_stem(path.stem + added), zlib.decompress(base64.b64decode(data)))
        except OSError as error:
            raise NotRunnable(f"can't keep the raw trace {path}: {error.strerror or error}") from error


class ZooStore(Store):
    """A results store that keeps raw traces apart, before what they came with is recorded.

    Attributes:
        traces: where they are kept.
        tell: told in a line how each try of a model ended.
    """

    traces: Traces
    tell: Callable[[str], None]

    def plan(self, run_id: str, vectors: Iterable[Plannable]) -> int:
        """See `Store`; folders that are sent along are not recorded."""
        return super().plan(run_id, [_light(vector) if isinstance(vector, Vector) else vector for vector in vectors])

    def record(
        self,
        run_id: str,
        attempts: Sequence[Attempt] = (),
        conclusions: Sequence[Conclusion] = (),
        events: Sequence[BoardEvent] = (),
    ) -> None:
        """See `Store`."""
        super().record(run_id, [self._without_trace(attempt) for attempt in attempts], conclusions, events)
        for attempt in attempts:
            ended = attempt.outcome
            told = f"{ended.vector_id}: {ended.verdict.value} on {attempt.board} in {ended.seconds:.1f} s"
            self.tell(f"{told}: {ended.message}" if ended.message else told)

    def _without_trace(self, attempt: Attempt) -> Attempt:
        outcome = attempt.outcome
        if outcome.raw_trace is None:
            return attempt
        self.traces.keep(outcome.vector_id, outcome.raw_trace)
        return replace(attempt, outcome=replace(outcome, raw_trace=None))


def _light(vector: Vector) -> Vector:
    payload = vector.payload
    return replace(vector, text=encode(replace(payload, archive=None))) if isinstance(payload, ModelTrace) else vector
