"""Jobs through a door, for the people who use it: submit one, follow it, stop it, list them."""

from __future__ import annotations

import codecs
import logging
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from pydantic import TypeAdapter

from farm.board.shipping import Shipment
from farm.cluster.door.client import DoorBusy, DoorClient, NoAnswer
from farm.cluster.door.job_messages import JobOutputPiece, JobRequest, JobView
from farm.cluster.door.messages import Done, Message
from farm.cluster.jobs.job_files import JobOutput
from farm.cluster.jobs.job_package import write_package
from farm.cluster.jobs.job_reply import JobEnd
from farm.cluster.jobs.submission import exit_code_of, new_job_id, stopped_by_signals
from farm.core.errors import FarmError, NotRunnable
from farm.core.plain_words import reason_of

_LOG = logging.getLogger(__name__)

PATIENCE_SECONDS = 120.0
"""How long the door may not be reached before a follower gives up."""
RETRY_SECONDS = 2.0
PAUSE_SECONDS = 0.25
"""How long a follower waits before it asks for more: the door limits how often somebody may ask."""

_JOBS = TypeAdapter(list[JobView])
_PIECE = TypeAdapter(JobOutputPiece)


class _Nothing(Message):
    """A request that says all by its path."""


class DoorJobs:
    """The jobs behind a door, as far as the person of the client's token may see them."""

    def __init__(self, client: DoorClient) -> None:
        self._client = client

    def all(self) -> list[JobView]:
        """The jobs, the oldest first.

        Raises:
            FarmError: the door refuses.
            NotRunnable: it doesn't answer.
        """
        return self._client.get("/api/jobs", _JOBS)

    def stop(self, job: str) -> str:
        """Ask a job to end; returns a line for the person. See `all`."""
        return self._client.post(f"/api/jobs/{_path(job)}/stop", _Nothing(), Done).message

    def output(self, job: str, offset: int, *, wait: bool = True) -> JobOutputPiece:
        """What a job printed from a byte on; with `wait`, the door waits a little for it. See `all`."""
        return self._client.get(f"/api/jobs/{_path(job)}/output?offset={offset}&wait={int(wait)}", _PIECE)

    def submit(self, words: Sequence[str], shipment: Shipment | None) -> str:
        """Submit a command, and return the id of its job.

        Args:
            words: the command, without `farm`.
            shipment: the folder that comes along; None for none.

        Raises:
            FarmError: the door refuses, or the folder can't be sent.
            NotRunnable: the door doesn't answer.
        """
        job = new_job_id()
        with tempfile.TemporaryDirectory(prefix="farm-submit-") as folder:
            package = Path(folder) / "package.zip"
            package.touch()
            if shipment is not None:
                self.all()  # a token that doesn't count is refused before the folder is sent
                write_package(package, shipment, {})
            try:
                self._client.send("/api/jobs", JobRequest(id=job, words=list(words)), package, Done)
            except DoorBusy:
                raise
            except NoAnswer as error:
                raise NotRunnable(f"{error}; whether job {job} runs says `farm jobs list`") from error
            except KeyboardInterrupt:
                self.stop_quietly(job)  # the farm may have taken it
                raise
        return job

    def stop_quietly(self, job: str) -> None:
        """Ask a job to end; a warning says if that fails."""
        try:
            self.stop(job)
        except FarmError as error:
            _LOG.warning("job %s was not asked to stop: %s", job, reason_of(error))


class Follower:
    """Reads what a job prints, in spite of short breaks of the connection.

    Attributes:
        id: the job's id.
        output: what it printed so far.
    """

    def __init__(
        self,
        jobs: DoorJobs,
        job: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Follow a job from its beginning.

        Args:
            jobs: the jobs behind its door.
            job: its id.
            clock: seconds, of a clock that never jumps.
            sleep: waits for seconds.
        """
        self.id = job
        self.output = JobOutput()
        self._jobs = jobs
        self._clock = clock
        self._sleep = sleep
        self._offset = 0
        self._text = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def follow(self, show: Callable[[str], None], *, stop_at_signal: bool = True) -> int:
        """Pass the job's output on until the job ends; returns the command's exit code.

        Args:
            show: takes each piece.
            stop_at_signal: whether Ctrl-C, SIGTERM or SIGHUP stops the job, and the rest of its output still comes. A
                second one stops waiting.

        Raises:
            KeyboardInterrupt: Ctrl-C came twice, or once where it doesn't stop the job.
            FarmError: the door refuses.
            NotRunnable: it answers no more, or its answer is malformed.
        """
        if stop_at_signal:
            with stopped_by_signals(lambda: self._jobs.stop_quietly(self.id)):
                end = self._followed(show)
        else:
            end = self._followed(show)
        return exit_code_of(end, self.output, show)

    def show_so_far(self, show: Callable[[str], None]) -> None:
        """Pass on what the job has printed until now; see `follow`."""
        while self._shown(self._piece(wait=False), show):
            self._sleep(PAUSE_SECONDS)

    def _followed(self, show: Callable[[str], None]) -> JobEnd:
        while True:
            piece = self._piece()
            self._shown(piece, show)
            if piece.end is not None:
                return piece.end
            self._sleep(PAUSE_SECONDS)

    def _shown(self, piece: JobOutputPiece, show: Callable[[str], None]) -> bool:
        """Show a piece; False if it is empty."""
        self._offset += len(piece.data)
        if text := self.output.feed(self._text.decode(piece.data)):
            show(text)
        return bool(piece.data)

    def _piece(self, *, wait: bool = True) -> JobOutputPiece:
        began = self._clock()
        while isinstance(answer := self._answer(wait=wait), NoAnswer):
            if self._clock() - began >= PATIENCE_SECONDS:
                raise NotRunnable(
                    f"the farm's door no longer answers about job {self.id}, which may go on: {reason_of(answer)}"
                ) from answer
            _LOG.info("asking again about job %s: %s", self.id, reason_of(answer))
            self._sleep(RETRY_SECONDS)
        return answer

    def _answer(self, *, wait: bool) -> JobOutputPiece | NoAnswer:
        try:
            return self._jobs.output(self.id, self._offset, wait=wait)
        except NoAnswer as error:
            return error


def _path(job: str) -> str:
    """An id as a part of a path."""
    if not job.isprintable() or not 0 < len(job) <= 300:
        raise FarmError(f"{job[:100]!r} is no job's id: `farm jobs list` lists them")
    return quote(job, safe="")
