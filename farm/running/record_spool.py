"""Results of a run that its store could not take yet, in a file of this host that outlives the driver.

The file has a line of JSON that says whose results they are, and one for each batch. Each is on the disk before `add`
returns, so that a batch counts as durable.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import platformdirs

from farm.core.errors import StoreError
from farm.running.spool_lines import batch_line, owner_line, read_batch, read_owner
from farm.running.spool_owner import SpoolOwner
from farm.store.records import Batch


def spool_folder() -> Path:
    """Return the folder of spools: `unrecorded` in the user's data directory."""
    return Path(platformdirs.user_data_dir("farm")) / "unrecorded"


class RecordSpool:
    """The batches that wait, oldest first.

    Attributes:
        path: the file; it exists while batches wait.
    """

    def __init__(self, owner: SpoolOwner, folder: Path) -> None:
        """Make no file yet.

        Args:
            owner: whose results they are.
            folder: the folder of the file; made when it is needed.
        """
        self.path = folder / f"{owner.run_id}.{owner.fence}.jsonl"
        self._header = owner_line(owner)
        self._file: IO[bytes] | None = None
        self._lines: deque[tuple[int, int]] = deque()  # where batches are in the file, and how long they are

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, batch: Batch) -> None:
        """Append a batch.

        Raises:
            OSError: the file can't be written; the batch is not in it then.
        """
        if self._file is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
            self._file.write(self._header)
        file = self._file
        at = sum(self._lines[-1]) if self._lines else len(self._header)
        line = batch_line(batch)
        file.seek(at)
        file.write(line)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
        self._lines.append((at, len(line)))

    def first(self) -> Batch:
        """Return the oldest batch."""
        assert self._file is not None  # noqa: S101 - there is a batch
        at, length = self._lines[0]
        self._file.seek(at)
        return read_batch(self._file.read(length))

    def remove_first(self) -> None:
        """Remove the oldest batch, which is recorded; remove the file with the last one."""
        self._lines.popleft()
        if not self._lines:
            self.close()
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file, which stays if batches wait in it."""
        if self._file is not None:
            self._file.close()
            self._file = None


@dataclass(frozen=True, slots=True)
class SpoolContent:
    """What an abandoned spool holds.

    Attributes:
        owner: whose results they are; None if the file doesn't say.
        batches: those that can be read.
        lost: how many lines can't be read.
    """

    owner: SpoolOwner | None
    batches: tuple[Batch, ...] = ()
    lost: int = 0


@dataclass(frozen=True, slots=True)
class AbandonedSpool:
    """The spool of a driver that has ended.

    Attributes:
        path: its file.
        fence: the fence of the driver.
    """

    path: Path
    fence: int

    def read(self) -> SpoolContent:
        """Read the file; a last line that was not written to the end is none.

        Raises:
            StoreError: the file can't be read.
        """
        try:
            header, *lines = self.path.read_bytes().split(b"\n")[:-1] or [b""]
        except OSError as error:
            text = f"results wait in {self.path}, which can't be read: {error.strerror or error}"
            raise StoreError(text) from error
        try:
            owner = read_owner(header)
        except ValueError:
            return SpoolContent(None)
        batches = tuple(batch for line in lines if (batch := _readable(line)) is not None)
        return SpoolContent(owner, batches, len(lines) - len(batches))


def abandoned_spools(run_id: str, folder: Path) -> Iterator[AbandonedSpool]:
    """Return the spools that earlier drivers of a run left on this host."""
    for path in sorted(folder.glob(f"{run_id}.*.jsonl")):
        fence = path.name.removeprefix(f"{run_id}.").removesuffix(".jsonl")
        if fence.isdecimal():
            yield AbandonedSpool(path, int(fence))


def _readable(line: bytes) -> Batch | None:
    """The batch of a line; None if it is damaged."""
    try:
        return read_batch(line)
    except (ValueError, TypeError, KeyError):
        return None
