"""Results of a run that its store could not take yet, in a file of this host that outlives the driver.

The file has a line of JSON that says whose results they are, and one for each batch. Each is on the disk before `add`
returns, so that a batch counts as durable.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import platformdirs

from farm.board.kinds import KINDS
from farm.core.attempt import Attempt, Conclusion
from farm.core.board import Board
from farm.core.errors import StoreError
from farm.core.outcome import Outcome
from farm.core.store_place import StorePlace
from farm.core.verdicts import Reason, Verdict
from farm.store import Ended, RunBoard, Store
from farm.store.lease_policy import Lease
from farm.store.records import Batch, BoardEvent, BoardEventKind, RunEnd


def spool_folder() -> Path:
    """Return the folder of spools: `unrecorded` in the user's data directory."""
    return Path(platformdirs.user_data_dir("farm")) / "unrecorded"


@dataclass(frozen=True, slots=True)
class SpoolOwner:
    """The driver whose results wait.

    Attributes:
        run_id: the run.
        fence: the number of the driver's lease of it.
        since: when that lease began: a copy of the run in another store has another lease with this number.
        store: the store, in words that hide its password.
    """

    run_id: str
    fence: int
    since: float
    store: str

    @classmethod
    def of(cls, store: Store, run_id: str) -> SpoolOwner:
        """This process, which drives a run.

        Raises:
            StoreError: the store can't be read.
        """
        lease = store.lease(run_id)
        return cls(run_id, store.fence(run_id), 0.0 if lease is None else lease.since, shown_place(store.place))

    def holds(self, run_id: str, lease: Lease) -> bool:
        """Whether it is the driver that a lease names, or named before it gave the run back."""
        return (self.run_id, self.fence, self.since) == (run_id, lease.fence, lease.since)


def shown_place(place: StorePlace) -> str:
    """The place of a store, without its password, whatever the working directory is."""
    return str(place) if place.is_url else str(Path(place.reveal()).expanduser().absolute())


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
        self._header = json.dumps(asdict(owner)).encode() + b"\n"
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
        line = json.dumps(_as_json(batch), default=repr).encode() + b"\n"
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
        return _batch(json.loads(self._file.read(length)))

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
            owner = SpoolOwner(**json.loads(header))
        except (ValueError, TypeError):
            return SpoolContent(None)
        batches = tuple(batch for line in lines if (batch := _readable(line)) is not None)
        return SpoolContent(owner, batches, len(lines) - len(batches))


def abandoned_spools(run_id: str, folder: Path) -> Iterator[AbandonedSpool]:
    """Return the spools that earlier drivers of a run left on this host."""
    for path in sorted(folder.glob(f"{run_id}.*.jsonl")):
        fence = path.name.removeprefix(f"{run_id}.").removesuffix(".jsonl")
        if fence.isdecimal():
            yield AbandonedSpool(path, int(fence))


def _as_json(batch: Batch) -> dict[str, Any]:
    end = batch.end
    return {
        "number": batch.number,
        "boards": [
            {
                "id": each.board.id,
                "backend": each.board.backend,
                "kind": each.board.kind.name,
                "computes": each.board.computes,
                "host": each.host,
                "ttnn_version": each.ttnn_version,
                "details": each.details,
            }
            for each in batch.boards
        ],
        "attempts": [
            {"number": each.number, "board": each.board, "outcome": each.outcome.as_json()} for each in batch.attempts
        ],
        "conclusions": [
            {
                "vector_id": each.vector_id,
                "verdict": each.verdict.value,
                "reason": each.reason.value,
                "message": each.message,
            }
            for each in batch.conclusions
        ],
        "events": [
            {
                "board": each.board,
                "kind": each.kind.value,
                "message": each.message,
                "at": each.at,
                "details": each.details,
            }
            for each in batch.events
        ],
        "end": None if end is None else {"ended": end.ended.value, "finished": end.finished, "message": end.message},
    }


def _readable(line: bytes) -> Batch | None:
    """The batch of a line; None if it is damaged."""
    try:
        return _batch(json.loads(line))
    except (ValueError, TypeError, KeyError):
        return None


def _batch(raw: dict[str, Any]) -> Batch:
    end = raw["end"]
    return Batch(
        number=raw["number"],
        boards=[_board(each) for each in raw["boards"]],
        attempts=[
            Attempt(each["number"], each["board"], Outcome.from_json(each["outcome"])) for each in raw["attempts"]
        ],
        conclusions=[
            Conclusion(each["vector_id"], Verdict(each["verdict"]), Reason(each["reason"]), each["message"])
            for each in raw["conclusions"]
        ],
        events=[
            BoardEvent(each["board"], BoardEventKind(each["kind"]), each["message"], each["at"], each["details"])
            for each in raw["events"]
        ],
        end=None if end is None else RunEnd(Ended(end["ended"]), end["finished"], end["message"]),
    )


def _board(raw: dict[str, Any]) -> RunBoard:
    board = Board(raw["id"], raw["backend"], KINDS[raw["kind"]], computes=raw["computes"])
    return RunBoard(board, raw["host"], raw["ttnn_version"], raw["details"])
